/*
 * A function with a stack of its own, which gives way in the middle: code whose
 * calls block, such as a store's, waits in virtual time so, while all others go
 * on.  No thread: one thing at a time, in an order that the seed says.
 */
#ifndef MUSTER_SIM_FIBER_H
#define MUSTER_SIM_FIBER_H

#include "base/alloc.h"

#include <stdbool.h>

struct fiber;

/* It does not run yet.  0 or -ENOMEM. */
int fiber_open(struct fiber **f, const struct alloc *alloc,
	       void (*run)(void *arg), void *arg);
/* Let it run, until it gives way or ends; false: it has ended. */
bool fiber_go(struct fiber *f);
/* It is this that runs: the caller of fiber_go() goes on. */
void fiber_yield(struct fiber *f);
/* It has ended, or never ran; NULL is allowed. */
void fiber_close(struct fiber *f);

#endif
