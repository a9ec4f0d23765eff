/*
 * Copying one kind of store into another, while no server uses either: what is
 * in it as it is, with all ids and instances.  The history and masterships do
 * not go along.
 */
#ifndef MUSTER_STORE_COPYING_H
#define MUSTER_STORE_COPYING_H

#include "store/store.h"

/* What a store holds.  Two with the same digest hold the same. */
struct store_sum {
	uint64_t entries, domains, leases;
	uint32_t last_id; /* that was given, if its entry is gone; else 0 */
	uint64_t digest[2];
	uint64_t revision;
};
/* Read all of it: 0 or an error of load()'s. */
int store_sum(struct store *s, const struct alloc *alloc, struct store_sum *to);
bool store_sum_is(const struct store_sum *a, const struct store_sum *b);

struct store_filling {
	const struct alloc *alloc;
	const struct store_sum *sum; /* of what is copied */
	/* The subnet that an address is in, as a lease of it says; 0: none. */
	uint32_t (*network)(void *arg, uint32_t ip);
	void *arg;
	/* What came of it: things that were written, and that were there
	 * already, from a copy that was interrupted. */
	uint64_t written, there;
};
/*
 * Write to `to` what it lacks of `from`.  It may be interrupted at any moment
 * and begun again.  0; -ENOTEMPTY: it has something already; -EALREADY: it has
 * a part of another copy; -EEXIST: it has a part of this one, which differs;
 * -EOPNOTSUPP; or what stops it.  The copy is not whole before it has been
 * compared, and the intake was ended.
 */
int store_fill(struct store *to, struct store *from, struct store_filling *f);

#endif
