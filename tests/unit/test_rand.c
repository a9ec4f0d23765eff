/*
 * Random numbers: the published sequence, and shares that are even.
 */
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "dies.h"

/* The sequence that the authors' own xoshiro256starstar.c gives for 1 2 3 4. */
static void follows_the_published_sequence(void **state)
{
	static const uint64_t want[] = {
		11520u,
		0u,
		1509978240u,
		1215971899390074240u,
		1216172134540287360u,
		607988272756665600u,
	};
	struct rand r = {.s = {1, 2, 3, 4}};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		assert_true(rand_u64(&r) == want[i]);
}

/* splitmix64's first numbers for the seed 1234567, published by many. */
static void a_seed_is_spread_by_splitmix(void **state)
{
	struct rand r;

	(void)state;
	rand_seed(&r, 1234567);
	assert_true(r.s[0] == 6457827717110365317u);
	assert_true(r.s[1] == 3203168211198807973u);
	assert_true(r.s[2] == 9817491932198370423u);
	assert_true(r.s[3] == 4593380528125082431u);
}

static void the_same_seed_gives_the_same_sequence(void **state)
{
	struct rand a, b, c;

	(void)state;
	rand_seed(&a, 0);
	rand_seed(&b, 0);
	rand_seed(&c, 1);
	for (int i = 0; i < 100; i++) {
		uint64_t v = rand_u64(&a);

		assert_true(v == rand_u64(&b));
		assert_true(v != rand_u64(&c));
	}
}

static void every_number_below_is_equally_likely(void **state)
{
	enum { SIDES = 6, THROWS = 60000 };
	uint32_t seen[SIDES] = {0};
	struct rand r;

	(void)state;
	rand_seed(&r, 3);
	for (int i = 0; i < THROWS; i++) {
		uint64_t v = rand_below(&r, SIDES);

		assert_in_range(v, 0, SIDES - 1);
		seen[v]++;
	}
	/* 10000 each; 5 standard deviations are 456. */
	for (int i = 0; i < SIDES; i++)
		assert_in_range(seen[i], 9544, 10456);
}

/* A plain remainder would fall into the lower half two times out of three. */
static void huge_ranges_are_even_too(void **state)
{
	const uint64_t below = (uint64_t)3 << 62;
	uint32_t low = 0;
	struct rand r;

	(void)state;
	rand_seed(&r, 5);
	for (int i = 0; i < 10000; i++) {
		uint64_t v = rand_below(&r, below);

		assert_true(v < below);
		low += v < below / 3;
	}
	assert_in_range(low, 3100, 3570);
}

static void below_one_there_is_only_zero(void **state)
{
	struct rand r;

	(void)state;
	rand_seed(&r, 5);
	for (int i = 0; i < 100; i++)
		assert_int_equal(rand_below(&r, 1), 0);
}

static void ask_below_zero(void)
{
	struct rand r;

	rand_seed(&r, 5);
	rand_below(&r, 0);
}

static void nothing_is_below_zero(void **state)
{
	(void)state;
	assert_true(dies(ask_below_zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_published_sequence),
		cmocka_unit_test(a_seed_is_spread_by_splitmix),
		cmocka_unit_test(the_same_seed_gives_the_same_sequence),
		cmocka_unit_test(every_number_below_is_equally_likely),
		cmocka_unit_test(huge_ranges_are_even_too),
		cmocka_unit_test(below_one_there_is_only_zero),
		cmocka_unit_test(nothing_is_below_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
