/*
 * Sessions.  One table for all, but two counts: those that have proved nothing
 * stand in a ring whose oldest makes room, and only an ACK takes one out of it
 * into the others' number.  So a flood of requests turns over a small ring and
 * never touches a transfer under way (R14).
 */
#include "engine/tftpd_impl.h"

#include <assert.h>
#include <errno.h>

enum {
	SESSIONS_MAX = 65000,
	LOW_PORT = 2048,
	HIGH_PORT = 32768,
	LONG = 64 /* flights */
};

/* ---- tables ------------------------------------------------------------- */

static uint32_t number_of(const struct tftpd *t, const struct session *s)
{
	return (uint32_t)(s - t->sessions);
}

static uint32_t held_to(unsigned n, uint32_t most)
{
	return n < 1 ? 1 : n > most ? most : n;
}

int sessions_open(struct tftpd *t, const struct alloc *alloc)
{
	const struct settings *set = t->site->settings;

	t->half_max = held_to(set->tftp.half_open, SESSIONS_MAX / 4);
	t->proven_max = held_to(set->tftp.sessions, SESSIONS_MAX - t->half_max);
	t->n_sessions = t->half_max + t->proven_max;
	t->sessions = alloc_get(alloc, t->n_sessions + 1, sizeof(*t->sessions));
	t->rooms = alloc_get(alloc, t->n_sessions + 1, sizeof(*t->rooms));
	t->by_port = alloc_get(alloc, 65536, sizeof(*t->by_port));
	t->heap_room = alloc_get(alloc, t->n_sessions, sizeof(*t->heap_room));
	if (!t->sessions || !t->rooms || !t->by_port || !t->heap_room ||
	    index_open(&t->by_peer, alloc, t->n_sessions, false))
		return -ENOMEM;
	heap_open(&t->heap, t->heap_room, t->n_sessions);
	slots_open(&t->free_sessions, &t->sessions[0].newer,
		   sizeof(*t->sessions), t->n_sessions);
	return 0;
}

void sessions_close(struct tftpd *t, const struct alloc *alloc)
{
	alloc_put(alloc, t->sessions);
	alloc_put(alloc, t->rooms);
	alloc_put(alloc, t->by_port);
	alloc_put(alloc, t->heap_room);
	index_close(&t->by_peer, alloc);
}

static uint64_t peer_hash(const struct tftpd *t, struct endpoint peer)
{
	return hash_u64((uint64_t)peer.ip << 16 | peer.port, t->hash_seed);
}

struct session *session_by_peer(struct tftpd *t, struct endpoint peer)
{
	uint64_t h = peer_hash(t, peer);

	for (uint32_t at = 0, id; index_next(&t->by_peer, h, &at, &id);)
		if (endpoint_is(t->sessions[id].peer, peer))
			return &t->sessions[id];
	return NULL;
}

struct session *session_by_port(struct tftpd *t, uint16_t port)
{
	return t->by_port[port] ? &t->sessions[t->by_port[port]] : NULL;
}

/* The port is in it, too: to close it if it opens for nobody any more. */
uint64_t session_cookie(const struct tftpd *t, const struct session *s)
{
	return (uint64_t)s->generation << 32 | (uint64_t)s->at.port << 16 |
	       number_of(t, s);
}

struct session *session_of_cookie(struct tftpd *t, uint64_t cookie)
{
	uint32_t number = cookie & 0xffff;
	struct session *s = &t->sessions[number];

	if (number > t->n_sessions || session_cookie(t, s) != cookie)
		return NULL;
	return s;
}

void session_wait(struct tftpd *t, struct session *s, usec until)
{
	/* Each ACK moves the deadline away: the heap need not know, when it
	 * rings too early the session waits on. */
	s->due = until;
	if (!s->timer.place || until < s->timer.at)
		heap_set(&t->heap, &s->timer, until);
}

struct note *session_note(struct tftpd *t, const struct session *s,
			  unsigned code, struct effects *fx)
{
	const struct image *im = images_get(t->site->images, s->image);
	struct note *n = effects_note(fx, code);

	n->peer = s->peer;
	n->text = s->image && im ? im->name : POLICY_SCRIPT_NAME;
	return n;
}

/* ---- the ring of the half open ------------------------------------------ */

static void ring_add(struct tftpd *t, struct session *s)
{
	uint32_t id = number_of(t, s);

	s->older = t->newest;
	s->newer = SESSION_NONE;
	if (t->newest)
		t->sessions[t->newest].newer = id;
	else
		t->oldest = id;
	t->newest = id;
	t->n_half++;
}

static void ring_remove(struct tftpd *t, struct session *s)
{
	if (s->older)
		t->sessions[s->older].newer = s->newer;
	else
		t->oldest = s->newer;
	if (s->newer)
		t->sessions[s->newer].older = s->older;
	else
		t->newest = s->older;
	t->n_half--;
}

static bool has_its_share(const struct tftpd *t, uint32_t ip)
{
	unsigned n = 0, share = t->site->settings->tftp.per_source;

	for (uint32_t i = t->oldest; i; i = t->sessions[i].newer)
		n += t->sessions[i].peer.ip == ip;
	return n >= held_to(share, t->half_max);
}

/* A short transfer is over before it pays. */
static bool is_long(const struct session *s)
{
	return (s->size / s->blksize + 1) / s->window >= LONG;
}

bool session_prove(struct tftpd *t, struct session *s, struct effects *fx)
{
	struct note *n;

	if (t->n_proven == t->proven_max) {
		effects_note(fx, NOTE_ANSWERED_LATE)->text = "TFTP sessions";
		return false;
	}
	ring_remove(t, s);
	t->n_proven++;
	s->state = SESSION_PROVEN;
	t->stats.begun++;
	n = session_note(t, s, NOTE_TFTP_BEGUN, fx);
	n->a = s->size;
	n->b = s->blksize;
	if (is_long(s) && s->at.port != TFTP_PORT)
		effects_pair(fx, s->at, s->peer);
	return true;
}

/* ---- birth and death ---------------------------------------------------- */

/* R20.  0: none was free among a few. */
static uint16_t random_port(struct tftpd *t, const struct session *s)
{
	bool is_low = s->quirks & QUIRK_LOW_PORTS;
	uint16_t from = is_low ? LOW_PORT : HIGH_PORT;
	uint32_t n = is_low ? HIGH_PORT - LOW_PORT : 65536 - HIGH_PORT;

	for (int i = 0; i < 64; i++) {
		uint16_t port = (uint16_t)(from + rand_below(&t->rand, n));

		if (!t->by_port[port] &&
		    !settings_is_slam_port(t->site->settings, port))
			return port;
	}
	return 0;
}

static void listen_somewhere(struct tftpd *t, struct session *s,
			     struct effects *fx)
{
	unsigned flags = 0;

	s->at.port = random_port(t, s);
	if (!s->at.port || s->listens++ == LISTENS_MAX) {
		s->at.port = s->main;
		session_fail(t, s, TFTP_EUNDEF, "no free port", fx);
		return;
	}
	if (s->quirks & QUIRK_NO_DF)
		flags |= LISTEN_NO_DF;
	/* More than a socket's usual buffer takes at once. */
	if (s->window * s->blksize > 64 * 1024)
		flags |= LISTEN_BULK;
	t->by_port[s->at.port] = (uint16_t)number_of(t, s);
	effects_listen(fx, s->at.port, 0, flags, session_cookie(t, s));
}

void session_listening(struct tftpd *t, usec now, const struct outcome *o,
		       struct effects *fx)
{
	struct session *s = session_of_cookie(t, o->cookie);

	if (!s || s->state != SESSION_LISTENING) {
		if (!o->rc)
			effects_close_port(fx, (uint16_t)(o->cookie >> 16), 0);
		return;
	}
	if (o->rc) { /* somebody else's port, as a rule */
		t->by_port[s->at.port] = SESSION_NONE;
		listen_somewhere(t, s, fx);
		return;
	}
	s->state = SESSION_HALF_OPEN;
	flight_reply(t, s, now, fx);
}

/* RFC 2347: only what was asked, and what we can keep. */
static void agree(struct tftpd *t, struct session *s,
		  const struct tftp_options *asked)
{
	const struct settings *set = t->site->settings;
	struct tftp_options *o = &s->options;
	uint32_t most =
		s->quirks & QUIRK_SMALL_BLOCKS
			? TFTP_BLKSIZE
			: held_to(set->tftp.blksize_max, TFTP_BLKSIZE_MAX);

	if (most < TFTP_BLKSIZE_MIN)
		most = TFTP_BLKSIZE_MIN;
	if (s->is_text)
		most = held_to(most, TEXT_BLKSIZE);
	s->blksize = TFTP_BLKSIZE;
	s->window = 1;
	s->timeout = SECONDS(1);
	*o = (struct tftp_options){0};
	if (s->quirks & QUIRK_NO_OPTIONS)
		return;
	o->has = asked->has & ~(unsigned)(TFTP_HAS_MULTICAST | TFTP_HAS_GAPS);
	/* Only its end tells how long a text becomes; tftp-hpa's tftpd leaves
	 * the option out, too. */
	if (s->is_text)
		o->has &= ~(unsigned)TFTP_HAS_TSIZE;
	o->tsize = s->size;
	o->timeout = asked->timeout;
	if (o->has & TFTP_HAS_TIMEOUT)
		s->timeout = SECONDS(asked->timeout);
	if (o->has & TFTP_HAS_BLKSIZE)
		s->blksize = (uint16_t)held_to(asked->blksize, most);
	if (o->has & TFTP_HAS_WINDOWSIZE)
		s->window = (uint16_t)held_to(
			asked->windowsize,
			held_to(set->tftp.windowsize_max,
				s->is_text ? TEXT_WINDOW : WINDOW_MAX));
	o->blksize = s->blksize;
	o->windowsize = s->window;
}

static void load(struct tftpd *t, struct session *s, const struct wanted *w)
{
	if (w->image) {
		s->image = w->image->id;
		s->version = w->image->version;
		s->size = w->image->size;
		return;
	}
	/* Kept, so that each retransmission is the same, whatever changes. */
	s->size = w->script_len;
	memcpy(t->rooms[number_of(t, s)].script, w->script, w->script_len);
}

static struct session *take_free(struct tftpd *t, struct endpoint peer)
{
	uint32_t id = slots_take(&t->free_sessions);
	struct session *s = &t->sessions[id];

	assert(id);
	*s = (struct session){.generation = s->generation,
			      .state = SESSION_LISTENING,
			      .peer = peer};
	ring_add(t, s);
	(void)index_add(&t->by_peer, peer_hash(t, peer), id);
	t->stats.open_now++;
	return s;
}

void session_begin(struct tftpd *t, usec now, const struct dgram *d,
		   const struct tftp_request *q, const struct wanted *w,
		   struct effects *fx)
{
	const struct entry *machine = site_machine(t->site, NULL, d->from.ip);
	struct session *s;

	if (has_its_share(t, d->from.ip))
		return; /* it asks again, if it is there */
	if (t->n_half == t->half_max)
		session_end(t, &t->sessions[t->oldest], fx);
	s = take_free(t, d->from);
	s->quirks = policy_quirks(machine);
	load(t, s, w);
	if (w->image && !q->is_octet)
		text_begin(t, s);
	agree(t, s, &q->options);
	if (!s->is_text)
		s->last = s->size / s->blksize + 1;
	s->begun = s->heard = now;
	s->at = d->to;
	s->main = d->to.port;
	session_wait(t, s, now + HALF_OPEN_LIFE);
	if (!t->site->settings->tftp.single_port) {
		listen_somewhere(t, s, fx);
		return;
	}
	s->state = SESSION_HALF_OPEN;
	flight_reply(t, s, now, fx);
}

void session_end(struct tftpd *t, struct session *s, struct effects *fx)
{
	uint32_t id = number_of(t, s);

	if (s->state == SESSION_PROVEN)
		t->n_proven--;
	else
		ring_remove(t, s);
	if (!tftpd_is_main(t, s->at.port)) {
		t->by_port[s->at.port] = SESSION_NONE;
		if (s->state != SESSION_LISTENING)
			effects_close_port(fx, s->at.port, 0);
	}
	heap_cancel(&t->heap, &s->timer);
	index_remove(&t->by_peer, peer_hash(t, s->peer), id);
	t->stats.open_now--;
	s->state = SESSION_FREE;
	s->generation++;
	slots_put(&t->free_sessions, id);
}

void session_fail(struct tftpd *t, struct session *s, int code,
		  const char *text, struct effects *fx)
{
	struct wr w = effects_head(fx);

	tftp_error_put((uint16_t)code, text, &w);
	effects_send(fx, &w, s->at, s->peer);
	session_end(t, s, fx);
}
