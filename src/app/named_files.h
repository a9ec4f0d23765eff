/*
 * What the registry reads, and who it becomes: its access file, the key of all
 * registries of a site.
 */
#ifndef MUSTER_APP_NAMED_FILES_H
#define MUSTER_APP_NAMED_FILES_H

#include "base/crypt.h"
#include "model/name_access.h"

enum { NAMED_WHY = 512 };

struct named_files {
	struct name_access access;
	uint8_t key[CRYPT_MAC_KEY]; /* zeros: there is none */
};

/* Both, at their paths; NULL: at the usual ones, which may be absent.  0 or
 * negative errno, and what is wrong in `why`. */
int named_files_read(struct named_files *f, const char *access, const char *key,
		     char *why, size_t room);
/* The access file once more; one with a mistake changes nothing. */
int named_files_access(struct named_files *f, const char *path, char *why,
		       size_t room);
/* Give up root for a user; NULL: for "muster", if there is one.  0, or negative
 * errno, and said on standard error. */
int named_become(const char *user);

#endif
