/*
 * A directory once more.  Slots and indexes are copied as they are; property
 * lists are not where they were, so each slot gets its own.
 */
#include "model/directory_inside.h"

#include <errno.h>

static int copy_indexes(struct directory *d, const struct directory *from)
{
	int rc = index_copy(&d->by_id, &from->by_id, &d->alloc);

	for (int k = 0; k < KEYS && !rc; k++)
		rc = index_copy(&d->by_key[k], &from->by_key[k], &d->alloc);
	return rc ? rc : index_copy(&d->by_mark, &from->by_mark, &d->alloc);
}

static int copy_roots(struct directory *d, const struct directory *from)
{
	if (!from->most_roots)
		return 0;
	d->roots = alloc_get(&d->alloc, from->most_roots, sizeof *d->roots);
	if (!d->roots)
		return -ENOMEM;
	memcpy(d->roots, from->roots, from->n_roots * sizeof *d->roots);
	d->n_roots = from->n_roots;
	d->most_roots = from->most_roots;
	return 0;
}

static int open_blocks(struct directory *d, const struct directory *from)
{
	while (d->n_blocks < from->n_blocks) {
		struct slot *block = alloc_get(
			&d->alloc, (size_t)SLOTS << d->n_blocks, sizeof *block);

		if (!block)
			return -ENOMEM;
		d->blocks[d->n_blocks++] = block;
	}
	return 0;
}

/* A slot is counted when its list is its own. */
static int copy_slots(struct directory *d, const struct directory *from)
{
	int rc = open_blocks(d, from);

	for (uint32_t at = 0; at < from->used && !rc; at++) {
		const struct slot *is = slot_at(from, at);
		struct slot *to = slot_at(d, at);

		d->used = at + 1;
		*to = *is;
		rc = props_copy(d, &is->e.props, &to->e.props);
	}
	return rc;
}

int directory_copy(struct directory **to, const struct directory *from)
{
	struct directory *d = alloc_get(&from->alloc, 1, sizeof *d);
	int rc;

	if (!d)
		return -ENOMEM;
	d->alloc = from->alloc;
	d->seed = from->seed;
	d->free = from->free;
	d->next_id = from->next_id;
	d->machines = from->machines;
	d->writes = from->writes;
	rc = copy_indexes(d, from);
	if (!rc)
		rc = copy_roots(d, from);
	if (!rc)
		rc = copy_slots(d, from);
	if (rc) {
		directory_close(d);
		return rc;
	}
	*to = d;
	return 0;
}

/* Indexes know their allocator by its place. */
static void settle(struct directory *d)
{
	d->by_id.alloc = &d->alloc;
	for (int k = 0; k < KEYS; k++)
		d->by_key[k].alloc = &d->alloc;
	d->by_mark.alloc = &d->alloc;
}

void directory_swap(struct directory *a, struct directory *b)
{
	struct directory was = *a;

	*a = *b;
	*b = was;
	settle(a);
	settle(b);
}
