/*
 * Masterships.  Their tokens never fall, so a row stays when nobody is the
 * master any more.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <stdio.h>

int sqlite_master_of(struct sqlite *s, uint32_t domain, struct store_master *to)
{
	sqlite3_stmt *q = s->stmt[SQL_MASTER];
	const char *holder;
	int step;

	*to = (struct store_master){.domain = domain};
	if (bind_u32(q, 1, domain))
		return -ENOMEM;
	step = sqlite3_step(q);
	if (step == SQLITE_ROW) {
		holder = (const char *)sqlite3_column_text(q, 1);
		to->token = (uint64_t)sqlite3_column_int64(q, 0);
		to->wall_ends = sqlite3_column_int64(q, 2);
		snprintf(to->holder, sizeof to->holder, "%s",
			 holder ? holder : "");
	}
	sqlite3_reset(q);
	return sqlite_errno(s->db, step);
}

static int put(struct sqlite *s, const struct store_master *m)
{
	sqlite3_stmt *q = s->stmt[SQL_MASTER_PUT];

	if (bind_u32(q, 1, m->domain) | bind_u64(q, 2, m->token) |
	    bind_text(q, 3, m->holder) | sqlite3_bind_int64(q, 4, m->wall_ends))
		return -ENOMEM;
	return sqlite_run(s, SQL_MASTER_PUT);
}

int sqlite_master(struct store *store, enum store_act act,
		  struct store_master *m, usec wall)
{
	struct sqlite *s = sqlite_of(store);
	struct store_master was;
	int rc = s->is_broken ? -EIO : sqlite_master_of(s, m->domain, &was);

	if (rc)
		return rc;
	rc = store_judge(act, &was, m, wall);
	if (rc || act == MASTER_LOOK)
		return rc;
	/* Alone a statement is a transaction: durable when it returns. */
	return put(s, m);
}
