/*
 * Where in the history a path or an entry is: to each block of lines, once it
 * is full, belongs a filter of the paths and ids in it.  An index would have
 * each edit write pages all over it; of this an edit writes four bytes, and who
 * seeks reads the blocks that may have it, and what is in none yet.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"

/* Of a line are an id and a path, mostly, in a filter: with so many bits and
 * marks one block in four hundred is read in vain.  A file has filters of this
 * size, and is of another schema if it has others. */
enum { LINES = 1024, BYTES = 4096, MARKS = 4, MARK_BITS = 15 };

_Static_assert(BYTES * 8 == 1 << MARK_BITS, "a mark is a bit of a filter");

static uint32_t mark_of(uint64_t hash, int i)
{
	return (uint32_t)(hash >> 16 * i) & ((1u << MARK_BITS) - 1);
}

static void add_mark(uint8_t *keys, uint64_t hash)
{
	for (int i = 0; i < MARKS; i++) {
		uint32_t bit = mark_of(hash, i);

		keys[bit / 8] |= (uint8_t)(1u << bit % 8);
	}
}

static bool has_mark(const uint8_t *keys, uint64_t hash)
{
	for (int i = 0; i < MARKS; i++) {
		uint32_t bit = mark_of(hash, i);

		if (!(keys[bit / 8] >> bit % 8 & 1))
			return false;
	}
	return true;
}

static uint64_t id_hash(uint32_t id)
{
	return hash_u64(id, 0);
}

static uint64_t path_hash(const char *path, size_t len, uint32_t domain)
{
	return hash_name(path, len, domain);
}

/* It, and all that it is below. */
static void add_path(uint8_t *keys, const char *path, uint32_t domain)
{
	size_t len = strlen(path);

	for (size_t i = 1; i <= len; i++)
		if (i == len || path[i] == '/')
			add_mark(keys, path_hash(path, i, domain));
}

/* ---- making -------------------------------------------------------------- */

/* Filters of the lines that have none yet, as long as they fill a block. */
struct block {
	uint64_t first, last;
	uint64_t lines;
	uint8_t keys[BYTES];
};

static bool add_line(struct block *b, sqlite3_stmt *q)
{
	const char *path = (const char *)sqlite3_column_text(q, 3);

	if (!path)
		return false;
	b->last = (uint64_t)sqlite3_column_int64(q, 0);
	if (!b->lines++)
		b->first = b->last;
	add_mark(b->keys, id_hash((uint32_t)sqlite3_column_int64(q, 2)));
	add_path(b->keys, path, (uint32_t)sqlite3_column_int64(q, 1));
	return true;
}

static int read_block(struct sqlite *s, uint64_t after, struct block *b)
{
	sqlite3_stmt *q = s->stmt[SQL_LINES_AFTER];
	int step = SQLITE_DONE, rc = 0;

	if (bind_u64(q, 1, after) | bind_u32(q, 2, LINES))
		return -ENOMEM;
	while (!rc && (step = sqlite3_step(q)) == SQLITE_ROW)
		rc = add_line(b, q) ? 0 : -EBADMSG;
	if (!rc)
		rc = sqlite_errno(s->db, step);
	sqlite3_reset(q);
	return rc;
}

static int write_block(struct sqlite *s, const struct block *b)
{
	sqlite3_stmt *q = s->stmt[SQL_BLOCK];

	if (bind_u64(q, 1, b->last) | bind_u64(q, 2, b->first) |
	    bind_bytes(q, 3, b->keys, sizeof b->keys))
		return -ENOMEM;
	return sqlite_run(s, SQL_BLOCK);
}

int sqlite_fill_blocks(struct sqlite *s, struct counters *to)
{
	int rc = 0;

	while (to->loose >= LINES && !rc) {
		struct block b = {.lines = 0};

		rc = read_block(s, to->in_blocks, &b);
		if (!rc && b.lines < LINES) {
			to->loose = b.lines; /* others were forgotten */
			return 0;
		}
		if (!rc)
			rc = write_block(s, &b);
		to->in_blocks = b.last;
		to->loose -= LINES;
	}
	return rc;
}

/* ---- seeking ------------------------------------------------------------- */

bool sqlite_block_has_path(const void *keys, const char *path, uint32_t domain)
{
	return has_mark(keys, path_hash(path, strlen(path), domain));
}

bool sqlite_block_has_id(const void *keys, uint32_t id)
{
	return has_mark(keys, id_hash(id));
}

int sqlite_each_block(struct sqlite *s, sqlite_block *each, void *arg)
{
	struct sqlite_span b = {.first = s->is.in_blocks + 1,
				.last = INT64_MAX};
	sqlite3_stmt *q = s->stmt[SQL_BLOCKS];
	int step, rc = each(arg, &b);

	while (!rc && (step = sqlite3_step(q)) != SQLITE_DONE) {
		b.last = (uint64_t)sqlite3_column_int64(q, 0);
		b.first = (uint64_t)sqlite3_column_int64(q, 1);
		b.keys = sqlite3_column_blob(q, 2);
		if (step != SQLITE_ROW)
			rc = sqlite_errno(s->db, step);
		else if (sqlite3_column_bytes(q, 2) != BYTES)
			rc = -EBADMSG;
		else
			rc = each(arg, &b);
	}
	sqlite3_reset(q);
	return rc;
}
