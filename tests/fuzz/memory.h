/*
 * Memory for fuzz targets: the C library's, which the sanitizers watch.
 */
#ifndef MUSTER_TESTS_FUZZ_MEMORY_H
#define MUSTER_TESTS_FUZZ_MEMORY_H

#include "base/alloc.h"

#include <stdlib.h>

static inline void *fuzz_get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n, size);
}

static inline void fuzz_put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static const struct alloc fuzz_memory = {NULL, fuzz_get, fuzz_put};

#endif
