/*
 * Fleets that boot through all weathers, byte by byte.  fleet.h says what each
 * of them is held to after every event.
 */
#include "fleets.h"

static const struct lan_weather weathers[] = {
	{.delay = 100},
	{.loss = 0.01, .delay = 100, .rate = 125000000},
	{.loss = 0.05, .delay = 100, .rate = 12500000},
	{.loss = 0.02, .burst = 10, .delay = 100, .rate = 125000000},
	{.duplicate = 0.05, .delay = 50, .rate = 125000000},
	{.reorder = 0.05, .reorder_by = 3000, .delay = 50},
	{.loss = 0.03,
	 .burst = 4,
	 .duplicate = 0.02,
	 .reorder = 0.02,
	 .reorder_by = 20000,
	 .delay = 2000,
	 .rate = 1250000},
};

enum { WEATHERS = sizeof(weathers) / sizeof(weathers[0]) };

static struct fleet_config real_bytes(uint32_t machines, uint64_t bytes,
				      uint64_t seed)
{
	struct fleet_config c = a_fleet(machines, bytes, seed);

	c.has_payload = true;
	return c;
}

static void in_all_weathers(enum transport via)
{
	for (unsigned i = 0; i < WEATHERS; i++) {
		struct fleet_config c = real_bytes(20, 300001, 100 + i);

		c.weather = weathers[i];
		c.via = via;
		boots(&c);
	}
}

static void twenty_machines_boot_by_slam_in_all_weathers(void **state)
{
	(void)state;
	in_all_weathers(VIA_SLAM);
}

static void twenty_machines_boot_by_tftp_in_all_weathers(void **state)
{
	(void)state;
	in_all_weathers(VIA_TFTP);
}

static void twenty_machines_boot_by_mtftp_in_all_weathers(void **state)
{
	(void)state;
	in_all_weathers(VIA_MTFTP);
}

static void two_hundred_machines_boot_with_real_bytes(void **state)
{
	struct fleet_config c = real_bytes(200, 1000003, 5);

	(void)state;
	boots(&c);
	c.weather.loss = 0.01;
	boots(&c);
}

static void a_single_file_needs_no_script(void **state)
{
	struct fleet_config c = real_bytes(20, 0, 6);
	struct fleet_report r;

	(void)state;
	c.images[0].size = 123457;
	c.n_images = 1;
	c.weather.loss = 0.02;
	r = boots(&c);
	assert_int_equal(r.image_bytes, 123457);
	c.via = VIA_TFTP;
	boots(&c);
}

static void files_of_all_lengths_arrive_whole(void **state)
{
	static const uint64_t sizes[] = {1,    2,    511,  512,  513,
					 1427, 1428, 1429, 1450, 2856,
					 2900, 4351, 65536};

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct fleet_config c = real_bytes(4, 40000, i);

		c.images[1].size = sizes[i];
		boots(&c);
		c.via = VIA_TFTP;
		boots(&c);
	}
}

static void five_files_one_after_the_other(void **state)
{
	struct fleet_config c = real_bytes(20, 200000, 8);

	(void)state;
	c.images[2] = (struct fleet_image){"modules", 100000};
	c.images[3] = (struct fleet_image){"firmware", 100000};
	c.images[4] = (struct fleet_image){"answers", 1000};
	c.n_images = 5;
	c.weather.loss = 0.01;
	boots(&c);
}

static void the_same_seed_gives_the_same_trace(void **state)
{
	struct fleet_config c = a_fleet(50, 200000, 9);
	struct fleet_report first, again, other;

	(void)state;
	c.weather = weathers[WEATHERS - 1];
	c.arrive = SECONDS(1);
	first = boots(&c);
	again = boots(&c);
	c.seed++;
	other = boots(&c);
	assert_true(first.trace == again.trace);
	assert_int_equal(first.packets_sent, again.packets_sent);
	assert_int_equal(first.lasted, again.lasted);
	assert_true(first.trace != other.trace);
}

static void it_makes_no_difference_whether_there_is_a_payload(void **state)
{
	struct fleet_config c = a_fleet(20, 200000, 10);
	struct fleet_report without, with;

	(void)state;
	for (int tftp = 0; tftp < 2; tftp++) {
		c.weather = weathers[WEATHERS - 1];
		c.via = tftp ? VIA_TFTP : VIA_SLAM;
		c.has_payload = false;
		without = boots(&c);
		c.has_payload = true;
		with = boots(&c);
		assert_true(without.trace == with.trace);
	}
}

static void a_train_that_crashed_goes_on_when_the_server_is_back(void **state)
{
	struct fleet_config c = real_bytes(20, 1000000, 11);
	struct settings set;
	struct fleet_report r;

	(void)state;
	settings_default(&set);
	set.slam.rate = 1000000;
	c.settings = &set;
	c.weather.loss = 0.01;
	c.trouble = (struct fleet_trouble){
		.within = SECONDS(2), .crashes = 3, .down = MILLISECONDS(700)};
	r = boots(&c);
	/* One server by itself would have sent less, but its crashes do not
	 * make anybody begin anew. */
	assert_true(cost_of(&r) < plain_repair(20, 0.01) + 3);
}

static void machines_that_are_rebooted_boot_again(void **state)
{
	struct fleet_config c = real_bytes(20, 300000, 12);

	(void)state;
	c.trouble = (struct fleet_trouble){.within = SECONDS(2), .reboots = 30};
	boots(&c);
	c.via = VIA_TFTP;
	boots(&c);
}

static void who_cannot_boot_in_time_has_failed(void **state)
{
	struct fleet_config c = a_fleet(20, 100000, 13);
	struct fleet_report r;

	(void)state;
	c.weather.loss = 1;
	c.patience = SECONDS(10);
	assert_int_equal(fleet_boot(&c, &r), 0);
	assert_int_equal(r.booted, 0);
	assert_int_equal(r.failed, 20);
	assert_null(r.broken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twenty_machines_boot_by_slam_in_all_weathers),
		cmocka_unit_test(twenty_machines_boot_by_tftp_in_all_weathers),
		cmocka_unit_test(twenty_machines_boot_by_mtftp_in_all_weathers),
		cmocka_unit_test(two_hundred_machines_boot_with_real_bytes),
		cmocka_unit_test(a_single_file_needs_no_script),
		cmocka_unit_test(files_of_all_lengths_arrive_whole),
		cmocka_unit_test(five_files_one_after_the_other),
		cmocka_unit_test(the_same_seed_gives_the_same_trace),
		cmocka_unit_test(
			it_makes_no_difference_whether_there_is_a_payload),
		cmocka_unit_test(
			a_train_that_crashed_goes_on_when_the_server_is_back),
		cmocka_unit_test(machines_that_are_rebooted_boot_again),
		cmocka_unit_test(who_cannot_boot_in_time_has_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
