/*
 * Two hundred machines after a power failure, with the timers of 1995 and with
 * jitter: what they all get, and what a server that is slower than they are
 * makes of it.
 */
#include "outages.h"

#include <errno.h>

enum { MACHINES = 200, SEVEN = 7 /* packets, if nothing is lost */ };

/* It reads 1,000 a second, and 20 can wait. */
static struct outage_config a_slow_server(uint64_t seed)
{
	struct outage_config c = outage_default(MACHINES, seed);

	c.reader.each = MILLISECONDS(1);
	c.reader.queue = 20;
	return c;
}

/* Three questions, three answers, and a gratuitous ARP. */
static void everyone_is_configured_by_seven_packets(void **state)
{
	struct outage_config c = outage_default(MACHINES, 1);
	struct outage_report r = passes(&c);

	(void)state;
	assert_int_equal(r.packets, SEVEN * MACHINES);
	assert_int_equal(lost(&r), 0);
	c.jitter = MILLISECONDS(500);
	r = passes(&c);
	assert_int_equal(r.packets, SEVEN * MACHINES);
	/* Three times up to half a second. */
	assert_true(r.lasted > MILLISECONDS(500) && r.lasted < SECONDS(2));
}

/* The first of them is through at once, and the one after it a millisecond
 * later: the server is what they wait for. */
static void a_server_reads_one_after_the_other(void **state)
{
	struct outage_config c = a_slow_server(1);
	struct outage_report r;

	(void)state;
	c.reader.queue = 3 * MACHINES;
	r = passes(&c);
	assert_int_equal(lost(&r), 0);
	assert_true(r.lasted >= MILLISECONDS(3 * MACHINES));
	assert_true(r.lasted < MILLISECONDS(3 * MACHINES + 10));
}

/* Who was not heard asks again when all the others do. */
static void a_storm_costs_what_jitter_saves(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct outage_config c = a_slow_server(seed);
		struct outage_report r = passes(&c), jittered;

		c.jitter = MILLISECONDS(500);
		jittered = passes(&c);
		assert_true(lost(&r) > MACHINES);
		assert_true(lost(&jittered) < lost(&r) / 10);
		assert_true(jittered.packets < r.packets);
		assert_true(jittered.lasted < r.lasted / 10);
		/* All that is said again was not heard before. */
		assert_int_equal(r.packets, SEVEN * MACHINES + lost(&r));
	}
}

static void bad_weather_costs_time_and_nobody_anything_else(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct outage_config c = a_slow_server(seed);

		c.weather.loss = 0.05;
		passes(&c);
		c.jitter = MILLISECONDS(500);
		passes(&c);
	}
}

static void the_same_seed_is_the_same_outage(void **state)
{
	struct outage_config c = a_slow_server(1);
	struct outage_report first, second, other;

	(void)state;
	c.jitter = MILLISECONDS(500);
	first = passes(&c);
	second = passes(&c);
	c.seed = 2;
	other = passes(&c);
	assert_int_equal(first.trace, second.trace);
	assert_int_equal(first.packets, second.packets);
	assert_int_equal(first.lasted, second.lasted);
	assert_true(first.trace != other.trace);
}

static void no_machines_are_no_outage(void **state)
{
	struct outage_config c = outage_default(0, 1);
	struct outage_report r;

	(void)state;
	assert_int_equal(outage_run(&c, &r), -EINVAL);
	c.machines = OUTAGE_MOST + 1;
	assert_int_equal(outage_run(&c, &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everyone_is_configured_by_seven_packets),
		cmocka_unit_test(a_server_reads_one_after_the_other),
		cmocka_unit_test(a_storm_costs_what_jitter_saves),
		cmocka_unit_test(
			bad_weather_costs_time_and_nobody_anything_else),
		cmocka_unit_test(the_same_seed_is_the_same_outage),
		cmocka_unit_test(no_machines_are_no_outage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
