/*
 * Sentences for people.
 */
#include "app/bar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void says(uint32_t leaving_ms, uint32_t on_board, uint32_t expected,
		 const char *what)
{
	const struct loadc_progress p = {.is_waiting = true,
					 .leaving_ms = leaving_ms,
					 .on_board = on_board,
					 .expected = expected};
	char room[128];

	bar_waiting(room, sizeof(room), &p);
	assert_string_equal(room, what);
}

static void a_rider_is_told_why_it_waits(void **state)
{
	(void)state;
	says(2000, 192, 200, "leaving in 2 s, 192 of 200 on board");
	says(1960, 192, 200, "leaving in 2 s, 192 of 200 on board");
	says(1449, 3, 4, "leaving in 1.4 s, 3 of 4 on board");
	says(120, 14, 0, "leaving in 0.1 s, 14 on board");
	says(0, 1, 1, "leaving in 0 s, 1 of 1 on board");
	says(30000, 1, 1000000, "leaving in 30 s, 1 of 1000000 on board");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rider_is_told_why_it_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
