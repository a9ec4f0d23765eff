/*
 * How often a source is heard: 200 times a second, and 400 times at once, or as
 * its owner says.
 *
 * The table has a fixed size; the source that was silent longest makes room, so
 * a flood from one address never takes anything from another.
 */
#ifndef MUSTER_ENGINE_LIMIT_H
#define MUSTER_ENGINE_LIMIT_H

#include "base/alloc.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

struct bucket;

struct limit {
	struct bucket *buckets;
	usec price; /* of one */
	usec burst; /* prices paid ahead */
};

/* All its memory is taken here.  0 or -ENOMEM. */
int limit_open(struct limit *l, const struct alloc *alloc);
/* So often a second, and so often at once. */
int limit_open_at(struct limit *l, unsigned per_second, unsigned at_once,
		  const struct alloc *alloc);
/* alloc: the one it was opened with.  One that is all zeros is allowed. */
void limit_close(struct limit *l, const struct alloc *alloc);
/* The same for one purse alone: `paid` is 0 at first. */
static inline bool limit_pay(usec *paid, usec price, usec burst, usec now)
{
	usec next = usec_max(*paid, now) + price;

	if (next - now > burst)
		return false;
	*paid = next;
	return true;
}
/* Whether to hear the source once more.  key: a hash of what it is known by,
 * with a secret seed. */
bool limit_allows(struct limit *l, uint64_t key, usec now);
/* ... for one part of so many of the price. */
bool limit_allows_part(struct limit *l, uint64_t key, unsigned of, usec now);

#endif
