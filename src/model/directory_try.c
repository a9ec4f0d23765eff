/*
 * Several changes, all or none: they are made one after the other, and what
 * they replace goes into a journal, from which it is taken back in the opposite
 * order.  So each comes to stand where it stood, in its slot and in its list,
 * and nothing on the way back needs memory.
 */
#include "model/directory_inside.h"

#include <assert.h>
#include <errno.h>

enum { FIRST = 16 };

int journal_room(struct directory *d)
{
	struct journal *j = d->journal;

	if (!j || j->n < j->most)
		return 0;
	size_t most = j->most ? 2 * j->most : FIRST;
	struct journal_line *v = alloc_get(&d->alloc, most, sizeof *v);

	if (!v)
		return -ENOMEM;
	if (j->n)
		memcpy(v, j->v, j->n * sizeof *v);
	alloc_put(&d->alloc, j->v);
	j->v = v;
	j->most = most;
	return 0;
}

bool journal_add(struct directory *d, enum journal_kind kind, uint32_t at)
{
	struct journal *j = d->journal;

	if (!j)
		return false;
	assert(j->n < j->most);
	j->v[j->n++] = (struct journal_line){
		.kind = kind, .at = at, .was = *slot_at(d, at)};
	return true;
}

static void journal_open(struct directory *d, struct journal *j)
{
	*j = (struct journal){.next_id = d->next_id};
	d->journal = j;
}

/* All of it stays. */
static void journal_close(struct directory *d)
{
	struct journal *j = d->journal;

	d->journal = NULL;
	for (size_t i = 0; i < j->n; i++)
		if (j->v[i].kind != JOURNAL_NEW)
			props_drop(d, &j->v[i].was.e.props);
	alloc_put(&d->alloc, j->v);
}

/* All of it is taken back. */
static void journal_undo(struct directory *d)
{
	struct journal *j = d->journal;

	d->journal = NULL;
	while (j->n) {
		const struct journal_line *l = &j->v[--j->n];

		switch (l->kind) {
		case JOURNAL_NEW:
			undo_new(d, l->at);
			break;
		case JOURNAL_EDIT:
			undo_edit(d, l->at, &l->was);
			break;
		case JOURNAL_LEAF:
			undo_leaf(d, l->at, &l->was);
			break;
		}
	}
	d->next_id = j->next_id;
	alloc_put(&d->alloc, j->v);
}

int directory_check_all(struct directory *d, const struct change *v, size_t n,
			size_t *failed, uint32_t *other)
{
	struct journal j;
	int rc = 0;

	*failed = 0;
	*other = ENTRY_NONE;
	if (n == 1)
		return directory_check(d, v, other);
	journal_open(d, &j);
	for (size_t i = 0; i < n && !rc; i++) {
		*failed = i;
		rc = change_strictly(d, &v[i], other);
	}
	journal_undo(d);
	return rc;
}

static int blank_all(struct directory *d, const struct change *v, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++)
		if (v[i].kind != CHANGE_ENTRY_DESTROY)
			rc = change_blank(d, v[i].id);
	return rc;
}

static int apply_all(struct directory *d, const struct change *v, size_t n,
		     bool is_blank)
{
	struct journal j;
	int rc;

	journal_open(d, &j);
	rc = is_blank ? blank_all(d, v, n) : 0;
	for (size_t i = 0; i < n && !rc; i++)
		rc = directory_apply(d, &v[i]);
	if (rc)
		journal_undo(d);
	else
		journal_close(d);
	return rc;
}

int directory_apply_all(struct directory *d, const struct change *v, size_t n)
{
	return n == 1 ? directory_apply(d, v) : apply_all(d, v, n, false);
}

int directory_become(struct directory *d, const struct change *v, size_t n)
{
	return apply_all(d, v, n, true);
}
