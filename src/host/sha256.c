/*
 * SHA-256.  libcrypto's uses the processor's own instructions; the small static
 * client has libsodium alone, and loads one file at a time.
 */
#include "host/sha256.h"

#ifdef MUSTER_CLIENT

#include <sodium.h>
#include <stdlib.h>

struct sha256 {
	crypto_hash_sha256_state state;
};

struct sha256 *sha256_open(void)
{
	struct sha256 *h = malloc(sizeof(*h));

	if (h)
		crypto_hash_sha256_init(&h->state);
	return h;
}

void sha256_close(struct sha256 *h)
{
	free(h);
}

bool sha256_add(struct sha256 *h, const void *bytes, size_t len)
{
	return !crypto_hash_sha256_update(&h->state, bytes, len);
}

bool sha256_end(struct sha256 *h, uint8_t to[SHA256_BYTES])
{
	return !crypto_hash_sha256_final(&h->state, to);
}

#else

#include <openssl/evp.h>

/* What is behind the pointer is libcrypto's own. */
static EVP_MD_CTX *of(struct sha256 *h)
{
	return (EVP_MD_CTX *)h;
}

struct sha256 *sha256_open(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx && !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	return (struct sha256 *)ctx;
}

void sha256_close(struct sha256 *h)
{
	EVP_MD_CTX_free(of(h));
}

bool sha256_add(struct sha256 *h, const void *bytes, size_t len)
{
	return EVP_DigestUpdate(of(h), bytes, len) == 1;
}

bool sha256_end(struct sha256 *h, uint8_t to[SHA256_BYTES])
{
	return EVP_DigestFinal_ex(of(h), to, NULL) == 1;
}

#endif
