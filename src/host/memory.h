/*
 * The C library's heap, as the table of functions that the other layers know.
 * Safe to use from any thread.
 */
#ifndef MUSTER_HOST_MEMORY_H
#define MUSTER_HOST_MEMORY_H

#include "base/alloc.h"

extern const struct alloc host_memory;

#endif
