/*
 * The GFNI kernel on any processor: its own source, with the few instructions
 * that it uses played by plain C, as Intel's manual describes them.
 */
#include "base/gf256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gf256_check.h"

#if defined(__x86_64__) || defined(__i386__)

/* First, so that the kernel's source finds it there already. */
#include <immintrin.h>

struct vector {
	uint8_t b[64];
};

static struct vector load_some(uint64_t mask, const uint8_t *p)
{
	struct vector v = {{0}};

	for (int i = 0; i < 64; i++)
		if (mask >> i & 1)
			v.b[i] = p[i];
	return v;
}

static void store_some(uint8_t *p, uint64_t mask, struct vector v)
{
	for (int i = 0; i < 64; i++)
		if (mask >> i & 1)
			p[i] = v.b[i];
}

static struct vector load_all(const uint8_t *p)
{
	return load_some(~(uint64_t)0, p);
}

static void store_all(uint8_t *p, struct vector v)
{
	store_some(p, ~(uint64_t)0, v);
}

static struct vector repeat(long long word)
{
	struct vector v;

	for (int i = 0; i < 64; i++)
		v.b[i] = (uint8_t)((uint64_t)word >> 8 * (i % 8));
	return v;
}

static struct vector plus(struct vector a, struct vector b)
{
	for (int i = 0; i < 64; i++)
		a.b[i] ^= b.b[i];
	return a;
}

static unsigned parity(unsigned v)
{
	unsigned odd = 0;

	for (; v; v >>= 1)
		odd ^= v & 1;
	return odd;
}

/* "t.bit[i] := parity(tsrc2qw.byte[7-i] AND tsrc1byte) XOR imm8.bit[i]" */
static struct vector affine(struct vector x, struct vector matrix, int imm)
{
	struct vector v = {{0}};

	for (int i = 0; i < 64; i++) {
		const uint8_t *rows = matrix.b + i / 8 * 8;

		for (int bit = 0; bit < 8; bit++)
			v.b[i] |= (uint8_t)((parity(rows[7 - bit] & x.b[i]) ^
					     ((unsigned)imm >> bit & 1))
					    << bit);
	}
	return v;
}

#define target(instructions)    unused
#define __m512i                 struct vector
#define _mm512_loadu_si512      load_all
#define _mm512_storeu_si512     store_all
#define _mm512_maskz_loadu_epi8 load_some
#define _mm512_mask_storeu_epi8 store_some
#define _mm512_set1_epi64       repeat
#define _mm512_xor_si512        plus
#undef _mm512_gf2p8affine_epi64_epi8
#define _mm512_gf2p8affine_epi64_epi8 affine
#define gf256_gfni                    played

#include "base/gf256_gfni.c" /* NOLINT(bugprone-suspicious-include) */

static void the_kernel_is_right_as_played(void **state)
{
	(void)state;
	gf256_check(&played);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_is_right_as_played),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	printf("GFNI is for x86\n");
	return 0;
}

#endif
