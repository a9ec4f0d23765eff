/*
 * bootpd's BOOTP: NeXT machines, bare 236-byte requests, registrations, and
 * where each reply goes.
 */
#include "stage/bootp_world.h"

#include "engine/note.h"
#include "wire/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NODE(n) IP4(10, 0, 0, n)
/* NeXT's area, version 1, nothing in it, and "CMU". */
#define ZEROS_56                                                               \
	"00000000000000000000000000000000000000000000000000000000"             \
	"00000000000000000000000000000000000000000000000000000000"
#define NEXT_VEND "4e655854 01000000" ZEROS_56
#define NEXT_ASKS "4e655854 01000207" ZEROS_56
#define CMU_VEND  "434d5500 00000000" ZEROS_56

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_open(w);
	world_start(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	world_close(*state);
	free(*state);
	return 0;
}

static void ask(struct world *w, struct query q)
{
	world_hear(w, &q);
}

#define ASK(w, ...) ask(w, (struct query){__VA_ARGS__})

/* ---- who is answered ----------------------------------------------------- */

static void a_registered_machine_is_answered_at_once(void **state)
{
	struct world *w = *state;

	w->st->shows_notes = true;
	ASK(w, .n = 7);
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.7 next 10.0.0.1 to "
			    "02:00:00:00:00:07\n"
			    "    0 ms  note bootp-replied 10.0.0.7\n");
	assert_true(world_option_is(w, OPT_HOST_NAME, "wendy"));
	assert_int_equal(world_option(w, OPT_SUBNET_MASK), 0xffffff00);
	assert_int_equal(world_option(w, OPT_ROUTER), NODE(254));
	/* what belongs to DHCP is nothing to it */
	assert_true(world_option_is(w, OPT_MESSAGE_TYPE, NULL));
	assert_true(world_option_is(w, OPT_LEASE_TIME, NULL));
	assert_true(world_option_is(w, OPT_SERVER_ID, NULL));
}

static void another_is_registered_before_it_is_answered(void **state)
{
	struct world *w = *state;
	const struct lease *lease;
	struct bootp m;

	w->st->holds[EFFECT_COMMIT] = true;
	ASK(w, .n = 8);
	ASK(w, .n = 8, .xid = 5, .secs = 9); /* it asks again */
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n");
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.10 next 10.0.0.1 to "
			    "02:00:00:00:00:08\n");
	world_reply(w, &m);
	assert_int_equal(m.xid[3], 5);
	assert_int_equal(m.secs, 9);
	lease = leases_by_ip(w->site.leases, NODE(10));
	assert_non_null(lease);
	assert_int_equal(lease->kind, LEASE_BOOTP);
	assert_true(lease->wall_ends == NEVER);
	assert_string_equal(lease->name, "kim");
	/* from then on it has its address, years later, too */
	stage_wait(w->st, SECONDS(100000000));
	stage_forget(w->st);
	ASK(w, .n = 8);
	stage_expect(w->st, "100000000000 ms  BOOTPREPLY 10.0.0.10 next "
			    "10.0.0.1 to 02:00:00:00:00:08\n");
}

static void a_registration_that_was_not_stored_is_not_promised(void **state)
{
	struct world *w = *state;

	w->st->rc[EFFECT_COMMIT] = -ENOSPC;
	ASK(w, .n = 8);
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n");
}

static void its_system_keeps_the_address_of_the_rom(void **state)
{
	struct world *w = *state;

	ASK(w, .n = 8);
	stage_forget(w->st);
	/* DHCP makes no lease that ends out of what never ends */
	ASK(w, .n = 8, .type = DHCP_DISCOVER, .client_id = "\377system");
	ASK(w, .n = 8, .type = DHCP_REQUEST, .requested = NODE(10),
	    .server = WORLD_SERVER);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 to 02:00:00:00:00:08\n"
			    "    0 ms  ACK 10.0.0.10 to 02:00:00:00:00:08\n");
	ASK(w, .n = 8, .type = DHCP_RELEASE, .ciaddr = NODE(10),
	    .server = WORLD_SERVER, .is_udp = true);
	stage_expect(w->st, "");
}

static void unknown_machines_are_not_registered_unless_served(void **state)
{
	struct world *w = *state;

	w->settings.unknown = UNKNOWN_IGNORE;
	ASK(w, .n = 20);
	stage_expect(w->st, "");
	ASK(w, .n = 8);
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n"
			    "    0 ms  BOOTPREPLY 10.0.0.10 next 10.0.0.1 to "
			    "02:00:00:00:00:08\n");
}

static void questions_for_another_server_are_left_to_it(void **state)
{
	struct world *w = *state;

	ASK(w, .n = 7, .siaddr = NODE(99));
	ASK(w, .n = 7, .sname = "gandalf");
	ASK(w, .n = 7, .sname = "10.0.0.99");
	stage_expect(w->st, "");
	ASK(w, .n = 7, .siaddr = WORLD_SERVER);
	ASK(w, .n = 7, .sname = "WIZARD");
	ASK(w, .n = 7, .sname = "10.0.0.1");
	assert_int_equal(w->st->sends, 3);
	stage_forget(w->st);
}

static void a_machine_with_an_address_is_found_by_it(void **state)
{
	struct world *w = *state;

	ASK(w, .n = 99, .ciaddr = NODE(7));
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.7 ciaddr 10.0.0.7 "
			    "next 10.0.0.1 to 10.0.0.7:68\n");
	assert_true(world_option_is(w, OPT_HOST_NAME, "wendy"));
	/* unless its hardware address is known: R15 */
	ASK(w, .n = 8, .ciaddr = NODE(7));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n"
			    "    0 ms  BOOTPREPLY 10.0.0.10 ciaddr 10.0.0.7 "
			    "next 10.0.0.1 to 10.0.0.7:68\n");
	/* R12: but nobody far away is written to */
	ASK(w, .n = 7, .ciaddr = IP4(8, 8, 8, 8));
	ASK(w, .n = 7, .ciaddr = IP4(224, 0, 0, 1));
	stage_expect(w->st, "");
}

/* ---- files --------------------------------------------------------------- */

static void a_file_that_is_named_and_missing_is_anothers_to_give(void **state)
{
	struct world *w = *state;

	world_add_file(w, "mach");
	world_add_file(w, "sdmach");
	w->st->shows_notes = true;
	ASK(w, .n = 7, .file = "vmunix");
	stage_expect(w->st, "    0 ms  note file-missing \"vmunix\"\n");
	ASK(w, .n = 7, .file = "sdmach");
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.7 file \"sdmach\" "
			    "next 10.0.0.1 to 02:00:00:00:00:07\n"
			    "    0 ms  note bootp-replied 10.0.0.7 "
			    "\"sdmach\"\n");
	/* nor is a machine registered for nothing */
	ASK(w, .n = 8, .file = "vmunix");
	stage_expect(w->st, "    0 ms  note file-missing \"vmunix\"\n");
}

/* ---- vendor areas -------------------------------------------------------- */

static void a_next_gets_a_positive_next_answer(void **state)
{
	struct world *w = *state;
	struct next_vend v;
	struct bootp m;

	world_add_file(w, "mach");
	world_add_file(w, "other");
	ASK(w, .n = 7, .vend = NEXT_VEND, .xid = 0x32e1c25a);
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.7 file \"mach\" next "
			    "10.0.0.1 to 02:00:00:00:00:07\n");
	world_reply(w, &m);
	assert_int_equal(m.vend, VEND_NEXT);
	assert_true(next_vend_get(&v, &m));
	assert_int_equal(v.version, 1);
	assert_int_equal(v.opcode, NEXT_OK);
	assert_memory_equal(m.xid, ((uint8_t[]){0x32, 0xe1, 0xc2, 0x5a}), 4);
	assert_int_equal(w->st->last_len, FRAME_UDP_HEAD + 300);
	/* whatever its dialog was at */
	ASK(w, .n = 7, .vend = NEXT_ASKS);
	world_reply(w, &m);
	assert_true(next_vend_get(&v, &m));
	assert_int_equal(v.opcode, NEXT_OK);
	assert_int_equal(v.id, 0);
}

static void a_request_of_236_bytes_is_answered_with_300(void **state)
{
	struct world *w = *state;
	struct bootp m;

	ASK(w, .n = 7, .is_short = true);
	world_reply(w, &m);
	assert_int_equal(w->st->last_len, FRAME_UDP_HEAD + 300);
	/* options that a NeXT would still take for a yes */
	assert_int_equal(m.vend, VEND_RFC);
	assert_int_equal(bootp_next_opcode(&m), NEXT_OK);
	assert_true(world_option_is(w, OPT_HOST_NAME, "wendy"));
	ASK(w, .n = 7, .vend = CMU_VEND);
	world_reply(w, &m);
	assert_int_equal(bootp_next_opcode(&m), NEXT_OK);
}

static void a_next_area_that_is_cut_short_is_none(void **state)
{
	struct world *w = *state;
	struct bootp m;

	ASK(w, .n = 7, .vend = "4e655854 01");
	world_reply(w, &m);
	assert_int_equal(bootp_next_opcode(&m), NEXT_OK);
}

static void options_stay_within_64_bytes_unless_more_are_announced(void **state)
{
	struct world *w = *state;
	struct bootp m;

	/* 36 bytes of name: the domain does not fit any more */
	world_add_machine(w, "name=a-name-of-thirty-six-bytes-here-ends;"
			     "en_address=2:0:0:0:0:9; ip_address=10.0.0.9");
	ASK(w, .n = 9);
	assert_int_equal(w->st->last_len, FRAME_UDP_HEAD + 300);
	assert_true(world_option_is(w, OPT_HOST_NAME,
				    "a-name-of-thirty-six-bytes-here-ends"));
	assert_true(world_option_is(w, OPT_DOMAIN_NAME, NULL));
	ASK(w, .n = 9, .max_size = 1024);
	assert_true(world_option_is(w, OPT_DOMAIN_NAME, "example.net"));
	assert_true(w->st->last_len > FRAME_UDP_HEAD + 300);
	world_reply(w, &m);
	assert_int_equal(m.type, DHCP_NONE);
}

/* ---- where to ------------------------------------------------------------ */

static void the_frame_comes_from_our_link(void **state)
{
	struct world *w = *state;
	struct frame_udp f;
	struct rd r;

	ASK(w, .n = 7, .to = NODE(255)); /* a directed broadcast is one, too */
	r = rd_over(w->st->last, w->st->last_len);
	assert_true(frame_udp_get(&f, &r));
	assert_int_equal(w->st->last_send.link, 1);
	assert_memory_equal(f.src, world_hw(1).b, 6);
	assert_memory_equal(f.dst, world_hw(7).b, 6);
	assert_int_equal(f.from.ip, WORLD_SERVER);
	assert_int_equal(f.from.port, BOOTP_SERVER_PORT);
	assert_int_equal(f.to.ip, NODE(7));
	assert_int_equal(f.to.port, BOOTP_CLIENT_PORT);
	assert_int_equal(f.ttl, 64);
}

static void who_can_hear_broadcasts_only_gets_one(void **state)
{
	struct world *w = *state;
	struct frame_udp f;
	struct rd r;

	world_add_machine(w, "name=indy; en_address=2:0:0:0:0:9;"
			     "ip_address=10.0.0.9; rom_quirks=broadcast");
	ASK(w, .n = 7, .flags = BOOTP_FLAG_BROADCAST);
	ASK(w, .n = 9);
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.0.0.7 next 10.0.0.1 "
			    "broadcast\n"
			    "    0 ms  BOOTPREPLY 10.0.0.9 next 10.0.0.1 "
			    "broadcast\n");
	r = rd_over(w->st->last, w->st->last_len);
	assert_true(frame_udp_get(&f, &r));
	assert_int_equal(f.to.ip, IP_BROADCAST);
}

static void what_is_for_another_server_by_ip_is_not_heard(void **state)
{
	struct world *w = *state;

	ASK(w, .n = 7, .to = NODE(99)); /* a NeXT in its dialog with it */
	stage_expect(w->st, "");
	ASK(w, .n = 7, .to = WORLD_SERVER);
	ASK(w, .n = 7, .to = IP4(10, 255, 255, 255)); /* classful */
	assert_int_equal(w->st->sends, 2);
	stage_forget(w->st);
}

static void a_relay_gets_the_reply_for_its_own_network(void **state)
{
	struct world *w = *state;

	ASK(w, .n = 7, .giaddr = WORLD_RELAY, .hops = 1);
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.1.0.7 next 10.0.0.1\n");
	assert_int_equal(world_option(w, OPT_ROUTER), IP4(10, 1, 0, 254));
	/* it needs no relay if it has an address */
	ASK(w, .n = 7, .giaddr = WORLD_RELAY, .ciaddr = IP4(10, 1, 0, 7));
	stage_expect(w->st, "    0 ms  BOOTPREPLY 10.1.0.7 ciaddr 10.1.0.7 "
			    "next 10.0.0.1 to 10.1.0.7:68\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_registered_machine_is_answered_at_once),
		TEST(another_is_registered_before_it_is_answered),
		TEST(a_registration_that_was_not_stored_is_not_promised),
		TEST(its_system_keeps_the_address_of_the_rom),
		TEST(unknown_machines_are_not_registered_unless_served),
		TEST(questions_for_another_server_are_left_to_it),
		TEST(a_machine_with_an_address_is_found_by_it),
		TEST(a_file_that_is_named_and_missing_is_anothers_to_give),
		TEST(a_next_gets_a_positive_next_answer),
		TEST(a_request_of_236_bytes_is_answered_with_300),
		TEST(a_next_area_that_is_cut_short_is_none),
		TEST(options_stay_within_64_bytes_unless_more_are_announced),
		TEST(the_frame_comes_from_our_link),
		TEST(who_can_hear_broadcasts_only_gets_one),
		TEST(what_is_for_another_server_by_ip_is_not_heard),
		TEST(a_relay_gets_the_reply_for_its_own_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
