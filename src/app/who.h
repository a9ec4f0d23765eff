/*
 * Who asks, as the history names it: "alice (muster import)".
 */
#ifndef MUSTER_APP_WHO_H
#define MUSTER_APP_WHO_H

#include "model/changes.h"

#include <sys/types.h>

/* The user's name as /etc/passwd has it, else "uid 1000"; and the program, if
 * it is not NULL, as far as it is plain text.  No other directory is asked:
 * that could be us. */
void who_put(char to[CHANGES_WHO], uid_t uid, const char *program);
/* The other end of a connection on a Unix socket. */
void who_put_peer(char to[CHANGES_WHO], int fd, const char *program);

#endif
