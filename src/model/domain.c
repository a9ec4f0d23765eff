/*
 * Domains by their paths.  The roots of all domains share one scope in the
 * index of names, that of no parent; which of several of a name is meant, the
 * domain that they climb to says.
 */
#include "model/domain.h"

#include "model/directory_inside.h"

#include <errno.h>

/* ---- the list of domains ------------------------------------------------- */

int roots_reserve(struct directory *d)
{
	uint32_t most = d->most_roots ? d->most_roots * 2 : 8;
	uint32_t *v;

	if (d->n_roots < d->most_roots)
		return 0;
	v = alloc_get(&d->alloc, most, sizeof *v);
	if (!v)
		return -ENOMEM;
	if (d->n_roots)
		memcpy(v, d->roots, d->n_roots * sizeof *v);
	alloc_put(&d->alloc, d->roots);
	d->roots = v;
	d->most_roots = most;
	return 0;
}

/* Where the first with an id above `id` is, or would be. */
static uint32_t place_after(const struct directory *d, uint32_t id)
{
	uint32_t low = 0, high = d->n_roots;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (slot_at(d, d->roots[middle])->e.id <= id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void roots_add(struct directory *d, uint32_t at)
{
	uint32_t place = place_after(d, slot_at(d, at)->e.id);

	memmove(d->roots + place + 1, d->roots + place,
		(d->n_roots - place) * sizeof *d->roots);
	d->roots[place] = at;
	d->n_roots++;
}

void roots_remove(struct directory *d, uint32_t at)
{
	uint32_t place = place_after(d, slot_at(d, at)->e.id) - 1;

	d->n_roots--;
	memmove(d->roots + place, d->roots + place + 1,
		(d->n_roots - place) * sizeof *d->roots);
}

uint32_t root_below(const struct directory *d, uint32_t parent,
		    const char *name, size_t len)
{
	struct key k = {.kind = KEY_NAME,
			.scope = ENTRY_NONE,
			.name = name,
			.len = len};

	for (uint32_t walk = 0, at; slot_with_key(d, &k, &walk, &at);) {
		uint32_t up = slot_at(d, at)->root.up;

		if (up && slot_at(d, up)->e.id == parent)
			return at;
	}
	return 0;
}

uint32_t domain_next(const struct directory *d, uint32_t after)
{
	uint32_t place = place_after(d, after);

	return place < d->n_roots ? slot_at(d, d->roots[place])->e.id : 0;
}

/* ---- paths --------------------------------------------------------------- */

static bool is_letter(char c)
{
	c = text_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_name(const char *name, size_t len)
{
	if (!len || len >= DOMAIN_NAME || !is_letter(name[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter(name[i]) && name[i] != '-' && name[i] != '.')
			return false;
	return true;
}

bool domain_name_is_good(const char *name)
{
	return is_name(name, strlen(name));
}

static size_t name_len(const char *path)
{
	size_t len = 0;

	while (path[len] && path[len] != '/')
		len++;
	return len;
}

bool domain_path_is_good(const char *path)
{
	unsigned depth = 0;

	if (path[0] != '/' || strlen(path) >= DOMAIN_PATH)
		return false;
	while (path[0] && path[1]) {
		size_t len = name_len(++path);

		if (!is_name(path, len) || ++depth > DOMAIN_DEPTH)
			return false;
		path += len;
	}
	return !path[0] || !depth;
}

uint32_t domain_child(const struct directory *d, uint32_t parent,
		      const char *name)
{
	uint32_t at = root_below(d, parent, name, strlen(name));

	return at ? slot_at(d, at)->e.id : 0;
}

uint32_t domain_find(const struct directory *d, const char *path)
{
	uint32_t domain = path[0] == '/' ? DOMAIN_FIRST : 0;

	while (domain) {
		size_t len;
		uint32_t at;

		while (*path == '/')
			path++;
		if (!*path)
			break;
		len = name_len(path);
		at = root_below(d, domain, path, len);
		domain = at ? slot_at(d, at)->e.id : 0;
		path += len;
	}
	return domain;
}

uint32_t domain_named(const struct directory *d, uint32_t own, const char *name)
{
	if (!strcmp(name, "."))
		return own;
	if (!strcmp(name, ".."))
		return domain_parent(d, own);
	return domain_find(d, name);
}

static void put_name(const struct slot *s, struct text *t)
{
	const char *name = plist_value(&s->e.props, "name");

	text_add(t, "/");
	if (name && name[0]) {
		text_add(t, name);
		return;
	}
	text_add(t, "#");
	text_u64(t, s->e.id);
}

void domain_path_put(const struct directory *d, uint32_t domain, struct text *t)
{
	uint32_t up[DOMAIN_DEPTH + 1], at = domain_root(d, domain);
	unsigned n = 0;

	for (; at && slot_at(d, at)->e.id != DOMAIN_FIRST && n <= DOMAIN_DEPTH;
	     at = slot_at(d, at)->root.up)
		up[n++] = at;
	if (!n)
		text_add(t, "/");
	while (n)
		put_name(slot_at(d, up[--n]), t);
}
