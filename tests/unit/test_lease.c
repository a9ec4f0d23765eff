/*
 * Leases: who gets which address, for how long, and who does not.
 */
#include "lease_world.h"

#include <errno.h>

static void gives_the_lowest_address_never_used(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 4, 4);
	assert_int_equal(discover(&w, 1), HOST);
	assert_int_equal(discover(&w, 2), HOST + 1);
	assert_int_equal(discover(&w, 1), HOST);
	assert_int_equal(leases_in_use(w.l, &w.net, w.now), 2);
	assert_int_equal(leases_count(w.l), 0);
	world_close(&w);
}

/* Whoever asks first at which of them. */
static void several_servers_choose_alike_when_they_spread(void **state)
{
	enum { N = 20 };
	struct world a, b;
	uint32_t ip[N];

	(void)state;
	world_open(&a, 10000, 10000);
	world_open(&b, 10000, 10000);
	leases_close(b.l, &b.purse.alloc);
	assert_int_equal(leases_open(&b.l, &b.purse.alloc, 10000, 8), 0);
	a.is_spread = b.is_spread = true;
	for (uint32_t n = 0; n < N; n++)
		ip[n] = discover(&a, n);
	for (uint32_t n = N; n-- > 0;)
		assert_int_equal(discover(&b, n), ip[n]);
	world_close(&a);
	world_close(&b);
}

static void a_range_that_is_spread_is_given_out_to_the_last(void **state)
{
	enum { N = 70 };
	struct world w;
	bool is_given[N] = {false};

	(void)state;
	world_open(&w, N, N);
	w.is_spread = true;
	w.taken_from = HOST + 3;
	w.taken_to = HOST + 5;
	for (uint32_t n = 0; n < N - 2; n++) {
		uint32_t ip = bind_known(&w, n);

		assert_in_range(ip, HOST, HOST + N - 1);
		assert_false(is_given[ip - HOST]);
		is_given[ip - HOST] = true;
	}
	assert_false(is_given[3] || is_given[4]);
	assert_int_equal(discover(&w, N), 0);
	world_close(&w);
}

static void gives_what_was_asked_for_if_that_is_free(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 8, 8);
	assert_int_equal(world_ask(&w, 1, HOST + 5, true), HOST + 5);
	assert_int_equal(world_ask(&w, 2, HOST + 5, true), HOST);
	assert_int_equal(world_ask(&w, 3, HOST + 8, true), HOST + 1);
	assert_int_equal(world_ask(&w, 4, HOST - 1, true), HOST + 2);
	w.taken_from = HOST + 6;
	w.taken_to = HOST + 7;
	assert_int_equal(world_ask(&w, 5, HOST + 6, true), HOST + 3);
	/* It has an offer already: that counts more than a wish. */
	assert_int_equal(world_ask(&w, 3, HOST + 7, true), HOST + 1);
	world_close(&w);
}

static void keeps_a_machine_on_its_address(void **state)
{
	struct world w;
	struct hwaddr hw = machine(2);
	uint32_t ip;

	(void)state;
	world_open(&w, 8, 8);
	bind_known(&w, 1);
	ip = bind_known(&w, 2);
	assert_int_equal(ip, HOST + 1);
	assert_true(is_bound_to(&w, ip, 2));
	world_wait(&w, SECONDS(TERM) - 1);
	assert_true(is_bound_to(&w, ip, 2));
	world_wait(&w, 1);
	assert_false(lease_is_live(w.l, ip, w.now));
	assert_int_equal(leases_in_use(w.l, &w.net, w.now), 0);

	/* Ended, but still there, and nobody else's while others are free. */
	assert_ptr_equal(leases_by_hw(w.l, &hw, NET, 0xffff0000),
			 leases_by_ip(w.l, ip));
	assert_int_equal(discover(&w, 3), HOST + 2);
	assert_int_equal(world_ask(&w, 2, HOST + 7, true), ip);
	world_close(&w);
}

static void takes_the_address_that_ended_longest_ago(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 3, 3);
	for (uint32_t n = 0; n < 3; n++)
		bind_known(&w, n);
	world_wait(&w, SECONDS(10));
	assert_int_equal(bind_known(&w, 0), HOST); /* renewed */
	world_wait(&w, SECONDS(10));
	assert_int_equal(bind_known(&w, 1), HOST + 1);
	assert_int_equal(discover(&w, 9), 0);
	world_wait(&w, SECONDS(TERM));
	assert_int_equal(discover(&w, 7), HOST + 2);
	assert_int_equal(discover(&w, 8), HOST);
	assert_int_equal(discover(&w, 9), HOST + 1);
	assert_int_equal(discover(&w, 0), 0);
	world_close(&w);
}

static void ends_a_hold_by_time(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 1, 1);
	assert_int_equal(discover(&w, 1), HOST);
	assert_int_equal(discover(&w, 2), 0);
	world_wait(&w, OFFER - 1);
	assert_true(is_held_by(&w, HOST, 1));
	assert_int_equal(discover(&w, 2), 0);
	world_wait(&w, 1);
	assert_false(is_held_by(&w, HOST, 1));
	assert_int_equal(leases_in_use(w.l, &w.net, w.now), 0);
	assert_int_equal(discover(&w, 2), HOST);
	leases_unhold(w.l, HOST);
	assert_false(is_held_by(&w, HOST, 2));
	assert_int_equal(discover(&w, 3), HOST);
	world_close(&w);
}

static void holds_over_a_commit_however_long(void **state)
{
	struct world w;
	struct hwaddr one = machine(1), two = machine(2);

	(void)state;
	world_open(&w, 1, 1);
	assert_int_equal(discover(&w, 1), HOST);
	assert_int_equal(leases_hold(w.l, HOST, &one, NEVER), 0);
	/* The machine repeats its request: no reason to hold for less. */
	assert_int_equal(discover(&w, 1), HOST);
	world_wait(&w, SECONDS(86400));
	assert_true(is_held_by(&w, HOST, 1));
	assert_int_equal(leases_hold(w.l, HOST, &two, NEVER), -EBUSY);
	assert_int_equal(discover(&w, 2), 0);
	assert_int_equal(world_put(&w, 1, HOST, LEASE_DHCP), 0);
	assert_false(is_held_by(&w, HOST, 1));
	assert_true(is_bound_to(&w, HOST, 1));
	world_close(&w);
}

static void brings_an_ended_lease_back_when_a_commit_failed(void **state)
{
	struct world w;
	struct hwaddr two = machine(2);

	(void)state;
	world_open(&w, 1, 1);
	bind_known(&w, 1);
	world_wait(&w, SECONDS(TERM));
	assert_int_equal(discover(&w, 2), HOST);
	assert_int_equal(leases_hold(w.l, HOST, &two, NEVER), 0);
	assert_int_equal(discover(&w, 1), 0);
	leases_unhold(w.l, HOST);
	assert_int_equal(discover(&w, 1), HOST);
	world_close(&w);
}

static void obeys_a_hold_of_a_fixed_address(void **state)
{
	struct world w;
	struct hwaddr one = machine(1);

	(void)state;
	world_open(&w, 2, 3);
	/* A stranger's offer gives way to the machine whose address it is. */
	assert_int_equal(stranger(&w, 2), HOST);
	assert_int_equal(leases_hold(w.l, HOST, &one, w.now + OFFER), 0);
	assert_true(is_held_by(&w, HOST, 1));
	assert_int_equal(leases_hold(w.l, HOST + 99, &one, w.now + OFFER), 0);
	assert_int_equal(stranger(&w, 2), HOST + 1);
	assert_int_equal(leases_hold(w.l, HOST + 98, &one, NEVER), -ENOSPC);
	world_close(&w);
}

static void outlives_a_clock_that_was_set_back(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 1, 1);
	bind_known(&w, 1);
	/* The daemon starts again, and it is ten years ago. */
	w.wall -= SECONDS(315360000);
	struct lease kept = *leases_by_ip(w.l, HOST);
	leases_close(w.l, &w.purse.alloc);
	leases_open(&w.l, &w.purse.alloc, 1, 7);
	assert_int_equal(leases_put(w.l, &kept, w.now, w.wall), 0);
	world_wait(&w, SECONDS(TERM) - 1);
	assert_true(is_bound_to(&w, HOST, 1));
	assert_int_equal(discover(&w, 2), 0);
	world_wait(&w, 1);
	assert_int_equal(discover(&w, 2), HOST);
	world_close(&w);
}

static void gives_nothing_away_when_the_clock_was_set_forward(void **state)
{
	struct lease kept[3];
	struct world w;

	(void)state;
	world_open(&w, 3, 3);
	for (uint32_t n = 0; n < 3; n++) {
		world_wait(&w, SECONDS(2));
		bind_known(&w, 2 - n);
	}
	for (uint32_t n = 0; n < 3; n++)
		kept[n] = *leases_by_ip(w.l, HOST + n);
	leases_close(w.l, &w.purse.alloc);
	leases_open(&w.l, &w.purse.alloc, 3, 7);
	w.wall += SECONDS(86400);
	for (uint32_t n = 3; n-- > 0;)
		leases_put(w.l, &kept[n], w.now, w.wall);

	assert_false(lease_is_live(w.l, HOST, w.now));
	world_wait(&w, SECONDS(TERM / 2) - 1);
	assert_int_equal(discover(&w, 9), 0);
	assert_int_equal(bind_known(&w, 2), HOST);
	/* Then the one that ended first goes first. */
	world_wait(&w, SECONDS(61));
	assert_int_equal(discover(&w, 9), HOST + 1);
	world_close(&w);
}

static void takes_any_time_from_a_store(void **state)
{
	static const usec odd[] = {INT64_MIN, -1, 0, 1, NEVER - 1, NEVER};
	struct world w;

	(void)state;
	world_open(&w, 1, 1);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
			struct lease put = {.ip = HOST,
					    .hw = machine(1),
					    .wall_ends = odd[i],
					    .term = 0xffffffff};

			leases_put(w.l, &put, w.now, odd[k]);
			assert_int_equal(lease_is_live(w.l, HOST, w.now),
					 odd[i] > odd[k]);
		}
	}
	world_close(&w);
}

static void frees_a_released_address_at_once(void **state)
{
	struct world w;
	struct lease released = {.ip = HOST, .hw = machine(1), .name = "wendy"};

	(void)state;
	world_open(&w, 2, 2);
	bind_known(&w, 1);
	released.wall_ends = w.wall;
	leases_put(w.l, &released, w.now, w.wall);
	assert_int_equal(leases_in_use(w.l, &w.net, w.now), 0);
	assert_int_equal(discover(&w, 2), HOST + 1);
	assert_int_equal(discover(&w, 1), HOST); /* its favourite */
	leases_unhold(w.l, HOST);
	assert_int_equal(discover(&w, 3), HOST);
	world_close(&w);
}

/* Another server may have heard of it later than we, by a clock of its own. */
static void keeps_a_shared_address_for_the_whole_term(void **state)
{
	struct lease put = {
		.ip = HOST, .hw = machine(1), .term = 600, .wall_ends = 5};
	struct world w;

	(void)state;
	world_open(&w, 1, 1);
	leases_share(w.l);
	leases_put(w.l, &put, w.now, SECONDS(3600));
	w.now += SECONDS(609);
	assert_int_equal(discover(&w, 2), 0);
	w.now += SECONDS(61); /* of the order of those that had ended */
	assert_int_equal(discover(&w, 2), HOST);
	world_close(&w);
}

static void leaves_a_declined_address_alone(void **state)
{
	struct hwaddr one = machine(1);
	struct world w;

	(void)state;
	world_open(&w, 2, 2);
	bind_known(&w, 1);
	assert_int_equal(world_put(&w, 1, HOST, LEASE_DECLINED), 0);
	assert_null(leases_by_hw(w.l, &one, NET, 0xffff0000));
	assert_true(lease_is_live(w.l, HOST, w.now));
	assert_false(is_bound_to(&w, HOST, 1));
	assert_int_equal(leases_by_ip(w.l, HOST)->kind, LEASE_DECLINED);
	assert_int_equal(world_ask(&w, 1, HOST, true), HOST + 1);
	assert_int_equal(discover(&w, 2), 0);
	world_wait(&w, SECONDS(TERM));
	assert_int_equal(discover(&w, 1), HOST + 1);
	assert_int_equal(discover(&w, 2), HOST);
	world_close(&w);
}

static void never_ends_a_registration(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 4, 4);
	assert_int_equal(discover(&w, 1), HOST);
	assert_int_equal(world_put(&w, 1, HOST, LEASE_BOOTP), 0);
	world_wait(&w, SECONDS((usec)100 * 365 * 86400));
	assert_true(is_bound_to(&w, HOST, 1));
	/* The range moves away from it; a lease would not be renewed there. */
	assert_int_equal(bind_known(&w, 2), HOST + 1);
	w.net.first = HOST + 2;
	assert_int_equal(discover(&w, 1), HOST);
	assert_int_equal(discover(&w, 2), HOST + 2);
	leases_drop(w.l, HOST);
	assert_int_equal(discover(&w, 1), HOST + 3);
	world_close(&w);
}

static void passes_over_fixed_addresses_without_asking_again(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 1000, 1000);
	w.taken_from = HOST;
	w.taken_to = HOST + 998;
	assert_int_equal(bind_known(&w, 1), HOST + 998);
	assert_int_equal(bind_known(&w, 2), HOST + 999);
	assert_int_equal(discover(&w, 3), 0);
	w.asked = 0;
	for (int i = 0; i < 100; i++)
		assert_int_equal(discover(&w, 3), 0);
	assert_int_equal(w.asked, 0);

	/* One is set free in the directory: seen within ten seconds. */
	w.taken_from = HOST + 1;
	world_wait(&w, SECONDS(10));
	assert_int_equal(bind_known(&w, 3), HOST);
	assert_int_equal(discover(&w, 4), 0);
	/* Its owner's lease has ended when it is taken; then it is not. */
	w.taken_from = w.taken_to = HOST;
	w.taken_to = HOST + 1000;
	world_wait(&w, SECONDS(TERM));
	assert_int_equal(discover(&w, 3), 0);
	w.taken_to = HOST;
	world_wait(&w, SECONDS(10));
	assert_int_equal(discover(&w, 4), HOST + 1);
	assert_int_equal(discover(&w, 3), HOST);
	world_close(&w);
}

static void gives_an_ended_address_once_it_is_no_longer_fixed(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 1, 1);
	bind_known(&w, 1);
	world_wait(&w, SECONDS(TERM));
	w.taken_from = HOST;
	w.taken_to = HOST + 1;
	assert_int_equal(discover(&w, 2), 0);
	w.taken_to = HOST;
	assert_int_equal(discover(&w, 2), 0); /* not asked so soon */
	world_wait(&w, SECONDS(10));
	assert_int_equal(discover(&w, 2), HOST);
	world_close(&w);
}

static void forgets_ended_leases_of_no_range_for_room(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 2, 3);
	for (uint32_t n = 0; n < 3; n++)
		assert_int_equal(world_put(&w, n, HOST + 100 + n, LEASE_DHCP),
				 0);
	assert_int_equal(world_put(&w, 9, HOST, LEASE_DHCP), -ENOSPC);
	assert_int_equal(discover(&w, 9), 0);
	world_wait(&w, SECONDS(TERM));
	assert_int_equal(bind_known(&w, 9), HOST);
	assert_int_equal(leases_count(w.l), 3);
	assert_int_equal(world_put(&w, 9, 0, LEASE_DHCP), -EINVAL);
	world_close(&w);
}

static void goes_with_the_settings_when_ranges_change(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 8, 8);
	for (uint32_t n = 0; n < 4; n++)
		bind_known(&w, n);
	for (uint32_t i = 0; i < 200; i++) {
		w.net.last = HOST + 4 + i % 3;
		assert_int_equal(discover(&w, 77), HOST + 4);
		assert_int_equal(discover(&w, 3), HOST + 3);
		assert_int_equal(leases_in_use(w.l, &w.net, w.now), 5);
	}
	/* More than the table has room for. */
	w.net.last = HOST + 5000;
	for (uint32_t n = 0; n < 3; n++)
		assert_int_equal(bind_known(&w, 10 + n), HOST + 5 + n);
	assert_int_equal(discover(&w, 13), 0);
	w.net.first = 0;
	assert_int_equal(discover(&w, 14), 0);
	world_close(&w);
}

static void gives_no_address_twice_when_ranges_overlap(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 4, 16);
	assert_int_equal(bind_known(&w, 1), HOST);
	w.net.last = HOST + 6;
	assert_int_equal(bind_known(&w, 2), HOST + 1);
	w.net.first = HOST + 1;
	assert_int_equal(bind_known(&w, 3), HOST + 2);
	w.net.last = HOST + 3;
	assert_int_equal(bind_known(&w, 4), HOST + 3);
	assert_int_equal(discover(&w, 5), 0);
	world_close(&w);
}

static void knows_a_machine_in_every_subnet_by_itself(void **state)
{
	struct hwaddr one = machine(1), two = machine(2);
	struct world w;

	(void)state;
	world_open(&w, 4, 8);
	world_put(&w, 1, IP4(10, 1, 0, 5), LEASE_DHCP);
	bind_known(&w, 1);
	assert_int_equal(leases_by_hw(w.l, &one, NET, 0xffff0000)->ip, HOST);
	assert_int_equal(
		leases_by_hw(w.l, &one, IP4(10, 1, 0, 0), 0xffff0000)->ip,
		IP4(10, 1, 0, 5));
	assert_null(leases_by_hw(w.l, &one, IP4(10, 2, 0, 0), 0xffff0000));
	assert_null(leases_by_hw(w.l, &two, NET, 0xffff0000));
	/* Two in one subnet, by the store's doing: the later one counts. */
	world_wait(&w, SECONDS(1));
	world_put(&w, 1, HOST + 3, LEASE_DHCP);
	assert_int_equal(leases_by_hw(w.l, &one, NET, 0xffff0000)->ip,
			 HOST + 3);
	assert_int_equal(discover(&w, 1), HOST + 3);
	world_close(&w);
}

static void lists_all_leases_once(void **state)
{
	struct world w;
	uint32_t seen = 0, n = 0;
	const struct lease *lease;

	(void)state;
	world_open(&w, 8, 8);
	for (uint32_t i = 0; i < 5; i++)
		bind_known(&w, i);
	discover(&w, 99);
	leases_drop(w.l, HOST + 2);
	leases_drop(w.l, HOST + 7);
	for (uint32_t at = 0; (lease = leases_next(w.l, &at)); n++)
		seen |= 1u << (lease->ip - HOST);
	assert_int_equal(n, 4);
	assert_int_equal(seen, 0x1b);
	assert_int_equal(leases_count(w.l), 4);
	world_close(&w);
}

/* A full table, outside all ranges, is one for ten times as many. */
static void grows_when_it_is_told_to(void **state)
{
	struct world w;
	struct lease lease = {.kind = LEASE_BOOTP, .wall_ends = NEVER};

	(void)state;
	world_open(&w, 4, 8);
	for (uint32_t i = 0; i < 80; i++) {
		lease.ip = IP4(10, 0, 9, 1) + i;
		lease.hw = (struct hwaddr){
			.type = 1, .len = 6, .b = {2, 0, 0, 0, 0, (uint8_t)i}};
		int rc = leases_put(w.l, &lease, w.now, w.wall);

		if (i < 8) {
			assert_int_equal(rc, 0);
			continue;
		}
		if (i == 8) {
			assert_int_equal(rc, -ENOSPC);
			assert_int_equal(leases_grow(w.l, &w.purse.alloc, 80),
					 0);
			rc = leases_put(w.l, &lease, w.now, w.wall);
		}
		assert_int_equal(rc, 0);
	}
	assert_int_equal(leases_count(w.l), 80);
	lease.ip = IP4(10, 0, 8, 1);
	assert_int_equal(leases_put(w.l, &lease, w.now, w.wall), -ENOSPC);
	for (uint32_t i = 0; i < 80; i++)
		assert_true(lease_is_live(w.l, IP4(10, 0, 9, 1) + i, w.now));
	world_close(&w);
}

static void says_when_memory_is_short(void **state)
{
	struct purse p;
	struct leases *l;
	const struct alloc *alloc = purse_open(&p);
	long pieces;

	(void)state;
	assert_int_equal(leases_open(&l, alloc, 100, 1), 0);
	pieces = p.out;
	leases_close(l, alloc);
	for (long n = 0; n < pieces; n++) {
		p.left = n;
		assert_int_equal(leases_open(&l, alloc, 100, 1), -ENOMEM);
		assert_int_equal(p.out, 0);
	}
	leases_close(NULL, alloc);
}

/* A /16 with 60,000 leases, as fast as an empty one: what a choice looks at is
 * counted in questions to the directory, never in time. */
static void asks_little_in_a_large_pool(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 65000, 65000);
	for (uint32_t n = 0; n < 60000; n++)
		world_put(&w, n, HOST + n, LEASE_DHCP);
	w.asked = 0;
	for (uint32_t n = 0; n < 5000; n++)
		assert_int_equal(discover(&w, 100000 + n), HOST + 60000 + n);
	assert_int_equal(w.asked, 5000);
	world_wait(&w, SECONDS(TERM));
	for (uint32_t n = 0; n < 5000; n++)
		assert_true(discover(&w, 200000 + n));
	assert_int_equal(w.asked, 10000);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_lowest_address_never_used),
		cmocka_unit_test(several_servers_choose_alike_when_they_spread),
		cmocka_unit_test(
			a_range_that_is_spread_is_given_out_to_the_last),
		cmocka_unit_test(gives_what_was_asked_for_if_that_is_free),
		cmocka_unit_test(keeps_a_machine_on_its_address),
		cmocka_unit_test(takes_the_address_that_ended_longest_ago),
		cmocka_unit_test(ends_a_hold_by_time),
		cmocka_unit_test(holds_over_a_commit_however_long),
		cmocka_unit_test(
			brings_an_ended_lease_back_when_a_commit_failed),
		cmocka_unit_test(obeys_a_hold_of_a_fixed_address),
		cmocka_unit_test(outlives_a_clock_that_was_set_back),
		cmocka_unit_test(
			gives_nothing_away_when_the_clock_was_set_forward),
		cmocka_unit_test(takes_any_time_from_a_store),
		cmocka_unit_test(frees_a_released_address_at_once),
		cmocka_unit_test(keeps_a_shared_address_for_the_whole_term),
		cmocka_unit_test(leaves_a_declined_address_alone),
		cmocka_unit_test(never_ends_a_registration),
		cmocka_unit_test(
			passes_over_fixed_addresses_without_asking_again),
		cmocka_unit_test(
			gives_an_ended_address_once_it_is_no_longer_fixed),
		cmocka_unit_test(forgets_ended_leases_of_no_range_for_room),
		cmocka_unit_test(goes_with_the_settings_when_ranges_change),
		cmocka_unit_test(gives_no_address_twice_when_ranges_overlap),
		cmocka_unit_test(knows_a_machine_in_every_subnet_by_itself),
		cmocka_unit_test(lists_all_leases_once),
		cmocka_unit_test(grows_when_it_is_told_to),
		cmocka_unit_test(says_when_memory_is_short),
		cmocka_unit_test(asks_little_in_a_large_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
