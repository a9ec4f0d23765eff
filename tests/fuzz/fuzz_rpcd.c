/*
 * Calls from anybody, in any form, to any port.  Whatever comes: no effect is
 * lost, at most one answer leaves, it is a reply to that very call, it goes to
 * who asked, who may ask, and it is not much longer than the question; what was
 * broadcast is answered only with success.
 */
#include "engine/rpcd.h"

#include "rpc_site.h"
#include "wire/bootparam.h"
#include "wire/frame.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { MESSAGE = 700, XID = 7 };

struct world {
	struct site site;
	struct settings settings;
	struct rpcd *rpcd;
	struct effects fx;
	usec now;
	struct dgram asked;
	struct frame_udp frame; /* what was in it */
	size_t request;
};

static void check_reply(const struct world *w, struct rd message)
{
	size_t len = rd_left(&message);
	bool is_far = w->asked.from.ip >> 24 != 127 &&
		      !site_is_own(&w->site, w->asked.from.ip);
	struct rpc_reply p;

	assert(rpc_reply_get(&p, &message));
	assert(p.status <= RPC_PROC_UNAVAIL);
	if (!w->asked.conn && is_far)
		assert(len <= 5 * w->request);
	if (site_is_broadcast(&w->site.links[0], w->asked.to.ip))
		assert(p.status == RPC_SUCCESS &&
		       len <= w->request * 3 / 2 + 64);
}

static void check_frame(const struct world *w, const struct send *s)
{
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_udp f;

	assert(w->asked.kind == DGRAM_FRAME && s->link == 1);
	assert(frame_udp_get(&f, &r));
	assert(!memcmp(f.dst, w->frame.src, 6));
	assert(endpoint_is(f.to, w->frame.from));
	assert(f.from.ip == SITE_SERVER && f.from.port == PMAP_PORT);
	check_reply(w, rd_over(f.bytes, f.len));
}

static void check_send(const struct world *w, const struct send *s)
{
	uint32_t from = w->asked.from.ip;

	switch (s->how) {
	case SEND_FRAME:
		check_frame(w, s);
		break;
	case SEND_UDP:
		assert(w->asked.kind == DGRAM_UDP);
		assert(endpoint_is(s->to, w->asked.from));
		check_reply(w, rd_over(s->head, s->head_len));
		break;
	case SEND_RECORD:
		assert(w->asked.kind == DGRAM_RECORD &&
		       s->conn == w->asked.conn);
		check_reply(w, rd_over(s->head, s->head_len));
		break;
	}
	assert(from >> 24 == 127 || from == SITE_SERVER ||
	       site_may_hear(&w->site, from));
}

static void carry(struct world *w)
{
	unsigned sends = 0;

	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++) {
		const struct effect *e = &w->fx.v[i];

		assert(e->kind == EFFECT_SEND || e->kind == EFFECT_NOTE);
		if (e->kind != EFFECT_SEND)
			continue;
		check_send(w, &e->send);
		sends++;
	}
	assert(sends <= 1);
	effects_clear(&w->fx);
}

static void hear(struct world *w, const void *bytes, size_t len)
{
	struct engine *e = rpcd_engine(w->rpcd);
	uint8_t *exact = malloc(len ? len : 1);

	assert(exact);
	memcpy(exact, bytes, len);
	w->asked.bytes = exact;
	w->asked.len = len;
	/* The server asks this for every datagram. */
	if (rpcd_claims(w->rpcd, &w->asked))
		e->input(e, w->now, &w->asked, &w->fx);
	carry(w);
	free(exact);
}

static void hear_frame(struct world *w, const struct wr *message)
{
	uint8_t bytes[MESSAGE + FRAME_UDP_HEAD];
	struct wr f = wr_over(bytes, sizeof(bytes));

	w->frame = (struct frame_udp){.src = {2, 0, 0, 0, 0, 9},
				      .from = w->asked.from,
				      .to = w->asked.to,
				      .bytes = message->start,
				      .len = wr_len(message)};
	memset(w->frame.dst, 0xff, 6);
	frame_udp_put(&w->frame, &f);
	assert(!f.bad);
	hear(w, bytes, wr_len(&f));
}

/* A header that leads to where the rest of the input is looked at. */
static void put_head(struct wr *w, uint8_t how, uint8_t procedure)
{
	struct rpc_call c = {.xid = XID,
			     .rpc_version = RPC_VERSION,
			     .program = how & 1 ? BOOTPARAM_PROGRAM
						: PMAP_PROGRAM,
			     .version = how & 2   ? procedure
					: how & 1 ? 1
						  : 2,
			     .procedure = procedure & 7};

	if (how & 4)
		rpc_call_put(&c, w);
	if (how & 8) {
		wr_u32(w, BOOTPARAM_PROGRAM);
		wr_u32(w, BOOTPARAM_VERSION);
		wr_u32(w, procedure >> 4 & 3);
	}
}

static void step(struct world *w, struct rd *r)
{
	uint8_t op = rd_u8(r), who = rd_u8(r), procedure = rd_u8(r);
	size_t left = rd_left(r), len = rd_u8(r);
	struct rd body = rd_sub(r, len < left ? len : left);
	uint8_t bytes[MESSAGE];
	struct wr message = wr_over(bytes, sizeof(bytes));
	size_t more = rd_left(&body);

	w->asked = (struct dgram){
		.kind = (enum dgram_kind)(op & 3),
		.link = 1,
		.from = {site_address(who & 15), op & 4 ? 1023 : 40000},
		.to = {site_address(who >> 4),
		       op & 8 ? PMAP_PORT : w->settings.bootparam.port},
		.conn = (op & 3) >= DGRAM_RECORD ? 3 : 0};
	put_head(&message, op >> 4, procedure);
	wr_bytes(&message, rd_take(&body, more), more);
	w->request = wr_len(&message);
	if (w->asked.kind == DGRAM_FRAME)
		hear_frame(w, &message);
	else
		hear(w, bytes, wr_len(&message));
	w->now += MILLISECONDS(procedure);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct world w;
	static struct effects fx;
	struct rd r = rd_over(b, len);

	if (!fx.v)
		assert(!effects_open(&fx, &site_alloc));
	w = (struct world){.fx = fx};
	effects_clear(&w.fx);
	site_open(&w.site, &w.settings);
	assert(!rpcd_open(&w.rpcd, &w.site, &site_alloc, 7));
	while (rd_left(&r) && !r.bad)
		step(&w, &r);
	rpcd_close(w.rpcd, &site_alloc);
	site_close(&w.site);
	return 0;
}
