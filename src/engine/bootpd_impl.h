/*
 * The inside of bootpd.
 *
 *	bootpd.c          the engine: what is heard, and what has settled
 *	bootpd_ask.c      a request: who asks, on which subnet
 *	bootpd_grant.c    which address a machine may have
 *	bootpd_dhcp.c     DHCP with addresses
 *	bootpd_bootp.c    BOOTP
 *	bootpd_proxy.c    boot information alone: proxyDHCP and port 4011
 *	bootpd_boot.c     what a machine is told to boot, in its own dialect
 *	bootpd_reply.c    the reply, and where it goes
 *	bootpd_owed.c     replies that wait for their COMMIT
 *	bootpd_rogue.c    foreign servers
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
#include "model/policy.h"
#include "wire/bootp.h"
#include "wire/pxe.h"

enum {
	ROGUES = 16,
	OWED_BYTES = 1500, /* of a request; a longer one is no packet */
	NAME_MAX_LEN = 64, /* with its NUL */
	UDP_OVER_IP = 28,  /* what option 57 counts and we do not */
	HOPS_MAX = 16,     /* RFC 1542 4.1.1 */
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
};

struct rogue {
	uint32_t ip;
	usec told_at;
};

struct bootpd {
	struct engine engine;
	const struct site *site;
	struct bootpd_stats stats;
	uint64_t seed;

	struct owed *owed;
	uint32_t n_owed, free_owed; /* n_owed: none is free */
	struct index by_hw;

	struct limit limit;
	struct rogue rogues[ROGUES];
};

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
/* Known, or unknown machines are served; else a note says why not. */
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
bool grant_find(const struct bootpd *b, const struct ask *a, uint32_t wanted,
		usec now, struct grant *g, struct effects *fx);
/* Whether we know that the machine has, or had, this address. */
bool grant_is_on_record(const struct bootpd *b, const struct ask *a,
			uint32_t ip);
/* The address that the directory has for the machine here; 0: none. */
uint32_t grant_fixed(const struct ask *a);

/* ---- bootpd_dhcp.c, bootpd_bootp.c, bootpd_proxy.c ------------------------
 */

void on_dhcp(struct bootpd *b, const struct ask *a, usec now,
	     struct effects *fx);
void on_bootp(struct bootpd *b, struct ask *a, usec now, struct effects *fx);
void on_proxy(struct bootpd *b, const struct ask *a, struct effects *fx);
/* Its COMMIT has settled well. */
void dhcp_settled(struct bootpd *b, const struct ask *a, const struct owed *o,
		  struct effects *fx);
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
 * note, if too many wait already, or another machine's COMMIT has the address.
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

#endif
