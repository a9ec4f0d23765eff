/*
 * Which slots of a table are free.  A list of them runs through the table, and
 * a link of 0 says "the one behind me": so zeroed memory is a list of all
 * slots, and what was never taken has never been touched.
 */
#ifndef MUSTER_BASE_SLOTS_H
#define MUSTER_BASE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots {
	uint8_t *links; /* slot 0's, which is not used */
	size_t size;
	uint32_t n, first; /* n + 1: none is free */
};

/* Slots 1 to n of a table of zeroed things of `size` bytes, all free; `links`
 * is in thing 0 what each has for its link, anybody's while it is taken. */
static inline void slots_open(struct slots *s, uint32_t *links, size_t size,
			      uint32_t n)
{
	*s = (struct slots){
		.links = (uint8_t *)links, .size = size, .n = n, .first = 1};
}

static inline uint32_t *slots_link(const struct slots *s, uint32_t id)
{
	return (uint32_t *)(void *)(s->links + id * s->size);
}

/* The free one that follows this one; n + 1: none. */
static inline uint32_t slots_next(const struct slots *s, uint32_t id)
{
	uint32_t link = *slots_link(s, id);

	return link ? link : id + 1;
}

static inline bool slots_any(const struct slots *s)
{
	return s->first <= s->n;
}

/* The one that came back last, or else the lowest that was never taken.  0:
 * none is free. */
static inline uint32_t slots_take(struct slots *s)
{
	uint32_t id = s->first;

	if (!slots_any(s))
		return 0;
	s->first = slots_next(s, id);
	return id;
}

/* It was taken. */
static inline void slots_put(struct slots *s, uint32_t id)
{
	*slots_link(s, id) = s->first;
	s->first = id;
}

#endif
