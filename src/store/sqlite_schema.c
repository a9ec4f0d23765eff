/*
 * The file's tables: made, moved over from older schemas, and looked at.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <stdio.h>

#include "model/directory.h"

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

/* What schema 3 has instead of two indexes, which cost each edit two pages. */
static const char schema_3_sql[] =
	"DROP INDEX history_path; DROP INDEX history_id;"
	"CREATE TABLE history_block (last INTEGER PRIMARY KEY,"
	" first INTEGER NOT NULL, keys BLOB NOT NULL);"
	"UPDATE meta SET value = 3 WHERE name = 'schema';";

int sqlite_exec(struct sqlite *s, const char *sql)
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
	int rc = sqlite_exec(s, schema_sql);

	snprintf(sql, sizeof sql,
		 "INSERT INTO meta VALUES"
		 " ('schema', 1), ('revision', 0), ('last_id', %d)",
		 ENTRY_FIXED);
	return rc ? rc : sqlite_exec(s, sql);
}

int sqlite_say(const struct sqlite_words *w, int rc, const char *text)
{
	if (w->room)
		snprintf(w->to, w->room, "%s: %s", w->path, text);
	return rc;
}

static int say_schema(const struct sqlite_words *w, int64_t schema)
{
	char text[80];

	snprintf(text, sizeof text,
		 "written by a newer Muster (schema %lld, this one knows %d)",
		 (long long)schema, STORE_SCHEMA);
	return sqlite_say(w, -EPROTO, text);
}

static int read_counters(struct sqlite *s, const struct sqlite_words *w)
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
		return sqlite_say(w, -EBADMSG,
				  "damaged: its counters are missing");
	s->is = (struct counters){.revision = (uint64_t)revision,
				  .compacted = (uint64_t)compacted,
				  .lines = (uint64_t)lines,
				  .last_id = (uint32_t)last_id};
	return 0;
}

/* At most a block's lines are counted, but once, when there are no blocks. */
static int read_blocks(struct sqlite *s, const struct sqlite_words *w)
{
	int64_t last = 0, loose = 0;
	int rc = ask(s, "SELECT coalesce(max(last), 0) FROM history_block",
		     &last);

	if (!rc)
		rc = ask(s,
			 "SELECT count(*) FROM history WHERE at >"
			 " (SELECT coalesce(max(last), 0)"
			 " FROM history_block)",
			 &loose);
	s->is.in_blocks = (uint64_t)last;
	s->is.loose = (uint64_t)loose;
	return rc ? sqlite_say(w, rc, sqlite3_errmsg(s->db)) : 0;
}

static int move_over(struct sqlite *s, int64_t schema)
{
	int rc = 0;

	if (schema < 2)
		rc = sqlite_exec(s, schema_2_sql);
	if (!rc && schema < 3)
		rc = sqlite_exec(s, schema_3_sql);
	return rc;
}

/* An empty file becomes a store, an older one one of now; any other must be
 * one. */
int sqlite_check_schema(struct sqlite *s, const struct sqlite_words *w,
			bool *is_older)
{
	int64_t tables, schema;
	int rc = ask(s, "SELECT count(*) FROM sqlite_schema", &tables);

	*is_older = !rc && tables;
	if (!rc && !tables)
		rc = make_schema(s);
	if (rc)
		return sqlite_say(w, rc, sqlite3_errmsg(s->db));
	if (meta(s, "schema", &schema) || schema < 1)
		return sqlite_say(w, -EINVAL, "not a Muster store");
	if (schema > STORE_SCHEMA)
		return say_schema(w, schema);
	*is_older = *is_older && schema < STORE_SCHEMA;
	rc = move_over(s, schema);
	if (rc)
		return sqlite_say(w, rc, sqlite3_errmsg(s->db));
	rc = read_counters(s, w);
	return rc ? rc : read_blocks(s, w);
}
