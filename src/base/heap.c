/*
 * A binary heap of pointers to timers.  Each timer knows its place, so moving
 * and cancelling need no search.  Only deadlines are compared, never addresses:
 * the same calls give the same order in every run.
 */
#include "base/heap.h"

#include <assert.h>

void heap_open(struct heap *h, struct timer **v, uint32_t cap)
{
	*h = (struct heap){.v = v, .n = 0, .cap = cap};
}

static void put(struct heap *h, uint32_t i, struct timer *t)
{
	h->v[i] = t;
	t->place = i + 1;
}

/* Settle t, for which i is free, among those above it. */
static void rise(struct heap *h, uint32_t i, struct timer *t)
{
	while (i && t->at < h->v[(i - 1) / 2]->at) {
		put(h, i, h->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(h, i, t);
}

/* Settle t, for which i is free, among those below it. */
static void sink(struct heap *h, uint32_t i, struct timer *t)
{
	while (i < h->n / 2) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < h->n && h->v[child + 1]->at < h->v[child]->at)
			child++;
		if (t->at <= h->v[child]->at)
			break;
		put(h, i, h->v[child]);
		i = child;
	}
	put(h, i, t);
}

static void settle(struct heap *h, uint32_t i, struct timer *t)
{
	if (i && t->at < h->v[(i - 1) / 2]->at)
		rise(h, i, t);
	else
		sink(h, i, t);
}

void heap_set(struct heap *h, struct timer *t, usec at)
{
	t->at = at;
	if (!t->place) {
		assert(h->n < h->cap);
		rise(h, h->n++, t);
		return;
	}
	assert(t->place <= h->n && h->v[t->place - 1] == t);
	settle(h, t->place - 1, t);
}

void heap_cancel(struct heap *h, struct timer *t)
{
	if (!t->place)
		return;
	uint32_t i = t->place - 1;

	assert(i < h->n && h->v[i] == t);
	t->place = 0;
	h->n--;
	if (i < h->n)
		settle(h, i, h->v[h->n]);
}

usec heap_next(const struct heap *h)
{
	return h->n ? h->v[0]->at : NEVER;
}

struct timer *heap_pop(struct heap *h, usec now)
{
	if (!h->n || h->v[0]->at > now)
		return NULL;
	struct timer *t = h->v[0];

	heap_cancel(h, t);
	return t;
}
