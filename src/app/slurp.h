/*
 * A whole file of somebody's, or standard input.
 */
#ifndef MUSTER_APP_SLURP_H
#define MUSTER_APP_SLURP_H

#include <stddef.h>

enum { SLURP_LEAST = 64 * 1024 };

/* NULL: standard input.  0, and *text is the caller's to free; or negative
 * errno: -EFBIG from `most` bytes on, which is SLURP_LEAST times a power of
 * two. */
int slurp(const char *path, size_t most, char **text, size_t *len);

#endif
