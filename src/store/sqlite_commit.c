/*
 * Committing: a batch is one transaction and one sync.  A stale edit changes no
 * row, so it needs no taking back and the others go on; any other failure takes
 * back the batch.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <string.h>

#include "model/directory.h"

/* Run a statement that must change a row, or else is stale. */
static int run_strictly(struct sqlite *s, enum statement which)
{
	int rc = sqlite_run(s, which);

	if (rc)
		return rc;
	return sqlite3_changes(s->db) ? 0 : -ESTALE;
}

int sqlite_create(struct sqlite *s, const struct change *c)
{
	sqlite3_stmt *q = s->stmt[SQL_CREATE];
	bool is_domain = c->kind == CHANGE_DOMAIN_PUT;
	int failed = bind_u32(q, 1, c->id) | bind_u32(q, 2, is_domain) |
		     bind_u32(q, 3, is_domain ? c->id : c->domain) |
		     bind_u32(q, 4, c->parent) | bind_u32(q, 5, c->instance) |
		     bind_bytes(q, 6, c->props.bytes, c->props.len) |
		     bind_u32(q, 7, ENTRY_FIXED);

	return failed ? -ENOMEM : run_strictly(s, SQL_CREATE);
}

static int edit(struct sqlite *s, const struct change *c)
{
	sqlite3_stmt *q = s->stmt[SQL_EDIT];
	int failed = bind_u32(q, 1, c->id) | bind_u32(q, 2, c->instance) |
		     bind_bytes(q, 3, c->props.bytes, c->props.len);

	return failed ? -ENOMEM : run_strictly(s, SQL_EDIT);
}

static int put(struct sqlite *s, const struct change *c)
{
	bool is_fixed = c->id <= ENTRY_FIXED;

	if (c->instance == 1)
		return is_fixed ? -ESTALE : sqlite_create(s, c);
	int rc = edit(s, c);
	if (rc == -ESTALE && is_fixed && c->instance == 2)
		return sqlite_create(s, c);
	return rc;
}

/* Whether domains climb to it: 0, or -ESTALE. */
static int has_none_below(struct sqlite *s, uint32_t id)
{
	sqlite3_stmt *q = s->stmt[SQL_HAS_DOMAINS];
	int step;

	if (bind_u32(q, 1, id))
		return -ENOMEM;
	step = sqlite3_step(q);
	sqlite3_reset(q);
	if (step == SQLITE_ROW)
		return -ESTALE;
	return sqlite_errno(s->db, step);
}

/* Lines first: their paths are read from what then is gone. */
static int note_destroyed(struct sqlite *s, const struct commit *v,
			  const struct change *c, const struct was *was,
			  struct counters *to)
{
	int rc = has_none_below(s, c->id);

	if (!rc)
		rc = sqlite_note(s, v, c, was, to);
	return rc ? rc : sqlite_note_below(s, v, c->id, to);
}

static int destroy(struct sqlite *s, const struct change *c)
{
	sqlite3_stmt *q = s->stmt[SQL_DESTROY];
	sqlite3_stmt *below = s->stmt[SQL_DESTROY_BELOW];

	if (bind_u32(q, 1, c->id) | bind_u32(q, 2, c->instance) |
	    bind_u32(below, 1, c->id))
		return -ENOMEM;
	int rc = run_strictly(s, SQL_DESTROY);
	return rc ? rc : sqlite_run(s, SQL_DESTROY_BELOW);
}

static int write_edit(struct sqlite *s, const struct commit *v,
		      const struct change *c, struct counters *to)
{
	struct was was;
	int rc = sqlite_look(s, c->id, &was);

	if (rc)
		return rc;
	if (c->kind == CHANGE_ENTRY_DESTROY) {
		if (!was.is_there || c->id <= ENTRY_FIXED ||
		    c->instance != was.c.instance + 1)
			return -ESTALE;
		rc = note_destroyed(s, v, c, &was, to);
		return rc ? rc : destroy(s, c);
	}
	rc = put(s, c);
	return rc ? rc : sqlite_note(s, v, c, &was, to);
}

int sqlite_lease_put(struct sqlite *s, const struct lease *l)
{
	sqlite3_stmt *q = s->stmt[SQL_LEASE_PUT];
	size_t name = strnlen(l->name, sizeof l->name);
	int failed = bind_u32(q, 1, l->ip) | bind_u32(q, 2, l->kind) |
		     bind_u32(q, 3, l->hw.type) |
		     bind_bytes(q, 4, l->hw.b, l->hw.len) |
		     sqlite3_bind_int64(q, 5, l->wall_ends) |
		     bind_u32(q, 6, l->term) |
		     sqlite3_bind_text(q, 7, l->name, (int)name, SQLITE_STATIC);

	return failed ? -ENOMEM : sqlite_run(s, SQL_LEASE_PUT);
}

static int lease_drop(struct sqlite *s, uint32_t ip)
{
	if (bind_u32(s->stmt[SQL_LEASE_DROP], 1, ip))
		return -ENOMEM;
	return sqlite_run(s, SQL_LEASE_DROP);
}

static int write_one(struct sqlite *s, const struct commit *v,
		     const struct change *c, struct counters *to)
{
	switch (c->kind) {
	case CHANGE_DOMAIN_PUT:
	case CHANGE_ENTRY_PUT:
	case CHANGE_ENTRY_DESTROY:
		if (c->id > to->last_id)
			to->last_id = c->id;
		return write_edit(s, v, c, to);
	case CHANGE_LEASE_PUT:
		return sqlite_lease_put(s, &c->lease);
	case CHANGE_LEASE_DROP:
		return lease_drop(s, c->lease.ip);
	}
	return -EINVAL;
}

static int write_meta(struct sqlite *s, const char *name, uint64_t value)
{
	sqlite3_stmt *q = s->stmt[SQL_META];

	if (sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC) |
	    sqlite3_bind_int64(q, 2, (int64_t)value))
		return -ENOMEM;
	return sqlite_run(s, SQL_META);
}

/* Whether the mastership that it needs is its own: 0 or -EPERM. */
static int check_fence(struct sqlite *s, const struct commit *v)
{
	struct store_master is;
	int rc;

	if (!v->fence)
		return 0;
	rc = sqlite_master_of(s, v->fenced, &is);
	if (rc)
		return rc;
	return is.holder[0] && is.token == v->fence ? 0 : -EPERM;
}

/* The changes that belong together.  *to is wrong if they fail. */
static int write_all(struct sqlite *s, struct commit *v, struct counters *to)
{
	int rc = check_fence(s, v);

	for (v->failed = 0; !rc && v->failed <= v->more; v->failed++)
		rc = write_one(s, v, &v->change[v->failed], to);
	if (rc && v->failed)
		v->failed--;
	else
		v->failed = 0;
	return rc;
}

/* Several: what was written of them before one failed is taken back. */
static int write_saved(struct sqlite *s, struct commit *v, struct counters *to)
{
	int rc = sqlite_run(s, SQL_SAVE), back;

	if (rc)
		return rc;
	rc = write_all(s, v, to);
	if (store_is_refusal(rc)) {
		s->parent = 0; /* it may be of what is taken back */
		back = sqlite_run(s, SQL_BACK);
		if (back)
			return back;
	}
	back = sqlite_run(s, SQL_RELEASE);
	return rc ? rc : back;
}

/* One by one; *has_written is set if anything was. */
static int write_each(struct sqlite *s, struct commit *v, size_t n,
		      struct counters *to, bool *has_written)
{
	for (size_t i = 0; i < n; i++) {
		struct counters was = *to;

		v[i].rc = v[i].more ? write_saved(s, &v[i], to)
				    : write_all(s, &v[i], to);
		if (v[i].rc)
			*to = was;
		else
			*has_written = true;
		if (v[i].rc && !store_is_refusal(v[i].rc))
			return v[i].rc;
	}
	return 0;
}

int sqlite_write_counters(struct sqlite *s, const struct counters *to)
{
	const struct counters *is = &s->is;
	int rc = write_meta(s, "revision", to->revision);

	if (!rc && to->last_id != is->last_id)
		rc = write_meta(s, "last_id", to->last_id);
	if (!rc && to->lines != is->lines)
		rc = write_meta(s, "lines", to->lines);
	if (!rc && to->compacted != is->compacted)
		rc = write_meta(s, "compacted", to->compacted);
	return rc;
}

static int write_batch(struct sqlite *s, struct commit *v, size_t n,
		       struct counters *to)
{
	bool has_written = false;
	int rc;

	to->revision++;
	to->in_this = 0;
	rc = write_each(s, v, n, to, &has_written);
	if (rc || !has_written) {
		to->revision--;
		return rc;
	}
	rc = sqlite_fill_blocks(s, to);
	if (!rc)
		rc = sqlite_prune(s, to);
	return rc ? rc : sqlite_write_counters(s, to);
}

int sqlite_commit(struct store *store, struct commit *v, size_t n,
		  uint64_t *revision)
{
	struct sqlite *s = sqlite_of(store);
	struct counters to = s->is;

	if (s->is_broken)
		return store_fail_all(v, n, -EIO);
	int rc = sqlite_run(s, SQL_BEGIN);
	if (!rc)
		rc = write_batch(s, v, n, &to);
	if (!rc)
		rc = sqlite_run(s, SQL_COMMIT);
	if (rc) {
		/* After some errors SQLite has done so itself. */
		if (!sqlite3_get_autocommit(s->db))
			sqlite_run(s, SQL_ROLLBACK);
		s->parent = 0;
		return store_fail_all(v, n, rc);
	}
	s->is = to;
	*revision = to.revision;
	return 0;
}
