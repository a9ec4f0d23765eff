/*
 * Marks.  A key is known by 128 bits of hash: a number of machines that could
 * collide does not exist.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <string.h>

int marks_open(struct marks *m, const struct alloc *alloc)
{
	*m = (struct marks){.alloc = *alloc};
	return index_open(&m->by_key, &m->alloc, 64, true);
}

void marks_close(struct marks *m)
{
	index_close(&m->by_key, &m->alloc);
	alloc_put(&m->alloc, m->v);
	*m = (struct marks){.alloc = m->alloc};
}

struct mark *marks_get(struct marks *m, const char *key)
{
	size_t len = strlen(key);
	uint64_t a = hash_bytes(key, len, 1), b = hash_bytes(key, len, 2);
	struct mark *v;

	for (uint32_t walk = 0, at; index_next(&m->by_key, a, &walk, &at);)
		if (m->v[at].key[0] == a && m->v[at].key[1] == b)
			return &m->v[at];
	v = grow_for(&m->alloc, m->v, m->n, &m->most, sizeof *v);
	if (!v)
		return NULL;
	m->v = v;
	if (index_add(&m->by_key, a, m->n))
		return NULL;
	m->v[m->n] = (struct mark){.key = {a, b}};
	return &m->v[m->n++];
}
