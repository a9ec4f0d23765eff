/*
 * AVX2: a byte is two nibbles, and vpshufb looks up the products of 32 nibbles
 * at once in a table of sixteen.
 */
#include "base/gf256_inside.h"
#include "base/gf256_kernels.h"

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>

#define KERNEL __attribute__((target("avx2")))

enum { VECTOR = 32, PAIR = 2 * VECTOR };

struct pair {
	__m256i a, b;
};

struct parts {
	__m256i low_a, high_a, low_b, high_b;
};

struct factor {
	__m256i low, high;
};

INLINE __m256i load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

INLINE struct pair pair_load(const uint8_t *p, size_t left)
{
	(void)left;
	return (struct pair){load(p), load(p + VECTOR)};
}

INLINE void pair_store(uint8_t *p, struct pair v, size_t left)
{
	(void)left;
	_mm256_storeu_si256((__m256i *)p, v.a);
	_mm256_storeu_si256((__m256i *)(p + VECTOR), v.b);
}

INLINE __m256i low(__m256i v)
{
	return _mm256_and_si256(v, _mm256_set1_epi8(15));
}

INLINE __m256i high(__m256i v)
{
	return low(_mm256_srli_epi16(v, 4));
}

INLINE struct parts parts_load(const uint8_t *p, size_t left)
{
	struct pair v = pair_load(p, left);

	return (struct parts){low(v.a), high(v.a), low(v.b), high(v.b)};
}

INLINE __m256i table(const uint8_t *p)
{
	return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)p));
}

INLINE struct factor factor_of(uint8_t c)
{
	const uint8_t *p = gf256_nibbles[c];

	return (struct factor){table(p), table(p + 16)};
}

INLINE __m256i add(__m256i v, __m256i products, __m256i nibbles)
{
	return _mm256_xor_si256(v, _mm256_shuffle_epi8(products, nibbles));
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

const struct gf256 gf256_avx2 = {"avx2", sum};

#endif
