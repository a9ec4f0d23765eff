/*
 * Strings end with NUL inside the record, so that who asks may use them where
 * they are; an answer is looked through once, whole, before it is believed.
 */
#include "wire/lookup.h"

enum { POSITION_AT = 8, COUNT_AT = 16 };

bool lookup_question_get(struct lookup_question *q, struct rd *r)
{
	bool is_ours = rd_left(r) <= LOOKUP_QUESTION_MAX &&
		       rd_u8(r) == LOOKUP_VERSION;
	size_t len;

	q->op = rd_u8(r);
	is_ours = !rd_u16(r) && is_ours;
	q->sequence = rd_u32(r);
	q->position = rd_u64(r);
	q->category = rd_cstr(r, &len);
	q->key = rd_cstr(r, &len);
	q->value = rd_cstr(r, &len);
	return is_ours && !r->bad && !rd_left(r);
}

void lookup_question_put(const struct lookup_question *q, struct wr *w)
{
	wr_u8(w, LOOKUP_VERSION);
	wr_u8(w, q->op);
	wr_u16(w, 0);
	wr_u32(w, q->sequence);
	wr_u64(w, q->position);
	wr_cstr(w, q->category);
	wr_cstr(w, q->key);
	wr_cstr(w, q->value);
}

static bool items_are_sound(struct rd items, uint16_t n)
{
	struct lookup_item i;

	while (lookup_item_next(&items, &i))
		if (!n--)
			return false;
	return !n && !items.bad && !rd_left(&items);
}

bool lookup_answer_get(struct lookup_answer *a, struct rd *r)
{
	bool is_ours = rd_left(r) <= LOOKUP_RECORD &&
		       rd_u8(r) == LOOKUP_VERSION;
	size_t len;

	a->op = rd_u8(r);
	a->status = rd_u8(r);
	is_ours = !rd_u8(r) && is_ours;
	a->sequence = rd_u32(r);
	a->position = rd_u64(r);
	a->n = rd_u16(r);
	a->text = rd_cstr(r, &len);
	a->items = *r;
	return is_ours && !r->bad && a->op & LOOKUP_REPLY &&
	       items_are_sound(a->items, a->n);
}

void lookup_answer_put(const struct lookup_answer *a, struct wr *w)
{
	wr_u8(w, LOOKUP_VERSION);
	wr_u8(w, a->op | LOOKUP_REPLY);
	wr_u8(w, a->status);
	wr_u8(w, 0);
	wr_u32(w, a->sequence);
	wr_u64(w, a->position);
	wr_u16(w, 0);
	wr_cstr(w, a->text ? a->text : "");
}

void lookup_answer_end(struct wr *w, uint16_t n, uint64_t position)
{
	struct wr at;

	if (w->bad)
		return;
	at = wr_over(w->start + POSITION_AT, 8);
	wr_u64(&at, position);
	at = wr_over(w->start + COUNT_AT, 2);
	wr_u16(&at, n);
}

bool lookup_item_next(struct rd *items, struct lookup_item *i)
{
	size_t len;

	if (!rd_left(items))
		return false;
	i->agent = rd_cstr(items, &len);
	i->domain = rd_cstr(items, &len);
	i->server = rd_cstr(items, &len);
	i->len = rd_u32(items);
	i->props = rd_take(items, i->len);
	return !items->bad;
}

bool lookup_item_put(const struct lookup_item *i, struct wr *w)
{
	struct wr before = *w;

	wr_cstr(w, i->agent);
	wr_cstr(w, i->domain);
	wr_cstr(w, i->server);
	wr_u32(w, (uint32_t)i->len);
	wr_bytes(w, i->props, i->len);
	if (!w->bad)
		return true;
	*w = before;
	return false;
}

bool lookup_result_get(struct lookup_result *to, struct rd *r)
{
	size_t len;

	to->next = rd_u32(r);
	to->domain = rd_cstr(r, &len);
	to->server = rd_cstr(r, &len);
	to->entries = *r;
	return !r->bad;
}

void lookup_result_put(const struct lookup_result *p, struct wr *w)
{
	wr_u32(w, p->next);
	wr_cstr(w, p->domain);
	wr_cstr(w, p->server);
}

void lookup_result_end(struct wr *w, uint32_t next)
{
	struct wr at = wr_over(w->start, w->bad ? 0 : 4);

	wr_u32(&at, next);
}

bool lookup_entry_next(struct rd *entries, const uint8_t **props, size_t *len)
{
	if (!rd_left(entries))
		return false;
	*len = rd_u32(entries);
	*props = rd_take(entries, *len);
	return !entries->bad;
}

bool lookup_entry_put(const void *props, size_t len, struct wr *w)
{
	struct wr before = *w;

	wr_u32(w, (uint32_t)len);
	wr_bytes(w, props, len);
	if (!w->bad)
		return true;
	*w = before;
	return false;
}
