/*
 * The directory as a tree: opening, closing, walking.  Siblings are kept in
 * order of their ids, which is the order in which they were made, so that the
 * same entries are the same list however they came here.
 */
#include "model/directory_inside.h"

#include <errno.h>

#include "base/text.h"

static int open_indexes(struct directory *d, uint32_t machines)
{
	uint32_t most = machines < UINT32_MAX - 16 ? machines + 16 : machines;
	int rc = index_open(&d->by_id, &d->alloc, most, true);

	for (int k = 0; k < KEYS && !rc; k++)
		rc = index_open(&d->by_key[k], &d->alloc, most, true);
	/* Most directories have none. */
	return rc ? rc : index_open(&d->by_mark, &d->alloc, 1, true);
}

static int make(struct directory *d, enum change_kind kind, uint32_t id,
		const char *name)
{
	uint8_t room[32];
	struct plist_out o = plist_begin(room, sizeof room);
	struct change c = {
		.kind = kind, .domain = DOMAIN_FIRST, .id = id, .instance = 1};

	if (kind == CHANGE_ENTRY_PUT)
		c.parent = ENTRY_ROOT;
	plist_add(&o, "name");
	plist_add_value(&o, name);
	plist_end(&o, &c.props);
	return directory_apply(d, &c);
}

static int make_fixed(struct directory *d)
{
	static const char *const names[] = {"machines", "images", "networks",
					    "config"};
	int rc = make(d, CHANGE_DOMAIN_PUT, ENTRY_ROOT, "/");

	for (uint32_t i = 0; i < sizeof names / sizeof *names && !rc; i++)
		rc = make(d, CHANGE_ENTRY_PUT, ENTRY_MACHINES + i, names[i]);
	return rc;
}

int directory_open(struct directory **to, const struct alloc *alloc,
		   uint32_t machines, uint64_t seed)
{
	struct directory *d = alloc_get(alloc, 1, sizeof *d);

	if (!d)
		return -ENOMEM;
	d->alloc = *alloc;
	d->seed = seed;
	d->next_id = ENTRY_ROOT;
	int rc = open_indexes(d, machines);
	if (!rc)
		rc = make_fixed(d);
	if (rc) {
		directory_close(d);
		return rc;
	}
	*to = d;
	return 0;
}

void directory_close(struct directory *d)
{
	if (!d)
		return;
	struct alloc alloc = d->alloc;

	props_close(d);
	for (uint32_t b = 0; b < d->n_blocks; b++)
		alloc_put(&alloc, d->blocks[b]);
	alloc_put(&alloc, d->roots);
	index_close(&d->by_id, &alloc);
	for (int k = 0; k < KEYS; k++)
		index_close(&d->by_key[k], &alloc);
	index_close(&d->by_mark, &alloc);
	alloc_put(&alloc, d);
}

uint64_t directory_writes(const struct directory *d)
{
	return d->writes;
}

uint32_t directory_next_id(const struct directory *d)
{
	return d->next_id;
}

uint32_t directory_machines(const struct directory *d)
{
	return d->machines;
}

static const struct entry *entry_at(const struct directory *d, uint32_t at)
{
	return at ? &slot_at(d, at)->e : NULL;
}

const struct entry *directory_entry(const struct directory *d, uint32_t id)
{
	return entry_at(d, slot_by_id(d, id));
}

uint32_t domain_parent(const struct directory *d, uint32_t domain)
{
	uint32_t root = domain_root(d, domain);
	uint32_t up = root ? slot_at(d, root)->root.up : 0;

	return up ? slot_at(d, up)->e.id : 0;
}

uint32_t domain_checksum(const struct directory *d, uint32_t domain)
{
	uint32_t root = domain_root(d, domain);
	uint32_t sum = root ? slot_at(d, root)->root.checksum : 0;

	return root && !sum ? 1 : sum;
}

const struct entry *entry_first(const struct directory *d,
				const struct entry *parent)
{
	return entry_at(d, parent->child);
}

const struct entry *entry_next(const struct directory *d, const struct entry *e)
{
	return entry_at(d, e->next);
}

/* Three ways at once, and the shortest ends it: the list from its beginning,
 * the ids downwards, and upwards. */
const struct entry *entry_behind(const struct directory *d,
				 const struct entry *parent, uint32_t id)
{
	const struct entry *walk = entry_first(d, parent), *e;

	if (id >= d->next_id)
		return NULL;
	for (uint32_t k = 0; walk && walk->id <= id; k++) {
		e = directory_entry(d, id - k);
		if (e && e->parent == parent->id)
			return entry_next(d, e);
		e = directory_entry(d, id + k);
		if (e && e->parent == parent->id)
			return e;
		walk = entry_next(d, walk);
	}
	return walk;
}

static const struct entry *child(const struct directory *d,
				 const struct entry *parent, const char *name,
				 size_t len)
{
	struct key k = {.kind = KEY_NAME,
			.scope = parent->id,
			.name = name,
			.len = len};

	return entry_at(d, slot_by_key(d, &k));
}

const struct entry *entry_child(const struct directory *d,
				const struct entry *parent, const char *name)
{
	return child(d, parent, name, strlen(name));
}

const struct entry *directory_path(const struct directory *d, uint32_t domain,
				   const char *path)
{
	const struct entry *e = entry_at(d, domain_root(d, domain));

	while (e) {
		size_t len = 0;

		while (*path == '/')
			path++;
		if (!*path)
			return e;
		while (path[len] && path[len] != '/')
			len++;
		e = child(d, e, path, len);
		path += len;
	}
	return NULL;
}
