/*
 * Machines that wait to be let in.
 */
#include "engine/pending.h"

#include "stage/stage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct hwaddr hw(uint32_t n)
{
	return hwaddr_ethernet((uint8_t[6]){2, 0, 0, (uint8_t)(n >> 16),
					    (uint8_t)(n >> 8), (uint8_t)n});
}

static int set_up(void **state)
{
	struct pending *p;

	assert_int_equal(pending_open(&p, &stage_alloc, 1), 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	pending_close(*state, &stage_alloc);
	return 0;
}

static void asks(struct pending *p, uint32_t n, usec at)
{
	const struct pending_machine m = {.hw = hw(n), .last = at};

	pending_note(p, &m);
}

static void it_remembers_when_and_how_often(void **state)
{
	const struct pending_machine *m;
	struct pending_machine now = {
		.hw = hw(7), .is_dhcp = true, .last = SECONDS(5)};
	struct hwaddr seven = hw(7), eight = hw(8);

	asks(*state, 7, SECONDS(3));
	pending_note(*state, &now);
	m = pending_find(*state, &seven);
	assert_non_null(m);
	assert_int_equal(m->first, SECONDS(3));
	assert_int_equal(m->last, SECONDS(5));
	assert_int_equal(m->asked, 2);
	assert_true(m->is_dhcp);
	assert_null(pending_find(*state, &eight));
}

static void the_one_silent_longest_makes_room(void **state)
{
	struct hwaddr first = hw(1), second = hw(2), late = hw(9999);
	uint32_t at = 0, n = 0;

	for (uint32_t i = 1; i <= PENDING_MOST; i++)
		asks(*state, i, SECONDS(i));
	asks(*state, 1, SECONDS(5000)); /* it is still there */
	asks(*state, 9999, SECONDS(5001));
	assert_non_null(pending_find(*state, &first));
	assert_null(pending_find(*state, &second));
	assert_non_null(pending_find(*state, &late));
	while (pending_next(*state, &at))
		n++;
	assert_int_equal(n, PENDING_MOST);
}

static void nothing_is_known_by_no_table(void **state)
{
	struct hwaddr one = hw(1);
	uint32_t at = 0;

	(void)state;
	asks(NULL, 1, 0);
	assert_null(pending_find(NULL, &one));
	assert_null(pending_next(NULL, &at));
	pending_close(NULL, &stage_alloc);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(it_remembers_when_and_how_often),
		TEST(the_one_silent_longest_makes_room),
		TEST(nothing_is_known_by_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
