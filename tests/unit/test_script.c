/*
 * Boot scripts: what is read means to us what it means to iPXE, and all else
 * is refused with its line.
 */
#include "wire/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text copied to exact size, so that the sanitizer sees an overrun; the
 * caller frees it, as the script points into it. */
static char *text_of(const char *s)
{
	size_t len = strlen(s);
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, s, len);
	return copy;
}

static void a_script_begins_with_its_magic_word(void **state)
{
	(void)state;
	assert_true(script_is("#!ipxe", 6));
	assert_true(script_is("#!ipxe\n", 7));
	assert_true(script_is("#!ipxe\r\n", 8));
	assert_true(script_is("#!ipxe kernel", 13));
	assert_false(script_is("#!ipxe2\n", 8));
	assert_false(script_is("#!ipx", 5));
	assert_false(script_is(" #!ipxe\n", 8));
	assert_false(script_is("#!/bin/sh\n", 10));
	assert_false(script_is("\177ELF", 4));
	assert_false(script_is("", 0));
}

/* A script as one line of text: kernel|arguments|initrd|...|boot */
static const char *shown(const struct script *k)
{
	static char s[512];
	struct text t = text_over(s, sizeof s);

	text_bytes(&t, k->kernel.s, k->kernel.len);
	text_add(&t, "|");
	text_bytes(&t, k->arguments.s, k->arguments.len);
	for (unsigned i = 0; i < k->initrds; i++) {
		text_add(&t, "|");
		text_bytes(&t, k->initrd[i].s, k->initrd[i].len);
	}
	text_add(&t, k->boots ? "|boot" : "|");
	assert_false(t.full);
	return s;
}

static const struct {
	const char *text, *want;
} good[] = {
	{"#!ipxe\n"
	 "kernel x-slam://192.0.2.3:10001 initrd=initrd.gz quiet  ---\n"
	 "initrd x-slam://192.0.2.3:10002\n"
	 "boot\n",
	 "x-slam://192.0.2.3:10001|initrd=initrd.gz quiet  ---|"
	 "x-slam://192.0.2.3:10002|boot"},
	{"#!ipxe\r\nkernel a b\r\ninitrd c\r\nboot\r\n", "a|b|c|boot"},
	{"#!ipxe\n\n# a comment\n \t# another\n"
	 "echo Loading, please wait\nimgfree\n"
	 "\tkernel\ta\tb \t\n  initrd c  \n initrd d\ninitrd e\ninitrd f\n"
	 "  boot",
	 "a|b|c|d|e|f|boot"},
	{"#!ipxe\nkernel --name linux --timeout=5000 a b\n"
	 "initrd --timeout 5000 --name=i c\nboot --autofree\n",
	 "a|b|c|boot"},
	{"#!ipxe\nkernel a # the old one\nboot # now\n", "a||boot"},
	{"#!ipxe\nkernel a b#c --name x\n", "a|b#c --name x|"},
	{"#!ipxe\ninitrd c name.gz mode=644\nkernel a\nboot\n", "a||c|boot"},
	{"#!ipxe\nkernel a\nboot\nshell\n", "a||boot"},
	{"#!ipxe\nkernel a$b {c}\n", "a$b|{c}|"},
	{"#!ipxe and more\n", "||"},
	{"#!ipxe", "||"},
};

static void a_kernel_its_initrds_and_the_boot_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char *s = text_of(good[i].text);
		struct script k;
		unsigned line;

		assert_true(script_get(&k, s, strlen(good[i].text), &line));
		assert_string_equal(shown(&k), good[i].want);
		free(s);
	}
}

static const struct {
	const char *text;
	unsigned line;
} wrong[] = {
	{"kernel a\nboot\n", 1},
	{"", 1},
	{"#!ipxe\nkernel\nboot\n", 2},
	{"#!ipxe\nkernel --name a\nboot\n", 2},
	{"#!ipxe\nkernel -n linux a\nboot\n", 2},
	{"#!ipxe\nkernel a\ninitrd\nboot\n", 3},
	{"#!ipxe\nkernel a\ninitrd -n b c\nboot\n", 3},
	{"#!ipxe\nkernel a\nkernel b\nboot\n", 3},
	{"#!ipxe\nboot\n", 2},
	{"#!ipxe\nkernel a\nboot b\n", 3},
	{"#!ipxe\nkernel a\nimgfree\nboot\n", 3},
	{"#!ipxe\ndhcp\nkernel a\nboot\n", 2},
	{"#!ipxe\n\n\nchain http://192.0.2.3/x\n", 4},
	{"#!ipxe\nKERNEL a\n", 2},
	{"#!ipxe\nkernels a\n", 2},
	{"#!ipxe\n:start\n", 2},
	{"#!ipxe\nkernel a || shell\n", 2},
	{"#!ipxe\nkernel a && boot\n", 2},
	{"#!ipxe\necho hello ; reboot\n", 2},
	{"#!ipxe\nkernel tftp://${next-server}/a\n", 2},
	{"#!ipxe\nkernel a mac=${mac}\n", 2},
	{"#!ipxe\nkernel a \\\nb\n", 2},
	{"#!ipxe\nkernel a b\\\r\n", 2},
	{"#!ipxe\nkernel a\\ b\n", 2},
	{"#!ipxe\nkernel a\ninitrd b\\ c\n", 3},
	{"#!ipxe\nkernel a\rboot\n", 2},
	{"#!ipxe\nkernel a\033[2J\n", 2},
	{"#!ipxe\nkernel a\ninitrd 1\ninitrd 2\ninitrd 3\ninitrd 4\n"
	 "initrd 5\nboot\n",
	 7},
};

static void what_we_do_not_know_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char *s = text_of(wrong[i].text);
		struct script k;
		unsigned line = 0;

		assert_false(script_get(&k, s, strlen(wrong[i].text), &line));
		assert_int_equal(line, wrong[i].line);
		free(s);
	}
}

static void a_nul_in_a_script_is_refused(void **state)
{
	static const char text[] = "#!ipxe\nkernel a\0b\n";
	struct script k;
	unsigned line;

	(void)state;
	assert_false(script_get(&k, text, sizeof text - 1, &line));
	assert_int_equal(line, 2);
}

#define PART(text)                                                             \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}

static void what_is_written_reads_back(void **state)
{
	static const struct script rows[] = {
		{.kernel = PART("x-slam://192.0.2.3:10001"),
		 .arguments = PART("quiet ---"),
		 .initrd = {PART("a"), PART("b")},
		 .initrds = 2,
		 .boots = true},
		{.kernel = PART("a"), .boots = true},
		{.kernel = PART("a")},
		{.initrd = {PART("a")}, .initrds = 1},
		{.boots = false},
	};
	static const char *const texts[] = {
		("#!ipxe\nkernel x-slam://192.0.2.3:10001 quiet ---\n"
		 "initrd a\ninitrd b\nboot\n"),
		"#!ipxe\nkernel a\nboot\n",
		"#!ipxe\nkernel a\n",
		"#!ipxe\ninitrd a\n",
		"#!ipxe\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char s[256], want[256];
		struct text t = text_over(s, sizeof s);
		struct script k;
		unsigned line;

		script_put(&t, &rows[i]);
		assert_false(t.full);
		assert_string_equal(s, texts[i]);
		strcpy(want, shown(&rows[i]));
		assert_true(script_get(&k, s, t.len, &line));
		assert_string_equal(shown(&k), want);
	}
}

static void a_line_break_in_a_part_writes_no_second_command(void **state)
{
	static const struct script rows[] = {
		{.kernel = PART("a"), .arguments = PART("b\nshell")},
		{.kernel = PART("a\nshell")},
		{.initrd = {PART("a\rshell")}, .initrds = 1},
		{.initrd = {PART("shell\\")}, .initrds = 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char s[256];
		struct text t = text_over(s, sizeof s);

		script_put(&t, &rows[i]);
		assert_true(t.full);
		assert_null(strstr(s, "shell"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_script_begins_with_its_magic_word),
		cmocka_unit_test(a_kernel_its_initrds_and_the_boot_are_found),
		cmocka_unit_test(what_we_do_not_know_is_refused_with_its_line),
		cmocka_unit_test(a_nul_in_a_script_is_refused),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(
			a_line_break_in_a_part_writes_no_second_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
