/*
 * The property list that an entry is to have: what is there, in its old place,
 * with what the draft says of it, then what is new.
 */
#include "model/difference_inside.h"

#include "base/text.h"

bool value_is(const char *property, bool is_nocase, const char *a,
	      const char *b)
{
	struct hwaddr x, y;

	if (!strcmp(a, b))
		return true;
	if (!strcmp(property, "en_address"))
		return hwaddr_parse(a, strlen(a), &x) &&
		       hwaddr_parse(b, strlen(b), &y) && hwaddr_is(&x, &y);
	return is_nocase && !strcmp(property, "name") &&
	       text_is_nocase(a, strlen(a), b);
}

size_t merge_room(const struct merge *m)
{
	size_t room = m->was ? m->was->len : 0;

	for (const struct draft_property *p = m->e->props; p; p = p->next) {
		room += strlen(p->name) + 4;
		for (const struct draft_value *v = p->first; v; v = v->next)
			room += strlen(v->text) + 1;
	}
	return room + 1;
}

static void put(struct plist_out *to, const struct draft_property *p)
{
	plist_add(to, p->name);
	for (const struct draft_value *v = p->first; v; v = v->next)
		plist_add_value(to, v->text);
}

static void keep(struct plist_out *to, const struct property *p)
{
	struct rd values = p->values;
	const char *v;
	size_t len;

	plist_add(to, p->name);
	while (rd_left(&values) && (v = rd_cstr(&values, &len)))
		plist_add_value(to, v);
}

static bool has(const struct merge *m, const struct property *p, const char *s)
{
	struct rd values = p->values;
	const char *v;
	size_t len;

	while (rd_left(&values) && (v = rd_cstr(&values, &len)))
		if (value_is(p->name, m->is_machine, v, s))
			return true;
	return false;
}

/* The same values, perhaps spelt in another way. */
static bool says_same(const struct merge *m, const struct property *p,
		      const struct draft_property *q)
{
	struct rd values = p->values;
	const struct draft_value *w = q->first;
	size_t len;

	if (p->n != q->n)
		return false;
	for (; w; w = w->next) {
		const char *v = rd_cstr(&values, &len);

		if (!v || !value_is(p->name, m->is_machine, v, w->text))
			return false;
	}
	return true;
}

/* The names that are there, and those that are not. */
static void put_names(const struct merge *m, struct plist_out *to,
		      const struct property *p, const struct draft_property *q)
{
	keep(to, p);
	for (const struct draft_value *v = q->first; v; v = v->next)
		if (!has(m, p, v->text))
			plist_add_value(to, v->text);
}

static bool is_name(const struct property *p)
{
	return !strcmp(p->name, "name");
}

static void put_old(const struct merge *m, struct plist_out *to,
		    const struct property *p)
{
	const struct draft_property *q = draft_find(m->e, p->name);

	/* A name made of an address says nothing about the name. */
	if (is_name(p) && (m->keeps_name || m->e->is_nameless))
		keep(to, p);
	else if (q && is_name(p) && m->merges && m->o->names_one)
		put_names(m, to, p, q);
	else if (q && says_same(m, p, q))
		keep(to, p);
	else if (q)
		put(to, q);
	else if (m->merges)
		keep(to, p);
}

/* The draft's own order; but a domain's name is its own affair. */
static void put_exact(const struct merge *m, struct plist_out *to)
{
	struct property name;

	if (m->keeps_name && plist_find(m->was, "name", &name))
		keep(to, &name);
	for (const struct draft_property *p = m->e->props; p; p = p->next)
		if (!m->keeps_name || strcmp(p->name, "name") != 0)
			put(to, p);
}

bool merge_put(const struct merge *m, struct plist_out *to)
{
	struct plist empty = {.bytes = NULL, .len = 0}, whole;
	const struct plist *was = m->was ? m->was : &empty;
	struct rd r = rd_over(was->bytes, was->len);
	struct property p;

	if (m->o->is_exact && !m->merges) {
		put_exact(m, to);
		return plist_end(to, &whole);
	}
	while (plist_next(&r, &p))
		put_old(m, to, &p);
	for (const struct draft_property *q = m->e->props; q; q = q->next)
		if (!plist_find(was, q->name, &p))
			put(to, q);
	return plist_end(to, &whole);
}
