/*
 * Arrays that grow.
 */
#ifndef MUSTER_BASE_GROW_H
#define MUSTER_BASE_GROW_H

#include "base/alloc.h"

#include <string.h>

/*
 * Room for one more thing of `size` bytes behind the n that are in v: v itself
 * while n < *most; else an array of twice the room (64 at first), with all that
 * was in v, which is given back.  NULL without memory, and v is as it was.
 */
static inline void *grow_for(const struct alloc *a, void *v, size_t n,
			     size_t *most, size_t size)
{
	size_t room = *most ? 2 * *most : 64;
	void *to;

	if (n < *most)
		return v;
	to = alloc_get(a, room, size);
	if (!to)
		return NULL;
	if (n)
		memcpy(to, v, n * size);
	alloc_put(a, v);
	*most = room;
	return to;
}

#endif
