/*
 * loader: one file by whatever transport its boot address names.  It has one
 * client of each kind and hands everything to the one that the address chose;
 * the others only see their last packets off.
 */
#ifndef MUSTER_ENGINE_LOADER_H
#define MUSTER_ENGINE_LOADER_H

#include "engine/loadc.h"

/* Takes all its memory here.  0 or -ENOMEM. */
int loader_open(struct loadc **l, const struct loadc_config *config,
		const struct alloc *alloc);
/* Whether there is a client for such addresses; starting with others is a fault
 * of the caller. */
bool loader_knows(enum url_scheme scheme);

#endif
