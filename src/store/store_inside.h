/*
 * What the stores have in common, for their own files only.
 */
#ifndef MUSTER_STORE_STORE_INSIDE_H
#define MUSTER_STORE_STORE_INSIDE_H

#include "store/store.h"

#include <errno.h>

typedef int store_each(void *arg, const struct change *c);

/* Nothing of the batch is durable, and why.  Returns rc. */
static inline int store_fail_all(struct commit *v, size_t n, int rc)
{
	for (size_t i = 0; i < n; i++) {
		v[i].rc = rc;
		v[i].revision = 0;
	}
	return rc;
}

/* What holds up nobody else. */
static inline bool store_is_refusal(int rc)
{
	return rc == -ESTALE || rc == -EPERM;
}

/* For a snapshot in which the entry with the last id is gone: it comes and
 * goes, so that the id is not given out once more. */
int store_each_gone(store_each *each, void *arg, uint32_t last_id);

/* An entry, as a change that makes it so, before it is changed. */
typedef bool store_seek(void *arg, uint32_t id, struct change *to);

enum { FIXED_ROOM = 32 };
/* One of the fixed entries as it is until it is edited, its property list in
 * `room`; false: it is none of them. */
bool store_fixed(uint32_t id, uint8_t room[FIXED_ROOM], struct change *to);

/* The path, in its domain, of an entry with these properties; `seek` finds
 * those above it, but for fixed ones that never were edited. */
void store_path(char to[STORE_PATH], const struct change *entry,
		store_seek *seek, void *arg);

/* What `act` makes of a mastership; *m becomes what is so afterwards. */
int store_judge(enum store_act act, const struct store_master *was,
		struct store_master *m, usec wall);

#endif
