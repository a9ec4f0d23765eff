/*
 * The DHCP client against servers in the test's hands: RFC 2131's figure 5,
 * edge by edge.
 */
#include "engine/dhcpc.h"
#include "stage/bootps.h"
#include "wire/pxe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER IP4(10, 0, 0, 1)
#define PROXY  IP4(10, 0, 0, 2)
#define NODE   IP4(10, 0, 0, 7)

struct scene {
	struct stage *st;
	struct dhcpc *c;
};

static struct scene switch_on(uint64_t seed, unsigned tries)
{
	const struct addressc_config config = {
		.link = {.index = 1, .hw = {1, 6, {2, 0, 0, 0, 0, 7}}},
		.class_id = "muster",
		.arch = ARCH_UNKNOWN,
		.seed = seed,
		.tries = tries};
	struct scene s = {.st = stage_open()};

	assert_int_equal(dhcpc_open(&s.c, &config, &stage_alloc), 0);
	stage_engine(s.st, dhcpc_engine(s.c));
	dhcpc_start(s.c, s.st->now, stage_begin(s.st));
	stage_end(s.st);
	return s;
}

static void close_scene(struct scene *s)
{
	dhcpc_close(s->c, &stage_alloc);
	stage_close(s->st);
}

/* Its first DISCOVER is out. */
static struct scene discovers(void)
{
	struct scene s = switch_on(1, 0);

	assert_true(stage_step(s.st));
	assert_int_equal(s.st->now / MILLISECOND, 179);
	stage_forget(s.st);
	return s;
}

static const struct bootps_reply offer = {.type = DHCP_OFFER,
					  .yiaddr = NODE,
					  .server_id = SERVER,
					  .siaddr = SERVER,
					  .mask = IP4(255, 255, 255, 0),
					  .lease = 3600,
					  .file = "boot.img"};
static const struct bootps_reply ack = {.type = DHCP_ACK,
					.yiaddr = NODE,
					.server_id = SERVER,
					.siaddr = SERVER,
					.mask = IP4(255, 255, 255, 0),
					.lease = 3600,
					.file = "boot.img",
					.name = "node7"};
static const struct bootps_reply nak = {.type = DHCP_NAK, .server_id = SERVER};
static const struct bootps_reply proxy_offer = {.type = DHCP_OFFER,
						.server_id = PROXY,
						.siaddr = PROXY,
						.class_id = "PXEClient",
						.file = "proxy.img"};

static struct bootps_reply without_file(struct bootps_reply reply)
{
	reply.file = NULL;
	return reply;
}

static void say(struct scene *s, struct bootps_reply reply)
{
	bootps_say(s->st, &reply);
}

/* Bound for an hour from 179 ms on. */
static struct scene is_bound(void)
{
	struct scene s = discovers();

	say(&s, offer);
	say(&s, ack);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_BOUND);
	stage_forget(s.st);
	return s;
}

static void discovers_at_growing_intervals_up_to_10_s(void **state)
{
	struct scene s = switch_on(1, 0);

	(void)state;
	stage_wait(s.st, SECONDS(45));
	stage_expect(s.st, "  179 ms  DISCOVER broadcast\n"
			   " 1142 ms  DISCOVER broadcast\n"
			   " 2836 ms  DISCOVER broadcast\n"
			   " 6819 ms  DISCOVER broadcast\n"
			   "13671 ms  DISCOVER broadcast\n"
			   "25797 ms  DISCOVER broadcast\n"
			   "36598 ms  DISCOVER broadcast\n"
			   "44438 ms  DISCOVER broadcast\n");
	close_scene(&s);
}

static void gets_an_address_in_four_messages(void **state)
{
	struct scene s = switch_on(1, 0);
	const struct address_answer *a = dhcpc_answer(s.c);

	(void)state;
	stage_step(s.st);
	say(&s, offer);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_ASKING);
	say(&s, ack);
	stage_wait(s.st, SECONDS(1700));
	stage_expect(s.st,
		     "  179 ms  DISCOVER broadcast\n"
		     "  179 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n");
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_BOUND);
	assert_int_equal(a->ip, NODE);
	assert_int_equal(a->mask, IP4(255, 255, 255, 0));
	assert_int_equal(a->lease, 3600);
	assert_int_equal(a->server, SERVER);
	assert_string_equal(a->file, "boot.img");
	assert_string_equal(a->name, "node7");
	close_scene(&s);
}

static void the_request_repeats_the_secs_of_the_discover(void **state)
{
	struct scene s = switch_on(1, 0);
	struct bootp m;
	uint16_t secs;

	(void)state;
	stage_wait(s.st, SECONDS(20));
	bootps_request(s.st, &m);
	secs = m.secs;
	assert_in_range(secs, 5, 20);
	stage_wait(s.st, SECONDS(3));
	say(&s, offer);
	bootps_request(s.st, &m);
	assert_int_equal(m.type, DHCP_REQUEST);
	assert_int_equal(m.secs, secs);
	close_scene(&s);
}

static void takes_the_first_offer(void **state)
{
	struct scene s = discovers();
	struct bootps_reply other = offer;

	(void)state;
	other.server_id = PROXY;
	other.yiaddr = NODE + 1;
	say(&s, offer);
	say(&s, other);
	stage_expect(s.st,
		     "  179 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n");
	close_scene(&s);
}

static void ignores_offers_that_it_cannot_use(void **state)
{
	struct scene s = discovers();
	struct bootps_reply bad[5] = {offer, offer, offer, offer, ack};

	(void)state;
	bad[0].server_id = 0;
	bad[1].yiaddr = IP4(224, 0, 0, 1);
	bad[2].has_other_xid = true;
	bad[3].type = DHCP_NONE;
	for (size_t i = 0; i < 5; i++)
		say(&s, bad[i]);
	stage_expect(s.st, "");
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_ASKING);
	close_scene(&s);
}

static void waits_a_second_for_a_proxy_if_no_file_is_offered(void **state)
{
	struct scene s = discovers();

	(void)state;
	say(&s, without_file(offer));
	stage_wait(s.st, SECONDS(1));
	stage_expect(s.st,
		     " 1179 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n");
	say(&s, without_file(ack));
	assert_string_equal(dhcpc_answer(s.c)->file, "");
	assert_int_equal(dhcpc_answer(s.c)->server, SERVER);
	close_scene(&s);
}

static void joins_a_proxys_boot_file_to_the_address(void **state)
{
	struct scene s = discovers();

	(void)state;
	say(&s, without_file(offer));
	stage_wait(s.st, MILLISECONDS(200));
	say(&s, proxy_offer);
	stage_expect(s.st,
		     "  379 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n");
	say(&s, without_file(ack));
	assert_int_equal(dhcpc_answer(s.c)->ip, NODE);
	assert_string_equal(dhcpc_answer(s.c)->file, "proxy.img");
	assert_int_equal(dhcpc_answer(s.c)->server, PROXY);
	close_scene(&s);
}

static void a_proxy_may_be_quicker_than_the_dhcp_server(void **state)
{
	struct scene s = discovers();

	(void)state;
	say(&s, proxy_offer);
	stage_expect(s.st, "");
	say(&s, without_file(offer));
	say(&s, without_file(ack));
	stage_expect(s.st,
		     "  179 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n");
	assert_string_equal(dhcpc_answer(s.c)->file, "proxy.img");
	close_scene(&s);
}

static void the_dhcp_servers_own_file_counts_more_than_a_proxys(void **state)
{
	struct scene s = discovers();

	(void)state;
	say(&s, proxy_offer);
	say(&s, offer);
	say(&s, ack);
	assert_string_equal(dhcpc_answer(s.c)->file, "boot.img");
	assert_int_equal(dhcpc_answer(s.c)->server, SERVER);
	close_scene(&s);
}

static void an_offer_without_address_by_no_pxe_server_is_nothing(void **state)
{
	struct scene s = discovers();
	struct bootps_reply reply = proxy_offer;

	(void)state;
	reply.class_id = "other";
	say(&s, reply);
	say(&s, without_file(offer));
	stage_expect(s.st, "");
	close_scene(&s);
}

static void a_file_in_the_offer_alone_is_kept(void **state)
{
	struct scene s = discovers();

	(void)state;
	say(&s, offer);
	say(&s, without_file(ack));
	assert_string_equal(dhcpc_answer(s.c)->file, "boot.img");
	close_scene(&s);
}

static void requests_four_times_and_then_discovers_again(void **state)
{
	struct scene s = discovers();

	(void)state;
	say(&s, offer);
	stage_wait(s.st, SECONDS(20));
	stage_expect(s.st, "  179 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n"
			   " 1208 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n"
			   " 3425 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n"
			   " 6618 ms  REQUEST 10.0.0.7 of 10.0.0.1 broadcast\n"
			   "12628 ms  DISCOVER broadcast\n"
			   "14857 ms  DISCOVER broadcast\n"
			   "19395 ms  DISCOVER broadcast\n");
	close_scene(&s);
}

static void a_refusal_starts_it_anew_with_another_transaction(void **state)
{
	struct scene s = discovers();
	struct bootp m;
	uint8_t xid[4];

	(void)state;
	bootps_request(s.st, &m);
	memcpy(xid, m.xid, sizeof(xid));
	say(&s, offer);
	say(&s, nak);
	stage_forget(s.st);
	stage_wait(s.st, MILLISECONDS(300));
	stage_expect(s.st, "  359 ms  DISCOVER broadcast\n");
	bootps_request(s.st, &m);
	assert_memory_not_equal(m.xid, xid, sizeof(xid));
	close_scene(&s);
}

static void
a_server_that_always_refuses_is_asked_slower_and_slower(void **state)
{
	struct scene s = discovers();
	unsigned sends;

	(void)state;
	for (int i = 0; i < 50; i++) {
		say(&s, offer);
		say(&s, nak);
		assert_true(stage_step(s.st));
	}
	sends = s.st->sends;
	assert_int_equal(sends, 1 + 50 * 2);
	assert_true(s.st->now > SECONDS(300));
	close_scene(&s);
}

static void only_the_chosen_server_may_answer_the_request(void **state)
{
	struct scene s = discovers();
	struct bootps_reply other = ack;

	(void)state;
	say(&s, offer);
	other.server_id = PROXY;
	say(&s, other);
	other.type = DHCP_NAK;
	say(&s, other);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_ASKING);
	say(&s, ack);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_BOUND);
	close_scene(&s);
}

static void a_lease_of_no_time_is_no_lease(void **state)
{
	struct scene s = discovers();
	struct bootps_reply reply = ack;

	(void)state;
	say(&s, offer);
	reply.lease = 0;
	reply.has_zero_lease = true;
	say(&s, reply);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_ASKING);
	close_scene(&s);
}

static void an_ack_that_names_no_time_is_for_ever(void **state)
{
	struct scene s = discovers();
	struct bootps_reply reply = ack;

	(void)state;
	say(&s, offer);
	reply.lease = 0;
	say(&s, reply);
	assert_int_equal(dhcpc_answer(s.c)->lease, UINT32_MAX);
	assert_false(stage_step(s.st)); /* no timer is left */
	close_scene(&s);
}

static void renews_at_half_time_from_its_own_address(void **state)
{
	struct scene s = is_bound();
	struct bootps_reply reply = ack;

	(void)state;
	s.st->peer = (struct endpoint){SERVER, 67};
	stage_wait(s.st, SECONDS(1800));
	assert_int_equal(s.st->last_send.from.ip, NODE);
	assert_int_equal(s.st->last_send.from.port, 68);
	reply.is_udp = true;
	reply.lease = 7200;
	say(&s, without_file(reply));
	stage_wait(s.st, SECONDS(3600));
	stage_expect(s.st, "1800179 ms  listen 68\n"
			   "1800179 ms  REQUEST ciaddr 10.0.0.7\n"
			   "5400179 ms  REQUEST ciaddr 10.0.0.7\n");
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_BOUND);
	assert_int_equal(dhcpc_answer(s.c)->lease, 7200);
	assert_string_equal(dhcpc_answer(s.c)->file, "boot.img");
	close_scene(&s);
}

static void renews_rebinds_and_at_last_loses_its_lease(void **state)
{
	struct scene s = is_bound();

	(void)state;
	s.st->peer = (struct endpoint){SERVER, 67};
	stage_wait(s.st, SECONDS(3600) + MILLISECONDS(300));
	stage_expect(s.st, "1800179 ms  listen 68\n"
			   "1800179 ms  REQUEST ciaddr 10.0.0.7\n"
			   "2475179 ms  REQUEST ciaddr 10.0.0.7\n"
			   "2812679 ms  REQUEST ciaddr 10.0.0.7\n"
			   "2981429 ms  REQUEST ciaddr 10.0.0.7\n"
			   "3065804 ms  REQUEST ciaddr 10.0.0.7\n"
			   "3125804 ms  REQUEST ciaddr 10.0.0.7\n"
			   "3150179 ms  REQUEST ciaddr 10.0.0.7 broadcast\n"
			   "3375179 ms  REQUEST ciaddr 10.0.0.7 broadcast\n"
			   "3487679 ms  REQUEST ciaddr 10.0.0.7 broadcast\n"
			   "3547679 ms  REQUEST ciaddr 10.0.0.7 broadcast\n"
			   "3600179 ms  close 68\n"
			   "3600219 ms  DISCOVER broadcast\n");
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_ASKING);
	close_scene(&s);
}

static void without_a_socket_it_only_rebinds(void **state)
{
	struct scene s = is_bound();

	(void)state;
	s.st->rc[EFFECT_LISTEN] = -EADDRINUSE;
	stage_wait(s.st, SECONDS(3200));
	stage_expect(s.st, "1800179 ms  listen 68\n"
			   "3150179 ms  REQUEST ciaddr 10.0.0.7 broadcast\n");
	close_scene(&s);
}

static void any_server_may_take_over_while_it_rebinds(void **state)
{
	struct scene s = is_bound();
	struct bootps_reply other = ack;

	(void)state;
	other.server_id = PROXY;
	s.st->peer = (struct endpoint){SERVER, 67};
	stage_wait(s.st, SECONDS(1900));
	say(&s, other); /* too early: still renewing */
	stage_wait(s.st, SECONDS(1251));
	stage_forget(s.st);
	say(&s, other);
	stage_wait(s.st, SECONDS(1800));
	stage_expect(s.st,
		     "4950179 ms  REQUEST ciaddr 10.0.0.7 to 10.0.0.2:67\n");
	close_scene(&s);
}

static void a_refusal_takes_the_address_away(void **state)
{
	struct scene s = is_bound();

	(void)state;
	stage_wait(s.st, SECONDS(1800));
	say(&s, nak);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_ASKING);
	close_scene(&s);
}

static void an_answer_out_of_season_changes_nothing(void **state)
{
	struct scene s = is_bound();
	struct bootps_reply other = ack;

	(void)state;
	other.yiaddr = NODE + 1;
	say(&s, other);
	say(&s, nak);
	say(&s, offer);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_BOUND);
	assert_int_equal(dhcpc_answer(s.c)->ip, NODE);
	stage_wait(s.st, SECONDS(1800));
	say(&s, other); /* a renewal never brings another address */
	assert_int_equal(dhcpc_answer(s.c)->ip, NODE);
	close_scene(&s);
}

static void the_servers_times_count_if_they_make_sense(void **state)
{
	static const struct {
		uint32_t t1, t2;
		usec renews;
	} cases[] = {{600, 1200, SECONDS(600)},
		     {1200, 600, SECONDS(1800)},
		     {600, 3600, SECONDS(1800)},
		     {600, 0, SECONDS(1800)}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s = discovers();
		struct bootps_reply reply = ack;
		usec at = s.st->now;

		reply.t1 = cases[i].t1;
		reply.t2 = cases[i].t2;
		say(&s, offer);
		say(&s, reply);
		assert_true(stage_step(s.st));
		assert_int_equal(s.st->now - at, cases[i].renews);
		close_scene(&s);
	}
}

static void gives_up_after_as_many_tries_as_it_was_told(void **state)
{
	struct scene s = switch_on(1, 3);

	(void)state;
	stage_wait(s.st, SECONDS(600));
	assert_int_equal(s.st->sends, 3);
	assert_int_equal(dhcpc_state(s.c), ADDRESSC_FAILED);
	assert_false(stage_step(s.st));
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(discovers_at_growing_intervals_up_to_10_s),
		cmocka_unit_test(gets_an_address_in_four_messages),
		cmocka_unit_test(the_request_repeats_the_secs_of_the_discover),
		cmocka_unit_test(takes_the_first_offer),
		cmocka_unit_test(ignores_offers_that_it_cannot_use),
		cmocka_unit_test(
			waits_a_second_for_a_proxy_if_no_file_is_offered),
		cmocka_unit_test(joins_a_proxys_boot_file_to_the_address),
		cmocka_unit_test(a_proxy_may_be_quicker_than_the_dhcp_server),
		cmocka_unit_test(
			the_dhcp_servers_own_file_counts_more_than_a_proxys),
		cmocka_unit_test(
			an_offer_without_address_by_no_pxe_server_is_nothing),
		cmocka_unit_test(a_file_in_the_offer_alone_is_kept),
		cmocka_unit_test(requests_four_times_and_then_discovers_again),
		cmocka_unit_test(
			a_refusal_starts_it_anew_with_another_transaction),
		cmocka_unit_test(
			a_server_that_always_refuses_is_asked_slower_and_slower),
		cmocka_unit_test(only_the_chosen_server_may_answer_the_request),
		cmocka_unit_test(a_lease_of_no_time_is_no_lease),
		cmocka_unit_test(an_ack_that_names_no_time_is_for_ever),
		cmocka_unit_test(renews_at_half_time_from_its_own_address),
		cmocka_unit_test(renews_rebinds_and_at_last_loses_its_lease),
		cmocka_unit_test(without_a_socket_it_only_rebinds),
		cmocka_unit_test(any_server_may_take_over_while_it_rebinds),
		cmocka_unit_test(a_refusal_takes_the_address_away),
		cmocka_unit_test(an_answer_out_of_season_changes_nothing),
		cmocka_unit_test(the_servers_times_count_if_they_make_sense),
		cmocka_unit_test(gives_up_after_as_many_tries_as_it_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
