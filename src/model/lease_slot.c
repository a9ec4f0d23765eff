/*
 * Slots of the lease table: found by address and by hardware address, and filed
 * in their pool by what they are.  A change takes the slot out of the files,
 * alters it and puts it back in, so what its pool knows of it is right whatever
 * the change was.
 */
#include "model/lease_inside.h"

#include <string.h>

static uint64_t ip_hash(const struct leases *l, uint32_t ip)
{
	return hash_u64(ip, l->seed);
}

struct slot *slot_find(const struct leases *l, uint32_t ip)
{
	uint64_t hash = ip_hash(l, ip);

	for (uint32_t at = 0, id; index_next(&l->by_ip, hash, &at, &id);)
		if (l->slots[id].lease.ip == ip)
			return &l->slots[id];
	return NULL;
}

static bool has_free(const struct leases *l)
{
	return l->free != NO_SLOT || l->used < l->most;
}

bool slots_left(struct leases *l)
{
	struct pool *rest = &l->pools[POOL_REST];
	struct timer *t;

	if (has_free(l))
		return true;
	pool_settle(l, rest);
	if (has_free(l))
		return true;
	t = heap_pop(&rest->idle, l->now);
	if (!t)
		return false;
	struct slot *s = CONTAINER(t, struct slot, timer);

	slot_out(l, s);
	slot_clear_lease(l, s);
	slot_in(l, s);
	return true;
}

struct slot *slot_for(struct leases *l, uint32_t ip)
{
	struct slot *s = slot_find(l, ip);
	uint32_t id;

	if (s)
		return s;
	if (!slots_left(l))
		return NULL;
	id = l->free != NO_SLOT ? l->free : l->used++;
	s = &l->slots[id];
	if (id == l->free)
		l->free = s->next;
	*s = (struct slot){.lease.ip = ip, .pool = pool_of(l, ip)};
	index_add(&l->by_ip, ip_hash(l, ip), id);

	struct pool *p = &l->pools[s->pool];
	if (p->used.bits)
		bitmap_set(&p->used, ip - p->first);
	return s;
}

static void slot_free(struct leases *l, struct slot *s)
{
	struct pool *p = &l->pools[s->pool];
	uint32_t id = slot_number(l, s);

	if (p->used.bits) {
		uint32_t bit = s->lease.ip - p->first;

		bitmap_clear(&p->used, bit);
		if (bit < p->lowest)
			p->lowest = bit;
	}
	index_remove(&l->by_ip, ip_hash(l, s->lease.ip), id);
	*s = (struct slot){.next = l->free};
	l->free = id;
}

void slot_enter(struct leases *l, struct slot *s)
{
	uint32_t id = slot_number(l, s);

	if (!s->lease.ip)
		return;
	index_add(&l->by_ip, ip_hash(l, s->lease.ip), id);
	if (s->has_lease && s->lease.kind != LEASE_DECLINED)
		index_add(&l->by_owner, hash_hwaddr(&s->lease.hw, l->seed), id);
	if (s->has_hold)
		index_add(&l->by_holder, hash_hwaddr(&s->holder, l->seed), id);
}

static void queue_add(struct leases *l, struct pool *p, struct slot *s)
{
	uint32_t id = slot_number(l, s);

	s->prev = p->queue_last;
	s->next = NO_SLOT;
	if (s->prev == NO_SLOT)
		p->queue_first = id;
	else
		l->slots[s->prev].next = id;
	p->queue_last = id;
	s->is_queued = true;
}

static void queue_remove(struct leases *l, struct pool *p, struct slot *s)
{
	if (s->prev == NO_SLOT)
		p->queue_first = s->next;
	else
		l->slots[s->prev].next = s->next;
	if (s->next == NO_SLOT)
		p->queue_last = s->prev;
	else
		l->slots[s->next].prev = s->prev;
	s->is_queued = false;
}

void slot_out(struct leases *l, struct slot *s)
{
	struct pool *p = &l->pools[s->pool];

	if (!s->is_in_use) {
		heap_cancel(&p->idle, &s->timer);
		return;
	}
	heap_cancel(&p->in_use, &s->timer);
	s->is_in_use = false;
	p->strangers -= s->is_stranger;
	if (s->is_queued)
		queue_remove(l, p, s);
}

void slot_in(struct leases *l, struct slot *s)
{
	struct pool *p = &l->pools[s->pool];
	bool live = slot_is_live(s, l->now);
	usec until;

	if (s->has_hold && s->held_until <= l->now)
		slot_clear_hold(l, s);
	if (!s->has_lease && !s->has_hold) {
		slot_free(l, s);
		return;
	}
	if (!live && !s->has_hold) {
		heap_set(&p->idle, &s->timer, s->free_at);
		return;
	}
	s->is_in_use = true;
	until = live ? s->ends : s->held_until;
	if (s->has_hold)
		until = usec_max(until, s->held_until);
	heap_set(&p->in_use, &s->timer, until);
	p->strangers += s->is_stranger;
	if (s->is_stranger && !live && s->held_until != NEVER)
		queue_add(l, p, s);
}

void slot_set_lease(struct leases *l, struct slot *s, const struct lease *put)
{
	s->lease = *put;
	s->has_lease = true;
	l->count++;
	if (put->kind != LEASE_DECLINED) {
		index_add(&l->by_owner, hash_hwaddr(&put->hw, l->seed),
			  slot_number(l, s));
		return;
	}
	s->lease.hw = (struct hwaddr){.len = 0};
}

void slot_clear_lease(struct leases *l, struct slot *s)
{
	if (!s->has_lease)
		return;
	if (s->lease.kind != LEASE_DECLINED)
		index_remove(&l->by_owner, hash_hwaddr(&s->lease.hw, l->seed),
			     slot_number(l, s));
	s->lease = (struct lease){.ip = s->lease.ip};
	s->has_lease = s->is_elsewhere = false;
	l->count--;
}

void slot_set_hold(struct leases *l, struct slot *s, const struct hwaddr *hw,
		   usec until)
{
	slot_clear_hold(l, s);
	s->holder = *hw;
	s->held_until = until;
	s->has_hold = true;
	index_add(&l->by_holder, hash_hwaddr(hw, l->seed), slot_number(l, s));
}

void slot_clear_hold(struct leases *l, struct slot *s)
{
	if (!s->has_hold)
		return;
	index_remove(&l->by_holder, hash_hwaddr(&s->holder, l->seed),
		     slot_number(l, s));
	s->has_hold = false;
}

bool slot_is_live(const struct slot *s, usec now)
{
	return s->has_lease && s->ends > now;
}

bool slot_is_held(const struct slot *s, usec now)
{
	return s->has_hold && s->held_until > now;
}
