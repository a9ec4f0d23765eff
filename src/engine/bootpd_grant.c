/*
 * Which address a machine may have: what the directory registered for its
 * hardware address, else one of the pool.  Nothing here is durable; an address
 * of the pool is held in memory until a COMMIT makes it a lease.
 */
#include "engine/bootpd_impl.h"

struct pool {
	const struct site *site;
	const struct subnet *subnet;
};

/* An address that nobody gets from the pool, though it lies there. */
static bool is_taken(const void *arg, uint32_t ip)
{
	const struct pool *p = arg;
	const struct site *s = p->site;

	return ip == p->subnet->router || subnet_excludes(p->subnet, ip) ||
	       site_is_own(s, ip) ||
	       machine_by_ip(s->directory, site_subnet_domain(s, p->subnet),
			     ip);
}

/* Another machine has it: the administrator registered what was leased. */
static bool is_anothers(const struct bootpd *b, const struct ask *a,
			uint32_t ip, usec now)
{
	const struct leases *l = b->site->leases;
	const struct lease *lease = leases_by_ip(l, ip);
	struct hwaddr holder;

	if (leases_held_by(l, ip, now, &holder) && !hwaddr_is(&holder, &a->hw))
		return true;
	return lease && lease->kind != LEASE_DECLINED &&
	       lease_is_live(l, ip, now) && !hwaddr_is(&lease->hw, &a->hw);
}

uint32_t grant_fixed(const struct ask *a)
{
	return a->machine ? machine_address(a->machine, &a->hw, a->subnet) : 0;
}

static bool is_own_lease(const struct ask *a, const struct lease *lease)
{
	return lease && lease->kind != LEASE_DECLINED &&
	       hwaddr_is(&lease->hw, &a->hw);
}

bool grant_is_on_record(const struct bootpd *b, const struct ask *a,
			uint32_t ip)
{
	uint32_t fixed = grant_fixed(a);

	if (fixed)
		return true;
	return is_own_lease(a, leases_by_ip(b->site->leases, ip));
}

static bool grant_from_pool(const struct bootpd *b, const struct ask *a,
			    uint32_t wanted, usec now, struct grant *g)
{
	struct leases *l = b->site->leases;
	const struct pool pool = {b->site, a->subnet};
	const struct lease_want want = {
		.subnet = a->subnet,
		.hw = &a->hw,
		.wanted = wanted,
		.taken = is_taken,
		.arg = &pool,
		.is_known = a->machine != NULL,
		.is_spread = b->site->store.is_shared,
		.share = b->site->settings->unknown_share,
	};
	const struct lease *lease;

	g->ip = leases_choose(l, &want, now, now + OFFER_HOLD);
	lease = leases_by_ip(l, g->ip);
	g->is_fixed = is_own_lease(a, lease) && lease->kind == LEASE_BOOTP;
	return g->ip != 0;
}

/* On both clocks: the wall clock may have jumped. */
uint32_t grant_remains(const struct bootpd *b, const struct ask *a, uint32_t ip,
		       usec now)
{
	const struct leases *l = b->site->leases;
	const struct lease *is = leases_by_ip(l, ip);
	usec left;

	if (!is_own_lease(a, is) || is->kind != LEASE_DHCP)
		return 0;
	left = (is->wall_ends - GRACE - a->heard->wall) / SECOND;
	if (left > is->term)
		left = is->term;
	if (left < 1 || !lease_is_live(l, ip, now + SECONDS(left) - 1))
		return 0;
	return (uint32_t)left;
}

/* It has something in force here that needs no COMMIT. */
static bool is_served(const struct bootpd *b, const struct ask *a, usec now)
{
	const struct leases *l = b->site->leases;
	const struct lease *is =
		leases_by_hw(l, &a->hw, a->subnet->network, a->subnet->mask);

	return is && lease_is_live(l, is->ip, now) &&
	       (is->kind == LEASE_BOOTP || grant_remains(b, a, is->ip, now));
}

bool grant_find(struct bootpd *b, const struct ask *a, uint32_t wanted,
		usec now, struct grant *g, struct effects *fx)
{
	struct note *n;

	g->ip = grant_fixed(a);
	g->is_fixed = g->ip != 0;
	if (g->is_fixed && is_anothers(b, a, g->ip, now)) {
		n = ask_note(a, NOTE_DHCP_REFUSED, fx);
		n->ip = g->ip;
		n->text = "its address is still leased to another";
		return false;
	}
	if (!g->is_fixed && site_is_away(b->site) && !is_served(b, a, now)) {
		b->stats.unserved++;
		return false;
	}
	if (g->is_fixed || grant_from_pool(b, a, wanted, now, g))
		return true;
	ask_note(a, NOTE_POOL_FULL, fx)->ip = a->subnet->network;
	return false;
}
