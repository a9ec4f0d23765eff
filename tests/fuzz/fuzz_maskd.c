/*
 * maskd and rarpd among frames of any kind.  At most one frame leaves for each
 * that came, to the hardware address that asked, or to everybody if it has no
 * address; a mask is one that the administrator has said, an address one that
 * is registered.
 */
#include "engine/maskd.h"
#include "engine/rarpd.h"

#include "rpc_site.h"
#include "wire/frame.h"
#include "wire/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

struct world {
	struct site site;
	struct settings settings;
	struct maskd *maskd;
	struct rarpd *rarpd;
	struct effects fx;
	usec now;
	uint8_t mac[6]; /* who asks */
	uint32_t ip;
};

static void check_mask(const struct world *w, const struct frame_ip *f)
{
	struct rd r = rd_over(f->bytes, f->len);
	struct icmp_mask m;

	assert(f->protocol == IP_PROTOCOL_ICMP && icmp_mask_get(&m, &r));
	assert(m.type == ICMP_MASK_REPLY && m.mask == 0xffffff00);
	assert(f->from == SITE_SERVER);
	assert(f->to == (w->ip ? w->ip : IP_BROADCAST));
	assert(!w->ip || site_may_hear(&w->site, w->ip));
	if (w->ip)
		assert(!memcmp(f->dst, w->mac, 6));
}

static void check_send(const struct world *w, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len), again = r;
	struct frame_arp a;
	struct frame_ip f;

	assert(s->how == SEND_FRAME && s->link == 1);
	if (frame_rarp_get(&a, &r)) {
		assert(a.op == RARP_REPLY && !memcmp(a.dst, w->mac, 6));
		assert(a.target_ip == IP4(10, 0, 0, 9) ||
		       a.target_ip == IP4(10, 0, 0, 7));
		return;
	}
	assert(frame_ip_get(&f, &again));
	check_mask(w, &f);
}

static void hear(struct world *w, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct dgram d = {
		.kind = DGRAM_FRAME, .link = 1, .bytes = exact, .len = len};
	struct engine *e = NULL;
	unsigned sends = 0;

	assert(exact);
	memcpy(exact, bytes, len);
	if (maskd_claims(w->maskd, &d))
		e = maskd_engine(w->maskd);
	else if (rarpd_claims(w->rarpd, &d))
		e = rarpd_engine(w->rarpd);
	if (e)
		e->input(e, w->now, &d, &w->fx);
	free(exact);
	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++)
		if (w->fx.v[i].kind == EFFECT_SEND) {
			check_send(w, &w->fx.v[i].send);
			sends++;
		}
	assert(sends <= 1);
	effects_clear(&w->fx);
}

static void ask_mask(struct world *w, struct rd *r)
{
	uint8_t who = rd_u8(r), n = rd_u8(r) % 20;
	size_t left = rd_left(r);
	uint8_t message[20], bytes[80];
	struct wr p = wr_over(message, sizeof(message));
	struct wr head = wr_over(bytes, sizeof(bytes));
	struct icmp_mask m = {.type = ICMP_MASK_REQUEST, .id = n};
	struct frame_ip f = {.from = site_address(who & 15),
			     .to = site_address(who >> 4),
			     .protocol = IP_PROTOCOL_ICMP,
			     .bytes = message};

	w->ip = f.from;
	memcpy(f.src, w->mac, 6);
	if (n & 1)
		icmp_mask_put(&m, &p);
	else if (n <= left)
		wr_bytes(&p, rd_take(r, n), n);
	f.len = wr_len(&p);
	frame_ip_put(&f, &head);
	hear(w, bytes, wr_len(&head));
}

static void ask_rarp(struct world *w, struct rd *r)
{
	uint8_t op = rd_u8(r);
	struct frame_arp a = {.op = op & 7,
			      .target_mac = {2, 0, 0, 0, 0, rd_u8(r)}};
	uint8_t bytes[42];
	struct wr head = wr_over(bytes, sizeof(bytes));

	memcpy(a.src, w->mac, 6);
	memcpy(a.sender_mac, w->mac, 6);
	if (op & 8)
		a.sender_mac[5] ^= 1;
	frame_rarp_put(&a, &head);
	hear(w, bytes, wr_len(&head));
}

static void ask_anything(struct world *w, struct rd *r)
{
	uint8_t bytes[64];
	size_t n = rd_left(r) < 64 ? rd_left(r) : 64;
	const uint8_t *at = rd_take(r, n);

	memcpy(bytes, at, n);
	if (n >= 12)
		memcpy(w->mac, bytes + 6, 6);
	if (n >= 30) {
		struct rd ip = rd_over(bytes + 26, 4);

		w->ip = rd_u32(&ip);
	}
	hear(w, bytes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct world w;
	static struct effects fx;
	struct rd r = rd_over(b, len);

	if (!fx.v)
		assert(!effects_open(&fx, &fuzz_memory));
	w = (struct world){.fx = fx};
	effects_clear(&w.fx);
	site_open(&w.site, &w.settings);
	assert(!maskd_open(&w.maskd, &w.site, &fuzz_memory, 7));
	assert(!rarpd_open(&w.rarpd, &w.site, &fuzz_memory, 8));
	while (rd_left(&r) && !r.bad) {
		uint8_t op = rd_u8(&r);

		w.now += MILLISECONDS(op);
		memcpy(w.mac, (uint8_t[6]){op & 64, 0, 0, 0, 0, op}, 6);
		if (op % 4 == 0)
			ask_anything(&w, &r);
		else if (op % 4 == 1)
			ask_rarp(&w, &r);
		else
			ask_mask(&w, &r);
	}
	maskd_close(w.maskd, &fuzz_memory);
	rarpd_close(w.rarpd, &fuzz_memory);
	site_close(&w.site);
	return 0;
}
