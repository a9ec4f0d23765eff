/*
 * The access file: its grammar, its mistakes, its decisions.
 */
#include "model/name_access.h"

#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct name_access a;

static void read_file(const char *s)
{
	struct name_access_error e;

	if (!name_access_parse(&a, s, strlen(s), &e))
		fail_msg("line %u: %s", e.line, e.why);
}

static bool allows(const char *name, uint32_t ip)
{
	return name_access_allows(&a, name, strlen(name), ip);
}

static void refuses_file(const char *s, unsigned line, const char *why)
{
	struct name_access_error e;

	read_file("*: +");
	assert_false(name_access_parse(&a, s, strlen(s), &e));
	assert_int_equal(e.line, line);
	assert_string_equal(e.why, why);
	assert_false(allows("X", 1));
}

static void the_first_line_that_matches_decides(void **state)
{
	(void)state;
	read_file("*Window Server: +\n"
		  "npd_port: 192.168.77.0-192.168.77.99, 10.0.0.0/A\n"
		  "secret*:\n");
	assert_true(allows("wendy - Window Server", IP4(203, 0, 113, 9)));
	assert_true(allows("NPD_PORT", IP4(192, 168, 77, 99)));
	assert_false(allows("NPD_PORT", IP4(192, 168, 77, 100)));
	assert_true(allows("NPD_PORT", IP4(10, 200, 1, 1)));
	assert_false(allows("SECRET1", IP4(192, 168, 77, 1)));
	assert_false(allows("other", IP4(192, 168, 77, 1)));
	read_file("a*: 10.0.0.1\n*: +\n");
	assert_false(allows("abc", IP4(10, 0, 0, 2)));
	assert_true(allows("bcd", IP4(10, 0, 0, 2)));
}

static void addresses_come_in_many_forms(void **state)
{
	(void)state;
	read_file("one: 10.0.0.1\n"
		  "range:10.0.0.1 - 10.0.0.3\n"
		  "b: 172.16.9.9/B\n"
		  "c: 192.168.1.0/c\n"
		  "cidr: 10.1.2.3/24\n"
		  "mask: 10.1.2.0/255.255.254.0\n"
		  "all: 0.0.0.0/0\n");
	assert_true(allows("one", IP4(10, 0, 0, 1)));
	assert_false(allows("one", IP4(10, 0, 0, 2)));
	assert_true(allows("range", IP4(10, 0, 0, 3)));
	assert_false(allows("range", IP4(10, 0, 0, 4)));
	assert_false(allows("range", IP4(10, 0, 0, 0)));
	assert_true(allows("b", IP4(172, 16, 255, 255)));
	assert_false(allows("b", IP4(172, 17, 0, 0)));
	assert_true(allows("c", IP4(192, 168, 1, 200)));
	assert_false(allows("c", IP4(192, 168, 2, 0)));
	assert_true(allows("cidr", IP4(10, 1, 2, 255)));
	assert_false(allows("cidr", IP4(10, 1, 3, 0)));
	assert_true(allows("mask", IP4(10, 1, 3, 0)));
	assert_true(allows("all", IP_BROADCAST));
}

static void patterns_have_stars_and_question_marks(void **state)
{
	(void)state;
	read_file("a?c*e: +\n"
		  "star\\*: +\n"
		  "colon\\:x: +\n"
		  "hash\\#: + # and a comment\n"
		  "blank\\ : +\n"
		  "back\\\\slash: +\n"
		  "***: 1.1.1.1");
	assert_true(allows("ABCE", 1));
	assert_true(allows("abcdefe", 1));
	assert_false(allows("ace", 1));
	assert_true(allows("star*", 1));
	assert_false(allows("starx", 1));
	assert_true(allows("colon:x", 1));
	assert_true(allows("HASH#", 1));
	assert_true(allows("blank ", 1));
	assert_false(allows("blank", 1));
	assert_true(allows("back\\slash", 1));
	assert_true(allows("", IP4(1, 1, 1, 1)));
}

static void comments_blanks_and_returns_mean_nothing(void **state)
{
	(void)state;
	read_file("# one\n\n \t \r\n  x  :\t10.0.0.1 ,10.0.0.2\r\n#");
	assert_true(allows("x", IP4(10, 0, 0, 1)));
	assert_true(allows("X", IP4(10, 0, 0, 2)));
	read_file("");
	assert_false(allows("x", IP4(10, 0, 0, 1)));
}

static void a_mistake_is_named_with_its_line(void **state)
{
	static const char no_item[] = "no address, range, network or +";

	(void)state;
	refuses_file("x +\n", 1, "no colon");
	refuses_file("# fine\nx\\: +\n", 2, "no colon");
	refuses_file("x: +\n: +\n", 2, "no name before the colon");
	refuses_file("x: *\n", 1, no_item);
	refuses_file("x: 10.0.0\n", 1, no_item);
	refuses_file("x: 10.0.0.1/D\n", 1, no_item);
	refuses_file("x: 10.0.0.1/33\n", 1, no_item);
	refuses_file("x: 10.0.0.1/255.0.255.0\n", 1, no_item);
	refuses_file("x: 10.0.0.2-10.0.0.1\n", 1, no_item);
	refuses_file("x: 10.0.0.1 10.0.0.2\n", 1, no_item);
	refuses_file("x: ,+\n", 1, no_item);
	refuses_file("x: +,\n", 1, "nothing follows the comma");
}

static void tables_have_their_sizes(void **state)
{
	enum { ROOM = 100000 };
	char *s = malloc(ROOM), *at = s;

	(void)state;
	for (unsigned i = 0; i <= NAME_ACCESS_LINES; i++)
		at += sprintf(at, "x%u:\n", i);
	refuses_file(s, NAME_ACCESS_LINES + 1, "too many lines");
	at = s + sprintf(s, "x: +");
	for (unsigned i = 0; i < NAME_ACCESS_ITEMS; i++)
		at += sprintf(at, ", +");
	refuses_file(s, 1, "too many addresses");
	memset(s, 'x', NAME_ACCESS_PATTERN);
	strcpy(s + NAME_ACCESS_PATTERN, ": +");
	refuses_file(s, 1, "the name is too long");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_that_matches_decides),
		cmocka_unit_test(addresses_come_in_many_forms),
		cmocka_unit_test(patterns_have_stars_and_question_marks),
		cmocka_unit_test(comments_blanks_and_returns_mean_nothing),
		cmocka_unit_test(a_mistake_is_named_with_its_line),
		cmocka_unit_test(tables_have_their_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
