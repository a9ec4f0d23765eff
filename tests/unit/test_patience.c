/*
 * How long a silent server is waited for, as its last word, the questions
 * since, and the slowest of its words have it.
 */
#include "engine/patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const usec LEAST = SECONDS(10);

static void who_has_nobody_else_is_not_hurried(void **state)
{
	struct patience p;

	(void)state;
	patience_begin(&p, SECONDS(5));
	patience_asked(&p, SECONDS(6));
	assert_int_equal(patience_ends(&p, 0), NEVER);
	assert_int_equal(patience_ends(&p, LEAST), SECONDS(15));
}

static void nobody_is_silent_who_was_not_asked(void **state)
{
	struct patience p;

	(void)state;
	patience_begin(&p, 0);
	assert_int_equal(patience_ends(&p, LEAST), NEVER);
	patience_asked(&p, SECONDS(1));
	patience_heard(&p, SECONDS(2));
	assert_int_equal(patience_ends(&p, LEAST), NEVER);
	patience_asked(&p, SECONDS(3));
	assert_int_equal(patience_ends(&p, LEAST), SECONDS(12));
}

static void a_question_has_its_time_however_late_it_is(void **state)
{
	struct patience p;

	(void)state;
	patience_begin(&p, 0);
	patience_asked(&p, SECONDS(7));
	assert_int_equal(patience_ends(&p, LEAST), SECONDS(10));
	patience_asked(&p, SECONDS(90));
	assert_int_equal(patience_ends(&p, LEAST), SECONDS(93));
}

static void the_slowest_word_counts_four_times(void **state)
{
	struct patience p;

	(void)state;
	patience_begin(&p, 0);
	patience_heard(&p, SECONDS(6));
	patience_heard(&p, SECONDS(7));
	patience_asked(&p, SECONDS(8));
	assert_int_equal(patience_ends(&p, LEAST), SECONDS(7 + 24));
	patience_begin(&p, SECONDS(8));
	patience_asked(&p, SECONDS(9));
	assert_int_equal(patience_ends(&p, LEAST), SECONDS(18));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_nobody_else_is_not_hurried),
		cmocka_unit_test(nobody_is_silent_who_was_not_asked),
		cmocka_unit_test(a_question_has_its_time_however_late_it_is),
		cmocka_unit_test(the_slowest_word_counts_four_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
