/*
 * Random numbers from the kernel (R20): a seed for the generators of the
 * engines, which then need it no more.
 */
#ifndef MUSTER_HOST_RANDOM_H
#define MUSTER_HOST_RANDOM_H

#include <stdint.h>

/* 64 unpredictable bits.  0 or negative errno: -ENOSYS and the like; *seed is
 * then not changed. */
int host_random(uint64_t *seed);

#endif
