/*
 * What the registry reads, and who it becomes: its access file, the key of all
 * registries of a site.
 */
#ifndef MUSTER_APP_NAMED_FILES_H
#define MUSTER_APP_NAMED_FILES_H

#include "base/crypt.h"
#include "model/name_access.h"

#include <sys/types.h>

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
struct named_user {
	uid_t uid;
	gid_t gid;
	bool is_other; /* than we are */
};

/* Whom to be: who we are, or, if that is root, `name`, a name or a number;
 * NULL: "muster", if there is such a user.  0, or -ESRCH: there is none. */
int named_user(struct named_user *u, const char *name);
int named_become(const struct named_user *u);
/* Make it if it is missing; a new or empty one is given to the user, as musterd
 * does with the same one.  *is_ours: it is the user's own.  0 or negative
 * errno. */
int named_directory(const char *path, const struct named_user *u,
		    bool *is_ours);

#endif
