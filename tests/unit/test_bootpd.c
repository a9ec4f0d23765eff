/*
 * bootpd's DHCP: who gets which address, and that nobody hears of it before it
 * is durable.
 */
#include "stage/bootp_world.h"

#include "engine/note.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "purse.h"

#define NODE(n) IP4(10, 0, 0, n)

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	world_open(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	world_close(*state);
	free(*state);
	return 0;
}

static struct world *started(void **state)
{
	struct world *w = *state;

	world_start(w);
	return w;
}

static void discover(struct world *w, uint32_t n)
{
	world_hear(w, &(struct query){.n = n, .type = DHCP_DISCOVER});
}

static struct query selecting(uint32_t n, uint32_t ip)
{
	return (struct query){.n = n,
			      .type = DHCP_REQUEST,
			      .requested = ip,
			      .server = WORLD_SERVER};
}

static struct query rebooting(uint32_t n, uint32_t ip)
{
	return (struct query){.n = n, .type = DHCP_REQUEST, .requested = ip};
}

static struct query renewing(uint32_t n, uint32_t ip)
{
	return (struct query){
		.n = n, .type = DHCP_REQUEST, .ciaddr = ip, .is_udp = true};
}

static void request(struct world *w, struct query q)
{
	world_hear(w, &q);
}

/* ---- four messages ------------------------------------------------------- */

static void an_address_is_offered_committed_and_only_then_acknowledged(void **s)
{
	struct world *w = started(s);

	w->st->shows_notes = true;
	w->st->holds[EFFECT_COMMIT] = true;
	discover(w, 20);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 to 02:00:00:00:00:14\n");
	request(w, selecting(20, NODE(10)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n");
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_expect(w->st, "    0 ms  ACK 10.0.0.10 to 02:00:00:00:00:14\n"
			    "    0 ms  note dhcp-acked 10.0.0.10 3600 "
			    "\"node10\"\n");
}

static void what_could_not_be_stored_is_not_promised(void **state)
{
	struct world *w = started(state);
	struct hwaddr holder;

	w->st->rc[EFFECT_COMMIT] = -EIO;
	discover(w, 20);
	stage_forget(w->st);
	request(w, selecting(20, NODE(10)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n");
	/* nor does the address stay held for ever */
	assert_false(
		leases_held_by(w->site.leases, NODE(10), w->st->now, &holder));
	w->st->rc[EFFECT_COMMIT] = 0;
	assert_int_equal(world_bind(w, 21), NODE(10));
}

static void a_request_sent_again_commits_once_and_is_answered_once(void **state)
{
	struct world *w = started(state);
	struct query q = selecting(20, NODE(10));
	struct bootp m;

	w->st->holds[EFFECT_COMMIT] = true;
	discover(w, 20);
	stage_forget(w->st);
	request(w, q);
	q.xid = 0x01020304;
	request(w, q);
	q.xid = 5;
	q.requested = NODE(11); /* that is another question */
	request(w, q);
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n");
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_expect(w->st, "    0 ms  ACK 10.0.0.10 to 02:00:00:00:00:14\n");
	world_reply(w, &m);
	assert_memory_equal(m.xid, ((uint8_t[]){1, 2, 3, 4}), 4);
}

static void the_table_of_waiting_replies_is_full_at_its_size(void **state)
{
	struct world *w = *state;

	w->pending = 2;
	world_start(w);
	w->st->shows_notes = true;
	w->st->holds[EFFECT_COMMIT] = true;
	for (uint32_t n = 20; n < 23; n++)
		discover(w, n);
	stage_forget(w->st);
	for (uint32_t n = 20; n < 23; n++)
		request(w, selecting(n, NODE(10) + n - 20));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n"
			    "    0 ms  commit lease 10.0.0.11\n"
			    "    0 ms  note table-full \"replies that wait for "
			    "the store\"\n");
	stage_settle(w->st, EFFECT_COMMIT, 0);
	stage_forget(w->st);
	request(w, selecting(22, NODE(12)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.12\n");
}

static void the_reply_says_what_every_machine_needs(void **state)
{
	struct world *w = started(state);
	struct bootp m;
	uint8_t dns[16];

	discover(w, 20);
	assert_int_equal(world_option(w, OPT_SUBNET_MASK), 0xffffff00);
	assert_int_equal(world_option(w, OPT_ROUTER), IP4(10, 0, 0, 254));
	assert_int_equal(world_option(w, OPT_SERVER_ID), WORLD_SERVER);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM);
	assert_true(world_option_is(w, OPT_HOST_NAME, "node10"));
	world_reply(w, &m);
	assert_int_equal(bootp_option(&m, OPT_DNS, dns, sizeof(dns)), 8);
	assert_memory_equal(dns, "\012\0\0\002\012\0\0\003", 8);
	assert_true(world_option_is(w, OPT_DOMAIN_NAME, "example.net"));
}

static void option_55_decides_what_else_goes_in(void **state)
{
	struct world *w = started(state);

	world_hear(w, &(struct query){.n = 20,
				      .type = DHCP_DISCOVER,
				      .list = "\001\072"});
	assert_true(world_option_is(w, OPT_DOMAIN_NAME, NULL));
	assert_true(world_option_is(w, OPT_DNS, NULL));
	assert_true(world_option_is(w, OPT_HOST_NAME, "node10"));
	assert_int_equal(world_option(w, OPT_RENEWAL_TIME), WORLD_TERM / 2);
	assert_true(world_option_is(w, OPT_REBINDING_TIME, NULL));
}

static void a_client_may_ask_for_a_shorter_lease_but_not_for_a_longer(void **s)
{
	struct world *w = started(s);
	struct query q = {.n = 20, .type = DHCP_DISCOVER, .lease = 600};

	world_hear(w, &q);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), 600);
	q.lease = 1;
	world_hear(w, &q);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), 120);
	q.lease = 0xffffffff;
	world_hear(w, &q);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM);
}

static void while_it_is_being_stored_nobody_else_gets_an_address(void **state)
{
	struct world *w = started(state);
	struct query q = selecting(20, NODE(10));

	w->st->holds[EFFECT_COMMIT] = true;
	discover(w, 20);
	request(w, q);
	q.server = NODE(99); /* nor does its change of mind come in time */
	request(w, q);
	stage_wait(w->st, SECONDS(60));
	stage_forget(w->st);
	request(w, rebooting(21, NODE(10)));
	discover(w, 21);
	stage_expect(w->st, "60000 ms  NAK \"not its address\" broadcast\n"
			    "60000 ms  OFFER 10.0.0.11 to "
			    "02:00:00:00:00:15\n");
}

static void an_answer_for_an_earlier_question_settles_nothing(void **state)
{
	struct world *w = started(state);
	struct change c = {.kind = CHANGE_LEASE_PUT};
	struct outcome o = {.kind = EFFECT_COMMIT, .change = &c};

	world_bind(w, 20);
	w->st->holds[EFFECT_COMMIT] = true;
	request(w, rebooting(21, NODE(11)));
	stage_forget(w->st);
	for (o.cookie = 0; o.cookie < 20; o.cookie++) {
		w->st->engine->settle(w->st->engine, w->st->now, &o,
				      stage_begin(w->st));
		stage_end(w->st);
	}
	stage_expect(w->st, "");
	assert_int_equal(bootpd_stats(w->b)->pending, 1);
}

static void a_list_of_effects_without_room_costs_a_reply_no_more(void **state)
{
	struct world *w = started(state);
	struct query q = {.n = 20, .type = DHCP_DISCOVER};
	uint8_t msg[600];
	struct dgram d = {.link = 1,
			  .to = {WORLD_SERVER, BOOTP_SERVER_PORT},
			  .bytes = msg,
			  .len = query_put(&q, msg, sizeof(msg))};
	struct effects *fx = stage_begin(w->st);

	while (effects_room(fx, 4, EFFECT_HEAD_MAX)) {
		size_t n = fx->n;

		w->st->engine->input(w->st->engine, 0, &d, fx);
		assert_true(fx->n > n);
	}
	for (int i = 0; i < 10; i++)
		w->st->engine->input(w->st->engine, 0, &d, fx);
	assert_int_equal(fx->lost, 0);
	effects_clear(fx);
}

/* ---- one machine, one address -------------------------------------------- */

static void a_client_identifier_changes_nothing(void **state)
{
	struct world *w = started(state);
	struct query q = {.n = 20, .type = DHCP_DISCOVER};

	assert_int_equal(world_bind(w, 20), NODE(10));
	q.client_id = "\377dhclient";
	world_hear(w, &q);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 to 02:00:00:00:00:14\n");
	q.n = 21; /* and a stranger gains nothing by it */
	world_hear(w, &q);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.11 to 02:00:00:00:00:15\n");
}

static void a_machine_without_hardware_address_is_its_identifier(void **state)
{
	struct world *w = started(state);
	struct query q = {.type = DHCP_DISCOVER,
			  .has_no_hw = true,
			  .client_id = "\377twenty bytes and more: port 1"};

	world_hear(w, &q);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 broadcast\n");
	q.client_id = "\377twenty bytes and more: port 2";
	world_hear(w, &q);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.11 broadcast\n");
	q.client_id = "\377twenty bytes and more: port 1";
	world_hear(w, &q);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 broadcast\n");
	q.client_id = "\377"; /* RFC 2132 9.14: two bytes at least */
	world_hear(w, &q);
	q.client_id = NULL;
	world_hear(w, &q);
	stage_expect(w->st, "");
	assert_int_equal(bootpd_stats(w->b)->bad, 2);
}

static void a_registered_address_needs_no_commit(void **state)
{
	struct world *w = started(state);

	discover(w, 7);
	request(w, selecting(7, NODE(7)));
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.7 to 02:00:00:00:00:07\n"
			    "    0 ms  ACK 10.0.0.7 to 02:00:00:00:00:07\n");
	assert_true(world_option_is(w, OPT_HOST_NAME, "wendy"));
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM);
}

static void a_registered_address_is_nobody_elses(void **state)
{
	struct world *w = *state;

	world_add_machine(w, "name=anna; en_address=2:0:0:0:0:9;"
			     "ip_address=10.0.0.10");
	world_start(w);
	assert_int_equal(world_bind(w, 20), NODE(11));
	request(w, rebooting(20, NODE(10)));
	stage_expect(w->st, "    0 ms  NAK \"not its address\" "
			    "broadcast\n");
}

static void what_stands_in_the_pool_by_mistake_is_passed_over(void **state)
{
	struct world *w = *state;

	w->settings.subnets[0].first = WORLD_SERVER;
	w->settings.subnets[0].last = NODE(3);
	w->settings.subnets[0].router = NODE(2);
	world_start(w);
	assert_int_equal(world_bind(w, 20), NODE(3));
}

static void what_is_being_leased_while_it_is_registered_waits(void **state)
{
	struct world *w = started(state);

	w->st->holds[EFFECT_COMMIT] = true;
	request(w, rebooting(20, NODE(10)));
	world_add_machine(w, "name=anna; en_address=2:0:0:0:0:9;"
			     "ip_address=10.0.0.10");
	stage_forget(w->st);
	discover(w, 9);
	stage_expect(w->st, "");
}

static void what_was_leased_before_it_was_registered_waits(void **state)
{
	struct world *w = started(state);

	w->st->shows_notes = true;
	assert_int_equal(world_bind(w, 20), NODE(10));
	world_add_machine(w, "name=anna; en_address=2:0:0:0:0:9;"
			     "ip_address=10.0.0.10");
	discover(w, 9);
	stage_expect(w->st, "    0 ms  note dhcp-refused 10.0.0.10 \"its "
			    "address is still leased to another\"\n");
	/* its holder may not renew it, and when it has ended it is hers */
	request(w, renewing(20, NODE(10)));
	stage_expect(w->st, "    0 ms  NAK \"not its address\" "
			    "broadcast\n"
			    "    0 ms  note dhcp-refused 10.0.0.10 \"not its "
			    "address\"\n");
	stage_wait(w->st, SECONDS(WORLD_TERM + 1));
	discover(w, 9);
	stage_expect(w->st,
		     "3601000 ms  OFFER 10.0.0.10 to 02:00:00:00:00:09\n");
}

/* ---- the states of a REQUEST --------------------------------------------- */

static void a_request_for_another_server_frees_our_offer(void **state)
{
	struct world *w = started(state);
	struct query q = selecting(20, NODE(10));
	struct hwaddr holder;

	discover(w, 20);
	stage_forget(w->st);
	assert_true(
		leases_held_by(w->site.leases, NODE(10), w->st->now, &holder));
	q.server = IP4(10, 0, 0, 99);
	request(w, q);
	stage_expect(w->st, "");
	assert_false(
		leases_held_by(w->site.leases, NODE(10), w->st->now, &holder));
}

static void a_wrong_address_gets_a_nak_by_broadcast(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	request(w, rebooting(20, NODE(11)));
	request(w, rebooting(20, IP4(192, 168, 0, 5)));
	stage_expect(w->st, "    0 ms  NAK \"not its address\" "
			    "broadcast\n"
			    "    0 ms  NAK \"wrong network\" broadcast\n");
	assert_int_equal(bootpd_stats(w->b)->naks, 2);
	/* nothing of a lease is said with it: RFC 2131 table 3 */
	assert_true(world_option_is(w, OPT_LEASE_TIME, NULL));
	assert_true(world_option_is(w, OPT_SUBNET_MASK, NULL));
	assert_int_equal(world_option(w, OPT_SERVER_ID), WORLD_SERVER);
}

static void one_server_of_several_refuses_only_what_was_asked_of_it(void **s)
{
	struct world *w = *s;

	w->settings.authoritative = false;
	world_start(w);
	world_bind(w, 20);
	request(w, rebooting(21, NODE(15)));
	request(w, rebooting(20, IP4(192, 168, 0, 5)));
	request(w, rebooting(20, NODE(11)));
	request(w, rebooting(7, IP4(192, 168, 0, 5)));
	stage_expect(w->st, "");
	request(w, selecting(20, NODE(11)));
	request(w, rebooting(20, NODE(10)));
	stage_expect(w->st, "    0 ms  NAK \"not its address\" "
			    "broadcast\n"
			    "    0 ms  ACK 10.0.0.10 to 02:00:00:00:00:14\n");
}

static void an_authoritative_server_takes_up_what_it_forgot(void **state)
{
	struct world *w = started(state);

	request(w, rebooting(21, NODE(15)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.15\n"
			    "    0 ms  ACK 10.0.0.15 to 02:00:00:00:00:15\n");
}

static void a_young_lease_is_renewed_without_a_commit(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	stage_wait(w->st, SECONDS(400));
	request(w, renewing(20, NODE(10)));
	stage_expect(w->st, "400000 ms  ACK 10.0.0.10 ciaddr 10.0.0.10 to "
			    "10.0.0.10:68\n");
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM - 400);
	stage_wait(w->st, SECONDS(100)); /* the first eighth is over */
	request(w, renewing(20, NODE(10)));
	stage_expect(w->st, "500000 ms  commit lease 10.0.0.10\n"
			    "500000 ms  ACK 10.0.0.10 ciaddr 10.0.0.10 to "
			    "10.0.0.10:68\n");
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM);
}

static void a_new_name_or_term_is_stored_with_the_next_renewal(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	stage_wait(w->st, SECONDS(400));
	world_add_machine(w, "name=bob; en_address=2:0:0:0:0:14");
	request(w, renewing(20, NODE(10)));
	stage_expect(w->st, "400000 ms  commit lease 10.0.0.10\n"
			    "400000 ms  ACK 10.0.0.10 ciaddr 10.0.0.10 to "
			    "10.0.0.10:68\n");
	assert_string_equal(leases_by_ip(w->site.leases, NODE(10))->name,
			    "bob");
	stage_wait(w->st, SECONDS(400));
	w->settings.subnets[0].lease = 3500;
	request(w, renewing(20, NODE(10)));
	assert_int_equal(world_option(w, OPT_LEASE_TIME), 3500);
	stage_forget(w->st);
}

static void a_renewing_client_is_asked_for_by_what_it_has(void **state)
{
	struct world *w = started(state);
	struct query q = renewing(20, NODE(10));

	world_bind(w, 20);
	q.requested = NODE(11);
	request(w, q);
	stage_expect(w->st, "    0 ms  ACK 10.0.0.10 ciaddr 10.0.0.10 to "
			    "10.0.0.10:68\n");
}

static void a_discover_from_a_made_up_address_is_answered_at_home(void **s)
{
	struct world *w = started(s);
	struct bootp m;

	world_hear(w, &(struct query){.n = 20,
				      .type = DHCP_DISCOVER,
				      .ciaddr = IP4(8, 8, 8, 8)});
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 to 02:00:00:00:00:14\n");
	world_reply(w, &m);
	assert_int_equal(m.ciaddr, 0);
}

static void a_lease_is_not_cut_short_by_asking_for_less(void **state)
{
	struct world *w = started(state);
	struct query q = renewing(20, NODE(10));

	world_bind(w, 20);
	stage_wait(w->st, SECONDS(1800));
	q.lease = 600;
	request(w, q);
	stage_expect(w->st, "1800000 ms  ACK 10.0.0.10 ciaddr 10.0.0.10 to "
			    "10.0.0.10:68\n");
	assert_int_equal(world_option(w, OPT_LEASE_TIME), 600);
	assert_true(lease_is_live(w->site.leases, NODE(10),
				  w->st->now + SECONDS(1799)));
}

static void a_slow_store_makes_no_lease_longer(void **state)
{
	struct world *w = started(state);

	w->st->holds[EFFECT_COMMIT] = true;
	request(w, rebooting(20, NODE(10)));
	stage_wait(w->st, SECONDS(9));
	stage_settle(w->st, EFFECT_COMMIT, 0);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM);
	assert_true(lease_is_live(w->site.leases, NODE(10),
				  w->st->now + SECONDS(WORLD_TERM) - 1));
	request(w, rebooting(21, NODE(11)));
	stage_wait(w->st, SECONDS(110));
	stage_settle(w->st, EFFECT_COMMIT, 0);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM - 100);
	stage_forget(w->st);
}

/* Whoever was stopped meanwhile may find its clock put back. */
static void a_slow_store_with_a_clock_set_back_makes_none_longer(void **state)
{
	struct world *w = started(state);

	w->st->holds[EFFECT_COMMIT] = true;
	request(w, rebooting(20, NODE(10)));
	stage_wait(w->st, SECONDS(110));
	w->set = -SECONDS(300);
	w->st->wall += w->set;
	stage_settle(w->st, EFFECT_COMMIT, 0);
	assert_int_equal(world_option(w, OPT_LEASE_TIME), WORLD_TERM - 100);
	stage_forget(w->st);
}

static void a_wall_clock_set_back_prolongs_no_promise(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	stage_wait(w->st, SECONDS(400));
	w->st->wall -= SECONDS(300);
	request(w, renewing(20, NODE(10)));
	stage_expect(w->st, "400000 ms  commit lease 10.0.0.10\n"
			    "400000 ms  ACK 10.0.0.10 ciaddr 10.0.0.10 to "
			    "10.0.0.10:68\n");
}

static void rebinding_comes_as_a_broadcast_and_is_answered_directly(void **s)
{
	struct world *w = started(s);
	struct query q = renewing(20, NODE(10));

	world_bind(w, 20);
	q.is_udp = false;
	request(w, q);
	stage_expect(w->st, "    0 ms  ACK 10.0.0.10 ciaddr 10.0.0.10 to "
			    "10.0.0.10:68\n");
}

/* ---- the end of a lease -------------------------------------------------- */

static struct query releasing(uint32_t n, uint32_t ip)
{
	return (struct query){.n = n,
			      .type = DHCP_RELEASE,
			      .ciaddr = ip,
			      .server = WORLD_SERVER,
			      .is_udp = true};
}

static void a_released_address_is_free_and_still_its_favourite(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	w->st->shows_notes = true;
	request(w, releasing(20, NODE(10)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n"
			    "    0 ms  note dhcp-released 10.0.0.10\n");
	assert_false(lease_is_live(w->site.leases, NODE(10), w->st->now));
	discover(w, 20);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 to 02:00:00:00:00:14\n");
	stage_wait(w->st, SECONDS(31));
	request(w, rebooting(21, NODE(10)));
	stage_expect(w->st, "31000 ms  commit lease 10.0.0.10\n"
			    "31000 ms  ACK 10.0.0.10 to 02:00:00:00:00:15\n"
			    "31000 ms  note dhcp-acked 10.0.0.10 3600 "
			    "\"node10\"\n");
}

static void a_release_sent_twice_is_stored_once(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	w->st->holds[EFFECT_COMMIT] = true;
	request(w, releasing(20, NODE(10)));
	request(w, releasing(20, NODE(10)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n");
}

static void nobody_releases_what_is_not_its_own(void **state)
{
	struct world *w = started(state);
	struct query q = releasing(20, NODE(10));

	world_bind(w, 20);
	request(w, releasing(21, NODE(10)));
	q.server = IP4(10, 0, 0, 99);
	request(w, q);
	q.server = 0;
	request(w, q);
	request(w, releasing(7, NODE(7)));
	stage_expect(w->st, "");
	assert_true(lease_is_live(w->site.leases, NODE(10), w->st->now));
}

static struct query declining(uint32_t n, uint32_t ip)
{
	return (struct query){.n = n,
			      .type = DHCP_DECLINE,
			      .requested = ip,
			      .server = WORLD_SERVER};
}

static void a_declined_address_is_nobodys_for_ten_minutes(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	w->st->shows_notes = true;
	request(w, declining(20, NODE(10)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n"
			    "    0 ms  note dhcp-declined 10.0.0.10\n");
	discover(w, 20);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.11 to 02:00:00:00:00:14\n");
	request(w, rebooting(21, NODE(10)));
	stage_forget(w->st);
	assert_true(lease_is_live(w->site.leases, NODE(10),
				  w->st->now + SECONDS(599)));
	assert_false(lease_is_live(w->site.leases, NODE(10),
				   w->st->now + SECONDS(601)));
}

static void nobody_declines_what_is_not_its_own(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	w->st->shows_notes = true;
	request(w, declining(21, NODE(10)));
	request(w, declining(20, NODE(12)));
	stage_expect(w->st, "");
	/* a registration stays, but it is told */
	request(w, declining(7, NODE(7)));
	stage_expect(w->st, "    0 ms  note dhcp-declined 10.0.0.7\n");
	discover(w, 7);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.7 to 02:00:00:00:00:07\n");
}

static void while_a_decline_is_being_stored_the_machine_waits(void **state)
{
	struct world *w = started(state);

	world_bind(w, 20);
	w->st->holds[EFFECT_COMMIT] = true;
	request(w, declining(20, NODE(10)));
	request(w, declining(20, NODE(10)));
	discover(w, 20);
	request(w, rebooting(20, NODE(10)));
	stage_expect(w->st, "    0 ms  commit lease 10.0.0.10\n");
}

static void inform_is_answered_without_an_address_or_a_lease(void **state)
{
	struct world *w = started(state);
	struct query q = {.n = 20,
			  .type = DHCP_INFORM,
			  .ciaddr = NODE(99),
			  .is_udp = true};

	w->st->shows_notes = true;
	world_hear(w, &q);
	stage_expect(w->st, "    0 ms  ACK ciaddr 10.0.0.99 to 10.0.0.99:68\n"
			    "    0 ms  note dhcp-informed 10.0.0.99\n");
	assert_true(world_option_is(w, OPT_LEASE_TIME, NULL));
	assert_true(world_option_is(w, OPT_HOST_NAME, NULL));
	assert_int_equal(world_option(w, OPT_ROUTER), IP4(10, 0, 0, 254));
	/* R12: nobody far away is sent anything */
	q.ciaddr = IP4(8, 8, 8, 8);
	world_hear(w, &q);
	q.ciaddr = IP4(10, 0, 0, 255);
	world_hear(w, &q);
	q.ciaddr = WORLD_SERVER;
	world_hear(w, &q);
	w->site.links[0].mask = 0; /* whatever the network is said to be */
	q.ciaddr = IP4(127, 0, 0, 5);
	world_hear(w, &q);
	q.ciaddr = IP4(224, 0, 0, 5);
	world_hear(w, &q);
	stage_expect(w->st, "");
}

/* ---- who is served ------------------------------------------------------- */

static void unknown_machines_wait_or_are_ignored_as_it_is_set(void **state)
{
	struct world *w = started(state);

	w->st->shows_notes = true;
	w->settings.unknown = UNKNOWN_PENDING;
	discover(w, 20);
	request(w, rebooting(20, IP4(192, 168, 0, 5)));
	world_hear(w, &(struct query){.n = 20});
	stage_expect(w->st, "    0 ms  note machine-unknown \"pending\"\n"
			    "    0 ms  note machine-unknown \"pending\"\n"
			    "    0 ms  note machine-unknown \"pending\"\n");
	w->settings.unknown = UNKNOWN_IGNORE;
	discover(w, 20);
	stage_expect(w->st, "    0 ms  note machine-unknown \"ignored\"\n");
	discover(w, 8); /* kim is known */
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.10 to 02:00:00:00:00:08\n");
	assert_true(world_option_is(w, OPT_HOST_NAME, "kim"));
}

static void a_full_pool_is_said_and_known_machines_have_their_share(void **s)
{
	struct world *w = started(s);

	w->settings.unknown_share = 50;
	for (uint32_t n = 20; n < 25; n++)
		world_bind(w, n);
	w->st->shows_notes = true;
	discover(w, 25);
	stage_expect(w->st, "    0 ms  note pool-full 10.0.0.0\n");
	discover(w, 8);
	stage_expect(w->st, "    0 ms  OFFER 10.0.0.15 to 02:00:00:00:00:08\n");
}

static void generated_names_follow_the_pattern(void **state)
{
	struct world *w = started(state);

	memcpy(w->settings.host_names, "pc-%a%x", 8);
	discover(w, 20);
	assert_true(world_option_is(w, OPT_HOST_NAME, "pc-10-0-0-10x"));
	w->settings.host_names[0] = '\0';
	discover(w, 20);
	assert_true(world_option_is(w, OPT_HOST_NAME, NULL));
}

static void a_server_that_is_switched_off_says_nothing(void **state)
{
	struct world *w = started(state);

	w->settings.dhcp = DHCP_OFF;
	bootpd_start(w->b, w->st->now, stage_begin(w->st));
	stage_end(w->st);
	discover(w, 20);
	world_hear(w, &(struct query){.n = 7});
	stage_expect(w->st, "");
}

static void a_server_listens_on_both_ports(void **state)
{
	struct world *w = started(state);

	bootpd_start(w->b, w->st->now, stage_begin(w->st));
	stage_end(w->st);
	stage_expect(w->st, "    0 ms  listen 67\n"
			    "    0 ms  listen 4011\n");
}

static void a_link_that_is_not_ours_is_not_served(void **state)
{
	struct world *w = started(state);

	w->st->link = 2;
	discover(w, 20);
	w->st->link = 1;
	w->site.links[0].ip = 0;
	discover(w, 20);
	stage_expect(w->st, "");
}

static void without_memory_it_does_not_open_and_leaks_nothing(void **state)
{
	struct world *w = *state;
	const struct alloc *alloc;
	struct purse purse = {.left = 0};
	int rc = -ENOMEM;

	for (long pieces = 0; rc; pieces++) {
		alloc = purse_open(&purse);
		purse.left = pieces;
		rc = bootpd_open(&w->b, &w->site, alloc, 4, 1);
		assert_true(!rc || rc == -ENOMEM);
		if (!rc)
			bootpd_close(w->b, alloc);
		assert_int_equal(purse.out, 0);
	}
	assert_true(purse.left == 0); /* it took the last one, too */
	w->b = NULL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_is_offered_committed_and_only_then_acknowledged),
		TEST(what_could_not_be_stored_is_not_promised),
		TEST(a_request_sent_again_commits_once_and_is_answered_once),
		TEST(the_table_of_waiting_replies_is_full_at_its_size),
		TEST(the_reply_says_what_every_machine_needs),
		TEST(option_55_decides_what_else_goes_in),
		TEST(a_client_may_ask_for_a_shorter_lease_but_not_for_a_longer),
		TEST(while_it_is_being_stored_nobody_else_gets_an_address),
		TEST(an_answer_for_an_earlier_question_settles_nothing),
		TEST(a_list_of_effects_without_room_costs_a_reply_no_more),
		TEST(a_client_identifier_changes_nothing),
		TEST(a_machine_without_hardware_address_is_its_identifier),
		TEST(a_registered_address_needs_no_commit),
		TEST(a_registered_address_is_nobody_elses),
		TEST(what_stands_in_the_pool_by_mistake_is_passed_over),
		TEST(what_is_being_leased_while_it_is_registered_waits),
		TEST(what_was_leased_before_it_was_registered_waits),
		TEST(a_request_for_another_server_frees_our_offer),
		TEST(a_wrong_address_gets_a_nak_by_broadcast),
		TEST(one_server_of_several_refuses_only_what_was_asked_of_it),
		TEST(an_authoritative_server_takes_up_what_it_forgot),
		TEST(a_young_lease_is_renewed_without_a_commit),
		TEST(a_new_name_or_term_is_stored_with_the_next_renewal),
		TEST(a_renewing_client_is_asked_for_by_what_it_has),
		TEST(a_discover_from_a_made_up_address_is_answered_at_home),
		TEST(a_lease_is_not_cut_short_by_asking_for_less),
		TEST(a_slow_store_makes_no_lease_longer),
		TEST(a_slow_store_with_a_clock_set_back_makes_none_longer),
		TEST(a_wall_clock_set_back_prolongs_no_promise),
		TEST(rebinding_comes_as_a_broadcast_and_is_answered_directly),
		TEST(a_released_address_is_free_and_still_its_favourite),
		TEST(a_release_sent_twice_is_stored_once),
		TEST(nobody_releases_what_is_not_its_own),
		TEST(a_declined_address_is_nobodys_for_ten_minutes),
		TEST(nobody_declines_what_is_not_its_own),
		TEST(while_a_decline_is_being_stored_the_machine_waits),
		TEST(inform_is_answered_without_an_address_or_a_lease),
		TEST(unknown_machines_wait_or_are_ignored_as_it_is_set),
		TEST(a_full_pool_is_said_and_known_machines_have_their_share),
		TEST(generated_names_follow_the_pattern),
		TEST(a_server_that_is_switched_off_says_nothing),
		TEST(a_server_listens_on_both_ports),
		TEST(a_link_that_is_not_ours_is_not_served),
		TEST(without_memory_it_does_not_open_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
