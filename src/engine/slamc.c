/*
 * slamc: a machine that rides a train.  Every packet goes straight to its
 * place in the file; a bitmap knows what is there.  Unasked it speaks only to
 * board, when silence lasts, and to say goodbye.
 */
#include "engine/slamc.h"

#include "base/bitmap.h"
#include "base/heap.h"
#include "base/rand.h"
#include "engine/effects.h"
#include "engine/patience.h"
#include "wire/slam.h"

#include <errno.h>

enum { COOKIE_GROUP = 1, COOKIE_OWN, BLOCK_MIN = 512 };
/* Our own port is one of those that nobody else has a claim to. */
enum { PORT_FIRST = 32768, PORTS = 28000, PORT_TRIES = 8 };

/* A train that is under way is heard within that, or has come to its end. */
static const usec LISTEN_FIRST = MILLISECONDS(10),
		  LISTEN_MORE = MILLISECONDS(20);
static const usec BOARD_WITHIN = MILLISECONDS(500);
static const usec SILENCE = MILLISECONDS(250), SILENCE_MAX = SECONDS(8);
static const usec PATIENCE = SECONDS(60);
enum { ASKED = 3 }; /* in vain, before it is the server that is silent */
/* A header that differs must stay away from its old one for so long before the
 * file counts as replaced: two servers on one group must not make us thrash. */
static const usec STALE = SECONDS(1);

struct slamc {
	struct loadc loadc;
	struct loadc_config config;
	struct rand rand;

	struct url url;
	uint32_t file;
	uint16_t port; /* our own, for NACKs and status requests */
	unsigned port_tries;
	bool is_listening, has_boarded;

	struct slam_header header; /* block_size 0: none heard yet */
	uint32_t packets;
	struct bitmap have;
	uint32_t bits; /* how many packets the memory is for */

	unsigned silences;        /* in a row */
	struct patience patience; /* a packet with our header is a word */
	usec speak_at;            /* the next NACK that nobody asked for */
	usec board_at;
};

static struct slamc *slamc_of(struct engine *e)
{
	return CONTAINER(e, struct slamc, loadc.engine);
}

static usec jitter(struct slamc *c, usec within)
{
	return (usec)rand_below(&c->rand, (uint64_t)within + 1);
}

/* Never the group's: the port tells a status request from data. */
static void listen_own(struct slamc *c, struct effects *fx)
{
	do
		c->port = (uint16_t)(PORT_FIRST + rand_below(&c->rand, PORTS));
	while (c->port == c->url.group.port);
	effects_listen(fx, c->port, 0, 0, COOKIE_OWN);
}

static void end(struct slamc *c, enum loadc_state state, int rc,
		const char *why, struct effects *fx)
{
	struct join *leave;

	c->loadc.progress.state = state;
	c->loadc.progress.rc = rc;
	c->loadc.progress.why = why;
	c->speak_at = c->board_at = NEVER;
	if (!c->port)
		return;
	leave = &effects_add(fx, EFFECT_LEAVE)->join;
	leave->group = c->url.group;
	effects_close_port(fx, c->url.group.port, 0);
	effects_close_port(fx, c->port, 0);
	c->port = 0;
}

static void silence_from(struct slamc *c, usec now)
{
	usec wait = SILENCE << (c->silences < 5 ? c->silences : 5);

	if (wait > SILENCE_MAX)
		wait = SILENCE_MAX;
	c->speak_at = now + wait + jitter(c, wait);
}

/* What we have behind the last gap.  Without it, one who lacks packet 0 alone
 * would say what one says who knows nothing. */
static void put_rest(struct wr *w, uint32_t have)
{
	enum { TAIL = 5 }; /* the NUL and "mstr" */

	if (wr_room(w) >= slam_int_len(have) + TAIL)
		slam_int_put(w, have);
}

/* The list of what we have and lack, cut where the datagram ends. */
static void put_runs(const struct slamc *c, struct wr *w)
{
	uint32_t at = 0;

	if (!c->packets) {
		slam_run_put(w, 0, 1);
		return;
	}
	while (at < c->packets) {
		uint32_t lack = bitmap_next_clear(&c->have, at);
		uint32_t next = bitmap_next_set(&c->have, lack);

		if (lack == c->packets) {
			put_rest(w, lack - at);
			break;
		}
		if (!slam_run_put(w, lack - at, next - lack))
			break;
		at = next;
	}
}

static void send_nack(struct slamc *c, usec now, struct effects *fx)
{
	struct endpoint us = {.port = c->port};
	struct endpoint server = {.ip = c->url.server, .port = c->url.port};
	struct wr w = effects_head(fx);

	if (wr_room(&w) > SLAM_PAYLOAD_MAX)
		w.end = w.start + SLAM_PAYLOAD_MAX;
	put_runs(c, &w);
	wr_u8(&w, 0);
	slam_nack_fast_put(&w);
	effects_send(fx, &w, us, server);
	patience_asked(&c->patience, now);
	c->loadc.progress.requests++;
	c->has_boarded = true;
	c->board_at = NEVER;
}

static void send_disconnect(struct slamc *c, struct effects *fx)
{
	struct endpoint us = {.port = c->port};
	struct endpoint server = {.ip = c->url.server, .port = c->url.port};
	struct wr w = effects_head(fx);

	wr_u8(&w, 0);
	effects_send(fx, &w, us, server);
}

/* A new header: the first, or that of a file that took the old one's place. */
static bool take_header(struct slamc *c, const struct slam_header *h, usec now,
			struct effects *fx)
{
	uint64_t packets = slam_packets(h);
	bool is_known_there = c->has_boarded && !c->header.block_size;

	if (h->total_bytes > c->config.size_max || packets > c->bits) {
		end(c, LOADC_FAILED, -EFBIG, "the file is too large", fx);
		return false;
	}
	c->header = *h;
	c->packets = (uint32_t)packets;
	bitmap_open(&c->have, c->have.words, c->packets);
	c->loadc.progress.size = h->total_bytes;
	c->loadc.progress.have = 0;
	/* Whoever replaced the file has forgotten its riders. */
	if (!is_known_there)
		c->board_at = now + jitter(c, BOARD_WITHIN);
	return true;
}

static bool same_header(const struct slam_header *a,
			const struct slam_header *b)
{
	return a->transaction == b->transaction &&
	       a->total_bytes == b->total_bytes &&
	       a->block_size == b->block_size;
}

/* Whether a packet belongs to the file that we are loading. */
static bool is_ours(struct slamc *c, const struct slam_header *h, usec now,
		    struct effects *fx)
{
	bool is_first = !c->header.block_size;

	if (!is_first && !same_header(h, &c->header)) {
		if (now - c->patience.heard_at < STALE)
			return false;
		is_first = true;
	}
	if (is_first && !take_header(c, h, now, fx))
		return false;
	if (is_first)
		patience_begin(&c->patience, now);
	else
		patience_heard(&c->patience, now);
	return true;
}

static void keep(struct slamc *c, const struct slam_packet *p,
		 const struct dgram *d, struct effects *fx)
{
	struct keep *k = &effects_add(fx, EFFECT_KEEP)->keep;

	k->file = c->file;
	k->offset = p->packet * c->header.block_size;
	k->bytes = p->len ? p->bytes : NULL;
	k->len = p->len;
	k->body = d->body;
	c->loadc.progress.packets_new++;
	c->loadc.progress.have += p->len + d->body.len;
	if (c->have.count < c->packets)
		return;
	if (c->has_boarded)
		send_disconnect(c, fx);
	end(c, LOADC_DONE, 0, NULL, fx);
}

static void on_data(struct slamc *c, const struct slam_packet *p,
		    const struct dgram *d, usec now, struct effects *fx)
{
	if (!is_ours(c, &p->header, now, fx))
		return;
	c->loadc.progress.packets_heard++;
	c->silences = 0;
	silence_from(c, now);
	if (bitmap_set(&c->have, (uint32_t)p->packet))
		keep(c, p, d, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct slamc *c = slamc_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	bool is_unicast = d->to.port == c->port;
	struct slam_packet p;

	/* Only our server, whatever its port: it may send from another. */
	if (c->loadc.progress.state != LOADC_LOADING ||
	    d->from.ip != c->url.server ||
	    !slam_packet_get_with(&p, &r, is_unicast, d->body.len))
		return;
	if (p.is_data)
		on_data(c, &p, d, now, fx);
	else if (is_ours(c, &p.header, now, fx)) {
		send_nack(c, now, fx);
		c->silences = 0;
		silence_from(c, now);
	}
}

static void on_own_port(struct slamc *c, usec now, int rc, struct effects *fx)
{
	if (!rc) {
		c->is_listening = true;
		patience_begin(&c->patience, now);
		c->speak_at = now + LISTEN_FIRST + jitter(c, LISTEN_MORE);
	} else if (rc == -EADDRINUSE && ++c->port_tries < PORT_TRIES) {
		listen_own(c, fx);
	} else {
		end(c, LOADC_FAILED, rc, "there is no port for requests", fx);
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct slamc *c = slamc_of(e);

	if (c->loadc.progress.state != LOADC_LOADING)
		return;
	if (o->kind == EFFECT_LISTEN && o->cookie == COOKIE_OWN)
		on_own_port(c, now, o->rc, fx);
	else if (o->rc)
		end(c, LOADC_FAILED, o->rc,
		    o->kind == EFFECT_JOIN ? "the group cannot be joined"
					   : "the group's port is taken",
		    fx);
}

/* Who was busy itself for so long has not listened.  Before the first packet
 * the train may only be waiting for others. */
static usec patience_end(const struct slamc *c)
{
	usec most = c->silences < ASKED ? NEVER
					: c->patience.heard_at + PATIENCE;

	if (!c->header.block_size)
		return most;
	return usec_min(most, patience_ends(&c->patience, c->config.patience));
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct slamc *c = slamc_of(e);

	if (c->loadc.progress.state != LOADC_LOADING)
		return;
	if (now >= c->speak_at) {
		send_nack(c, now, fx);
		c->silences++;
		silence_from(c, now);
	} else if (now >= c->board_at) {
		send_nack(c, now, fx);
	} else if (now >= patience_end(c)) {
		end(c, LOADC_FAILED, -ETIMEDOUT, "the server is silent", fx);
	}
}

static usec on_deadline(const struct engine *e)
{
	const struct slamc *c = CONTAINER_CONST(e, struct slamc, loadc.engine);

	if (c->loadc.progress.state != LOADC_LOADING || !c->is_listening)
		return NEVER;
	return usec_min(usec_min(c->speak_at, c->board_at), patience_end(c));
}

static struct slamc *of(struct loadc *l)
{
	return CONTAINER(l, struct slamc, loadc);
}

static void start(struct loadc *l, usec now, const struct url *url,
		  uint32_t file, struct effects *fx)
{
	struct slamc *c = of(l);
	struct join *join;

	l->progress = (struct loadc_progress){.state = LOADC_LOADING};
	c->url = *url;
	c->file = file;
	c->header = (struct slam_header){0};
	c->packets = 0;
	c->silences = c->port_tries = 0;
	c->is_listening = c->has_boarded = false;
	c->speak_at = c->board_at = NEVER;
	patience_begin(&c->patience, now);
	effects_listen(fx, url->group.port, 0, LISTEN_BULK, COOKIE_GROUP);
	join = &effects_add(fx, EFFECT_JOIN)->join;
	join->group = url->group;
	join->cookie = COOKIE_GROUP;
	listen_own(c, fx);
}

/* Says goodbye, too. */
static void stop(struct loadc *l, usec now, struct effects *fx)
{
	struct slamc *c = of(l);

	(void)now;
	if (l->progress.state != LOADC_LOADING)
		return;
	if (c->has_boarded)
		send_disconnect(c, fx);
	end(c, LOADC_IDLE, 0, NULL, fx);
}

static bool claims(const struct loadc *l, const struct dgram *d)
{
	const struct slamc *c = CONTAINER_CONST(l, struct slamc, loadc);

	return l->progress.state == LOADC_LOADING && d->kind == DGRAM_UDP &&
	       (d->to.port == c->port || d->to.port == c->url.group.port);
}

static void close(struct loadc *l, const struct alloc *alloc)
{
	alloc_put(alloc, of(l)->have.words);
	alloc_put(alloc, l);
}

int slamc_open(struct loadc **to, const struct loadc_config *config,
	       const struct alloc *alloc)
{
	static const struct loadc_ops ops = {start, stop, claims, close};
	struct slamc *c = alloc_get(alloc, 1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->loadc.ops = &ops;
	c->loadc.engine = (struct engine){.input = on_input,
					  .settle = on_settle,
					  .expire = on_expire,
					  .deadline = on_deadline};
	c->config = *config;
	c->bits =
		(uint32_t)((config->size_max < SLAM_SIZE_MAX ? config->size_max
							     : SLAM_SIZE_MAX) /
				   BLOCK_MIN +
			   1);
	rand_seed(&c->rand, config->seed);
	c->have.words = alloc_get(alloc, BITMAP_WORDS(c->bits), 8);
	if (!c->have.words) {
		loadc_close(&c->loadc, alloc);
		return -ENOMEM;
	}
	*to = &c->loadc;
	return 0;
}
