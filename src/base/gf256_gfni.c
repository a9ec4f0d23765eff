/*
 * GFNI with AVX-512.  The instructions' own product is AES's (0x11b), but to
 * multiply by a constant is linear, and vgf2p8affineqb applies any 8 by 8
 * matrix of bits to 64 bytes at once.  Masks make the end of a row like the
 * rest.
 */
#include "base/gf256_inside.h"
#include "base/gf256_kernels.h"

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>

#define KERNEL __attribute__((target("gfni,avx512f,avx512bw")))

enum { VECTOR = 64, PAIR = 2 * VECTOR };

struct pair {
	__m512i a, b;
};

struct parts {
	struct pair v;
};

struct factor {
	__m512i matrix;
};

/* Of a vector that begins `at` bytes into a pair. */
INLINE __mmask64 mask(size_t at, size_t left)
{
	size_t n = left > at ? left - at : 0;

	return n >= VECTOR ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
}

INLINE struct pair pair_load(const uint8_t *p, size_t left)
{
	if (left >= PAIR)
		return (struct pair){_mm512_loadu_si512(p),
				     _mm512_loadu_si512(p + VECTOR)};
	return (struct pair){
		_mm512_maskz_loadu_epi8(mask(0, left), p),
		_mm512_maskz_loadu_epi8(mask(VECTOR, left), p + VECTOR)};
}

INLINE void pair_store(uint8_t *p, struct pair v, size_t left)
{
	if (left >= PAIR) {
		_mm512_storeu_si512(p, v.a);
		_mm512_storeu_si512(p + VECTOR, v.b);
		return;
	}
	_mm512_mask_storeu_epi8(p, mask(0, left), v.a);
	_mm512_mask_storeu_epi8(p + VECTOR, mask(VECTOR, left), v.b);
}

INLINE struct parts parts_load(const uint8_t *p, size_t left)
{
	return (struct parts){pair_load(p, left)};
}

INLINE struct factor factor_of(uint8_t c)
{
	return (struct factor){_mm512_set1_epi64((long long)gf256_matrices[c])};
}

INLINE struct pair pair_add(struct pair v, struct factor f, struct parts x)
{
	__m512i a = _mm512_gf2p8affine_epi64_epi8(x.v.a, f.matrix, 0);
	__m512i b = _mm512_gf2p8affine_epi64_epi8(x.v.b, f.matrix, 0);

	return (struct pair){_mm512_xor_si512(v.a, a),
			     _mm512_xor_si512(v.b, b)};
}

#include "base/gf256_tiles.h"

KERNEL static void tail(const struct gf256_sum *s, size_t at)
{
	band(s, at, s->len - at);
}

const struct gf256 gf256_gfni = {"gfni", sum};

#endif
