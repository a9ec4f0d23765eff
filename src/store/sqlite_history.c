/*
 * The history: a line for each entry that a change changes, written in the same
 * transaction.  Looking at an entry before it is changed and writing its line
 * are a look-up and an insertion at the end; the path of its parent is kept
 * from the line before, since many changes at once are mostly of one directory.
 */
#include "store/sqlite_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/directory.h"

/* Forget so many more lines than come, to catch up. */
enum { FORGET_MORE = 64 };

/* ---- writing ------------------------------------------------------------- */

static int keep_props(struct sqlite *s, struct plist *props)
{
	if (props->len > s->room) {
		uint8_t *room = realloc(s->props, props->len);

		if (!room)
			return -ENOMEM;
		s->props = room;
		s->room = props->len;
	}
	if (props->len)
		memcpy(s->props, props->bytes, props->len);
	props->bytes = s->props;
	return 0;
}

int sqlite_look(struct sqlite *s, uint32_t id, struct was *to)
{
	sqlite3_stmt *q = s->stmt[SQL_LOOK];
	int step, rc;

	if (bind_u32(q, 1, id))
		return -ENOMEM;
	step = sqlite3_step(q);
	rc = sqlite_errno(s->db, step);
	to->is_there = step == SQLITE_ROW;
	if (to->is_there)
		rc = sqlite_read_entry(q, &to->c) ? keep_props(s, &to->c.props)
						  : -EBADMSG;
	else if (!rc)
		to->is_there = store_fixed(id, to->room, &to->c);
	sqlite3_reset(q);
	return rc;
}

struct seeker {
	struct sqlite *s;
	int rc;
};

/* The property list is good until the next one is sought. */
static bool seek(void *arg, uint32_t id, struct change *to)
{
	struct seeker *k = arg;
	sqlite3_stmt *q = k->s->stmt[SQL_LOOK];

	sqlite3_reset(q);
	if (k->rc || bind_u32(q, 1, id) || sqlite3_step(q) != SQLITE_ROW)
		return false;
	if (sqlite_read_entry(q, to))
		return true;
	k->rc = -EBADMSG;
	return false;
}

/* Into s->path.  A name with a slash in it is only a name, too. */
static int find_path(struct sqlite *s, const struct change *entry)
{
	const char *name = plist_value(&entry->props, "name");
	size_t len = name ? strlen(name) : 0;
	struct seeker k = {.s = s};

	if (entry->kind != CHANGE_DOMAIN_PUT && entry->parent == s->parent &&
	    s->parent_len + len + 2 <= sizeof s->path) {
		s->path[s->parent_len] = '/';
		memcpy(s->path + s->parent_len + 1, name ? name : "", len + 1);
		return 0;
	}
	store_path(s->path, entry, seek, &k);
	sqlite3_reset(s->stmt[SQL_LOOK]);
	s->parent = 0;
	if (entry->kind != CHANGE_DOMAIN_PUT && strlen(s->path) > len &&
	    strlen(s->path) < STORE_PATH / 2) {
		s->parent = entry->parent;
		s->parent_len = strlen(s->path) - len - 1;
	}
	return k.rc;
}

struct line {
	enum line_kind kind;
	const struct change *entry; /* as it is called in the line */
	uint32_t instance;
	const struct plist *before, *after; /* NULL: none */
};

static int bind_props(sqlite3_stmt *q, int i, const struct plist *props)
{
	return props ? bind_bytes(q, i, props->bytes, props->len)
		     : sqlite3_bind_null(q, i);
}

static int write_line(struct sqlite *s, const struct commit *v,
		      const struct line *l, struct counters *to)
{
	sqlite3_stmt *q = s->stmt[SQL_LINE];
	const struct change *e = l->entry;
	uint64_t at = to->revision << STORE_LINE_BITS | to->in_this;
	bool is_domain = e->kind == CHANGE_DOMAIN_PUT;
	int rc;

	if (!s->keep)
		return 0;
	if (to->in_this >> STORE_LINE_BITS)
		return -EMSGSIZE;
	rc = find_path(s, e);
	if (rc)
		return rc;
	if (bind_u64(q, 1, at) | sqlite3_bind_int64(q, 2, v->wall) |
	    bind_text(q, 3, v->who ? v->who : "") | bind_text(q, 4, s->path) |
	    bind_u32(q, 5, l->kind) |
	    bind_u32(q, 6, is_domain ? e->id : e->domain) |
	    bind_u32(q, 7, e->id) | bind_u32(q, 8, e->parent) |
	    bind_u32(q, 9, l->instance) | bind_props(q, 10, l->before) |
	    bind_props(q, 11, l->after))
		return -ENOMEM;
	to->in_this++;
	to->lines++;
	to->loose++;
	return sqlite_run(s, SQL_LINE);
}

static bool is_renamed(const struct plist *a, const struct plist *b)
{
	const char *x = plist_value(a, "name"), *y = plist_value(b, "name");

	return !x || !y || strcmp(x, y) != 0;
}

int sqlite_note(struct sqlite *s, const struct commit *v,
		const struct change *c, const struct was *was,
		struct counters *to)
{
	struct change entry = *c;
	struct line l = {.entry = &entry,
			 .kind = LINE_DESTROYED,
			 .instance = c->instance,
			 .before = was->is_there ? &was->c.props : NULL};
	int rc;

	if (c->kind == CHANGE_ENTRY_DESTROY) {
		entry = was->c;
	} else {
		l.kind = c->kind == CHANGE_DOMAIN_PUT ? LINE_DOMAIN
						      : LINE_ENTRY;
		l.after = &c->props;
	}
	rc = write_line(s, v, &l, to);
	if (!l.after || (l.before && is_renamed(l.before, l.after)))
		s->parent = 0; /* it may be above that one */
	return rc;
}

int sqlite_note_below(struct sqlite *s, const struct commit *v, uint32_t id,
		      struct counters *to)
{
	sqlite3_stmt *q = s->stmt[SQL_BELOW];
	int step = SQLITE_DONE, rc = 0;

	if (!s->keep)
		return 0;
	if (bind_u32(q, 1, id))
		return -ENOMEM;
	while (!rc && (step = sqlite3_step(q)) == SQLITE_ROW) {
		struct change entry;
		struct line l = {.kind = LINE_WENT_ALONG,
				 .entry = &entry,
				 .before = &entry.props};

		if (!sqlite_read_entry(q, &entry))
			rc = -EBADMSG;
		l.instance = entry.instance + 1;
		if (!rc)
			rc = write_line(s, v, &l, to);
	}
	if (!rc)
		rc = sqlite_errno(s->db, step);
	sqlite3_reset(q);
	s->parent = 0;
	return rc;
}

/* ---- forgetting ---------------------------------------------------------- */

/* All up to this line. */
static int forget(struct sqlite *s, int64_t last)
{
	int rc;

	if (sqlite3_bind_int64(s->stmt[SQL_FORGET], 1, last) |
	    sqlite3_bind_int64(s->stmt[SQL_FORGET_BLOCKS], 1, last))
		return -ENOMEM;
	rc = sqlite_run(s, SQL_FORGET);
	return rc ? rc : sqlite_run(s, SQL_FORGET_BLOCKS);
}

static int forget_some(struct sqlite *s, struct counters *to)
{
	sqlite3_stmt *q = s->stmt[SQL_OLDEST];
	uint64_t n = to->lines > s->keep ? to->lines - s->keep : 0;
	uint64_t most = 2 * to->in_this + FORGET_MORE;
	int64_t last;
	int step, rc;

	if (!n)
		return 0;
	if (n > most)
		n = most;
	if (bind_u64(q, 1, n - 1))
		return -ENOMEM;
	step = sqlite3_step(q);
	last = step == SQLITE_ROW ? sqlite3_column_int64(q, 0) : INT64_MAX;
	rc = sqlite_errno(s->db, step);
	sqlite3_reset(q);
	if (!rc)
		rc = forget(s, last);
	if (rc)
		return rc;
	to->lines = step == SQLITE_ROW ? to->lines - n : 0;
	to->compacted = step == SQLITE_ROW ? (uint64_t)last >> STORE_LINE_BITS
					   : to->revision;
	return 0;
}

int sqlite_prune(struct sqlite *s, struct counters *to)
{
	int rc = forget_some(s, to);

	if (!s->keep) /* nothing tells of what this batch has changed */
		to->compacted = to->revision;
	return rc;
}
