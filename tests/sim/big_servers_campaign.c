/*
 * The servers' campaign.  A million seeds by hand:
 *
 *	SEEDS=1000000 FROM=1001 build/release/sim/big_servers_campaign
 *
 * A thousand take half a minute of processor.  time limit: 600 s
 */
#include "servers_campaign.h"

static void whatever_befalls_them_all_is_well(void **state)
{
	(void)state;
	campaign(1000);
}

/* ---- the next master ----------------------------------------------------- */

enum fate { DIES, SLEEPS, IS_CUT_OFF, FATES };

/* What others are asked until one of them has made an edit. */
struct pressing {
	struct world *w;
	const struct member *was;
	usec made; /* when that was known; 0: none is yet */
};

static void press(void *arg, usec now)
{
	struct pressing *p = arg;
	struct world *w = p->w;

	if (w->edits) {
		p->made = now;
		lan_stop(w->lan);
		return;
	}
	for (unsigned i = 0; i < w->n_servers; i++)
		if (&w->of[i] != p->was)
			lan_switch_on(w->lan, w->of[i].s.node, now, edit_now,
				      &w->of[i]);
	lan_at(w->lan, now + MILLISECONDS(10), press, p);
}

static void befall(struct member *m, usec now, enum fate fate)
{
	static const struct etcd_model_way none = {.is_mute = true,
						   .is_deaf = true};

	switch (fate) {
	case DIES:
		fall(m, now, SECONDS(60));
		break;
	case SLEEPS:
		sleeps(m, now, SECONDS(60));
		break;
	case IS_CUT_OFF:
	case FATES:
		etcd_server_set_way(&m->s, &none);
		break;
	}
}

/* How long it takes until another server has made an edit, when something
 * befalls the master, and etcd has no leader for a while. */
static usec take_over(uint64_t seed, enum fate fate, usec election)
{
	struct world *w = calloc(1, sizeof *w);
	struct pressing p = {.w = w};
	struct member *m;
	usec now;

	assert_non_null(w);
	open_world(w, seed);
	m = &w->of[draw(w, w->n_servers)];
	now = lan_run(w->lan, SECONDS(5));
	lan_switch_on(w->lan, m->s.node, now, edit_now, m);
	now = lan_run(w->lan, now + SECONDS(1) + (usec)draw(w, SECONDS(1)));
	assert_ptr_equal(master(w), m);
	assert_int_equal(w->edits, 1);
	w->edits = 0;
	befall(m, now, fate);
	if (election) {
		etcd_model_stop(w->model, true);
		lan_at(w->lan, now + election, elected, w);
	}
	p.was = m;
	press(&p, now);
	lan_run(w->lan, now + SECONDS(20));
	assert_string_equal(w->broken, "");
	assert_true(p.made);
	now = p.made - now;
	close_world(w);
	free(w);
	return now;
}

static void take_overs(const char *what, usec election, usec most)
{
	usec least = NEVER, longest = 0;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		usec took = take_over(seed, seed % FATES, election);

		least = usec_min(least, took);
		longest = usec_max(longest, took);
	}
	printf("%s: another master after %lld to %lld ms\n", what,
	       (long long)least / 1000, (long long)longest / 1000);
	assert_in_range(longest, 0, most);
}

/*
 * A mastership lasts two seconds from when its server was heard last, which is
 * half a second before its end at most, and etcd looks half a second later at
 * most.
 */
static void another_master_is_there_within_three_seconds(void **state)
{
	(void)state;
	take_overs("a leader all the time", 0, SECONDS(3));
}

/* Who comes to lead prolongs all leases of etcd's, since he can't know how old
 * they are. */
static void an_election_comes_on_top(void **state)
{
	(void)state;
	take_overs("an election of 1 s", SECONDS(1), SECONDS(4));
	take_overs("an election of 4 s", SECONDS(4), SECONDS(7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_befalls_them_all_is_well),
		cmocka_unit_test(another_master_is_there_within_three_seconds),
		cmocka_unit_test(an_election_comes_on_top),
	};

	save_time();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
