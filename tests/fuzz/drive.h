/*
 * Drives one engine with whatever a fuzzer thinks of: datagrams, outcomes and
 * time, one byte of input deciding what comes next.  What holds for every
 * client engine is asserted here: no effect is lost, one event has a handful
 * of effects, and time moves on.
 */
#ifndef MUSTER_TESTS_DRIVE_H
#define MUSTER_TESTS_DRIVE_H

#include "engine/effects.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

/* Of one event; a target whose engine may have more to do says so before. */
#ifndef DRIVE_EFFECTS
#define DRIVE_EFFECTS 8
#define DRIVE_SENDS   2
#endif

enum { DRIVE_WAITING = 32, DRIVE_SPIN = 8 };

struct drive {
	struct engine *engine;
	struct effects fx;
	usec now;
	struct outcome waiting[DRIVE_WAITING]; /* what settles */
	unsigned n;
	uint16_t port;        /* LISTENed last */
	const uint64_t *bits; /* what a SORT brings */
	/* The target's own look at each effect; may be NULL. */
	void (*look)(struct drive *, const struct effect *);
};

/* The effects' memory is taken once: it is large. */
static inline void drive_open(struct drive *d, struct engine *engine)
{
	struct effects fx = d->fx;

	if (!fx.v && effects_open(&fx, &fuzz_memory))
		abort();
	*d = (struct drive){.engine = engine, .fx = fx};
	effects_clear(&d->fx);
}

static inline void drive_queue(struct drive *d, const struct effect *e,
			       uint64_t cookie)
{
	assert(d->n < DRIVE_WAITING);
	d->waiting[d->n++] = (struct outcome){
		.kind = e->kind, .owner = e->owner, .cookie = cookie};
}

static inline void drive_hold(struct drive *d, const struct effect *e)
{
	if (e->kind == EFFECT_LISTEN) {
		drive_queue(d, e, e->listen.cookie);
		d->port = e->listen.port;
	}
	if (e->kind == EFFECT_ADDRESS)
		drive_queue(d, e, e->address.cookie);
	if (e->kind == EFFECT_ALLOT)
		drive_queue(d, e, e->allot.cookie);
	if (e->kind == EFFECT_MEND)
		drive_queue(d, e, e->mend.cookie);
	if (e->kind == EFFECT_SORT)
		drive_queue(d, e, e->sort.cookie);
	if (e->kind == EFFECT_ASK)
		drive_queue(d, e, e->ask.cookie);
}

static inline void drive_carry(struct drive *d)
{
	unsigned sends = 0;

	assert(d->fx.lost == 0);
	assert(d->fx.n <= DRIVE_EFFECTS);
	for (size_t i = 0; i < d->fx.n; i++) {
		const struct effect *e = &d->fx.v[i];

		sends += e->kind == EFFECT_SEND;
		drive_hold(d, e);
		if (d->look)
			d->look(d, e);
	}
	assert(sends <= DRIVE_SENDS);
	effects_clear(&d->fx);
}

/* Exactly as long as it is, so that a read behind it is seen. */
static inline void drive_hear(struct drive *d, struct dgram g)
{
	uint8_t *exact = malloc(g.len ? g.len : 1);

	if (!exact)
		abort();
	if (g.len)
		memcpy(exact, g.bytes, g.len);
	g.bytes = exact;
	d->engine->input(d->engine, d->now, &g, &d->fx);
	drive_carry(d);
	free(exact);
}

static inline void drive_settle(struct drive *d, int rc)
{
	struct outcome o = d->waiting[0];

	if (!d->n)
		return;
	d->n--;
	memmove(&d->waiting[0], &d->waiting[1], d->n * sizeof(o));
	o.rc = rc;
	o.bits = d->bits;
	d->engine->settle(d->engine, d->now, &o, &d->fx);
	drive_carry(d);
}

static inline void drive_expire(struct drive *d)
{
	for (int i = 0; d->engine->deadline(d->engine) <= d->now; i++) {
		assert(i < DRIVE_SPIN);
		d->engine->expire(d->engine, d->now, &d->fx);
		drive_carry(d);
	}
}

/* Through the next deadline; false if there is none. */
static inline bool drive_step(struct drive *d)
{
	usec due = d->engine->deadline(d->engine);

	if (due == NEVER)
		return false;
	d->now = usec_max(d->now, due);
	drive_expire(d);
	return true;
}

static inline void drive_wait(struct drive *d, usec span)
{
	usec until = d->now + span;

	while (d->engine->deadline(d->engine) <= until)
		drive_step(d);
	d->now = until;
}

#endif
