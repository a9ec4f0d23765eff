/*
 * Small text files of a directory like /etc, whole, in memory.
 */
#ifndef MUSTER_APP_ETC_H
#define MUSTER_APP_ETC_H

#include "base/span.h"

struct etc_file {
	char path[512];
	struct span text; /* s NULL: there is no such file */
	bool is_roots;    /* root's, and nobody else may write it */
};

/* Whether a folder that somebody named is there: 0 or negative errno. */
int etc_folder(const char *dir);
/* 0, also when there is no such file; -EFBIG above `most` bytes, or another
 * negative errno.  The text is the caller's until etc_free(). */
int etc_read(struct etc_file *f, const char *dir, const char *name,
	     size_t most);
void etc_free(struct etc_file *f);
/* Replace it by this text, atomically; its owner and mode stay (a new one has
 * 0644).  0 or negative errno. */
int etc_write(const struct etc_file *f, const char *text, size_t len);

#endif
