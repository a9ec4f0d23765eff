/*
 * traind, the engine: which run a message belongs to.  All riders of all trains
 * speak to one port; after boarding, the train id and a cookie say who and
 * what.
 */
#include "engine/askers.h"
#include "engine/note.h"
#include "engine/traind_impl.h"

#include <errno.h>

static struct traind *traind_of(struct engine *e)
{
	return CONTAINER(e, struct traind, engine);
}

struct run *run_by_id(struct traind *t, uint64_t id, struct place p)
{
	for (uint32_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].id == id && run_is_at(&t->runs[i], p))
			return &t->runs[i];
	return NULL;
}

/* ---- messages of riders ---------------------------------------------------
 */

static void refuse_cookie(struct traind *t, const struct dgram *d, uint64_t id,
			  struct effects *fx)
{
	struct wr w = effects_head(fx);

	train_refuse_put(id, TRAIN_NO_COOKIE, "", &w);
	if (!w.bad && wr_len(&w) < d->len)
		effects_send(fx, &w, traind_us(t), d->from)->link = d->link;
}

static void on_aboard(struct traind *t, struct run *r, const struct dgram *d,
		      struct rd *body, usec now, struct effects *fx)
{
	struct seat *s = seat_find(t, r, d->from);
	bool is_new = !s || s->is_gone;
	struct train_intervals v;

	if (!train_intervals_get(&v, body))
		return;
	s = seat_take(t, r, d->from, fx);
	if (!s)
		return;
	s->heard = now;
	seat_asked(t, r, d->from, false);
	if (is_new) {
		askers_came(t->site->askers, d->from.ip, r->image);
		seat_want_list(t, r, s);
	}
	/* Said again because our answer was slow, it would have the train send
	 * all that left meanwhile once more. */
	if (is_new || r->phase == RUN_STANDING)
		seat_want(t, r, s, &v, fx);
	run_call(t, r, now, is_new, fx);
	run_say(t, r, now, &s->at, fx);
}

static void on_report(struct traind *t, struct run *r, struct seat *s,
		      struct rd *body, usec now, struct effects *fx)
{
	struct train_report p;

	if (!train_report_get(&p, body))
		return;
	t->stats.reports++;
	seat_report(t, r, s, &p, now, fx);
}

static void on_pick(struct traind *t, struct run *r, struct seat *s,
		    struct rd *body, usec now, struct effects *fx)
{
	struct train_intervals v;

	if (train_intervals_get(&v, body))
		pick_ask(t, r, s, &v, now, fx);
}

static void on_leaves_ask(struct traind *t, struct run *r, struct seat *s,
			  struct rd *body, usec now, struct effects *fx)
{
	struct train_leaves l;

	if (train_leaves_ask_get(&l, body))
		pick_leaves(t, r, s, &l, now, fx);
}

/* What a rider with a right cookie says; all but ABOARD need a seat. */
static void on_rider(struct traind *t, struct run *r, const struct dgram *d,
		     const struct train_head *h, usec now, struct effects *fx)
{
	struct rd body = rd_over(d->bytes, d->len);
	struct seat *s = seat_find(t, r, d->from);
	uint64_t cookie;

	(void)rd_take(&body, TRAIN_HEAD);
	askers_seen(t->site->askers, d->from.ip);
	if (h->type == TRAIN_ABOARD) {
		(void)train_cookie_get(&cookie, &body);
		on_aboard(t, r, d, &body, now, fx);
		return;
	}
	if (!s || s->is_gone) {
		if (h->type != TRAIN_GOODBYE)
			refuse_cookie(t, d, h->id, fx);
		return;
	}
	s->heard = now;
	if (h->type == TRAIN_REPORT) {
		on_report(t, r, s, &body, now, fx);
	} else if (h->type == TRAIN_LEAVES_ASK) {
		on_leaves_ask(t, r, s, &body, now, fx);
	} else if (h->type == TRAIN_PICK) {
		(void)train_cookie_get(&cookie, &body);
		on_pick(t, r, s, &body, now, fx);
	} else if (h->type == TRAIN_GOODBYE) {
		seat_leave(t, r, s, fx);
		if (!r->n_seats)
			run_timer(t, r, now);
	}
}

static void on_message(struct traind *t, const struct dgram *d,
		       const struct train_head *h, struct rd *body, usec now,
		       struct effects *fx)
{
	struct run *r = run_by_id(t, h->id, place_of(t, d));
	uint64_t cookie;

	if (!train_cookie_get(&cookie, body))
		return;
	if (!r || cookie != seat_cookie(t, r, d->from) ||
	    (r->phase == RUN_FOLLOWING && h->type != TRAIN_GOODBYE))
		refuse_cookie(t, d, h->id, fx);
	else
		on_rider(t, r, d, h, now, fx);
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct traind *t = traind_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	struct train_head h;

	if (!train_head_get(&h, &r) || !d->from.port ||
	    ip_is_multicast(d->to.ip) ||
	    !site_is_neighbour(t->site, d->from.ip))
		return;
	switch ((enum train_type)h.type) {
	case TRAIN_BOARD:
		board_ask(t, d, h.id, &r, fx);
		break;
	case TRAIN_ABOARD:
	case TRAIN_REPORT:
	case TRAIN_PICK:
	case TRAIN_LEAVES_ASK:
	case TRAIN_GOODBYE:
		on_message(t, d, &h, &r, now, fx);
		break;
	case TRAIN_DRIVES:
		drive_hear(t, d, &h, &r, now, fx);
		break;
	case TRAIN_FORWARD:
		board_forwarded(t, d, h.id, &r, fx);
		break;
	case TRAIN_TICKET:
	case TRAIN_REFUSE:
	case TRAIN_PREPARING:
	case TRAIN_STATUS:
	case TRAIN_PROBE:
	case TRAIN_DATA:
	case TRAIN_LEAVES:
	case TRAIN_DETACH:
		break; /* a server's own words */
	}
}

/* ---- the engine -----------------------------------------------------------
 */

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct traind *t = traind_of(e);
	uint32_t cookie = (uint32_t)o->cookie;
	struct run *r;

	if (o->kind != EFFECT_FETCH)
		return;
	if (cookie == FETCH_MANIFEST) {
		board_waiting(t, (uint32_t)(o->cookie >> 32), o->rc, fx);
		return;
	}
	if (cookie / FETCH_KINDS >= t->n_runs)
		return;
	r = &t->runs[cookie / FETCH_KINDS];
	if (o->cookie >> 32 != r->life)
		return;
	if (cookie % FETCH_KINDS == FETCH_BATCH)
		send_fetched(t, r, now, o->rc, fx);
	else
		pick_fetched(t, r, now, o->rc, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct traind *t = traind_of(e);
	struct timer *timer;

	while (effects_room(fx, 2 * BURST, TRAIN_PAYLOAD_MAX) &&
	       (timer = heap_pop(&t->heap, now)))
		run_expire(t, CONTAINER(timer, struct run, timer), now, fx);
}

static usec on_deadline(const struct engine *e)
{
	const struct traind *t = CONTAINER_CONST(e, struct traind, engine);

	return heap_next(&t->heap);
}

static int open_runs(struct traind *t, const struct alloc *alloc)
{
	size_t packets = (size_t)(TRAIND_SIZE_MAX / TRAIN_PACKET + 1);
	size_t words = BITMAP_WORDS(packets);
	size_t blocks = STATUSES * TRAIN_STATUS_MAX;
	uint64_t *bits = alloc_get(alloc, t->n_runs, words * 8);
	uint16_t *counts = alloc_get(alloc, 2 * t->n_runs, blocks * 2);

	t->runs = alloc_get(alloc, t->n_runs, sizeof(*t->runs));
	if (!t->runs || !bits || !counts) {
		alloc_put(alloc, bits);
		alloc_put(alloc, counts);
		return -ENOMEM;
	}
	t->packets_most = (uint32_t)packets;
	t->blocks_most = (uint32_t)blocks;
	for (uint32_t i = 0; i < t->n_runs; i++) {
		t->runs[i].want.words = bits + i * words;
		t->runs[i].pending = counts + 2 * i * blocks;
		t->runs[i].lack = counts + (2 * i + 1) * blocks;
	}
	return 0;
}

static int open_tables(struct traind *t, const struct alloc *alloc)
{
	int rc = open_runs(t, alloc);

	if (rc)
		return rc;
	t->heap_room = alloc_get(alloc, t->n_runs, sizeof(struct timer *));
	t->seats = alloc_get(alloc, t->n_seats + 1, sizeof(*t->seats));
	t->waiting = alloc_get(alloc, WAITING, sizeof(*t->waiting));
	if (share_open(&t->share, alloc) || !t->heap_room || !t->seats ||
	    !t->waiting ||
	    index_open(&t->by_endpoint, alloc, t->n_seats, false))
		return -ENOMEM;
	heap_open(&t->heap, t->heap_room, t->n_runs);
	slots_open(&t->free_seats, &t->seats[0].next, sizeof(*t->seats),
		   t->n_seats);
	return 0;
}

int traind_open(struct traind **to, const struct site *site,
		const struct alloc *alloc, uint64_t seed)
{
	struct traind *t = alloc_get(alloc, 1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	t->site = site;
	t->n_runs = site->settings->train.trains;
	t->n_seats = site->settings->train.riders;
	rand_seed(&t->rand, seed);
	t->secret = rand_u64(&t->rand);
	if (open_tables(t, alloc)) {
		traind_close(t, alloc);
		return -ENOMEM;
	}
	*to = t;
	return 0;
}

void traind_close(struct traind *t, const struct alloc *alloc)
{
	if (!t)
		return;
	if (t->runs) {
		alloc_put(alloc, t->runs[0].want.words);
		alloc_put(alloc, t->runs[0].pending);
	}
	alloc_put(alloc, t->runs);
	alloc_put(alloc, t->heap_room);
	alloc_put(alloc, t->seats);
	alloc_put(alloc, t->waiting);
	share_close(&t->share, alloc);
	index_close(&t->by_endpoint, alloc);
	alloc_put(alloc, t);
}

struct engine *traind_engine(struct traind *t)
{
	return &t->engine;
}

const struct traind_stats *traind_stats(const struct traind *t)
{
	return &t->stats;
}

bool traind_next_train(const struct traind *t, uint32_t *at,
		       struct traind_train *to)
{
	while (*at < t->n_runs) {
		const struct run *r = &t->runs[(*at)++];

		if (!r->image)
			continue;
		*to = (struct traind_train){
			.image = r->image,
			.packets = r->layout.packets,
			.sent = r->sent,
			.riders = r->n_seats,
			.rate = r->pace.rate,
			.is_running = run_drives(r),
		};
		return true;
	}
	return false;
}

void traind_start(struct traind *t, usec now, struct effects *fx)
{
	(void)now;
	effects_listen(fx, t->site->settings->train.port, 0, LISTEN_BULK, 0);
}

bool traind_claims(const struct traind *t, const struct dgram *d)
{
	return d->kind == DGRAM_UDP &&
	       d->to.port == t->site->settings->train.port;
}
