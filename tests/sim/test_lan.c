/*
 * The virtual LAN by itself: two or three nodes whose engines do what the test
 * tells them, and a ledger of what arrived.
 */
#include "fleets.h"

#include "engine/effects.h"
#include "sim/lan.h"
#include "stage/stage.h"

enum { TALKERS = 4, HEARD = 20000, PORT = 5000 };

static const struct endpoint group = {IP4(239, 1, 2, 3), PORT};

/* It sends `n` numbered datagrams to `to`, one each `gap`; and writes down what
 * it hears. */
struct talker {
	struct engine engine;
	struct endpoint to;
	uint32_t n, sent;
	usec gap, next;
	usec waits; /* before the first; but somebody who speaks wakes it */
	struct ref body;
	bool joins, commits;
	uint32_t takes; /* this address */

	uint32_t heard[HEARD];
	usec heard_at[HEARD];
	uint32_t n_heard;
	uint64_t body_bytes;
	usec told_at, wall;
	int rc;
};

struct scene {
	struct lan *lan;
	struct store *store;
	struct talker talker[TALKERS];
	struct lan_config config;
};

static struct talker *of(struct engine *e)
{
	return (struct talker *)(void *)e;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct talker *t = of(e);
	struct rd r = rd_over(d->bytes, d->len);

	(void)fx;
	assert_true(t->n_heard < HEARD);
	t->heard_at[t->n_heard] = now;
	t->heard[t->n_heard++] = rd_u32(&r);
	t->body_bytes += d->body.len;
	t->wall = d->wall;
	if (t->waits && !t->sent)
		t->next = now + 5;
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct talker *t = of(e);

	(void)fx;
	if (o->kind != EFFECT_COMMIT)
		return;
	t->told_at = now;
	t->rc = o->rc;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct talker *t = of(e);
	struct wr w = effects_head(fx);

	wr_u32(&w, t->sent);
	effects_send(fx, &w, (struct endpoint){.port = PORT}, t->to)->body =
		t->body;
	t->next = ++t->sent < t->n ? now + t->gap : NEVER;
}

static usec deadline(const struct engine *e)
{
	return ((const struct talker *)(const void *)e)->next;
}

static void start(void *arg, usec now, struct effects *fx)
{
	struct talker *t = arg;

	effects_listen(fx, PORT, 0, 0, 0);
	if (t->joins)
		effects_add(fx, EFFECT_JOIN)->join.group = group;
	if (t->takes)
		effects_add(fx, EFFECT_ADDRESS)->address.ip = t->takes;
	if (t->commits) {
		struct change *c = effects_commit(fx, 1);

		c->kind = CHANGE_LEASE_PUT;
		c->lease.ip = IP4(10, 0, 0, 99);
		c->lease.wall_ends = NEVER;
	}
	t->next = t->n ? now + t->waits : NEVER;
}

static uint32_t ip_of(unsigned i)
{
	return IP4(10, 0, 0, 1) + i;
}

static void open_lan(struct scene *s)
{
	s->config.nodes = TALKERS;
	if (!s->config.seed)
		s->config.seed = 1;
	assert_int_equal(lan_open(&s->lan, &s->config, NULL), 0);
	for (unsigned i = 0; i < TALKERS; i++) {
		struct link l = {.index = 1, .ip = ip_of(i)};
		uint32_t id;

		s->talker[i].engine = (struct engine){on_input, on_settle,
						      on_expire, deadline};
		s->talker[i].next = NEVER;
		l.hw = hwaddr_ethernet((uint8_t[]){2, 0, 0, 0, 0, (uint8_t)i});
		assert_int_equal(lan_add(s->lan, &l, &s->talker[i].engine, &id),
				 0);
		assert_int_equal(id, i);
	}
}

static void switch_all_on(struct scene *s)
{
	for (uint32_t i = 0; i < TALKERS; i++)
		lan_switch_on(s->lan, i, 0, start, &s->talker[i]);
}

/* The whole run: node 0 talks, the others hear. */
static void play(struct scene *s)
{
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, SECONDS(3600));
}

static struct scene *scene(void)
{
	struct scene *s = test_calloc(1, sizeof(*s));

	s->talker[0].to = (struct endpoint){ip_of(1), PORT};
	s->talker[0].n = 1;
	return s;
}

static void close_scene(struct scene *s)
{
	lan_close(s->lan);
	if (s->store)
		s->store->ops->close(s->store);
	test_free(s);
}

static void a_datagram_reaches_its_address_alone(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->config.weather.delay = 250;
	play(s);
	assert_int_equal(s->talker[1].n_heard, 1);
	assert_int_equal(s->talker[1].heard_at[0], 250);
	assert_int_equal(s->talker[0].n_heard, 0);
	assert_int_equal(s->talker[2].n_heard, 0);
	close_scene(s);
}

static void everybody_but_the_sender_hears_a_broadcast(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->talker[0].to.ip = IP_BROADCAST;
	play(s);
	for (unsigned i = 0; i < TALKERS; i++)
		assert_int_equal(s->talker[i].n_heard, i > 0);
	close_scene(s);
}

static void members_of_the_group_and_no_others_hear_it(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->talker[0].to = group;
	s->talker[1].joins = s->talker[3].joins = true;
	play(s);
	assert_int_equal(s->talker[1].n_heard, 1);
	assert_int_equal(s->talker[2].n_heard, 0);
	assert_int_equal(s->talker[3].n_heard, 1);
	close_scene(s);
}

static void a_deadline_may_come_nearer_and_go_away(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->talker[1].to = (struct endpoint){ip_of(2), PORT};
	s->talker[1].waits = SECONDS(10);
	s->talker[1].n = s->talker[3].n = 1;
	s->talker[3].to = s->talker[1].to;
	s->talker[3].waits = SECONDS(20);
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, SECONDS(1));
	/* Node 0 has woken node 1, but nobody node 3. */
	assert_int_equal(s->talker[2].n_heard, 1);
	assert_int_equal(s->talker[2].heard_at[0], 5);
	s->talker[3].next = SECONDS(30);
	lan_run(s->lan, SECONDS(60));
	assert_int_equal(s->talker[2].n_heard, 2);
	assert_int_equal(s->talker[2].heard_at[1], SECONDS(30));
	close_scene(s);
}

static void nobody_hears_what_was_said_before_it_was_on(void **state)
{
	struct scene *s = scene();

	(void)state;
	open_lan(s);
	lan_switch_on(s->lan, 0, 0, start, &s->talker[0]);
	lan_switch_on(s->lan, 1, 1000, start, &s->talker[1]);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[1].n_heard, 0);
	assert_int_equal(lan_stats(s->lan)->frames_sent, 1);
	close_scene(s);
}

static void a_link_sends_no_faster_than_it_can(void **state)
{
	struct scene *s = scene();
	usec last;

	(void)state;
	s->talker[0].n = 1000;
	s->talker[0].body.len = 1400 - 4;
	s->config.weather.rate = 1000000;
	play(s);
	/* 1400 bytes of UDP are 1466 on the wire. */
	last = s->talker[1].heard_at[999];
	assert_in_range(last, 1000 * 1466 - 1000, 1000 * 1466);
	assert_int_equal(s->talker[1].n_heard, 1000);
	assert_int_equal(s->talker[1].body_bytes, 1000 * 1396);
	assert_int_equal(lan_stats(s->lan)->data_sent, 1000);
	close_scene(s);
}

/* ---- weather ------------------------------------------------------------- */

static struct scene *storm(struct lan_weather weather)
{
	struct scene *s = scene();

	s->config.weather = weather;
	s->talker[0].n = HEARD / 2;
	s->talker[0].gap = 10;
	play(s);
	return s;
}

static void so_many_are_lost_as_was_said(void **state)
{
	struct scene *s = storm((struct lan_weather){.loss = 0.1});
	uint32_t lost = HEARD / 2 - s->talker[1].n_heard;

	(void)state;
	/* 10,000 throws: a deviation is 30. */
	assert_in_range(lost, 1000 - 120, 1000 + 120);
	assert_int_equal(lan_stats(s->lan)->frames_lost, lost);
	close_scene(s);
}

static void losses_come_in_bursts_of_that_length_at_the_same_rate(void **state)
{
	struct scene *s = storm((struct lan_weather){.loss = 0.1, .burst = 8});
	const struct talker *t = &s->talker[1];
	uint32_t lost = HEARD / 2 - t->n_heard, bursts = 0;

	(void)state;
	for (uint32_t i = 1; i < t->n_heard; i++)
		bursts += t->heard[i] != t->heard[i - 1] + 1;
	assert_in_range(lost, 700, 1300);
	assert_in_range(lost, 6 * bursts, 10 * bursts);
	close_scene(s);
}

static void each_receiver_loses_for_itself(void **state)
{
	struct scene *s = scene();
	uint32_t both = 0;

	(void)state;
	s->config.weather.loss = 0.5;
	s->talker[0] = (struct talker){.to = group, .n = 1000, .gap = 10};
	s->talker[1].joins = s->talker[2].joins = true;
	play(s);
	for (uint32_t i = 0, k = 0; i < s->talker[1].n_heard; i++) {
		while (k < s->talker[2].n_heard &&
		       s->talker[2].heard[k] < s->talker[1].heard[i])
			k++;
		both += k < s->talker[2].n_heard &&
			s->talker[2].heard[k] == s->talker[1].heard[i];
	}
	assert_in_range(both, 200, 300);
	close_scene(s);
}

static void some_come_twice(void **state)
{
	struct scene *s = storm((struct lan_weather){.duplicate = 0.2});

	(void)state;
	assert_in_range(s->talker[1].n_heard, HEARD / 2 + 2000 - 160,
			HEARD / 2 + 2000 + 160);
	close_scene(s);
}

static void some_are_overtaken_but_none_is_lost(void **state)
{
	struct scene *s =
		storm((struct lan_weather){.reorder = 0.1, .reorder_by = 1000});
	const struct talker *t = &s->talker[1];
	uint32_t late = 0, highest = 0;
	uint64_t sum = 0;

	(void)state;
	for (uint32_t i = 0; i < t->n_heard; i++) {
		late += t->heard[i] < highest;
		if (t->heard[i] > highest)
			highest = t->heard[i];
		sum += t->heard[i];
	}
	assert_int_equal(t->n_heard, HEARD / 2);
	assert_int_equal(sum, (uint64_t)(HEARD / 2) * (HEARD / 2 - 1) / 2);
	assert_in_range(late, 800, 1100);
	close_scene(s);
}

static void the_weather_can_change(void **state)
{
	struct scene *s = scene();
	struct lan_weather fog = {.loss = 1};

	(void)state;
	s->talker[0].n = 100;
	s->talker[0].gap = 1000;
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, 49500);
	lan_change_weather(s->lan, &fog);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[1].n_heard, 50);
	close_scene(s);
}

/* ---- one node alone ------------------------------------------------------ */

static void one_node_can_have_a_bad_cable(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->talker[0] = (struct talker){.to = group, .n = 10000, .gap = 10};
	s->talker[1] = (struct talker){
		.joins = true, .to = {ip_of(3), PORT}, .n = 10000, .gap = 10};
	s->talker[2].joins = true;
	open_lan(s);
	lan_set_fault(s->lan, 1, &(struct lan_fault){.loss = 0.3});
	switch_all_on(s);
	lan_run(s->lan, SECONDS(3600));
	/* 10,000 throws: a deviation is 46. */
	assert_in_range(s->talker[1].n_heard, 7000 - 184, 7000 + 184);
	assert_in_range(s->talker[3].n_heard, 7000 - 184, 7000 + 184);
	assert_int_equal(s->talker[2].n_heard, 10000);
	close_scene(s);
}

/* It is neither dead nor deaf: its kernel is, and its own clock stands. */
static void
a_node_that_hangs_hears_and_says_nothing_until_it_goes_on(void **state)
{
	struct scene *s = scene();
	struct lan_fault hung = {.is_hung = true}, none = {0};

	(void)state;
	s->talker[0].n = 100;
	s->talker[0].gap = 1000;
	s->talker[1].to = (struct endpoint){ip_of(2), PORT};
	s->talker[1].n = 100;
	s->talker[1].gap = 1000;
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, 19500);
	lan_set_fault(s->lan, 1, &hung);
	lan_run(s->lan, 49500);
	assert_int_equal(s->talker[1].n_heard, 20);
	assert_in_range(s->talker[2].n_heard, 20, 21);
	lan_set_fault(s->lan, 1, &none);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[1].n_heard, 70);
	assert_int_equal(s->talker[2].n_heard, 100);
	close_scene(s);
}

/* As a process that was stopped: its sockets fill, and what was in them when it
 * is gone is gone, too. */
static void what_a_hung_node_keeps_it_reads_when_it_goes_on(void **state)
{
	struct scene *s = scene();
	struct lan_fault hung = {.is_hung = true, .keeps = 5}, none = {0};

	(void)state;
	s->talker[0].n = 100;
	s->talker[0].gap = 1000;
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, 19500);
	lan_set_fault(s->lan, 1, &hung);
	lan_run(s->lan, 49500);
	assert_int_equal(s->talker[1].n_heard, 20);
	lan_set_fault(s->lan, 1, &none);
	lan_run(s->lan, 49600);
	assert_int_equal(s->talker[1].n_heard, 25);
	lan_set_fault(s->lan, 1, &hung);
	lan_run(s->lan, 60500);
	lan_kill(s->lan, 1);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[1].n_heard, 25);
	close_scene(s);
}

static void what_comes_together_is_read_at_once_and_in_order(void **state)
{
	struct scene *s = scene();
	const struct talker *t = &s->talker[2];

	(void)state;
	s->talker[0] = (struct talker){.to = group, .n = 10, .gap = 100};
	s->talker[1].joins = s->talker[2].joins = true;
	s->config.gather = 450;
	s->config.weather.delay = 7;
	play(s);
	assert_int_equal(t->n_heard, 10);
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(t->heard[i], i);
		assert_int_equal(t->heard_at[i], 457 + i / 5 * 500);
	}
	assert_int_equal(s->talker[1].n_heard, 10);
	close_scene(s);
}

static uint64_t trace_of(uint64_t seed)
{
	struct scene *s = scene();
	uint64_t trace;

	s->config.seed = seed;
	s->config.weather = (struct lan_weather){.loss = 0.1,
						 .duplicate = 0.1,
						 .reorder = 0.1,
						 .reorder_by = 1000};
	s->talker[0].n = 200;
	s->talker[0].gap = 10;
	play(s);
	trace = lan_stats(s->lan)->trace;
	close_scene(s);
	return trace;
}

static void the_same_seed_gives_the_same_trace(void **state)
{
	(void)state;
	assert_true(trace_of(7) == trace_of(7));
	assert_false(trace_of(7) == trace_of(8));
}

/* ---- the store, crashes, clocks ------------------------------------------ */

static int count_one(void *arg, const struct change *c)
{
	(void)c;
	++*(unsigned *)arg;
	return 0;
}

static unsigned stored(const struct scene *s)
{
	uint64_t revision;
	unsigned n = 0;

	assert_int_equal(
		s->store->ops->load(s->store, count_one, &n, &revision), 0);
	return n;
}

static struct scene *committer(void)
{
	struct scene *s = scene();
	assert_int_equal(store_memory_open(&s->store, &stage_alloc, NULL), 0);
	s->config.store = s->store;
	s->config.commit_delay = 1000;
	s->talker[0] = (struct talker){.commits = true};
	open_lan(s);
	lan_switch_on(s->lan, 0, 0, start, &s->talker[0]);
	return s;
}

static void a_change_is_durable_before_its_engine_is_told(void **state)
{
	struct scene *s = committer();

	(void)state;
	lan_run(s->lan, 499);
	assert_int_equal(stored(s), 0);
	lan_run(s->lan, 500);
	assert_int_equal(stored(s), 1);
	assert_int_equal(s->talker[0].told_at, 0);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[0].told_at, 1000);
	assert_int_equal(s->talker[0].rc, 0);
	close_scene(s);
}

static void who_dies_before_the_disk_has_it_has_lost_it(void **state)
{
	struct scene *s = committer();

	(void)state;
	lan_run(s->lan, 499);
	lan_kill(s->lan, 0);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(stored(s), 0);
	assert_int_equal(s->talker[0].told_at, 0);
	close_scene(s);
}

static void who_dies_after_the_disk_has_it_never_hears_of_it(void **state)
{
	struct scene *s = committer();

	(void)state;
	lan_run(s->lan, 501);
	lan_kill(s->lan, 0);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(stored(s), 1);
	assert_int_equal(s->talker[0].told_at, 0);
	close_scene(s);
}

static void the_dead_neither_speak_nor_hear_until_replaced(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->talker[0].n = 100;
	s->talker[0].gap = 1000;
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, 9500);
	lan_kill(s->lan, 1);
	lan_run(s->lan, 19500);
	assert_int_equal(s->talker[1].n_heard, 10);
	lan_replace(s->lan, 1, &s->talker[1].engine);
	lan_switch_on(s->lan, 1, 29500, start, &s->talker[1]);
	lan_run(s->lan, 39500);
	assert_int_equal(s->talker[1].n_heard, 20);
	lan_kill(s->lan, 0);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[1].n_heard, 20);
	assert_int_equal(lan_stats(s->lan)->frames_sent, 40);
	close_scene(s);
}

static void what_was_on_its_way_to_the_dead_reaches_nobody(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->config.weather.delay = 1000;
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, 100);
	lan_kill(s->lan, 1);
	lan_replace(s->lan, 1, &s->talker[1].engine);
	lan_switch_on(s->lan, 1, 200, start, &s->talker[1]);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[1].n_heard, 0);
	close_scene(s);
}

static void who_comes_back_has_the_address_that_it_began_with(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->talker[0].n = 3;
	s->talker[0].gap = 1000;
	s->talker[0].to.ip = s->talker[1].takes = IP4(10, 0, 0, 50);
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, 500);
	lan_kill(s->lan, 1);
	lan_replace(s->lan, 1, &s->talker[1].engine);
	s->talker[1].takes = 0;
	lan_switch_on(s->lan, 1, 501, start, &s->talker[1]);
	lan_run(s->lan, 1500);
	assert_int_equal(s->talker[1].n_heard, 1);
	s->talker[0].to.ip = ip_of(1);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[1].n_heard, 2);
	close_scene(s);
}

static void wall_clocks_jump_and_virtual_time_does_not(void **state)
{
	struct scene *s = scene();
	usec before;

	(void)state;
	s->talker[0].n = 2;
	s->talker[0].gap = SECONDS(10);
	open_lan(s);
	switch_all_on(s);
	lan_run(s->lan, SECONDS(5));
	before = s->talker[1].wall;
	lan_jump(s->lan, -SECONDS(3600));
	lan_run(s->lan, SECONDS(20));
	assert_int_equal(s->talker[1].heard_at[1], SECONDS(10));
	assert_int_equal(s->talker[1].wall - before, SECONDS(10 - 3600));
	close_scene(s);
}

static void call_back(void *arg, usec now)
{
	struct scene *s = arg;

	assert_int_equal(now, 5500);
	lan_stop(s->lan);
}

static void a_run_stops_when_told_and_goes_on_later(void **state)
{
	struct scene *s = scene();

	(void)state;
	s->talker[0].n = 10;
	s->talker[0].gap = 1000;
	open_lan(s);
	switch_all_on(s);
	lan_at(s->lan, 5500, call_back, s);
	assert_int_equal(lan_run(s->lan, SECONDS(1)), 5500);
	assert_int_equal(s->talker[1].n_heard, 6);
	assert_int_equal(lan_run(s->lan, SECONDS(1)), 9000);
	assert_int_equal(s->talker[1].n_heard, 10);
	close_scene(s);
}

static void kill_it(void *arg, uint32_t node, usec now, const struct send *send)
{
	struct scene *s = arg;

	(void)now, (void)send;
	if (s->talker[0].sent == 3)
		lan_kill(s->lan, node);
}

static void a_watcher_kills_a_node_in_the_middle_of_its_turn(void **state)
{
	struct scene *s = scene();
	struct lan_watcher watcher = {.send = kill_it, .arg = s};
	struct link l = {.index = 1, .ip = ip_of(0)};
	uint32_t id;

	(void)state;
	s->config.nodes = 1;
	assert_int_equal(lan_open(&s->lan, &s->config, &watcher), 0);
	s->talker[0].engine =
		(struct engine){on_input, on_settle, on_expire, deadline};
	s->talker[0].n = 10;
	assert_int_equal(lan_add(s->lan, &l, &s->talker[0].engine, &id), 0);
	lan_switch_on(s->lan, id, 0, start, &s->talker[0]);
	lan_run(s->lan, SECONDS(1));
	assert_int_equal(s->talker[0].sent, 3);
	assert_int_equal(lan_stats(s->lan)->frames_sent, 2);
	close_scene(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_reaches_its_address_alone),
		cmocka_unit_test(everybody_but_the_sender_hears_a_broadcast),
		cmocka_unit_test(members_of_the_group_and_no_others_hear_it),
		cmocka_unit_test(a_deadline_may_come_nearer_and_go_away),
		cmocka_unit_test(nobody_hears_what_was_said_before_it_was_on),
		cmocka_unit_test(a_link_sends_no_faster_than_it_can),
		cmocka_unit_test(so_many_are_lost_as_was_said),
		cmocka_unit_test(
			losses_come_in_bursts_of_that_length_at_the_same_rate),
		cmocka_unit_test(each_receiver_loses_for_itself),
		cmocka_unit_test(some_come_twice),
		cmocka_unit_test(some_are_overtaken_but_none_is_lost),
		cmocka_unit_test(the_weather_can_change),
		cmocka_unit_test(one_node_can_have_a_bad_cable),
		cmocka_unit_test(
			a_node_that_hangs_hears_and_says_nothing_until_it_goes_on),
		cmocka_unit_test(
			what_a_hung_node_keeps_it_reads_when_it_goes_on),
		cmocka_unit_test(
			what_comes_together_is_read_at_once_and_in_order),
		cmocka_unit_test(the_same_seed_gives_the_same_trace),
		cmocka_unit_test(a_change_is_durable_before_its_engine_is_told),
		cmocka_unit_test(who_dies_before_the_disk_has_it_has_lost_it),
		cmocka_unit_test(
			who_dies_after_the_disk_has_it_never_hears_of_it),
		cmocka_unit_test(
			the_dead_neither_speak_nor_hear_until_replaced),
		cmocka_unit_test(
			what_was_on_its_way_to_the_dead_reaches_nobody),
		cmocka_unit_test(
			who_comes_back_has_the_address_that_it_began_with),
		cmocka_unit_test(wall_clocks_jump_and_virtual_time_does_not),
		cmocka_unit_test(a_run_stops_when_told_and_goes_on_later),
		cmocka_unit_test(
			a_watcher_kills_a_node_in_the_middle_of_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
