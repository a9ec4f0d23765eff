/*
 * The inside of copying, for its own files only.
 */
#ifndef MUSTER_STORE_COPYING_INSIDE_H
#define MUSTER_STORE_COPYING_INSIDE_H

#include "store/copying.h"

#include "base/hash.h"
#include "base/sheet.h"
#include "store/store_inside.h"

/* 128 bits of an entry or a lease as it is. */
struct thing_hash {
	uint64_t v[2];
};
/* `room` is for the work.  0 or -ENOMEM. */
int thing_hash(struct sheet *room, const struct change *c,
	       struct thing_hash *to);

/* All that a store has: entries, then a DESTROY if an id was given that is
 * higher than theirs, then leases. */
int tell_things(struct store *s, const struct alloc *alloc, store_each *each,
		void *arg, uint64_t *revision);

#endif
