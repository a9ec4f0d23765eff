/*
 * Encoder and decoder share one loop: what is there goes, a window of symbols
 * at a time, into sums that start as zeros (encoder) or as the repairs that
 * came (decoder, where plus is minus).
 *
 * The decoder knows from the numbers alone whether its repairs suffice.  So it
 * inverts the small matrix of what is missing before it reads any symbol,
 * repair by repair (Gauss and Jordan): beside each row stands which sum of
 * repairs it is, and when the left half has become the identity the right half
 * is the inverse.
 */
#include "base/rlc.h"

#include <assert.h>
#include <string.h>

enum {
	WINDOW = 32, /* symbols: with their sums they fit into the cache */
	ROWS = 32,   /* sums at a time: what we keep coefficients for */
	TAKE = 8,    /* missing symbols at a time */
	LINE = 64    /* bytes: where sums begin */
};

/* Present symbols of one window: where they are, and which. */
struct window {
	const uint8_t *src[WINDOW];
	uint8_t place[WINDOW]; /* behind first */
	uint32_t first, n;
	size_t len; /* of each */
};

/* Output n of splitmix64 whose state was seed at first. */
static uint64_t output(uint64_t seed, uint64_t n)
{
	uint64_t v = seed + (n + 1) * 0x9e3779b97f4a7c15u;

	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9u;
	v = (v ^ v >> 27) * 0x94d049bb133111ebu;
	return v ^ v >> 31;
}

void rlc_coefficients(uint8_t *c, uint32_t b, uint32_t r, uint32_t from,
		      uint32_t n)
{
	uint64_t seed = (uint64_t)b << 32 | r, at = from / 8, v;
	uint32_t skip = from % 8;

	for (uint32_t i = 0; i < n; at++, skip = 0) {
		v = output(seed, at) >> 8 * skip;
		for (uint32_t k = skip; k < 8 && i < n; k++, v >>= 8)
			c[i++] = (uint8_t)v;
	}
}

/* Those of the symbols in the window. */
static void coefficients(const struct rlc_encoder *e, uint32_t row,
			 const struct window *w, uint8_t *c)
{
	uint8_t all[WINDOW];
	uint32_t n = w->n ? w->place[w->n - 1] + 1u : 0;

	rlc_coefficients(all, e->block.number, e->repairs[row], w->first, n);
	if (n == w->n)
		memcpy(c, all, n);
	else
		for (uint32_t i = 0; i < w->n; i++)
			c[i] = all[w->place[i]];
}

static void add_window(const struct rlc_encoder *e, const struct window *w)
{
	uint8_t c[ROWS][WINDOW];
	const uint8_t *rows[ROWS];

	for (uint32_t row = 0; row < e->n; row += ROWS) {
		uint32_t n = e->n - row < ROWS ? e->n - row : ROWS;

		for (uint32_t j = 0; j < n; j++) {
			coefficients(e, row + j, w, c[j]);
			rows[j] = c[j];
		}
		struct gf256_sum s = {e->sums + row, w->src, rows, n,
				      w->n,          w->len};

		e->block.gf->sum(&s);
	}
}

/* Symbols that are not there, ascending. */
struct holes {
	const uint32_t *at, *end;
};

/* Fill the window from n symbols at `bytes`; how many of them it used up. */
static uint32_t fill(struct window *w, const uint8_t *bytes, uint32_t n,
		     struct holes *holes)
{
	uint32_t used = n < WINDOW ? n : WINDOW;

	w->n = 0;
	for (uint32_t i = 0; i < used; i++) {
		if (holes->at < holes->end && *holes->at == w->first + i) {
			holes->at++;
			continue;
		}
		w->src[w->n] = bytes + i * w->len;
		w->place[w->n++] = (uint8_t)i;
	}
	return used;
}

/* All but the holes of `len` bytes from symbol `first` on; how many that were.
 */
static uint32_t add(const struct rlc_encoder *e, uint32_t first,
		    const uint8_t *bytes, size_t len, struct holes holes)
{
	struct window w = {.first = first, .len = e->block.len};
	uint32_t n = (uint32_t)(len / w.len), there = 0;
	size_t rest = len % w.len;

	assert(first <= e->block.symbols && n <= e->block.symbols - first);
	while (n) {
		uint32_t used = fill(&w, bytes, n, &holes);

		add_window(e, &w);
		there += w.n;
		w.first += used;
		bytes += used * w.len;
		n -= used;
	}
	if (!rest)
		return there;
	assert(w.first + 1 == e->block.symbols);
	w.len = rest;
	fill(&w, bytes, 1, &holes);
	add_window(e, &w);
	return there + w.n;
}

void rlc_encoder_open(struct rlc_encoder *e, const struct rlc_block *block,
		      const uint32_t *repairs, uint8_t *const *sums, uint32_t n)
{
	assert(block->len);
	*e = (struct rlc_encoder){*block, repairs, sums, n};
	for (uint32_t i = 0; i < n; i++)
		memset(sums[i], 0, block->len);
}

void rlc_encoder_add(const struct rlc_encoder *e, uint32_t first,
		     const uint8_t *bytes, size_t len)
{
	add(e, first, bytes, len, (struct holes){NULL, NULL});
}

/* ---- decoder ------------------------------------------------------------ */

/* The matrix and what becomes its inverse, in whole lines: kernels have a slow
 * end. */
static size_t row_size(uint32_t lost)
{
	return (2 * (size_t)lost + LINE - 1) / LINE * LINE;
}

/* The work area: addresses, numbers, rows, sums. */
size_t rlc_work_size(uint32_t lost, size_t len)
{
	size_t each = sizeof(uint8_t *) + 4 * sizeof(uint32_t) +
		      row_size(lost) + len;

	return lost * each + LINE;
}

void rlc_decoder_open(struct rlc_decoder *d, const struct rlc_block *block,
		      const uint32_t *missing, uint32_t lost, void *work)
{
	uint8_t **sums = work;
	uint32_t *numbers = (uint32_t *)(sums + lost);
	uint8_t *matrix = (uint8_t *)(numbers + 4 * (size_t)lost);
	uint8_t *bytes;

	assert(lost <= block->symbols);
	matrix += (0 - (uintptr_t)matrix) % LINE;
	bytes = matrix + lost * row_size(lost);
	*d = (struct rlc_decoder){.lost = lost,
				  .missing = numbers,
				  .repairs = numbers + lost,
				  .column = numbers + 2 * (size_t)lost,
				  .row = numbers + 3 * (size_t)lost,
				  .sums = sums,
				  .matrix = matrix};
	for (uint32_t i = 0; i < lost; i++) {
		assert(missing[i] < block->symbols);
		assert(i == 0 || missing[i - 1] < missing[i]);
		d->missing[i] = missing[i];
		d->sums[i] = bytes + i * block->len;
	}
	d->known = (struct rlc_encoder){*block, d->repairs, d->sums, 0};
}

static uint8_t *row_at(const struct rlc_decoder *d, uint32_t i)
{
	return d->matrix + row_size(d->lost) * i;
}

/* to -= what clears its column. */
static void clear(const struct rlc_decoder *d, uint8_t *to, const uint8_t *row,
		  uint32_t column)
{
	gf256_muladd(d->known.block.gf, to, row, to[column], row_size(d->lost));
}

/* The first column with something in it; lost if there is none. */
static uint32_t lead(const struct rlc_decoder *d, const uint8_t *row)
{
	uint32_t column = 0;

	while (column < d->lost && !row[column])
		column++;
	return column;
}

/* The row of a repair, less all that the rows before it say. */
static uint8_t *new_row(struct rlc_decoder *d, uint32_t repair)
{
	const struct rlc_block *block = &d->known.block;
	uint8_t *row = row_at(d, d->rank);

	for (uint32_t i = 0; i < d->lost; i++)
		rlc_coefficients(row + i, block->number, repair, d->missing[i],
				 1);
	memset(row + d->lost, 0, row_size(d->lost) - d->lost);
	row[d->lost + d->rank] = 1;
	for (uint32_t i = 0; i < d->rank; i++)
		clear(d, row, row_at(d, i), d->column[i]);
	return row;
}

static void settle_row(struct rlc_decoder *d, uint8_t *row, uint32_t column)
{
	gf256_scale(d->known.block.gf, row, gf256_inv(row[column]),
		    row_size(d->lost));
	for (uint32_t i = 0; i < d->rank; i++)
		clear(d, row_at(d, i), row, column);
	d->column[d->rank] = column;
	d->row[column] = d->rank;
}

bool rlc_decoder_repair(struct rlc_decoder *d, uint32_t repair,
			const uint8_t *bytes)
{
	if (d->rank == d->lost)
		return false;

	uint8_t *row = new_row(d, repair);
	uint32_t column = lead(d, row);

	if (column == d->lost)
		return false;
	settle_row(d, row, column);
	d->repairs[d->rank] = repair;
	if (d->known.block.len)
		memcpy(d->sums[d->rank], bytes, d->known.block.len);
	d->known.n = ++d->rank;
	return true;
}

/* The missing symbols from `first` on. */
static struct holes holes_from(const struct rlc_decoder *d, uint32_t first)
{
	struct holes holes = {d->missing, d->missing + d->lost};

	while (holes.at < holes.end && *holes.at < first)
		holes.at++;
	return holes;
}

void rlc_decoder_add(struct rlc_decoder *d, uint32_t first,
		     const uint8_t *bytes, size_t len)
{
	assert(rlc_decoder_is_ready(d));
	d->fed += add(&d->known, first, bytes, len, holes_from(d, first));
}

/* c: the sums that make up a symbol, by their coefficients. */
static const uint8_t *inverse(const struct rlc_decoder *d, uint32_t column)
{
	return row_at(d, d->row[column]) + d->lost;
}

void rlc_decoder_take(const struct rlc_decoder *d, uint32_t at, uint32_t n,
		      uint8_t *const *to)
{
	const uint8_t *rows[TAKE];
	const struct rlc_block *block = &d->known.block;

	assert(rlc_decoder_is_ready(d));
	assert(d->fed == block->symbols - d->lost);
	assert(at <= d->lost && n <= d->lost - at);
	for (uint32_t done = 0, some; done < n; done += some) {
		some = n - done < TAKE ? n - done : TAKE;
		for (uint32_t i = 0; i < some; i++) {
			rows[i] = inverse(d, at + done + i);
			memset(to[done + i], 0, block->len);
		}
		struct gf256_sum s = {
			to + done, (const uint8_t *const *)d->sums,
			rows,      some,
			d->lost,   block->len};

		block->gf->sum(&s);
	}
}
