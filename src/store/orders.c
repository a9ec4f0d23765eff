#include "store/orders.h"

static const struct change *changes_of(const struct order *o)
{
	return o->all ? o->all->v : &o->change;
}

size_t orders_pick(struct order **at, bool is_edit, struct order **v,
		   size_t most)
{
	struct order *o = *at;
	size_t n = 0;

	for (; o && n < most; o = o->next)
		if (change_is_edit(changes_of(o)) == is_edit)
			v[n++] = o;
	*at = o;
	return n;
}

int orders_commit(struct store *s, struct order *const *v, size_t n,
		  struct commit *room)
{
	uint64_t revision;
	int rc;

	for (size_t i = 0; i < n; i++)
		room[i] = (struct commit){.change = changes_of(v[i]),
					  .more = v[i]->all ? v[i]->all->n - 1
							    : 0,
					  .who = v[i]->who,
					  .wall = v[i]->wall,
					  .seen = v[i]->seen};
	rc = s->ops->commit(s, room, n, &revision);
	for (size_t i = 0; i < n; i++) {
		v[i]->rc = room[i].rc;
		v[i]->failed = room[i].failed;
		v[i]->revision = room[i].revision;
	}
	return rc;
}

static void put_first(struct orders *l, struct order *o)
{
	o->next = l->first;
	if (!l->first)
		l->last = &o->next;
	l->first = o;
}

void orders_sort(struct orders *l)
{
	struct order *sorted = NULL, *o, **at; /* the last one first */
	struct orders failed;

	orders_empty(&failed);
	while ((o = orders_take(l))) {
		if (o->rc) {
			orders_add(&failed, o);
			continue;
		}
		for (at = &sorted; *at && (*at)->revision > o->revision;)
			at = &(*at)->next;
		o->next = *at;
		*at = o;
	}
	while ((o = sorted)) {
		sorted = o->next;
		put_first(l, o);
	}
	orders_join(l, &failed);
}

void orders_before(struct orders *l, uint64_t revision, struct orders *to)
{
	while (l->first && !l->first->rc && l->first->revision < revision)
		orders_add(to, orders_take(l));
}

int order_news(struct order *o, const struct store_news *n,
	       const struct alloc *alloc)
{
	struct changes *all = NULL;
	int rc = changes_open(&all, alloc);

	for (size_t i = 0; !rc && i < n->n; i++)
		rc = changes_add(all, &n->v[i]);
	*o = (struct order){.is_news = true, .revision = n->revision};
	if (!rc)
		o->all = all;
	else
		changes_drop(all);
	return rc;
}

void order_age(struct order *o, usec now, usec wall)
{
	usec set = wall - (o->wall + now - o->at);
	struct change *v = o->all ? o->all->v : &o->change;
	size_t n = o->all ? o->all->n : 1;

	/* Both clocks are not read at one moment. */
	if (set > -SECOND && set < SECOND)
		return;
	for (size_t i = 0; i < n; i++)
		if (v[i].kind == CHANGE_LEASE_PUT &&
		    v[i].lease.wall_ends != NEVER)
			v[i].lease.wall_ends += set;
}

void order_seen(const struct order *o, uint64_t *seen)
{
	if (!o->rc && o->revision > *seen)
		*seen = o->revision;
}
