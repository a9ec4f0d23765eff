/*
 * Record marks, RFC 5531 section 11.
 */
#include "base/record.h"

#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[RECORD_ROOM + 16];
static struct record_cut to;

static enum record_state cut(const char *text)
{
	size_t len = hex(text, bytes, sizeof(bytes));

	return record_cut(bytes, len, &to);
}

static void expect(const char *stream, const char *record, size_t used)
{
	uint8_t wanted[64];
	size_t len = hex(record, wanted, sizeof(wanted));

	assert_int_equal(cut(stream), RECORD_WHOLE);
	assert_int_equal(to.len, len);
	assert_memory_equal(to.bytes, wanted, len);
	assert_int_equal(to.used, used);
}

static void a_record_in_one_fragment_stays_where_it_is(void **state)
{
	(void)state;
	expect("80000003 616263", "616263", 7);
	assert_ptr_equal(to.bytes, bytes + RECORD_MARK);
	expect("80000001 61 80000001 62", "61", 5);
}

static void fragments_are_moved_together(void **state)
{
	(void)state;
	expect("00000002 6162 00000001 63 80000003 646566 ff", "616263646566",
	       18);
}

static void what_is_not_all_there_is_partly_a_record(void **state)
{
	static const char whole[] = "00000002 6162 80000002 6364";
	uint8_t copy[64];
	size_t len = hex(whole, copy, sizeof(copy));

	(void)state;
	for (size_t n = 0; n < len; n++) {
		memcpy(bytes, copy, len);
		assert_int_equal(record_cut(bytes, n, &to), RECORD_PARTLY);
		assert_memory_equal(bytes, copy, len);
	}
	assert_int_equal(record_cut(bytes, len, &to), RECORD_WHOLE);
}

static void empty_and_long_fragments_are_refused_at_their_mark(void **state)
{
	(void)state;
	assert_int_equal(cut("80000000"), RECORD_BAD);
	assert_int_equal(cut("00000000"), RECORD_BAD);
	assert_int_equal(cut("ffffffff"), RECORD_BAD);
	assert_int_equal(cut("7fffffff"), RECORD_BAD);
	assert_int_equal(cut("80010001"), RECORD_BAD);
	assert_int_equal(cut("80010000"), RECORD_PARTLY);
	assert_int_equal(cut("00000001 61 80010000"), RECORD_BAD);
	assert_int_equal(cut("00000001 61 8000ffff"), RECORD_PARTLY);
}

static size_t many(unsigned fragments)
{
	size_t len = 0;

	for (unsigned i = 0; i < fragments; i++, len += 5)
		(void)hex(i + 1 < fragments ? "0000000161" : "8000000162",
			  bytes + len, 5);
	return len;
}

static void a_record_has_at_most_64_fragments(void **state)
{
	(void)state;
	assert_int_equal(record_cut(bytes, many(RECORD_FRAGMENTS), &to),
			 RECORD_WHOLE);
	assert_int_equal(to.len, RECORD_FRAGMENTS);
	assert_int_equal(to.bytes[RECORD_FRAGMENTS - 1], 'b');
	assert_int_equal(record_cut(bytes, many(RECORD_FRAGMENTS + 1), &to),
			 RECORD_BAD);
	/* ... and that is said before the last of them has come. */
	assert_int_equal(record_cut(bytes, 5 * RECORD_FRAGMENTS, &to),
			 RECORD_BAD);
}

static void the_longest_record_in_the_most_fragments_fits(void **state)
{
	size_t at = 0, each = RECORD_MAX / RECORD_FRAGMENTS;

	(void)state;
	for (unsigned i = 0; i < RECORD_FRAGMENTS; i++) {
		record_mark(bytes + at, each);
		if (i + 1 < RECORD_FRAGMENTS)
			bytes[at] = 0;
		memset(bytes + at + RECORD_MARK, (int)i, each);
		at += RECORD_MARK + each;
	}
	assert_int_equal(at, RECORD_ROOM);
	assert_int_equal(record_cut(bytes, at, &to), RECORD_WHOLE);
	assert_int_equal(to.len, RECORD_MAX);
	for (unsigned i = 0; i < RECORD_MAX; i++)
		assert_int_equal(to.bytes[i], i / each);
}

static void a_mark_says_length_and_last(void **state)
{
	uint8_t mark[RECORD_MARK];

	(void)state;
	record_mark(mark, 0x1234);
	assert_memory_equal(mark, "\x80\x00\x12\x34", 4);
	record_mark(mark, RECORD_MAX);
	assert_memory_equal(mark, "\x80\x01\x00\x00", 4);
	record_mark_part(mark, RECORD_MAX);
	assert_memory_equal(mark, "\x00\x01\x00\x00", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_in_one_fragment_stays_where_it_is),
		cmocka_unit_test(fragments_are_moved_together),
		cmocka_unit_test(what_is_not_all_there_is_partly_a_record),
		cmocka_unit_test(
			empty_and_long_fragments_are_refused_at_their_mark),
		cmocka_unit_test(a_record_has_at_most_64_fragments),
		cmocka_unit_test(the_longest_record_in_the_most_fragments_fits),
		cmocka_unit_test(a_mark_says_length_and_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
