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
	SQL_LOOK,
	SQL_BELOW,
	SQL_HAS_DOMAINS, /* that climb to it */
	SQL_LINE,
	SQL_OLDEST, /* the line behind so many */
	SQL_FORGET,
	SQL_FORGET_BLOCKS,
	SQL_LINES_AFTER, /* a line, so many: what a filter is made of */
	SQL_LINES_OF,    /* a path and what is below it */
	SQL_BLOCK,
	SQL_BLOCKS,
	SQL_MASTER,
	SQL_MASTER_PUT,
	SQL_ENTRIES,
	SQL_LEASES,
	SQL_STATEMENTS
};

/* As they are in the file, or will be when the batch is durable. */
struct counters {
	uint64_t revision, compacted;
	uint64_t lines;   /* of history, at most */
	uint64_t in_this; /* lines of the batch */
	/* The last line that is in a block, and how many are not, at most. */
	uint64_t in_blocks, loose;
	uint32_t last_id;
};

/* As they stand in the file. */
enum line_kind { LINE_DOMAIN, LINE_ENTRY, LINE_DESTROYED, LINE_WENT_ALONG };

/* An entry as it was. */
struct was {
	bool is_there;
	struct change c;
	uint8_t room[FIXED_ROOM];
};

struct sqlite {
	struct store store;
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_STATEMENTS];
	struct counters is;
	uint64_t keep;  /* lines of history */
	uint8_t *props; /* of what is looked at, copied */
	size_t room;
	/* The path of what had a line last was this one's, and a name. */
	uint32_t parent;
	size_t parent_len;
	char path[STORE_PATH];
	uint64_t searched; /* blocks that were read for what is in them */
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
/* A file that is not there yet is made, for its owner alone: there are hashes
 * of passwords in it.  SQLite would let all read it, and gives its log and
 * journal the mode that the file has.  What is wrong, opening it tells. */
void sqlite_make_private(const char *path);
/* Run a statement that yields no rows and make it ready again. */
int sqlite_run(struct sqlite *s, enum statement which);

/* These return SQLite's codes, which are positive; or'ed they show whether one
 * failed, which can only be for want of memory or room. */
static inline int bind_u32(sqlite3_stmt *stmt, int i, uint32_t v)
{
	return sqlite3_bind_int64(stmt, i, v);
}

static inline int bind_u64(sqlite3_stmt *stmt, int i, uint64_t v)
{
	return sqlite3_bind_int64(stmt, i, (int64_t)v);
}

static inline int bind_bytes(sqlite3_stmt *stmt, int i, const void *bytes,
			     size_t len)
{
	/* NULL would be another value than no bytes. */
	return sqlite3_bind_blob64(stmt, i, len ? bytes : "", len,
				   SQLITE_STATIC);
}

static inline int bind_text(sqlite3_stmt *stmt, int i, const char *text)
{
	return sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
}

/* In words; the general ones unless there are better. */
struct sqlite_words {
	char *to;
	size_t room;
	const char *path;
};
/* Returns rc. */
int sqlite_say(const struct sqlite_words *w, int rc, const char *text);
int sqlite_exec(struct sqlite *s, const char *sql);

/* sqlite_schema.c: make or check the tables, in a transaction of the caller's,
 * and read the counters.  *is_older: they were moved over just now. */
int sqlite_check_schema(struct sqlite *s, const struct sqlite_words *w,
			bool *is_older);

/* A row that begins with id, is_domain, domain, parent, instance, props; false
 * if it can't be one of ours. */
bool sqlite_read_entry(sqlite3_stmt *q, struct change *c);

/* sqlite_history.c: the entry that a change will change, before it does. */
int sqlite_look(struct sqlite *s, uint32_t id, struct was *to);
/* A line for what a change does to it. */
int sqlite_note(struct sqlite *s, const struct commit *v,
		const struct change *c, const struct was *was,
		struct counters *to);
/* Lines for all that goes along with an entry that is to be destroyed. */
int sqlite_note_below(struct sqlite *s, const struct commit *v, uint32_t id,
		      struct counters *to);
/* Forget some of the oldest lines, if there are too many. */
int sqlite_prune(struct sqlite *s, struct counters *to);

/* sqlite_blocks.c: filters for lines that are in no block, as many as fill
 * one. */
int sqlite_fill_blocks(struct sqlite *s, struct counters *to);
/* Lines that stand together; keys: their filter, or NULL: they have none. */
struct sqlite_span {
	uint64_t first, last;
	const void *keys;
};
typedef int sqlite_block(void *arg, const struct sqlite_span *b);
/* The newest first.  A non-zero return of `each` ends it and is returned. */
int sqlite_each_block(struct sqlite *s, sqlite_block *each, void *arg);
/* Whether lines of what is there, or below, or of this entry may be in it. */
bool sqlite_block_has_path(const void *keys, const char *path, uint32_t domain);
bool sqlite_block_has_id(const void *keys, uint32_t id);

/* sqlite_search.c */
int sqlite_history(struct store *s, const struct store_query *q,
		   store_each_line *each, void *arg);
int sqlite_watch(struct store *s, uint64_t revision, store_each_line *each,
		 void *arg);

int sqlite_backup(struct store *s, struct store_backup *b);

/* sqlite_master.c */
int sqlite_master_of(struct sqlite *s, uint32_t domain,
		     struct store_master *to);
int sqlite_master(struct store *s, enum store_act act, struct store_master *m,
		  usec wall);

/* sqlite_commit.c: rows that are not there yet. */
int sqlite_create(struct sqlite *s, const struct change *c);
int sqlite_lease_put(struct sqlite *s, const struct lease *l);
/* Those that differ from s->is. */
int sqlite_write_counters(struct sqlite *s, const struct counters *to);

extern const struct store_intake sqlite_intake;

int sqlite_load(struct store *s, store_each *each, void *arg,
		uint64_t *revision);
int sqlite_commit(struct store *s, struct commit *v, size_t n,
		  uint64_t *revision);

#endif
