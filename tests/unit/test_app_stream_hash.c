/*
 * The hash of parts that come in any order is the hash of the file.
 */
#include "app/stream_hash.h"
#include "base/rand.h"

#include <errno.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 3000017, BLOCK = 1451, BLOCKS = (SIZE + BLOCK - 1) / BLOCK };

struct file {
	uint8_t *bytes, sum[SHA256_BYTES];
	uint32_t order[BLOCKS];
	struct rand rand;
	struct stream_hash *h;
};

static void file_open(struct file *f, uint64_t seed)
{
	rand_seed(&f->rand, seed);
	f->bytes = malloc(SIZE);
	assert_non_null(f->bytes);
	for (size_t i = 0; i < SIZE; i++)
		f->bytes[i] = (uint8_t)rand_u64(&f->rand);
	for (uint32_t i = 0; i < BLOCKS; i++)
		f->order[i] = i;
	assert_true(
		EVP_Digest(f->bytes, SIZE, f->sum, NULL, EVP_sha256(), NULL));
	assert_int_equal(stream_hash_open(&f->h), 0);
}

static int put(struct file *f, uint32_t block)
{
	size_t at = (size_t)block * BLOCK;
	size_t len = SIZE - at < BLOCK ? SIZE - at : BLOCK;

	return stream_hash_put(f->h, at, f->bytes + at, len);
}

/* Hand over all blocks as `order` says, and close. */
static void expect_sum(struct file *f)
{
	uint8_t sum[SHA256_BYTES];

	for (uint32_t i = 0; i < BLOCKS; i++)
		assert_int_equal(put(f, f->order[i]), 0);
	assert_int_equal(stream_hash_end(f->h, SIZE, sum), 0);
	assert_memory_equal(sum, f->sum, SHA256_BYTES);
	stream_hash_close(f->h);
	free(f->bytes);
}

static void shuffle(struct file *f, uint32_t from, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = (uint32_t)rand_below(&f->rand, i);
		uint32_t was = f->order[from + i - 1];

		f->order[from + i - 1] = f->order[from + j];
		f->order[from + j] = was;
	}
}

static void a_file_in_order(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, 1);
	expect_sum(&f);
}

static void a_file_backwards(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, 2);
	for (uint32_t i = 0; i < BLOCKS; i++)
		f.order[i] = BLOCKS - 1 - i;
	expect_sum(&f);
}

static void a_file_in_any_order(void **state)
{
	(void)state;
	for (uint64_t seed = 3; seed < 13; seed++) {
		struct file f;

		file_open(&f, seed);
		shuffle(&f, 0, BLOCKS);
		expect_sum(&f);
	}
}

/* As a train brings it: in order with gaps, then the gaps. */
static void a_file_with_gaps_that_are_filled(void **state)
{
	struct file f;
	uint32_t n = 0, lost = 0;
	uint32_t missing[BLOCKS] = {0};

	(void)state;
	file_open(&f, 20);
	for (uint32_t i = 0; i < BLOCKS; i++)
		if (rand_below(&f.rand, 100) < 5)
			missing[lost++] = i;
		else
			f.order[n++] = i;
	memcpy(f.order + n, missing, lost * sizeof(missing[0]));
	shuffle(&f, n, lost);
	expect_sum(&f);
}

static void a_gap_is_no_end(void **state)
{
	struct file f;
	uint8_t sum[SHA256_BYTES];

	(void)state;
	file_open(&f, 30);
	assert_int_equal(put(&f, 0), 0);
	assert_int_equal(put(&f, 2), 0);
	assert_int_equal(stream_hash_end(f.h, BLOCK, sum), -EIO);
	assert_int_equal(stream_hash_end(f.h, 3 * BLOCK, sum), -EIO);
	assert_int_equal(put(&f, 1), 0);
	assert_int_equal(stream_hash_end(f.h, 3 * BLOCK + 1, sum), -EIO);
	assert_int_equal(stream_hash_end(f.h, 3 * BLOCK, sum), 0);
	stream_hash_close(f.h);
	free(f.bytes);
}

static void what_comes_twice_is_refused(void **state)
{
	struct file f;

	(void)state;
	file_open(&f, 31);
	assert_int_equal(put(&f, 0), 0);
	assert_int_equal(put(&f, 0), -EINVAL);
	assert_int_equal(put(&f, 4), 0);
	assert_int_equal(put(&f, 6), 0);
	assert_int_equal(put(&f, 4), -EINVAL);
	assert_int_equal(put(&f, 6), -EINVAL);
	assert_int_equal(stream_hash_put(f.h, 4 * BLOCK + 1, f.bytes, 1),
			 -EINVAL);
	assert_int_equal(stream_hash_put(f.h, 5 * BLOCK, f.bytes, BLOCK + 1),
			 -EINVAL);
	assert_int_equal(stream_hash_put(f.h, BLOCK, f.bytes, 3 * BLOCK + 1),
			 -EINVAL);
	stream_hash_close(f.h);
	free(f.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_in_order),
		cmocka_unit_test(a_file_backwards),
		cmocka_unit_test(a_file_in_any_order),
		cmocka_unit_test(a_file_with_gaps_that_are_filled),
		cmocka_unit_test(a_gap_is_no_end),
		cmocka_unit_test(what_comes_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
