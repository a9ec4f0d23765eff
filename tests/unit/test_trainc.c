/*
 * A rider, heard from outside: boarding trains that are quick, silent, mute,
 * restarted, running already or not to be trusted.
 */
#include "purse.h"
#include "trainc_world.h"

#include <errno.h>

static const struct loadc_config usual;

/* ---- the usual way ------------------------------------------------------ */

static void a_ride_from_board_to_goodbye(void **state)
{
	const struct train_status holding = {.phase = TRAIN_SAYS_HOLDING,
					     .leaving_ms = 100};
	struct train_status bye = asking(1);
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	make_file(&s, 3, 64);
	start(&s);
	stage_wait(s.st, MILLISECONDS(2));
	ticket(&s);
	stage_wait(s.st, MILLISECONDS(1));
	status_to_rider(&s, &holding);
	stage_wait(s.st, MILLISECONDS(100));
	list_packet(&s, 0);
	originals(&s, 0, 2);
	bye.flags = TRAIN_FLAG_GOODBYE;
	status(&s, &bye, NULL);
	stage_wait(s.st, MILLISECONDS(40));
	repair(&s, 0, 0);
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, MILLISECONDS(20));
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_false(stage_step(s.st));
	stage_expect(s.st, "    0 ms  listen a port\n"
			   "    0 ms  BOARD root.img\n"
			   "    2 ms  allot 0 +182 +4096\n"
			   "    2 ms  listen 7244\n"
			   "    2 ms  join 239.255.84.0:7244\n"
			   "    2 ms  ABOARD 0-2\n"
			   "  103 ms  keep 0 @0 +64\n"
			   "  103 ms  keep 0 @64 +64\n"
			   "  122 ms  REPORT 1 0+1\n"
			   "  143 ms  keep 0 @4096 +64 scratch\n"
			   "  143 ms  mend 0 block 0: 2 from 4096\n"
			   "  143 ms  GOODBYE\n"
			   "  143 ms  leave 239.255.84.0:7244\n"
			   "  143 ms  close 7244\n"
			   "  143 ms  close a port\n");
	close_scene(&s);
}

static void every_packet_goes_to_its_place(void **state)
{
	uint8_t kept[200 * PACKET + 4096 + SLOTS * PACKET];
	struct loadc_progress p;
	struct scene s;

	(void)state;
	rides(&s, usual);
	s.st->keep_to = kept;
	s.st->keep_room = sizeof(kept);
	whole_list(&s);
	for (uint32_t i = 200; i-- > 0;)
		data_at(&s, i);
	p = s.c->progress;
	assert_int_equal(p.state, LOADC_DONE);
	assert_int_equal(p.size, 200 * PACKET - 10);
	assert_int_equal(p.have, p.size);
	assert_int_equal(p.packets_heard, 202);
	assert_int_equal(p.packets_new, 202);
	assert_int_equal(p.requests, 2);
	for (size_t at = 0; at < p.size; at++) {
		uint32_t packet = (uint32_t)(at / PACKET);

		assert_int_equal(kept[at], byte_of(packet / 50, packet % 50,
						   at % PACKET));
	}
	close_scene(&s);
}

static void contents_may_come_by_reference(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	s.by_ref = true;
	whole_list(&s);
	originals(&s, 0, 200);
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_int_equal(s.st->kept, 200 * PACKET - 10);
	close_scene(&s);
}

static void one_file_after_the_other(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	originals(&s, 0, 199);
	repair(&s, 3, 0);
	assert_int_equal(state_of(&s), LOADC_DONE);
	make_file(&s, 100, 64);
	start(&s);
	ticket(&s);
	stage_wait(s.st, 0);
	whole_list(&s);
	originals(&s, 0, 100);
	assert_int_equal(state_of(&s), LOADC_DONE);
	assert_int_equal(s.c->progress.have, 100 * PACKET - 10);
	close_scene(&s);
}

static void who_waits_hears_when_it_leaves(void **state)
{
	const struct train_status holding = {.phase = TRAIN_SAYS_HOLDING,
					     .leaving_ms = 2000,
					     .riders = 192,
					     .expected = 200};
	struct scene s;

	(void)state;
	rides(&s, usual);
	status(&s, &holding, NULL);
	assert_true(s.c->progress.is_waiting);
	assert_int_equal(s.c->progress.leaving_ms, 2000);
	assert_int_equal(s.c->progress.on_board, 192);
	assert_int_equal(s.c->progress.expected, 200);
	data_at(&s, 0);
	assert_false(s.c->progress.is_waiting);
	close_scene(&s);
}

static void goodbye_is_said_only_if_asked_for(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	originals(&s, 0, 200);
	assert_int_equal(state_of(&s), LOADC_DONE);
	stage_wait(s.st, SECONDS(1));
	assert_null(strstr(stage_said(s.st), "GOODBYE"));
	assert_int_equal(s.st->sends, 2);
	close_scene(&s);
}

/* ---- 1. BOARD ----------------------------------------------------------- */

static void board_is_repeated_and_then_asked_of_everybody(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	start(&s);
	stage_wait(s.st, SECONDS(4));
	stage_expect(s.st,
		     "    0 ms  listen a port\n"
		     "    0 ms  BOARD root.img\n"
		     "   67 ms  BOARD root.img\n"
		     "  180 ms  BOARD root.img\n"
		     "  409 ms  BOARD root.img\n"
		     "  409 ms  BOARD root.img to 255.255.255.255:7243\n"
		     "  999 ms  BOARD root.img\n"
		     "  999 ms  BOARD root.img to 255.255.255.255:7243\n"
		     " 2085 ms  BOARD root.img\n"
		     " 2085 ms  BOARD root.img to 255.255.255.255:7243\n");
	close_scene(&s);
}

static void silence_for_a_minute_is_the_end(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	start(&s);
	stage_wait(s.st, SECONDS(59));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(2));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	assert_string_equal(s.c->progress.why, "the server is silent");
	assert_false(stage_step(s.st));
	close_scene(&s);
}

/* The server reads a file of many minutes, and says so. */
static void a_manifest_is_waited_for(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	start(&s);
	for (int i = 0; i < 10; i++) {
		preparing(&s, s.nonce);
		assert_true(s.c->progress.is_preparing);
		stage_wait(s.st, SECONDS(50));
		assert_int_equal(state_of(&s), LOADC_LOADING);
	}
	ticket(&s);
	assert_false(s.c->progress.is_preparing);
	close_scene(&s);
}

/* It was restarted, and the rider has half of the file. */
static void by_who_is_under_way_as_well(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 100);
	refuse(&s, s.m.train, TRAIN_NO_COOKIE, "");
	stage_wait(s.st, 0);
	look_at_board(&s);
	for (int i = 0; i < 3; i++) {
		preparing(&s, s.nonce);
		assert_true(s.c->progress.is_preparing);
		stage_wait(s.st, SECONDS(50));
		assert_int_equal(state_of(&s), LOADC_LOADING);
	}
	ticket(&s);
	assert_false(s.c->progress.is_preparing);
	close_scene(&s);
}

static void whose_manifest_it_is_must_be_clear(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	start(&s);
	stage_wait(s.st, SECONDS(50));
	preparing(&s, s.nonce + 1);
	assert_false(s.c->progress.is_preparing);
	stage_wait(s.st, SECONDS(11));
	assert_string_equal(s.c->progress.why, "the server is silent");
	close_scene(&s);
}

static void another_server_may_answer_the_broadcast(void **state)
{
	static const struct endpoint other = {IP4(10, 0, 0, 9), TRAIN_PORT};
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	start(&s);
	stage_wait(s.st, MILLISECONDS(500));
	stage_forget(s.st);
	s.st->peer = other;
	ticket(&s);
	stage_wait(s.st, 0);
	stage_expect(s.st, "  500 ms  allot 0 +12790 +4096\n"
			   "  500 ms  listen 7244\n"
			   "  500 ms  join 239.255.84.0:7244\n"
			   "  500 ms  ABOARD 0-199\n");
	assert_int_equal(s.st->last_send.to.ip, other.ip);
	close_scene(&s);
}

static void tickets_are_for_who_asked(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	start(&s);
	stage_forget(s.st);
	s.nonce++;
	ticket(&s);
	s.nonce--;
	s.group.ip = IP4(10, 0, 0, 1);
	ticket(&s);
	s.group = (struct endpoint){GROUP.ip, 0};
	ticket(&s);
	s.group = (struct endpoint){GROUP.ip, s.own};
	ticket(&s);
	s.group = GROUP;
	s.head_len--;
	ticket(&s);
	assert_int_equal(trainc_counts(s.c)->foreign, 5);
	stage_expect(s.st, "");
	s.head_len++;
	ticket(&s);
	stage_wait(s.st, 0);
	stage_forget(s.st);
	ticket(&s); /* the answer to a BOARD that was repeated */
	assert_int_equal(trainc_counts(s.c)->foreign, 6);
	stage_expect(s.st, "");
	close_scene(&s);
}

static void a_refusal_is_told_in_its_own_words(void **state)
{
	static const struct {
		uint16_t code;
		int rc;
		const char *text, *why;
	} rows[] = {
		{1, -ENOENT, "no such file", "the server says: no such file"},
		{3, -EACCES, "not\nhere", "the server says: not\\x0ahere"},
		{3, -EACCES, "", "the server refuses"},
		{9, -EACCES, "hm", "the server says: hm"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		open_scene(&s, usual);
		start(&s);
		refuse(&s, s.nonce + 1, rows[i].code, "of another");
		assert_int_equal(state_of(&s), LOADC_LOADING);
		refuse(&s, s.nonce, rows[i].code, rows[i].text);
		assert_int_equal(state_of(&s), LOADC_FAILED);
		assert_int_equal(s.c->progress.rc, rows[i].rc);
		assert_string_equal(s.c->progress.why, rows[i].why);
		close_scene(&s);
	}
}

static void a_full_server_is_asked_again(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	start(&s);
	refuse(&s, s.nonce, TRAIN_NO_ROOM, "no room");
	stage_wait(s.st, SECONDS(50));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(20));
	assert_int_equal(s.c->progress.rc, -EBUSY);
	assert_string_equal(s.c->progress.why, "the server has no room");
	close_scene(&s);
}

/* ---- trust -------------------------------------------------------------- */

static const uint8_t our_key[1][CRYPT_KEY] = {"ours"};
static const uint8_t other_key[CRYPT_KEY] = "another's";

static void a_manifest_that_is_not_trusted_ends_the_boarding(void **state)
{
	static const struct {
		const uint8_t *key;
		const char *name;
		uint64_t version, from, until;
		const char *why;
	} rows[] = {
		{our_key[0], "root.img", 3, 0, 0, NULL},
		{NULL, "root.img", 3, 0, 0, "the manifest is not signed"},
		{other_key, "root.img", 3, 0, 0,
		 "the manifest is signed by another key"},
		{our_key[0], "root.old", 3, 0, 0,
		 "the manifest is that of another file"},
		{our_key[0], "root.img", 2, 0, 0,
		 "the manifest is too old: version 2, and it must be "
		 "3 or later"},
		{our_key[0], "root.img", 3, 1700000001, 0,
		 "the manifest is not valid yet"},
		{our_key[0], "root.img", 3, 0, 1699999999,
		 "the manifest has expired"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		open_scene(&s, (struct loadc_config){.keys = our_key,
						     .n_keys = 1,
						     .version_min = 3});
		s.m.version = rows[i].version;
		s.m.valid_from = rows[i].from;
		s.m.valid_until = rows[i].until;
		memcpy(s.m.name, rows[i].name, 9);
		make_head(&s, rows[i].key);
		start(&s);
		ticket(&s);
		assert_int_equal(state_of(&s) == LOADC_FAILED,
				 rows[i].why != NULL);
		if (rows[i].why) {
			assert_int_equal(s.c->progress.rc, -EBADMSG);
			assert_string_equal(s.c->progress.why, rows[i].why);
		}
		close_scene(&s);
	}
}

/* It would have announced the signed one, if it were right. */
static void the_server_says_why_there_is_no_signed_one(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, (struct loadc_config){.keys = our_key, .n_keys = 1});
	s.note = "it is of \1"
		 "another file";
	start(&s);
	ticket(&s);
	assert_int_equal(s.c->progress.rc, -EBADMSG);
	assert_string_equal(
		s.c->progress.why,
		"the manifest is not signed: the server says of "
		"the one beside the file: it is of \\x01another file");
	close_scene(&s);

	/* Who has no key does not care, nor does who has a signed one. */
	open_scene(&s, usual);
	s.note = "it is of another file";
	start(&s);
	ticket(&s);
	assert_int_equal(state_of(&s), LOADC_LOADING);
	close_scene(&s);
}

static void half_a_head_is_not_taken_for_silence(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, (struct loadc_config){.keys = our_key, .n_keys = 1});
	make_head(&s, our_key[0]);
	start(&s);
	s.head_len -= 20;
	ticket(&s);
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(61)); /* another server may have all of it */
	assert_int_equal(s.c->progress.rc, -EBADMSG);
	assert_string_equal(s.c->progress.why,
			    "what the server announces is no manifest, or not "
			    "all of one");

	/* A whole one comes in time. */
	start(&s);
	ticket(&s);
	s.head_len += 20;
	ticket(&s);
	stage_wait(s.st, SECONDS(70));
	assert_int_equal(s.c->progress.rc, -ETIMEDOUT);
	close_scene(&s);
}

static void what_was_had_is_not_had_again_in_an_older_version(void **state)
{
	struct loadc_seen seen[] = {{.name = "other.img", .version = 9},
				    {.name = "root.img", .version = 9},
				    {.name = "root.img", .version = 5}};
	static const struct {
		uint64_t version;
		bool is_taken;
	} rows[] = {{4, false}, {5, true}, {6, true}};

	(void)state;
	/* 9 was another key's. */
	for (int i = 0; i < 3; i++)
		manifest_key_id(i == 1 ? other_key : our_key[0], &toy_crypt,
				seen[i].key_id);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		open_scene(&s, (struct loadc_config){.keys = our_key,
						     .n_keys = 1,
						     .version_min = 2,
						     .seen = seen,
						     .n_seen = 3});
		s.m.version = rows[i].version;
		make_head(&s, our_key[0]);
		start(&s);
		ticket(&s);
		assert_int_equal(state_of(&s) != LOADC_FAILED,
				 rows[i].is_taken);
		if (!rows[i].is_taken)
			assert_string_equal(s.c->progress.why,
					    "the manifest is too old: version "
					    "4, and it must be 5 or later");
		else
			assert_int_equal(s.c->progress.manifest->version,
					 rows[i].version);
		close_scene(&s);
	}
}

static void what_does_not_fit_is_refused(void **state)
{
	static const struct {
		uint64_t size_max;
		uint32_t packets;
		uint16_t k_max;
		bool fits;
	} rows[] = {
		{200 * PACKET, 200, 64, true},
		{200 * PACKET - 11, 200, 64, false}, /* bytes */
		{1 << 20, 1024 + 819, 1024, true},
		{1 << 20, 1024 + 819 + 1, 1024, false}, /* packets */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		open_scene(&s,
			   (struct loadc_config){.size_max = rows[i].size_max});
		make_file(&s, rows[i].packets, rows[i].k_max);
		start(&s);
		ticket(&s);
		assert_int_equal(state_of(&s) == LOADC_LOADING, rows[i].fits);
		if (!rows[i].fits) {
			assert_int_equal(s.c->progress.rc, -EFBIG);
			assert_string_equal(s.c->progress.why,
					    "the file is too large");
		}
		close_scene(&s);
	}
}

static void without_hashes_there_is_no_train(void **state)
{
	static const struct loadc_config none = {.size_max = 1000};
	struct scene s;
	struct loadc *c;

	(void)state;
	open_scene(&s, usual);
	assert_int_equal(trainc_open(&c, &none, &stage_alloc), 0);
	loadc_start(c, 0, &s.url, 0, stage_begin(s.st));
	stage_end(s.st);
	assert_int_equal(c->progress.rc, -ENOTSUP);
	assert_string_equal(c->progress.why, "nothing here can check hashes");
	loadc_close(c, &stage_alloc);
	close_scene(&s);
}

static void an_address_names_a_file(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	s.url.path[0] = 0;
	loadc_start(s.c, 0, &s.url, 0, stage_begin(s.st));
	stage_end(s.st);
	assert_int_equal(s.c->progress.rc, -EINVAL);
	stage_expect(s.st, "");
	close_scene(&s);
}

/* ---- 2. ABOARD ---------------------------------------------------------- */

static void aboard_is_repeated_until_a_status_comes_to_us(void **state)
{
	const struct train_status st = {.phase = TRAIN_SAYS_HOLDING};
	struct scene s;

	(void)state;
	has_ticket(&s, usual);
	stage_wait(s.st, MILLISECONDS(100));
	status(&s, &st, NULL); /* for others */
	stage_wait(s.st, MILLISECONDS(1900));
	status_to_rider(&s, &st);
	stage_wait(s.st, MILLISECONDS(200));
	stage_expect(s.st, "   30 ms  ABOARD 0-199\n"
			   "   90 ms  ABOARD 0-199\n"
			   "  210 ms  ABOARD 0-199\n"
			   "  450 ms  ABOARD 0-199\n"
			   "  930 ms  ABOARD 0-199\n"
			   " 1890 ms  ABOARD 0-199\n");
	close_scene(&s);
}

static void who_comes_late_wants_what_it_has_not_heard(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	s.st->hides[EFFECT_KEEP] = true;
	s.st->holds[EFFECT_ALLOT] = true;
	start(&s);
	ticket(&s);
	originals(&s, 90, 100); /* there is no room yet */
	assert_int_equal(trainc_counts(s.c)->early, 10);
	stage_settle(s.st, EFFECT_ALLOT, 0);
	originals(&s, 100, 110);
	stage_wait(s.st, MILLISECONDS(2));
	originals(&s, 112, 130);
	stage_wait(s.st, MILLISECONDS(10));
	originals(&s, 130, 140);
	stage_wait(s.st, MILLISECONDS(25));
	stage_expect(s.st, "    0 ms  listen a port\n"
			   "    0 ms  BOARD root.img\n"
			   "    0 ms  allot 0 +12790 +4096\n"
			   "    0 ms  listen 7244\n"
			   "    0 ms  join 239.255.84.0:7244\n"
			   "    5 ms  ABOARD 0-99 130-199\n"
			   "   35 ms  ABOARD 0-99 140-199\n");
	close_scene(&s);
}

static void long_gaps_are_wanted_short_ones_are_lacks(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	make_file(&s, 6000, 1024);
	s.st->hides[EFFECT_KEEP] = true;
	start(&s);
	ticket(&s);
	originals(&s, 10, 100);
	originals(&s, 2147, 2500);
	originals(&s, 4548, 5999);
	stage_forget(s.st);
	stage_wait(s.st, MILLISECONDS(5));
	stage_expect(s.st, "    5 ms  ABOARD 0-9 2500-4547 5999-5999\n");
	close_scene(&s);
}

static void a_cookie_refused_is_a_ticket_lost_and_no_packet(void **state)
{
	const struct train_status st = {.phase = TRAIN_SAYS_SENDING};
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	originals(&s, 0, 100);
	stage_wait(s.st, MILLISECONDS(3));
	refuse(&s, s.m.train, TRAIN_NO_COOKIE, "");
	originals(&s, 100, 110);
	stage_wait(s.st, 0);
	look_at_board(&s);
	originals(&s, 110, 150);
	s.cookie = 99;
	ticket(&s);
	stage_wait(s.st, 0);
	status_to_rider(&s, &st);
	stage_expect(s.st, "    3 ms  BOARD root.img\n"
			   "    3 ms  ABOARD 150-199\n");
	originals(&s, 150, 200);
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

static void a_restarted_server_may_have_another_group(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 100);
	refuse(&s, s.m.train, TRAIN_NO_COOKIE, "");
	stage_wait(s.st, 0);
	look_at_board(&s);
	s.group = (struct endpoint){IP4(239, 255, 84, 3), 7247};
	ticket(&s);
	stage_wait(s.st, 0);
	stage_expect(s.st, "    0 ms  BOARD root.img\n"
			   "    0 ms  leave 239.255.84.0:7244\n"
			   "    0 ms  close 7244\n"
			   "    0 ms  listen 7247\n"
			   "    0 ms  join 239.255.84.3:7247\n"
			   "    0 ms  ABOARD 100-199\n");
	close_scene(&s);
}

static void a_file_that_was_replaced_begins_anew(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 100);
	refuse(&s, s.m.train, TRAIN_NO_COOKIE, "");
	stage_wait(s.st, 0);
	look_at_board(&s);
	make_file(&s, 120, 64);
	ticket(&s);
	stage_wait(s.st, 0);
	stage_expect(s.st, "    0 ms  BOARD root.img\n"
			   "    0 ms  leave 239.255.84.0:7244\n"
			   "    0 ms  close 7244\n"
			   "    0 ms  allot 0 +7670 +4096\n"
			   "    0 ms  listen 7244\n"
			   "    0 ms  join 239.255.84.0:7244\n"
			   "    0 ms  ABOARD 0-119\n");
	assert_int_equal(s.c->progress.have, 0);
	whole_list(&s);
	originals(&s, 0, 120);
	assert_int_equal(state_of(&s), LOADC_DONE);
	close_scene(&s);
}

static void a_train_that_falls_silent_is_left_after_a_minute(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 100);
	stage_wait(s.st, SECONDS(59));
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(1));
	assert_string_equal(s.c->progress.why, "the server is silent");
	close_scene(&s);
}

/* It restored blocks for more than a minute, or was stopped: the next turn is
 * the first in which it could hear anything. */
static void who_did_not_listen_asks_before_it_gives_up(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	originals(&s, 0, 100);
	s.st->now += SECONDS(64);
	stage_wait(s.st, 0);
	assert_int_equal(state_of(&s), LOADC_LOADING);
	refuse(&s, s.m.train, TRAIN_NO_COOKIE, ""); /* it had been given up */
	stage_wait(s.st, 0);
	assert_int_equal(state_of(&s), LOADC_LOADING);
	stage_wait(s.st, SECONDS(70));
	assert_int_equal(state_of(&s), LOADC_FAILED);
	close_scene(&s);
}

/* ---- the world fails ---------------------------------------------------- */

static void what_the_world_refuses_is_said(void **state)
{
	static const struct {
		enum effect_kind kind;
		int rc;
		const char *why;
	} rows[] = {
		{EFFECT_LISTEN, -EACCES, "there is no port for requests"},
		{EFFECT_JOIN, -ENODEV, "the group cannot be joined"},
		{EFFECT_ALLOT, -ENOSPC, "there is no room for the file"},
		{EFFECT_MEND, -EIO, "a block cannot be restored"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s;

		open_scene(&s, usual);
		s.st->rc[rows[i].kind] = rows[i].rc;
		loadc_start(s.c, 0, &s.url, 0, stage_begin(s.st));
		stage_end(s.st);
		s.own = s.st->last_port;
		stage_wait(s.st, 0);
		if (rows[i].kind != EFFECT_LISTEN) {
			look_at_board(&s);
			ticket(&s);
			stage_wait(s.st, 0);
			whole_list(&s);
			originals(&s, 0, 200);
		}
		assert_int_equal(s.c->progress.state, LOADC_FAILED);
		assert_int_equal(s.c->progress.rc, rows[i].rc);
		assert_string_equal(s.c->progress.why, rows[i].why);
		assert_false(stage_step(s.st));
		close_scene(&s);
	}
}

static void a_taken_port_is_not_the_only_one(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, usual);
	s.st->holds[EFFECT_LISTEN] = true;
	loadc_start(s.c, 0, &s.url, 0, stage_begin(s.st));
	stage_end(s.st);
	stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	stage_settle(s.st, EFFECT_LISTEN, 0);
	s.own = s.st->last_port;
	stage_wait(s.st, 0);
	look_at_board(&s);
	ticket(&s);
	stage_settle(s.st, EFFECT_LISTEN, -EADDRINUSE);
	assert_string_equal(s.c->progress.why, "the group's port is taken");
	close_scene(&s);
}

static void who_stops_leaves_everything(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	loadc_stop(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	stage_expect(s.st, "    0 ms  leave 239.255.84.0:7244\n"
			   "    0 ms  close 7244\n"
			   "    0 ms  close a port\n");
	assert_int_equal(state_of(&s), LOADC_IDLE);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void memory_may_run_out_while_it_is_opened(void **state)
{
	const struct loadc_config config = {.size_max = 1 << 20};
	struct purse p;
	const struct alloc *alloc = purse_open(&p);
	struct loadc *c;
	long n = 0;

	(void)state;
	for (p.left = 0; trainc_open(&c, &config, alloc) == -ENOMEM;
	     p.left = ++n)
		assert_int_equal(p.out, 0);
	assert_int_equal(n, 8);
	loadc_close(c, alloc);
	assert_int_equal(p.out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ride_from_board_to_goodbye),
		cmocka_unit_test(every_packet_goes_to_its_place),
		cmocka_unit_test(contents_may_come_by_reference),
		cmocka_unit_test(one_file_after_the_other),
		cmocka_unit_test(who_waits_hears_when_it_leaves),
		cmocka_unit_test(goodbye_is_said_only_if_asked_for),
		cmocka_unit_test(board_is_repeated_and_then_asked_of_everybody),
		cmocka_unit_test(silence_for_a_minute_is_the_end),
		cmocka_unit_test(a_manifest_is_waited_for),
		cmocka_unit_test(by_who_is_under_way_as_well),
		cmocka_unit_test(whose_manifest_it_is_must_be_clear),
		cmocka_unit_test(another_server_may_answer_the_broadcast),
		cmocka_unit_test(tickets_are_for_who_asked),
		cmocka_unit_test(a_refusal_is_told_in_its_own_words),
		cmocka_unit_test(a_full_server_is_asked_again),
		cmocka_unit_test(
			a_manifest_that_is_not_trusted_ends_the_boarding),
		cmocka_unit_test(the_server_says_why_there_is_no_signed_one),
		cmocka_unit_test(half_a_head_is_not_taken_for_silence),
		cmocka_unit_test(
			what_was_had_is_not_had_again_in_an_older_version),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(without_hashes_there_is_no_train),
		cmocka_unit_test(an_address_names_a_file),
		cmocka_unit_test(aboard_is_repeated_until_a_status_comes_to_us),
		cmocka_unit_test(who_comes_late_wants_what_it_has_not_heard),
		cmocka_unit_test(long_gaps_are_wanted_short_ones_are_lacks),
		cmocka_unit_test(
			a_cookie_refused_is_a_ticket_lost_and_no_packet),
		cmocka_unit_test(a_restarted_server_may_have_another_group),
		cmocka_unit_test(a_file_that_was_replaced_begins_anew),
		cmocka_unit_test(
			a_train_that_falls_silent_is_left_after_a_minute),
		cmocka_unit_test(who_did_not_listen_asks_before_it_gives_up),
		cmocka_unit_test(what_the_world_refuses_is_said),
		cmocka_unit_test(a_taken_port_is_not_the_only_one),
		cmocka_unit_test(who_stops_leaves_everything),
		cmocka_unit_test(memory_may_run_out_while_it_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
