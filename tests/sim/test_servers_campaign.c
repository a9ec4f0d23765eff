/*
 * The servers' campaign, a few seeds of it; big_servers_campaign has more.  The
 * sanitizers look on.  time limit: 300 s
 */
#include "servers_campaign.h"

static void whatever_befalls_them_all_is_well(void **state)
{
	(void)state;
	campaign(60);
}

static void the_same_seed_has_the_same_trace(void **state)
{
	struct seen seen = {.grants = 0};
	char broken[BINDING_WORDS];

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
		assert_int_equal(run(seed, false, &seen, broken),
				 run(seed, false, &seen, broken));
	assert_int_not_equal(run(1, false, &seen, broken),
			     run(2, false, &seen, broken));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_befalls_them_all_is_well),
		cmocka_unit_test(the_same_seed_has_the_same_trace),
	};

	save_time();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
