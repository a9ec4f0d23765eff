/*
 * Reading and writing packets: bytes in the right order, nothing past the end,
 * and a cursor that failed once stays failed.  Buffers are of exact size, so
 * the address sanitizer sees one byte too many.
 */
#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_numbers_in_network_order(void **state)
{
	const uint8_t b[] = {0x01, 0x82, 0x83, 0x84, 0x85, 0x86, 0xf7, 0x08, 9};
	struct rd r = rd_over(b, sizeof b);

	(void)state;
	assert_int_equal(rd_left(&r), 9);
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x8283);
	assert_int_equal(rd_u32(&r), 0x848586f7);
	assert_int_equal(rd_left(&r), 2);
	assert_int_equal(rd_le16(&r), 0x0908);
	assert_int_equal(rd_left(&r), 0);
	assert_false(r.bad);
}

static void read_u8(struct rd *r)
{
	assert_int_equal(rd_u8(r), 0);
}

static void read_u16(struct rd *r)
{
	assert_int_equal(rd_u16(r), 0);
}

static void read_u32(struct rd *r)
{
	assert_int_equal(rd_u32(r), 0);
}

static void read_le16(struct rd *r)
{
	assert_int_equal(rd_le16(r), 0);
}

static void read_nothing(struct rd *r)
{
	assert_null(rd_take(r, 0));
}

static void read_everything(struct rd *r)
{
	assert_null(rd_take(r, SIZE_MAX));
}

static void read_copy(struct rd *r)
{
	uint8_t to[5] = {1, 2, 3, 4, 5};

	rd_copy(r, to, sizeof to);
	assert_memory_equal(to, "\0\0\0\0\0", 5);
}

static void read_sub(struct rd *r)
{
	struct rd sub = rd_sub(r, 5);

	assert_true(sub.bad);
	assert_int_equal(rd_left(&sub), 0);
	assert_int_equal(rd_u8(&sub), 0);
}

static void read_cstr(struct rd *r)
{
	size_t len = 7;

	assert_null(rd_cstr(r, &len));
	assert_int_equal(len, 0);
}

static const struct {
	void (*read)(struct rd *);
	size_t needs; /* more than nothing: it fails with one byte less */
} reads[] = {
	{read_u8, 1},   {read_u16, 2},        {read_u32, 4},  {read_le16, 2},
	{read_copy, 5}, {read_everything, 4}, {read_cstr, 4}, {read_sub, 5},
};

static void a_short_packet_reads_as_zeros_and_stays_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
		size_t len = reads[i].needs - 1;
		uint8_t *b = malloc(len ? len : 1);

		memset(b, 0xee, len ? len : 1);
		struct rd r = rd_over(b, len);
		reads[i].read(&r);
		assert_true(r.bad);
		assert_int_equal(rd_left(&r), 0);
		for (size_t j = 0; j < sizeof reads / sizeof *reads; j++)
			reads[j].read(&r);
		read_nothing(&r);
		assert_true(r.bad);
		free(b);
	}
}

static void no_packet_at_all_is_an_empty_one(void **state)
{
	struct rd r = rd_over(NULL, 0);
	struct wr w = wr_over(NULL, 0);

	(void)state;
	assert_non_null(rd_take(&r, 0));
	wr_bytes(&w, NULL, 0);
	assert_false(w.bad);
	wr_u8(&w, 1);
	assert_true(w.bad);
	assert_false(r.bad);
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(rd_u32(&r), 0);
	assert_true(r.bad);
}

static void taking_points_into_the_packet(void **state)
{
	const uint8_t b[] = {1, 2, 3, 4};
	struct rd r = rd_over(b, sizeof b);

	(void)state;
	assert_ptr_equal(rd_take(&r, 3), b);
	assert_ptr_equal(rd_take(&r, 0), b + 3);
	assert_ptr_equal(rd_take(&r, 1), b + 3);
	assert_false(r.bad);
}

static void a_part_cannot_be_read_past_its_end(void **state)
{
	const uint8_t b[] = {1, 2, 3, 4};
	struct rd r = rd_over(b, sizeof b);
	struct rd sub = rd_sub(&r, 2);

	(void)state;
	assert_int_equal(rd_u8(&sub), 1);
	assert_int_equal(rd_u16(&sub), 0);
	assert_true(sub.bad);
	assert_false(r.bad);
	assert_int_equal(rd_u16(&r), 0x0304);
}

static void a_string_ends_at_its_nul(void **state)
{
	const uint8_t b[] = "boot\0octet";
	struct rd r = rd_over(b, sizeof b - 1);
	size_t len;

	(void)state;
	assert_string_equal(rd_cstr(&r, &len), "boot");
	assert_int_equal(len, 4);
	assert_int_equal(rd_left(&r), 5);
	assert_null(rd_cstr(&r, &len));
	assert_true(r.bad);
}

static void an_empty_string_is_a_string(void **state)
{
	struct rd r = rd_over("", 1);
	size_t len = 7;

	(void)state;
	assert_string_equal(rd_cstr(&r, &len), "");
	assert_int_equal(len, 0);
	assert_false(r.bad);
	assert_int_equal(rd_left(&r), 0);
}

static void copying_out_moves_on(void **state)
{
	struct rd r = rd_over("abc", 3);
	char to[2];

	(void)state;
	rd_copy(&r, to, 2);
	assert_memory_equal(to, "ab", 2);
	assert_int_equal(rd_u8(&r), 'c');
}

static void writes_numbers_in_network_order(void **state)
{
	uint8_t b[17];
	struct wr w = wr_over(b, sizeof b);

	(void)state;
	wr_u8(&w, 0x01);
	wr_u16(&w, 0x8203);
	wr_u32(&w, 0x84050607);
	wr_le16(&w, 0x8809);
	wr_bytes(&w, "xy", 2);
	wr_zeros(&w, 3);
	wr_cstr(&w, "ok");
	assert_false(w.bad);
	assert_int_equal(wr_len(&w), 17);
	assert_int_equal(wr_room(&w), 0);
	assert_memory_equal(b,
			    "\x01\x82\x03\x84\x05\x06\x07\x09\x88"
			    "xy\0\0\0ok",
			    17);
}

static void write_u8(struct wr *w)
{
	wr_u8(w, 1);
}

static void write_u16(struct wr *w)
{
	wr_u16(w, 1);
}

static void write_u32(struct wr *w)
{
	wr_u32(w, 1);
}

static void write_le16(struct wr *w)
{
	wr_le16(w, 1);
}

static void write_bytes(struct wr *w)
{
	wr_bytes(w, "abc", 3);
}

static void write_zeros(struct wr *w)
{
	wr_zeros(w, 6);
}

static void write_cstr(struct wr *w)
{
	wr_cstr(w, "abcd");
}

static const struct {
	void (*write)(struct wr *);
	size_t needs;
} writes[] = {
	{write_u8, 1},    {write_u16, 2},   {write_u32, 4},  {write_le16, 2},
	{write_bytes, 3}, {write_zeros, 6}, {write_cstr, 5},
};

static void without_room_nothing_is_written_then_or_later(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
		size_t room = writes[i].needs - 1;
		uint8_t *b = malloc(room ? room : 1);

		memset(b, 0xee, room ? room : 1);
		struct wr w = wr_over(b, room);
		writes[i].write(&w);
		assert_true(w.bad);
		write_u8(&w);
		assert_null(wr_take(&w, 0));
		assert_int_equal(wr_len(&w), 0);
		assert_int_equal(wr_room(&w), 0);
		for (size_t j = 0; j < room; j++)
			assert_int_equal(b[j], 0xee);
		free(b);
	}
}

static void what_fits_exactly_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
		uint8_t *b = malloc(writes[i].needs);
		struct wr w = wr_over(b, writes[i].needs);

		writes[i].write(&w);
		assert_false(w.bad);
		assert_int_equal(wr_len(&w), writes[i].needs);
		assert_int_equal(wr_room(&w), 0);
		free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_in_network_order),
		cmocka_unit_test(a_short_packet_reads_as_zeros_and_stays_bad),
		cmocka_unit_test(no_packet_at_all_is_an_empty_one),
		cmocka_unit_test(taking_points_into_the_packet),
		cmocka_unit_test(a_part_cannot_be_read_past_its_end),
		cmocka_unit_test(a_string_ends_at_its_nul),
		cmocka_unit_test(an_empty_string_is_a_string),
		cmocka_unit_test(copying_out_moves_on),
		cmocka_unit_test(writes_numbers_in_network_order),
		cmocka_unit_test(without_room_nothing_is_written_then_or_later),
		cmocka_unit_test(what_fits_exactly_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
