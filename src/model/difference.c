/*
 * The difference, in three walks over the draft: which entry each is, what
 * goes, and what is put.  What goes comes first, so that its names and
 * addresses are free; then values that only move from one machine to another
 * are taken away; then everything is put, parents before children.
 */
#include "model/difference_inside.h"

#include "base/text.h"

#include <errno.h>

struct work {
	struct difference *to;
	const struct alloc *alloc;
	const struct difference_options *o;
	struct draft *wanted;
	const struct entry *machines; /* of the domain */
	uint32_t next_id;
};

static int part_add(struct work *w, const struct change *c,
		    enum difference_kind kind, uint32_t line)
{
	struct difference *x = w->to;
	size_t n = x->changes->n;

	if (n == x->most) {
		uint32_t most = x->most ? 2 * x->most : 64;
		struct difference_part *v =
			alloc_get(w->alloc, most, sizeof *v);

		if (!v)
			return -ENOMEM;
		if (n)
			memcpy(v, x->parts, n * sizeof *v);
		alloc_put(w->alloc, x->parts);
		x->parts = v;
		x->most = most;
	}
	x->parts[n] = (struct difference_part){.kind = kind, .line = line};
	x->n[kind]++;
	return changes_add(x->changes, c);
}

/* ---- which is which, and what goes -------------------------------------- */

static int destroy(struct work *w, const struct entry *e)
{
	struct change c = {.kind = CHANGE_ENTRY_DESTROY,
			   .domain = e->domain,
			   .parent = e->parent,
			   .id = e->id,
			   .instance = e->instance + 1};

	return part_add(w, &c, DIFFERENCE_REMOVED, 0);
}

/* Those of the children that nobody named go.  The directories that every
 * domain has stay. */
static int destroy_left(struct work *w, const struct match *m)
{
	const struct entry *e;
	uint32_t at = 0;
	int rc = 0;

	while (!rc && (e = match_left(m, &at)))
		if (e->id > ENTRY_FIXED && e != w->machines)
			rc = destroy(w, e);
	return rc;
}

/* A raw dump says all that is in a directory; a file of lines, which entries
 * there are in the few that it is about, but nothing of what is below those. */
static bool is_cleared(const struct work *w, const struct draft_entry *e)
{
	return w->o->deletes && (w->o->is_exact || (e->is_place && e->up));
}

static uint32_t id_of(const struct entry *e)
{
	return e ? e->id : ENTRY_NONE;
}

static int match_children(struct work *w, struct draft_entry *up)
{
	const struct entry *parent = directory_entry(w->o->directory, up->id);
	struct match m;
	int rc;

	if (!parent || (!up->child && !is_cleared(w, up)))
		return 0;
	rc = match_open(&m, w->alloc, w->o, parent);
	for (struct draft_entry *e = up->child; e && !rc; e = e->next)
		e->id = id_of(match_take_first(&m, e));
	for (struct draft_entry *e = up->child; e && !rc; e = e->next)
		if (!e->id)
			e->id = id_of(match_take(&m, e));
	if (!rc && is_cleared(w, up))
		rc = destroy_left(w, &m);
	match_close(&m);
	return rc;
}

static int match_all(struct work *w)
{
	int rc = 0;

	for (struct draft_entry *e = draft_root(w->wanted); e && !rc;
	     e = draft_next(e))
		if (e->id)
			rc = match_children(w, e);
	return rc;
}

/* ---- what moves --------------------------------------------------------- */

static const char *const keys[] = {
	[MATCH_NAME] = "name",
	[MATCH_HW] = "en_address",
	[MATCH_IP] = "ip_address",
};
enum { KEYS_OF_MACHINES = MATCH_IP + 1 };

/* A hardware address in one spelling; anything else as it is. */
static struct span spelt(enum match_kind kind, const char *s, char *room,
			 size_t len)
{
	struct text t = text_over(room, len);
	struct hwaddr hw;

	if (kind != MATCH_HW || !hwaddr_parse(s, strlen(s), &hw))
		return span_of(s);
	text_hwaddr(&t, &hw);
	return (struct span){room, t.len};
}

enum { NOTES = 16 /* beside those of the formats */, ROOM = 64 };

static void note_machine(struct work *w, struct draft_entry *e)
{
	char room[ROOM];

	for (int k = 0; k < KEYS_OF_MACHINES; k++) {
		const struct draft_property *p = draft_find(e, keys[k]);

		for (const struct draft_value *v = p ? p->first : NULL; v;
		     v = v->next)
			draft_note(w->wanted, e, NOTES + (unsigned)k,
				   spelt((enum match_kind)k, v->text, room,
					 sizeof room));
	}
}

static bool is_machine(const struct work *w, const struct draft_entry *e)
{
	return e->up && w->machines && e->up->id == w->machines->id;
}

/* Another entry of the draft is to have this value. */
static bool is_moving(const struct work *w, const struct draft_entry *e, int k,
		      const char *value)
{
	char room[ROOM];
	const struct draft_entry *to = draft_noted(
		w->wanted, NOTES + (unsigned)k,
		spelt((enum match_kind)k, value, room, sizeof room));

	return to && to != e;
}

static int key_kind(const char *property)
{
	for (int k = 0; k < KEYS_OF_MACHINES; k++)
		if (!strcmp(property, keys[k]))
			return k;
	return -1;
}

/* The list without what is moving; false: nothing is. */
static bool without_moving(const struct work *w, const struct draft_entry *e,
			   const struct plist *was, struct plist_out *to)
{
	struct rd r = rd_over(was->bytes, was->len);
	bool is_any = false;
	struct property p;

	while (plist_next(&r, &p)) {
		int k = key_kind(p.name);
		const char *v;
		size_t len;

		plist_add(to, p.name);
		while (rd_left(&p.values) && (v = rd_cstr(&p.values, &len)))
			if (k >= 0 && is_moving(w, e, k, v))
				is_any = true;
			else
				plist_add_value(to, v);
	}
	return is_any;
}

static int free_moving(struct work *w, struct draft_entry *e)
{
	const struct entry *was = directory_entry(w->o->directory, e->id);
	uint8_t *bytes;
	struct plist_out out;
	struct change c;
	int rc = 0;

	if (!was || !is_machine(w, e))
		return 0;
	bytes = alloc_get(w->alloc, was->props.len + 1, 1);
	if (!bytes)
		return -ENOMEM;
	out = plist_begin(bytes, was->props.len + 1);
	c = (struct change){.kind = CHANGE_ENTRY_PUT,
			    .domain = was->domain,
			    .parent = was->parent,
			    .id = was->id,
			    .instance = was->instance + 1};
	if (without_moving(w, e, &was->props, &out) &&
	    plist_end(&out, &c.props)) {
		rc = part_add(w, &c, DIFFERENCE_FREED, e->line);
		e->is_freed = true;
	}
	alloc_put(w->alloc, bytes);
	return rc;
}

static int free_all(struct work *w)
{
	int rc = 0;

	for (struct draft_entry *e = draft_root(w->wanted); e;
	     e = draft_next(e))
		if (is_machine(w, e))
			note_machine(w, e);
	for (struct draft_entry *e = draft_root(w->wanted); e && !rc;
	     e = draft_next(e))
		rc = free_moving(w, e);
	return rc;
}

/* ---- what is put -------------------------------------------------------- */

static bool is_root(const struct entry *was)
{
	return was && was->id == was->domain;
}

static struct change change_of(struct work *w, struct draft_entry *e,
			       const struct entry *was)
{
	struct change c = {.kind = CHANGE_ENTRY_PUT, .domain = w->o->domain};

	if (was && is_root(was)) {
		c.kind = CHANGE_DOMAIN_PUT;
		c.parent = domain_parent(w->o->directory, was->id);
	} else {
		c.parent = was ? was->parent : e->up ? e->up->id : w->o->parent;
	}
	if (!was)
		e->id = w->next_id++;
	c.id = e->id;
	c.instance = (was ? was->instance : 0) + 1 + e->is_freed;
	return c;
}

static bool is_same(const struct entry *was, const struct plist *pl)
{
	return was && was->props.len == pl->len &&
	       (!pl->len || !memcmp(was->props.bytes, pl->bytes, pl->len));
}

static int put_list(struct work *w, struct draft_entry *e,
		    const struct entry *was, const struct plist *pl)
{
	struct change c;

	if (is_same(was, pl) && !e->is_freed) {
		w->to->unchanged += !e->is_place;
		return 0;
	}
	c = change_of(w, e, was);
	c.props = *pl;
	return part_add(w, &c, was ? DIFFERENCE_CHANGED : DIFFERENCE_ADDED,
			e->line);
}

static int put(struct work *w, struct draft_entry *e)
{
	const struct entry *was =
		e->id ? directory_entry(w->o->directory, e->id) : NULL;
	struct merge m = {.o = w->o,
			  .e = e,
			  .was = was ? &was->props : NULL,
			  .merges = w->o->merges || e->is_place,
			  .is_machine = is_machine(w, e),
			  .keeps_name = is_root(was)};
	size_t room = merge_room(&m);
	struct plist_out out;
	struct plist pl;
	uint8_t *bytes;
	int rc;

	if (room > DIFFERENCE_PROPS) {
		w->to->too_long = e->line;
		return -EMSGSIZE;
	}
	bytes = alloc_get(w->alloc, room, 1);
	if (!bytes)
		return -ENOMEM;
	out = plist_begin(bytes, room);
	w->to->too_long = e->line;
	rc = merge_put(&m, &out) && plist_end(&out, &pl)
		     ? put_list(w, e, was, &pl)
		     : -EMSGSIZE;
	alloc_put(w->alloc, bytes);
	return rc;
}

static int put_all(struct work *w)
{
	int rc = 0;

	for (struct draft_entry *e = draft_root(w->wanted); e && !rc;
	     e = draft_next(e))
		rc = put(w, e);
	return rc;
}

int difference_make(struct difference *to, const struct alloc *alloc,
		    const struct difference_options *o, struct draft *wanted)
{
	struct work w = {.to = to,
			 .alloc = alloc,
			 .o = o,
			 .wanted = wanted,
			 .machines = directory_path(o->directory, o->domain,
						    "/machines"),
			 .next_id = directory_next_id(o->directory) +
				    o->spared};
	int rc;

	*to = (struct difference){.alloc = alloc};
	if (!o->top && !o->parent)
		return -ENOENT;
	rc = changes_open(&to->changes, alloc);
	draft_root(wanted)->id = o->top;
	if (!rc)
		rc = match_all(&w);
	if (!rc)
		rc = free_all(&w);
	if (!rc)
		rc = put_all(&w);
	return rc ? rc : draft_failed(wanted) ? -ENOMEM : 0;
}

void difference_close(struct difference *x)
{
	changes_drop(x->changes);
	if (x->alloc)
		alloc_put(x->alloc, x->parts);
	*x = (struct difference){.changes = NULL};
}
