/*
 * What one rider gets for itself, by unicast: packets that it picks, and the
 * leaves of a block that somebody poisoned.  One at a time for each run, at an
 * eighth of its rate; who finds it busy asks again.
 */
#include "engine/traind_impl.h"

enum { SHARE = 8, PICK_ROWS = 32 };
/* A block has to be read and hashed for them. */
static const usec LEAVES_REST = MILLISECONDS(10);

static bool is_free(const struct run *r, usec now)
{
	return !r->pick.seat && now >= r->pick_at;
}

static uint32_t seat_number(const struct traind *t, const struct seat *s)
{
	return (uint32_t)(s - t->seats);
}

/* The first of them, as long as one FETCH can bring them. */
static uint32_t gather(const struct run *r, struct pick *p,
		       struct train_intervals *v)
{
	struct train_interval i;
	uint32_t section = 0, block, rows = 0;
	uint16_t row, first_row = 0;

	p->n = 0;
	while (p->n < BURST && train_interval_next(v, &i)) {
		for (uint32_t at = i.from; at < i.to && p->n < BURST; at++) {
			if (at >= r->layout.packets)
				return rows;
			layout_at(&r->layout, at, &block, &row);
			if (!p->n) {
				section = block / TRAIN_SECTION;
				first_row = row;
			}
			if (block / TRAIN_SECTION != section ||
			    row >= first_row + PICK_ROWS)
				return rows;
			rows = row - first_row + 1u;
			p->positions[p->n++] = at;
		}
	}
	return rows;
}

void pick_ask(struct traind *t, struct run *r, struct seat *s,
	      struct train_intervals *v, usec now, struct effects *fx)
{
	struct pick *p = &r->pick;
	uint32_t rows, block;
	uint16_t row;

	t->stats.picks++;
	if (!is_free(r, now))
		return;
	rows = gather(r, p, v);
	if (!p->n)
		return;
	p->seat = seat_number(t, s);
	p->is_leaves = false;
	r->pick_at = now + (usec)((uint64_t)p->n * SHARE * 1000000 *
				  (r->layout.packet + PACE_FRAME_REST) /
				  r->pace.rate);
	layout_at(&r->layout, p->positions[0], &block, &row);
	send_fetch_rows(t, r, block / TRAIN_SECTION, row, rows, FETCH_PICK, fx);
}

void pick_leaves(struct traind *t, struct run *r, struct seat *s,
		 const struct train_leaves *l, usec now, struct effects *fx)
{
	const struct layout *it = &r->layout;
	struct ref ref = {.image = r->image,
			  .version = r->version,
			  .kind = REF_LEAVES,
			  .block = l->block,
			  .packet = it->packet};

	if (!is_free(r, now) || l->block >= it->blocks ||
	    l->first >= layout_block(it, l->block))
		return;
	r->pick.seat = seat_number(t, s);
	r->pick.is_leaves = true;
	r->pick.n = 1;
	r->pick_at = now + LEAVES_REST;
	r->pick.block = l->block;
	r->pick.first = l->first;
	ref.offset = layout_offset(it, l->block, 0);
	ref.packets = layout_block(it, l->block);
	ref.len = (size_t)ref.packets * TRAIN_LEAF;
	effects_fetch(fx, &ref, run_cookie(t, r, FETCH_PICK));
}

static void send_leaves(struct traind *t, struct run *r, struct endpoint to,
			struct effects *fx)
{
	const struct pick *p = &r->pick;
	uint16_t n = (uint16_t)(layout_block(&r->layout, p->block) - p->first);
	struct wr w = effects_head(fx);
	struct send *s;

	n = n < LEAVES_MOST ? n : LEAVES_MOST;
	train_leaves_head_put(r->id, p->block, p->first, &w);
	s = effects_send(fx, &w, traind_us(t), to);
	s->link = r->link;
	s->body = (struct ref){.image = r->image,
			       .version = r->version,
			       .offset = layout_offset(&r->layout, p->block, 0),
			       .len = (size_t)n * TRAIN_LEAF,
			       .kind = REF_LEAVES,
			       .block = p->block,
			       .number = p->first,
			       .packet = r->layout.packet,
			       .packets = layout_block(&r->layout, p->block)};
}

void pick_fetched(struct traind *t, struct run *r, usec now, int rc,
		  struct effects *fx)
{
	struct pick *p = &r->pick;
	struct endpoint to = t->seats[p->seat].at;
	uint32_t block;
	uint16_t row;

	if (!p->seat)
		return;
	if (drive_listens(r, now))
		p->n = 0; /* it asks again */
	/* n is 0 if it has left, too. */
	if (!rc && p->n && p->is_leaves)
		send_leaves(t, r, to, fx);
	for (unsigned i = 0; !rc && !p->is_leaves && i < p->n; i++) {
		layout_at(&r->layout, p->positions[i], &block, &row);
		send_data(t, r, block, row, fx)->to = to;
		t->stats.picked++;
	}
	p->seat = SEAT_NONE;
}
