/*
 * A hearer: an engine that answers what it hears in the same call.  It asks for
 * nothing that settles, and nothing is ever due.
 */
#ifndef MUSTER_ENGINE_HEARER_H
#define MUSTER_ENGINE_HEARER_H

#include "engine/engine.h"

struct engine hearer(void (*input)(struct engine *, usec now,
				   const struct dgram *, struct effects *));

#endif
