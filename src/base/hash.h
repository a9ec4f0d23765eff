/*
 * A hash index: from a 64-bit hash to the number of a slot in some table of
 * the caller's.  It knows no keys; the caller walks the candidates and
 * compares.
 *
 *	for (uint32_t at = 0, id; index_next(&ix, h, &at, &id);)
 *		if (same_key(table[id], key))
 *			return id;
 */
#ifndef MUSTER_BASE_HASH_H
#define MUSTER_BASE_HASH_H

#include "base/addr.h"
#include "base/alloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index_slot {
	uint32_t hash; /* the upper half; 0 never */
	uint32_t id;
};

struct index {
	struct index_slot *v;
	uint32_t mask;             /* slots - 1; slots is a power of two */
	uint32_t n, most;          /* ids in it; ids until it must grow */
	const struct alloc *alloc; /* NULL: fixed size */
};

/*
 * An index for `most` ids.  With `grows`, it takes more memory from the
 * allocator when needed (the directory, at a commit); else it is fixed, and
 * more ids than that is an assertion.  0 or -ENOMEM.
 */
int index_open(struct index *ix, const struct alloc *alloc, uint32_t most,
	       bool grows);
/* The same index once more, in memory of this allocator, which it grows with if
 * the other grows.  0 or -ENOMEM. */
int index_copy(struct index *ix, const struct index *from,
	       const struct alloc *alloc);
/* alloc: the one it was opened with. */
void index_close(struct index *ix, const struct alloc *alloc);
/* 0, or -ENOMEM from a growing index, which then is as before.  The same pair
 * twice is in it twice. */
int index_add(struct index *ix, uint64_t hash, uint32_t id);
/* No effect if that pair is not there. */
void index_remove(struct index *ix, uint64_t hash, uint32_t id);
/* Empty, with the room it has. */
void index_clear(struct index *ix);
/*
 * The next candidate for a hash, into *id; false if there are no more.  *at is
 * 0 at first and then belongs to the walk, which ends when the index is
 * changed. Different hashes may share candidates: always compare the key.
 */
bool index_next(const struct index *ix, uint64_t hash, uint32_t *at,
		uint32_t *id);

/*
 * Hashes, the same on every machine.  The seed, if it is secret, keeps
 * strangers from choosing what collides.  p may be NULL if len is 0.
 */
uint64_t hash_bytes(const void *p, size_t len, uint64_t seed);
uint64_t hash_u64(uint64_t v, uint64_t seed);
uint64_t hash_hwaddr(const struct hwaddr *hw, uint64_t seed);
/* Without regard to ASCII case: host names. */
uint64_t hash_name(const char *s, size_t len, uint64_t seed);

#endif
