/*
 * tftpd, the engine: a request finds its file in the catalogue (no packet ever
 * opens one) and becomes a session with a port of its own; every other datagram
 * finds its session by that port.
 */
#include "base/text.h"
#include "engine/askers.h"
#include "engine/tftpd_impl.h"

#include <errno.h>

static struct tftpd *tftpd_of(struct engine *e)
{
	return CONTAINER(e, struct tftpd, engine);
}

/* ---- who is answered ---------------------------------------------------- */

static bool is_broadcast(const struct tftpd *t, uint32_t ip)
{
	for (unsigned i = 0; i < t->site->n_links; i++) {
		const struct link *l = &t->site->links[i];

		if (l->ip && l->mask < 0xfffffffe && ip == (l->ip | ~l->mask))
			return true;
	}
	return ip == IP_BROADCAST;
}

/* R12: never to groups, broadcast, loopback, ourselves or nobody. */
static bool is_peer(const struct tftpd *t, struct endpoint from)
{
	return from.ip >> 24 && from.ip >> 24 != 127 && from.ip >> 28 < 0xe &&
	       from.port && !is_broadcast(t, from.ip) &&
	       !site_is_own(t->site, from.ip);
}

/* RFC 1123 4.2.3.5: nobody answers a request that went to everybody. */
static bool was_for_us(const struct tftpd *t, const struct dgram *d)
{
	return d->to.ip >> 28 < 0xe && !is_broadcast(t, d->to.ip);
}

/* Spoken without a session; an ERROR is never an answer to an ERROR. */
static void say_error(struct endpoint us, struct endpoint peer, uint16_t code,
		      const char *text, struct effects *fx)
{
	struct wr w = effects_head(fx);

	tftp_error_put(code, text, &w);
	effects_send(fx, &w, us, peer);
}

/* ---- requests ----------------------------------------------------------- */

static struct endpoint here(const struct dgram *d)
{
	return d->to;
}

static void refuse(struct tftpd *t, const struct dgram *d,
		   const struct tftp_request *q, uint16_t code,
		   struct effects *fx)
{
	static const char *const texts[] = {
		[TFTP_EUNDEF] = "script too long",
		[TFTP_ENOTFOUND] = "not found",
		[TFTP_EACCESS] = "read only",
	};
	struct note *n;

	t->stats.refused++;
	say_error(here(d), d->from, code, texts[code], fx);
	n = effects_note(fx, NOTE_TFTP_REFUSED);
	n->peer = d->from;
	n->a = code;
	n->text = effects_text(fx, q->name, q->name_len);
}

/* False, and *code is why, if it can't be had. */
static bool find(struct tftpd *t, const struct dgram *d,
		 const struct tftp_request *q, struct wanted *w, uint16_t *code)
{
	int rc;

	*code = TFTP_EACCESS; /* R11 */
	if (q->op == TFTP_WRQ)
		return false;
	w->image = images_find(t->site->images, q->name, q->name_len);
	if (w->image)
		return true;
	*code = TFTP_ENOTFOUND;
	if (!policy_is_script(q->name, q->name_len))
		return false;
	rc = script_make(t->site, d, w);
	if (!rc && !q->is_octet && !text_convert(w))
		rc = -EMSGSIZE;
	if (rc != -ENOENT)
		*code = TFTP_EUNDEF;
	return !rc;
}

/* It was told to load the file from a group, and does not: behind a switch that
 * forwards it to none, or without a word that it cannot. */
static void note_fallen(struct tftpd *t, const struct dgram *d,
			const struct image *im, struct effects *fx)
{
	enum transport via = askers_told(t->site->askers, d->from.ip, im->id);
	char s[IMAGE_NAME + 32];
	struct text text = text_over(s, sizeof(s));
	struct note *n;

	if (via == VIA_DEFAULT || via == VIA_HTTP)
		return;
	t->stats.fell_back++;
	text_add(&text, im->name);
	text_add(&text, ", told by ");
	text_add(&text, transport_name(via));
	n = effects_note(fx, NOTE_FELL_BACK);
	n->peer = d->from;
	n->ip = d->from.ip;
	(void)site_hwaddr(t->site, d->from.ip, &n->hw);
	n->text = effects_text(fx, text.s, text.len);
}

/*
 * A request from a peer that has a session: true if it is the one that we have
 * already.  iPXE queues its requests behind ARP and then sends three at once;
 * a network may double any; to all of them there is one answer.
 */
static bool is_repeated(struct tftpd *t, struct session *s, usec now,
			const struct wanted *w, struct effects *fx)
{
	bool is_same = s->image == (w->image ? w->image->id : 0);

	if (is_same && s->state == SESSION_HALF_OPEN) {
		if (now - s->replied >= MILLISECONDS(100))
			flight_reply(t, s, now, fx);
		return true;
	}
	/* A copy that comes late disturbs nothing.  But who has been silent
	 * may have been switched off, and begins anew. */
	if (is_same && now - s->heard < SECONDS(1))
		return true;
	session_end(t, s, fx);
	return false;
}

static void on_request(struct tftpd *t, usec now, const struct dgram *d,
		       struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct tftp_request q;
	struct session *s;
	struct wanted w;
	uint16_t code;

	t->stats.requests++;
	if (!tftp_request_get(&q, &r)) {
		struct note *n = effects_note(fx, NOTE_BAD_PACKET);

		n->peer = d->from;
		n->text = "TFTP request";
		return;
	}
	if (!find(t, d, &q, &w, &code)) {
		refuse(t, d, &q, code, fx);
		return;
	}
	s = session_by_peer(t, d->from);
	if (s && is_repeated(t, s, now, &w, fx))
		return;
	if (w.image)
		note_fallen(t, d, w.image, fx);
	session_begin(t, now, d, &q, &w, fx);
}

/* ---- the engine --------------------------------------------------------- */

/* The wrong TID: told so, within R12, and the transfer goes on (RFC 1350 4). */
static void on_stranger(struct session *s, const struct dgram *d,
			struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);

	if (tftp_op(&r) == TFTP_ERROR || s->strangers == STRANGERS_MAX)
		return;
	s->strangers++;
	say_error(s->at, d->from, TFTP_ETID, "unknown transfer", fx);
}

static bool is_request(const struct dgram *d)
{
	struct rd r = rd_over(d->bytes, d->len);
	uint16_t op = tftp_op(&r);

	return op == TFTP_RRQ || op == TFTP_WRQ;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct tftpd *t = tftpd_of(e);
	bool is_main = tftpd_is_main(t, d->to.port);
	struct session *s = session_by_port(t, d->to.port);

	if (s && endpoint_is(s->peer, d->from)) {
		flight_hear(t, s, now, d, fx);
		return;
	}
	if (!is_peer(t, d->from) || !was_for_us(t, d))
		return;
	if (s) {
		on_stranger(s, d, fx);
	} else if (is_main && is_request(d)) {
		if (limit_allows(&t->limit, hash_u64(d->from.ip, t->hash_seed),
				 now))
			on_request(t, now, d, fx);
		else
			t->stats.unheard++;
	} else if (is_main) { /* its transfers may be on this very port */
		s = session_by_peer(t, d->from);
		if (s && s->at.port == d->to.port)
			flight_hear(t, s, now, d, fx);
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct tftpd *t = tftpd_of(e);
	struct session *s;

	if (o->kind == EFFECT_LISTEN && o->cookie) {
		session_listening(t, now, o, fx);
	} else if (o->kind == EFFECT_FETCH) {
		s = session_of_cookie(t, o->cookie);
		if (s)
			flight_fetched(t, s, now, o, fx);
	}
}

/* A session's silence makes at most the blocks of a script. */
static bool has_room(const struct effects *fx)
{
	return effects_room(fx, SCRIPT_MAX / TFTP_BLKSIZE_MIN + 8,
			    TFTP_HEAD + 64);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct tftpd *t = tftpd_of(e);
	struct timer *timer;

	while (has_room(fx) && (timer = heap_pop(&t->heap, now))) {
		struct session *s = CONTAINER(timer, struct session, timer);

		if (s->due > now)
			session_wait(t, s, s->due);
		else
			flight_silence(t, s, now, fx);
	}
}

static usec on_deadline(const struct engine *e)
{
	const struct tftpd *t = CONTAINER_CONST(e, struct tftpd, engine);

	return heap_next(&t->heap);
}

int tftpd_open(struct tftpd **to, const struct site *site,
	       const struct alloc *alloc, uint64_t seed)
{
	struct tftpd *t = alloc_get(alloc, 1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	t->site = site;
	rand_seed(&t->rand, seed);
	t->hash_seed = rand_u64(&t->rand);
	if (limit_open(&t->limit, alloc) || sessions_open(t, alloc)) {
		tftpd_close(t, alloc);
		return -ENOMEM;
	}
	*to = t;
	return 0;
}

void tftpd_close(struct tftpd *t, const struct alloc *alloc)
{
	if (!t)
		return;
	sessions_close(t, alloc);
	limit_close(&t->limit, alloc);
	alloc_put(alloc, t);
}

struct engine *tftpd_engine(struct tftpd *t)
{
	return &t->engine;
}

const struct tftpd_stats *tftpd_stats(const struct tftpd *t)
{
	return &t->stats;
}

void tftpd_start(struct tftpd *t, usec now, struct effects *fx)
{
	uint16_t also = t->site->settings->tftm.also;

	(void)now;
	/* A storm of requests waits in its buffer. */
	effects_listen(fx, TFTP_PORT, 0, LISTEN_BULK, 0);
	if (also && also != TFTP_PORT)
		effects_listen(fx, also, 0, LISTEN_BULK, 0);
}

bool tftpd_claims(const struct tftpd *t, const struct dgram *d)
{
	return d->kind == DGRAM_UDP &&
	       (tftpd_is_main(t, d->to.port) || t->by_port[d->to.port]);
}
