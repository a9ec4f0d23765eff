/*
 * What a boot by multicast TFTP costs: 200 machines of ours, 64 MiB in blocks
 * of 1428.  Without payload and sanitizers.
 *
 * Each block that somebody lacks is sent again, to all: however the calls are
 * ordered, a block is sent until the last of the machines has it.  That is the
 * sum in plain_repair(), 1.89 at 1 % loss and 2.42 at 5 %, and no protocol that
 * repeats blocks can do with less.
 *
 * time limit: 600 s
 */
#include "fleets.h"

enum { MIB = 1 << 20 };

static struct fleet_config riders(uint32_t machines, uint64_t bytes,
				  uint64_t seed)
{
	struct fleet_config c = a_fleet(machines, bytes, seed);

	c.via = VIA_TFTM;
	c.n_images = 1;
	c.images[0].size = bytes;
	return c;
}

static void without_loss_64_mib_are_sent_once(void **state)
{
	struct fleet_config c = riders(200, 64 * MIB, 1);
	struct fleet_report r = boots(&c);

	(void)state;
	print_message("no loss: %.4f in %.2f s\n", r.wire_ratio,
		      (double)r.lasted / 1e6);
	assert_true(r.wire_ratio <= 1.02);
	assert_true(r.wire_ratio >= 1);
}

static void near_the_theory(uint32_t machines, uint64_t bytes, double loss)
{
	struct fleet_config c = riders(machines, bytes, 1);
	double theory = plain_repair(machines, loss);
	struct fleet_report r;

	c.weather.loss = loss;
	c.is_clear_at_first = true;
	r = boots(&c);
	print_message("%u machines, %g %%: %.3f in %.2f s, theory %.3f\n",
		      machines, loss * 100, r.wire_ratio,
		      (double)r.lasted / 1e6, theory);
	assert_true(r.wire_ratio <= theory * 1.05);
	assert_true(r.wire_ratio >= theory * 0.95);
}

static void one_percent_loss_costs_what_plain_repair_must(void **state)
{
	(void)state;
	near_the_theory(200, 64 * MIB, 0.01);
	near_the_theory(1, 8 * MIB, 0.01);
}

static void five_percent_loss_costs_what_plain_repair_must(void **state)
{
	(void)state;
	near_the_theory(200, 16 * MIB, 0.05);
}

/* With loss from power-on some boards late: what the last one missed is sent
 * again besides. */
static void loss_from_power_on_leaves_nobody_behind(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_config c = riders(200, 8 * MIB, seed);
		struct fleet_report r;

		c.weather.loss = 0.05;
		r = boots(&c);
		print_message("5 %% from power-on: %.3f, %.3f missed\n",
			      r.wire_ratio, missed_by_the_last(&r));
		assert_true(r.wire_ratio <=
			    missed_by_the_last(&r) +
				    plain_repair(200, 0.05) * 1.05);
	}
}

/* They arrive within two seconds at a train that waits for nobody and takes
 * about as long. */
static void late_machines_cost_only_what_they_missed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_config c = riders(200, 4 * MIB, seed);
		const struct fleet_file *f;
		struct fleet_report r;
		struct settings set;

		settings_default(&set);
		set.tftm.hold = 0;
		set.tftm.rate = 2 * MIB;
		c.settings = &set;
		c.arrive = SECONDS(2);
		r = boots(&c);
		f = &r.files[0];
		print_message("late: %" PRIu64 " sent, %" PRIu64
			      " packets, the last missed %" PRIu64 "\n",
			      f->sent, f->packets, f->missed);
		assert_true(f->missed > 0);
		assert_true(f->sent <= f->packets + f->missed + 64);
	}
}

/* A train that leaves soon and takes three seconds. */
static struct fleet_config slow(uint32_t machines, struct settings *set,
				uint64_t seed)
{
	struct fleet_config c = riders(machines, 64 * MIB, seed);

	settings_default(set);
	set->tftm.hold = 20;
	set->tftm.rate = 20 * MIB;
	c.settings = set;
	c.trouble.within = SECONDS(4);
	return c;
}

/* Machines that are switched off in mid-train, the one that is being asked
 * among them, cost calls; what they miss they miss together. */
static void dead_machines_hold_up_nobody(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct settings set;
		struct fleet_config c = slow(200, &set, seed);
		struct fleet_report r;

		c.trouble.reboots = 20;
		r = boots(&c);
		print_message("20 reboots: %.3f in %.2f s, %.3f missed\n",
			      r.wire_ratio, (double)r.lasted / 1e6,
			      missed_by_the_last(&r));
		assert_true(missed_by_the_last(&r) > 0.1);
		assert_true(r.wire_ratio <= 1.02 + missed_by_the_last(&r));
	}
}

/* What they have they keep, since the number of the file is the same. */
static void a_server_that_comes_back_finds_its_riders(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct settings set;
		struct fleet_config c = slow(100, &set, seed);
		struct fleet_report r;

		c.trouble.crashes = 1;
		c.trouble.down = SECONDS(1);
		r = boots(&c);
		print_message("a crash: %.3f in %.2f s\n", r.wire_ratio,
			      (double)r.lasted / 1e6);
		assert_true(r.wire_ratio <= 1.02);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_loss_64_mib_are_sent_once),
		cmocka_unit_test(one_percent_loss_costs_what_plain_repair_must),
		cmocka_unit_test(
			five_percent_loss_costs_what_plain_repair_must),
		cmocka_unit_test(loss_from_power_on_leaves_nobody_behind),
		cmocka_unit_test(late_machines_cost_only_what_they_missed),
		cmocka_unit_test(dead_machines_hold_up_nobody),
		cmocka_unit_test(a_server_that_comes_back_finds_its_riders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
