/*
 * Commits on their way to a store and back, whatever makes its calls, a thread
 * or a fiber; and the news of a store that several servers share.  Each comes
 * back in its place by its revision, so that whoever applies all as it comes
 * has what the store has; what was refused comes behind the news that say why.
 */
#ifndef MUSTER_STORE_ORDERS_H
#define MUSTER_STORE_ORDERS_H

#include "model/changes.h"
#include "store/store.h"

struct order {
	struct order *next;
	struct change change;
	struct changes *all; /* kept; NULL: the one change */
	char who[STORE_WHO];
	usec wall, at;     /* when it was given, or heard, on both clocks */
	uint64_t seen;     /* of the news, when it was given */
	uint64_t revision; /* that it has, or that the news are of */
	size_t failed;
	int rc;
	bool is_news;
};

struct orders {
	struct order *first, **last;
};

static inline void orders_empty(struct orders *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static inline void orders_add(struct orders *l, struct order *o)
{
	o->next = NULL;
	*l->last = o;
	l->last = &o->next;
}

static inline struct order *orders_take(struct orders *l)
{
	struct order *o = l->first;

	if (o && !(l->first = o->next))
		l->last = &l->first;
	return o;
}

static inline void orders_join(struct orders *to, struct orders *from)
{
	if (!from->first)
		return;
	*to->last = from->first;
	to->last = from->last;
	orders_empty(from);
}

/* The next ones from *at on that are edits, or that are none, `most` of them;
 * *at is behind the last one.  Leases and edits go apart: an edit is rare, may
 * be stale, and is large. */
size_t orders_pick(struct order **at, bool is_edit, struct order **v,
		   size_t most);
/* Commit them as one batch, in the room for it: what commit() returns.  What
 * became of each is in it. */
int orders_commit(struct store *s, struct order *const *v, size_t n,
		  struct commit *room);
/* By their revisions, which they nearly always are; what failed comes last. */
void orders_sort(struct orders *l);
/* Take those out of a sorted list that were made before the revision, to the
 * end of `to`. */
void orders_before(struct orders *l, uint64_t revision, struct orders *to);
/* The news as an order that keeps a copy of them.  0 or -ENOMEM. */
int order_news(struct order *o, const struct store_news *n,
	       const struct alloc *alloc);
/* It is to be applied now: if the wall clock was set since it was given or
 * heard, its leases end when they would have otherwise. */
void order_age(struct order *o, usec now, usec wall);
/* Up to which revision all is known to who takes them in their order: *seen, or
 * more by this one. */
void order_seen(const struct order *o, uint64_t *seen);

#endif
