/*
 * One train.  It sends what is wanted, in rounds: the want bitmap begins as the
 * whole file, sending clears it, NACKs set it again.  So the first round is one
 * transmission of the file, and every later one the union of what its riders
 * lack.
 */
#include "engine/askers.h"
#include "engine/note.h"
#include "engine/slamd_impl.h"

#include <errno.h>

static const usec GUARD = MILLISECONDS(15);
static const usec WAIT_FAST = MILLISECONDS(60), WAIT_SLOW = MILLISECONDS(250);
static const usec DRAIN_FAST = MILLISECONDS(1), DRAIN_SLOW = MILLISECONDS(3);
static const usec JUDGE = MILLISECONDS(100);
static const usec TELL = MILLISECONDS(500);
enum { CALM = 256 }; /* packets that wait somewhere on the way */
static const usec BEHIND_MOST = SECONDS(1);
enum { HOLDS = 25, ALONE = 8, SMALL = 64 };
/* Our clients give up after a minute of silence, iPXE after 15 seconds. */
static const usec HOLD_MOST = SECONDS(30), HOLD_ROM = SECONDS(7);

static const usec HOLD_OFF = SECONDS(1);
static const uint64_t RATE_MIN = 1000000;
static const usec BUSY = MILLISECONDS(10); /* the reader of files is */

static void set_timer(struct slamd *s, struct train *t, usec at)
{
	heap_set(&s->heap, &t->timer, at);
}

/* A frame at a time for ROMs; Muster and Linux are followed. */
static struct pace *pace_of(struct train *t)
{
	t->pace.apart = train_is_fast(t) ? 0 : t->slow_gap * 1000;
	return &t->pace;
}

void train_pace(const struct slamd *s, struct train *t, uint64_t rate)
{
	pace_open(&t->pace, rate, RATE_MIN, s->site->settings->slam.rate);
	t->pace.weather = 0;
	t->pace.calm = CALM;
}

static uint32_t burst_of(struct train *t)
{
	return pace_burst(pace_of(t), t->header.block_size, BURST);
}

static void keep_marks(struct train *t, usec now)
{
	if (now - t->mark_at < GUARD + t->behind)
		return;
	t->mark[0] = t->mark[1];
	t->mark[1] = t->cursor;
	t->mark_at = now;
}

/* What lies both in [first, first + n) and in [from, to). */
static void want_between(struct train *t, uint64_t first, uint64_t n,
			 uint32_t from, uint32_t to)
{
	uint64_t end = first + n;

	if (first < from)
		first = from;
	if (end > to)
		end = to;
	if (first < end)
		bitmap_set_range(&t->want, (uint32_t)first,
				 (uint32_t)(end - first));
}

void train_request(struct train *t, uint64_t first, uint64_t n)
{
	if (first >= t->packets || n > t->packets - first)
		return;
	switch (t->phase) {
	case TRAIN_IDLE:
	case TRAIN_HOLDING:
	case TRAIN_ASKING:
		want_between(t, first, n, 0, t->packets);
		break;
	case TRAIN_SENDING:
	case TRAIN_DRAINING:
		if (t->cursor < t->mark[0]) {
			want_between(t, first, n, t->cursor, t->mark[0]);
			break;
		}
		want_between(t, first, n, 0, t->mark[0]);
		want_between(t, first, n, t->cursor, t->packets);
		break;
	}
}

static struct note *tell(struct slamd *s, struct train *t, unsigned code,
			 struct effects *fx)
{
	const struct image *im = images_get(s->site->images, t->image);
	struct note *n = effects_note(fx, code);

	n->ip = s->site->settings->slam.group;
	n->a = t->sent;
	n->b = t->packets;
	n->text = im ? im->name : NULL;
	return n;
}

static void depart(struct slamd *s, struct train *t, usec now,
		   struct effects *fx)
{
	struct note *n;

	t->phase = TRAIN_SENDING;
	train_pace(s, t, t->pace.rate);
	t->lost = t->served = 0;
	bitmap_clear_all(&t->once);
	t->sent = 0;
	t->cursor = t->mark[0] = t->mark[1] = 0;
	t->mark_at = now;
	t->window = 0;
	t->behind = 0;
	pace_begin(&t->pace, now);
	t->rate_at = now + JUDGE;
	t->told_at = now;
	n = tell(s, t, NOTE_TRAIN_DEPARTED, fx);
	n->a = t->packets;
	n->b = t->port;
	set_timer(s, t, now);
}

/* Most often nobody else comes, and if somebody does, so little may be sent
 * again.  ROMs are slow enough to be waited for. */
static bool is_alone_with_little(const struct slamd *s, const struct train *t,
				 usec now)
{
	return t->n_riders == 1 && !t->n_slow && t->packets <= SMALL &&
	       !askers_awaits(s->site->askers, t->image, VIA_SLAM, now);
}

/* Each doubling of the riders adds as much again: the more machines there are,
 * the likelier one of them has lost a packet on its way here and comes a second
 * later; and it would cost a whole transmission. */
static usec hold_of(const struct slamd *s, const struct train *t, usec now)
{
	usec hold = MILLISECONDS(s->site->settings->slam.hold), sum = hold;

	if (is_alone_with_little(s, t, now))
		return (hold + ALONE - 1) / ALONE;
	for (uint32_t n = t->n_riders; n > 1; n /= 2)
		sum += hold;
	return sum;
}

/* Whoever boards before the departure costs nothing; so it is put off while
 * machines keep coming, but not for long. */
void train_call(struct slamd *s, struct train *t, usec now, bool is_new,
		struct effects *fx)
{
	usec most = HOLDS * MILLISECONDS(s->site->settings->slam.hold);
	usec hold = hold_of(s, t, now);

	if (!t->want.count)
		return;
	if (t->phase == TRAIN_IDLE && !hold) {
		depart(s, t, now, fx);
		return;
	}
	if (t->phase == TRAIN_IDLE) {
		t->phase = TRAIN_HOLDING;
		t->leave_by = now + usec_min(most, HOLD_MOST);
	}
	if (t->n_slow)
		t->leave_by = usec_min(t->leave_by, now + HOLD_ROM);
	if (is_new || t->leave_by < t->timer.at)
		set_timer(s, t, usec_min(now + hold, t->leave_by));
}

/* Deaf cards lose the same packets again: three milliseconds a frame suit all
 * that were tried. */
void train_be_gentle(struct train *t)
{
	t->slow_gap = MILLISECONDS(3);
}

static void train_stop(struct slamd *s, struct train *t)
{
	riders_leave_all(s, t);
	bitmap_clear_all(&t->want);
	t->phase = TRAIN_IDLE;
	t->is_fetching = false;
	t->slow_gap = MILLISECONDS(1);
	heap_cancel(&s->heap, &t->timer);
}

void train_orphan(struct slamd *s, struct train *t)
{
	t->port = 0;
	if (!t->is_fetching)
		train_stop(s, t);
}

/* The next packets of the round, as long as one FETCH can bring them. */
static void fill_batch(struct train *t, uint32_t most)
{
	uint32_t span = (uint32_t)(BATCH_SPAN / t->header.block_size);
	uint32_t at = bitmap_next_set(&t->want, t->cursor);

	if (at >= t->packets)
		at = bitmap_next_set(&t->want, 0);
	t->n_batch = 0;
	while (at < t->packets && t->n_batch < most &&
	       (!t->n_batch || at - t->batch[0] < span)) {
		t->batch[t->n_batch++] = at;
		at = bitmap_next_set(&t->want, at + 1);
	}
}

static void fetch_batch(struct slamd *s, struct train *t, struct effects *fx)
{
	uint32_t first = t->batch[0], last = t->batch[t->n_batch - 1];
	struct ref ref = {.image = t->image, .version = t->version};

	ref.offset = first * t->header.block_size;
	ref.len = (size_t)((last - first) * t->header.block_size) +
		  slam_packet_len(&t->header, last);
	t->is_fetching = true;
	effects_fetch(fx, &ref, (uint64_t)(t - s->trains));
}

static void send_packet(struct slamd *s, struct train *t, uint32_t i,
			struct effects *fx)
{
	const struct settings *set = s->site->settings;
	struct endpoint us = {.port = t->port};
	struct endpoint group = {.ip = set->slam.group, .port = t->port};
	struct wr w = effects_head(fx);
	struct send *send;

	slam_data_head_put(&t->header, i, &w);
	send = effects_send(fx, &w, us, group);
	send->link = t->link;
	send->ttl = set->slam.ttl;
	send->body = (struct ref){
		.image = t->image,
		.version = t->version,
		.offset = i * t->header.block_size,
		.len = slam_packet_len(&t->header, i),
	};
	bitmap_clear(&t->want, i);
	if (bitmap_set(&t->once, i))
		s->stats.originals++;
	else
		s->stats.repairs++;
	t->sent++;
	s->stats.data_bytes += send->body.len;
}

static void set_next(struct slamd *s, struct train *t, usec now)
{
	bool is_fast = train_is_fast(t);

	if (t->want.count) {
		usec next = pace_next(pace_of(t), burst_of(t),
				      t->header.block_size);

		set_timer(s, t, usec_max(next, now));
		return;
	}
	t->phase = TRAIN_DRAINING;
	set_timer(s, t, now + (is_fast ? DRAIN_FAST : DRAIN_SLOW));
}

/* Replaced or gone: its riders begin anew by themselves.  If it is there but
 * cannot be read, they may not ask for that all the time. */
static void on_unreadable(struct slamd *s, struct train *t, usec now, int rc,
			  struct effects *fx)
{
	if (rc == -EAGAIN) {
		set_timer(s, t, now + BUSY);
		return;
	}
	if (rc != -ESTALE) {
		tell(s, t, NOTE_FILE_MISSING, fx)->a = (uint64_t)-rc;
		t->not_before = now + HOLD_OFF;
	}
	train_stop(s, t);
}

void train_fetched(struct slamd *s, struct train *t, usec now, int rc,
		   struct effects *fx)
{
	if (!t->is_fetching)
		return;
	t->is_fetching = false;
	if (!t->port)
		rc = -ESTALE;
	if (rc) {
		on_unreadable(s, t, now, rc, fx);
		return;
	}
	for (uint32_t i = 0; i < t->n_batch; i++)
		send_packet(s, t, t->batch[i], fx);
	t->cursor = t->batch[t->n_batch - 1] + 1;
	keep_marks(t, now);
	pace_pay(pace_of(t), now, t->n_batch, t->header.block_size);
	set_next(s, t, now);
}

static void send_more(struct slamd *s, struct train *t, usec now,
		      struct effects *fx)
{
	if (t->is_fetching)
		return;
	if (train_is_fast(t) && now >= t->rate_at) {
		t->rate_at = now + JUDGE;
		if (t->once.count < t->packets)
			riders_ask(s, t, 1, fx);
	}
	if (now - t->told_at >= TELL) {
		t->told_at = now;
		tell(s, t, NOTE_TRAIN_PROGRESS, fx);
	}
	fill_batch(t, burst_of(t));
	if (t->n_batch)
		fetch_batch(s, t, fx);
	else
		set_next(s, t, now);
}

static void ask_more(struct slamd *s, struct train *t, usec now,
		     struct effects *fx)
{
	if (!t->n_riders) {
		tell(s, t, NOTE_TRAIN_DONE, fx);
		/* Nobody got anything: not at once again. */
		if (t->lost && !t->served)
			t->not_before = now + HOLD_OFF;
		train_stop(s, t);
		return;
	}
	riders_forgive(s, t);
	t->phase = TRAIN_ASKING;
	riders_ask(s, t, ASK_BATCH, fx);
	/* What asks them comes behind what is still on its way. */
	set_timer(s, t,
		  now + (train_is_fast(t) ? WAIT_FAST + t->behind : WAIT_SLOW));
}

void train_answered(struct slamd *s, struct train *t, usec now)
{
	usec next;

	if (!t->want.count) {
		t->phase = TRAIN_DRAINING; /* nothing lacks here: ask others */
		set_timer(s, t, now);
		return;
	}
	t->phase = TRAIN_SENDING;
	t->cursor = bitmap_next_set(&t->want, 0);
	t->mark[0] = t->mark[1] = t->cursor;
	t->mark_at = now;
	next = pace_next(pace_of(t), 1, t->header.block_size);
	if (next <= now)
		pace_begin(&t->pace, now); /* nobody wanted anything */
	set_timer(s, t, usec_max(now, next));
}

void train_expire(struct slamd *s, struct train *t, usec now,
		  struct effects *fx)
{
	switch (t->phase) {
	case TRAIN_IDLE:
		break;
	case TRAIN_HOLDING:
		if (t->n_riders)
			depart(s, t, now, fx);
		else
			train_stop(s, t);
		break;
	case TRAIN_SENDING:
		send_more(s, t, now, fx);
		break;
	case TRAIN_DRAINING:
		if (t->want.count) /* somebody spoke unasked */
			train_answered(s, t, now);
		else
			ask_more(s, t, now, fx);
		break;
	case TRAIN_ASKING:
		riders_overdue(s, t, fx);
		train_answered(s, t, now);
		break;
	}
}

void train_judge(struct slamd *s, struct train *t, const struct pace_news *n,
		 struct effects *fx)
{
	if (!pace_is_news(&t->pace, n))
		return;
	if (n->until > t->window)
		t->window = n->until;
	t->behind =
		usec_min(pace_behind(&t->pace, n->behind, t->header.block_size),
			 BEHIND_MOST);
	t->rate_at += t->behind; /* until then it would be no news */
	if (pace_judge_news(&t->pace, n))
		tell(s, t, NOTE_TRAIN_SLOWED, fx)->a = t->pace.rate;
}
