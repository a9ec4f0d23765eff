/*
 * nimaster: tells clones of domains that are ours that there is something new,
 * as a NetInfo master does.  A clone is a machine of the domain that says so,
 * `serves` being "./TAG", at an address that is not ours.
 *
 *	wait    LATENCY after a change, for more of them
 *	look    through the domain's machines, some at a time
 *	ask     each clone's port mapper for its nibindd, and that for TAG
 *	tell    CRASHED with our checksum: whoever has another one fetches all
 *
 * by UDP, each up to TRIES times, a second apart.  Where a clone is is kept for
 * the next time.  A RESYNC that somebody sends us is told as RESYNC, but not to
 * whoever sent it, or two that take each other for a clone would never end.
 * All of it also at the start, for the first domains.
 *
 * Who does not hear of it asks every half an hour, or our own servers every
 * netinfo.interval.
 *
 * LIMIT: a master of NetInfo's own repeats each write to its clones; ours says
 * only that there was one, and a clone fetches all.
 *
 * LIMIT: what is said comes from a port above 1023.
 */
#ifndef MUSTER_ENGINE_NIMASTER_H
#define MUSTER_ENGINE_NIMASTER_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

enum {
	NIMASTER_DOMAINS = 32, /* with news; of one more clones hear late */
	NIMASTER_CLONES = 64,  /* one more hears late */
};

struct nimaster;

struct nimaster_stats {
	uint64_t news;   /* domains that were looked through */
	uint64_t told;   /* clones that answered */
	uint64_t silent; /* ... that did not, or have no such tag */
	uint64_t full;   /* domains and clones that had no place */
	uint64_t bad;    /* replies to nothing that was asked */
};

/* `site` outlives it.  0 or -ENOMEM. */
int nimaster_open(struct nimaster **m, const struct site *site,
		  const struct alloc *alloc, uint64_t seed);
/* NULL is allowed for m. */
void nimaster_close(struct nimaster *m, const struct alloc *alloc);
struct engine *nimaster_engine(struct nimaster *m);
const struct nimaster_stats *nimaster_stats(const struct nimaster *m);
void nimaster_start(struct nimaster *m, usec now);
bool nimaster_claims(const struct nimaster *m, const struct dgram *d);
/* The domain has changed, durably; nothing comes of it if it is not ours. */
void nimaster_changed(struct nimaster *m, uint32_t domain, usec now);
/* The same of all that a COMMIT which settled well has changed. */
void nimaster_settled(struct nimaster *m, const struct outcome *o, usec now);
/* Somebody wants all clones of it to look. */
void nimaster_resync(struct nimaster *m, uint32_t domain, uint32_t asker,
		     usec now);

#endif
