/*
 * Any bytes as each message of a train.  What was read and written again is
 * the same bytes, as far as its fields go.
 */
#include "wire/train.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

struct copy {
	uint8_t bytes[4096];
	struct wr w;
};

/* Flags that a message does not use are not written. */
static void check_same(const struct copy *c, const uint8_t *b, size_t len)
{
	struct rd r = rd_over(b, len);
	size_t n = wr_len(&c->w);
	const uint8_t *head = rd_take(&r, 4), *rest;

	assert(!c->w.bad && n <= len && head);
	rest = rd_take(&r, n - 4);
	assert(!memcmp(c->bytes, head, 2));
	assert(rest && !memcmp(c->bytes + 4, rest, n - 4));
}

static void intervals(struct train_intervals v, struct wr *w)
{
	struct train_interval all[TRAIN_INTERVALS];
	uint16_t n = 0;

	while (train_interval_next(&v, &all[n])) {
		assert(all[n].from < all[n].to);
		assert(!n || all[n].from >= all[n - 1].to);
		n++;
	}
	train_intervals_put(all, n, w);
}

static bool board(uint64_t id, struct rd r, struct wr *w)
{
	const char *name;
	size_t len;

	if (!train_board_get(&name, &len, &r))
		return false;
	train_board_put(id, name, len, w);
	w->p = w->start + TRAIN_HEAD + 1 + len; /* whatever the padding was */
	return true;
}

static bool ticket(uint64_t id, struct rd r, struct wr *w)
{
	struct train_ticket t;

	if (!train_ticket_get(&t, &r) || t.head_len > 1000)
		return false;
	assert(!t.note_len || t.note + t.note_len <= (const char *)r.end);
	if (TRAIN_HEAD + 17 + t.head_len + t.note_len > TRAIN_BOARD_LEN)
		t.note_len = 0; /* it would be cut */
	train_ticket_put(id, &t, w);
	return true;
}

static bool refuse(uint64_t id, struct rd r, struct wr *w)
{
	char words[1000];
	const char *text;
	uint16_t code;
	size_t len;

	if (!train_refuse_get(&code, &text, &len, &r) || len >= sizeof(words))
		return false;
	memcpy(words, text, len);
	words[len] = 0;
	train_refuse_put(id, code, words, w);
	return true;
}

static bool cookie(const struct train_head *h, struct rd r, struct wr *w)
{
	struct train_intervals v;
	uint64_t cookie;

	if (!train_cookie_get(&cookie, &r))
		return false;
	train_cookie_put((enum train_type)h->type, h->id, cookie, w);
	if (h->type == TRAIN_GOODBYE)
		return true;
	if (!train_intervals_get(&v, &r))
		return false;
	intervals(v, w);
	return true;
}

static bool status(const struct train_head *h, struct rd r, struct wr *w)
{
	struct train_status s = {.flags = h->flags};

	if (!train_status_get(&s, &r) || s.n > 1000)
		return false;
	train_status_put(h->id, &s, w);
	for (uint16_t i = 0; i < s.n; i++)
		wr_u16(w, train_status_pending(&s, i));
	return true;
}

static bool report(uint64_t id, struct rd r, struct wr *w)
{
	struct train_report p;
	struct train_lack l;

	if (!train_report_get(&p, &r) || p.n > 300)
		return false;
	train_report_put(id, &p, w);
	while (train_lack_next(&p, &l))
		train_lack_put(&l, w);
	intervals(p.intervals, w);
	return true;
}

static bool probe(uint64_t id, struct rd r, struct wr *w)
{
	uint16_t round;

	if (!train_probe_get(&round, &r))
		return false;
	train_probe_put(id, round, w);
	return true;
}

static bool data(uint64_t id, struct rd r, struct wr *w)
{
	struct train_data d;

	if (!train_data_get(&d, &r) || d.len > 1500)
		return false;
	train_data_head_put(id, d.block, d.number, w);
	wr_bytes(w, d.bytes, d.len);
	return true;
}

static bool leaves_ask(uint64_t id, struct rd r, struct wr *w)
{
	struct train_leaves l;

	if (!train_leaves_ask_get(&l, &r))
		return false;
	train_leaves_ask_put(id, &l, w);
	return true;
}

static bool leaves(uint64_t id, struct rd r, struct wr *w)
{
	struct train_leaves l;

	if (!train_leaves_get(&l, &r) || l.n > 100)
		return false;
	train_leaves_head_put(id, l.block, l.first, w);
	wr_bytes(w, l.leaves, (size_t)l.n * TRAIN_LEAF);
	return true;
}

static bool drives(const struct train_head *h, struct rd r, struct wr *w)
{
	struct train_drives d = {.flags = h->flags};

	if (!train_drives_get(&d, &r))
		return false;
	train_drives_put(h->id, &d, w);
	return true;
}

static bool forward(uint64_t id, struct rd r, struct wr *w)
{
	struct train_forward f;

	if (!train_forward_get(&f, &r))
		return false;
	train_forward_put(id, &f, w);
	w->p = w->start + TRAIN_HEAD + 7 + f.len;
	return true;
}

static bool again(const struct train_head *h, struct rd r, struct wr *w)
{
	switch ((enum train_type)h->type) {
	case TRAIN_BOARD:
		return board(h->id, r, w);
	case TRAIN_TICKET:
		return ticket(h->id, r, w);
	case TRAIN_REFUSE:
		return refuse(h->id, r, w);
	case TRAIN_ABOARD:
	case TRAIN_PICK:
	case TRAIN_GOODBYE:
		return cookie(h, r, w);
	case TRAIN_STATUS:
		return status(h, r, w);
	case TRAIN_REPORT:
		return report(h->id, r, w);
	case TRAIN_PROBE:
		return probe(h->id, r, w);
	case TRAIN_DATA:
		return data(h->id, r, w);
	case TRAIN_LEAVES_ASK:
		return leaves_ask(h->id, r, w);
	case TRAIN_LEAVES:
		return leaves(h->id, r, w);
	case TRAIN_DETACH:
		train_detach_put(h->id, w);
		return true;
	case TRAIN_DRIVES:
		return drives(h, r, w);
	case TRAIN_FORWARD:
		return forward(h->id, r, w);
	case TRAIN_PREPARING:
		train_preparing_put(h->id, w);
		return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	struct rd r = rd_over(b, len);
	struct train_head h;
	struct copy c;

	if (!train_head_get(&h, &r))
		return 0;
	c.w = wr_over(c.bytes, sizeof(c.bytes));
	if (again(&h, r, &c.w) &&
	    !(h.type == TRAIN_REFUSE && memchr(b + 14, 0, len - 14)))
		check_same(&c, b, len);
	return 0;
}
