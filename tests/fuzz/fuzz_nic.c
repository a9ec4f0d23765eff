/*
 * A client of NetInfo beside servers that answer whatever the input says, with
 * the right number or not, in any state.  Whatever comes: no effect is lost, it
 * asks only the port mappers and ports that it was told of, every question ends
 * once, and an answer's properties are a sound list.
 */
#include "engine/nic.h"

#include "engine/effects.h"
#include "rpc_site.h"
#include "wire/netinfo.h"
#include "wire/sunrpc.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { PORT = 700, MESSAGE = 700, RPC_HEAD = 24 };

struct world {
	struct nic *n;
	struct effects fx;
	usec now;
	uint32_t xid; /* of the last call */
	struct endpoint to;
	uint64_t question; /* the last ASK */
	uint64_t asked, ended;
};

static void take_answers(struct world *w)
{
	struct nic_answer a;

	while (nic_answer(w->n, &a)) {
		assert(a.cookie < w->asked);
		if (!a.rc) {
			assert(plist_is_sound(&a.props));
			assert(a.level < NIC_DOMAINS);
		}
		w->ended += a.rc || a.cookie % 3 == NIC_READ;
		assert(w->ended <= w->asked);
	}
}

static void carry(struct world *w)
{
	assert(!w->fx.lost);
	for (size_t i = 0; i < w->fx.n; i++) {
		const struct effect *e = &w->fx.v[i];
		struct rpc_call c;
		struct rd r;

		assert(e->kind == EFFECT_SEND || e->kind == EFFECT_LISTEN ||
		       e->kind == EFFECT_ASK);
		if (e->kind == EFFECT_ASK)
			w->question = e->ask.cookie;
		if (e->kind != EFFECT_SEND)
			continue;
		r = rd_over(e->send.head, e->send.head_len);
		assert(rpc_call_get(&c, &r));
		assert(e->send.how == SEND_UDP && e->send.to.port);
		w->xid = c.xid;
		w->to = e->send.to;
	}
	effects_clear(&w->fx);
	take_answers(w);
}

static void hear(struct world *w, uint8_t how, struct rd body)
{
	struct engine *e = nic_engine(w->n);
	uint8_t bytes[MESSAGE];
	struct wr message = wr_over(bytes, sizeof(bytes));
	size_t len = rd_left(&body);
	struct dgram d = {.kind = DGRAM_UDP,
			  .link = 1,
			  .from = w->to,
			  .to = {SITE_SERVER, PORT}};
	uint8_t *exact;

	if (how & 1)
		rpc_reply_put(
			&(struct rpc_reply){.xid = w->xid,
					    .status = how & 2 ? how >> 4 & 3
							      : 0},
			&message);
	if (how & 4)
		d.from.ip++;
	wr_bytes(&message, rd_take(&body, len), len);
	exact = malloc(wr_len(&message) + 1);
	assert(exact);
	memcpy(exact, bytes, wr_len(&message));
	d.bytes = exact;
	d.len = wr_len(&message);
	e->input(e, w->now, &d, &w->fx);
	carry(w);
	free(exact);
}

/* What was asked for last comes, or does not. */
static void settle(struct world *w, uint8_t how, struct rd body)
{
	static const int rcs[] = {0, 0, -ENOENT, -ETIMEDOUT};
	struct engine *e = nic_engine(w->n);
	size_t len = rd_left(&body);
	uint8_t *exact = malloc(len + RPC_HEAD);
	struct wr answer = wr_over(exact, len + RPC_HEAD);
	struct outcome o = {.kind = EFFECT_ASK,
			    .cookie = w->question,
			    .rc = rcs[how >> 1 & 3]};

	assert(exact);
	if (how & 1)
		rpc_reply_put(&(struct rpc_reply){.xid = 1}, &answer);
	wr_bytes(&answer, rd_take(&body, len), len);
	o.answer = exact;
	o.answer_len = wr_len(&answer);
	e->settle(e, w->now, &o, &w->fx);
	carry(w);
	free(exact);
}

static void ask(struct world *w, uint8_t what)
{
	struct nic_question q = {.what = (enum nic_what)(w->asked % 3),
				 .directory = "machines",
				 .key = what & 4 ? "name" : "x",
				 .value = "a",
				 .cookie = w->asked};

	if (!nic_ask(w->n, w->now, &q, &w->fx))
		w->asked++;
	carry(w);
}

static void wait(struct world *w, usec span)
{
	struct engine *e = nic_engine(w->n);
	usec until = w->now + span, at = e->deadline(e);

	for (int i = 0; i < 100 && at <= until; i++) {
		assert(at > w->now || i == 0);
		w->now = usec_max(w->now, at);
		e->expire(e, w->now, &w->fx);
		carry(w);
		at = e->deadline(e);
	}
	w->now = until;
}

static void step(struct world *w, struct rd *r)
{
	uint8_t op = rd_u8(r), how = rd_u8(r);
	size_t left, len;

	switch (op & 3) {
	case 0:
		ask(w, how);
		return;
	case 1:
		wait(w, MILLISECONDS(50) * how);
		return;
	case 2:
		len = rd_u8(r);
		left = rd_left(r);
		settle(w, how, rd_sub(r, len < left ? len : left));
		return;
	default:
		len = op & 0x80 ? 0 : rd_u8(r);
		left = rd_left(r);
		hear(w, how, rd_sub(r, len < left ? len : left));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct world w;
	static struct effects fx;
	struct nic_config c = {.ip = SITE_SERVER,
			       .tag = "local",
			       .candidates = {IP4(10, 0, 0, 2)},
			       .n_candidates = 1,
			       .wanted = "network",
			       .port = PORT,
			       .seed = 7};
	struct rd r = rd_over(b, len);
	struct outcome o = {.kind = EFFECT_LISTEN, .cookie = PORT};

	if (!fx.v)
		assert(!effects_open(&fx, &fuzz_memory));
	w = (struct world){.fx = fx};
	effects_clear(&w.fx);
	c.is_direct = rd_u8(&r) & 1;
	assert(!nic_open(&w.n, &c, &fuzz_memory));
	nic_start(w.n, 0, &w.fx);
	carry(&w);
	nic_engine(w.n)->settle(nic_engine(w.n), 0, &o, &w.fx);
	carry(&w);
	while (rd_left(&r) && !r.bad)
		step(&w, &r);
	nic_close(w.n, &fuzz_memory);
	return 0;
}
