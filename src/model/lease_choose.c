/*
 * Which address a machine gets: RFC 2131 4.3.1's order, and R14's rule that
 * unknown machines can crowd out each other but never the known ones.
 */
#include "model/lease_inside.h"

static bool is_own(const struct slot *s, const struct hwaddr *hw)
{
	return s->has_lease && s->lease.kind != LEASE_DECLINED &&
	       hwaddr_is(&s->lease.hw, hw);
}

/* Whether the machine may have the address of s now; s NULL: never used. */
static bool is_open(const struct slot *s, const struct lease_want *w, usec now)
{
	bool is_mine;

	if (!s)
		return true;
	is_mine = is_own(s, w->hw);
	/* A known machine comes back while its ended lease is being offered to
	 * a stranger: an offer is no promise. */
	if (slot_is_held(s, now) && !hwaddr_is(&s->holder, w->hw))
		return is_mine && w->is_known && s->is_stranger &&
		       s->held_until != NEVER;
	return !s->has_lease || is_mine || s->free_at <= now;
}

static bool is_taken(const struct lease_want *w, uint32_t ip)
{
	return w->taken && w->taken(w->arg, ip);
}

/* Whether s is an address of the subnet that we would still hand out. */
static bool is_fit(const struct slot *s, const struct lease_want *w, usec now)
{
	const struct subnet *n = w->subnet;
	uint32_t ip = s->lease.ip;

	if ((ip & n->mask) != n->network)
		return false;
	/* The administrator may have moved the range; only a registration
	 * outlasts that. */
	if ((!n->first || ip < n->first || ip > n->last) &&
	    !(s->has_lease && s->lease.kind == LEASE_BOOTP))
		return false;
	return is_open(s, w, now) && !is_taken(w, ip);
}

/* In use by this very machine: a live lease before a hold, 0: neither. */
static unsigned use_of(const struct slot *s, const struct lease_want *w,
		       usec now)
{
	if (is_own(s, w->hw) && slot_is_live(s, now))
		return 2;
	return slot_is_held(s, now) && hwaddr_is(&s->holder, w->hw);
}

static bool is_better(const struct slot *s, const struct slot *best,
		      const struct lease_want *w, usec now)
{
	unsigned use = use_of(s, w, now), other;

	if (!best)
		return true;
	other = use_of(best, w, now);
	return use != other ? use > other : slot_is_later(s, best);
}

static struct slot *own_slot(struct leases *l, const struct lease_want *w)
{
	uint64_t hash = hash_hwaddr(w->hw, l->seed);
	struct slot *best = NULL;
	uint32_t at, id;

	for (at = 0; index_next(&l->by_owner, hash, &at, &id);) {
		struct slot *s = &l->slots[id];

		if (is_own(s, w->hw) && is_fit(s, w, l->now) &&
		    is_better(s, best, w, l->now))
			best = s;
	}
	for (at = 0; index_next(&l->by_holder, hash, &at, &id);) {
		struct slot *s = &l->slots[id];

		if (use_of(s, w, l->now) && is_fit(s, w, l->now) &&
		    is_better(s, best, w, l->now))
			best = s;
	}
	return best;
}

/* Make sure that one more unknown machine is within the share. */
static bool has_share(struct leases *l, struct pool *p, unsigned percent)
{
	uint64_t size = p->used.bits;
	uint64_t share = percent < 100 ? size * percent / 100 : size;

	if (percent && !share)
		share = 1;
	while (p->strangers >= share)
		if (!pool_evict(l, p))
			return false;
	return true;
}

static bool is_wanted_free(const struct leases *l, const struct pool *p,
			   const struct lease_want *w)
{
	return w->wanted && is_in_range(p, w->wanted) &&
	       is_open(slot_find(l, w->wanted), w, l->now) &&
	       !is_taken(w, w->wanted);
}

static uint32_t from_pool(struct leases *l, struct pool *p,
			  const struct lease_want *w)
{
	uint32_t ip = pool_fresh(l, p, w);

	return ip ? ip : pool_ended(l, p, w);
}

static uint32_t any(struct leases *l, struct pool *p,
		    const struct lease_want *w)
{
	uint32_t ip = from_pool(l, p, w);

	if (!ip && pool_unbar(l, p))
		ip = from_pool(l, p, w);
	while (!ip && pool_evict(l, p))
		ip = from_pool(l, p, w);
	return ip;
}

/* Hold it; a COMMIT under way for this machine goes on holding. */
static uint32_t take(struct leases *l, uint32_t ip, const struct lease_want *w,
		     usec until)
{
	struct slot *s = slot_for(l, ip);

	if (!s)
		return 0;
	if (slot_is_held(s, l->now) && hwaddr_is(&s->holder, w->hw))
		until = usec_max(until, s->held_until);
	slot_out(l, s);
	s->is_stranger = !w->is_known;
	slot_set_hold(l, s, w->hw, until);
	slot_in(l, s);
	return ip;
}

uint32_t leases_choose(struct leases *l, const struct lease_want *w, usec now,
		       usec until)
{
	const struct slot *own;
	struct pool *p;
	uint32_t ip;

	l->now = usec_max(l->now, now);
	p = pool_for(l, w->subnet);
	if (p)
		pool_settle(l, p);
	own = own_slot(l, w);
	ip = own ? own->lease.ip : 0;
	if (own && use_of(own, w, l->now))
		return take(l, ip, w, until);
	if (!p || (!w->is_known && !has_share(l, p, w->share)))
		return 0;
	if (!ip && is_wanted_free(l, p, w))
		ip = w->wanted;
	if (!ip)
		ip = any(l, p, w);
	return ip ? take(l, ip, w, until) : 0;
}
