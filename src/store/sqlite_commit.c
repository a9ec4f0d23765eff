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

/* These return SQLite's codes, which are positive; or'ed they show whether one
 * failed, which can only be for want of memory or room. */
static int bind_u32(sqlite3_stmt *stmt, int i, uint32_t v)
{
	return sqlite3_bind_int64(stmt, i, v);
}

static int bind_bytes(sqlite3_stmt *stmt, int i, const void *bytes, size_t len)
{
	/* NULL would be another value than no bytes. */
	return sqlite3_bind_blob64(stmt, i, len ? bytes : "", len,
				   SQLITE_STATIC);
}

static int create(struct sqlite *s, const struct change *c)
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
		return is_fixed ? -ESTALE : create(s, c);
	int rc = edit(s, c);
	if (rc == -ESTALE && is_fixed && c->instance == 2)
		return create(s, c);
	return rc;
}

static int destroy(struct sqlite *s, const struct change *c)
{
	sqlite3_stmt *q = s->stmt[SQL_DESTROY];
	sqlite3_stmt *below = s->stmt[SQL_DESTROY_BELOW];

	if (c->id <= ENTRY_FIXED)
		return -ESTALE;
	if (bind_u32(q, 1, c->id) | bind_u32(q, 2, c->instance) |
	    bind_u32(below, 1, c->id))
		return -ENOMEM;
	int rc = run_strictly(s, SQL_DESTROY);
	return rc ? rc : sqlite_run(s, SQL_DESTROY_BELOW);
}

static int lease_put(struct sqlite *s, const struct lease *l)
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

static int write_one(struct sqlite *s, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_DOMAIN_PUT:
	case CHANGE_ENTRY_PUT:
		return put(s, c);
	case CHANGE_ENTRY_DESTROY:
		return destroy(s, c);
	case CHANGE_LEASE_PUT:
		return lease_put(s, &c->lease);
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

/* Where the counters will be when the batch is durable. */
struct counters {
	uint64_t revision;
	uint32_t last_id;
};

/* The changes that belong together.  *to is wrong if they fail. */
static int write_all(struct sqlite *s, struct commit *v, struct counters *to)
{
	for (v->failed = 0; v->failed <= v->more; v->failed++) {
		const struct change *c = &v->change[v->failed];
		int rc = write_one(s, c);

		if (rc)
			return rc;
		if (change_is_edit(c) && c->id > to->last_id)
			to->last_id = c->id;
	}
	v->failed = 0;
	return 0;
}

/* Several: what was written of them before one failed is taken back. */
static int write_saved(struct sqlite *s, struct commit *v, struct counters *to)
{
	struct counters was = *to;
	int rc = sqlite_run(s, SQL_SAVE), back;

	if (rc)
		return rc;
	rc = write_all(s, v, to);
	if (rc == -ESTALE) {
		*to = was;
		back = sqlite_run(s, SQL_BACK);
		if (back)
			return back;
	}
	back = sqlite_run(s, SQL_RELEASE);
	return rc ? rc : back;
}

static int write_batch(struct sqlite *s, struct commit *v, size_t n,
		       struct counters *to)
{
	bool has_written = false;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].rc = v[i].more ? write_saved(s, &v[i], to)
				    : write_all(s, &v[i], to);
		if (v[i].rc == -ESTALE)
			continue;
		if (v[i].rc)
			return v[i].rc;
		has_written = true;
	}
	if (!has_written)
		return 0;
	rc = write_meta(s, "revision", ++to->revision);
	if (!rc && to->last_id != s->last_id)
		rc = write_meta(s, "last_id", to->last_id);
	return rc;
}

int sqlite_commit(struct store *store, struct commit *v, size_t n,
		  uint64_t *revision)
{
	struct sqlite *s = sqlite_of(store);
	struct counters to = {.revision = s->revision, .last_id = s->last_id};

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
		return store_fail_all(v, n, rc);
	}
	s->revision = to.revision;
	s->last_id = to.last_id;
	*revision = to.revision;
	return 0;
}
