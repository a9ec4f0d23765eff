/*
 * traind after it has sent all: it asks, mends, and stands; and what those get
 * who lie, lag behind, or want more than is good for the others
 * (docs/protocols/train.md, "The server", 5 to 8).
 */
#include "traind_world.h"

/* One machine has asked for a file of so many packets, and all were sent. */
static void file_was_sent(struct world *w, uint32_t packets, uint16_t k_max,
			  uint32_t riders)
{
	world_open(w);
	w->settings.train.hold = 10;
	world_put(w, "root.img", packets, k_max);
	world_start(w);
	for (uint32_t n = 7; n < 7 + riders; n++)
		aboard(w, n, 0, packets);
	w->st->peer = (struct endpoint){IP4(239, 255, 84, 0), TRAIN_DATA_PORT};
	while (traind_stats(w->t)->originals < packets)
		assert_true(stage_step(w->st));
	stage_forget(w->st);
}

/* And the first window is open. */
static void it_asks(struct world *w, uint32_t packets, uint16_t k_max,
		    uint32_t riders)
{
	file_was_sent(w, packets, k_max, riders);
	while (!strstr(stage_said(w->st), "asking 1"))
		assert_true(stage_step(w->st));
	stage_forget(w->st);
	w->st->hides[EFFECT_NOTE] = true;
}

static bool is_running(const struct world *w)
{
	return train_state(w).is_running;
}

/* ---- a window ----------------------------------------------------------- */

static void what_is_lacking_is_mended(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->peer = (struct endpoint){IP4(239, 255, 84, 0), TRAIN_DATA_PORT};
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(10));
	stage_forget(w.st);
	lacks(&w, 7, 0, 2);
	stage_wait(w.st, MILLISECONDS(40));
	stage_expect(
		w.st,
		"   10 ms  STATUS asking 1 riders 1/1 pending 2 goodbye\n"
		"   20 ms  STATUS asking 1 riders 1/1 pending 2 goodbye\n"
		"   38 ms  DATA 0.3652347744 +64\n"
		"   38 ms  DATA 0.3652347745 +64\n"
		"   40 ms  STATUS asking 2 riders 1/1 pending 0 goodbye\n");
	says_goodbye(&w, 7);
	stage_wait(w.st, SECONDS(10));
	stage_expect(w.st, "");
	assert_false(is_running(&w));
	world_close(&w);
}

/* The highest lack counts, and all others hear of it, but not more often than
 * every 4 ms. */
static void the_most_that_anybody_lacks_is_told(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 4);
	lacks(&w, 7, 1, 2);
	lacks(&w, 8, 1, 9);
	lacks(&w, 9, 0, 1);
	lacks(&w, 10, 1, 3);
	stage_wait(w.st, MILLISECONDS(6));
	assert_non_null(strstr(stage_said(w.st), "asking 1 riders 4/4 pending "
						 "1 9 goodbye"));
	assert_int_equal(heard(&w, "STATUS"), 1);
	stage_wait(w.st, MILLISECONDS(60));
	assert_int_equal(traind_stats(w.t)->repairs, 10);
	world_close(&w);
}

static void updates_are_at_least_4_ms_apart(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 4);
	for (uint16_t i = 1; i <= 28; i++) {
		lacks(&w, 7, 0, i);
		stage_wait(w.st, MILLISECONDS(1));
	}
	assert_in_range(heard(&w, "STATUS"), 6, 7);
	world_close(&w);
}

static void only_a_whole_block_can_be_lacking(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 1);
	lacks(&w, 7, 1, 65535);
	lacks(&w, 7, 2, 5); /* there is no such block */
	stage_wait(w.st, MILLISECONDS(60));
	assert_int_equal(traind_stats(w.t)->repairs, 50);
	world_close(&w);
}

static void wishes_begin_at_once(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	stage_wait(w.st, MILLISECONDS(5));
	reports(&w, 7, (struct report){.wants = {20, 60}});
	stage_wait(w.st, MILLISECONDS(4));
	assert_int_equal(traind_stats(w.t)->again, 40);
	world_close(&w);
}

/* The list goes again whole; and who lacks it, too, hears that. */
static void a_lacking_list_is_sent_again(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	reports(&w, 7, (struct report){.list = 1});
	stage_wait(w.st, MILLISECONDS(6));
	assert_non_null(strstr(stage_said(w.st), "pending 0 0 list goodbye"));
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(60));
	assert_int_equal(heard(&w, "DATA list.0 +64"), 1);
	assert_int_equal(traind_stats(w.t)->repairs, 0);
	world_close(&w);
}

static void a_second_aboard_does_not_close_the_window(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	aboard(&w, 7, 0, 0); /* its STATUS was lost; it has everything */
	aboard(&w, 7, 0, 0);
	aboard(&w, 7, 0, 0);
	assert_true(is_running(&w));
	stage_wait(w.st, MILLISECONDS(30));
	lacks(&w, 8, 0, 3);
	stage_wait(w.st, MILLISECONDS(20));
	assert_int_equal(traind_stats(w.t)->repairs, 3);
	world_close(&w);
}

/* It is told in the order of sections, a row at a time. */
static void repairs_leave_by_rows_of_a_section(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 17 * 64, 64, 1);
	for (uint32_t b = 0; b < 17; b += 8)
		lacks(&w, 7, b, 2);
	stage_wait(w.st, MILLISECONDS(34));
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(4));
	assert_non_null(strstr(stage_said(w.st), "DATA 0.3652347744 +64"));
	assert_non_null(strstr(stage_said(w.st), "DATA 8.3652347744 +64"));
	assert_non_null(strstr(stage_said(w.st), "DATA 0.3652347745 +64"));
	assert_non_null(strstr(stage_said(w.st), "DATA 16.3652347776 +64"));
	assert_int_equal(heard(&w, "DATA"), 6);
	world_close(&w);
}

/* To read a block costs as much as some repairs of it: all that it lacks are
 * asked for at once, and no block that lacks none. */
static void repairs_are_fetched_as_many_as_are_lacking(void **state)
{
	struct world w;
	struct engine *e;
	struct effects fx;
	unsigned n = 0;

	(void)state;
	it_asks(&w, 16 * 64, 64, 1);
	lacks(&w, 7, 3, 2);
	lacks(&w, 7, 5, 33);
	stage_wait(w.st, MILLISECONDS(30));
	e = traind_engine(w.t);
	assert_int_equal(effects_open(&fx, &stage_alloc), 0);
	while (n == 0) {
		effects_clear(&fx);
		e->expire(e, e->deadline(e), &fx);
		for (size_t i = 0; i < fx.n; i++) {
			const struct fetch *f = &fx.v[i].fetch;

			if (fx.v[i].kind != EFFECT_FETCH)
				continue;
			n++;
			assert_int_equal(f->ref.kind, REF_REPAIRS);
			assert_int_equal(f->ref.block, 3);
			assert_int_equal(f->pieces, 3);
			assert_int_equal(f->ref.number % REF_GROUP, 0);
			assert_int_equal(f->ref.wanted, REF_GROUP);
		}
	}
	assert_int_equal(n, 1);
	effects_close(&fx, &stage_alloc);
	world_close(&w);
}

/* ---- repair numbers ----------------------------------------------------- */

enum { ROUNDS = 40, NUMBERS = 4096 };

static bool was_said(uint32_t *said, unsigned *n, uint32_t number)
{
	for (unsigned i = 0; i < *n; i++)
		if (said[i] == number)
			return true;
	assert_true(*n < NUMBERS);
	said[(*n)++] = number;
	return false;
}

static void no_repair_number_comes_twice(void **state)
{
	static uint32_t said[NUMBERS];
	unsigned n = 0;
	struct world w;

	(void)state;
	it_asks(&w, 60, 64, 1);
	for (unsigned i = 0; i < ROUNDS; i++) {
		const char *at;

		lacks(&w, 7, 0, (uint16_t)(1 + i % 5));
		stage_wait(w.st, MILLISECONDS(40));
		at = stage_said(w.st);
		while ((at = strstr(at, "DATA 0."))) {
			at += 7;
			assert_false(was_said(said, &n,
					      (uint32_t)strtoul(at, NULL, 10)));
		}
		stage_forget(w.st);
	}
	assert_true(n >= 100);
	world_close(&w);
}

/* ---- its end ------------------------------------------------------------ */

/* 36 ms, 72, 144, ...: 127 times 36 in all. */
static void after_seven_silent_windows_it_stands(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 3);
	stage_wait(w.st, MILLISECONDS(4571));
	assert_true(is_running(&w));
	stage_wait(w.st, MILLISECONDS(1));
	assert_false(is_running(&w));
	assert_int_equal(train_state(&w).riders, 0);
	assert_int_equal(heard(&w, "asking 7"), 2);
	world_close(&w);
}

/* Slots of 3 ms for them, and nobody says goodbye: 7 times 54 ms. */
static void of_a_crowd_after_three(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 10;
	w.settings.train.riders = MACHINES;
	w.site.links[0].mask = 0xffff0000;
	w.site.n_links = 1;
	world_put(&w, "root.img", 100, 64);
	world_start(&w);
	for (uint32_t n = 7; n < 7 + 300; n++)
		aboard(&w, n, 0, 100);
	while (!strstr(stage_said(w.st), "asking 1"))
		assert_true(stage_step(w.st));
	assert_null(strstr(stage_said(w.st), "asking 1 riders 300/300 pending "
					     "0 0 goodbye"));
	stage_wait(w.st, MILLISECONDS(377));
	assert_true(is_running(&w));
	stage_wait(w.st, MILLISECONDS(1));
	assert_false(is_running(&w));
	world_close(&w);
}

static void the_last_goodbye_ends_it_at_once(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	says_goodbye(&w, 7);
	says_goodbye(&w, 7); /* twice is no harm */
	stage_wait(w.st, MILLISECONDS(1));
	assert_true(is_running(&w));
	says_goodbye(&w, 8);
	stage_wait(w.st, 0);
	assert_false(is_running(&w));
	assert_int_equal(traind_stats(w.t)->left, 2);
	assert_int_equal(heard(&w, "DATA"), 0);
	world_close(&w);
}

/* A REPORT that asks for nothing keeps nobody waiting. */
static void a_report_of_nothing_is_silence(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	for (unsigned i = 0; i < 480; i++) {
		reports(&w, 7, (struct report){.lack = {9, 5}});
		stage_wait(w.st, MILLISECONDS(10));
	}
	assert_false(is_running(&w));
	world_close(&w);
}

/* ---- who is late --------------------------------------------------------- */

/* What it lacked then may have been sent since. */
static void a_report_of_another_round_counts_for_nothing(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	reports(&w, 7, (struct report){.round = 9, .lack = {0, 5}});
	stage_wait(w.st, MILLISECONDS(40));
	assert_int_equal(traind_stats(w.t)->repairs, 0);
	assert_true(is_running(&w));
	world_close(&w);
}

/* But there is more time for it; 8 times, since it may be a lie. */
static void late_ones_make_windows_longer_but_not_for_ever(void **state)
{
	struct world w;
	usec from;

	(void)state;
	it_asks(&w, 100, 64, 2);
	reports(&w, 7, (struct report){.round = 9, .lack = {0, 5}});
	stage_wait(w.st, MILLISECONDS(37));
	from = w.st->now;
	while (!strstr(stage_said(w.st), "asking 3"))
		assert_true(stage_step(w.st));
	assert_in_range(w.st->now - from, MILLISECONDS(90), MILLISECONDS(92));
	for (unsigned i = 0; i < 3000 && is_running(&w); i++) {
		reports(&w, 7, (struct report){.round = 9, .lack = {0, 5}});
		stage_wait(w.st, MILLISECONDS(10));
		stage_forget(w.st);
	}
	assert_false(is_running(&w));
	world_close(&w);
}

/* It says that it has seen nothing of a file that takes 67 seconds. */
static void who_is_far_behind_is_waited_for_two_seconds(void **state)
{
	struct world w;
	usec from;

	(void)state;
	world_open(&w);
	w.settings.train.rate = 1000000;
	world_put(&w, "root.img", 450000, 1024);
	world_start(&w);
	aboard(&w, 7, 0, 450000);
	while (traind_stats(w.t)->originals < 450000) {
		if (stage_step(w.st) && strstr(stage_said(w.st), "PROBE"))
			reports(&w, 7, (struct report){.is_behind = true});
		stage_forget(w.st);
	}
	from = w.st->now;
	while (!strstr(stage_said(w.st), "asking 2"))
		assert_true(stage_step(w.st));
	assert_in_range(w.st->now - from, SECONDS(2), MILLISECONDS(2040));
	world_close(&w);
}

/* ---- how it fares ------------------------------------------------------- */

/* All riders tell what they lost, whenever they are probed. */
static void answer_probes(struct world *w, uint32_t riders, uint16_t loss)
{
	for (uint32_t n = 7; n < 7 + riders; n++) {
		char line[64];

		snprintf(line, sizeof(line), "PROBE %u to 10.0.0.%u:", 0u, n);
		if (strstr(stage_said(w->st), line))
			reports(w, n, (struct report){.loss = loss});
	}
}

static void before_the_first_window_riders_are_probed(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w, 100, 64, 12);
	stage_wait(w.st, MILLISECONDS(2));
	answer_probes(&w, 12, 100);
	assert_in_range(heard(&w, "PROBE"), 8, 8);
	stage_wait(w.st, MILLISECONDS(19));
	assert_int_equal(heard(&w, "asking"), 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "asking"), 1);
	world_close(&w);
}

static void of_two_riders_none_is_probed(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w, 100, 64, 2);
	stage_wait(w.st, MILLISECONDS(3));
	assert_non_null(strstr(stage_said(w.st), "asking 1"));
	assert_int_equal(heard(&w, "PROBE"), 0);
	world_close(&w);
}

static void loss_that_comes_with_the_pace_slows_it(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.rate = 8000000;
	world_put(&w, "root.img", 200000, 1024);
	world_start(&w);
	aboard(&w, 7, 0, 200000);
	assert_int_equal(train_state(&w).rate, 1000000);
	while (w.st->now < SECONDS(1)) { /* no loss: up to the ceiling */
		assert_true(stage_step(w.st));
		answer_probes(&w, 1, 0);
		stage_forget(w.st);
	}
	assert_int_equal(train_state(&w).rate, 8000000);
	while (!strstr(stage_said(w.st), "PROBE"))
		assert_true(stage_step(w.st));
	answer_probes(&w, 1, 300);
	assert_int_equal(train_state(&w).rate, 6000000);
	reports(&w, 7, (struct report){.loss = 900}); /* nobody asked it */
	assert_int_equal(train_state(&w).rate, 6000000);
	world_close(&w);
}

/* One of four tells of great loss, and the next that is asked of none. */
static void one_bad_machine_slows_nobody(void **state)
{
	struct world w;
	uint64_t before = 0;

	(void)state;
	world_open(&w);
	w.settings.train.rate = 8000000;
	world_put(&w, "root.img", 200000, 1024);
	world_start(&w);
	for (uint32_t n = 7; n < 11; n++)
		aboard(&w, n, 0, 200000);
	for (unsigned i = 0; i < 60; i++) {
		stage_wait(w.st, MILLISECONDS(50));
		if (strstr(stage_said(w.st), "PROBE 0 to 10.0.0.8:"))
			reports(&w, 8, (struct report){.loss = 300});
		answer_probes(&w, 1, 0);
		answer_probes(&w, 4, 0);
		stage_forget(w.st);
		assert_true(train_state(&w).rate >= before);
		before = train_state(&w).rate;
	}
	assert_int_equal(train_state(&w).rate, 8000000);
	/* Of two one after the other it is believed. */
	while (train_state(&w).rate == 8000000) {
		stage_wait(w.st, MILLISECONDS(50));
		answer_probes(&w, 4, 300);
		stage_forget(w.st);
	}
	assert_int_equal(train_state(&w).rate, 6000000);
	world_close(&w);
}

/* ---- who lags behind ---------------------------------------------------- */

static void fleet_loses(struct world *w, uint16_t loss)
{
	file_was_sent(w, 1000, 64, 12);
	stage_wait(w->st, MILLISECONDS(2));
	answer_probes(w, 12, loss);
	stage_wait(w->st, MILLISECONDS(25));
	w->st->hides[EFFECT_NOTE] = true;
	stage_forget(w->st);
}

static void who_loses_far_more_is_detached(void **state)
{
	struct world w;

	(void)state;
	fleet_loses(&w, 10);
	w.st->peer = machine(7);
	reports(&w, 7, (struct report){.loss = 300, .lack = {3, 20}});
	assert_int_equal(heard(&w, "DETACH\n"), 1);
	lacks(&w, 8, 3, 2);
	stage_wait(w.st, MILLISECONDS(40));
	assert_int_equal(traind_stats(w.t)->repairs, 2);
	reports(&w, 7, (struct report){.lack = {3, 20}});
	aboard(&w, 7, 0, 1000); /* that is no way back */
	stage_wait(w.st, MILLISECONDS(40));
	assert_int_equal(traind_stats(w.t)->repairs, 2);
	assert_int_equal(traind_stats(w.t)->again, 0);
	assert_int_equal(traind_stats(w.t)->detached, 1);
	world_close(&w);
}

/* The list comes to nobody by itself. */
static void who_is_detached_may_still_ask_for_the_list(void **state)
{
	struct world w;

	(void)state;
	fleet_loses(&w, 10);
	reports(&w, 7, (struct report){.loss = 300, .lack = {3, 20}});
	reports(&w, 7, (struct report){.list = 1, .lack = {3, 20}});
	stage_wait(w.st, MILLISECONDS(40));
	assert_int_equal(traind_stats(w.t)->lists, 8);
	reports(&w, 7, (struct report){.loss = 300, .list = 1});
	stage_wait(w.st, MILLISECONDS(100));
	assert_int_equal(traind_stats(w.t)->lists, 16);
	world_close(&w);
}

/* The others have all that they want, and the train stands. */
static void who_is_detached_keeps_its_seat_while_it_picks(void **state)
{
	struct world w;

	(void)state;
	fleet_loses(&w, 10);
	reports(&w, 7, (struct report){.loss = 300, .lack = {3, 20}});
	for (uint32_t n = 8; n < 7 + 12; n++)
		says_goodbye(&w, n);
	for (unsigned i = 0; i < 30; i++) {
		stage_wait(w.st, SECONDS(1));
		stage_forget(w.st);
		picks(&w, 7, i, i + 1);
		assert_int_equal(heard(&w, "DATA"), 1);
	}
	assert_false(is_running(&w));
	assert_int_equal(train_state(&w).riders, 1);
	stage_wait(w.st, SECONDS(21)); /* it says nothing any more */
	assert_int_equal(train_state(&w).riders, 0);
	world_close(&w);
}

static void where_all_lose_much_nobody_is(void **state)
{
	struct world w;

	(void)state;
	fleet_loses(&w, 250);
	reports(&w, 7, (struct report){.loss = 300, .lack = {3, 20}});
	assert_int_equal(heard(&w, "DETACH"), 0);
	world_close(&w);
}

/* Nobody has answered: three in ten may be what all of them lose. */
static void nor_while_nothing_is_known_of_the_others(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 1000, 64, 12);
	reports(&w, 7, (struct report){.loss = 300, .lack = {3, 20}});
	assert_int_equal(heard(&w, "DETACH"), 0);
	world_close(&w);
}

/* More is said to be lost than there was. */
static void a_loss_beyond_all_is_all(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w, 1000, 64, 12);
	stage_wait(w.st, MILLISECONDS(2));
	answer_probes(&w, 12, 65535);
	stage_wait(w.st, MILLISECONDS(25));
	lacks(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(40));
	assert_int_equal(traind_stats(w.t)->repairs, 5);
	world_close(&w);
}

/* ---- who wants too much ------------------------------------------------- */

enum { SHARE = 3 }; /* files' worth that a rider may have sent */

static void who_lacks_everything_for_ever_gets_three_files(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	for (unsigned i = 0; i < 2000; i++) {
		lacks(&w, 8, i % 2, 65535);
		stage_wait(w.st, MILLISECONDS(5));
	}
	assert_in_range(data_sent(&w), 300, (SHARE + 1) * 100 + 10);
	assert_false(is_running(&w));
	world_close(&w);
}

static void who_wants_everything_for_ever_gets_three_files(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	for (unsigned i = 0; i < 2000; i++) {
		if (is_running(&w))
			reports(&w, 8, (struct report){.wants = {0, 100}});
		stage_wait(w.st, MILLISECONDS(5));
		stage_forget(w.st);
	}
	assert_in_range(data_sent(&w), 300, (SHARE + 1) * 100 + 10);
	world_close(&w);
}

static void who_boards_for_ever_gets_nothing_again(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	for (unsigned i = 0; i < 2000; i++) {
		if (is_running(&w))
			aboard(&w, 8, 0, 100);
		stage_wait(w.st, MILLISECONDS(5));
		stage_forget(w.st);
	}
	assert_int_equal(data_sent(&w), 101);
	world_close(&w);
}

/* Goodbyes in between make no difference, as long as the train runs. */
static void nor_does_it_help_to_leave_and_come_back(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	for (unsigned i = 0; i < 2000 && is_running(&w); i++) {
		aboard(&w, 8, 0, 100);
		stage_wait(w.st, MILLISECONDS(5));
		says_goodbye(&w, 8);
		lacks(&w, 7, 0, 1); /* an honest one keeps it going */
		stage_wait(w.st, MILLISECONDS(5));
		stage_forget(w.st);
	}
	assert_true(data_sent(&w) <= (SHARE + 3) * 100 + 10);
	world_close(&w);
}

/* From one address, each time from another port. */
static void nor_to_come_back_by_another_port(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	for (unsigned i = 0; i < 2000 && is_running(&w); i++) {
		w.port = (uint16_t)(6000 + i);
		w.cookies[8] = 0;
		aboard(&w, 8, 0, 100);
		stage_wait(w.st, MILLISECONDS(5));
		says_goodbye(&w, 8);
		w.port = 0;
		lacks(&w, 7, 0, 1); /* an honest one keeps it going */
		stage_wait(w.st, MILLISECONDS(5));
		stage_forget(w.st);
	}
	assert_true(data_sent(&w) <= (SHARE + 3) * 100 + 10);
	world_close(&w);
}

static void nor_to_want_the_list_for_ever(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	for (unsigned i = 0; i < 5000; i++) {
		reports(&w, 8, (struct report){.list = 1});
		stage_wait(w.st, MILLISECONDS(5));
		stage_forget(w.st);
	}
	assert_true(data_sent(&w) <= (SHARE + 1) * 100 + 10);
	world_close(&w);
}

/* The honest ones get theirs meanwhile. */
static void a_greedy_one_does_not_cost_the_others(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 3);
	for (unsigned i = 0; i < 200; i++) {
		lacks(&w, 8, i % 2, 65535);
		stage_wait(w.st, MILLISECONDS(5));
		if (i % 10 == 0)
			lacks(&w, 7, 0, 1);
	}
	assert_true(is_running(&w));
	assert_int_equal(traind_stats(w.t)->detached, 1);
	world_close(&w);
}

/* ---- picks and leaves --------------------------------------------------- */

static void a_pick_is_for_one_alone(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	w.st->peer = machine(7);
	picks(&w, 7, 3, 5);
	stage_expect(w.st, "   49 ms  DATA 1.1 +64\n"
			   "   49 ms  DATA 0.2 +64\n");
	assert_int_equal(traind_stats(w.t)->picked, 2);
	picks(&w, 7, 100, 105); /* not in the file */
	stage_expect(w.st, "");
	world_close(&w);
}

static void picks_are_an_eighth_of_the_rate(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.rate = 1000000;
	world_put(&w, "root.img", 20000, 1024);
	world_start(&w);
	aboard(&w, 7, 0, 20000);
	for (unsigned i = 0; i < 1000; i++) {
		picks(&w, 7, i, i + 1);
		stage_wait(w.st, MILLISECONDS(1));
	}
	/* A packet of 150 us, eight times: one in 1.04 ms. */
	assert_in_range(traind_stats(w.t)->picked, 500, 962);
	world_close(&w);
}

/* Their making costs a block to read and to hash each time. */
static void leaves_have_a_share_too(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	w.st->peer = machine(7);
	asks_leaves(&w, 7, 1, 10);
	stage_expect(w.st, "   49 ms  LEAVES 1 @10 +0\n");
	asks_leaves(&w, 7, 1, 50); /* no such packet */
	asks_leaves(&w, 7, 2, 0);  /* no such block */
	for (unsigned i = 0; i < 30; i++) {
		asks_leaves(&w, 7, 0, 0);
		stage_wait(w.st, MILLISECONDS(1));
	}
	assert_in_range(heard(&w, "LEAVES"), 2, 3);
	world_close(&w);
}

/* Its seat has been given to another rider, who asked for nothing. */
static void what_was_picked_by_one_who_left_is_nobodys(void **state)
{
	struct world w;

	(void)state;
	it_asks(&w, 100, 64, 2);
	w.st->holds[EFFECT_FETCH] = true;
	asks_leaves(&w, 8, 0, 0);
	says_goodbye(&w, 8);
	gets_ticket(&w, 9, "root.img");
	says_wish(&w, 9, TRAIN_ABOARD, (struct train_interval){0});
	stage_forget(w.st);
	stage_settle(w.st, EFFECT_FETCH, 0);
	assert_int_equal(heard(&w, "LEAVES"), 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_lacking_is_mended),
		cmocka_unit_test(the_most_that_anybody_lacks_is_told),
		cmocka_unit_test(updates_are_at_least_4_ms_apart),
		cmocka_unit_test(only_a_whole_block_can_be_lacking),
		cmocka_unit_test(wishes_begin_at_once),
		cmocka_unit_test(a_lacking_list_is_sent_again),
		cmocka_unit_test(a_second_aboard_does_not_close_the_window),
		cmocka_unit_test(repairs_leave_by_rows_of_a_section),
		cmocka_unit_test(repairs_are_fetched_as_many_as_are_lacking),
		cmocka_unit_test(no_repair_number_comes_twice),
		cmocka_unit_test(after_seven_silent_windows_it_stands),
		cmocka_unit_test(of_a_crowd_after_three),
		cmocka_unit_test(the_last_goodbye_ends_it_at_once),
		cmocka_unit_test(a_report_of_nothing_is_silence),
		cmocka_unit_test(a_report_of_another_round_counts_for_nothing),
		cmocka_unit_test(
			late_ones_make_windows_longer_but_not_for_ever),
		cmocka_unit_test(who_is_far_behind_is_waited_for_two_seconds),
		cmocka_unit_test(before_the_first_window_riders_are_probed),
		cmocka_unit_test(of_two_riders_none_is_probed),
		cmocka_unit_test(loss_that_comes_with_the_pace_slows_it),
		cmocka_unit_test(one_bad_machine_slows_nobody),
		cmocka_unit_test(who_loses_far_more_is_detached),
		cmocka_unit_test(who_is_detached_may_still_ask_for_the_list),
		cmocka_unit_test(who_is_detached_keeps_its_seat_while_it_picks),
		cmocka_unit_test(where_all_lose_much_nobody_is),
		cmocka_unit_test(nor_while_nothing_is_known_of_the_others),
		cmocka_unit_test(a_loss_beyond_all_is_all),
		cmocka_unit_test(
			who_lacks_everything_for_ever_gets_three_files),
		cmocka_unit_test(
			who_wants_everything_for_ever_gets_three_files),
		cmocka_unit_test(who_boards_for_ever_gets_nothing_again),
		cmocka_unit_test(nor_does_it_help_to_leave_and_come_back),
		cmocka_unit_test(nor_to_come_back_by_another_port),
		cmocka_unit_test(nor_to_want_the_list_for_ever),
		cmocka_unit_test(a_greedy_one_does_not_cost_the_others),
		cmocka_unit_test(a_pick_is_for_one_alone),
		cmocka_unit_test(picks_are_an_eighth_of_the_rate),
		cmocka_unit_test(leaves_have_a_share_too),
		cmocka_unit_test(what_was_picked_by_one_who_left_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
