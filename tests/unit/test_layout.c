/*
 * How files are cut: the numbers for sizes on every edge, and the two
 * directions against each other for every packet.
 */
#include "base/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dies.h"

static struct layout cut(uint64_t packets, uint16_t k_max)
{
	struct layout l;

	assert_true(layout_make(&l, packets * 64, 64, k_max));
	return l;
}

static void blocks_are_as_even_as_can_be(void **state)
{
	static const struct {
		uint64_t packets;
		uint16_t k_max, k, last;
		uint32_t blocks;
	} rows[] = {
		{1, 1024, 1, 1, 1},
		{64, 1024, 64, 64, 1},
		{1024, 1024, 1024, 1024, 1},
		{1025, 1024, 513, 512, 2},
		{2049, 1024, 683, 683, 3},
		{17 * 1024, 1024, 1024, 1024, 17},
		{16 * 1024 + 1, 1024, 964, 961, 17},
		{47663, 1024, 1015, 973, 47}, /* 64 MiB in 1408 */
		{4097, 64, 64, 1, 65},
		{4161, 64, 64, 1, 66},
		{UINT32_MAX, 4096, 4096, 4095, 1u << 20},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct layout l = cut(rows[i].packets, rows[i].k_max);

		assert_int_equal(l.packets, rows[i].packets);
		assert_int_equal(l.blocks, rows[i].blocks);
		assert_int_equal(l.k, rows[i].k);
		assert_int_equal(l.last, rows[i].last);
	}
}

static void what_is_no_train_is_not_made(void **state)
{
	static const struct {
		uint64_t size;
		uint16_t packet, k_max;
		bool can;
	} rows[] = {
		{0, 1408, 1024, false},
		{1, 1408, 1024, true},
		{1, 64, 64, true},
		{1, 1408, 4096, true},
		{1, 0, 1024, false},
		{1, 63, 1024, false},
		{1, 65, 1024, false},
		{1, 1472, 1024, false},
		{1, 1408, 63, false},
		{1, 1408, 4097, false},
		{UINT64_MAX, 1408, 1024, false},
		{(uint64_t)UINT32_MAX * 64, 64, 64, true},
		{(uint64_t)UINT32_MAX * 64 + 1, 64, 64, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct layout l;

		assert_int_equal(layout_make(&l, rows[i].size, rows[i].packet,
					     rows[i].k_max),
				 rows[i].can);
	}
}

/* Every packet has a place of its own, and is found there. */
static void check_both_ways(const struct layout *l)
{
	uint8_t *taken = calloc(l->packets, 1);

	for (uint32_t b = 0; b < l->blocks; b++) {
		for (uint16_t r = 0; r < layout_block(l, b); r++) {
			uint32_t at = layout_position(l, b, r), block;
			uint16_t row;

			assert_true(at < l->packets && !taken[at]);
			taken[at] = 1;
			layout_at(l, at, &block, &row);
			assert_int_equal(block, b);
			assert_int_equal(row, r);
		}
	}
	free(taken);
}

static void positions_and_packets_are_one_to_one(void **state)
{
	static const struct {
		uint64_t packets;
		uint16_t k_max;
	} rows[] = {
		{1, 1024},
		{64, 1024},
		{1024, 1024},
		{1025, 1024},
		{2049, 1024},
		{16 * 1024, 1024},
		{17 * 1024, 64},
		{4097, 64},
		{4161, 64},
		{47663, 1024},
		{17 * 1024 - 9, 1024},
		{33 * 64 - 63, 64},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct layout l = cut(rows[i].packets, rows[i].k_max);

		check_both_ways(&l);
	}
	for (uint64_t n = 1; n < 2200; n += 7) {
		struct layout l = cut(n, 64);

		check_both_ways(&l);
	}
}

/* Written as the page says it: row by row, short blocks left out. */
static void rows_are_sent_across_the_blocks_of_a_section(void **state)
{
	struct layout l = cut(18 * 64 - 61, 64);
	uint32_t at = 0;

	(void)state;
	assert_int_equal(l.blocks, 18);
	assert_true(l.last < l.k);
	for (uint32_t first = 0; first < l.blocks; first += 16) {
		for (uint16_t r = 0; r < l.k; r++) {
			for (uint32_t b = first; b < first + 16 && b < l.blocks;
			     b++)
				if (r < layout_block(&l, b))
					assert_int_equal(
						layout_position(&l, b, r),
						at++);
		}
	}
	assert_int_equal(at, l.packets);
}

/* Those of docs/protocols/train.md. */
static void published_positions(void **state)
{
	static const struct {
		uint32_t block;
		uint16_t row;
		uint32_t position;
	} rows[] = {
		{0, 0, 0},         {15, 0, 15},      {0, 1, 16},
		{15, 1014, 16239}, {16, 0, 16240},   {46, 972, 47074},
		{32, 973, 47075},  {32, 974, 47089}, {45, 1014, 47662},
	};
	struct layout l;

	(void)state;
	assert_true(layout_make(&l, 64 << 20, TRAIN_PACKET, TRAIN_BLOCK));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			layout_position(&l, rows[i].block, rows[i].row),
			rows[i].position);
}

static void the_last_packet_is_as_long_as_what_is_left(void **state)
{
	struct layout l;

	(void)state;
	assert_true(layout_make(&l, 1024 * 1408 + 5, 1408, 1024));
	assert_int_equal(layout_offset(&l, 1, 511), 1024 * 1408);
	assert_int_equal(layout_len(&l, 1, 511), 5);
	assert_int_equal(layout_len(&l, 1, 510), 1408);
	assert_int_equal(layout_len(&l, 0, 0), 1408);
	assert_true(layout_make(&l, 64, 64, 64));
	assert_int_equal(layout_len(&l, 0, 0), 64);
	assert_true(layout_make(&l, 1, 1408, 1024));
	assert_int_equal(layout_len(&l, 0, 0), 1);
}

static void beyond_the_blocks(void)
{
	struct layout l = cut(100, 64);

	layout_position(&l, l.blocks, 0);
}

static void beyond_the_row(void)
{
	struct layout l = cut(99, 64);

	layout_position(&l, 1, 49);
}

static void beyond_the_positions(void)
{
	struct layout l = cut(99, 64);
	uint32_t b;
	uint16_t r;

	layout_at(&l, 99, &b, &r);
}

static void mistakes_are_ours(void **state)
{
	(void)state;
	assert_true(dies(beyond_the_blocks));
	assert_true(dies(beyond_the_row));
	assert_true(dies(beyond_the_positions));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_as_even_as_can_be),
		cmocka_unit_test(what_is_no_train_is_not_made),
		cmocka_unit_test(positions_and_packets_are_one_to_one),
		cmocka_unit_test(rows_are_sent_across_the_blocks_of_a_section),
		cmocka_unit_test(published_positions),
		cmocka_unit_test(the_last_packet_is_as_long_as_what_is_left),
		cmocka_unit_test(mistakes_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
