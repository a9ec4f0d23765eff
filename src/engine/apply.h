/*
 * What is durable becomes true: the only place where the directory and the
 * leases change.
 */
#ifndef MUSTER_ENGINE_APPLY_H
#define MUSTER_ENGINE_APPLY_H

#include "engine/engine.h"
#include "engine/site.h"

/* What we asked for ourselves.  0 or a negative errno. */
int apply_own(struct site *s, const struct outcome *o, usec now);
/*
 * What another server changed in one revision: o->all.  An address that we held
 * for another machine, or held for a machine that has one of another server's
 * now, is held no more; but what is being committed goes on, since the store
 * will say what becomes of it.  Leases for which the table has no room are left
 * out: their addresses are none of ours.  0; or a negative errno, and the
 * directory is not what the store has any more.
 */
int apply_news(struct site *s, const struct outcome *o, usec now);

#endif
