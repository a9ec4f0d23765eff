/*
 * A small world for tests of the lease table: one subnet, machines that are
 * numbers, and a clock that the test moves.
 */
#ifndef MUSTER_TESTS_LEASE_WORLD_H
#define MUSTER_TESTS_LEASE_WORLD_H

#include "model/lease.h"
#include "purse.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NET  IP4(10, 0, 0, 0)
#define HOST IP4(10, 0, 0, 10) /* the first of the range */

enum { TERM = 3600 };
static const usec OFFER = SECONDS(30);

struct world {
	struct purse purse;
	struct leases *l;
	struct subnet net;
	usec now, wall;
	unsigned share; /* for unknown machines */
	bool is_spread;
	/* Addresses with a fixed binding, and how often somebody asked. */
	uint32_t taken_from, taken_to;
	unsigned asked;
};

static inline bool world_is_taken(const void *arg, uint32_t ip)
{
	struct world *w = (struct world *)(uintptr_t)arg;

	w->asked++;
	return ip >= w->taken_from && ip < w->taken_to;
}

/* A range of n addresses from HOST, in a table for `most`. */
static inline void world_open(struct world *w, uint32_t n, uint32_t most)
{
	*w = (struct world){.now = SECONDS(1000),
			    .wall = SECONDS(1700000000),
			    .share = 100,
			    .net = {.network = NET,
				    .mask = 0xffff0000,
				    .first = HOST,
				    .last = HOST + n - 1,
				    .lease = TERM}};
	assert_int_equal(leases_open(&w->l, purse_open(&w->purse), most, 7), 0);
}

static inline void world_close(struct world *w)
{
	leases_close(w->l, &w->purse.alloc);
	assert_int_equal(w->purse.out, 0);
}

static inline void world_wait(struct world *w, usec by)
{
	w->now += by;
	w->wall += by;
}

static inline struct hwaddr machine(uint32_t n)
{
	return hwaddr_ethernet((uint8_t[6]){2, 0, (uint8_t)(n >> 24),
					    (uint8_t)(n >> 16),
					    (uint8_t)(n >> 8), (uint8_t)n});
}

static inline uint32_t world_ask(struct world *w, uint32_t n, uint32_t wanted,
				 bool is_known)
{
	struct hwaddr hw = machine(n);
	struct lease_want want = {.subnet = &w->net,
				  .hw = &hw,
				  .wanted = wanted,
				  .taken = world_is_taken,
				  .arg = w,
				  .is_known = is_known,
				  .is_spread = w->is_spread,
				  .share = w->share};

	return leases_choose(w->l, &want, w->now, w->now + OFFER);
}

/* A known machine discovers. */
static inline uint32_t discover(struct world *w, uint32_t n)
{
	return world_ask(w, n, 0, true);
}

static inline uint32_t stranger(struct world *w, uint32_t n)
{
	return world_ask(w, n, 0, false);
}

static inline int world_put(struct world *w, uint32_t n, uint32_t ip,
			    enum lease_kind kind)
{
	struct lease put = {.kind = kind,
			    .ip = ip,
			    .hw = machine(n),
			    .term = kind == LEASE_BOOTP ? 0 : TERM,
			    .wall_ends = w->wall + SECONDS(TERM)};

	if (kind == LEASE_BOOTP)
		put.wall_ends = NEVER;
	return leases_put(w->l, &put, w->now, w->wall);
}

/* The whole exchange: the machine has the address afterwards. */
static inline uint32_t bind_known(struct world *w, uint32_t n)
{
	uint32_t ip = discover(w, n);

	assert_int_equal(world_put(w, n, ip, LEASE_DHCP), 0);
	return ip;
}

static inline bool is_held_by(const struct world *w, uint32_t ip, uint32_t n)
{
	struct hwaddr holder, hw = machine(n);

	return leases_held_by(w->l, ip, w->now, &holder) &&
	       hwaddr_is(&holder, &hw);
}

static inline bool is_bound_to(const struct world *w, uint32_t ip, uint32_t n)
{
	const struct lease *lease = leases_by_ip(w->l, ip);
	struct hwaddr hw = machine(n);

	return lease && hwaddr_is(&lease->hw, &hw) &&
	       lease_is_live(w->l, ip, w->now);
}

#endif
