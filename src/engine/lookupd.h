/*
 * lookupd: network administrative information for the programs of this machine
 * (docs/protocols/lookup.md).  They ask over local connections; agents answer
 * in the order of the category, the nearest first: the directory, files in
 * /etc, NIS, DNS.
 *
 *	one item    the first agent that has it, and in the directory the first
 *	            domain on the way up, answers as a whole
 *	all         one agent after the other, one domain after the other
 *
 * An agent that does not answer within the order's `wait` is left out for
 * `skip`, and named: in the answer if nobody else had one, in the statistics,
 * and in the log once.  A list that the directory elsewhere does not bring, or
 * more questions than it takes, are no such silence: who asks for one thing has
 * its answer all the same.
 *
 * The cache has LOOKUPD_CACHE answers of up to LOOKUPD_CACHED bytes; the one
 * that was not asked for longest makes room.  What came after the directory was
 * asked is believed as long as the directory's checksums are the same, which
 * are asked for at most once in `check`; while it does not answer, for the
 * whole of its lifetime.
 *
 * LOOKUPD_QUESTIONS may wait for agents at a time, LOOKUPD_PER_CONN of one
 * connection; one more is LOOKUP_BUSY.
 */
#ifndef MUSTER_ENGINE_LOOKUPD_H
#define MUSTER_ENGINE_LOOKUPD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "model/lookup.h"

struct lookupd;
struct nic;
struct nic_question;
struct nic_answer;

enum {
	LOOKUPD_NIC = 1,   /* owner */
	LOOKUPD_LISTS = 4, /* of a directory elsewhere, each of a category */
	LOOKUPD_LIST = 4 << 20, /* bytes of one: what is longer is cut, and said
				 * to be */
	LOOKUPD_PORT = 2,       /* what local records come to */
	LOOKUPD_QUESTIONS = 256,
	LOOKUPD_PER_CONN = 16,
	LOOKUPD_CACHE = 2048,
	LOOKUPD_CACHED = 2048,
};

/* The directory as lookupd sees it, on this machine or elsewhere. */
struct lookupd_directory {
	const struct directory *d;
	const uint32_t *domain; /* the nearest; 0: none */
	const char *server;     /* who we are; "" is allowed */
};

/* nic.h's functions of these names, or a test's. */
struct lookupd_reach {
	int (*ask)(struct nic *n, usec now, const struct nic_question *q,
		   struct effects *fx);
	bool (*answer)(struct nic *n, struct nic_answer *to);
	bool (*claims)(const struct nic *n, const struct dgram *d);
	struct engine *(*engine)(struct nic *n);
};

struct lookupd_config {
	/* It may change between two calls, with its version. */
	const struct lookup_order *order;
	/* d NULL: there is none here; then lookupd_nic(), perhaps. */
	struct lookupd_directory directory;
	uint32_t uid; /* who may flush, besides root */
	uint64_t seed;
};

struct lookupd_agent_stats {
	uint64_t asked, found, failed, late;
};

struct lookupd_stats {
	uint64_t questions, found, not_found, unavailable, wrong, busy;
	uint64_t cached, cached_negative; /* answered from the cache */
	uint64_t evicted, too_long, stale, flushes;
	uint64_t bad; /* records that are none */
	struct lookupd_agent_stats agents[LOOKUP_AGENTS];
};

/* All its memory is taken here; the configuration is copied, but what it points
 * at.  0 or -ENOMEM. */
int lookupd_open(struct lookupd **l, const struct lookupd_config *config,
		 const struct alloc *alloc);
/* NULL is allowed for l. */
void lookupd_close(struct lookupd *l, const struct alloc *alloc);
struct engine *lookupd_engine(struct lookupd *l);
bool lookupd_claims(const struct lookupd *l, const struct dgram *d);
/*
 * The directory is elsewhere, and this is how it is reached: the caller's, who
 * has started it and tells of it here before any call of the engine.  NULL: it
 * is not reached any more.  lookupd hands it what is for it, and its effects
 * are LOOKUPD_NIC's.
 */
void lookupd_nic(struct lookupd *l, struct nic *nic,
		 const struct lookupd_reach *how);
/* Forget all that was cached, and that agents were silent. */
void lookupd_flush(struct lookupd *l);
const struct lookupd_stats *lookupd_stats(const struct lookupd *l);

#endif
