/*
 * Free slots, beside a plain list of them.
 */
#include "base/rand.h"
#include "base/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 50 };

struct thing {
	char name[20];
	uint32_t link;
	char more[12];
};

static void the_lowest_that_was_never_taken_comes_first(void **state)
{
	struct thing v[4] = {{.link = 0}};
	struct slots s;

	(void)state;
	slots_open(&s, &v[0].link, sizeof v[0], 3);
	assert_true(slots_any(&s));
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(slots_take(&s), i);
	assert_false(slots_any(&s));
	assert_int_equal(slots_take(&s), 0);
	assert_int_equal(slots_take(&s), 0);
}

static void the_one_that_came_back_last_is_the_next(void **state)
{
	struct thing v[5] = {{.link = 0}};
	struct slots s;

	(void)state;
	slots_open(&s, &v[0].link, sizeof v[0], 4);
	for (uint32_t i = 1; i <= 3; i++)
		(void)slots_take(&s);
	slots_put(&s, 1);
	slots_put(&s, 3);
	assert_int_equal(slots_take(&s), 3);
	assert_int_equal(slots_take(&s), 1);
	assert_int_equal(slots_take(&s), 4);
	slots_put(&s, 2);
	assert_true(slots_any(&s));
	assert_int_equal(slots_take(&s), 2);
	assert_int_equal(slots_take(&s), 0);
}

static void a_table_without_slots_is_full(void **state)
{
	struct thing v[1] = {{.link = 0}};
	struct slots s;

	(void)state;
	slots_open(&s, &v[0].link, sizeof v[0], 0);
	assert_false(slots_any(&s));
	assert_int_equal(slots_take(&s), 0);
}

/* That is what it is for: large tables cost no memory until they are used. */
static void what_was_never_taken_is_not_touched(void **state)
{
	struct thing v[MANY + 1], zeroed = {.link = 0};
	struct slots s;

	(void)state;
	memset(v, 0, sizeof v);
	slots_open(&s, &v[0].link, sizeof v[0], MANY);
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t a = slots_take(&s), b = slots_take(&s);

		v[a].link = v[b].link = UINT32_MAX;
		slots_put(&s, a);
		slots_put(&s, b);
	}
	assert_memory_equal(&v[0], &zeroed, sizeof zeroed);
	for (uint32_t i = 3; i <= MANY; i++)
		assert_memory_equal(&v[i], &zeroed, sizeof zeroed);
}

static void in_any_order_it_is_a_stack_of_all(void **state)
{
	struct thing v[MANY + 1];
	uint32_t free[MANY], taken[MANY], n = MANY;
	struct rand r;
	struct slots s;

	(void)state;
	memset(v, 0, sizeof v);
	rand_seed(&r, 1);
	slots_open(&s, &v[0].link, sizeof v[0], MANY);
	for (uint32_t i = 0; i < MANY; i++)
		free[i] = MANY - i;
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t at, id;

		assert_int_equal(slots_any(&s), n > 0);
		if (rand_below(&r, 2)) {
			id = slots_take(&s);
			assert_int_equal(id, n ? free[n - 1] : 0);
			if (!n)
				continue;
			v[id].link = (uint32_t)rand_u64(&r); /* its taker's */
			taken[MANY - n--] = id;
		} else if (n < MANY) {
			at = (uint32_t)rand_below(&r, MANY - n);
			id = taken[at];
			taken[at] = taken[MANY - n - 1];
			free[n++] = id;
			slots_put(&s, id);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_that_was_never_taken_comes_first),
		cmocka_unit_test(the_one_that_came_back_last_is_the_next),
		cmocka_unit_test(a_table_without_slots_is_full),
		cmocka_unit_test(what_was_never_taken_is_not_touched),
		cmocka_unit_test(in_any_order_it_is_a_stack_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
