/*
 * libsodium finds out what the processor can do in sodium_init(), which the
 * first caller pays for.
 */
#include "host/crypt.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	int rc = sodium_init();

	assert(rc >= 0);
}

static void hash(void *to, size_t to_len, const void *bytes, size_t len)
{
	int rc;

	pthread_once(&once, start);
	rc = crypto_generichash(to, to_len, bytes, len, NULL, 0);
	assert(!rc);
}

static bool verify(const uint8_t signature[CRYPT_SIGNATURE], const void *bytes,
		   size_t len, const uint8_t key[CRYPT_KEY])
{
	pthread_once(&once, start);
	return crypto_sign_verify_detached(signature, bytes, len, key) == 0;
}

static void mac(uint8_t to[CRYPT_MAC], const void *bytes, size_t len,
		const uint8_t key[CRYPT_MAC_KEY])
{
	int rc;

	pthread_once(&once, start);
	rc = crypto_auth_hmacsha256(to, bytes, len, key);
	assert(!rc);
}

const struct crypt host_crypt = {.hash = hash, .verify = verify, .mac = mac};
