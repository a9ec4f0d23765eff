/*
 * tftmc, the engine: it asks, finds out what kind of server answers, and keeps
 * the time.  What it does on board is in tftmc_train.c.
 */
#include "base/text.h"
#include "engine/tftmc_impl.h"
#include "engine/tftpc.h"

#include <errno.h>

enum {
	PORT_FIRST = 49152, /* RFC 6335's dynamic ports */
	PORTS = 16384,
	PORT_TRIES = 8,
	RESENDS = 5, /* 1 + 2 + 4 + 8 + 16 s */
};

static const usec ASK_WAIT = SECONDS(1), SILENCE = SECONDS(3);
static const usec PATIENCE = SECONDS(60), LINGER = SECONDS(10);

static struct tftmc *of(struct engine *e)
{
	return CONTAINER(e, struct tftmc, loadc.engine);
}

/* ---- sending ------------------------------------------------------------ */

void tftmc_send(struct tftmc *c, const struct wr *w, struct endpoint to,
		struct effects *fx)
{
	effects_send(fx, w, (struct endpoint){.port = c->port}, to);
}

void tftmc_send_error(struct tftmc *c, struct endpoint to, uint16_t code,
		      const char *text, struct effects *fx)
{
	struct wr w = effects_head(fx);

	tftp_error_put(code, text, &w);
	tftmc_send(c, &w, to, fx);
}

static void send_request(struct tftmc *c, struct effects *fx)
{
	struct endpoint server = {c->url.server, c->url.port};
	struct tftp_request q = {.op = TFTP_RRQ,
				 .name = c->url.path,
				 .name_len = strlen(c->url.path),
				 .is_octet = true,
				 .options.has = TFTP_HAS_TSIZE | TFTP_HAS_GAPS |
						TFTP_HAS_MULTICAST};
	struct wr w = effects_head(fx);

	if (c->config.blksize) {
		q.options.has |= TFTP_HAS_BLKSIZE;
		q.options.blksize = c->config.blksize;
	}
	tftp_request_put(&q, &w);
	tftmc_send(c, &w, server, fx);
	c->loadc.progress.requests++;
	c->is_asking = true;
}

/* ---- beginning and ending ----------------------------------------------- */

static void linger_end(struct tftmc *c, struct effects *fx)
{
	if (c->linger.port)
		effects_close_port(fx, c->linger.port, 0);
	c->linger = (struct linger){0};
}

static void off(struct tftmc *c, struct effects *fx)
{
	tftmc_leave_group(c, fx);
	c->phase = PHASE_OFF;
	c->ask_at = c->speak_at = NEVER;
}

void tftmc_fail(struct tftmc *c, int rc, const char *why, struct effects *fx)
{
	if (why != c->why)
		text_copy(c->why, sizeof(c->why), why, strlen(why));
	if (c->port)
		effects_close_port(fx, c->port, 0);
	off(c, fx);
	c->loadc.progress.state = LOADC_FAILED;
	c->loadc.progress.rc = rc;
	c->loadc.progress.why = c->why;
}

void tftmc_finish(struct tftmc *c, usec now, struct effects *fx)
{
	tftmc_ack(c, now, fx);
	linger_end(c, fx);
	c->linger = (struct linger){.port = c->port,
				    .block = (uint16_t)c->blocks,
				    .peer = c->peer,
				    .until = now + LINGER};
	off(c, fx);
	c->loadc.progress.state = LOADC_DONE;
}

static void listen_somewhere(struct tftmc *c, struct effects *fx)
{
	do {
		c->port = (uint16_t)(PORT_FIRST + rand_below(&c->rand, PORTS));
	} while (c->port == c->linger.port);
	c->port_tries++;
	effects_listen(fx, c->port, 0, 0, COOKIE_OWN);
}

void tftmc_go_plain(struct tftmc *c, usec now, struct endpoint peer,
		    struct effects *fx)
{
	uint64_t requests = c->loadc.progress.requests;

	if (peer.port)
		tftmc_send_error(c, peer, TFTP_EOPTION,
				 "again without multicast", fx);
	effects_close_port(fx, c->port, 0);
	off(c, fx);
	c->phase = PHASE_PLAIN;
	loadc_start(c->plain, now, &c->url, c->file, fx);
	c->loadc.progress = c->plain->progress;
	c->loadc.progress.requests += requests;
}

static void ask(struct tftmc *c, usec now, struct effects *fx)
{
	c->phase = PHASE_ASKING;
	c->asked = 0;
	c->ask_at = now + ASK_WAIT;
	send_request(c, fx);
}

/* ---- hearing ------------------------------------------------------------ */

static int errno_of(uint16_t code)
{
	switch (code) {
	case TFTP_ENOTFOUND:
		return -ENOENT;
	case TFTP_EACCESS:
		return -EACCES;
	default:
		return -EIO;
	}
}

static void on_error(struct tftmc *c, usec now, struct rd *r,
		     struct effects *fx)
{
	struct text why = text_over(c->why, sizeof(c->why));
	struct tftp_error e;

	if (!tftp_error_get(&e, r))
		return;
	if (e.code == TFTP_EOPTION) { /* it dislikes options altogether */
		tftmc_go_plain(c, now, (struct endpoint){0}, fx);
		return;
	}
	text_add(&why, "the server says: ");
	if (e.text_len)
		text_wire(&why, e.text, e.text_len);
	else
		text_add(&why, "error ");
	if (!e.text_len)
		text_u64(&why, e.code);
	tftmc_fail(c, errno_of(e.code), c->why, fx);
}

static void on_linger(struct tftmc *c, const struct dgram *d,
		      struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct linger *l = &c->linger;
	struct tftp_options o;
	struct wr w;

	if (!endpoint_is(d->from, l->peer) || !tftp_oack_get(&o, &r))
		return;
	w = effects_head(fx);
	tftp_ack_put(l->block, &w);
	effects_send(fx, &w, (struct endpoint){.port = l->port}, l->peer);
}

/* A datagram of ours, for a file that is under way. */
static void hear(struct tftmc *c, usec now, const struct dgram *d,
		 struct effects *fx)
{
	bool is_peer = c->phase == PHASE_RIDING &&
		       endpoint_is(d->from, c->peer);
	bool is_answer = c->is_asking && d->from.ip == c->url.server &&
			 d->to.port == c->port;
	struct rd r = rd_over(d->bytes, d->len);
	uint16_t op = tftp_op(&r);

	if (is_peer && op == TFTP_DATA)
		tftmc_data(c, now, &r, &d->body, fx);
	else if (d->to.port != c->port || !(is_peer || is_answer))
		return;
	else if (op == TFTP_OACK)
		tftmc_oack(c, now, d, &r, fx);
	else if (op == TFTP_ERROR)
		on_error(c, now, &r, fx);
	else if (op == TFTP_DATA) /* it knows no options at all */
		tftmc_go_plain(c, now, d->from, fx);
}

/* tftpc was called. */
static void after_plain(struct tftmc *c)
{
	uint64_t requests = c->loadc.progress.requests;

	if (c->phase != PHASE_PLAIN)
		return;
	c->loadc.progress = c->plain->progress;
	if (c->loadc.progress.requests < requests)
		c->loadc.progress.requests = requests;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct tftmc *c = of(e);

	if (loadc_claims(c->plain, d)) {
		c->plain->engine.input(&c->plain->engine, now, d, fx);
		after_plain(c);
	} else if (!loadc_claims(&c->loadc, d)) {
		return;
	} else if (c->linger.port && d->to.port == c->linger.port) {
		on_linger(c, d, fx);
	} else if (c->phase == PHASE_ASKING || c->phase == PHASE_RIDING) {
		hear(c, now, d, fx);
	}
}

/* ---- time --------------------------------------------------------------- */

static usec patience_end(const struct tftmc *c)
{
	usec end = patience_ends(&c->patience, c->config.patience);

	return c->phase == PHASE_RIDING
		       ? usec_min(end, c->patience.heard_at + PATIENCE)
		       : end;
}

static void give_up(struct tftmc *c, struct effects *fx)
{
	tftmc_fail(c, -ETIMEDOUT,
		   c->phase == PHASE_RIDING ? "the server fell silent"
					    : "the server does not answer",
		   fx);
}

static void ask_again(struct tftmc *c, usec now, struct effects *fx)
{
	usec wait = c->phase == PHASE_ASKING ? ASK_WAIT : SILENCE + c->jitter;

	if (c->phase == PHASE_ASKING && c->asked == RESENDS - 1) {
		give_up(c, fx);
		return;
	}
	c->asked++;
	patience_asked(&c->patience, now);
	c->ask_at = now + (wait << (c->asked < 4 ? c->asked : 4));
	send_request(c, fx);
}

static void on_time(struct tftmc *c, usec now, struct effects *fx)
{
	if (c->phase == PHASE_RIDING && now >= c->speak_at)
		tftmc_ack(c, now, fx);
	if (now >= c->ask_at)
		ask_again(c, now, fx);
	else if (now >= patience_end(c))
		give_up(c, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct tftmc *c = of(e);
	struct engine *plain = &c->plain->engine;

	if (c->linger.port && now >= c->linger.until)
		linger_end(c, fx);
	if (plain->deadline(plain) <= now) {
		plain->expire(plain, now, fx);
		after_plain(c);
	}
	if (c->phase == PHASE_ASKING || c->phase == PHASE_RIDING)
		on_time(c, now, fx);
}

static void on_own_port(struct tftmc *c, usec now, int rc, struct effects *fx)
{
	if (c->phase != PHASE_OPENING)
		return;
	if (!rc) {
		ask(c, now, fx);
	} else if (rc == -EADDRINUSE && c->port_tries < PORT_TRIES) {
		listen_somewhere(c, fx);
	} else {
		c->port = 0;
		tftmc_fail(c, rc, "no UDP port to receive on", fx);
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct tftmc *c = of(e);

	if (o->cookie >= COOKIES) {
		c->plain->engine.settle(&c->plain->engine, now, o, fx);
		after_plain(c);
	} else if (o->cookie == COOKIE_OWN) {
		on_own_port(c, now, o->rc, fx);
	} else if (o->rc && c->phase == PHASE_RIDING) {
		/* Another program's port, or no such group here. */
		tftmc_go_plain(c, now, c->peer, fx);
	}
}

static usec on_deadline(const struct engine *e)
{
	const struct tftmc *c = CONTAINER_CONST(e, struct tftmc, loadc.engine);
	usec due = c->plain->engine.deadline(&c->plain->engine);

	if (c->linger.port)
		due = usec_min(due, c->linger.until);
	if (c->phase == PHASE_ASKING || c->phase == PHASE_RIDING)
		due = usec_min(usec_min(due, patience_end(c)),
			       usec_min(c->ask_at, c->speak_at));
	return due;
}

/* ---- its own functions -------------------------------------------------- */

static void abandon(struct tftmc *c, struct effects *fx)
{
	if (c->phase == PHASE_RIDING)
		tftmc_send_error(c, c->peer, TFTP_EUNDEF, "not wanted any more",
				 fx);
	if (c->phase != PHASE_OFF && c->phase != PHASE_PLAIN)
		effects_close_port(fx, c->port, 0);
	off(c, fx);
}

static void start(struct loadc *l, usec now, const struct url *url,
		  uint32_t file, struct effects *fx)
{
	struct tftmc *c = CONTAINER(l, struct tftmc, loadc);

	if (c->phase == PHASE_PLAIN && c->loadc.progress.state == LOADC_LOADING)
		loadc_stop(c->plain, now, fx);
	abandon(c, fx);
	c->loadc.progress = (struct loadc_progress){.state = LOADC_LOADING};
	c->url = *url;
	c->file = file;
	c->blocks = 0;
	c->peer = (struct endpoint){0};
	c->is_master = c->is_asking = false;
	c->spoken = c->port_tries = 0;
	patience_begin(&c->patience, now);
	c->jitter = (usec)rand_below(&c->rand, SECOND);
	c->phase = PHASE_OPENING;
	listen_somewhere(c, fx);
}

static void stop(struct loadc *l, usec now, struct effects *fx)
{
	struct tftmc *c = CONTAINER(l, struct tftmc, loadc);

	abandon(c, fx);
	loadc_stop(c->plain, now, fx);
	linger_end(c, fx);
	c->loadc.progress = (struct loadc_progress){.state = LOADC_IDLE};
}

static bool claims(const struct loadc *l, const struct dgram *d)
{
	const struct tftmc *c = CONTAINER_CONST(l, struct tftmc, loadc);

	if (d->kind != DGRAM_UDP || !d->to.port)
		return false;
	if (loadc_claims(c->plain, d) || d->to.port == c->linger.port)
		return true;
	if (c->phase == PHASE_OFF || c->phase == PHASE_PLAIN)
		return false;
	return d->to.port == c->port || d->to.port == c->group.port;
}

static void tftmc_close(struct loadc *l, const struct alloc *alloc)
{
	struct tftmc *c = CONTAINER(l, struct tftmc, loadc);

	loadc_close(c->plain, alloc);
	alloc_put(alloc, c->have.words);
	alloc_put(alloc, c);
}

int tftmc_open(struct loadc **out, const struct loadc_config *config,
	       const struct alloc *alloc)
{
	static const struct loadc_ops ops = {start, stop, claims, tftmc_close};
	struct tftmc *c = alloc_get(alloc, 1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	c->loadc.ops = &ops;
	c->loadc.engine =
		(struct engine){on_input, on_settle, on_expire, on_deadline};
	c->config = *config;
	c->ask_at = c->speak_at = NEVER;
	rand_seed(&c->rand, config->seed);
	c->have.words = alloc_get(alloc, BITMAP_WORDS(BLOCKS_MAX), 8);
	rc = c->have.words ? tftpc_open(&c->plain, config, alloc) : -ENOMEM;
	if (rc) {
		tftmc_close(&c->loadc, alloc);
		return rc;
	}
	*out = &c->loadc;
	return 0;
}
