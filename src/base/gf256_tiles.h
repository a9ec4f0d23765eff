/*
 * How a kernel walks its rows; each instruction set includes this once and
 * brings its vectors:
 *
 *	KERNEL               the function attribute for the instructions
 *	PAIR                 bytes in a pair of vectors
 *	struct pair          two vectors; pair_load, pair_store
 *	struct factor        all that a coefficient needs; factor_of
 *	struct parts         two vectors of a source, made ready; parts_load
 *	pair_add             a pair + factor * parts
 *	tail                 what is left at the end, less than PAIR
 *
 * A tile is a pair of vectors of up to four sums, which stay in registers while
 * all sources go by: each source is read and taken apart once for four sums,
 * each sum is read and written once for all sources.  A band is all tiles that
 * need the same bytes of the sources, so those stay in the first-level cache.
 */
#ifndef MUSTER_BASE_GF256_TILES_H
#define MUSTER_BASE_GF256_TILES_H

/* n is a constant, 1 to 4, wherever this is inlined; left is PAIR or, in the
 * tail of a kernel that can, less. */
INLINE void tile(const struct gf256_sum *s, size_t j, int n, size_t at,
		 size_t left)
{
	uint8_t *const *dst = s->dst + j;
	const uint8_t *const *c = s->c + j;
	struct pair a = pair_load(dst[0] + at, left), b = a, d = a, e = a;

	if (n > 1)
		b = pair_load(dst[1] + at, left);
	if (n > 2)
		d = pair_load(dst[2] + at, left);
	if (n > 3)
		e = pair_load(dst[3] + at, left);
	for (size_t i = 0; i < s->srcs; i++) {
		struct parts x = parts_load(s->src[i] + at, left);

		a = pair_add(a, factor_of(c[0][i]), x);
		if (n > 1)
			b = pair_add(b, factor_of(c[1][i]), x);
		if (n > 2)
			d = pair_add(d, factor_of(c[2][i]), x);
		if (n > 3)
			e = pair_add(e, factor_of(c[3][i]), x);
	}
	pair_store(dst[0] + at, a, left);
	if (n > 1)
		pair_store(dst[1] + at, b, left);
	if (n > 2)
		pair_store(dst[2] + at, d, left);
	if (n > 3)
		pair_store(dst[3] + at, e, left);
}

INLINE void band(const struct gf256_sum *s, size_t at, size_t left)
{
	size_t j = 0;

	for (; s->dsts - j >= 4; j += 4)
		tile(s, j, 4, at, left);
	switch (s->dsts - j) {
	case 3:
		tile(s, j, 3, at, left);
		break;
	case 2:
		tile(s, j, 2, at, left);
		break;
	case 1:
		tile(s, j, 1, at, left);
		break;
	}
}

KERNEL static void tail(const struct gf256_sum *s, size_t at);

KERNEL static void sum(const struct gf256_sum *s)
{
	size_t at = 0;

	for (; s->len - at >= PAIR; at += PAIR)
		band(s, at, PAIR);
	if (at < s->len)
		tail(s, at);
}

#endif
