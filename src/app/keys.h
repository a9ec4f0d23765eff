/*
 * Key pairs in files: FILE is the secret one, for its owner alone, FILE.pub the
 * public one, for all machines.  model/key.h says what is in them.
 */
#ifndef MUSTER_APP_KEYS_H
#define MUSTER_APP_KEYS_H

#include "host/sign.h"
#include "model/key.h"

#define KEYS_FILE "/etc/muster/key"

struct secret_key {
	uint8_t seed[SIGN_SEED];
	uint8_t id[MANIFEST_KEY_ID];
};

/*
 * 0 or negative errno, and *why in words that need no more than the file's name
 * before them.  A pair that is there is never replaced (-EEXIST), and a secret
 * key that others may read is not used.
 */
int keys_make(const char *path, const char *comment, struct key *public,
	      const char **why);
int keys_secret(const char *path, struct secret_key *k, const char **why);
int keys_public(const char *path, struct key *k, const char **why);
/* For manifest_put(): `key` is a struct secret_key. */
void keys_sign(void *key, const void *bytes, size_t len,
	       uint8_t signature[CRYPT_SIGNATURE]);

#endif
