/*
 * maskd: one frame in, one frame out.  It is sent to the very hardware address
 * that asked, so that nobody has to find out where an address is which has just
 * been set.
 */
#include "engine/maskd.h"

#include "base/heap.h"
#include "engine/effects.h"
#include "engine/hearer.h"
#include "engine/note.h"
#include "engine/quota.h"
#include "wire/frame.h"
#include "wire/icmp.h"

#include <errno.h>

enum { TTL = 64 };

struct maskd {
	struct engine engine;
	const struct site *site;
	struct quota quota;
	struct maskd_stats stats;
};

static struct maskd *maskd_of(struct engine *e)
{
	return CONTAINER(e, struct maskd, engine);
}

/* 0: it is not for us to say. */
static uint32_t mask_for(const struct maskd *m, const struct link *l,
			 uint32_t ip)
{
	const struct subnet *n =
		settings_subnet(m->site->settings, ip ? ip : l->ip);

	return n && !n->is_guessed && !l->is_automatic ? n->mask : 0;
}

static bool may_hear(const struct maskd *m, const struct link *l,
		     const struct frame_ip *f)
{
	bool is_for_us = f->to == l->ip || site_is_broadcast(l, f->to);

	return is_for_us && !(f->src[0] & 1) &&
	       (!f->from || site_is_near(m->site, f->from));
}

static void tell(struct maskd *m, const struct link *l,
		 const struct frame_ip *asked, const struct icmp_mask *reply,
		 struct effects *fx)
{
	struct frame_ip f = {.from = l->ip,
			     .to = asked->from ? asked->from : IP_BROADCAST,
			     .ttl = TTL,
			     .protocol = IP_PROTOCOL_ICMP};
	uint8_t message[ICMP_MASK_LEN];
	struct wr w = wr_over(message, sizeof(message));
	struct wr head = effects_head(fx);
	struct note *n;

	icmp_mask_put(reply, &w);
	f.bytes = message;
	f.len = wr_len(&w);
	memset(f.dst, 0xff, 6);
	if (asked->from)
		memcpy(f.dst, asked->src, 6);
	memcpy(f.src, l->hw.b, 6);
	frame_ip_put(&f, &head);
	effects_frame(fx, &head, l->index);
	m->stats.told++;
	n = effects_note(fx, NOTE_MASK_TOLD);
	n->hw = hwaddr_ethernet(asked->src);
	n->ip = asked->from;
	n->a = mask_bits(reply->mask);
}

static void on_request(struct maskd *m, usec now, const struct link *l,
		       const struct frame_ip *f, const struct icmp_mask *q,
		       struct effects *fx)
{
	struct icmp_mask reply = {.type = ICMP_MASK_REPLY,
				  .id = q->id,
				  .sequence = q->sequence,
				  .mask = mask_for(m, l, f->from)};
	struct hwaddr hw = hwaddr_ethernet(f->src);
	uint32_t domain = site_domain_of(m->site, f->from ? f->from : l->ip);
	const struct entry *asker =
		site_machine_in(m->site, domain, &hw, f->from);

	m->stats.requests++;
	if (!may_hear(m, l, f))
		m->stats.refused++;
	else if (!reply.mask)
		m->stats.silent++;
	else if (!quota_allows(&m->quota, f->from, asker ? asker->id : 0, now))
		m->stats.limited++;
	else
		tell(m, l, f, &reply, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct maskd *m = maskd_of(e);
	const struct link *l = site_link(m->site, d->link);
	struct rd r = rd_over(d->bytes, d->len);
	struct icmp_mask q;
	struct frame_ip f;

	if (!m->site->settings->netmask_authority || !l || !l->ip ||
	    l->hw.len != 6 || !effects_room(fx, 2, EFFECT_HEAD_MAX))
		return;
	if (!frame_ip_get(&f, &r) || f.protocol != IP_PROTOCOL_ICMP) {
		m->stats.bad++;
		return;
	}
	r = rd_over(f.bytes, f.len);
	if (!icmp_mask_get(&q, &r))
		m->stats.bad++;
	else if (q.type == ICMP_MASK_REQUEST)
		on_request(m, now, l, &f, &q, fx);
}

int maskd_open(struct maskd **to, const struct site *site,
	       const struct alloc *alloc, uint64_t seed)
{
	struct maskd *m = alloc_get(alloc, 1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->engine = hearer(on_input);
	m->site = site;
	if (quota_open(&m->quota, alloc, seed)) {
		maskd_close(m, alloc);
		return -ENOMEM;
	}
	*to = m;
	return 0;
}

void maskd_close(struct maskd *m, const struct alloc *alloc)
{
	if (!m)
		return;
	quota_close(&m->quota, alloc);
	alloc_put(alloc, m);
}

struct engine *maskd_engine(struct maskd *m)
{
	return &m->engine;
}

const struct maskd_stats *maskd_stats(const struct maskd *m)
{
	return &m->stats;
}

bool maskd_claims(const struct maskd *m, const struct dgram *d)
{
	struct rd r = rd_over(d->bytes, d->len);

	(void)m;
	return d->kind == DGRAM_FRAME &&
	       frame_ip_protocol(&r) == IP_PROTOCOL_ICMP;
}
