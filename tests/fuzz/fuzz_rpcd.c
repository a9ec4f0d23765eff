/*
 * Calls from anybody, in any form, to any port.  Whatever comes: no effect is
 * lost, at most one answer leaves, it is a reply to that very call, it goes to
 * who asked, who may ask, and it is not much longer than the question; what was
 * broadcast is answered only with success.  Other agents say anything, at any
 * time or never: then the answer leaves to who asked that question, once, DNS
 * is not asked who boots, and in the end nobody waits.
 */
#include "engine/rpcd.h"

#include "rpc_site.h"
#include "wire/bootparam.h"
#include "wire/frame.h"
#include "wire/lookup.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { MESSAGE = 700, XID = 7, ANSWER = 2048 };

/* Who waits, and for what. */
struct waiting {
	struct dgram asked;
	struct frame_udp frame;
	size_t request;
	uint64_t cookie;
	char text[QUESTION_TEXT];
	bool is_asked;
};

struct world {
	struct site site;
	struct settings settings;
	struct rpcd *rpcd;
	struct effects fx;
	usec now;
	struct dgram asked;
	struct frame_udp frame; /* what was in it */
	size_t request;
	struct waiting waiting[RPCD_WAITING];
	struct waiting *is_for; /* of whom settles or expires; NULL: hears */
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

static void check_ask(struct world *w, const struct question *q)
{
	struct waiting *to = &w->waiting[(uint16_t)q->cookie];

	assert((uint16_t)q->cookie < RPCD_WAITING);
	assert(q->kind == ASK_NIS ||
	       (q->kind == ASK_DNS && q->about == LOOKUP_HOSTS));
	assert(strlen(q->text) < QUESTION_TEXT);
	if (w->is_for)
		assert(to == w->is_for);
	else
		*to = (struct waiting){.asked = w->asked,
				       .frame = w->frame,
				       .request = w->request};
	to->cookie = q->cookie;
	to->is_asked = true;
	strcpy(to->text, q->text);
}

static void carry(struct world *w)
{
	unsigned sends = 0;

	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++) {
		const struct effect *e = &w->fx.v[i];

		assert(e->kind == EFFECT_SEND || e->kind == EFFECT_NOTE ||
		       e->kind == EFFECT_ASK);
		if (e->kind == EFFECT_ASK)
			check_ask(w, &e->ask);
		if (e->kind == EFFECT_NOTE)
			continue;
		if (e->kind == EFFECT_SEND)
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

/* An entry that is an answer to the question, of what the input says. */
static size_t put_answer(struct wr *to, const char *text, struct rd body)
{
	struct lookup_result result = {.domain = "", .server = ""};
	uint8_t room[ANSWER];
	struct plist_out o = plist_begin(room, sizeof(room));
	char value[256] = "";
	size_t len = rd_left(&body);
	struct plist p;

	if (len)
		memcpy(value, body.p, len);
	plist_add(&o, "name");
	plist_add_value(&o, text);
	plist_add_value(&o, "moira");
	plist_add_value(&o, value);
	plist_add(&o, "ip_address");
	plist_add_value(&o, text);
	plist_add_value(&o, "10.0.0.77");
	plist_add(&o, "bootparams");
	plist_add_value(&o, value);
	assert(plist_end(&o, &p));
	lookup_result_put(&result, to);
	assert(lookup_entry_put(p.bytes, p.len, to));
	lookup_result_end(to, 0);
	return wr_len(to);
}

static void settle(struct world *w, uint8_t who, uint8_t how, struct rd body)
{
	static const int rcs[] = {0, 0, -ENOENT, -ENODEV, -EAGAIN, -EIO};
	struct engine *e = rpcd_engine(w->rpcd);
	struct waiting *from = &w->waiting[who % RPCD_WAITING];
	uint8_t bytes[ANSWER];
	struct wr to = wr_over(bytes, sizeof(bytes));
	struct outcome o = {.kind = EFFECT_ASK,
			    .cookie = from->cookie,
			    .rc = rcs[(how >> 1) % 6],
			    .answer = body.p,
			    .answer_len = rd_left(&body)};

	if (!from->is_asked)
		return;
	if (!o.rc && how & 0x80) {
		o.answer_len = put_answer(&to, from->text, body);
		o.answer = bytes;
	}
	from->is_asked = false;
	w->is_for = from;
	w->asked = from->asked;
	w->frame = from->frame;
	w->request = from->request;
	e->settle(e, w->now, &o, &w->fx);
	carry(w);
	w->is_for = NULL;
}

/* Nothing is kept back without a file, so nothing is sent by time alone. */
static void pass(struct world *w, usec span)
{
	struct engine *e = rpcd_engine(w->rpcd);

	w->now += span;
	while (e->deadline(e) <= w->now) {
		e->expire(e, w->now, &w->fx);
		for (size_t i = 0; i < w->fx.n; i++) {
			const struct effect *f = &w->fx.v[i];

			assert(f->kind == EFFECT_ASK || f->kind == EFFECT_NOTE);
			if (f->kind == EFFECT_NOTE)
				continue;
			w->is_for = &w->waiting[(uint16_t)f->ask.cookie];
			check_ask(w, &f->ask);
		}
		w->is_for = NULL;
		assert(!w->fx.lost);
		effects_clear(&w->fx);
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

	if ((op & 7) == 7) {
		settle(w, who, procedure, body);
		return;
	}
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
	pass(w, MILLISECONDS(procedure));
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
	lookup_order_default(&w.site.lookup);
	assert(!rpcd_open(&w.rpcd, &w.site, &fuzz_memory, 7));
	while (rd_left(&r) && !r.bad)
		step(&w, &r);
	for (unsigned i = 0; i < 10; i++)
		pass(&w, SECONDS(4));
	assert(rpcd_engine(w.rpcd)->deadline(rpcd_engine(w.rpcd)) == NEVER);
	rpcd_close(w.rpcd, &fuzz_memory);
	site_close(&w.site);
	return 0;
}
