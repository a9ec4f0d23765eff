/*
 * Property lists as one run of bytes.  Reading is a walk with the checked
 * cursor; writing appends, and the count of the property being written is kept
 * current in place, so that a list is whole after every step.
 */
#include "model/plist.h"

enum { VALUES_MAX = UINT16_MAX };

bool plist_next(struct rd *r, struct property *p)
{
	size_t len;

	if (!rd_left(r))
		return false;
	p->name = rd_cstr(r, &len);
	p->n = rd_u16(r);
	const uint8_t *values = r->p;
	for (unsigned i = 0; i < p->n && !r->bad; i++)
		rd_cstr(r, &len);
	if (r->bad)
		return false;
	p->values = rd_over(values, (size_t)(r->p - values));
	return true;
}

bool plist_find(const struct plist *pl, const char *name, struct property *p)
{
	struct rd r = rd_over(pl->bytes, pl->len);

	while (plist_next(&r, p))
		if (!strcmp(p->name, name))
			return true;
	return false;
}

const char *property_value(const struct property *p, unsigned i)
{
	struct rd r = p->values;
	const char *value = NULL;
	size_t len;

	if (i >= p->n)
		return NULL;
	for (unsigned k = 0; k <= i; k++)
		value = rd_cstr(&r, &len);
	return value;
}

const char *plist_value(const struct plist *pl, const char *name)
{
	struct property p;

	return plist_find(pl, name, &p) ? property_value(&p, 0) : NULL;
}

bool plist_is_sound(const struct plist *pl)
{
	struct rd r = rd_over(pl->bytes, pl->len);
	struct property p;

	while (plist_next(&r, &p))
		if (!p.name[0])
			return false;
	return !r.bad;
}

struct plist_out plist_begin(void *room, size_t len)
{
	return (struct plist_out){.w = wr_over(room, len), .count = NULL};
}

void plist_add(struct plist_out *o, const char *name)
{
	if (!name[0])
		o->w.bad = true;
	wr_cstr(&o->w, name);
	o->count = wr_take(&o->w, 2);
	if (o->count)
		memset(o->count, 0, 2);
}

/* One more value in the open property; false if there is no such property. */
static bool count_up(struct plist_out *o)
{
	if (o->w.bad || !o->count)
		return false;
	unsigned n = (unsigned)o->count[0] << 8 | o->count[1];

	if (n == VALUES_MAX)
		return false;
	o->count[0] = (uint8_t)((n + 1) >> 8);
	o->count[1] = (uint8_t)(n + 1);
	return true;
}

void plist_add_value(struct plist_out *o, const char *value)
{
	if (!count_up(o))
		o->w.bad = true;
	wr_cstr(&o->w, value);
}

bool plist_end(const struct plist_out *o, struct plist *pl)
{
	*pl = (struct plist){.bytes = o->w.start, .len = wr_len(&o->w)};
	return !o->w.bad;
}

static void add_values(struct plist_out *to, const char *name,
		       const char *const *values, int n)
{
	plist_add(to, name);
	for (int i = 0; i < n; i++)
		plist_add_value(to, values[i]);
}

static void copy_property(struct plist_out *to, const struct property *p)
{
	wr_cstr(&to->w, p->name);
	to->count = NULL;
	wr_u16(&to->w, (uint16_t)p->n);
	wr_bytes(&to->w, p->values.p, rd_left(&p->values));
}

bool plist_replace(const struct plist *from, const char *name,
		   const char *const *values, int n, struct plist_out *to)
{
	struct rd r = rd_over(from->bytes, from->len);
	struct property p;
	bool is_done = n < 0;

	while (plist_next(&r, &p)) {
		if (strcmp(p.name, name)) {
			copy_property(to, &p);
		} else if (!is_done) {
			add_values(to, name, values, n);
			is_done = true;
		}
	}
	if (!is_done)
		add_values(to, name, values, n);
	return !r.bad && !to->w.bad;
}
