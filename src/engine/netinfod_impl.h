/*
 * The inside of netinfod.
 *
 *	netinfod.c        the engine: who asks, what leaves and how
 *	netinfod_read.c   procedures about one directory
 *	netinfod_list.c   procedures about many
 *	netinfod_about.c  procedures about the domain, and nibindd
 *	netinfod_write.c  procedures that write
 *	netinfod_edit.c   ... and what becomes of a property list
 */
#ifndef MUSTER_ENGINE_NETINFOD_IMPL_H
#define MUSTER_ENGINE_NETINFOD_IMPL_H

#include "base/heap.h"
#include "engine/effects.h"
#include "engine/netinfo_copy.h"
#include "engine/netinfo_site.h"
#include "engine/netinfod.h"
#include "engine/quota.h"
#include "wire/netinfo.h"
#include "wire/sunrpc.h"

/* A domain that is served, and the port of both its sockets. */
struct serving {
	uint32_t domain; /* 0: free */
	uint16_t port;
	uint64_t calls[NETINFO_PROCEDURES];
};

/* A write that is not durable yet, and who waits for it. */
struct writing {
	bool is_open;
	uint64_t cookie;
	uint32_t conn, xid, procedure;
	uint32_t id, parent; /* entries */
};

enum { NETINFOD_PLIST = RECORD_MAX };

struct netinfod {
	struct engine engine;
	const struct site *site;
	struct quota quota;
	struct netinfod_stats stats;
	struct serving serving[NETINFOD_DOMAINS];
	struct writing writing;
	uint64_t writes;
	uint32_t hint; /* a domain whose master has news; 0: none */
	/* Of the property list that is being made. */
	uint8_t plist[NETINFOD_PLIST];
	char word[NETINFO_NAME + 1];
};

/* A call, and whoever it came from. */
struct asking {
	usec now;
	struct endpoint from, to;
	uint32_t conn;  /* 0: a datagram */
	bool is_local;  /* from this machine */
	size_t request; /* bytes of the question */
	struct serving *at;
	uint32_t domain;
	struct rpc_call call;
	struct netinfo args;
	/* What the answer comes to. */
	bool is_own;   /* somebody we know asks about itself */
	bool is_later; /* it leaves when a write is durable */
};

/* The results behind the status, or another enum netinfo_status and whatever
 * was written is forgotten. */
typedef uint32_t netinfod_procedure(struct netinfod *n, struct asking *a,
				    struct wr *w);

netinfod_procedure netinfod_root, netinfod_self, netinfod_parent, netinfod_read,
	netinfod_readprop, netinfod_listprops, netinfod_readname,
	netinfod_children, netinfod_lookup, netinfod_lookupread, netinfod_list,
	netinfod_listall, netinfod_readall, netinfod_rparent;

/* No status; the results. */
void netinfod_statistics(struct netinfod *n, const struct asking *a,
			 struct wr *w);
/* The call of nibindd in *a: results to *w, and an enum rpc_status. */
enum rpc_status nibind_call(struct netinfod *n, struct asking *a, struct wr *w,
			    struct effects *fx);
/* Serve a domain, if that is not done yet; NULL: there is no room for more. */
struct serving *netinfod_serve(struct netinfod *n, uint32_t domain,
			       struct effects *fx);

/*
 * A procedure that writes: NETINFO_OK, and the answer leaves later; or the
 * status that refuses it.
 */
uint32_t netinfod_write(struct netinfod *n, const struct asking *a,
			struct effects *fx);
/* It has settled: the answer leaves. */
void netinfod_written(struct netinfod *n, int rc, struct effects *fx);
/* `from` as the procedure would have it, inside n->plist; or NOPROP, NONAME,
 * NOSPACE. */
uint32_t netinfod_edited(struct netinfod *n, const struct plist *from,
			 uint32_t procedure, const struct netinfo *m,
			 struct plist *to);

/* The directory that is asked for; NULL: BADID. */
const struct entry *netinfod_entry(const struct netinfod *n,
				   const struct asking *a);
/* The properties of a directory, with their count. */
void netinfod_props_put(const struct entry *e, struct wr *w);
/* The values of a property, with their count. */
void netinfod_values_put(const struct property *p, struct wr *w);

#endif
