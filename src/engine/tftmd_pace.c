/*
 * What riders with gaps want, sent in rounds at a paced rate: an ACK sets bits,
 * sending clears them, going round.  So the first round is one transmission of
 * the file, and every later one the union of what its riders lack.
 */
#include "engine/tftmd_impl.h"

static const usec GUARD = MILLISECONDS(15);
static const usec JUDGE = MILLISECONDS(100), BEHIND_MOST = SECONDS(1);
enum { CALM = 256 }; /* blocks that wait somewhere on the way */
static const uint64_t RATE_MIN = 1000000;

void tftm_pace_reset(const struct tftmd *m, struct tftm_train *t, usec now)
{
	pace_open(&t->pace, t->pace.rate, RATE_MIN,
		  m->site->settings->tftm.rate);
	t->pace.calm = CALM;
	pace_begin(&t->pace, now);
	bitmap_clear_all(&t->once);
	t->sent = 0;
	t->cursor = t->mark[0] = t->mark[1] = 0;
	t->mark_at = now;
	t->window = 0;
	t->behind = 0;
	t->rate_at = now + JUDGE;
	t->told_at = t->data_at = now;
}

static size_t packet_len(const struct tftm_train *t)
{
	return TFTP_HEAD + (size_t)t->blksize;
}

/* What lies both in the gap and in [from, to). */
static void want_between(struct tftm_train *t, struct tftp_gap g, uint32_t from,
			 uint32_t to)
{
	uint32_t first = g.after, end = first + g.n;

	if (first < from)
		first = from;
	if (end > to)
		end = to;
	if (first < end)
		bitmap_set_range(&t->want, first, end - first);
}

void tftm_pace_request(struct tftm_train *t, struct tftp_gap g)
{
	if (t->phase != TFTM_SENDING && t->phase != TFTM_DRAINING) {
		want_between(t, g, 0, t->blocks);
	} else if (t->cursor < t->mark[0]) {
		want_between(t, g, t->cursor, t->mark[0]);
	} else {
		want_between(t, g, 0, t->mark[0]);
		want_between(t, g, t->cursor, t->blocks);
	}
}

void tftm_pace_begin(struct tftm_train *t, usec now)
{
	t->cursor = bitmap_next_set(&t->want, 0);
	t->mark[0] = t->mark[1] = t->cursor;
	t->mark_at = now;
}

static uint64_t offset_of(const struct tftm_train *t, uint32_t i)
{
	return (uint64_t)i * t->blksize;
}

static size_t length_of(const struct tftm_train *t, uint32_t i)
{
	return i + 1 < t->blocks ? t->blksize
				 : (size_t)(t->size - offset_of(t, i));
}

/* As long as one FETCH can bring them. */
bool tftm_pace_fill(struct tftm_train *t)
{
	uint32_t most = pace_burst(&t->pace, packet_len(t), BURST);
	uint32_t span = BATCH_SPAN / t->blksize;
	uint32_t at = bitmap_next_set(&t->want, t->cursor);

	if (at >= t->blocks)
		at = bitmap_next_set(&t->want, 0);
	t->n_batch = 0;
	while (at < t->blocks && t->n_batch < most &&
	       (!t->n_batch || at - t->batch[0] < span)) {
		t->batch[t->n_batch++] = at;
		at = bitmap_next_set(&t->want, at + 1);
	}
	return t->n_batch;
}

bool tftm_pace_fetch(struct tftmd *m, struct tftm_train *t, struct effects *fx)
{
	uint32_t first = t->batch[0], last = t->batch[t->n_batch - 1];
	struct ref ref = {.image = t->image, .version = t->version};

	ref.offset = offset_of(t, first);
	ref.len = (size_t)(offset_of(t, last) - ref.offset) +
		  length_of(t, last);
	t->is_fetching = true;
	if (ref.len)
		effects_fetch(fx, &ref, tftm_cookie(m, t));
	return ref.len;
}

static void send_block(struct tftmd *m, struct tftm_train *t, uint32_t i,
		       struct effects *fx)
{
	struct wr w = effects_head(fx);
	struct send *send;

	tftp_data_head_put((uint16_t)(i + 1), &w);
	send = effects_send(fx, &w, t->us, t->group);
	send->link = t->link;
	send->ttl = m->site->settings->tftm.ttl;
	send->body = (struct ref){.image = t->image,
				  .version = t->version,
				  .offset = offset_of(t, i),
				  .len = length_of(t, i)};
	bitmap_clear(&t->want, i);
	if (bitmap_set(&t->once, i))
		m->stats.originals++;
	else
		m->stats.repairs++;
	t->sent++;
	m->stats.data_bytes += send->body.len;
}

void tftm_pace_send(struct tftmd *m, struct tftm_train *t, usec now,
		    struct effects *fx)
{
	for (uint32_t i = 0; i < t->n_batch; i++)
		send_block(m, t, t->batch[i], fx);
	t->data_at = now;
}

static void keep_marks(struct tftm_train *t, usec now)
{
	if (now - t->mark_at < GUARD + t->behind)
		return;
	t->mark[0] = t->mark[1];
	t->mark[1] = t->cursor;
	t->mark_at = now;
}

usec tftm_pace_next(struct tftm_train *t, usec now)
{
	size_t len = packet_len(t);

	t->cursor = t->batch[t->n_batch - 1] + 1;
	keep_marks(t, now);
	pace_pay(&t->pace, now, t->n_batch, len);
	return usec_max(now, pace_next(&t->pace,
				       pace_burst(&t->pace, len, BURST), len));
}

bool tftm_pace_asks(struct tftm_train *t, usec now)
{
	if (now < t->rate_at)
		return false;
	t->rate_at = now + JUDGE;
	return t->once.count < t->blocks;
}

void tftm_pace_judge(struct tftmd *m, struct tftm_train *t,
		     const struct pace_news *n, struct effects *fx)
{
	if (!pace_is_news(&t->pace, n))
		return;
	if (n->until > t->window)
		t->window = n->until;
	t->behind = usec_min(pace_behind(&t->pace, n->behind, packet_len(t)),
			     BEHIND_MOST);
	t->rate_at += t->behind; /* until then it would be no news */
	if (pace_judge_news(&t->pace, n))
		tftm_note(m, t, NOTE_TRAIN_SLOWED, fx)->a = t->pace.rate;
}
