/*
 * The BOOTP client: how often it asks, which replies it takes, and what it
 * makes of them.
 */
#include "engine/bootpc.h"
#include "stage/bootps.h"
#include "wire/frame.h"
#include "wire/pxe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)
#define NODE   IP4(10, 0, 0, 7)

struct scene {
	struct stage *st;
	struct bootpc *c;
};

static struct addressc_config config_of(uint64_t seed, unsigned tries)
{
	return (struct addressc_config){
		.link = {.index = 1, .hw = {1, 6, {2, 0, 0, 0, 0, 7}}},
		.class_id = "muster",
		.arch = ARCH_X64_UEFI,
		.seed = seed,
		.tries = tries};
}

static struct scene switch_on(uint64_t seed, unsigned tries)
{
	struct addressc_config config = config_of(seed, tries);
	struct scene s = {.st = stage_open()};

	assert_int_equal(bootpc_open(&s.c, &config, &stage_alloc), 0);
	stage_engine(s.st, bootpc_engine(s.c));
	bootpc_start(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	return s;
}

/* Its first request is out. */
static struct scene asks(void)
{
	struct scene s = switch_on(1, 0);

	assert_true(stage_step(s.st));
	stage_forget(s.st);
	return s;
}

static void close_scene(struct scene *s)
{
	bootpc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

static void asks_at_growing_intervals_up_to_64_s(void **state)
{
	struct scene s = switch_on(1, 0);

	(void)state;
	stage_wait(s.st, SECONDS(260));
	stage_expect(s.st, "   40 ms  BOOTPREQUEST broadcast\n"
			   " 1003 ms  BOOTPREQUEST broadcast\n"
			   " 2697 ms  BOOTPREQUEST broadcast\n"
			   " 6680 ms  BOOTPREQUEST broadcast\n"
			   "13532 ms  BOOTPREQUEST broadcast\n"
			   "32595 ms  BOOTPREQUEST broadcast\n"
			   "57283 ms  BOOTPREQUEST broadcast\n"
			   "113617 ms  BOOTPREQUEST broadcast\n"
			   "166864 ms  BOOTPREQUEST broadcast\n"
			   "244211 ms  BOOTPREQUEST broadcast\n");
	close_scene(&s);
}

static void the_first_request_leaves_within_300_ms(void **state)
{
	usec least = NEVER, most = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct scene s = switch_on(seed, 0);

		assert_true(stage_step(s.st));
		assert_int_equal(s.st->sends, 1);
		least = usec_min(least, s.st->now);
		most = usec_max(most, s.st->now);
		close_scene(&s);
	}
	assert_true(most < MILLISECONDS(300));
	assert_true(most - least > MILLISECONDS(200)); /* not all at once */
}

static void says_who_it_is(void **state)
{
	struct scene s = asks();
	struct bootp m;
	uint8_t class_id[16];
	uint16_t arch;

	(void)state;
	bootps_request(s.st, &m);
	assert_int_equal(m.type, DHCP_NONE);
	assert_int_equal(m.flags, 0);
	assert_int_equal(
		bootp_option(&m, OPT_CLASS_ID, class_id, sizeof(class_id)), 6);
	assert_memory_equal(class_id, "muster", 6);
	assert_true(bootp_option_u16(&m, OPT_CLIENT_ARCH, &arch));
	assert_int_equal(arch, ARCH_X64_UEFI);
	close_scene(&s);
}

static void secs_count_from_power_on(void **state)
{
	struct scene s = switch_on(1, 0);
	struct bootp m;

	(void)state;
	stage_wait(s.st, SECONDS(60));
	bootps_request(s.st, &m);
	assert_in_range(m.secs, 20, 60);
	close_scene(&s);
}

static void takes_a_positive_reply_and_falls_silent(void **state)
{
	struct scene s = asks();
	const struct address_answer *a = bootpc_answer(s.c);

	(void)state;
	bootps_say(s.st, &(struct bootps_reply){.yiaddr = NODE,
						.siaddr = IP4(10, 0, 0, 2),
						.mask = IP4(255, 255, 0, 0),
						.router = IP4(10, 0, 0, 254),
						.name = "node7",
						.domain = "example.org",
						.file = "x-slam:///"});
	assert_int_equal(bootpc_state(s.c), ADDRESSC_BOUND);
	assert_int_equal(a->ip, NODE);
	assert_int_equal(a->mask, IP4(255, 255, 0, 0));
	assert_int_equal(a->router, IP4(10, 0, 0, 254));
	assert_int_equal(a->server, IP4(10, 0, 0, 2));
	assert_int_equal(a->lease, 0);
	assert_string_equal(a->name, "node7");
	assert_string_equal(a->domain, "example.org");
	assert_string_equal(a->file, "x-slam:///");
	assert_false(stage_step(s.st));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void takes_a_reply_without_vendor_area(void **state)
{
	struct scene s = asks();

	(void)state;
	bootps_say(s.st, &(struct bootps_reply){.yiaddr = NODE,
						.has_no_vend = true,
						.file = "mach"});
	assert_int_equal(bootpc_state(s.c), ADDRESSC_BOUND);
	assert_int_equal(bootpc_answer(s.c)->mask, IP4(255, 0, 0, 0));
	assert_int_equal(bootpc_answer(s.c)->server, SERVER);
	assert_string_equal(bootpc_answer(s.c)->file, "mach");
	close_scene(&s);
}

static void ignores_what_is_no_positive_reply_to_it(void **state)
{
	static const struct bootps_reply bad[] = {
		{.yiaddr = NODE, .has_other_xid = true},
		{.yiaddr = NODE, .has_other_hw = true},
		{.yiaddr = NODE, .is_request = true},
		{.yiaddr = NODE, .is_for_other_mac = true},
		{.yiaddr = NODE, .type = DHCP_OFFER},
		{.yiaddr = NODE, .type = DHCP_ACK},
		{.yiaddr = 0},
		{.yiaddr = IP4(127, 0, 0, 1)},
		{.yiaddr = IP4(224, 0, 0, 1)},
		{.yiaddr = IP_BROADCAST},
	};
	struct scene s = asks();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bootps_say(s.st, &bad[i]);
		assert_int_equal(bootpc_state(s.c), ADDRESSC_ASKING);
	}
	close_scene(&s);
}

/* A NeXT server that invites to its dialog says QUERY in byte 242. */
static void an_invitation_to_a_dialog_is_no_answer(void **state)
{
	struct scene s = asks();
	uint8_t frame[400], message[300];
	struct wr w = wr_over(message, sizeof(message));
	struct wr framed = wr_over(frame, sizeof(frame));
	struct frame_udp f = {.from = {SERVER, 67},
			      .to = {NODE, 68},
			      .ttl = 64,
			      .bytes = message,
			      .len = sizeof(message)};
	struct next_vend v = {.version = 1, .opcode = NEXT_QUERY, .id = 1};
	struct bootp m;

	(void)state;
	for (int opcode = NEXT_QUERY; opcode >= NEXT_OK; opcode--) {
		bootps_request(s.st, &m);
		struct bootp_head h = {
			.op = BOOTP_REPLY, .hw = m.hw, .yiaddr = NODE};
		memcpy(h.xid, m.xid, 4);
		memcpy(f.dst, m.hw.b, 6);
		v.opcode = (uint8_t)opcode;
		w = wr_over(message, sizeof(message));
		framed = wr_over(frame, sizeof(frame));
		next_vend_put(&v, &h, &w);
		frame_udp_put(&f, &framed);
		stage_hear_frame(s.st, frame, wr_len(&framed));
		assert_int_equal(bootpc_state(s.c), opcode == NEXT_OK
							    ? ADDRESSC_BOUND
							    : ADDRESSC_ASKING);
	}
	close_scene(&s);
}

static void gives_up_after_as_many_tries_as_it_was_told(void **state)
{
	struct scene s = switch_on(1, 3);

	(void)state;
	stage_wait(s.st, SECONDS(600));
	assert_int_equal(s.st->sends, 3);
	assert_int_equal(bootpc_state(s.c), ADDRESSC_FAILED);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

static void needs_an_ethernet_and_a_short_class(void **state)
{
	struct addressc_config config = config_of(1, 0);
	struct bootpc *c;
	char long_class[100];

	(void)state;
	config.link.hw.type = 6;
	assert_int_equal(bootpc_open(&c, &config, &stage_alloc), -EINVAL);
	config = config_of(1, 0);
	memset(long_class, 'x', sizeof(long_class));
	long_class[sizeof(long_class) - 1] = '\0';
	config.class_id = long_class;
	assert_int_equal(bootpc_open(&c, &config, &stage_alloc), -ENAMETOOLONG);
}

/* What the answer's fields are made of, from the best source to the last. */
static void reads_file_and_server_wherever_they_stand(void **state)
{
	static const struct {
		struct bootps_reply reply;
		const char *file;
		uint32_t server;
	} cases[] = {
		{{.file = "a",
		  .siaddr = SERVER + 1,
		  .next_name = "10.0.0.3",
		  .server_id = SERVER + 3},
		 "a",
		 SERVER + 1},
		{{.file = "a",
		  .option_file = "b",
		  .next_name = "10.0.0.3",
		  .server_id = SERVER + 3},
		 "b",
		 IP4(10, 0, 0, 3)},
		{{.next_name = "a-name", .server_id = SERVER + 3},
		 "",
		 SERVER + 3},
		{{.file = "a"}, "a", SERVER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s = asks();
		struct bootps_reply reply = cases[i].reply;

		reply.yiaddr = NODE;
		bootps_say(s.st, &reply);
		assert_string_equal(bootpc_answer(s.c)->file, cases[i].file);
		assert_int_equal(bootpc_answer(s.c)->server, cases[i].server);
		close_scene(&s);
	}
}

static void a_name_that_is_none_is_left_out(void **state)
{
	static const char *const bad[] = {"-node", "no de", "n;reboot", "n\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct scene s = asks();

		bootps_say(s.st, &(struct bootps_reply){.yiaddr = NODE,
							.name = bad[i],
							.domain = "ok.org"});
		assert_string_equal(bootpc_answer(s.c)->name, "");
		assert_string_equal(bootpc_answer(s.c)->domain, "ok.org");
		close_scene(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_at_growing_intervals_up_to_64_s),
		cmocka_unit_test(the_first_request_leaves_within_300_ms),
		cmocka_unit_test(says_who_it_is),
		cmocka_unit_test(secs_count_from_power_on),
		cmocka_unit_test(takes_a_positive_reply_and_falls_silent),
		cmocka_unit_test(takes_a_reply_without_vendor_area),
		cmocka_unit_test(ignores_what_is_no_positive_reply_to_it),
		cmocka_unit_test(an_invitation_to_a_dialog_is_no_answer),
		cmocka_unit_test(gives_up_after_as_many_tries_as_it_was_told),
		cmocka_unit_test(needs_an_ethernet_and_a_short_class),
		cmocka_unit_test(reads_file_and_server_wherever_they_stand),
		cmocka_unit_test(a_name_that_is_none_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
