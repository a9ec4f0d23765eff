/*
 * Seats.  A rider has one from its first right cookie until it says goodbye or
 * is not heard any more.  What it lacks is not kept for each rider: of every
 * block only the most that anybody lacks.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"

static const usec SLACK_LEAST = MILLISECONDS(20), SLACK_MOST = SECONDS(2);

static uint64_t key(const struct traind *t, struct endpoint at, uint32_t run)
{
	return hash_u64((uint64_t)at.ip << 32 | (uint64_t)at.port << 16 | run,
			t->secret);
}

/* Keyed twice, so that what one rider sees says nothing of another's. */
uint64_t seat_cookie(const struct traind *t, const struct run *r,
		     struct endpoint at)
{
	uint8_t bytes[22];
	struct wr w = wr_over(bytes, sizeof(bytes));

	wr_u64(&w, t->secret);
	wr_u64(&w, r->id);
	wr_u32(&w, at.ip);
	wr_u16(&w, at.port);
	return hash_bytes(bytes, sizeof(bytes), ~t->secret);
}

struct seat *seat_find(struct traind *t, const struct run *r,
		       struct endpoint at)
{
	uint32_t run = run_number(t, r);
	uint64_t h = key(t, at, run);

	for (uint32_t i = 0, id; index_next(&t->by_endpoint, h, &i, &id);)
		if (endpoint_is(t->seats[id].at, at) && t->seats[id].run == run)
			return &t->seats[id];
	return NULL;
}

static void ring_add(struct traind *t, struct run *r, uint32_t id)
{
	struct seat *s = &t->seats[id];

	if (!r->seats) {
		s->next = s->prev = id;
		r->seats = r->next_probe = id;
	} else {
		struct seat *first = &t->seats[r->seats];

		s->next = r->seats;
		s->prev = first->prev;
		t->seats[first->prev].next = id;
		first->prev = id;
	}
	r->n_seats++;
}

static void ring_remove(struct traind *t, struct run *r, uint32_t id)
{
	struct seat *s = &t->seats[id];
	uint32_t after = s->next == id ? SEAT_NONE : s->next;

	t->seats[s->prev].next = s->next;
	t->seats[s->next].prev = s->prev;
	if (r->seats == id)
		r->seats = after;
	if (r->next_probe == id)
		r->next_probe = after;
	r->n_seats--;
}

static void leave(struct traind *t, struct run *r, struct seat *s)
{
	uint32_t id = (uint32_t)(s - t->seats);

	ring_remove(t, r, id);
	index_remove(&t->by_endpoint, key(t, s->at, s->run), id);
	if (r->pick.seat == id)
		r->pick.n = 0; /* nobody is there to get it */
	s->is_taken = false;
	s->next = t->free_seat;
	t->free_seat = id;
}

struct seat *seat_take(struct traind *t, struct run *r, struct endpoint at,
		       struct effects *fx)
{
	struct seat *s = seat_find(t, r, at);
	uint32_t id = t->free_seat;

	if (s)
		return s;
	if (!id) {
		t->stats.refused++;
		effects_note(fx, NOTE_ANSWERED_LATE)->text = "riders";
		return NULL;
	}
	s = &t->seats[id];
	t->free_seat = s->next;
	*s = (struct seat){
		.at = at, .run = (uint16_t)run_number(t, r), .is_taken = true};
	ring_add(t, r, id);
	(void)index_add(&t->by_endpoint, key(t, at, s->run), id);
	t->stats.boarded++;
	effects_note(fx, NOTE_RIDER_BOARDED)->peer = at;
	return s;
}

void seat_leave(struct traind *t, struct run *r, struct seat *s,
		struct effects *fx)
{
	t->stats.left++;
	effects_note(fx, NOTE_RIDER_LEFT)->peer = s->at;
	leave(t, r, s);
}

void seat_lose(struct traind *t, struct run *r, struct seat *s,
	       struct effects *fx)
{
	effects_note(fx, NOTE_RIDER_LOST)->peer = s->at;
	leave(t, r, s);
}

void seats_leave_all(struct traind *t, struct run *r)
{
	while (r->seats)
		leave(t, r, &t->seats[r->seats]);
}

/* ---- how it fares ---------------------------------------------------------
 */

void seat_probe(struct traind *t, struct run *r, struct seat *s,
		struct effects *fx)
{
	struct wr w = effects_head(fx);

	train_probe_put(r->id, r->round, &w);
	effects_send(fx, &w, traind_us(t), s->at)->link = r->link;
	s->owes = true;
}

void seats_probe(struct traind *t, struct run *r, unsigned n,
		 struct effects *fx)
{
	/* One drawn by lot after the other would be as good; a stride through
	 * the ring visits everybody. */
	for (uint32_t i = 0; i < n && i < r->n_seats; i++) {
		uint64_t skip = rand_below(&t->rand, 4);

		while (skip--)
			r->next_probe = t->seats[r->next_probe].next;
		seat_probe(t, r, &t->seats[r->next_probe], fx);
		r->next_probe = t->seats[r->next_probe].next;
	}
}

uint16_t run_typical_loss(const struct run *r)
{
	uint16_t v[SAMPLES];
	unsigned n = r->n_samples;

	if (n < SAMPLES_MIN)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned at = i;

		for (; at && v[at - 1] > r->samples[i]; at--)
			v[at] = v[at - 1];
		v[at] = r->samples[i];
	}
	return v[n / 2];
}

static void sample(struct run *r, uint16_t loss)
{
	r->samples[r->next_sample] = loss;
	r->next_sample = (r->next_sample + 1) % SAMPLES;
	if (r->n_samples < SAMPLES)
		r->n_samples++;
}

/* Somebody who loses far more than the others do would make the whole fleet
 * wait for repairs that nobody else wants. */
static bool is_straggler(const struct run *r, uint16_t loss)
{
	enum { MUCH = 100, TIMES = 4, MORE = 50 };
	uint32_t most = (uint32_t)run_typical_loss(r) * TIMES + MORE;

	return r->n_seats > 2 && loss > MUCH && loss > most;
}

static void detach(struct traind *t, struct run *r, struct seat *s,
		   struct effects *fx)
{
	struct wr w = effects_head(fx);

	train_detach_put(r->id, &w);
	effects_send(fx, &w, traind_us(t), s->at)->link = r->link;
	if (s->is_detached)
		return;
	s->is_detached = true;
	t->stats.detached++;
	effects_note(fx, NOTE_RIDER_DETACHED)->peer = s->at;
}

static void take_lacks(struct run *r, struct train_report *p)
{
	struct train_lack l;

	while (train_lack_next(p, &l)) {
		if (l.block >= r->layout.blocks)
			continue;
		if (l.lack > layout_block(&r->layout, l.block))
			l.lack = layout_block(&r->layout, l.block);
		if (l.lack > r->lack[l.block]) {
			r->lack[l.block] = l.lack;
			r->must_say = true;
		}
	}
}

/* It was drawn by lot, so it speaks for the others. */
static void probed(struct traind *t, struct run *r,
		   const struct train_report *p, usec now, struct effects *fx)
{
	size_t len = TRAIN_DATA_HEAD + r->layout.packet;
	uint32_t lag = p->at < r->cursor ? r->cursor - p->at : 0;

	sample(r, p->loss);
	/* What it says is of the pace of before, as long as it is behind. */
	if (r->phase != RUN_SENDING || !r->want.count || now < r->judge_at)
		return;
	r->behind = usec_max(pace_behind(&r->pace, lag, len), r->behind / 2);
	r->judge_at = now + MILLISECONDS(50) + r->behind;
	if (pace_judge(&r->pace, p->loss, r->behind))
		run_note(t, r, NOTE_TRAIN_SLOWED, fx)->a = r->pace.rate;
}

/* It answers a question that is none any more. */
static bool is_late(const struct run *r, const struct train_report *p)
{
	if (r->phase == RUN_STANDING || r->phase == RUN_HOLDING)
		return false;
	return r->phase == RUN_SENDING || p->round != r->round;
}

void seat_report(struct traind *t, struct run *r, struct seat *s,
		 struct train_report *p, usec now, struct effects *fx)
{
	struct train_interval i;
	uint32_t wanted = r->want.count;

	if (s->owes)
		probed(t, r, p, now, fx);
	s->owes = false;
	if (!p->n && !p->intervals.n && !p->lack_of_list)
		return;
	if (s->is_detached || is_straggler(r, p->loss)) {
		detach(t, r, s, fx);
		return;
	}
	if (is_late(r, p)) {
		/* What it lacked then may be on its way: it will say so again,
		 * and shall have the time. */
		r->slack = usec_min(SLACK_MOST, 2 * r->slack + SLACK_LEAST);
		return;
	}
	r->has_reports = true;
	take_lacks(r, p);
	while (train_interval_next(&p->intervals, &i))
		run_want(r, &i);
	if (p->lack_of_list)
		r->wants_list = true;
	if (r->want.count != wanted || r->phase == RUN_STANDING)
		run_wanted(t, r, now, fx);
	else if (r->must_say)
		run_changed(t, r, now);
}
