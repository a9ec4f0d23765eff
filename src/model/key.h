/*
 * Keys as people handle them: one line of text each.
 *
 *	muster-key-1 HEX ID COMMENT       a public key, 32 bytes
 *	muster-secret-1 HEX ID COMMENT    the seed of a secret one, 32 bytes
 *
 * ID is the key id of the public key (docs/protocols/train.md): who has
 * mistyped a digit is told so.
 */
#ifndef MUSTER_MODEL_KEY_H
#define MUSTER_MODEL_KEY_H

#include "model/manifest.h"

enum { KEY_COMMENT = 96, KEY_LINE = 256 };

struct key {
	bool is_secret;
	uint8_t bytes[CRYPT_KEY];
	uint8_t id[MANIFEST_KEY_ID];
	char comment[KEY_COMMENT];
};

/* The whole of a file, with or without its newline.  False if it is no such
 * line, or a public key that does not fit its id.  What a secret key's id fits
 * only its public key can tell. */
bool key_get(struct key *k, const char *text, size_t len,
	     const struct crypt *crypt);
/* With a newline and a NUL.  What a comment can't hold is left out of it. */
void key_put(const struct key *k, char to[KEY_LINE]);

#endif
