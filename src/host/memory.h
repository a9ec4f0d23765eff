/*
 * The C library's heap, as the table of functions that the other layers know.
 * Safe to use from any thread.
 */
#ifndef MUSTER_HOST_MEMORY_H
#define MUSTER_HOST_MEMORY_H

#include "base/alloc.h"

extern const struct alloc host_memory;

/* Whoever has given back very much in small pieces sorts them, and returns what
 * is whole to the kernel: else the next who gives back a large one does the
 * sorting, on whatever thread he is. */
void host_memory_tidy(void);

/* Bytes that may be taken before others have to give some back, as the kernel
 * estimates; UINT64_MAX where it does not say. */
uint64_t host_memory_available(void);

#endif
