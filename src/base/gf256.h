/*
 * Arithmetic in GF(2^8) with the polynomial 0x11d, and sums of many rows of
 * bytes at once.  The fast ways depend on the processor, so they are tables of
 * functions: whoever needs one gets it at open (host/cpu.h chooses).
 */
#ifndef MUSTER_BASE_GF256_H
#define MUSTER_BASE_GF256_H

#include <stddef.h>
#include <stdint.h>

/* dst[j] += the sum over i of c[j][i] * src[i], each `len` bytes long.  No dst
 * overlaps another; it may be one of the src only if that is all there is. */
struct gf256_sum {
	uint8_t *const *dst;
	const uint8_t *const *src;
	const uint8_t *const *c;
	size_t dsts, srcs, len;
};

struct gf256 {
	const char *name;
	/* Any number of rows, 0 too, of any length at any address.  Best are
	 * fours of dst, and no more src than the first-level cache holds. */
	void (*sum)(const struct gf256_sum *s);
};

/* In plain C, for every machine; what the others are tested against. */
extern const struct gf256 gf256_portable;

/* One product. */
uint8_t gf256_mul(uint8_t a, uint8_t b);
/* a * gf256_inv(a) is 1; a is not 0 (asserted). */
uint8_t gf256_inv(uint8_t a);

/* dst += c * src; both may be the same row. */
static inline void gf256_muladd(const struct gf256 *gf, uint8_t *dst,
				const uint8_t *src, uint8_t c, size_t len)
{
	const uint8_t *row = &c;
	struct gf256_sum s = {&dst, &src, &row, 1, 1, len};

	gf->sum(&s);
}

/* dst = c * dst, which is dst + (c - 1) * dst. */
static inline void gf256_scale(const struct gf256 *gf, uint8_t *dst, uint8_t c,
			       size_t len)
{
	gf256_muladd(gf, dst, dst, c ^ 1, len);
}

#endif
