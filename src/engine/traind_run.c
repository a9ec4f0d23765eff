/*
 * One run: it holds for riders, sends what is wanted, and asks what is lacking
 * until nobody lacks anything.  Everything it knows of its riders' losses is
 * one number a block, so it does not matter how many they are.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"

/* Three of them are the guard. */
static const usec MARK = MILLISECONDS(5);
static const usec SAY_AGAIN = MILLISECONDS(4);
/* Who picks, asks again more often than that. */
static const usec PICKED = SECONDS(10);
static const usec PROBING = MILLISECONDS(20);
enum { SLOWEST = 64 }; /* it begins with such a part of its rate */
/* Packets: who has no more of them to come to is waiting for its turn. */
enum { CALM = 256 };

struct note *run_note(struct traind *t, const struct run *r, unsigned code,
		      struct effects *fx)
{
	const struct image *im = images_get(t->site->images, r->image);
	struct note *n = effects_note(fx, code);

	n->ip = r->group.ip;
	n->a = r->sent;
	n->b = r->layout.packets;
	n->text = im ? im->name : NULL;
	return n;
}

/* ---- what is said ---------------------------------------------------------
 */

static uint32_t root(uint32_t n)
{
	uint32_t s = 0;

	while ((s + 1) * (s + 1) <= n)
		s++;
	return s;
}

enum train_phase_said run_phase_said(const struct run *r)
{
	switch (r->phase) {
	case RUN_STANDING:
	case RUN_FOLLOWING:
		break;
	case RUN_HOLDING:
		return TRAIN_SAYS_HOLDING;
	case RUN_SENDING:
		return TRAIN_SAYS_SENDING;
	case RUN_ASKING:
		return TRAIN_SAYS_ASKING;
	}
	return TRAIN_SAYS_STANDING;
}

static struct train_status status_of(const struct run *r, usec now)
{
	uint32_t mean = r->layout.k * (uint32_t)run_typical_loss(r) / 1000;
	struct train_status s = {
		.phase = (uint8_t)run_phase_said(r),
		.slots = SLOTS,
		.round = r->round,
		.slot_ms = (uint16_t)(2 + run_doublings(r->n_seats, FEW)),
		.riders = r->n_seats,
		.expected = r->n_seats + r->awaited,
		.cursor = r->cursor,
		.step = (uint16_t)(root(mean) / 2),
	};

	/* 4.5 times the square root: half of that of 81 times as much. */
	s.top = (uint16_t)(mean + root(81 * (mean + 1)) / 2 + 2);
	if (!s.step)
		s.step = 1;
	if (r->phase == RUN_HOLDING && r->leave_at > now)
		s.leaving_ms = (uint32_t)((r->leave_at - now) / 1000);
	if (r->n_seats <= FEW)
		s.flags |= TRAIN_FLAG_GOODBYE;
	if (r->wants_list)
		s.flags |= TRAIN_FLAG_LIST;
	return s;
}

/* What riders may count on: in a window what was reported, else what is to be
 * sent. */
static uint16_t pending_of(const struct run *r, uint32_t block)
{
	return r->phase == RUN_ASKING ? r->lack[block] : r->pending[block];
}

static void say_part(struct traind *t, struct run *r, struct train_status *s,
		     struct endpoint to, struct effects *fx)
{
	struct wr w = effects_head(fx);
	struct send *send;

	train_status_put(r->id, s, &w);
	for (uint16_t i = 0; i < s->n; i++)
		wr_u16(&w, pending_of(r, s->first + i));
	send = effects_send(fx, &w, traind_us(t), to);
	send->link = r->link;
	if (ip_is_multicast(to.ip)) /* one rider may be behind a router */
		send->ttl = t->site->settings->train.ttl;
}

void run_say(struct traind *t, struct run *r, usec now,
	     const struct endpoint *to, struct effects *fx)
{
	struct train_status s = status_of(r, now);
	uint32_t blocks = r->layout.blocks;

	if (to) {
		say_part(t, r, &s, *to, fx);
		return;
	}
	do {
		uint32_t n = blocks - s.first;

		s.n = (uint16_t)(n < TRAIN_STATUS_MAX ? n : TRAIN_STATUS_MAX);
		if (r->phase != RUN_ASKING && !r->n_pending)
			s.n = 0;
		say_part(t, r, &s, r->group, fx);
		s.first += s.n;
	} while (s.n && s.first < blocks);
	r->said_at = now;
	r->must_say = false;
}

/* ---- wishes ---------------------------------------------------------------
 */

/* What lies both in [i->from, i->to) and in [from, to). */
static void want_between(struct run *r, const struct train_interval *i,
			 uint32_t from, uint32_t to)
{
	uint32_t first = i->from > from ? i->from : from;
	uint32_t end = i->to < to ? i->to : to;

	if (first < end)
		bitmap_set_range(&r->want, first, end - first);
}

void run_want(struct run *r, const struct train_interval *i)
{
	if (r->phase != RUN_SENDING) {
		want_between(r, i, 0, r->layout.packets);
	} else if (r->cursor < r->mark[0]) {
		want_between(r, i, r->cursor, r->mark[0]);
	} else {
		want_between(r, i, 0, r->mark[0]);
		want_between(r, i, r->cursor, r->layout.packets);
	}
}

void run_pace(const struct traind *t, struct run *r)
{
	uint64_t most = t->site->settings->train.rate;
	uint64_t edge = r->pace.edge; /* is known from before */

	pace_open(&r->pace, most / SLOWEST, 1000000, most);
	r->pace.edge = edge;
	r->pace.is_starting = true;
	r->pace.together = TOGETHER;
	r->pace.late = BURST;
	r->pace.calm = CALM;
}

static void depart(struct traind *t, struct run *r, usec now,
		   struct effects *fx)
{
	struct note *n;

	r->phase = RUN_SENDING;
	if (r->is_taken)
		r->leave_by = now; /* it does not hold again */
	r->is_taken = false;
	run_pace(t, r);
	r->probe_at = now + run_probe(r);
	r->rolled = r->has_left ? r->originals : 0;
	if (r->has_left) {
		send_begin(t, r, now);
		run_timer(t, r, now);
		return;
	}
	r->has_left = r->has_gone = true;
	r->sent = r->originals = 0;
	r->silent = 0;
	r->has_probed = false;
	r->n_samples = r->next_sample = 0;
	r->behind = r->slack = r->judge_at = 0;
	r->doubted = SEAT_NONE;
	r->told_at = now;
	send_begin(t, r, now);
	n = run_note(t, r, NOTE_TRAIN_DEPARTED, fx);
	n->a = r->layout.packets;
	n->b = r->group.port;
	run_say(t, r, now, NULL, fx);
	run_timer(t, r, now);
}

void run_call(struct traind *t, struct run *r, usec now, bool is_new,
	      struct effects *fx)
{
	if (r->phase == RUN_STANDING && run_has_work(r)) {
		if (now < r->not_before) {
			run_timer(t, r, r->not_before);
			return;
		}
		drive_begin(t, r, now);
		if (!hold_begin(t, r, now))
			depart(t, r, now, fx);
	} else if (is_new && hold_again(t, r, now)) {
		return;
	} else if (r->phase == RUN_ASKING) {
		run_wanted(t, r, now, fx);
	}
}

/* ---- asking ---------------------------------------------------------------
 */

static void clear_lacks(struct run *r)
{
	memset(r->lack, 0, r->layout.blocks * sizeof(*r->lack));
}

/* Riders hear of it when they have come so far, and each silence may mean that
 * they had no time to speak. */
static usec window_of(const struct run *r, const struct train_status *s)
{
	usec slots = MILLISECONDS((s->slots + 2) * s->slot_ms);

	return r->behind + r->slack + (slots << r->silent);
}

static void ask(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	struct train_status s;
	usec window;

	r->phase = RUN_ASKING;
	r->round++;
	clear_lacks(r);
	s = status_of(r, now);
	window = window_of(r, &s);
	r->slack -= r->slack / 8;
	r->window_half = now + window / 2;
	r->window_end = now + window;
	run_say(t, r, now, NULL, fx);
	run_timer(t, r, r->window_half);
}

/* What was reported is going to be sent, and as much more as is lost on the
 * way. */
static void promise(struct run *r)
{
	uint32_t loss = run_typical_loss(r);

	for (uint32_t b = 0; b < r->layout.blocks; b++) {
		uint32_t n = r->lack[b];

		if (loss < 500)
			n += (n * loss + (1000 - loss) / 2) / (1000 - loss);
		r->n_pending += n;
		r->n_pending -= r->pending[b];
		r->pending[b] = (uint16_t)n;
	}
	clear_lacks(r);
}

static void clear_run(struct traind *t, struct run *r, struct effects *fx)
{
	bitmap_clear_all(&r->want);
	memset(r->pending, 0, r->layout.blocks * sizeof(*r->pending));
	clear_lacks(r);
	r->n_pending = 0;
	memset(r->asked, 0, sizeof(r->asked));
	r->n_asked = 0;
	r->wants_list = r->has_left = false;
	r->era = ++t->eras;
	r->phase = RUN_STANDING;
	r->is_taken = false;
	r->due = NEVER;
	drive_end(t, r, fx);
	heap_cancel(&t->heap, &r->timer);
}

/* Of few riders each was asked to say goodbye.  Those that pick stay for as
 * long as they do. */
static void stand(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	seats_leave(t, r, now - PICKED, r->n_seats <= FEW, fx);
	run_note(t, r, NOTE_TRAIN_DONE, fx);
	clear_run(t, r, fx);
	if (r->n_seats)
		run_timer(t, r, now + PICKED);
}

void run_stop(struct traind *t, struct run *r, struct effects *fx)
{
	seats_leave_all(t, r);
	clear_run(t, r, fx);
}

static void close_window(struct traind *t, struct run *r, usec now,
			 struct effects *fx)
{
	promise(r);
	r->silent = run_has_work(r) ? 0 : r->silent + 1;
	if (run_has_work(r)) {
		r->phase = RUN_SENDING;
		send_begin(t, r, now);
		run_timer(t, r, now);
	} else if (r->silent >= (r->n_seats > FEW ? SILENT : SILENT_FEW)) {
		stand(t, r, now, fx);
	} else {
		ask(t, r, now, fx);
	}
}

void run_wanted(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	switch (r->phase) {
	case RUN_STANDING:
		promise(r);
		run_call(t, r, now, false, fx);
		break;
	case RUN_HOLDING:
	case RUN_SENDING:
	case RUN_FOLLOWING:
		break;
	case RUN_ASKING:
		if (r->want.count || r->wants_list)
			close_window(t, r, now, fx);
		break;
	}
}

void run_sent_all(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	/* How the fleet fares says who is far worse off, and when the worst
	 * will speak. */
	if (r->n_samples < SAMPLES_MIN && r->n_seats > 2 && !r->has_probed) {
		r->has_probed = true;
		seats_probe(t, r, PROBES, now, fx);
		run_timer(t, r, now + PROBING);
		return;
	}
	ask(t, r, now, fx);
}

static void expire_asking(struct traind *t, struct run *r, usec now,
			  struct effects *fx)
{
	usec next;

	if (!r->n_seats) {
		stand(t, r, now, fx);
		return;
	}
	if (now >= r->window_end) {
		close_window(t, r, now, fx);
		return;
	}
	if (now >= r->window_half || r->must_say) {
		if (now >= r->window_half)
			r->window_half = NEVER;
		run_say(t, r, now, NULL, fx);
	}
	next = usec_min(r->window_end, r->window_half);
	run_timer(t, r, next);
}

void run_changed(struct traind *t, struct run *r, usec now)
{
	usec at = usec_max(now, r->said_at + SAY_AGAIN);

	if (r->phase == RUN_ASKING && at < r->due)
		run_timer(t, r, at);
}

static void expire_holding(struct traind *t, struct run *r, usec now,
			   struct effects *fx)
{
	if (!r->n_seats && !(r->is_taken && now < r->leave_by)) {
		run_stop(t, r, fx);
		return;
	}
	hold_on(t, r, now);
	if (now >= r->leave_at) {
		depart(t, r, now, fx);
	} else if (now - r->said_at >= run_says(r)) {
		run_say(t, r, now, NULL, fx);
		hold_on(t, r, now);
	}
}

static void expire_standing(struct traind *t, struct run *r, usec now,
			    struct effects *fx)
{
	if (run_has_work(r)) { /* it may be tried again */
		run_call(t, r, now, false, fx);
		return;
	}
	seats_leave(t, r, now - PICKED, true, fx);
	if (r->n_seats)
		run_timer(t, r, now + PICKED);
	else
		run_stop(t, r, fx);
}

static void expire_sending(struct traind *t, struct run *r, usec now,
			   struct effects *fx)
{
	enum { PROGRESS = 500 };

	if (!r->n_seats) {
		stand(t, r, now, fx);
		return;
	}
	if (now - r->mark_at >= MARK) {
		memmove(r->mark, r->mark + 1, (MARKS - 1) * sizeof(*r->mark));
		r->mark[MARKS - 1] = r->cursor;
		r->mark_at = now;
	}
	if (now - r->told_at >= MILLISECONDS(PROGRESS)) {
		r->told_at = now;
		run_note(t, r, NOTE_TRAIN_PROGRESS, fx);
	}
	if (now - r->said_at >= run_says(r))
		run_say(t, r, now, NULL, fx);
	probe_in_time(t, r, now, fx);
	if (!run_has_work(r))
		run_sent_all(t, r, now, fx);
	else if (!probe_waits(t, r, now, fx))
		send_more(t, r, now, fx);
}

void run_expire(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	if (!drive_expire(t, r, now, fx))
		return;
	switch (r->phase) {
	case RUN_STANDING:
		expire_standing(t, r, now, fx);
		break;
	case RUN_HOLDING:
		expire_holding(t, r, now, fx);
		break;
	case RUN_SENDING:
		expire_sending(t, r, now, fx);
		break;
	case RUN_ASKING:
		expire_asking(t, r, now, fx);
		break;
	case RUN_FOLLOWING:
		drive_take_up(t, r, now, fx);
		break;
	}
}
