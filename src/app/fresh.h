/*
 * A file that is there whole or not at all: it is written under another name,
 * ".NAME.xxxxxx" beside it, which the boot directory does not serve, and gets
 * its own when it is on disk.
 */
#ifndef MUSTER_APP_FRESH_H
#define MUSTER_APP_FRESH_H

#include <stddef.h>
#include <sys/types.h>

enum { FRESH_PATH = 1024 };

struct fresh {
	int fd; /* -1: none */
	char path[FRESH_PATH], temporary[FRESH_PATH];
};

/* 0 or negative errno; then, too, fresh_drop() may follow. */
int fresh_open(struct fresh *f, const char *path, mode_t mode);
int fresh_write(struct fresh *f, const void *bytes, size_t len);
/* All of it to disk; fresh_name() is quick then. */
int fresh_sync(struct fresh *f);
/* Its name; one that was there is replaced.  It is closed, whatever comes. */
int fresh_name(struct fresh *f);
/* Close and remove what has no name yet; else nothing. */
void fresh_drop(struct fresh *f);

/* A small file at once. */
int fresh_put(const char *path, mode_t mode, const void *bytes, size_t len);
/* The whole of a file into `to`; its length, or negative errno: -EFBIG if it
 * is longer than `room`. */
ssize_t file_get(const char *path, void *to, size_t room);

#endif
