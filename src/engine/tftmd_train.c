/*
 * One train, and whose turn it is.  Riders with gaps come first, several at a
 * time: what they lack is one bitmap.  Then each of the others is master in
 * turn, in the order of arrival, and is served block by block, as it asks; all
 * others hear it, so each costs only what it has missed.
 */
#include "engine/askers.h"
#include "engine/tftmd_impl.h"

#include <errno.h>

static const usec GAPS_WAIT = MILLISECONDS(60);
static const usec STEP_WAITS[] = {0, MILLISECONDS(250), MILLISECONDS(500),
				  MILLISECONDS(1000), MILLISECONDS(250)};
static const usec RESEND = MILLISECONDS(150), RESEND_MAX = MILLISECONDS(1000);
static const usec TURN = SECONDS(5); /* if riders with gaps wait */
static const usec DRAIN = MILLISECONDS(40);
static const usec TELL = MILLISECONDS(500);
static const usec QUIET = SECONDS(2); /* Etherboot asks again after three */
static const usec BUSY = MILLISECONDS(10); /* the reader of files is */
static const usec REST = SECONDS(30), BROKEN = SECONDS(10);
enum { HOLDS = 25, ALONE = 8, SMALL = 64, PORT_FIRST = 32768 };
static const usec HOLD_MOST = SECONDS(5), HOLD_ROM = SECONDS(2);

void tftm_wait(struct tftmd *m, struct tftm_train *t, usec until)
{
	heap_set(&m->heap, &t->timer, until);
}

struct note *tftm_note(const struct tftmd *m, const struct tftm_train *t,
		       unsigned code, struct effects *fx)
{
	const struct image *im = images_get(m->site->images, t->image);
	struct note *n = effects_note(fx, code);

	n->ip = t->group.ip;
	n->a = t->sent;
	n->b = t->blocks;
	n->text = im ? im->name : NULL;
	return n;
}

/* ---- beginning and ending ----------------------------------------------- */

static void stop_fetching(struct tftm_train *t)
{
	t->is_fetching = false;
	t->generation++;
}

static void rest_until(struct tftmd *m, struct tftm_train *t,
		       enum tftm_phase phase, usec until)
{
	bitmap_clear_all(&t->want);
	stop_fetching(t);
	t->phase = phase;
	t->vain = 0;
	t->is_proven = false;
	tftm_wait(m, t, until);
}

static void rest(struct tftmd *m, struct tftm_train *t, enum tftm_phase phase,
		 usec until)
{
	tftm_riders_leave_all(m, t);
	t->era = ++m->eras;
	rest_until(m, t, phase, until);
}

/* A port that nobody can guess: whoever answers to it is where it says. */
static void listen_somewhere(struct tftmd *m, struct tftm_train *t,
			     struct effects *fx)
{
	do {
		t->us.port =
			(uint16_t)(PORT_FIRST +
				   rand_below(&m->rand, 65536 - PORT_FIRST));
	} while (m->by_port[t->us.port] ||
		 settings_is_slam_port(m->site->settings, t->us.port));
	m->by_port[t->us.port] = (uint16_t)(1 + tftm_number(m, t));
	t->listens++;
	effects_listen(fx, t->us.port, 0, LISTEN_BULK, tftm_cookie(m, t));
}

void tftm_open(struct tftmd *m, struct tftm_train *t, struct effects *fx)
{
	t->phase = TFTM_OPENING;
	t->listens = 0;
	t->pace.rate = m->site->settings->tftm.rate / 16;
	listen_somewhere(m, t, fx);
}

void tftm_free(struct tftmd *m, struct tftm_train *t, struct effects *fx)
{
	if (m->by_port[t->us.port]) {
		m->by_port[t->us.port] = 0;
		effects_close_port(fx, t->us.port, 0);
	}
	stop_fetching(t);
	heap_cancel(&m->heap, &t->timer);
	t->phase = TFTM_FREE;
}

void tftm_listening(struct tftmd *m, struct tftm_train *t, usec now, int rc,
		    struct effects *fx)
{
	uint32_t id = t->riders;

	if (t->phase != TFTM_OPENING)
		return;
	if (rc) { /* somebody else's port, as a rule */
		m->by_port[t->us.port] = 0;
		t->us.port = 0;
		if (t->listens < LISTENS_MAX)
			listen_somewhere(m, t, fx);
		else
			rest(m, t, TFTM_BROKEN, now + BROKEN);
		return;
	}
	rest_until(m, t, TFTM_RESTING, now + REST);
	for (uint32_t n = t->n_riders; n; n--, id = m->riders[id].next)
		tftm_call(m, t, &m->riders[id], now, fx);
}

/* ---- departure ---------------------------------------------------------- */

static void call_next(struct tftmd *m, struct tftm_train *t, usec now,
		      struct effects *fx);
static void call_again(struct tftmd *m, struct tftm_train *t, uint32_t id,
		       usec now, struct effects *fx);

static void depart(struct tftmd *m, struct tftm_train *t, usec now,
		   struct effects *fx)
{
	struct note *n;

	tftm_pace_reset(m, t, now);
	n = tftm_note(m, t, NOTE_TRAIN_DEPARTED, fx);
	n->a = t->blocks;
	n->b = t->us.port;
	t->next = t->riders;
	if (!t->want.count) {
		call_next(m, t, now, fx);
		return;
	}
	t->phase = TFTM_SENDING;
	tftm_wait(m, t, now);
}

/* As with slamd: most often nobody else comes. */
static bool is_alone_with_little(const struct tftmd *m,
				 const struct tftm_train *t, usec now)
{
	return t->n_riders == 1 && t->n_gaps && t->blocks <= SMALL &&
	       !askers_awaits(m->site->askers, t->image, VIA_TFTM, now);
}

/* Each doubling of the riders adds as much again, as slamd does: the more there
 * are, the likelier one has lost a packet and comes a second later. */
static usec hold_of(const struct tftmd *m, const struct tftm_train *t, usec now)
{
	usec hold = MILLISECONDS(m->site->settings->tftm.hold), sum = hold;

	if (is_alone_with_little(m, t, now))
		return (hold + ALONE - 1) / ALONE;
	for (uint32_t n = t->n_riders; n > 1; n /= 2)
		sum += hold;
	return sum;
}

static void hold_on(struct tftmd *m, struct tftm_train *t, usec now)
{
	usec most = HOLDS * MILLISECONDS(m->site->settings->tftm.hold);
	usec wait = hold_of(m, t, now);

	if (t->phase == TFTM_RESTING) {
		t->phase = TFTM_HOLDING;
		t->leave_by = now + usec_min(most, HOLD_MOST);
	}
	if (t->n_riders > t->n_gaps)
		t->leave_by = usec_min(t->leave_by, now + HOLD_ROM);
	tftm_wait(m, t, usec_min(now + wait, t->leave_by));
}

static void hold_or_go(struct tftmd *m, struct tftm_train *t, struct rider *r,
		       usec now, struct effects *fx)
{
	if (t->phase == TFTM_RESTING && !m->site->settings->tftm.hold) {
		depart(m, t, now, fx);
		return;
	}
	tftm_rider_oack(m, t, r, false, fx);
	hold_on(m, t, now);
}

/* A repeated request is answered like the first one: whoever is master, or is
 * called to be, is called at the port that it asked from last. */
void tftm_call(struct tftmd *m, struct tftm_train *t, struct rider *r, usec now,
	       struct effects *fx)
{
	uint32_t id = (uint32_t)(r - m->riders);
	bool is_master = t->phase == TFTM_STEPPING && t->master == id;

	if (t->phase == TFTM_OPENING)
		return;
	if (tftm_stands(t))
		hold_or_go(m, t, r, now, fx);
	else if (is_master || (t->called == id && r->owes))
		call_again(m, t, id, now, fx);
	else
		tftm_rider_oack(m, t, r, r->owes, fx);
}

/* ---- whose turn it is --------------------------------------------------- */

static void end_run(struct tftmd *m, struct tftm_train *t, usec now,
		    struct effects *fx)
{
	tftm_note(m, t, NOTE_TRAIN_DONE, fx);
	rest(m, t, TFTM_RESTING, now + REST);
}

static void call_step(struct tftmd *m, struct tftm_train *t, usec now,
		      struct effects *fx)
{
	struct rider *r = &m->riders[t->called];

	tftm_rider_oack(m, t, r, true, fx);
	t->call_at = now + STEP_WAITS[r->sends];
}

/* The next one in lock step; one who may not be called any more is given up,
 * and the one behind it called in the next step. */
static void begin_call(struct tftmd *m, struct tftm_train *t, usec now,
		       struct effects *fx)
{
	struct rider *r = &m->riders[t->next];

	t->called = RIDER_NONE;
	t->call_at = now;
	if (tftm_rider_is_hopeless(r)) {
		tftm_rider_lose(m, t, r, fx);
		return;
	}
	t->called = t->next;
	r->sends = 0;
	call_step(m, t, now, fx);
}

static void call_gaps(struct tftmd *m, struct tftm_train *t, usec now,
		      struct effects *fx)
{
	t->called = RIDER_NONE;
	tftm_riders_call(m, t, CALL_BATCH, fx);
	/* What calls them comes behind what is still on its way. */
	t->call_at = now + t->behind +
		     (GAPS_WAIT << (t->vain < 3 ? t->vain : 3));
}

static void wait_for_answer(struct tftmd *m, struct tftm_train *t)
{
	bool has_roms = t->n_riders > t->n_gaps && t->is_proven;

	tftm_wait(m, t,
		  has_roms ? usec_min(t->call_at, t->data_at + QUIET)
			   : t->call_at);
}

/* It may have begun anew, so what it acknowledges next is believed. */
static void call_again(struct tftmd *m, struct tftm_train *t, uint32_t id,
		       usec now, struct effects *fx)
{
	t->phase = TFTM_CALLING;
	t->master = RIDER_NONE;
	t->called = id;
	m->riders[id].sends = 0;
	call_step(m, t, now, fx);
	wait_for_answer(m, t);
}

static void call_next(struct tftmd *m, struct tftm_train *t, usec now,
		      struct effects *fx)
{
	if (!t->n_riders) {
		end_run(m, t, now, fx);
		return;
	}
	tftm_riders_forgive(m, t);
	t->phase = TFTM_CALLING;
	t->master = RIDER_NONE;
	if (t->n_gaps) {
		call_gaps(m, t, now, fx);
	} else {
		begin_call(m, t, now, fx);
	}
	wait_for_answer(m, t);
}

void tftm_answered(struct tftmd *m, struct tftm_train *t, usec now)
{
	t->called = RIDER_NONE;
	if (!t->want.count) { /* nothing lacks here: call others */
		t->phase = TFTM_DRAINING;
		tftm_wait(m, t, now);
		return;
	}
	t->phase = TFTM_SENDING;
	tftm_pace_begin(t, now);
	tftm_wait(m, t, usec_max(now, t->pace.paid / 1000));
}

void tftm_left(struct tftmd *m, struct tftm_train *t, usec now,
	       struct effects *fx)
{
	if (!t->n_gaps)
		bitmap_clear_all(&t->want);
	if (!t->n_riders && t->phase > TFTM_HOLDING)
		end_run(m, t, now, fx);
	else if (t->phase == TFTM_CALLING && !t->owing)
		tftm_answered(m, t, now);
	else if (t->phase == TFTM_STEPPING && !t->master)
		call_next(m, t, now, fx);
}

/* ---- lock step ---------------------------------------------------------- */

static void fetch_step(struct tftmd *m, struct tftm_train *t, usec now,
		       struct effects *fx)
{
	if (t->is_fetching)
		return; /* its block is not wanted any more: then this one */
	t->batch[0] = (uint32_t)t->stepped;
	t->n_batch = 1;
	if (!tftm_pace_fetch(m, t, fx))
		tftm_fetched(m, t, now, 0, fx);
}

static void wait_for_step(struct tftmd *m, struct tftm_train *t, usec now)
{
	tftm_wait(m, t, now + usec_min(RESEND << t->tries, RESEND_MAX));
}

static void begin_turn(struct tftmd *m, struct tftm_train *t,
		       const struct rider *r, usec now)
{
	tftm_riders_forgive(m, t);
	t->phase = TFTM_STEPPING;
	t->called = RIDER_NONE;
	t->master = (uint32_t)(r - m->riders);
	t->next = t->master;
	t->stepped = -1;
	t->tries = 0;
	t->repeats = 0;
	t->turn_at = now;
}

/* A master that needs much time is master again later. */
static bool is_long_enough(const struct tftm_train *t, usec now)
{
	return t->n_riders > 1 && (t->repeats >= STEP_REPEATS ||
				   (t->n_gaps && now - t->turn_at >= TURN));
}

void tftm_step(struct tftmd *m, struct tftm_train *t, struct rider *r,
	       uint32_t n, usec now, struct effects *fx)
{
	if (t->phase == TFTM_CALLING)
		begin_turn(m, t, r, now);
	/* An old ACK, or one twice: only the clock repeats a block, or each
	 * duplicate would double what follows. */
	if ((int64_t)n <= t->stepped)
		return;
	if (is_long_enough(t, now)) {
		t->next = r->next;
		call_next(m, t, now, fx);
		return;
	}
	t->stepped = n;
	t->tries = 0;
	wait_for_step(m, t, now);
	fetch_step(m, t, now, fx);
}

/* ---- sending ------------------------------------------------------------ */

/* Replaced or gone: its riders ask anew by themselves.  If it is there but
 * cannot be read, tftpd says so to them. */
static void on_unreadable(struct tftmd *m, struct tftm_train *t, usec now,
			  int rc, struct effects *fx)
{
	if (rc == -EAGAIN) {
		tftm_wait(m, t, now + BUSY);
		return;
	}
	if (rc != -ESTALE)
		tftm_note(m, t, NOTE_FILE_MISSING, fx)->a = (uint64_t)-rc;
	rest(m, t, TFTM_BROKEN, now + BROKEN);
}

void tftm_fetched(struct tftmd *m, struct tftm_train *t, usec now, int rc,
		  struct effects *fx)
{
	if (!t->is_fetching)
		return;
	t->is_fetching = false;
	if (rc) {
		on_unreadable(m, t, now, rc, fx);
		return;
	}
	tftm_pace_send(m, t, now, fx);
	if (t->phase == TFTM_SENDING) {
		tftm_wait(m, t, tftm_pace_next(t, now));
	} else if (t->phase == TFTM_STEPPING) {
		wait_for_step(m, t, now);
		if (t->batch[0] != t->stepped)
			fetch_step(m, t, now, fx);
	} else if (t->phase == TFTM_CALLING) {
		wait_for_answer(m, t);
	}
}

static void send_more(struct tftmd *m, struct tftm_train *t, usec now,
		      struct effects *fx)
{
	if (t->is_fetching)
		return;
	if (tftm_pace_asks(t, now))
		tftm_riders_call(m, t, 1, fx);
	if (now - t->told_at >= TELL) {
		t->told_at = now;
		tftm_note(m, t, NOTE_TRAIN_PROGRESS, fx);
	}
	if (!tftm_pace_fill(t)) {
		t->phase = TFTM_DRAINING;
		tftm_wait(m, t, now + DRAIN);
	} else if (!tftm_pace_fetch(m, t, fx)) {
		tftm_fetched(m, t, now, 0, fx);
	}
}

/* Two blocks in a row, of whatever the file has: Etherboot's next try would
 * come after six minutes. */
static void break_silence(struct tftmd *m, struct tftm_train *t, usec now,
			  struct effects *fx)
{
	if (t->is_fetching)
		return;
	if (t->idle + 1 >= t->blocks)
		t->idle = 0;
	t->n_batch = t->blocks > 1 ? 2 : 1;
	t->batch[0] = t->idle;
	t->batch[1] = t->idle + 1;
	t->idle += t->n_batch;
	if (!tftm_pace_fetch(m, t, fx))
		tftm_fetched(m, t, now, 0, fx);
}

/* ---- time --------------------------------------------------------------- */

static void step_overdue(struct tftmd *m, struct tftm_train *t, usec now,
			 struct effects *fx)
{
	struct rider *r = &m->riders[t->called];

	if (r->sends < STEP_SENDS && !tftm_rider_is_hopeless(r)) {
		call_step(m, t, now, fx);
		wait_for_answer(m, t);
		return;
	}
	t->next = r->next;
	if (++r->failed >= STEP_FAILED || tftm_rider_is_hopeless(r))
		tftm_rider_lose(m, t, r, fx);
	call_next(m, t, now, fx);
}

static void on_overdue(struct tftmd *m, struct tftm_train *t, usec now,
		       struct effects *fx)
{
	if (now < t->call_at) {
		break_silence(m, t, now, fx);
		return;
	}
	if (t->called) {
		step_overdue(m, t, now, fx);
		return;
	}
	t->vain++;
	tftm_riders_overdue(m, t, fx);
	tftm_answered(m, t, now);
}

/* The master did not answer to a block. */
static void on_silence(struct tftmd *m, struct tftm_train *t, usec now,
		       struct effects *fx)
{
	struct rider *r = &m->riders[t->master];

	if (t->is_fetching) { /* the silence is ours */
		wait_for_step(m, t, now);
		return;
	}
	t->repeats++;
	if (t->tries++ < STEP_TRIES) {
		wait_for_step(m, t, now);
		fetch_step(m, t, now, fx);
		return;
	}
	t->next = r->next;
	if (++r->failed >= STEP_FAILED)
		tftm_rider_lose(m, t, r, fx);
	call_next(m, t, now, fx);
}

void tftm_expire(struct tftmd *m, struct tftm_train *t, usec now,
		 struct effects *fx)
{
	switch (t->phase) {
	case TFTM_FREE:
	case TFTM_OPENING:
		break;
	case TFTM_HOLDING:
		if (t->n_riders)
			depart(m, t, now, fx);
		else
			rest(m, t, TFTM_RESTING, now + REST);
		break;
	case TFTM_CALLING:
		on_overdue(m, t, now, fx);
		break;
	case TFTM_SENDING:
		send_more(m, t, now, fx);
		break;
	case TFTM_STEPPING:
		on_silence(m, t, now, fx);
		break;
	case TFTM_DRAINING:
		if (t->want.count) /* somebody spoke unasked */
			tftm_answered(m, t, now);
		else
			call_next(m, t, now, fx);
		break;
	case TFTM_RESTING:
	case TFTM_BROKEN:
		tftm_free(m, t, fx);
		break;
	}
}
