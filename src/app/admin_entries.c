/*
 * Any entry of a domain's tree, by its path: looking at it and at what is in
 * it, and edits.  A path with a hostlist means many entries, which are changed
 * together or not at all.
 */
#include "app/admin_props.h"
#include "base/hash.h"
#include "base/text.h"
#include "host/memory.h"
#include "model/domain.h"
#include "model/hostlist.h"
#include "model/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 2048, SHOWN = ADMIN_PAGE };

/* ---- looking ------------------------------------------------------------- */

static json_t *path_json(const struct directory *d, const struct entry *e)
{
	char room[PATH_ROOM];
	struct text t = text_over(room, sizeof room);

	path_put(d, e, &t);
	return safe_string(room);
}

json_t *domain_json(const struct directory *d, uint32_t domain)
{
	char room[DOMAIN_PATH * 2];
	struct text t = text_over(room, sizeof room);

	domain_path_put(d, domain, &t);
	return safe_string(room);
}

static json_t *entry_json(const struct directory *d, const struct entry *e)
{
	return json_pack("{s:o, s:o, s:I, s:I, s:I, s:o}", "path",
			 path_json(d, e), "domain", domain_json(d, e->domain),
			 "object", (json_int_t)(e->id - e->domain), "id",
			 (json_int_t)e->id, "instance", (json_int_t)e->instance,
			 "properties", props_json(&e->props));
}

/* NULL, and the error is filled in. */
static const struct entry *entry_at(struct asked *k, const char *path)
{
	const char *fault;
	const struct entry *e =
		path_entry(k->s->directory, k->domain, path, &fault);

	if (fault)
		admin_error(k->a, STATUS_WRONG, "`%s' is no path: it %s", path,
			    fault);
	else if (!e)
		admin_error(k->a, STATUS_NOT_FOUND,
			    "%s: there is no such entry", path);
	return e;
}

void show_entry(struct asked *k)
{
	const struct entry *e = entry_at(k, k->name);

	if (!e)
		return;
	k->a->status = STATUS_OK;
	k->a->json = entry_json(k->s->directory, e);
}

static json_t *child_json(const struct entry *e)
{
	struct property p = {.n = 0};

	(void)plist_find(&e->props, "name", &p);
	return json_pack("{s:I, s:I, s:I, s:o}", "object",
			 (json_int_t)(e->id - e->domain), "id",
			 (json_int_t)e->id, "instance", (json_int_t)e->instance,
			 "name", p.n ? values_json(&p) : json_array());
}

void show_children(struct asked *k)
{
	const struct directory *d = k->s->directory;
	const struct entry *dir = entry_at(k, k->name), *e;
	json_t *list;
	uint32_t last = 0;

	if (!dir)
		return;
	list = json_array();
	e = entry_behind(d, dir, k->q->from);
	for (; e && json_array_size(list) < ADMIN_PAGE; e = entry_next(d, e)) {
		json_array_append_new(list, child_json(e));
		last = e->id;
	}
	answer_page(k, "children", list, e ? last : 0);
}

/* ---- edits --------------------------------------------------------------- */

/* Several entries, one after the other. */
struct edits {
	struct asked *k;
	uint32_t n;    /* how many the path means */
	uint32_t next; /* the next new one's id */
	char path[PATH_ROOM];
	uint8_t *room;
	struct plist_out out;
	json_t *list; /* what they are afterwards, or the first of them */
};

static bool refuse_master(struct asked *k, const char *master)
{
	json_t *domain = domain_json(k->s->directory, k->domain);

	admin_error(k->a, STATUS_CONFLICT,
		    "domain %s: its master is %s: change it there",
		    json_string_value(domain), master);
	json_decref(domain);
	return false;
}

bool may_edit(struct asked *k)
{
	const char *master = site_other_master(k->s, k->domain);

	return !master || refuse_master(k, master);
}

static bool begin(struct edits *t, struct asked *k)
{
	const char *fault;

	*t = (struct edits){.k = k, .next = directory_next_id(k->s->directory)};
	t->n = hostlist_count(k->name, &fault);
	if (!t->n) {
		admin_error(k->a, STATUS_WRONG, "`%s' is no hostlist: it %s",
			    k->name, fault);
		return false;
	}
	if (t->n > 1 && json_object_get(k->q->body, "instance")) {
		admin_error(k->a, STATUS_WRONG,
			    "%s: an instance is that of one entry", k->name);
		return false;
	}
	t->room = malloc(ENTRY_PROPS);
	t->list = json_array();
	if (!t->room)
		admin_error(k->a, STATUS_FAILED, "%s", strerror(ENOMEM));
	return t->room;
}

static bool path_is(struct edits *t, uint32_t i)
{
	struct text text = text_over(t->path, sizeof t->path);

	hostlist_put(t->k->name, i, &text);
	t->out = plist_begin(t->room, ENTRY_PROPS);
	if (!text.full)
		return true;
	admin_error(t->k->a, STATUS_TOO_LONG, "%s: the path is too long",
		    t->k->name);
	return false;
}

/* Whether a path that was there before is the one in t->path. */
static bool is_there(struct edits *t, const struct index *seen, uint64_t hash)
{
	char room[PATH_ROOM];

	for (uint32_t walk = 0, i; index_next(seen, hash, &walk, &i);) {
		struct text text = text_over(room, sizeof room);

		hostlist_put(t->k->name, i, &text);
		if (!strcmp(room, t->path))
			return true;
	}
	return false;
}

static bool look_for_twins(struct edits *t, struct index *seen)
{
	for (uint32_t i = 0; i < t->n && path_is(t, i); i++) {
		uint64_t hash = hash_bytes(t->path, strlen(t->path), 0);

		if (is_there(t, seen, hash)) {
			admin_error(t->k->a, STATUS_WRONG,
				    "`%s' means %s twice", t->k->name, t->path);
			return false;
		}
		(void)index_add(seen, hash, i);
	}
	return true;
}

/* Whether the hostlist means each once: where names may repeat, nothing else
 * would find out. */
static bool is_once(struct edits *t)
{
	struct index seen;
	bool is_good;

	if (t->n == 1)
		return true;
	if (index_open(&seen, &host_memory, t->n, false)) {
		admin_error(t->k->a, STATUS_FAILED, "%s", strerror(ENOMEM));
		return false;
	}
	is_good = look_for_twins(t, &seen);
	index_close(&seen, &host_memory);
	return is_good;
}

/* What it is going to be, for the answer. */
static void note(struct edits *t, const struct change *c)
{
	json_t *one;

	if (json_array_size(t->list) == SHOWN)
		return;
	one = json_pack("{s:o, s:I, s:I, s:I}", "path", safe_string(t->path),
			"object", (json_int_t)(c->id - t->k->domain), "id",
			(json_int_t)c->id, "instance", (json_int_t)c->instance);
	if (c->kind != CHANGE_ENTRY_DESTROY)
		json_object_set_new(one, "properties", props_json(&c->props));
	json_array_append_new(t->list, one);
}

/* Whether the addresses of a machine are some: directory_check() would only say
 * that one is none. */
static bool is_machine_good(struct edits *t, const struct plist *props)
{
	static const char *const keys[] = {"name", "en_address", "ip_address"};
	struct property p;

	for (int i = 0; i < 3; i++) {
		const char *v;

		if (!plist_find(props, keys[i], &p))
			continue;
		for (unsigned j = 0; (v = property_value(&p, j)); j++)
			if (!machine_value_is_good(t->k, t->path, keys[i], v))
				return false;
	}
	if (plist_value(props, "name"))
		return true;
	admin_error(t->k->a, STATUS_WRONG, "%s: a machine must have a name",
		    t->path);
	return false;
}

static bool add(struct edits *t, struct change *c)
{
	const struct entry *machines =
		directory_path(t->k->s->directory, t->k->domain, "/machines");

	if (!plist_end(&t->out, &c->props)) {
		admin_error(t->k->a, STATUS_TOO_LONG,
			    "%s: its properties are too long", t->path);
		return false;
	}
	if (machines && c->parent == machines->id &&
	    !is_machine_good(t, &c->props))
		return false;
	note(t, c);
	return make_change(t->k, c);
}

/* All of them are there: may they be?  A dry run ends here. */
static void finish(struct edits *t, bool is_good)
{
	struct admin *a = t->k->a;

	if (is_good && may_make(t->k)) {
		a->json = json_pack("{s:I, s:O}", "entries", (json_int_t)t->n,
				    "changed", t->list);
		if (json_is_true(json_object_get(t->k->q->body, "dry_run"))) {
			json_object_set_new(a->json, "dry_run", json_true());
			a->status = STATUS_OK;
		}
	}
	free(t->room);
	json_decref(t->list);
}

static bool create(struct edits *t)
{
	const struct directory *d = t->k->s->directory;
	const json_t *props = json_object_get(t->k->q->body, "properties");
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = t->k->domain,
			   .id = t->next++,
			   .instance = 1};
	const char *fault;
	struct path p;
	const struct entry *parent =
		path_parent(d, t->k->domain, t->path, &p, &fault);

	if (fault)
		admin_error(t->k->a, STATUS_WRONG, "`%s' can't be made: it %s",
			    t->path, fault);
	else if (!parent)
		admin_error(t->k->a, STATUS_NOT_FOUND,
			    "%s: there is nothing that it could be in",
			    t->path);
	else if (entry_match(d, parent, p.key, p.value))
		admin_error(t->k->a, STATUS_CONFLICT,
			    "%s: there is one already", t->path);
	if (t->k->a->status || !parent)
		return false;
	c.parent = parent->id;
	return props_new(t->k, t->path, p.key, p.value, props, &t->out) &&
	       add(t, &c);
}

/* The entry, if it has the instance that was asked for. */
static const struct entry *fresh(struct edits *t)
{
	const json_t *asked = json_object_get(t->k->q->body, "instance");
	const struct entry *e = entry_at(t->k, t->path);

	if (!e || !asked || json_integer_value(asked) == e->instance)
		return e;
	admin_error(t->k->a, STATUS_CONFLICT,
		    "%s: instance %lld is stale: somebody else was first, it "
		    "is %u now",
		    t->path, (long long)json_integer_value(asked), e->instance);
	ask_who_was_first(t->k, e);
	return NULL;
}

/* A new name of a domain's must be one, and the settings' must stay. */
static bool may_rename(struct edits *t, const struct entry *root,
		       const struct plist *props)
{
	const char *was = plist_value(&root->props, "name");
	const char *is = plist_value(props, "name");

	if (was && is && !strcmp(was, is))
		return true;
	if (root->id == DOMAIN_FIRST)
		admin_error(t->k->a, STATUS_WRONG,
			    "the first domain is called /, and nothing else");
	else if (!is || !domain_name_is_good(is))
		admin_error(t->k->a, STATUS_WRONG,
			    "`%s' is no name of a domain: letters, digits, - . "
			    "and _, 63 at most",
			    is ? is : "");
	else if (site_needs_domain(t->k->s, root->id))
		admin_error(t->k->a, STATUS_CONFLICT,
			    "domain %s: the configuration names it "
			    "(directory-domain)",
			    was ? was : "");
	else
		return true;
	return false;
}

static bool patch(struct edits *t)
{
	const struct entry *e = fresh(t);
	bool is_root = e && e->id == e->domain;
	struct change c = {.kind = is_root ? CHANGE_DOMAIN_PUT
					   : CHANGE_ENTRY_PUT,
			   .domain = t->k->domain};

	/* What says who the master is can be said here, or nowhere. */
	if (!e || (!is_root && !may_edit(t->k)) ||
	    !props_patch(t->k, t->path, &e->props, &t->out))
		return false;
	c.id = e->id;
	c.parent = is_root ? domain_parent(t->k->s->directory, e->id)
			   : e->parent;
	c.instance = e->instance + 1;
	if (is_root && plist_end(&t->out, &c.props) &&
	    !may_rename(t, e, &c.props))
		return false;
	return add(t, &c);
}

static bool destroy(struct edits *t)
{
	const struct entry *e = fresh(t);
	bool is_whole =
		json_is_true(json_object_get(t->k->q->body, "recursive"));
	struct change c = {.kind = CHANGE_ENTRY_DESTROY,
			   .domain = t->k->domain};

	if (!e)
		return false;
	if (e->id == e->domain)
		admin_error(t->k->a, STATUS_WRONG,
			    "%s is the root of its domain: a domain is removed "
			    "as a whole",
			    t->path);
	else if (e->id <= ENTRY_FIXED)
		admin_error(t->k->a, STATUS_WRONG, "%s must stay", t->path);
	else if (!is_whole && entry_first(t->k->s->directory, e))
		admin_error(t->k->a, STATUS_CONFLICT,
			    "%s is not empty: what is in it goes first, or "
			    "with it if the whole is asked for (recursive)",
			    t->path);
	if (t->k->a->status)
		return false;
	c.id = e->id;
	c.parent = e->parent;
	c.instance = e->instance + 1;
	note(t, &c);
	return make_change(t->k, &c);
}

static void edit_all(struct asked *k, bool (*one)(struct edits *t))
{
	struct edits t;
	bool is_good = begin(&t, k) && is_once(&t);

	for (uint32_t i = 0; is_good && i < t.n; i++)
		is_good = path_is(&t, i) && one(&t);
	finish(&t, is_good);
}

void edit_create(struct asked *k)
{
	if (may_edit(k))
		edit_all(k, create);
}

void edit_patch_entry(struct asked *k)
{
	edit_all(k, patch);
}

void edit_destroy(struct asked *k)
{
	if (may_edit(k))
		edit_all(k, destroy);
}
