/*
 * A train, heard from outside: when it leaves, at what pace, in what order, and
 * how it ends.  Small files are read aloud; long ones are counted.
 */
#include "slamd_world.h"

#include "purse.h"

/* Five packets of 1451 bytes, the last of 196. */
enum { FIVE = 4 * 1451 + 196 };

#define GROUP " to 239.255.1.1:10000\n"

/* ---- the whole file, once ----------------------------------------------- */

static void sends_the_whole_file_after_the_first_request(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	w.st->peer = machine(7);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(10));
	says(&w, 7, BYE);
	assert_false(stage_step(w.st) && stage_step(w.st));
	stage_expect(
		w.st,
		"    0 ms  DATA 0 +1451" GROUP "    1 ms  DATA 1 +1451" GROUP
		"    2 ms  DATA 2 +1451" GROUP "    3 ms  DATA 3 +1451" GROUP
		"    4 ms  DATA 4 +196" GROUP "    7 ms  STATUS 6000/1451\n");
	assert_false(train_state(&w).is_running);
	assert_int_equal(slamd_stats(w.s)->originals, 5);
	assert_int_equal(slamd_stats(w.s)->repairs, 0);
	assert_int_equal(slamd_stats(w.s)->data_bytes, FIVE);
	assert_int_equal(slamd_stats(w.s)->left, 1);
	world_close(&w);
}

static void every_run_counts_its_originals(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	for (int i = 0; i < 2; i++) {
		says(&w, 7, FIRST);
		stage_wait(w.st, MILLISECONDS(5));
		says(&w, 7, BYE);
		stage_wait(w.st, MILLISECONDS(5));
	}
	assert_int_equal(slamd_stats(w.s)->originals, 10);
	assert_int_equal(slamd_stats(w.s)->repairs, 0);
	world_close(&w);
}

static void reads_the_file_where_the_packets_are(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	w.st->hides[EFFECT_FETCH] = false;
	w.st->hides[EFFECT_SEND] = true;
	wants(&w, 7, 3, 2, false);
	stage_wait(w.st, MILLISECONDS(2));
	stage_expect(w.st, "    0 ms  fetch 1 @4353 +1451\n"
			   "    1 ms  fetch 1 @5804 +196\n");
	assert_int_equal(w.st->last_send.body.offset, 5804);
	assert_int_equal(w.st->last_send.body.image, 1);
	assert_int_equal(w.st->last_send.body.version, 1);
	world_close(&w);
}

static void no_block_size_divides_the_file(void **state)
{
	struct slam_packet p;
	struct world w;
	struct rd r;

	(void)state;
	world_serve(&w, 2 * 1451); /* Etherboot would wait for ever */
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(2));
	stage_expect(w.st, "    0 ms  DATA 0 +1450" GROUP
			   "    1 ms  DATA 1 +1450" GROUP
			   "    2 ms  DATA 2 +2" GROUP);
	r = rd_over(w.st->last, w.st->last_len);
	assert_true(slam_packet_get_with(&p, &r, false, 2));
	world_close(&w);
}

static void headers_leave_room_for_etherboots_padding(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, SLAM_SIZE_MAX);
	says(&w, 7, FIRST);
	stage_wait(w.st, SECONDS(1));
	/* The header and a packet number. */
	assert_in_range(w.st->last_len, 10, SLAM_HEADER_MAX + 3);
	world_close(&w);
}

static void the_longest_file_that_1451_divides_has_room(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", (uint64_t)370000 * 1451);
	w.settings.slam.trains = 1;
	world_start(&w);
	wants(&w, 7, 0, 370256, true);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(train_state(&w).packets, 370256);
	world_close(&w);
}

static void an_empty_file_has_no_port(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 0);
	assert_int_equal(w.port, 0);
	world_start(&w);
	w.st->me.port = 10000;
	says(&w, 7, FIRST);
	assert_false(stage_step(w.st));
	stage_expect(w.st, "");
	world_close(&w);
}

static void each_file_has_its_own_port_and_train(void **state)
{
	struct world w;
	uint16_t second;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 100);
	world_put(&w, "initrd", 200);
	second = w.port;
	world_start(&w);
	assert_int_not_equal(second, 10000);
	assert_int_equal(slamd_stats(w.s)->nacks, 0);
	says(&w, 7, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(w.st->last_send.to.port, second);
	assert_int_equal(w.st->last_send.from.port, second);
	w.st->me.port = 10000;
	says(&w, 8, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(w.st->last_send.to.port, 10000);
	assert_int_equal(w.st->last_send.from.port, 10000);
	assert_int_equal(slamd_stats(w.s)->originals, 2);
	world_close(&w);
}

static void listens_for_every_file_however_many_there_are(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	for (int i = 0; i < 900; i++) { /* more than one list of effects */
		char name[16] = "";
		struct text t = text_over(name, sizeof(name));

		text_u64(&t, (uint64_t)i);
		world_put(&w, name, 1);
	}
	world_start(&w);
	stage_wait(w.st, 0);
	assert_int_equal(w.st->engine->deadline(w.st->engine), NEVER);
	for (uint32_t at = 0;;) {
		const struct image *im = images_next(w.site.images, &at);
		struct dgram d = {.kind = DGRAM_UDP};

		if (!im)
			break;
		d.to.port = im->slam_port;
		assert_true(slamd_claims(w.s, &d));
		d.kind = DGRAM_FRAME;
		assert_false(slamd_claims(w.s, &d));
	}
	world_close(&w);
}

static void
a_port_that_was_taken_is_tried_again_with_the_catalogue(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	world_start(&w);
	w.st->rc[EFFECT_LISTEN] = 0;
	for (int i = 0; i < 2; i++) {
		slamd_start(w.s, w.st->now, stage_begin(w.st));
		stage_end(w.st);
	}
	stage_expect(w.st, "    0 ms  listen 10000\n");
	world_close(&w);
}

static void a_file_that_is_gone_has_no_port_and_may_come_again(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "initrd", FIVE);
	world_put(&w, "kernel", FIVE);
	world_start(&w);
	says(&w, 7, FIRST); /* under way */
	stage_wait(w.st, 0);
	stage_forget(w.st);
	images_gone(w.site.images, "kernel");
	slamd_start(w.s, w.st->now, stage_begin(w.st));
	stage_end(w.st);
	stage_expect(w.st, "    0 ms  close 10000\n");
	world_put(&w, "kernel", FIVE);
	slamd_start(w.s, w.st->now, stage_begin(w.st));
	stage_end(w.st);
	stage_expect(w.st, "    0 ms  listen 10000\n");
	world_close(&w);
}

static void nobody_is_asked_about_a_file_that_is_gone(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(10)); /* it was asked, and is silent */
	assert_int_equal(heard(&w, "STATUS"), 1);
	images_gone(w.site.images, "kernel");
	slamd_start(w.s, w.st->now, stage_begin(w.st));
	stage_end(w.st);
	stage_wait(w.st, SECONDS(5));
	stage_expect(w.st, "   10 ms  close 10000\n");
	assert_false(train_state(&w).is_running);
	world_close(&w);
}

/* The administrator prefers another file, which gets the port. */
static void a_train_speaks_from_its_files_port_alone(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "initrd", FIVE);
	world_put(&w, "kernel", FIVE);
	world_start(&w);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(10));
	stage_forget(w.st);
	assert_int_equal(images_prefer(w.site.images, "initrd"), 0);
	slamd_start(w.s, w.st->now, stage_begin(w.st));
	stage_end(w.st);
	stage_wait(w.st, SECONDS(5));
	assert_int_equal(heard(&w, "STATUS"), 0);
	w.st->me.port = images_find(w.site.images, "kernel", 6)->slam_port;
	assert_int_not_equal(w.st->me.port, 10000);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(4));
	assert_int_equal(heard(&w, "DATA"), 5);
	assert_int_equal(heard(&w, ":10000\n"), 0);
	world_close(&w);
}

static void group_ttl_and_link_are_the_administrators(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.slam.group = IP4(239, 1, 2, 3);
	w.settings.slam.ttl = 5;
	w.settings.slam.link = 2;
	world_start(&w);
	says(&w, 7, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(w.st->last_send.to.ip, IP4(239, 1, 2, 3));
	assert_int_equal(w.st->last_send.ttl, 5);
	assert_int_equal(w.st->last_send.link, 2);
	stage_wait(w.st, MILLISECONDS(7));
	assert_int_equal(w.st->last_send.to.ip, machine(7).ip);
	assert_int_equal(w.st->last_send.link, 2);
	world_close(&w);
}

static void machines_of_two_links_have_a_train_each(void **state)
{
	struct endpoint other = {IP4(10, 0, 1, 7), 10000};
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	says(&w, 7, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(w.st->last_send.link, 1);
	w.st->link = 2;
	stage_hear_from(w.st, other, "\x20\x21", 3);
	stage_wait(w.st, 0);
	assert_int_equal(w.st->last_send.link, 2);
	assert_int_equal(heard(&w, "DATA 0"), 2);
	/* Each hears the goodbyes of its own machines. */
	stage_hear_from(w.st, other, "", 1);
	assert_int_equal(slamd_stats(w.s)->left, 1);
	says(&w, 7, BYE);
	assert_int_equal(slamd_stats(w.s)->left, 1);
	w.st->link = 1;
	says(&w, 7, BYE);
	assert_int_equal(slamd_stats(w.s)->left, 2);
	/* A link that we do not serve has none. */
	w.st->link = 3;
	assert_int_equal(slamd_stats(w.s)->nacks, 2);
	says(&w, 8, FIRST);
	assert_int_equal(slamd_stats(w.s)->nacks, 2);
	world_close(&w);
}

/* ---- the departure ------------------------------------------------------ */

static void open_held(struct world *w, uint32_t hold)
{
	world_open(w);
	world_put(w, "kernel", FIVE);
	w->settings.slam.hold = hold;
	world_start(w);
	w->st->peer = machine(7);
	is_told(w, 99); /* so nobody is alone */
}

static void a_called_train_waits_for_those_who_come_with_the_first(void **state)
{
	struct world w;

	(void)state;
	open_held(&w, 100);
	says(&w, 7, FIRST FAST);
	says(&w, 7, FIRST FAST); /* once more is no news */
	stage_wait(w.st, MILLISECONDS(99));
	assert_true(train_state(&w).is_running);
	says(&w, 8, FIRST FAST); /* two wait twice as long, from here */
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(199));
	stage_expect(w.st, "");
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "DATA"), 5);
	world_close(&w);
}

/* How many milliseconds a called train waits before its first packet. */
static usec waits(uint64_t size, const char *call, bool has_another)
{
	struct world w;
	usec at;

	world_open(&w);
	world_put(&w, "kernel", size);
	w.settings.slam.hold = 200;
	world_start(&w);
	if (has_another)
		is_told(&w, 8);
	is_told(&w, 7); /* it is there then */
	says(&w, 7, call);
	while (!heard(&w, "DATA"))
		assert_true(stage_step(w.st));
	at = w.st->now;
	world_close(&w);
	return at / 1000;
}

/* So little may be sent again, and most often nobody else comes. */
static void who_is_alone_with_little_hardly_waits(void **state)
{
	(void)state;
	assert_int_equal(waits(FIVE, FIRST FAST, false), 25);
	assert_int_equal(waits(64 * 1451 - 1, FIRST FAST, false), 25);
	assert_int_equal(waits(64 * 1451 + 1, FIRST FAST, false), 200);
	assert_int_equal(waits(FIVE, FIRST, false), 200); /* a ROM */
	assert_int_equal(waits(FIVE, FIRST FAST, true), 200);
}

static void and_waits_as_ever_when_another_comes(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	w.settings.slam.hold = 200;
	world_start(&w);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(20));
	says(&w, 8, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(399));
	stage_expect(w.st, "");
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "DATA"), 5);
	world_close(&w);
}

static void who_repeats_itself_is_no_other(void **state)
{
	struct world w;

	(void)state;
	open_held(&w, 100);
	for (int i = 0; i < 10; i++) {
		says(&w, 7, FIRST FAST);
		stage_wait(w.st, MILLISECONDS(11));
	}
	assert_int_equal(heard(&w, "DATA"), 5);
	world_close(&w);
}

static void but_not_for_ever(void **state)
{
	struct world w;

	(void)state;
	open_held(&w, 10);
	for (uint32_t n = 7; n < 60; n++) {
		says(&w, n, FIRST FAST);
		stage_wait(w.st, MILLISECONDS(9));
		if (heard(&w, "DATA"))
			break;
	}
	assert_in_range(w.st->now, MILLISECONDS(250), MILLISECONDS(260));
	world_close(&w);
}

static void nor_longer_than_its_riders_have_patience(void **state)
{
	struct world w;

	(void)state;
	open_held(&w, 60000);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, SECONDS(30) - MILLISECONDS(1));
	stage_expect(w.st, "");
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "DATA"), 5);
	world_close(&w);

	open_held(&w, 60000);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, SECONDS(10));
	says(&w, 8, FIRST); /* iPXE */
	stage_wait(w.st, SECONDS(7) - MILLISECONDS(1));
	stage_expect(w.st, "");
	stage_wait(w.st, MILLISECONDS(2));
	assert_int_equal(heard(&w, "DATA 0"), 1);
	world_close(&w);
}

static void and_not_without_riders(void **state)
{
	struct world w;

	(void)state;
	open_held(&w, 100);
	says(&w, 7, FIRST);
	says(&w, 7, BYE);
	stage_wait(w.st, SECONDS(10));
	assert_false(train_state(&w).is_running);
	assert_false(stage_step(w.st));
	stage_expect(w.st, "");
	says(&w, 8, FIRST);
	stage_wait(w.st, SECONDS(1));
	assert_int_equal(heard(&w, "DATA"), 5);
	world_close(&w);
}

/* ---- the pace ----------------------------------------------------------- */

/* When DATA leave from now on, for `span`: the shortest time between two. */
static usec shortest_gap(struct world *w, usec span)
{
	usec until = w->st->now + span, last = -SECONDS(1), least = NEVER;
	unsigned sends = w->st->sends;

	while (w->st->now < until && stage_step(w->st)) {
		if (w->st->sends == sends)
			continue;
		if (w->st->sends > sends + 1)
			return 0;
		least = usec_min(least, w->st->now - last);
		last = w->st->now;
		sends = w->st->sends;
	}
	return least;
}

static void a_rom_gets_one_frame_a_millisecond(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 1000000);
	says(&w, 7, FIRST);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(100)), MILLISECONDS(1));
	assert_in_range(heard(&w, "DATA"), 99, 102);
	world_close(&w);
}

static void a_slow_file_does_not_make_roms_frames_come_closer(void **state)
{
	struct world w;
	usec last;

	(void)state;
	world_serve(&w, 1000000);
	w.st->holds[EFFECT_FETCH] = true;
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(50)); /* the disk sleeps */
	stage_settle(w.st, EFFECT_FETCH, 0);
	last = w.st->now;
	w.st->holds[EFFECT_FETCH] = false;
	assert_int_equal(shortest_gap(&w, MILLISECONDS(20)), MILLISECONDS(1));
	assert_int_equal(last, MILLISECONDS(50));
	world_close(&w);
}

static void a_low_ceiling_holds_for_roms_too(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 1000000);
	w.settings.slam.rate = 151700; /* 100 frames a second */
	world_start(&w);
	says(&w, 7, FIRST);
	assert_in_range(shortest_gap(&w, SECONDS(1)), 9900, 10100);
	world_close(&w);

	/* From the last packet to the first repair, too. */
	world_open(&w);
	world_put(&w, "kernel", 100);
	w.settings.slam.rate = 151700;
	world_start(&w);
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(3)); /* asked */
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(6));
	assert_int_equal(heard(&w, "DATA"), 1);
	world_close(&w);
}

static void even_a_ceiling_of_nothing_sends(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 1000000);
	w.settings.slam.rate = 0;
	world_start(&w);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, SECONDS(3600));
	assert_in_range(heard(&w, "DATA"), 1, 4);
	world_close(&w);
}

static void is_fast_when_every_rider_says_it_is(void **state)
{
	struct world w;
	unsigned first;

	(void)state;
	world_serve(&w, 50000000);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(90));
	/* A sixteenth of 125 MB/s in frames of 1517 bytes: 5149 a second. */
	first = heard(&w, "DATA");
	assert_in_range(first, 440, 500);
	/* A ROM boards. */
	says(&w, 8, FIRST);
	stage_wait(w.st, MILLISECONDS(90));
	assert_in_range(heard(&w, "DATA"), 85, 95);
	/* It leaves. */
	says(&w, 8, BYE);
	stage_wait(w.st, MILLISECONDS(90));
	assert_in_range(heard(&w, "DATA"), 400, 650);
	world_close(&w);
}

static void one_who_comes_again_without_the_mark_is_a_rom(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 50000000);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(50));
	stage_forget(w.st);
	says(&w, 7, FIRST); /* it was switched off and on */
	stage_wait(w.st, MILLISECONDS(50));
	assert_in_range(heard(&w, "DATA"), 45, 55);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(50));
	assert_in_range(heard(&w, "DATA"), 150, 400);
	world_close(&w);
}

static void the_same_gap_three_times_makes_it_three_milliseconds(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 1000000);
	for (int i = 0; i < 2; i++) {
		wants(&w, 7, 0, 100, false);
		stage_forget(w.st);
		assert_int_equal(shortest_gap(&w, MILLISECONDS(90)),
				 MILLISECONDS(1));
		stage_wait(w.st, MILLISECONDS(30)); /* asked, owes */
	}
	wants(&w, 7, 0, 100, false);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(290)), MILLISECONDS(3));
	/* The next run begins as ever. */
	says(&w, 7, BYE);
	stage_wait(w.st, SECONDS(10));
	assert_false(train_state(&w).is_running);
	wants(&w, 8, 0, 100, false);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(90)), MILLISECONDS(1));
	world_close(&w);
}

static void a_gap_that_a_fast_one_repeats_slows_no_rom(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 1000000);
	for (int i = 0; i < 5; i++) {
		wants(&w, 7, 0, 100, true);
		stage_wait(w.st, MILLISECONDS(70));
	}
	wants(&w, 8, 0, 100, false);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(90)), MILLISECONDS(1));
	world_close(&w);
}

static void other_gaps_each_time_do_not(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, 1000000);
	for (uint64_t i = 0; i < 6; i++) {
		wants(&w, 7, 10 * i, 90, false);
		assert_int_equal(shortest_gap(&w, MILLISECONDS(80)),
				 MILLISECONDS(1));
		stage_wait(w.st, MILLISECONDS(30));
	}
	world_close(&w);
}

static void a_machine_known_for_a_small_card_gets_three_at_once(void **state)
{
	struct made m;
	struct world w;
	uint32_t id;

	(void)state;
	world_serve(&w, 1000000);
	id = directory_next_id(w.site.directory);
	assert_int_equal(
		directory_apply(w.site.directory,
				entry_put(&m, id, ENTRY_MACHINES, 1,
					  "name=kim; ip_address=10.0.0.7; "
					  "rom_quirks=slow-slam")),
		0);
	says(&w, 7, FIRST FAST); /* its system has no such trouble */
	stage_wait(w.st, MILLISECONDS(50));
	assert_true(heard(&w, "DATA") > 200);
	says(&w, 8, FIRST);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(60)), MILLISECONDS(1));
	says(&w, 8, BYE);
	stage_wait(w.st, MILLISECONDS(5));
	says(&w, 7, FIRST);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(60)), MILLISECONDS(3));
	world_close(&w);

	world_serve(&w, 1000000);
	id = directory_next_id(w.site.directory);
	assert_int_equal(
		directory_apply(w.site.directory,
				entry_put(&m, id, ENTRY_MACHINES, 1,
					  "name=kim; ip_address=10.0.0.7; "
					  "rom_quirks=slow-slam")),
		0);
	says(&w, 8, FIRST);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(60)), MILLISECONDS(1));
	says(&w, 7, FIRST);
	assert_int_equal(shortest_gap(&w, MILLISECONDS(60)), MILLISECONDS(3));
	world_close(&w);
}

/* ---- adapting ----------------------------------------------------------- */

/* Machine 7, asked in mid-train, lacks `lost` of every 12 packets. */
static void fares(struct world *w, unsigned lost)
{
	uint64_t at = train_state(w).originals;
	uint8_t bytes[1500];
	struct wr to = wr_over(bytes, sizeof(bytes));
	uint64_t have = at > 2400 ? at - 2400 : 0;

	for (uint64_t i = have; i + 12 <= at && wr_room(&to) > 20; i += 12) {
		if (!lost)
			break;
		slam_int_put(&to, i == have ? have : 12 - lost);
		slam_int_put(&to, lost);
	}
	slam_int_put(&to, lost ? 12 - lost : at);
	slam_int_put(&to, 20000);
	wr_u8(&to, 0);
	slam_nack_fast_put(&to);
	stage_hear_from(w->st, machine(7), bytes, wr_len(&to));
}

static void asks_how_a_rider_fares_and_hastens(void **state)
{
	struct world w;
	uint64_t rate;

	(void)state;
	world_serve(&w, 500000000);
	w.st->peer = machine(7);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(99));
	assert_int_equal(heard(&w, "STATUS"), 0);
	stage_wait(w.st, MILLISECONDS(5));
	assert_int_equal(heard(&w, "STATUS"), 1);
	rate = train_state(&w).rate;
	fares(&w, 0);
	assert_int_equal(train_state(&w).rate, rate * 5 / 4);
	for (int i = 0; i < 30; i++) {
		stage_wait(w.st, MILLISECONDS(100));
		fares(&w, 0);
		stage_forget(w.st);
	}
	assert_int_equal(train_state(&w).rate, w.settings.slam.rate);
	world_close(&w);
}

static void slows_down_for_one_that_loses_a_sixth_and_says_so(void **state)
{
	struct world w;
	uint64_t rate;

	(void)state;
	world_serve(&w, 50000000);
	w.st->hides[EFFECT_SEND] = true;
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(105));
	rate = train_state(&w).rate;
	w.st->shows_notes = true;
	fares(&w, 6);
	assert_int_equal(train_state(&w).rate, rate * 3 / 4);
	stage_expect(w.st, "  105 ms  note train-slowed 239.255.1.1 5859375 "
			   "34459 \"kernel\"\n");
	/* Down to a floor, and there it is quiet. */
	for (int i = 0; i < 12; i++) {
		stage_wait(w.st, MILLISECONDS(200));
		fares(&w, 6);
	}
	assert_int_equal(train_state(&w).rate, 1000000);
	assert_in_range(heard(&w, "train-slowed"), 6, 8);
	world_close(&w);
}

static void a_little_loss_is_the_weather(void **state)
{
	struct world w;
	uint64_t rate;

	(void)state;
	world_serve(&w, 50000000);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(105));
	rate = train_state(&w).rate;
	fares(&w, 1); /* a twelfth */
	assert_int_equal(train_state(&w).rate, rate);
	stage_wait(w.st, MILLISECONDS(105));
	fares(&w, 3); /* a quarter is none */
	assert_int_equal(train_state(&w).rate, rate * 3 / 4);
	world_close(&w);
}

static void what_is_lost_anyway_slows_nobody(void **state)
{
	struct world w;
	uint64_t rate;

	(void)state;
	world_serve(&w, 500000000);
	says(&w, 7, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(105));
	rate = train_state(&w).rate;
	for (int i = 0; i < 12; i++) {
		fares(&w, 1);
		assert_int_equal(train_state(&w).rate, rate);
		stage_wait(w.st, MILLISECONDS(100));
	}
	for (int i = 0; i < 12; i++) {
		fares(&w, 1);
		stage_wait(w.st, MILLISECONDS(100));
		stage_forget(w.st);
	}
	assert_true(train_state(&w).rate > 2 * rate);
	world_close(&w);
}

static void one_who_boarded_late_did_not_lose_what_it_missed(void **state)
{
	struct world w;
	uint64_t rate, at;

	(void)state;
	world_serve(&w, 50000000);
	says(&w, 8, FIRST FAST);
	stage_wait(w.st, MILLISECONDS(90));
	at = train_state(&w).originals;
	wants(&w, 7, 0, 34460, true); /* nothing yet */
	says(&w, 8, BYE);
	rate = train_state(&w).rate;
	stage_wait(w.st, MILLISECONDS(100));
	assert_int_equal(w.st->last_send.to.ip, SLAM_GROUP);
	/* It has all since. */
	{
		uint8_t bytes[64];
		struct wr to = wr_over(bytes, sizeof(bytes));

		slam_int_put(&to, 0);
		slam_int_put(&to, at);
		slam_int_put(&to, train_state(&w).originals - at);
		slam_int_put(&to, 20000);
		wr_u8(&to, 0);
		slam_nack_fast_put(&to);
		stage_hear_from(w.st, machine(7), bytes, wr_len(&to));
	}
	assert_int_equal(train_state(&w).rate, rate * 5 / 4);
	world_close(&w);
}

/* ---- its end ------------------------------------------------------------ */

static void a_replaced_file_ends_the_train_and_riders_begin_anew(void **state)
{
	struct slam_packet old, new;
	struct world w;
	struct rd r;

	(void)state;
	world_serve(&w, FIVE);
	w.st->shows_notes = true;
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(1));
	r = rd_over(w.st->last, w.st->last_len);
	assert_true(slam_packet_get_with(&old, &r, false, 1451));
	world_put(&w, "kernel", FIVE);
	says(&w, 8, FIRST); /* knows no better than the train */
	assert_int_equal(train_state(&w).riders, 2);
	stage_wait(w.st, MILLISECONDS(1));
	assert_int_equal(w.st->last_send.body.version, 1);
	w.st->rc[EFFECT_FETCH] = -ESTALE;
	stage_wait(w.st, MILLISECONDS(1));
	w.st->rc[EFFECT_FETCH] = 0;
	assert_false(train_state(&w).is_running);
	assert_int_equal(train_state(&w).riders, 0);
	assert_null(strstr(stage_said(w.st), "file-missing"));
	assert_int_equal(heard(&w, "train-done"), 0);
	/* What it lacks of the old one. */
	wants(&w, 7, 2, 3, false);
	stage_wait(w.st, 0);
	r = rd_over(w.st->last, w.st->last_len);
	assert_true(slam_packet_get_with(&new, &r, false, 1451));
	assert_int_equal(new.packet, 2);
	assert_int_not_equal(new.header.transaction, old.header.transaction);
	world_close(&w);
}

static void the_same_file_has_the_same_name_after_a_restart(void **state)
{
	struct slam_packet p[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world w;
		struct rd r;

		world_serve(&w, FIVE);
		says(&w, 7, FIRST);
		stage_wait(w.st, 0);
		r = rd_over(w.st->last, w.st->last_len);
		assert_true(slam_packet_get_with(&p[i], &r, false, 1451));
		world_close(&w);
	}
	assert_int_equal(p[0].header.transaction, p[1].header.transaction);
}

static void
a_file_that_cannot_be_read_is_said_and_not_tried_at_once(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	w.st->shows_notes = true;
	w.st->rc[EFFECT_FETCH] = -EIO;
	for (int i = 0; i < 9; i++) {
		says(&w, 7, FIRST);
		stage_wait(w.st, MILLISECONDS(100));
	}
	assert_int_equal(heard(&w, "file-missing 239.255.1.1 5 5 \"kernel\""),
			 1);
	w.st->rc[EFFECT_FETCH] = 0;
	stage_wait(w.st, MILLISECONDS(100));
	says(&w, 7, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "DATA 0"), 1);
	world_close(&w);
}

static void a_busy_reader_delays_the_train_and_loses_nobody(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	says(&w, 7, FIRST);
	w.st->rc[EFFECT_FETCH] = -EAGAIN;
	stage_wait(w.st, MILLISECONDS(95));
	w.st->rc[EFFECT_FETCH] = 0;
	stage_wait(w.st, MILLISECONDS(10));
	assert_int_equal(train_state(&w).riders, 1);
	assert_int_equal(heard(&w, "DATA"), 5);
	world_close(&w);
}

static void tells_its_departure_its_progress_and_its_end(void **state)
{
	struct world w;

	(void)state;
	world_serve(&w, FIVE);
	w.st->hides[EFFECT_SEND] = true;
	w.st->shows_notes = true;
	says(&w, 7, FIRST);
	stage_wait(w.st, MILLISECONDS(5));
	says(&w, 7, BYE);
	stage_wait(w.st, MILLISECONDS(5));
	stage_expect(
		w.st,
		"    0 ms  note train-departed 239.255.1.1 5 10000 \"kernel\"\n"
		"    7 ms  note train-done 239.255.1.1 5 5 \"kernel\"\n");
	world_close(&w);
}

static void when_all_trains_are_under_way_another_file_waits(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	uint16_t ports[5];
	struct world w;

	(void)state;
	world_open(&w);
	for (int i = 0; i < 5; i++) {
		world_put(&w, names[i], FIVE);
		ports[i] = w.port;
	}
	world_start(&w);
	for (uint32_t i = 0; i < 5; i++) {
		w.st->me.port = ports[i];
		says(&w, 7 + i, FIRST);
	}
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "DATA 0"), 4);
	assert_int_equal(slamd_stats(w.s)->refused, 1);
	w.st->me.port = ports[1];
	says(&w, 8, BYE);
	stage_wait(w.st, MILLISECONDS(10));
	stage_forget(w.st);
	w.st->me.port = ports[4];
	says(&w, 11, FIRST);
	stage_wait(w.st, 0);
	assert_int_equal(heard(&w, "DATA 0"), 1);
	world_close(&w);
}

static void a_goodbye_or_nonsense_takes_no_ones_place(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	struct slamd_train t;
	struct world w;
	uint32_t at = 0;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", FIVE);
	for (int i = 0; i < 5; i++)
		world_put(&w, names[i], FIVE);
	world_start(&w);
	says(&w, 7, BYE);
	says(&w, 7, "0500");
	says(&w, 7, "");
	assert_false(slamd_next_train(w.s, &at, &t));
	world_close(&w);
}

static void without_memory_there_is_none_and_nothing_is_kept(void **state)
{
	struct purse purse;
	struct world w;
	struct slamd *s;
	long left;
	int rc = -ENOMEM;

	(void)state;
	world_serve(&w, FIVE);
	for (left = 0; rc; left++) {
		purse_open(&purse);
		purse.left = left;
		rc = slamd_open(&s, &w.site, &purse.alloc, 1);
		if (!rc)
			slamd_close(s, &purse.alloc);
		else
			assert_int_equal(rc, -ENOMEM);
		assert_int_equal(purse.out, 0);
	}
	assert_int_equal(left, 9);
	world_close(&w);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(sends_the_whole_file_after_the_first_request),
		T(every_run_counts_its_originals),
		T(reads_the_file_where_the_packets_are),
		T(no_block_size_divides_the_file),
		T(headers_leave_room_for_etherboots_padding),
		T(the_longest_file_that_1451_divides_has_room),
		T(an_empty_file_has_no_port),
		T(each_file_has_its_own_port_and_train),
		T(listens_for_every_file_however_many_there_are),
		T(a_port_that_was_taken_is_tried_again_with_the_catalogue),
		T(a_file_that_is_gone_has_no_port_and_may_come_again),
		T(nobody_is_asked_about_a_file_that_is_gone),
		T(a_train_speaks_from_its_files_port_alone),
		T(group_ttl_and_link_are_the_administrators),
		T(machines_of_two_links_have_a_train_each),
		T(a_called_train_waits_for_those_who_come_with_the_first),
		T(who_is_alone_with_little_hardly_waits),
		T(and_waits_as_ever_when_another_comes),
		T(who_repeats_itself_is_no_other),
		T(but_not_for_ever),
		T(nor_longer_than_its_riders_have_patience),
		T(and_not_without_riders),
		T(a_rom_gets_one_frame_a_millisecond),
		T(a_slow_file_does_not_make_roms_frames_come_closer),
		T(a_low_ceiling_holds_for_roms_too),
		T(even_a_ceiling_of_nothing_sends),
		T(is_fast_when_every_rider_says_it_is),
		T(one_who_comes_again_without_the_mark_is_a_rom),
		T(the_same_gap_three_times_makes_it_three_milliseconds),
		T(a_gap_that_a_fast_one_repeats_slows_no_rom),
		T(other_gaps_each_time_do_not),
		T(a_machine_known_for_a_small_card_gets_three_at_once),
		T(asks_how_a_rider_fares_and_hastens),
		T(what_is_lost_anyway_slows_nobody),
		T(slows_down_for_one_that_loses_a_sixth_and_says_so),
		T(a_little_loss_is_the_weather),
		T(one_who_boarded_late_did_not_lose_what_it_missed),
		T(a_replaced_file_ends_the_train_and_riders_begin_anew),
		T(the_same_file_has_the_same_name_after_a_restart),
		T(a_file_that_cannot_be_read_is_said_and_not_tried_at_once),
		T(a_busy_reader_delays_the_train_and_loses_nobody),
		T(tells_its_departure_its_progress_and_its_end),
		T(when_all_trains_are_under_way_another_file_waits),
		T(a_goodbye_or_nonsense_takes_no_ones_place),
		T(without_memory_there_is_none_and_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
