/*
 * Hashes and signatures of libsodium, behind the table that the pure layers
 * know.
 */
#ifndef MUSTER_HOST_CRYPT_H
#define MUSTER_HOST_CRYPT_H

#include "base/crypt.h"

/* Any thread may call it at any time. */
extern const struct crypt host_crypt;

#endif
