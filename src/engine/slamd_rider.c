/*
 * Riders.  A machine becomes one with its first NACK and stops being one when
 * it says so, when it asks for nothing more, or when it stays silent.  Asking
 * goes round the ring a few machines at a time, so that ten thousand of them
 * never answer at once.
 */
#include "engine/askers.h"
#include "engine/note.h"
#include "engine/slamd_impl.h"
#include "model/policy.h"

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

/* NULL if the table is full. */
static struct rider *board(struct slamd *s, struct train *t, struct endpoint at,
			   bool is_fast, struct effects *fx)
{
	uint32_t id = slots_take(&s->free_riders);
	struct rider *r = &s->riders[id];

	if (!id) {
		s->stats.refused++;
		effects_note(fx, NOTE_ANSWERED_LATE)->text = "riders";
		return NULL;
	}
	*r = (struct rider){.at = at,
			    .train = train_number(s, t),
			    .is_taken = true,
			    .is_fast = is_fast,
			    .since = train_stands(t) ? 0 : t->cursor,
			    .first_gap = UINT64_MAX};
	ring_add(s, t, id);
	(void)index_add(&s->by_endpoint, key(s, at, r->train), id);
	askers_came(s->site->askers, at.ip, t->image);
	s->stats.boarded++;
	effects_note(fx, NOTE_RIDER_BOARDED)->peer = at;
	return r;
}

static void forget(struct slamd *s, uint32_t id)
{
	struct rider *r = &s->riders[id];

	index_remove(&s->by_endpoint, key(s, r->at, r->train), id);
	r->is_taken = false;
	slots_put(&s->free_riders, id);
}

static void leave(struct slamd *s, struct train *t, struct rider *r)
{
	uint32_t id = (uint32_t)(r - s->riders);

	ring_remove(s, t, id);
	forget(s, id);
}

void rider_served(struct slamd *s, struct train *t, struct rider *r,
		  struct effects *fx)
{
	s->stats.left++;
	t->served++;
	effects_note(fx, NOTE_RIDER_LEFT)->peer = r->at;
	leave(s, t, r);
}

static void count_lost(struct slamd *s, struct train *t, struct rider *r,
		       struct effects *fx)
{
	s->stats.lost++;
	t->lost++;
	effects_note(fx, NOTE_RIDER_LOST)->peer = r->at;
}

/* It asks, gets, and asks for the same again, so it is deaf or means no good.
 * It stays in the table, or it would just board again. */
static void mute(struct slamd *s, struct train *t, struct rider *r,
		 struct effects *fx)
{
	uint32_t id = (uint32_t)(r - s->riders);

	count_lost(s, t, r, fx);
	ring_remove(s, t, id);
	r->is_muted = true;
	r->next = t->muted;
	t->muted = id;
}

void riders_leave_all(struct slamd *s, struct train *t)
{
	t->era = ++s->eras;
	while (t->riders)
		leave(s, t, &s->riders[t->riders]);
	while (t->muted) {
		uint32_t id = t->muted;

		t->muted = s->riders[id].next;
		forget(s, id);
	}
}

void riders_forgive(struct slamd *s, struct train *t)
{
	uint32_t id = t->riders;

	for (; t->owing; id = s->riders[id].next) {
		t->owing -= s->riders[id].owes;
		s->riders[id].owes = false;
	}
}

void riders_ask(struct slamd *s, struct train *t, uint32_t most,
		struct effects *fx)
{
	struct endpoint us = {.port = t->port};

	for (uint32_t i = 0; i < most && i < t->n_riders; i++) {
		struct rider *r = &s->riders[t->next_ask];
		struct wr w = effects_head(fx);

		t->next_ask = r->next;
		slam_header_put(&t->header, &w);
		effects_send(fx, &w, us, r->at)->link = t->link;
		t->owing += !r->owes;
		r->owes = true;
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
		count_lost(s, t, r, fx);
		leave(s, t, r);
	}
}

/* What one NACK asks for, all its runs together. */
struct wants {
	uint64_t first, n; /* the first packet, and how many in all */
	uint64_t end;      /* the list reaches up to this packet */
	uint32_t runs;
	struct pace_news news; /* of what left before mark[0] */
	bool is_fast;
};

/* A fast one says all that it has.  What it lacks behind that, of what left
 * since it boarded, is still on its way, in a queue of ours or of a switch: it
 * is neither lost nor to be sent again, and if it gets lost there, we hear of
 * it when the train has come to its end.  Who has nothing may be new. */
static uint64_t on_its_way(const struct train *t, const struct rider *r,
			   const struct slam_run *run)
{
	if (train_stands(t) || t->phase == TRAIN_ASKING || !run->first ||
	    run->first + run->n < t->packets)
		return t->packets;
	return run->first > r->since ? run->first : r->since;
}

static uint32_t overlap(const struct slam_run *run, uint64_t from, uint64_t to)
{
	uint64_t a = run->first > from ? run->first : from;
	uint64_t b = run->first + run->n < to ? run->first + run->n : to;

	return a < b ? (uint32_t)(b - a) : 0;
}

/* What it has come to, and how far the train is from there. */
static void note_place(const struct train *t, const struct rider *r,
		       const struct slam_run *run, struct pace_news *n)
{
	uint64_t at = on_its_way(t, r, run);

	if (at < n->until)
		n->until = (uint32_t)at;
	if (at < t->cursor)
		n->behind = t->cursor - (uint32_t)at;
}

/* r: NULL for a stranger. */
static struct wants read_wants(const struct train *t, const struct rider *r,
			       const struct dgram *d)
{
	struct slam_runs runs = slam_runs_over(rd_over(d->bytes, d->len));
	struct wants w = {.first = UINT64_MAX,
			  .news = {.from = t->window, .until = t->mark[0]}};
	struct slam_run run;

	w.is_fast = slam_nack_is_fast(rd_over(d->bytes, d->len));
	/* What left before it boarded was not lost on it. */
	if (r && r->since > w.news.from)
		w.news.from = r->since;
	while (slam_runs_next(&runs, t->packets, &run)) {
		if (!w.n)
			w.first = run.first;
		w.n += run.n;
		w.runs++;
		if (r && w.is_fast)
			note_place(t, r, &run, &w.news);
		w.news.missing += overlap(&run, w.news.from, w.news.until);
	}
	w.end = runs.at;
	return w;
}

/* The first NACK of a machine that knows nothing: have 0, want 1. */
static bool knows_nothing(const struct wants *w)
{
	return w->first == 0 && w->n == 1 && w->end == 1;
}

/* iPXE asks for one gap, four packets at most.  If its next gap begins right
 * where what we sent ended, the gap is a longer one: each time send twice as
 * much ahead, and a long gap costs a few requests instead of hundreds. */
static void send_ahead(struct train *t, struct rider *r, const struct wants *w)
{
	uint64_t left = t->packets - w->first;

	if (r->is_fast || w->runs != 1 || w->n != IPXE_MOST) {
		r->ahead = 0;
		return;
	}
	if (!r->ahead || w->first != r->ahead_end)
		r->ahead = IPXE_MOST;
	else if (r->ahead < AHEAD_MAX)
		r->ahead *= 2;
	r->ahead_end = w->first + (r->ahead < left ? r->ahead : left);
	train_request(t, w->first, r->ahead_end - w->first);
}

static void request_all(struct train *t, const struct rider *r,
			const struct dgram *d)
{
	struct slam_runs runs = slam_runs_over(rd_over(d->bytes, d->len));
	struct slam_run run;

	while (slam_runs_next(&runs, t->packets, &run)) {
		uint64_t end = run.first + run.n;

		if (r->is_fast && on_its_way(t, r, &run) < end)
			end = on_its_way(t, r, &run);
		if (end > run.first)
			train_request(t, run.first, end - run.first);
	}
}

/* A machine may come again at another pace: first its ROM, then its system. */
static void set_pace(struct slamd *s, struct train *t, struct rider *r,
		     const struct wants *w, bool is_new)
{
	const struct entry *machine;

	if (r->is_fast && !w->is_fast)
		t->n_slow++;
	else if (!r->is_fast && w->is_fast)
		t->n_slow--;
	is_new |= r->is_fast != w->is_fast;
	r->is_fast = w->is_fast;
	if (r->is_fast || !is_new)
		return;
	machine = site_machine(s->site, NULL, r->at.ip);
	if (policy_quirks(machine) & QUIRK_SLOW_SLAM)
		train_be_gentle(t);
}

/* Cards with small rings lose the same packets again and again: a request that
 * begins with the same gap three times in a row. */
static void note_gap(struct train *t, struct rider *r, const struct wants *w)
{
	r->same_gap = w->first == r->first_gap ? (uint8_t)(r->same_gap + 1) : 0;
	r->first_gap = w->first;
	if (!r->is_fast && r->same_gap >= 2) {
		train_be_gentle(t);
		r->same_gap = 0;
	}
}

static void answer_taken(struct slamd *s, struct train *t, struct rider *r,
			 const struct wants *w, struct effects *fx)
{
	r->tries = 0; /* late, perhaps, but it lives */
	if (!r->owes)
		return;
	r->owes = false;
	t->owing--;
	if (t->phase == TRAIN_SENDING && w->end >= t->mark[0])
		train_judge(s, t, &w->news, fx);
}

/* By address: another port is no other share. */
static uint64_t account(const struct slamd *s, const struct train *t,
			const struct rider *r)
{
	return hash_u64((uint64_t)r->at.ip << 32 | t->era, s->hash_seed);
}

static bool has_had_enough(const struct slamd *s, const struct train *t,
			   const struct rider *r)
{
	return share_had(&s->share, account(s, t, r)) >
	       GREED * (uint64_t)t->packets + ASK_BATCH;
}

static void hear(struct slamd *s, struct train *t, struct rider *r,
		 const struct wants *w, const struct dgram *d)
{
	uint32_t before = t->want.count;
	bool is_new = r->first_gap == UINT64_MAX;

	set_pace(s, t, r, w, is_new);
	if (is_new && knows_nothing(w)) {
		train_request(t, 0, t->packets);
	} else {
		request_all(t, r, d);
		send_ahead(t, r, w);
	}
	/* What others have asked for already costs nothing. */
	share_add(&s->share, account(s, t, r), t->want.count - before);
	note_gap(t, r, w);
}

void rider_nack(struct slamd *s, struct train *t, const struct dgram *d,
		usec now, struct effects *fx)
{
	struct rider *r = rider_find(s, d->from, train_number(s, t));
	struct wants w = read_wants(t, r, d);
	bool is_new = !r;

	s->stats.nacks++;
	if (t->phase == TRAIN_IDLE && now < t->not_before)
		return;
	if (!r && w.n)
		r = board(s, t, d->from, w.is_fast, fx);
	if (!r || r->is_muted)
		return;
	answer_taken(s, t, r, &w, fx);
	if (!w.n) { /* it lacks nothing that it can name */
		rider_served(s, t, r, fx);
	} else {
		if (!has_had_enough(s, t, r))
			hear(s, t, r, &w, d);
		if (has_had_enough(s, t, r))
			mute(s, t, r, fx);
	}
	if (train_stands(t))
		train_call(s, t, now, is_new, fx);
	else if (t->phase == TRAIN_ASKING && !t->owing)
		train_answered(s, t, now);
}
