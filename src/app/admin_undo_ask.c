/*
 * Undoing a revision: its lines, and those of its entries since, are asked of
 * the store.
 */
#include "app/admin_ask.h"

#include "base/text.h"

#include <string.h>

/* So many lines of a revision can be undone at once. */
enum { UNDO_MAX = 1 << 22, LATER_MAX = 64 };

/* ---- on the store's thread ----------------------------------------------- */

static bool has_entry(const struct seen_lines *l, uint32_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i]->change.id == id)
			return true;
	return false;
}

static int take_later(void *arg, const struct store_line *l)
{
	struct admin_ask *ask = arg;

	if (l->at >> STORE_LINE_BITS <= ask->q.revision)
		return 1;
	if (!has_entry(&ask->lines, l->change.id) ||
	    has_entry(&ask->later, l->change.id))
		return 0;
	return lines_take(&ask->later, l);
}

/* Who has changed since what is to be undone: for the error, should there be
 * one, and so only as far as that is quickly found. */
static int look_later(struct admin_ask *ask, struct store *store)
{
	struct store_query q = {.most = 1000};
	int rc;

	if (ask->lines.n > LATER_MAX)
		return 0;
	rc = store->ops->history(store, &q, take_later, ask);
	return rc > 0 ? 0 : rc;
}

static int look_undo(struct admin_ask *ask, struct store *store)
{
	(void)look_history(ask, store);
	if (!ask->rc)
		ask->rc = look_later(ask, store);
	return 0;
}

/* ---- undoing ------------------------------------------------------------- */

static void no_lines(struct admin *a, const struct admin_ask *ask)
{
	unsigned long long revision = ask->q.revision;

	if (ask->q.revision > ask->status.revision)
		admin_error(a, STATUS_NOT_FOUND,
			    "%llu: there is no such revision yet", revision);
	else
		admin_error(a, STATUS_NOT_FOUND,
			    "revision %llu changed nothing in the directory",
			    revision);
}

/* Its newest line says who was first. */
static const struct store_line *since(const struct admin_ask *ask)
{
	return ask->later.n ? ask->later.v[0] : NULL;
}

static void undo(struct admin *a, const struct site *s)
{
	const struct admin_ask *ask = a->ask;
	const struct store_line *l = since(ask);
	char room[STORE_PATH + 256];

	if (history_failed(a))
		return;
	if (ask->q.revision <= ask->status.compacted)
		admin_error(a, STATUS_NOT_FOUND,
			    "revision %llu: the history reaches back only to "
			    "%llu",
			    (unsigned long long)ask->q.revision,
			    (unsigned long long)ask->status.compacted + 1);
	else if (!ask->lines.n)
		no_lines(a, ask);
	else if (l)
		admin_error(a, STATUS_CONFLICT,
			    "%s: %s has changed it since, in revision %llu",
			    line_path(s->directory, l, room),
			    l->who[0] ? l->who : "somebody",
			    (unsigned long long)(l->at >> STORE_LINE_BITS));
	else
		undo_lines(a, s, &ask->lines, ask->q.revision);
	if (a->changes)
		memcpy(a->changes->who, ask->who, sizeof ask->who);
}

void edit_undo(struct asked *k)
{
	struct admin_ask *ask;
	uint64_t revision;

	if (!number_parse(k->name, strlen(k->name),
			  UINT64_MAX >> (STORE_LINE_BITS + 1), &revision) ||
	    !revision) {
		admin_error(k->a, STATUS_WRONG, "`%s' is no revision", k->name);
		return;
	}
	ask = ask_open(k);
	if (!ask)
		return;
	ask->look = look_undo;
	ask->looked = undo;
	ask->q.revision = revision;
	ask->q.most = UNDO_MAX;
}
