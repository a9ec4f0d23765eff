/*
 * Pools: ranges of addresses to hand out.  A bitmap finds the lowest address
 * never used, a heap the one that ended longest ago; addresses that turn out to
 * be taken are barred from both, so a range full of fixed addresses is not
 * searched again for every packet.
 */
#include "model/lease_inside.h"

static const usec UNBAR = SECONDS(10);

uint8_t pool_of(const struct leases *l, uint32_t ip)
{
	for (unsigned i = 0; i < l->n_pools; i++)
		if (is_in_range(&l->pools[i], ip))
			return (uint8_t)i;
	return POOL_REST;
}

/* Every slot to the rest, so that other ranges can be made: the settings were
 * changed. */
static void forget_ranges(struct leases *l)
{
	for (uint32_t i = 0; i < l->used; i++) {
		struct slot *s = &l->slots[i];

		if (!s->lease.ip || s->pool == POOL_REST)
			continue;
		slot_out(l, s);
		s->pool = POOL_REST;
		slot_in(l, s);
	}
	l->n_pools = 0;
	l->words_used = 0;
	l->timers_used = 0;
}

/* Addresses that were of no range are of this one from now on. */
static void adopt(struct leases *l, uint8_t pool)
{
	struct pool *p = &l->pools[pool];

	for (uint32_t i = 0; i < l->used; i++) {
		struct slot *s = &l->slots[i];

		if (s->pool != POOL_REST || !s->lease.ip ||
		    !is_in_range(p, s->lease.ip))
			continue;
		slot_out(l, s);
		s->pool = pool;
		bitmap_set(&p->used, s->lease.ip - p->first);
		slot_in(l, s);
	}
}

static struct pool *pool_make(struct leases *l, uint32_t first, uint32_t last)
{
	uint32_t size = last - first < l->most ? last - first + 1 : l->most;
	struct pool *p;

	if (l->n_pools == POOLS ||
	    l->timers_used + 2 * (size_t)size > 2 * (size_t)l->most)
		forget_ranges(l);
	p = &l->pools[l->n_pools];
	*p = (struct pool){.first = first,
			   .last = first + (size - 1),
			   .last_asked = last,
			   .queue_first = NO_SLOT,
			   .queue_last = NO_SLOT};
	bitmap_open(&p->used, l->words + l->words_used, size);
	heap_open(&p->in_use, l->timers + l->timers_used, size);
	heap_open(&p->idle, l->timers + l->timers_used + size, size);
	l->words_used += BITMAP_WORDS(size);
	l->timers_used += 2 * (size_t)size;
	adopt(l, (uint8_t)l->n_pools++);
	return p;
}

const struct pool *pool_find(const struct leases *l, const struct subnet *s)
{
	for (unsigned i = 0; i < l->n_pools; i++)
		if (l->pools[i].first == s->first &&
		    l->pools[i].last_asked == s->last)
			return &l->pools[i];
	return NULL;
}

struct pool *pool_for(struct leases *l, const struct subnet *s)
{
	const struct pool *p = pool_find(l, s);

	if (p)
		return &l->pools[p - l->pools];
	if (!s->first || s->last < s->first)
		return NULL;
	return pool_make(l, s->first, s->last);
}

void pool_settle(struct leases *l, struct pool *p)
{
	struct timer *t;

	while ((t = heap_pop(&p->in_use, l->now))) {
		struct slot *s = CONTAINER(t, struct slot, timer);

		slot_out(l, s);
		slot_in(l, s);
	}
}

bool pool_evict(struct leases *l, struct pool *p)
{
	if (p->queue_first == NO_SLOT)
		return false;
	struct slot *s = &l->slots[p->queue_first];

	slot_out(l, s);
	slot_clear_hold(l, s);
	slot_in(l, s);
	return true;
}

static void bar(struct leases *l, struct pool *p)
{
	if (!p->has_barred)
		p->unbar_at = l->now + UNBAR;
	p->has_barred = true;
}

static bool is_taken(const struct lease_want *w, uint32_t ip)
{
	return w->taken && w->taken(w->arg, ip);
}

/* The same place at every server, so by no seed. */
static uint32_t place_of(const struct pool *p, const struct hwaddr *hw)
{
	return (uint32_t)(hash_hwaddr(hw, 0) % p->used.bits);
}

/* One that was never used; used.bits: there is none. */
static uint32_t next_fresh(struct pool *p, const struct lease_want *w)
{
	uint32_t bits = p->used.bits, bit;

	if (w->is_spread) {
		bit = bitmap_next_clear(&p->used, place_of(p, w->hw));
		if (bit < bits)
			return bit;
	}
	p->lowest = bitmap_next_clear(&p->used, p->lowest);
	return p->lowest;
}

uint32_t pool_fresh(struct leases *l, struct pool *p,
		    const struct lease_want *w)
{
	if (!slots_left(l))
		return 0;
	for (;;) {
		uint32_t bit = next_fresh(p, w);
		uint32_t ip = p->first + bit;

		if (bit == p->used.bits)
			return 0;
		/* A slot of its own pool would have its bit set; but ranges of
		 * careless settings overlap. */
		if (!slot_find(l, ip) && !is_taken(w, ip))
			return ip;
		bitmap_set(&p->used, bit);
		bar(l, p);
	}
}

uint32_t pool_ended(struct leases *l, struct pool *p,
		    const struct lease_want *w)
{
	struct timer *t;

	while ((t = heap_pop(&p->idle, l->now))) {
		struct slot *s = CONTAINER(t, struct slot, timer);

		if (!is_taken(w, s->lease.ip))
			return s->lease.ip;
		bar(l, p);
	}
	return 0;
}

bool pool_unbar(struct leases *l, struct pool *p)
{
	uint8_t pool = (uint8_t)(p - l->pools);

	if (!p->has_barred || l->now < p->unbar_at)
		return false;
	p->has_barred = false;
	bitmap_clear_all(&p->used);
	p->lowest = 0;
	for (uint32_t i = 0; i < l->used; i++) {
		struct slot *s = &l->slots[i];

		if (!s->lease.ip || s->pool != pool)
			continue;
		bitmap_set(&p->used, s->lease.ip - p->first);
		if (!s->timer.place)
			slot_in(l, s);
	}
	return true;
}

uint32_t leases_in_use(const struct leases *l, const struct subnet *n, usec now)
{
	const struct pool *p = pool_find(l, n);
	uint32_t in_use = 0;

	if (p && heap_next(&p->in_use) > now)
		return p->in_use.n;
	for (uint32_t i = 0; i < l->used; i++) {
		const struct slot *s = &l->slots[i];

		if (s->lease.ip >= n->first && s->lease.ip <= n->last)
			in_use += slot_is_live(s, now) || slot_is_held(s, now);
	}
	return in_use;
}
