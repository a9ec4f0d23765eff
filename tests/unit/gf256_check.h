/*
 * Is a kernel right?  All coefficients, all small shapes, lengths around the
 * ends of vectors, at crooked addresses, with guards on both sides; beside
 * sums made of single products.
 */
#ifndef MUSTER_TESTS_GF256_CHECK_H
#define MUSTER_TESTS_GF256_CHECK_H

#include "base/gf256.h"
#include "base/rand.h"

#include <string.h>

enum { GF256_ROWS = 40, GF256_LEN = 700, GF256_GUARD = 64 };

struct gf256_rows {
	uint8_t dst[GF256_ROWS][GF256_LEN + 2 * GF256_GUARD];
	uint8_t want[GF256_ROWS][GF256_LEN + 2 * GF256_GUARD];
	uint8_t src[GF256_ROWS][GF256_LEN + GF256_GUARD];
	uint8_t c[GF256_ROWS][GF256_ROWS];
};

static inline void gf256_fill(void *p, size_t n, struct rand *r)
{
	for (uint8_t *b = p; n--; b++)
		*b = (uint8_t)rand_u64(r);
}

static inline uint8_t gf256_one_sum(const struct gf256_rows *rows,
				    const struct gf256_sum *s, size_t j,
				    size_t at)
{
	uint8_t v = 0;

	for (size_t i = 0; i < s->srcs; i++)
		v ^= gf256_mul(rows->c[j][i], s->src[i][at]);
	return v;
}

/* Sums of `srcs` rows of `len` bytes into `dsts` others, somewhere. */
static inline void gf256_check_shape(const struct gf256 *gf, size_t dsts,
				     size_t srcs, size_t len)
{
	static struct gf256_rows rows;
	static struct rand r = {.s = {1, 2, 3, 4}};
	uint8_t *dst[GF256_ROWS];
	const uint8_t *src[GF256_ROWS], *c[GF256_ROWS];
	struct gf256_sum s = {dst, src, c, dsts, srcs, len};

	for (size_t i = 0; i < srcs; i++)
		gf256_fill(rows.src[i], len + GF256_GUARD, &r);
	for (size_t j = 0; j < dsts; j++) {
		gf256_fill(rows.dst[j], len + 2 * GF256_GUARD, &r);
		gf256_fill(rows.c[j], srcs, &r);
	}
	memcpy(rows.want, rows.dst, sizeof(rows.dst));
	for (size_t i = 0; i < srcs; i++)
		src[i] = rows.src[i] + rand_below(&r, GF256_GUARD);
	for (size_t j = 0; j < dsts; j++) {
		size_t at = rand_below(&r, GF256_GUARD) + 1;

		c[j] = rows.c[j];
		dst[j] = rows.dst[j] + at;
		for (size_t x = 0; x < len; x++)
			rows.want[j][at + x] ^= gf256_one_sum(&rows, &s, j, x);
	}
	gf->sum(&s);
	assert_memory_equal(rows.dst, rows.want, sizeof(rows.dst));
}

/* Every product there is, through rows of all bytes. */
static inline void gf256_check_products(const struct gf256 *gf)
{
	uint8_t src[256], dst[256];

	for (unsigned i = 0; i < 256; i++)
		src[i] = (uint8_t)i;
	for (unsigned c = 0; c < 256; c++) {
		memset(dst, 0, sizeof(dst));
		gf256_muladd(gf, dst, src, (uint8_t)c, sizeof(dst));
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(dst[i], gf256_mul((uint8_t)c, src[i]));
		gf256_scale(gf, dst, 0x8e, sizeof(dst));
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(gf256_mul(dst[i], 2),
					 gf256_mul((uint8_t)c, src[i]));
	}
}

static inline void gf256_check(const struct gf256 *gf)
{
	gf256_check_products(gf);
	for (size_t dsts = 0; dsts <= 18; dsts++)
		for (size_t srcs = 0; srcs <= 18; srcs++)
			gf256_check_shape(gf, dsts, srcs,
					  (dsts * 19 + srcs) % 150);
	for (size_t len = 0; len < 300; len++) {
		gf256_check_shape(gf, 1, 1, len);
		gf256_check_shape(gf, 5, 3, len);
	}
	gf256_check_shape(gf, GF256_ROWS, GF256_ROWS, GF256_LEN);
}

#endif
