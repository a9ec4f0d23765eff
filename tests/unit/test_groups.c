/*
 * Which multicast group a machine is told: by its own property, by what the
 * switch does, by the settings; and that multicast TFTP does tell it.
 */
#include "tftmd_world.h"

#include "model/policy.h"

static void a_machine_may_have_a_group_of_its_own(void **state)
{
	static const struct {
		const char *machine;
		uint32_t group;
	} table[] = {
		{"name=a; group=239.255.9.9", IP4(239, 255, 9, 9)},
		{"name=a; group=224.0.0.151", IP4(224, 0, 0, 151)},
		{"name=a; group=flood-safe", GROUP_FLOOD_SAFE},
		{"name=a; group=usual", GROUP_USUAL},
		{"name=a", GROUP_UNSAID},
		{"name=a; group=", GROUP_UNSAID},
		{"name=a; group=10.0.0.1", GROUP_UNSAID},
		{"name=a; group=239.255.9.9 ", GROUP_UNSAID},
		{"name=a; group=224.0.0.1", GROUP_UNSAID},
		{"name=a; group=224.0.0.150", GROUP_UNSAID},
	};

	(void)state;
	assert_int_equal(policy_group(NULL), GROUP_UNSAID);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct world w;

		world_open(&w);
		world_machine(&w, table[i].machine);
		assert_int_equal(policy_group(machine_by_name(
					 w.site.directory, w.site.domain, "a")),
				 table[i].group);
		world_close(&w);
	}
}

/* Two slots at one group and port would each spoil the other's file. */
static void no_two_trains_get_the_same_one(void **state)
{
	static const uint32_t wishes[] = {GROUP_FLOOD_SAFE,
					  IP4(239, 255, 84, 3)};
	struct settings set;

	(void)state;
	settings_default(&set);
	for (unsigned k = 0; k < 2; k++)
		for (unsigned a = 0; a < 64; a++)
			for (unsigned b = 0; b < a; b++) {
				assert_false(endpoint_is(
					policy_tftm_group(&set, wishes[k], a),
					policy_tftm_group(&set, wishes[k], b)));
				assert_false(endpoint_is(
					policy_train_group(&set, wishes[k], a),
					policy_train_group(&set, wishes[k],
							   b)));
				assert_false(endpoint_is(
					policy_train_group(&set, wishes[k], a),
					policy_train_group(&set, GROUP_UNSAID,
							   b)));
			}
	/* Those that are taken in turn have the port itself. */
	assert_true(policy_tftm_group(&set, set.tftm.group, 0).port >
		    set.tftm.port);
	set.tftm.port = 65535;
	assert_int_equal(policy_tftm_group(&set, GROUP_FLOOD_SAFE, 5).port,
			 65529);
}

static void flood_safe_groups_are_all_within_the_block(void **state)
{
	struct settings set;

	(void)state;
	settings_default(&set);
	set.flood_safe = true;
	settings_make_flood_safe(&set);
	assert_true(ip_is_flooded(set.tftm.group));
	assert_true(ip_is_flooded(set.tftm.group + set.tftm.groups - 1));
	assert_true(set.tftm.groups * set.tftm.ports >= set.tftm.trains);
	for (unsigned i = 0; i < 64; i++) {
		uint32_t ip = policy_train_group(&set, GROUP_UNSAID, i).ip;

		assert_in_range(ip, IP4(224, 0, 0, 151), IP4(224, 0, 0, 250));
		ip = policy_tftm_group(&set, GROUP_FLOOD_SAFE, i).ip;
		assert_in_range(ip, IP4(224, 0, 0, 151), IP4(224, 0, 0, 250));
	}
	settings_default(&set);
	set.flood_safe = true;
	set.tftm.group = IP4(239, 9, 9, 9);
	set.train.group = IP4(239, 9, 9, 9);
	settings_make_flood_safe(&set);
	assert_int_equal(set.tftm.group, IP4(239, 9, 9, 9));
	assert_int_equal(set.train.group, IP4(239, 9, 9, 9));
}

static void
a_switch_that_forgets_members_asks_for_a_flood_safe_one(void **state)
{
	struct igmp_seen seen[SITE_LINKS] = {{.link = 1}};
	struct world w;
	uint32_t ip = IP4(10, 0, 0, 7);

	(void)state;
	world_open(&w);
	w.site.igmp = seen;
	/* Nobody asks for members: the switch floods. */
	assert_int_equal(site_group(&w.site, ip, 1, true), GROUP_UNSAID);
	assert_int_equal(site_group(&w.site, ip, 1, false), GROUP_UNSAID);
	/* Somebody does: who reports gets it. */
	seen[0].has_querier = true;
	assert_int_equal(site_group(&w.site, ip, 1, true), GROUP_UNSAID);
	assert_int_equal(site_group(&w.site, ip, 1, false), GROUP_FLOOD_SAFE);
	assert_int_equal(site_group(&w.site, ip, 2, false), GROUP_UNSAID);
	/* It snoops, and nobody does: everybody is forgotten. */
	w.settings.igmp.snooping = SNOOPING_YES;
	seen[0].has_querier = false;
	assert_int_equal(site_group(&w.site, ip, 1, true), GROUP_FLOOD_SAFE);
	w.settings.igmp.snooping = SNOOPING_NO;
	seen[0].has_querier = true;
	assert_int_equal(site_group(&w.site, ip, 1, false), GROUP_UNSAID);
	/* What is said of the machine goes before all that. */
	world_machine(&w, "name=a; ip_address=10.0.0.7; group=flood-safe");
	assert_int_equal(site_group(&w.site, ip, 1, true), GROUP_FLOOD_SAFE);
	world_machine(&w, "name=b; ip_address=10.0.0.8; group=usual");
	w.settings.igmp.snooping = SNOOPING_YES;
	assert_int_equal(site_group(&w.site, ip + 1, 1, false), GROUP_UNSAID);
	world_close(&w);
}

/* ---- multicast TFTP ------------------------------------------------------ */

#define ASK  "kernel multicast= blksize=1024 tsize="
#define GAPS "kernel x-gaps=0 multicast= blksize=1024 tsize=0"
#define OPTS "OACK tsize=2100 blksize=1024 "

static void tftm_tells_each_its_own(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 2100);
	world_machine(&w, "name=a; ip_address=10.0.0.7; group=239.255.9.9");
	world_machine(&w, "name=b; ip_address=10.0.0.8; group=flood-safe");
	w.settings.tftm.groups = 3; /* and no more trains than that */
	world_start(&w);
	w.st->peer = machine(7);
	asks(&w, 7, ASK);
	stage_expect(w.st, "    0 ms  " OPTS "multicast=239.255.9.9:1759,1\n");
	acks(&w, 7, 0);
	stage_expect(w.st, "    0 ms  DATA 1 +1024 to 239.255.9.9:1759\n");
	w.st->peer = machine(8);
	asks(&w, 8, ASK);
	stage_expect(w.st, "    0 ms  " OPTS "multicast=224.0.0.225:1760,1\n");
	w.st->peer = machine(9);
	asks(&w, 9, ASK);
	assert_int_equal(heard(&w, "multicast=239.255.7."), 1);
	world_close(&w);
}

static void tftm_tells_a_rom_a_flood_safe_one_where_igmp_fails(void **state)
{
	struct igmp_seen seen[SITE_LINKS] = {{.link = 1, .has_querier = true}};
	struct world w;

	(void)state;
	world_open(&w);
	world_put(&w, "kernel", 2100);
	w.site.igmp = seen;
	w.settings.tftm.groups = 2;
	world_start(&w);
	w.st->peer = machine(7);
	asks(&w, 7, ASK);
	stage_expect(w.st, "    0 ms  " OPTS "multicast=224.0.0.224:1759,1\n");
	/* Ours joins as it should, and rides another train. */
	asks(&w, 8, GAPS);
	assert_int_equal(heard(&w, "multicast=239.255.7."), 1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_may_have_a_group_of_its_own),
		cmocka_unit_test(no_two_trains_get_the_same_one),
		cmocka_unit_test(flood_safe_groups_are_all_within_the_block),
		cmocka_unit_test(
			a_switch_that_forgets_members_asks_for_a_flood_safe_one),
		cmocka_unit_test(tftm_tells_each_its_own),
		cmocka_unit_test(
			tftm_tells_a_rom_a_flood_safe_one_where_igmp_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
