/*
 * Signing with Ed25519 (libsodium).  Only the commands do that: servers and
 * machines have no secrets.
 */
#ifndef MUSTER_HOST_SIGN_H
#define MUSTER_HOST_SIGN_H

#include "base/crypt.h"

enum { SIGN_SEED = 32 }; /* a secret key; any 32 random bytes */

/* The public key that goes with it. */
void sign_public(const uint8_t seed[SIGN_SEED], uint8_t key[CRYPT_KEY]);
void sign_bytes(const uint8_t seed[SIGN_SEED], const void *bytes, size_t len,
		uint8_t signature[CRYPT_SIGNATURE]);
/* A new one. */
void sign_draw(uint8_t seed[SIGN_SEED]);
/* Overwrite what was secret; no compiler leaves it out. */
void sign_forget(void *secret, size_t len);

#endif
