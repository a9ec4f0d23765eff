/*
 * The store in a SQLite file.  One process has it, from open to close: it holds
 * the exclusive lock, so nobody else reads half a boot, and the write-ahead log
 * needs no shared memory.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/directory.h"

enum { CHECKPOINT_PAGES = 1000 };

static const char schema_sql[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE entry (id INTEGER PRIMARY KEY,"
	" is_domain INTEGER NOT NULL, domain INTEGER NOT NULL,"
	" parent INTEGER NOT NULL, instance INTEGER NOT NULL,"
	" props BLOB NOT NULL);"
	"CREATE INDEX entry_parent ON entry (parent);"
	"CREATE TABLE lease (ip INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
	" hw_type INTEGER NOT NULL, hw BLOB NOT NULL,"
	" wall_ends INTEGER NOT NULL, term INTEGER NOT NULL,"
	" name TEXT NOT NULL);";

/*
 * What schema 2 has besides.  Lines of history are only ever added at the end
 * and taken from the beginning.
 */
static const char schema_2_sql[] =
	"CREATE TABLE history (at INTEGER PRIMARY KEY, wall INTEGER NOT NULL,"
	" who TEXT NOT NULL, path TEXT NOT NULL COLLATE NOCASE,"
	" kind INTEGER NOT NULL, domain INTEGER NOT NULL,"
	" id INTEGER NOT NULL, parent INTEGER NOT NULL,"
	" instance INTEGER NOT NULL, before BLOB, after BLOB);"
	"CREATE INDEX history_path ON history (domain, path, id);"
	"CREATE INDEX history_id ON history (id);"
	"CREATE TABLE mastership (domain INTEGER PRIMARY KEY,"
	" token INTEGER NOT NULL, holder TEXT NOT NULL,"
	" wall_ends INTEGER NOT NULL);"
	"INSERT INTO meta (name, value) VALUES ('lines', 0),"
	" ('compacted', (SELECT value FROM meta WHERE name = 'revision'));"
	"UPDATE meta SET value = 2 WHERE name = 'schema';";

/*
 * A new entry needs its parent, which an edit before it may have destroyed; an
 * edit needs the instance that it was made from.  What lacks that changes no
 * row, and so is known to be stale.  The fixed entries have no row until they
 * are edited.
 */
static const char *const statements[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVE] = "SAVEPOINT part",
	[SQL_BACK] = "ROLLBACK TO part",
	[SQL_RELEASE] = "RELEASE part",
	[SQL_CREATE] = "INSERT OR IGNORE INTO entry"
		       " (id, is_domain, domain, parent, instance, props)"
		       " SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?4 <= ?7"
		       " OR EXISTS (SELECT 1 FROM entry WHERE id = ?4)",
	[SQL_EDIT] = "UPDATE entry SET instance = ?2, props = ?3"
		     " WHERE id = ?1 AND instance = ?2 - 1",
	[SQL_DESTROY] = "DELETE FROM entry WHERE id = ?1 AND instance = ?2 - 1"
			" AND NOT EXISTS (SELECT 1 FROM entry"
			" WHERE parent = ?1 AND is_domain)",
	[SQL_DESTROY_BELOW] =
		"WITH RECURSIVE below (id) AS ("
		" SELECT id FROM entry WHERE parent = ?1 UNION ALL"
		" SELECT entry.id FROM entry JOIN below"
		" ON entry.parent = below.id)"
		" DELETE FROM entry WHERE id IN (SELECT id FROM below)",
	[SQL_LEASE_PUT] = "INSERT OR REPLACE INTO lease"
			  " (ip, kind, hw_type, hw, wall_ends, term, name)"
			  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_LEASE_DROP] = "DELETE FROM lease WHERE ip = ?1",
	[SQL_META] =
		"INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
	[SQL_LOOK] = "SELECT id, is_domain, domain, parent, instance, props"
		     " FROM entry WHERE id = ?1",
	[SQL_BELOW] = "WITH RECURSIVE below (id) AS ("
		      " SELECT id FROM entry WHERE parent = ?1 UNION ALL"
		      " SELECT entry.id FROM entry JOIN below"
		      " ON entry.parent = below.id)"
		      " SELECT id, is_domain, domain, parent, instance, props"
		      " FROM entry WHERE id IN (SELECT id FROM below)"
		      " ORDER BY id",
	[SQL_HAS_DOMAINS] = "SELECT 1 FROM entry WHERE parent = ?1"
			    " AND is_domain LIMIT 1",
	[SQL_LINE] = "INSERT INTO history (at, wall, who, path, kind, domain,"
		     " id, parent, instance, before, after)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[SQL_OLDEST] = "SELECT at FROM history ORDER BY at LIMIT 1 OFFSET ?1",
	[SQL_FORGET] = "DELETE FROM history WHERE at <= ?1",
	[SQL_MASTER] = "SELECT token, holder, wall_ends FROM mastership"
		       " WHERE domain = ?1",
	[SQL_MASTER_PUT] = "INSERT OR REPLACE INTO mastership"
			   " (domain, token, holder, wall_ends)"
			   " VALUES (?1, ?2, ?3, ?4)",
	[SQL_ENTRIES] = "SELECT id, is_domain, domain, parent, instance, props"
			" FROM entry ORDER BY id",
	[SQL_LEASES] = "SELECT ip, kind, hw_type, hw, wall_ends, term, name"
		       " FROM lease ORDER BY ip",
};

int sqlite_errno(sqlite3 *db, int rc)
{
	int os;

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CORRUPT:
		return -EBADMSG;
	case SQLITE_NOTADB:
		return -EINVAL;
	case SQLITE_TOOBIG:
		return -EMSGSIZE;
	case SQLITE_CANTOPEN:
		/* Elsewhere this number may be of an earlier call. */
		os = sqlite3_system_errno(db);
		return os > 0 ? -os : -EIO;
	default:
		return -EIO;
	}
}

int sqlite_run(struct sqlite *s, enum statement which)
{
	int rc = sqlite3_step(s->stmt[which]);

	sqlite3_reset(s->stmt[which]);
	if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
		s->is_broken = true;
	return sqlite_errno(s->db, rc);
}

/* In place of SQLite's own, which would keep a failed sync to itself. */
static int checkpoint(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sqlite *s = arg;

	if (pages < CHECKPOINT_PAGES)
		return SQLITE_OK;
	int rc = sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE,
					   NULL, NULL);
	if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
		s->is_broken = true;
	return SQLITE_OK;
}

static int exec(struct sqlite *s, const char *sql)
{
	return sqlite_errno(s->db, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

/* The number that a query yields; -ENOENT if it yields none. */
static int ask(struct sqlite *s, const char *sql, int64_t *to)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	*to = 0;
	if (rc)
		return sqlite_errno(s->db, rc);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*to = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? -ENOENT : sqlite_errno(s->db, rc);
}

static int meta(struct sqlite *s, const char *name, int64_t *to)
{
	char sql[80];

	snprintf(sql, sizeof sql, "SELECT value FROM meta WHERE name = '%s'",
		 name);
	return ask(s, sql, to);
}

static int make_schema(struct sqlite *s)
{
	char sql[160];
	int rc = exec(s, schema_sql);

	snprintf(sql, sizeof sql,
		 "INSERT INTO meta VALUES"
		 " ('schema', 1), ('revision', 0), ('last_id', %d)",
		 ENTRY_FIXED);
	return rc ? rc : exec(s, sql);
}

/* In words; the general ones unless there are better. */
struct words {
	char *to;
	size_t room;
	const char *path;
};

static int say(const struct words *w, int rc, const char *text)
{
	if (w->room)
		snprintf(w->to, w->room, "%s: %s", w->path, text);
	return rc;
}

static int say_schema(const struct words *w, int64_t schema)
{
	char text[80];

	snprintf(text, sizeof text,
		 "written by a newer Muster (schema %lld, this one knows %d)",
		 (long long)schema, STORE_SCHEMA);
	return say(w, -EPROTO, text);
}

static int read_counters(struct sqlite *s, const struct words *w)
{
	int64_t revision, last_id = 0, lines = 0, compacted = 0;
	int rc = meta(s, "revision", &revision);

	if (!rc)
		rc = meta(s, "last_id", &last_id);
	if (!rc)
		rc = meta(s, "lines", &lines);
	if (!rc)
		rc = meta(s, "compacted", &compacted);
	if (rc || revision < 0 || last_id < 0 || last_id > UINT32_MAX ||
	    lines < 0 || compacted < 0)
		return say(w, -EBADMSG, "damaged: its counters are missing");
	s->is = (struct counters){.revision = (uint64_t)revision,
				  .compacted = (uint64_t)compacted,
				  .lines = (uint64_t)lines,
				  .last_id = (uint32_t)last_id};
	return 0;
}

/* An empty file becomes a store, an older one one of now; any other must be
 * one. */
static int check_schema(struct sqlite *s, const struct words *w)
{
	int64_t tables, schema;
	int rc = ask(s, "SELECT count(*) FROM sqlite_schema", &tables);

	if (!rc && !tables)
		rc = make_schema(s);
	if (rc)
		return say(w, rc, sqlite3_errmsg(s->db));
	if (meta(s, "schema", &schema) || schema < 1)
		return say(w, -EINVAL, "not a Muster store");
	if (schema > STORE_SCHEMA)
		return say_schema(w, schema);
	rc = schema == 1 ? exec(s, schema_2_sql) : 0;
	if (rc)
		return say(w, rc, sqlite3_errmsg(s->db));
	return read_counters(s, w);
}

static int prepare(struct sqlite *s)
{
	int rc = 0;

	for (int i = 0; i < SQL_STATEMENTS && !rc; i++)
		rc = sqlite3_prepare_v3(s->db, statements[i], -1,
					SQLITE_PREPARE_PERSISTENT, &s->stmt[i],
					NULL);
	return sqlite_errno(s->db, rc);
}

static int say_error(struct sqlite *s, const struct words *w, int rc)
{
	if (rc == -EBUSY)
		return say(w, rc, "another Muster is using it");
	if (rc == -EINVAL)
		return say(w, rc, "not a Muster store");
	if ((sqlite3_errcode(s->db) & 0xff) == SQLITE_CANTOPEN)
		return say(w, rc, strerror(-rc));
	return say(w, rc, sqlite3_errmsg(s->db));
}

/* The lock is taken by the first access and, in exclusive mode, kept.  A file
 * that is not ours is not touched, not even its journal's mode. */
static int set_up(struct sqlite *s, const struct words *w)
{
	int rc = exec(s, "PRAGMA locking_mode = EXCLUSIVE;"
			 "PRAGMA synchronous = FULL;"
			 "PRAGMA cache_size = -16384;" /* KiB; a large import */
			 "BEGIN IMMEDIATE");

	if (rc)
		return say_error(s, w, rc);
	rc = check_schema(s, w);
	if (rc)
		return rc;
	rc = exec(s, "COMMIT; PRAGMA journal_mode = WAL");
	if (!rc)
		rc = prepare(s);
	if (rc)
		return say_error(s, w, rc);
	sqlite3_wal_hook(s->db, checkpoint, s);
	return 0;
}

static void sqlite_close(struct store *store)
{
	struct sqlite *s = sqlite_of(store);

	for (int i = 0; i < SQL_STATEMENTS; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	free(s->props);
	free(s);
}

static void sqlite_keep(struct store *store, uint64_t lines)
{
	sqlite_of(store)->keep = lines;
}

static void sqlite_status(struct store *store, struct store_status *to)
{
	const struct sqlite *s = sqlite_of(store);

	*to = (struct store_status){.kind = "sqlite",
				    .revision = s->is.revision,
				    .compacted = s->is.compacted,
				    .lines = s->is.lines,
				    .is_broken = s->is_broken};
}

static const struct store_ops sqlite_ops = {
	.load = sqlite_load,
	.commit = sqlite_commit,
	.history = sqlite_history,
	.keep = sqlite_keep,
	.watch = sqlite_watch,
	.master = sqlite_master,
	.status = sqlite_status,
	.backup = sqlite_backup,
	.close = sqlite_close,
};

void sqlite_make_private(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

int store_sqlite_open(struct store **to, const char *path, char *why,
		      size_t room)
{
	struct words w = {.to = why, .room = room, .path = path};
	struct sqlite *s = calloc(1, sizeof *s);

	if (!s)
		return say(&w, -ENOMEM, strerror(ENOMEM));
	s->store.ops = &sqlite_ops;
	s->keep = STORE_HISTORY;
	sqlite_make_private(path);
	int rc = sqlite3_open_v2(path, &s->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					 SQLITE_OPEN_NOMUTEX |
					 SQLITE_OPEN_EXRESCODE,
				 NULL);
	if (rc)
		rc = say_error(s, &w, sqlite_errno(s->db, rc));
	else
		rc = set_up(s, &w);
	if (rc) {
		sqlite_close(&s->store);
		return rc;
	}
	*to = &s->store;
	return 0;
}
