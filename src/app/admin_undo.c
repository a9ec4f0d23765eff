/*
 * Undoing one revision: for each of its lines, the newest first, the change
 * that makes it as it was before.  What was destroyed is made anew, and so has
 * another id; lines further back that speak of it mean the new one.
 */
#include "app/admin_ask.h"

#include "base/hash.h"
#include "host/memory.h"

#include <errno.h>

#include <stdlib.h>
#include <string.h>

/* An entry that undoing has come to. */
struct touched {
	uint32_t was, id; /* the id in the lines, and the one that it has now */
	uint32_t instance;
	bool is_gone;
};

struct undoing {
	struct asked k; /* what make_change() needs */
	const struct directory *d;
	const struct seen_lines *l;
	struct touched *v;
	size_t n;
	struct index ix; /* by `was` */
	uint32_t next_id;
};

static struct touched *find(const struct undoing *u, uint32_t id)
{
	uint64_t hash = hash_u64(id, 0);

	for (uint32_t walk = 0, at; index_next(&u->ix, hash, &walk, &at);)
		if (u->v[at].was == id)
			return &u->v[at];
	return NULL;
}

/* There is room: not more entries than lines. */
static struct touched *touch(struct undoing *u, uint32_t was)
{
	struct touched *t = find(u, was);

	if (t)
		return t;
	t = &u->v[u->n];
	*t = (struct touched){.was = was, .id = was};
	(void)index_add(&u->ix, hash_u64(was, 0), (uint32_t)u->n++);
	return t;
}

static uint32_t id_now(const struct undoing *u, uint32_t id)
{
	const struct touched *t = find(u, id);

	return t ? t->id : id;
}

static bool refuse(struct undoing *u, const struct store_line *l,
		   const char *why)
{
	char room[STORE_PATH + 256];

	admin_error(u->k.a, STATUS_CONFLICT, "%s: %s", line_path(u->d, l, room),
		    why);
	return false;
}

static bool is_renamed(const struct store_line *l)
{
	const char *was = plist_value(&l->before, "name");
	const char *is = plist_value(&l->change.props, "name");

	return !was || !is || strcmp(was, is) != 0;
}

/* What an edit may not do, undoing may not do either: another's domain is
 * changed there, and those of the settings keep their names. */
static bool may_undo(struct undoing *u, const struct store_line *l)
{
	u->k.domain = l->change.domain;
	if (l->change.id != l->change.domain)
		return may_edit(&u->k);
	if (!is_renamed(l) || !site_needs_domain(u->k.s, l->change.id))
		return true;
	return refuse(u, l, "the configuration names it (directory-domain)");
}

/* The entry of a line, which must be as the line left it. */
static struct touched *as_left(struct undoing *u, const struct store_line *l)
{
	struct touched *t = find(u, l->change.id);
	const struct entry *e;

	if (t)
		return t;
	e = directory_entry(u->d, l->change.id);
	if (!e || e->instance != l->change.instance) {
		(void)refuse(u, l, "it has been changed since");
		return NULL;
	}
	t = touch(u, l->change.id);
	t->instance = e->instance;
	return t;
}

static bool unset(struct undoing *u, const struct store_line *l)
{
	struct touched *t = as_left(u, l);
	struct change c = l->change;

	if (!t)
		return false;
	c.id = t->id;
	c.domain = id_now(u, c.domain);
	c.parent = id_now(u, c.parent);
	c.instance = ++t->instance;
	c.props = l->before;
	return make_change(&u->k, &c);
}

/* Nothing is in it but what goes, too. */
static bool is_empty(const struct undoing *u, uint32_t id)
{
	const struct entry *e = directory_entry(u->d, id);

	for (e = e ? entry_first(u->d, e) : NULL; e; e = entry_next(u->d, e)) {
		const struct touched *t = find(u, e->id);

		if (!t || !t->is_gone)
			return false;
	}
	return true;
}

static bool uncreate(struct undoing *u, const struct store_line *l)
{
	struct touched *t = as_left(u, l);
	struct change c = {.kind = CHANGE_ENTRY_DESTROY};

	if (!t)
		return false;
	if (!is_empty(u, l->change.id))
		return refuse(u, l, "there is something in it since");
	t->is_gone = true;
	c.id = t->id;
	c.domain = id_now(u, l->change.domain);
	c.parent = id_now(u, l->change.parent);
	c.instance = ++t->instance;
	return make_change(&u->k, &c);
}

/* Where names may repeat, nothing else would keep it from coming back twice.
 * Only the first of a name is looked at: that is found at once. */
static bool is_back(const struct undoing *u, const struct store_line *l,
		    uint32_t parent)
{
	const struct entry *in = directory_entry(u->d, parent);
	const char *name = plist_value(&l->before, "name");
	const struct entry *e = in && name ? entry_child(u->d, in, name) : NULL;
	const struct touched *t = e ? find(u, e->id) : NULL;

	return e && !(t && t->is_gone) && e->props.len == l->before.len &&
	       !memcmp(e->props.bytes, l->before.bytes, l->before.len);
}

static bool undestroy(struct undoing *u, const struct store_line *l)
{
	bool is_root = l->change.id == l->change.domain;
	uint32_t parent = id_now(u, l->change.parent);
	struct touched *t = touch(u, l->change.id);
	struct change c = {.kind = is_root ? CHANGE_DOMAIN_PUT
					   : CHANGE_ENTRY_PUT,
			   .parent = parent,
			   .instance = 1,
			   .props = l->before};

	if (parent == l->change.parent && parent &&
	    !directory_entry(u->d, parent))
		return refuse(u, l, "what it was in is gone, too");
	if (is_back(u, l, parent))
		return refuse(u, l, "the same is there again");
	t->id = u->next_id++;
	t->instance = 1;
	t->is_gone = false;
	c.id = t->id;
	c.domain = is_root ? c.id : id_now(u, l->change.domain);
	return make_change(&u->k, &c);
}

/* From line i, the newest left, on; *i becomes the next.  What went along
 * stands before what it went with, and must come back after it. */
static bool undo_next(struct undoing *u, size_t *i)
{
	size_t top = *i;
	const struct store_line *l;

	while (top + 1 < u->l->n && u->l->v[top]->went_along)
		top++;
	l = u->l->v[top];
	if (!may_undo(u, l))
		return false;
	if (l->change.kind == CHANGE_ENTRY_DESTROY) {
		for (size_t k = top + 1; k > *i; k--)
			if (!undestroy(u, u->l->v[k - 1]))
				return false;
	} else if (!(l->change.instance == 1 ? uncreate(u, l) : unset(u, l))) {
		return false;
	}
	*i = top + 1;
	return true;
}

static bool undo_all(struct undoing *u)
{
	size_t i = 0;

	while (i < u->l->n)
		if (!undo_next(u, &i))
			return false;
	return true;
}

void undo_lines(struct admin *a, const struct site *s,
		const struct seen_lines *lines, uint64_t revision)
{
	struct undoing u = {.k = {.a = a, .s = s},
			    .d = s->directory,
			    .l = lines,
			    .next_id = directory_next_id(s->directory)};

	u.v = calloc(lines->n, sizeof *u.v);
	if (!u.v || index_open(&u.ix, &host_memory, (uint32_t)lines->n, false))
		admin_error(a, STATUS_FAILED, "%s", strerror(ENOMEM));
	else if (undo_all(&u) && may_make(&u.k))
		a->json = json_pack("{s:I, s:I}", "undone",
				    (json_int_t)revision, "changes",
				    (json_int_t)a->changes->n);
	index_close(&u.ix, &host_memory);
	free(u.v);
}
