/*
 * The servers' campaign, a few seeds of it; big_servers_campaign has more.  The
 * sanitizers look on.  time limit: 300 s
 */
#include "servers_campaign.h"

static void whatever_befalls_them_all_is_well(void **state)
{
	(void)state;
	campaign(60);
}

static void the_same_seed_has_the_same_trace(void **state)
{
	struct seen seen = {.grants = 0};
	char broken[BINDING_WORDS];

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
		assert_int_equal(run(seed, false, &seen, broken),
				 run(seed, false, &seen, broken));
	assert_int_not_equal(run(1, false, &seen, broken),
			     run(2, false, &seen, broken));
}

/* An administrator takes a lease away at one of the servers. */
struct taking {
	struct member *m;
	uint32_t ip;
};

static void take_away(void *arg, usec now, struct effects *fx)
{
	struct taking *t = arg;
	const struct change c = {.kind = CHANGE_LEASE_DROP, .lease.ip = t->ip};
	size_t failed;
	uint32_t other;

	(void)now;
	assert_int_equal(changes_open(&t->m->edit.all, &stage_alloc), 0);
	assert_int_equal(changes_add(t->m->edit.all, &c), 0);
	assert_int_equal(server_edit(t->m->s.server, t->m->edit.all, fx,
				     &failed, &other),
			 0);
}

static bool is_known(const struct world *w, unsigned server, uint32_t ip)
{
	return leases_by_ip(w->of[server].s.site.leases, ip) != NULL;
}

static void a_lease_that_is_taken_away_is_gone_everywhere(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct taking t;
	usec now;

	(void)state;
	assert_non_null(w);
	open_world(w, 2);
	now = lan_run(w->lan, SECONDS(70));
	for (unsigned i = 0; i < SERVERS; i++) {
		unsigned next = (i + 1) % SERVERS, last = (i + 2) % SERVERS;

		/* One of them hears nothing for now. */
		etcd_model_hold(w->of[last].s.etcd, true);
		t = (struct taking){&w->of[i], w->machines[1 + i].t.ip};
		assert_true(is_known(w, i, t.ip));
		lan_switch_on(w->lan, w->of[i].s.node, now, take_away, &t);
		now = lan_run(w->lan, now + MILLISECONDS(50));
		assert_int_equal(holder(w, t.ip), 0);
		assert_false(is_known(w, i, t.ip));
		assert_false(is_known(w, next, t.ip));
		assert_true(is_known(w, last, t.ip));
		etcd_model_hold(w->of[last].s.etcd, false);
		now = lan_run(w->lan, now + MILLISECONDS(50));
		assert_false(is_known(w, last, t.ip));
	}
	assert_string_equal(w->broken, "");
	close_world(w);
	free(w);
}

static usec stored_end(const struct world *w, uint32_t ip)
{
	struct lease l = {0};

	assert_true(is_stored(w, ip, &l));
	return l.wall_ends;
}

/*
 * A server is stopped while a lease is on its way to etcd, and its clock is put
 * back meanwhile.  What it promises when it goes on the others must know of:
 * they give the address away ten seconds after what they have heard.
 */
static void whoever_is_stopped_in_a_commit_promises_no_more(void **state)
{
	static const struct etcd_model_way slow = {.least = MILLISECONDS(200),
						   .most = MILLISECONDS(200)};
	static const struct etcd_model_way none = {.is_mute = true,
						   .is_deaf = true};
	struct world *w = calloc(1, sizeof *w);
	struct machine *m = &w->machines[1];
	const struct promised *p;
	uint32_t ip;
	usec now, ends;

	(void)state;
	open_world(w, 2);
	now = lan_run(w->lan, SECONDS(70));
	ip = m->t.ip;
	assert_true(ip);
	p = &w->promised[ip - POOL_FIRST];
	be_alone(&w->of[1], now, SECONDS(600));
	be_alone(&w->of[2], now, SECONDS(600));
	etcd_server_set_way(&w->of[0].s, &slow);
	/* It is done, and the answer is on its way. */
	for (ends = stored_end(w, ip); stored_end(w, ip) == ends;)
		now = lan_run(w->lan, now + MILLISECONDS(10));
	etcd_server_fault(&w->of[0].s, &(struct lan_fault){.is_hung = true});
	now = lan_run(w->lan, now + SECONDS(28));
	lan_set_clock(w->lan, w->of[0].s.node, -SECONDS(25));
	etcd_server_fault(&w->of[0].s, &(struct lan_fault){.loss = 0});
	etcd_server_set_way(&w->of[0].s, &none);
	assert_false(m->t.ip);
	while (!m->t.ip && now < SECONDS(200))
		now = lan_run(w->lan, now + MILLISECONDS(50));
	assert_int_equal(p->to, m->node);
	assert_in_range(p->until, now,
			now + SECONDS(10) +
				lease_left(w->of[1].s.site.leases, ip, now));
	assert_string_equal(w->broken, "");
	close_world(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_befalls_them_all_is_well),
		cmocka_unit_test(the_same_seed_has_the_same_trace),
		cmocka_unit_test(a_lease_that_is_taken_away_is_gone_everywhere),
		cmocka_unit_test(
			whoever_is_stopped_in_a_commit_promises_no_more),
	};

	save_time();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
