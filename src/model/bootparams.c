/*
 * A copy of the text in which lines that go on have become one, and an index
 * over the names.
 */
#include "model/bootparams.h"

#include "base/hash.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

struct bootparams {
	const struct alloc *alloc;
	char *text;
	struct bootparams_entry *v;
	uint32_t n;
	struct index by_name;
};

/* Where a line goes on: a blank that still counts as the end of a line. */
enum { FOLD = '\r' };

/* Comments become blanks, so that a backslash in one joins nothing. */
static void fold(char *to, const char *from, size_t len)
{
	bool is_comment = false;

	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		bool is_blank = span_is_blank(c) || !c;

		if (c == '\n')
			is_comment = false;
		else if (c == '#')
			is_comment = true;
		to[i] = is_comment || is_blank ? ' ' : c;
		if (c == '\\' && !is_comment && i + 1 < len &&
		    from[i + 1] == '\n') {
			to[i++] = ' ';
			to[i] = FOLD;
		}
	}
}

static uint32_t count(struct span w, char c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < w.len; i++)
		n += w.s[i] == c;
	return n;
}

static bool is_map(const struct bootparams_entry *e)
{
	return e->name.s[0] == '+';
}

const struct bootparams_entry *bootparams_find(const struct bootparams *b,
					       struct span name)
{
	uint64_t hash = hash_name(name.s, name.len, 0);

	for (uint32_t at = 0, id; index_next(&b->by_name, hash, &at, &id);)
		if (span_is_same(b->v[id].name, name))
			return &b->v[id];
	return NULL;
}

static int add_all(struct bootparams *b, struct span text)
{
	uint32_t number = 1;
	struct span line;
	int rc = 0;

	while (!rc && span_line(&text, &line)) {
		struct bootparams_entry *e = &b->v[b->n];
		e->line = number;
		number += 1 + count(line, FOLD);
		e->name = span_word(&line);
		e->rest = line;
		if (!e->name.len)
			continue;
		if (!is_map(e) && !bootparams_find(b, e->name))
			rc = index_add(&b->by_name,
				       hash_name(e->name.s, e->name.len, 0),
				       b->n);
		b->n++;
	}
	return rc;
}

static int take(struct bootparams *b, const char *text, size_t len)
{
	uint32_t lines = count((struct span){text, len}, '\n') + 1;
	int rc;

	b->text = alloc_get(b->alloc, len + 1, 1);
	b->v = alloc_get(b->alloc, lines, sizeof(*b->v));
	if (!b->text || !b->v)
		return -ENOMEM;
	fold(b->text, text, len);
	rc = index_open(&b->by_name, b->alloc, 16, true);
	return rc ? rc : add_all(b, (struct span){b->text, len});
}

int bootparams_open(struct bootparams **to, const struct alloc *alloc,
		    const char *text, size_t len)
{
	struct bootparams *b = alloc_get(alloc, 1, sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	b->alloc = alloc;
	rc = take(b, text, len);
	if (rc)
		bootparams_close(b);
	else
		*to = b;
	return rc;
}

void bootparams_close(struct bootparams *b)
{
	if (!b)
		return;
	index_close(&b->by_name, b->alloc);
	alloc_put(b->alloc, b->v);
	alloc_put(b->alloc, b->text);
	alloc_put(b->alloc, b);
}

const struct bootparams_entry *bootparams_map(const struct bootparams *b,
					      uint32_t *at)
{
	while (*at < b->n) {
		const struct bootparams_entry *e = &b->v[(*at)++];

		if (is_map(e))
			return e;
	}
	return NULL;
}

bool bootparams_is_own_map(const struct bootparams_entry *map)
{
	return span_is(map->name, "+") || span_is(map->name, "+bootparams");
}

bool bootparam_value(struct span w, struct span key, struct span *value)
{
	if (w.len <= key.len || memcmp(w.s, key.s, key.len) != 0 ||
	    w.s[key.len] != '=')
		return false;
	*value = (struct span){w.s + key.len + 1, w.len - key.len - 1};
	return true;
}

bool bootparams_value(const struct bootparams_entry *e, struct span key,
		      struct span *value)
{
	struct span rest = e->rest, w;

	while ((w = span_word(&rest)).len)
		if (bootparam_value(w, key, value))
			return true;
	return false;
}

void bootparam_split(struct span value, struct span *server, struct span *path)
{
	const char *colon = value.len ? memchr(value.s, ':', value.len) : NULL;
	size_t len = colon ? (size_t)(colon - value.s) : 0;
	size_t skip = colon ? len + 1 : 0;

	*server = (struct span){value.s, len};
	*path = (struct span){value.s + skip, value.len - skip};
}
