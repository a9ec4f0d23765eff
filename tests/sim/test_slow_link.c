/*
 * A link of 100 Mbit/s, far below the ceiling that the settings allow: nobody
 * tells the server so, and what it sends too fast waits in its card for longer
 * than an answer takes.  That is neither loss nor a reason to send it again.
 */
#include "fleets.h"

enum { MIB = 1 << 20 };

static struct fleet_report ten_at_100_mbit(enum transport via, uint64_t seed)
{
	struct fleet_config c = a_fleet(10, 16 * MIB, seed);
	struct fleet_report r;

	c.weather.rate = 12500000;
	c.via = via;
	c.n_images = 1;
	c.images[0].size = 16 * MIB;
	r = boots(&c);
	print_message("seed %" PRIu64 ": %.5f, %.2f s\n", seed, r.wire_ratio,
		      (double)r.last_well / 1e6);
	return r;
}

static void sends_once(enum transport via)
{
	for (uint64_t seed = 1; seed <= 3; seed++)
		assert_true(ten_at_100_mbit(via, seed).wire_ratio <= 1.0005);
}

static void slam_sends_once_what_waits_in_the_card(void **state)
{
	(void)state;
	sends_once(VIA_SLAM);
}

static void multicast_tftp_sends_once_what_waits_in_the_card(void **state)
{
	(void)state;
	sends_once(VIA_TFTM);
}

/* 32,769 blocks, half a millisecond each. */
static void mtftp_takes_as_long_as_its_gaps(void **state)
{
	struct fleet_report r = ten_at_100_mbit(VIA_MTFTP, 1);

	(void)state;
	assert_true(r.wire_ratio <= 1.0005);
	assert_in_range(r.last_well, SECONDS(16), MILLISECONDS(17500));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slam_sends_once_what_waits_in_the_card),
		cmocka_unit_test(
			multicast_tftp_sends_once_what_waits_in_the_card),
		cmocka_unit_test(mtftp_takes_as_long_as_its_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
