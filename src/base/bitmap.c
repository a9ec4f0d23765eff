/*
 * Sets of small numbers: whole words at a time.  Bits of the last word that are
 * past the end stay zero, so counting and searching need no special case there.
 */
#include "base/bitmap.h"

#include <assert.h>
#include <string.h>

#define ALL (~(uint64_t)0)

void bitmap_open(struct bitmap *b, uint64_t *words, uint32_t bits)
{
	*b = (struct bitmap){.words = words, .bits = bits};
	bitmap_clear_all(b);
}

void bitmap_clear_all(struct bitmap *b)
{
	if (b->bits)
		memset(b->words, 0, BITMAP_WORDS(b->bits) * sizeof *b->words);
	b->count = 0;
}

/* By hand: without -mpopcnt the builtin is a call into libgcc. */
static uint32_t ones(uint64_t w)
{
	w -= w >> 1 & 0x5555555555555555u;
	w = (w & 0x3333333333333333u) + (w >> 2 & 0x3333333333333333u);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (uint32_t)(w * 0x0101010101010101u >> 56);
}

void bitmap_set_range(struct bitmap *b, uint32_t from, uint32_t n)
{
	assert(from <= b->bits && n <= b->bits - from);
	while (n) {
		uint32_t first = from % 64, take = 64 - first;
		uint64_t run = ALL << first, *w = &b->words[from / 64];

		if (n < take) {
			take = n;
			run &= ~(ALL << (first + n));
		}
		b->count += ones(run & ~*w);
		*w |= run;
		from += take;
		n -= take;
	}
}

/* The first bit at or after `from` of the words xor `flip`; bits if none. */
static uint32_t next(const struct bitmap *b, uint32_t from, uint64_t flip)
{
	if (from >= b->bits)
		return b->bits;

	size_t i = from / 64, words = BITMAP_WORDS(b->bits);
	uint64_t w = (b->words[i] ^ flip) & ALL << from % 64;

	while (!w) {
		if (++i == words)
			return b->bits;
		w = b->words[i] ^ flip;
	}
	/* The zeros past the end may be found: the first of them is `bits`. */
	return (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(w);
}

uint32_t bitmap_next_set(const struct bitmap *b, uint32_t from)
{
	return next(b, from, 0);
}

uint32_t bitmap_next_clear(const struct bitmap *b, uint32_t from)
{
	return next(b, from, ALL);
}
