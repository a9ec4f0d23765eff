/*
 * traind: when a train leaves (docs/protocols/train.md, "The server", 3).
 */
#include "changes.h"
#include "traind_world.h"

static void a_train_holds_for_others(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	w.st->peer = (struct endpoint){IP4(239, 255, 84, 0), TRAIN_DATA_PORT};
	aboard(&w, 7, 0, 2);
	stage_wait(w.st, MILLISECONDS(20));
	aboard(&w, 8, 0, 2);
	aboard(&w, 8, 0, 2); /* its STATUS was lost: nobody new */
	stage_wait(w.st, MILLISECONDS(399));
	stage_forget(w.st);
	stage_wait(w.st, MILLISECONDS(2));
	stage_expect(w.st,
		     "  420 ms  STATUS sending 0 riders 2/2 list goodbye\n"
		     "  420 ms  DATA list.0 +32\n"
		     "  420 ms  DATA 0.0 +64\n"
		     "  420 ms  DATA 0.1 +54\n");
	world_close(&w);
}

/* As many as there are to be, and not a moment longer; but only once, since who
 * comes late need not wait for machines that have the file. */
static void the_first_one_waits_for_so_many(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	w.settings.train.wait_for = 3;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	gets_ticket(&w, 8, "root.img");
	gets_ticket(&w, 9, "root.img");
	aboard(&w, 7, 0, 2);
	aboard(&w, 8, 0, 2);
	assert_non_null(strstr(stage_said(w.st), "riders 2/3"));
	stage_wait(w.st, SECONDS(29));
	assert_int_equal(data_sent(&w), 0);
	aboard(&w, 9, 0, 2);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(data_sent(&w), 3);
	stage_wait(w.st, SECONDS(20));
	gets_ticket(&w, 10, "root.img");
	aboard(&w, 10, 0, 2);
	stage_wait(w.st, MILLISECONDS(24));
	assert_int_equal(data_sent(&w), 3);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(data_sent(&w), 6);
	world_close(&w);
}

/* Though it would hold for nobody else. */
static void it_waits_for_so_many_without_a_hold(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 0;
	w.settings.train.wait_for = 2;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	aboard(&w, 7, 0, 2);
	stage_wait(w.st, SECONDS(1));
	assert_int_equal(data_sent(&w), 0);
	aboard(&w, 8, 0, 2);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(data_sent(&w), 3);
	world_close(&w);
}

static void but_not_for_ever(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	w.settings.train.wait_for = 3;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	aboard(&w, 7, 0, 2);
	stage_wait(w.st, MILLISECONDS(29999));
	assert_int_equal(data_sent(&w), 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(data_sent(&w), 3);
	world_close(&w);
}

/* A quarter of it: nobody else is likely to come. */
static void who_is_alone_waits_less(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	aboard(&w, 7, 0, 2);
	stage_wait(w.st, MILLISECONDS(24));
	assert_int_equal(data_sent(&w), 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(data_sent(&w), 3);
	world_close(&w);
}

static void it_says_when_it_leaves(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	w.st->peer = (struct endpoint){IP4(239, 255, 84, 0), TRAIN_DATA_PORT};
	gets_ticket(&w, 8, "root.img");
	aboard(&w, 7, 0, 2);
	aboard(&w, 8, 0, 2);
	stage_wait(w.st, MILLISECONDS(399));
	stage_expect(w.st,
		     "    0 ms  STATUS holding 25 riders 1/1 list goodbye to "
		     "10.0.0.7:5000\n"
		     "    0 ms  STATUS holding 400 riders 2/2 list goodbye to "
		     "10.0.0.8:5000\n"
		     "  250 ms  STATUS holding 150 riders 2/2 list goodbye\n");
	world_close(&w);
}

static void is_told(struct world *w, uint32_t n)
{
	const struct image *im = images_find(w->site.images, "root.img", 8);

	askers_clock(w->site.askers, w->st->now);
	askers_note(w->site.askers, machine(n).ip, ASKER_MUSTER, 0);
	askers_tell(w->site.askers, machine(n).ip, im->id, VIA_TRAIN);
}

static void world_holds(struct world *w)
{
	world_open(w);
	w->settings.train.hold = 100;
	world_put(w, "root.img", 2, 64);
	world_start(w);
}

/* 9 was told to come, and is waited for; when it is there, nobody else is. */
static void it_waits_for_those_on_their_way(void **state)
{
	struct world w;

	(void)state;
	world_holds(&w);
	for (uint32_t n = 7; n < 10; n++)
		is_told(&w, n);
	gets_ticket(&w, 8, "root.img");
	gets_ticket(&w, 9, "root.img");
	aboard(&w, 7, 0, 2);
	aboard(&w, 8, 0, 2);
	assert_non_null(strstr(stage_said(w.st), "riders 2/3"));
	stage_wait(w.st, MILLISECONDS(199));
	assert_int_equal(data_sent(&w), 0);
	stage_forget(w.st);
	aboard(&w, 9, 0, 2);
	assert_non_null(strstr(stage_said(w.st), "holding 100 riders 3/3"));
	stage_wait(w.st, MILLISECONDS(99));
	assert_int_equal(data_sent(&w), 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(data_sent(&w), 3);
	world_close(&w);
}

/* It may have been switched off. */
static void but_not_for_who_does_not_come(void **state)
{
	struct world w;

	(void)state;
	world_holds(&w);
	for (uint32_t n = 7; n < 10; n++)
		is_told(&w, n);
	aboard(&w, 7, 0, 2);
	aboard(&w, 8, 0, 2);
	stage_wait(w.st, MILLISECONDS(399));
	assert_int_equal(data_sent(&w), 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(data_sent(&w), 3);
	world_close(&w);
}

/* It has lost a packet on its way, and asks once more after a second. */
static void with_many_riders_one_that_asks_again_is_waited_for(void **state)
{
	struct world w;

	(void)state;
	world_holds(&w);
	for (uint32_t n = 7; n < 17; n++)
		is_told(&w, n);
	for (uint32_t n = 7; n < 16; n++)
		gets_ticket(&w, n, "root.img");
	for (uint32_t n = 7; n < 16; n++)
		aboard(&w, n, 0, 2);
	stage_wait(w.st, MILLISECONDS(1599));
	assert_int_equal(data_sent(&w), 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(data_sent(&w), 3);
	world_close(&w);
}

/* The first of them is not alone: the others are known. */
static void the_first_of_many_waits_as_many_would(void **state)
{
	struct world w;

	(void)state;
	world_holds(&w);
	for (uint32_t n = 7; n < 17; n++)
		is_told(&w, n);
	aboard(&w, 7, 0, 2);
	assert_non_null(strstr(stage_said(w.st), "riders 1/10"));
	stage_wait(w.st, MILLISECONDS(1599));
	assert_int_equal(data_sent(&w), 0);
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(data_sent(&w), 3);
	world_close(&w);
}

/* It rides the train before this one, and is heard there. */
static void who_is_busy_with_another_file_is_waited_for(void **state)
{
	struct world w;
	uint64_t more, root;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	world_put(&w, "more.img", 2, 64);
	more = w.id;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	is_told(&w, 7);
	is_told(&w, 8);
	gets_ticket(&w, 8, "more.img");
	stage_wait(w.st, SECONDS(9));
	askers_clock(w.site.askers, w.st->now);
	root = w.id;
	w.id = more;
	aboard(&w, 8, 0, 2);
	w.id = root;
	stage_wait(w.st, SECONDS(2));
	askers_clock(w.site.askers, w.st->now);
	aboard(&w, 7, 0, 2);
	assert_non_null(strstr(stage_said(w.st), "holding 400 riders 1/2"));
	world_close(&w);
}

static void nor_for_who_was_told_long_ago(void **state)
{
	struct world w;

	(void)state;
	world_holds(&w);
	is_told(&w, 9);
	stage_wait(w.st, SECONDS(10) + 1);
	is_told(&w, 7);
	is_told(&w, 8);
	aboard(&w, 7, 0, 2);
	gets_ticket(&w, 8, "root.img");
	aboard(&w, 8, 0, 2);
	assert_non_null(strstr(stage_said(w.st), "holding 100 riders 2/2"));
	world_close(&w);
}

/* The file's three packets leave so many milliseconds from now. */
static void leaves_after(struct world *w, unsigned ms)
{
	assert_int_equal(data_sent(w), 0);
	stage_wait(w->st, MILLISECONDS(ms) - 1);
	assert_int_equal(data_sent(w), 0);
	stage_wait(w->st, MILLISECONDS(2));
	assert_int_equal(data_sent(w), 3);
	world_close(w);
}

/* Nobody is told to come by a server of files alone. */
static void world_has_files(struct world *w)
{
	world_holds(w);
	w->settings.dhcp = DHCP_OFF;
}

static void several_come_at_once(struct world *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		aboard(w, 20 + i, 0, 2);
}

/* Of fewer than four nobody can tell how they come. */
static void those_who_come_together_leave_soon(void **state)
{
	struct world w;

	(void)state;
	world_has_files(&w);
	several_come_at_once(&w, 3);
	leaves_after(&w, 100);
	world_has_files(&w);
	several_come_at_once(&w, 4);
	leaves_after(&w, 25);
}

/* In the mean there were 15 ms from one to the next, but once 45; and never is
 * it more than three times the hold for each doubling. */
static void long_gaps_are_waited_for(void **state)
{
	struct world w;

	(void)state;
	world_has_files(&w);
	several_come_at_once(&w, 3);
	stage_wait(w.st, MILLISECONDS(45));
	aboard(&w, 7, 0, 2);
	leaves_after(&w, 180);
	world_has_files(&w);
	for (uint32_t n = 20; n < 28; n++) {
		aboard(&w, n, 0, 2);
		stage_wait(w.st, MILLISECONDS(20));
	}
	leaves_after(&w, 140);
	world_has_files(&w);
	several_come_at_once(&w, 3);
	stage_wait(w.st, MILLISECONDS(99));
	for (uint32_t n = 7; n < 10; n++) {
		aboard(&w, n, 0, 2);
		stage_wait(w.st, MILLISECONDS(395));
	}
	leaves_after(&w, 700 - 395);
}

/* It has asked, and what was said to it or by it may be lost. */
static void who_has_a_ticket_is_waited_for(void **state)
{
	struct world w;

	(void)state;
	world_has_files(&w);
	gets_ticket(&w, 7, "root.img");
	gets_ticket(&w, 7, "root.img");
	several_come_at_once(&w, 4);
	assert_non_null(strstr(stage_said(w.st), "holding 700 riders 4/5"));
	stage_wait(w.st, MILLISECONDS(300));
	assert_int_equal(data_sent(&w), 0);
	stage_forget(w.st);
	aboard(&w, 7, 0, 2);
	assert_non_null(strstr(stage_said(w.st), "riders 5/5"));
	stage_wait(w.st, MILLISECONDS(600));
	assert_int_equal(data_sent(&w), 0);
	world_close(&w);
	/* It may come at once, or have been switched off. */
	world_has_files(&w);
	gets_ticket(&w, 7, "root.img");
	several_come_at_once(&w, 4);
	aboard(&w, 7, 0, 2);
	leaves_after(&w, 25);
	world_has_files(&w);
	gets_ticket(&w, 7, "root.img");
	several_come_at_once(&w, 4);
	leaves_after(&w, 700);
}

static void a_ticket_is_forgotten_with_its_train(void **state)
{
	struct world w;

	(void)state;
	world_has_files(&w);
	gets_ticket(&w, 7, "root.img");
	several_come_at_once(&w, 4);
	stage_wait(w.st, SECONDS(1));
	for (uint32_t n = 20; n < 24; n++)
		says_goodbye(&w, n);
	stage_wait(w.st, SECONDS(5));
	assert_false(train_state(&w).is_running);
	stage_forget(w.st);
	several_come_at_once(&w, 4);
	assert_non_null(strstr(stage_said(w.st), "holding 25 riders 4/4"));
	world_close(&w);
}

/* A rider that boards again has its place. */
static void a_second_ticket_is_nobody_new(void **state)
{
	struct world w;

	(void)state;
	world_has_files(&w);
	several_come_at_once(&w, 4);
	gets_ticket(&w, 20, "root.img");
	leaves_after(&w, 25);
}

static void it_does_not_hold_for_ever(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 20;
	w.settings.train.riders = MACHINES;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	aboard(&w, 250, 0, 2);
	for (uint32_t n = 2; n < 250; n++) {
		aboard(&w, n, 0, 2);
		stage_wait(w.st, MILLISECONDS(15));
		if (traind_stats(w.t)->originals)
			break;
	}
	assert_true(w.st->now >= MILLISECONDS(3000));
	assert_true(w.st->now <= MILLISECONDS(3015));
	world_close(&w);
}

/* It has left at the least of its rates; somebody comes, and it waits for
 * others once more; who comes when it is fast rides along. */
static void who_comes_while_it_is_slow_is_waited_for(void **state)
{
	struct world w;
	uint64_t sent;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 20;
	w.settings.train.rate = 8000000;
	world_put(&w, "root.img", 200000, 1024);
	world_start(&w);
	aboard(&w, 7, 0, 200000);
	stage_wait(w.st, MILLISECONDS(45)); /* the list first */
	sent = traind_stats(w.t)->originals;
	assert_in_range(sent, 40, 100);
	aboard(&w, 8, 0, 200000);
	stage_wait(w.st, MILLISECONDS(79));
	assert_int_equal(traind_stats(w.t)->originals, sent);
	for (unsigned i = 0; i < 20; i++) {
		stage_forget(w.st);
		stage_wait(w.st, MILLISECONDS(50));
		for (uint32_t n = 7; n < 9; n++)
			if (strstr(stage_said(w.st), "PROBE"))
				reports(&w, n, (struct report){.loss = 0});
	}
	assert_int_equal(train_state(&w).rate, 8000000);
	sent = traind_stats(w.t)->originals;
	aboard(&w, 9, 0, 200000);
	stage_wait(w.st, MILLISECONDS(10));
	assert_true(traind_stats(w.t)->originals > sent + 300);
	world_close(&w);
}

static void who_leaves_while_it_holds_ends_it(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	world_put(&w, "root.img", 2, 64);
	world_start(&w);
	aboard(&w, 7, 0, 2);
	says_goodbye(&w, 7);
	stage_wait(w.st, SECONDS(1));
	assert_int_equal(data_sent(&w), 0);
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_train_holds_for_others),
		cmocka_unit_test(the_first_one_waits_for_so_many),
		cmocka_unit_test(it_waits_for_so_many_without_a_hold),
		cmocka_unit_test(but_not_for_ever),
		cmocka_unit_test(who_is_alone_waits_less),
		cmocka_unit_test(it_says_when_it_leaves),
		cmocka_unit_test(it_waits_for_those_on_their_way),
		cmocka_unit_test(but_not_for_who_does_not_come),
		cmocka_unit_test(
			with_many_riders_one_that_asks_again_is_waited_for),
		cmocka_unit_test(the_first_of_many_waits_as_many_would),
		cmocka_unit_test(who_is_busy_with_another_file_is_waited_for),
		cmocka_unit_test(nor_for_who_was_told_long_ago),
		cmocka_unit_test(those_who_come_together_leave_soon),
		cmocka_unit_test(long_gaps_are_waited_for),
		cmocka_unit_test(who_has_a_ticket_is_waited_for),
		cmocka_unit_test(a_ticket_is_forgotten_with_its_train),
		cmocka_unit_test(a_second_ticket_is_nobody_new),
		cmocka_unit_test(it_does_not_hold_for_ever),
		cmocka_unit_test(who_comes_while_it_is_slow_is_waited_for),
		cmocka_unit_test(who_leaves_while_it_holds_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
