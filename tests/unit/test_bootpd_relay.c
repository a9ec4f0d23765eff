/*
 * bootpd behind relay agents, under floods, beside foreign servers, and what it
 * does with packets that make no sense.
 */
#include "stage/bootp_world.h"

#include "engine/note.h"
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NODE(n) IP4(10, 0, 0, n)
#define FAR(n)  IP4(10, 1, 0, n)
/* Option 82: circuit "p1", and the subnet 10.0.0.0 selected (5). */
#define CIRCUIT    "5204 01027031"
#define SELECTS(n) "520a 01027031 05040a0" #n "0000"

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

#define ASK(w, ...)      ask(w, (struct query){__VA_ARGS__})
#define DISCOVER(w, ...) ASK(w, .n = 20, .type = DHCP_DISCOVER, __VA_ARGS__)

/* ---- relays -------------------------------------------------------------- */

static void the_relays_network_decides_and_the_relay_delivers(void **state)
{
	struct world *w = *state;
	struct bootp m;

	DISCOVER(w, .giaddr = WORLD_RELAY, .hops = 1);
	stage_expect(w->st, "    0 ms  OFFER 10.1.0.10\n");
	ASK(w, .n = 20, .type = DHCP_REQUEST, .giaddr = WORLD_RELAY,
	    .requested = FAR(10), .server = WORLD_SERVER);
	stage_expect(w->st, "    0 ms  commit lease 10.1.0.10\n"
			    "    0 ms  ACK 10.1.0.10\n");
	assert_int_equal(world_option(w, OPT_ROUTER), IP4(10, 1, 0, 254));
	/* it looks at the flag, too */
	DISCOVER(w, .giaddr = WORLD_RELAY, .flags = BOOTP_FLAG_BROADCAST);
	world_reply(w, &m);
	assert_int_equal(m.flags, BOOTP_FLAG_BROADCAST);
	stage_forget(w->st);
}

static void one_machine_may_ask_on_two_networks_at_once(void **state)
{
	struct world *w = *state;
	struct query q = {.n = 20, .type = DHCP_REQUEST, .requested = NODE(10)};

	w->st->holds[EFFECT_COMMIT] = true;
	world_hear(w, &q);
	q.giaddr = WORLD_RELAY;
	q.requested = FAR(10);
	world_hear(w, &q);
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n"
			    "    0 ms  commit lease 10.1.0.10\n");
}

static void the_relay_is_told_to_broadcast_a_nak(void **state)
{
	struct world *w = *state;
	struct bootp m;

	ASK(w, .n = 20, .type = DHCP_REQUEST, .giaddr = WORLD_RELAY,
	    .requested = NODE(10));
	stage_expect(w->st, "    0 ms  NAK \"wrong network\"\n");
	world_reply(w, &m);
	assert_true(m.flags & BOOTP_FLAG_BROADCAST);
	assert_int_equal(m.giaddr, WORLD_RELAY);
}

static void option_82_comes_back_as_the_last_one(void **state)
{
	struct world *w = *state;
	const struct send *s = &w->st->last_send;
	struct bootp_opt o, last = {0};
	struct bootp m;

	DISCOVER(w, .giaddr = WORLD_RELAY, .more = CIRCUIT, .max_size = 576);
	assert_int_equal(s->how, SEND_UDP);
	world_reply(w, &m);
	for (size_t at = 0; bootp_option_next(&m, &at, &o);)
		last = o;
	assert_int_equal(last.code, OPT_RELAY_AGENT);
	assert_int_equal(last.len, 4);
	assert_memory_equal(last.bytes, "\1\2p1", 4);
	/* also with a NAK */
	ASK(w, .n = 20, .type = DHCP_REQUEST, .giaddr = WORLD_RELAY,
	    .requested = NODE(10), .more = CIRCUIT);
	assert_false(world_option_is(w, OPT_RELAY_AGENT, NULL));
}

static void option_82_comes_back_even_if_little_else_has_room(void **state)
{
	struct world *w = *state;
	char more[4 + 2 * 255 + 1] = "52f0 01ee";

	for (int i = 0; i < 238; i++)
		memcpy(more + 9 + 2 * i, "61", 3);
	memset(w->settings.subnets[1].domain, 'd', 63);
	DISCOVER(w, .giaddr = WORLD_RELAY, .more = more);
	assert_false(world_option_is(w, OPT_RELAY_AGENT, NULL));
	assert_true(w->st->last_len <= 548);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM);
}

static void another_subnet_can_be_selected(void **state)
{
	struct world *w = *state;

	DISCOVER(w, .giaddr = WORLD_RELAY, .more = SELECTS(0));
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10\n");
	ASK(w, .n = 21, .type = DHCP_DISCOVER, .selection = FAR(0));
	stage_expect(w->st, "    0 ms  OFFER 10.1.0.10 to 02:00:00:00:00:15\n");
	assert_int_equal(world_option(w, OPT_SUBNET_SELECTION), FAR(0));
	w->st->shows_notes = true;
	ASK(w, .n = 21, .type = DHCP_DISCOVER, .selection = IP4(9, 9, 9, 0));
	stage_expect(w->st, "    0 ms  note no-subnet 10.0.0.1\n");
}

static void a_relay_nobody_knows_gets_no_answer(void **state)
{
	struct world *w = *state;

	w->st->shows_notes = true;
	DISCOVER(w, .giaddr = IP4(172, 16, 0, 1));
	DISCOVER(w, .giaddr = FAR(255));
	stage_expect(w->st, "    0 ms  note no-subnet 172.16.0.1\n"
			    "    0 ms  note no-subnet 10.1.0.255\n");
}

static void requests_that_go_in_circles_are_dropped(void **state)
{
	struct world *w = *state;

	DISCOVER(w, .giaddr = WORLD_RELAY, .hops = 17);
	DISCOVER(w, .giaddr = WORLD_SERVER, .hops = 1);
	stage_expect(w->st, "");
	assert_int_equal(bootpd_stats(w->b)->bad, 2);
	DISCOVER(w, .giaddr = WORLD_RELAY, .hops = 16);
	stage_expect(w->st, "    0 ms  OFFER 10.1.0.10\n");
}

static void a_machine_behind_a_router_renews_by_itself(void **state)
{
	struct world *w = *state;

	ASK(w, .n = 20, .type = DHCP_REQUEST, .giaddr = WORLD_RELAY,
	    .requested = FAR(10), .server = WORLD_SERVER);
	stage_forget(w->st);
	stage_wait(w->st, SECONDS(1800));
	ASK(w, .n = 20, .type = DHCP_REQUEST, .ciaddr = FAR(10),
	    .is_udp = true);
	stage_expect(w->st, "1800000 ms  commit lease 10.1.0.10\n"
			    "1800000 ms  ACK 10.1.0.10 ciaddr 10.1.0.10 to "
			    "10.1.0.10:68\n");
	assert_int_equal(world_option(w, OPT_ROUTER), IP4(10, 1, 0, 254));
	/* on our own wire it is in the wrong network */
	ASK(w, .n = 20, .type = DHCP_REQUEST, .ciaddr = FAR(10));
	stage_expect(w->st, "1800000 ms  NAK \"wrong network\" broadcast\n");
}

/* ---- sizes --------------------------------------------------------------- */

static void option_57_is_kept_to_and_never_trusted_too_far(void **state)
{
	struct world *w = *state;

	memset(w->settings.subnets[0].domain, 'd', 63);
	DISCOVER(w, .max_size = 65280); /* OVMF's exchanged bytes */
	assert_true(w->st->last_len <= FRAME_UDP_HEAD + 1472 - 28);
	assert_false(world_option_is(w, OPT_DOMAIN_NAME, NULL));
	w->site.links[0].mtu = 340; /* nor the link's own limit */
	DISCOVER(w, .max_size = 1472);
	assert_true(w->st->last_len <= FRAME_UDP_HEAD + 340 - 28);
	assert_true(world_option_is(w, OPT_DOMAIN_NAME, NULL));
	assert_false(world_option_is(w, OPT_HOST_NAME, NULL));
}

/* ---- floods -------------------------------------------------------------- */

static void a_machine_that_floods_is_heard_200_times_a_second(void **state)
{
	struct world *w = *state;

	w->st->hides[EFFECT_SEND] = true;
	for (int i = 0; i < 1000; i++)
		DISCOVER(w, .xid = 1);
	assert_int_equal(w->st->sends, 400);
	assert_int_equal(bootpd_stats(w->b)->refused, 600);
	/* which is nothing to others, behind a relay or not */
	ASK(w, .n = 21, .type = DHCP_DISCOVER);
	DISCOVER(w, .giaddr = WORLD_RELAY);
	assert_int_equal(w->st->sends, 402);
	for (int i = 0; i < 1000; i++) {
		stage_wait(w->st, MILLISECOND);
		DISCOVER(w, .xid = 1);
	}
	assert_int_equal(w->st->sends, 602);
}

static void many_machines(struct world *w, uint32_t from, uint32_t to)
{
	for (uint32_t n = from; n < to; n++)
		ASK(w, .n = n, .type = DHCP_INFORM, .ciaddr = NODE(77),
		    .is_udp = true);
}

static void many_machines_are_not_held_back(void **state)
{
	struct world *w = *state;

	w->st->hides[EFFECT_SEND] = true;
	many_machines(w, 0, 20000);
	assert_int_equal(w->st->sends, 20000);
}

static void a_flood_is_not_forgotten_among_many_others(void **state)
{
	struct world *w = *state;

	w->st->hides[EFFECT_SEND] = true;
	for (int i = 0; i < 400; i++)
		DISCOVER(w, .xid = 1);
	many_machines(w, 100, 20100);
	assert_int_equal(w->st->sends, 20400);
	DISCOVER(w, .xid = 1);
	assert_int_equal(w->st->sends, 20400);
}

/* ---- foreign servers ----------------------------------------------------- */

static void foreign_offer(struct world *w, uint32_t server, enum dhcp_type type)
{
	ASK(w, .n = 20, .type = type, .op = BOOTP_REPLY, .server = server,
	    .port = BOOTP_CLIENT_PORT);
}

static void foreign_reply(struct world *w, uint32_t server)
{
	ASK(w, .n = 20, .op = BOOTP_REPLY, .ciaddr = server, .is_udp = true,
	    .port = BOOTP_CLIENT_PORT);
}

static void a_foreign_server_is_reported_once_a_minute(void **state)
{
	struct world *w = *state;

	w->st->shows_notes = true;
	foreign_offer(w, NODE(66), DHCP_OFFER);
	stage_expect(w->st, "    0 ms  note rogue-server\n");
	foreign_offer(w, NODE(66), DHCP_ACK);
	foreign_offer(w, WORLD_SERVER, DHCP_ACK);
	foreign_offer(w, NODE(68), DHCP_NAK);
	stage_wait(w->st, SECONDS(59));
	foreign_offer(w, NODE(66), DHCP_OFFER);
	stage_expect(w->st, "");
	foreign_offer(w, NODE(67), DHCP_ACK);
	stage_wait(w->st, SECONDS(1));
	foreign_offer(w, NODE(66), DHCP_OFFER);
	stage_expect(w->st, "59000 ms  note rogue-server\n"
			    "60000 ms  note rogue-server\n");
	/* no option of BOOTP's says who it is: who sends it counts */
	foreign_reply(w, NODE(70));
	stage_expect(w->st, "60000 ms  note rogue-server\n");
	foreign_reply(w, NODE(70));
	foreign_reply(w, WORLD_SERVER);
	stage_expect(w->st, "");
	/* a proxy stands beside it on purpose */
	w->settings.dhcp = DHCP_PROXY;
	foreign_offer(w, NODE(69), DHCP_OFFER);
	stage_expect(w->st, "");
}

static void a_flood_of_foreign_servers_is_no_flood_of_notes(void **state)
{
	struct world *w = *state;
	unsigned lines = 0;
	const char *p;

	w->st->shows_notes = true;
	for (uint32_t i = 0; i < 100; i++)
		foreign_offer(w, IP4(10, 0, 7, i), DHCP_OFFER);
	for (p = stage_said(w->st); *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 16);
	stage_forget(w->st);
}

/* ---- nonsense ------------------------------------------------------------ */

static void what_is_no_request_is_counted_and_dropped(void **state)
{
	struct world *w = *state;
	uint8_t long_one[1501] = {1, 1, 6, [28] = 2, [33] = 7};
	uint8_t hw_of_17[300] = {1, 1, 17};

	STAGE_HEAR(w->st, "");
	STAGE_HEAR(w->st, "muster");
	stage_hear(w->st, long_one, sizeof(long_one));
	stage_hear(w->st, hw_of_17, sizeof(hw_of_17));
	assert_int_equal(bootpd_stats(w->b)->bad, 4);
	stage_hear_frame(w->st, "muster", 6);
	stage_expect(w->st, "");
}

static void nobody_and_groups_have_no_address(void **state)
{
	struct world *w = *state;
	uint8_t msg[600];
	size_t len = query_put(&(struct query){.type = DHCP_DISCOVER}, msg,
			       sizeof(msg));

	for (int b = 0; b < 2; b++) {
		memset(msg + 28, b ? 0xff : 0, 6);
		stage_hear(w->st, msg, len);
	}
	stage_expect(w->st, "");
	assert_int_equal(bootpd_stats(w->b)->bad, 2);
}

static void requests_to_the_client_port_are_no_requests(void **state)
{
	struct world *w = *state;

	DISCOVER(w, .port = BOOTP_CLIENT_PORT);
	ASK(w, .n = 20, .type = DHCP_REQUEST); /* for nothing at all */
	ASK(w, .n = 20, .type = DHCP_OFFER);
	stage_expect(w->st, "");
}

static void it_claims_frames_of_ip_and_arp_and_its_two_ports(void **state)
{
	struct world *w = *state;
	static const uint8_t ip[14] = {[12] = 8, [13] = 0};
	static const uint8_t arp[14] = {[12] = 8, [13] = 6};
	static const uint8_t rarp[14] = {[12] = 0x80, [13] = 0x35};
	struct dgram d = {.kind = DGRAM_FRAME, .bytes = ip, .len = 14};

	assert_true(bootpd_claims(w->b, &d));
	d.bytes = arp;
	assert_true(bootpd_claims(w->b, &d));
	d.bytes = rarp;
	assert_false(bootpd_claims(w->b, &d));
	d.kind = DGRAM_UDP;
	d.to.port = 67;
	assert_true(bootpd_claims(w->b, &d));
	d.to.port = 4011;
	assert_true(bootpd_claims(w->b, &d));
	d.to.port = 69;
	assert_false(bootpd_claims(w->b, &d));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_relays_network_decides_and_the_relay_delivers),
		TEST(one_machine_may_ask_on_two_networks_at_once),
		TEST(the_relay_is_told_to_broadcast_a_nak),
		TEST(option_82_comes_back_as_the_last_one),
		TEST(option_82_comes_back_even_if_little_else_has_room),
		TEST(another_subnet_can_be_selected),
		TEST(a_relay_nobody_knows_gets_no_answer),
		TEST(requests_that_go_in_circles_are_dropped),
		TEST(a_machine_behind_a_router_renews_by_itself),
		TEST(option_57_is_kept_to_and_never_trusted_too_far),
		TEST(a_machine_that_floods_is_heard_200_times_a_second),
		TEST(many_machines_are_not_held_back),
		TEST(a_flood_is_not_forgotten_among_many_others),
		TEST(a_foreign_server_is_reported_once_a_minute),
		TEST(a_flood_of_foreign_servers_is_no_flood_of_notes),
		TEST(what_is_no_request_is_counted_and_dropped),
		TEST(nobody_and_groups_have_no_address),
		TEST(requests_to_the_client_port_are_no_requests),
		TEST(it_claims_frames_of_ip_and_arp_and_its_two_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
