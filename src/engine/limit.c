/*
 * A bucket is one number, the time up to which a source's requests are paid
 * for; whoever was silent for long has the smallest, so it is the one that
 * makes room.
 */
#include "engine/limit.h"

#include <errno.h>

enum { BUCKETS = 4096 /* a power of two */, WAYS = 4 };

struct bucket {
	uint64_t key;
	usec paid; /* up to when */
};

int limit_open(struct limit *l, const struct alloc *alloc)
{
	return limit_open_at(l, 200, 400, alloc);
}

int limit_open_at(struct limit *l, unsigned per_second, unsigned at_once,
		  const struct alloc *alloc)
{
	l->price = SECOND / per_second;
	l->burst = l->price * at_once;
	l->buckets = alloc_get(alloc, BUCKETS, sizeof(*l->buckets));
	return l->buckets ? 0 : -ENOMEM;
}

void limit_close(struct limit *l, const struct alloc *alloc)
{
	alloc_put(alloc, l->buckets);
	l->buckets = NULL;
}

static struct bucket *bucket_for(struct limit *l, uint64_t key)
{
	struct bucket *set = &l->buckets[key % (BUCKETS / WAYS) * WAYS];
	struct bucket *idle = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].paid < idle->paid)
			idle = &set[i];
	}
	*idle = (struct bucket){.key = key, .paid = 0};
	return idle;
}

bool limit_allows(struct limit *l, uint64_t key, usec now)
{
	return limit_allows_part(l, key, 1, now);
}

bool limit_allows_part(struct limit *l, uint64_t key, unsigned of, usec now)
{
	return limit_pay(&bucket_for(l, key)->paid, l->price / of, l->burst,
			 now);
}
