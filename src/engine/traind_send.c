/*
 * What leaves next.  Originals go by position, so packets that follow each
 * other belong to different blocks; repairs go by rows of a section, for the
 * same reason.  Each batch is FETCHed, and leaves in the call that brings it.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"

#include <errno.h>

static const usec DRAIN = MILLISECONDS(2), BUSY = MILLISECONDS(10);
static const usec HOLD_OFF = SECONDS(1);

/* The next number that begins a group, round and round: the lower half of them
 * has never been said. */
static uint32_t group_of(uint32_t number)
{
	uint32_t next = (number + REF_GROUP - 1) / REF_GROUP * REF_GROUP;

	return next < TRAIN_BLOCK_MAX ? TRAIN_BLOCK_MAX : next;
}

void send_begin(struct traind *t, struct run *r, usec now)
{
	(void)t;
	r->cursor = bitmap_next_set(&r->want, 0);
	if (r->cursor == r->layout.packets)
		r->cursor = 0;
	for (unsigned i = 0; i < MARKS; i++)
		r->mark[i] = r->cursor;
	r->mark_at = now;
	r->reached = r->furthest = r->cursor;
	r->moved_at = now;
	r->is_ahead = false;
	r->judged = r->layout.packets;
	r->list_at = 0;
	r->section = 0;
	r->number = group_of(r->number);
	pace_begin(&r->pace, now);
}

static uint32_t section_blocks(const struct run *r, uint32_t section)
{
	uint32_t left = r->layout.blocks - section * TRAIN_SECTION;

	return left < TRAIN_SECTION ? left : TRAIN_SECTION;
}

static uint32_t batch_most(const struct run *r)
{
	return pace_burst(&r->pace, TRAIN_DATA_HEAD + r->layout.packet, BURST);
}

/* When the next batch is due. */
static void set_next(struct traind *t, struct run *r, usec now)
{
	size_t len = TRAIN_DATA_HEAD + r->layout.packet;

	if (run_has_work(r))
		run_timer(
			t, r,
			usec_max(now, pace_next(&r->pace, batch_most(r), len)));
	else
		run_timer(t, r, now + DRAIN);
}

/* ---- the list -------------------------------------------------------------
 */

static void send_list(struct traind *t, struct run *r, usec now,
		      struct effects *fx)
{
	const struct image_manifest *m =
		images_manifest(t->site->images, r->image, r->version);
	size_t len = (size_t)r->layout.blocks * CRYPT_HASH;
	uint16_t packet = r->layout.packet;
	uint32_t most = batch_most(r), n = 0;

	/* There is another manifest by now: its train is another, too. */
	if (!m || m->is.train != r->id) {
		run_stop(t, r, fx);
		return;
	}
	for (; n < most && (size_t)r->list_at * packet < len; n++) {
		size_t at = (size_t)r->list_at * packet;
		size_t left = len - at < packet ? len - at : packet;
		struct wr w = effects_head(fx);
		struct send *s;

		train_data_head_put(r->id, TRAIN_LIST, r->list_at++, &w);
		wr_bytes(&w, m->list + at, left);
		s = effects_send(fx, &w, traind_us(t), r->group);
		s->link = r->link;
		s->ttl = t->site->settings->train.ttl;
		t->stats.lists++;
		r->sent++;
	}
	pace_pay(&r->pace, now, n, TRAIN_DATA_HEAD + packet);
	if ((size_t)r->list_at * packet >= len) {
		r->wants_list = false;
		r->list_at = 0;
	}
	set_next(t, r, now);
}

/* ---- fetching -------------------------------------------------------------
 */

void send_fetch_rows(struct traind *t, struct run *r, uint32_t section,
		     uint32_t row, uint32_t n, unsigned cookie,
		     struct effects *fx)
{
	const struct layout *l = &r->layout;
	uint32_t block = section * TRAIN_SECTION;
	struct fetch *f = &effects_add(fx, EFFECT_FETCH)->fetch;

	f->ref = (struct ref){.image = r->image,
			      .version = r->version,
			      .offset = layout_offset(l, block, (uint16_t)row),
			      .len = (size_t)n * l->packet};
	f->stride = (uint64_t)l->k * l->packet;
	f->pieces = (uint16_t)section_blocks(r, section);
	f->cookie = run_cookie(t, r, cookie);
}

/* The next wanted positions of one section and few rows. */
static void fetch_originals(struct traind *t, struct run *r, struct effects *fx)
{
	struct batch *b = &r->batch;
	uint32_t at = bitmap_next_set(&r->want, r->cursor), block, first, n = 0;
	uint32_t most = batch_most(r);
	uint16_t row, first_row;

	if (at >= r->layout.packets)
		at = bitmap_next_set(&r->want, 0);
	layout_at(&r->layout, at, &first, &first_row);
	b->kind = BATCH_ORIGINALS;
	b->section = first / TRAIN_SECTION;
	b->n = 0;
	while (at < r->layout.packets && b->n < most) {
		layout_at(&r->layout, at, &block, &row);
		if (block / TRAIN_SECTION != b->section ||
		    row >= first_row + ROWS)
			break;
		b->positions[b->n++] = at;
		n = row - first_row + 1u;
		at = bitmap_next_set(&r->want, at + 1);
	}
	b->is_fetching = true;
	send_fetch_rows(t, r, b->section, first_row, n, FETCH_BATCH, fx);
}

/* What a section still lacks: the first and last of its blocks that do, and how
 * many the worst of them. */
struct lacking {
	uint32_t first, last, most;
};

static struct lacking lacking_in(const struct run *r, uint32_t section)
{
	uint32_t block = section * TRAIN_SECTION;
	uint32_t end = block + section_blocks(r, section);
	struct lacking v = {.first = end};

	for (; block < end; block++) {
		if (!r->pending[block])
			continue;
		if (!v.most)
			v.first = block;
		v.last = block;
		if (v.most < r->pending[block])
			v.most = r->pending[block];
	}
	return v;
}

/* Of the blocks that still lack some, in the next section with any: rows that
 * leave now, of as many as are going to be asked for. */
static void fetch_repairs(struct traind *t, struct run *r, struct effects *fx)
{
	const struct layout *l = &r->layout;
	uint32_t sections = (l->blocks + TRAIN_SECTION - 1) / TRAIN_SECTION;
	struct batch *b = &r->batch;
	struct lacking lacks;
	uint32_t n, left;
	struct fetch *f;

	while (lacks = lacking_in(r, r->section), !lacks.most) {
		r->section = (r->section + 1) % sections;
		r->number = group_of(r->number);
	}
	left = REF_GROUP - r->number % REF_GROUP;
	left = lacks.most < left ? lacks.most : left;
	b->kind = BATCH_REPAIRS;
	b->section = r->section;
	b->block = lacks.first;
	b->blocks = lacks.last - lacks.first + 1;
	b->number = r->number;
	n = batch_most(r) / b->blocks;
	b->rows = n ? n : 1;
	if (b->rows > left)
		b->rows = left;
	b->is_fetching = true;
	f = &effects_add(fx, EFFECT_FETCH)->fetch;
	f->ref = (struct ref){.image = r->image,
			      .version = r->version,
			      .offset = layout_offset(l, b->block, 0),
			      .len = (size_t)b->rows * l->packet,
			      .kind = REF_REPAIRS,
			      .block = b->block,
			      .number = b->number,
			      .packet = l->packet,
			      .packets = l->k,
			      .wanted = (uint16_t)left};
	f->stride = (uint64_t)l->k * l->packet;
	f->pieces = (uint16_t)b->blocks;
	f->cookie = run_cookie(t, r, FETCH_BATCH);
}

/* ---- sending --------------------------------------------------------------
 */

struct send *send_data(struct traind *t, struct run *r, uint32_t block,
		       uint32_t number, struct effects *fx)
{
	const struct layout *l = &r->layout;
	bool is_repair = number >= TRAIN_BLOCK_MAX;
	uint16_t row = is_repair ? 0 : (uint16_t)number;
	struct wr w = effects_head(fx);
	struct send *s;

	train_data_head_put(r->id, block, number, &w);
	s = effects_send(fx, &w, traind_us(t), r->group);
	s->link = r->link;
	s->ttl = t->site->settings->train.ttl;
	s->body = (struct ref){.image = r->image,
			       .version = r->version,
			       .offset = layout_offset(l, block, row),
			       .len = is_repair ? l->packet
						: layout_len(l, block, row)};
	if (is_repair) {
		s->body.kind = REF_REPAIRS;
		s->body.block = block;
		s->body.number = number;
		s->body.packet = l->packet;
		s->body.packets = layout_block(l, block);
	}
	return s;
}

static uint32_t send_originals(struct traind *t, struct run *r,
			       struct effects *fx)
{
	struct batch *b = &r->batch;
	uint32_t block;
	uint16_t row;

	for (unsigned i = 0; i < b->n; i++) {
		layout_at(&r->layout, b->positions[i], &block, &row);
		(void)send_data(t, r, block, row, fx);
		bitmap_clear(&r->want, b->positions[i]);
	}
	r->cursor = b->positions[b->n - 1] + 1;
	if (r->originals < r->layout.packets)
		t->stats.originals += b->n;
	else
		t->stats.again += b->n;
	r->originals += b->n;
	return b->n;
}

static uint32_t send_repairs(struct traind *t, struct run *r,
			     struct effects *fx)
{
	struct batch *b = &r->batch;
	uint32_t n = 0;

	for (uint32_t row = 0; row < b->rows; row++)
		for (uint32_t i = b->block; i < b->block + b->blocks; i++) {
			if (!r->pending[i])
				continue;
			(void)send_data(t, r, i, b->number + row, fx);
			r->pending[i]--;
			r->n_pending--;
			n++;
		}
	r->number = b->number + b->rows;
	if (!r->number)
		r->number = group_of(0);
	if (r->number < TRAIN_BLOCK_MAX) /* past the last one */
		r->number = TRAIN_BLOCK_MAX;
	t->stats.repairs += n;
	return n;
}

/* Replaced or gone: its riders begin anew by themselves.  If it is there but
 * cannot be read, they may not ask for that all the time. */
static void on_unreadable(struct traind *t, struct run *r, usec now, int rc,
			  struct effects *fx)
{
	if (rc == -EAGAIN) {
		run_timer(t, r, now + BUSY);
		return;
	}
	if (rc != -ESTALE) {
		run_note(t, r, NOTE_FILE_MISSING, fx)->a = (uint64_t)-rc;
		r->not_before = now + HOLD_OFF;
	}
	run_stop(t, r, fx);
}

void send_fetched(struct traind *t, struct run *r, usec now, int rc,
		  struct effects *fx)
{
	uint32_t n;

	if (!r->batch.is_fetching)
		return;
	r->batch.is_fetching = false;
	if (r->phase != RUN_SENDING)
		return;
	if (drive_listens(r, now)) {
		run_timer(t, r, now); /* what is wanted then is read again */
		return;
	}
	if (rc) {
		on_unreadable(t, r, now, rc, fx);
		return;
	}
	n = r->batch.kind == BATCH_ORIGINALS ? send_originals(t, r, fx)
					     : send_repairs(t, r, fx);
	r->sent += n;
	pace_pay(&r->pace, now, n, TRAIN_DATA_HEAD + r->layout.packet);
	set_next(t, r, now);
}

void send_more(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	if (r->batch.is_fetching)
		return;
	if (r->wants_list)
		send_list(t, r, now, fx);
	else if (r->want.count)
		fetch_originals(t, r, fx);
	else
		fetch_repairs(t, r, fx);
}
