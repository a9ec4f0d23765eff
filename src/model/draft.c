/*
 * The tree is made of small pieces that are never given back one by one: they
 * are cut from large ones, which go as a whole.
 */
#include "model/draft.h"

#include "base/hash.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { PIECE_FIRST = 4096, PIECE = 64 * 1024, ALIGN = sizeof(void *) };

struct piece {
	struct piece *next;
};

struct note {
	struct draft_entry *e;
	unsigned kind;
	struct span text;
};

struct draft {
	struct alloc alloc;
	struct piece *pieces;
	char *at;
	size_t left;
	bool failed;
	uint32_t n;
	struct draft_entry *root;
	struct draft_remark *remarks, **last_remark;
	struct index index;
	struct note *notes;
	uint32_t n_notes, most_notes;
};

/* ---- memory ------------------------------------------------------------- */

static void *fail(struct draft *d)
{
	d->failed = true;
	return NULL;
}

/* A large thing gets a piece of its own, behind the one in use. */
static void *get_large(struct draft *d, size_t len)
{
	struct piece *p = alloc_get(&d->alloc, 1, sizeof *p + len);

	if (!p)
		return fail(d);
	if (d->pieces) {
		p->next = d->pieces->next;
		d->pieces->next = p;
	} else {
		d->pieces = p;
	}
	return p + 1;
}

/* Zeroed: so the allocator gives it. */
static void *get(struct draft *d, size_t len)
{
	void *at;

	if (d->failed)
		return NULL;
	len = (len + ALIGN - 1) / ALIGN * ALIGN;
	if (len > PIECE_FIRST / 4)
		return get_large(d, len);
	if (d->left < len) {
		size_t room = d->pieces ? PIECE : PIECE_FIRST;
		struct piece *p = alloc_get(&d->alloc, 1, room);

		if (!p)
			return fail(d);
		p->next = d->pieces;
		d->pieces = p;
		d->at = (char *)(p + 1);
		d->left = room - sizeof *p;
	}
	at = d->at;
	d->at += len;
	d->left -= len;
	return at;
}

static const char *copy(struct draft *d, struct span v)
{
	char *s = get(d, v.len + 1);

	if (s && v.len)
		memcpy(s, v.s, v.len);
	return s;
}

int draft_open(struct draft **to, const struct alloc *alloc)
{
	struct draft *d = alloc_get(alloc, 1, sizeof *d);

	if (!d)
		return -ENOMEM;
	d->alloc = *alloc;
	d->last_remark = &d->remarks;
	d->root = get(d, sizeof *d->root);
	if (!d->root || index_open(&d->index, &d->alloc, 64, true)) {
		draft_close(d);
		return -ENOMEM;
	}
	d->root->is_place = true;
	*to = d;
	return 0;
}

void draft_close(struct draft *d)
{
	if (!d)
		return;
	struct alloc alloc = d->alloc;

	for (struct piece *p = d->pieces, *next; p; p = next) {
		next = p->next;
		alloc_put(&alloc, p);
	}
	alloc_put(&alloc, d->notes);
	index_close(&d->index, &alloc);
	alloc_put(&alloc, d);
}

bool draft_failed(const struct draft *d)
{
	return d->failed;
}

const struct alloc *draft_alloc(const struct draft *d)
{
	return &d->alloc;
}

struct draft_entry *draft_root(const struct draft *d)
{
	return d->root;
}

uint32_t draft_count(const struct draft *d)
{
	return d->n;
}

/* ---- entries and properties --------------------------------------------- */

struct draft_entry *draft_add(struct draft *d, struct draft_entry *up,
			      uint32_t line)
{
	struct draft_entry *e =
		up && up->depth < DRAFT_DEPTH ? get(d, sizeof *e) : NULL;

	if (!e)
		return NULL;
	e->up = up;
	e->line = line;
	e->depth = (uint8_t)(up->depth + 1);
	if (up->last)
		up->last->next = e;
	else
		up->child = e;
	up->last = e;
	up->n_children++;
	d->n++;
	return e;
}

struct draft_entry *draft_place(struct draft *d, const char *name)
{
	struct draft_entry *e = d->root->child;

	/* There are as many of them as formats have directories: two. */
	while (e && strcmp(draft_name(e), name) != 0)
		e = e->next;
	if (e)
		return e;
	e = draft_add(d, d->root, 0);
	if (e)
		e->is_place = true;
	draft_set(d, e, "name", span_of(name));
	return e;
}

struct draft_property *draft_property(struct draft *d, struct draft_entry *e,
				      struct span name)
{
	struct draft_property *p = e ? get(d, sizeof *p) : NULL;

	if (!p)
		return NULL;
	p->name = copy(d, name);
	if (!p->name)
		return NULL;
	if (e->last_prop)
		e->last_prop->next = p;
	else
		e->props = p;
	e->last_prop = p;
	e->n_props++;
	return p;
}

void draft_value(struct draft *d, struct draft_property *p, struct span v)
{
	struct draft_value *value = p ? get(d, sizeof *value) : NULL;

	if (!value)
		return;
	value->text = copy(d, v);
	if (!value->text)
		return;
	if (p->last)
		p->last->next = value;
	else
		p->first = value;
	p->last = value;
	p->n++;
}

struct draft_property *draft_find(const struct draft_entry *e, const char *name)
{
	struct draft_property *p = e ? e->props : NULL;

	while (p && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

void draft_set(struct draft *d, struct draft_entry *e, const char *name,
	       struct span v)
{
	struct draft_property *p = draft_find(e, name);

	if (!p)
		p = draft_property(d, e, span_of(name));
	draft_value(d, p, v);
}

const char *draft_text(const struct draft_entry *e, const char *name)
{
	const struct draft_property *p = draft_find(e, name);

	return p && p->first ? p->first->text : NULL;
}

const char *draft_name(const struct draft_entry *e)
{
	const char *name = draft_text(e, "name");

	return name ? name : "";
}

struct draft_entry *draft_next(const struct draft_entry *e)
{
	if (e->child)
		return e->child;
	while (e && !e->next)
		e = e->up;
	return e ? e->next : NULL;
}

/* ---- keys --------------------------------------------------------------- */

static bool grow_notes(struct draft *d)
{
	uint32_t most = d->most_notes ? 2 * d->most_notes : 64;
	struct note *v = alloc_get(&d->alloc, most, sizeof *v);

	if (!v)
		return false;
	if (d->n_notes)
		memcpy(v, d->notes, d->n_notes * sizeof *v);
	alloc_put(&d->alloc, d->notes);
	d->notes = v;
	d->most_notes = most;
	return true;
}

struct draft_entry *draft_noted(const struct draft *d, unsigned kind,
				struct span text)
{
	uint64_t hash = hash_name(text.s, text.len, kind);

	for (uint32_t at = 0, id; index_next(&d->index, hash, &at, &id);)
		if (d->notes[id].kind == kind &&
		    span_is_same(d->notes[id].text, text))
			return d->notes[id].e;
	return NULL;
}

void draft_note(struct draft *d, struct draft_entry *e, unsigned kind,
		struct span text)
{
	uint64_t hash = hash_name(text.s, text.len, kind);
	const char *s;

	if (!e || draft_noted(d, kind, text))
		return;
	s = copy(d, text);
	if (!s || (d->n_notes == d->most_notes && !grow_notes(d)) ||
	    index_add(&d->index, hash, d->n_notes)) {
		d->failed = true;
		return;
	}
	d->notes[d->n_notes++] =
		(struct note){.e = e, .kind = kind, .text = {s, text.len}};
}

/* ---- remarks ------------------------------------------------------------ */

void draft_remark(struct draft *d, uint32_t line, const char *const *pieces)
{
	struct draft_remark *r = get(d, sizeof *r);
	size_t len = 0;
	char *s;

	for (const char *const *p = pieces; *p; p++)
		len += strlen(*p);
	s = r ? get(d, len + 1) : NULL;
	if (!s)
		return;
	r->line = line;
	r->text = s;
	for (const char *const *p = pieces; *p; p++) {
		size_t n = strlen(*p);

		memcpy(s, *p, n);
		s += n;
	}
	*d->last_remark = r;
	d->last_remark = &r->next;
}

const struct draft_remark *draft_remarks(const struct draft *d)
{
	return d->remarks;
}

/* ---- property lists ----------------------------------------------------- */

void draft_take(struct draft *d, struct draft_entry *e, const struct plist *pl)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	struct property p;

	while (plist_next(&r, &p)) {
		struct draft_property *to =
			draft_property(d, e, span_of(p.name));
		struct rd values = p.values;
		const char *v;
		size_t len;

		while (rd_left(&values) && (v = rd_cstr(&values, &len)))
			draft_value(d, to, (struct span){v, len});
	}
}

bool draft_plist(const struct draft_entry *e, struct plist_out *to)
{
	struct plist whole;

	for (const struct draft_property *p = e->props; p; p = p->next) {
		plist_add(to, p->name);
		for (const struct draft_value *v = p->first; v; v = v->next)
			plist_add_value(to, v->text);
	}
	return plist_end(to, &whole);
}
