/*
 * A NeXT machine that asks for its address: its schedules, whom it believes,
 * and the dialog.
 */
#include "engine/console.h"
#include "engine/nextc.h"
#include "stage/bootps.h"
#include "wire/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SERVER    IP4(192, 168, 77, 1)
#define NODE      IP4(192, 168, 77, 10)
#define TEMPORARY IP4(192, 168, 77, 250)

#define NOBODY                                                                 \
	"20000 ms  console: No response from network configuration server. "   \
	"/ Type Control-C to start up computer without a network / "           \
	"connection.\n"

static const uint8_t mac[6] = {0, 0, 0x0f, 0, 7, 0x5a};

struct scene {
	struct stage *st;
	struct nextc *c;
};

static struct scene switch_on(enum nextc_schedule schedule, usec jitter)
{
	struct nextc_config config = {
		.link = {.index = 1, .hw = hwaddr_ethernet(mac)},
		.seed = 1,
		.schedule = schedule,
		.jitter = jitter};
	struct scene s = {.st = stage_open()};

	assert_int_equal(nextc_open(&s.c, &config, &stage_alloc), 0);
	s.st->shows_notes = true;
	stage_engine(s.st, nextc_engine(s.c));
	nextc_start(s.c, s.st->now);
	return s;
}

/* Its first request is out. */
static struct scene asks(void)
{
	struct scene s = switch_on(NEXTC_ARTICLE, 0);

	assert_true(stage_step(s.st));
	stage_expect(s.st, "    0 ms  BOOTPREQUEST broadcast\n");
	return s;
}

static void close_scene(struct scene *s)
{
	nextc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

static void say(struct scene *s, enum next_opcode opcode, uint8_t id,
		const char *text)
{
	struct next_vend v = {
		.version = 1, .opcode = (uint8_t)opcode, .id = id};

	text_copy(v.text, sizeof(v.text), text, strlen(text));
	bootps_say(s->st,
		   &(struct bootps_reply){.yiaddr = opcode ? TEMPORARY : NODE,
					  .siaddr = SERVER,
					  .server_id = SERVER,
					  .next = &v});
}

static void type(struct scene *s, const char *line)
{
	nextc_line(s->c, s->st->now, line, strlen(line), stage_begin(s->st));
	stage_end(s->st);
}

/* ---- schedules ---------------------------------------------------------- */

static void asks_as_the_article_says(void **state)
{
	struct scene s = switch_on(NEXTC_ARTICLE, 0);

	(void)state;
	stage_wait(s.st, SECONDS(300));
	stage_expect(s.st, "    0 ms  BOOTPREQUEST broadcast\n"
			   " 5000 ms  BOOTPREQUEST broadcast\n"
			   "10000 ms  BOOTPREQUEST broadcast\n"
			   "15000 ms  BOOTPREQUEST broadcast\n" NOBODY
			   "20000 ms  BOOTPREQUEST broadcast\n"
			   "25000 ms  BOOTPREQUEST broadcast\n"
			   "35000 ms  BOOTPREQUEST broadcast\n"
			   "55000 ms  BOOTPREQUEST broadcast\n"
			   "95000 ms  BOOTPREQUEST broadcast\n"
			   "159000 ms  BOOTPREQUEST broadcast\n"
			   "223000 ms  BOOTPREQUEST broadcast\n"
			   "287000 ms  BOOTPREQUEST broadcast\n");
	close_scene(&s);
}

static void asks_as_the_kernel_of_1990_did(void **state)
{
	struct scene s = switch_on(NEXTC_KERNEL, 0);

	(void)state;
	stage_wait(s.st, SECONDS(200));
	stage_expect(s.st, "    0 ms  BOOTPREQUEST broadcast\n"
			   " 1000 ms  BOOTPREQUEST broadcast\n"
			   " 3000 ms  BOOTPREQUEST broadcast\n"
			   " 7000 ms  BOOTPREQUEST broadcast\n"
			   "15000 ms  BOOTPREQUEST broadcast\n" NOBODY
			   "31000 ms  BOOTPREQUEST broadcast\n"
			   "63000 ms  BOOTPREQUEST broadcast\n"
			   "127000 ms  BOOTPREQUEST broadcast\n"
			   "191000 ms  BOOTPREQUEST broadcast\n");
	close_scene(&s);
}

static void jitter_delays_the_first_request_alone(void **state)
{
	struct scene s = switch_on(NEXTC_ARTICLE, MILLISECONDS(500));
	usec first;

	(void)state;
	assert_true(stage_step(s.st));
	first = s.st->now;
	assert_in_range(first, 1, MILLISECONDS(500));
	assert_true(stage_step(s.st));
	assert_int_equal(s.st->now, first + SECONDS(5));
	close_scene(&s);
}

/* Vectors V1 and V4, but for what differs by intention: the transaction id, the
 * IP identification (0), and a UDP checksum, which NeXT left out. */
static void its_packets_are_those_of_a_NeXT(void **state)
{
	struct scene s = asks();
	struct rd r = rd_over(s.st->last, s.st->last_len);
	uint8_t wanted[300] = {1, 1, 6, 0};
	struct frame_udp f;
	struct bootp m;

	(void)state;
	memcpy(wanted + 28, mac, 6);
	memcpy(wanted + 236, "NeXT\1", 5);
	assert_true(frame_udp_get(&f, &r));
	assert_int_equal(f.len, 300);
	memcpy(wanted + 4, f.bytes + 4, 4);
	assert_memory_equal(f.bytes, wanted, 300);
	assert_memory_equal(f.dst, "\xff\xff\xff\xff\xff\xff", 6);
	assert_memory_equal(f.src, mac, 6);
	assert_int_equal(f.from.ip, 0);
	assert_int_equal(f.to.ip, IP_BROADCAST);
	assert_int_equal(f.ttl, 255);

	say(&s, NEXT_QUERY, 1, "Name for this computer: ");
	stage_wait(s.st, SECONDS(10));
	bootps_request(s.st, &m);
	assert_memory_equal(m.xid, wanted + 4, 4); /* the same packet again */
	say(&s, NEXT_QUERY, 1, "Name for this computer: ");
	type(&s, "wendy");
	assert_true(stage_step(s.st));
	r = rd_over(s.st->last, s.st->last_len);
	assert_true(frame_udp_get(&f, &r));
	assert_memory_not_equal(f.bytes + 4, wanted + 4, 4); /* a new run */
	memcpy(wanted + 4, f.bytes + 4, 4);
	memcpy(wanted + 236, "NeXT\1\0\1\1wendy", 13);
	assert_memory_equal(f.bytes, wanted, 300);
	assert_memory_equal(f.dst, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(f.from.ip, 0);
	assert_int_equal(f.to.ip, SERVER);
	close_scene(&s);
}

/* ---- answers ------------------------------------------------------------ */

static void takes_a_positive_answer_and_falls_silent(void **state)
{
	struct scene s = asks();

	(void)state;
	say(&s, NEXT_OK, 0, "");
	assert_int_equal(nextc_state(s.c), NEXTC_BOUND);
	assert_int_equal(nextc_answer(s.c)->ip, NODE);
	assert_int_equal(nextc_answer(s.c)->server, SERVER);
	assert_false(nextc_has_mask(s.c));
	assert_false(stage_step(s.st));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void
a_late_answer_fulfils_the_retry_and_the_second_is_ignored(void **state)
{
	struct scene s = asks();

	(void)state;
	stage_wait(s.st, SECONDS(26));
	stage_forget(s.st);
	say(&s, NEXT_OK, 0,
	    ""); /* to the first request or the last: the same */
	assert_int_equal(nextc_answer(s.c)->ip, NODE);
	bootps_say(s.st, &(struct bootps_reply){.yiaddr = NODE + 1,
						.siaddr = SERVER + 1});
	assert_int_equal(nextc_answer(s.c)->ip, NODE);
	assert_false(stage_step(s.st));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void ignores_what_is_not_for_it(void **state)
{
	static const struct next_vend ok = {.version = 1};
	static const struct bootps_reply bad[] = {
		{.yiaddr = NODE, .next = &ok, .has_other_xid = true},
		{.yiaddr = NODE, .next = &ok, .has_other_hw = true},
		{.yiaddr = NODE, .next = &ok, .is_request = true},
		{.yiaddr = NODE, .next = &ok, .is_for_other_mac = true},
		{.yiaddr = 0, .next = &ok},
		{.yiaddr = IP4(127, 0, 0, 1), .next = &ok},
		{.yiaddr = IP_BROADCAST, .next = &ok},
	};
	struct scene s = asks();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bootps_say(s.st, &bad[i]);
		assert_int_equal(nextc_state(s.c), NEXTC_ASKING);
	}
	close_scene(&s);
}

static void a_wrong_xid_is_no_answer_and_the_message_comes(void **state)
{
	static const struct next_vend ok = {.version = 1};
	struct scene s = asks();

	(void)state;
	bootps_say(s.st, &(struct bootps_reply){.yiaddr = NODE,
						.next = &ok,
						.has_other_xid = true});
	stage_wait(s.st, SECONDS(20));
	stage_expect(s.st, " 5000 ms  BOOTPREQUEST broadcast\n"
			   "10000 ms  BOOTPREQUEST broadcast\n"
			   "15000 ms  BOOTPREQUEST broadcast\n" NOBODY
			   "20000 ms  BOOTPREQUEST broadcast\n");
	close_scene(&s);
}

/* Byte 242 of an OFFER is the value of its option 53: QUERY_NE. */
static void a_DHCP_OFFER_looks_like_an_invitation(void **state)
{
	static const struct bootps_reply offer = {.yiaddr = NODE,
						  .type = DHCP_OFFER};
	struct scene s = asks();

	(void)state;
	bootps_say(s.st, &offer);
	assert_int_equal(nextc_state(s.c), NEXTC_ASKING);
	stage_wait(s.st, SECONDS(10));
	bootps_say(s.st, &offer);
	assert_int_equal(nextc_state(s.c), NEXTC_PROMPTING);
	close_scene(&s);
}

/* Its byte 242 is 255, the first of its mask. */
static void a_server_of_RFC_2132_is_believed_after_10_s(void **state)
{
	static const struct bootps_reply rfc = {.yiaddr = NODE,
						.mask = 0xffffffc0,
						.router = SERVER,
						.name = "wendy"};
	struct scene s = asks();

	(void)state;
	bootps_say(s.st, &rfc);
	assert_int_equal(nextc_state(s.c), NEXTC_ASKING);
	stage_wait(s.st, SECONDS(9));
	bootps_say(s.st, &rfc);
	assert_int_equal(nextc_state(s.c), NEXTC_ASKING);
	stage_wait(s.st, SECONDS(1));
	bootps_say(s.st, &rfc);
	assert_int_equal(nextc_state(s.c), NEXTC_BOUND);
	assert_int_equal(nextc_answer(s.c)->ip, NODE);
	assert_int_equal(nextc_answer(s.c)->mask, 0xffffffc0);
	assert_true(nextc_has_mask(s.c));
	assert_string_equal(nextc_answer(s.c)->name, "wendy");
	close_scene(&s);
}

/* As captured from dnsmasq 2.90: RFC 2132's options behind NeXT's magic. */
static void dnsmasq_s_options_behind_our_magic_are_read(void **state)
{
	static const uint8_t area[] = {
		'N', 'e', 'X', 'T', 1,   4,  255, 255, 255, 0,   28,
		4,   10,  0,   2,   255, 12, 8,   's', 'l', 'i', 'g',
		'h', 't', 'l', 'y', 3,   4,  10,  0,   2,   254, 255};
	struct scene s = asks();
	uint8_t message[300] = {2, 1, 6}, frame[400];
	struct wr w = wr_over(frame, sizeof(frame));
	struct frame_udp f = {.from = {SERVER, 67},
			      .to = {NODE, 68},
			      .ttl = 64,
			      .bytes = message,
			      .len = sizeof(message)};
	struct bootp m;

	(void)state;
	bootps_request(s.st, &m);
	memcpy(message + 4, m.xid, 4);
	memcpy(message + 16, "\300\250\115\012", 4);
	memcpy(message + 28, mac, 6);
	memcpy(message + 236, area, sizeof(area));
	memcpy(f.dst, mac, 6);
	frame_udp_put(&f, &w);
	stage_hear_frame(s.st, frame, wr_len(&w));
	stage_wait(s.st, SECONDS(10));
	assert_int_equal(nextc_state(s.c), NEXTC_ASKING);
	stage_hear_frame(s.st, frame, wr_len(&w));
	assert_int_equal(nextc_state(s.c), NEXTC_BOUND);
	assert_int_equal(nextc_answer(s.c)->ip, NODE);
	assert_true(nextc_has_mask(s.c));
	assert_int_equal(nextc_answer(s.c)->mask, 0xffffff00);
	assert_int_equal(nextc_answer(s.c)->router, IP4(10, 0, 2, 254));
	assert_string_equal(nextc_answer(s.c)->name, "slightly");
	close_scene(&s);
}

/* ---- two servers, and the dialog ---------------------------------------- */

static void of_two_servers_the_positive_one_wins(void **state)
{
	struct scene s = asks();

	(void)state;
	say(&s, NEXT_QUERY, 1, "Name for this computer: ");
	stage_wait(s.st, SECONDS(9));
	say(&s, NEXT_QUERY, 1, "Name for this computer: ");
	say(&s, NEXT_OK, 0, "");
	assert_int_equal(nextc_state(s.c), NEXTC_BOUND);
	stage_expect(s.st, " 5000 ms  BOOTPREQUEST broadcast\n");
	close_scene(&s);
}

static void positive_wins_even_at_the_prompt(void **state)
{
	struct scene s = asks();

	(void)state;
	say(&s, NEXT_QUERY_NE, 1, "Network password: ");
	stage_wait(s.st, SECONDS(10));
	say(&s, NEXT_QUERY_NE, 1, "Network password: ");
	assert_int_equal(nextc_state(s.c), NEXTC_PROMPTING);
	say(&s, NEXT_OK, 0, "");
	assert_int_equal(nextc_state(s.c), NEXTC_BOUND);
	type(&s, "too late");
	stage_expect(s.st, " 5000 ms  BOOTPREQUEST broadcast\n"
			   "10000 ms  BOOTPREQUEST broadcast\n"
			   "10000 ms  secret prompt: Network password: \n");
	close_scene(&s);
}

static void the_dialog_without_echo_and_with(void **state)
{
	struct scene s = asks();

	(void)state;
	say(&s, NEXT_QUERY_NE, 1, "Network password: ");
	stage_wait(s.st, SECONDS(10));
	say(&s, NEXT_QUERY_NE, 1, "Network password: ");
	/* Nothing is sent while a person thinks, and repeats are no news. */
	stage_wait(s.st, SECONDS(100));
	say(&s, NEXT_QUERY_NE, 1, "Network password: ");
	type(&s, "sesame");
	stage_wait(s.st, SECONDS(6));
	say(&s, NEXT_QUERY, 2, "Name for this computer: ");
	type(&s, "wendy");
	stage_wait(s.st, SECONDS(1));
	say(&s, NEXT_OK, 0, "");
	assert_int_equal(nextc_state(s.c), NEXTC_BOUND);
	stage_expect(s.st,
		     " 5000 ms  BOOTPREQUEST broadcast\n"
		     "10000 ms  BOOTPREQUEST broadcast\n"
		     "10000 ms  secret prompt: Network password: \n"
		     "110000 ms  BOOTPREQUEST query-ne 1 \"sesame\" broadcast\n"
		     "115000 ms  BOOTPREQUEST query-ne 1 \"sesame\" broadcast\n"
		     "116000 ms  prompt: Name for this computer: \n"
		     "116000 ms  BOOTPREQUEST query 2 \"wendy\" broadcast\n");
	close_scene(&s);
}

static void a_wrong_password_three_times(void **state)
{
	struct scene s = asks();

	(void)state;
	say(&s, NEXT_QUERY_NE, 1, "Network password: ");
	stage_wait(s.st, SECONDS(10));
	stage_forget(s.st);
	for (uint8_t i = 1; i <= 3; i++) {
		say(&s, NEXT_QUERY_NE, i, "Network password: ");
		type(&s, "open");
		stage_wait(s.st, MILLISECONDS(500));
		say(&s, NEXT_ERROR, i, "Sorry, that password is wrong.\n");
		stage_wait(s.st, MILLISECONDS(500));
	}
	/* The server is silent now. */
	stage_wait(s.st, SECONDS(21));
	stage_expect(
		s.st,
		"10000 ms  secret prompt: Network password: \n"
		"10000 ms  BOOTPREQUEST query-ne 1 \"open\" broadcast\n"
		"10500 ms  console: Sorry, that password is wrong. / \n"
		"11000 ms  BOOTPREQUEST broadcast\n"
		"11000 ms  secret prompt: Network password: \n"
		"11000 ms  BOOTPREQUEST query-ne 2 \"open\" broadcast\n"
		"11500 ms  console: Sorry, that password is wrong. / \n"
		"12000 ms  BOOTPREQUEST broadcast\n"
		"12000 ms  secret prompt: Network password: \n"
		"12000 ms  BOOTPREQUEST query-ne 3 \"open\" broadcast\n"
		"12500 ms  console: Sorry, that password is wrong. / \n"
		"13000 ms  BOOTPREQUEST broadcast\n"
		"18000 ms  BOOTPREQUEST broadcast\n"
		"23000 ms  BOOTPREQUEST broadcast\n"
		"28000 ms  BOOTPREQUEST broadcast\n"
		"33000 ms  console: No response from network configuration "
		"server. / Type Control-C to start up computer without a "
		"network / connection.\n"
		"33000 ms  BOOTPREQUEST broadcast\n");
	close_scene(&s);
}

static void a_long_line_is_cut_at_55_bytes(void **state)
{
	struct scene s = asks();
	struct next_vend v;
	struct bootp m;

	(void)state;
	say(&s, NEXT_QUERY, 1, "?");
	stage_wait(s.st, SECONDS(10));
	say(&s, NEXT_QUERY, 1, "?");
	type(&s, "0123456789012345678901234567890123456789012345678901234567");
	assert_true(stage_step(s.st));
	bootps_request(s.st, &m);
	assert_true(next_vend_get(&v, &m));
	assert_int_equal(strlen(v.text), 55);
	close_scene(&s);
}

static void needs_an_ethernet(void **state)
{
	struct nextc_config config = {.link = {.index = 1}};
	struct nextc *c;

	(void)state;
	assert_int_equal(nextc_open(&c, &config, &stage_alloc), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_as_the_article_says),
		cmocka_unit_test(asks_as_the_kernel_of_1990_did),
		cmocka_unit_test(jitter_delays_the_first_request_alone),
		cmocka_unit_test(its_packets_are_those_of_a_NeXT),
		cmocka_unit_test(takes_a_positive_answer_and_falls_silent),
		cmocka_unit_test(
			a_late_answer_fulfils_the_retry_and_the_second_is_ignored),
		cmocka_unit_test(ignores_what_is_not_for_it),
		cmocka_unit_test(
			a_wrong_xid_is_no_answer_and_the_message_comes),
		cmocka_unit_test(a_DHCP_OFFER_looks_like_an_invitation),
		cmocka_unit_test(a_server_of_RFC_2132_is_believed_after_10_s),
		cmocka_unit_test(dnsmasq_s_options_behind_our_magic_are_read),
		cmocka_unit_test(of_two_servers_the_positive_one_wins),
		cmocka_unit_test(positive_wins_even_at_the_prompt),
		cmocka_unit_test(the_dialog_without_echo_and_with),
		cmocka_unit_test(a_wrong_password_three_times),
		cmocka_unit_test(a_long_line_is_cut_at_55_bytes),
		cmocka_unit_test(needs_an_ethernet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
