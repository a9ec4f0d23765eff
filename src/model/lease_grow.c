/*
 * A larger table of leases.  Slots keep their numbers, so lists of them are
 * good as they are; what points into the old table is moved, and the indexes
 * are made anew.
 */
#include "model/lease_inside.h"

#include <errno.h>
#include <string.h>

/* All that was cut to the size of the table. */
struct tables {
	struct slot *slots;
	uint64_t *words;
	struct timer **timers;
	struct index by_ip, by_owner, by_holder;
	uint32_t most;
};

static struct tables tables_of(const struct leases *l)
{
	return (struct tables){.slots = l->slots,
			       .words = l->words,
			       .timers = l->timers,
			       .by_ip = l->by_ip,
			       .by_owner = l->by_owner,
			       .by_holder = l->by_holder,
			       .most = l->most};
}

static void tables_put(struct leases *l, const struct tables *t)
{
	l->slots = t->slots;
	l->words = t->words;
	l->timers = t->timers;
	l->by_ip = t->by_ip;
	l->by_owner = t->by_owner;
	l->by_holder = t->by_holder;
	l->most = t->most;
}

/* From the old table to the same place in the new one. */
static void move_heap(struct heap *h, const struct leases *l,
		      const struct tables *old, struct timer **v)
{
	for (uint32_t i = 0; i < h->n; i++) {
		struct slot *s = CONTAINER(h->v[i], struct slot, timer);

		v[i] = &l->slots[s - old->slots].timer;
	}
	h->v = v;
}

static void move_pools(struct leases *l, const struct tables *old)
{
	struct pool *rest = &l->pools[POOL_REST];

	for (unsigned i = 0; i < l->n_pools; i++) {
		struct pool *p = &l->pools[i];

		p->used.words = l->words + (p->used.words - old->words);
		move_heap(&p->in_use, l, old,
			  l->timers + (p->in_use.v - old->timers));
		move_heap(&p->idle, l, old,
			  l->timers + (p->idle.v - old->timers));
	}
	move_heap(&rest->in_use, l, old, l->timers + 2 * (size_t)l->most);
	move_heap(&rest->idle, l, old, l->timers + 3 * (size_t)l->most);
	rest->in_use.cap = rest->idle.cap = l->most;
}

int leases_grow(struct leases *l, const struct alloc *alloc, uint32_t most)
{
	struct tables old = tables_of(l);
	struct tables fresh = {.most = most};

	if (most <= old.most)
		return 0;
	tables_put(l, &fresh);
	if (lease_tables_open(l, alloc) < 0) {
		lease_tables_close(l, alloc);
		tables_put(l, &old);
		return -ENOMEM;
	}
	memcpy(l->slots, old.slots, l->used * sizeof *l->slots);
	memcpy(l->words, old.words, l->words_used * sizeof *l->words);
	move_pools(l, &old);
	for (uint32_t i = 0; i < l->used; i++)
		slot_enter(l, &l->slots[i]);
	fresh = tables_of(l);
	tables_put(l, &old);
	lease_tables_close(l, alloc);
	tables_put(l, &fresh);
	return 0;
}
