/*
 * traind: the server's half of the train (docs/protocols/train.md).  Each image
 * has at most one train on each link, on a group of its own; whoever boards
 * rides along and says what it lacks.  All that is believed of a rider is its
 * cookie, which only comes back from where it was sent to (R12).
 */
#ifndef MUSTER_ENGINE_TRAIND_H
#define MUSTER_ENGINE_TRAIND_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct traind;

/* The longest file that a train carries. */
#define TRAIND_SIZE_MAX MANIFEST_SIZE_MAX

struct traind_stats {
	uint64_t boards, tickets, reports, picks;
	uint64_t originals, again, repairs, lists, picked; /* data packets */
	uint64_t boarded, left, detached;
	uint64_t refused; /* no room for a rider or a train */
};

/* One train as a drill or a console shows it. */
struct traind_train {
	uint32_t image;
	uint64_t packets; /* of the file */
	uint64_t sent;    /* data packets of this run, of all kinds */
	uint32_t riders;
	uint64_t rate; /* bytes/s now */
	bool is_running;
};

/* `site` is the caller's and outlives it.  0 or -ENOMEM. */
int traind_open(struct traind **t, const struct site *site,
		const struct alloc *alloc, uint64_t seed);
/* alloc: the one it was opened with.  NULL is allowed for t. */
void traind_close(struct traind *t, const struct alloc *alloc);
struct engine *traind_engine(struct traind *t);
const struct traind_stats *traind_stats(const struct traind *t);
/* All trains that ever left: *at from 0; false ends. */
bool traind_next_train(const struct traind *t, uint32_t *at,
		       struct traind_train *to);
void traind_start(struct traind *t, usec now, struct effects *fx);
bool traind_claims(const struct traind *t, const struct dgram *d);

#endif
