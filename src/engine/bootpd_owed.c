/*
 * What is owed to machines whose COMMIT is under way.  A slot keeps the request
 * itself: the reply is made from it once the lease is durable, and a request
 * that was sent again takes the place of the first.
 */
#include "engine/bootpd_impl.h"

#include <errno.h>

int owed_open(struct bootpd *b, const struct alloc *alloc, uint32_t n)
{
	b->n_owed = n;
	b->owed = alloc_get(alloc, n, sizeof(*b->owed));
	if (!b->owed)
		return -ENOMEM;
	return index_open(&b->by_hw, alloc, n, false);
}

void owed_close(struct bootpd *b, const struct alloc *alloc)
{
	index_close(&b->by_hw, alloc);
	alloc_put(alloc, b->owed);
}

struct owed *owed_find(struct bootpd *b, const struct ask *a)
{
	uint64_t hash = hash_hwaddr(&a->hw, b->seed);

	for (uint32_t at = 0, id; index_next(&b->by_hw, hash, &at, &id);) {
		struct owed *o = &b->owed[id];

		if (hwaddr_is(&o->hw, &a->hw) &&
		    o->network == a->subnet->network &&
		    o->mask == a->subnet->mask)
			return o;
	}
	return NULL;
}

void owed_repeat(struct owed *o, const struct ask *a)
{
	struct wr w = wr_over(o->bytes, sizeof(o->bytes));

	wr_bytes(&w, a->heard->bytes, a->heard->len);
	o->heard = *a->heard;
	o->heard.bytes = o->bytes;
}

static struct owed *owed_take(struct bootpd *b, const struct ask *a)
{
	struct owed *o;

	if (b->free_owed == b->n_owed)
		return NULL;
	o = &b->owed[b->free_owed];
	b->free_owed = o->next ? o->next - 1 : b->free_owed + 1;
	o->is_taken = true;
	o->is_again = b->is_again;
	o->hw = a->hw;
	o->network = a->subnet->network;
	o->mask = a->subnet->mask;
	owed_repeat(o, a);
	index_add(&b->by_hw, hash_hwaddr(&o->hw, b->seed),
		  (uint32_t)(o - b->owed));
	b->stats.pending++;
	return o;
}

void owed_free(struct bootpd *b, struct owed *o)
{
	uint32_t id = (uint32_t)(o - b->owed);

	index_remove(&b->by_hw, hash_hwaddr(&o->hw, b->seed), id);
	o->is_taken = false;
	o->generation++;
	o->next = b->free_owed + 1;
	b->free_owed = id;
	b->stats.pending--;
}

struct owed *owed_of(struct bootpd *b, uint64_t cookie)
{
	uint32_t id = (uint32_t)cookie;
	struct owed *o = id < b->n_owed ? &b->owed[id] : NULL;

	return o && o->is_taken && o->generation == cookie >> 32 ? o : NULL;
}

/* An address that is given away stays held until the store has answered. */
static int hold(const struct bootpd *b, const struct ask *a,
		enum owed_kind kind, uint32_t ip)
{
	switch (kind) {
	case OWED_ACK:
	case OWED_BOOTP:
		return leases_hold(b->site->leases, ip, &a->hw, NEVER);
	case OWED_RELEASE:
	case OWED_DECLINE:
		break;
	}
	return 0;
}

static bool is_late(struct bootpd *b, const struct ask *a, const char *which,
		    struct effects *fx)
{
	ask_note(a, NOTE_ANSWERED_LATE, fx)->text = which;
	b->stats.refused++;
	return false;
}

bool owed_commit(struct bootpd *b, const struct ask *a, enum owed_kind kind,
		 const struct lease *lease, struct effects *fx)
{
	struct change *c;
	struct owed *o;

	if (site_is_away(b->site)) {
		b->stats.unserved++;
		return false;
	}
	if (b->free_owed == b->n_owed)
		return is_late(b, a, "replies that wait for the store", fx);
	if (hold(b, a, kind, lease->ip) < 0)
		return is_late(b, a, "leases", fx);
	o = owed_take(b, a);
	o->kind = kind;
	o->ip = lease->ip;
	o->secs = lease->term;
	o->wall_ends = lease->wall_ends;
	c = effects_commit(fx, (uint64_t)o->generation << 32 |
				       (uint32_t)(o - b->owed));
	c->kind = CHANGE_LEASE_PUT;
	c->domain = a->domain;
	c->lease = *lease;
	c->network = a->subnet->network;
	return true;
}
