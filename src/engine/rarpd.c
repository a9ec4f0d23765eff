/*
 * rarpd: one frame in, one frame out.
 */
#include "engine/rarpd.h"

#include "base/heap.h"
#include "engine/effects.h"
#include "engine/hearer.h"
#include "engine/note.h"
#include "engine/quota.h"
#include "wire/frame.h"

#include <errno.h>

struct rarpd {
	struct engine engine;
	const struct site *site;
	struct quota quota;
	struct rarpd_stats stats;
};

static struct rarpd *rarpd_of(struct engine *e)
{
	return CONTAINER(e, struct rarpd, engine);
}

/* C0A84D0A, C0A84D0A.SUN4C and their like. */
static bool has_boot_file(const struct rarpd *a, uint32_t ip)
{
	char name[9];
	struct image_pattern p = {.dir = "", .base = name, .is_prefix = true};
	bool several = false;

	for (int i = 0; i < 8; i++)
		name[i] = "0123456789ABCDEF"[ip >> (28 - 4 * i) & 15];
	name[8] = '\0';
	return images_match(a->site->images, &p, &several) || several;
}

/* 0: nobody that we know, or of another network. */
static uint32_t address_of(const struct rarpd *a, const struct link *l,
			   const uint8_t mac[6])
{
	struct hwaddr hw = hwaddr_ethernet(mac);
	const struct subnet *n = settings_subnet(a->site->settings, l->ip);
	const struct entry *m = machine_by_hw(
		a->site->directory, site_subnet_domain(a->site, n), &hw);

	return n && m ? machine_address(m, &hw, n) : 0;
}

static void tell(struct rarpd *a, const struct link *l,
		 const struct frame_arp *q, uint32_t ip, struct effects *fx)
{
	struct frame_arp f = {
		.op = RARP_REPLY, .sender_ip = l->ip, .target_ip = ip};
	struct wr w = effects_head(fx);
	struct note *n;

	memcpy(f.dst, q->sender_mac, 6);
	memcpy(f.src, l->hw.b, 6);
	memcpy(f.sender_mac, l->hw.b, 6);
	memcpy(f.target_mac, q->target_mac, 6);
	frame_rarp_put(&f, &w);
	effects_frame(fx, &w, l->index);
	a->stats.told++;
	n = effects_note(fx, NOTE_RARP_TOLD);
	n->hw = hwaddr_ethernet(q->target_mac);
	n->ip = ip;
}

static void on_request(struct rarpd *a, usec now, const struct link *l,
		       const struct frame_arp *q, struct effects *fx)
{
	uint32_t ip = address_of(a, l, q->target_mac);

	a->stats.requests++;
	if (!ip)
		a->stats.unknown++;
	else if (a->site->settings->rarp == RARP_WITH_FILE &&
		 !has_boot_file(a, ip))
		a->stats.no_file++;
	else if (!quota_allows(&a->quota, ip, ip, now))
		a->stats.limited++;
	else
		tell(a, l, q, ip, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct rarpd *a = rarpd_of(e);
	const struct link *l = site_link(a->site, d->link);
	struct rd r = rd_over(d->bytes, d->len);
	struct frame_arp q;

	if (a->site->settings->rarp == RARP_OFF || !l || !l->ip ||
	    l->hw.len != 6 || !effects_room(fx, 2, EFFECT_HEAD_MAX))
		return;
	/* The answer goes to who sent the frame, whatever is written in it. */
	if (!frame_rarp_get(&q, &r) || q.sender_mac[0] & 1 ||
	    memcmp(q.sender_mac, q.src, 6) != 0)
		a->stats.bad++;
	else if (q.op == RARP_REQUEST)
		on_request(a, now, l, &q, fx);
}

int rarpd_open(struct rarpd **to, const struct site *site,
	       const struct alloc *alloc, uint64_t seed)
{
	struct rarpd *a = alloc_get(alloc, 1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->engine = hearer(on_input);
	a->site = site;
	if (quota_open(&a->quota, alloc, seed)) {
		rarpd_close(a, alloc);
		return -ENOMEM;
	}
	*to = a;
	return 0;
}

void rarpd_close(struct rarpd *a, const struct alloc *alloc)
{
	if (!a)
		return;
	quota_close(&a->quota, alloc);
	alloc_put(alloc, a);
}

struct engine *rarpd_engine(struct rarpd *a)
{
	return &a->engine;
}

const struct rarpd_stats *rarpd_stats(const struct rarpd *a)
{
	return &a->stats;
}

bool rarpd_claims(const struct rarpd *a, const struct dgram *d)
{
	struct rd r = rd_over(d->bytes, d->len);

	(void)a;
	return d->kind == DGRAM_FRAME && frame_type(&r) == ETH_RARP;
}
