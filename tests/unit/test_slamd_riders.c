/*
 * Riders: how machines board a train, are asked what they lack, and leave it;
 * and what those get who lie, are deaf, or come by the dozen.
 */
#include "slamd_world.h"

enum { FIVE = 4 * 1451 + 196 };

/* Machine 7 has asked, and the whole file has been sent: 7 is asked next. */
static void file_was_sent(struct world *w)
{
	world_serve(w, FIVE);
	w->st->peer = machine(7);
	says(w, 7, FIRST);
	stage_wait(w->st, MILLISECONDS(4));
	stage_forget(w->st);
}

static uint32_t riders(const struct world *w)
{
	return train_state(w).riders;
}

/* ---- boarding ----------------------------------------------------------- */

static void late_ones_ride_along_and_get_what_they_missed(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 100 * 1451 + 1);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(60));
	wants(&w, 8, 0, 40, false); /* it heard 40 to 60 */
	stage_wait(w.st, MILLISECONDS(90));
	assert_int_equal(slamd_stats(w.s)->originals, 101);
	assert_int_equal(slamd_stats(w.s)->repairs, 40);
	assert_int_equal(heard(&w, "DATA"), 141);
	world_close(&w);
}

static void what_has_just_left_is_not_sent_again(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 100 * 1451 + 1);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(60));
	wants(&w, 8, 55, 46, false); /* 55 to 60 were on the wire */
	stage_wait(w.st, MILLISECONDS(41));
	assert_int_equal(heard(&w, "DATA"), 101);
	assert_int_equal(slamd_stats(w.s)->repairs, 0);
	world_close(&w);
}

static void on_its_second_round_neither(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 100 * 1451 + 1);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(60));
	wants(&w, 8, 0, 40, false);
	stage_wait(w.st, MILLISECONDS(50)); /* at packet 9 again */
	wants(&w, 9, 0, 5, false);
	stage_wait(w.st, MILLISECONDS(35));
	assert_int_equal(heard(&w, "DATA"), 141);
	world_close(&w);
}

static void nor_while_the_cards_still_swallow_it(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w);
	stage_wait(w.st, MILLISECONDS(1));
	wants(&w, 8, 3, 2, false);
	stage_wait(w.st, MILLISECONDS(3));
	stage_expect(w.st, "    7 ms  STATUS 6000/1451\n"
			   "    7 ms  STATUS 6000/1451 to 10.0.0.8:10000\n");
	world_close(&w);
}

static void
one_who_boards_a_standing_train_gets_only_what_it_lacks(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	w.st->peer = machine(7);
	says(&w, 7, "21 21 22 21 00");
	stage_wait(w.st, MILLISECONDS(3));
	stage_expect(w.st, "    0 ms  DATA 1 +1451 to 239.255.1.1:10000\n"
			   "    1 ms  DATA 4 +196 to 239.255.1.1:10000\n");
	stage_wait(w.st, MILLISECONDS(1));
	stage_expect(w.st, "    4 ms  STATUS 6000/1451\n");
	world_close(&w);
}

static void one_who_speaks_before_it_is_asked_is_served_at_once(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 100 * 1451 + 1);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(101));
	stage_forget(w.st);
	wants(&w, 8, 0, 2, false);
	stage_wait(w.st, MILLISECONDS(4));
	assert_null(strstr(stage_said(w.st), "STATUS"));
	assert_int_equal(heard(&w, "DATA"), 2);
	world_close(&w);
}

static void one_who_lacks_the_first_packet_alone_gets_that(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	says(&w, 7, "20 21 24 00"); /* and has the other four */
	stage_wait(w.st, MILLISECONDS(20));
	assert_int_equal(heard(&w, "DATA"), 1);
	world_close(&w);
	/* A known one means what it says. */
	file_was_sent(&w);
	stage_wait(w.st, MILLISECONDS(4));
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(20));
	assert_int_equal(heard(&w, "DATA"), 1);
	world_close(&w);
}

static void a_dozen_are_served_and_a_hundred(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.slam.riders = 200;
	world_start(&w);
	for (uint32_t n = 2; n < 202; n++)
		says(&w, n, FIRST);
	assert_int_equal(riders(&w), 200);
	stage_wait(w.st, MILLISECONDS(5));
	assert_int_equal(heard(&w, "DATA"), 5);
	for (uint32_t n = 2; n < 202; n++)
		says(&w, n, BYE);
	assert_int_equal(slamd_stats(w.s)->left, 200);
	stage_wait(w.st, MILLISECONDS(5));
	assert_int_equal(heard(&w, "STATUS"), 0);
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

static void when_the_table_is_full_the_next_may_listen(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.slam.riders = 11;
	world_start(&w);
	for (uint32_t n = 2; n < 14; n++)
		says(&w, n, FIRST);
	assert_int_equal(riders(&w), 11);
	assert_int_equal(slamd_stats(w.s)->boarded, 11);
	assert_int_equal(slamd_stats(w.s)->refused, 1);
	says(&w, 2, BYE);
	says(&w, 13, FIRST);
	assert_int_equal(slamd_stats(w.s)->boarded, 12);
	world_close(&w);
}

static void one_machine_may_ride_from_several_ports(void **state)
{
	struct endpoint a = {IP4(10, 0, 0, 7), 1}, b = {IP4(10, 0, 0, 7), 2};
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	stage_hear_from(w.st, a, "\x20\x21", 3);
	stage_hear_from(w.st, b, "\x20\x21", 3);
	stage_hear_from(w.st, b, "\x20\x21", 3);
	assert_int_equal(riders(&w), 2);
	stage_hear_from(w.st, b, "", 1);
	assert_int_equal(riders(&w), 1);
	world_close(&w);
}

/* ---- asking ------------------------------------------------------------- */

static void asks_after_three_milliseconds_and_sends_what_lacks(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w);
	stage_wait(w.st, MILLISECONDS(4));
	says(&w, 7, "21 21 21 21 00");
	stage_wait(w.st, MILLISECONDS(4));
	says(&w, 7, BYE);
	stage_wait(w.st, SECONDS(10));
	stage_expect(w.st, "    7 ms  STATUS 6000/1451\n"
			   "    8 ms  DATA 1 +1451 to 239.255.1.1:10000\n"
			   "    9 ms  DATA 3 +1451 to 239.255.1.1:10000\n"
			   "   12 ms  STATUS 6000/1451\n");
	world_close(&w);
}

static void the_answers_of_all_are_one_repair(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	for (uint32_t n = 7; n < 10; n++)
		says(&w, n, FIRST);
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(heard(&w, "STATUS"), 3);
	says(&w, 7, "21 22 00");
	says(&w, 8, "22 22 00");
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(heard(&w, "DATA"), 0); /* 9 owes its answer */
	says(&w, 9, "21 21 00");
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "DATA"), 3);
	world_close(&w);
}

static void asks_sixteen_at_a_time_and_everybody_in_turn(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	for (uint32_t n = 10; n < 50; n++)
		says(&w, n, FIRST);
	stage_wait(w.st, MILLISECONDS(8));
	assert_int_equal(heard(&w, "STATUS"), 16);
	for (uint32_t n = 10; n < 26; n++)
		says(&w, n, "25 00"); /* has all */
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "STATUS"), 16);
	assert_int_equal(riders(&w), 24);
	for (uint32_t n = 26; n < 42; n++)
		says(&w, n, BYE);
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "STATUS"), 8);
	world_close(&w);
}

static void a_silent_rider_is_asked_four_times_and_dropped(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w);
	w.st->shows_notes = true;
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    7 ms  STATUS 6000/1451\n"
			   "  257 ms  STATUS 6000/1451\n"
			   "  507 ms  STATUS 6000/1451\n"
			   "  757 ms  STATUS 6000/1451\n"
			   " 1007 ms  note rider-lost\n"
			   " 1007 ms  note train-done 239.255.1.1 5 5 "
			   "\"kernel\"\n");
	assert_int_equal(riders(&w), 0);
	assert_int_equal(slamd_stats(w.s)->lost, 1);
	assert_false(stage_step(w.st));
	world_close(&w);
}

static void fast_ones_are_asked_sooner(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	w.st->peer = machine(7);
	w.st->hides[EFFECT_SEND] = false;
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(heard(&w, "DATA"), 5);
	stage_wait(w.st, SECONDS(60));
	stage_expect(w.st, "    1 ms  STATUS 6000/1451\n"
			   "   61 ms  STATUS 6000/1451\n"
			   "  121 ms  STATUS 6000/1451\n"
			   "  181 ms  STATUS 6000/1451\n");
	world_close(&w);
}

static void silence_in_mid_train_is_no_fault(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 1451 * 300 + 1);
	w.settings.slam.rate = 1000000;
	world_start(&w);
	for (uint32_t n = 10; n < 30; n++)
		says(&w, n, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(450));
	assert_int_equal(heard(&w, "STATUS"), 4); /* to 10, 11, 12 and 13 */
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(heard(&w, "STATUS"), 16);
	for (uint32_t n = 14; n < 30; n++)
		says(&w, n, BYE);
	/* Nobody else is waited for. */
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "STATUS"), 4);
	world_close(&w);
}

static void nobody_is_asked_in_the_middle_of_a_repair(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 1451 * 300 + 1);
	w.settings.slam.rate = 1000000;
	world_start(&w);
	says(&w, 7, FIRST FAST);
	says(&w, 8, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(460));
	stage_forget(w.st);
	wants(&w, 7, 0, 301, true);
	wants(&w, 8, 0, 301, true);
	stage_wait(w.st, MILLISECONDS(440));
	assert_int_equal(heard(&w, "STATUS"), 0);
	world_close(&w);
}

static void a_late_answer_is_an_answer(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	says(&w, 7, FIRST FAST);
	for (int i = 0; i < 20; i++) {
		stage_wait(w.st, MILLISECONDS(65));
		wants(&w, 7, 4, 1, true);
	}
	assert_int_equal(slamd_stats(w.s)->lost, 0);
	assert_int_equal(riders(&w), 1);
	world_close(&w);
}

static void an_answer_that_names_nothing_is_a_goodbye(void **state)
{
	/* Else both would go on asking and answering as fast as they can. */
	static const char *const answers[] = {
		"202000",       /* want 0 */
		"9fffffff2100", /* past the end */
		"21",           /* no want at all */
		"e000",         /* cut short */
		"2500",         /* has all */
		"25",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct world w;

		file_was_sent(&w);
		stage_wait(w.st, MILLISECONDS(4));
		stage_forget(w.st);
		says(&w, 7, answers[i]);
		assert_int_equal(riders(&w), 0);
		stage_wait(w.st, SECONDS(10));
		stage_expect(w.st, "");
		assert_int_equal(slamd_stats(w.s)->left, 1);
		world_close(&w);
	}
}

static void calls_that_name_nothing_board_nobody(void **state)
{
	static const char *const calls[] = {"202000", "9fffffff2100", "21",
					    "e000",   "2500",         "0500",
					    "",       "00",           "1f"};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct world w;

		world_serve(&w, FIVE);
		says(&w, 7, calls[i]);
		assert_int_equal(slamd_stats(w.s)->boarded, 0);
		assert_false(stage_step(w.st));
		stage_expect(w.st, "");
		world_close(&w);
	}
}

static void the_lists_of_the_known_clients_are_read(void **state)
{
	static const struct {
		const char *list;
		unsigned packets;
	} rows[] = {
		{"21 440900", 1033},
		{"43e1 4029 00", 41},
		{"2a 4047 21 40fc 22 4044 21 4037 23 29 21 2c 22 23 22 2a 22 22"
		 " 22 4020 21 4023 21 4081 21 3d 21 4040 21 40e8 00",
		 71 + 252 + 68 + 55 + 9 + 12 + 3 + 10 + 2 + 32 + 35 + 129 + 29 +
			 64 + 232},
		{"21 24 00", 4},
		{"4021 24 00", 4},
		{"2a 25 4055 00", 5},
		{"20 23 4061 00", 3},
		{"20 9fffffff", 1034}, /* cut at the end of the file */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		world_serve(&w, 1033 * 1451 + 1);
		says(&w, 7, rows[i].list);
		stage_wait(w.st, SECONDS(2));
		assert_int_equal(heard(&w, "DATA"), rows[i].packets);
		world_close(&w);
	}
}

/* ---- those who lie, or are deaf ----------------------------------------- */

static void
one_who_asks_for_more_than_its_share_is_not_heard_any_more(void **state)
{
	struct world w;
	unsigned sent;

	(void)state;
	world_serve(&w, 100 * 1451 + 1);
	for (int i = 0; i < 20; i++) { /* and never says that it has any */
		wants(&w, 7, 0, 101, true);
		stage_wait(w.st, MILLISECONDS(50));
	}
	sent = heard(&w, "DATA");
	assert_in_range(sent, 3 * 101, 4 * 101);
	assert_int_equal(slamd_stats(w.s)->lost, 1);
	assert_int_equal(slamd_stats(w.s)->left, 0);
	world_close(&w);
}

static void nor_does_it_board_again_while_the_train_runs(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 100 * 1451 + 1);
	for (int i = 0; i < 100; i++) {
		wants(&w, 7, 0, 101, true);
		/* A good one keeps the train running. */
		wants(&w, 8, (uint64_t)i, 1, true);
		stage_wait(w.st, MILLISECONDS(40));
	}
	assert_in_range(heard(&w, "DATA"), 3 * 101, 6 * 101);
	assert_int_equal(slamd_stats(w.s)->boarded, 2);
	assert_int_equal(slamd_stats(w.s)->lost, 1);
	says(&w, 7, BYE); /* nobody any more */
	assert_int_equal(slamd_stats(w.s)->left, 0);
	says(&w, 8, BYE);
	stage_wait(w.st, SECONDS(10));
	assert_false(train_state(&w).is_running);
	/* Another run, another share. */
	stage_forget(w.st);
	wants(&w, 7, 0, 101, true);
	stage_wait(w.st, MILLISECONDS(50));
	assert_int_equal(heard(&w, "DATA"), 101);
	world_close(&w);
}

static void nor_by_another_port(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 100 * 1451 + 1);
	for (int i = 0; i < 100; i++) {
		w.more = (uint16_t)i;
		wants(&w, 7, 0, 101, true);
		w.more = 0;
		wants(&w, 8, (uint64_t)i, 1, true);
		stage_wait(w.st, MILLISECONDS(40));
	}
	assert_in_range(heard(&w, "DATA"), 3 * 101, 6 * 101);
	world_close(&w);
}

static void telling_how_it_fares_costs_nothing_of_its_share(void **state)
{
	struct world w;

	(void)state;
	/* Five seconds at the first rate, asked ten times a second. */
	world_open(&w);
	world_put(&w, "kernel", 50000000);
	w.settings.slam.rate = 10000000;
	world_start(&w);
	says(&w, 7, FIRST FAST);
	for (int i = 0; i < 400 && riders(&w); i++) {
		uint64_t have = train_state(&w).originals;

		if (have == 34459)
			break;
		wants(&w, 7, have, 34459 - have, true);
		stage_wait(w.st, MILLISECONDS(50));
		stage_forget(w.st);
	}
	assert_int_equal(slamd_stats(w.s)->lost, 0);
	assert_int_equal(riders(&w), 1);
	says(&w, 7, BYE);
	assert_int_equal(slamd_stats(w.s)->left, 1);
	world_close(&w);
}

static void a_request_in_vain_is_not_repeated_at_once(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w);
	stage_wait(w.st, SECONDS(1) + MILLISECONDS(3)); /* dropped */
	assert_false(train_state(&w).is_running);
	stage_forget(w.st);
	says(&w, 8, FIRST);
	stage_wait(w.st, MILLISECONDS(999));
	stage_expect(w.st, "");
	stage_wait(w.st, MILLISECONDS(1));
	says(&w, 8, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "DATA 0"), 1);
	world_close(&w);
}

static void but_a_lost_goodbye_among_good_ones_hinders_nobody(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	says(&w, 7, FIRST);
	says(&w, 8, FIRST);
	stage_wait(w.st, MILLISECONDS(5));
	says(&w, 8, BYE);
	stage_wait(w.st, SECONDS(1) + MILLISECONDS(3));
	assert_int_equal(slamd_stats(w.s)->lost, 1);
	assert_false(train_state(&w).is_running);
	stage_forget(w.st);
	says(&w, 9, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "DATA 0"), 1);
	world_close(&w);
}

static void a_goodbye_from_a_stranger_is_normal(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	says(&w, 8, BYE);
	says(&w, 7, FIRST);
	says(&w, 8, BYE);
	stage_wait(w.st, MILLISECONDS(8));
	says(&w, 8, BYE);
	assert_int_equal(riders(&w), 1);
	assert_int_equal(slamd_stats(w.s)->left, 0);
	world_close(&w);
}

static void only_neighbours_are_heard(void **state)
{
	static const struct endpoint strangers[] = {
		{IP4(10, 0, 2, 7), 10000},   /* no network of ours */
		{IP4(10, 0, 0, 1), 10000},   /* ourselves */
		{IP4(10, 0, 1, 1), 10000},   /* too */
		{IP4(10, 0, 0, 255), 10000}, /* everybody */
		{IP4(10, 0, 0, 0), 10000},   /* as of old */
		{IP4(10, 0, 0, 7), 0},       /* nowhere to answer to */
		{0, 10000},
	};
	struct world w;
	struct dgram d = {.kind = DGRAM_UDP,
			  .link = 1,
			  .from = {IP4(10, 0, 0, 7), 10000},
			  .to = {SLAM_GROUP, 10000},
			  .bytes = (const uint8_t *)"\x20\x21",
			  .len = 3};

	(void)state;
	world_serve(&w, FIVE);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		stage_hear_from(w.st, strangers[i], "\x20\x21", 3);
	/* Another server's packets to the group. */
	stage_hear_dgram(w.st, &d);
	d.to.ip = IP_BROADCAST;
	stage_hear_dgram(w.st, &d);
	/* A second address of ours in the same network. */
	w.site.links[1].ip = IP4(10, 0, 0, 2);
	says(&w, 2, FIRST);
	assert_int_equal(slamd_stats(w.s)->nacks, 0);
	assert_false(stage_step(w.st));
	world_close(&w);
}

static void two_on_a_wire_of_their_own_are_neighbours(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	w.site.links[0].mask = 0xfffffffe; /* RFC 3021 */
	stage_hear_from(w.st, (struct endpoint){IP4(10, 0, 0, 0), 5},
			"\x20\x21", 3);
	assert_int_equal(riders(&w), 1);
	world_close(&w);
}

/* ---- iPXE and Etherboot ------------------------------------------------- */

/* iPXE: says nothing of itself, asks for one gap of at most four packets, and
 * speaks after 1, 3 and 7 s of silence. */
struct ipxe {
	struct world *w;
	uint32_t n;
	uint64_t packets, have; /* it has them in order */
	unsigned requests;
	usec heard_at, most_silent; /* of the group */
	usec speaks_at, patience;
	unsigned sends;
};

static void ipxe_asks(struct ipxe *x)
{
	uint64_t left = x->packets - x->have;

	x->requests++;
	wants(x->w, x->n, x->have, left < 4 ? left : 4, false);
}

/* One step of the world; it takes the packets that come in order. */
static void ipxe_step(struct ipxe *x)
{
	struct slam_packet p;
	struct rd r;

	if (!stage_step(x->w->st) || x->w->st->sends == x->sends)
		return;
	x->sends = x->w->st->sends;
	r = rd_over(x->w->st->last, x->w->st->last_len);
	if (x->w->st->last_send.to.ip == machine(x->n).ip) {
		ipxe_asks(x);
	} else if (slam_packet_get_with(&p, &r, false,
					x->w->st->last_send.body.len)) {
		x->have += p.packet == x->have;
		x->most_silent =
			usec_max(x->most_silent, x->w->st->now - x->heard_at);
		x->heard_at = x->w->st->now;
		x->patience = SECONDS(1);
		x->speaks_at = x->heard_at + x->patience;
	}
}

static void ipxe_speaks_if_it_is_silent(struct ipxe *x)
{
	if (x->w->st->now < x->speaks_at)
		return;
	ipxe_asks(x);
	x->patience *= 2;
	x->speaks_at = x->w->st->now + x->patience;
}

static void a_long_gap_of_ipxe_costs_few_requests(void **state)
{
	struct world w;
	struct ipxe x = {.w = &w, .n = 7, .packets = 2757};

	(void)state;
	world_serve(&w, 4000001);
	/* It heard the first half of an earlier run. */
	x.have = 1378;
	ipxe_asks(&x);
	for (int i = 0; i < 20000 && x.have < x.packets; i++)
		ipxe_step(&x);
	assert_int_equal(x.have, 2757);
	/* Four at a time it would be 345. */
	assert_in_range(x.requests, 8, 12);
	says(&w, 7, BYE);
	assert_int_equal(slamd_stats(w.s)->repairs, 0);
	world_close(&w);
}

static void scattered_gaps_of_ipxe_get_no_more_than_they_are(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 4000001);
	for (uint64_t i = 0; i < 50; i++) {
		wants(&w, 7, 20 * i, 4, false);
		stage_wait(w.st, MILLISECONDS(10));
	}
	assert_int_equal(heard(&w, "DATA"), 200);
	world_close(&w);
}

static void a_known_ipxe_hears_something_every_ten_seconds(void **state)
{
	struct world w;
	struct ipxe x = {.w = &w, .n = 7, .packets = 5};

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.slam.riders = 4096;
	world_start(&w);
	w.site.links[0].mask = 0xffff0000;
	w.site.links[1].ip = 0;
	/* A crowd that was switched off after its first word. */
	for (uint32_t n = 0; n < 4000; n++)
		stage_hear_from(w.st, machine(1000 + n), "\x20\x21", 3);
	ipxe_asks(&x);
	stage_wait(w.st, MILLISECONDS(8)); /* and lost the whole first run */
	x.heard_at = w.st->now;
	x.patience = SECONDS(1);
	x.speaks_at = x.heard_at + x.patience;
	while (x.have < 5 && w.st->now < SECONDS(100)) {
		ipxe_speaks_if_it_is_silent(&x);
		ipxe_step(&x);
	}
	assert_int_equal(x.have, 5);
	assert_in_range(x.most_silent, SECONDS(1), SECONDS(2));
	world_close(&w);
}

static void etherboot_that_lost_all_is_helped_at_its_own_timer(void **state)
{
	struct world w;

	(void)state;
	file_was_sent(&w);
	/* Nothing of it arrived, nor did the questions: 2 to 6 s of silence. */
	stage_wait(w.st, SECONDS(4));
	assert_false(train_state(&w).is_running);
	stage_forget(w.st);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(5));
	assert_int_equal(heard(&w, "DATA"), 5);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_ones_ride_along_and_get_what_they_missed),
		cmocka_unit_test(what_has_just_left_is_not_sent_again),
		cmocka_unit_test(on_its_second_round_neither),
		cmocka_unit_test(nor_while_the_cards_still_swallow_it),
		cmocka_unit_test(
			one_who_boards_a_standing_train_gets_only_what_it_lacks),
		cmocka_unit_test(
			one_who_speaks_before_it_is_asked_is_served_at_once),
		cmocka_unit_test(
			one_who_lacks_the_first_packet_alone_gets_that),
		cmocka_unit_test(a_dozen_are_served_and_a_hundred),
		cmocka_unit_test(when_the_table_is_full_the_next_may_listen),
		cmocka_unit_test(one_machine_may_ride_from_several_ports),
		cmocka_unit_test(
			asks_after_three_milliseconds_and_sends_what_lacks),
		cmocka_unit_test(the_answers_of_all_are_one_repair),
		cmocka_unit_test(asks_sixteen_at_a_time_and_everybody_in_turn),
		cmocka_unit_test(
			a_silent_rider_is_asked_four_times_and_dropped),
		cmocka_unit_test(fast_ones_are_asked_sooner),
		cmocka_unit_test(silence_in_mid_train_is_no_fault),
		cmocka_unit_test(nobody_is_asked_in_the_middle_of_a_repair),
		cmocka_unit_test(a_late_answer_is_an_answer),
		cmocka_unit_test(an_answer_that_names_nothing_is_a_goodbye),
		cmocka_unit_test(calls_that_name_nothing_board_nobody),
		cmocka_unit_test(the_lists_of_the_known_clients_are_read),
		cmocka_unit_test(
			one_who_asks_for_more_than_its_share_is_not_heard_any_more),
		cmocka_unit_test(nor_does_it_board_again_while_the_train_runs),
		cmocka_unit_test(nor_by_another_port),
		cmocka_unit_test(
			telling_how_it_fares_costs_nothing_of_its_share),
		cmocka_unit_test(a_request_in_vain_is_not_repeated_at_once),
		cmocka_unit_test(
			but_a_lost_goodbye_among_good_ones_hinders_nobody),
		cmocka_unit_test(a_goodbye_from_a_stranger_is_normal),
		cmocka_unit_test(only_neighbours_are_heard),
		cmocka_unit_test(two_on_a_wire_of_their_own_are_neighbours),
		cmocka_unit_test(a_long_gap_of_ipxe_costs_few_requests),
		cmocka_unit_test(
			scattered_gaps_of_ipxe_get_no_more_than_they_are),
		cmocka_unit_test(
			a_known_ipxe_hears_something_every_ten_seconds),
		cmocka_unit_test(
			etherboot_that_lost_all_is_helped_at_its_own_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
