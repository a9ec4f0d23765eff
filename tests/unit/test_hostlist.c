/*
 * Hostlists: how many names a text stands for, and which.
 */
#include "model/hostlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* All names, with blanks between them; or "! FAULT". */
static const char *all(const char *list)
{
	static char room[4096];
	struct text t = text_over(room, sizeof room);
	const char *fault;
	uint32_t n = hostlist_count(list, &fault);

	if (!n) {
		text_add(&t, "! ");
		text_add(&t, fault);
	}
	for (uint32_t i = 0; i < n; i++) {
		text_add(&t, i ? " " : "");
		hostlist_put(list, i, &t);
	}
	assert_false(t.full);
	return room;
}

static void a_text_without_brackets_is_one_name(void **state)
{
	(void)state;
	assert_string_equal(all("wendy"), "wendy");
	assert_string_equal(all(""), "");
}

static void a_number_is_as_wide_as_the_first_one(void **state)
{
	(void)state;
	assert_string_equal(all("n[008-011]"), "n008 n009 n010 n011");
	assert_string_equal(all("n[8-11]"), "n8 n9 n10 n11");
	assert_string_equal(all("n[99-101].lab"), "n99.lab n100.lab n101.lab");
}

static void ranges_and_numbers_may_be_mixed(void **state)
{
	(void)state;
	assert_string_equal(all("[1,4-6,02]"), "1 4 5 6 02");
}

static void the_last_brackets_run_fastest(void **state)
{
	(void)state;
	assert_string_equal(all("r[1-2]n[01-03]"),
			    "r1n01 r1n02 r1n03 r2n01 r2n02 r2n03");
	assert_string_equal(all("[1-2][3,4][5]"), "135 145 235 245");
}

static void a_backslash_takes_a_bracket_its_meaning(void **state)
{
	(void)state;
	assert_string_equal(all("a\\[1-2\\]b"), "a\\[1-2\\]b");
	assert_string_equal(all("a\\\\[1-2]"), "a\\\\1 a\\\\2");
	assert_string_equal(all("a\\"), "a\\");
}

static void what_is_no_hostlist_says_why(void **state)
{
	static const char none[] = "! has no numbers between its brackets: "
				   "[001-200], [1,4-7]";
	static const char many[] = "! stands for more than 65536 names";

	(void)state;
	assert_string_equal(all("n[1-200"), none);
	assert_string_equal(all("n[]"), none);
	assert_string_equal(all("n[a-b]"), none);
	assert_string_equal(all("n[1-2,]"), none);
	assert_string_equal(all("n[1[2]]"), none);
	assert_string_equal(all("n[1-9999999999]"), none);
	assert_string_equal(all("n1]"), "! has a `]' without a `['");
	assert_string_equal(all("n[2-1]"), "! has a range that goes backwards");
	assert_string_equal(all("n[0-65536]"), many);
	assert_string_equal(all("n[0-65535,7]"), many);
	assert_string_equal(all("[0-999][0-999]"), many);
}

static void sixty_five_thousand_names_are_the_most(void **state)
{
	char room[32];
	struct text t = text_over(room, sizeof room);
	const char *fault;

	(void)state;
	assert_int_equal(hostlist_count("r[0-255]n[0-255]", &fault), 65536);
	hostlist_put("r[0-255]n[0-255]", 65535, &t);
	assert_string_equal(room, "r255n255");
}

static void what_does_not_fit_is_said(void **state)
{
	char room[8];
	struct text t = text_over(room, sizeof room);

	(void)state;
	hostlist_put("m[1000000-1000001]", 1, &t);
	assert_true(t.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_without_brackets_is_one_name),
		cmocka_unit_test(a_number_is_as_wide_as_the_first_one),
		cmocka_unit_test(ranges_and_numbers_may_be_mixed),
		cmocka_unit_test(the_last_brackets_run_fastest),
		cmocka_unit_test(a_backslash_takes_a_bracket_its_meaning),
		cmocka_unit_test(what_is_no_hostlist_says_why),
		cmocka_unit_test(sixty_five_thousand_names_are_the_most),
		cmocka_unit_test(what_does_not_fit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
