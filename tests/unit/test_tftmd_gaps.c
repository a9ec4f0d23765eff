/*
 * Riders that say x-gaps: the whole file at a paced rate, then what they lack,
 * and lock step for all others behind them.
 */
#include "tftmd_world.h"

#define ASK  "kernel multicast= blksize=1024 tsize=0 x-gaps=0"
#define TO_G " to " G "\n"

enum { FIVE = 4 * 1024 + 100 };

static void sends_the_whole_file_after_boarding(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.tftm.hold = 200;
	w.settings.tftm.rate = 2188000; /* half a millisecond a block */
	world_start(&w);
	w.st->peer = machine(7);
	is_told(&w, 99); /* so nobody is alone */
	asks(&w, 7, ASK);
	lacks(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(210));
	stage_expect(w.st,
		     "    0 ms  OACK tsize=4196 blksize=1024 x-gaps "
		     "multicast=" G ",0\n"
		     "  200 ms  DATA 1 +1024" TO_G "  201 ms  DATA 2 +1024" TO_G
		     "  202 ms  DATA 3 +1024" TO_G "  203 ms  DATA 4 +1024" TO_G
		     "  204 ms  DATA 5 +100" TO_G);
	acks(&w, 7, 5);
	stage_wait(w.st, SECONDS(9));
	stage_expect(w.st, ""); /* nobody was called */
	assert_int_equal(tftmd_stats(w.m)->calls, 0);
	assert_int_equal(tftmd_stats(w.m)->left, 1);
	world_close(&w);
}

/* It asked for so little that it may be sent again; most often nobody else
 * comes. */
static void who_is_alone_with_little_hardly_waits(void **state)
{
	struct world w;

	(void)state;
	for (uint32_t blocks = 64; blocks <= 65; blocks++) {
		bool is_little = blocks == 64;

		world_open(&w);
		world_put(&w, "kernel", blocks * 1024 - 1);
		w.settings.tftm.hold = 200;
		world_start(&w);
		asks(&w, 7, ASK);
		lacks(&w, 7, 0, (uint16_t)blocks);
		stage_wait(w.st, MILLISECONDS(24));
		assert_int_equal(heard(&w, "DATA"), 0);
		stage_wait(w.st, MILLISECONDS(2));
		assert_int_equal(!!heard(&w, "DATA"), is_little);
		stage_wait(w.st, MILLISECONDS(175));
		assert_true(tftmd_stats(w.m)->originals);
		world_close(&w);
	}
}

static void and_waits_as_ever_when_another_comes(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.tftm.hold = 200;
	world_start(&w);
	asks(&w, 7, ASK);
	stage_wait(w.st, MILLISECONDS(20));
	asks(&w, 8, ASK);
	stage_wait(w.st, MILLISECONDS(399));
	assert_int_equal(heard(&w, "DATA"), 0);
	world_close(&w);
}

/* Many riders on a train that does not wait. */
static void ride(struct world *w, uint64_t blocks, uint32_t riders)
{
	world_serve(w, blocks * 1024 - 1);
	for (uint32_t n = 7; n < 7 + riders; n++)
		asks(w, n, ASK);
	for (uint32_t n = 7; n < 7 + riders; n++)
		lacks(w, n, 0, (uint16_t)blocks);
	stage_forget(w->st);
}

/* Until this was heard so often, or a little more. */
static void pass(struct world *w, const char *what, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		assert_true(stage_step(w->st));
		i += heard(w, what);
	}
}

static void each_block_once_however_many_want_it(void **state)
{
	struct world w;

	(void)state;
	ride(&w, 1000, 40);
	pass(&w, "DATA", 1000);
	for (uint32_t n = 7; n < 47; n++)
		acks(&w, n, 1000);
	stage_wait(w.st, SECONDS(9));
	assert_int_equal(tftmd_stats(w.m)->originals, 1000);
	assert_int_equal(tftmd_stats(w.m)->repairs, 0);
	assert_int_equal(tftmd_stats(w.m)->left, 40);
	world_close(&w);
}

static void calls_sixteen_and_sends_what_any_of_them_lacks(void **state)
{
	struct world w;

	(void)state;
	ride(&w, 100, 20);
	pass(&w, "DATA", 100);
	pass(&w, ",1 to", 16);
	lacks2(&w, 7, (struct tftp_gap){3, 2}, (struct tftp_gap){90, 1});
	lacks2(&w, 8, (struct tftp_gap){4, 2}, (struct tftp_gap){90, 1});
	for (uint32_t n = 9; n < 23; n++)
		acks(&w, n, 100);
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(5));
	assert_int_equal(heard(&w, "DATA"), 4); /* 4, 5, 6, 91 */
	assert_int_equal(tftmd_stats(w.m)->repairs, 4);
	/* Then the others: those who were called and lack more, too. */
	pass(&w, ",1 to", 6);
	world_close(&w);
}

static void what_has_just_left_is_not_sent_again(void **state)
{
	struct world w;
	unsigned n = 0;

	(void)state;
	ride(&w, 2000, 2);
	while (n < 1000)
		if (stage_step(w.st))
			n += heard(&w, "DATA");
	lacks(&w, 7, 0, 2000); /* from before any of it arrived */
	while (tftmd_stats(w.m)->originals < 2000)
		assert_true(stage_step(w.st));
	stage_wait(w.st, MILLISECONDS(200));
	/* What left in the last 15 ms was on its way. */
	assert_in_range(tftmd_stats(w.m)->repairs, 1, n - 50);
	world_close(&w);
}

static void the_silent_are_given_up_and_hold_up_nobody(void **state)
{
	struct world w;

	(void)state;
	ride(&w, 100, 3);
	pass(&w, "DATA", 100);
	acks(&w, 8, 100);
	acks(&w, 9, 100);
	stage_wait(w.st, SECONDS(9));
	assert_int_equal(heard(&w, ",1 to 10.0.0.7:2000"), 6);
	assert_int_equal(tftmd_stats(w.m)->lost, 1);
	assert_int_equal(tftmd_stats(w.m)->repairs, 0);
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

static void who_never_proved_itself_gets_three_packets(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	asks(&w, 7, ASK);
	stage_wait(w.st, SECONDS(9));
	assert_int_equal(heard(&w, "OACK"), 3);
	assert_int_equal(tftmd_stats(w.m)->originals, 0);
	assert_int_equal(tftmd_stats(w.m)->lost, 1);
	world_close(&w);
}

static void who_asks_for_ever_more_is_given_up(void **state)
{
	struct world w;

	(void)state;
	ride(&w, 10, 1);
	for (int i = 0; i < 20; i++) {
		stage_wait(w.st, MILLISECONDS(60));
		lacks(&w, 7, 0, 10);
	}
	stage_wait(w.st, SECONDS(9));
	assert_int_equal(tftmd_stats(w.m)->lost, 1);
	assert_in_range(tftmd_stats(w.m)->originals + tftmd_stats(w.m)->repairs,
			30, 60);
	world_close(&w);
}

/* Nor does it get more by leaving and coming back: its share is its address's,
 * for as long as the train runs. */
static void nor_does_who_leaves_and_comes_back_get_more(void **state)
{
	struct world w;

	(void)state;
	ride(&w, 10, 2);
	for (uint16_t i = 0; i < 30; i++) {
		asks(&w, 7, ASK);
		lacks(&w, 7, 0, 10);
		lacks(&w, 8, i % 10, 1); /* keeps the train running */
		stage_wait(w.st, MILLISECONDS(60));
		errs(&w, machine(7));
	}
	/* Its own 46, the last ten that it asked for, and 30 for the other. */
	assert_in_range(tftmd_stats(w.m)->originals + tftmd_stats(w.m)->repairs,
			46, 86);
	/* What it lacks still it has to fetch by itself. */
	asks(&w, 7, ASK);
	assert_int_equal(heard(&w, "OACK to 10.0.0.7"), 0);
	assert_int_equal(train_state(&w).riders, 1);
	world_close(&w);
}

static void lock_step_comes_after_those_with_gaps(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.tftm.hold = 100;
	world_start(&w);
	asks(&w, 7, "kernel multicast= blksize=1024 tsize=0");
	asks(&w, 8, ASK);
	lacks(&w, 8, 0, 5);
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(240));
	assert_int_equal(heard(&w, "DATA"), 5);
	acks(&w, 8, 5);
	/* The other one missed the third. */
	stage_step(w.st);
	assert_int_equal(heard(&w, ",1 to 10.0.0.7:2000"), 1);
	acks(&w, 7, 2);
	acks(&w, 7, 5);
	stage_wait(w.st, SECONDS(9));
	assert_int_equal(heard(&w, "DATA"), 1);
	assert_int_equal(tftmd_stats(w.m)->left, 2);
	world_close(&w);
}

/* A ROM in lock step may not hold up the others for ever. */
static void a_rider_with_gaps_waits_five_seconds_for_a_rom(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 1000 * 1024);
	asks(&w, 7, "kernel multicast= blksize=1024 tsize=0");
	acks(&w, 7, 0);
	asks(&w, 8, ASK);
	lacks(&w, 8, 1, 1000);
	stage_forget(w.st);
	for (uint16_t n = 1; n < 51; n++) {
		stage_wait(w.st, MILLISECONDS(100));
		acks(&w, 7, n);
	}
	assert_int_equal(heard(&w, ",1 to 10.0.0.8:2000"), 1);
	lacks(&w, 8, 1, 1000);
	stage_wait(w.st, MILLISECONDS(2));
	assert_true(heard(&w, "DATA") > 1);
	world_close(&w);
}

/* It boards in the middle, and says so: what it missed comes at the end of this
 * very round. */
static void a_late_rider_is_served_behind_the_others(void **state)
{
	struct world w;

	(void)state;
	ride(&w, 2000, 1);
	pass(&w, "DATA", 1000);
	asks(&w, 8, ASK);
	lacks(&w, 8, 0, 2000);
	while (tftmd_stats(w.m)->originals < 2000)
		assert_true(stage_step(w.st));
	acks(&w, 7, 2000);
	stage_wait(w.st, MILLISECONDS(300));
	assert_in_range(tftmd_stats(w.m)->repairs, 750, 1000);
	world_close(&w);
}

/* ---- pace ---------------------------------------------------------------- */

/* A rider that is asked in mid-train has lost so many thousandths of what was
 * sent: the rate after some seconds. */
static uint64_t rate_with(unsigned lost, uint64_t ceiling)
{
	struct world w;
	uint64_t rate;

	world_open(&w);
	world_put(&w, "kernel", (uint64_t)60000 * 1024 - 1);
	w.settings.tftm.rate = ceiling;
	world_start(&w);
	asks(&w, 7, ASK);
	lacks(&w, 7, 0, 60000);
	for (int i = 0; i < 20; i++) {
		uint64_t sent;

		while (!heard(&w, ",1 to"))
			assert_true(stage_step(w.st));
		/* One run, of so much of what is old enough to count. */
		sent = train_state(&w).sent;
		lacks2(&w, 7,
		       (struct tftp_gap){(uint16_t)(sent / 2),
					 (uint16_t)(sent * lost / 1000 + 1)},
		       (struct tftp_gap){(uint16_t)sent,
					 (uint16_t)(60000 - sent)});
		if (train_state(&w).originals > 50000)
			break;
	}
	rate = train_state(&w).rate;
	world_close(&w);
	return rate;
}

static void rises_to_the_ceiling_if_nothing_is_lost(void **state)
{
	(void)state;
	assert_int_equal(rate_with(0, 20000000), 20000000);
}

static void slows_down_if_more_is_lost_than_the_weather_takes(void **state)
{
	(void)state;
	assert_true(rate_with(400, 100000000) < 100000000 / 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_the_whole_file_after_boarding),
		cmocka_unit_test(who_is_alone_with_little_hardly_waits),
		cmocka_unit_test(and_waits_as_ever_when_another_comes),
		cmocka_unit_test(each_block_once_however_many_want_it),
		cmocka_unit_test(
			calls_sixteen_and_sends_what_any_of_them_lacks),
		cmocka_unit_test(what_has_just_left_is_not_sent_again),
		cmocka_unit_test(the_silent_are_given_up_and_hold_up_nobody),
		cmocka_unit_test(who_never_proved_itself_gets_three_packets),
		cmocka_unit_test(who_asks_for_ever_more_is_given_up),
		cmocka_unit_test(nor_does_who_leaves_and_comes_back_get_more),
		cmocka_unit_test(lock_step_comes_after_those_with_gaps),
		cmocka_unit_test(
			a_rider_with_gaps_waits_five_seconds_for_a_rom),
		cmocka_unit_test(a_late_rider_is_served_behind_the_others),
		cmocka_unit_test(rises_to_the_ceiling_if_nothing_is_lost),
		cmocka_unit_test(
			slows_down_if_more_is_lost_than_the_weather_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
