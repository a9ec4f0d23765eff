/*
 * Loading.  A child's id is above its parent's, always, so the entries in order
 * of their ids are a list in which parents come first.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <string.h>

#include "model/directory.h"

bool sqlite_read_entry(sqlite3_stmt *q, struct change *c)
{
	int64_t v[5];

	for (int i = 0; i < 5; i++) {
		v[i] = sqlite3_column_int64(q, i);
		if (v[i] < 0 || v[i] > UINT32_MAX)
			return false;
	}
	*c = (struct change){
		.id = (uint32_t)v[0],
		.kind = v[1] ? CHANGE_DOMAIN_PUT : CHANGE_ENTRY_PUT,
		.domain = (uint32_t)v[2],
		.parent = (uint32_t)v[3],
		.instance = (uint32_t)v[4],
		.props = {.bytes = sqlite3_column_blob(q, 5),
			  .len = (size_t)sqlite3_column_bytes(q, 5)},
	};
	return true;
}

static bool read_hwaddr(sqlite3_stmt *q, int i, struct hwaddr *hw)
{
	int64_t type = sqlite3_column_int64(q, i);
	const void *b = sqlite3_column_blob(q, i + 1);
	int len = sqlite3_column_bytes(q, i + 1);

	if (type < 0 || type > UINT8_MAX || len > HWADDR_MAX)
		return false;
	*hw = (struct hwaddr){.type = (uint8_t)type, .len = (uint8_t)len};
	if (len)
		memcpy(hw->b, b, (size_t)len);
	return true;
}

/* A row of SQL_LEASES; false if it can't be one of ours. */
static bool read_lease(sqlite3_stmt *q, struct change *c)
{
	int64_t ip = sqlite3_column_int64(q, 0);
	int64_t kind = sqlite3_column_int64(q, 1);
	int64_t term = sqlite3_column_int64(q, 5);
	const void *name = sqlite3_column_blob(q, 6);
	size_t len = (size_t)sqlite3_column_bytes(q, 6);

	*c = (struct change){.kind = CHANGE_LEASE_PUT};
	if (ip < 1 || ip > UINT32_MAX || term < 0 || term > UINT32_MAX ||
	    kind < LEASE_DHCP || kind > LEASE_DECLINED ||
	    len >= sizeof c->lease.name || !read_hwaddr(q, 2, &c->lease.hw))
		return false;
	c->lease.ip = (uint32_t)ip;
	c->lease.kind = (enum lease_kind)kind;
	c->lease.wall_ends = sqlite3_column_int64(q, 4);
	c->lease.term = (uint32_t)term;
	if (len)
		memcpy(c->lease.name, name, len);
	return true;
}

struct reader {
	bool (*read)(sqlite3_stmt *q, struct change *c);
	store_each *each;
	void *arg;
	uint32_t last_id;
};

static int read_row(struct reader *r, sqlite3_stmt *q)
{
	struct change c;

	if (!r->read(q, &c))
		return -EBADMSG;
	if (change_is_edit(&c) && c.id > r->last_id)
		r->last_id = c.id;
	return r->each(r->arg, &c);
}

static int read_all(struct sqlite *s, enum statement which, struct reader *r)
{
	sqlite3_stmt *q = s->stmt[which];
	int step, rc = 0;

	while (!rc && (step = sqlite3_step(q)) != SQLITE_DONE)
		rc = step == SQLITE_ROW ? read_row(r, q)
					: sqlite_errno(s->db, step);
	sqlite3_reset(q);
	return rc;
}

int sqlite_load(struct store *store, store_each *each, void *arg,
		uint64_t *revision)
{
	struct sqlite *s = sqlite_of(store);
	struct reader r = {.read = sqlite_read_entry,
			   .each = each,
			   .arg = arg,
			   .last_id = ENTRY_FIXED};
	int rc = read_all(s, SQL_ENTRIES, &r);

	if (!rc && s->is.last_id > r.last_id)
		rc = store_each_gone(each, arg, s->is.last_id);
	if (rc)
		return rc;
	r.read = read_lease;
	rc = read_all(s, SQL_LEASES, &r);
	if (!rc)
		*revision = s->is.revision;
	return rc;
}
