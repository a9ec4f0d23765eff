/*
 * Hashes and signatures as a table of functions, given at open: engines and
 * models call them, but only host knows the library (libsodium).
 */
#ifndef MUSTER_BASE_CRYPT_H
#define MUSTER_BASE_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CRYPT_HASH = 32,
	CRYPT_KEY = 32,
	CRYPT_SIGNATURE = 64,
	CRYPT_MAC = 32,
	CRYPT_MAC_KEY = 32,
};

struct crypt {
	/* BLAKE2b (RFC 7693) without a key; to_len is 16 to 64. */
	void (*hash)(void *to, size_t to_len, const void *bytes, size_t len);
	/* Ed25519 (RFC 8032). */
	bool (*verify)(const uint8_t signature[CRYPT_SIGNATURE],
		       const void *bytes, size_t len,
		       const uint8_t key[CRYPT_KEY]);
	/* HMAC with SHA-256 (RFC 2104, RFC 6234). */
	void (*mac)(uint8_t to[CRYPT_MAC], const void *bytes, size_t len,
		    const uint8_t key[CRYPT_MAC_KEY]);
};

#endif
