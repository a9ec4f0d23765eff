/*
 * Pools: a range is looked at in pieces, however long it is, and the site may
 * change between two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "admin_desk.h"

static void two_pools(struct desk *d)
{
	d->settings.n_subnets = 2;
	d->settings.subnets[0] = (struct subnet){.network = IP4(10, 0, 0, 0),
						 .mask = IP4(255, 0, 0, 0),
						 .first = IP4(10, 0, 0, 1),
						 .last = IP4(10, 3, 0, 0)};
	d->settings.subnets[1] = (struct subnet){.network = IP4(11, 0, 0, 0),
						 .mask = IP4(255, 255, 255, 0),
						 .first = IP4(11, 0, 0, 1),
						 .last = IP4(11, 0, 0, 9)};
}

/* "TURNS: STATUS NETWORK FREE FIXED, ..."; in a turn the settings get other
 * subnets, if it is not 0. */
static void count_pools(struct desk *d, unsigned change, char *to)
{
	struct admin_request q = {.method = "GET", .path = "/v1/pools"};
	struct admin a;
	unsigned turns = 1;
	char *said = to;
	const json_t *pool;
	size_t i;

	for (admin_ask(&a, &d->site, &q); a.work; turns++) {
		assert_int_equal(a.status, 0);
		if (turns == change)
			d->settings.subnets[0] = d->settings.subnets[1];
		admin_go_on(&a, &d->site, d->now);
	}
	said += sprintf(said, "%u: %u", turns, a.status);
	json_array_foreach(json_object_get(a.json, "pools"), i, pool)
	{
		const json_t *v[] = {json_object_get(pool, "free"),
				     json_object_get(pool, "fixed")};

		said += sprintf(
			said, " %s %d %d",
			json_string_value(json_object_get(pool, "network")),
			(int)json_integer_value(v[0]),
			(int)json_integer_value(v[1]));
	}
	admin_close(&a);
}

static void a_long_range_is_counted_in_many_turns(void **state)
{
	char said[200];

	two_pools(*state);
	ask(*state, "POST", "/v1/machines",
	    "{\"name\": \"wendy\", "
	    "\"ip_address\": [\"10.0.0.5\", \"10.1.0.5\"]}");
	count_pools(*state, 0, said);
	assert_string_equal(said,
			    "13: 200 10.0.0.0/8 196606 2 11.0.0.0/24 9 0");
}

static void a_range_that_changes_meanwhile_is_counted_anew(void **state)
{
	char said[200];

	two_pools(*state);
	count_pools(*state, 5, said);
	assert_string_equal(said, "6: 200 11.0.0.0/24 9 0 11.0.0.0/24 9 0");
}

static void who_goes_while_it_is_counted_leaves_nothing(void **state)
{
	struct desk *d = *state;
	struct admin_request q = {.method = "GET", .path = "/v1/pools"};
	struct admin a;

	two_pools(d);
	admin_ask(&a, &d->site, &q);
	assert_non_null(a.work);
	admin_close(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_range_is_counted_in_many_turns),
		TEST(a_range_that_changes_meanwhile_is_counted_anew),
		TEST(who_goes_while_it_is_counted_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
