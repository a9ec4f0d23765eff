/*
 * Is anybody there?  A pool's address that is new to a machine is asked for on
 * the wire, twice, before the machine hears of it (RFC 2131 2.2, by ARP as in
 * RFC 5227 2.1.1, but with our own address as the sender's, so that the answer
 * comes to us and nobody takes it for a claim).  If somebody answers, the
 * address is nobody's for a while, durably, and the next one is tried.
 *
 * The request is kept meanwhile and then heard once more: what it is answered
 * with is decided then.  The machine may ask again, which changes nothing but
 * what is kept.
 */
#include "engine/bootpd_impl.h"

#include "wire/frame.h"

#include <errno.h>

enum { ASKED = 2, TRIES = 8 };

#define COOKIE UINT32_C(0x40000000)

static const usec WAIT = MILLISECONDS(250);

int probes_open(struct bootpd *b, const struct alloc *alloc)
{
	b->probes.v = alloc_get(alloc, PROBE_TABLE, sizeof(*b->probes.v));
	return b->probes.v ? 0 : -ENOMEM;
}

void probes_close(struct bootpd *b, const struct alloc *alloc)
{
	alloc_put(alloc, b->probes.v);
}

static bool is_open(enum probe_state state)
{
	return state == PROBE_ASKING || state == PROBE_TAKEN;
}

static void enter(struct bootpd *b, struct probe *p, enum probe_state state)
{
	b->probes.open -= is_open(p->state);
	b->probes.open += is_open(state);
	p->state = state;
	p->generation++;
}

static struct probe *find(const struct bootpd *b, const struct hwaddr *hw)
{
	for (unsigned i = 0; i < PROBE_TABLE; i++) {
		struct probe *p = &b->probes.v[i];

		if (p->state != PROBE_FREE && hwaddr_is(&p->hw, hw))
			return p;
	}
	return NULL;
}

/* A free one, or the oldest that is clear; NULL: all are busy. */
static struct probe *spare(const struct bootpd *b)
{
	struct probe *best = NULL;

	for (unsigned i = 0; i < PROBE_TABLE; i++) {
		struct probe *p = &b->probes.v[i];

		if (p->state == PROBE_FREE)
			return p;
		if (p->state == PROBE_CLEAR && (!best || p->due < best->due))
			best = p;
	}
	return best;
}

static void keep(struct probe *p, const struct ask *a)
{
	struct wr w = wr_over(p->bytes, sizeof(p->bytes));

	if (a->heard == &p->heard) /* heard again */
		return;
	wr_bytes(&w, a->heard->bytes, a->heard->len);
	p->heard = *a->heard;
	p->heard.bytes = p->bytes;
}

/* ---- asking -------------------------------------------------------------- */

void probe_ask(const struct link *l, uint32_t ip, struct effects *fx)
{
	struct frame_arp f = {
		.op = ARP_REQUEST, .sender_ip = l->ip, .target_ip = ip};
	struct wr w = effects_head(fx);

	memset(f.dst, 0xff, sizeof(f.dst));
	memcpy(f.src, l->hw.b, sizeof(f.src));
	memcpy(f.sender_mac, l->hw.b, sizeof(f.sender_mac));
	frame_arp_put(&f, &w);
	effects_frame(fx, &w, l->index);
}

static void ask_for(struct bootpd *b, struct probe *p, usec now,
		    struct effects *fx)
{
	const struct link *l = site_link(b->site, p->heard.link);

	p->asked++;
	p->due = now + WAIT;
	if (l)
		probe_ask(l, p->ip, fx);
}

/* ARP reaches only who is on the link. */
static bool can_ask(const struct ask *a, uint32_t ip)
{
	const struct link *l = a->link;

	return !a->m.giaddr && l->hw.type == HW_ETHERNET &&
	       ((ip ^ l->ip) & l->mask) == 0;
}

static bool is_its_own(const struct bootpd *b, const struct ask *a, uint32_t ip,
		       usec now)
{
	const struct lease *l = leases_by_ip(b->site->leases, ip);

	return l && hwaddr_is(&l->hw, &a->hw) &&
	       lease_is_live(b->site->leases, ip, now);
}

static void begin(struct bootpd *b, struct probe *p, const struct ask *a,
		  uint32_t ip, usec now, struct effects *fx)
{
	if (p->state == PROBE_FREE || !hwaddr_is(&p->hw, &a->hw))
		p->tries = 0;
	p->tries++;
	p->hw = a->hw;
	p->ip = ip;
	p->asked = 0;
	keep(p, a);
	enter(b, p, PROBE_ASKING);
	ask_for(b, p, now, fx);
}

bool probe_allows(struct bootpd *b, const struct ask *a, uint32_t ip, usec now,
		  struct effects *fx)
{
	bool probes = b->site->settings->conflict_probe;
	struct probe *p = probes || b->probes.open ? find(b, &a->hw) : NULL;

	if (p && p->state == PROBE_TAKEN)
		return false;
	if (!probes || !can_ask(a, ip) || is_its_own(b, a, ip, now))
		return true;
	if (p && p->ip == ip && p->state == PROBE_CLEAR && now < p->due)
		return true;
	if (p && p->ip == ip && p->state == PROBE_ASKING) {
		keep(p, a);
		return false;
	}
	if (!p)
		p = spare(b);
	if (!p) {
		b->stats.unprobed++;
		return true;
	}
	begin(b, p, a, ip, now, fx);
	return false;
}

bool probe_is_on(const struct bootpd *b, const struct hwaddr *hw)
{
	const struct probe *p = b->site->settings->conflict_probe ? find(b, hw)
								  : NULL;

	return p && p->state != PROBE_CLEAR;
}

/* ---- what comes of it ---------------------------------------------------- */

static void is_taken(struct bootpd *b, struct probe *p, struct effects *fx)
{
	struct note *n = effects_note(fx, NOTE_ADDRESS_USED);
	struct change *c;

	n->ip = p->ip;
	n->hw = p->hw;
	b->stats.conflicts++;
	b->stats.pending++;
	enter(b, p, PROBE_TAKEN);
	c = effects_commit(fx, (uint64_t)p->generation << 32 | COOKIE |
				       (uint32_t)(p - b->probes.v));
	c->kind = CHANGE_LEASE_PUT;
	c->domain = b->site->domain;
	c->lease = (struct lease){.kind = LEASE_DECLINED,
				  .ip = p->ip,
				  .hw = p->hw,
				  .term = QUARANTINE,
				  .wall_ends = p->heard.wall +
					       SECONDS(QUARANTINE)};
}

void probe_arp(struct bootpd *b, const struct dgram *d, usec now,
	       struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct hwaddr hw;
	struct frame_arp f;

	(void)now;
	if (!b->probes.open || !frame_arp_get(&f, &r) || !f.sender_ip)
		return;
	hw = hwaddr_ethernet(f.sender_mac);
	for (unsigned i = 0; i < PROBE_TABLE; i++) {
		struct probe *p = &b->probes.v[i];

		if (p->state == PROBE_ASKING && p->ip == f.sender_ip &&
		    p->heard.link == d->link && !hwaddr_is(&p->hw, &hw)) {
			is_taken(b, p, fx);
			return;
		}
	}
}

bool probe_settle(struct bootpd *b, usec now, const struct outcome *o,
		  struct effects *fx)
{
	uint32_t id = (uint32_t)o->cookie ^ COOKIE;
	struct probe *p = id < PROBE_TABLE ? &b->probes.v[id] : NULL;

	if (!p || o->kind != EFFECT_COMMIT)
		return false;
	b->stats.pending--;
	if (p->generation != o->cookie >> 32)
		return true;
	p->heard.wall = o->wall;
	if (o->rc || p->tries >= TRIES ||
	    !effects_room(fx, 4, EFFECT_HEAD_MAX)) {
		leases_unhold(b->site->leases, p->ip);
		enter(b, p, PROBE_FREE);
		return true;
	}
	/* The next one is asked for, in the same place. */
	enter(b, p, PROBE_CLEAR);
	p->due = now;
	bootpd_hear_again(b, &p->heard, now, fx);
	return true;
}

void probe_expire(struct bootpd *b, usec now, struct effects *fx)
{
	for (unsigned i = 0; b->probes.open && i < PROBE_TABLE; i++) {
		struct probe *p = &b->probes.v[i];

		if (p->state != PROBE_ASKING || p->due > now)
			continue;
		if (!effects_room(fx, 4, EFFECT_HEAD_MAX))
			return;
		if (p->asked < ASKED) {
			ask_for(b, p, now, fx);
			continue;
		}
		enter(b, p, PROBE_CLEAR);
		p->tries = 0;
		p->due = now + OFFER_HOLD;
		bootpd_hear_again(b, &p->heard, now, fx);
	}
}

usec probe_deadline(const struct bootpd *b)
{
	usec next = NEVER;

	for (unsigned i = 0; b->probes.open && i < PROBE_TABLE; i++)
		if (b->probes.v[i].state == PROBE_ASKING)
			next = usec_min(next, b->probes.v[i].due);
	return next;
}
