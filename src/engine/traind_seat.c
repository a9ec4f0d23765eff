/*
 * Seats.  A rider has one from its first right cookie until it says goodbye or
 * is not heard any more.  What it lacks is not kept for each rider: of every
 * block only the most that anybody lacks.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"

enum { PROBES_LOST = 3, LATE_MOST = 8, LITTLE = 2 /* thousandths */ };
static const usec SLACK_LEAST = MILLISECONDS(20), SLACK_MOST = SECONDS(2);
static const usec SILENCE = SECONDS(60);

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

/* Behind all others. */
static void ring_add(struct traind *t, uint32_t *ring, uint32_t id)
{
	struct seat *s = &t->seats[id], *first = &t->seats[*ring];

	if (!*ring) {
		s->next = s->prev = id;
		*ring = id;
		return;
	}
	s->next = *ring;
	s->prev = first->prev;
	t->seats[first->prev].next = id;
	first->prev = id;
}

static void ring_remove(struct traind *t, uint32_t *ring, uint32_t id)
{
	struct seat *s = &t->seats[id];

	t->seats[s->prev].next = s->next;
	t->seats[s->next].prev = s->prev;
	if (*ring == id)
		*ring = s->next == id ? SEAT_NONE : s->next;
}

static void sit(struct traind *t, struct run *r, uint32_t id)
{
	ring_add(t, &r->seats, id);
	if (!r->n_seats++)
		r->next_probe = id;
	t->seats[id].is_gone = false;
}

static void stand_up(struct traind *t, struct run *r, uint32_t id)
{
	if (r->next_probe == id)
		r->next_probe = t->seats[id].next;
	ring_remove(t, &r->seats, id);
	if (!--r->n_seats)
		r->next_probe = SEAT_NONE;
	if (r->pick.seat == id)
		r->pick.n = 0; /* nobody is there to get it */
}

static void forget(struct traind *t, struct run *r, uint32_t id)
{
	struct seat *s = &t->seats[id];

	if (s->is_gone)
		ring_remove(t, &r->gone, id);
	else
		stand_up(t, r, id);
	index_remove(&t->by_endpoint, key(t, s->at, s->run), id);
	s->is_taken = false;
	slots_put(&t->free_seats, id);
}

void seat_asked(const struct traind *t, struct run *r, struct endpoint at,
		bool is_to_come)
{
	uint64_t h = key(t, at, run_number(t, r)) % ASKED;
	uint64_t bit = (uint64_t)1 << h % 64, *w = &r->asked[h / 64];

	if (is_to_come == !!(*w & bit))
		return;
	*w ^= bit;
	r->n_asked += is_to_come ? 1 : UINT32_MAX;
}

bool seats_are_taken(const struct traind *t, const struct run *r)
{
	return !slots_any(&t->free_seats) && !r->gone;
}

static struct seat *come_back(struct traind *t, struct run *r, struct seat *s)
{
	uint32_t id = (uint32_t)(s - t->seats);

	if (s->is_gone) {
		ring_remove(t, &r->gone, id);
		sit(t, r, id);
	}
	return s;
}

struct seat *seat_take(struct traind *t, struct run *r, struct endpoint at,
		       struct effects *fx)
{
	struct seat *s = seat_find(t, r, at);
	uint32_t id;

	if (s)
		return come_back(t, r, s);
	if (!slots_any(&t->free_seats) && r->gone)
		forget(t, r, r->gone); /* the one that left first */
	id = slots_take(&t->free_seats);
	if (!id) {
		t->stats.refused++;
		effects_note(fx, NOTE_ANSWERED_LATE)->text = "riders";
		return NULL;
	}
	s = &t->seats[id];
	*s = (struct seat){
		.at = at, .run = (uint16_t)run_number(t, r), .is_taken = true};
	sit(t, r, id);
	(void)index_add(&t->by_endpoint, key(t, at, s->run), id);
	t->stats.boarded++;
	effects_note(fx, NOTE_RIDER_BOARDED)->peer = at;
	return s;
}

void seat_leave(struct traind *t, struct run *r, struct seat *s,
		struct effects *fx)
{
	uint32_t id = (uint32_t)(s - t->seats);

	t->stats.left++;
	effects_note(fx, NOTE_RIDER_LEFT)->peer = s->at;
	stand_up(t, r, id);
	ring_add(t, &r->gone, id);
	s->is_gone = true;
}

void seat_lose(struct traind *t, struct run *r, struct seat *s,
	       struct effects *fx)
{
	effects_note(fx, NOTE_RIDER_LOST)->peer = s->at;
	forget(t, r, (uint32_t)(s - t->seats));
}

void seats_leave(struct traind *t, struct run *r, usec heard, bool are_lost,
		 struct effects *fx)
{
	for (uint32_t n = r->n_seats, id = r->seats; n; n--) {
		struct seat *s = &t->seats[id];

		id = s->next;
		if (s->is_detached && s->heard >= heard)
			continue;
		if (are_lost)
			seat_lose(t, r, s, fx);
		else
			forget(t, r, (uint32_t)(s - t->seats));
	}
	while (r->gone)
		forget(t, r, r->gone);
}

void seats_leave_all(struct traind *t, struct run *r)
{
	while (r->seats)
		forget(t, r, r->seats);
	while (r->gone)
		forget(t, r, r->gone);
}

/* ---- how it fares ---------------------------------------------------------
 */

void seat_probe(struct traind *t, struct run *r, struct seat *s,
		struct effects *fx)
{
	struct wr w = effects_head(fx);

	train_probe_put(r->id, r->round, &w);
	effects_send(fx, &w, traind_us(t), s->at)->link = r->link;
	if (s->owes < UINT8_MAX)
		s->owes++;
}

static void probe_or_lose(struct traind *t, struct run *r, usec now,
			  struct effects *fx)
{
	struct seat *s = &t->seats[r->next_probe];

	if (s->owes >= PROBES_LOST && now - s->heard >= SILENCE) {
		seat_lose(t, r, s, fx);
		return;
	}
	seat_probe(t, r, s, fx);
	r->next_probe = s->next;
}

void seats_probe(struct traind *t, struct run *r, unsigned n, usec now,
		 struct effects *fx)
{
	/* One drawn by lot after the other would be as good; a stride through
	 * the ring visits everybody. */
	for (uint32_t i = 0; i < n && i < r->n_seats; i++) {
		uint64_t skip = rand_below(&t->rand, 4);

		while (skip--)
			r->next_probe = t->seats[r->next_probe].next;
		probe_or_lose(t, r, now, fx);
	}
}

uint16_t run_typical_loss(const struct run *r)
{
	uint16_t v[SAMPLES] = {0};
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
	r->samples[r->next_sample] = loss < 1000 ? loss : 1000;
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

	return r->n_seats > 2 && r->n_samples >= SAMPLES_MIN && loss > MUCH &&
	       loss > most;
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

/* Nobody may make a train send much more than the file a few times over: who
 * needs more gets it by itself. */
static uint64_t account(const struct traind *t, const struct run *r,
			const struct seat *s)
{
	return hash_u64((uint64_t)s->at.ip << 32 | r->era, t->secret);
}

static void charge(struct traind *t, const struct run *r, const struct seat *s,
		   uint32_t packets)
{
	if (packets)
		share_add(&t->share, account(t, r, s), packets);
}

static bool is_greedy(const struct traind *t, const struct run *r,
		      const struct seat *s)
{
	return share_had(&t->share, account(t, r, s)) >=
	       (uint64_t)GREED * r->layout.packets;
}

void seat_want(struct traind *t, struct run *r, struct seat *s,
	       struct train_intervals *v, struct effects *fx)
{
	struct train_interval i;
	uint32_t before = r->want.count;

	if (v->n && is_greedy(t, r, s))
		detach(t, r, s, fx);
	if (s->is_detached)
		return;
	while (train_interval_next(v, &i))
		run_want(r, &i);
	charge(t, r, s, r->want.count - before);
}

void seat_want_list(struct traind *t, struct run *r, struct seat *s)
{
	uint64_t len = (uint64_t)r->layout.blocks * CRYPT_HASH;

	if (r->wants_list || is_greedy(t, r, s))
		return;
	r->wants_list = r->must_say = true;
	charge(t, r, s, (uint32_t)(len / r->layout.packet + 1));
}

static void take_lacks(struct traind *t, struct run *r, struct seat *s,
		       struct train_report *p)
{
	struct train_lack l;

	while (train_lack_next(p, &l)) {
		if (l.block >= r->layout.blocks)
			continue;
		if (l.lack > layout_block(&r->layout, l.block))
			l.lack = layout_block(&r->layout, l.block);
		if (l.lack > r->lack[l.block]) {
			charge(t, r, s, l.lack - r->lack[l.block]);
			r->lack[l.block] = l.lack;
			r->must_say = true;
		}
	}
}

/* One bad machine slows nobody down: its news counts if the next one that is
 * asked says the like. */
static bool is_believed(struct traind *t, struct run *r, usec now,
			struct effects *fx)
{
	r->is_in_doubt = !r->is_in_doubt && r->n_seats > 2;
	if (r->is_in_doubt)
		seats_probe(t, r, 1, now, fx);
	return !r->is_in_doubt;
}

/* It was drawn by lot, so it speaks for the others. */
static void probed(struct traind *t, struct run *r,
		   const struct train_report *p, usec now, struct effects *fx)
{
	size_t len = TRAIN_DATA_HEAD + r->layout.packet;
	uint32_t lag = p->at < r->cursor ? r->cursor - p->at : 0;

	sample(r, p->loss);
	/* Where packets get lost it may be because they come together. */
	r->pace.together = run_typical_loss(r) > LITTLE ? 1 : TOGETHER;
	/* What it says is of the pace of before, as long as it is behind. */
	if (r->phase != RUN_SENDING || !r->want.count || now < r->judge_at)
		return;
	if (pace_is_bad(&r->pace, p->loss, lag) ? !is_believed(t, r, now, fx)
						: hold_expects_more(t, r, now))
		return;
	r->is_in_doubt = false;
	r->behind = usec_max(pace_behind(&r->pace, lag, len), r->behind / 2);
	r->behind = usec_min(r->behind, SLACK_MOST);
	r->judge_at = now + run_probe(r) / 2 + r->behind;
	if (pace_judge(&r->pace, p->loss, lag))
		run_note(t, r, NOTE_TRAIN_SLOWED, fx)->a = r->pace.rate;
}

/* It answers a question that is none any more. */
static bool is_late(const struct run *r, const struct train_report *p)
{
	if (r->phase == RUN_STANDING || r->phase == RUN_HOLDING)
		return false;
	return r->phase == RUN_SENDING || p->round != r->round;
}

/* What it lacked then may be on its way: it will say so again, and shall have
 * the time; but not as often as it likes. */
static void be_patient(struct run *r, struct seat *s)
{
	if (s->late == LATE_MOST)
		return;
	s->late++;
	r->slack = usec_min(SLACK_MOST, 2 * r->slack + SLACK_LEAST);
}

void seat_report(struct traind *t, struct run *r, struct seat *s,
		 struct train_report *p, usec now, struct effects *fx)
{
	bool lacks_packets = p->n || p->intervals.n;
	uint32_t wanted = r->want.count;

	if (s->owes)
		probed(t, r, p, now, fx);
	s->owes = 0;
	if (!lacks_packets && !p->lack_of_list)
		return;
	/* The list is short, and there is no other way to it. */
	if (lacks_packets && (s->is_detached || is_greedy(t, r, s) ||
			      is_straggler(r, p->loss))) {
		detach(t, r, s, fx);
		return;
	}
	if (is_late(r, p)) {
		be_patient(r, s);
		return;
	}
	take_lacks(t, r, s, p);
	seat_want(t, r, s, &p->intervals, fx);
	if (p->lack_of_list)
		seat_want_list(t, r, s);
	if (r->want.count != wanted || r->phase == RUN_STANDING)
		run_wanted(t, r, now, fx);
	else if (r->must_say)
		run_changed(t, r, now);
}
