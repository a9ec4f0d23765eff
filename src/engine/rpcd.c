/*
 * rpcd, the engine.  A call comes as a frame (a broadcast, mostly, which the
 * kernel may hide or another port mapper have), as a datagram or as a record,
 * and is answered the same way: a frame to the hardware address that asked.
 */
#include "engine/rpcd_impl.h"

#include "wire/frame.h"

#include <errno.h>

enum {
	TTL = 64,
	DIRECT_TIMES = 5, /* an answer's length, measured by the question */
	INDIRECT_MORE = 64,
};

static struct rpcd *rpcd_of(struct engine *e)
{
	return CONTAINER(e, struct rpcd, engine);
}

/* ---- who asks -------------------------------------------------------------
 */

/* Ports that answer whatever they are sent. */
static bool is_loop(uint16_t port)
{
	static const uint16_t ports[] = {0, 7, 19, 53, 111, 123};

	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static bool asking_frame(struct asking *a, const struct site *s,
			 const struct dgram *d, struct rd *message)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct frame_udp f;

	if (!a->link || !a->link->ip || a->link->hw.len != 6 ||
	    !frame_udp_get(&f, &r) || f.src[0] & 1)
		return false;
	a->is_frame = true;
	a->from = f.from;
	a->to = f.to;
	memcpy(a->mac, f.src, 6);
	*message = rd_over(f.bytes, f.len);
	return site_is_own(s, f.to.ip) || site_is_broadcast(a->link, f.to.ip);
}

static bool asking_get(struct asking *a, const struct site *s, usec now,
		       const struct dgram *d, struct rd *message)
{
	*a = (struct asking){.now = now,
			     .link = site_link(s, d->link),
			     .from = d->from,
			     .to = d->to,
			     .conn = d->conn};
	*message = rd_over(d->bytes, d->len);
	if (d->kind == DGRAM_FRAME && !asking_frame(a, s, d, message))
		return false;
	a->request = rd_left(message);
	a->is_local = !a->is_frame &&
		      (a->from.ip >> 24 == 127 || site_is_own(s, a->from.ip));
	a->is_broadcast = a->link && site_is_broadcast(a->link, a->to.ip);
	return true;
}

static bool may_ask(const struct site *s, const struct asking *a)
{
	return (a->conn || !is_loop(a->from.port)) &&
	       (a->is_local || site_is_near(s, a->from.ip));
}

/* ---- what leaves ----------------------------------------------------------
 */

static void send_frame(const struct asking *a, const struct wr *reply,
		       struct effects *fx)
{
	struct frame_udp f = {.from = {a->link->ip, a->to.port},
			      .to = a->from,
			      .ttl = TTL,
			      .bytes = reply->start,
			      .len = wr_len(reply)};
	struct wr w = effects_head(fx);

	memcpy(f.dst, a->mac, 6);
	memcpy(f.src, a->link->hw.b, 6);
	frame_udp_put(&f, &w);
	effects_frame(fx, &w, a->link->index);
}

static void send_back(const struct asking *a, const struct wr *reply,
		      struct effects *fx)
{
	struct endpoint from = a->to;
	struct wr w;

	if (a->is_frame) {
		send_frame(a, reply, fx);
		return;
	}
	if (a->is_broadcast)
		from.ip = a->link->ip;
	w = a->conn ? effects_record(fx) : effects_head(fx);
	wr_bytes(&w, reply->start, wr_len(reply));
	if (a->conn)
		effects_send_record(fx, &w, a->conn);
	else
		effects_send(fx, &w, from, a->from)->link =
			a->is_broadcast ? a->link->index : 0;
}

static bool is_too_long(const struct asking *a, size_t len)
{
	size_t most = a->is_indirect ? a->request * 3 / 2 + INDIRECT_MORE
				     : a->request * DIRECT_TIMES;

	return !a->is_local && !a->conn && len > most;
}

static void reply(struct rpcd *r, const struct asking *a,
		  const struct rpc_reply *p, struct effects *fx)
{
	uint8_t bytes[RPC_REPLY_HEAD + PMAP_CALLIT_RESULTS];
	struct wr w = wr_over(bytes, sizeof(bytes));

	rpc_reply_put(p, &w);
	if (w.bad || is_too_long(a, wr_len(&w))) {
		r->stats.too_long++;
		return;
	}
	if (!a->is_local && !a->conn &&
	    !quota_allows(&r->quota, a->from.ip, a->is_own ? a->from.ip : 0,
			  a->now)) {
		r->stats.limited++;
		return;
	}
	send_back(a, &w, fx);
	if (a->counter)
		(*a->counter)++;
	if (a->told.text)
		*effects_note(fx, a->told.code) = a->told;
}

/* ---- what is asked --------------------------------------------------------
 */

struct program {
	uint32_t number, version;
	int (*call)(struct rpcd *, struct asking *, struct wr *,
		    struct effects *);
};

/* The one behind a port. */
static const struct program *program_at(const struct rpcd *r, uint16_t port)
{
	static const struct program portmap = {PMAP_PROGRAM, PMAP_VERSION,
					       rpcd_portmap},
				    bootparam = {BOOTPARAM_PROGRAM,
						 BOOTPARAM_VERSION,
						 rpcd_bootparam};

	if (port == PMAP_PORT)
		return &portmap;
	return port == r->site->settings->bootparam.port ? &bootparam : NULL;
}

static int carry_out(struct rpcd *r, const struct program *p, struct asking *a,
		     struct wr *w, struct effects *fx)
{
	if (a->call.program != p->number)
		return RPC_PROG_UNAVAIL;
	if (a->call.version != p->version)
		return RPC_PROG_MISMATCH;
	return p->call(r, a, w, fx);
}

static void on_call(struct rpcd *r, const struct program *p, struct asking *a,
		    struct effects *fx)
{
	uint8_t results[PMAP_CALLIT_RESULTS];
	struct wr w = wr_over(results, sizeof(results));
	struct rpc_reply answer = {
		.xid = a->call.xid, .low = p->version, .high = p->version};
	int status = carry_out(r, p, a, &w, fx);

	/* Broadcasts go to many servers: one that knows nothing is silent. */
	if (status < 0 || (a->is_broadcast && status) || w.bad)
		return;
	answer.status = (enum rpc_status)status;
	answer.results = results;
	answer.len = status == RPC_SUCCESS ? wr_len(&w) : 0;
	reply(r, a, &answer, fx);
}

void rpcd_tell(struct rpcd *r, struct asking *a, const struct wr *results,
	       struct effects *fx)
{
	uint8_t room[PMAP_CALLIT_RESULTS];
	struct wr called = wr_over(room, sizeof(room));
	struct rpc_reply answer = {.xid = a->call.xid,
				   .status = RPC_SUCCESS,
				   .results = results->start,
				   .len = wr_len(results)};

	if (a->is_indirect) {
		rpcd_called(r, BOOTPARAM_PROGRAM, results, &called);
		if (called.bad)
			return;
		answer.results = room;
		answer.len = wr_len(&called);
	}
	reply(r, a, &answer, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct rpcd *r = rpcd_of(e);
	const struct program *p;
	struct rd message;
	struct asking a;

	if (!r->site->settings->bootparam.serve || d->kind == DGRAM_HANGUP ||
	    !effects_room(fx, 3, EFFECT_HEAD_MAX + PMAP_CALLIT_RESULTS))
		return;
	if (!asking_get(&a, r->site, now, d, &message))
		return;
	r->stats.calls++;
	p = program_at(r, a.to.port);
	if (!may_ask(r->site, &a))
		r->stats.strangers++;
	else if (!p || !rpc_call_get(&a.call, &message) ||
		 a.call.rpc_version != RPC_VERSION)
		r->stats.bad++;
	else
		on_call(r, p, &a, fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	if (o->kind == EFFECT_ASK)
		rpcd_on_answer(rpcd_of(e), now, o, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	rpcd_expire(rpcd_of(e), now, fx);
}

static usec on_deadline(const struct engine *e)
{
	return rpcd_deadline(CONTAINER_CONST(e, struct rpcd, engine));
}

/* ---- the engine -----------------------------------------------------------
 */

/* A port that can't be had is the carrier's to tell. */
void rpcd_start(struct rpcd *r, usec now, struct effects *fx)
{
	const struct settings *s = r->site->settings;

	(void)now;
	if (!s->bootparam.serve)
		return;
	effects_listen(fx, s->bootparam.port, 0, 0, 0);
	if (s->bootparam.is_guest)
		return;
	effects_listen(fx, PMAP_PORT, 0, 0, 0);
	effects_listen(fx, PMAP_PORT, 0, LISTEN_STREAM, 0);
}

int rpcd_open(struct rpcd **to, const struct site *site,
	      const struct alloc *alloc, uint64_t seed)
{
	struct rpcd *r = alloc_get(alloc, 1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	r->site = site;
	if (quota_open(&r->quota, alloc, seed) || rpcd_slots_open(r, alloc)) {
		rpcd_close(r, alloc);
		return -ENOMEM;
	}
	*to = r;
	return 0;
}

void rpcd_close(struct rpcd *r, const struct alloc *alloc)
{
	if (!r)
		return;
	quota_close(&r->quota, alloc);
	rpcd_slots_close(r, alloc);
	alloc_put(alloc, r);
}

struct engine *rpcd_engine(struct rpcd *r)
{
	return &r->engine;
}

const struct rpcd_stats *rpcd_stats(const struct rpcd *r)
{
	return &r->stats;
}

bool rpcd_claims(const struct rpcd *r, const struct dgram *d)
{
	const struct settings *s = r->site->settings;
	struct rd frame = rd_over(d->bytes, d->len);

	switch (d->kind) {
	case DGRAM_FRAME:
		return frame_udp_port(&frame) == PMAP_PORT;
	case DGRAM_UDP:
		return s->bootparam.serve && (d->to.port == PMAP_PORT ||
					      d->to.port == s->bootparam.port);
	case DGRAM_RECORD:
	case DGRAM_HANGUP:
		return d->to.port == PMAP_PORT;
	}
	return false;
}
