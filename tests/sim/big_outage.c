/*
 * Ten thousand machines after a power failure, before the server as it is
 * assumed in outage.h; and thirty thousand.
 */
#include "outages.h"

enum { MACHINES = 10000, MORE = 30000 };

static void show(const char *what, const struct outage_report *r)
{
	print_message("%s: %.3f virtual seconds, %" PRIu64 " packets, %" PRIu64
		      " lost at the server\n",
		      what, (double)r->lasted / 1e6, r->packets, lost(r));
}

static void ten_thousand_machines_are_configured(void **state)
{
	struct outage_config c = outage_default(MACHINES, 1);
	struct outage_report r = passes(&c), jittered;

	(void)state;
	show("timers of 1995", &r);
	c.jitter = MILLISECONDS(500);
	jittered = passes(&c);
	show("with 500 ms of jitter", &jittered);
	assert_true(lost(&r) > 0);
	assert_int_equal(lost(&jittered), 0);
	assert_true(jittered.packets < r.packets);
	/* Who was lost comes again after five seconds. */
	assert_true(r.lasted < SECONDS(6));
	assert_true(jittered.lasted < MILLISECONDS(1600));
	assert_int_equal(r.withheld, 0);
	assert_int_equal(jittered.withheld, 0);
}

/* What the server can't read in time is asked again; what it reads it answers,
 * since it knows them all. */
static void nothing_is_withheld_from_registered_machines(void **state)
{
	struct outage_config c = outage_default(MORE, 1);
	struct outage_report r = passes(&c), jittered;

	(void)state;
	show("30,000, timers of 1995", &r);
	c.jitter = MILLISECONDS(500);
	jittered = passes(&c);
	show("30,000, with 500 ms of jitter", &jittered);
	assert_int_equal(r.withheld, 0);
	assert_int_equal(jittered.withheld, 0);
	assert_true(jittered.packets < r.packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_machines_are_configured),
		cmocka_unit_test(nothing_is_withheld_from_registered_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
