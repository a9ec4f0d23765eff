/*
 * What the kernels share: their tables, and the way out for odd ends.
 */
#ifndef MUSTER_BASE_GF256_INSIDE_H
#define MUSTER_BASE_GF256_INSIDE_H

#include "base/gf256.h"

/* For each c: c * 0 .. c * 15, and then c * 0, c * 16 .. c * 240. */
extern const uint8_t gf256_nibbles[256][32];
/* For each c the bits of the matrix that multiplies by it, as vgf2p8affineqb
 * reads them: the row of bit 7 is the lowest byte, bit 0 the first column. */
extern const uint64_t gf256_matrices[256];

/* A part of a kernel: KERNEL is the attribute that names its instructions. */
#define INLINE KERNEL static inline __attribute__((always_inline))

/* Portable, and only for what stands at `at` and later in the rows. */
void gf256_sum_from(const struct gf256_sum *s, size_t at);

#endif
