/*
 * Riders.  A machine becomes one with its first NACK and stops being one when
 * it says so, when it asks for nothing more, or when it stays silent.  Asking
 * goes round the ring a few machines at a time, so that ten thousand of them
 * never answer at once.
 */
#include "engine/note.h"
#include "engine/slamd_impl.h"

static uint64_t key(const struct slamd *s, struct endpoint at, uint16_t train)
{
	return hash_u64((uint64_t)at.ip << 32 | (uint64_t)at.port << 16 | train,
			s->hash_seed);
}

static uint16_t train_number(const struct slamd *s, const struct train *t)
{
	return (uint16_t)(t - s->trains);
}

struct rider *rider_find(struct slamd *s, struct endpoint at, uint16_t train)
{
	uint64_t h = key(s, at, train);

	for (uint32_t i = 0, id; index_next(&s->by_endpoint, h, &i, &id);)
		if (endpoint_is(s->riders[id].at, at) &&
		    s->riders[id].train == train)
			return &s->riders[id];
	return NULL;
}

static void ring_add(struct slamd *s, struct train *t, uint32_t id)
{
	struct rider *r = &s->riders[id];

	if (!t->riders) {
		r->next = r->prev = id;
		t->riders = t->next_ask = id;
	} else {
		struct rider *first = &s->riders[t->riders];

		r->next = t->riders;
		r->prev = first->prev;
		s->riders[first->prev].next = id;
		first->prev = id;
	}
	t->n_riders++;
	t->n_slow += !r->is_fast;
}

static void ring_remove(struct slamd *s, struct train *t, uint32_t id)
{
	struct rider *r = &s->riders[id];
	uint32_t after = r->next == id ? RIDER_NONE : r->next;

	s->riders[r->prev].next = r->next;
	s->riders[r->next].prev = r->prev;
	if (t->riders == id)
		t->riders = after;
	if (t->next_ask == id)
		t->next_ask = after;
	t->n_riders--;
	t->n_slow -= !r->is_fast;
	t->owing -= r->owes;
}

struct rider *rider_board(struct slamd *s, struct train *t, struct endpoint at,
			  bool is_fast, struct effects *fx)
{
	uint32_t id = s->free_rider;
	struct rider *r = &s->riders[id];

	if (!id) {
		effects_note(fx, NOTE_ANSWERED_LATE)->text = "riders";
		return NULL;
	}
	s->free_rider = r->next;
	*r = (struct rider){.at = at,
			    .train = train_number(s, t),
			    .is_taken = true,
			    .is_fast = is_fast,
			    .first_gap = UINT64_MAX};
	ring_add(s, t, id);
	(void)index_add(&s->by_endpoint, key(s, at, r->train), id);
	s->stats.boarded++;
	effects_note(fx, NOTE_RIDER_BOARDED)->peer = at;
	return r;
}

void rider_leave(struct slamd *s, struct train *t, struct rider *r)
{
	uint32_t id = (uint32_t)(r - s->riders);

	ring_remove(s, t, id);
	index_remove(&s->by_endpoint, key(s, r->at, r->train), id);
	r->is_taken = false;
	r->next = s->free_rider;
	s->free_rider = id;
}

void riders_leave_all(struct slamd *s, struct train *t)
{
	while (t->riders)
		rider_leave(s, t, &s->riders[t->riders]);
}

void riders_ask(struct slamd *s, struct train *t, uint32_t most,
		struct effects *fx)
{
	struct endpoint us = {.port = t->port};

	for (uint32_t i = 0; i < most && i < t->n_riders; i++) {
		struct rider *r = &s->riders[t->next_ask];
		struct wr w = effects_head(fx);

		t->next_ask = r->next;
		if (r->owes)
			continue;
		slam_header_put(&t->header, &w);
		effects_send(fx, &w, us, r->at)->link =
			s->site->settings->slam.link;
		r->owes = true;
		t->owing++;
		s->stats.status_requests++;
	}
}

void riders_overdue(struct slamd *s, struct train *t, struct effects *fx)
{
	uint32_t id = t->riders;

	for (uint32_t n = t->n_riders; n && t->owing; n--) {
		struct rider *r = &s->riders[id];

		id = r->next;
		if (!r->owes)
			continue;
		r->owes = false;
		t->owing--;
		if (++r->tries < ASK_TRIES)
			continue;
		s->stats.lost++;
		t->lost++;
		effects_note(fx, NOTE_RIDER_LOST)->peer = r->at;
		rider_leave(s, t, r);
	}
}

/* What one NACK asks for, all its runs together. */
struct wants {
	uint64_t first, n; /* the first packet, and how many in all */
	uint64_t end;      /* the list reaches up to this packet */
	uint32_t recent;   /* of those between the window and the guard */
};

static uint32_t overlap(uint64_t first, uint64_t n, uint64_t from, uint64_t to)
{
	uint64_t a = first > from ? first : from;
	uint64_t b = first + n < to ? first + n : to;

	return a < b ? (uint32_t)(b - a) : 0;
}

/* Ask the train for all runs of a list. */
static struct wants take_runs(struct train *t, const struct dgram *d)
{
	struct slam_runs runs = slam_runs_over(rd_over(d->bytes, d->len));
	struct slam_run run;
	struct wants w = {.first = UINT64_MAX};

	while (slam_runs_next(&runs, t->packets, &run)) {
		if (!w.n)
			w.first = run.first;
		w.n += run.n;
		w.recent += overlap(run.first, run.n, t->window, t->mark[0]);
		train_request(t, run.first, run.n);
	}
	w.end = runs.at;
	return w;
}

/* Cards with small rings lose the same packets again and again: an answer that
 * begins with the same gap three times in a row makes the pace a ROM's. */
static void note_gap(struct train *t, struct rider *r, const struct wants *w)
{
	r->same_gap = w->first == r->first_gap ? (uint8_t)(r->same_gap + 1) : 0;
	r->first_gap = w->first;
	if (!r->is_fast && r->same_gap >= 2) {
		t->slow_gap = MILLISECONDS(3);
		r->same_gap = 0;
	}
}

/* The first NACK of a machine that knows nothing: have 0, want 1. */
static bool knows_nothing(const struct wants *w)
{
	return w->first == 0 && w->n == 1 && w->end == 1;
}

static void answer_taken(struct slamd *s, struct train *t, struct rider *r,
			 const struct wants *w, struct effects *fx)
{
	r->owes = false;
	r->tries = 0;
	t->owing--;
	if (t->phase == TRAIN_SENDING && w->end >= t->mark[0])
		train_judge(s, t, t->mark[0], w->recent, fx);
}

void rider_nack(struct slamd *s, struct train *t, const struct dgram *d,
		usec now, struct effects *fx)
{
	bool is_fast = slam_nack_is_fast(rd_over(d->bytes, d->len));
	struct rider *r = rider_find(s, d->from, train_number(s, t));
	bool is_new = !r;
	struct wants w;

	s->stats.nacks++;
	if (t->phase == TRAIN_IDLE && now < t->not_before)
		return;
	if (!r && !(r = rider_board(s, t, d->from, is_fast, fx)))
		return;
	/* Past its share it is not heard any more: it asks, gets, and asks for
	 * the same again, so it is deaf or means no good. */
	if (r->asked_for > GREED * (uint64_t)t->packets + ASK_BATCH)
		return;
	w = take_runs(t, d);
	if (is_new && knows_nothing(&w)) {
		train_request(t, 0, t->packets);
		w.n = t->packets;
	}
	r->asked_for += w.n;
	note_gap(t, r, &w);
	if (r->owes)
		answer_taken(s, t, r, &w, fx);
	if (!w.n && w.end >= t->packets)
		rider_leave(s, t, r); /* it has all and says so */
	if (t->phase == TRAIN_IDLE)
		train_depart(s, t, now, fx);
	else if (t->phase == TRAIN_ASKING && !t->owing)
		train_answered(s, t, now);
}
