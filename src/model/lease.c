/*
 * Leases: what came to be durable, and what is only held.  The wall clock is
 * translated once, when a lease is put in; from then on only the monotonic
 * clock is asked, so no jump of the wall clock can end or prolong anything.
 */
#include "model/lease_inside.h"

#include <errno.h>

/* What another server promises may last so much longer, since it heard late. */
static const usec LATE = SECONDS(10);

static void pool_rest_open(struct leases *l)
{
	struct pool *p = &l->pools[POOL_REST];
	struct timer **own = l->timers + 2 * (size_t)l->most;

	p->queue_first = p->queue_last = NO_SLOT;
	heap_open(&p->in_use, own, l->most);
	heap_open(&p->idle, own + l->most, l->most);
}

int lease_tables_open(struct leases *l, const struct alloc *alloc)
{
	l->slots = alloc_get(alloc, l->most, sizeof *l->slots);
	l->words = alloc_get(alloc, BITMAP_WORDS(l->most) + POOLS,
			     sizeof *l->words);
	l->timers = alloc_get(alloc, 4 * (size_t)l->most, sizeof *l->timers);
	if (!l->slots || !l->words || !l->timers)
		return -ENOMEM;
	if (index_open(&l->by_ip, alloc, l->most, false) < 0 ||
	    index_open(&l->by_owner, alloc, l->most, false) < 0 ||
	    index_open(&l->by_holder, alloc, l->most, false) < 0)
		return -ENOMEM;
	return 0;
}

void lease_tables_close(struct leases *l, const struct alloc *alloc)
{
	index_close(&l->by_holder, alloc);
	index_close(&l->by_owner, alloc);
	index_close(&l->by_ip, alloc);
	alloc_put(alloc, l->timers);
	alloc_put(alloc, l->words);
	alloc_put(alloc, l->slots);
}

int leases_open(struct leases **l, const struct alloc *alloc, uint32_t most,
		uint64_t seed)
{
	struct leases *t = alloc_get(alloc, 1, sizeof *t);

	if (!t)
		return -ENOMEM;
	t->seed = seed;
	t->most = most ? most : 1;
	t->now = INT64_MIN;
	if (lease_tables_open(t, alloc) < 0) {
		leases_close(t, alloc);
		return -ENOMEM;
	}
	t->free = NO_SLOT;
	pool_rest_open(t);
	*l = t;
	return 0;
}

void leases_close(struct leases *l, const struct alloc *alloc)
{
	if (!l)
		return;
	lease_tables_close(l, alloc);
	alloc_put(alloc, l);
}

/*
 * When a lease ends and goes to others.  Those that had ended when they were
 * put in all get the same grace; the order in which they ended is kept in it,
 * at a microsecond a second.
 */
static void set_times(const struct leases *l, struct slot *s,
		      const struct lease *put, usec wall)
{
	const usec order = 60 * SECOND, now = l->now;
	usec term = SECONDS(put->term), left, ago;

	if (put->kind == LEASE_BOOTP) {
		s->ends = s->free_at = NEVER;
		return;
	}
	if (__builtin_sub_overflow(put->wall_ends, wall, &left))
		left = put->wall_ends > wall ? NEVER : -NEVER;
	left = usec_max(left, -NEVER);
	s->ends = now + usec_min(usec_max(left, 0), term);
	s->free_at = usec_max(s->ends,
			      now + (l->is_shared ? term + LATE : term / 2));
	if (left > 0)
		return;
	ago = usec_min(-left / SECOND, order);
	s->free_at += term ? order - ago : -ago;
}

int leases_put(struct leases *l, const struct lease *put, usec now, usec wall)
{
	struct slot *s;
	bool is_same;

	if (!put->ip)
		return -EINVAL;
	l->now = usec_max(l->now, now);
	s = slot_for(l, put->ip);
	if (!s)
		return -ENOSPC;
	slot_out(l, s);
	is_same =
		(s->has_hold && hwaddr_is(&s->holder, &put->hw)) ||
		(slot_is_live(s, l->now) && hwaddr_is(&s->lease.hw, &put->hw));
	if (!is_same)
		s->is_stranger = true;
	slot_clear_hold(l, s);
	slot_clear_lease(l, s);
	slot_set_lease(l, s, put);
	set_times(l, s, put, wall);
	slot_in(l, s);
	return 0;
}

void leases_drop(struct leases *l, uint32_t ip)
{
	struct slot *s = slot_find(l, ip);

	if (!s)
		return;
	slot_out(l, s);
	slot_clear_lease(l, s);
	slot_in(l, s);
}

const struct lease *leases_by_ip(const struct leases *l, uint32_t ip)
{
	const struct slot *s = slot_find(l, ip);

	return s && s->has_lease ? &s->lease : NULL;
}

const struct lease *leases_by_hw(const struct leases *l,
				 const struct hwaddr *hw, uint32_t network,
				 uint32_t mask)
{
	uint64_t hash = hash_hwaddr(hw, l->seed);
	const struct slot *best = NULL;

	for (uint32_t at = 0, id; index_next(&l->by_owner, hash, &at, &id);) {
		const struct slot *s = &l->slots[id];

		if (!hwaddr_is(&s->lease.hw, hw) ||
		    (s->lease.ip & mask) != network)
			continue;
		if (!best || slot_is_later(s, best))
			best = s;
	}
	return best ? &best->lease : NULL;
}

bool lease_is_live(const struct leases *l, uint32_t ip, usec now)
{
	const struct slot *s = slot_find(l, ip);

	return s && slot_is_live(s, now);
}

usec lease_left(const struct leases *l, uint32_t ip, usec now)
{
	const struct slot *s = slot_find(l, ip);

	return s && slot_is_live(s, now) ? s->ends - now : 0;
}

const struct lease *leases_next(const struct leases *l, uint32_t *at)
{
	while (*at < l->used) {
		const struct slot *s = &l->slots[(*at)++];

		if (s->has_lease)
			return &s->lease;
	}
	return NULL;
}

void leases_set_elsewhere(struct leases *l, uint32_t ip, bool is_elsewhere)
{
	struct slot *s = slot_find(l, ip);

	if (s)
		s->is_elsewhere = s->has_lease && is_elsewhere;
}

bool lease_is_elsewhere(const struct leases *l, uint32_t ip)
{
	const struct slot *s = slot_find(l, ip);

	return s && s->is_elsewhere;
}

void leases_share(struct leases *l)
{
	l->is_shared = true;
}

uint32_t leases_most(const struct leases *l)
{
	return l->most;
}

uint32_t leases_count(const struct leases *l)
{
	return l->count;
}

int leases_hold(struct leases *l, uint32_t ip, const struct hwaddr *hw,
		usec until)
{
	struct slot *s = slot_find(l, ip);
	bool is_same = s && s->has_hold && hwaddr_is(&s->holder, hw);

	if (s && s->has_hold && s->held_until == NEVER && !is_same)
		return -EBUSY;
	if (!s && !(s = slot_for(l, ip)))
		return -ENOSPC;
	slot_out(l, s);
	if (!is_same && !slot_is_live(s, l->now))
		s->is_stranger = false;
	slot_set_hold(l, s, hw, until);
	slot_in(l, s);
	return 0;
}

void leases_unhold(struct leases *l, uint32_t ip)
{
	struct slot *s = slot_find(l, ip);

	if (!s)
		return;
	slot_out(l, s);
	slot_clear_hold(l, s);
	slot_in(l, s);
}

/* The next hold that may go; NO_SLOT: there is none. */
static uint32_t other_hold(const struct leases *l, const struct hwaddr *hw,
			   const struct subnet *s, uint32_t ip)
{
	uint64_t hash = hash_hwaddr(hw, l->seed);

	for (uint32_t at = 0, id; index_next(&l->by_holder, hash, &at, &id);) {
		const struct slot *h = &l->slots[id];

		if (hwaddr_is(&h->holder, hw) && h->held_until != NEVER &&
		    h->lease.ip != ip && (h->lease.ip & s->mask) == s->network)
			return id;
	}
	return NO_SLOT;
}

void leases_unhold_others(struct leases *l, const struct hwaddr *hw,
			  const struct subnet *s, uint32_t ip)
{
	uint32_t id;

	while ((id = other_hold(l, hw, s, ip)) != NO_SLOT)
		leases_unhold(l, l->slots[id].lease.ip);
}

bool leases_held_by(const struct leases *l, uint32_t ip, usec now,
		    struct hwaddr *hw)
{
	const struct slot *s = slot_find(l, ip);

	if (!s || !slot_is_held(s, now))
		return false;
	*hw = s->holder;
	return true;
}

void leases_set_known(struct leases *l, uint32_t ip, bool is_known)
{
	struct slot *s = slot_find(l, ip);

	if (!s)
		return;
	slot_out(l, s);
	s->is_stranger = !is_known;
	slot_in(l, s);
}
