/*
 * What a loading command trusts: the keys that it was given, and no version
 * lower than what this host has had.
 */
#ifndef MUSTER_APP_TRUST_H
#define MUSTER_APP_TRUST_H

#include "app/versions.h"

enum { TRUST_KEYS = 16 };

struct trust {
	uint8_t keys[TRUST_KEYS][CRYPT_KEY];
	unsigned n_keys;
	char path[1024]; /* of the versions */
	struct versions *versions;
};

/* A file with a public key.  0, or the exit status, said as `command`. */
int trust_add(struct trust *t, const char *command, const char *file);
/* All keys are there: fill in what the loader is to check.  The same. */
int trust_open(struct trust *t, const char *command,
	       struct loadc_config *config);
void trust_close(struct trust *t);
/* A file was loaded; NULL: by no train.  If it was signed its version is
 * remembered; that this failed is said, and is no error. */
void trust_note(struct trust *t, const char *command, const struct manifest *m);
/* One line's end: "signed by ..., version 7", "unsigned". */
void trust_text(const struct trust *t, const struct manifest *m, char *to,
		size_t room);

#endif
