/*
 * What is kept, page "The rider", 3 and 4.  An original goes to its place in
 * the file, a repair into a slot behind it; a block is a few counters.  The
 * path of an original that is new is short: a train has millions of riders'
 * packets, and nearly all are such.
 */
#include "engine/trainc_impl.h"

#include <assert.h>
#include <errno.h>

/* ---- slots -------------------------------------------------------------- */

void trainc_keep_open(struct trainc *c)
{
	const struct layout *l = &c->head.layout;

	bitmap_open(&c->have, c->have.words, l->packets);
	bitmap_open(&c->list_have, c->list_have.words, trainc_list_packets(c));
	for (uint32_t b = 0; b < l->blocks; b++)
		c->blocks[b] = (struct block){.missing = layout_block(l, b),
					      .first = SLOT_NONE};
	for (uint16_t i = 0; i < c->slots; i++)
		c->next[i] = (uint16_t)(i + 1 < c->slots ? i + 1 : SLOT_NONE);
	c->free = 0;
	c->busy = c->sick = c->pick_block = BLOCK_NONE;
	c->n_due = c->due = c->n_poisoned = c->good = 0;
	c->has_list = c->has_round = false;
	c->probe_at = 0;
	c->fresh = c->lost = c->loss = 0;
	c->expected = UINT32_MAX;
	c->pick_left = c->pick_from = c->silences = c->status_flags = 0;
	c->loadc.progress.size = l->size;
	c->loadc.progress.have = 0;
}

static void free_slot(struct trainc *c, struct block *at)
{
	uint16_t slot = at->first;

	at->first = c->next[slot];
	at->repairs--;
	c->next[slot] = c->free;
	c->free = slot;
}

static void free_slots(struct trainc *c, struct block *at)
{
	while (at->first != SLOT_NONE)
		free_slot(c, at);
}

/*
 * All are taken: the blocks at the beginning of the file come first, or many
 * would have a few repairs each and none enough.
 */
static void take_from_later(struct trainc *c, uint32_t b)
{
	const uint8_t not_these = BLOCK_DUE | BLOCK_BUSY;
	uint32_t victim = c->head.layout.blocks;

	c->counts.full++;
	while (--victim > b) {
		struct block *at = &c->blocks[victim];

		if (!at->repairs || (at->flags & not_these))
			continue;
		free_slot(c, at);
		return;
	}
}

static uint16_t take_slot(struct trainc *c, uint32_t b)
{
	uint16_t slot;

	if (c->free == SLOT_NONE)
		take_from_later(c, b);
	slot = c->free;
	if (slot != SLOT_NONE)
		c->free = c->next[slot];
	return slot;
}

/* ---- mending ------------------------------------------------------------ */

static void put_missing(const struct trainc *c, struct mend *m,
			struct effects *fx)
{
	const struct layout *l = &c->head.layout;
	uint16_t n = layout_block(l, m->block), at = 0;
	uint16_t *to =
		effects_array(fx, c->blocks[m->block].missing, sizeof(*to));

	for (uint16_t r = 0; to && r < n; r++)
		if (!bitmap_has(&c->have, layout_position(l, m->block, r)))
			to[at++] = r;
	m->missing = to;
	m->n_missing = at;
}

static void put_repairs(const struct trainc *c, struct mend *m,
			struct effects *fx)
{
	const struct block *at = &c->blocks[m->block];
	struct mend_repair *to = effects_array(fx, at->repairs, sizeof(*to));
	uint16_t n = 0;

	for (uint16_t i = at->first; to && i != SLOT_NONE; i = c->next[i])
		to[n++] = (struct mend_repair){c->numbers[i], i};
	m->repairs = to;
	m->n_repairs = n;
}

static void mend(struct trainc *c, uint32_t b, struct effects *fx)
{
	struct mend *m = &effects_add(fx, EFFECT_MEND)->mend;
	struct block *at = &c->blocks[b];

	at->flags |= BLOCK_BUSY;
	c->busy = b;
	m->file = c->file;
	m->layout = c->head.layout;
	m->block = b;
	m->cookie = (uint64_t)c->era << 32 | b;
	m->has_hash = c->has_list;
	if (at->missing) {
		put_missing(c, m, fx);
		put_repairs(c, m, fx);
	}
	if (!c->has_list)
		return;
	at->flags |= BLOCK_HASHED;
	memcpy(m->hash, trainc_hash_of(c, b), CRYPT_HASH);
}

/* Round and round: blocks become due in the order of the file.  What one
 * lacked while it waited may have come, and then there is nothing to mend. */
static void mend_next(struct trainc *c, struct effects *fx)
{
	while (c->busy == BLOCK_NONE && c->n_due) {
		struct block *at = &c->blocks[c->due];

		if (at->flags & BLOCK_DUE) {
			at->flags &= (uint8_t)~BLOCK_DUE;
			c->n_due--;
			if (at->missing || c->has_list)
				mend(c, c->due, fx);
		}
		c->due = (c->due + 1) % c->head.layout.blocks;
	}
}

static bool is_due(const struct trainc *c, const struct block *at)
{
	if (at->flags & (BLOCK_DUE | BLOCK_BUSY | BLOCK_GOOD))
		return false;
	if (!at->missing)
		return c->has_list;
	return at->repairs >= at->missing + at->extra;
}

void trainc_look_at(struct trainc *c, uint32_t b, struct effects *fx)
{
	struct block *at = &c->blocks[b];

	if (!at->missing)
		free_slots(c, at);
	if (is_due(c, at)) {
		at->flags |= BLOCK_DUE;
		c->n_due++;
	}
	mend_next(c, fx);
}

/* What was missing is at its place, right or wrong. */
static void fill(struct trainc *c, uint32_t b)
{
	const struct layout *l = &c->head.layout;
	struct block *at = &c->blocks[b];
	uint16_t n = layout_block(l, b);

	for (uint16_t r = 0; at->missing && r < n; r++)
		if (bitmap_set(&c->have, layout_position(l, b, r))) {
			at->missing--;
			c->loadc.progress.have += layout_len(l, b, r);
		}
	assert(!at->missing);
}

void trainc_forget(struct trainc *c, uint32_t b, uint16_t r)
{
	const struct layout *l = &c->head.layout;

	if (!bitmap_clear(&c->have, layout_position(l, b, r)))
		return;
	c->blocks[b].missing++;
	c->loadc.progress.have -= layout_len(l, b, r);
}

static void on_whole(struct trainc *c, usec now, uint32_t b, bool was_checked,
		     struct effects *fx)
{
	struct block *at = &c->blocks[b];

	fill(c, b);
	if (was_checked) {
		at->flags |= BLOCK_GOOD;
		c->good++;
		if (at->flags & BLOCK_POISONED)
			trainc_healed(c, now, b);
	}
	trainc_look_at(c, b, fx);
	if (c->good == c->head.layout.blocks)
		trainc_complete(c, now, fx);
}

void trainc_on_mend(struct trainc *c, usec now, uint32_t b, int rc,
		    struct effects *fx)
{
	struct block *at = &c->blocks[b];
	bool was_checked = at->flags & BLOCK_HASHED;

	if (b != c->busy)
		return;
	c->busy = BLOCK_NONE;
	at->flags &= (uint8_t) ~(BLOCK_BUSY | BLOCK_HASHED);
	if (!rc) {
		on_whole(c, now, b, was_checked, fx);
	} else if (rc == -EDOM && at->missing && at->extra < UINT8_MAX) {
		at->extra++;
		trainc_look_at(c, b, fx);
	} else if (rc == -EBADMSG) {
		fill(c, b);
		free_slots(c, at);
		trainc_poisoned(c, now, b, fx);
		if (trainc_is_loading(c))
			mend_next(c, fx);
	} else {
		trainc_fail(c, rc, "a block cannot be restored", fx);
	}
}

/* ---- packets ------------------------------------------------------------ */

static struct keep *keep(struct trainc *c, const struct train_data *p,
			 const struct dgram *d, struct effects *fx)
{
	struct keep *k = &effects_add(fx, EFFECT_KEEP)->keep;

	k->file = c->file;
	k->bytes = p->len ? p->bytes : NULL;
	k->len = p->len;
	k->body = d->body;
	c->loadc.progress.packets_new++;
	return k;
}

/* Whether an original of ours is to be kept; its position. */
static bool is_wanted(struct trainc *c, const struct train_data *p, size_t len,
		      uint32_t *position)
{
	const struct layout *l = &c->head.layout;
	uint16_t r = (uint16_t)p->number;
	uint8_t flags;

	if (r >= layout_block(l, p->block)) {
		c->counts.unknown++;
		return false;
	}
	if (len != layout_len(l, p->block, r)) {
		c->counts.misfit++;
		return false;
	}
	flags = c->blocks[p->block].flags;
	*position = layout_position(l, p->block, r);
	if ((flags & BLOCK_BUSY) || bitmap_has(&c->have, *position)) {
		c->counts.again++;
		return false;
	}
	if ((flags & BLOCK_POISONED) && !trainc_is_true(c, p->block, r, p)) {
		c->counts.false_packets++;
		return false;
	}
	return true;
}

static void on_original(struct trainc *c, usec now, const struct train_data *p,
			const struct dgram *d, struct effects *fx)
{
	const struct layout *l = &c->head.layout;
	struct block *at = &c->blocks[p->block];
	size_t len = p->len + d->body.len;
	uint32_t position;

	if (!is_wanted(c, p, len, &position))
		return;
	bitmap_set(&c->have, position);
	trainc_follow(c, position);
	keep(c, p, d, fx)->offset =
		layout_offset(l, p->block, (uint16_t)p->number);
	at->missing--;
	c->loadc.progress.have += len;
	if (c->pick_left)
		trainc_picked(c, now, p->block, position);
	if (at->repairs >= at->missing + at->extra || !at->missing)
		trainc_look_at(c, p->block, fx);
}

static bool has_repair(const struct trainc *c, const struct block *at,
		       uint32_t number)
{
	uint16_t i = at->first;

	while (i != SLOT_NONE && c->numbers[i] != number)
		i = c->next[i];
	return i != SLOT_NONE;
}

static void keep_repair(struct trainc *c, const struct train_data *p,
			const struct dgram *d, struct effects *fx)
{
	const struct layout *l = &c->head.layout;
	struct block *at = &c->blocks[p->block];
	uint16_t slot = take_slot(c, p->block);
	struct keep *k;

	if (slot == SLOT_NONE)
		return;
	c->numbers[slot] = p->number;
	c->next[slot] = at->first;
	at->first = slot;
	at->repairs++;
	k = keep(c, p, d, fx);
	k->offset = allot_scratch(l->size) + (uint64_t)slot * l->packet;
	k->is_scratch = true;
	trainc_look_at(c, p->block, fx);
}

static void on_repair(struct trainc *c, const struct train_data *p,
		      const struct dgram *d, struct effects *fx)
{
	const struct block *at = &c->blocks[p->block];
	bool takes_none = at->flags & (BLOCK_GOOD | BLOCK_POISONED);

	if (p->len + d->body.len != c->head.layout.packet)
		c->counts.misfit++;
	else if (takes_none || !at->missing ||
		 at->repairs >= at->missing + at->extra + SPARES)
		c->counts.spare++;
	else if (has_repair(c, at, p->number))
		c->counts.again++;
	else
		keep_repair(c, p, d, fx);
}

void trainc_on_data(struct trainc *c, usec now, const struct dgram *d,
		    struct rd *r, struct effects *fx)
{
	struct train_data p;

	if (!train_data_get(&p, r)) {
		c->counts.foreign++;
		return;
	}
	trainc_heard(c, now);
	c->loadc.progress.packets_heard++;
	c->loadc.progress.is_waiting = false;
	if (c->aboard_at != NEVER)
		trainc_is_late(c, now);
	if (!c->has_room)
		c->counts.early++;
	else if (p.block == TRAIN_LIST)
		trainc_on_list(c, &p, d->body.len, fx);
	else if (p.block >= c->head.layout.blocks)
		c->counts.unknown++;
	else if (p.number < TRAIN_BLOCK_MAX)
		on_original(c, now, &p, d, fx);
	else
		on_repair(c, &p, d, fx);
}
