/*
 * xoshiro256** by David Blackman and Sebastiano Vigna (public domain), its
 * state filled by splitmix64 as they advise: that never makes the all-zero
 * state, and seeds that differ in one bit give unrelated sequences.
 */
#include "base/rand.h"

#include <assert.h>

static uint64_t splitmix(uint64_t *at)
{
	uint64_t z = *at += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t rotate(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

void rand_seed(struct rand *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix(&seed);
}

uint64_t rand_u64(struct rand *r)
{
	uint64_t *s = r->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint64_t rand_below(struct rand *r, uint64_t below)
{
	uint64_t v, spare;

	assert(below);
	/* 2^64 mod below: so many numbers too many for an even share. */
	spare = (0 - below) % below;
	do
		v = rand_u64(r);
	while (v < spare);
	return v % below;
}
