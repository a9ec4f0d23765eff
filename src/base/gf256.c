/*
 * The field without tables: eight bytes of a row at a time are doubled in
 * place, seven times, and each target takes those of the eight doublings that
 * its coefficient has a bit for.  The doublings are shared by all targets, and
 * compilers turn the loops over the words of a strip into vectors.
 */
#include "base/gf256_inside.h"

#include <assert.h>
#include <string.h>

enum { STRIP = 64, WORDS = STRIP / 8, BITS = 8 };

#define ONES 0x0101010101010101u

struct doublings {
	uint64_t v[BITS][WORDS];
};

/* x * 2 in each byte: what falls out at the top comes back as 0x1d. */
static uint64_t twice(uint64_t v)
{
	uint64_t out = v >> 7 & ONES;

	return (v & ~(ONES << 7)) << 1 ^ out ^ out << 2 ^ out << 3 ^ out << 4;
}

uint8_t gf256_mul(uint8_t a, uint8_t b)
{
	uint64_t v = a, product = 0;

	for (int bit = 0; bit < BITS; bit++) {
		product ^= v & (0 - (uint64_t)(b >> bit & 1));
		v = twice(v);
	}
	return (uint8_t)product;
}

uint8_t gf256_inv(uint8_t a)
{
	uint8_t power = a, inverse = 1;

	/* a^255 is 1, so a^254 is what we look for: 254 is 11111110. */
	assert(a);
	for (int bit = 1; bit < BITS; bit++) {
		power = gf256_mul(power, power);
		inverse = gf256_mul(inverse, power);
	}
	return inverse;
}

static void double_all(struct doublings *d)
{
	for (int bit = 1; bit < BITS; bit++)
		for (int w = 0; w < WORDS; w++)
			d->v[bit][w] = twice(d->v[bit - 1][w]);
}

static void gather(uint64_t *to, const struct doublings *d, uint8_t c)
{
	for (int bit = 0; bit < BITS; bit++) {
		uint64_t mask = 0 - (uint64_t)(c >> bit & 1);

		for (int w = 0; w < WORDS; w++)
			to[w] ^= d->v[bit][w] & mask;
	}
}

/* A constant size lets the compiler copy without a call. */
static void copy(void *to, const void *from, size_t n)
{
	if (n == STRIP)
		memcpy(to, from, STRIP);
	else
		memcpy(to, from, n);
}

static void add_strip(const struct gf256_sum *s, size_t i, size_t at, size_t n)
{
	struct doublings d = {.v = {{0}}};
	uint64_t to[WORDS] = {0};

	copy(d.v[0], s->src[i] + at, n);
	double_all(&d);
	for (size_t j = 0; j < s->dsts; j++) {
		copy(to, s->dst[j] + at, n);
		gather(to, &d, s->c[j][i]);
		copy(s->dst[j] + at, to, n);
	}
}

void gf256_sum_from(const struct gf256_sum *s, size_t at)
{
	for (; at < s->len; at += STRIP) {
		size_t n = s->len - at < STRIP ? s->len - at : STRIP;

		for (size_t i = 0; i < s->srcs; i++)
			add_strip(s, i, at, n);
	}
}

static void sum(const struct gf256_sum *s)
{
	gf256_sum_from(s, 0);
}

const struct gf256 gf256_portable = {"portable", sum};
