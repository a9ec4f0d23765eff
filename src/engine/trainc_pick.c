/*
 * Packet by packet: what a rider lacks that was sent off the train, and what
 * was false in a poisoned block.  page "The rider", 7 and 8.
 */
#include "engine/trainc_impl.h"

static const usec PICK_FIRST = MILLISECONDS(50), PICK_MAX = SECONDS(1);
static const usec LIST_FIRST = MILLISECONDS(250);
/* An answer that was not whole has ended. */
static const usec PICK_QUIET = MILLISECONDS(10);

struct picks {
	struct train_interval v[PICKS];
	uint16_t n;
	uint32_t packets;
};

static void add(struct picks *p, uint32_t position)
{
	p->packets++;
	if (p->n && p->v[p->n - 1].to == position)
		p->v[p->n - 1].to++;
	else
		p->v[p->n++] = (struct train_interval){position, position + 1};
}

static void of_block(const struct trainc *c, uint32_t b, struct picks *p)
{
	const struct layout *l = &c->head.layout;
	uint16_t n = layout_block(l, b);

	for (uint16_t r = 0; r < n && p->packets < PICKS; r++) {
		uint32_t position = layout_position(l, b, r);

		if (!bitmap_has(&c->have, position))
			add(p, position);
	}
}

static void from(const struct trainc *c, uint32_t first, struct picks *p)
{
	uint32_t packets = c->head.layout.packets;
	uint32_t at = bitmap_next_clear(&c->have, first);

	for (; at < packets && p->packets < PICKS;
	     at = bitmap_next_clear(&c->have, at + 1)) {
		uint32_t b;
		uint16_t r;

		layout_at(&c->head.layout, at, &b, &r);
		if (!(c->blocks[b].flags & BLOCK_BUSY))
			add(p, at);
	}
}

/* Round and round: what is lost of an answer is asked for again when there is
 * more to ask for beside it. */
static void of_all(const struct trainc *c, struct picks *p)
{
	from(c, c->pick_from, p);
	if (!p->n)
		from(c, 0, p);
}

static void choose(struct trainc *c, struct picks *p)
{
	c->pick_block = BLOCK_NONE;
	if (c->sick != BLOCK_NONE && c->is_sorted) {
		c->pick_block = c->sick;
		of_block(c, c->sick, p);
	}
	if (!p->n && c->is_detached) {
		c->pick_block = BLOCK_NONE;
		of_all(c, p);
	}
}

void trainc_detach(struct trainc *c, usec now)
{
	if (c->is_detached || !c->has_room)
		return;
	c->is_detached = true;
	c->report_at = c->speak_at = NEVER;
	c->pick_tries = 0;
	c->pick_at = now;
}

/* Until what is being mended turns out well; but the list comes to nobody who
 * does not ask. */
static void pick_nothing(struct trainc *c, usec now, struct effects *fx)
{
	bool has_all = c->have.count == c->have.bits;

	c->pick_at = now + PICK_FIRST;
	if (!has_all || c->has_list)
		return;
	trainc_report_list(c, fx);
	c->pick_at = now + trainc_wait(LIST_FIRST, c->pick_tries++, PICK_MAX);
}

void trainc_pick(struct trainc *c, usec now, struct effects *fx)
{
	struct picks p = {.n = 0};
	struct wr w;

	c->pick_at = NEVER;
	c->pick_left = 0;
	if (!c->has_ticket)
		return;
	choose(c, &p);
	if (!p.n) {
		if (c->is_detached)
			pick_nothing(c, now, fx);
		return;
	}
	w = effects_head(fx);
	train_cookie_put(TRAIN_PICK, c->head.train, c->cookie, &w);
	train_intervals_put(p.v, p.n, &w);
	trainc_send(c, &w, fx);
	c->pick_left = p.packets;
	c->pick_end = p.v[p.n - 1].to;
	c->pick_at = now + trainc_wait(PICK_FIRST, c->pick_tries++, PICK_MAX);
}

void trainc_picked(struct trainc *c, usec now, uint32_t b, uint32_t position)
{
	if (position >= c->pick_end ||
	    (c->pick_block != BLOCK_NONE && c->pick_block != b))
		return;
	c->pick_tries = 0;
	c->pick_from = position + 1;
	c->pick_at = --c->pick_left ? now + PICK_QUIET : now;
}
