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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_befalls_them_all_is_well),
		cmocka_unit_test(the_same_seed_has_the_same_trace),
		cmocka_unit_test(a_lease_that_is_taken_away_is_gone_everywhere),
	};

	save_time();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
