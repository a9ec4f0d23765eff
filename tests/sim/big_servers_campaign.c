/*
 * The servers' campaign.  A million seeds by hand:
 *
 *	SEEDS=1000000 FROM=1001 build/release/sim/big_servers_campaign
 *
 * A thousand take half a minute of processor.  time limit: 600 s
 */
#include "servers_campaign.h"

static void whatever_befalls_them_all_is_well(void **state)
{
	(void)state;
	campaign(1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_befalls_them_all_is_well),
	};

	save_time();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
