/*
 * traind: who gets a ticket, who a seat, and in which order a train's packets
 * leave (docs/protocols/train.md, "The server", 1, 2, 4 and 8).
 */
#include "changes.h"
#include "traind_world.h"

/* ---- BOARD -------------------------------------------------------------- */

static void a_ticket_for_who_asks_for_a_file(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	says_board(&w, 7, "/root.img");
	says_board(&w, 7, "nothing");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n"
			   "    0 ms  TICKET 239.255.84.0:7244\n"
			   "    0 ms  REFUSE 1 \"no such file\"\n");
	assert_int_equal(train_state(&w).riders, 0);
	world_close(&w);
}

/* Each group has a train of its own, and a rider's words find its. */
static void a_machine_is_told_the_group_that_it_is_to_have(void **state)
{
	struct world w;
	struct made m;

	(void)state;
	world_serve(&w, 5, 64);
	assert_int_equal(
		directory_apply(w.site.directory,
				entry_put(&m,
					  directory_next_id(w.site.directory),
					  ENTRY_MACHINES, 1,
					  "name=a; ip_address=10.0.0.8; "
					  "group=239.255.9.9")),
		0);
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n");
	w.st->peer = machine(8);
	says_board(&w, 8, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.9.9:7245\n");
	aboard(&w, 7, 0, 5);
	aboard(&w, 8, 0, 5);
	assert_int_equal(w.t->runs[0].n_seats, 1);
	assert_int_equal(w.t->runs[1].n_seats, 1);
	world_close(&w);
}

static void where_nobody_asks_for_members_a_train_is_flooded(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.settings.igmp.snooping = SNOOPING_YES;
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 224.0.0.232:7244\n");
	world_close(&w);
}

static void a_short_request_gets_nothing(void **state)
{
	uint8_t b[TRAIN_BOARD_LEN];
	struct wr to = wr_over(b, sizeof(b));
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	train_board_put(1, "root.img", 8, &to);
	stage_hear(w.st, b, sizeof(b) - 1);
	stage_hear(w.st, b, 3);
	stage_expect(w.st, "");
	stage_hear(w.st, b, sizeof(b));
	assert_true(w.st->last_len <= TRAIN_BOARD_LEN);
	world_close(&w);
}

static void who_is_far_away_gets_nothing(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	says_board(&w, IP4(9, 0, 0, 7) - IP4(10, 0, 0, 0), "root.img");
	says_board(&w, 1, "root.img"); /* our own address */
	stage_expect(w.st, "");
	world_close(&w);
}

static void by_broadcast_only_who_has_it_answers(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->me.ip = IP_BROADCAST;
	w.st->peer = machine(7);
	says_board(&w, 7, "nothing");
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n");
	world_close(&w);
}

static void an_empty_file_has_no_train(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_file(&w, "empty", 0);
	world_start(&w);
	w.st->peer = machine(7);
	says_board(&w, 7, "empty");
	stage_expect(w.st,
		     "    0 ms  REFUSE 2 \"no train carries this file\"\n");
	world_close(&w);
}

static void a_missing_manifest_is_made(void **state)
{
	const struct image *im;
	struct world w;

	(void)state;
	world_open(&w);
	im = world_file(&w, "root.img", 1000);
	world_start(&w);
	w.st->peer = machine(7);
	w.st->hides[EFFECT_FETCH] = false;
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  fetch 1 @0 +0\n");
	world_manifest(&w, im, 64);
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n");
	world_close(&w);
}

/* A signed one lies there, but of another file, say: who wants a signature is
 * to know. */
static void a_ticket_says_why_another_manifest_was_refused(void **state)
{
	const struct image *im;
	struct world w;

	(void)state;
	world_open(&w);
	im = world_file(&w, "root.img", 1000);
	w.refused = "it is of another file";
	world_manifest(&w, im, 64);
	world_start(&w);
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244 note \"it is of "
			   "another file\"\n");
	world_close(&w);
}

/* It is read and hashed once, and they need not ask again. */
static void
who_waits_for_a_manifest_gets_its_ticket_when_it_is_made(void **state)
{
	const struct image *im;
	struct world w;

	(void)state;
	world_open(&w);
	im = world_file(&w, "root.img", 1000);
	(void)world_file(&w, "other.img", 1000);
	world_start(&w);
	w.st->hides[EFFECT_FETCH] = false;
	w.st->holds[EFFECT_FETCH] = true;
	for (uint32_t n = 7; n < 10; n++)
		says_board(&w, n, "root.img");
	says_board(&w, 10, "other.img");
	stage_expect(w.st, "    0 ms  fetch 1 @0 +0\n"
			   "    0 ms  PREPARING to 10.0.0.8:5000\n"
			   "    0 ms  PREPARING to 10.0.0.9:5000\n"
			   "    0 ms  fetch 2 @0 +0\n");
	says_board(&w, 8, "root.img"); /* again */
	stage_expect(w.st, "    0 ms  PREPARING to 10.0.0.8:5000\n");
	world_manifest(&w, im, 64);
	stage_settle(w.st, EFFECT_FETCH, 0);
	stage_expect(w.st,
		     "    0 ms  TICKET 239.255.84.0:7244 to 10.0.0.7:5000\n"
		     "    0 ms  TICKET 239.255.84.0:7244 to 10.0.0.8:5000\n"
		     "    0 ms  TICKET 239.255.84.0:7244 to 10.0.0.9:5000\n");
	/* Of the other there is none yet: whoever wants it asks again. */
	stage_settle(w.st, EFFECT_FETCH, -EAGAIN);
	says_board(&w, 10, "other.img");
	stage_expect(w.st, "    0 ms  fetch 2 @0 +0\n");
	/* Nor is there going to be one. */
	stage_settle(w.st, EFFECT_FETCH, -EIO);
	stage_expect(w.st, "    0 ms  REFUSE 1 \"the file is unreadable\" to "
			   "10.0.0.10:5000\n");
	says_board(&w, 10, "other.img");
	stage_expect(w.st, "    0 ms  fetch 2 @0 +0\n");
	world_close(&w);
}

/* They have boarded, and the train has not left. */
static void a_pick_may_come_before_it_has_ever_left(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.hold = 100;
	world_put(&w, "root.img", 100, 64);
	world_start(&w);
	aboard(&w, 7, 0, 100);
	stage_forget(w.st);
	picks(&w, 7, 3, 5);
	assert_int_equal(heard(&w, "DATA"), 2);
	world_close(&w);
}

/* A signed manifest may cut a file into more blocks than a STATUS, and our
 * tables, can speak of. */
static void too_many_blocks_are_refused(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "root.img", 6000000, 64);
	world_start(&w);
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	stage_expect(w.st,
		     "    0 ms  REFUSE 2 \"no train carries this file\"\n");
	world_close(&w);
}

static void when_all_trains_are_under_way_there_is_no_room(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "c", 5000, 64);
	world_put(&w, "b", 5000, 64);
	world_put(&w, "root.img", 5000, 64);
	w.settings.train.hold = 100;
	world_start(&w);
	w.st->peer = machine(7);
	aboard(&w, 7, 0, 5000);
	says_board(&w, 8, "b");
	stage_forget(w.st);
	says_board(&w, 7, "c"); /* b's train stands: it makes room */
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.1:7245\n");
	world_close(&w);
}

/* Of those that stand the one goes that was asked for longest ago: its riders
 * have boarded by now. */
static void the_oldest_standing_train_makes_room(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "c", 5, 64);
	world_put(&w, "b", 5, 64);
	world_put(&w, "root.img", 5, 64);
	world_start(&w);
	w.st->peer = machine(7);
	says_board(&w, 7, "b");
	says_board(&w, 7, "c");
	stage_forget(w.st);
	says_board(&w, 7, "root.img"); /* in place of b */
	says_board(&w, 7, "b");        /* in place of c, not of root.img */
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n"
			   "    0 ms  TICKET 239.255.84.1:7245\n");
	world_close(&w);
}

static void each_link_has_its_own_train(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->peer = machine(7);
	says_board(&w, 7, "root.img");
	w.st->link = 2;
	w.st->peer.ip = IP4(10, 0, 1, 7);
	says_board(&w, 256 + 7, "root.img");
	stage_expect(w.st, "    0 ms  TICKET 239.255.84.0:7244\n"
			   "    0 ms  TICKET 239.255.84.1:7245\n");
	world_close(&w);
}

/* ---- seats -------------------------------------------------------------- */

static void a_wrong_cookie_has_no_effect(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->peer = machine(7);
	gets_ticket(&w, 7, "root.img");
	w.cookies[7]++;
	says_wish(&w, 7, TRAIN_ABOARD, (struct train_interval){0, 5});
	lacks(&w, 7, 0, 5);
	stage_expect(w.st, "    0 ms  REFUSE 4\n"
			   "    0 ms  REFUSE 4\n");
	assert_int_equal(train_state(&w).riders, 0);
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

static void a_cookie_is_good_for_its_own_rider_only(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	gets_ticket(&w, 7, "root.img");
	w.cookies[8] = w.cookies[7];
	w.st->peer = machine(8);
	aboard(&w, 8, 0, 5);
	stage_expect(w.st, "    0 ms  REFUSE 4\n");
	world_close(&w);
}

static void a_refusal_is_shorter_than_what_it_answers(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	gets_ticket(&w, 7, "root.img");
	stage_hear_from(w.st, machine(7), "\x54\x0d\0\0\1\1\1\1\1\1\1\1", 12);
	stage_expect(w.st, "");
	world_close(&w);
}

/* After a restart, or when the train has been given up. */
static void who_has_no_seat_is_told_to_board_again(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	gets_ticket(&w, 7, "root.img");
	w.st->peer = machine(7);
	lacks(&w, 7, 0, 5);
	picks(&w, 7, 0, 5);
	says_goodbye(&w, 7);
	stage_expect(w.st, "    0 ms  REFUSE 4\n"
			   "    0 ms  REFUSE 4\n");
	world_close(&w);
}

static void when_all_seats_are_taken_it_says_so(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.riders = 1;
	w.settings.train.hold = 100;
	world_put(&w, "root.img", 5, 64);
	world_start(&w);
	aboard(&w, 7, 0, 5);
	stage_forget(w.st);
	w.st->peer = machine(8);
	says_board(&w, 8, "root.img");
	stage_expect(w.st, "    0 ms  REFUSE 2 \"too many riders\"\n");
	assert_int_equal(traind_stats(w.t)->refused, 1);
	world_close(&w);
}

/* ---- sending ------------------------------------------------------------ */

/* 5 packets and no loss, read aloud. */
static void one_rider_and_a_small_file(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->peer = (struct endpoint){IP4(239, 255, 84, 0), TRAIN_DATA_PORT};
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(21));
	says_goodbye(&w, 7);
	stage_wait(w.st, SECONDS(10));
	stage_expect(
		w.st,
		"    0 ms  STATUS sending 0 riders 1/1 list goodbye\n"
		"    0 ms  STATUS sending 0 riders 1/1 list goodbye to "
		"10.0.0.7:5000\n"
		"    0 ms  DATA list.0 +32\n"
		"    0 ms  DATA 0.0 +64\n"
		"    0 ms  DATA 0.1 +64\n"
		"    0 ms  DATA 0.2 +64\n"
		"    0 ms  DATA 0.3 +64\n"
		"    0 ms  DATA 0.4 +54\n"
		"    2 ms  STATUS asking 1 riders 1/1 pending 0 goodbye\n"
		"   20 ms  STATUS asking 1 riders 1/1 pending 0 goodbye\n");
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

/* Every position once and in order, across sections and a short last block. */
static void positions_leave_in_order(void **state)
{
	enum { PACKETS = 20 * 64 - 17 };
	const char *at;
	struct layout l;
	struct world w;

	(void)state;
	world_serve(&w, PACKETS, 64);
	assert_true(
		layout_make(&l, (uint64_t)PACKETS * PACKET - 10, PACKET, 64));
	assert_int_equal(l.blocks, 20);
	assert_true(l.last < l.k);
	aboard(&w, 7, 0, PACKETS);
	stage_wait(w.st, MILLISECONDS(140));
	at = strstr(stage_said(w.st), "DATA 0.0");
	for (uint32_t i = 0; i < PACKETS; i++) {
		char line[64];
		uint32_t b;
		uint16_t r;

		layout_at(&l, i, &b, &r);
		snprintf(line, sizeof(line), "DATA %u.%u +", b, r);
		assert_non_null(at);
		assert_memory_equal(at, line, strlen(line));
		at = strstr(at + 1, "DATA");
	}
	assert_null(at);
	world_close(&w);
}

/* Packets of 64 bytes at 1 MB/s: one in 150 us, three together. */
static void it_keeps_its_pace(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.rate = 1000000;
	world_put(&w, "root.img", 3000, 1024);
	world_start(&w);
	aboard(&w, 7, 0, 3000);
	stage_wait(w.st, MILLISECONDS(150));
	reports(&w, 7, (struct report){.loss = 0}); /* it follows */
	stage_wait(w.st, MILLISECONDS(150));
	assert_in_range(data_sent(&w), 1990, 2010);
	world_close(&w);
}

static void rate_is_held_to(struct world *w)
{
	world_open(w);
	w->settings.train.rate = 1000000;
	world_put(w, "root.img", 1000, 64);
	world_start(w);
	aboard(w, 7, 0, 1000);
}

/* 8 boards in mid-train: what it missed goes again, and nothing else. */
static void a_late_one_costs_what_it_missed(void **state)
{
	struct world w;

	(void)state;
	rate_is_held_to(&w);
	stage_wait(w.st, MILLISECONDS(60));
	assert_in_range(data_sent(&w), 390, 410);
	aboard(&w, 8, 0, 260);
	stage_wait(w.st, MILLISECONDS(200));
	assert_int_equal(traind_stats(w.t)->originals, 1000);
	assert_int_equal(traind_stats(w.t)->again, 260);
	world_close(&w);
}

/* 15 ms are 100 packets here: those before are still on their way. */
static void what_has_just_left_is_not_sent_again(void **state)
{
	struct world w;

	(void)state;
	rate_is_held_to(&w);
	stage_wait(w.st, MILLISECONDS(60));
	aboard(&w, 8, 305, 1000);
	stage_wait(w.st, MILLISECONDS(200));
	assert_int_equal(traind_stats(w.t)->originals, 1000);
	assert_int_equal(traind_stats(w.t)->again, 0);
	world_close(&w);
}

static void nor_on_its_second_round(void **state)
{
	struct world w;

	(void)state;
	rate_is_held_to(&w);
	stage_wait(w.st, MILLISECONDS(60));
	aboard(&w, 8, 0, 250);
	stage_wait(w.st, MILLISECONDS(102)); /* at packet 80 or so again */
	aboard(&w, 9, 0, 60);
	stage_wait(w.st, MILLISECONDS(100));
	assert_int_equal(traind_stats(w.t)->again, 250);
	world_close(&w);
}

/* ---- its end ------------------------------------------------------------ */

static void a_file_that_was_replaced_is_not_sent_on(void **state)
{
	struct world w;

	(void)state;
	rate_is_held_to(&w);
	stage_wait(w.st, MILLISECONDS(10));
	w.st->rc[EFFECT_FETCH] = -ESTALE;
	stage_wait(w.st, MILLISECONDS(10));
	stage_forget(w.st);
	assert_false(train_state(&w).is_running);
	assert_int_equal(train_state(&w).riders, 0);
	w.st->peer = machine(7);
	lacks(&w, 7, 0, 1);
	stage_expect(w.st, "   20 ms  REFUSE 4\n");
	world_close(&w);
}

/* The FETCH of the old train comes back in the life of the new one. */
static void a_fetch_of_an_earlier_train_is_nobodys(void **state)
{
	struct world w;

	(void)state;
	rate_is_held_to(&w);
	w.st->holds[EFFECT_FETCH] = true;
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(stage_held(w.st, EFFECT_FETCH), 1);
	world_put(&w, "root.img", 500, 64);
	gets_ticket(&w, 8, "root.img");
	aboard(&w, 8, 0, 500);
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(stage_held(w.st, EFFECT_FETCH), 2);
	stage_settle(w.st, EFFECT_FETCH, 0); /* old bytes */
	assert_int_equal(traind_stats(w.t)->originals, 0);
	stage_settle(w.st, EFFECT_FETCH, 0);
	assert_true(traind_stats(w.t)->originals > 0);
	world_close(&w);
}

/* It is tried again once a second, not for each packet of somebody's; and who
 * is gone by then holds no seat. */
static void an_unreadable_file_is_not_tried_all_the_time(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->rc[EFFECT_FETCH] = -EIO;
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(10));
	assert_false(train_state(&w).is_running);
	for (int i = 0; i < 50; i++) {
		aboard(&w, 7, 0, 5);
		stage_wait(w.st, MILLISECONDS(10));
	}
	assert_int_equal(heard(&w, "list.0"), 1);
	stage_wait(w.st, SECONDS(10));
	assert_int_equal(heard(&w, "list.0"), 1);
	assert_int_equal(train_state(&w).riders, 0);
	world_close(&w);
}

static void a_busy_reader_is_waited_for(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 5, 64);
	w.st->rc[EFFECT_FETCH] = -EAGAIN;
	aboard(&w, 7, 0, 5);
	stage_wait(w.st, MILLISECONDS(15));
	w.st->rc[EFFECT_FETCH] = 0;
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(traind_stats(w.t)->originals, 5);
	world_close(&w);
}

/* A machine that was switched off is forgotten, and nothing is sent on for
 * nobody. */
static void who_is_silent_for_a_minute_is_forgotten(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.settings.train.rate = 1000;
	world_put(&w, "root.img", 1000, 64);
	world_start(&w);
	aboard(&w, 7, 0, 1000);
	stage_wait(w.st, SECONDS(59));
	assert_int_equal(train_state(&w).riders, 1);
	stage_wait(w.st, SECONDS(4));
	assert_int_equal(train_state(&w).riders, 0);
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_for_who_asks_for_a_file),
		cmocka_unit_test(
			a_machine_is_told_the_group_that_it_is_to_have),
		cmocka_unit_test(
			where_nobody_asks_for_members_a_train_is_flooded),
		cmocka_unit_test(a_short_request_gets_nothing),
		cmocka_unit_test(who_is_far_away_gets_nothing),
		cmocka_unit_test(by_broadcast_only_who_has_it_answers),
		cmocka_unit_test(an_empty_file_has_no_train),
		cmocka_unit_test(a_missing_manifest_is_made),
		cmocka_unit_test(
			a_ticket_says_why_another_manifest_was_refused),
		cmocka_unit_test(
			who_waits_for_a_manifest_gets_its_ticket_when_it_is_made),
		cmocka_unit_test(a_pick_may_come_before_it_has_ever_left),
		cmocka_unit_test(too_many_blocks_are_refused),
		cmocka_unit_test(
			when_all_trains_are_under_way_there_is_no_room),
		cmocka_unit_test(the_oldest_standing_train_makes_room),
		cmocka_unit_test(each_link_has_its_own_train),
		cmocka_unit_test(a_wrong_cookie_has_no_effect),
		cmocka_unit_test(a_cookie_is_good_for_its_own_rider_only),
		cmocka_unit_test(a_refusal_is_shorter_than_what_it_answers),
		cmocka_unit_test(who_has_no_seat_is_told_to_board_again),
		cmocka_unit_test(when_all_seats_are_taken_it_says_so),
		cmocka_unit_test(one_rider_and_a_small_file),
		cmocka_unit_test(positions_leave_in_order),
		cmocka_unit_test(it_keeps_its_pace),
		cmocka_unit_test(a_late_one_costs_what_it_missed),
		cmocka_unit_test(what_has_just_left_is_not_sent_again),
		cmocka_unit_test(nor_on_its_second_round),
		cmocka_unit_test(a_file_that_was_replaced_is_not_sent_on),
		cmocka_unit_test(a_fetch_of_an_earlier_train_is_nobodys),
		cmocka_unit_test(an_unreadable_file_is_not_tried_all_the_time),
		cmocka_unit_test(a_busy_reader_is_waited_for),
		cmocka_unit_test(who_is_silent_for_a_minute_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
