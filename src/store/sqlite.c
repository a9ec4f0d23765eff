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

/*
 * Among a million entries each edit of a batch is on another page, and its page
 * is written twice, into the log and then where it belongs: a small page is
 * written sooner.
 */
#define PAGE_SIZE "PRAGMA page_size = 1024;"
enum { CHECKPOINT_PAGES = 4096 };

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
	[SQL_FORGET_BLOCKS] = "DELETE FROM history_block WHERE last <= ?1",
	[SQL_LINES_AFTER] = "SELECT at, domain, id, path FROM history"
			    " WHERE at > ?1 ORDER BY at LIMIT ?2",
	[SQL_LINES_OF] = "SELECT id FROM history"
			 " WHERE at >= ?1 AND at <= ?2 AND domain = ?3 AND"
			 " (path = ?4 OR"
			 " (path > ?4 || '/' AND path < ?4 || '0'))",
	[SQL_BLOCK] = "INSERT INTO history_block (last, first, keys)"
		      " VALUES (?1, ?2, ?3)",
	[SQL_BLOCKS] = "SELECT last, first, keys FROM history_block"
		       " ORDER BY last DESC",
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

static int prepare(struct sqlite *s)
{
	int rc = 0;

	for (int i = 0; i < SQL_STATEMENTS && !rc; i++)
		rc = sqlite3_prepare_v3(s->db, statements[i], -1,
					SQLITE_PREPARE_PERSISTENT, &s->stmt[i],
					NULL);
	return sqlite_errno(s->db, rc);
}

static int say_error(struct sqlite *s, const struct sqlite_words *w, int rc)
{
	if (rc == -EBUSY)
		return sqlite_say(w, rc, "another Muster is using it");
	if (rc == -EINVAL)
		return sqlite_say(w, rc, "not a Muster store");
	if ((sqlite3_errcode(s->db) & 0xff) == SQLITE_CANTOPEN)
		return sqlite_say(w, rc, strerror(-rc));
	return sqlite_say(w, rc, sqlite3_errmsg(s->db));
}

/* An older file has larger pages, and no blocks.  On a disk without room for
 * twice the file its pages stay as they are, which only costs time. */
static int modernize(struct sqlite *s)
{
	struct counters to = s->is;
	int rc = sqlite_run(s, SQL_BEGIN);

	if (!rc)
		rc = sqlite_fill_blocks(s, &to);
	if (!rc)
		rc = sqlite_run(s, SQL_COMMIT);
	if (rc)
		return rc;
	s->is = to;
	rc = sqlite_exec(s, "PRAGMA journal_mode = DELETE;" PAGE_SIZE "VACUUM");
	return rc == -EIO ? rc : 0;
}

static const char begin_sql[] =
	"PRAGMA locking_mode = EXCLUSIVE;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA cache_size = -16384;" /* KiB; a large import */
	PAGE_SIZE "BEGIN IMMEDIATE";

/* The lock is taken by the first access and, in exclusive mode, kept.  A file
 * that is not ours is not touched, not even its journal's mode. */
static int set_up(struct sqlite *s, const struct sqlite_words *w)
{
	bool is_older;
	int rc = sqlite_exec(s, begin_sql);

	if (rc)
		return say_error(s, w, rc);
	rc = sqlite_check_schema(s, w, &is_older);
	if (rc)
		return rc;
	rc = sqlite_exec(s, "COMMIT");
	if (!rc)
		rc = prepare(s);
	if (!rc && is_older)
		rc = modernize(s);
	if (!rc)
		rc = sqlite_exec(s, "PRAGMA journal_mode = WAL");
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
	.intake = &sqlite_intake,
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
	struct sqlite_words w = {.to = why, .room = room, .path = path};
	struct sqlite *s = calloc(1, sizeof *s);

	if (!s)
		return sqlite_say(&w, -ENOMEM, strerror(ENOMEM));
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
