/*
 * tftpc.  The block counter is wider than the wire's 16 bits, and a DATA packet
 * is judged by its distance from the last block in order: 1 is the next, less
 * is a repeat, more a gap.  Only new blocks keep the clock from running out.
 */
#include "engine/tftpc.h"

#include "base/rand.h"
#include "base/text.h"
#include "engine/effects.h"
#include "engine/patience.h"
#include "wire/tftp.h"

#include <errno.h>

enum {
	PORT_FIRST = 49152, /* RFC 6335's dynamic ports */
	PORTS = 16384,
	PORT_TRIES = 8,
	RESENDS = 5, /* 1 + 2 + 4 + 8 + 16 s */
	ANEW_AFTER = 2,
	ANEW_MAX = 4,
	WHY_MAX = 192,
};

static const usec WAIT_FIRST = SECONDS(1), LINGER = SECONDS(3);

enum phase {
	PHASE_OFF,
	PHASE_OPENING, /* LISTEN has not settled */
	PHASE_ASKING,  /* the request is out */
	PHASE_AGREED,  /* OACK came, no DATA yet */
	PHASE_LOADING,
};

/* A port that is done but for the last ACK, which may have been lost. */
struct linger {
	uint16_t port; /* 0: none */
	uint16_t block;
	struct endpoint peer;
	usec until;
};

struct tftpc {
	struct loadc loadc;
	struct loadc_config config;
	struct rand rand;
	char why[WHY_MAX];

	enum phase phase;
	char path[sizeof(((struct url *)0)->path)];
	struct endpoint server; /* the request goes there */
	struct endpoint peer;   /* the server's port for us; 0: not known */
	uint32_t file;
	uint16_t port;
	unsigned port_tries;
	bool has_options; /* asked for some */

	uint64_t block; /* the last in order */
	uint16_t blksize, windowsize;
	uint16_t in_window;  /* blocks since our last ACK */
	bool has_complained; /* of this gap or repeat, since the last timer */
	usec due;
	struct patience patience;
	unsigned resends;
	unsigned anew; /* how often it began anew */
	struct linger linger;
};

static struct tftpc *of(struct engine *e)
{
	return CONTAINER(e, struct tftpc, loadc.engine);
}

/* ---- sending ------------------------------------------------------------ */

static void send_to(struct tftpc *c, const struct wr *w, struct endpoint to,
		    struct effects *fx)
{
	effects_send(fx, w, (struct endpoint){.port = c->port}, to);
}

static void send_error(struct tftpc *c, struct endpoint to, uint16_t code,
		       const char *text, struct effects *fx)
{
	struct wr w = effects_head(fx);

	tftp_error_put(code, text, &w);
	send_to(c, &w, to, fx);
}

static void send_request(struct tftpc *c, struct effects *fx)
{
	struct tftp_request q = {.op = TFTP_RRQ,
				 .name = c->path,
				 .name_len = strlen(c->path),
				 .is_octet = true};
	struct wr w = effects_head(fx);

	if (c->has_options)
		q.options.has = TFTP_HAS_TSIZE;
	if (c->has_options && c->config.blksize) {
		q.options.has |= TFTP_HAS_BLKSIZE;
		q.options.blksize = c->config.blksize;
	}
	if (c->has_options && c->config.windowsize > 1) {
		q.options.has |= TFTP_HAS_WINDOWSIZE;
		q.options.windowsize = c->config.windowsize;
	}
	tftp_request_put(&q, &w);
	send_to(c, &w, c->server, fx);
	c->loadc.progress.requests++;
}

static void send_ack(struct tftpc *c, struct effects *fx)
{
	struct wr w = effects_head(fx);

	tftp_ack_put((uint16_t)c->block, &w);
	send_to(c, &w, c->peer, fx);
	c->in_window = 0;
	c->loadc.progress.requests++;
}

/* ---- beginning and ending ----------------------------------------------- */

static void linger_end(struct tftpc *c, struct effects *fx)
{
	if (c->linger.port)
		effects_close_port(fx, c->linger.port, 0);
	c->linger = (struct linger){0};
}

static void fail(struct tftpc *c, int rc, const char *why, struct effects *fx)
{
	if (why != c->why)
		text_copy(c->why, sizeof(c->why), why, strlen(why));
	if (c->port)
		effects_close_port(fx, c->port, 0);
	c->phase = PHASE_OFF;
	c->due = NEVER;
	c->loadc.progress.state = LOADC_FAILED;
	c->loadc.progress.rc = rc;
	c->loadc.progress.why = c->why;
}

/* Tell the server, too, so that it does not go on. */
static void refuse(struct tftpc *c, int rc, uint16_t code, const char *why,
		   struct effects *fx)
{
	send_error(c, c->peer, code, why, fx);
	fail(c, rc, why, fx);
}

static void progress_made(struct tftpc *c, usec now)
{
	c->resends = 0;
	c->has_complained = false;
	c->due = now + WAIT_FIRST;
}

static void finish(struct tftpc *c, usec now, struct effects *fx)
{
	linger_end(c, fx);
	c->linger = (struct linger){.port = c->port,
				    .block = (uint16_t)c->block,
				    .peer = c->peer,
				    .until = now + LINGER};
	c->phase = PHASE_OFF;
	c->due = NEVER;
	c->loadc.progress.state = LOADC_DONE;
	c->loadc.progress.size = c->loadc.progress.have;
}

/* R20: a port that nobody can guess. */
static void listen_somewhere(struct tftpc *c, struct effects *fx)
{
	do {
		c->port = (uint16_t)(PORT_FIRST + rand_below(&c->rand, PORTS));
	} while (c->port == c->linger.port);
	c->port_tries++;
	effects_listen(fx, c->port, 0, LISTEN_BULK, c->port);
}

static void request(struct tftpc *c, usec now, struct effects *fx)
{
	c->phase = PHASE_ASKING;
	c->peer = (struct endpoint){0};
	c->blksize = TFTP_BLKSIZE;
	c->windowsize = 1;
	send_request(c, fx);
	patience_begin(&c->patience, now);
	progress_made(c, now);
}

/* ---- hearing ------------------------------------------------------------ */

/* False if the server offers what was not asked, or more of it. */
static bool is_agreeable(const struct tftpc *c, const struct tftp_options *o)
{
	if (!c->has_options || (o->has & TFTP_HAS_MULTICAST))
		return false;
	if ((o->has & TFTP_HAS_BLKSIZE) && o->blksize > c->config.blksize)
		return false;
	return !(o->has & TFTP_HAS_WINDOWSIZE) ||
	       (c->config.windowsize > 1 &&
		o->windowsize <= c->config.windowsize);
}

static void on_oack(struct tftpc *c, usec now, struct rd *r, struct effects *fx)
{
	struct tftp_options o;

	if (!tftp_oack_get(&o, r))
		return;
	if (c->phase == PHASE_AGREED && !c->has_complained) {
		/* Our ACK 0 was lost: once more, but not once a packet. */
		c->has_complained = true;
		send_ack(c, fx);
		return;
	}
	if (c->phase != PHASE_ASKING)
		return;
	if (!is_agreeable(c, &o)) {
		refuse(c, -EPROTO, TFTP_EOPTION, "options not asked for", fx);
		return;
	}
	if (o.has & TFTP_HAS_BLKSIZE)
		c->blksize = o.blksize;
	if (o.has & TFTP_HAS_WINDOWSIZE)
		c->windowsize = o.windowsize;
	if (o.has & TFTP_HAS_TSIZE)
		c->loadc.progress.size = o.tsize;
	if (c->loadc.progress.size > c->config.size_max) {
		refuse(c, -EFBIG, TFTP_EFULL, "file too large", fx);
		return;
	}
	c->phase = PHASE_AGREED;
	progress_made(c, now);
	send_ack(c, fx);
}

static void keep(struct tftpc *c, const struct tftp_data *data,
		 const struct ref *body, struct effects *fx)
{
	size_t len = data->len + body->len;

	if (!len)
		return;
	effects_add(fx, EFFECT_KEEP)->keep =
		(struct keep){.file = c->file,
			      .offset = c->loadc.progress.have,
			      .bytes = data->len ? data->bytes : NULL,
			      .len = data->len,
			      .body = *body};
	c->loadc.progress.have += len;
}

/* The next block in order: keep it, and ACK the last of a window. */
static void on_block(struct tftpc *c, usec now, const struct tftp_data *data,
		     const struct ref *body, struct effects *fx)
{
	size_t len = data->len + body->len;
	uint64_t most = c->loadc.progress.size ? c->loadc.progress.size
					       : c->config.size_max;
	bool is_last = len < c->blksize;

	if (len > most - c->loadc.progress.have) {
		if (c->loadc.progress.size)
			refuse(c, -EPROTO, TFTP_EILLEGAL,
			       "file longer than it was said to be", fx);
		else
			refuse(c, -EFBIG, TFTP_EFULL, "file too large", fx);
		return;
	}
	keep(c, data, body, fx);
	c->phase = PHASE_LOADING;
	c->block++;
	c->in_window++;
	c->loadc.progress.packets_new++;
	progress_made(c, now);
	if (is_last && c->loadc.progress.have < c->loadc.progress.size) {
		refuse(c, -EPROTO, TFTP_EILLEGAL,
		       "file shorter than it was said to be", fx);
		return;
	}
	if (is_last || c->in_window == c->windowsize)
		send_ack(c, fx);
	if (is_last)
		finish(c, now, fx);
}

static void on_data(struct tftpc *c, usec now, struct rd *r,
		    const struct ref *body, struct effects *fx)
{
	struct tftp_data data;

	if (!tftp_data_get(&data, r) || data.len + body->len > c->blksize)
		return;
	c->loadc.progress.packets_heard++;
	uint16_t ahead = (uint16_t)(data.block - (uint16_t)c->block);
	if (ahead == 1) {
		on_block(c, now, &data, body, fx);
		return;
	}
	/*
	 * A gap, or a repeat because our ACK was lost: the server should know
	 * where we are (RFC 7440 4).  But only once until something new comes
	 * or the timer fires, or one duplicate would double the whole transfer:
	 * the Sorcerer's Apprentice bug.  Repeats of blocks in the middle of a
	 * window are its second sending, and end with the ACK it waits for.
	 */
	bool is_gap = ahead != 0 && ahead < 0x8000;
	if (c->phase == PHASE_ASKING || c->has_complained ||
	    (!is_gap && c->in_window))
		return;
	c->has_complained = true;
	send_ack(c, fx);
}

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

/* A server that was restarted, or was so busy that it gave our place to another
 * machine, knows nothing of what it agreed to.  As long as nothing was loaded
 * we can ask again, as if for the first time; but not for ever. */
static bool begin_anew(struct tftpc *c)
{
	if (c->phase != PHASE_AGREED || c->anew == ANEW_MAX)
		return false;
	c->anew++;
	c->resends = 0;
	c->phase = PHASE_ASKING;
	c->peer = (struct endpoint){0};
	c->blksize = TFTP_BLKSIZE;
	c->windowsize = 1;
	c->loadc.progress.size = 0;
	return true;
}

static void on_error(struct tftpc *c, usec now, struct rd *r,
		     struct effects *fx)
{
	struct text why = text_over(c->why, sizeof(c->why));
	struct tftp_error e;

	if (!tftp_error_get(&e, r))
		return;
	/* A server that dislikes options altogether: ask without. */
	if (e.code == TFTP_EOPTION && c->phase == PHASE_ASKING &&
	    c->has_options) {
		c->has_options = false;
		request(c, now, fx);
		return;
	}
	if (e.code == TFTP_ETID && begin_anew(c))
		return;
	text_add(&why, "the server says: ");
	if (e.text_len)
		text_wire(&why, e.text, e.text_len);
	else
		text_add(&why, "error ");
	if (!e.text_len)
		text_u64(&why, e.code);
	fail(c, errno_of(e.code), c->why, fx);
}

/* True if it comes from whom we talk to; the first answer settles that. */
static bool is_peer(struct tftpc *c, const struct dgram *d, uint16_t op,
		    struct effects *fx)
{
	if (!c->peer.port) {
		if (d->from.ip != c->server.ip)
			return false;
		c->peer = d->from;
		return true;
	}
	if (endpoint_is(d->from, c->peer))
		return true;
	/* RFC 1350 4, but never an ERROR for an ERROR */
	if (op != TFTP_ERROR)
		send_error(c, d->from, TFTP_ETID, "unknown transfer", fx);
	return false;
}

static void on_linger(struct tftpc *c, const struct dgram *d,
		      struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct linger *l = &c->linger;
	struct tftp_data data;
	struct wr w;

	if (!endpoint_is(d->from, l->peer) || !tftp_data_get(&data, &r) ||
	    data.block != l->block)
		return;
	w = effects_head(fx);
	tftp_ack_put(l->block, &w);
	effects_send(fx, &w, (struct endpoint){.port = l->port}, l->peer);
	linger_end(c, fx); /* once is enough: the server gives up, too */
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct tftpc *c = of(e);
	struct rd r = rd_over(d->bytes, d->len);
	uint16_t op = tftp_op(&r);

	if (!loadc_claims(&c->loadc, d))
		return;
	if (d->to.port == c->linger.port) {
		on_linger(c, d, fx);
		return;
	}
	if (c->phase < PHASE_ASKING ||
	    (op != TFTP_DATA && op != TFTP_OACK && op != TFTP_ERROR))
		return;
	if (!is_peer(c, d, op, fx))
		return;
	patience_heard(&c->patience, now);
	if (op == TFTP_DATA)
		on_data(c, now, &r, &d->body, fx);
	else if (op == TFTP_OACK)
		on_oack(c, now, &r, fx);
	else
		on_error(c, now, &r, fx);
}

/* ---- time --------------------------------------------------------------- */

static usec patience_end(const struct tftpc *c)
{
	return c->phase < PHASE_ASKING
		       ? NEVER
		       : patience_ends(&c->patience, c->config.patience);
}

static void give_up(struct tftpc *c, struct effects *fx)
{
	fail(c, -ETIMEDOUT,
	     c->peer.port ? "the server fell silent"
			  : "the server does not answer",
	     fx);
}

static void on_silence(struct tftpc *c, usec now, struct effects *fx)
{
	if (c->resends == RESENDS - 1) {
		give_up(c, fx);
		return;
	}
	patience_asked(&c->patience, now);
	c->resends++;
	if (c->resends > ANEW_AFTER)
		(void)begin_anew(c);
	c->due = now + (WAIT_FIRST << c->resends);
	c->has_complained = false;
	if (c->phase == PHASE_ASKING) {
		/* Whoever spoke before said nothing that counts. */
		c->peer = (struct endpoint){0};
		send_request(c, fx);
	} else {
		send_ack(c, fx);
	}
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct tftpc *c = of(e);

	if (c->linger.port && now >= c->linger.until)
		linger_end(c, fx);
	if (now >= c->due)
		on_silence(c, now, fx);
	else if (now >= patience_end(c))
		give_up(c, fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct tftpc *c = of(e);

	if (o->kind != EFFECT_LISTEN || c->phase != PHASE_OPENING ||
	    o->cookie != c->port)
		return;
	if (o->rc == 0) {
		request(c, now, fx);
	} else if (o->rc == -EADDRINUSE && c->port_tries < PORT_TRIES) {
		listen_somewhere(c, fx);
	} else {
		c->port = 0;
		fail(c, o->rc, "no UDP port to receive on", fx);
	}
}

static usec deadline(const struct engine *e)
{
	const struct tftpc *c = CONTAINER_CONST(e, struct tftpc, loadc.engine);
	usec due = usec_min(c->due, patience_end(c));

	return c->linger.port ? usec_min(due, c->linger.until) : due;
}

/* ---- its own functions -------------------------------------------------- */

/* Leave a transfer that is under way. */
static void abandon(struct tftpc *c, struct effects *fx)
{
	if (c->phase == PHASE_OFF)
		return;
	if (c->peer.port)
		send_error(c, c->peer, TFTP_EUNDEF, "not wanted any more", fx);
	effects_close_port(fx, c->port, 0);
	c->phase = PHASE_OFF;
	c->due = NEVER;
}

static struct tftpc *of_loadc(struct loadc *l)
{
	return CONTAINER(l, struct tftpc, loadc);
}

static void start(struct loadc *l, usec now, const struct url *url,
		  uint32_t file, struct effects *fx)
{
	struct tftpc *c = of_loadc(l);

	(void)now;
	abandon(c, fx);
	l->progress = (struct loadc_progress){.state = LOADC_LOADING};
	c->server = (struct endpoint){url->server, url->port};
	c->peer = (struct endpoint){0};
	memcpy(c->path, url->path, sizeof(c->path));
	c->file = file;
	c->block = 0;
	c->in_window = 0;
	c->port_tries = 0;
	c->anew = 0;
	c->has_options = true;
	c->phase = PHASE_OPENING;
	listen_somewhere(c, fx);
}

static void stop(struct loadc *l, usec now, struct effects *fx)
{
	struct tftpc *c = of_loadc(l);

	(void)now;
	abandon(c, fx);
	linger_end(c, fx);
	l->progress = (struct loadc_progress){.state = LOADC_IDLE};
}

static bool claims(const struct loadc *l, const struct dgram *d)
{
	const struct tftpc *c = CONTAINER_CONST(l, struct tftpc, loadc);

	if (d->kind != DGRAM_UDP || !d->to.port)
		return false;
	return d->to.port == c->linger.port ||
	       (c->phase != PHASE_OFF && d->to.port == c->port);
}

static void close(struct loadc *l, const struct alloc *alloc)
{
	alloc_put(alloc, of_loadc(l));
}

int tftpc_open(struct loadc **out, const struct loadc_config *config,
	       const struct alloc *alloc)
{
	static const struct loadc_ops ops = {start, stop, claims, close};
	struct tftpc *c = alloc_get(alloc, 1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->loadc.ops = &ops;
	c->loadc.engine =
		(struct engine){on_input, on_settle, on_expire, deadline};
	c->config = *config;
	c->due = NEVER;
	rand_seed(&c->rand, config->seed);
	*out = &c->loadc;
	return 0;
}
