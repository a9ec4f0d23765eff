/*
 * The inside of bootpd.
 *
 *	bootpd.c          the engine: what is heard, and what has settled
 *	bootpd_ask.c      a request: who asks, on which subnet
 *	bootpd_defer.c    requests that wait a moment, beside other servers
 *	bootpd_grant.c    which address a machine may have
 *	bootpd_probe.c    whether somebody else has that address
 *	bootpd_dhcp.c     DHCP with addresses
 *	bootpd_bootp.c    BOOTP
 *	bootpd_proxy.c    boot information alone: proxyDHCP and port 4011
 *	bootpd_boot.c     what a machine is told to boot, in its own dialect
 *	bootpd_reply.c    the reply, and where it goes
 *	bootpd_owed.c     replies that wait for their COMMIT
 *	bootpd_rogue.c    foreign servers
 *	bootpd_hostadd.c  machines that add themselves: what is asked and said
 *	bootpd_dialog.c   the table of those dialogs
 *	bootpd_seek.c     an address for a new machine, and its entry
 */
#ifndef MUSTER_ENGINE_BOOTPD_IMPL_H
#define MUSTER_ENGINE_BOOTPD_IMPL_H

#include "base/hash.h"
#include "base/heap.h"
#include "base/text.h"
#include "engine/askers.h"
#include "engine/bootpd.h"
#include "engine/effects.h"
#include "engine/limit.h"
#include "engine/note.h"
#include "engine/pending.h"
#include "model/addition.h"
#include "model/policy.h"
#include "wire/bootp.h"
#include "wire/pxe.h"

enum {
	ROGUES = 16,
	OWED_BYTES = 1500, /* of a request; a longer one is no packet */
	NAME_MAX_LEN = 64, /* with its NUL */
	UDP_OVER_IP = 28,  /* what option 57 counts and we do not */
	HOPS_MAX = 16,     /* RFC 1542 4.1.1 */
	DIALOGS = 256,
	DIALOG_BYTES = 300, /* of a NeXT's request; it has no more */
	TAKEN_ADDRESSES = 64,
	PROBE_TABLE =
		256, /* addresses that are being asked for, or just were */
};

/* How long an address stays with the machine that it was offered to: a PXE ROM
 * listens for other offers for up to 11 s. */
static const usec OFFER_HOLD = SECONDS(30);
/* How long nobody gets an address that somebody else answers at. */
static const uint32_t QUARANTINE = 600;

/* A lease lasts this much longer than the machine is told: it is told only when
 * the store has it, and perhaps when it asks the second time. */
static const usec GRACE = SECONDS(10);

/* A datagram, however it came. */
struct heard {
	bool is_frame; /* from the wire that the link is on, not routed */
	uint32_t link;
	struct endpoint from;
	uint16_t to_port;
	uint32_t to_ip; /* of a frame */
	usec wall;
	const uint8_t *bytes;
	size_t len;
};

/* A request, and what we know of the machine. */
struct ask {
	const struct heard *heard;
	struct bootp m;
	struct client client;
	struct hwaddr hw; /* the machine: chaddr, or its client identifier */
	const struct link *link;
	const struct subnet *subnet; /* NULL: none of ours */
	uint32_t domain;             /* where it is looked up */
	const struct entry *machine; /* NULL: unknown */
	char file[BOOTP_FILE + 1];   /* that it named; "" */
	bool has_list;               /* option 55 */
	uint32_t list[8];            /* a bit for each code */
	uint8_t agent[255];          /* option 82, to be echoed */
	size_t agent_len;
};

/* What becomes of a request when its COMMIT settles. */
enum owed_kind { OWED_ACK, OWED_BOOTP, OWED_RELEASE, OWED_DECLINE };

struct owed {
	enum owed_kind kind;
	uint32_t ip, network, mask;
	uint32_t secs;
	usec wall_ends; /* of the lease */
	struct hwaddr hw;
	struct heard heard; /* its bytes are these: */
	uint8_t bytes[OWED_BYTES];
	uint32_t generation; /* a cookie of an earlier life is none */
	/* Free list, plus one; 0: the slot behind it.  So a table that was
	 * never used is all zeros, and costs no memory. */
	uint32_t next;
	bool is_taken;
	bool is_again; /* another server came first once */
};

struct rogue {
	uint32_t ip;
	usec told_at;
};

enum dialog_state {
	DIALOG_FREE,
	DIALOG_IDLE,     /* nothing is out, or an ERROR; what was is kept */
	DIALOG_PASSWORD, /* the question for it is out */
	DIALOG_CHECKING, /* whether it is right */
	DIALOG_NAME,     /* the question for it is out */
	DIALOG_PROBING,  /* whether somebody has the address */
	DIALOG_READY,    /* waits until the directory may be changed */
	DIALOG_COMMITTING,
};

/* With the person at a machine that adds itself. */
struct dialog {
	enum dialog_state state;
	struct hwaddr hw;
	usec heard_at;
	uint8_t id;     /* of the last question, 1 .. 255 */
	bool has_typed; /* once: it is nobody's invention */
	bool has_moved; /* something was answered since the first question */
	uint8_t wrong;  /* passwords */
	usec wrong_at;  /* the last of them */
	/* The answer that was acted on, by its hash: it may be a password. */
	bool has_said;
	uint64_t said;
	struct next_vend last; /* what was replied last */
	char name[ADDITION_NAME];
	uint32_t temporary; /* what stands in for its address meanwhile */
	uint32_t ip;        /* that is to be the machine's; held */
	unsigned probes, tries;
	usec probe_due;
	uint64_t turn;       /* of names: the first that was typed goes first */
	uint32_t generation; /* a cookie of an earlier life is none */
	/* The request that is answered when something settles. */
	struct heard heard;
	uint8_t bytes[DIALOG_BYTES];
};

/* What adding machines may cost, by link: a token for each password that is
 * checked and each machine that is added. */
struct tokens {
	uint32_t link;
	usec paid; /* up to when */
};

struct hostadd {
	struct dialog *v; /* DIALOGS of them */
	struct index by_hw;
	uint64_t turns;
	unsigned checking, probing, ready; /* dialogs in these states */
	struct dialog *committing;         /* one at a time */
	struct tokens all, links[SITE_LINKS];
	/* Addresses at which somebody answered, a ring. */
	struct {
		uint32_t ip;
		usec until;
	} taken[TAKEN_ADDRESSES];
	unsigned taken_turn;
};

enum probe_state {
	PROBE_FREE,
	PROBE_ASKING,
	PROBE_TAKEN, /* somebody answered: its quarantine is being committed */
	PROBE_CLEAR, /* nobody did */
};

/* An address that is to be a machine's, and whether somebody has it. */
struct probe {
	enum probe_state state;
	uint32_t ip;
	struct hwaddr hw; /* the machine that it is for */
	unsigned asked;   /* how often, for this address */
	unsigned tries;   /* addresses */
	usec due;         /* ask again, or think it clear; CLEAR: until then */
	uint32_t generation; /* a cookie of an earlier life is none */
	/* The request that is answered when nobody has it. */
	struct heard heard;
	uint8_t bytes[OWED_BYTES];
};

struct probes {
	struct probe *v; /* PROBE_TABLE of them */
	unsigned open;   /* of them ASKING or TAKEN */
};

enum { DEFERS = 256 };

/* A machine that is answered in a moment. */
struct defer {
	bool is_waiting;
	usec due;
	struct hwaddr hw;
	struct heard heard;
	uint8_t bytes[OWED_BYTES];
};

struct defers {
	struct defer *v; /* DEFERS of them */
	unsigned waiting;
};

struct bootpd {
	struct engine engine;
	const struct site *site;
	struct bootpd_stats stats;
	uint64_t seed;

	struct owed *owed;
	uint32_t n_owed, free_owed; /* n_owed: none is free */
	struct index by_hw;
	bool is_again; /* what is heard now is such a request */
	bool is_kept;  /* or any that was kept for a while */

	struct limit limit;
	struct rogue rogues[ROGUES];
	struct hostadd hostadd;
	struct probes probes;
	struct defers defers;
};

/* ---- bootpd_defer.c -------------------------------------------------------
 */

int defers_open(struct bootpd *b, const struct alloc *alloc);
void defers_close(struct bootpd *b, const struct alloc *alloc);
/* It is going to be heard again; false: now is the time, or there is no room.
 */
bool defer(struct bootpd *b, const struct ask *a, usec now);
/* It has chosen among the answers that it has. */
void defer_forget(struct bootpd *b, const struct ask *a);
void defer_expire(struct bootpd *b, usec now, struct effects *fx);
usec defer_deadline(const struct bootpd *b);

/* ---- bootpd_ask.c ---------------------------------------------------------
 */

/* False unless it is a BOOTP message with a machine in it. */
bool ask_read(struct ask *a, const struct heard *h);
/* Link, subnet and machine.  False if we do not serve that link. */
bool ask_place(const struct bootpd *b, struct ask *a);
/* Whether option 55 has the code, or there is no such list. */
bool ask_wants(const struct ask *a, uint8_t code);
/* The same, but without a list nothing is wanted. */
bool ask_names(const struct ask *a, uint8_t code);
/* Unknown, it waits to be let in, if such machines are kept at all. */
void ask_hold(const struct bootpd *b, const struct ask *a);
/* Known, or unknown machines are served and it is not denied; else a note says
 * why not, and it may wait to be let in. */
bool ask_is_welcome(const struct bootpd *b, const struct ask *a,
		    struct effects *fx);
/* A note that is about this machine. */
struct note *ask_note(const struct ask *a, unsigned code, struct effects *fx);
/* R12: an address that we may be made to send to: a machine's, on a network
 * that we serve or are on, and not our own. */
bool ask_may_reach(const struct bootpd *b, uint32_t ip);
/* The name that a machine gets with an address; "" if it gets none. */
void ask_name(const struct bootpd *b, const struct ask *a, uint32_t ip,
	      char to[NAME_MAX_LEN]);

/* ---- bootpd_grant.c -------------------------------------------------------
 */

struct grant {
	uint32_t ip;
	bool is_fixed; /* follows from a registration: nothing to commit */
};

/*
 * The address for a machine, its registered one or one of the pool, which is
 * held for it until OFFER_HOLD from now; `wanted` if possible.  False if there
 * is none; then a note says why.
 */
bool grant_find(struct bootpd *b, const struct ask *a, uint32_t wanted,
		usec now, struct grant *g, struct effects *fx);
/* The seconds that remain of a lease that is in force, of this machine at this
 * address; 0: it has none. */
uint32_t grant_remains(const struct bootpd *b, const struct ask *a, uint32_t ip,
		       usec now);
/* Whether we know that the machine has, or had, this address. */
bool grant_is_on_record(const struct bootpd *b, const struct ask *a,
			uint32_t ip);
/* The address that the directory has for the machine here; 0: none. */
uint32_t grant_fixed(const struct ask *a);

/* ---- bootpd_probe.c -------------------------------------------------------
 */

int probes_open(struct bootpd *b, const struct alloc *alloc);
void probes_close(struct bootpd *b, const struct alloc *alloc);
/* As any host asks for another: so everybody answers. */
void probe_ask(const struct link *l, uint32_t ip, struct effects *fx);
/*
 * Whether the machine may hear of the address now.  If not, either somebody is
 * being asked whether he has it, and the request is heard again when nobody
 * does; or somebody has, and it is heard again when that is known to all.
 */
bool probe_allows(struct bootpd *b, const struct ask *a, uint32_t ip, usec now,
		  struct effects *fx);
/* Whether it is still open if the machine may have the address that is meant
 * for it: a lease must not be made meanwhile. */
bool probe_is_on(const struct bootpd *b, const struct hwaddr *hw);
/* An ARP frame: somebody may have one of the addresses. */
void probe_arp(struct bootpd *b, const struct dgram *d, usec now,
	       struct effects *fx);
/* False if the outcome is none of a probe's. */
bool probe_settle(struct bootpd *b, usec now, const struct outcome *o,
		  struct effects *fx);
void probe_expire(struct bootpd *b, usec now, struct effects *fx);
usec probe_deadline(const struct bootpd *b);

/* ---- bootpd.c --------------------------------------------------------------
 */

/* A request that was kept, once more, as if it had just come. */
void bootpd_hear_again(struct bootpd *b, const struct heard *h, usec now,
		       struct effects *fx);

/* ---- bootpd_dhcp.c, bootpd_bootp.c, bootpd_proxy.c ------------------------
 */

void on_dhcp(struct bootpd *b, const struct ask *a, usec now,
	     struct effects *fx);
void on_bootp(struct bootpd *b, struct ask *a, usec now, struct effects *fx);
void on_proxy(struct bootpd *b, const struct ask *a, struct effects *fx);
/* Its COMMIT has failed, or can't be made: an ACK for what remains of its
 * lease; false: there is none. */
bool dhcp_remains(struct bootpd *b, const struct ask *a, uint32_t ip, usec now,
		  struct effects *fx);
/* Its COMMIT has settled well. */
void dhcp_settled(struct bootpd *b, const struct ask *a, const struct owed *o,
		  usec now, struct effects *fx);
void bootp_settled(struct bootpd *b, const struct ask *a, const struct owed *o,
		   struct effects *fx);

/* ---- bootpd_boot.c --------------------------------------------------------
 */

struct boot_info {
	enum boot_kind kind;
	enum asker_kind asker;
	char file[256];         /* "" if nothing */
	uint32_t next;          /* siaddr; 0: none */
	bool is_http;           /* the file is an http address */
	struct pxe_mtftp mtftp; /* a PXE ROM's; group 0: none */
	enum transport via;     /* of `image`, if that is not 0 */
	uint32_t image;
};

void boot_info(const struct bootpd *b, const struct ask *a,
	       struct boot_info *i);
/* It was said, in an offer or for good, to who has that address: the askers
 * know what it is and what it is going to load. */
void boot_told(const struct bootpd *b, const struct ask *a,
	       const struct boot_info *i, uint32_t ip, bool is_offer);

/* ---- bootpd_reply.c -------------------------------------------------------
 */

struct reply {
	enum dhcp_type type;          /* DHCP_NONE: BOOTP */
	uint32_t yiaddr;              /* 0: none is given */
	uint32_t secs;                /* of the lease; 0: none is said */
	bool is_proxy;                /* boot information and nothing else */
	const char *message;          /* option 56; NULL: none */
	const char *name;             /* "" or NULL: none */
	const struct boot_info *boot; /* NULL: nothing to boot */
	const struct next_vend *says; /* NULL: a positive reply */
};

/* Build and send it; the note that says so, with the machine and where the
 * reply went, 0.0.0.0 if it could not. */
struct note *reply_send(struct bootpd *b, const struct ask *a,
			const struct reply *r, unsigned code,
			struct effects *fx);

/* ---- bootpd_owed.c --------------------------------------------------------
 */

int owed_open(struct bootpd *b, const struct alloc *alloc, uint32_t n);
void owed_close(struct bootpd *b, const struct alloc *alloc);
/* What is under way for a machine in its subnet; NULL: nothing. */
struct owed *owed_find(struct bootpd *b, const struct ask *a);
/*
 * Commit a lease, and keep the request until that has settled.  False, and a
 * note, if too many wait already, or another machine's COMMIT has the address;
 * false and no note, since there would be one for each machine, if the store is
 * away.
 */
bool owed_commit(struct bootpd *b, const struct ask *a, enum owed_kind kind,
		 const struct lease *lease, struct effects *fx);
/* The same question again: it is the newer one that the machine waits for. */
void owed_repeat(struct owed *o, const struct ask *a);
/* NULL: nothing is owed for that cookie. */
struct owed *owed_of(struct bootpd *b, uint64_t cookie);
void owed_free(struct bootpd *b, struct owed *o);

/* ---- bootpd_rogue.c -------------------------------------------------------
 */

/* True once a minute for each server; when the table is full, for those that
 * are in it. */
bool rogue_is_news(struct bootpd *b, uint32_t server, usec now);

/* ---- bootpd_hostadd.c ------------------------------------------------------
 */

/* Whether the request is of a machine that may add itself here. */
bool hostadd_wants(const struct bootpd *b, const struct ask *a,
		   struct addition *rules);
/* Such a request: it begins a dialog, or answers in one. */
void hostadd_hear(struct bootpd *b, const struct ask *a,
		  const struct addition *rules, usec now, struct effects *fx);
/* An ARP frame: somebody has an address that was to be given away. */
void hostadd_arp(struct bootpd *b, const struct dgram *d, usec now,
		 struct effects *fx);
/* False if the outcome is none of a dialog's. */
bool hostadd_settle(struct bootpd *b, usec now, const struct outcome *o,
		    struct effects *fx);
void hostadd_expire(struct bootpd *b, usec now, struct effects *fx);
usec hostadd_deadline(const struct bootpd *b);
/* A question, or an error, to the person at the machine. */
void hostadd_say(struct bootpd *b, const struct ask *a, struct dialog *d,
		 enum next_opcode opcode, const char *text, struct effects *fx);
/* An error; the dialog begins anew with the machine's next request. */
void hostadd_fail(struct bootpd *b, const struct ask *a, struct dialog *d,
		  const char *why, struct effects *fx);
/* The machine is in the directory now: answer it as such, and be done. */
void hostadd_done(struct bootpd *b, struct ask *a, struct dialog *d, usec now,
		  struct effects *fx);
/* The request that the dialog keeps.  False: it can't be answered any more. */
bool hostadd_ask(const struct bootpd *b, const struct dialog *d, struct ask *a);

/* ---- bootpd_dialog.c -------------------------------------------------------
 */

int dialogs_open(struct bootpd *b, const struct alloc *alloc);
void dialogs_close(struct bootpd *b, const struct alloc *alloc);
/* The machine's; NULL: there is none, or it was forgotten by now. */
struct dialog *dialog_find(struct bootpd *b, const struct hwaddr *hw, usec now);
/* A new one; NULL if there is no room for it. */
struct dialog *dialog_take(struct bootpd *b, const struct hwaddr *hw, usec now);
void dialog_free(struct bootpd *b, struct dialog *d);
/* What it was doing is over; its cookies are none any more. */
void dialog_enter(struct bootpd *b, struct dialog *d, enum dialog_state state);
/* The machine waits for the answer to this request. */
void dialog_keep(struct dialog *d, const struct ask *a);
uint64_t dialog_cookie(const struct bootpd *b, const struct dialog *d);
/* NULL: that is no dialog's, or one of an earlier life. */
struct dialog *dialog_of(const struct bootpd *b, uint64_t cookie);
/* Whether its machine has been told to be quiet for a while. */
bool dialog_is_silent(const struct dialog *d, usec now);

/* ---- bootpd_seek.c ---------------------------------------------------------
 */

/* Look for an address; the dialog goes on by itself. */
void seek_begin(struct bootpd *b, const struct ask *a, struct dialog *d,
		const struct addition *rules, usec now, struct effects *fx);
/* Somebody is there. */
void seek_taken(struct bootpd *b, struct dialog *d, usec now,
		struct effects *fx);
/* Its time has come: probe again, or go on. */
void seek_expire(struct bootpd *b, struct dialog *d, usec now,
		 struct effects *fx);
/* Commit the first that is ready, if the directory may be changed now. */
void seek_commit(struct bootpd *b, usec now, struct effects *fx);
void seek_settled(struct bootpd *b, struct dialog *d, usec now,
		  const struct outcome *o, struct effects *fx);

#endif
