/*
 * Askers: a ring of slots and an index over it.  A new note takes the slot
 * whose turn it is, also if the address had another one, so the ring's order
 * is always that of the notes and the oldest goes first.
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
};

struct askers {
	struct noted *ring;
	uint32_t most, turn;
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

static void note(struct askers *a, const struct noted *n)
{
	uint32_t before = slot_of(a, n->ip), slot = a->turn;

	if (!n->ip)
		return;
	if (before != NOWHERE)
		forget(a, before);
	forget(a, slot);
	a->ring[slot] = *n;
	a->ring[slot].changed = a->now;
	a->ring[slot].is_used = true;
	(void)index_add(&a->by_ip, hash_u64(n->ip, a->seed), slot);
	a->turn = (slot + 1) % a->most;
}

void askers_note(struct askers *a, uint32_t ip, enum asker_kind kind,
		 uint16_t arch)
{
	note(a, &(struct noted){.ip = ip, .kind = kind, .arch = arch});
}

void askers_offer(struct askers *a, uint32_t ip, enum asker_kind kind,
		  uint16_t arch)
{
	note(a,
	     &(struct noted){
		     .ip = ip, .kind = kind, .arch = arch, .is_offer = true});
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

/* From the newest back to the first that was noted before and not told since:
 * who is told, was noted shortly before. */
struct askers_count askers_count(const struct askers *a, uint32_t image,
				 enum transport via, usec since)
{
	struct askers_count c = {0};

	for (uint32_t i = 1; a && i <= a->most; i++) {
		const struct noted *n =
			&a->ring[(a->turn + a->most - i) % a->most];

		if (n->changed < since || !n->is_used)
			break;
		count(n, image, via, since, &c);
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
