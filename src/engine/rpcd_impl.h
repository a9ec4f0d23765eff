/*
 * The inside of rpcd.
 *
 *	rpcd.c           the engine: who asks, what leaves and how
 *	rpcd_portmap.c   the port mapper
 *	rpcd_bootparam.c  boot parameters: names and files
 *	rpcd_source.c    where both are known from, in order
 *	rpcd_ask.c       questions that wait for other agents
 */
#ifndef MUSTER_ENGINE_RPCD_IMPL_H
#define MUSTER_ENGINE_RPCD_IMPL_H

#include "base/heap.h"
#include "engine/effects.h"
#include "engine/lookup_agents.h"
#include "engine/note.h"
#include "engine/quota.h"
#include "engine/rpcd.h"
#include "model/bootparams.h"
#include "model/hosts.h"
#include "wire/bootparam.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

struct rpcd_slot;

struct rpcd {
	struct engine engine;
	const struct site *site;
	struct quota quota;
	struct rpcd_stats stats;
	struct pmap_mapping sets[RPCD_SETS];
	unsigned n_sets;
	struct rpcd_slot *slots; /* RPCD_WAITING of them */
	struct lookup_agents agents;
};

/* A call, and whoever it came from. */
struct asking {
	usec now;
	const struct link *link; /* NULL: it is none of ours, as this machine's
				  * own is */
	struct endpoint from, to;
	uint32_t conn;  /* 0: a datagram */
	uint8_t mac[6]; /* of a frame */
	bool is_frame;
	bool is_broadcast;
	bool is_local;    /* from this machine */
	bool is_indirect; /* inside of a CALLIT */
	size_t request;   /* bytes of the question, without UDP's header */
	struct rpc_call call;
	/* What the answer comes to. */
	bool is_own;       /* somebody we know asks about itself */
	uint64_t *counter; /* one more, if the answer leaves; may be NULL */
	struct note told;  /* and this is said then, if it has a text */
};

/* An enum rpc_status; or nothing at all; or nothing yet. */
enum { RPCD_SILENCE = -1, RPCD_LATER = -2 };

/* Carry out a call of a program that has the version: results go to *w, which
 * has room for PMAP_CALLIT_RESULTS, and the status is returned. */
int rpcd_portmap(struct rpcd *r, struct asking *a, struct wr *w,
		 struct effects *fx);
int rpcd_bootparam(struct rpcd *r, struct asking *a, struct wr *w,
		   struct effects *fx);

/* What was asked earlier: the results of boot parameters. */
void rpcd_tell(struct rpcd *r, struct asking *a, const struct wr *results,
	       struct effects *fx);
/* Puts what a CALLIT called says into its own answer. */
void rpcd_called(const struct rpcd *r, uint32_t program,
		 const struct wr *results, struct wr *w);

/* ---- a question of boot parameters --------------------------------------- */

/* What other agents can say. */
enum rpcd_fact {
	RPCD_NAMES,  /* of the address */
	RPCD_ENTRY,  /* of a name, in the NIS map bootparams */
	RPCD_SERVER, /* the address of a file's server */
	RPCD_FACTS,
};

enum {
	RPCD_NAMES_MAX = 4,
	RPCD_NAME = BOOTPARAM_NAME + 1,
	RPCD_FILE = BOOTPARAM_NAME + 1 + BOOTPARAM_PATH + 1,
};

struct rpcd_query {
	struct asking *a;
	bool is_file;         /* GETFILE, of: */
	char name[RPCD_NAME]; /* as it was asked for */
	char key[BOOTPARAM_KEY + 1];
	uint32_t ip; /* WHOAMI: whose name; else who asks */

	enum { UNASKED, NOBODY_KNOWS, KNOWN } is[RPCD_FACTS];
	char names[RPCD_NAMES_MAX][RPCD_NAME];
	unsigned n_names;
	unsigned at; /* the name that the entry is sought by */
	char entry[RPCD_NAME], file[RPCD_FILE];
	bool has_file;
	char server[RPCD_NAME];
	uint32_t server_ip;

	enum rpcd_fact wants;    /* when it has to wait */
	uint8_t agent;           /* number in the order, to be asked next */
	uint8_t silent;          /* bits of agents that did not answer */
	char text[LOOKUP_VALUE]; /* that was asked for */
};

/* The answer, or why there is none: RPCD_LATER if q->wants has to be known
 * first. */
int rpcd_attempt(struct rpcd *r, struct rpcd_query *q, struct wr *w,
		 struct effects *fx);
/* The same, and if it has to wait it waits. */
int rpcd_pursue(struct rpcd *r, struct rpcd_query *q, struct wr *w,
		struct effects *fx);

int rpcd_slots_open(struct rpcd *r, const struct alloc *alloc);
void rpcd_slots_close(struct rpcd *r, const struct alloc *alloc);
void rpcd_on_answer(struct rpcd *r, usec now, const struct outcome *o,
		    struct effects *fx);
void rpcd_expire(struct rpcd *r, usec now, struct effects *fx);
usec rpcd_deadline(const struct rpcd *r);

/* What was found out about a machine: one of the three has its values. */
struct source {
	struct span name;          /* as it is spelt there */
	const struct plist *props; /* with the property bootparams */
	const struct bootparams_entry *line;
	bool is_nis;
	bool is_behind_map; /* and the NIS map comes before it */
};

/* Why something is not told yet: q->wants has to be asked for. */
extern const char rpcd_later[];

/* NULL: found.  Else why not, a constant text.  Of q->ip, or by q->name in the
 * view of who asks. */
const char *rpcd_by_ip(const struct site *s, struct rpcd_query *q,
		       struct source *to);
const char *rpcd_by_name(const struct site *s, struct rpcd_query *q,
			 struct source *to);
/* The name that the entry is sought by; false: there is none. */
bool rpcd_sought(const struct site *s, const struct rpcd_query *q,
		 struct span *name);
/* NULL: the address that asks has that name.  Else why not. */
const char *rpcd_is_own(const struct site *s, struct rpcd_query *q,
			const struct source *source);
/* "server:path", of q->key; false: it has none. */
bool rpcd_value(const struct rpcd_query *q, const struct source *s,
		struct span *value);
/* NULL: *ip is the address of a server for somebody at q->ip. */
const char *rpcd_server(const struct site *s, struct rpcd_query *q,
			struct span name, uint32_t *ip);
/* A router for a machine with that address, on its own network; 0: none. */
uint32_t rpcd_router(const struct site *s, const struct link *l, uint32_t ip);

#endif
