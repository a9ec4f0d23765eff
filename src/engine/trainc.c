/*
 * trainc: its ports, its timers, and which of its parts an event is for.  One
 * timer is served at a time: whatever is due as well is asked for again.
 */
#include "engine/trainc_impl.h"

#include "base/text.h"

#include <errno.h>

/* Our own port is one of those that nobody else has a claim to. */
enum { PORT_FIRST = 32768, PORTS = 28000, PORT_TRIES = 8 };
/* Memory is for files of size_max in packets of about this size, in blocks of
 * about so many; and for small ones cut finer. */
enum {
	PACKET_TYPICAL = 1280,
	PACKETS_MORE = 1024,
	BLOCK_TYPICAL = 768,
	BLOCKS_MORE = 64,
};

/* So long, and so many questions without an answer: who was busy for a minute,
 * with restoring blocks, has heard nobody because it did not listen. */
static const usec PATIENCE = SECONDS(60);
enum { ASKED = 5 };
/* For each rider, so that they do not all speak at once; at most. */
static const usec BYE_EACH = 100, BYE_MOST = MILLISECONDS(20);

static struct trainc *trainc_of(struct engine *e)
{
	return CONTAINER(e, struct trainc, loadc.engine);
}

static struct trainc *of(struct loadc *l)
{
	return CONTAINER(l, struct trainc, loadc);
}

/* ---- beginning and end -------------------------------------------------- */

static uint64_t cookie(const struct trainc *c, uint32_t what)
{
	return (uint64_t)c->era << 32 | what;
}

static void listen_own(struct trainc *c, struct effects *fx)
{
	c->port = (uint16_t)(PORT_FIRST + rand_below(&c->rand, PORTS));
	effects_listen(fx, c->port, 0, 0, cookie(c, COOKIE_OWN));
}

static void no_timers(struct trainc *c)
{
	c->board_at = c->aboard_at = c->report_at = NEVER;
	c->speak_at = c->pick_at = c->leaves_at = c->bye_at = NEVER;
}

static void end(struct trainc *c, enum loadc_state state, struct effects *fx)
{
	c->loadc.progress.state = state;
	no_timers(c);
	if (c->group.port) {
		effects_add(fx, EFFECT_LEAVE)->join.group = c->group;
		effects_close_port(fx, c->group.port, 0);
	}
	if (c->port)
		effects_close_port(fx, c->port, 0);
	c->group = (struct endpoint){0};
	c->port = 0;
}

void trainc_fail(struct trainc *c, int rc, const char *why, struct effects *fx)
{
	if (why != c->why)
		text_copy(c->why, sizeof(c->why), why, strlen(why));
	c->loadc.progress.rc = rc;
	c->loadc.progress.why = c->why;
	end(c, LOADC_FAILED, fx);
}

void trainc_complete(struct trainc *c, usec now, struct effects *fx)
{
	usec within;

	if (!(c->status_flags & TRAIN_FLAG_GOODBYE) || !c->has_ticket) {
		end(c, LOADC_DONE, fx);
		return;
	}
	no_timers(c);
	within = usec_min(BYE_EACH * c->loadc.progress.on_board, BYE_MOST);
	c->bye_at = now + trainc_jitter(c, within);
}

static void say_goodbye(struct trainc *c, struct effects *fx)
{
	struct wr w = effects_head(fx);

	train_cookie_put(TRAIN_GOODBYE, c->head.train, c->cookie, &w);
	trainc_send(c, &w, fx);
	end(c, LOADC_DONE, fx);
}

void trainc_send(struct trainc *c, const struct wr *w, struct effects *fx)
{
	effects_send(fx, w, trainc_us(c), c->server);
	c->asked++;
	c->loadc.progress.requests++;
}

/* ---- datagrams ---------------------------------------------------------- */

/* Those that are of our train. */
static void dispatch(struct trainc *c, usec now, const struct dgram *d,
		     const struct train_head *h, struct rd *r,
		     struct effects *fx)
{
	bool is_to_us = d->to.port == c->port;

	trainc_heard(c, now);
	if (h->type == TRAIN_STATUS) {
		if (is_to_us || trainc_meets(c, now, d->from.ip))
			trainc_on_status(c, now, h, r, is_to_us);
	} else if (h->type == TRAIN_PROBE && is_to_us)
		trainc_on_probe(c, now, r, fx);
	else if (h->type == TRAIN_LEAVES)
		trainc_on_leaves(c, now, r, fx);
	else if (h->type == TRAIN_DETACH && is_to_us)
		trainc_detach(c, now);
}

/* To the group it is said by a server that does not send any more, and by one
 * that has taken the train up: that is not for who hears its own. */
static void on_refuse(struct trainc *c, usec now, const struct dgram *d,
		      struct rd *r, struct effects *fx)
{
	struct rd head = rd_over(d->bytes, d->len);
	bool is_to_us = d->to.port == c->port;
	struct train_head h;

	(void)train_head_get(&h, &head);
	if (!is_to_us && trainc_is_strange(c, now, d->from.ip)) {
		c->counts.foreign++;
		return;
	}
	trainc_on_refuse(c, now, &h, r, fx);
	if (!is_to_us && c->board_at == now)
		trainc_board_at(c, now, d->from.ip);
}

/* Its server reads the file for the manifest, and will say when it has one. */
static void on_preparing(struct trainc *c, usec now)
{
	if (c->board_at == NEVER)
		return;
	trainc_heard(c, now);
	c->loadc.progress.is_preparing = true;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct trainc *c = trainc_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	struct train_head h;
	bool is_ours;

	if (!trainc_is_loading(c) || c->bye_at != NEVER)
		return;
	if (!train_head_get(&h, &r)) {
		c->counts.foreign++;
		return;
	}
	is_ours = c->has_head && h.id == c->head.train;
	if (is_ours)
		trainc_heard_from(c, now, d->from.ip);
	if (is_ours && h.type == TRAIN_DATA)
		trainc_on_data(c, now, d, &r, fx);
	else if (h.type == TRAIN_REFUSE)
		on_refuse(c, now, d, &r, fx);
	else if (h.type == TRAIN_TICKET && h.id == c->nonce)
		trainc_on_ticket(c, now, d, &r, fx);
	else if (h.type == TRAIN_PREPARING && h.id == c->nonce)
		on_preparing(c, now);
	else if (is_ours)
		dispatch(c, now, d, &h, &r, fx);
	else
		c->counts.foreign++;
}

/* ---- outcomes ----------------------------------------------------------- */

static void on_own_port(struct trainc *c, usec now, int rc, struct effects *fx)
{
	if (!rc)
		trainc_board_from(c, now);
	else if (rc == -EADDRINUSE && ++c->port_tries < PORT_TRIES)
		listen_own(c, fx);
	else
		trainc_fail(c, rc, "there is no port for requests", fx);
}

static void on_listen(struct trainc *c, usec now, const struct outcome *o,
		      struct effects *fx)
{
	if ((uint32_t)o->cookie == COOKIE_OWN) {
		on_own_port(c, now, o->rc, fx);
	} else if (o->rc) {
		trainc_fail(c, o->rc, "the group's port is taken", fx);
	} else {
		c->is_listening = true;
		trainc_may_ride(c, now);
	}
}

static void on_allot(struct trainc *c, usec now, int rc, struct effects *fx)
{
	if (rc) {
		trainc_fail(c, rc, "there is no room for the file", fx);
		return;
	}
	c->has_room = true;
	trainc_may_ride(c, now);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct trainc *c = trainc_of(e);

	if (!trainc_is_loading(c) || o->cookie >> 32 != c->era)
		return;
	if (o->kind == EFFECT_LISTEN)
		on_listen(c, now, o, fx);
	else if (o->kind == EFFECT_ALLOT)
		on_allot(c, now, o->rc, fx);
	else if (o->kind == EFFECT_MEND)
		trainc_on_mend(c, now, (uint32_t)o->cookie, o->rc, fx);
	else if (o->kind == EFFECT_SORT)
		trainc_on_sort(c, now, o, fx);
	else if (o->kind == EFFECT_JOIN && o->rc)
		trainc_fail(c, o->rc, "the group cannot be joined", fx);
}

/* ---- timers ------------------------------------------------------------- */

static void give_up(struct trainc *c, struct effects *fx)
{
	if (c->is_full)
		trainc_fail(c, -EBUSY, "the server has no room", fx);
	else if (c->is_garbled)
		trainc_fail(c, -EBADMSG,
			    "what the server announces is no manifest, or not "
			    "all of one",
			    fx);
	else
		trainc_fail(c, -ETIMEDOUT, "the server is silent", fx);
}

static usec patience_ends(const struct trainc *c)
{
	return c->asked < ASKED ? NEVER : c->heard_at + PATIENCE;
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct trainc *c = trainc_of(e);

	if (!trainc_is_loading(c))
		return;
	if (now >= c->bye_at)
		say_goodbye(c, fx);
	else if (c->bye_at == NEVER && now >= patience_ends(c))
		give_up(c, fx);
	else if (now >= c->board_at)
		trainc_board(c, now, fx);
	else if (now >= c->aboard_at)
		trainc_aboard(c, now, fx);
	else if (now >= c->leaves_at)
		trainc_ask_leaves(c, now, fx);
	else if (now >= c->pick_at)
		trainc_pick(c, now, fx);
	else if (now >= c->report_at)
		trainc_report(c, fx);
	else if (now >= c->speak_at)
		trainc_speak(c, now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct trainc *c =
		CONTAINER_CONST(e, struct trainc, loadc.engine);
	usec at;

	if (!trainc_is_loading(c))
		return NEVER;
	if (c->bye_at != NEVER)
		return c->bye_at;
	at = usec_min(c->board_at, c->aboard_at);
	at = usec_min(at, usec_min(c->report_at, c->speak_at));
	at = usec_min(at, usec_min(c->pick_at, c->leaves_at));
	return usec_min(at, patience_ends(c));
}

/* ---- a loadc ------------------------------------------------------------ */

static void forget_train(struct trainc *c)
{
	c->era++;
	c->has_head = c->has_ticket = c->is_aboard = c->is_full = false;
	c->is_listening = c->has_room = c->is_detached = false;
	c->is_garbled = c->loadc.progress.is_preparing = false;
	c->group = (struct endpoint){0};
	c->boards = c->port_tries = 0;
	c->also = 0;
	c->is_seeking = false;
}

static void start(struct loadc *l, usec now, const struct url *url,
		  uint32_t file, struct effects *fx)
{
	struct trainc *c = of(l);
	size_t len = strlen(url->path);

	l->progress = (struct loadc_progress){.state = LOADC_LOADING};
	c->url = *url;
	c->file = file;
	c->server = (struct endpoint){url->server, url->port};
	c->heard_at = now;
	c->asked = 0;
	c->port = 0;
	no_timers(c);
	forget_train(c);
	if (!c->config.crypt)
		trainc_fail(c, -ENOTSUP, "nothing here can check hashes", fx);
	else if (!len || len > UINT8_MAX)
		trainc_fail(c, -EINVAL, "the address names no file", fx);
	else
		listen_own(c, fx);
}

static void stop(struct loadc *l, usec now, struct effects *fx)
{
	(void)now;
	if (l->progress.state == LOADC_LOADING)
		end(of(l), LOADC_IDLE, fx);
}

static bool claims(const struct loadc *l, const struct dgram *d)
{
	const struct trainc *c = CONTAINER_CONST(l, struct trainc, loadc);

	return trainc_is_loading(c) && d->kind == DGRAM_UDP &&
	       (d->to.port == c->port ||
		(c->group.port && d->to.port == c->group.port));
}

static void close(struct loadc *l, const struct alloc *alloc)
{
	struct trainc *c = of(l);

	alloc_put(alloc, c->have.words);
	alloc_put(alloc, c->list_have.words);
	alloc_put(alloc, c->blocks);
	alloc_put(alloc, c->list);
	alloc_put(alloc, c->leaves);
	alloc_put(alloc, c->numbers);
	alloc_put(alloc, c->next);
	alloc_put(alloc, c);
}

static unsigned or_usual(unsigned n, unsigned usual, unsigned most)
{
	n = n ? n : usual;
	return n < most ? n : most;
}

static uint32_t at_most(uint64_t n, uint32_t most)
{
	return n < most ? (uint32_t)n : most;
}

static bool take_memory(struct trainc *c, const struct alloc *alloc)
{
	size_t list_words;

	c->bits = at_most(c->config.size_max / PACKET_TYPICAL + PACKETS_MORE,
			  UINT32_MAX);
	c->n_blocks = c->bits / BLOCK_TYPICAL + BLOCKS_MORE;
	c->slots = (uint16_t)or_usual(c->config.slots, SLOTS_USUAL, SLOTS_MAX);
	c->leaves_room =
		or_usual(c->config.leaves, TRAIN_BLOCK_MAX, TRAIN_BLOCK_MAX);
	list_words = BITMAP_WORDS(c->n_blocks / 2 + 1);
	c->have.words = alloc_get(alloc, BITMAP_WORDS(c->bits), 8);
	c->list_have.words = alloc_get(alloc, list_words, 8);
	c->blocks = alloc_get(alloc, c->n_blocks, sizeof(*c->blocks));
	c->list = alloc_get(alloc, c->n_blocks, CRYPT_HASH);
	c->leaves = alloc_get(alloc, c->leaves_room, TRAIN_LEAF);
	c->numbers = alloc_get(alloc, c->slots, sizeof(*c->numbers));
	c->next = alloc_get(alloc, c->slots, sizeof(*c->next));
	return c->have.words && c->list_have.words && c->blocks && c->list &&
	       c->leaves && c->numbers && c->next;
}

int trainc_open(struct loadc **to, const struct loadc_config *config,
		const struct alloc *alloc)
{
	static const struct loadc_ops ops = {start, stop, claims, close};
	struct trainc *c = alloc_get(alloc, 1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->loadc.ops = &ops;
	c->loadc.engine = (struct engine){.input = on_input,
					  .settle = on_settle,
					  .expire = on_expire,
					  .deadline = on_deadline};
	c->config = *config;
	rand_seed(&c->rand, config->seed);
	if (!take_memory(c, alloc)) {
		loadc_close(&c->loadc, alloc);
		return -ENOMEM;
	}
	*to = &c->loadc;
	return 0;
}

const struct trainc_counts *trainc_counts(const struct loadc *l)
{
	return &CONTAINER_CONST(l, struct trainc, loadc)->counts;
}
