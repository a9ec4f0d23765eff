/*
 * A server that sleeps as a stopped process does, or one that a busy computer
 * does not run: what comes meanwhile waits in its socket, what it asked for is
 * done, and when it wakes up all of that is there and its timers are late.
 */
#ifndef MUSTER_TESTS_SLEEPER_H
#define MUSTER_TESTS_SLEEPER_H

#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What it does first; else it takes what came in its order. */
enum wakes { WAKES_IN_ORDER, WAKES_WITH_TIMERS, WAKES_WITH_FILES, WAKES };

struct slept {
	struct slept *next;
	bool is_outcome;
	struct outcome outcome;
	struct dgram dgram;
	uint8_t bytes[];
};

struct sleeper {
	struct engine engine, *inner;
	enum wakes wakes;
	usec now, until;
	bool has_expired; /* since it woke up */
	struct slept *first;
	/* Its disk is busy until then. */
	usec disk_at;
	struct slept *read;
};

static inline struct sleeper *sleeper_of(struct engine *e)
{
	return CONTAINER(e, struct sleeper, engine);
}

static inline bool sleeper_is_awake(const struct sleeper *s, usec now)
{
	return now >= s->until && !s->first;
}

/* Behind all that are there, or before the first that is no outcome. */
static inline void sleeper_keep(struct sleeper *s, struct slept **at,
				struct slept *new)
{

	while (*at && !(new->is_outcome && s->wakes == WAKES_WITH_FILES &&
			!(*at)->is_outcome))
		at = &(*at)->next;
	new->next = *at;
	*at = new;
}

static inline void sleeper_input(struct engine *e, usec now,
				 const struct dgram *d, struct effects *fx)
{
	struct sleeper *s = sleeper_of(e);
	struct slept *new;

	s->now = now;
	if (sleeper_is_awake(s, now)) {
		s->inner->input(s->inner, now, d, fx);
		return;
	}
	new = calloc(1, sizeof(*new) + d->len);
	assert_non_null(new);
	new->dgram = *d;
	if (d->len)
		memcpy(new->bytes, d->bytes, d->len);
	new->dgram.bytes = new->bytes;
	sleeper_keep(s, &s->first, new);
}

static inline void sleeper_settle(struct engine *e, usec now,
				  const struct outcome *o, struct effects *fx)
{
	struct sleeper *s = sleeper_of(e);
	struct slept *new;

	bool is_early = o->kind == EFFECT_FETCH && now < s->disk_at;

	s->now = now;
	if (!is_early && sleeper_is_awake(s, now)) {
		s->inner->settle(s->inner, now, o, fx);
		return;
	}
	new = calloc(1, sizeof(*new));
	assert_non_null(new);
	new->is_outcome = true;
	new->outcome = *o;
	sleeper_keep(s, is_early ? &s->read : &s->first, new);
}

static inline void sleeper_expire(struct engine *e, usec now,
				  struct effects *fx)
{
	struct sleeper *s = sleeper_of(e);
	struct slept *it;

	s->now = now;
	if (now < s->until)
		return;
	while ((it = s->read) && now >= s->disk_at) {
		s->read = it->next;
		sleeper_keep(s, &s->first, it);
	}
	it = s->first;
	if (!it || (s->wakes == WAKES_WITH_TIMERS && !s->has_expired)) {
		s->has_expired = true;
		s->inner->expire(s->inner, now, fx);
		return;
	}
	s->first = it->next;
	if (it->is_outcome)
		s->inner->settle(s->inner, now, &it->outcome, fx);
	else
		s->inner->input(s->inner, now, &it->dgram, fx);
	free(it);
}

static inline usec sleeper_deadline(const struct engine *e)
{
	const struct sleeper *s = CONTAINER_CONST(e, struct sleeper, engine);

	if (s->now < s->until)
		return s->until;
	if (s->first)
		return s->now;
	return usec_min(s->inner->deadline(s->inner),
			s->read ? s->disk_at : NEVER);
}

static inline void sleeper_open(struct sleeper *s, struct engine *inner)
{
	*s = (struct sleeper){.inner = inner};
	s->engine = (struct engine){sleeper_input, sleeper_settle,
				    sleeper_expire, sleeper_deadline};
}

/* From now on, or for longer than it would anyway. */
static inline void sleeper_sleep(struct sleeper *s, usec now, usec until,
				 enum wakes wakes)
{
	s->now = now;
	s->until = usec_max(s->until, until);
	s->wakes = wakes;
	s->has_expired = false;
}

static inline void sleeper_close(struct sleeper *s)
{
	for (struct slept *it; (it = s->first); free(it))
		s->first = it->next;
	for (struct slept *it; (it = s->read); free(it))
		s->read = it->next;
}

#endif
