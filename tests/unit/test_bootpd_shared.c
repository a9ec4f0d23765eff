/*
 * bootpd beside other servers that share its store: the first commit wins, and
 * while the store is away machines get what is durable already.
 */
#include "engine/server.h"

#include "stage/bootp_world.h"
#include "unit/changes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NODE(n) IP4(10, 0, 0, n)

struct scene {
	struct world w;
	struct server *server;
};

static int set_up(void **state)
{
	struct scene *c = calloc(1, sizeof(*c));

	world_open(&c->w);
	c->w.st->commit = NULL; /* the server applies it */
	assert_int_equal(server_open(&c->server, &c->w.site, &stage_alloc, 1),
			 0);
	stage_engine(c->w.st, server_engine(c->server));
	c->w.st->holds[EFFECT_COMMIT] = true;
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *c = *state;

	server_close(c->server, &stage_alloc);
	world_close(&c->w);
	free(c);
	return 0;
}

/* They have asked for a while, so that they are answered at once. */
static void discover(struct scene *c, uint32_t n)
{
	world_hear(&c->w,
		   &(struct query){.n = n, .secs = 4, .type = DHCP_DISCOVER});
}

static void request(struct scene *c, uint32_t n, uint32_t ip)
{
	world_hear(&c->w, &(struct query){.n = n,
					  .type = DHCP_REQUEST,
					  .requested = ip,
					  .server = WORLD_SERVER});
}

static void renew(struct scene *c, uint32_t n, uint32_t ip)
{
	world_hear(&c->w, &(struct query){.n = n,
					  .type = DHCP_REQUEST,
					  .ciaddr = ip,
					  .is_udp = true});
}

static void bootp(struct scene *c, uint32_t n)
{
	world_hear(&c->w, &(struct query){.n = n, .secs = 4});
}

/* Another server has leased the address, or registered it for good. */
static void elsewhere(struct scene *c, uint32_t ip, uint32_t n,
		      enum lease_kind kind)
{
	struct stage *st = c->w.st;
	struct engine *e = server_engine(c->server);
	struct changes *all;
	struct change put = {
		.kind = CHANGE_LEASE_PUT,
		.lease = {.kind = kind,
			  .ip = ip,
			  .hw = world_hw(n),
			  .term = kind == LEASE_DHCP ? WORLD_TERM : 0,
			  .wall_ends = kind == LEASE_DHCP
					       ? st->wall + SECONDS(WORLD_TERM)
					       : NEVER}};

	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	assert_int_equal(changes_add(all, &put), 0);
	e->settle(e, st->now,
		  &(struct outcome){.kind = EFFECT_COMMIT,
				    .owner = SERVER_NEWS,
				    .wall = st->wall,
				    .all = all},
		  stage_begin(st));
	stage_end(st);
	changes_drop(all);
}

static void store_is(struct scene *c, bool is_away)
{
	const struct site_store is = {.is_away = is_away,
				      .why = is_away ? -EHOSTUNREACH : 0,
				      .kind = "etcd"};

	server_store(c->server, &is, c->w.st->now, stage_begin(c->w.st));
	stage_end(c->w.st);
}

static const struct bootpd_stats *stats(const struct scene *c)
{
	return bootpd_stats(server_bootpd(c->server));
}

static void bind_it(struct scene *c, uint32_t n, uint32_t ip)
{
	discover(c, n);
	request(c, n, ip);
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	stage_forget(c->w.st);
}

/* ---- the first commit wins ----------------------------------------------- */

static void a_machine_that_another_registered_hears_of_that(void **state)
{
	struct scene *c = *state;

	bootp(c, 30);
	stage_expect(c->w.st, "    0 ms  commit lease 10.0.0.10\n");
	elsewhere(c, NODE(12), 30, LEASE_BOOTP);
	stage_forget(c->w.st);
	stage_settle(c->w.st, EFFECT_COMMIT, -EEXIST);
	stage_expect(c->w.st, "    0 ms  BOOTPREPLY 10.0.0.12 next 10.0.0.1 to "
			      "02:00:00:00:00:1e\n");
	assert_int_equal(stats(c)->beaten, 1);
}

static void an_address_that_another_gave_away_is_not_asked_for_twice(void **s)
{
	struct scene *c = *s;
	struct hwaddr holder;

	bootp(c, 30);
	elsewhere(c, NODE(10), 31, LEASE_DHCP);
	stage_forget(c->w.st);
	stage_settle(c->w.st, EFFECT_COMMIT, -EEXIST);
	stage_expect(c->w.st, "    0 ms  commit lease 10.0.0.11\n");
	assert_false(leases_held_by(c->w.site.leases, NODE(10), c->w.st->now,
				    &holder));
	/* Once more, and the machine has to ask again. */
	stage_forget(c->w.st);
	stage_settle(c->w.st, EFFECT_COMMIT, -EEXIST);
	stage_expect(c->w.st, "");
	assert_int_equal(stats(c)->beaten, 2);
	assert_int_equal(stats(c)->pending, 0);
	bootp(c, 30);
	stage_expect(c->w.st, "    0 ms  commit lease 10.0.0.11\n");
}

static void who_wants_what_is_anothers_now_is_refused(void **state)
{
	struct scene *c = *state;

	discover(c, 30);
	request(c, 30, NODE(10));
	elsewhere(c, NODE(10), 31, LEASE_DHCP);
	stage_forget(c->w.st);
	stage_settle(c->w.st, EFFECT_COMMIT, -EEXIST);
	stage_expect(c->w.st, "    0 ms  NAK \"not its address\" broadcast\n");
}

static void an_offer_ends_where_another_servers_lease_begins(void **state)
{
	struct scene *c = *state;
	struct hwaddr holder;

	discover(c, 30);
	discover(c, 31);
	assert_true(leases_held_by(c->w.site.leases, NODE(10), 0, &holder));
	/* Of the same machine: what we held for it is free. */
	elsewhere(c, NODE(15), 30, LEASE_DHCP);
	assert_false(leases_held_by(c->w.site.leases, NODE(10), 0, &holder));
	/* Of another machine: what we held there is over. */
	elsewhere(c, NODE(11), 32, LEASE_DHCP);
	assert_false(leases_held_by(c->w.site.leases, NODE(11), 0, &holder));
	stage_forget(c->w.st);
	discover(c, 30);
	stage_expect(c->w.st, "    0 ms  OFFER 10.0.0.15 to "
			      "02:00:00:00:00:1e\n");
}

static void a_commit_under_way_is_not_given_back(void **state)
{
	struct scene *c = *state;
	struct hwaddr holder;

	discover(c, 30);
	request(c, 30, NODE(10));
	elsewhere(c, NODE(15), 30, LEASE_DHCP);
	assert_true(leases_held_by(c->w.site.leases, NODE(10), 0, &holder));
}

static void release(struct scene *c, uint32_t n, uint32_t ip)
{
	world_hear(&c->w, &(struct query){.n = n,
					  .type = DHCP_RELEASE,
					  .ciaddr = ip,
					  .server = WORLD_SERVER,
					  .is_udp = true});
}

/* Who has not heard of it may still tell the machine that it has it. */
static void what_is_given_back_goes_to_others_when_it_would_have_ended(void **s)
{
	struct scene *c = *s;
	struct query wants = {.n = 31,
			      .type = DHCP_DISCOVER,
			      .secs = 4,
			      .requested = NODE(10)};

	store_is(c, false);
	bind_it(c, 30, NODE(10));
	stage_wait(c->w.st, SECONDS(1000));
	release(c, 30, NODE(10));
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_false(lease_is_live(c->w.site.leases, NODE(10), c->w.st->now));
	stage_wait(c->w.st, SECONDS(WORLD_TERM - 1001));
	stage_forget(c->w.st);
	world_hear(&c->w, &wants);
	discover(c, 30);
	stage_expect(c->w.st, "3599000 ms  OFFER 10.0.0.15 to "
			      "02:00:00:00:00:1f\n"
			      "3599000 ms  OFFER 10.0.0.10 to "
			      "02:00:00:00:00:1e\n");
	stage_wait(c->w.st, SECONDS(121));
	stage_forget(c->w.st);
	world_hear(&c->w, &wants);
	stage_expect(c->w.st, "3720000 ms  OFFER 10.0.0.10 to "
			      "02:00:00:00:00:1f\n");
}

/* What it says was said before another server gave it its address again. */
static void who_was_given_it_elsewhere_gives_nothing_back(void **state)
{
	struct scene *c = *state;

	store_is(c, false);
	bind_it(c, 30, NODE(10));
	elsewhere(c, NODE(10), 30, LEASE_DHCP);
	stage_forget(c->w.st);
	release(c, 30, NODE(10));
	world_hear(&c->w, &(struct query){.n = 30,
					  .type = DHCP_DECLINE,
					  .requested = NODE(10),
					  .server = WORLD_SERVER});
	stage_expect(c->w.st, "");
	/* We say again that it has it: now it can mean that. */
	renew(c, 30, NODE(10));
	assert_int_equal(stage_held(c->w.st, EFFECT_COMMIT), 0);
	stage_forget(c->w.st);
	release(c, 30, NODE(10));
	stage_expect(c->w.st, "    0 ms  commit lease 10.0.0.10\n");
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_false(lease_is_live(c->w.site.leases, NODE(10), c->w.st->now));
}

/* A RELEASE that came second is not made later, nor by what is true now. */
static void what_is_given_back_too_late_stays(void **state)
{
	struct scene *c = *state;

	store_is(c, false);
	bind_it(c, 30, NODE(10));
	release(c, 30, NODE(10));
	elsewhere(c, NODE(10), 30, LEASE_DHCP);
	stage_forget(c->w.st);
	stage_settle(c->w.st, EFFECT_COMMIT, -EEXIST);
	stage_wait(c->w.st, SECONDS(60));
	stage_expect(c->w.st, "");
	assert_true(lease_is_live(c->w.site.leases, NODE(10), c->w.st->now));
}

/* ---- the store is away --------------------------------------------------- */

static void it_is_told_once(void **state)
{
	struct scene *c = *state;

	c->w.st->shows_notes = true;
	store_is(c, false);
	store_is(c, true);
	store_is(c, true);
	stage_wait(c->w.st, SECONDS(7));
	store_is(c, true);
	store_is(c, false);
	store_is(c, false);
	stage_expect(c->w.st, "    0 ms  note store-away 113\n"
			      " 7000 ms  note store-back 7\n");
	assert_int_equal(c->w.site.store.times, 1);
}

static void known_machines_get_what_remains(void **state)
{
	struct scene *c = *state;

	bind_it(c, 30, NODE(10));
	stage_wait(c->w.st, SECONDS(2000));
	stage_forget(c->w.st);
	store_is(c, true);
	renew(c, 30, NODE(10));
	assert_int_equal(world_option(&c->w, OPT_LEASE_TIME), 1600);
	discover(c, 30);
	assert_int_equal(world_option(&c->w, OPT_LEASE_TIME), 1600);
	request(c, 30, NODE(10));
	assert_int_equal(world_option(&c->w, OPT_LEASE_TIME), 1600);
	assert_int_equal(stage_held(c->w.st, EFFECT_COMMIT), 0);
	assert_int_equal(stats(c)->remained, 2);
	/* When it is over, it is over. */
	stage_wait(c->w.st, SECONDS(1600));
	stage_forget(c->w.st);
	renew(c, 30, NODE(10));
	discover(c, 30);
	stage_expect(c->w.st, "");
}

static void registered_machines_do_not_notice(void **state)
{
	struct scene *c = *state;

	store_is(c, true);
	c->w.st->hides[EFFECT_SEND] = true;
	discover(c, 7);
	assert_int_equal(world_option(&c->w, OPT_LEASE_TIME), WORLD_TERM);
	request(c, 7, NODE(7));
	assert_int_equal(world_option(&c->w, OPT_LEASE_TIME), WORLD_TERM);
	bootp(c, 7);
	assert_int_equal(stats(c)->replies, 1);
}

static void new_machines_are_told_nothing(void **state)
{
	struct scene *c = *state;
	struct hwaddr holder;

	discover(c, 31);
	stage_forget(c->w.st);
	store_is(c, true);
	discover(c, 30);
	bootp(c, 32);
	request(c, 31, NODE(10)); /* that it was offered before */
	stage_expect(c->w.st, "");
	assert_int_equal(stats(c)->unserved, 3);
	assert_false(leases_held_by(c->w.site.leases, NODE(11), 0, &holder));
	assert_false(leases_held_by(c->w.site.leases, NODE(12), 0, &holder));
	store_is(c, false);
	bootp(c, 32);
	/* Where several give them out it is not the lowest that is free. */
	stage_expect(c->w.st, "    0 ms  commit lease 10.0.0.12\n");
}

/* Each machine has its time, the same whenever it asks; who has asked for long,
 * or found no place to wait, is answered at once; and a renewal always is. */
static void beside_others_it_answers_in_a_moment(void **state)
{
	struct scene *c = *state;
	struct stage *st = c->w.st;
	usec before, took;

	store_is(c, false);
	world_hear(&c->w, &(struct query){.n = 7, .type = DHCP_DISCOVER});
	world_hear(&c->w, &(struct query){.n = 7, .type = DHCP_DISCOVER});
	stage_expect(st, "");
	before = st->now;
	assert_true(stage_step(st));
	took = st->now - before;
	assert_in_range(took, 1, MILLISECONDS(8));
	assert_int_equal(st->sends, 1);
	world_hear(&c->w, &(struct query){.n = 7, .type = DHCP_DISCOVER});
	before = st->now;
	stage_wait(st, took / 2);
	world_hear(&c->w, &(struct query){.n = 7, .type = DHCP_DISCOVER});
	assert_true(stage_step(st));
	assert_int_equal(st->now - before, took);
	assert_int_equal(st->sends, 2);
	world_hear(&c->w,
		   &(struct query){.n = 7, .secs = 4, .type = DHCP_DISCOVER});
	assert_int_equal(st->sends, 3);
	request(c, 7, NODE(7));
	assert_int_equal(st->sends, 4);
}

/* When a server at that address answers. */
static usec answers_after(struct scene *c, uint32_t n, uint32_t server)
{
	struct engine *e = server_engine(c->server);
	usec at;

	c->w.site.links[0].ip = server;
	world_hear(&c->w, &(struct query){.n = n, .type = DHCP_DISCOVER});
	at = e->deadline(e) - c->w.st->now;
	stage_wait(c->w.st, MILLISECONDS(8));
	return at;
}

static void each_server_is_the_first_for_some(void **state)
{
	struct scene *c = *state;
	unsigned first = 0;

	store_is(c, false);
	for (uint32_t n = 0; n < 100; n++)
		first += answers_after(c, 100 + n, NODE(1)) <
			 answers_after(c, 100 + n, NODE(2));
	assert_in_range(first, 30, 70);
}

/* It took another server's offer before we made ours: one more would hold an
 * address, and have trains wait for who is not coming. */
static void who_has_chosen_meanwhile_is_offered_nothing(void **state)
{
	struct scene *c = *state;
	struct hwaddr holder;

	store_is(c, false);
	world_hear(&c->w, &(struct query){.n = 30, .type = DHCP_DISCOVER});
	world_hear(&c->w, &(struct query){.n = 7, .type = DHCP_DISCOVER});
	world_hear(&c->w, &(struct query){.n = 30,
					  .type = DHCP_REQUEST,
					  .requested = NODE(13),
					  .server = NODE(2)});
	world_hear(&c->w, &(struct query){.n = 31, /* it does not wait */
					  .type = DHCP_REQUEST,
					  .requested = NODE(14),
					  .server = NODE(2)});
	stage_wait(c->w.st, MILLISECONDS(8));
	assert_int_equal(c->w.st->sends, 1); /* to the other machine */
	for (uint32_t n = 10; n < 20; n++)
		assert_false(leases_held_by(c->w.site.leases, NODE(n),
					    c->w.st->now, &holder));
}

static void who_finds_no_place_to_wait_is_answered(void **state)
{
	struct scene *c = *state;
	unsigned before = c->w.st->sends;

	c->w.settings.unknown = UNKNOWN_SERVE;
	store_is(c, false);
	for (uint32_t n = 0; n < 256; n++)
		world_hear(&c->w, &(struct query){.n = 1000 + n,
						  .type = DHCP_DISCOVER});
	assert_int_equal(c->w.st->sends, before);
	world_hear(&c->w, &(struct query){.n = 7, .type = DHCP_DISCOVER});
	assert_int_equal(c->w.st->sends, before + 1);
	/* The others have their answers one by one. */
	assert_true(stage_step(c->w.st));
	assert_int_equal(c->w.st->sends, before + 2);
	c->w.st->now += MILLISECONDS(8); /* or all at once */
	stage_wait(c->w.st, 0);
	assert_true(c->w.st->sends > before + 2);
}

static void a_renewal_that_could_not_be_stored_gets_what_remains(void **state)
{
	struct scene *c = *state;

	bind_it(c, 30, NODE(10));
	stage_wait(c->w.st, SECONDS(1800));
	renew(c, 30, NODE(10));
	stage_settle(c->w.st, EFFECT_COMMIT, -ETIMEDOUT);
	assert_int_equal(world_option(&c->w, OPT_LEASE_TIME), 1800);
	stage_forget(c->w.st);
	discover(c, 31);
	request(c, 31, NODE(11));
	stage_forget(c->w.st);
	stage_settle(c->w.st, EFFECT_COMMIT, -ETIMEDOUT);
	stage_expect(c->w.st, "");
	assert_int_equal(stats(c)->remained, 1);
}

static void edits_are_refused_at_once(void **state)
{
	struct scene *c = *state;
	struct changes *all;
	struct made m;
	uint32_t id = directory_next_id(c->w.site.directory), other;
	size_t failed;

	store_is(c, true);
	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	changes_add(all, entry_put(&m, id, ENTRY_MACHINES, 1, "name=peter"));
	assert_int_equal(server_edit(c->server, all, stage_begin(c->w.st),
				     &failed, &other),
			 -EHOSTUNREACH);
	stage_end(c->w.st);
	assert_int_equal(c->w.site.store.refused, 1);
	store_is(c, false);
	assert_int_equal(server_edit(c->server, all, stage_begin(c->w.st),
				     &failed, &other),
			 0);
	stage_end(c->w.st);
	changes_drop(all);
}

/* ---- news that we can't keep --------------------------------------------- */

static void who_could_not_follow_promises_nothing_any_more(void **state)
{
	struct scene *c = *state;
	struct stage *st = c->w.st;
	struct engine *e = server_engine(c->server);
	struct changes *all;
	struct made m;

	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	changes_add(all, entry_put(&m, 99, 98, 1, "name=nobody"));
	st->shows_notes = true;
	e->settle(e, st->now,
		  &(struct outcome){.kind = EFFECT_COMMIT,
				    .owner = SERVER_NEWS,
				    .all = all},
		  stage_begin(st));
	stage_end(st);
	changes_drop(all);
	stage_expect(st, "    0 ms  note store-torn 2\n");
	bootp(c, 30);
	stage_expect(st, "");
	assert_int_equal(stats(c)->unserved, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_machine_that_another_registered_hears_of_that),
		TEST(an_address_that_another_gave_away_is_not_asked_for_twice),
		TEST(who_wants_what_is_anothers_now_is_refused),
		TEST(an_offer_ends_where_another_servers_lease_begins),
		TEST(a_commit_under_way_is_not_given_back),
		TEST(what_is_given_back_goes_to_others_when_it_would_have_ended),
		TEST(who_was_given_it_elsewhere_gives_nothing_back),
		TEST(what_is_given_back_too_late_stays),
		TEST(it_is_told_once),
		TEST(known_machines_get_what_remains),
		TEST(registered_machines_do_not_notice),
		TEST(new_machines_are_told_nothing),
		TEST(beside_others_it_answers_in_a_moment),
		TEST(each_server_is_the_first_for_some),
		TEST(who_has_chosen_meanwhile_is_offered_nothing),
		TEST(who_finds_no_place_to_wait_is_answered),
		TEST(a_renewal_that_could_not_be_stored_gets_what_remains),
		TEST(edits_are_refused_at_once),
		TEST(who_could_not_follow_promises_nothing_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
