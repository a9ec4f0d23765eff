/*
 * The inside of the lease table, for its own files only.
 *
 * An address that has a lease or a hold has a slot.  A slot is in use (live or
 * held) or idle (an ended lease, kept because it is sticky); each range of
 * addresses, a pool, has a heap of either kind, so what time changes is found
 * without looking at the rest.
 */
#ifndef MUSTER_MODEL_LEASE_INSIDE_H
#define MUSTER_MODEL_LEASE_INSIDE_H

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/heap.h"
#include "model/lease.h"

enum { POOLS = 64, POOL_REST = POOLS };

#define NO_SLOT 0xffffffffu

struct slot {
	struct lease lease; /* lease.ip is the slot's, lease or not */
	usec ends;          /* live until then */
	usec free_at;       /* nobody else's before */
	struct hwaddr holder;
	usec held_until;
	struct timer timer;  /* in a heap of its pool; or in none, if barred */
	uint32_t prev, next; /* in the pool's queue, or of free slots */
	uint8_t pool;
	bool has_lease, has_hold;
	bool is_in_use;
	bool is_stranger; /* in use by a machine that is not known */
	bool is_queued;
	bool is_elsewhere; /* the lease was last given by another server */
};

struct pool {
	uint32_t first, last;
	uint32_t last_asked; /* last is less if the table is too small */
	struct bitmap used;  /* addresses that have a slot, or are barred */
	uint32_t lowest;     /* no address below this bit is unused */
	struct heap in_use;  /* by the time when that ends */
	struct heap idle;    /* by free_at */
	uint32_t strangers;  /* in use by unknown machines */
	/* Holds of unknown machines, the oldest first. */
	uint32_t queue_first, queue_last;
	bool has_barred; /* some addresses are passed over as taken */
	usec unbar_at;
};

struct leases {
	uint64_t seed;
	usec now; /* the latest one heard of: time only goes forward */
	bool is_shared;
	uint32_t most, count;
	struct slot *slots;
	uint32_t used; /* slots that were ever taken: no other is touched */
	uint32_t free; /* the first that was given back */
	struct index by_ip, by_owner, by_holder;
	struct pool pools[POOLS + 1]; /* the last: addresses of no range */
	unsigned n_pools;
	/* What the pools' bitmaps and heaps are cut from. */
	uint64_t *words;
	struct timer **timers;
	size_t words_used, timers_used;
};

static inline uint32_t slot_number(const struct leases *l, const struct slot *s)
{
	return (uint32_t)(s - l->slots);
}

static inline bool is_in_range(const struct pool *p, uint32_t ip)
{
	return ip >= p->first && ip <= p->last;
}

/* lease.c: what is cut to the size l->most; on failure there may be some of it.
 */
int lease_tables_open(struct leases *l, const struct alloc *alloc);
void lease_tables_close(struct leases *l, const struct alloc *alloc);

/* lease_slot.c: slots, and where they stand. */

/* Into the indexes, by all that it is found by. */
void slot_enter(struct leases *l, struct slot *s);

struct slot *slot_find(const struct leases *l, uint32_t ip);
/* The slot of an address; a new one, empty and not yet settled, if need be.
 * NULL: the table is full. */
struct slot *slot_for(struct leases *l, uint32_t ip);
/* Whether an address can still get a slot, if need be that of an ended lease
 * outside all ranges. */
bool slots_left(struct leases *l);
/* Whether its lease ends, or ended, after the other's.  Of those that had ended
 * when they were put, only the wall clock's time is known. */
static inline bool slot_is_later(const struct slot *s, const struct slot *than)
{
	if (s->ends != than->ends)
		return s->ends > than->ends;
	return s->lease.wall_ends > than->lease.wall_ends;
}
/* Every change of a slot stands between these two.  slot_in frees a slot that
 * has neither lease nor hold. */
void slot_out(struct leases *l, struct slot *s);
void slot_in(struct leases *l, struct slot *s);
/* Between them: */
void slot_set_lease(struct leases *l, struct slot *s, const struct lease *put);
void slot_clear_lease(struct leases *l, struct slot *s);
void slot_set_hold(struct leases *l, struct slot *s, const struct hwaddr *hw,
		   usec until);
void slot_clear_hold(struct leases *l, struct slot *s);
bool slot_is_live(const struct slot *s, usec now);
bool slot_is_held(const struct slot *s, usec now);

/* lease_pool.c: ranges of addresses. */

/* The pool of a range, made when first asked for; NULL for an empty range. */
struct pool *pool_for(struct leases *l, const struct subnet *s);
/* NULL if nobody asked for it yet. */
const struct pool *pool_find(const struct leases *l, const struct subnet *s);
/* The pool of an address: one of the ranges, or POOL_REST. */
uint8_t pool_of(const struct leases *l, uint32_t ip);
/* Make true what time has changed up to l->now. */
void pool_settle(struct leases *l, struct pool *p);
/* The oldest hold of an unknown machine ends; false if there is none. */
bool pool_evict(struct leases *l, struct pool *p);
/* The lowest address never used, or the one that ended longest ago; the
 * addresses that are taken are barred in passing.  0: none. */
uint32_t pool_fresh(struct leases *l, struct pool *p,
		    const struct lease_want *w);
uint32_t pool_ended(struct leases *l, struct pool *p,
		    const struct lease_want *w);
/* Addresses barred as taken get another chance; false if there are none, or
 * they had one of late. */
bool pool_unbar(struct leases *l, struct pool *p);

#endif
