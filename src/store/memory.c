/*
 * The store in memory: one record for each entry and each lease, in the order
 * in which they first came, so parents stand before their children.  It judges
 * changes as the durable one does.
 */
#include "store/memory_inside.h"

#include <errno.h>
#include <string.h>

#include "model/directory.h"

struct record *memory_find(const struct memory *m, const struct change *c)
{
	bool is_edit = change_is_edit(c);
	const struct index *ix = is_edit ? &m->entries : &m->leases;
	uint64_t hash = hash_u64(is_edit ? c->id : c->lease.ip, 0);

	for (uint32_t walk = 0, at; index_next(ix, hash, &walk, &at);) {
		struct record *r = &m->v[at];

		if (is_edit ? r->c.id == c->id : r->c.lease.ip == c->lease.ip)
			return r;
	}
	return NULL;
}

static struct record *find_live(const struct memory *m, const struct change *c)
{
	struct record *r = memory_find(m, c);

	return r && !r->is_gone ? r : NULL;
}

static int grow(struct memory *m)
{
	struct record *v = grow_for(&m->alloc, m->v, m->n, &m->most, sizeof *v);

	if (!v)
		return -ENOMEM;
	m->v = v;
	return 0;
}

/* Room for one more line: 0 or -ENOMEM. */
static int undo_room(struct memory *m)
{
	struct undo *v = grow_for(&m->alloc, m->undo, m->n_undo, &m->most_undo,
				  sizeof *v);

	if (!v)
		return -ENOMEM;
	m->undo = v;
	return 0;
}

static void undo_add(struct memory *m, const struct record *r, bool is_new)
{
	m->undo[m->n_undo++] = (struct undo){
		.at = (uint32_t)(r - m->v), .is_new = is_new, .was = *r};
}

/* A record is about to change: 0 or -ENOMEM. */
static int note_undo(struct memory *m, const struct record *r)
{
	int rc = undo_room(m);

	if (!rc)
		undo_add(m, r, false);
	return rc;
}

/* Make the record's property list a copy of the change's; if it had one, the
 * last line of what may be undone is the record's. */
static int keep_props(struct memory *m, struct record *r,
		      const struct change *c)
{
	uint8_t *copy = alloc_get(&m->alloc, c->props.len + 1, 1);

	if (!copy)
		return -ENOMEM;
	if (c->props.len)
		memcpy(copy, c->props.bytes, c->props.len);
	if (r->c.props.bytes)
		m->undo[m->n_undo - 1].has_list = true;
	r->c.props = (struct plist){.bytes = copy, .len = c->props.len};
	return 0;
}

static struct record *parent_of(const struct memory *m, const struct change *c)
{
	struct change parent = {.kind = CHANGE_ENTRY_PUT, .id = c->parent};

	return change_is_edit(c) && c->parent ? memory_find(m, &parent) : NULL;
}

/* Its parent has one more, or one less. */
static void count_below(struct memory *m, const struct change *c, bool is_there)
{
	struct record *p = parent_of(m, c);

	if (p && is_there)
		p->below++;
	else if (p)
		p->below--;
}

static void stamp(const struct memory *m, struct record *r)
{
	r->revision = m->revision + 1;
	r->by = memory_author(m);
}

static int append(struct memory *m, const struct change *c)
{
	bool is_edit = change_is_edit(c);
	int rc = undo_room(m);

	if (!rc)
		rc = grow(m);
	if (rc)
		return rc;
	m->v[m->n] = (struct record){.c = *c};
	m->v[m->n].c.props = (struct plist){.bytes = NULL, .len = 0};
	if (is_edit)
		rc = keep_props(m, &m->v[m->n], c);
	if (!rc)
		rc = index_add(is_edit ? &m->entries : &m->leases,
			       hash_u64(is_edit ? c->id : c->lease.ip, 0),
			       m->n);
	if (rc) {
		alloc_put(&m->alloc, (void *)m->v[m->n].c.props.bytes);
		return rc;
	}
	count_below(m, c, true);
	stamp(m, &m->v[m->n]);
	undo_add(m, &m->v[m->n++], true);
	return 0;
}

static bool has_parent(const struct memory *m, const struct change *c)
{
	struct change parent = {.kind = CHANGE_ENTRY_PUT, .id = c->parent};

	return c->parent <= ENTRY_FIXED || find_live(m, &parent);
}

static int put(struct memory *m, const struct change *c)
{
	struct record *r = memory_find(m, c);
	bool is_fixed = c->id <= ENTRY_FIXED;

	if (r) {
		if (r->is_gone || c->instance != r->c.instance + 1)
			return -ESTALE;
		int rc = note_undo(m, r);
		if (!rc)
			rc = keep_props(m, r, c);
		if (!rc)
			r->c.instance = c->instance;
		return rc;
	}
	if (c->instance != (is_fixed ? 2 : 1) || !has_parent(m, c))
		return -ESTALE;
	return append(m, c);
}

static bool has_domain_below(const struct memory *m, uint32_t id)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (m->v[i].c.kind == CHANGE_DOMAIN_PUT &&
		    m->v[i].c.parent == id && !m->v[i].is_gone)
			return true;
	return false;
}

static int go(struct memory *m, const struct commit *v, struct record *r,
	      bool goes_along)
{
	int rc = memory_note_gone(m, v, &r->c, goes_along);

	if (!rc)
		rc = note_undo(m, r);
	if (rc)
		return rc;
	r->is_gone = true;
	count_below(m, &r->c, false);
	return 0;
}

static int destroy(struct memory *m, const struct commit *v,
		   const struct change *c)
{
	struct record *r = find_live(m, c);

	if (!r || c->id <= ENTRY_FIXED || c->instance != r->c.instance + 1 ||
	    (r->below && has_domain_below(m, c->id)))
		return -ESTALE;
	bool has_more = r->below;
	int rc = go(m, v, r, false);

	/* All below it stands behind it, and each behind its own parent. */
	for (r++; !rc && has_more && r < m->v + m->n; r++)
		if (change_is_edit(&r->c) && !r->is_gone &&
		    !has_parent(m, &r->c))
			rc = go(m, v, r, true);
	return rc;
}

static int lease_put(struct memory *m, const struct change *c)
{
	struct record *r = memory_find(m, c);
	int rc;

	if (!r)
		return append(m, c);
	rc = note_undo(m, r);
	if (rc)
		return rc;
	r->c.lease = c->lease;
	r->c.network = c->network;
	r->is_gone = false;
	stamp(m, r);
	return 0;
}

static int lease_drop(struct memory *m, const struct change *c)
{
	struct record *r = memory_find(m, c);
	int rc = r ? note_undo(m, r) : 0;

	if (r && !rc) {
		r->is_gone = true;
		stamp(m, r);
	}
	return rc;
}

/* If it fails, the line is taken back with all else. */
static int note_and_put(struct memory *m, const struct commit *v,
			const struct change *c)
{
	const struct record *r = find_live(m, c);
	int rc = memory_note(m, v, c, r ? &r->c : NULL);

	return rc ? rc : put(m, c);
}

static int write_one(struct memory *m, const struct commit *v,
		     const struct change *c)
{
	switch (c->kind) {
	case CHANGE_DOMAIN_PUT:
	case CHANGE_ENTRY_PUT:
		return note_and_put(m, v, c);
	case CHANGE_ENTRY_DESTROY:
		return destroy(m, v, c);
	case CHANGE_LEASE_PUT:
		return lease_put(m, c);
	case CHANGE_LEASE_DROP:
		return lease_drop(m, c);
	}
	return -EINVAL;
}

/* The record with number n - 1 never came. */
static void forget_last(struct memory *m)
{
	struct record *r = &m->v[m->n - 1];
	bool is_edit = change_is_edit(&r->c);

	count_below(m, &r->c, false);
	index_remove(is_edit ? &m->entries : &m->leases,
		     hash_u64(is_edit ? r->c.id : r->c.lease.ip, 0), --m->n);
	alloc_put(&m->alloc, (void *)r->c.props.bytes);
}

/* In the opposite order, which is why each finds what it left. */
static void undo_all(struct memory *m)
{
	while (m->n_undo) {
		const struct undo *u = &m->undo[--m->n_undo];
		struct record *r = &m->v[u->at];

		if (u->is_new) {
			forget_last(m);
			continue;
		}
		if (r->is_gone && !u->was.is_gone)
			count_below(m, &r->c, true);
		if (u->has_list && r->c.props.bytes != u->was.c.props.bytes)
			alloc_put(&m->alloc, (void *)r->c.props.bytes);
		*r = u->was;
	}
}

/* What was replaced is not needed any more. */
static void undo_forget(struct memory *m)
{
	while (m->n_undo) {
		const struct undo *u = &m->undo[--m->n_undo];

		if (u->has_list)
			alloc_put(&m->alloc, (void *)u->was.c.props.bytes);
	}
}

static void count_id(struct memory *m, const struct change *c)
{
	if (change_is_edit(c) && c->id > m->last_id)
		m->last_id = c->id;
}

/* Whether the mastership that it needs is its own: 0 or -EPERM. */
static int check_fence(const struct memory *m, const struct commit *v)
{
	const struct store_master *is = memory_master_of(m, v->fenced);

	if (!v->fence || (is && is->holder[0] && is->token == v->fence))
		return 0;
	return -EPERM;
}

/* All of it; what was replaced is still there to go back to. */
static int write_all(struct memory *m, struct commit *v)
{
	size_t lines = m->n_lines;
	int rc = check_fence(m, v);

	for (v->failed = 0; !rc && v->failed <= v->more; v->failed++) {
		rc = memory_judge(m, v, &v->change[v->failed]);
		if (!rc)
			rc = write_one(m, v, &v->change[v->failed]);
	}
	if (rc) {
		v->failed -= v->failed > 0;
		undo_all(m);
		memory_forget_after(m, lines);
		return rc;
	}
	v->failed = 0;
	return 0;
}

static int make(struct memory *m, struct commit *v)
{
	int rc = write_all(m, v);

	if (rc)
		return rc;
	undo_forget(m);
	for (size_t i = 0; i <= v->more; i++)
		count_id(m, &v->change[i]);
	return 0;
}

int memory_try(struct memory *m, struct commit *v, memory_look *look, void *arg)
{
	size_t lines = m->n_lines;
	uint64_t in_this = m->in_this;
	int rc = write_all(m, v);

	if (rc)
		return rc;
	rc = look(arg, lines);
	undo_all(m);
	memory_forget_after(m, lines);
	m->in_this = in_this;
	return rc;
}

int memory_make(struct memory *m, struct commit *v, uint64_t revision)
{
	int rc;

	if (m->revision != revision)
		m->in_this = 0;
	m->revision = revision - 1;
	rc = make(m, v);
	m->revision = revision;
	return rc;
}

int memory_set(struct memory *m, const struct change *c)
{
	int rc = memory_find(m, c) ? -EEXIST : append(m, c);

	if (rc)
		return rc;
	undo_forget(m);
	count_id(m, c);
	return 0;
}

static bool is_to_fail(const struct memory *m, uint64_t commit)
{
	return m->faults.fail_rc && commit >= m->faults.fail_from &&
	       commit - m->faults.fail_from < m->faults.fail_n;
}

int memory_commit(struct store *store, struct commit *v, size_t n,
		  uint64_t *revision)
{
	struct memory *m = memory_of(store);
	bool has_written = false;

	m->in_this = 0;
	if (is_to_fail(m, m->commits++))
		return store_fail_all(v, n, m->faults.fail_rc);
	for (size_t i = 0; i < n; i++) {
		v[i].rc = make(m, &v[i]);
		v[i].revision = v[i].rc ? 0 : m->revision + 1;
		has_written |= !v[i].rc;
	}
	m->revision += has_written;
	if (has_written)
		memory_tell(m, v, n);
	memory_prune(m);
	*revision = m->revision;
	return 0;
}

static int load_all(const struct memory *m, bool edits, store_each *each,
		    void *arg)
{
	int rc = 0;

	for (uint32_t i = 0; i < m->n && !rc; i++)
		if (change_is_edit(&m->v[i].c) == edits && !m->v[i].is_gone)
			rc = each(arg, &m->v[i].c);
	return rc;
}

static bool last_is_gone(const struct memory *m)
{
	struct change c = {.kind = CHANGE_ENTRY_PUT, .id = m->last_id};

	return m->last_id > ENTRY_FIXED && !find_live(m, &c);
}

static int memory_load(struct store *store, store_each *each, void *arg,
		       uint64_t *revision)
{
	const struct memory *m = memory_of(store);
	int rc = load_all(m, true, each, arg);

	if (!rc && last_is_gone(m))
		rc = store_each_gone(each, arg, m->last_id);
	if (!rc)
		rc = load_all(m, false, each, arg);
	if (!rc)
		*revision = m->revision;
	return rc;
}

static void memory_close(struct store *store)
{
	struct memory *m = memory_of(store);
	struct alloc alloc = m->alloc;

	memory_share_close(m);
	for (uint32_t i = 0; i < m->n; i++)
		alloc_put(&alloc, (void *)m->v[i].c.props.bytes);
	alloc_put(&alloc, m->v);
	alloc_put(&alloc, m->undo);
	memory_forget_after(m, 0);
	alloc_put(&alloc, m->lines);
	alloc_put(&alloc, m->masters);
	index_close(&m->entries, &alloc);
	index_close(&m->leases, &alloc);
	alloc_put(&alloc, m);
}

static const struct store_ops memory_ops = {
	.load = memory_load,
	.commit = memory_commit,
	.history = memory_history,
	.keep = memory_keep,
	.watch = memory_watch,
	.master = memory_master,
	.status = memory_status,
	.backup = memory_backup,
	.close = memory_close,
};

int store_memory_open(struct store **to, const struct alloc *alloc,
		      const struct store_memory_faults *faults)
{
	struct memory *m = alloc_get(alloc, 1, sizeof *m);

	if (!m)
		return -ENOMEM;
	m->store.ops = &memory_ops;
	m->alloc = *alloc;
	m->last_id = ENTRY_FIXED;
	m->keep = MEMORY_HISTORY;
	if (faults)
		m->faults = *faults;
	int rc = index_open(&m->entries, &m->alloc, 64, true);
	if (!rc)
		rc = index_open(&m->leases, &m->alloc, 64, true);
	if (rc) {
		memory_close(&m->store);
		return rc;
	}
	*to = &m->store;
	return 0;
}

uint64_t store_memory_commits(const struct store *s)
{
	return memory_of(s)->commits;
}
