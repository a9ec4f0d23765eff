/*
 * Pending machines: slots, an index over them, and a ring through all slots in
 * the order in which they were last heard, unused ones first.
 */
#include "engine/pending.h"

#include "base/hash.h"

#include <errno.h>

enum { RING = 0 /* slot 0 is the ring's own: before the oldest */ };

struct slot {
	struct pending_machine m;
	bool is_used;
	uint32_t newer, older;
};

struct pending {
	struct slot v[PENDING_MOST + 1];
	struct index by_hw;
	uint64_t seed;
};

static void unlink_slot(struct pending *p, uint32_t at)
{
	struct slot *s = &p->v[at];

	p->v[s->newer].older = s->older;
	p->v[s->older].newer = s->newer;
}

static void link_newest(struct pending *p, uint32_t at)
{
	struct slot *ring = &p->v[RING], *s = &p->v[at];

	s->older = ring->older;
	s->newer = RING;
	p->v[ring->older].newer = at;
	ring->older = at;
}

int pending_open(struct pending **to, const struct alloc *alloc, uint64_t seed)
{
	struct pending *p = alloc_get(alloc, 1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	if (index_open(&p->by_hw, alloc, PENDING_MOST, false)) {
		pending_close(p, alloc);
		return -ENOMEM;
	}
	p->seed = seed;
	for (uint32_t at = 1; at <= PENDING_MOST; at++)
		link_newest(p, at);
	*to = p;
	return 0;
}

void pending_close(struct pending *p, const struct alloc *alloc)
{
	if (!p)
		return;
	index_close(&p->by_hw, alloc);
	alloc_put(alloc, p);
}

/* 0: it is not there. */
static uint32_t slot_of(const struct pending *p, const struct hwaddr *hw)
{
	uint64_t hash = hash_hwaddr(hw, p->seed);

	for (uint32_t at = 0, id; index_next(&p->by_hw, hash, &at, &id);)
		if (hwaddr_is(&p->v[id].m.hw, hw))
			return id;
	return 0;
}

/* The oldest slot, for a new machine. */
static uint32_t slot_take(struct pending *p, const struct hwaddr *hw)
{
	uint32_t at = p->v[RING].newer;
	struct slot *s = &p->v[at];

	if (s->is_used)
		index_remove(&p->by_hw, hash_hwaddr(&s->m.hw, p->seed), at);
	index_add(&p->by_hw, hash_hwaddr(hw, p->seed), at);
	s->is_used = true;
	return at;
}

void pending_note(struct pending *p, const struct pending_machine *m)
{
	struct pending_machine to = *m;
	uint32_t at = p ? slot_of(p, &m->hw) : 0;

	if (!p)
		return;
	to.first = m->last;
	to.asked = 1;
	if (at) {
		to.first = p->v[at].m.first;
		to.asked = p->v[at].m.asked + 1;
	} else {
		at = slot_take(p, &m->hw);
	}
	p->v[at].m = to;
	unlink_slot(p, at);
	link_newest(p, at);
}

const struct pending_machine *pending_find(const struct pending *p,
					   const struct hwaddr *hw)
{
	uint32_t at = p ? slot_of(p, hw) : 0;

	return at ? &p->v[at].m : NULL;
}

const struct pending_machine *pending_next(const struct pending *p,
					   uint32_t *at)
{
	while (p && *at < PENDING_MOST)
		if (p->v[++*at].is_used)
			return &p->v[*at].m;
	return NULL;
}
