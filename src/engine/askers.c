/*
 * Askers: a ring of slots in the order in which they were heard of, and an
 * index over it.  A new note takes the slot that the address had, or else that
 * of the one that was not heard of for longest.
 */
#include "engine/askers.h"

#include "base/hash.h"

#include <errno.h>

struct noted {
	uint32_t ip; /* 0: an empty slot */
	uint16_t arch;
	enum asker_kind kind;
	struct told {
		uint32_t image; /* 0: nothing */
		enum transport via;
		usec at;
		bool has_come;
	} told[ASKERS_TOLD];
	unsigned turn; /* of told */
	usec changed;
	bool is_used; /* or was */
	bool is_offer;
	uint32_t newer, older; /* round and round */
};

struct askers {
	struct noted *ring;
	uint32_t most, newest;
	usec now;
	struct index by_ip;
	uint64_t seed;
};

#define NOWHERE UINT32_MAX

int askers_open(struct askers **to, const struct alloc *alloc, uint32_t most,
		uint64_t seed)
{
	struct askers *a = alloc_get(alloc, 1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->most = most ? most : 1;
	a->seed = seed;
	a->ring = alloc_get(alloc, a->most, sizeof(*a->ring));
	if (!a->ring || index_open(&a->by_ip, alloc, a->most, false)) {
		askers_close(a, alloc);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < a->most; i++) {
		a->ring[i].newer = (i + 1) % a->most;
		a->ring[i].older = (i + a->most - 1) % a->most;
	}
	*to = a;
	return 0;
}

void askers_close(struct askers *a, const struct alloc *alloc)
{
	if (!a)
		return;
	index_close(&a->by_ip, alloc);
	alloc_put(alloc, a->ring);
	alloc_put(alloc, a);
}

static uint32_t slot_of(const struct askers *a, uint32_t ip)
{
	uint64_t h = hash_u64(ip, a->seed);

	for (uint32_t at = 0, id; index_next(&a->by_ip, h, &at, &id);)
		if (a->ring[id].ip == ip)
			return id;
	return NOWHERE;
}

static void forget(struct askers *a, uint32_t slot)
{
	struct noted *n = &a->ring[slot];

	if (n->ip)
		index_remove(&a->by_ip, hash_u64(n->ip, a->seed), slot);
	n->ip = 0;
}

/* Nobody was heard of later. */
static void move_up(struct askers *a, uint32_t slot)
{
	struct noted *n = &a->ring[slot];
	uint32_t first = a->newest, last = a->ring[first].newer;

	a->newest = slot;
	if (slot == first || slot == last)
		return; /* the one behind the newest is the oldest */
	a->ring[n->newer].older = n->older;
	a->ring[n->older].newer = n->newer;
	n->older = first;
	n->newer = last;
	a->ring[first].newer = slot;
	a->ring[last].older = slot;
}

static void note(struct askers *a, uint32_t ip, const struct noted *as)
{
	uint32_t slot = slot_of(a, ip), newer, older;
	struct noted *n;

	if (!ip)
		return;
	if (slot == NOWHERE)
		slot = a->ring[a->newest].newer;
	forget(a, slot);
	move_up(a, slot);
	n = &a->ring[slot];
	newer = n->newer;
	older = n->older;
	*n = *as;
	n->ip = ip;
	n->newer = newer;
	n->older = older;
	n->changed = a->now;
	n->is_used = true;
	(void)index_add(&a->by_ip, hash_u64(ip, a->seed), slot);
}

void askers_note(struct askers *a, uint32_t ip, enum asker_kind kind,
		 uint16_t arch)
{
	note(a, ip, &(struct noted){.kind = kind, .arch = arch});
}

void askers_offer(struct askers *a, uint32_t ip, enum asker_kind kind,
		  uint16_t arch)
{
	note(a, ip,
	     &(struct noted){.kind = kind, .arch = arch, .is_offer = true});
}

void askers_unoffer(struct askers *a, uint32_t ip)
{
	uint32_t slot = a && ip ? slot_of(a, ip) : NOWHERE;

	if (slot != NOWHERE && a->ring[slot].is_offer)
		forget(a, slot);
}

void askers_tell(struct askers *a, uint32_t ip, uint32_t image,
		 enum transport via)
{
	uint32_t slot = a && ip ? slot_of(a, ip) : NOWHERE;
	struct noted *n;
	unsigned i;

	if (slot == NOWHERE)
		return;
	n = &a->ring[slot];
	for (i = 0; i < ASKERS_TOLD; i++)
		if (n->told[i].image == image)
			break;
	if (i == ASKERS_TOLD) {
		i = n->turn;
		n->turn = (n->turn + 1) % ASKERS_TOLD;
	}
	n->told[i] = (struct told){.image = image, .via = via, .at = a->now};
	n->changed = a->now;
	move_up(a, slot);
}

void askers_clock(struct askers *a, usec now)
{
	if (a)
		a->now = now;
}

void askers_came(struct askers *a, uint32_t ip, uint32_t image)
{
	uint32_t slot = a && ip ? slot_of(a, ip) : NOWHERE;

	for (unsigned i = 0; slot != NOWHERE && i < ASKERS_TOLD; i++)
		if (a->ring[slot].told[i].image == image)
			a->ring[slot].told[i].has_come = true;
}

void askers_seen(struct askers *a, uint32_t ip)
{
	uint32_t slot = a && ip ? slot_of(a, ip) : NOWHERE;

	if (slot == NOWHERE)
		return;
	for (unsigned i = 0; i < ASKERS_TOLD; i++)
		a->ring[slot].told[i].at = a->now;
	a->ring[slot].changed = a->now;
	move_up(a, slot);
}

static void count(const struct noted *n, uint32_t image, enum transport via,
		  usec since, struct askers_count *c)
{
	for (unsigned i = 0; n->ip && i < ASKERS_TOLD; i++) {
		const struct told *told = &n->told[i];

		if (told->image != image || told->via != via ||
		    told->at < since)
			continue;
		c->came += told->has_come;
		c->awaited += !told->has_come;
	}
}

/* From the newest back to the first that was not heard of since. */
struct askers_count askers_count(const struct askers *a, uint32_t image,
				 enum transport via, usec since)
{
	struct askers_count c = {0};
	uint32_t at = a ? a->newest : 0;

	for (uint32_t i = 0; a && i < a->most; i++) {
		const struct noted *n = &a->ring[at];

		if (n->changed < since || !n->is_used)
			break;
		count(n, image, via, since, &c);
		at = n->older;
	}
	return c;
}

bool askers_awaits(const struct askers *a, uint32_t image, enum transport via,
		   usec now)
{
	return askers_count(a, image, via, now - SECONDS(10)).awaited;
}

enum transport askers_told(struct askers *a, uint32_t ip, uint32_t image)
{
	uint32_t slot = a && ip ? slot_of(a, ip) : NOWHERE;

	for (unsigned i = 0; slot != NOWHERE && i < ASKERS_TOLD; i++) {
		struct noted *n = &a->ring[slot];

		if (n->told[i].image != image)
			continue;
		n->told[i].image = 0;
		return n->told[i].via == VIA_TFTP ? VIA_DEFAULT
						  : n->told[i].via;
	}
	return VIA_DEFAULT;
}

bool askers_find(const struct askers *a, uint32_t ip, struct asker *to)
{
	uint32_t slot = a && ip ? slot_of(a, ip) : NOWHERE;

	if (slot == NOWHERE || a->ring[slot].is_offer)
		return false;
	to->kind = a->ring[slot].kind;
	to->arch = a->ring[slot].arch;
	return true;
}
