/*
 * How riders fare.  One drawn by lot speaks for the others: what it lost, and
 * how far it is.  The first says how fast a run may go; the second how far
 * ahead of them it may be, for what they have not read yet is all in their
 * sockets.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"

/* Packets that riders may have to read yet; a socket of four megabytes holds
 * 3,600. */
enum { AHEAD = 1536 };
enum { PROBED = 512 }; /* packets, and the next one is asked */
enum { PROBES_LOST = 3, LITTLE = 2 /* thousandths */ };
static const usec ANSWER = MILLISECONDS(100), SILENCE = SECONDS(60);
/* A run that waits looks again. */
static const usec AGAIN = MILLISECONDS(2);

/* ---- asking ---------------------------------------------------------------
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

/* Often enough that an answer is there before too much has left. */
void probe_in_time(struct traind *t, struct run *r, usec now,
		   struct effects *fx)
{
	if (!r->want.count ||
	    (now < r->probe_at && r->sent - r->probed_at < PROBED))
		return;
	r->probe_at = now + run_probe(r);
	r->probed_at = r->sent;
	seats_probe(t, r, 1, now, fx);
}

/* ---- loss -----------------------------------------------------------------
 */

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

/* ---- how far it may go ahead ----------------------------------------------
 */

static void reached(struct traind *t, struct run *r, uint32_t at, usec now)
{
	r->reached = at < r->cursor ? at : r->cursor;
	if (r->reached > r->furthest || r->reached == r->cursor)
		r->moved_at = now;
	if (r->reached > r->furthest)
		r->furthest = r->reached;
	if (r->is_ahead)
		run_timer(t, r, now);
}

/* Where nobody comes further, or nobody says so, waiting would not help: it
 * goes on, and more slowly each time. */
bool probe_waits(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	usec patience = usec_max(ANSWER, usec_min(2 * r->behind, SLACK_MOST));

	r->is_ahead = r->want.count && r->cursor > r->reached + AHEAD;
	if (!r->is_ahead)
		return false;
	if (now - r->moved_at < patience) {
		run_timer(t, r, now + AGAIN);
		return true;
	}
	if (pace_judge(&r->pace, r->pace.weather, r->cursor - r->reached))
		run_note(t, r, NOTE_TRAIN_SLOWED, fx)->a = r->pace.rate;
	r->reached = r->cursor - AHEAD / 2;
	r->is_ahead = false;
	return false;
}

/* ---- answers ---------------------------------------------------------------
 */

/* One bad machine slows nobody down: its news counts if another one that is
 * asked says the like. */
static bool is_believed(struct traind *t, struct run *r, const struct seat *s,
			usec now, struct effects *fx)
{
	uint32_t id = (uint32_t)(s - t->seats);

	if (r->n_seats <= 2 || (r->doubted && r->doubted != id))
		return true;
	r->doubted = id;
	seats_probe(t, r, 1, now, fx);
	return false;
}

void probe_answered(struct traind *t, struct run *r, const struct seat *s,
		    const struct train_report *p, usec now, struct effects *fx)
{
	size_t len = TRAIN_DATA_HEAD + r->layout.packet;
	uint32_t lag = p->at < r->cursor ? r->cursor - p->at : 0;
	bool is_bad;

	sample(r, p->loss);
	/* Where packets get lost it may be because they come together. */
	r->pace.together = run_typical_loss(r) > LITTLE ? 1 : TOGETHER;
	if (r->phase != RUN_SENDING || !r->want.count)
		return;
	is_bad = pace_is_bad(&r->pace, p->loss, lag);
	if (is_bad && !is_believed(t, r, s, now, fx))
		return;
	r->doubted = SEAT_NONE;
	reached(t, r, p->at, now);
	/* What it says is of the pace of before, as long as it is behind. */
	if (now < r->judge_at && (!is_bad || p->at < r->judged))
		return;
	if (!is_bad && hold_expects_more(t, r, now))
		return;
	r->behind = usec_max(pace_behind(&r->pace, lag, len), r->behind / 2);
	r->behind = usec_min(r->behind, SLACK_MOST);
	r->judge_at = now + run_probe(r) / 2 + r->behind;
	r->judged = r->cursor + 1;
	if (pace_judge(&r->pace, p->loss, lag))
		run_note(t, r, NOTE_TRAIN_SLOWED, fx)->a = r->pace.rate;
}
