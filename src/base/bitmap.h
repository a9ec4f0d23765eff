/*
 * A set of small numbers as bits.  The words belong to the caller.
 */
#ifndef MUSTER_BASE_BITMAP_H
#define MUSTER_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bitmap {
	uint64_t *words;
	uint32_t bits;  /* members are 0 .. bits-1 */
	uint32_t count; /* how many are in the set */
};

#define BITMAP_WORDS(bits) (((size_t)(bits) + 63) / 64)

/* words: BITMAP_WORDS(bits) of them; all are cleared. */
void bitmap_open(struct bitmap *b, uint64_t *words, uint32_t bits);
/* The empty set again. */
void bitmap_clear_all(struct bitmap *b);

/* i < bits, the caller sees to it: here and in the next two. */
static inline bool bitmap_has(const struct bitmap *b, uint32_t i)
{
	return b->words[i / 64] >> (i % 64) & 1;
}

/* True if the set changed. */
static inline bool bitmap_set(struct bitmap *b, uint32_t i)
{
	uint64_t bit = (uint64_t)1 << (i % 64), *w = &b->words[i / 64];

	if (*w & bit)
		return false;
	*w |= bit;
	b->count++;
	return true;
}

static inline bool bitmap_clear(struct bitmap *b, uint32_t i)
{
	uint64_t bit = (uint64_t)1 << (i % 64), *w = &b->words[i / 64];

	if (!(*w & bit))
		return false;
	*w &= ~bit;
	b->count--;
	return true;
}

/* from .. from+n-1 become members; from + n <= bits (asserted). */
void bitmap_set_range(struct bitmap *b, uint32_t from, uint32_t n);
/* The first member (or non-member) at or after `from`; bits if there is none.
 */
uint32_t bitmap_next_set(const struct bitmap *b, uint32_t from);
uint32_t bitmap_next_clear(const struct bitmap *b, uint32_t from);

#endif
