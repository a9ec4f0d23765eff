/*
 * SHA-256 (FIPS 180-4) in plain C, for muster-client-plain: libsodium's archive
 * brings all of itself along.
 */
#include "host/sha256.h"

#include "base/cursor.h"

#include <stdlib.h>

enum { BLOCK = 64, ROUNDS = 64, LENGTH_AT = 56 };

struct sha256 {
	uint32_t h[8];
	uint8_t block[BLOCK];
	uint64_t len;
};

/* 4.2.2: the first 64 primes' cube roots. */
static const uint32_t k[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void schedule(uint32_t w[ROUNDS], const uint8_t block[BLOCK])
{
	struct rd r = rd_over(block, BLOCK);

	for (unsigned t = 0; t < 16; t++)
		w[t] = rd_u32(&r);
	for (unsigned t = 16; t < ROUNDS; t++) {
		uint32_t a = w[t - 15], b = w[t - 2];

		w[t] = (turn(b, 17) ^ turn(b, 19) ^ b >> 10) + w[t - 7] +
		       (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[t - 16];
	}
}

/* 6.2.2; v is a to h. */
static void compress(uint32_t h[8], const uint8_t block[BLOCK])
{
	uint32_t w[ROUNDS], v[8];

	schedule(w, block);
	memcpy(v, h, sizeof(v));
	for (unsigned t = 0; t < ROUNDS; t++) {
		uint32_t e = v[4], a = v[0];
		uint32_t one = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
			       ((e & v[5]) ^ (~e & v[6])) + k[t] + w[t];
		uint32_t two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +
			       ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += one;
		v[0] = one + two;
	}
	for (unsigned i = 0; i < 8; i++)
		h[i] += v[i];
}

struct sha256 *sha256_open(void)
{
	struct sha256 *h = malloc(sizeof(*h));

	if (h)
		*h = (struct sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
					   0xa54ff53a, 0x510e527f, 0x9b05688c,
					   0x1f83d9ab, 0x5be0cd19}};
	return h;
}

void sha256_close(struct sha256 *h)
{
	free(h);
}

bool sha256_add(struct sha256 *h, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len) {
		size_t at = h->len % BLOCK;
		size_t n = len < BLOCK - at ? len : BLOCK - at;

		memcpy(h->block + at, p, n);
		h->len += n;
		p += n;
		len -= n;
		if (at + n == BLOCK)
			compress(h->h, h->block);
	}
	return true;
}

bool sha256_end(struct sha256 *h, uint8_t to[SHA256_BYTES])
{
	static const uint8_t padding[BLOCK] = {0x80};
	uint64_t bits = h->len * 8;
	size_t at = h->len % BLOCK;
	uint8_t length[8];
	struct wr w = wr_over(length, sizeof(length));

	wr_u64(&w, bits);
	sha256_add(h, padding,
		   at < LENGTH_AT ? LENGTH_AT - at : BLOCK + LENGTH_AT - at);
	sha256_add(h, length, sizeof(length));
	w = wr_over(to, SHA256_BYTES);
	for (unsigned i = 0; i < 8; i++)
		wr_u32(&w, h->h[i]);
	return true;
}
