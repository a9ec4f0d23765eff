/*
 * What this processor can do: which of the GF(2^8) kernels it runs.
 */
#ifndef MUSTER_HOST_CPU_H
#define MUSTER_HOST_CPU_H

#include "base/gf256.h"

#include <stdbool.h>
#include <stddef.h>

/* The fastest one; at least the portable. */
const struct gf256 *gf256_best(void);
/* Kernel number i of this kind of processor, the fastest first, whether it runs
 * here or not; NULL behind the last, which is the portable.  *runs says it. */
const struct gf256 *gf256_at(size_t i, bool *runs);
/* The one of that name, or NULL if there is none here or it doesn't run. */
const struct gf256 *gf256_by_name(const char *name);

#endif
