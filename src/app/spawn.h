/*
 * Other programs, run by name.
 */
#ifndef MUSTER_APP_SPAWN_H
#define MUSTER_APP_SPAWN_H

/* argv[0] with or without a path.  Its exit status, 128 if a signal ended it,
 * 127 if there is no such program; or a negative errno. */
int spawn(char *const argv[]);
/*
 * One that goes on by itself, in a session of its own, with nothing to read;
 * what it has to say it says on standard error, since who reads our standard
 * output waits for its end.  0 as soon as it runs; -ENOENT and the like if it
 * can't.
 */
int spawn_daemon(char *const argv[]);

#endif
