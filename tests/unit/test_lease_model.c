/*
 * Leases against what machines believe.  Machines come, renew, vanish, release
 * and decline at random; the daemon starts again and the wall clock jumps.  The
 * model is naive: it knows of each address who was told that it may use it,
 * until when, and nothing of how leases are kept.
 */
#include "base/rand.h"
#include "lease_world.h"

#include <stdio.h>
#include <stdlib.h>

enum { ADDRESSES = 12, MACHINES = 30, KNOWN = 10, SHARE = 50 };

struct belief {
	uint32_t machine; /* 0: nobody */
	usec until;       /* that machine uses the address until then */
};

struct model {
	struct world w;
	struct rand rand;
	struct belief believes[ADDRESSES];
	/* Who was told so last: the address is kept for it while it is free. */
	uint32_t last[ADDRESSES];
	/* COMMITs under way: machine and address. */
	uint32_t committing[ADDRESSES];
	usec declined_until[ADDRESSES];
	struct lease store[ADDRESSES]; /* ip 0: none */
	unsigned jumps;
};

static uint32_t below(struct model *m, uint32_t n)
{
	return (uint32_t)rand_below(&m->rand, n);
}

/* Who may use an address now, by what we said; 0: nobody. */
static uint32_t user(const struct model *m, uint32_t i)
{
	return m->believes[i].until > m->w.now ? m->believes[i].machine : 0;
}

static bool is_known(uint32_t machine)
{
	return machine <= KNOWN;
}

static void check_answer(const struct model *m, uint32_t n, uint32_t ip)
{
	if (!ip)
		return;
	assert_in_range(ip, HOST, HOST + ADDRESSES - 1);
	uint32_t i = ip - HOST;

	assert_true(!user(m, i) || user(m, i) == n);
	assert_true(!m->committing[i] || m->committing[i] == n);
	assert_true(m->declined_until[i] <= m->w.now);
	for (uint32_t k = 0; k < ADDRESSES; k++)
		if (user(m, k) == n || m->committing[k] == n)
			assert_int_equal(ip, HOST + k);
	assert_true(is_held_by(&m->w, ip, n));
}

/* Addresses, as bits, of which a known machine must get one: those it has on
 * offer, and those that were its last and that nobody has got since. */
static uint32_t own(const struct model *m, uint32_t n)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < ADDRESSES && is_known(n); i++) {
		struct hwaddr holder, hw = machine(n);
		bool held = leases_held_by(m->w.l, HOST + i, m->w.now, &holder);

		if (held ? hwaddr_is(&holder, &hw)
			 : m->last[i] == n && m->store[i].ip)
			bits |= 1u << i;
	}
	return bits;
}

/* Also those that somebody unknown was offered meanwhile: an offer is no
 * promise. */
static bool was_its_last(const struct model *m, uint32_t n, uint32_t ip)
{
	return ip && m->last[ip - HOST] == n && m->store[ip - HOST].ip;
}

static void put_down(struct model *m, uint32_t i, uint32_t n, usec wall_ends,
		     uint32_t term)
{
	m->store[i] = (struct lease){.ip = HOST + i,
				     .hw = machine(n),
				     .wall_ends = wall_ends,
				     .term = term};
}

static void on_discover(struct model *m)
{
	uint32_t n = 1 + below(m, MACHINES), ip, owns;
	uint32_t wanted = below(m, 2) ? 0 : HOST + below(m, ADDRESSES + 2);

	m->w.share = SHARE;
	owns = own(m, n);
	ip = world_ask(&m->w, n, wanted, is_known(n));
	check_answer(m, n, ip);
	assert_true(!owns || was_its_last(m, n, ip) ||
		    (ip && owns >> (ip - HOST) & 1));
	if (!ip || below(m, 3) == 0)
		return;
	struct hwaddr hw = machine(n);

	assert_int_equal(leases_hold(m->w.l, ip, &hw, NEVER), 0);
	m->committing[ip - HOST] = n;
}

static void on_settle(struct model *m)
{
	uint32_t i = below(m, ADDRESSES), n = m->committing[i];

	if (!n)
		return;
	m->committing[i] = 0;
	if (below(m, 5) == 0) {
		leases_unhold(m->w.l, HOST + i);
		return;
	}
	put_down(m, i, n, m->w.wall + SECONDS(TERM), TERM);
	assert_int_equal(leases_put(m->w.l, &m->store[i], m->w.now, m->w.wall),
			 0);
	m->believes[i] = (struct belief){n, m->w.now + SECONDS(TERM)};
	m->last[i] = n;
}

static void on_release(struct model *m)
{
	uint32_t i = below(m, ADDRESSES), n = user(m, i);

	if (!n || m->committing[i])
		return;
	m->believes[i].until = m->w.now;
	put_down(m, i, n, m->w.wall, 0);
	leases_put(m->w.l, &m->store[i], m->w.now, m->w.wall);
}

static void on_decline(struct model *m)
{
	uint32_t i = below(m, ADDRESSES), n = user(m, i);

	if (!n || m->committing[i])
		return;
	m->believes[i].until = m->w.now;
	m->last[i] = 0;
	put_down(m, i, n, m->w.wall + SECONDS(600), 600);
	m->store[i].kind = LEASE_DECLINED;
	leases_put(m->w.l, &m->store[i], m->w.now, m->w.wall);
	m->declined_until[i] = m->w.now + SECONDS(600);
}

static void on_drop(struct model *m)
{
	uint32_t i = below(m, ADDRESSES);

	if (m->committing[i])
		return;
	leases_drop(m->w.l, HOST + i);
	m->store[i].ip = 0;
	m->believes[i].until = m->declined_until[i] = m->w.now;
}

/*
 * The daemon dies, and its clock may be wrong when it comes back.  A machine
 * renews when half of its time is over, so that is what it relies on if the
 * clock jumped forward.
 */
static void on_restart(struct model *m)
{
	usec relies = NEVER, jump = 0;

	leases_close(m->w.l, &m->w.purse.alloc);
	leases_open(&m->w.l, &m->w.purse.alloc, ADDRESSES, below(m, 99));
	if (below(m, 2))
		jump = SECONDS(below(m, 4 * TERM)) - SECONDS(2 * TERM);
	m->w.wall += jump;
	m->jumps += jump != 0;
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		m->committing[i] = 0;
		if (m->store[i].ip)
			leases_put(m->w.l, &m->store[i], m->w.now, m->w.wall);
		if (jump <= 0)
			continue;
		relies = m->w.now + SECONDS(m->store[i].term) / 2;
		m->believes[i].until = usec_min(m->believes[i].until, relies);
		m->declined_until[i] = usec_min(m->declined_until[i], relies);
	}
}

/* Which must change nothing; now and then there is no memory for it. */
static void on_growth(struct model *m, uint32_t turn)
{
	uint32_t most = leases_most(m->w.l);

	m->w.purse.left = turn / 50 % 8;
	if (leases_grow(m->w.l, &m->w.purse.alloc, most + 1 + turn % 37))
		assert_int_equal(leases_most(m->w.l), most);
	else
		assert_true(leases_most(m->w.l) > most);
	m->w.purse.left = -1;
}

static void on_time(struct model *m)
{
	static const usec steps[] = {MILLISECOND, SECOND, SECONDS(20),
				     SECONDS(TERM / 4), SECONDS(TERM)};

	world_wait(&m->w, steps[below(m, sizeof steps / sizeof *steps)]);
}

static void check(const struct model *m)
{
	uint32_t in_use = 0, strangers = 0;

	for (uint32_t i = 0; i < ADDRESSES; i++) {
		struct hwaddr hw;
		bool live = lease_is_live(m->w.l, HOST + i, m->w.now);
		bool held = leases_held_by(m->w.l, HOST + i, m->w.now, &hw);

		in_use += live || held;
		if (held && !live)
			strangers += hw.b[5] > KNOWN;
		assert_int_equal(leases_by_ip(m->w.l, HOST + i) != NULL,
				 m->store[i].ip != 0);
		if (user(m, i) && m->jumps == 0)
			assert_true(is_bound_to(&m->w, HOST + i, user(m, i)));
		if (m->committing[i])
			assert_true(
				is_held_by(&m->w, HOST + i, m->committing[i]));
	}
	assert_true(strangers <= ADDRESSES * SHARE / 100);
	assert_int_equal(leases_in_use(m->w.l, &m->w.net, m->w.now), in_use);
}

static void run(uint64_t seed)
{
	static void (*const events[])(struct model *) = {
		on_discover, on_discover, on_discover, on_discover, on_settle,
		on_settle,   on_settle,   on_settle,   on_time,     on_time,
		on_release,  on_decline,  on_drop,
	};
	struct model *m = calloc(1, sizeof *m);

	assert_non_null(m);
	world_open(&m->w, ADDRESSES, ADDRESSES);
	rand_seed(&m->rand, seed);
	for (int i = 0; i < 2000; i++) {
		if (below(m, 200) == 0)
			on_restart(m);
		else
			events[below(m, sizeof events / sizeof *events)](m);
		if (i % 50 == 49)
			on_growth(m, (uint32_t)i);
		check(m);
	}
	world_close(&m->w);
	free(m);
}

static void no_address_is_ever_given_to_two_machines(void **state)
{
	const char *one = getenv("SEED");

	(void)state;
	if (one) {
		run(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= 400; seed++) {
		print_message("seed %llu\n", (unsigned long long)seed);
		run(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_address_is_ever_given_to_two_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
