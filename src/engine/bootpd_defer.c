/*
 * Several servers share their machines: the first answer wins, so whoever is
 * nearest would have them all.  Each waits before its first word to a machine
 * for some time that follows from the machine and itself, so that each is the
 * first for as many, and nobody need know who the others are; one that is busy
 * comes later of itself, and one that is gone is not missed.
 */
#include "engine/bootpd_impl.h"

#include <errno.h>

/* Many times what packets take, and little beside what machines take. */
enum { SPAN = 8000 /* microseconds */, HURRY = 4 /* seconds */ };

int defers_open(struct bootpd *b, const struct alloc *alloc)
{
	b->defers.v = alloc_get(alloc, DEFERS, sizeof(*b->defers.v));
	return b->defers.v ? 0 : -ENOMEM;
}

void defers_close(struct bootpd *b, const struct alloc *alloc)
{
	alloc_put(alloc, b->defers.v);
}

/* What it asked before, or a free one; NULL: all wait. */
static struct defer *place(struct bootpd *b, const struct ask *a)
{
	struct defer *free = NULL;

	for (unsigned i = 0; i < DEFERS; i++) {
		struct defer *d = &b->defers.v[i];

		if (d->is_waiting && hwaddr_is(&d->hw, &a->hw))
			return d;
		if (!d->is_waiting)
			free = d;
	}
	return free;
}

static void clear(struct bootpd *b, struct defer *d)
{
	d->is_waiting = false;
	b->defers.waiting--;
}

bool defer(struct bootpd *b, const struct ask *a, usec now)
{
	uint64_t lot = hash_u64(hash_hwaddr(&a->hw, 0), a->link->ip);
	struct defer *d;
	struct wr w;

	if (!b->site->store.is_shared || b->is_kept || a->m.secs >= HURRY)
		return false;
	d = place(b, a);
	if (!d)
		return false;
	if (!d->is_waiting) {
		d->due = now + (usec)(lot % SPAN);
		b->defers.waiting++;
	}
	d->is_waiting = true;
	d->hw = a->hw;
	w = wr_over(d->bytes, sizeof(d->bytes));
	wr_bytes(&w, a->heard->bytes, a->heard->len);
	d->heard = *a->heard;
	d->heard.bytes = d->bytes;
	return true;
}

void defer_forget(struct bootpd *b, const struct ask *a)
{
	struct defer *d = b->defers.waiting ? place(b, a) : NULL;

	if (d && d->is_waiting)
		clear(b, d);
}

void defer_expire(struct bootpd *b, usec now, struct effects *fx)
{
	for (unsigned i = 0; b->defers.waiting && i < DEFERS; i++) {
		struct defer *d = &b->defers.v[i];

		if (!d->is_waiting || d->due > now)
			continue;
		if (!effects_room(fx, 4, EFFECT_HEAD_MAX))
			return;
		clear(b, d);
		bootpd_hear_again(b, &d->heard, now, fx);
	}
}

usec defer_deadline(const struct bootpd *b)
{
	usec next = NEVER;

	for (unsigned i = 0; b->defers.waiting && i < DEFERS; i++)
		if (b->defers.v[i].is_waiting)
			next = usec_min(next, b->defers.v[i].due);
	return next;
}
