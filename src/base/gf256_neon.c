/*
 * NEON: a byte is two nibbles, and TBL looks up the products of 16 nibbles at
 * once in a table of sixteen.  Every aarch64 processor has it.
 */
#include "base/gf256_inside.h"
#include "base/gf256_kernels.h"

#ifdef __aarch64__

#include <arm_neon.h>

#define KERNEL

enum { VECTOR = 16, PAIR = 2 * VECTOR };

struct pair {
	uint8x16_t a, b;
};

struct parts {
	uint8x16_t low_a, high_a, low_b, high_b;
};

struct factor {
	uint8x16_t low, high;
};

INLINE struct pair pair_load(const uint8_t *p, size_t left)
{
	(void)left;
	return (struct pair){vld1q_u8(p), vld1q_u8(p + VECTOR)};
}

INLINE void pair_store(uint8_t *p, struct pair v, size_t left)
{
	(void)left;
	vst1q_u8(p, v.a);
	vst1q_u8(p + VECTOR, v.b);
}

INLINE uint8x16_t low(uint8x16_t v)
{
	return vandq_u8(v, vdupq_n_u8(15));
}

INLINE struct parts parts_load(const uint8_t *p, size_t left)
{
	struct pair v = pair_load(p, left);

	return (struct parts){low(v.a), vshrq_n_u8(v.a, 4), low(v.b),
			      vshrq_n_u8(v.b, 4)};
}

INLINE struct factor factor_of(uint8_t c)
{
	const uint8_t *p = gf256_nibbles[c];

	return (struct factor){vld1q_u8(p), vld1q_u8(p + 16)};
}

INLINE uint8x16_t add(uint8x16_t v, uint8x16_t products, uint8x16_t nibbles)
{
	return veorq_u8(v, vqtbl1q_u8(products, nibbles));
}

INLINE struct pair pair_add(struct pair v, struct factor f, struct parts x)
{
	v.a = add(add(v.a, f.low, x.low_a), f.high, x.high_a);
	v.b = add(add(v.b, f.low, x.low_b), f.high, x.high_b);
	return v;
}

KERNEL static void tail(const struct gf256_sum *s, size_t at)
{
	gf256_sum_from(s, at);
}

#include "base/gf256_tiles.h"

const struct gf256 gf256_neon = {"neon", sum};

#endif
