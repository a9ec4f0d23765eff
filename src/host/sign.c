/*
 * libsodium's long secret key is the seed and the public key behind it: it is
 * made anew each time, so that no file need hold more than the seed.
 */
#include "host/sign.h"

#include <assert.h>
#include <sodium.h>

static void start(void)
{
	/* It may be called again, and then does nothing. */
	int rc = sodium_init();

	assert(rc >= 0);
}

void sign_public(const uint8_t seed[SIGN_SEED], uint8_t key[CRYPT_KEY])
{
	uint8_t both[crypto_sign_SECRETKEYBYTES];

	start();
	(void)crypto_sign_seed_keypair(key, both, seed);
	sodium_memzero(both, sizeof(both));
}

void sign_bytes(const uint8_t seed[SIGN_SEED], const void *bytes, size_t len,
		uint8_t signature[CRYPT_SIGNATURE])
{
	uint8_t both[crypto_sign_SECRETKEYBYTES], key[CRYPT_KEY];

	start();
	(void)crypto_sign_seed_keypair(key, both, seed);
	(void)crypto_sign_detached(signature, NULL, bytes, len, both);
	sodium_memzero(both, sizeof(both));
}

void sign_draw(uint8_t seed[SIGN_SEED])
{
	start();
	randombytes_buf(seed, SIGN_SEED);
}

void sign_forget(void *secret, size_t len)
{
	sodium_memzero(secret, len);
}
