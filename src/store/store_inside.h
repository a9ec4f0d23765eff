/*
 * What the stores have in common, for their own files only.
 */
#ifndef MUSTER_STORE_STORE_INSIDE_H
#define MUSTER_STORE_STORE_INSIDE_H

#include "store/store.h"

typedef int store_each(void *arg, const struct change *c);

/* Nothing of the batch is durable, and why.  Returns rc. */
static inline int store_fail_all(struct commit *v, size_t n, int rc)
{
	for (size_t i = 0; i < n; i++)
		v[i].rc = rc;
	return rc;
}

/* For a snapshot in which the entry with the last id is gone: it comes and
 * goes, so that the id is not given out once more. */
int store_each_gone(store_each *each, void *arg, uint32_t last_id);

#endif
