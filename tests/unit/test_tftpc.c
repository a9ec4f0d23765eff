/*
 * The TFTP client, heard from outside: what it says to servers that are quick,
 * slow, plain, strange or hostile.
 */
#include "engine/tftpc.h"
#include "stage/stage.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)

static const struct endpoint REQUESTS_TO = {SERVER, 69};
static const struct endpoint TID = {SERVER, 2000};

struct scene {
	struct stage *st;
	struct loadc *c;
	struct url url;
};

static struct scene open_scene(struct loadc_config config)
{
	struct scene s = {.st = stage_open(),
			  .url = {.server = SERVER, .port = 69}};

	config.seed = 7;
	if (!config.size_max)
		config.size_max = UINT32_MAX;
	memcpy(s.url.path, "boot.img", sizeof("boot.img"));
	assert_int_equal(tftpc_open(&s.c, &config, &stage_alloc), 0);
	stage_engine(s.st, &s.c->engine);
	s.st->peer = REQUESTS_TO;
	s.st->hides[EFFECT_LISTEN] = true;
	return s;
}

static void start(struct scene *s, uint32_t file)
{
	loadc_start(s->c, s->st->now, &s->url, file, stage_begin(s->st));
	stage_end(s->st);
	s->st->me.port = s->st->last_port;
}

/* Asks for boot.img; from now on the server speaks from its own port. */
static struct scene asks(struct loadc_config config)
{
	struct scene s = open_scene(config);

	start(&s, 0);
	stage_forget(s.st);
	s.st->peer = TID;
	return s;
}

static void close_scene(struct scene *s)
{
	loadc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

static void data_from(struct scene *s, struct endpoint from, uint32_t block,
		      size_t len)
{
	uint8_t *bytes = calloc(1, len + 4);

	assert_non_null(bytes);
	bytes[1] = 3;
	bytes[2] = (uint8_t)(block >> 8);
	bytes[3] = (uint8_t)block;
	memset(bytes + 4, (int)(block & 0xff), len);
	stage_hear_from(s->st, from, bytes, len + 4);
	free(bytes);
}

static void data(struct scene *s, uint32_t block, size_t len)
{
	data_from(s, s->st->peer, block, len);
}

#define OACK_512                                                               \
	"\0\6tsize\0"                                                          \
	"1000\0"                                                               \
	"blksize\0"                                                            \
	"512\0"
#define OACK_WIDE                                                              \
	"\0\6blksize\0"                                                        \
	"512\0"                                                                \
	"windowsize\0"                                                         \
	"4\0"

static void loads_a_file_with_options(void **state)
{
	struct scene s = open_scene((struct loadc_config){.blksize = 1428});

	(void)state;
	s.st->hides[EFFECT_LISTEN] = false;
	start(&s, 3);
	s.st->peer = TID;
	STAGE_HEAR(s.st, OACK_512);
	assert_int_equal(s.c->progress.size, 1000);
	data(&s, 1, 512);
	data(&s, 2, 488);
	assert_int_equal(s.c->progress.state, LOADC_DONE);
	stage_wait(s.st, SECONDS(60));
	stage_expect(s.st, "    0 ms  listen a port\n"
			   "    0 ms  RRQ boot.img octet tsize=0 blksize=1428\n"
			   "    0 ms  ACK 0\n"
			   "    0 ms  keep 3 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   "    0 ms  keep 3 @512 +488\n"
			   "    0 ms  ACK 2\n"
			   " 3000 ms  close a port\n");
	assert_int_equal(s.st->kept, 1000);
	close_scene(&s);
}

static void loads_from_a_server_that_knows_no_options(void **state)
{
	struct scene s = asks((struct loadc_config){.blksize = 1428});

	(void)state;
	data(&s, 1, 512);
	data(&s, 2, 512);
	data(&s, 3, 0);
	stage_expect(s.st, "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   "    0 ms  keep 0 @512 +512\n"
			   "    0 ms  ACK 2\n"
			   "    0 ms  ACK 3\n");
	assert_int_equal(s.c->progress.state, LOADC_DONE);
	close_scene(&s);
}

static void asks_without_options_if_the_server_dislikes_them(void **state)
{
	struct scene s = asks((struct loadc_config){.blksize = 1428});

	(void)state;
	STAGE_HEAR(s.st, "\0\5\0\10no options, please");
	stage_expect(s.st, "    0 ms  RRQ boot.img octet to 10.0.0.1:69\n");
	s.st->peer.port++;
	data(&s, 1, 5);
	stage_expect(s.st, "    0 ms  keep 0 @0 +5\n"
			   "    0 ms  ACK 1\n");
	close_scene(&s);
}

static void asks_five_times_and_gives_up_after_31_s(void **state)
{
	struct scene s = open_scene((struct loadc_config){0});

	(void)state;
	start(&s, 0);
	stage_wait(s.st, SECONDS(600));
	stage_expect(s.st, "    0 ms  RRQ boot.img octet tsize=0\n"
			   " 1000 ms  RRQ boot.img octet tsize=0\n"
			   " 3000 ms  RRQ boot.img octet tsize=0\n"
			   " 7000 ms  RRQ boot.img octet tsize=0\n"
			   "15000 ms  RRQ boot.img octet tsize=0\n"
			   "31000 ms  close a port\n");
	assert_int_equal(s.c->progress.state, LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_string_equal(s.c->progress.why, "the server does not answer");
	close_scene(&s);
}

static void repeats_its_last_ack_when_the_server_falls_silent(void **state)
{
	struct scene s = asks((struct loadc_config){0});

	(void)state;
	data(&s, 1, 512);
	stage_wait(s.st, SECONDS(2));
	data(&s, 2, 512);
	stage_wait(s.st, SECONDS(600));
	stage_expect(s.st, "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   " 1000 ms  ACK 1\n"
			   " 2000 ms  keep 0 @512 +512\n"
			   " 2000 ms  ACK 2\n"
			   " 3000 ms  ACK 2\n"
			   " 5000 ms  ACK 2\n"
			   " 9000 ms  ACK 2\n"
			   "17000 ms  ACK 2\n"
			   "33000 ms  close a port\n");
	assert_string_equal(s.c->progress.why, "the server fell silent");
	close_scene(&s);
}

static void asks_anew_when_the_server_forgot_what_it_agreed_to(void **state)
{
	struct scene s = open_scene((struct loadc_config){.blksize = 512});

	(void)state;
	start(&s, 0);
	s.st->peer = TID;
	STAGE_HEAR(s.st, OACK_512);
	stage_wait(s.st, SECONDS(10));
	stage_expect(s.st, "    0 ms  RRQ boot.img octet tsize=0 blksize=512\n"
			   "    0 ms  ACK 0\n"
			   " 1000 ms  ACK 0\n"
			   " 3000 ms  ACK 0\n"
			   " 7000 ms  RRQ boot.img octet tsize=0 blksize=512"
			   " to 10.0.0.1:69\n"
			   " 8000 ms  RRQ boot.img octet tsize=0 blksize=512"
			   " to 10.0.0.1:69\n"
			   "10000 ms  RRQ boot.img octet tsize=0 blksize=512"
			   " to 10.0.0.1:69\n");
	s.st->peer.port++;
	STAGE_HEAR(s.st, OACK_512);
	data(&s, 1, 512);
	data(&s, 2, 488);
	assert_int_equal(s.c->progress.state, LOADC_DONE);
	close_scene(&s);
}

static void
asks_anew_when_its_transfer_is_unknown_but_not_for_ever(void **state)
{
	struct scene s = open_scene((struct loadc_config){.blksize = 512});

	(void)state;
	start(&s, 0);
	for (int i = 0; i < 4; i++) {
		s.st->peer = TID;
		STAGE_HEAR(s.st, OACK_512);
		STAGE_HEAR(s.st, "\0\5\0\5unknown");
		assert_int_equal(s.c->progress.state, LOADC_LOADING);
		stage_forget(s.st);
		stage_wait(s.st, SECONDS(1));
		assert_non_null(strstr(stage_said(s.st), "000 ms  RRQ boot"));
	}
	s.st->peer = TID;
	STAGE_HEAR(s.st, OACK_512);
	STAGE_HEAR(s.st, "\0\5\0\5unknown");
	assert_int_equal(s.c->progress.state, LOADC_FAILED);
	assert_string_equal(s.c->progress.why, "the server says: unknown");
	close_scene(&s);
}

static void answers_one_repeat_of_a_block_between_two_timeouts(void **state)
{
	struct scene s = asks((struct loadc_config){0});

	(void)state;
	data(&s, 1, 512);
	for (int i = 0; i < 5; i++)
		data(&s, 1, 512);
	stage_wait(s.st, SECONDS(1));
	data(&s, 1, 512);
	data(&s, 1, 512);
	stage_expect(s.st, "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   "    0 ms  ACK 1\n"
			   " 1000 ms  ACK 1\n"
			   " 1000 ms  ACK 1\n");
	close_scene(&s);
}

static void a_server_that_only_repeats_itself_is_left(void **state)
{
	struct scene s = asks((struct loadc_config){0});

	(void)state;
	data(&s, 1, 512);
	for (int i = 0; i < 40; i++) {
		stage_wait(s.st, SECONDS(1));
		data(&s, 1, 512);
	}
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	close_scene(&s);
}

/* ---- patience, if another server can be asked ---------------------------- */

static const struct loadc_config has_others = {.blksize = 512,
					       .patience = LOADC_PATIENCE};

static void a_server_that_never_answers_is_left_after_10_s(void **state)
{
	struct scene s = open_scene(has_others);

	(void)state;
	start(&s, 0);
	stage_wait(s.st, SECONDS(600));
#define RRQ_512 "RRQ boot.img octet tsize=0 blksize=512\n"
	stage_expect(s.st, "    0 ms  " RRQ_512 " 1000 ms  " RRQ_512
			   " 3000 ms  " RRQ_512 " 7000 ms  " RRQ_512
			   "10000 ms  close a port\n");
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_string_equal(s.c->progress.why, "the server does not answer");
	close_scene(&s);
}

static void so_is_one_that_dies_in_the_middle(void **state)
{
	struct scene s = asks(has_others);

	(void)state;
	data(&s, 1, 512);
	stage_wait(s.st, SECONDS(2));
	data(&s, 2, 512);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(600));
	stage_expect(s.st, " 3000 ms  ACK 2\n"
			   " 5000 ms  ACK 2\n"
			   " 9000 ms  ACK 2\n"
			   "12000 ms  close a port\n");
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_string_equal(s.c->progress.why, "the server fell silent");
	close_scene(&s);
}

static void whatever_it_says_keeps_it_from_being_left(void **state)
{
	struct scene s = asks(has_others);

	(void)state;
	data(&s, 1, 512);
	for (int i = 0; i < 3; i++) {
		stage_wait(s.st, SECONDS(9));
		data(&s, 1, 512); /* no news, but it lives */
		assert_int_equal(s.c->progress.state, LOADC_LOADING);
	}
	/* And for ever it need not say so. */
	stage_wait(s.st, SECONDS(4));
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	close_scene(&s);
}

/* Its disk is, or ten thousand others ask it, too: a block takes it 6 s. */
static void a_slow_server_is_not_left_sooner_than_it_was(void **state)
{
	struct scene s = asks(has_others);

	(void)state;
	for (uint32_t block = 1; block <= 20; block++) {
		data(&s, block, 512);
		stage_wait(s.st, SECONDS(6));
	}
	stage_wait(s.st, SECONDS(17));
	assert_int_equal(s.c->progress.state, LOADC_LOADING);
	stage_wait(s.st, SECONDS(1));
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	close_scene(&s);
}

static void who_did_not_listen_asks_before_it_leaves(void **state)
{
	struct scene s = asks(has_others);

	(void)state;
	data(&s, 1, 512);
	stage_wait(s.st, SECONDS(4));
	stage_forget(s.st);
	s.st->now += SECONDS(90);
	stage_wait(s.st, 0);
	stage_expect(s.st, "94000 ms  ACK 1\n");
	stage_wait(s.st, MILLISECONDS(2999));
	assert_int_equal(s.c->progress.state, LOADC_LOADING);
	data(&s, 2, 5);
	assert_int_equal(s.c->progress.state, LOADC_DONE);
	assert_int_equal(s.st->kept, 517);
	close_scene(&s);
}

static void a_file_begins_with_no_memory_of_the_last_ones_server(void **state)
{
	struct scene s = asks(has_others);

	(void)state;
	stage_wait(s.st, SECONDS(8));
	data(&s, 1, 5);
	stage_wait(s.st, SECONDS(20));
	stage_forget(s.st);
	start(&s, 1);
	stage_wait(s.st, SECONDS(10));
	assert_non_null(strstr(stage_said(s.st), "38000 ms  close a port\n"));
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	close_scene(&s);
}

/* ---- windows ------------------------------------------------------------- */

static void acknowledges_whole_windows(void **state)
{
	struct scene s =
		asks((struct loadc_config){.blksize = 512, .windowsize = 4});

	(void)state;
	s.st->hides[EFFECT_KEEP] = true;
	STAGE_HEAR(s.st, OACK_WIDE);
	for (uint32_t block = 1; block <= 9; block++)
		data(&s, block, 512);
	data(&s, 10, 1);
	stage_expect(s.st, "    0 ms  ACK 0\n"
			   "    0 ms  ACK 4\n"
			   "    0 ms  ACK 8\n"
			   "    0 ms  ACK 10\n");
	assert_int_equal(s.st->kept, 9 * 512 + 1);
	close_scene(&s);
}

static void tells_of_a_gap_at_once_and_once(void **state)
{
	struct scene s =
		asks((struct loadc_config){.blksize = 512, .windowsize = 4});

	(void)state;
	s.st->hides[EFFECT_KEEP] = true;
	STAGE_HEAR(s.st, OACK_WIDE);
	data(&s, 1, 512);
	data(&s, 3, 512);
	data(&s, 4, 512);
	for (uint32_t block = 2; block <= 5; block++)
		data(&s, block, 512);
	stage_expect(s.st, "    0 ms  ACK 0\n"
			   "    0 ms  ACK 1\n"
			   "    0 ms  ACK 5\n");
	assert_int_equal(s.st->kept, 5 * 512);
	close_scene(&s);
}

static void a_window_that_is_sent_again_gets_one_ack(void **state)
{
	struct scene s =
		asks((struct loadc_config){.blksize = 512, .windowsize = 4});

	(void)state;
	s.st->hides[EFFECT_KEEP] = true;
	STAGE_HEAR(s.st, OACK_WIDE);
	for (int i = 0; i < 2; i++)
		for (uint32_t block = 1; block <= 4; block++)
			data(&s, block, 512);
	stage_expect(s.st, "    0 ms  ACK 0\n"
			   "    0 ms  ACK 4\n"
			   "    0 ms  ACK 4\n");
	/* Half a window came, then all of it again. */
	data(&s, 5, 512);
	data(&s, 6, 512);
	for (uint32_t block = 5; block <= 8; block++)
		data(&s, block, 512);
	stage_expect(s.st, "    0 ms  ACK 8\n");
	close_scene(&s);
}

static void goes_on_past_block_65535(void **state)
{
	struct scene s = asks((struct loadc_config){.blksize = 8});

	(void)state;
	s.st->hides[EFFECT_KEEP] = true;
	STAGE_HEAR(s.st, "\0\6blksize\0"
			 "8\0");
	for (uint32_t block = 1; block < 65535; block++) {
		data(&s, block, 8);
		stage_forget(s.st);
	}
	s.st->hides[EFFECT_KEEP] = false;
	data(&s, 65535, 8);
	data(&s, 0, 8);
	data(&s, 1, 0);
	stage_expect(s.st, "    0 ms  keep 0 @524272 +8\n"
			   "    0 ms  ACK 65535\n"
			   "    0 ms  keep 0 @524280 +8\n"
			   "    0 ms  ACK 0\n"
			   "    0 ms  ACK 1\n");
	assert_int_equal(s.c->progress.have, 65536 * 8);
	close_scene(&s);
}

static void a_stranger_gets_an_error_and_disturbs_nothing(void **state)
{
	struct scene s = asks((struct loadc_config){0});
	const struct endpoint stranger = {SERVER, 3000};
	const struct endpoint elsewhere = {IP4(10, 0, 0, 9), 2000};

	(void)state;
	data_from(&s, elsewhere, 1, 512); /* before anybody: not the server */
	data(&s, 1, 512);
	data_from(&s, stranger, 2, 512);
	stage_hear_from(s.st, stranger, "\0\5\0\0go away", 11);
	data(&s, 2, 9);
	stage_expect(s.st,
		     "    0 ms  keep 0 @0 +512\n"
		     "    0 ms  ACK 1\n"
		     "    0 ms  ERROR 5 \"unknown transfer\" to 10.0.0.1:3000\n"
		     "    0 ms  keep 0 @512 +9\n"
		     "    0 ms  ACK 2\n");
	assert_int_equal(s.c->progress.state, LOADC_DONE);
	close_scene(&s);
}

static void an_error_is_told_in_the_servers_words_made_safe(void **state)
{
	struct scene s = asks((struct loadc_config){0});

	(void)state;
	STAGE_HEAR(s.st, "\0\5\0\1no \33[2Jsuch file");
	assert_int_equal(s.c->progress.state, LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ENOENT);
	assert_string_equal(s.c->progress.why,
			    "the server says: no \\x1b[2Jsuch file");
	stage_expect(s.st, "    0 ms  close a port\n");
	close_scene(&s);
}

static void an_error_without_words_is_told_by_its_number(void **state)
{
	struct scene s = asks((struct loadc_config){0});

	(void)state;
	STAGE_HEAR(s.st, "\0\5\0\2");
	assert_int_equal(s.c->progress.rc, -EACCES);
	assert_string_equal(s.c->progress.why, "the server says: error 2");
	close_scene(&s);
}

static void refuses_a_file_over_its_limit(void **state)
{
	struct scene s = asks((struct loadc_config){.size_max = 999});

	(void)state;
	STAGE_HEAR(s.st, "\0\6tsize\0"
			 "1000\0");
	stage_expect(s.st, "    0 ms  ERROR 3 \"file too large\"\n"
			   "    0 ms  close a port\n");
	assert_int_equal(s.c->progress.rc, -EFBIG);
	close_scene(&s);
}

static void refuses_a_file_that_grows_over_its_limit(void **state)
{
	struct scene s = asks((struct loadc_config){.size_max = 1023});

	(void)state;
	data(&s, 1, 512);
	stage_forget(s.st);
	data(&s, 2, 512);
	stage_expect(s.st, "    0 ms  ERROR 3 \"file too large\"\n"
			   "    0 ms  close a port\n");
	assert_int_equal(s.st->kept, 512);
	close_scene(&s);
}

static void
refuses_a_file_that_is_not_as_long_as_it_was_said_to_be(void **state)
{
	struct scene s = asks((struct loadc_config){.blksize = 512});

	(void)state;
	STAGE_HEAR(s.st, OACK_512);
	data(&s, 1, 511);
	assert_int_equal(s.c->progress.rc, -EPROTO);
	close_scene(&s);

	s = asks((struct loadc_config){.blksize = 512});
	STAGE_HEAR(s.st, OACK_512);
	data(&s, 1, 512);
	data(&s, 2, 489);
	assert_int_equal(s.c->progress.rc, -EPROTO);
	assert_int_equal(s.st->kept, 512);
	close_scene(&s);
}

static void refuses_options_that_it_did_not_ask_for(void **state)
{
	static const char *const bad[] = {
		"\0\6blksize\0"
		"513",
		"\0\6windowsize\0"
		"2",
		"\0\6multicast\0"
		"239.0.0.1,1758,1",
	};
	static const size_t len[] = {14, 15, 29};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct scene s = asks((struct loadc_config){.blksize = 512});

		stage_hear(s.st, bad[i], len[i]);
		stage_expect(s.st,
			     "    0 ms  ERROR 8 \"options not asked for\"\n"
			     "    0 ms  close a port\n");
		close_scene(&s);
	}
}

static void drops_blocks_longer_than_agreed(void **state)
{
	struct scene s = asks((struct loadc_config){.blksize = 1428});

	(void)state;
	data(&s, 1, 513);
	STAGE_HEAR(s.st, "\0\3\0");
	STAGE_HEAR(s.st, "");
	stage_expect(s.st, "");
	close_scene(&s);
}

static void takes_another_port_if_one_is_taken(void **state)
{
	struct scene s = open_scene((struct loadc_config){0});

	(void)state;
	s.st->hides[EFFECT_LISTEN] = false;
	s.st->holds[EFFECT_LISTEN] = true;
	start(&s, 0);
	stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	stage_settle(s.st, EFFECT_LISTEN, 0);
	stage_expect(s.st, "    0 ms  listen a port\n"
			   "    0 ms  listen a port\n"
			   "    0 ms  RRQ boot.img octet tsize=0\n");
	close_scene(&s);
}

static void fails_if_no_port_is_free(void **state)
{
	struct scene s = open_scene((struct loadc_config){0});

	(void)state;
	s.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	start(&s, 0);
	stage_expect(s.st, "");
	assert_int_equal(s.c->progress.rc, -EADDRINUSE);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void repeats_the_last_ack_once_after_the_end(void **state)
{
	struct scene s = asks((struct loadc_config){0});

	(void)state;
	data(&s, 1, 5);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(1));
	data(&s, 1, 5);
	data(&s, 1, 5);
	stage_wait(s.st, SECONDS(60));
	stage_expect(s.st, " 1000 ms  ACK 1\n"
			   " 1000 ms  close a port\n");
	close_scene(&s);
}

static void begins_the_next_file_while_the_last_one_lingers(void **state)
{
	struct scene s = asks((struct loadc_config){0});
	uint16_t first = s.st->last_port;

	(void)state;
	data(&s, 1, 5);
	s.st->peer = REQUESTS_TO;
	stage_forget(s.st);
	start(&s, 1);
	s.st->peer = TID;
	s.st->me.port = first;
	data(&s, 1, 5);
	s.st->me.port = s.st->last_port;
	s.st->peer.port++;
	data(&s, 1, 6);
	stage_expect(s.st, "    0 ms  RRQ boot.img octet tsize=0\n"
			   "    0 ms  ACK 1\n"
			   "    0 ms  close a port\n"
			   "    0 ms  keep 1 @0 +6\n"
			   "    0 ms  ACK 1\n");
	close_scene(&s);
}

static void says_so_when_it_is_stopped(void **state)
{
	struct scene s = asks((struct loadc_config){0});

	(void)state;
	data(&s, 1, 512);
	stage_forget(s.st);
	loadc_stop(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	stage_expect(s.st, "    0 ms  ERROR 0 \"not wanted any more\"\n"
			   "    0 ms  close a port\n");
	assert_int_equal(s.c->progress.state, LOADC_IDLE);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void keeps_references_where_there_is_no_payload(void **state)
{
	struct scene s = asks((struct loadc_config){.blksize = 512});
	struct ref body = {.image = 3, .offset = 0, .len = 512};

	(void)state;
	STAGE_HEAR(s.st, OACK_512);
	stage_hear_ref(s.st, "\0\3\0\1", 4, &body);
	body.offset = 512;
	body.len = 488;
	stage_hear_ref(s.st, "\0\3\0\2", 4, &body);
	stage_expect(s.st, "    0 ms  ACK 0\n"
			   "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   "    0 ms  keep 0 @512 +488\n"
			   "    0 ms  ACK 2\n");
	assert_int_equal(s.c->progress.state, LOADC_DONE);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_a_file_with_options),
		cmocka_unit_test(loads_from_a_server_that_knows_no_options),
		cmocka_unit_test(
			asks_without_options_if_the_server_dislikes_them),
		cmocka_unit_test(asks_five_times_and_gives_up_after_31_s),
		cmocka_unit_test(
			repeats_its_last_ack_when_the_server_falls_silent),
		cmocka_unit_test(
			asks_anew_when_the_server_forgot_what_it_agreed_to),
		cmocka_unit_test(
			asks_anew_when_its_transfer_is_unknown_but_not_for_ever),
		cmocka_unit_test(
			answers_one_repeat_of_a_block_between_two_timeouts),
		cmocka_unit_test(a_server_that_only_repeats_itself_is_left),
		cmocka_unit_test(
			a_server_that_never_answers_is_left_after_10_s),
		cmocka_unit_test(so_is_one_that_dies_in_the_middle),
		cmocka_unit_test(whatever_it_says_keeps_it_from_being_left),
		cmocka_unit_test(a_slow_server_is_not_left_sooner_than_it_was),
		cmocka_unit_test(who_did_not_listen_asks_before_it_leaves),
		cmocka_unit_test(
			a_file_begins_with_no_memory_of_the_last_ones_server),
		cmocka_unit_test(acknowledges_whole_windows),
		cmocka_unit_test(tells_of_a_gap_at_once_and_once),
		cmocka_unit_test(a_window_that_is_sent_again_gets_one_ack),
		cmocka_unit_test(goes_on_past_block_65535),
		cmocka_unit_test(a_stranger_gets_an_error_and_disturbs_nothing),
		cmocka_unit_test(
			an_error_is_told_in_the_servers_words_made_safe),
		cmocka_unit_test(an_error_without_words_is_told_by_its_number),
		cmocka_unit_test(refuses_a_file_over_its_limit),
		cmocka_unit_test(refuses_a_file_that_grows_over_its_limit),
		cmocka_unit_test(
			refuses_a_file_that_is_not_as_long_as_it_was_said_to_be),
		cmocka_unit_test(refuses_options_that_it_did_not_ask_for),
		cmocka_unit_test(drops_blocks_longer_than_agreed),
		cmocka_unit_test(takes_another_port_if_one_is_taken),
		cmocka_unit_test(fails_if_no_port_is_free),
		cmocka_unit_test(repeats_the_last_ack_once_after_the_end),
		cmocka_unit_test(
			begins_the_next_file_while_the_last_one_lingers),
		cmocka_unit_test(says_so_when_it_is_stopped),
		cmocka_unit_test(keeps_references_where_there_is_no_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
