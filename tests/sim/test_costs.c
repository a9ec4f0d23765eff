/*
 * What a boot costs: data packets on the wire for each packet of the files.
 * Seconds say nothing here, packets do.
 */
#include "fleets.h"

enum { MB = 1000000 };

static void without_loss_each_file_is_sent_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_config c = a_fleet(200, 2 * MB, seed);
		struct fleet_report r = boots(&c);

		assert_int_equal(r.packets_sent, r.packets_needed);
		assert_true(r.wire_ratio == 1);
	}
}

/* Theory knows no request that gets lost and no machine that comes late, so
 * the loss begins when the train leaves. */
static void near_the_theory(uint32_t machines, double loss, double most)
{
	double theory = plain_repair(machines, loss);

	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_config c = a_fleet(machines, 2 * MB, seed);
		struct fleet_report r;

		c.weather.loss = loss;
		c.is_clear_at_first = true;
		c.n_images = 1;
		c.images[0].size = 2 * MB;
		r = boots(&c);
		print_message("%u machines, %g %%: %.3f, theory %.3f\n",
			      machines, loss * 100, r.wire_ratio, theory);
		assert_true(r.wire_ratio <= most);
		assert_true(r.wire_ratio <= theory * 1.05);
		assert_true(r.wire_ratio >= theory * 0.95);
	}
}

static void one_percent_loss_costs_what_plain_repair_must(void **state)
{
	(void)state;
	near_the_theory(200, 0.01, 1.99);
}

static void five_percent_loss_costs_what_plain_repair_must(void **state)
{
	(void)state;
	near_the_theory(200, 0.05, 2.55);
}

static void one_machine_costs_no_more_than_its_losses(void **state)
{
	(void)state;
	near_the_theory(1, 0.01, 1.03);
}

/* Bursts lose the same number of packets, only together. */
static void bursts_cost_no_more_than_single_losses(void **state)
{
	struct fleet_config c = a_fleet(200, 2 * MB, 4);
	struct fleet_report r;

	(void)state;
	c.weather.loss = 0.01;
	c.weather.burst = 8;
	c.is_clear_at_first = true;
	r = boots(&c);
	assert_true(r.wire_ratio <= plain_repair(200, 0.01) * 1.05);
}

/* With the weather on from power-on, some machines lose their first requests
 * and come late: what the last one missed is sent again. */
static void
loss_from_power_on_costs_what_the_last_one_missed_besides(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_config c = a_fleet(200, 2 * MB, seed);
		struct fleet_report r;

		c.weather.loss = 0.01;
		r = boots(&c);
		assert_true(r.wire_ratio <=
			    missed_by_the_last(&r) +
				    plain_repair(200, 0.01) * 1.05);
	}
}

/* They arrive within two seconds at a train that waits for nobody and takes
 * about as long. */
static struct fleet_report late(double loss, uint64_t seed)
{
	struct fleet_config c = a_fleet(200, 2 * MB, seed);
	struct settings set;

	settings_default(&set);
	set.slam.hold = 0;
	set.slam.rate = MB;
	c.settings = &set;
	c.arrive = SECONDS(2);
	c.weather.loss = loss;
	return boots(&c);
}

static void late_machines_cost_only_what_they_missed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_report r = late(0, seed);

		for (unsigned i = 0; i < 2; i++) {
			const struct fleet_file *f = &r.files[i];

			print_message("late: %" PRIu64 " sent, %" PRIu64
				      " packets, the last missed %" PRIu64 "\n",
				      f->sent, f->packets, f->missed);
			assert_true(f->missed > 0);
			/* What was on the wire as it boarded may go twice. */
			assert_true(f->sent <= f->packets + f->missed + 32);
		}
	}
}

static void late_machines_with_loss_cost_little_more(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct fleet_report r = late(0.01, seed);

		assert_true(r.wire_ratio <=
			    missed_by_the_last(&r) +
				    plain_repair(200, 0.01) * 1.05);
	}
}

/* TFTP sends everything to everybody, and nothing twice. */
static void tftp_sends_each_file_to_each_machine_once(void **state)
{
	struct fleet_config c = a_fleet(50, MB / 2, 5);
	struct fleet_report r;

	(void)state;
	c.via = VIA_TFTP;
	r = boots(&c);
	assert_int_equal(r.packets_sent, 50 * r.packets_needed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_loss_each_file_is_sent_once),
		cmocka_unit_test(one_percent_loss_costs_what_plain_repair_must),
		cmocka_unit_test(
			five_percent_loss_costs_what_plain_repair_must),
		cmocka_unit_test(one_machine_costs_no_more_than_its_losses),
		cmocka_unit_test(bursts_cost_no_more_than_single_losses),
		cmocka_unit_test(
			loss_from_power_on_costs_what_the_last_one_missed_besides),
		cmocka_unit_test(late_machines_cost_only_what_they_missed),
		cmocka_unit_test(late_machines_with_loss_cost_little_more),
		cmocka_unit_test(tftp_sends_each_file_to_each_machine_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
