/*
 * A random linear code.  A block has k symbols of L bytes; repair number r of
 * block b is the sum over i of c(b, r, i) * symbol i in GF(2^8).  Anybody can
 * derive the coefficients, there are four billion repairs to a block, and any k
 * symbols and repairs nearly always restore it: with x repairs more than
 * symbols are lost they fail once in 255 * 256^x times.
 *
 * Nothing here takes memory or holds on to what was given in a call, unless it
 * says so.
 */
#ifndef MUSTER_BASE_RLC_H
#define MUSTER_BASE_RLC_H

#include "base/gf256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rlc_block {
	const struct gf256 *gf;
	uint32_t number;  /* b */
	uint32_t symbols; /* k */
	size_t len;       /* L; with 0 a decoder only counts its rank */
};

/*
 * c(b, r, from) .. c(b, r, from + n - 1).  They are the bytes of splitmix64's
 * outputs, the lowest byte of each first, beginning at the state b << 32 | r.
 * 0 is as likely as any other.
 */
void rlc_coefficients(uint8_t *c, uint32_t b, uint32_t r, uint32_t from,
		      uint32_t n);

/* n repairs of one block in the making. */
struct rlc_encoder {
	struct rlc_block block;
	const uint32_t *repairs;
	uint8_t *const *sums;
	uint32_t n;
};

/* repairs: n of their numbers.  sums: n addresses of L bytes each, which are
 * set to zero.  Both arrays stay the caller's and must outlive the encoder. */
void rlc_encoder_open(struct rlc_encoder *e, const struct rlc_block *block,
		      const uint32_t *repairs, uint8_t *const *sums,
		      uint32_t n);
/*
 * Symbols number first, first + 1, ... stand one behind the other in `len`
 * bytes.  Only the last symbol of the block may be short; it counts as if zeros
 * followed.  When each has been added once, in any order, the sums are the
 * repairs.  Several at once (sixteen or more) are faster than one.
 */
void rlc_encoder_add(const struct rlc_encoder *e, uint32_t first,
		     const uint8_t *bytes, size_t len);

/* Restores the symbols that one block lacks:
 *
 *	rlc_decoder_open(&d, &block, missing, lost, work);
 *	while (!rlc_decoder_is_ready(&d))
 *		rlc_decoder_repair(&d, its number, its bytes);
 *	for (all symbols that are there)
 *		rlc_decoder_add(&d, first, bytes, len);
 *	rlc_decoder_take(&d, 0, lost, to);
 *
 * It reads what is there once, and solves only for what is missing.
 */
struct rlc_decoder {
	struct rlc_encoder known; /* repairs that count, less what is there */
	uint32_t lost, rank;
	uint32_t fed; /* symbols added */
	uint32_t *missing, *repairs;
	uint32_t *column; /* of each row of the matrix: whose 1 it has */
	uint32_t *row;    /* of each column: the other way round */
	uint8_t **sums, *matrix;
};

/* How many bytes a decoder works in. */
size_t rlc_work_size(uint32_t lost, size_t len);
/* missing: the `lost` numbers, ascending; copied.  work: rlc_work_size() bytes,
 * aligned for any type, the decoder's as long as it lives. */
void rlc_decoder_open(struct rlc_decoder *d, const struct rlc_block *block,
		      const uint32_t *missing, uint32_t lost, void *work);
/*
 * A repair and its L bytes, which are copied.  False if it adds nothing to
 * those that it has, or if it is ready: one more is needed for the one that
 * failed.
 */
bool rlc_decoder_repair(struct rlc_decoder *d, uint32_t repair,
			const uint8_t *bytes);
/* True if it has as many independent repairs as symbols are missing. */
static inline bool rlc_decoder_is_ready(const struct rlc_decoder *d)
{
	return d->rank == d->lost;
}
/*
 * As rlc_encoder_add, once it is ready (asserted).  Missing symbols among these
 * are passed over, so that a piece of the file with holes can be given as it
 * is; a symbol that is there must be given once.
 */
void rlc_decoder_add(struct rlc_decoder *d, uint32_t first,
		     const uint8_t *bytes, size_t len);
/*
 * The missing symbols number at .. at + n - 1 of the list, each to L bytes of
 * its own.  All the others have been added (asserted).  A last symbol that is
 * short comes with its zeros.  May be called again.
 */
void rlc_decoder_take(const struct rlc_decoder *d, uint32_t at, uint32_t n,
		      uint8_t *const *to);

#endif
