/*
 * What is lacking, and when to say so: page "The rider", 5 and 6.  Ten thousand
 * riders must not all speak, so each waits the longer the less it lacks, and is
 * silent if another was in greater need.
 */
#include "engine/trainc_impl.h"

enum { FEW = 64, SEEK = 2 };
static const usec SILENCE = MILLISECONDS(250), SILENCE_MAX = SECONDS(8);
static const usec PROBE_GAP = MILLISECONDS(10);

/* ---- what was heard ----------------------------------------------------- */

void trainc_follow(struct trainc *c, uint32_t position)
{
	uint32_t expected = c->expected;

	c->fresh++;
	c->expected = position + 1;
	if (position == expected)
		return;
	/* Late, and it was counted as lost. */
	if (position < expected && expected - position < RUN) {
		c->expected = expected;
		c->lost -= c->lost != 0;
		return;
	}
	/* What is longer was not sent for us, or we were not there. */
	if (position > expected && position - expected < RUN)
		for (uint32_t i = expected; i < position; i++)
			c->lost += !bitmap_has(&c->have, i);
}

/* In thousandths, since it was asked last.  Of so few nothing can be told: then
 * it is what was said before, which may have been lost on its way. */
static uint16_t take_loss(struct trainc *c)
{
	uint32_t all = c->fresh + c->lost;

	if (all < FEW)
		return c->loss;
	c->loss = (uint16_t)((uint64_t)c->lost * 1000 / all);
	c->fresh = c->lost = 0;
	return c->loss;
}

/* ---- what is lacking ---------------------------------------------------- */

static bool is_run(const struct trainc *c, uint32_t from, uint32_t to,
		   bool ends)
{
	return to - from >= RUN ||
	       (ends && (from == 0 || to == c->head.layout.packets));
}

uint16_t trainc_runs(const struct trainc *c, struct train_interval *v,
		     uint16_t most, bool ends)
{
	uint32_t packets = c->head.layout.packets, from, to = 0;
	uint16_t n = 0;

	if (!ends && packets - c->have.count < RUN)
		return 0;
	for (;;) {
		from = bitmap_next_clear(&c->have, to);
		if (from == packets)
			return n;
		to = bitmap_next_set(&c->have, from);
		if (!is_run(c, from, to, ends))
			continue;
		if (n == most)
			v[n - 1].to = to;
		else
			v[n++] = (struct train_interval){from, to};
	}
}

/* How much of each block lies in intervals: that is not reported as lack. */
static void count_away(struct trainc *c, const struct train_interval *v,
		       uint16_t n)
{
	const struct layout *l = &c->head.layout;

	for (uint32_t b = 0; b < l->blocks; b++)
		c->blocks[b].away = 0;
	for (uint16_t i = 0; i < n; i++) {
		for (uint32_t at = v[i].from; at < v[i].to; at++) {
			uint32_t b;
			uint16_t r;

			layout_at(l, at, &b, &r);
			if (!bitmap_has(&c->have, at))
				c->blocks[b].away++;
		}
	}
}

static uint16_t lack_of(const struct block *at)
{
	const uint8_t not_these = BLOCK_GOOD | BLOCK_BUSY | BLOCK_POISONED;
	int missing = at->missing - at->away;
	int lack = missing + at->extra - at->repairs;

	return (uint16_t)(missing > 0 && lack > 0 && !(at->flags & not_these)
				  ? lack
				  : 0);
}

/* Of the lack, what the server has not said that it will send. */
static uint16_t excess_of(const struct block *at)
{
	uint16_t lack = lack_of(at);

	return lack > at->pending ? (uint16_t)(lack - at->pending) : 0;
}

static uint16_t excess(const struct trainc *c)
{
	uint16_t most = 0;

	for (uint32_t b = 0; b < c->head.layout.blocks; b++) {
		uint16_t e = excess_of(&c->blocks[b]);

		most = e > most ? e : most;
	}
	return most;
}

static uint16_t lack_of_list(const struct trainc *c)
{
	uint32_t lack = c->list_have.bits - c->list_have.count;

	return (uint16_t)(lack < UINT16_MAX ? lack : UINT16_MAX);
}

static bool lacks_list(const struct trainc *c)
{
	return !c->has_list && !(c->status_flags & TRAIN_FLAG_LIST);
}

/* ---- REPORT ------------------------------------------------------------- */

struct wish {
	uint16_t excess;
	struct train_lack lack;
};

struct wishes {
	struct wish v[TRAIN_REPORT_LACKS]; /* the largest excess first */
	uint16_t n;
};

static void add_wish(struct wishes *w, const struct wish *it)
{
	uint16_t at = w->n;

	if (at == TRAIN_REPORT_LACKS) {
		if (w->v[at - 1].excess >= it->excess)
			return;
		at--;
	} else {
		w->n++;
	}
	for (; at && w->v[at - 1].excess < it->excess; at--)
		w->v[at] = w->v[at - 1];
	w->v[at] = *it;
}

static void collect(const struct trainc *c, struct wishes *w)
{
	for (uint32_t b = 0; b < c->head.layout.blocks; b++) {
		const struct block *at = &c->blocks[b];
		uint16_t e = excess_of(at);

		if (e)
			add_wish(w, &(struct wish){e, {b, lack_of(at)}});
	}
}

/* How many intervals go behind n lacks. */
static uint16_t room_for(uint16_t n)
{
	enum { FIXED = TRAIN_HEAD + 20 + 2, LACK = 6, INTERVAL = 8 };
	int room = (TRAIN_PAYLOAD_MAX - FIXED - n * LACK) / INTERVAL;

	return room < TRAIN_INTERVALS ? (uint16_t)room : TRAIN_INTERVALS;
}

static void send_report(struct trainc *c, uint16_t round,
			const struct wishes *wishes, struct effects *fx)
{
	struct train_interval v[TRAIN_INTERVALS];
	struct train_report p = {.cookie = c->cookie,
				 .round = round,
				 .loss = take_loss(c),
				 .at = c->expected};
	uint16_t n = 0;
	struct wr w = effects_head(fx);

	if (wishes) {
		p.n = wishes->n;
		p.lack_of_list = c->has_list ? 0 : lack_of_list(c);
		n = trainc_runs(c, v, room_for(p.n), false);
	}
	train_report_put(c->head.train, &p, &w);
	for (uint16_t i = 0; i < p.n; i++)
		train_lack_put(&wishes->v[i].lack, &w);
	train_intervals_put(v, n, &w);
	trainc_send(c, &w, fx);
}

/* False if there is nothing to say. */
static bool report_lacks(struct trainc *c, struct effects *fx)
{
	struct train_interval v[TRAIN_INTERVALS];
	uint16_t n = trainc_runs(c, v, TRAIN_INTERVALS, false);
	struct wishes wishes = {.n = 0};

	count_away(c, v, n);
	collect(c, &wishes);
	if (!n && !wishes.n && !lacks_list(c))
		return false;
	send_report(c, c->round, &wishes, fx);
	return true;
}

void trainc_report_list(struct trainc *c, struct effects *fx)
{
	send_report(c, c->round, &(struct wishes){.n = 0}, fx);
}

void trainc_report(struct trainc *c, struct effects *fx)
{
	c->report_at = NEVER;
	report_lacks(c, fx);
}

void trainc_on_probe(struct trainc *c, usec now, struct rd *r,
		     struct effects *fx)
{
	uint16_t round;

	if (!train_probe_get(&round, r)) {
		c->counts.foreign++;
		return;
	}
	if (!c->has_ticket || now < c->probe_at)
		return;
	c->probe_at = now + PROBE_GAP;
	send_report(c, round, NULL, fx);
}

/* ---- STATUS ------------------------------------------------------------- */

static void take_pending(struct trainc *c, const struct train_status *s)
{
	uint32_t blocks = c->head.layout.blocks;

	for (uint16_t i = 0; i < s->n; i++)
		if (s->first < blocks && i < blocks - s->first)
			c->blocks[s->first + i].pending =
				train_status_pending(s, i);
}

static usec slot(struct trainc *c, const struct train_status *s, uint16_t e)
{
	unsigned last = s->slots ? s->slots - 1u : 0, n = 0;
	usec one = MILLISECONDS(s->slot_ms), wait;

	if (s->top > e)
		n = (unsigned)(s->top - e) / (s->step ? s->step : 1);
	wait = (usec)(n < last ? n : last) * one;
	wait += (usec)rand_below(&c->rand, (uint64_t)(one ? one : 1));
	return usec_min(wait, SILENCE_MAX);
}

static void on_asking(struct trainc *c, usec now, const struct train_status *s)
{
	struct train_interval v[TRAIN_INTERVALS];
	uint16_t n = trainc_runs(c, v, TRAIN_INTERVALS, false), e;

	count_away(c, v, n);
	e = excess(c);
	c->report_at = e || n || lacks_list(c) ? now + slot(c, s, e) : NEVER;
}

static void tell(struct trainc *c, const struct train_status *s)
{
	struct loadc_progress *p = &c->loadc.progress;

	p->is_waiting = s->phase == TRAIN_SAYS_HOLDING;
	p->leaving_ms = s->leaving_ms;
	p->on_board = s->riders;
	p->expected = s->expected;
}

static void get_on(struct trainc *c, usec now)
{
	if (c->aboard_at == NEVER)
		return;
	c->aboard_at = NEVER;
	c->is_aboard = true;
	trainc_silence_from(c, now);
}

void trainc_on_status(struct trainc *c, usec now, const struct train_head *h,
		      struct rd *r, bool is_to_us)
{
	struct train_status s = {.flags = h->flags};
	bool is_new;

	if (!train_status_get(&s, r)) {
		c->counts.foreign++;
		return;
	}
	if (is_to_us && c->aboards)
		get_on(c, now);
	c->status_flags = h->flags;
	tell(c, &s);
	is_new = !c->has_round || s.round != c->round;
	c->has_round = true;
	c->round = s.round;
	for (uint32_t b = 0; is_new && b < c->head.layout.blocks; b++)
		c->blocks[b].pending = 0;
	take_pending(c, &s);
	if (s.phase != TRAIN_SAYS_ASKING)
		c->report_at = NEVER;
	else if (is_new && c->has_ticket && c->has_room && !c->is_detached)
		on_asking(c, now, &s);
}

/* ---- silence ------------------------------------------------------------ */

void trainc_silence_from(struct trainc *c, usec now)
{
	usec wait = trainc_wait(SILENCE, c->silences, SILENCE_MAX);

	c->speak_at = c->is_aboard && !c->is_detached
			      ? now + wait + trainc_jitter(c, wait)
			      : NEVER;
}

/* The timer is not moved with each packet: it looks back when it is due. */
void trainc_speak(struct trainc *c, usec now, struct effects *fx)
{
	usec wait = trainc_wait(SILENCE, c->silences, SILENCE_MAX);

	if (now - c->heard_at < wait || c->is_detached) {
		trainc_silence_from(c, c->heard_at);
		return;
	}
	for (uint32_t b = 0; b < c->head.layout.blocks; b++)
		c->blocks[b].pending = 0;
	c->status_flags &= (uint16_t)~TRAIN_FLAG_LIST;
	c->report_at = NEVER;
	report_lacks(c, fx);
	if (c->silences >= SEEK)
		trainc_seek(c, fx);
	c->silences++;
	trainc_silence_from(c, now);
}
