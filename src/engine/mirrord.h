/*
 * mirrord: the other end of `muster doctor`.  It joins some groups and not
 * others, and says which of them a probe came through; wire/mirror.h has the
 * lanes.  A probe is answered to its sender, and once more to the lane's group.
 *
 * It says no more than it hears: each answer is as long as what it answers,
 * and there are at most MIRRORD_PACE of them a second.
 *
 * LIMIT: one run at a time; a second one begins anew.
 */
#ifndef MUSTER_ENGINE_MIRRORD_H
#define MUSTER_ENGINE_MIRRORD_H

#include "base/alloc.h"
#include "engine/engine.h"

enum { MIRRORD_PACE = 50 };

struct mirrord;

/* 0 or -ENOMEM. */
int mirrord_open(struct mirrord **m, const struct link *link,
		 const struct alloc *alloc);
/* NULL is allowed for m. */
void mirrord_close(struct mirrord *m, const struct alloc *alloc);
struct engine *mirrord_engine(struct mirrord *m);
/* Listen, and join what is to be joined. */
void mirrord_start(struct mirrord *m, usec now, struct effects *fx);
/* Why it can't listen, or 0. */
int mirrord_rc(const struct mirrord *m);

#endif
