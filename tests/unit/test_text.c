/*
 * Short strings: what each function writes, and that a piece which does not
 * fit leaves no trace but the mark.
 */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct hwaddr NEXT = {1, 6, {0, 0, 0x0f, 0, 7, 0x5a}};

static void add_word(struct text *t)
{
	text_add(t, "muster");
}

static void add_zero(struct text *t)
{
	text_u64(t, 0);
}

static void add_most(struct text *t)
{
	text_u64(t, UINT64_MAX);
}

static void add_hex(struct text *t)
{
	text_hex(t, (const uint8_t *)"\x00\x1f\xa0", 3, 0);
}

static void add_hex_dashed(struct text *t)
{
	text_hex(t, (const uint8_t *)"\x00\x1f\xa0", 3, '-');
}

static void add_ip(struct text *t)
{
	text_ip(t, IP4(10, 0, 200, 7));
}

static void add_endpoint(struct text *t)
{
	text_endpoint(t, (struct endpoint){IP4(239, 255, 1, 1), 10000});
}

static void add_hwaddr(struct text *t)
{
	text_hwaddr(t, &NEXT);
}

static void add_hwaddr_short(struct text *t)
{
	text_hwaddr_short(t, &NEXT);
}

static void add_wire(struct text *t)
{
	text_wire(t, "a b~\n\x7f\"'`\\\xff", 11);
}

static const struct {
	void (*add)(struct text *);
	const char *s;
} pieces[] = {
	{add_word, "muster"},
	{add_zero, "0"},
	{add_most, "18446744073709551615"},
	{add_hex, "001fa0"},
	{add_hex_dashed, "00-1f-a0"},
	{add_ip, "10.0.200.7"},
	{add_endpoint, "239.255.1.1:10000"},
	{add_hwaddr, "00:00:0f:00:07:5a"},
	{add_hwaddr_short, "0:0:f:0:7:5a"},
	{add_wire, "a b~\\x0a\\x7f\\x22\\x27\\x60\\x5c\\xff"},
};

static void each_piece_has_its_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		char s[64];
		struct text t = text_over(s, sizeof s);

		text_add(&t, "=");
		pieces[i].add(&t);
		assert_false(t.full);
		assert_int_equal(s[0], '=');
		assert_string_equal(s + 1, pieces[i].s);
		assert_int_equal(t.len, strlen(s));
	}
}

static void a_piece_is_there_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t needs = strlen(pieces[i].s) + 2;

		for (size_t room = 2; room <= needs; room++) {
			char *s = malloc(room);
			struct text t = text_over(s, room);

			text_add(&t, "=");
			pieces[i].add(&t);
			assert_int_equal(t.full, room < needs);
			assert_int_equal(t.len, strlen(s));
			assert_string_equal(s + 1, t.full ? "" : pieces[i].s);
			free(s);
		}
	}
}

static void a_full_text_takes_nothing_more(void **state)
{
	char s[4];
	struct text t = text_over(s, sizeof s);

	(void)state;
	text_add(&t, "ab");
	text_add(&t, "cd");
	assert_true(t.full);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		pieces[i].add(&t);
	text_add(&t, "e");
	text_bytes(&t, "", 0);
	assert_string_equal(s, "ab");
	assert_int_equal(t.len, 2);
}

static void without_room_not_even_a_nul_is_written(void **state)
{
	char s[1] = {'x'};
	struct text t = text_over(s, 0);

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		pieces[i].add(&t);
	assert_true(t.full);
	assert_int_equal(s[0], 'x');
}

static void of_a_long_wire_string_128_bytes_are_shown(void **state)
{
	char from[130], want[132] = "", s[600];
	struct text t = text_over(s, sizeof s);

	(void)state;
	memset(from, 'a', sizeof from);
	memset(want, 'a', 128);
	text_wire(&t, from, 128);
	assert_string_equal(s, want);

	t = text_over(s, sizeof s);
	text_wire(&t, from, 129);
	memcpy(want + 128, "...", 4);
	assert_string_equal(s, want);
}

static void nothing_from_the_wire_reaches_a_terminal_raw(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char from = (char)c, s[8];
		struct text t = text_over(s, sizeof s);
		bool plain = c >= 32 && c < 127 && !strchr("\"'`\\", c);

		text_wire(&t, &from, 1);
		assert_int_equal(strlen(s), plain ? 1 : 4);
		for (size_t i = 0; s[i]; i++)
			assert_in_range(s[i], ' ', '~');
	}
}

static const struct {
	const char *s;
	uint64_t max;
	bool ok;
	uint64_t n;
} numbers[] = {
	{"0", 0, true, 0},
	{"7", 7, true, 7},
	{"8", 7, false, 0},
	{"007", 7, true, 7},
	{"65535", 65535, true, 65535},
	{"65536", 65535, false, 0},
	{"9999999999999999999", UINT64_MAX, true, 9999999999999999999u},
	{"0000000000000000001", 1, true, 1},
	{"00000000000000000001", 1, false, 0},
	{"18446744073709551616", UINT64_MAX, false, 0},
	{"", 9, false, 0},
	{"-1", 9, false, 0},
	{"+1", 9, false, 0},
	{" 1", 9, false, 0},
	{"1 ", 9, false, 0},
	{"1/", 99, false, 0},
	{"1:", 99, false, 0},
	{"0x1", 99, false, 0},
	{"1e1", 99, false, 0},
};

static void a_number_is_digits_up_to_a_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		size_t len = strlen(numbers[i].s);
		char *s = malloc(len ? len : 1);
		uint64_t n = 4711;

		memcpy(s, numbers[i].s, len);
		if (number_parse(s, len, numbers[i].max, &n) != numbers[i].ok)
			fail_msg("\"%s\"", numbers[i].s);
		assert_int_equal(n, numbers[i].ok ? numbers[i].n : 4711);
		free(s);
	}
}

static const struct {
	const char *a;
	size_t alen;
	const char *b;
	bool same;
} pairs[] = {
	{"octet", 5, "OCTET", true}, {"OcTeT!", 5, "oCtEt", true},
	{"", 0, "", true},           {"octe", 4, "octet", false},
	{"octet", 5, "octe", false}, {"a\0b", 3, "a", false},
	{"a\0b", 3, "abc", false},   {"[", 1, "{", false},
	{"@", 1, "`", false},        {"\xc4", 1, "\xe4", false},
	{"zZ", 2, "Zz", true},       {"aA", 2, "Aa", true},
};

static void only_ascii_letters_have_a_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_int_equal(
			text_is_nocase(pairs[i].a, pairs[i].alen, pairs[i].b),
			pairs[i].same);
}

static void a_copy_fits_or_is_empty(void **state)
{
	char to[4] = "xxx";

	(void)state;
	assert_true(text_copy(to, sizeof to, "abcd", 3));
	assert_string_equal(to, "abc");
	assert_false(text_copy(to, sizeof to, "abcd", 4));
	assert_string_equal(to, "");
	assert_true(text_copy(to, 1, NULL, 0));
	assert_string_equal(to, "");
	to[0] = 'x';
	assert_false(text_copy(to, 0, "", 0));
	assert_int_equal(to[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_piece_has_its_form),
		cmocka_unit_test(a_piece_is_there_whole_or_not_at_all),
		cmocka_unit_test(a_full_text_takes_nothing_more),
		cmocka_unit_test(without_room_not_even_a_nul_is_written),
		cmocka_unit_test(of_a_long_wire_string_128_bytes_are_shown),
		cmocka_unit_test(nothing_from_the_wire_reaches_a_terminal_raw),
		cmocka_unit_test(a_number_is_digits_up_to_a_most),
		cmocka_unit_test(only_ascii_letters_have_a_case),
		cmocka_unit_test(a_copy_fits_or_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
