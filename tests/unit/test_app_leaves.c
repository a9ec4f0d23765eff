/*
 * Leaves that are taken as packets come: a block is checked by them alone, what
 * is false is found as ever, and memory is for a few blocks.
 */
#include "app/mend.h"

#include "base/rand.h"
#include "base/rlc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { L = 64, K = 64, SIZE = 3 * K * L - 100, BLOCK = 1 };

/* A file of three blocks whose packets came; and what it should be. */
struct rider {
	struct coding with;
	struct layout layout;
	struct leaves *leaves;
	uint8_t file[SIZE];
	int fd;
	struct mend mend; /* of BLOCK */
};

static void put_bytes(const struct rider *r, uint64_t offset, const void *from,
		      size_t len)
{
	assert_int_equal(pwrite(r->fd, from, len, (off_t)offset), len);
}

/* Packet i of BLOCK comes, with one byte that may be false. */
static void comes(struct rider *r, unsigned i, uint8_t falsehood)
{
	uint64_t offset = layout_offset(&r->layout, BLOCK, (uint16_t)i);
	uint8_t bytes[L];

	memcpy(bytes, r->file + offset, L);
	bytes[L / 2] ^= falsehood;
	put_bytes(r, offset, bytes, L);
	leaves_put(r->leaves, offset, bytes, L);
}

/* What lies in the file is none of what came. */
static void spoil(const struct rider *r)
{
	static const uint8_t junk[K * L] = {0xff};

	put_bytes(r, layout_offset(&r->layout, BLOCK, 0), junk, sizeof(junk));
}

static void set_hash(struct rider *r)
{
	uint8_t leaves[K * MANIFEST_LEAF];

	for (unsigned i = 0; i < K; i++)
		r->with.crypt->hash(
			leaves + (size_t)i * MANIFEST_LEAF, MANIFEST_LEAF,
			r->file + layout_offset(&r->layout, BLOCK, (uint16_t)i),
			L);
	r->with.crypt->hash(r->mend.hash, CRYPT_HASH, leaves, sizeof(leaves));
	r->mend.has_hash = true;
}

static struct rider *rider_open(void)
{
	struct rider *r = calloc(1, sizeof(*r));
	struct rand rand;

	assert_non_null(r);
	coding_here(&r->with);
	assert_true(layout_make(&r->layout, SIZE, L, K));
	assert_int_equal(r->layout.k, K);
	r->leaves = leaves_open(&r->layout, r->with.crypt);
	assert_non_null(r->leaves);
	rand_seed(&rand, 1);
	for (size_t i = 0; i < SIZE; i++)
		r->file[i] = (uint8_t)rand_u64(&rand);
	r->fd = memfd_create("file", MFD_CLOEXEC);
	assert_true(r->fd >= 0);
	assert_int_equal(ftruncate(r->fd, (off_t)allot_scratch(SIZE) + K * L),
			 0);
	r->mend.layout = r->layout;
	r->mend.block = BLOCK;
	set_hash(r);
	return r;
}

static void rider_close(struct rider *r)
{
	leaves_close(r->leaves);
	close(r->fd);
	free(r);
}

static int check(const struct rider *r)
{
	return mend_block(r->fd, &r->mend, &r->with, r->leaves);
}

static void a_block_that_came_is_not_read_again(void **state)
{
	struct rider *r = rider_open();

	(void)state;
	for (unsigned i = 0; i < K; i++)
		comes(r, i, 0);
	spoil(r);
	assert_int_equal(check(r), 0);
	assert_int_equal(mend_block(r->fd, &r->mend, &r->with, NULL),
			 -EBADMSG); /* who reads it sees that */
	rider_close(r);
}

static void what_was_not_seen_is_read(void **state)
{
	struct rider *r = rider_open();
	uint64_t at = layout_offset(&r->layout, BLOCK, 40);

	(void)state;
	for (unsigned i = 0; i < K; i++)
		if (i != 40)
			comes(r, i, 0);
	assert_int_equal(check(r), -EBADMSG);
	/* Its leaf is that of what was read, until it comes. */
	comes(r, 40, 0);
	assert_int_equal(check(r), 0);
	assert_int_equal(leaves_of(r->leaves, BLOCK)->known.count, K);
	rider_close(r);

	r = rider_open();
	for (unsigned i = 0; i < K; i++)
		if (i != 40)
			comes(r, i, 0);
	put_bytes(r, at, r->file + at, L);
	assert_int_equal(check(r), 0);
	rider_close(r);
}

static void a_false_packet_is_found_and_another_takes_its_place(void **state)
{
	struct rider *r = rider_open();

	(void)state;
	for (unsigned i = 0; i < K; i++)
		comes(r, i, i == 7);
	assert_int_equal(check(r), -EBADMSG);
	comes(r, 7, 0);
	assert_int_equal(check(r), 0);
	rider_close(r);
}

/* Two repairs in the scratch, made as a server makes them. */
static void repairs_come(struct rider *r, const uint32_t *numbers)
{
	struct rlc_block block = {r->with.gf, BLOCK, K, L};
	uint8_t sums[2][L], *const at[] = {sums[0], sums[1]};
	struct rlc_encoder e;

	rlc_encoder_open(&e, &block, numbers, at, 2);
	rlc_encoder_add(&e, 0, r->file + layout_offset(&r->layout, BLOCK, 0),
			(size_t)K * L);
	put_bytes(r, allot_scratch(SIZE), sums, sizeof(sums));
}

static void what_is_restored_has_its_leaf(void **state)
{
	static const uint32_t numbers[] = {4096, 4097};
	static const uint16_t missing[] = {3, 50};
	static const struct mend_repair repairs[] = {{4096, 0}, {4097, 1}};
	struct rider *r = rider_open();

	(void)state;
	for (unsigned i = 0; i < K; i++)
		if (i != 3 && i != 50)
			comes(r, i, 0);
	repairs_come(r, numbers);
	r->mend.missing = missing;
	r->mend.repairs = repairs;
	r->mend.n_missing = r->mend.n_repairs = 2;
	assert_int_equal(check(r), 0);
	r->mend.n_missing = r->mend.n_repairs = 0;
	assert_int_equal(check(r), 0);
	spoil(r);
	assert_int_equal(check(r), 0);
	rider_close(r);
}

/* A false packet was thrown away, and its block restored. */
static void a_restored_packet_is_not_taken_for_the_false_one(void **state)
{
	static const uint32_t numbers[] = {4096, 4097};
	static const uint16_t missing[] = {3};
	static const struct mend_repair repairs[] = {{4096, 0}, {4097, 1}};
	struct rider *r = rider_open();

	(void)state;
	for (unsigned i = 0; i < K; i++)
		comes(r, i, i == 3);
	repairs_come(r, numbers);
	r->mend.missing = missing;
	r->mend.repairs = repairs;
	r->mend.n_missing = 1;
	r->mend.n_repairs = 2;
	assert_int_equal(check(r), 0);
	rider_close(r);
}

static void later_blocks_take_the_places_of_earlier_ones(void **state)
{
	static const uint8_t bytes[TRAIN_PACKET] = {1};
	struct coding with;
	struct leaves *v;
	struct layout l;
	uint32_t places;

	(void)state;
	assert_true(
		layout_make(&l, UINT64_C(4) << 30, TRAIN_PACKET, TRAIN_BLOCK));
	places = LEAVES_KEPT / l.k;
	assert_true(l.blocks > 2 * places);
	assert_true(places >= 2 * TRAIN_SECTION);
	coding_here(&with);
	v = leaves_open(&l, with.crypt);
	assert_non_null(leaves_of(v, places - 1));
	assert_null(leaves_of(v, places));
	assert_null(leaves_of(v, l.blocks));
	leaves_put(v, layout_offset(&l, 1, 5), bytes, sizeof(bytes));
	assert_int_equal(leaves_of(v, 1)->known.count, 1);
	leaves_put(v, layout_offset(&l, places + 1, 6), bytes, sizeof(bytes));
	assert_null(leaves_of(v, 1));
	assert_int_equal(leaves_of(v, places + 1)->known.count, 1);
	assert_false(bitmap_has(&leaves_of(v, places + 1)->known, 5));
	/* Behind the file there is nothing. */
	leaves_put(v, (uint64_t)l.packets * l.packet, bytes, sizeof(bytes));
	leaves_close(v);
}

static void nothing_to_cut_is_nothing_to_keep(void **state)
{
	struct coding with;

	(void)state;
	coding_here(&with);
	assert_null(leaves_open(&(struct layout){0}, with.crypt));
	leaves_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_came_is_not_read_again),
		cmocka_unit_test(what_was_not_seen_is_read),
		cmocka_unit_test(
			a_false_packet_is_found_and_another_takes_its_place),
		cmocka_unit_test(what_is_restored_has_its_leaf),
		cmocka_unit_test(
			a_restored_packet_is_not_taken_for_the_false_one),
		cmocka_unit_test(later_blocks_take_the_places_of_earlier_ones),
		cmocka_unit_test(nothing_to_cut_is_nothing_to_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
