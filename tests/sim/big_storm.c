/*
 * Ten thousand machines are switched on within a second and want an address.
 * What counts here are virtual seconds: the store takes a millisecond for a
 * batch, the link is a gigabit.
 */
#include "fleets.h"

enum { MACHINES = 10000 };

static struct fleet_report storm(bool dhcp_only, double loss, unsigned crashes)
{
	struct fleet_config c = {
		.machines = MACHINES,
		/* Something to boot: without it a machine would wait a second
		 * for the offer of a proxy. */
		.images = {{"kernel", 1000}},
		.n_images = 1,
		.via = VIA_TFTP,
		.weather = {.loss = loss, .delay = 100, .rate = 125000000},
		.arrive = SECONDS(1),
		.dhcp_only = dhcp_only,
		.seed = 1,
		.patience = SECONDS(3600),
		.trouble = {.within = SECONDS(1),
			    .crashes = crashes,
			    .down = MILLISECONDS(50)},
	};
	struct fleet_report r = boots(&c);

	print_message("%u machines, %g %% loss, %u crashes: all bound after "
		      "%.3f virtual seconds, %" PRIu64 " batches\n",
		      MACHINES, loss * 100, crashes, (double)r.last_bound / 1e6,
		      r.batches);
	assert_int_equal(r.bound, MACHINES);
	assert_true(r.promises >= MACHINES);
	return r;
}

/* Each waits up to 0.3 s before its first DISCOVER; then it takes two round
 * trips and a commit. */
static void ten_thousand_discovers_within_a_second_are_all_bound(void **state)
{
	struct fleet_report r = storm(true, 0, 0);

	(void)state;
	assert_true(r.last_bound < MILLISECONDS(1310));
	/* A batch each millisecond, however many leases are in it. */
	assert_true(r.batches <= 1310);
	assert_int_equal(r.promises, MACHINES);
}

static void half_of_them_by_bootp(void **state)
{
	struct fleet_report r = storm(false, 0, 0);

	(void)state;
	assert_true(r.last_bound < MILLISECONDS(1310));
}

static void loss_costs_some_of_them_seconds_and_nobody_the_address(void **state)
{
	(void)state;
	storm(false, 0.05, 0);
}

/* kill -9 in the middle, ten times. */
static void the_server_dies_in_the_middle_and_no_lease_is_lost(void **state)
{
	(void)state;
	storm(false, 0.01, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ten_thousand_discovers_within_a_second_are_all_bound),
		cmocka_unit_test(half_of_them_by_bootp),
		cmocka_unit_test(
			loss_costs_some_of_them_seconds_and_nobody_the_address),
		cmocka_unit_test(
			the_server_dies_in_the_middle_and_no_lease_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
