/*
 * The inside of netinfod.
 *
 *	netinfod.c        the engine: who asks, what leaves and how
 *	netinfod_read.c   procedures about one directory
 *	netinfod_list.c   procedures that look for some
 *	netinfod_stream.c procedures about many, and answers without end
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

enum {
	NETINFOD_PLIST = RECORD_MAX,
	NETINFOD_STREAMS = 64,
	NETINFOD_KEY = 256, /* of LIST, with its NUL, when it is a stream */
};

/*
 * An answer about many directories, and how far it is written.  All but READALL
 * count, and say the head, the items and the tail; READALL measures, and
 * between head and tail counts, tells and lists one directory after the other.
 */
enum walk_step {
	WALK_MEASURE,
	WALK_COUNT,
	WALK_HEAD,
	WALK_COUNT_ONE,
	WALK_WHOLE,
	WALK_ITEMS,
	WALK_TAIL,
	WALK_OVER
};

struct walk {
	uint32_t procedure;
	enum walk_step step;
	uint32_t domain, checksum; /* of ours: it is of one state */
	/* Entries, 0 none: of which the answer is; of READALL, where it is; and
	 * the next child of it. */
	uint32_t top, at, child;
	uint32_t count, highest;
	struct span key; /* of LIST */
};

/* An answer of which a part has left. */
struct stream {
	uint32_t conn; /* 0: free */
	struct walk walk;
	char key[NETINFOD_KEY];
};

struct netinfod {
	struct engine engine;
	const struct site *site;
	struct quota quota;
	struct netinfod_stats stats;
	struct serving serving[NETINFOD_DOMAINS];
	struct writing writing;
	struct stream streams[NETINFOD_STREAMS];
	/* Bytes: of an answer over a connection before it is a stream, and of a
	 * step of one.  Tests make them small. */
	size_t at_once, step;
	uint64_t writes;
	uint32_t hint;          /* a domain whose master has news; 0: none */
	uint32_t resync, asker; /* ... that was told to look, and by whom */
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
	bool is_own;    /* somebody we know asks about itself */
	bool is_later;  /* it leaves when a write is durable */
	bool is_stream; /* more of it leaves by and by */
};

/* The results behind the status, or another enum netinfo_status and whatever
 * was written is forgotten. */
typedef uint32_t netinfod_procedure(struct netinfod *n, struct asking *a,
				    struct wr *w);

netinfod_procedure netinfod_root, netinfod_self, netinfod_parent, netinfod_read,
	netinfod_readprop, netinfod_listprops, netinfod_readname,
	netinfod_lookup, netinfod_lookupread, netinfod_readall,
	netinfod_rparent;
/* CHILDREN, LIST and LISTALL. */
netinfod_procedure netinfod_many;

/* Whether an answer is leaving by this connection. */
bool netinfod_is_streaming(const struct netinfod *n, uint32_t conn);
/* The connection takes more of its answer; it has ended; a domain's all have.
 */
void netinfod_drained(struct netinfod *n, uint32_t conn, struct effects *fx);
void netinfod_ended(struct netinfod *n, uint32_t conn);
void netinfod_cut_all(struct netinfod *n, uint32_t domain);

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
