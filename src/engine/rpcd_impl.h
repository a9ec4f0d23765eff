/*
 * The inside of rpcd.
 *
 *	rpcd.c           the engine: who asks, what leaves and how
 *	rpcd_portmap.c   the port mapper
 *	rpcd_bootparam.c  boot parameters: names and files
 *	rpcd_source.c    where both are known from, in order
 */
#ifndef MUSTER_ENGINE_RPCD_IMPL_H
#define MUSTER_ENGINE_RPCD_IMPL_H

#include "base/heap.h"
#include "engine/effects.h"
#include "engine/note.h"
#include "engine/quota.h"
#include "engine/rpcd.h"
#include "model/bootparams.h"
#include "model/hosts.h"
#include "wire/bootparam.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

struct rpcd {
	struct engine engine;
	const struct site *site;
	struct quota quota;
	struct rpcd_stats stats;
	struct pmap_mapping sets[RPCD_SETS];
	unsigned n_sets;
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

/* An enum rpc_status, or nothing at all. */
enum { RPCD_SILENCE = -1 };

/* Carry out a call of a program that has the version: results go to *w, which
 * has room for PMAP_CALLIT_RESULTS, and the status is returned. */
int rpcd_portmap(struct rpcd *r, struct asking *a, struct wr *w,
		 struct effects *fx);
int rpcd_bootparam(struct rpcd *r, struct asking *a, struct wr *w,
		   struct effects *fx);

/* What was found out about a machine: one of the two has its values. */
struct source {
	struct span name;          /* as it is spelt there */
	const struct entry *entry; /* with the property bootparams */
	const struct bootparams_entry *line;
};

/* NULL: found.  Else why not, a constant text.  A name is looked up in the view
 * of who asks, at `near`. */
const char *rpcd_by_ip(const struct site *s, uint32_t ip, struct source *to);
const char *rpcd_by_name(const struct site *s, uint32_t near, struct span name,
			 struct source *to);
/* "server:path", of a key; false: it has none. */
bool rpcd_value(const struct source *s, struct span key, struct span *value);
/* The address of a server for somebody who has `near`; 0: nobody knows. */
uint32_t rpcd_server(const struct site *s, struct span name, uint32_t near);
/* A router for a machine with that address, on its own network; 0: none. */
uint32_t rpcd_router(const struct site *s, const struct link *l, uint32_t ip);

#endif
