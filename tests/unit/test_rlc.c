/*
 * The random linear code: published coefficients and repairs, and blocks that
 * come back whatever was lost of them.
 */
#include "base/rand.h"
#include "base/rlc.h"
#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dies.h"

enum { REPAIR = 4096, MOST = 64 };

/* ---- published ---------------------------------------------------------- */

static void check_hex(const uint8_t *b, size_t n, const char *want)
{
	uint8_t bytes[128];

	assert_int_equal(hex(want, bytes, sizeof(bytes)), n);
	assert_memory_equal(b, bytes, n);
}

static void coefficients_are_splitmix_bytes(void **state)
{
	uint8_t c[16];

	(void)state;
	rlc_coefficients(c, 0, 4096, 0, sizeof(c));
	check_hex(c, sizeof(c), "c77e1e943d9a3ad724891be7411cb3ed");
	rlc_coefficients(c, 7, 5000, 0, sizeof(c));
	check_hex(c, sizeof(c), "dedd8f5c1b16c027c1f3decc8ee28680");
	rlc_coefficients(c, UINT32_MAX, UINT32_MAX, 0, sizeof(c));
	check_hex(c, sizeof(c), "202c651b7771d9e4c982f6db67f89fe9");
}

static void coefficients_can_be_had_from_anywhere(void **state)
{
	uint8_t all[64], some[64];

	(void)state;
	rlc_coefficients(all, 3, 9999, 0, sizeof(all));
	for (uint32_t from = 0; from < sizeof(all); from++) {
		for (uint32_t n = 0; n <= sizeof(all) - from; n++) {
			rlc_coefficients(some, 3, 9999, from, n);
			assert_memory_equal(some, all + from, n);
		}
	}
}

/* Block 3: 4 symbols of 64 bytes, byte i of it is i. */
static void check_repairs(size_t len, const char *const *want)
{
	const uint32_t numbers[] = {REPAIR, REPAIR + 1, REPAIR + 2};
	const struct rlc_block block = {&gf256_portable, 3, 4, 64};
	uint8_t bytes[256], out[3][64], *sums[] = {out[0], out[1], out[2]};
	struct rlc_encoder e;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	rlc_encoder_open(&e, &block, numbers, sums, 3);
	rlc_encoder_add(&e, 0, bytes, len);
	for (int i = 0; i < 3 && want[i]; i++)
		check_hex(out[i], 64, want[i]);
}

static void repairs_of_a_tiny_block(void **state)
{
	static const char *const want[] = {
		"32824fffc878b505db6ba61621915cecfd4d803007b77aca14a469d9ee5e93"
		"23b101cc7c4bfb368658e82595a212df6f7ece03b38434f9499727ea5a6ddd"
		"10a0",
		"3be69c4168b5cf129d403ae7ce1369b46ab7cd1039e49e43cc116bb69f4238"
		"e599443ee3ca176db03fe298456cb1cb16c8156fb29b463ce16eb3c9143de0"
		"9a47",
		"d486702281d325777e2cda882b798fdd9dcf396bc89a6c3e376593c16230c6"
		"944614e2b01341b7e5ecbe481ab9eb1d4f0f5dabf95a08feaca5f70153f0a2"
		"5406",
	};

	(void)state;
	check_repairs(256, want);
}

static void a_short_symbol_counts_as_padded(void **state)
{
	static const char *const want[] = {
		"32824fffc878b505db6ba61621915cecfd4d803007b77aca14a469d9ee5e93"
		"23b101cc7c4bfb368658e82595a212df6f7ece03b38434f9499727c6aeabc3"
		"7b13",
		NULL,
	};

	(void)state;
	check_repairs(250, want);
}

/* ---- a block, and what became of it ------------------------------------- */

struct scene {
	struct rlc_block block;
	size_t size; /* of the block; the last symbol may be short */
	uint8_t *bytes, *got;
	uint32_t missing[MOST], lost;
	uint8_t repairs[MOST + 8][256]; /* REPAIR and on */
	struct rand r;
};

static void scene_open(struct scene *s, uint32_t symbols, size_t len,
		       size_t size)
{
	s->block = (struct rlc_block){&gf256_portable, 11, symbols, len};
	s->size = size;
	s->lost = 0;
	s->bytes = malloc(symbols * len);
	s->got = malloc(symbols * len);
	rand_seed(&s->r, symbols + len);
	memset(s->bytes, 0, symbols * len);
	for (size_t i = 0; i < size; i++)
		s->bytes[i] = (uint8_t)rand_u64(&s->r);
}

static void scene_close(struct scene *s)
{
	free(s->bytes);
	free(s->got);
}

/* Repairs REPAIR .. REPAIR + n - 1, made piece by piece. */
static void encode(struct scene *s, uint32_t n)
{
	uint32_t numbers[MOST + 8];
	uint8_t *sums[MOST + 8];
	struct rlc_encoder e;
	size_t len = s->block.len;

	for (uint32_t i = 0; i < n; i++) {
		numbers[i] = REPAIR + i;
		sums[i] = s->repairs[i];
	}
	rlc_encoder_open(&e, &s->block, numbers, sums, n);
	for (uint32_t at = 0; at < s->block.symbols;) {
		uint32_t some = 1 + (uint32_t)rand_below(&s->r, 40);
		size_t left = s->size - at * len;

		rlc_encoder_add(&e, at, s->bytes + at * len,
				some * len < left ? some * len : left);
		at += some;
	}
}

static void lose(struct scene *s, uint32_t lost)
{
	bool gone[4096] = {false};

	s->lost = 0;
	for (uint32_t n = 0; n < lost;) {
		uint64_t i = rand_below(&s->r, s->block.symbols);

		n += !gone[i];
		gone[i] = true;
	}
	for (uint32_t i = 0; i < s->block.symbols; i++)
		if (gone[i])
			s->missing[s->lost++] = i;
}

/* Feed the pieces, the last one first; holes are full of what lay there. */
static void feed(struct scene *s, struct rlc_decoder *d, uint32_t piece)
{
	size_t len = s->block.len;

	memcpy(s->got, s->bytes, s->size);
	for (uint32_t i = 0; i < s->lost; i++) {
		size_t at = s->missing[i] * len;

		memset(s->got + at, 0xa5,
		       s->size - at < len ? s->size - at : len);
	}
	for (uint32_t n = (s->block.symbols + piece - 1) / piece; n-- > 0;) {
		size_t at = (size_t)n * piece * len, left = s->size - at;

		rlc_decoder_add(d, n * piece, s->got + at,
				left < piece * len ? left : piece * len);
	}
}

/* With the repairs from `from` on; how many it took.  All must come back. */
static uint32_t restore(struct scene *s, uint32_t from, uint32_t piece)
{
	size_t len = s->block.len;
	void *work = malloc(rlc_work_size(s->lost, len));
	uint8_t *out = malloc(MOST * len), *to[MOST];
	struct rlc_decoder d;
	uint32_t used = 0;

	rlc_decoder_open(&d, &s->block, s->missing, s->lost, work);
	for (; !rlc_decoder_is_ready(&d); used++)
		rlc_decoder_repair(&d, REPAIR + from + used,
				   s->repairs[from + used]);
	feed(s, &d, piece);
	for (uint32_t i = 0; i < s->lost; i++)
		to[i] = out + i * len;
	rlc_decoder_take(&d, 0, s->lost, to);
	for (uint32_t i = 0; i < s->lost; i++)
		assert_memory_equal(to[i], s->bytes + s->missing[i] * len, len);
	free(out);
	free(work);
	return used;
}

static void every_loss_of_a_small_block_comes_back(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s, 8, 64, 8 * 64 - 5);
	encode(&s, 12);
	for (unsigned gone = 0; gone < 256; gone++) {
		s.lost = 0;
		for (uint32_t i = 0; i < 8; i++)
			if (gone >> i & 1)
				s.missing[s.lost++] = i;
		restore(&s, 0, 3);
		restore(&s, 3, 8);
	}
	scene_close(&s);
}

static void large_blocks_come_back(void **state)
{
	static const uint32_t sizes[] = {64, 65, 1000, 1024, 4096};
	static const uint32_t losses[] = {0, 1, 9, 33, MOST};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct scene s;

		scene_open(&s, sizes[i], 128, sizes[i] * 128 - i * 31);
		encode(&s, MOST + 8);
		for (size_t j = 0; j < 5; j++) {
			lose(&s, losses[j]);
			restore(&s, 0, 100);
			restore(&s, 5, 7);
		}
		scene_close(&s);
	}
}

static void one_at_a_time_will_do(void **state)
{
	const struct rlc_block block = {&gf256_portable, 11, 8, 64};
	const uint32_t missing[] = {2, 5, 7};
	uint8_t got[64], *to = got;
	struct rlc_decoder d;
	struct scene s;

	(void)state;
	scene_open(&s, 8, 64, 8 * 64);
	encode(&s, 5);

	void *work = malloc(rlc_work_size(3, 64));

	rlc_decoder_open(&d, &block, missing, 3, work);
	for (uint32_t i = 5; i-- > 0;)
		assert_int_equal(
			rlc_decoder_repair(&d, REPAIR + i, s.repairs[i]),
			i > 1);
	feed(&s, &d, 1);
	for (uint32_t i = 3; i-- > 0;) {
		rlc_decoder_take(&d, i, 1, &to);
		assert_memory_equal(got, s.bytes + missing[i] * 64, 64);
	}
	free(work);
	scene_close(&s);
}

/* ---- enough, and not enough --------------------------------------------- */

/* Whether `n` repairs from `first` on suffice for symbols 0 .. 3. */
static bool suffice(uint32_t first, uint32_t n)
{
	const struct rlc_block block = {&gf256_portable, 0, 64, 0};
	const uint32_t missing[] = {0, 1, 2, 3};
	uint64_t work[64];
	struct rlc_decoder d;

	assert_true(rlc_work_size(4, 0) <= sizeof(work));
	rlc_decoder_open(&d, &block, missing, 4, work);
	for (uint32_t i = 0; i < n; i++)
		rlc_decoder_repair(&d, first + i, NULL);
	return rlc_decoder_is_ready(&d);
}

/* 1 - (1 - 1/256) (1 - 1/256^2) ... is 0.003922: of 30,000 118, and the
 * standard deviation is 11.  One repair more: 0.5; the numbers are fixed. */
static void as_many_as_lost_fail_once_in_255(void **state)
{
	uint32_t failed = 0, again = 0;

	(void)state;
	for (uint32_t i = 0; i < 30000; i++) {
		failed += !suffice(REPAIR + 8 * i, 4);
		again += !suffice(REPAIR + 8 * i, 5);
	}
	assert_in_range(failed, 118 - 4 * 11, 118 + 4 * 11);
	assert_in_range(again, 0, 4);
}

static void the_same_repair_adds_nothing(void **state)
{
	const struct rlc_block block = {&gf256_portable, 0, 64, 0};
	const uint32_t missing[] = {6, 60};
	uint64_t work[64];
	struct rlc_decoder d;

	(void)state;
	rlc_decoder_open(&d, &block, missing, 2, work);
	assert_true(rlc_decoder_repair(&d, REPAIR, NULL));
	assert_false(rlc_decoder_repair(&d, REPAIR, NULL));
	assert_false(rlc_decoder_is_ready(&d));
	assert_true(rlc_decoder_repair(&d, REPAIR + 1, NULL));
	assert_true(rlc_decoder_is_ready(&d));
	assert_false(rlc_decoder_repair(&d, REPAIR + 2, NULL));
}

/* ---- our mistakes ------------------------------------------------------- */

static void open_small(struct rlc_decoder *d, const uint32_t *missing,
		       uint32_t lost)
{
	static const struct rlc_block block = {&gf256_portable, 0, 8, 64};
	static uint64_t work[200];

	rlc_decoder_open(d, &block, missing, lost, work);
}

static void miss_what_is_not_there(void)
{
	struct rlc_decoder d;

	open_small(&d, (uint32_t[]){8}, 1);
}

static void miss_in_disorder(void)
{
	struct rlc_decoder d;

	open_small(&d, (uint32_t[]){5, 5}, 2);
}

static void add_before_it_is_ready(void)
{
	const uint8_t bytes[64] = {0};
	struct rlc_decoder d;

	open_small(&d, (uint32_t[]){3}, 1);
	rlc_decoder_add(&d, 0, bytes, sizeof(bytes));
}

static void take_before_all_is_there(void)
{
	uint8_t bytes[7 * 64] = {0}, *to = bytes;
	struct rlc_decoder d;

	open_small(&d, (uint32_t[]){7}, 1);
	rlc_decoder_repair(&d, REPAIR, bytes);
	rlc_decoder_add(&d, 0, bytes, sizeof(bytes) - 64);
	rlc_decoder_take(&d, 0, 1, &to);
}

static void shorten_a_symbol_in_the_middle(void)
{
	uint8_t bytes[64] = {0}, *sums = bytes;
	struct rlc_encoder e;

	rlc_encoder_open(&e, &(struct rlc_block){&gf256_portable, 0, 8, 64},
			 (uint32_t[]){REPAIR}, &sums, 1);
	rlc_encoder_add(&e, 6, bytes, 63);
}

static void mistakes_are_ours(void **state)
{
	(void)state;
	assert_true(dies(miss_what_is_not_there));
	assert_true(dies(miss_in_disorder));
	assert_true(dies(add_before_it_is_ready));
	assert_true(dies(take_before_all_is_there));
	assert_true(dies(shorten_a_symbol_in_the_middle));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coefficients_are_splitmix_bytes),
		cmocka_unit_test(coefficients_can_be_had_from_anywhere),
		cmocka_unit_test(repairs_of_a_tiny_block),
		cmocka_unit_test(a_short_symbol_counts_as_padded),
		cmocka_unit_test(every_loss_of_a_small_block_comes_back),
		cmocka_unit_test(large_blocks_come_back),
		cmocka_unit_test(one_at_a_time_will_do),
		cmocka_unit_test(as_many_as_lost_fail_once_in_255),
		cmocka_unit_test(the_same_repair_adds_nothing),
		cmocka_unit_test(mistakes_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
