/*
 * How long a server may be silent for a client that can ask somebody else.
 *
 * What counts is its last word, whatever it was, and not what became of it. One
 * that is slow is waited for longer: four times the slowest of its words so
 * far. Who was stopped, or had no processor, has not listened: a question must
 * have had its time, too, and what is due to be asked is asked first.
 */
#ifndef MUSTER_ENGINE_PATIENCE_H
#define MUSTER_ENGINE_PATIENCE_H

#include "base/time.h"

struct patience {
	usec heard_at; /* the last word, or the beginning */
	usec asked_at; /* the last question since then; NEVER: none */
	usec slowest;  /* word */
};

static inline void patience_begin(struct patience *p, usec now)
{
	*p = (struct patience){.heard_at = now, .asked_at = NEVER};
}

static inline void patience_heard(struct patience *p, usec now)
{
	p->slowest = usec_max(p->slowest, now - p->heard_at);
	p->heard_at = now;
	p->asked_at = NEVER;
}

/* Once more, into silence. */
static inline void patience_asked(struct patience *p, usec now)
{
	p->asked_at = now;
}

/* least: loadc_config.patience; 0: NEVER. */
static inline usec patience_ends(const struct patience *p, usec least)
{
	const usec wait = usec_max(least, 4 * p->slowest);

	if (!least || p->asked_at == NEVER)
		return NEVER;
	return usec_max(p->heard_at + wait, p->asked_at + SECONDS(3));
}

#endif
