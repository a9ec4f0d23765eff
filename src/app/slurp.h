/*
 * A whole file of somebody's, or standard input.
 */
#ifndef MUSTER_APP_SLURP_H
#define MUSTER_APP_SLURP_H

#include <stddef.h>

enum { SLURP_MOST = 256 << 20 };

/* NULL: standard input.  0, and *text is the caller's to free; or negative
 * errno: -EFBIG beyond SLURP_MOST bytes. */
int slurp(const char *path, char **text, size_t *len);

#endif
