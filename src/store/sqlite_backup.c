/*
 * A copy of the file while it is in use, by SQLite's own means: some pages a
 * step, and what is committed between two steps goes into the copy, too, since
 * it is the same connection that writes.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { PAGES = 1024 };

struct copy {
	sqlite3 *to;
	sqlite3_backup *backup;
};

static int begin(struct sqlite *s, struct store_backup *b)
{
	struct copy *c = calloc(1, sizeof *c);
	int rc;

	if (!c)
		return -ENOMEM;
	b->state = c;
	sqlite_make_private(b->path);
	rc = sqlite3_open_v2(b->path, &c->to,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				     SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc)
		return sqlite_errno(c->to, rc);
	c->backup = sqlite3_backup_init(c->to, "main", s->db, "main");
	return c->backup ? 0 : sqlite_errno(c->to, sqlite3_errcode(c->to));
}

void store_backup_end(struct store_backup *b)
{
	struct copy *c = b->state;

	if (!c)
		return;
	sqlite3_backup_finish(c->backup);
	sqlite3_close(c->to);
	free(c);
	b->state = NULL;
}

int sqlite_backup(struct store *store, struct store_backup *b)
{
	struct sqlite *s = sqlite_of(store);
	int rc = b->state ? 0 : begin(s, b);
	struct copy *c = b->state;
	int step;

	if (!rc) {
		step = sqlite3_backup_step(c->backup, PAGES);
		if (step == SQLITE_OK)
			return 1;
		if (step != SQLITE_DONE)
			rc = sqlite_errno(c->to, step);
	}
	b->revision = s->is.revision;
	if (c && c->backup && !rc)
		rc = sqlite_errno(c->to, sqlite3_backup_finish(c->backup));
	else if (c)
		sqlite3_backup_finish(c->backup);
	if (c)
		c->backup = NULL;
	store_backup_end(b);
	return rc;
}

/* ---- looking at a copy --------------------------------------------------- */

static int number(sqlite3 *db, const char *sql, uint64_t *to)
{
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);

	if (rc)
		return sqlite_errno(db, rc);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*to = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return rc == SQLITE_ROW
		       ? 0
		       : (rc == SQLITE_DONE ? -EINVAL : sqlite_errno(db, rc));
}

static int is_whole(sqlite3 *db)
{
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &q,
				    NULL);
	const char *said;

	if (rc)
		return sqlite_errno(db, rc);
	rc = sqlite3_step(q);
	said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0)
				: NULL;
	rc = said && !strcmp(said, "ok") ? 0 : -EBADMSG;
	sqlite3_finalize(q);
	return rc;
}

static int look(sqlite3 *db, struct store_copy *to)
{
	uint64_t schema = 0;
	int rc = number(db, "SELECT value FROM meta WHERE name = 'schema'",
			&schema);

	if (rc == -EIO)
		rc = -EINVAL; /* there is no such table */
	if (!rc && schema > STORE_SCHEMA)
		rc = -EPROTO;
	if (!rc)
		rc = is_whole(db);
	if (!rc)
		rc = number(db,
			    "SELECT value FROM meta WHERE name = 'revision'",
			    &to->revision);
	if (!rc)
		rc = number(db, "SELECT count(*) FROM entry", &to->entries);
	if (!rc)
		rc = number(db, "SELECT count(*) FROM lease", &to->leases);
	return rc;
}

/* As SQLite's URI, in which some characters of a path mean something else; the
 * caller frees it. */
static char *uri_of(const char *path)
{
	static const char ends[] = "?mode=ro&immutable=1";
	size_t room = 3 * strlen(path) + sizeof "file://" + sizeof ends;
	char *uri = malloc(room);
	struct text t = text_over(uri, uri ? room : 0);

	text_add(&t, path[0] == '/' ? "file://" : "file:");
	for (; *path; path++) {
		bool is_special = strchr("?#%", *path);

		text_add(&t, is_special ? "%" : "");
		if (is_special)
			text_hex(&t, (const uint8_t *)path, 1, 0);
		else
			text_bytes(&t, path, 1);
	}
	text_add(&t, ends);
	return uri;
}

int store_sqlite_look(const char *path, struct store_copy *to)
{
	sqlite3 *db;
	char *uri = uri_of(path);
	int rc;

	if (!uri)
		return -ENOMEM;
	*to = (struct store_copy){.revision = 0};
	rc = access(path, R_OK) ? -errno : 0;
	if (!rc) {
		rc = sqlite3_open_v2(uri, &db,
				     SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
					     SQLITE_OPEN_NOMUTEX,
				     NULL);
		rc = rc ? sqlite_errno(db, rc) : look(db, to);
		sqlite3_close(db);
	}
	free(uri);
	return rc;
}

int store_sqlite_lay_down(struct store *store)
{
	struct sqlite *s = sqlite_of(store);

	return sqlite_errno(s->db,
			    sqlite3_exec(s->db, "PRAGMA journal_mode = DELETE",
					 NULL, NULL, NULL));
}
