/*
 * maskc.  It speaks by frames: whoever answers may have to ask who we are, and
 * that is the kernel's affair, but ICMP from a socket would need rights of its
 * own.
 */
#include "engine/maskc.h"

#include "engine/effects.h"
#include "wire/frame.h"
#include "wire/icmp.h"

enum { SENDS = 6, ASK_TTL = 255 };

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static struct maskc *of(struct engine *e)
{
	return (struct maskc *)e;
}

/* As NeXT: no number, nothing to tell one question from the next. */
static void ask(const struct maskc *c, struct effects *fx)
{
	uint8_t bytes[ICMP_MASK_LEN];
	struct wr m = wr_over(bytes, sizeof(bytes)), w = effects_head(fx);
	struct icmp_mask q = {.type = ICMP_MASK_REQUEST};
	struct frame_ip f = {.from = c->ip,
			     .to = IP_BROADCAST,
			     .ttl = ASK_TTL,
			     .protocol = IP_PROTOCOL_ICMP,
			     .bytes = bytes};

	icmp_mask_put(&q, &m);
	f.len = wr_len(&m);
	memcpy(f.dst, everybody, sizeof(f.dst));
	memcpy(f.src, c->link.hw.b, sizeof(f.src));
	frame_ip_put(&f, &w);
	effects_frame(fx, &w, c->link.index);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct maskc *c = of(e);

	if (c->state != MASKC_ASKING || now < c->due)
		return;
	if (c->sent == SENDS) {
		maskc_give_up(c);
		return;
	}
	ask(c, fx);
	c->due = now + (SECOND << c->sent++);
}

static usec deadline(const struct engine *e)
{
	const struct maskc *c = (const struct maskc *)e;

	return c->state == MASKC_ASKING ? c->due : NEVER;
}

static bool is_for_us(const struct maskc *c, const struct frame_ip *f)
{
	return (!memcmp(f->dst, everybody, sizeof(f->dst)) ||
		!memcmp(f->dst, c->link.hw.b, sizeof(f->dst))) &&
	       memcmp(f->src, c->link.hw.b, sizeof(f->src)) != 0;
}

/* What NeXT's kernel ignores, and what no network could have. */
static bool is_believable(const struct maskc *c, uint32_t mask)
{
	return mask >> 24 == 255 && mask != IP_BROADCAST &&
	       ip_is_mask(mask | ip_class_mask(c->ip));
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct maskc *c = of(e);
	struct rd r = rd_over(d->bytes, d->len);
	struct icmp_mask m;
	struct frame_ip f;

	(void)now;
	(void)fx;
	if (c->state != MASKC_ASKING || !c->sent || d->kind != DGRAM_FRAME ||
	    !frame_ip_get(&f, &r) || f.protocol != IP_PROTOCOL_ICMP ||
	    !is_for_us(c, &f))
		return;
	r = rd_over(f.bytes, f.len);
	if (!icmp_mask_get(&m, &r) || m.type != ICMP_MASK_REPLY ||
	    !is_believable(c, m.mask))
		return;
	c->mask |= m.mask;
	c->server = f.from;
	c->state = MASKC_KNOWN;
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

void maskc_init(struct maskc *c, const struct link *link, usec jitter,
		uint64_t seed)
{
	*c = (struct maskc){
		.engine = {on_input, on_settle, on_expire, deadline},
		.link = *link,
		.jitter = jitter};
	rand_seed(&c->rand, seed);
}

void maskc_start(struct maskc *c, usec now, uint32_t ip)
{
	c->state = MASKC_ASKING;
	c->ip = ip;
	c->mask = ip_class_mask(ip);
	c->server = 0;
	c->sent = 0;
	c->due = now + (usec)rand_below(&c->rand, (uint64_t)c->jitter + 1);
}

void maskc_give_up(struct maskc *c)
{
	if (c->state == MASKC_ASKING)
		c->state = MASKC_FAILED;
}
