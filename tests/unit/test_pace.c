/*
 * Pace: packets leave by elapsed time, and the rate follows those who receive.
 */
#include "engine/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LEN = 1434 }; /* 1500 bytes on the wire */

static struct pace at_rate(uint64_t rate)
{
	struct pace p;

	pace_open(&p, rate, 1, rate);
	pace_begin(&p, 0);
	return p;
}

static void bounds_are_put_in_order(void **state)
{
	struct pace p;

	(void)state;
	pace_open(&p, 50, 1000, 10);
	assert_int_equal(p.most, 10);
	assert_int_equal(p.least, 10);
	assert_int_equal(p.rate, 10);
	pace_open(&p, 5, 10, 1000);
	assert_int_equal(p.rate, 10);
	pace_open(&p, 5, 10, 0); /* never zero: it is divided by */
	assert_int_equal(p.rate, 1);
}

/* Half a millisecond's worth, 1 to `most`. */
static void a_burst_is_half_a_millisecond(void **state)
{
	struct pace p = at_rate(125000000);

	(void)state;
	assert_int_equal(pace_burst(&p, LEN, 64), 41);
	assert_int_equal(pace_burst(&p, LEN, 32), 32);
	p = at_rate(1500000);
	assert_int_equal(pace_burst(&p, LEN, 64), 1);
	p = at_rate(UINT64_MAX);
	assert_int_equal(pace_burst(&p, LEN, 64), 64);
}

/* Send as a train does, and count. */
static uint64_t sent_by(struct pace *p, usec from, usec until, usec late)
{
	uint32_t n = pace_burst(p, LEN, 64);
	uint64_t sum = 0;

	for (usec now = from; now < until;) {
		pace_pay(p, now, n, LEN);
		sum += n;
		now = usec_max(now, pace_next(p, n, LEN)) + late;
	}
	return sum;
}

static void a_second_has_its_packets(void **state)
{
	struct pace p = at_rate(125000000);

	(void)state;
	assert_in_range(sent_by(&p, 0, SECONDS(1), 0), 83333 - 64, 83333 + 64);
	p = at_rate(1500000);
	assert_in_range(sent_by(&p, 0, SECONDS(1), 0), 1000, 1001);
}

/* A sleeper that wakes up 100 us late each time still keeps the rate. */
static void late_by_less_than_a_burst_is_made_up_for(void **state)
{
	struct pace p = at_rate(125000000);

	(void)state;
	assert_in_range(sent_by(&p, 0, SECONDS(1), 100), 83333 - 64,
			83333 + 64);
}

/* And one that slept for a second does not send a second's worth at once. */
static void late_by_more_is_not(void **state)
{
	struct pace p = at_rate(125000000);
	uint64_t n;

	(void)state;
	(void)sent_by(&p, 0, MILLISECONDS(10), 0);
	n = sent_by(&p, SECONDS(1), SECONDS(1) + MILLISECONDS(10), 0);
	assert_in_range(n, 833, 833 + 2 * 64);
}

/* On a busy computer whoever sleeps wakes up milliseconds late. */
static void a_batch_makes_up_for_waking_up_late(void **state)
{
	struct pace p = at_rate(12500000);
	uint32_t n = pace_burst(&p, LEN, 64);
	uint64_t sum = 0;

	(void)state;
	p.late = 64; /* 7.7 ms */
	for (usec now = 0; now < SECONDS(1);) {
		usec next;

		pace_pay(&p, now, n, LEN);
		sum += n;
		next = pace_next(&p, n, LEN);
		if (next > now)
			now = next + MILLISECONDS(5);
	}
	assert_in_range(sum, 8333 - 64, 8333 + 64);
}

static void a_new_run_owes_nothing(void **state)
{
	struct pace p = at_rate(1500000);

	(void)state;
	pace_pay(&p, 0, 1000, LEN); /* a second ahead */
	assert_int_equal(pace_next(&p, 1, LEN), SECONDS(1));
	pace_begin(&p, MILLISECONDS(5));
	assert_int_equal(pace_next(&p, 1, LEN), MILLISECONDS(5));
}

static void the_account_outlives_a_year(void **state)
{
	struct pace p = at_rate(125000000);
	usec year = SECONDS((usec)366 * 86400);

	(void)state;
	pace_begin(&p, year);
	assert_in_range(sent_by(&p, year, year + SECONDS(1), 0), 83333 - 64,
			83333 + 64);
}

/* ---- judging ------------------------------------------------------------ */

static void loss_that_comes_with_the_pace_slows(void **state)
{
	struct pace p = at_rate(1600);

	(void)state;
	assert_false(pace_judge(&p, 0, 0));
	assert_true(pace_judge(&p, 300, 0));
	assert_int_equal(p.rate, 1200);
	assert_true(pace_judge(&p, 300, 0));
	assert_int_equal(p.rate, 900);
	assert_false(pace_judge(&p, 0, 0));
	assert_int_equal(p.rate, 1125);
}

/* 200 in a thousand at any pace: the first is taken for the pace's, then it is
 * known for what it is. */
static void loss_at_any_pace_does_not(void **state)
{
	struct pace p = at_rate(1600);

	(void)state;
	p.weather = 200;
	for (int i = 0; i < 100; i++)
		assert_false(pace_judge(&p, (uint32_t)(180 + i % 3 * 20), 0));
	assert_int_equal(p.rate, 1600);
}

/* What is always lost becomes weather, by 5 in a thousand each time. */
static void lasting_loss_becomes_weather(void **state)
{
	struct pace p = at_rate(1600);
	int slower = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		slower += pace_judge(&p, 200, 0);
	assert_in_range(slower, 1, 21);
	assert_int_equal(p.weather, 200);
	assert_false(pace_judge(&p, 210, 0));
}

/* What waits in a socket is not lost yet. */
static void who_falls_behind_slows_it_before_it_loses(void **state)
{
	struct pace p = at_rate(1600);

	(void)state;
	assert_false(pace_judge(&p, 0, 2048));
	assert_int_equal(p.rate, 1600);
	assert_true(pace_judge(&p, 0, 2049));
	assert_int_equal(p.rate, 800);
	assert_false(pace_judge(&p, 0, 1024)); /* nor faster yet */
	assert_int_equal(p.rate, 800);
	assert_false(pace_judge(&p, 0, 1023));
	assert_int_equal(p.rate, 1000);
	assert_int_equal(pace_behind(&p, 10, LEN), SECONDS(15));
	/* Where it was too fast it does not run into again. */
	assert_false(pace_judge(&p, 0, 0));
	assert_int_equal(p.rate, 1000 + 1000 / 16 + 1);
	p.most = 1000000;
	for (int i = 0; i < 100; i++) /* it was a mood */
		assert_false(pace_judge(&p, 0, 0));
	assert_in_range(p.rate, 100000, 1000000);
}

static void it_doubles_until_something_speaks_against_it(void **state)
{
	struct pace p;

	(void)state;
	pace_open(&p, 100, 1, 100000);
	p.is_starting = true;
	assert_false(pace_judge(&p, 0, 0));
	assert_false(pace_judge(&p, 0, 0));
	assert_int_equal(p.rate, 400);
	assert_false(pace_judge(&p, 0, 1024)); /* neither faster nor slower */
	assert_false(pace_judge(&p, 0, 0));
	assert_int_equal(p.rate, 500);
}

/* Sixteen that leave together are one packet to the kernel, and wake a receiver
 * up once; but a train that has just begun does not wait for so many. */
static void who_cannot_follow_gets_more_at_a_time(void **state)
{
	struct pace p = at_rate(1500000);

	(void)state;
	p.together = 16;
	assert_int_equal(pace_burst(&p, LEN, 64), 16);
	assert_int_equal(pace_burst(&p, LEN, 8), 8);
	assert_in_range(sent_by(&p, 0, SECONDS(1), 0), 1000 - 16, 1000 + 16);
	p = at_rate(1500000);
	p.together = 16;
	assert_in_range(sent_by(&p, 0, SECONDS(1), 400), 1000 - 16, 1000 + 16);
	p.is_starting = true;
	assert_int_equal(pace_burst(&p, LEN, 64), 1);
	p = at_rate(125000000);
	p.together = 16;
	assert_int_equal(pace_burst(&p, LEN, 64), 41);
}

/* A sender that leaves only so many a second has no use for a higher rate, and
 * does not know what it would do. */
static void is_not_kept(uint32_t late)
{
	struct pace p;

	pace_open(&p, 150000000, 1, 150000000); /* 100,000 a second */
	p.late = late;
	pace_begin(&p, 0);
	for (usec now = 0; now < SECONDS(1); now += MILLISECONDS(10))
		pace_pay(&p, now, 10, LEN); /* 1,000 */
	assert_false(pace_judge(&p, 0, 0));
	assert_in_range(p.rate, 2 * 1400000, 5 * 1600000 / 2);
	assert_false(pace_judge(&p, 0, 0)); /* one that was kept, or idle */
	assert_in_range(p.rate, 4300000, 5000000);
}

static void a_pace_that_is_not_kept_comes_down(void **state)
{
	(void)state;
	is_not_kept(0);
	is_not_kept(64); /* makes up for the like of a batch, and no more */
}

/* A computer that did something else for a moment is no slow link. */
static void a_pause_does_not_slow_it(void **state)
{
	struct pace p = at_rate(150000000);
	usec now = 0;

	(void)state;
	p.late = 64;
	for (int i = 0; i < 20; i++) {
		usec end = now + MILLISECONDS(10);

		for (; now < end; now += MILLISECONDS(1))
			pace_pay(&p, now, 100, LEN);
		now += i % 10 ? 0 : MILLISECONDS(30);
		assert_false(pace_judge(&p, 0, 0));
		assert_int_equal(p.rate, 150000000);
	}
}

/* Who lags is not driven on, even if it is far from losing anything. */
static void it_waits_for_who_is_behind_for_long(void **state)
{
	struct pace p;

	(void)state;
	pace_open(&p, 1500000, 1, 150000000); /* ten milliseconds: 10 packets */
	p.calm = 256;
	assert_false(pace_judge(&p, 0, 256));
	assert_int_equal(p.rate, 1500000);
	assert_false(pace_judge(&p, 0, 255));
	assert_int_equal(p.rate, 1875000);
	pace_open(&p, 75000000, 1, 150000000); /* 500 packets */
	p.calm = 256;
	assert_false(pace_judge(&p, 0, 500));
	assert_int_equal(p.rate, 93750000);
	/* Before it is so much that others must be losing packets. */
	pace_open(&p, 1600000, 1, 150000000);
	p.calm = 256;
	assert_false(pace_judge(&p, 0, 512));
	assert_int_equal(p.rate, 1600000);
	assert_true(pace_judge(&p, 0, 513));
	assert_int_equal(p.rate, 1400000);
}

static void it_stays_within_its_bounds(void **state)
{
	struct pace p;

	(void)state;
	pace_open(&p, 100, 50, 200);
	for (int i = 0; i < 10; i++)
		(void)pace_judge(&p, 0, 0);
	assert_int_equal(p.rate, 200);
	for (int i = 0; i < 10; i++) {
		(void)pace_judge(&p, 1000, 0);
		assert_true(p.rate >= 50);
	}
	assert_int_equal(p.rate, 50);
	p.weather = 0;
	assert_false(pace_judge(&p, 1000, 0)); /* no slower than that */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_put_in_order),
		cmocka_unit_test(a_burst_is_half_a_millisecond),
		cmocka_unit_test(a_second_has_its_packets),
		cmocka_unit_test(late_by_less_than_a_burst_is_made_up_for),
		cmocka_unit_test(late_by_more_is_not),
		cmocka_unit_test(a_batch_makes_up_for_waking_up_late),
		cmocka_unit_test(a_new_run_owes_nothing),
		cmocka_unit_test(the_account_outlives_a_year),
		cmocka_unit_test(loss_that_comes_with_the_pace_slows),
		cmocka_unit_test(loss_at_any_pace_does_not),
		cmocka_unit_test(lasting_loss_becomes_weather),
		cmocka_unit_test(who_falls_behind_slows_it_before_it_loses),
		cmocka_unit_test(it_doubles_until_something_speaks_against_it),
		cmocka_unit_test(who_cannot_follow_gets_more_at_a_time),
		cmocka_unit_test(a_pace_that_is_not_kept_comes_down),
		cmocka_unit_test(a_pause_does_not_slow_it),
		cmocka_unit_test(it_waits_for_who_is_behind_for_long),
		cmocka_unit_test(it_stays_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
