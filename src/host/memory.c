/*
 * The heap behind struct alloc.  calloc(3) itself refuses n * size that
 * overflows.
 */
#include "host/memory.h"

#include <stdlib.h>

static void *heap_get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n ? n : 1, size ? size : 1);
}

static void heap_put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

const struct alloc host_memory = {NULL, heap_get, heap_put};
