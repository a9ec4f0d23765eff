/*
 * A machine that rides a train, heard from outside: what it says to servers
 * that are quick, silent, mute, replaced or not its own.
 */
#include "engine/slamc.h"
#include "purse.h"
#include "stage/stage.h"
#include "wire/slam.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)

enum { BLOCK = 100 };

static const struct endpoint REQUESTS_TO = {SERVER, 10000};
static const struct endpoint GROUP = {SLAM_GROUP, 10000};
/* Five packets, the last of 50 bytes. */
static const struct slam_header FILE_A = {7, 450, BLOCK};
static const struct slam_header FILE_B = {8, 250, BLOCK};

struct scene {
	struct stage *st;
	struct loadc *c;
	struct url url;
	uint16_t own;
	uint8_t kept[1024];
};

static void open_scene(struct scene *s, struct loadc_config config)
{
	*s = (struct scene){
		.st = stage_open(),
		.url = {.server = SERVER, .port = 10000, .group = GROUP}};
	if (!config.size_max)
		config.size_max = SLAM_SIZE_MAX;
	assert_int_equal(slamc_open(&s->c, &config, &stage_alloc), 0);
	stage_engine(s->st, &s->c->engine);
	s->st->peer = REQUESTS_TO;
	s->st->keep_to = s->kept;
	s->st->keep_room = sizeof(s->kept);
}

static void start(struct scene *s, uint32_t file)
{
	loadc_start(s->c, s->st->now, &s->url, file, stage_begin(s->st));
	stage_end(s->st);
	s->own = s->st->last_port;
}

/* Has just begun to listen. */
static void listens(struct scene *s)
{
	open_scene(s, (struct loadc_config){.seed = 7});
	start(s, 0);
	stage_forget(s->st);
}

/* Has asked for the file. */
static void asks(struct scene *s)
{
	listens(s);
	stage_wait(s->st, MILLISECONDS(60));
	assert_int_equal(s->st->sends, 1);
	stage_forget(s->st);
}

static void close_scene(struct scene *s)
{
	loadc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

static uint8_t byte_of(uint64_t packet, size_t at)
{
	return (uint8_t)(packet * 31 + at);
}

/* Packet number i as it comes from `from`, `more` bytes too long. */
static void data_of(struct scene *s, struct endpoint from,
		    const struct slam_header *h, uint64_t i, int more)
{
	uint8_t bytes[2048];
	struct wr w = wr_over(bytes, sizeof(bytes));
	size_t len = slam_packet_len(h, i) + (size_t)more;

	slam_data_head_put(h, i, &w);
	for (size_t at = 0; at < len; at++)
		wr_u8(&w, byte_of(i, at));
	s->st->me = GROUP;
	stage_hear_from(s->st, from, bytes, wr_len(&w));
}

static void data(struct scene *s, uint64_t i)
{
	data_of(s, REQUESTS_TO, &FILE_A, i, 0);
}

static void asked(struct scene *s, const struct slam_header *h)
{
	uint8_t bytes[SLAM_HEADER_MAX];
	struct wr w = wr_over(bytes, sizeof(bytes));

	slam_header_put(h, &w);
	s->st->me = (struct endpoint){0, s->own};
	stage_hear(s->st, bytes, wr_len(&w));
}

static enum loadc_state state_of(const struct scene *s)
{
	return s->c->progress.state;
}

/* ---- the usual way ------------------------------------------------------ */

static void loads_a_file_and_says_goodbye(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7});
	start(&s, 3);
	stage_wait(s.st, MILLISECONDS(60));
	for (uint64_t i = 0; i < 5; i++)
		data(&s, i);
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_false(stage_step(s.st));
	stage_expect(s.st, "    0 ms  listen 10000\n"
			   "    0 ms  join 239.255.1.1:10000\n"
			   "    0 ms  listen a port\n"
			   "   24 ms  NACK 0+1\n"
			   "   60 ms  keep 3 @0 +100\n"
			   "   60 ms  keep 3 @100 +100\n"
			   "   60 ms  keep 3 @200 +100\n"
			   "   60 ms  keep 3 @300 +100\n"
			   "   60 ms  keep 3 @400 +50\n"
			   "   60 ms  BYE\n"
			   "   60 ms  leave 239.255.1.1:10000\n"
			   "   60 ms  close 10000\n"
			   "   60 ms  close a port\n");
	close_scene(&s);
}

static void puts_every_packet_in_its_place(void **state)
{
	static const uint64_t order[] = {4, 1, 3, 3, 0, 1, 2};
	struct loadc_progress p;
	struct scene s;

	(void)state;
	asks(&s);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		data(&s, order[i]);
	for (size_t at = 0; at < 450; at++)
		assert_int_equal(s.kept[at], byte_of(at / BLOCK, at % BLOCK));
	p = s.c->progress;
	assert_int_equal(p.state, LOADC_DONE);
	assert_int_equal(p.size, 450);
	assert_int_equal(p.have, 450);
	assert_int_equal(p.packets_heard, 7);
	assert_int_equal(p.packets_new, 5);
	assert_int_equal(p.requests, 1);
	close_scene(&s);
}

static void takes_contents_by_reference(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	for (uint64_t i = 0; i < 5; i++) {
		uint8_t bytes[32];
		struct wr w = wr_over(bytes, sizeof(bytes));
		struct ref body = {.image = 1, .offset = i * BLOCK};

		body.len = slam_packet_len(&FILE_A, i);
		slam_data_head_put(&FILE_A, i, &w);
		s.st->me = GROUP;
		stage_hear_ref(s.st, bytes, wr_len(&w), &body);
	}
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_int_equal(s.st->kept, 450);
	close_scene(&s);
}

static void loads_one_file_after_the_other(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	for (uint64_t i = 0; i < 5; i++)
		data(&s, i);
	stage_forget(s.st);
	start(&s, 1);
	stage_wait(s.st, MILLISECONDS(70));
	for (uint64_t i = 0; i < 3; i++)
		data_of(&s, REQUESTS_TO, &FILE_B, i, 0);
	stage_expect(s.st, "   60 ms  listen 10000\n"
			   "   60 ms  join 239.255.1.1:10000\n"
			   "   60 ms  listen a port\n"
			   "   88 ms  NACK 0+1\n"
			   "  130 ms  keep 1 @0 +100\n"
			   "  130 ms  keep 1 @100 +100\n"
			   "  130 ms  keep 1 @200 +50\n"
			   "  130 ms  BYE\n"
			   "  130 ms  leave 239.255.1.1:10000\n"
			   "  130 ms  close 10000\n"
			   "  130 ms  close a port\n");
	close_scene(&s);
}

/* ---- what it says, and when --------------------------------------------- */

static void a_passenger_who_got_all_never_says_a_word(void **state)
{
	struct scene s;

	(void)state;
	listens(&s);
	s.st->hides[EFFECT_KEEP] = true;
	for (uint64_t i = 0; i < 5; i++) {
		stage_wait(s.st, MILLISECONDS(1));
		data(&s, i);
	}
	stage_expect(s.st, "    5 ms  leave 239.255.1.1:10000\n"
			   "    5 ms  close 10000\n"
			   "    5 ms  close a port\n");
	close_scene(&s);
}

static void a_late_one_boards_the_running_train_with_its_gaps(void **state)
{
	struct scene s;

	(void)state;
	listens(&s);
	s.st->hides[EFFECT_KEEP] = true;
	stage_wait(s.st, MILLISECONDS(10));
	for (int i = 0; i < 20; i++) { /* a slow train: others' repairs */
		data(&s, 2);
		stage_wait(s.st, MILLISECONDS(50));
	}
	stage_expect(s.st, "  290 ms  NACK 0+2 3+2\n");
	close_scene(&s);
}

static void answers_when_asked_with_all_its_gaps(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	s.st->hides[EFFECT_KEEP] = true;
	data(&s, 1);
	data(&s, 3);
	asked(&s, &FILE_A);
	stage_wait(s.st, MILLISECONDS(200));
	asked(&s, &FILE_A);
	stage_expect(s.st, "   60 ms  NACK 0+1 2+1 4+1\n"
			   "  260 ms  NACK 0+1 2+1 4+1\n");
	close_scene(&s);
}

static void what_it_has_behind_the_last_gap_is_said_too(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	for (uint64_t i = 1; i < 5; i++)
		data(&s, i);
	asked(&s, &FILE_A);
	/* Or it would read like a first request, for the whole file. */
	assert_int_equal(s.st->last_len, 8);
	assert_memory_equal(s.st->last, "\x20\x21\x24\0mstr", 8);
	close_scene(&s);
}

static void one_who_was_asked_need_not_board(void **state)
{
	struct scene s;

	(void)state;
	listens(&s);
	s.st->hides[EFFECT_KEEP] = true;
	data(&s, 1);
	asked(&s, &FILE_A);
	for (int i = 0; i < 20; i++) {
		data(&s, 2);
		stage_wait(s.st, MILLISECONDS(50));
	}
	stage_expect(s.st, "    0 ms  NACK 0+1 2+3\n");
	close_scene(&s);
}

static void one_who_is_asked_before_any_packet_asks_for_the_file(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	asked(&s, &FILE_A);
	stage_expect(s.st, "   60 ms  NACK 0+5\n");
	assert_int_equal(s.c->progress.size, 450);
	close_scene(&s);
}

/* It was stopped, or had no processor: then it has not listened. */
static void who_did_not_listen_asks_before_it_gives_up(void **state)
{
	struct scene s;

	(void)state;
	listens(&s);
	s.st->now += SECONDS(90);
	stage_wait(s.st, 0);
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(20));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	close_scene(&s);
}

static void speaks_ever_more_seldom_into_silence_and_gives_up(void **state)
{
	struct scene s;

	(void)state;
	listens(&s);
	stage_wait(s.st, SECONDS(100));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_string_equal(s.c->progress.why, "the server is silent");
	stage_expect(s.st, "   24 ms  NACK 0+1\n"
			   "  804 ms  NACK 0+1\n"
			   " 2435 ms  NACK 0+1\n"
			   " 6113 ms  NACK 0+1\n"
			   "10657 ms  NACK 0+1\n"
			   "19554 ms  NACK 0+1\n"
			   "33065 ms  NACK 0+1\n"
			   "48964 ms  NACK 0+1\n"
			   "60000 ms  leave 239.255.1.1:10000\n"
			   "60000 ms  close 10000\n"
			   "60000 ms  close a port\n");
	close_scene(&s);
}

static void a_packet_makes_it_patient_again(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	s.st->hides[EFFECT_KEEP] = true;
	stage_wait(s.st, SECONDS(20)); /* ever longer silence */
	stage_forget(s.st);
	data(&s, 0);
	stage_wait(s.st, MILLISECONDS(249));
	stage_expect(s.st, "");
	stage_wait(s.st, MILLISECONDS(251));
	assert_non_null(strstr(stage_said(s.st), "NACK 1+4\n"));
	stage_wait(s.st, SECONDS(59));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(1));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	close_scene(&s);
}

/* It can ask another server.  But before the first packet the train may only be
 * waiting for others. */
static void a_server_that_lives_is_waited_for_as_long_as_it_needs(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7,
					     .patience = LOADC_PATIENCE});
	start(&s, 0);
	s.st->hides[EFFECT_KEEP] = true;
	stage_wait(s.st, SECONDS(31));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	data(&s, 0);
	stage_wait(s.st, SECONDS(9));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	asked(&s, &FILE_A); /* it lives */
	stage_wait(s.st, SECONDS(9));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	data(&s, 1);
	/* Four times what it took for its slowest word, nine seconds. */
	stage_wait(s.st, SECONDS(35));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(4));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	close_scene(&s);
}

static void one_that_dies_is_left_10_s_after_its_last_packet(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct scene s;
		usec from;

		open_scene(&s,
			   (struct loadc_config){.seed = seed,
						 .patience = LOADC_PATIENCE});
		start(&s, 0);
		s.st->hides[EFFECT_KEEP] = true;
		data(&s, 0);
		from = s.st->now;
		stage_wait(s.st, MILLISECONDS(9999));
		assert_int_equal(state_of(&s), LOADC_LOADING);
		while (state_of(&s) == LOADC_LOADING)
			assert_true(stage_step(s.st));
		/* What it asked last has three seconds. */
		assert_in_range(s.st->now - from, SECONDS(10), SECONDS(13));
		close_scene(&s);
	}
}

static void boarding_and_silence_together_are_one_request(void **state)
{
	(void)state;
	/* It hears one packet, so it will board; then there is silence. */
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct scene s;

		open_scene(&s, (struct loadc_config){.seed = seed});
		start(&s, 0);
		data(&s, 0);
		stage_wait(s.st, MILLISECONDS(500));
		assert_true(s.st->sends >= 1 && s.st->sends <= 2);
		close_scene(&s);
	}
}

static void so_they_are_if_it_was_held_up(void **state)
{
	struct scene s;

	(void)state;
	listens(&s);
	data(&s, 0);
	s.st->now += SECONDS(1); /* the machine was busy */
	stage_wait(s.st, 0);
	assert_int_equal(s.st->sends, 1);
	close_scene(&s);
}

static void a_question_makes_it_patient_again(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	stage_wait(s.st, SECONDS(20));
	asked(&s, &FILE_A);
	stage_forget(s.st);
	stage_wait(s.st, MILLISECONDS(500));
	assert_non_null(strstr(stage_said(s.st), "NACK 0+5\n"));
	close_scene(&s);
}

static void every_request_says_that_it_is_fast(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	assert_int_equal(s.st->last_len, 7);
	assert_memory_equal(s.st->last, "\x20\x21\0mstr", 7);
	data(&s, 2);
	asked(&s, &FILE_A);
	assert_memory_equal(s.st->last, "\x20\x22\x21\x22\0mstr", 9);
	assert_int_equal(s.st->last_send.from.port, s.own);
	assert_true(endpoint_is(s.st->last_send.to, REQUESTS_TO));
	close_scene(&s);
}

static void a_list_too_long_for_a_datagram_is_cut(void **state)
{
	struct slam_header h = {7, 99999, 10};
	struct slam_runs runs;
	struct slam_run run;
	struct scene s;
	unsigned n = 0;

	(void)state;
	asks(&s);
	s.st->keep_to = NULL;
	s.st->hides[EFFECT_KEEP] = true;
	for (uint64_t i = 0; i < 10000; i += 2)
		data_of(&s, REQUESTS_TO, &h, i, 0);
	asked(&s, &h);
	assert_true(s.st->last_len > 1460);
	assert_true(s.st->last_len <= SLAM_PAYLOAD_MAX);
	assert_true(slam_nack_is_fast(rd_over(s.st->last, s.st->last_len)));
	runs = slam_runs_over(rd_over(s.st->last, s.st->last_len));
	while (slam_runs_next(&runs, 10000, &run)) {
		assert_int_equal(run.first, 2 * n + 1);
		assert_int_equal(run.n, 1);
		n++;
	}
	assert_true(n > 700);
	close_scene(&s);
}

static void a_list_stays_within_the_room_that_is_left(void **state)
{
	struct scene s;
	struct effects *fx;
	struct dgram d = {.from = REQUESTS_TO};
	uint8_t bytes[SLAM_HEADER_MAX];
	struct slam_header h = {7, 99999, 10};
	struct wr w = wr_over(bytes, sizeof(bytes));

	(void)state;
	asks(&s);
	s.st->keep_to = NULL;
	for (uint64_t i = 0; i < 10000; i += 2)
		data_of(&s, REQUESTS_TO, &h, i, 0);
	stage_forget(s.st);
	slam_header_put(&h, &w);
	d.to.port = s.own;
	d.bytes = bytes;
	d.len = wr_len(&w);
	fx = stage_begin(s.st);
	fx->used = fx->room - 100;
	s.st->engine->input(s.st->engine, s.st->now, &d, fx);
	assert_int_equal(fx->n, 1);
	assert_in_range(fx->v[0].send.head_len, 90, 100);
	stage_end(s.st);
	close_scene(&s);
}

/* ---- what it does not believe ------------------------------------------- */

static void packets_that_are_none_of_its_own_count_for_nothing(void **state)
{
	struct endpoint stranger = {IP4(10, 0, 0, 66), 10000};
	struct scene s;

	(void)state;
	asks(&s);
	data_of(&s, stranger, &FILE_A, 0, 0);
	data_of(&s, REQUESTS_TO, &FILE_A, 0, 1);
	data_of(&s, REQUESTS_TO, &FILE_A, 0, -1);
	data_of(&s, REQUESTS_TO, &FILE_A, 4, 50);
	STAGE_HEAR(s.st, "");
	STAGE_HEAR(s.st, "\0");
	stage_expect(s.st, "");
	assert_int_equal(s.c->progress.packets_heard, 0);
	assert_int_equal(s.c->progress.size, 0);
	/* From another port of the server they do. */
	data_of(&s, (struct endpoint){SERVER, 33333}, &FILE_A, 0, 0);
	stage_expect(s.st, "   60 ms  keep 0 @0 +100\n");
	close_scene(&s);
}

static void another_file_on_the_group_does_not_disturb(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	for (uint64_t i = 0; i < 4; i++) {
		data(&s, i);
		data_of(&s, REQUESTS_TO, &FILE_B, i % 3, 0);
		asked(&s, &FILE_B);
		stage_wait(s.st, MILLISECONDS(200));
	}
	data(&s, 4);
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_int_equal(s.c->progress.size, 450);
	close_scene(&s);
}

static void a_replaced_file_begins_anew_and_is_boarded_anew(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	s.st->hides[EFFECT_KEEP] = true;
	data(&s, 0);
	data(&s, 1);
	stage_wait(s.st, MILLISECONDS(1100));
	stage_forget(s.st);
	for (int i = 0; i < 12; i++) {
		data_of(&s, REQUESTS_TO, &FILE_B, 1, 0);
		stage_wait(s.st, MILLISECONDS(50));
	}
	stage_expect(s.st, " 1655 ms  NACK 0+1 2+1\n");
	assert_int_equal(s.c->progress.size, 250);
	assert_int_equal(s.c->progress.have, 100);
	data_of(&s, REQUESTS_TO, &FILE_B, 0, 0);
	data_of(&s, REQUESTS_TO, &FILE_B, 2, 0);
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

static void a_file_that_is_too_large_fails_at_once(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7, .size_max = 449});
	start(&s, 0);
	stage_forget(s.st);
	data(&s, 0);
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -EFBIG);
	assert_int_equal(s.st->kept, 0);
	stage_expect(s.st, "    0 ms  leave 239.255.1.1:10000\n"
			   "    0 ms  close 10000\n"
			   "    0 ms  close a port\n");
	close_scene(&s);
}

static void so_does_one_in_more_packets_than_memory_was_taken_for(void **state)
{
	struct slam_header h = {7, 4000000, 1};
	struct scene s;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7, .size_max = 4000000});
	start(&s, 0);
	data_of(&s, REQUESTS_TO, &h, 3999999, 0);
	assert_int_equal(s.c->progress.rc, -EFBIG);
	close_scene(&s);
}

/* ---- sockets ------------------------------------------------------------ */

static void another_own_port_is_tried_if_the_first_is_taken(void **state)
{
	struct scene s;
	uint16_t first;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7});
	s.st->holds[EFFECT_LISTEN] = true;
	start(&s, 0);
	first = s.own;
	stage_settle(s.st, EFFECT_LISTEN, 0); /* the group's */
	stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	assert_int_not_equal(s.st->last_port, first);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(5));
	stage_expect(s.st, ""); /* nobody could answer */
	stage_settle(s.st, EFFECT_LISTEN, 0);
	stage_wait(s.st, MILLISECONDS(60));
	assert_non_null(strstr(stage_said(s.st), "NACK 0+1\n"));
	assert_int_equal(s.st->last_send.from.port, s.st->last_port);
	close_scene(&s);
}

static void but_not_for_ever(void **state)
{
	struct scene s;
	unsigned tries = 0;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7});
	s.st->holds[EFFECT_LISTEN] = true;
	start(&s, 0);
	stage_settle(s.st, EFFECT_LISTEN, 0);
	while (stage_held(s.st, EFFECT_LISTEN) && ++tries < 100)
		stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	assert_int_equal(tries, 8);
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -EADDRINUSE);
	assert_string_equal(s.c->progress.why, "there is no port for requests");
	close_scene(&s);
}

static void its_own_port_is_never_the_groups(void **state)
{
	struct scene s;
	uint16_t first;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7});
	start(&s, 0);
	first = s.own;
	close_scene(&s);
	open_scene(&s, (struct loadc_config){.seed = 7});
	s.url.group.port = first; /* what it would have taken */
	start(&s, 0);
	assert_int_not_equal(s.own, first);
	close_scene(&s);
}

static void what_cannot_be_opened_is_said(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, (struct loadc_config){.seed = 7});
	s.st->rc[EFFECT_JOIN] = -ENODEV;
	start(&s, 0);
	assert_int_equal(s.c->progress.rc, -ENODEV);
	assert_string_equal(s.c->progress.why, "the group cannot be joined");
	assert_false(stage_step(s.st));
	close_scene(&s);

	open_scene(&s, (struct loadc_config){.seed = 7});
	s.st->holds[EFFECT_LISTEN] = true;
	start(&s, 0);
	stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	assert_int_equal(s.c->progress.rc, -EADDRINUSE);
	assert_string_equal(s.c->progress.why, "the group's port is taken");
	stage_settle(s.st, EFFECT_LISTEN, 0);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void one_who_stops_says_goodbye_if_anybody_knows_it(void **state)
{
	struct scene s;

	(void)state;
	asks(&s);
	loadc_stop(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	loadc_stop(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	stage_expect(s.st, "   60 ms  BYE\n"
			   "   60 ms  leave 239.255.1.1:10000\n"
			   "   60 ms  close 10000\n"
			   "   60 ms  close a port\n");
	assert_int_equal(state_of(&s), LOADC_IDLE);
	close_scene(&s);

	listens(&s);
	loadc_stop(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	stage_expect(s.st, "    0 ms  leave 239.255.1.1:10000\n"
			   "    0 ms  close 10000\n"
			   "    0 ms  close a port\n");
	close_scene(&s);
}

static void claims_what_comes_to_its_two_ports_while_it_loads(void **state)
{
	struct scene s;
	struct dgram d = {.kind = DGRAM_UDP, .to = GROUP};

	(void)state;
	listens(&s);
	assert_true(loadc_claims(s.c, &d));
	d.to.port = s.own;
	assert_true(loadc_claims(s.c, &d));
	d.kind = DGRAM_FRAME;
	assert_false(loadc_claims(s.c, &d));
	d.kind = DGRAM_UDP;
	d.to.port = 69;
	assert_false(loadc_claims(s.c, &d));
	for (uint64_t i = 0; i < 5; i++)
		data(&s, i);
	d.to = GROUP;
	assert_false(loadc_claims(s.c, &d));
	close_scene(&s);
}

static void without_memory_there_is_none_and_nothing_is_kept(void **state)
{
	struct loadc_config config = {.size_max = 1 << 20};
	struct purse purse;
	struct loadc *c;

	(void)state;
	for (long left = 0; left < 3; left++) {
		purse_open(&purse);
		purse.left = left;
		assert_int_equal(slamc_open(&c, &config, &purse.alloc),
				 left < 2 ? -ENOMEM : 0);
		if (left == 2)
			loadc_close(c, &purse.alloc);
		assert_int_equal(purse.out, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_a_file_and_says_goodbye),
		cmocka_unit_test(puts_every_packet_in_its_place),
		cmocka_unit_test(takes_contents_by_reference),
		cmocka_unit_test(loads_one_file_after_the_other),
		cmocka_unit_test(a_passenger_who_got_all_never_says_a_word),
		cmocka_unit_test(
			a_late_one_boards_the_running_train_with_its_gaps),
		cmocka_unit_test(answers_when_asked_with_all_its_gaps),
		cmocka_unit_test(what_it_has_behind_the_last_gap_is_said_too),
		cmocka_unit_test(one_who_was_asked_need_not_board),
		cmocka_unit_test(
			one_who_is_asked_before_any_packet_asks_for_the_file),
		cmocka_unit_test(who_did_not_listen_asks_before_it_gives_up),
		cmocka_unit_test(
			speaks_ever_more_seldom_into_silence_and_gives_up),
		cmocka_unit_test(a_packet_makes_it_patient_again),
		cmocka_unit_test(
			a_server_that_lives_is_waited_for_as_long_as_it_needs),
		cmocka_unit_test(
			one_that_dies_is_left_10_s_after_its_last_packet),
		cmocka_unit_test(boarding_and_silence_together_are_one_request),
		cmocka_unit_test(so_they_are_if_it_was_held_up),
		cmocka_unit_test(a_question_makes_it_patient_again),
		cmocka_unit_test(every_request_says_that_it_is_fast),
		cmocka_unit_test(a_list_too_long_for_a_datagram_is_cut),
		cmocka_unit_test(a_list_stays_within_the_room_that_is_left),
		cmocka_unit_test(
			packets_that_are_none_of_its_own_count_for_nothing),
		cmocka_unit_test(another_file_on_the_group_does_not_disturb),
		cmocka_unit_test(
			a_replaced_file_begins_anew_and_is_boarded_anew),
		cmocka_unit_test(a_file_that_is_too_large_fails_at_once),
		cmocka_unit_test(
			so_does_one_in_more_packets_than_memory_was_taken_for),
		cmocka_unit_test(
			another_own_port_is_tried_if_the_first_is_taken),
		cmocka_unit_test(but_not_for_ever),
		cmocka_unit_test(its_own_port_is_never_the_groups),
		cmocka_unit_test(what_cannot_be_opened_is_said),
		cmocka_unit_test(
			one_who_stops_says_goodbye_if_anybody_knows_it),
		cmocka_unit_test(
			claims_what_comes_to_its_two_ports_while_it_loads),
		cmocka_unit_test(
			without_memory_there_is_none_and_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
