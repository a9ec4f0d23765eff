/*
 * Drives a client that loads a file: what the targets of all of them share.
 * Their events begin with the three that are here.
 */
#ifndef MUSTER_TESTS_LOAD_H
#define MUSTER_TESTS_LOAD_H

#include "base/cursor.h"
#include "drive.h"
#include "engine/loadc.h"

#include <errno.h>

enum {
	LOAD_STEP,       /* to the next deadline */
	LOAD_WAIT,       /* u16: milliseconds */
	LOAD_SETTLE,     /* u8: how well */
	LOAD_OWN,        /* the target's own first event */
	LOAD_RARE = 200, /* a u8 that is more */
};

static inline void load_settle(struct drive *d, uint8_t how)
{
	drive_settle(d, how > LOAD_RARE ? -EACCES : how & 1 ? -EADDRINUSE : 0);
}

/* Whether the event was one of these. */
static inline bool load_plays(struct drive *d, unsigned event, struct rd *r)
{
	if (event == LOAD_STEP)
		drive_step(d);
	else if (event == LOAD_WAIT)
		drive_wait(d, MILLISECONDS(rd_u16(r)));
	else if (event == LOAD_SETTLE)
		load_settle(d, rd_u8(r));
	return event < LOAD_OWN;
}

static inline void load_stop(struct drive *d, struct loadc *c, struct rd *r)
{
	if (rd_u8(r) <= LOAD_RARE)
		return;
	loadc_stop(c, d->now, &d->fx);
	drive_carry(d);
}

/* The group can't be joined. */
static inline void load_fail_join(struct drive *d, struct rd *r)
{
	const struct outcome o = {
		.kind = EFFECT_JOIN, .cookie = 1, .rc = -ENODEV};

	if (rd_u8(r) <= LOAD_RARE)
		return;
	d->engine->settle(d->engine, d->now, &o, &d->fx);
	drive_carry(d);
}

/* A datagram of any bytes: u8 how many, and them. */
static inline void load_hear_raw(struct drive *d, struct dgram g, struct rd *r)
{
	size_t len = rd_u8(r), left = rd_left(r);

	g.len = len < left ? len : left;
	g.bytes = rd_take(r, g.len);
	if (g.bytes)
		drive_hear(d, g);
}

/* A head and so many bytes more, which are there, or by reference. */
static inline void load_hear(struct drive *d, struct dgram g, size_t len,
			     bool is_ref)
{
	if (is_ref)
		g.body = (struct ref){.image = 1, .len = len};
	else
		g.len += len;
	drive_hear(d, g);
}

/* Behind drive_open(), and what the target sets of its own. */
static inline void load_start(struct drive *d, struct loadc *c,
			      const struct url *url, uint32_t file)
{
	loadc_start(c, d->now, url, file, &d->fx);
	drive_carry(d);
}

/* All settles, time passes: now it has come to an end, of one kind. */
static inline struct loadc_progress load_end(struct drive *d, struct loadc *c,
					     usec span)
{
	struct loadc_progress p;

	while (d->n)
		drive_settle(d, 0);
	drive_wait(d, span);
	p = c->progress;
	assert(p.state != LOADC_LOADING);
	if (p.state == LOADC_FAILED)
		assert(p.rc < 0 && p.why[0]);
	return p;
}

#endif
