/*
 * The list of hashes, and what is done about a block that does not fit its
 * own: page "The rider", 8.  Nothing tells which of its packets are false, so
 * their leaves are fetched, and checked themselves by the hash of the block.
 */
#include "engine/trainc_impl.h"

#include <errno.h>

static const usec LEAVES_FIRST = MILLISECONDS(100), LEAVES_MAX = SECONDS(8);

/* ---- the list ----------------------------------------------------------- */

static uint64_t list_size(const struct trainc *c)
{
	return (uint64_t)c->head.layout.blocks * CRYPT_HASH;
}

uint32_t trainc_list_packets(const struct trainc *c)
{
	uint16_t packet = c->head.layout.packet;

	return (uint32_t)((list_size(c) + packet - 1) / packet);
}

static bool is_list_right(const struct trainc *c)
{
	uint8_t hash[CRYPT_HASH];

	c->config.crypt->hash(hash, sizeof(hash), c->list,
			      (size_t)list_size(c));
	return !memcmp(hash, c->head.list_hash, sizeof(hash));
}

static void on_whole_list(struct trainc *c, struct effects *fx)
{
	if (!is_list_right(c)) {
		c->counts.false_list++;
		bitmap_clear_all(&c->list_have);
		return;
	}
	c->has_list = true;
	for (uint32_t b = 0; b < c->head.layout.blocks; b++)
		if (!c->blocks[b].missing)
			trainc_look_at(c, b, fx);
}

void trainc_on_list(struct trainc *c, const struct train_data *p, size_t body,
		    struct effects *fx)
{
	uint64_t at = (uint64_t)p->number * c->head.layout.packet;
	uint64_t left = list_size(c) - at;
	uint16_t packet = c->head.layout.packet;

	if (p->number >= c->list_have.bits)
		c->counts.unknown++;
	else if (body || p->len != (left < packet ? left : packet))
		c->counts.misfit++;
	else if (c->has_list || !bitmap_set(&c->list_have, p->number))
		c->counts.again++;
	else {
		memcpy(c->list + at, p->bytes, p->len);
		c->loadc.progress.packets_new++;
		if (c->list_have.count == c->list_have.bits)
			on_whole_list(c, fx);
	}
}

/* ---- poisoned blocks ---------------------------------------------------- */

/* Without leaves each of its packets may be the false one. */
static void forget_all(struct trainc *c, usec now)
{
	uint16_t n = layout_block(&c->head.layout, c->sick);

	for (uint16_t r = 0; r < n; r++)
		trainc_forget(c, c->sick, r);
	c->is_sorted = true;
	c->pick_at = now;
}

/* One at a time has its leaves in memory; the others wait. */
static void nurse(struct trainc *c, usec now)
{
	if (c->sick != BLOCK_NONE || !c->n_poisoned)
		return;
	c->sick = 0;
	while (!(c->blocks[c->sick].flags & BLOCK_POISONED))
		c->sick++;
	c->n_leaves = 0;
	c->is_sorted = false;
	c->leaves_tries = 0;
	if (layout_block(&c->head.layout, c->sick) > c->leaves_room)
		forget_all(c, now);
	else
		c->leaves_at = now;
}

void trainc_poisoned(struct trainc *c, usec now, uint32_t b, struct effects *fx)
{
	struct block *at = &c->blocks[b];

	c->loadc.progress.poisoned++;
	if (++at->poisonings > POISONED_MOST) {
		trainc_fail(c, -EBADMSG, "a block is false again and again",
			    fx);
		return;
	}
	if (!(at->flags & BLOCK_POISONED))
		c->n_poisoned++;
	at->flags |= BLOCK_POISONED;
	at->extra = 0;
	if (c->sick == b)
		c->sick = BLOCK_NONE;
	nurse(c, now);
}

void trainc_healed(struct trainc *c, usec now, uint32_t b)
{
	c->blocks[b].flags &= (uint8_t)~BLOCK_POISONED;
	c->n_poisoned--;
	if (c->sick != b)
		return;
	c->sick = BLOCK_NONE;
	c->leaves_at = NEVER;
	nurse(c, now);
}

/* ---- leaves ------------------------------------------------------------- */

void trainc_ask_leaves(struct trainc *c, usec now, struct effects *fx)
{
	const struct train_leaves l = {
		.cookie = c->cookie, .block = c->sick, .first = c->n_leaves};
	struct wr w = effects_head(fx);

	c->leaves_at = now +
		       trainc_wait(LEAVES_FIRST, c->leaves_tries++, LEAVES_MAX);
	if (!c->has_ticket)
		return;
	train_leaves_ask_put(c->head.train, &l, &w);
	trainc_send(c, &w, fx);
}

static bool are_leaves_right(const struct trainc *c)
{
	uint8_t hash[CRYPT_HASH];

	c->config.crypt->hash(hash, sizeof(hash), c->leaves,
			      (size_t)c->n_leaves * TRAIN_LEAF);
	return !memcmp(hash, trainc_hash_of(c, c->sick), sizeof(hash));
}

static void sort(struct trainc *c, struct effects *fx)
{
	struct sort *s = &effects_add(fx, EFFECT_SORT)->sort;

	s->file = c->file;
	s->layout = c->head.layout;
	s->block = c->sick;
	s->leaves =
		effects_copy(fx, c->leaves, (size_t)c->n_leaves * TRAIN_LEAF);
	s->cookie = (uint64_t)c->era << 32 | c->sick;
	c->leaves_at = NEVER;
}

void trainc_on_leaves(struct trainc *c, usec now, struct rd *r,
		      struct effects *fx)
{
	struct train_leaves l;
	uint16_t all, n;

	if (c->leaves_at == NEVER || !train_leaves_get(&l, r) || !l.n ||
	    l.block != c->sick || l.first != c->n_leaves) {
		c->counts.foreign++;
		return;
	}
	all = layout_block(&c->head.layout, c->sick);
	n = (uint16_t)(all - c->n_leaves);
	n = l.n < n ? l.n : n;
	memcpy(c->leaves + (size_t)c->n_leaves * TRAIN_LEAF, l.leaves,
	       (size_t)n * TRAIN_LEAF);
	c->n_leaves = (uint16_t)(c->n_leaves + n);
	if (c->n_leaves < all) {
		c->leaves_tries = 0;
		c->leaves_at = now;
	} else if (are_leaves_right(c)) {
		sort(c, fx);
	} else {
		/* As often as that, but ever more slowly. */
		c->counts.false_leaves++;
		c->n_leaves = 0;
	}
}

void trainc_on_sort(struct trainc *c, usec now, const struct outcome *o,
		    struct effects *fx)
{
	uint32_t b = (uint32_t)o->cookie;
	uint16_t n;

	if (b != c->sick || c->is_sorted)
		return;
	if (o->rc) {
		trainc_fail(c, o->rc, "a block cannot be read back", fx);
		return;
	}
	n = layout_block(&c->head.layout, b);
	for (uint16_t r = 0; r < n; r++)
		if (o->bits[r / 64] >> (r % 64) & 1)
			trainc_forget(c, b, r);
	c->is_sorted = true;
	c->pick_tries = 0;
	if (c->blocks[b].missing)
		c->pick_at = now;
	trainc_look_at(c, b, fx);
}

bool trainc_is_true(const struct trainc *c, uint32_t b, uint16_t r,
		    const struct train_data *p)
{
	uint8_t leaf[TRAIN_LEAF];

	/* In simulations without payload there is nothing to look at. */
	if (b != c->sick || c->n_leaves <= r || !p->len)
		return true;
	c->config.crypt->hash(leaf, sizeof(leaf), p->bytes, p->len);
	return !memcmp(leaf, c->leaves + (size_t)r * TRAIN_LEAF, sizeof(leaf));
}
