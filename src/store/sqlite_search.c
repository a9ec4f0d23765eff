/*
 * Reading the history.  What is asked for by its path is sought twice: all
 * entries that ever were there, and then their lines, under whatever name.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char columns[] =
	"SELECT at, wall, who, path, kind, domain, id, parent, instance,"
	" before, after FROM history ";

static bool read_numbers(sqlite3_stmt *q, struct change *c)
{
	int64_t v[4];

	for (int i = 0; i < 4; i++) {
		v[i] = sqlite3_column_int64(q, 5 + i);
		if (v[i] < 0 || v[i] > UINT32_MAX)
			return false;
	}
	c->domain = (uint32_t)v[0];
	c->id = (uint32_t)v[1];
	c->parent = (uint32_t)v[2];
	c->instance = (uint32_t)v[3];
	return true;
}

static struct plist column_plist(sqlite3_stmt *q, int i)
{
	struct plist props = {.bytes = sqlite3_column_blob(q, i)};

	props.len = (size_t)sqlite3_column_bytes(q, i);
	return props;
}

static bool read_line(sqlite3_stmt *q, struct store_line *l)
{
	static const enum change_kind kinds[] = {
		[LINE_DOMAIN] = CHANGE_DOMAIN_PUT,
		[LINE_ENTRY] = CHANGE_ENTRY_PUT,
		[LINE_DESTROYED] = CHANGE_ENTRY_DESTROY,
		[LINE_WENT_ALONG] = CHANGE_ENTRY_DESTROY,
	};
	int64_t kind = sqlite3_column_int64(q, 4);

	*l = (struct store_line){
		.at = (uint64_t)sqlite3_column_int64(q, 0),
		.wall = sqlite3_column_int64(q, 1),
		.who = (const char *)sqlite3_column_text(q, 2),
		.path = (const char *)sqlite3_column_text(q, 3),
		.went_along = kind == LINE_WENT_ALONG,
	};
	if (kind < LINE_DOMAIN || kind > LINE_WENT_ALONG || !l->who || !l->path)
		return false;
	l->change.kind = kinds[kind];
	l->before = column_plist(q, 9);
	l->change.props = column_plist(q, 10);
	return read_numbers(q, &l->change) && plist_is_sound(&l->before) &&
	       plist_is_sound(&l->change.props);
}

static int read_lines(struct sqlite *s, sqlite3_stmt *q, store_each_line *each,
		      void *arg)
{
	struct store_line l;
	int step, rc = 0;

	while (!rc && (step = sqlite3_step(q)) != SQLITE_DONE) {
		if (step != SQLITE_ROW)
			rc = sqlite_errno(s->db, step);
		else
			rc = read_line(q, &l) ? each(arg, &l) : -EBADMSG;
	}
	return rc;
}

/* The caller finalizes *q, whatever comes of it. */
static int prepare_lines(struct sqlite *s, const char *which, sqlite3_stmt **q)
{
	char sql[sizeof columns + 160];

	snprintf(sql, sizeof sql, "%s%s", columns, which);
	return sqlite_errno(s->db, sqlite3_prepare_v2(s->db, sql, -1, q, NULL));
}

/* ---- by path ------------------------------------------------------------- */

enum { FEW = 16 }; /* ids that are each sought in a block's filter */

struct search {
	struct sqlite *s;
	const struct store_query *q;
	uint64_t from, below;
	sqlite3_stmt *lines;
	uint32_t *ids; /* of all that ever were there, in order */
	size_t n, room;
	store_each_line *each;
	void *arg;
	uint32_t left; /* lines that may be told */
};

static int add_id(struct search *h, uint32_t id)
{
	uint32_t *ids;
	size_t room = h->room ? 2 * h->room : FEW;

	if (h->n && h->ids[h->n - 1] == id)
		return 0;
	if (h->n == h->room) {
		ids = realloc(h->ids, room * sizeof *ids);
		if (!ids)
			return -ENOMEM;
		h->ids = ids;
		h->room = room;
	}
	h->ids[h->n++] = id;
	return 0;
}

static int find_ids(void *arg, const struct sqlite_span *b)
{
	struct search *h = arg;
	sqlite3_stmt *q = h->s->stmt[SQL_LINES_OF];
	int step = SQLITE_DONE, rc = 0;

	if (b->keys &&
	    !sqlite_block_has_path(b->keys, h->q->path, h->q->domain))
		return 0;
	h->s->searched++;
	if (bind_u64(q, 1, b->first) | bind_u64(q, 2, b->last) |
	    bind_u32(q, 3, h->q->domain) | bind_text(q, 4, h->q->path))
		return -ENOMEM;
	while (!rc && (step = sqlite3_step(q)) == SQLITE_ROW)
		rc = add_id(h, (uint32_t)sqlite3_column_int64(q, 0));
	if (!rc)
		rc = sqlite_errno(h->s->db, step);
	sqlite3_reset(q);
	return rc;
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool is_sought(const struct search *h, uint32_t id)
{
	return h->n &&
	       bsearch(&id, h->ids, h->n, sizeof *h->ids, ascending) != NULL;
}

static bool may_have_line(const struct search *h, const struct sqlite_span *b)
{
	if (b->first >= h->below || b->last < h->from)
		return false;
	if (!b->keys || h->n > FEW)
		return true;
	for (size_t i = 0; i < h->n; i++)
		if (sqlite_block_has_id(b->keys, h->ids[i]))
			return true;
	return false;
}

static int tell(void *arg, const struct store_line *l)
{
	struct search *h = arg;

	if (!h->left || l->change.domain != h->q->domain ||
	    !is_sought(h, l->change.id))
		return 0;
	h->left--;
	return h->each(h->arg, l);
}

static int tell_lines(void *arg, const struct sqlite_span *b)
{
	struct search *h = arg;
	uint64_t last = b->last < h->below ? b->last : h->below - 1;
	int rc;

	if (!h->left || !may_have_line(h, b))
		return 0;
	h->s->searched++;
	if (bind_u64(h->lines, 1, b->first > h->from ? b->first : h->from) |
	    bind_u64(h->lines, 2, last))
		return -ENOMEM;
	rc = read_lines(h->s, h->lines, tell, h);
	sqlite3_reset(h->lines);
	return rc;
}

static int by_path(struct search *h)
{
	int rc = sqlite_each_block(h->s, find_ids, h);

	if (!rc && h->n)
		qsort(h->ids, h->n, sizeof *h->ids, ascending);
	if (!rc && h->n)
		rc = prepare_lines(h->s,
				   "WHERE at >= ?1 AND at <= ?2"
				   " ORDER BY at DESC",
				   &h->lines);
	if (!rc && h->n)
		rc = sqlite_each_block(h->s, tell_lines, h);
	sqlite3_finalize(h->lines);
	free(h->ids);
	return rc;
}

/* ---- by time ------------------------------------------------------------- */

/* What is not asked for has a condition that is always true. */
static int by_time(struct search *h)
{
	sqlite3_stmt *q;
	int rc = prepare_lines(h->s,
			       "WHERE at >= ?1 AND at < ?2 AND"
			       " (?3 = 0 OR domain = ?3)"
			       " ORDER BY at DESC LIMIT ?4",
			       &q);

	if (!rc && (bind_u64(q, 1, h->from) | bind_u64(q, 2, h->below) |
		    bind_u32(q, 3, h->q->domain) | bind_u32(q, 4, h->left)))
		rc = -ENOMEM;
	if (!rc)
		rc = read_lines(h->s, q, h->each, h->arg);
	sqlite3_finalize(q);
	return rc;
}

int sqlite_history(struct store *store, const struct store_query *a,
		   store_each_line *each, void *arg)
{
	struct search h = {.s = sqlite_of(store),
			   .q = a,
			   .from = a->revision << STORE_LINE_BITS,
			   .below = a->below ? a->below : INT64_MAX,
			   .each = each,
			   .arg = arg,
			   .left = a->most};

	if (a->revision && (a->revision + 1) << STORE_LINE_BITS < h.below)
		h.below = (a->revision + 1) << STORE_LINE_BITS;
	/* All is below the root. */
	if (!a->path || (a->path[0] == '/' && !a->path[1]))
		return by_time(&h);
	return by_path(&h);
}

int sqlite_watch(struct store *store, uint64_t revision, store_each_line *each,
		 void *arg)
{
	struct sqlite *s = sqlite_of(store);
	char which[64];
	sqlite3_stmt *q;
	int rc;

	if (revision < s->is.compacted || revision > s->is.revision)
		return -ESTALE;
	snprintf(which, sizeof which,
		 "WHERE at >= ?1 AND kind < %d ORDER BY at", LINE_WENT_ALONG);
	rc = prepare_lines(s, which, &q);
	if (!rc)
		rc = bind_u64(q, 1, (revision + 1) << STORE_LINE_BITS)
			     ? -ENOMEM
			     : read_lines(s, q, each, arg);
	sqlite3_finalize(q);
	return rc;
}
