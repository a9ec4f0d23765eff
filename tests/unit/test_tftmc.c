/*
 * The multicast TFTP client, heard from outside: as slave and master, with
 * servers that know its gaps, with those that know RFC 2090 alone, and with
 * those that know neither.
 */
#include "engine/effects.h"
#include "engine/tftmc.h"
#include "stage/stage.h"
#include "wire/tftp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)

static const struct endpoint REQUESTS_TO = {SERVER, 1758};
static const struct endpoint TRAIN = {SERVER, 40000};
static const struct endpoint GROUP = {IP4(239, 255, 7, 0), 1758};

/* Ten blocks of 1024, as T6 has them; the last of 1023. */
enum { TEN = 10 * 1024 - 1 };

struct scene {
	struct stage *st;
	struct loadc *c;
	struct url url;
	uint16_t own; /* its port */
};

static struct scene open_scene_with(struct loadc_config config)
{
	struct scene s = {.st = stage_open(),
			  .url = {.server = SERVER, .port = 1758}};

	config.seed = 7;
	config.blksize = 1024;
	memcpy(s.url.path, "/lts/vmlinuz", sizeof("/lts/vmlinuz"));
	assert_int_equal(tftmc_open(&s.c, &config, &stage_alloc), 0);
	stage_engine(s.st, &s.c->engine);
	s.st->peer = REQUESTS_TO;
	s.st->hides[EFFECT_KEEP] = true;
	return s;
}

static struct scene open_scene(uint64_t size_max)
{
	return open_scene_with((struct loadc_config){.size_max = size_max});
}

static void start(struct scene *s, uint32_t file)
{
	loadc_start(s->c, s->st->now, &s->url, file, stage_begin(s->st));
	stage_end(s->st);
	s->own = s->st->last_port;
	s->st->me.port = s->own;
}

/* It has asked; from now on the server speaks from the train's port. */
static struct scene asks(void)
{
	struct scene s = open_scene(UINT32_MAX);

	start(&s, 0);
	stage_forget(s.st);
	s.st->peer = TRAIN;
	return s;
}

static void close_scene(struct scene *s)
{
	loadc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

static void hear(struct scene *s, struct endpoint from, uint16_t port,
		 const struct wr *w)
{
	s->st->me.port = port;
	stage_hear_from(s->st, from, w->start, wr_len(w));
}

static void oack_of(struct scene *s, struct endpoint from,
		    struct tftp_options o)
{
	uint8_t b[200];
	struct wr w = wr_over(b, sizeof(b));

	tftp_oack_put(&o, &w);
	hear(s, from, s->own, &w);
}

enum { HAS = TFTP_HAS_TSIZE | TFTP_HAS_BLKSIZE | TFTP_HAS_MULTICAST };

static struct tftp_options plain_train(bool is_master)
{
	return (struct tftp_options){.has = HAS,
				     .tsize = TEN,
				     .blksize = 1024,
				     .group = GROUP,
				     .is_master = is_master};
}

static void oack(struct scene *s, bool is_master)
{
	oack_of(s, TRAIN, plain_train(is_master));
}

/* From a server that knows x-gaps. */
static void oack_gaps(struct scene *s, bool is_master)
{
	struct tftp_options o = plain_train(is_master);

	o.has |= TFTP_HAS_GAPS;
	o.gaps = 77;
	oack_of(s, TRAIN, o);
}

static void data_of(struct scene *s, struct endpoint from, uint16_t port,
		    uint16_t block, size_t len)
{
	uint8_t b[1100] = {0};
	struct wr w = wr_over(b, sizeof(b));

	tftp_data_head_put(block, &w);
	wr_zeros(&w, len);
	hear(s, from, port, &w);
}

/* By multicast, from the train. */
static void data(struct scene *s, uint16_t block)
{
	data_of(s, TRAIN, 1758, block, block < 10 ? 1024 : 1023);
}

static void data_run(struct scene *s, uint16_t from, uint16_t to)
{
	for (uint16_t block = from; block <= to; block++)
		data(s, block);
}

static enum loadc_state state_of(const struct scene *s)
{
	return s->c->progress.state;
}

/* ---- slaves and masters -------------------------------------------------- */

static void a_slave_is_silent_but_for_the_last_ack(void **state)
{
	struct scene s = open_scene(UINT32_MAX);

	(void)state;
	start(&s, 3);
	s.st->peer = TRAIN;
	oack(&s, false);
	data_run(&s, 4, 10);
	data_run(&s, 1, 3);
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_int_equal(s.c->progress.have, TEN);
	assert_int_equal(s.st->keeps, 10);
	stage_wait(s.st, SECONDS(60));
	stage_expect(s.st,
		     "    0 ms  listen a port\n"
		     "    0 ms  RRQ /lts/vmlinuz octet tsize=0 blksize=1024 "
		     "x-gaps multicast\n"
		     "    0 ms  listen 1758\n"
		     "    0 ms  join 239.255.7.0:1758\n"
		     "    0 ms  ACK 10\n"
		     "    0 ms  leave 239.255.7.0:1758\n"
		     "    0 ms  close 1758\n"
		     "10000 ms  close a port\n");
	close_scene(&s);
}

/* T6. */
static void a_late_master_asks_for_its_first_gap(void **state)
{
	struct scene s = asks();

	(void)state;
	oack(&s, false);
	data_run(&s, 4, 10);
	stage_forget(s.st);
	oack(&s, true);
	data_run(&s, 1, 3);
	s.st->hides[EFFECT_LEAVE] = s.st->hides[EFFECT_CLOSE] = true;
	stage_expect(s.st, "    0 ms  ACK 0\n"
			   "    0 ms  ACK 1\n"
			   "    0 ms  ACK 2\n"
			   "    0 ms  ACK 10\n"
			   "    0 ms  leave 239.255.7.0:1758\n"
			   "    0 ms  close 1758\n");
	close_scene(&s);
}

static void a_master_answers_each_block_that_it_asked_for(void **state)
{
	struct scene s = asks();

	(void)state;
	oack(&s, true);
	stage_forget(s.st);
	data(&s, 1);
	data(&s, 1); /* twice on the wire: one ACK */
	data(&s, 5); /* not what it asked for */
	data(&s, 2);
	stage_expect(s.st, "    0 ms  ACK 1\n"
			   "    0 ms  ACK 2\n");
	stage_wait(s.st, MILLISECONDS(800));
	stage_expect(s.st, "  250 ms  ACK 2\n"
			   "  750 ms  ACK 2\n");
	close_scene(&s);
}

static void a_master_may_become_a_slave_again(void **state)
{
	struct scene s = asks();

	(void)state;
	oack(&s, true);
	oack(&s, false);
	stage_forget(s.st);
	data(&s, 1);
	stage_wait(s.st, MILLISECONDS(800));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void takes_blocks_by_unicast_too(void **state)
{
	struct scene s = asks();

	(void)state;
	oack(&s, true);
	data_of(&s, TRAIN, s.own, 1, 1024);
	assert_int_equal(s.c->progress.have, 1024);
	close_scene(&s);
}

static void hears_nobody_but_its_train(void **state)
{
	struct scene s = asks();

	(void)state;
	oack(&s, false);
	data_of(&s, (struct endpoint){SERVER, 40001}, 1758, 1, 1024);
	data_of(&s, (struct endpoint){IP4(10, 0, 0, 2), 40000}, 1758, 1, 1024);
	data_of(&s, TRAIN, 1758, 1, 1023);
	data_of(&s, TRAIN, 1758, 10, 1024);
	data_of(&s, TRAIN, 1758, 0, 1024);
	data_of(&s, TRAIN, 1758, 11, 1024);
	oack_of(&s, (struct endpoint){SERVER, 40001}, plain_train(true));
	assert_int_equal(s.c->progress.packets_heard, 0);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(1));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void a_lost_last_ack_is_said_again(void **state)
{
	struct scene s = asks();

	(void)state;
	oack(&s, false);
	data_run(&s, 1, 10);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(1));
	oack(&s, true);
	stage_expect(s.st, " 1000 ms  ACK 10\n");
	close_scene(&s);
}

/* RFC 2090; nobody should, but U-Boot and iPXE take it so. */
static void an_empty_address_keeps_the_group(void **state)
{
	struct tftp_options o = plain_train(true);
	uint8_t b[100];
	struct wr w = wr_over(b, sizeof(b));
	struct scene s = asks();

	(void)state;
	oack(&s, false);
	stage_forget(s.st);
	o.has = HAS & ~TFTP_HAS_MULTICAST;
	tftp_oack_put(&o, &w);
	wr_cstr(&w, "multicast");
	wr_cstr(&w, ",,1");
	hear(&s, TRAIN, s.own, &w);
	data(&s, 1);
	stage_expect(s.st, "    0 ms  ACK 0\n"
			   "    0 ms  ACK 1\n");
	close_scene(&s);
}

/* ---- gaps ---------------------------------------------------------------- */

static void says_what_it_lacks_on_boarding_and_when_called(void **state)
{
	struct scene s = asks();

	(void)state;
	oack_gaps(&s, false);
	stage_wait(s.st, 0);
	data_run(&s, 1, 3);
	data_run(&s, 6, 6);
	oack_gaps(&s, false); /* no question */
	stage_wait(s.st, 0);
	oack_gaps(&s, true);
	stage_wait(s.st, 0);
	stage_expect(s.st, "    0 ms  listen 1758\n"
			   "    0 ms  join 239.255.7.0:1758\n"
			   "    0 ms  ACK 0+10\n"
			   "    0 ms  ACK 3+2 6+4\n");
	data_run(&s, 4, 10);
	assert_int_equal(state_of(&s), LOADC_DONE);
	stage_expect(s.st, "    0 ms  ACK 10\n"
			   "    0 ms  leave 239.255.7.0:1758\n"
			   "    0 ms  close 1758\n");
	close_scene(&s);
}

static void a_called_rider_asks_again_if_nothing_comes(void **state)
{
	struct scene s = asks();

	(void)state;
	oack_gaps(&s, true);
	stage_forget(s.st);
	stage_wait(s.st, MILLISECONDS(900));
	stage_expect(s.st, "    0 ms  ACK 0+10\n"
			   "  250 ms  ACK 0+10\n"
			   "  750 ms  ACK 0+10\n");
	data(&s, 2);
	stage_wait(s.st, MILLISECONDS(200));
	data(&s, 3);
	stage_wait(s.st, MILLISECONDS(249));
	stage_expect(s.st, "");
	stage_wait(s.st, MILLISECONDS(1));
	stage_expect(s.st, " 1350 ms  ACK 0+1 3+7\n");
	close_scene(&s);
}

static void a_list_of_many_gaps_is_cut_where_the_packet_ends(void **state)
{
	struct tftp_options o = {.has = HAS | TFTP_HAS_GAPS,
				 .tsize = 2000 * 8 - 1,
				 .blksize = 8,
				 .group = GROUP};
	struct scene s = asks();
	struct tftp_gap g = {0};
	unsigned n = 0;
	struct rd r;

	(void)state;
	oack_of(&s, TRAIN, o);
	for (uint16_t block = 2; block < 2000; block += 2)
		data_of(&s, TRAIN, 1758, block, 8);
	o.is_master = true;
	oack_of(&s, TRAIN, o);
	stage_wait(s.st, 0);
	assert_in_range(s.st->last_len, 1390, 1400);
	r = rd_over(s.st->last + 2, s.st->last_len - 2);
	for (; tftp_gap_next(&g, &r); n++) {
		assert_int_equal(g.after, 2 * n);
		assert_int_equal(g.n, 1);
	}
	assert_int_equal(n, 349);
	close_scene(&s);
}

/* ---- silence ------------------------------------------------------------- */

static void asks_five_times_and_gives_up(void **state)
{
	struct scene s = open_scene(UINT32_MAX);

	(void)state;
	s.st->hides[EFFECT_LISTEN] = true;
	start(&s, 0);
	stage_wait(s.st, SECONDS(60));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
#define RRQ "RRQ /lts/vmlinuz octet tsize=0 blksize=1024 x-gaps multicast\n"
	stage_expect(s.st, "    0 ms  " RRQ " 1000 ms  " RRQ " 3000 ms  " RRQ
			   " 7000 ms  " RRQ "15000 ms  " RRQ
			   "31000 ms  close a port\n");
	close_scene(&s);
}

static void asks_again_when_the_train_falls_silent(void **state)
{
	struct scene s = asks();

	(void)state;
	oack_gaps(&s, false);
	data_run(&s, 1, 5);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(4));
	assert_non_null(strstr(stage_said(s.st), "RRQ"));
	/* The same train: what it has it keeps. */
	oack_gaps(&s, false);
	stage_forget(s.st);
	stage_wait(s.st, 0);
	stage_expect(s.st, " 4000 ms  ACK 5+5\n");
	stage_wait(s.st, SECONDS(61));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	close_scene(&s);
}

/* Who can ask another server does so sooner. */
static const struct loadc_config has_others = {.size_max = UINT32_MAX,
					       .patience = LOADC_PATIENCE};

static void a_server_that_never_answers_is_left_after_10_s(void **state)
{
	struct scene s = open_scene_with(has_others);

	(void)state;
	s.st->hides[EFFECT_LISTEN] = true;
	start(&s, 0);
	stage_wait(s.st, SECONDS(60));
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_string_equal(s.c->progress.why, "the server does not answer");
	stage_expect(s.st, "    0 ms  " RRQ " 1000 ms  " RRQ " 3000 ms  " RRQ
			   " 7000 ms  " RRQ "10000 ms  close a port\n");
	close_scene(&s);
}

static void a_server_that_lives_is_waited_for_as_long_as_it_needs(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct scene s = open_scene_with(has_others);
		usec from;

		start(&s, 0);
		s.st->peer = TRAIN;
		if (i & 1)
			oack_gaps(&s, i & 2);
		else
			oack(&s, i & 2);
		data_run(&s, 1, 5);
		stage_wait(s.st, SECONDS(9));
		/* It lives: it answers the request. */
		oack(&s, i & 2);
		from = s.st->now;
		stage_wait(s.st, MILLISECONDS(9999));
		assert_int_equal(state_of(&s), LOADC_LOADING);
		stage_wait(s.st, SECONDS(35) - MILLISECONDS(9999));
		assert_int_equal(state_of(&s), LOADC_LOADING);
		/* It was waited 9 s for, so now 36. */
		while (state_of(&s) == LOADC_LOADING)
			assert_true(stage_step(s.st));
		assert_in_range(s.st->now - from, SECONDS(36), SECONDS(39));
		assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
		assert_string_equal(s.c->progress.why,
				    "the server fell silent");
		close_scene(&s);
	}
}

static void one_that_dies_in_the_middle_10_s_after_its_last_packet(void **state)
{
	(void)state;
	for (int is_master = 0; is_master < 2; is_master++) {
		struct scene s = open_scene_with(has_others);

		start(&s, 0);
		s.st->peer = TRAIN;
		oack_gaps(&s, is_master);
		data_run(&s, 1, 5);
		stage_wait(s.st, MILLISECONDS(9999));
		assert_int_equal(state_of(&s), LOADC_LOADING);
		while (state_of(&s) == LOADC_LOADING)
			assert_true(stage_step(s.st));
		/* What it asked last has three seconds. */
		assert_in_range(s.st->now, SECONDS(10), SECONDS(13));
		assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
		close_scene(&s);
	}
}

static void who_did_not_listen_asks_before_it_leaves(void **state)
{
	struct scene s = open_scene_with(has_others);

	(void)state;
	start(&s, 0);
	s.st->peer = TRAIN;
	oack_gaps(&s, false);
	data_run(&s, 1, 5);
	stage_wait(s.st, SECONDS(1));
	stage_forget(s.st);
	s.st->now += SECONDS(40);
	stage_wait(s.st, 0);
	assert_non_null(strstr(stage_said(s.st), "RRQ"));
	stage_wait(s.st, MILLISECONDS(2999));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	data_run(&s, 6, 10);
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

/* Another port of the server is another train: its file may be another one. */
static void boards_anew(struct scene *s, uint32_t number, unsigned has)
{
	struct tftp_options o = plain_train(true);

	oack_gaps(s, false);
	data_run(s, 1, 5);
	stage_wait(s->st, SECONDS(4));
	stage_forget(s->st);
	o.has |= has;
	o.gaps = number;
	s->st->peer.port = 40001;
	oack_of(s, s->st->peer, o);
	stage_wait(s->st, 0);
}

static void keeps_what_it_has_if_the_file_is_the_same(void **state)
{
	struct scene s = asks();

	(void)state;
	boards_anew(&s, 77, TFTP_HAS_GAPS);
	stage_expect(s.st, " 4000 ms  ACK 5+5\n");
	assert_int_equal(s.c->progress.have, 5 * 1024);
	close_scene(&s);
}

static void begins_anew_if_the_file_may_be_another(void **state)
{
	struct scene s = asks();

	(void)state;
	boards_anew(&s, 78, TFTP_HAS_GAPS);
	stage_expect(s.st, " 4000 ms  ACK 0+10\n");
	assert_int_equal(s.c->progress.have, 0);
	close_scene(&s);
	s = asks();
	boards_anew(&s, 77, 0);
	stage_expect(s.st, " 4000 ms  ACK 0\n");
	assert_int_equal(s.c->progress.have, 0);
	close_scene(&s);
}

/* ---- without multicast --------------------------------------------------- */

/* Everything goes on as tftpc does it. */
static void loads_plainly(struct scene *s)
{
	uint8_t b[600];
	struct wr w = wr_over(b, sizeof(b));

	s->own = s->st->last_port;
	s->st->peer.port = 40002;
	stage_forget(s->st);
	tftp_data_head_put(1, &w);
	wr_zeros(&w, 100);
	hear(s, s->st->peer, s->own, &w);
	assert_int_equal(state_of(s), LOADC_DONE);
	assert_int_equal(s->c->progress.have, 100);
	stage_wait(s->st, SECONDS(20));
	stage_expect(s->st, "    0 ms  ACK 1\n"
			    " 3000 ms  close a port\n");
}

static void a_server_without_multicast_is_asked_without(void **state)
{
	struct tftp_options o = plain_train(false);
	struct scene s = asks();

	(void)state;
	o.has &= ~(unsigned)TFTP_HAS_MULTICAST;
	oack_of(&s, TRAIN, o);
	stage_expect(s.st, "    0 ms  ERROR 8 \"again without multicast\"\n"
			   "    0 ms  close a port\n"
			   "    0 ms  listen a port\n"
			   "    0 ms  RRQ /lts/vmlinuz octet tsize=0 "
			   "blksize=1024 to 10.0.0.1:1758\n");
	loads_plainly(&s);
	close_scene(&s);
}

static void a_server_without_options_is_asked_without(void **state)
{
	struct scene s = asks();

	(void)state;
	data_of(&s, TRAIN, s.own, 1, 512);
	loads_plainly(&s);
	close_scene(&s);
}

static void a_server_that_dislikes_options_is_asked_without(void **state)
{
	struct scene s = asks();

	(void)state;
	s.st->me.port = s.own;
	STAGE_HEAR(s.st, "\0\5\0\10no\0");
	stage_expect(s.st, "    0 ms  close a port\n"
			   "    0 ms  listen a port\n"
			   "    0 ms  RRQ /lts/vmlinuz octet tsize=0 "
			   "blksize=1024 to 10.0.0.1:1758\n");
	loads_plainly(&s);
	close_scene(&s);
}

static void without_the_group_it_loads_plainly(void **state)
{
	struct scene s = asks();

	(void)state;
	s.st->rc[EFFECT_JOIN] = -ENODEV;
	oack(&s, false);
	assert_non_null(strstr(stage_said(s.st), "again without multicast"));
	s.st->rc[EFFECT_JOIN] = 0;
	loads_plainly(&s);
	close_scene(&s);
}

static void without_the_groups_port_it_loads_plainly(void **state)
{
	struct scene s = asks();

	(void)state;
	s.st->holds[EFFECT_LISTEN] = true;
	oack_gaps(&s, false);
	stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	assert_non_null(strstr(stage_said(s.st), "again without multicast"));
	s.st->holds[EFFECT_LISTEN] = false;
	stage_settle(s.st, EFFECT_LISTEN, 0);
	loads_plainly(&s);
	close_scene(&s);
}

static void more_than_65535_blocks_are_loaded_plainly(void **state)
{
	struct tftp_options o = plain_train(false);
	struct scene s = asks();

	(void)state;
	o.tsize = (uint64_t)65535 * 1024;
	oack_of(&s, TRAIN, o);
	loads_plainly(&s);
	close_scene(&s);
	s = asks();
	o.tsize--;
	oack_of(&s, TRAIN, o);
	assert_int_equal(s.c->progress.size, o.tsize);
	close_scene(&s);
}

/* ---- ends ---------------------------------------------------------------- */

static void a_refusal_is_told(void **state)
{
	struct scene s = asks();

	(void)state;
	s.st->me.port = s.own;
	STAGE_HEAR(s.st, "\0\5\0\1no such \n\0");
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ENOENT);
	assert_string_equal(s.c->progress.why,
			    "the server says: no such \\x0a");
	stage_expect(s.st, "    0 ms  close a port\n");
	close_scene(&s);
}

static void a_file_that_is_too_large_is_refused(void **state)
{
	struct scene s = open_scene(1000);

	(void)state;
	start(&s, 0);
	s.st->peer = TRAIN;
	stage_forget(s.st);
	oack(&s, false);
	assert_int_equal(s.c->progress.rc, -EFBIG);
	stage_expect(s.st, "    0 ms  ERROR 3 \"file too large\"\n"
			   "    0 ms  close a port\n");
	close_scene(&s);
}

static void no_port_is_the_end(void **state)
{
	struct scene s = open_scene(UINT32_MAX);

	(void)state;
	s.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	start(&s, 0);
	assert_int_equal(s.c->progress.rc, -EADDRINUSE);
	assert_int_equal(s.st->engine->deadline(s.st->engine), NEVER);
	close_scene(&s);
}

static void stops_in_mid_train(void **state)
{
	struct scene s = asks();

	(void)state;
	oack(&s, false);
	stage_forget(s.st);
	loadc_stop(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	stage_expect(s.st, "    0 ms  ERROR 0 \"not wanted any more\"\n"
			   "    0 ms  close a port\n"
			   "    0 ms  leave 239.255.7.0:1758\n"
			   "    0 ms  close 1758\n");
	assert_int_equal(state_of(&s), LOADC_IDLE);
	assert_int_equal(s.st->engine->deadline(s.st->engine), NEVER);
	close_scene(&s);
}

static void the_next_file_need_not_wait_for_the_last_ack(void **state)
{
	struct scene s = asks();
	uint16_t before = s.own;

	(void)state;
	oack(&s, false);
	data_run(&s, 1, 10);
	start(&s, 1);
	assert_int_not_equal(s.own, before);
	stage_forget(s.st);
	s.st->me.port = before;
	struct scene old = s;
	old.own = before;
	oack(&old, true);
	stage_expect(s.st, "    0 ms  ACK 10\n");
	assert_int_equal(state_of(&s), LOADC_LOADING);
	oack(&s, false);
	data_run(&s, 1, 10);
	assert_int_equal(state_of(&s), LOADC_DONE);
	stage_wait(s.st, SECONDS(20));
	assert_int_equal(s.st->engine->deadline(s.st->engine), NEVER);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slave_is_silent_but_for_the_last_ack),
		cmocka_unit_test(a_late_master_asks_for_its_first_gap),
		cmocka_unit_test(a_master_answers_each_block_that_it_asked_for),
		cmocka_unit_test(a_master_may_become_a_slave_again),
		cmocka_unit_test(takes_blocks_by_unicast_too),
		cmocka_unit_test(hears_nobody_but_its_train),
		cmocka_unit_test(a_lost_last_ack_is_said_again),
		cmocka_unit_test(an_empty_address_keeps_the_group),
		cmocka_unit_test(
			says_what_it_lacks_on_boarding_and_when_called),
		cmocka_unit_test(a_called_rider_asks_again_if_nothing_comes),
		cmocka_unit_test(
			a_list_of_many_gaps_is_cut_where_the_packet_ends),
		cmocka_unit_test(asks_five_times_and_gives_up),
		cmocka_unit_test(asks_again_when_the_train_falls_silent),
		cmocka_unit_test(
			a_server_that_never_answers_is_left_after_10_s),
		cmocka_unit_test(
			a_server_that_lives_is_waited_for_as_long_as_it_needs),
		cmocka_unit_test(
			one_that_dies_in_the_middle_10_s_after_its_last_packet),
		cmocka_unit_test(who_did_not_listen_asks_before_it_leaves),
		cmocka_unit_test(keeps_what_it_has_if_the_file_is_the_same),
		cmocka_unit_test(begins_anew_if_the_file_may_be_another),
		cmocka_unit_test(a_server_without_multicast_is_asked_without),
		cmocka_unit_test(a_server_without_options_is_asked_without),
		cmocka_unit_test(
			a_server_that_dislikes_options_is_asked_without),
		cmocka_unit_test(without_the_group_it_loads_plainly),
		cmocka_unit_test(without_the_groups_port_it_loads_plainly),
		cmocka_unit_test(more_than_65535_blocks_are_loaded_plainly),
		cmocka_unit_test(a_refusal_is_told),
		cmocka_unit_test(a_file_that_is_too_large_is_refused),
		cmocka_unit_test(no_port_is_the_end),
		cmocka_unit_test(stops_in_mid_train),
		cmocka_unit_test(the_next_file_need_not_wait_for_the_last_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
