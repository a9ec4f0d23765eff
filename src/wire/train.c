/*
 * The train's messages.  What follows the fields that are known here is passed
 * over, so that a later version may add some.
 */
#include "wire/train.h"

#include <assert.h>

enum { MAGIC = 0x54, INTERVAL = 8, PENDING = 2, LACK = 6 };

bool train_head_get(struct train_head *h, struct rd *r)
{
	uint8_t magic = rd_u8(r);

	h->type = rd_u8(r);
	h->flags = rd_u16(r);
	h->id = rd_u64(r);
	return !r->bad && magic == MAGIC;
}

void train_head_put(const struct train_head *h, struct wr *w)
{
	wr_u8(w, MAGIC);
	wr_u8(w, h->type);
	wr_u16(w, h->flags);
	wr_u64(w, h->id);
}

static void begin(enum train_type type, uint64_t id, struct wr *w)
{
	const struct train_head h = {.type = (uint8_t)type, .id = id};

	train_head_put(&h, w);
}

/* ---- boarding ----------------------------------------------------------- */

static bool get_name(const char **name, size_t *len, struct rd *r)
{
	*len = rd_u8(r);
	*name = (const char *)rd_take(r, *len);
	return *name && *len;
}

bool train_board_get(const char **name, size_t *len, struct rd *r)
{
	size_t all = TRAIN_HEAD + rd_left(r);

	/* It pays for the answer: a short one would be amplified. */
	return get_name(name, len, r) && all >= TRAIN_BOARD_LEN;
}

void train_board_put(uint64_t nonce, const char *name, size_t len, struct wr *w)
{
	size_t start = wr_len(w);

	assert(len && len <= UINT8_MAX);
	begin(TRAIN_BOARD, nonce, w);
	wr_u8(w, (uint8_t)len);
	wr_bytes(w, name, len);
	wr_zeros(w, TRAIN_BOARD_LEN - (wr_len(w) - start));
}

bool train_ticket_get(struct train_ticket *t, struct rd *r)
{
	t->cookie = rd_u64(r);
	t->group.ip = rd_u32(r);
	t->group.port = rd_u16(r);
	t->head_len = rd_u16(r);
	t->head = rd_take(r, t->head_len);
	if (!t->head)
		return false;
	/* It came later than the rest, and is missing most often. */
	t->note_len = rd_left(r) ? rd_u8(r) : 0;
	t->note = (const char *)rd_take(r, t->note_len);
	if (!t->note)
		t->note_len = 0;
	return true;
}

void train_ticket_put(uint64_t nonce, const struct train_ticket *t,
		      struct wr *w)
{
	size_t start = wr_len(w), used, room;

	begin(TRAIN_TICKET, nonce, w);
	wr_u64(w, t->cookie);
	wr_u32(w, t->group.ip);
	wr_u16(w, t->group.port);
	wr_u16(w, (uint16_t)t->head_len);
	wr_bytes(w, t->head, t->head_len);
	used = wr_len(w) - start + 1;
	if (!t->note_len || used >= TRAIN_BOARD_LEN)
		return;
	room = TRAIN_BOARD_LEN - used;
	room = room < UINT8_MAX ? room : UINT8_MAX;
	if (room > t->note_len)
		room = t->note_len;
	wr_u8(w, (uint8_t)room);
	wr_bytes(w, t->note, room);
}

void train_preparing_put(uint64_t nonce, struct wr *w)
{
	begin(TRAIN_PREPARING, nonce, w);
}

bool train_refuse_get(uint16_t *code, const char **text, size_t *len,
		      struct rd *r)
{
	*code = rd_u16(r);
	*len = rd_left(r);
	*text = (const char *)rd_take(r, *len);
	return *text;
}

void train_refuse_put(uint64_t nonce, uint16_t code, const char *text,
		      struct wr *w)
{
	begin(TRAIN_REFUSE, nonce, w);
	wr_u16(w, code);
	wr_bytes(w, text, strlen(text));
}

/* ---- intervals ---------------------------------------------------------- */

bool train_intervals_get(struct train_intervals *v, struct rd *r)
{
	struct train_interval i;
	struct train_intervals all;
	uint32_t end = 0;

	v->n = rd_u16(r);
	v->rest = rd_sub(r, (size_t)v->n * INTERVAL);
	if (r->bad || v->n > TRAIN_INTERVALS)
		return false;
	all = *v;
	while (train_interval_next(&all, &i)) {
		if (i.from < end || i.to <= i.from)
			return false;
		end = i.to;
	}
	return true;
}

bool train_interval_next(struct train_intervals *v, struct train_interval *i)
{
	if (!v->n)
		return false;
	v->n--;
	i->from = rd_u32(&v->rest);
	i->to = rd_u32(&v->rest);
	return !v->rest.bad;
}

void train_intervals_put(const struct train_interval *v, uint16_t n,
			 struct wr *w)
{
	assert(n <= TRAIN_INTERVALS);
	wr_u16(w, n);
	for (uint16_t i = 0; i < n; i++) {
		wr_u32(w, v[i].from);
		wr_u32(w, v[i].to);
	}
}

bool train_cookie_get(uint64_t *cookie, struct rd *r)
{
	*cookie = rd_u64(r);
	return !r->bad;
}

void train_cookie_put(enum train_type type, uint64_t id, uint64_t cookie,
		      struct wr *w)
{
	begin(type, id, w);
	wr_u64(w, cookie);
}

/* ---- status and report -------------------------------------------------- */

bool train_status_get(struct train_status *s, struct rd *r)
{
	s->phase = rd_u8(r);
	s->slots = rd_u8(r);
	s->round = rd_u16(r);
	s->slot_ms = rd_u16(r);
	s->riders = rd_u32(r);
	s->expected = rd_u32(r);
	s->leaving_ms = rd_u32(r);
	s->top = rd_u16(r);
	s->step = rd_u16(r);
	s->cursor = rd_u32(r);
	s->first = rd_u32(r);
	s->n = rd_u16(r);
	s->pending = rd_sub(r, (size_t)s->n * PENDING);
	return !r->bad && s->phase <= TRAIN_SAYS_ASKING;
}

uint16_t train_status_pending(const struct train_status *s, uint16_t i)
{
	struct rd r = s->pending;

	assert(i < s->n);
	rd_take(&r, (size_t)i * PENDING);
	return rd_u16(&r);
}

void train_status_put(uint64_t id, const struct train_status *s, struct wr *w)
{
	const struct train_head h = {TRAIN_STATUS, s->flags, id};

	train_head_put(&h, w);
	wr_u8(w, s->phase);
	wr_u8(w, s->slots);
	wr_u16(w, s->round);
	wr_u16(w, s->slot_ms);
	wr_u32(w, s->riders);
	wr_u32(w, s->expected);
	wr_u32(w, s->leaving_ms);
	wr_u16(w, s->top);
	wr_u16(w, s->step);
	wr_u32(w, s->cursor);
	wr_u32(w, s->first);
	wr_u16(w, s->n);
}

bool train_report_get(struct train_report *p, struct rd *r)
{
	p->cookie = rd_u64(r);
	p->round = rd_u16(r);
	p->loss = rd_u16(r);
	p->at = rd_u32(r);
	p->lack_of_list = rd_u16(r);
	p->n = rd_u16(r);
	p->lacks = rd_sub(r, (size_t)p->n * LACK);
	return train_intervals_get(&p->intervals, r);
}

bool train_lack_next(struct train_report *p, struct train_lack *l)
{
	if (!p->n)
		return false;
	p->n--;
	l->block = rd_u32(&p->lacks);
	l->lack = rd_u16(&p->lacks);
	return !p->lacks.bad;
}

void train_report_put(uint64_t id, const struct train_report *p, struct wr *w)
{
	begin(TRAIN_REPORT, id, w);
	wr_u64(w, p->cookie);
	wr_u16(w, p->round);
	wr_u16(w, p->loss);
	wr_u32(w, p->at);
	wr_u16(w, p->lack_of_list);
	wr_u16(w, p->n);
}

void train_lack_put(const struct train_lack *l, struct wr *w)
{
	wr_u32(w, l->block);
	wr_u16(w, l->lack);
}

bool train_probe_get(uint16_t *round, struct rd *r)
{
	*round = rd_u16(r);
	return !r->bad;
}

void train_probe_put(uint64_t id, uint16_t round, struct wr *w)
{
	begin(TRAIN_PROBE, id, w);
	wr_u16(w, round);
}

void train_detach_put(uint64_t id, struct wr *w)
{
	begin(TRAIN_DETACH, id, w);
}

/* ---- data and leaves ---------------------------------------------------- */

bool train_data_get(struct train_data *d, struct rd *r)
{
	d->block = rd_u32(r);
	d->number = rd_u32(r);
	d->len = rd_left(r);
	d->bytes = rd_take(r, d->len);
	return d->bytes;
}

void train_data_head_put(uint64_t id, uint32_t block, uint32_t number,
			 struct wr *w)
{
	begin(TRAIN_DATA, id, w);
	wr_u32(w, block);
	wr_u32(w, number);
}

bool train_leaves_ask_get(struct train_leaves *l, struct rd *r)
{
	*l = (struct train_leaves){.cookie = rd_u64(r)};
	l->block = rd_u32(r);
	l->first = rd_u16(r);
	return !r->bad;
}

void train_leaves_ask_put(uint64_t id, const struct train_leaves *l,
			  struct wr *w)
{
	begin(TRAIN_LEAVES_ASK, id, w);
	wr_u64(w, l->cookie);
	wr_u32(w, l->block);
	wr_u16(w, l->first);
}

bool train_leaves_get(struct train_leaves *l, struct rd *r)
{
	*l = (struct train_leaves){.block = rd_u32(r)};
	l->first = rd_u16(r);
	l->n = (uint16_t)(rd_left(r) / TRAIN_LEAF);
	l->leaves = rd_take(r, (size_t)l->n * TRAIN_LEAF);
	return l->leaves;
}

void train_leaves_head_put(uint64_t id, uint32_t block, uint16_t first,
			   struct wr *w)
{
	begin(TRAIN_LEAVES, id, w);
	wr_u32(w, block);
	wr_u16(w, first);
}

/* ---- among servers ------------------------------------------------------ */

bool train_drives_get(struct train_drives *d, struct rd *r)
{
	d->turn = rd_u32(r);
	d->wish = rd_u32(r);
	d->group.ip = rd_u32(r);
	d->group.port = rd_u16(r);
	d->riders = rd_u32(r);
	d->phase = rd_u8(r);
	return get_name(&d->name, &d->len, r);
}

void train_drives_put(uint64_t id, const struct train_drives *d, struct wr *w)
{
	const struct train_head h = {
		.type = TRAIN_DRIVES, .flags = d->flags, .id = id};

	assert(d->len && d->len <= UINT8_MAX);
	train_head_put(&h, w);
	wr_u32(w, d->turn);
	wr_u32(w, d->wish);
	wr_u32(w, d->group.ip);
	wr_u16(w, d->group.port);
	wr_u32(w, d->riders);
	wr_u8(w, d->phase);
	wr_u8(w, (uint8_t)d->len);
	wr_bytes(w, d->name, d->len);
}

bool train_forward_get(struct train_forward *f, struct rd *r)
{
	size_t all = TRAIN_HEAD + rd_left(r);

	f->rider.ip = rd_u32(r);
	f->rider.port = rd_u16(r);
	/* As with BOARD, whose answer it asks for. */
	return get_name(&f->name, &f->len, r) && all >= TRAIN_BOARD_LEN;
}

void train_forward_put(uint64_t nonce, const struct train_forward *f,
		       struct wr *w)
{
	size_t start = wr_len(w);

	assert(f->len && f->len <= UINT8_MAX);
	begin(TRAIN_FORWARD, nonce, w);
	wr_u32(w, f->rider.ip);
	wr_u16(w, f->rider.port);
	wr_u8(w, (uint8_t)f->len);
	wr_bytes(w, f->name, f->len);
	wr_zeros(w, TRAIN_BOARD_LEN - (wr_len(w) - start));
}
