/*
 * Seats.  A rider has one from its first right cookie until it says goodbye or
 * is not heard any more.  What it lacks is not kept for each rider: of every
 * block only the most that anybody lacks.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"

enum { LATE_MOST = 8 };
static const usec SLACK_LEAST = MILLISECONDS(20);

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

/* ---- what it lacks --------------------------------------------------------
 */

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
		probe_answered(t, r, s, p, now, fx);
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
