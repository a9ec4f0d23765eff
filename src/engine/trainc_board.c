/*
 * Boarding, page "The rider", 1 and 2.  A rider whose cookie was refused boards
 * again and keeps what it has: the ticket of a server with the same manifest is
 * for the same train.
 */
#include "engine/trainc_impl.h"

#include "base/text.h"

#include <errno.h>

enum { ALONE = 3 /* BOARDs before others are asked, too */, TOWARD = 2 };

static const usec BOARD_FIRST = MILLISECONDS(50);
static const usec BOARD_MAX = MILLISECONDS(1600);
static const usec ABOARD_FIRST = MILLISECONDS(30);
static const usec ABOARD_MAX = MILLISECONDS(960);
static const usec ABOARD_LATE = MILLISECONDS(5);

/* A server that was not heard for so long may have been replaced. */
static const usec SILENCE = MILLISECONDS(250);
/* For each rider, so that they do not all ask at once; at most. */
static const usec BACK_EACH = 100, BACK_MOST = MILLISECONDS(100);

/* ---- several servers ---------------------------------------------------- */

static bool is_our_server(const struct trainc *c, uint32_t ip)
{
	return ip == c->server.ip || ip == c->also;
}

void trainc_heard_from(struct trainc *c, usec now, uint32_t ip)
{
	if (is_our_server(c, ip))
		c->server_at = now;
}

bool trainc_is_strange(const struct trainc *c, usec now, uint32_t ip)
{
	return !is_our_server(c, ip) && now - c->server_at < SILENCE;
}

void trainc_board_at(struct trainc *c, usec now, uint32_t ip)
{
	usec within =
		usec_min(BACK_EACH * c->loadc.progress.on_board, BACK_MOST);

	trainc_board_from(c, now + trainc_jitter(c, within));
	c->toward = ip;
}

bool trainc_meets(struct trainc *c, usec now, uint32_t ip)
{
	if (is_our_server(c, ip))
		return true;
	if (trainc_is_strange(c, now, ip))
		return false;
	if (c->has_ticket || c->toward != ip)
		trainc_board_at(c, now, ip);
	return true;
}

/* ---- BOARD -------------------------------------------------------------- */

/* It has no place on a train. */
static void get_off(struct trainc *c)
{
	c->aboard_at = c->speak_at = c->report_at = c->pick_at = NEVER;
	c->has_ticket = c->is_aboard = c->is_seeking = false;
}

void trainc_board_from(struct trainc *c, usec now)
{
	c->nonce = rand_u64(&c->rand);
	c->toward = c->server.ip;
	c->boards = 0;
	c->board_at = now;
	c->is_full = false;
	get_off(c);
}

static void send_board(struct trainc *c, uint32_t ip, struct effects *fx)
{
	struct endpoint to = {ip, c->url.port};
	struct wr w = effects_head(fx);

	train_board_put(c->nonce, c->url.path, strlen(c->url.path), &w);
	effects_send(fx, &w, trainc_us(c), to);
	c->asked++;
	c->loadc.progress.requests++;
}

void trainc_board(struct trainc *c, usec now, struct effects *fx)
{
	usec wait = trainc_wait(BOARD_FIRST, c->boards, BOARD_MAX);

	send_board(c, c->boards < TOWARD ? c->toward : c->url.server, fx);
	if (c->boards++ >= ALONE)
		send_board(c, IP_BROADCAST, fx);
	c->board_at = now + wait + trainc_jitter(c, wait / 2);
}

void trainc_seek(struct trainc *c, struct effects *fx)
{
	c->is_seeking = true; /* by the nonce that the ticket has left us */
	send_board(c, IP_BROADCAST, fx);
}

/* ---- TICKET ------------------------------------------------------------- */

/* What was had is never had again in an older version: somebody may be sending
 * what once was right. */
static uint64_t version_min(const struct trainc *c, const struct manifest *m)
{
	uint64_t least = c->config.version_min;

	for (unsigned i = 0; i < c->config.n_seen; i++) {
		const struct loadc_seen *s = &c->config.seen[i];

		if (s->version > least &&
		    !memcmp(s->key_id, m->key_id, sizeof(s->key_id)) &&
		    !strcmp(s->name, m->name))
			least = s->version;
	}
	return least;
}

static const char *describe(struct trainc *c, enum manifest_fault fault,
			    const struct manifest *m,
			    const struct train_ticket *t)
{
	struct text why = text_over(c->why, sizeof(c->why));

	text_add(&why, manifest_fault_text(fault));
	if (fault == MANIFEST_TOO_OLD) {
		text_add(&why, ": version ");
		text_u64(&why, m->version);
		text_add(&why, ", and it must be ");
		text_u64(&why, version_min(c, m));
		text_add(&why, " or later");
	} else if (fault == MANIFEST_UNSIGNED && t->note_len) {
		/* It has one, and refused it itself. */
		text_add(&why,
			 ": the server says of the one beside the file: ");
		text_wire(&why, t->note, t->note_len);
	}
	return c->why;
}

static enum manifest_fault judge(const struct trainc *c,
				 const struct manifest *m,
				 const struct train_ticket *t, usec wall)
{
	const struct manifest_trust trust = {
		.keys = c->config.keys,
		.n_keys = c->config.n_keys,
		.name = c->url.path,
		.version_min = version_min(c, m),
		.wall = wall > 0 ? (uint64_t)(wall / SECOND) : 0};

	return manifest_judge(m, t->head, t->head_len, &trust, c->config.crypt);
}

static bool fits(const struct trainc *c, const struct layout *l)
{
	return l->size <= c->config.size_max && l->packets <= c->bits &&
	       l->blocks <= c->n_blocks;
}

static void leave_group(struct trainc *c, struct effects *fx)
{
	if (!c->group.port)
		return;
	effects_add(fx, EFFECT_LEAVE)->join.group = c->group;
	effects_close_port(fx, c->group.port, 0);
}

static void join_group(struct trainc *c, struct endpoint group,
		       struct effects *fx)
{
	uint64_t cookie = (uint64_t)c->era << 32 | COOKIE_GROUP;
	struct join *join;

	if (c->is_listening && endpoint_is(c->group, group))
		return;
	leave_group(c, fx);
	c->group = group;
	c->is_listening = false;
	effects_listen(fx, group.port, 0, LISTEN_BULK, cookie);
	join = &effects_add(fx, EFFECT_JOIN)->join;
	join->group = group;
	join->cookie = cookie;
}

/* A train that we do not know: there is nothing yet of its file. */
static void begin(struct trainc *c, const struct manifest *m,
		  struct effects *fx)
{
	struct allot *a;

	c->head = *m;
	c->has_head = true;
	c->loadc.progress.manifest = &c->head;
	c->has_room = false;
	leave_group(c, fx);
	c->group = (struct endpoint){0};
	c->is_listening = false;
	c->era++;
	trainc_keep_open(c);
	a = &effects_add(fx, EFFECT_ALLOT)->allot;
	a->file = c->file;
	a->size = m->layout.size;
	a->scratch = (uint64_t)c->slots * m->layout.packet;
	a->layout = m->layout;
	a->cookie = (uint64_t)c->era << 32 | COOKIE_ALLOT;
}

static void take(struct trainc *c, usec now, const struct train_ticket *t,
		 const struct manifest *m, struct effects *fx)
{
	bool is_new = !c->has_head || m->train != c->head.train;

	/* The cookie that we had: it only speaks by two addresses. */
	c->also = t->cookie == c->cookie ? c->toward : 0;
	c->server_at = now;
	c->cookie = t->cookie;
	get_off(c);
	c->has_ticket = true;
	c->is_detached = c->is_garbled = false;
	c->loadc.progress.is_preparing = false;
	c->board_at = NEVER;
	c->aboards = 0;
	c->has_waited = false;
	c->nonce = rand_u64(&c->rand); /* a second ticket is no use */
	trainc_heard(c, now);
	if (is_new)
		begin(c, m, fx);
	else if (c->sick != BLOCK_NONE && c->is_sorted)
		c->pick_at = now;
	join_group(c, t->group, fx);
	trainc_may_ride(c, now);
}

void trainc_on_ticket(struct trainc *c, usec now, const struct dgram *d,
		      struct rd *r, struct effects *fx)
{
	struct train_ticket t;
	enum manifest_fault fault;
	struct manifest m;

	if ((c->board_at == NEVER && !c->is_seeking) ||
	    !train_ticket_get(&t, r) || !ip_is_multicast(t.group.ip) ||
	    !t.group.port || t.group.port == c->port) {
		c->counts.foreign++;
		return;
	}
	/* Another server may do better, so it asks on. */
	if (!manifest_get(&m, t.head, t.head_len, c->config.crypt)) {
		c->counts.foreign++;
		c->is_garbled = true;
		return;
	}
	fault = judge(c, &m, &t, d->wall);
	if (fault != MANIFEST_GOOD) {
		trainc_fail(c, -EBADMSG, describe(c, fault, &m, &t), fx);
	} else if (!fits(c, &m.layout)) {
		trainc_fail(c, -EFBIG, "the file is too large", fx);
	} else {
		c->server = d->from;
		take(c, now, &t, &m, fx);
	}
}

/* ---- REFUSE ------------------------------------------------------------- */

static void fail_as_told(struct trainc *c, int rc, const char *text, size_t len,
			 struct effects *fx)
{
	struct text why = text_over(c->why, sizeof(c->why));

	text_add(&why, "the server says: ");
	text_wire(&why, text, len);
	trainc_fail(c, rc, len ? c->why : "the server refuses", fx);
}

static void on_board_refused(struct trainc *c, uint16_t code, const char *text,
			     size_t len, struct effects *fx)
{
	if (code == TRAIN_NO_ROOM)
		c->is_full = true; /* it may have some in a while */
	else
		fail_as_told(c, code == TRAIN_NO_FILE ? -ENOENT : -EACCES, text,
			     len, fx);
}

void trainc_on_refuse(struct trainc *c, usec now, const struct train_head *h,
		      struct rd *r, struct effects *fx)
{
	const char *text;
	uint16_t code;
	size_t len;

	if (!train_refuse_get(&code, &text, &len, r))
		c->counts.foreign++;
	else if (c->board_at != NEVER && h->id == c->nonce)
		on_board_refused(c, code, text, len, fx);
	else if (c->has_ticket && h->id == c->head.train &&
		 code == TRAIN_NO_COOKIE)
		trainc_board_from(c, now);
	else
		c->counts.foreign++;
}

/* ---- ABOARD ------------------------------------------------------------- */

void trainc_may_ride(struct trainc *c, usec now)
{
	if (c->is_listening && c->has_room && c->has_ticket && !c->is_aboard &&
	    c->aboard_at == NEVER)
		c->aboard_at = now;
}

void trainc_is_late(struct trainc *c, usec now)
{
	if (c->aboards || c->has_waited)
		return;
	c->has_waited = true;
	c->aboard_at = now + ABOARD_LATE;
}

void trainc_aboard(struct trainc *c, usec now, struct effects *fx)
{
	struct train_interval wanted[TRAIN_INTERVALS];
	usec wait = trainc_wait(ABOARD_FIRST, c->aboards, ABOARD_MAX);
	struct wr w = effects_head(fx);
	uint16_t n = trainc_runs(c, wanted, TRAIN_INTERVALS, true);

	train_cookie_put(TRAIN_ABOARD, c->head.train, c->cookie, &w);
	train_intervals_put(wanted, n, &w);
	trainc_send(c, &w, fx);
	c->aboards++;
	c->aboard_at = now + wait;
}
