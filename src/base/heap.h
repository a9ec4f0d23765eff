/*
 * The timer heap: which of many deadlines comes next.  A timer lives inside
 * the thing that waits; the heap only points at it.
 */
#ifndef MUSTER_BASE_HEAP_H
#define MUSTER_BASE_HEAP_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
	usec at;
	uint32_t place; /* 1 + index in the heap; 0: not waiting */
};

struct heap {
	struct timer **v; /* room for cap pointers, the caller's */
	uint32_t n, cap;
};

#define CONTAINER(ptr, type, member)                                           \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define CONTAINER_CONST(ptr, type, member)                                     \
	((const type *)(const void *)((const char *)(ptr)-offsetof(type,       \
								   member)))

/* An empty heap over v, which has room for cap pointers and is the caller's. */
void heap_open(struct heap *h, struct timer **v, uint32_t cap);
/* Set or move a deadline.  At most cap timers wait at a time (asserted). */
void heap_set(struct heap *h, struct timer *t, usec at);
/* No effect on a timer that does not wait. */
void heap_cancel(struct heap *h, struct timer *t);
/* The earliest deadline; NEVER if none. */
usec heap_next(const struct heap *h);
/* Take out the earliest timer if it is due at `now`, else NULL.  Timers with
 * equal deadlines come out in an order that depends only on the calls before,
 * never on where the timers live. */
struct timer *heap_pop(struct heap *h, usec now);

#endif
