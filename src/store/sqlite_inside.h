/*
 * The inside of the SQLite store, for its own files only.
 */
#ifndef MUSTER_STORE_SQLITE_INSIDE_H
#define MUSTER_STORE_SQLITE_INSIDE_H

#include "store/store_inside.h"

#include <sqlite3.h>

enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SAVE,
	SQL_BACK, /* to where it was saved; what is saved is released then */
	SQL_RELEASE,
	SQL_CREATE,
	SQL_EDIT,
	SQL_DESTROY,
	SQL_DESTROY_BELOW,
	SQL_LEASE_PUT,
	SQL_LEASE_DROP,
	SQL_META,
	SQL_ENTRIES,
	SQL_LEASES,
	SQL_STATEMENTS
};

struct sqlite {
	struct store store;
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_STATEMENTS];
	uint64_t revision; /* as they are in the file */
	uint32_t last_id;
	/* A sync failed.  The kernel may have dropped the pages and would call
	 * the next sync a success: there is no next one. */
	bool is_broken;
};

static inline struct sqlite *sqlite_of(struct store *s)
{
	return (struct sqlite *)(void *)s;
}

/* What the last call on this connection, which gave `rc`, means: negative
 * errno; 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE. */
int sqlite_errno(sqlite3 *db, int rc);
/* Run a statement that yields no rows and make it ready again. */
int sqlite_run(struct sqlite *s, enum statement which);

int sqlite_load(struct store *s, store_each *each, void *arg,
		uint64_t *revision);
int sqlite_commit(struct store *s, struct commit *v, size_t n,
		  uint64_t *revision);

#endif
