/*
 * Seeded random numbers (xoshiro256**, Blackman and Vigna).  The same seed
 * gives the same sequence on every machine.  The daemon seeds from the kernel
 * (R20); a simulation from its --seed.  Not for keys.
 */
#ifndef MUSTER_BASE_RAND_H
#define MUSTER_BASE_RAND_H

#include <stdint.h>

struct rand {
	uint64_t s[4];
};

/* Any seed will do, 0 too. */
void rand_seed(struct rand *r, uint64_t seed);
/* All 64 bits are good. */
uint64_t rand_u64(struct rand *r);
/* 0 .. below-1, evenly; below > 0 (asserted) */
uint64_t rand_below(struct rand *r, uint64_t below);

#endif
