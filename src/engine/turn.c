/*
 * The turn.  Effects are carried out in order; outcomes wait in a ring until
 * the whole list is done, so that an engine is never re-entered and no list is
 * overwritten while it is read.
 */
#include "engine/turn.h"

#include <assert.h>

enum { EXPIRES = 64 };

int turn_open(struct turn *t, struct engine *engine, struct carrier *carrier,
	      const struct alloc *alloc)
{
	t->engine = engine;
	t->carrier = carrier;
	t->first = t->n = 0;
	t->wall = 0;
	return effects_open(&t->fx, alloc);
}

void turn_close(struct turn *t, const struct alloc *alloc)
{
	effects_close(&t->fx, alloc);
}

static struct outcome *queue(struct turn *t, const struct effect *e,
			     uint64_t cookie, int rc)
{
	struct outcome *o;

	assert(t->n < TURN_OUTCOMES);
	o = &t->v[(t->first + t->n++) % TURN_OUTCOMES];
	*o = (struct outcome){
		.kind = e->kind, .owner = e->owner, .cookie = cookie, .rc = rc};
	return o;
}

/* A commit that failed at once: the change goes back with it. */
static void carry_commit(struct turn *t, const struct effect *e)
{
	int rc = t->carrier->commit(t->carrier, &e->commit, e->owner);

	if (rc != CARRIED_LATER)
		queue(t, e, e->commit.cookie, rc);
}

static void carry_fetch(struct turn *t, const struct effect *e)
{
	int rc = t->carrier->fetch(t->carrier, &e->fetch, e->owner);
	struct outcome *o;

	if (rc == CARRIED_LATER)
		return;
	o = queue(t, e, e->fetch.cookie, rc);
	if (!rc && e->fetch.ref.kind == REF_READ)
		t->carrier->read(t->carrier, &e->fetch.ref, o->read);
}

static void carry_join(struct turn *t, const struct effect *e)
{
	int rc = t->carrier->join(t->carrier, &e->join);

	if (rc)
		queue(t, e, e->join.cookie, rc);
}

static void carry_mend(struct turn *t, const struct effect *e)
{
	int rc = t->carrier->mend(t->carrier, &e->mend, e->owner);

	if (rc != CARRIED_LATER)
		queue(t, e, e->mend.cookie, rc);
}

static void carry_sort(struct turn *t, const struct effect *e)
{
	unsigned at;

	queue(t, e, e->sort.cookie,
	      t->carrier->sort(t->carrier, &e->sort, t->wrong));
	at = (t->first + t->n - 1) % TURN_OUTCOMES;
	t->v[at].bits = t->wrong;
}

static void carry_ask(struct turn *t, const struct effect *e)
{
	int rc = t->carrier->ask(t->carrier, &e->ask, e->owner);

	if (rc != CARRIED_LATER)
		queue(t, e, e->ask.cookie, rc);
}

static void carry_one(struct turn *t, const struct effect *e)
{
	struct carrier *c = t->carrier;

	switch (e->kind) {
	case EFFECT_SEND:
		c->send(c, &e->send);
		break;
	case EFFECT_FETCH:
		carry_fetch(t, e);
		break;
	case EFFECT_COMMIT:
		carry_commit(t, e);
		break;
	case EFFECT_LISTEN:
		queue(t, e, e->listen.cookie, c->listen(c, &e->listen));
		break;
	case EFFECT_CLOSE:
		c->close(c, &e->listen);
		break;
	case EFFECT_HANGUP:
		c->hangup(c, e->conn);
		break;
	case EFFECT_DRAIN:
		c->drain(c, e->conn, e->owner);
		break;
	case EFFECT_PAIR:
		c->pair(c, &e->pair);
		break;
	case EFFECT_JOIN:
		carry_join(t, e);
		break;
	case EFFECT_LEAVE:
		c->leave(c, &e->join);
		break;
	case EFFECT_ADDRESS:
		queue(t, e, e->address.cookie, c->address(c, &e->address));
		break;
	case EFFECT_ALLOT:
		queue(t, e, e->allot.cookie, c->allot(c, &e->allot));
		break;
	case EFFECT_KEEP:
		c->keep(c, &e->keep);
		break;
	case EFFECT_MEND:
		carry_mend(t, e);
		break;
	case EFFECT_SORT:
		carry_sort(t, e);
		break;
	case EFFECT_ASK:
		carry_ask(t, e);
		break;
	case EFFECT_NOTE:
		c->note(c, &e->note);
		break;
	}
}

static void carry_list(struct turn *t)
{
	for (size_t i = 0; i < t->fx.n; i++)
		carry_one(t, &t->fx.v[i]);
	effects_clear(&t->fx);
}

void turn_carry(struct turn *t, usec now, usec wall)
{
	t->wall = wall;
	carry_list(t);
	while (t->n) {
		struct outcome o = t->v[t->first];

		t->first = (t->first + 1) % TURN_OUTCOMES;
		t->n--;
		o.wall = wall;
		t->engine->settle(t->engine, now, &o, &t->fx);
		carry_list(t);
	}
}

void turn_input(struct turn *t, usec now, const struct dgram *d)
{
	t->engine->input(t->engine, now, d, &t->fx);
	turn_carry(t, now, d->wall);
}

void turn_settle(struct turn *t, usec now, const struct outcome *o)
{
	t->engine->settle(t->engine, now, o, &t->fx);
	turn_carry(t, now, o->wall);
}

void turn_expire(struct turn *t, usec now, usec wall)
{
	for (int i = 0; i < EXPIRES; i++) {
		if (t->engine->deadline(t->engine) > now)
			break;
		t->engine->expire(t->engine, now, &t->fx);
		turn_carry(t, now, wall);
	}
}
