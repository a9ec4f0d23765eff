/*
 * Bitmaps beside an array of bool that does the same the slow way, at sizes
 * around the ends of words.
 */
#include "base/bitmap.h"
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dies.h"

static const uint32_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 200, 1000};

static void check(const struct bitmap *b, const bool *model)
{
	uint32_t count = 0, set = b->bits, clear = b->bits;

	for (uint32_t i = b->bits; i-- > 0;) {
		assert_int_equal(bitmap_has(b, i), model[i]);
		count += model[i];
		if (model[i])
			set = i;
		else
			clear = i;
		assert_int_equal(bitmap_next_set(b, i), set);
		assert_int_equal(bitmap_next_clear(b, i), clear);
	}
	assert_int_equal(b->count, count);
	assert_int_equal(bitmap_next_set(b, b->bits), b->bits);
	assert_int_equal(bitmap_next_clear(b, b->bits), b->bits);
	assert_int_equal(bitmap_next_set(b, UINT32_MAX), b->bits);
}

static void step(struct bitmap *b, bool *model, struct rand *r)
{
	uint32_t i = (uint32_t)rand_below(r, b->bits);
	uint32_t n = (uint32_t)rand_below(r, b->bits - i + 1);
	uint64_t dice = rand_below(r, 300);

	if (dice < 8) {
		bitmap_set_range(b, i, n);
		for (uint32_t j = i; j < i + n; j++)
			model[j] = true;
	} else if (dice < 9) {
		bitmap_clear_all(b);
		for (uint32_t j = 0; j < b->bits; j++)
			model[j] = false;
	} else if (dice < 150) {
		assert_int_equal(bitmap_set(b, i), !model[i]);
		model[i] = true;
	} else {
		assert_int_equal(bitmap_clear(b, i), model[i]);
		model[i] = false;
	}
}

static void behaves_like_an_array_of_bool(void **state)
{
	struct rand r;

	(void)state;
	rand_seed(&r, 7);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t words = BITMAP_WORDS(sizes[i]);
		uint64_t *v = malloc(words * sizeof *v);
		bool *model = calloc(sizes[i], sizeof *model);
		struct bitmap b;

		for (size_t j = 0; j < words; j++)
			v[j] = rand_u64(&r);
		bitmap_open(&b, v, sizes[i]);
		check(&b, model);
		for (int n = 0; n < 600; n++) {
			step(&b, model, &r);
			check(&b, model);
		}
		free(model);
		free(v);
	}
}

static void every_range_of_a_small_set_is_exact(void **state)
{
	(void)state;
	for (uint32_t from = 0; from <= 130; from++) {
		for (uint32_t n = 0; n <= 130 - from; n++) {
			uint64_t v[3];
			struct bitmap b;

			bitmap_open(&b, v, 130);
			bitmap_set_range(&b, from, n);
			assert_int_equal(b.count, n);
			assert_int_equal(bitmap_next_set(&b, 0),
					 n ? from : 130);
			assert_int_equal(bitmap_next_clear(&b, from), from + n);
		}
	}
}

static void a_full_set_has_no_gap_behind_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint64_t v[BITMAP_WORDS(1000)];
		struct bitmap b;

		bitmap_open(&b, v, sizes[i]);
		bitmap_set_range(&b, 0, sizes[i]);
		assert_int_equal(b.count, sizes[i]);
		assert_int_equal(bitmap_next_clear(&b, 0), sizes[i]);
	}
}

static void a_set_of_nothing_needs_no_words(void **state)
{
	struct bitmap b;

	(void)state;
	bitmap_open(&b, NULL, 0);
	bitmap_set_range(&b, 0, 0);
	bitmap_clear_all(&b);
	assert_int_equal(bitmap_next_set(&b, 0), 0);
	assert_int_equal(bitmap_next_clear(&b, 0), 0);
}

static void set_past_the_end(void)
{
	uint64_t v[2];
	struct bitmap b;

	bitmap_open(&b, v, 65);
	bitmap_set_range(&b, 2, UINT32_MAX);
}

static void a_range_past_the_end_is_our_mistake(void **state)
{
	(void)state;
	assert_true(dies(set_past_the_end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaves_like_an_array_of_bool),
		cmocka_unit_test(every_range_of_a_small_set_is_exact),
		cmocka_unit_test(a_full_set_has_no_gap_behind_its_end),
		cmocka_unit_test(a_set_of_nothing_needs_no_words),
		cmocka_unit_test(a_range_past_the_end_is_our_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
