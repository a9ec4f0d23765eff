/*
 * Changes that are made together.  Their property lists lie one behind the
 * other in chunks that never move, each twice as large as the one before, up to
 * 64 KiB: most often there is one small change.
 */
#include "model/changes.h"

#include "model/directory.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { LEAST = 1024, CHUNK = 64 * 1024, FIRST = 16 };

struct changes_chunk {
	struct changes_chunk *next;
	size_t used, room;
	uint8_t bytes[];
};

int changes_open(struct changes **to, const struct alloc *alloc)
{
	struct changes *all = alloc_get(alloc, 1, sizeof *all);

	if (!all)
		return -ENOMEM;
	all->alloc = *alloc;
	all->keepers = 1;
	*to = all;
	return 0;
}

static int grow(struct changes *all)
{
	size_t room = all->room ? 2 * all->room : FIRST;
	struct change *v = alloc_get(&all->alloc, room, sizeof *v);

	if (!v)
		return -ENOMEM;
	if (all->n)
		memcpy(v, all->v, all->n * sizeof *v);
	alloc_put(&all->alloc, all->v);
	all->v = v;
	all->room = room;
	return 0;
}

static uint8_t *take(struct changes *all, size_t len)
{
	struct changes_chunk *c = all->chunk;
	size_t room = c ? 2 * c->room : LEAST;

	if (!c || c->room - c->used < len) {
		room = room < CHUNK ? room : CHUNK;
		room = room > len ? room : len;
		c = alloc_get(&all->alloc, 1, sizeof *c + room);
		if (!c)
			return NULL;
		c->room = room;
		c->next = all->chunk;
		all->chunk = c;
	}
	c->used += len;
	return c->bytes + c->used - len;
}

int changes_add(struct changes *all, const struct change *c)
{
	int rc = all->n == all->room ? grow(all) : 0;
	struct change *to;

	if (rc)
		return rc;
	to = &all->v[all->n];
	*to = *c;
	to->props = (struct plist){.len = c->props.len};
	if (c->props.len) {
		uint8_t *bytes = take(all, c->props.len);

		if (!bytes)
			return -ENOMEM;
		memcpy(bytes, c->props.bytes, c->props.len);
		to->props.bytes = bytes;
	}
	all->n++;
	return 0;
}

bool changes_are_made(const struct changes *all, const struct directory *d)
{
	return all->after && all->before == directory_writes(d);
}

struct changes *changes_keep(struct changes *all)
{
	all->keepers++;
	return all;
}

void changes_drop(struct changes *all)
{
	if (!all)
		return;
	assert(all->keepers);
	if (--all->keepers)
		return;
	struct alloc alloc = all->alloc;

	directory_close(all->after);
	for (struct changes_chunk *c = all->chunk, *next; c; c = next) {
		next = c->next;
		alloc_put(&alloc, c);
	}
	alloc_put(&alloc, all->v);
	alloc_put(&alloc, all);
}
