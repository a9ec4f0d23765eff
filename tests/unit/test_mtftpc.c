/*
 * A machine that loads by MTFTP, heard from outside: as the one that
 * acknowledges, as one that only listens, and when it turns to TFTP.
 */
#include "engine/mtftpc.h"
#include "engine/note.h"
#include "purse.h"
#include "stage/stage.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)

static const struct endpoint SHARED = URL_MTFTP_GROUP;
static const struct endpoint OWN = {IP4(239, 255, 2, 7), 76};

/* Three blocks, the last of 76 bytes. */
enum { SHORT = 76 };

struct scene {
	struct stage *st;
	struct loadc *c;
	struct url url;
	uint16_t own;
	uint8_t kept[4096];
};

static void open_scene_with(struct scene *s, struct endpoint group,
			    usec patience)
{
	struct loadc_config config = {
		.size_max = 1 << 20, .seed = 7, .patience = patience};

	*s = (struct scene){.st = stage_open(),
			    .url = {.scheme = URL_MTFTP,
				    .server = SERVER,
				    .port = 1759,
				    .group = group,
				    .path = "kernel"}};
	assert_int_equal(mtftpc_open(&s->c, &config, &stage_alloc), 0);
	stage_engine(s->st, &s->c->engine);
	s->st->peer = (struct endpoint){SERVER, 1759};
	s->st->keep_to = s->kept;
	s->st->keep_room = sizeof(s->kept);
}

static void open_scene(struct scene *s, struct endpoint group)
{
	open_scene_with(s, group, 0);
}

static void start(struct scene *s)
{
	loadc_start(s->c, s->st->now, &s->url, 0, stage_begin(s->st));
	stage_end(s->st);
	s->own = s->st->last_port;
}

static void close_scene(struct scene *s)
{
	loadc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

/* Has sent its request. */
static void asking(struct scene *s)
{
	open_scene(s, SHARED);
	start(s);
	assert_int_equal(s->st->sends, 1);
	stage_forget(s->st);
}

static uint8_t byte_of(uint32_t block, size_t at)
{
	return (uint8_t)(block * 31 + at);
}

static void data_to(struct scene *s, struct endpoint to, uint16_t block,
		    size_t len)
{
	uint8_t bytes[1024];
	struct wr w = wr_over(bytes, sizeof(bytes));

	wr_u16(&w, 3);
	wr_u16(&w, block);
	for (size_t i = 0; i < len; i++)
		wr_u8(&w, byte_of(block, i));
	s->st->me = to;
	stage_hear(s->st, bytes, wr_len(&w));
}

static size_t len_of(uint16_t block)
{
	return block < 3 ? 512 : SHORT;
}

/* To the group, or to us alone. */
static void hears(struct scene *s, uint16_t block)
{
	data_to(s, s->url.group, block, len_of(block));
}

static void is_told(struct scene *s, uint16_t block)
{
	data_to(s, (struct endpoint){0, s->own}, block, len_of(block));
}

static void assert_done(struct scene *s)
{
	struct loadc_progress p = s->c->progress;

	assert_int_equal(p.state, LOADC_DONE);
	assert_int_equal(p.size, 2 * 512 + SHORT);
	assert_int_equal(p.have, p.size);
	for (uint16_t block = 1; block < 4; block++)
		for (size_t i = 0; i < len_of(block); i++)
			assert_int_equal(s->kept[(block - 1) * 512 + i],
					 byte_of(block, i));
}

/* ---- the one that acknowledges ------------------------------------------ */

static void asks_at_once_and_acknowledges_for_all(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, SHARED);
	start(&s);
	is_told(&s, 1);
	hears(&s, 1);
	stage_wait(s.st, MILLISECONDS(1));
	hears(&s, 2);
	stage_wait(s.st, MILLISECONDS(1));
	hears(&s, 3);
	assert_done(&s);
	assert_false(stage_step(s.st));
	stage_expect(s.st, "    0 ms  listen 3001\n"
			   "    0 ms  join 239.255.1.1:3001\n"
			   "    0 ms  listen a port\n"
			   "    0 ms  RRQ kernel octet\n"
			   "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   "    1 ms  keep 0 @512 +512\n"
			   "    1 ms  ACK 2\n"
			   "    2 ms  keep 0 @1024 +76\n"
			   "    2 ms  ACK 3\n"
			   "    2 ms  leave 239.255.1.1:3001\n"
			   "    2 ms  close 3001\n"
			   "    2 ms  close a port\n");
	close_scene(&s);
}

static void the_first_block_by_the_group_first_is_as_good(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	hears(&s, 1);
	is_told(&s, 1);
	stage_expect(s.st, "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n");
	close_scene(&s);
}

static void acknowledges_to_the_port_that_the_data_came_from(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	s.st->peer.port = 40000; /* atftpd */
	is_told(&s, 1);
	assert_int_equal(s.st->last_send.to.port, 40000);
	assert_int_equal(s.st->last_send.from.port, s.own);
	close_scene(&s);
}

static void says_again_what_it_has_when_a_block_comes_again(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	is_told(&s, 1);
	stage_wait(s.st, MILLISECONDS(20));
	hears(&s, 1);
	stage_expect(s.st, "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   "   20 ms  ACK 1\n");
	close_scene(&s);
}

static void says_again_what_it_has_when_nothing_comes(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	is_told(&s, 1);
	stage_wait(s.st, SECONDS(8));
	stage_expect(s.st, "    0 ms  keep 0 @0 +512\n"
			   "    0 ms  ACK 1\n"
			   " 1000 ms  ACK 1\n"
			   " 3000 ms  ACK 1\n"
			   " 7000 ms  ACK 1\n");
	stage_wait(s.st, SECONDS(8)); /* the server is another one by now */
	stage_expect(s.st, "15000 ms  RRQ kernel octet\n"
			   "15500 ms  RRQ kernel octet\n");
	close_scene(&s);
}

static void leaps_over_what_it_has_heard(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	hears(&s, 2);
	stage_wait(s.st, SECONDS(1));
	stage_expect(s.st, "    0 ms  keep 0 @512 +512\n"
			   "  329 ms  RRQ kernel octet\n"
			   "  829 ms  RRQ kernel octet\n");
	is_told(&s, 1);
	stage_expect(s.st, " 1000 ms  keep 0 @0 +512\n"
			   " 1000 ms  ACK 2\n");
	close_scene(&s);
}

static void goes_step_by_step_with_a_server_that_does_not_leap(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	hears(&s, 2);
	is_told(&s, 1);
	stage_wait(s.st, MILLISECONDS(20));
	hears(&s, 1);
	stage_wait(s.st, MILLISECONDS(20));
	stage_forget(s.st);
	hears(&s, 1);
	stage_expect(s.st, "   40 ms  ACK 1\n");
	close_scene(&s);
}

static void stops_acknowledging_when_another_does(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	is_told(&s, 1);
	stage_forget(s.st);
	hears(&s, 3);
	stage_wait(s.st, MILLISECONDS(100));
	stage_expect(s.st, "    0 ms  keep 0 @1024 +76\n");
	close_scene(&s);
}

/* ---- listeners ---------------------------------------------------------- */

static void loads_without_a_word_where_others_acknowledge(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, OWN);
	start(&s);
	stage_wait(s.st, MILLISECONDS(200));
	for (uint16_t i = 1; i <= 3; i++) {
		hears(&s, i);
		stage_wait(s.st, MILLISECONDS(100));
	}
	assert_done(&s);
	assert_int_equal(s.st->sends, 0);
	close_scene(&s);
}

static void listens_first_on_a_group_of_the_files_own(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, OWN);
	start(&s);
	stage_wait(s.st, MILLISECONDS(500));
	stage_expect(s.st, "    0 ms  listen 76\n"
			   "    0 ms  join 239.255.2.7:76\n"
			   "    0 ms  listen a port\n"
			   "  379 ms  RRQ kernel octet\n");
	close_scene(&s);
}

static void keeps_blocks_in_any_order_and_once(void **state)
{
	static const uint16_t order[] = {3, 2, 2, 3, 1};
	struct scene s;

	(void)state;
	asking(&s);
	for (size_t i = 0; i < 5; i++)
		hears(&s, order[i]);
	assert_done(&s);
	assert_int_equal(s.c->progress.packets_heard, 5);
	assert_int_equal(s.c->progress.packets_new, 3);
	close_scene(&s);
}

/* Whoever lacks most asks first, and the others hear it, too. */
static void asks_the_sooner_the_more_it_lacks(void **state)
{
	struct scene s;
	usec due[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		asking(&s);
		hears(&s, 3);
		if (i)
			hears(&s, 2);
		due[i] = s.c->engine.deadline(&s.c->engine);
		close_scene(&s);
	}
	assert_true(due[0] + MILLISECONDS(60) < due[1]);
}

static void hears_only_its_server_and_sane_blocks(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	s.st->peer.ip = IP4(10, 0, 0, 9);
	hears(&s, 1);
	s.st->peer.ip = SERVER;
	data_to(&s, s.url.group, 0, 512);
	data_to(&s, s.url.group, 1, 513);
	stage_expect(s.st, "");
	hears(&s, 3);
	data_to(&s, s.url.group, 4, 512); /* behind the last */
	data_to(&s, s.url.group, 2, 511); /* another last */
	data_to(&s, s.url.group, 3, 512);
	stage_expect(s.st, "    0 ms  keep 0 @1024 +76\n");
	close_scene(&s);
}

static void a_last_block_before_others_is_none(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	data_to(&s, s.url.group, 5, 512);
	stage_forget(s.st);
	hears(&s, 3);
	stage_expect(s.st, "");
	close_scene(&s);
}

static void refuses_what_is_too_large(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	data_to(&s, s.url.group, 2049, 512);
	assert_int_equal(s.c->progress.state, LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -EFBIG);
	close_scene(&s);
}

static void an_empty_file_is_one_empty_block(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	data_to(&s, (struct endpoint){0, s.own}, 1, 0);
	assert_int_equal(s.c->progress.state, LOADC_DONE);
	assert_int_equal(s.c->progress.size, 0);
	close_scene(&s);
}

/* ---- patience, if another server can be asked ---------------------------- */

static void who_acknowledges_leaves_a_silent_server_after_10_s(void **state)
{
	struct scene s;

	(void)state;
	open_scene_with(&s, SHARED, LOADC_PATIENCE);
	s.st->hides[EFFECT_KEEP] = true;
	start(&s);
	is_told(&s, 1);
	stage_forget(s.st);
	stage_wait(s.st, SECONDS(60));
	stage_expect(s.st, " 1000 ms  ACK 1\n"
			   " 3000 ms  ACK 1\n"
			   " 7000 ms  ACK 1\n"
			   "10000 ms  leave 239.255.1.1:3001\n"
			   "10000 ms  close 3001\n"
			   "10000 ms  close a port\n");
	assert_int_equal(s.c->progress.state, LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_string_equal(s.c->progress.why, "the server fell silent");
	close_scene(&s);
}

static void who_listens_asks_by_tftp_too(void **state)
{
	struct scene s;

	(void)state;
	open_scene_with(&s, SHARED, LOADC_PATIENCE);
	start(&s);
	hears(&s, 2);
	while (s.c->progress.state == LOADC_LOADING)
		assert_true(stage_step(s.st));
	assert_non_null(strstr(stage_said(s.st), "octet tsize=0 to "));
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_in_range(s.st->now, SECONDS(17), SECONDS(19));
	close_scene(&s);
}

static void a_server_that_lives_is_waited_for_as_long_as_it_was(void **state)
{
	struct scene s;

	(void)state;
	open_scene_with(&s, SHARED, LOADC_PATIENCE);
	start(&s);
	is_told(&s, 1);
	stage_wait(s.st, SECONDS(9));
	is_told(&s, 2);
	stage_wait(s.st, SECONDS(14));
	is_told(&s, 3);
	assert_done(&s);
	close_scene(&s);
}

/* ---- by TFTP ------------------------------------------------------------ */

static void turns_to_tftp_when_nobody_answers(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, SHARED);
	s.st->shows_notes = true;
	start(&s);
	stage_wait(s.st, SECONDS(8));
	stage_expect(s.st,
		     "    0 ms  listen 3001\n"
		     "    0 ms  join 239.255.1.1:3001\n"
		     "    0 ms  listen a port\n"
		     "    0 ms  RRQ kernel octet\n"
		     "  500 ms  RRQ kernel octet\n"
		     " 1500 ms  RRQ kernel octet\n"
		     " 3500 ms  RRQ kernel octet\n"
		     " 7500 ms  leave 239.255.1.1:3001\n"
		     " 7500 ms  close 3001\n"
		     " 7500 ms  close a port\n"
		     " 7500 ms  note fell-back \"kernel\"\n"
		     " 7500 ms  listen a port\n"
		     " 7500 ms  RRQ kernel octet tsize=0 to 10.0.0.1:69\n");
	close_scene(&s);
}

static void loads_all_of_it_again_by_tftp(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	hears(&s, 2);
	STAGE_HEAR(s.st, "\0\5\0\0busy\0");
	assert_int_equal(s.c->progress.have, 0);
	s.own = s.st->last_port;
	s.st->peer.port = 50000;
	for (uint16_t i = 1; i <= 3; i++)
		is_told(&s, i);
	assert_done(&s);
	close_scene(&s);
}

static void turns_to_tftp_without_a_group(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, SHARED);
	s.st->rc[EFFECT_JOIN] = -ENODEV;
	start(&s);
	assert_non_null(strstr(stage_said(s.st), "RRQ kernel octet tsize=0 to "
						 "10.0.0.1:69\n"));
	close_scene(&s);
}

static void gives_up_a_server_that_begins_again_and_again(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	hears(&s, 2);
	for (int i = 0; i < 20 && s.st->last_send.to.port != 69; i++) {
		stage_wait(s.st, SECONDS(1));
		hears(&s, 2);
	}
	assert_int_equal(s.st->last_send.to.port, 69);
	close_scene(&s);
}

/* ---- the engine --------------------------------------------------------- */

static void stops_and_starts_again(void **state)
{
	struct scene s;

	(void)state;
	asking(&s);
	hears(&s, 2);
	loadc_stop(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	assert_int_equal(s.c->progress.state, LOADC_IDLE);
	assert_false(stage_step(s.st));
	start(&s);
	for (uint16_t i = 1; i <= 3; i++)
		hears(&s, i);
	assert_done(&s);
	close_scene(&s);
}

static void tries_other_ports_when_its_own_is_taken(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, SHARED);
	s.st->holds[EFFECT_LISTEN] = true;
	start(&s);
	stage_settle(s.st, EFFECT_LISTEN, 0);
	for (int i = 0; i < 7; i++)
		stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	assert_int_equal(s.c->progress.state, LOADC_LOADING);
	stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	assert_int_equal(s.c->progress.state, LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -EADDRINUSE);
	close_scene(&s);
}

static void opens_with_any_memory_or_none(void **state)
{
	struct loadc_config config = {.size_max = 1000};
	struct purse purse;
	const struct alloc *alloc = purse_open(&purse);
	struct loadc *c = NULL;
	int rc = -ENOMEM;

	(void)state;
	for (long n = 0; rc; n++) {
		purse.left = n;
		rc = mtftpc_open(&c, &config, alloc);
		assert_true(rc == 0 || purse.out == 0);
	}
	loadc_close(c, alloc);
	assert_int_equal(purse.out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_at_once_and_acknowledges_for_all),
		cmocka_unit_test(the_first_block_by_the_group_first_is_as_good),
		cmocka_unit_test(
			acknowledges_to_the_port_that_the_data_came_from),
		cmocka_unit_test(
			says_again_what_it_has_when_a_block_comes_again),
		cmocka_unit_test(says_again_what_it_has_when_nothing_comes),
		cmocka_unit_test(leaps_over_what_it_has_heard),
		cmocka_unit_test(
			goes_step_by_step_with_a_server_that_does_not_leap),
		cmocka_unit_test(stops_acknowledging_when_another_does),
		cmocka_unit_test(loads_without_a_word_where_others_acknowledge),
		cmocka_unit_test(listens_first_on_a_group_of_the_files_own),
		cmocka_unit_test(keeps_blocks_in_any_order_and_once),
		cmocka_unit_test(asks_the_sooner_the_more_it_lacks),
		cmocka_unit_test(hears_only_its_server_and_sane_blocks),
		cmocka_unit_test(a_last_block_before_others_is_none),
		cmocka_unit_test(refuses_what_is_too_large),
		cmocka_unit_test(an_empty_file_is_one_empty_block),
		cmocka_unit_test(
			who_acknowledges_leaves_a_silent_server_after_10_s),
		cmocka_unit_test(who_listens_asks_by_tftp_too),
		cmocka_unit_test(
			a_server_that_lives_is_waited_for_as_long_as_it_was),
		cmocka_unit_test(turns_to_tftp_when_nobody_answers),
		cmocka_unit_test(loads_all_of_it_again_by_tftp),
		cmocka_unit_test(turns_to_tftp_without_a_group),
		cmocka_unit_test(gives_up_a_server_that_begins_again_and_again),
		cmocka_unit_test(stops_and_starts_again),
		cmocka_unit_test(tries_other_ports_when_its_own_is_taken),
		cmocka_unit_test(opens_with_any_memory_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
