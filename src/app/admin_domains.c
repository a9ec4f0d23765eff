/*
 * The hierarchy of domains.  A domain is made with a directory of machines in
 * it, and removed with all that is below it, each time in one transaction.
 */
#include "app/admin_props.h"

#include "base/text.h"
#include "model/domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTED = 10000, PROPS = 4096 };

/* ---- looking ------------------------------------------------------------- */

/* How many machines; null: more than we count while packets wait. */
static json_t *machines_json(const struct directory *d, uint32_t domain)
{
	const struct entry *dir = directory_path(d, domain, "/machines");
	const struct entry *e = dir ? entry_first(d, dir) : NULL;
	int n = 0;

	for (; e && n <= COUNTED; e = entry_next(d, e))
		n++;
	return n > COUNTED ? json_null() : json_integer(n);
}

static json_t *one_json(const struct site *s, uint32_t domain)
{
	const struct directory *d = s->directory;
	const struct entry *root = directory_entry(d, domain);
	uint32_t up = domain_parent(d, domain);
	const char *master = plist_value(&root->props, "master");

	return json_pack("{s:o, s:I, s:o, s:I, s:o, s:b, s:b, s:o}", "path",
			 domain_json(d, domain), "id", (json_int_t)domain,
			 "parent", up ? domain_json(d, up) : json_null(),
			 "instance", (json_int_t)root->instance, "master",
			 master ? safe_string(master) : json_null(), "is_ours",
			 !site_other_master(s, domain), "is_own",
			 domain == s->domain, "machines",
			 machines_json(d, domain));
}

void show_domains(struct asked *k)
{
	const struct directory *d = k->s->directory;
	json_t *list = json_array();
	uint32_t last = k->q->from, next;

	while ((next = domain_next(d, last)) &&
	       json_array_size(list) < ADMIN_PAGE) {
		json_array_append_new(list, one_json(k->s, next));
		last = next;
	}
	answer_page(k, "domains", list, next ? last : 0);
}

/* The one that the path names; 0, and the error is filled in. */
static uint32_t asked_domain(struct asked *k)
{
	uint32_t domain = domain_named(k->s->directory, k->s->domain, k->name);

	if (!domain)
		admin_error(k->a, STATUS_NOT_FOUND, "there is no domain %s",
			    k->name);
	return domain;
}

void show_domain(struct asked *k)
{
	uint32_t domain = asked_domain(k);

	if (!domain)
		return;
	k->a->status = STATUS_OK;
	k->a->json = one_json(k->s, domain);
	json_object_set_new(
		k->a->json, "properties",
		props_json(&directory_entry(k->s->directory, domain)->props));
}

/* ---- a new one ----------------------------------------------------------- */

/* The parent's path and the last name of the one that is wanted. */
struct wanted {
	char parent[DOMAIN_PATH];
	const char *path, *name;
	uint32_t up;
};

static bool parent_get(struct asked *k, struct wanted *w)
{
	size_t len = (size_t)(w->name - 1 - w->path);

	(void)text_copy(w->parent, sizeof w->parent, w->path, len ? len : 1);
	w->up = domain_find(k->s->directory, w->parent);
	if (!w->up)
		admin_error(k->a, STATUS_NOT_FOUND,
			    "domain %s: there is no domain %s above it",
			    w->path, w->parent);
	else if (domain_child(k->s->directory, w->up, w->name))
		admin_error(k->a, STATUS_CONFLICT,
			    "there is a domain %s already", w->path);
	return !k->a->status;
}

static bool wanted_get(struct asked *k, struct wanted *w)
{
	const json_t *path = json_object_get(k->q->body, "path");

	*w = (struct wanted){.path = json_string_value(path)};
	if (!w->path)
		admin_error(k->a, STATUS_WRONG,
			    "a domain must have a path, such as /boston");
	else if (!strcmp(w->path, "/"))
		admin_error(k->a, STATUS_CONFLICT,
			    "there is a domain / already");
	else if (!domain_path_is_good(w->path))
		admin_error(k->a, STATUS_WRONG,
			    "`%s' is no path of a domain, such as /boston/lab",
			    w->path);
	if (k->a->status || !w->path)
		return false;
	w->name = strrchr(w->path, '/') + 1;
	return parent_get(k, w);
}

/* The list with nothing but a name. */
static struct plist named(uint8_t *room, size_t len, const char *name)
{
	struct plist_out out = plist_begin(room, len);
	struct plist props;

	plist_add(&out, "name");
	plist_add_value(&out, name);
	(void)plist_end(&out, &props);
	return props;
}

static bool make_machines(struct asked *k, uint32_t domain)
{
	uint8_t room[32];
	const struct change c = {.kind = CHANGE_ENTRY_PUT,
				 .domain = domain,
				 .id = domain + 1,
				 .parent = domain,
				 .instance = 1,
				 .props = named(room, sizeof room, "machines")};

	return make_change(k, &c);
}

static bool make_domain(struct asked *k, const struct wanted *w, uint32_t id)
{
	uint8_t room[PROPS];
	struct plist_out out = plist_begin(room, sizeof room);
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .id = id,
			   .parent = w->up,
			   .instance = 1};

	if (!props_new(k, w->path, "name", w->name,
		       json_object_get(k->q->body, "properties"), &out))
		return false;
	if (plist_end(&out, &c.props))
		return make_change(k, &c);
	admin_error(k->a, STATUS_TOO_LONG,
		    "domain %s: its properties are too long", w->path);
	return false;
}

bool is_dry_run(const struct asked *k)
{
	return json_is_true(json_object_get(k->q->body, "dry_run"));
}

void edit_add_domain(struct asked *k)
{
	uint32_t id = directory_next_id(k->s->directory);
	struct wanted w;

	if (!wanted_get(k, &w) || !make_domain(k, &w, id) ||
	    !make_machines(k, id) || !may_make(k))
		return;
	k->a->json =
		json_pack("{s:s, s:I}", "path", w.path, "id", (json_int_t)id);
	if (is_dry_run(k))
		k->a->status = STATUS_OK;
}

/* ---- and none any more --------------------------------------------------- */

static bool is_within(const struct directory *d, uint32_t domain, uint32_t top)
{
	while (domain && domain != top)
		domain = domain_parent(d, domain);
	return domain;
}

/* The domains above `after` that are this one or below it; 0 ends. */
static uint32_t next_within(const struct directory *d, uint32_t after,
			    uint32_t top)
{
	do
		after = domain_next(d, after);
	while (after && !is_within(d, after, top));
	return after;
}

/* Nothing but directories with nothing in them. */
static bool is_empty(const struct directory *d, uint32_t domain)
{
	const struct entry *e = entry_first(d, directory_entry(d, domain));

	for (; e; e = entry_next(d, e))
		if (entry_first(d, e))
			return false;
	return !next_within(d, domain, domain);
}

static bool may_remove(struct asked *k, uint32_t domain)
{
	const struct directory *d = k->s->directory;
	bool is_whole = json_is_true(json_object_get(k->q->body, "recursive"));

	if (domain == DOMAIN_FIRST)
		admin_error(k->a, STATUS_WRONG,
			    "the first domain, /, must stay");
	else if (site_needs_domain(k->s, domain))
		admin_error(k->a, STATUS_CONFLICT,
			    "domain %s: the configuration names it or one "
			    "below it (directory-domain)",
			    k->name);
	else if (!is_whole && !is_empty(d, domain))
		admin_error(k->a, STATUS_CONFLICT,
			    "domain %s is not empty: what is in it, and the "
			    "domains below it, go first, or with it if the "
			    "whole is asked for (recursive)",
			    k->name);
	return !k->a->status;
}

static bool destroy(struct asked *k, uint32_t domain)
{
	const struct entry *root = directory_entry(k->s->directory, domain);
	const struct change c = {.kind = CHANGE_ENTRY_DESTROY,
				 .domain = domain,
				 .id = domain,
				 .instance = root->instance + 1};

	return make_change(k, &c);
}

static uint32_t count_within(const struct directory *d, uint32_t top)
{
	uint32_t n = 0;

	for (uint32_t at = top; at; at = next_within(d, at, top))
		n++;
	return n;
}

/* From below upwards: a parent's id is smaller. */
static bool destroy_all(struct asked *k, uint32_t top)
{
	const struct directory *d = k->s->directory;
	uint32_t n = count_within(d, top), i = 0;
	uint32_t *all = calloc(n, sizeof *all);

	if (!all) {
		admin_error(k->a, STATUS_FAILED, "%s", strerror(ENOMEM));
		return false;
	}
	for (uint32_t at = top; at; at = next_within(d, at, top))
		all[i++] = at;
	while (i && destroy(k, all[i - 1]))
		i--;
	free(all);
	return !i;
}

/* The entry behind this one in its domain, from above downwards; NULL: that was
 * the last. */
static const struct entry *entry_onwards(const struct directory *d,
					 const struct entry *root,
					 const struct entry *e)
{
	const struct entry *next = entry_first(d, e);

	for (; !next && e != root; e = directory_entry(d, e->parent))
		next = entry_next(d, e);
	return next;
}

/* More than COUNTED, if there are: nobody waits for the rest. */
static json_int_t count_entries(const struct directory *d, uint32_t top)
{
	json_int_t n = 0;

	for (uint32_t at = top; at && n <= COUNTED;
	     at = next_within(d, at, top)) {
		const struct entry *root = directory_entry(d, at), *e = root;

		while (n <= COUNTED && (e = entry_onwards(d, root, e)))
			n++;
	}
	return n;
}

/* What a dry run tells of the removal: how much it would be.  A root is its
 * domain, and not counted among the entries. */
static void count_removed(struct asked *k, uint32_t top)
{
	const struct directory *d = k->s->directory;
	json_int_t n = count_entries(d, top);

	json_object_set_new(k->a->json, "domains",
			    json_integer(count_within(d, top)));
	json_object_set_new(k->a->json, "entries",
			    n > COUNTED ? json_null() : json_integer(n));
	k->a->status = STATUS_OK;
}

void edit_remove_domain(struct asked *k)
{
	uint32_t domain = asked_domain(k);

	if (!domain || !may_remove(k, domain) || !destroy_all(k, domain) ||
	    !may_make(k))
		return;
	k->a->json = json_pack("{s:o}", "removed",
			       domain_json(k->s->directory, domain));
	if (is_dry_run(k))
		count_removed(k, domain);
}
