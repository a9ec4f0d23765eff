/*
 * The inside of niclone.
 *
 *	niclone.c         the engine: which domains, when, what settles
 *	niclone_call.c    questions to a master, and its answers
 *	niclone_copy.c    the copy that came, checked
 *	niclone_change.c  what makes our domain like it
 */
#ifndef MUSTER_ENGINE_NICLONE_IMPL_H
#define MUSTER_ENGINE_NICLONE_IMPL_H

#include "base/heap.h"
#include "base/rand.h"
#include "engine/effects.h"
#include "engine/netinfo_call.h"
#include "engine/netinfo_copy.h"
#include "engine/niclone.h"
#include "wire/netinfo.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

enum { NICLONE_TAG = 64, NICLONE_MASTER = 320 };

/* A directory of a copy. */
struct copied {
	struct netinfo_id id;
	uint32_t up; /* its parent, by number; the root is its own */
	struct netinfo_list children; /* that have not come yet */
	struct plist props;           /* with its mark; the root's without */
	/* While a change is made of it. */
	uint32_t entry; /* that it becomes; candidate: that it may be */
	uint32_t candidate;
	uint32_t last; /* of its children, the entry */
	bool is_new;
};

/* A whole domain, parents before children, children in order. */
struct copy {
	struct alloc alloc;
	uint32_t checksum;
	uint32_t n, most;
	struct copied *v;
	uint8_t *bytes; /* of the property lists */
	size_t used, room;
	char *word;
	uint32_t *index; /* by object id: number + 1, or 0 */
	uint32_t mask;
};

/*
 * What READALL came to: 0 and a copy; 0 and NULL, there is nothing new;
 * -EBADMSG: it is none, or damaged; -EMSGSIZE; -ENOMEM; -EREMOTEIO: the master
 * refuses, with *status.
 */
int copy_get(struct copy **c, const uint8_t *record, size_t len,
	     const struct alloc *alloc, uint32_t *status);
void copy_drop(struct copy *c);
/* NULL: there is none. */
struct copied *copy_find(const struct copy *c, uint32_t object);

/*
 * The changes that make the domain like the copy; none at all if it is.  0,
 * -ENOMEM, -EMSGSIZE, or what directory_check_all() says: then *which is the
 * object that can't be.
 */
int copy_changes(struct copy *c, struct directory *d, uint32_t domain,
		 struct changes **all, uint32_t *which);

enum niclone_step {
	NICLONE_REST, /* until due */
	NICLONE_GETPORT,
	NICLONE_REGISTER,
	NICLONE_SUM,
	NICLONE_LOAD, /* asked */
	NICLONE_TURN, /* another change of the directory is under way */
	NICLONE_MAKE,
};

struct following {
	uint32_t domain; /* 0: free */
	char master[NICLONE_MASTER];
	enum niclone_step step;
	uint32_t ip;
	uint16_t nibind, udp, tcp; /* 0: not known */
	uint32_t xid;
	unsigned tries, failures;
	bool is_hinted; /* since this check began */
	usec due, begun;
	uint64_t cookie; /* of what will settle */
	struct copy *copy;
	struct changes *all;
};

struct niclone {
	struct engine engine;
	const struct site *site;
	struct alloc alloc;
	struct niclone_stats stats;
	struct rand rand;
	uint16_t port; /* 0: not started */
	bool is_listening;
	usec look; /* at the domains, next */
	uint32_t xid;
	uint64_t cookie;
	struct following v[NICLONE_DOMAINS];
};

/* The master's name for the domain, behind the slash. */
struct span niclone_tag(const struct following *f);
/* Say the first thing of a check, or the same again; false: often enough. */
bool niclone_ask(struct niclone *c, struct following *f, usec now,
		 struct effects *fx);
/* On to a step, and ask. */
void niclone_step(struct niclone *c, struct following *f,
		  enum niclone_step step, usec now, struct effects *fx);
/* An answer to it.  r: its results. */
void niclone_heard(struct niclone *c, struct following *f, struct rd r,
		   usec now, struct effects *fx);
/* The checksum is another one: fetch all. */
void niclone_load(struct niclone *c, struct following *f, struct effects *fx);
/* It is over, well; or not, and `why`, in a few words for the log. */
void niclone_done(struct niclone *c, struct following *f, usec now);
void niclone_failed(struct niclone *c, struct following *f, usec now, int rc,
		    const char *why, struct effects *fx);

#endif
