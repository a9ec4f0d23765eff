/*
 * The large fleets: 200 machines with files of a real size, and ten thousand.
 * Without payload and sanitizers, one seed.
 */
#include "fleets.h"

/* About what Debian's network installer has: kernel and initrd. */
enum { INSTALLER = 49000000, SMALL = 2000000 };

static struct fleet_report near_the_theory(struct fleet_config c, double loss)
{
	double theory = plain_repair(c.machines, loss);
	struct fleet_report r;

	c.weather.loss = loss;
	r = boots(&c);
	print_message("%u machines, %g %%: %.3f, theory %.3f\n", c.machines,
		      loss * 100, r.wire_ratio, theory);
	assert_true(r.wire_ratio <= theory * 1.05);
	assert_true(r.wire_ratio >= theory * 0.95);
	return r;
}

static void two_hundred_machines_load_the_installer(void **state)
{
	struct fleet_report r;

	(void)state;
	r = near_the_theory(a_fleet(200, INSTALLER, 1), 0);
	assert_int_equal(r.packets_sent, r.packets_needed);
	r = near_the_theory(a_fleet(200, INSTALLER, 1), 0.01);
	assert_true(r.wire_ratio <= 1.99);
	near_the_theory(a_fleet(200, INSTALLER, 1), 0.05);
}

/* Of ten thousand some always come late, if their first requests get lost.
 * Here the loss begins with the train. */
static struct fleet_config ten_thousand(uint64_t bytes)
{
	struct fleet_config c = a_fleet(10000, bytes, 1);

	c.n_images = 1;
	c.images[0].size = bytes;
	c.is_clear_at_first = true;
	return c;
}

static void ten_thousand_machines_load_a_file(void **state)
{
	struct fleet_report r = near_the_theory(ten_thousand(SMALL / 4), 0);

	(void)state;
	assert_int_equal(r.packets_sent, r.packets_needed);
	near_the_theory(ten_thousand(SMALL), 0.01);
	near_the_theory(ten_thousand(SMALL / 4), 0.05);
}

static void ten_thousand_machines_in_bad_weather_from_power_on(void **state)
{
	struct fleet_config c = ten_thousand(SMALL / 4);
	struct fleet_report r;

	(void)state;
	c.is_clear_at_first = false;
	c.weather.loss = 0.05;
	r = boots(&c);
	print_message("10000 machines, 5 %% from power-on: %.3f, of which the "
		      "last one missed %.3f\n",
		      r.wire_ratio, missed_by_the_last(&r));
	assert_true(r.wire_ratio <=
		    missed_by_the_last(&r) + plain_repair(10000, 0.05) * 1.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_hundred_machines_load_the_installer),
		cmocka_unit_test(ten_thousand_machines_load_a_file),
		cmocka_unit_test(
			ten_thousand_machines_in_bad_weather_from_power_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
