/*
 * SHA-256 (FIPS 180-4) in pieces: of received files.
 */
#ifndef MUSTER_HOST_SHA256_H
#define MUSTER_HOST_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

struct sha256;

/* NULL: there is no memory. */
struct sha256 *sha256_open(void);
/* NULL is allowed. */
void sha256_close(struct sha256 *h);
/* False if the library failed. */
bool sha256_add(struct sha256 *h, const void *bytes, size_t len);
/* Nothing can be added afterwards. */
bool sha256_end(struct sha256 *h, uint8_t to[SHA256_BYTES]);

#endif
