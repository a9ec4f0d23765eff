/*
 * Which versions this host has had: a small file with a line for each key and
 * file name,
 *
 *	KEY-ID VERSION NAME
 *
 * where spaces, percent signs and what can't be printed are %XX in NAME.  So an
 * old release that somebody sends again is refused, though it was signed once.
 */
#ifndef MUSTER_APP_VERSIONS_H
#define MUSTER_APP_VERSIONS_H

#include "engine/loadc.h"

struct versions;

/* Where: $XDG_STATE_HOME/muster/versions, else root's in /var/lib/muster, else
 * ~/.local/state/muster/versions.  False: there is no such place. */
bool versions_place(char *to, size_t room);
/* 0; a file that is not there is an empty one.  Negative errno: -EBADMSG if it
 * says something else, and *line which one. */
int versions_open(struct versions **v, const char *path, unsigned *line);
void versions_close(struct versions *v); /* NULL is allowed */
/* All that was known when it was opened; good until it is closed. */
const struct loadc_seen *versions_all(const struct versions *v, unsigned *n);
/* It was had: remember it, on disk, unless a higher one is known, also by
 * another process.  0 or negative errno. */
int versions_note(const struct versions *v, const struct manifest *m);

#endif
