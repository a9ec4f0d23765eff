/*
 * A turn: one thing happened to an engine; its effects are carried out, what
 * settles at once goes back to it, until it has nothing more to say.  The real
 * host and the virtual LAN are two carriers of the same effects.
 */
#ifndef MUSTER_ENGINE_TURN_H
#define MUSTER_ENGINE_TURN_H

#include "engine/effects.h"
#include "engine/engine.h"

struct carrier;

/* What a carrier says of an effect that settles: 0 or a negative errno settle
 * it within this turn; CARRIED_LATER promises turn_settle() in some later one.
 */
enum { CARRIED_LATER = 1 };

/*
 * Everything an effect points at lives until the function returns, but for the
 * head of a SEND, which lives until the next effect list: a carrier that
 * batches copies it.
 */
struct carrier {
	void (*send)(struct carrier *, const struct send *);
	int (*fetch)(struct carrier *, const struct fetch *, uint8_t owner);
	/* Of a REF_READ that was at hand: its bytes, which stay for the turn.
	 * NULL if no such FETCH succeeds. */
	void (*read)(struct carrier *, const struct ref *, struct piece[2]);
	int (*commit)(struct carrier *, const struct commit_effect *,
		      uint8_t owner);
	int (*listen)(struct carrier *, const struct listen *);
	void (*close)(struct carrier *, const struct listen *);
	void (*hangup)(struct carrier *, uint32_t conn);
	void (*drain)(struct carrier *, uint32_t conn, uint8_t owner);
	void (*pair)(struct carrier *, const struct pair *);
	int (*join)(struct carrier *, const struct join *);
	void (*leave)(struct carrier *, const struct join *);
	int (*address)(struct carrier *, const struct address *);
	int (*allot)(struct carrier *, const struct allot *);
	void (*keep)(struct carrier *, const struct keep *);
	int (*mend)(struct carrier *, const struct mend *, uint8_t owner);
	/* Fills `wrong`, a bit for each packet of the block. */
	int (*sort)(struct carrier *, const struct sort *, uint64_t *wrong);
	int (*ask)(struct carrier *, const struct question *, uint8_t owner);
	void (*note)(struct carrier *, const struct note *);
};

enum { TURN_OUTCOMES = 1024, TURN_BITS = TRAIN_BLOCK_MAX / 64 };

struct turn {
	struct engine *engine;
	struct carrier *carrier;
	struct effects fx;
	usec wall;
	/* outcomes that wait for their settle, a ring */
	struct outcome v[TURN_OUTCOMES];
	unsigned first, n;
	uint64_t wrong[TURN_BITS]; /* of the last SORT */
};

int turn_open(struct turn *t, struct engine *engine, struct carrier *carrier,
	      const struct alloc *alloc);
void turn_close(struct turn *t, const struct alloc *alloc);

void turn_input(struct turn *t, usec now, const struct dgram *d);
/* o->change must live until this returns. */
void turn_settle(struct turn *t, usec now, const struct outcome *o);
/* Calls expire for as long as the deadline has passed, a bounded number of
 * times: a carrier looks at the deadline again afterwards. */
void turn_expire(struct turn *t, usec now, usec wall);
/* Carry out what some other call (a start, an edit) wrote into t->fx. */
void turn_carry(struct turn *t, usec now, usec wall);

#endif
