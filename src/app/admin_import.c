/*
 * Import and export: a draft of entries becomes one edit, and a directory with
 * all below it a list, a page at a time.
 */
#include "app/admin_inside.h"

#include "app/draft_json.h"
#include "app/formats.h"
#include "host/memory.h"
#include "model/difference.h"
#include "model/domain.h"
#include "model/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* SPARED: other servers go on making entries while it is judged, and an id that
 * is behind the last one is nobody's any more. */
enum { PATH_ROOM = 1024, SPARED = 1024 };

struct import {
	struct asked *k;
	struct difference_options o;
	struct draft *draft;
	struct difference x;
	size_t *news; /* the changes that make entries: their ids are in a row
		       */
};

/* ---- where to ----------------------------------------------------------- */

static bool find_domain(struct asked *k, const char *name, uint32_t *domain)
{
	*domain = domain_named(k->s->directory, k->s->domain, name);
	if (!*domain)
		admin_error(k->a, STATUS_NOT_FOUND, "there is no domain %s",
			    name);
	return *domain;
}

/* The directory that a raw dump is of, or where it is to be made. */
static bool find_top(struct import *m, const char *path)
{
	const struct directory *d = m->k->s->directory;
	const char *fault;
	const struct entry *e = path_entry(d, m->o.domain, path, &fault);
	struct path p = {.key = NULL};

	if (e) {
		m->o.top = e->id;
		return true;
	}
	if (!fault)
		e = path_parent(d, m->o.domain, path, &p, &fault);
	if (!e || (p.key && strcmp(p.key, "name") != 0)) {
		admin_error(m->k->a, fault ? STATUS_WRONG : STATUS_NOT_FOUND,
			    fault ? "%s: %s"
				  : "%s: there is no directory for "
				    "it%s",
			    path, fault ? fault : "");
		return false;
	}
	m->o.top = ENTRY_NONE;
	m->o.parent = e->id;
	if (!draft_find(draft_root(m->draft), "name"))
		draft_set(m->draft, draft_root(m->draft), "name",
			  span_of(p.value));
	return true;
}

static bool find_place(struct import *m, const struct format *f,
		       const json_t *body)
{
	const char *domain = json_string_value(json_object_get(body, "domain"));
	const char *path = json_string_value(json_object_get(body, "path"));

	if (!find_domain(m->k, domain ? domain : ".", &m->o.domain))
		return false;
	m->k->domain = m->o.domain;
	if (!may_edit(m->k))
		return false;
	m->o.directory = m->k->s->directory;
	m->o.top = m->o.domain;
	return f->directories[0] || find_top(m, path ? path : "/");
}

static bool set_flags(struct import *m, const struct format *f,
		      const json_t *body)
{
	const json_t *merges = json_object_get(body, "merge");

	m->o.merges = json_is_boolean(merges) ? json_is_true(merges)
					      : f->merges;
	m->o.deletes = json_is_true(json_object_get(body, "delete"));
	m->o.names_one = f->names_one;
	m->o.is_exact = !f->directories[0];
	m->o.spared = m->k->s->store.is_shared ? SPARED : 0;
	m->o.key = f->key;
	return find_place(m, f, body);
}

/* ---- what comes of it --------------------------------------------------- */

static const struct plist *props_of(const struct import *m,
				    const struct change *c)
{
	const struct entry *e = directory_entry(m->o.directory, c->id);

	return e ? &e->props : NULL;
}

/* An entry that is there, or that a change before this one makes. */
static void put_path(const struct import *m, const struct change *c,
		     struct text *t)
{
	const struct entry *e = directory_entry(m->o.directory, c->id);
	const char *name;

	if (e) {
		path_put(m->o.directory, e, t);
		return;
	}
	e = directory_entry(m->o.directory, c->parent);
	if (e && e->parent) {
		path_put(m->o.directory, e, t);
	} else if (!e && t->len < PATH_ROOM / 2) {
		uint32_t i = c->parent - m->o.spared -
			     directory_next_id(m->o.directory);

		put_path(m, &m->x.changes->v[m->news[i]], t);
	}
	name = plist_value(&c->props, "name");
	text_add(t, "/");
	text_add(t, name ? name : "");
}

static json_t *part_json(const struct import *m, size_t i)
{
	static const char *const kinds[] = {
		[DIFFERENCE_ADDED] = "added",
		[DIFFERENCE_CHANGED] = "changed",
		[DIFFERENCE_REMOVED] = "removed",
	};
	const struct difference_part *part = &m->x.parts[i];
	const struct change *c = &m->x.changes->v[i];
	const struct plist *was = props_of(m, c);
	char path[PATH_ROOM];
	struct text t = text_over(path, sizeof path);
	json_t *to;

	put_path(m, c, &t);
	to = json_pack("{s:s, s:o, s:I}", "kind", kinds[part->kind], "path",
		       safe_string(path), "line", (json_int_t)part->line);
	if (was)
		json_object_set_new(to, "was", plist_json(was));
	if (part->kind != DIFFERENCE_REMOVED)
		json_object_set_new(to, "is", plist_json(&c->props));
	return to;
}

static json_t *counts_json(const struct difference *x)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "added",
			 (json_int_t)x->n[DIFFERENCE_ADDED], "changed",
			 (json_int_t)x->n[DIFFERENCE_CHANGED], "removed",
			 (json_int_t)x->n[DIFFERENCE_REMOVED], "unchanged",
			 (json_int_t)x->unchanged);
}

static bool is_new(const struct import *m, size_t i)
{
	return m->x.parts[i].kind == DIFFERENCE_ADDED;
}

static void show_difference(struct import *m)
{
	json_t *list = json_array();
	size_t n = 0;

	m->news = calloc(m->x.changes->n + 1, sizeof *m->news);
	for (size_t i = 0; m->news && i < m->x.changes->n; i++)
		if (is_new(m, i))
			m->news[n++] = i;
	for (size_t i = 0; m->news && i < m->x.changes->n; i++)
		if (m->x.parts[i].kind != DIFFERENCE_FREED)
			json_array_append_new(list, part_json(m, i));
	json_object_set_new(m->k->a->json, "difference", list);
	m->k->a->status = STATUS_OK;
	free(m->news);
}

/* The error that there is, with its line. */
static void name_line(struct admin *a, uint32_t line)
{
	const json_t *error = json_object_get(a->json, "error");
	char *text = line && error ? strdup(json_string_value(error)) : NULL;

	if (text)
		admin_error(a, a->status, "line %u: %s", line, text);
	free(text);
}

/* Whether all of it may be made. */
static bool check(struct import *m)
{
	struct admin *a = m->k->a;
	const struct changes *all = m->x.changes;
	uint32_t other;
	size_t failed;
	int rc = directory_check_all(m->k->s->directory, all->v, all->n,
				     &failed, &other);

	if (!rc)
		return true;
	a->changes = changes_keep(m->x.changes);
	admin_refused(a, m->k->s->directory, rc, failed, other);
	if (failed < all->n)
		name_line(a, m->x.parts[failed].line);
	return false;
}

/* Of what is to be done in parts, the first: the changes before any one of them
 * are an edit, too.  But a value that was taken away for another entry is given
 * back later, and by that the entry may be found: then all is one. */
static void cut(struct import *m)
{
	const json_t *most = json_object_get(m->k->q->body, "most");
	struct changes *all = m->x.changes;
	size_t n = all->n;

	if (json_integer_value(most) > 0 && !m->x.n[DIFFERENCE_FREED] &&
	    (uint64_t)json_integer_value(most) < n)
		n = (size_t)json_integer_value(most);
	if (n < all->n)
		json_object_set_new(m->k->a->json, "left",
				    json_integer((json_int_t)(all->n - n)));
	all->n = n;
	m->k->a->changes = changes_keep(all);
}

static void finish(struct import *m, int rc)
{
	struct admin *a = m->k->a;

	if (rc == -EMSGSIZE) {
		admin_error(a, STATUS_TOO_LONG,
			    "the properties are longer than %d bytes",
			    DIFFERENCE_PROPS);
		name_line(a, m->x.too_long);
	} else if (rc) {
		admin_error(a, STATUS_FAILED, "%s", strerror(-rc));
	}
	if (rc || !check(m))
		return;
	a->json = counts_json(&m->x);
	if (json_is_true(json_object_get(m->k->q->body, "dry-run")))
		show_difference(m);
	else if (!m->x.changes->n)
		a->status = STATUS_OK;
	else
		cut(m);
}

static void import_draft(struct import *m)
{
	const struct format *f = formats_named(m->k->name);
	const json_t *body = m->k->q->body;
	const char *why;

	if (!f) {
		admin_error(m->k->a, STATUS_NOT_FOUND, "there is no format %s",
			    m->k->name);
		return;
	}
	if (!draft_from_json(m->draft, json_object_get(body, "entries"),
			     &why)) {
		admin_error(m->k->a, STATUS_WRONG, "%s", why);
		return;
	}
	if (set_flags(m, f, body))
		finish(m, draft_failed(m->draft)
				  ? -ENOMEM
				  : difference_make(&m->x, &host_memory, &m->o,
						    m->draft));
}

void edit_import(struct asked *k)
{
	struct import m = {.k = k};

	if (draft_open(&m.draft, &host_memory)) {
		admin_error(k->a, STATUS_FAILED, "%s", strerror(ENOMEM));
		return;
	}
	import_draft(&m);
	difference_close(&m.x);
	draft_close(m.draft);
}

/* ---- export ------------------------------------------------------------- */

/* The next one below `top`, or NULL. */
static const struct entry *entry_after(const struct directory *d,
				       const struct entry *top,
				       const struct entry *e)
{
	const struct entry *next = entry_first(d, e);

	while (!next && e != top) {
		next = entry_next(d, e);
		e = directory_entry(d, e->parent);
	}
	return next;
}

/* Where the page begins: at the top, or behind the last one of the page before,
 * if it is still there. */
static bool page_begin(struct asked *k, const struct entry *top,
		       const struct entry **e)
{
	const struct directory *d = k->s->directory;
	const struct entry *up = directory_entry(d, k->q->from);

	*e = top;
	if (!k->q->from)
		return true;
	*e = up ? entry_after(d, top, up) : NULL;
	while (up && up != top)
		up = directory_entry(d, up->parent);
	if (!up)
		admin_error(k->a, STATUS_CONFLICT,
			    "what is exported was just removed");
	return up;
}

static json_t *entry_json(const struct entry *e)
{
	json_t *one = plist_json(&e->props);

	json_array_insert_new(one, 0, json_integer(e->parent));
	json_array_insert_new(one, 0, json_integer(e->id));
	return one;
}

static void show_below(struct asked *k, const struct entry *top)
{
	json_t *list = json_array();
	const struct entry *e;
	uint32_t last = 0;

	if (top && !page_begin(k, top, &e)) {
		json_decref(list);
		return;
	}
	for (int n = 0; top && e && n < ADMIN_PAGE; n++) {
		json_array_append_new(list, entry_json(e));
		last = e->id;
		e = entry_after(k->s->directory, top, e);
	}
	answer_page(k, "entries", list, top && e ? last : 0);
}

void show_export(struct asked *k)
{
	const char *colon = strchr(k->name, ':'), *fault;
	char domain[DOMAIN_PATH];
	const struct entry *top;
	uint32_t id;

	if (!colon || !text_copy(domain, sizeof domain, k->name,
				 (size_t)(colon - k->name))) {
		admin_error(k->a, STATUS_WRONG, "%s: is no DOMAIN:PATH",
			    k->name);
		return;
	}
	if (!find_domain(k, domain, &id))
		return;
	top = path_entry(k->s->directory, id, colon + 1, &fault);
	if (fault)
		admin_error(k->a, STATUS_WRONG, "%s: %s", colon + 1, fault);
	else
		show_below(k, top);
}
