/*
 * Leases under attack: machines that nobody knows ask for addresses, by the
 * thousand, and those that are known get theirs (R14).
 */
#include "lease_world.h"

static void keeps_room_for_known_machines_in_a_storm(void **state)
{
	struct world w;
	uint32_t ip;

	(void)state;
	world_open(&w, 64, 64);
	w.share = 50;
	for (uint32_t n = 0; n < 20000; n++) {
		assert_true(stranger(&w, 1000000 + n));
		world_wait(&w, 10);
		assert_true(leases_in_use(w.l, &w.net, w.now) <= 32);
	}
	/* The youngest offers stand, the oldest made room for them. */
	for (uint32_t n = 20000 - 32; n < 20000; n++) {
		ip = stranger(&w, 1000000 + n);
		assert_true(is_held_by(&w, ip, 1000000 + n));
	}
	assert_int_equal(leases_in_use(w.l, &w.net, w.now), 32);
	for (uint32_t n = 0; n < 32; n++)
		assert_true(bind_known(&w, n));
	/* More than half of the pool is theirs if the others do not need it. */
	for (uint32_t n = 32; n < 64; n++)
		assert_true(bind_known(&w, n));
	assert_int_equal(discover(&w, 64), 0);
	assert_int_equal(stranger(&w, 65), 0);
	world_close(&w);
}

static void never_evicts_what_is_promised(void **state)
{
	struct world w;
	struct hwaddr one = machine(1);
	uint32_t first, second;

	(void)state;
	world_open(&w, 4, 4);
	w.share = 50;
	first = stranger(&w, 1);
	leases_hold(w.l, first, &one, NEVER); /* its COMMIT is under way */
	second = stranger(&w, 2);
	world_put(&w, 2, second, LEASE_DHCP);
	assert_int_equal(stranger(&w, 3), 0);
	assert_true(is_held_by(&w, first, 1));
	assert_true(is_bound_to(&w, second, 2));
	assert_int_equal(stranger(&w, 2), second); /* but it may renew */

	/* When one of them turns out to be known, there is room again. */
	leases_set_known(w.l, second, true);
	assert_int_equal(stranger(&w, 3), HOST + 2);
	assert_int_equal(stranger(&w, 4), HOST + 2);
	world_close(&w);
}

static void counts_a_lease_from_the_store_as_a_strangers(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 4, 4);
	w.share = 50;
	world_put(&w, 1, HOST, LEASE_DHCP);
	world_put(&w, 2, HOST + 1, LEASE_DHCP);
	assert_int_equal(stranger(&w, 3), 0);
	assert_int_equal(discover(&w, 1), HOST); /* known, as it turns out */
	world_put(&w, 1, HOST, LEASE_DHCP);
	assert_int_equal(stranger(&w, 3), HOST + 2);
	world_close(&w);
}

static void gives_unknown_machines_one_address_at_least(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 4, 4);
	w.share = 1;
	assert_int_equal(stranger(&w, 1), HOST);
	assert_int_equal(stranger(&w, 2), HOST);
	w.share = 0;
	assert_int_equal(stranger(&w, 3), 0);
	assert_int_equal(discover(&w, 4), HOST);
	world_close(&w);
}

static void takes_an_ended_lease_back_from_a_stranger(void **state)
{
	struct world w;
	struct hwaddr two = machine(2);

	(void)state;
	world_open(&w, 1, 1);
	bind_known(&w, 1);
	world_wait(&w, SECONDS(TERM));
	assert_int_equal(stranger(&w, 2), HOST);
	assert_int_equal(discover(&w, 1), HOST);
	assert_true(is_held_by(&w, HOST, 1));
	leases_unhold(w.l, HOST);
	/* Not when that stranger's lease is being written. */
	assert_int_equal(stranger(&w, 2), HOST);
	leases_hold(w.l, HOST, &two, NEVER);
	assert_int_equal(discover(&w, 1), 0);
	world_close(&w);
}

static void gives_a_strangers_offer_away_when_the_pool_is_full(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, 2, 2);
	assert_int_equal(stranger(&w, 1), HOST);
	assert_int_equal(stranger(&w, 2), HOST + 1);
	assert_int_equal(bind_known(&w, 3), HOST);
	assert_int_equal(bind_known(&w, 4), HOST + 1);
	assert_int_equal(discover(&w, 5), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_room_for_known_machines_in_a_storm),
		cmocka_unit_test(never_evicts_what_is_promised),
		cmocka_unit_test(counts_a_lease_from_the_store_as_a_strangers),
		cmocka_unit_test(gives_unknown_machines_one_address_at_least),
		cmocka_unit_test(takes_an_ended_lease_back_from_a_stranger),
		cmocka_unit_test(
			gives_a_strangers_offer_away_when_the_pool_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
