/*
 * Memory for tests: it may run out at any point, and what was not given back
 * shows at the end.
 */
#ifndef MUSTER_TESTS_PURSE_H
#define MUSTER_TESTS_PURSE_H

#include "base/alloc.h"

#include <stdlib.h>

struct purse {
	long left; /* pieces still to be had; negative: any number */
	long out;  /* pieces not given back */
	struct alloc alloc;
};

static inline void *purse_get(void *arg, size_t n, size_t size)
{
	struct purse *p = arg;

	if (!p->left)
		return NULL;
	p->left--;
	p->out++;
	return calloc(n, size);
}

static inline void purse_put(void *arg, void *at)
{
	struct purse *p = arg;

	p->out -= at != NULL;
	free(at);
}

/* It is referred to by its allocator: it stays where it is. */
static inline const struct alloc *purse_open(struct purse *p)
{
	*p = (struct purse){.left = -1, .alloc = {p, purse_get, purse_put}};
	return &p->alloc;
}

#endif
