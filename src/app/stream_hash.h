/*
 * The hash of a file whose parts come in any order: what continues the part
 * already hashed is hashed at once and forgotten, the rest waits in memory.  A
 * file that comes in order takes no memory at all.
 */
#ifndef MUSTER_APP_STREAM_HASH_H
#define MUSTER_APP_STREAM_HASH_H

#include "host/sha256.h"

#include <stddef.h>
#include <stdint.h>

struct stream_hash;

/* SHA-256.  0 or -ENOMEM. */
int stream_hash_open(struct stream_hash **h);
void stream_hash_close(struct stream_hash *h); /* NULL is allowed */
/* A part, in no order, but none twice.  0, -ENOMEM, or -EINVAL if it overlaps
 * what was there. */
int stream_hash_put(struct stream_hash *h, uint64_t offset, const void *bytes,
		    size_t len);
/* 0, or -EIO if not exactly `size` bytes are there without a gap. */
int stream_hash_end(struct stream_hash *h, uint64_t size,
		    uint8_t sha256[SHA256_BYTES]);

#endif
