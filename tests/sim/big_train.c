/*
 * What a train costs: data packets sent for each packet of the file, 64 MiB,
 * everybody there at the start.  No protocol can do with fewer than 1.011 for
 * 200 machines at 1 % loss, 1.056 at 5 %; plain resending takes 1.89 and 2.42.
 *
 * Without sanitizers; time limit: 1200 s.
 */
#include "fleets.h"

enum { FILE_SIZE = 64 << 20 };

static struct fleet_config riders(uint32_t machines, uint64_t seed)
{
	struct fleet_config c = a_fleet(machines, FILE_SIZE, seed);

	c.via = VIA_TRAIN;
	c.n_images = 1;
	c.images[0].size = FILE_SIZE;
	c.is_clear_at_first = true;
	return c;
}

static void costs_at_most(struct fleet_config c, double loss, double most)
{
	struct fleet_report r;

	c.weather.loss = loss;
	r = boots(&c);
	print_message("%u machines, %g %%: %.4f of at most %.3f, %" PRIu64
		      " reports, plain resending %.3f, %.2f s\n",
		      c.machines, loss * 100, r.wire_ratio, most,
		      r.train_reports, plain_repair(c.machines, loss),
		      (double)r.lasted / 1e6);
	assert_true(r.wire_ratio >= 1);
	assert_true(r.wire_ratio <= most);
	assert_true(r.train_reports <= 500);
}

static void two_hundred_machines(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		costs_at_most(riders(200, seed), 0, 1.002);
		costs_at_most(riders(200, seed), 0.01, 1.025);
		costs_at_most(riders(200, seed), 0.05, 1.080);
	}
}

static void bursts_of_twenty(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_config c = riders(200, seed);

		c.weather.burst = 20;
		costs_at_most(c, 0.01, 1.050);
	}
}

/* Somebody goes along a row of racks and switches them on.  The train leaves
 * 0.2 s after the last, and begins slowly. */
static void two_hundred_within_two_seconds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_config c = riders(200, seed);
		struct fleet_report r;

		c.arrive = SECONDS(2);
		c.weather.loss = 0.01;
		r = boots(&c);
		print_message("within 2 s: %.4f, mean %.2f s, all %.2f s\n",
			      r.wire_ratio, (double)r.mean / 1e6,
			      (double)r.lasted / 1e6);
		assert_true(r.wire_ratio <= 1.03);
		assert_true(r.mean <= MILLISECONDS(3300));
	}
}

/* An eighth of the file: all of it is half a billion arrivals.  WHOLE=1 in the
 * environment takes all of it, and half an hour. */
static void ten_thousand_machines(void **state)
{
	struct fleet_config c = riders(10000, 1);

	(void)state;
	if (!getenv("WHOLE"))
		c.images[0].size /= 8;
	costs_at_most(c, 0.01, 1.030);
	costs_at_most(c, 0.05, 1.090);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_hundred_machines),
		cmocka_unit_test(bursts_of_twenty),
		cmocka_unit_test(two_hundred_within_two_seconds),
		cmocka_unit_test(ten_thousand_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
