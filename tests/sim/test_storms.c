/*
 * A thousand small storms, a seed each: some twenty machines want an address in
 * weather drawn by lot, while the server is killed and comes back from its
 * store, machines are rebooted, clocks jump and commits fail.  fleet.h says
 * what must hold; above all no acknowledged lease is lost or given to another.
 *
 * SEED=n runs one alone.
 */
#include "base/rand.h"
#include "fleets.h"

#include <errno.h>

enum { STORMS = 700, SHORTAGES = 300 };

static double up_to(struct rand *r, double most)
{
	return most * (double)rand_below(r, 1001) / 1000;
}

static struct lan_weather draw_weather(struct rand *r)
{
	return (struct lan_weather){
		.loss = up_to(r, 0.2),
		.burst = up_to(r, 8),
		.duplicate = up_to(r, 0.1),
		.reorder = up_to(r, 0.1),
		.reorder_by = (usec)rand_below(r, 50000),
		.delay = 10 + (usec)rand_below(r, 5000),
		.rate = 125000000,
	};
}

static struct fleet_trouble draw_trouble(struct rand *r)
{
	return (struct fleet_trouble){
		.within = SECONDS(4),
		.crashes = (unsigned)rand_below(r, 6),
		.down = MILLISECONDS(1 + (usec)rand_below(r, 1500)),
		.reboots = (unsigned)rand_below(r, 10),
		.jumps = (unsigned)rand_below(r, 4),
		.jump_by = SECONDS((usec)rand_below(r, 4000000)),
		.faults = {.fail_rc = -EIO,
			   .fail_from = (unsigned)rand_below(r, 20),
			   .fail_n = (unsigned)rand_below(r, 4)},
	};
}

/* As many addresses as machines, or a few more; then one that was lost is soon
 * another's. */
static void draw_settings(struct settings *s, uint32_t addresses)
{
	settings_default(s);
	/* Nobody loads anything: small tables make short runs. */
	s->tftp.sessions = s->tftp.half_open = 4;
	s->slam.trains = s->slam.riders = 1;
	s->subnets[0] = (struct subnet){.network = IP4(10, 77, 0, 0),
					.mask = 0xffff0000,
					.first = IP4(10, 77, 0, 2),
					.last = IP4(10, 77, 0, 1) + addresses,
					.lease = 43200};
	s->n_subnets = 1;
}

static struct fleet_config draw_fleet(struct rand *r, uint64_t seed)
{
	struct fleet_config c = {.seed = seed, .patience = SECONDS(3600)};

	c.machines = 4 + (uint32_t)rand_below(r, 26);
	c.weather = draw_weather(r);
	c.trouble = draw_trouble(r);
	c.arrive = (usec)rand_below(r, 3000000);
	return c;
}

static void storm(uint64_t seed)
{
	struct fleet_config c;
	struct settings set;
	struct rand r;

	rand_seed(&r, seed);
	c = draw_fleet(&r, seed);
	draw_settings(&set, c.machines + (uint32_t)rand_below(&r, 4));
	c.settings = &set;
	boots(&c);
}

/* Some machines get none, however often the server forgets, and the clocks say
 * that all leases are over. */
static void shortage(uint64_t seed)
{
	struct fleet_report report;
	struct fleet_config c;
	struct settings set;
	uint32_t addresses;
	struct rand r;

	rand_seed(&r, seed);
	c = draw_fleet(&r, seed);
	c.patience = SECONDS(900);
	addresses = c.machines - 1 - (uint32_t)rand_below(&r, 3);
	draw_settings(&set, addresses);
	c.settings = &set;
	assert_int_equal(fleet_boot(&c, &report), 0);
	if (report.broken || report.bound != addresses)
		print_error("seed %" PRIu64 ": %u of %u addresses; %s\n", seed,
			    report.bound, addresses,
			    report.broken ? report.broken : "nothing broken");
	assert_null(report.broken);
	assert_int_equal(report.bound, addresses);
}

static void no_acknowledged_lease_is_lost_or_given_to_another(void **state)
{
	(void)state;
	for_seeds(STORMS, storm);
}

static void nor_when_there_are_more_machines_than_addresses(void **state)
{
	(void)state;
	for_seeds(SHORTAGES, shortage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			no_acknowledged_lease_is_lost_or_given_to_another),
		cmocka_unit_test(
			nor_when_there_are_more_machines_than_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
