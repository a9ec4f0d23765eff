/*
 * From our domain to the copy.  What is in its place stays, and is edited if it
 * is another; all else is destroyed first and then made anew: entries are
 * listed in the order of their ids, so one that came to stand before another
 * has those behind it made anew, too.
 *
 * Names and addresses that machines have exchanged would get in each other's
 * way, one change after the other; then everything is made anew.
 */
#include "engine/niclone_impl.h"

#include <errno.h>

/* What is being made, and of what. */
struct making {
	struct copy *c;
	struct directory *d;
	uint32_t domain;
	bool is_fresh; /* nothing stays */
	struct changes *all;
};

/* ---- what stays -----------------------------------------------------------
 */

/* Which entries may stay: those with a mark, by it. */
static void find_candidates(struct making *m)
{
	const struct entry *e = directory_entry(m->d, m->domain);
	struct netinfo_mark mark;
	struct copied *is;

	for (uint32_t i = 0; i < m->c->n; i++)
		m->c->v[i].candidate = m->c->v[i].last = 0;
	while ((e = netinfo_next_down(m->d, e))) {
		is = netinfo_mark_get(&e->props, &mark)
			     ? copy_find(m->c, mark.id.object)
			     : NULL;
		if (is && !is->candidate)
			is->candidate = e->id;
	}
}

/* A directory at the top keeps its name: machines are what is in one. */
static bool is_renamed(const struct making *m, const struct entry *e,
		       const struct copied *to)
{
	const char *name = plist_value(&to->props, "name");

	return e->parent == m->domain &&
	       strcmp(name ? name : "", machine_name(e)) != 0;
}

static bool may_stay(const struct making *m, const struct copied *to)
{
	const struct copied *up = &m->c->v[to->up];
	const struct entry *e =
		to->candidate ? directory_entry(m->d, to->candidate) : NULL;

	return e && !m->is_fresh && !up->is_new && e->parent == up->entry &&
	       e->id > up->last && !is_renamed(m, e, to);
}

static void decide(struct making *m)
{
	uint32_t next = directory_next_id(m->d);

	find_candidates(m);
	m->c->v[0].entry = m->domain;
	m->c->v[0].is_new = false;
	for (uint32_t i = 1; i < m->c->n; i++) {
		struct copied *to = &m->c->v[i];

		to->is_new = !may_stay(m, to);
		to->entry = to->is_new ? next++ : to->candidate;
		m->c->v[to->up].last = to->entry;
	}
}

/* ---- what changes ---------------------------------------------------------
 */

static bool stays(const struct making *m, const struct entry *e)
{
	struct netinfo_mark mark;
	const struct copied *is = netinfo_mark_get(&e->props, &mark)
					  ? copy_find(m->c, mark.id.object)
					  : NULL;

	return is && !is->is_new && is->entry == e->id;
}

/* With all that is below: nothing there stays either. */
static int destroy(struct making *m)
{
	const struct entry *e =
		entry_first(m->d, directory_entry(m->d, m->domain));
	int rc = 0;

	while (e && !rc) {
		struct change c = {.kind = CHANGE_ENTRY_DESTROY,
				   .domain = m->domain,
				   .id = e->id,
				   .parent = e->parent,
				   .instance = e->instance + 1};

		if (stays(m, e)) {
			e = netinfo_next_down(m->d, e);
			continue;
		}
		rc = changes_add(m->all, &c);
		e = netinfo_next_beside(m->d, e);
	}
	return rc;
}

static bool is_same(const struct plist *a, const struct plist *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static int put(struct making *m, const struct copied *to)
{
	const struct entry *e = directory_entry(m->d, to->entry);
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = m->domain,
			   .id = to->entry,
			   .parent = m->c->v[to->up].entry,
			   .instance = e ? e->instance + 1 : 1,
			   .props = to->props};

	return e && is_same(&e->props, &to->props) ? 0
						   : changes_add(m->all, &c);
}

/* ---- the root -------------------------------------------------------------
 */

static bool is_ours(const char *name)
{
	return !strcmp(name, "name") || !strcmp(name, "tag") ||
	       !strcmp(name, "master");
}

static void take(struct plist_out *out, const struct plist *from, bool ours)
{
	struct rd r = rd_over(from->bytes, from->len);
	struct property p;
	const char *v;
	size_t len;

	while (plist_next(&r, &p)) {
		if (is_ours(p.name) != ours)
			continue;
		plist_add(out, p.name);
		while (rd_left(&p.values) && (v = rd_cstr(&p.values, &len)))
			plist_add_value(out, v);
	}
}

static int put_root(struct making *m)
{
	const struct entry *root = directory_entry(m->d, m->domain);
	const struct copied *is = &m->c->v[0];
	struct netinfo_mark mark = {is->id, m->c->checksum};
	size_t room = root->props.len + is->props.len + 128;
	uint8_t *bytes = alloc_get(&m->c->alloc, 1, room);
	struct plist_out out = plist_begin(bytes, bytes ? room : 0);
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .domain = m->domain,
			   .id = m->domain,
			   .parent = domain_parent(m->d, m->domain),
			   .instance = root->instance + 1};
	int rc = -ENOMEM;

	netinfo_mark_put(&mark, true, &out);
	take(&out, &root->props, true);
	take(&out, &is->props, false);
	if (plist_end(&out, &c.props))
		rc = is_same(&root->props, &c.props) ? 0
						     : changes_add(m->all, &c);
	alloc_put(&m->c->alloc, bytes);
	return rc;
}

/* ---- all of it ------------------------------------------------------------
 */

static int make(struct making *m)
{
	int rc;

	decide(m);
	rc = destroy(m);
	for (uint32_t i = 1; i < m->c->n && !rc; i++)
		rc = put(m, &m->c->v[i]);
	return rc ? rc : put_root(m);
}

static int try(struct making *m, uint32_t *which)
{
	struct netinfo_mark mark;
	uint32_t other;
	size_t at;
	int rc = changes_open(&m->all, &m->c->alloc);

	*which = 0;
	if (!rc)
		rc = make(m);
	if (rc || !m->all->n)
		return rc;
	rc = directory_check_all(m->d, m->all->v, m->all->n, &at, &other);
	if (rc && netinfo_mark_get(&m->all->v[at].props, &mark))
		*which = mark.id.object;
	return rc;
}

int copy_changes(struct copy *c, struct directory *d, uint32_t domain,
		 struct changes **all, uint32_t *which)
{
	struct making m = {.c = c, .d = d, .domain = domain};
	int rc = try(&m, which);

	if (rc == -EEXIST) {
		changes_drop(m.all);
		m.all = NULL;
		m.is_fresh = true;
		rc = try(&m, which);
	}
	if (rc) {
		changes_drop(m.all);
		m.all = NULL;
	}
	*all = m.all;
	return rc;
}
