/*
 * mtftpc.  The port that a packet came to tells its part in the transfer: what
 * comes to our own was sent to us alone, and makes us the one that acknowledges
 * for all.  We acknowledge the block before our first gap, so a server may leap
 * over what we have; one that cannot gets what it asks for.
 */
#include "engine/mtftpc.h"

#include "base/bitmap.h"
#include "base/rand.h"
#include "engine/effects.h"
#include "engine/note.h"
#include "engine/patience.h"
#include "engine/tftpc.h"
#include "wire/tftp.h"

#include <errno.h>

enum {
	COOKIE_GROUP = 1,
	COOKIE_OWN,
	BLOCKS = 65535,
	/* Our own port is one of those that nobody else has a claim to. */
	PORT_FIRST = 32768,
	PORTS = 28000,
	PORT_TRIES = 8,
	ASKS = 4,     /* 0.5 + 1 + 2 + 4 s */
	ACKS = 3,     /* 1 + 2 + 4 s */
	REOPENS = 4,  /* without a new block */
	STUBBORN = 2, /* repeats of a block, and such blocks */
};

static const usec ASK_WAIT = MILLISECONDS(500), ACK_WAIT = SECONDS(1);
static const usec LISTEN_FIRST = MILLISECONDS(300);
static const usec SILENCE = MILLISECONDS(250), SILENCE_MORE = MILLISECONDS(500);
static const usec JITTER = MILLISECONDS(100);
/* A block that comes twice at once is one that was sent to us and to all. */
static const usec DOUBLED = MILLISECONDS(10);

enum phase {
	PHASE_OFF,
	PHASE_OPENING, /* LISTEN has not settled */
	PHASE_LISTENING,
	PHASE_ASKING, /* a request is out */
	PHASE_ACKING, /* for all */
	PHASE_TFTP,   /* it fell back */
};

struct mtftpc {
	struct loadc loadc;
	struct loadc_config config;
	struct rand rand;
	struct loadc *tftpc;

	enum phase phase;
	struct url url;
	uint32_t file;
	uint16_t port; /* our own */
	unsigned port_tries;
	struct endpoint peer; /* whom to acknowledge to */

	struct bitmap have; /* block n is member n - 1 */
	uint32_t last;      /* block; 0: not known yet */
	unsigned asks, acks, reopens;
	uint32_t heard;    /* the block that we acknowledged last */
	unsigned repeats;  /* of it */
	unsigned refusals; /* to leap: a block that came again and again */
	usec acked_at, due;
	struct patience patience;
};

static struct mtftpc *mtftpc_of(struct engine *e)
{
	return CONTAINER(e, struct mtftpc, loadc.engine);
}

static struct mtftpc *of(struct loadc *l)
{
	return CONTAINER(l, struct mtftpc, loadc);
}

static bool is_under_way(const struct mtftpc *c)
{
	return c->phase > PHASE_OFF && c->phase < PHASE_TFTP;
}

/* ---- beginning and ending ----------------------------------------------- */

static usec jitter(struct mtftpc *c, usec within)
{
	return (usec)rand_below(&c->rand, (uint64_t)within + 1);
}

static void listen_own(struct mtftpc *c, struct effects *fx)
{
	do
		c->port = (uint16_t)(PORT_FIRST + rand_below(&c->rand, PORTS));
	while (c->port == c->url.group.port);
	effects_listen(fx, c->port, 0, 0, COOKIE_OWN);
}

static void close_ports(struct mtftpc *c, struct effects *fx)
{
	struct join *leave = &effects_add(fx, EFFECT_LEAVE)->join;

	leave->group = c->url.group;
	effects_close_port(fx, c->url.group.port, 0);
	effects_close_port(fx, c->port, 0);
	c->phase = PHASE_OFF;
	c->due = NEVER;
}

static void end(struct mtftpc *c, enum loadc_state state, int rc,
		const char *why, struct effects *fx)
{
	close_ports(c, fx);
	c->loadc.progress.state = state;
	c->loadc.progress.rc = rc;
	c->loadc.progress.why = why;
}

static void fall_back(struct mtftpc *c, usec now, struct effects *fx)
{
	struct url url = c->url;
	struct note *n;

	close_ports(c, fx);
	n = effects_note(fx, NOTE_FELL_BACK);
	n->peer = (struct endpoint){url.server, url.port};
	n->text = effects_text(fx, url.path, strlen(url.path));
	url.scheme = URL_TFTP;
	url.port = TFTP_PORT;
	c->phase = PHASE_TFTP;
	loadc_start(c->tftpc, now, &url, c->file, fx);
	c->loadc.progress = c->tftpc->progress;
}

/* ---- speaking ----------------------------------------------------------- */

static void send_to(struct mtftpc *c, const struct wr *w, struct endpoint to,
		    struct effects *fx)
{
	effects_send(fx, w, (struct endpoint){.port = c->port}, to);
	c->loadc.progress.requests++;
}

static void ask(struct mtftpc *c, usec now, struct effects *fx)
{
	const struct endpoint server = {c->url.server, c->url.port};
	struct tftp_request q = {.op = TFTP_RRQ,
				 .name = c->url.path,
				 .name_len = strlen(c->url.path),
				 .is_octet = true};
	struct wr w = effects_head(fx);

	if (c->asks == ASKS || c->reopens == REOPENS) {
		fall_back(c, now, fx);
		return;
	}
	tftp_request_put(&q, &w);
	send_to(c, &w, server, fx);
	patience_asked(&c->patience, now);
	c->phase = PHASE_ASKING;
	c->due = now + (ASK_WAIT << c->asks++);
}

static void ack(struct mtftpc *c, uint32_t block, usec now, struct effects *fx)
{
	struct wr w = effects_head(fx);

	tftp_ack_put((uint16_t)block, &w);
	send_to(c, &w, c->peer, fx);
	c->acked_at = now;
}

/* All blocks up to it are there. */
static uint32_t in_order(const struct mtftpc *c)
{
	return bitmap_next_clear(&c->have, 0);
}

/* Who misses most asks first: the others hear it, too. */
static void listen_on(struct mtftpc *c, usec now)
{
	uint32_t most = c->last ? c->last : BLOCKS;
	usec more = SILENCE_MORE * c->have.count / most;

	c->phase = PHASE_LISTENING;
	c->asks = 0;
	c->due = now + SILENCE + more + jitter(c, JITTER);
}

/* ---- hearing ------------------------------------------------------------ */

/* Whether the block can be one of a file of which we know this much. */
static bool is_sane(const struct mtftpc *c, uint32_t block, size_t len)
{
	if (!block || len > TFTP_BLKSIZE)
		return false;
	if (c->last)
		return block < c->last ? len == TFTP_BLKSIZE
				       : block == c->last && len < TFTP_BLKSIZE;
	return len == TFTP_BLKSIZE ||
	       bitmap_next_set(&c->have, block) == c->have.bits;
}

static void keep(struct mtftpc *c, const struct tftp_data *data,
		 const struct ref *body, struct effects *fx)
{
	size_t len = data->len + body->len;

	c->loadc.progress.packets_new++;
	c->loadc.progress.have += len;
	if (!len)
		return;
	effects_add(fx, EFFECT_KEEP)->keep = (struct keep){
		.file = c->file,
		.offset = (uint64_t)(data->block - 1u) * TFTP_BLKSIZE,
		.bytes = data->len ? data->bytes : NULL,
		.len = data->len,
		.body = *body};
}

/* The one that acknowledges hears nothing ahead of its first gap, but from a
 * server that minds somebody else by now. */
static void answer(struct mtftpc *c, uint32_t block, bool is_new, usec now,
		   struct effects *fx)
{
	uint32_t have = in_order(c);

	if (is_new && block > have) {
		listen_on(c, now);
		return;
	}
	if (!is_new && block == c->heard && now - c->acked_at < DOUBLED)
		return;
	c->repeats = block == c->heard ? c->repeats + 1 : 0;
	c->heard = block;
	c->refusals += c->repeats == STUBBORN;
	if (c->repeats >= STUBBORN || c->refusals >= STUBBORN)
		have = block;
	ack(c, have, now, fx);
	c->due = now + ACK_WAIT;
}

/* False: it was the end, one way or the other. */
static bool take(struct mtftpc *c, const struct tftp_data *data,
		 const struct ref *body, struct effects *fx)
{
	size_t len = data->len + body->len;
	uint64_t end_at = (data->block - 1u) * (uint64_t)TFTP_BLKSIZE + len;

	if (end_at > c->config.size_max) {
		end(c, LOADC_FAILED, -EFBIG, "the file is too large", fx);
		return false;
	}
	c->reopens = 0;
	c->acks = 0;
	if (len < TFTP_BLKSIZE) {
		c->last = data->block;
		c->loadc.progress.size = end_at;
	}
	keep(c, data, body, fx);
	return true;
}

static void on_data(struct mtftpc *c, const struct dgram *d, usec now,
		    struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct tftp_data data;
	bool is_new;

	if (!tftp_data_get(&data, &r) ||
	    !is_sane(c, data.block, data.len + d->body.len))
		return;
	c->loadc.progress.packets_heard++;
	is_new = bitmap_set(&c->have, data.block - 1u);
	if (!is_new && d->to.port != c->port && c->phase != PHASE_ACKING)
		return; /* for somebody else; we are not served by it */
	if (is_new && !take(c, &data, &d->body, fx))
		return;
	if (d->to.port == c->port && c->phase != PHASE_ACKING) {
		c->phase = PHASE_ACKING;
		c->peer = d->from;
		c->acks = c->repeats = c->refusals = 0;
		c->heard = 0;
		c->acked_at = now - DOUBLED;
		is_new = false;
	}
	if (c->phase == PHASE_ACKING)
		answer(c, data.block, is_new, now, fx);
	else
		listen_on(c, now);
	if (c->have.count == c->last && c->last)
		end(c, LOADC_DONE, 0, NULL, fx);
}

static void on_packet(struct mtftpc *c, const struct dgram *d, usec now,
		      struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	uint16_t op = tftp_op(&r);

	/* Only our server, whatever its port: some send from another. */
	if (d->from.ip != c->url.server || c->phase == PHASE_OPENING)
		return;
	patience_heard(&c->patience, now);
	if (op == TFTP_DATA)
		on_data(c, d, now, fx);
	else if (op == TFTP_ERROR)
		fall_back(c, now, fx); /* TFTP may say more */
}

/* ---- the engine --------------------------------------------------------- */

static void after_tftp(struct mtftpc *c)
{
	c->loadc.progress = c->tftpc->progress;
}

static bool mtftpc_claims(const struct loadc *l, const struct dgram *d)
{
	const struct mtftpc *c = CONTAINER_CONST(l, struct mtftpc, loadc);

	if (loadc_claims(c->tftpc, d))
		return true;
	return is_under_way(c) && d->kind == DGRAM_UDP &&
	       (d->to.port == c->port || d->to.port == c->url.group.port);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct mtftpc *c = mtftpc_of(e);

	if (loadc_claims(c->tftpc, d)) {
		c->tftpc->engine.input(&c->tftpc->engine, now, d, fx);
		if (c->phase == PHASE_TFTP)
			after_tftp(c);
	} else if (mtftpc_claims(&c->loadc, d)) {
		on_packet(c, d, now, fx);
	}
}

static void on_own_port(struct mtftpc *c, usec now, int rc, struct effects *fx)
{
	static const struct endpoint shared = URL_MTFTP_GROUP;

	if (rc == -EADDRINUSE && ++c->port_tries < PORT_TRIES) {
		listen_own(c, fx);
	} else if (rc) {
		end(c, LOADC_FAILED, rc, "there is no port for requests", fx);
	} else if (endpoint_is(c->url.group, shared)) {
		ask(c, now, fx);
	} else {
		c->phase = PHASE_LISTENING;
		c->due = now + LISTEN_FIRST + jitter(c, JITTER);
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct mtftpc *c = mtftpc_of(e);

	if (c->phase == PHASE_TFTP) {
		c->tftpc->engine.settle(&c->tftpc->engine, now, o, fx);
		after_tftp(c);
	} else if (o->cookie == COOKIE_OWN && c->phase == PHASE_OPENING) {
		on_own_port(c, now, o->rc, fx);
	} else if (o->cookie == COOKIE_GROUP && o->rc && c->phase) {
		fall_back(c, now, fx); /* there is no hearing the group */
	}
}

static usec patience_end(const struct mtftpc *c)
{
	return is_under_way(c) ? patience_ends(&c->patience, c->config.patience)
			       : NEVER;
}

static void on_silence(struct mtftpc *c, usec now, struct effects *fx)
{
	if (c->phase == PHASE_ACKING && c->acks < ACKS) {
		c->due = now + (ACK_WAIT << ++c->acks);
		patience_asked(&c->patience, now);
		ack(c, in_order(c), now, fx);
		return;
	}
	c->reopens += c->phase != PHASE_ASKING;
	if (c->phase == PHASE_ACKING)
		c->asks = 0;
	ask(c, now, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct mtftpc *c = mtftpc_of(e);
	struct engine *tftp = &c->tftpc->engine;

	if (now >= c->due)
		on_silence(c, now, fx);
	else if (now >= patience_end(c))
		end(c, LOADC_FAILED, -ETIMEDOUT, "the server fell silent", fx);
	if (tftp->deadline(tftp) <= now) {
		tftp->expire(tftp, now, fx);
		if (c->phase == PHASE_TFTP)
			after_tftp(c);
	}
}

static usec on_deadline(const struct engine *e)
{
	const struct mtftpc *c =
		CONTAINER_CONST(e, struct mtftpc, loadc.engine);

	return usec_min(usec_min(c->due, patience_end(c)),
			c->tftpc->engine.deadline(&c->tftpc->engine));
}

static void stop(struct loadc *l, usec now, struct effects *fx)
{
	struct mtftpc *c = of(l);

	loadc_stop(c->tftpc, now, fx);
	if (is_under_way(c))
		close_ports(c, fx);
	c->phase = PHASE_OFF;
	c->loadc.progress = (struct loadc_progress){.state = LOADC_IDLE};
}

static void start(struct loadc *l, usec now, const struct url *url,
		  uint32_t file, struct effects *fx)
{
	struct mtftpc *c = of(l);
	struct join *join;

	stop(l, now, fx);
	c->loadc.progress.state = LOADC_LOADING;
	c->phase = PHASE_OPENING;
	c->url = *url;
	c->file = file;
	c->last = 0;
	c->asks = c->acks = c->reopens = c->port_tries = 0;
	bitmap_clear_all(&c->have);
	patience_begin(&c->patience, now);
	effects_listen(fx, url->group.port, 0, LISTEN_BULK, COOKIE_GROUP);
	join = &effects_add(fx, EFFECT_JOIN)->join;
	join->group = url->group;
	join->cookie = COOKIE_GROUP;
	listen_own(c, fx);
}

static void mtftpc_close(struct loadc *l, const struct alloc *alloc)
{
	struct mtftpc *c = of(l);

	loadc_close(c->tftpc, alloc);
	alloc_put(alloc, c->have.words);
	alloc_put(alloc, c);
}

int mtftpc_open(struct loadc **to, const struct loadc_config *config,
		const struct alloc *alloc)
{
	static const struct loadc_ops ops = {start, stop, mtftpc_claims,
					     mtftpc_close};
	struct mtftpc *c = alloc_get(alloc, 1, sizeof(*c));
	uint64_t *words;

	if (!c)
		return -ENOMEM;
	c->loadc.ops = &ops;
	c->loadc.engine = (struct engine){.input = on_input,
					  .settle = on_settle,
					  .expire = on_expire,
					  .deadline = on_deadline};
	c->config = *config;
	c->due = NEVER;
	rand_seed(&c->rand, config->seed);
	words = alloc_get(alloc, BITMAP_WORDS(BLOCKS), 8);
	if (words)
		bitmap_open(&c->have, words, BLOCKS);
	if (!words || tftpc_open(&c->tftpc, config, alloc)) {
		mtftpc_close(&c->loadc, alloc);
		return -ENOMEM;
	}
	*to = &c->loadc;
	return 0;
}
