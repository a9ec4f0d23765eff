/*
 * Passwords by crypt(3).  A check may take a second, on purpose: never on the
 * loop's thread.
 */
#ifndef MUSTER_HOST_PASSWORD_H
#define MUSTER_HOST_PASSWORD_H

#include <stddef.h>

enum {
	PASSWORD_HASH = 256 /* the longest that crypt(3) makes, with its NUL */
};

/* 0: this is the password of the hash; -EACCES: it is not; -EINVAL: that is no
 * hash of a kind that this system knows; -ENOMEM.  Of any thread. */
int password_check(const char *password, const char *hash);
/* A hash with a new salt, of the kind that this system likes best.  0 or
 * negative errno. */
int password_hash(const char *password, char to[PASSWORD_HASH]);

#endif
