/*
 * A toy in place of real hashes and signatures, for tests that need them to be
 * fast, or to be forged: a "signature" is the hash of key and bytes.
 */
#ifndef MUSTER_STAGE_TOY_CRYPT_H
#define MUSTER_STAGE_TOY_CRYPT_H

#include "base/crypt.h"

#include <string.h>

static inline uint64_t toy_mix(uint64_t h, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

static inline void toy_spread(void *to, size_t to_len, uint64_t h)
{
	uint8_t *b = to;

	for (size_t i = 0; i < to_len; i++) {
		if (i % 8 == 0)
			h = toy_mix(h, &i, 1);
		b[i] = (uint8_t)(h >> (i % 8 * 8));
	}
}

static inline void toy_hash(void *to, size_t to_len, const void *bytes,
			    size_t len)
{
	toy_spread(to, to_len, toy_mix(len, bytes, len));
}

static inline void toy_sign(const uint8_t key[CRYPT_KEY], const void *bytes,
			    size_t len, uint8_t signature[CRYPT_SIGNATURE])
{
	uint64_t h = toy_mix(1, key, CRYPT_KEY);

	toy_spread(signature, CRYPT_SIGNATURE, toy_mix(h, bytes, len));
}

static inline bool toy_verify(const uint8_t signature[CRYPT_SIGNATURE],
			      const void *bytes, size_t len,
			      const uint8_t key[CRYPT_KEY])
{
	uint8_t right[CRYPT_SIGNATURE];

	toy_sign(key, bytes, len, right);
	return !memcmp(right, signature, sizeof(right));
}

static inline void toy_mac(uint8_t to[CRYPT_MAC], const void *bytes, size_t len,
			   const uint8_t key[CRYPT_MAC_KEY])
{
	uint64_t h = toy_mix(2, key, CRYPT_MAC_KEY);

	toy_spread(to, CRYPT_MAC, toy_mix(h, bytes, len));
}

static const struct crypt toy_crypt = {toy_hash, toy_verify, toy_mac};

#endif
