/*
 * Where memory comes from, as a table of functions: the pure layers know no
 * malloc.  Engines take memory only when they are opened; the directory only
 * when a change is applied; the packet path never (R6).
 */
#ifndef MUSTER_BASE_ALLOC_H
#define MUSTER_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

struct alloc {
	void *arg;
	/* Zeroed memory for n things of `size` bytes, aligned for any type, or
	 * NULL.  n * size that overflows is NULL, too. */
	void *(*get)(void *arg, size_t n, size_t size);
	/* Give it back; NULL is allowed. */
	void (*put)(void *arg, void *p);
};

static inline void *alloc_get(const struct alloc *a, size_t n, size_t size)
{
	return a->get(a->arg, n, size);
}

static inline void alloc_put(const struct alloc *a, void *p)
{
	a->put(a->arg, p);
}

#endif
