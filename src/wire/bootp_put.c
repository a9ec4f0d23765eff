/*
 * Writing BOOTP and DHCP messages.  The client's limit is kept option by
 * option: each is written as a whole or not at all, and END always has room.
 */
#include "wire/bootp.h"

#include <assert.h>

enum { MAGIC = 0x63825363, PART_MAX = 255 };

/* A NUL-padded field that, as RFC 951 wants, ends with at least one NUL. */
static void field_put(struct wr *w, const char *s, size_t room)
{
	size_t len = s ? strlen(s) : 0;

	if (len >= room) {
		w->bad = true;
		return;
	}
	wr_bytes(w, s, len);
	wr_zeros(w, room - len);
}

void bootp_fixed_put(const struct bootp_head *h, struct wr *w)
{
	assert(h->hw.len <= HWADDR_MAX);
	wr_u8(w, h->op);
	wr_u8(w, h->hw.type);
	wr_u8(w, h->hw.len);
	wr_u8(w, h->hops);
	wr_bytes(w, h->xid, sizeof(h->xid));
	wr_u16(w, h->secs);
	wr_u16(w, h->flags);
	wr_u32(w, h->ciaddr);
	wr_u32(w, h->yiaddr);
	wr_u32(w, h->siaddr);
	wr_u32(w, h->giaddr);
	wr_bytes(w, h->hw.b, h->hw.len);
	wr_zeros(w, (size_t)HWADDR_MAX - h->hw.len);
	field_put(w, h->sname, BOOTP_SNAME);
	field_put(w, h->file, BOOTP_FILE);
}

struct bootp_out bootp_begin(const struct bootp_head *h, struct wr *w,
			     size_t limit)
{
	if (limit < BOOTP_MIN_SENT)
		limit = BOOTP_MIN_SENT;
	if (limit > BOOTP_MTU_MAX)
		limit = BOOTP_MTU_MAX;
	bootp_fixed_put(h, w);
	wr_u32(w, MAGIC);
	return (struct bootp_out){w, BOOTP_FIXED + 4, limit};
}

/* Makes sure of n bytes more, and one for END. */
static bool reserve(struct bootp_out *o, size_t n)
{
	if (n >= o->limit - o->len || n >= wr_room(o->w))
		return false;
	o->len += n;
	return true;
}

bool bootp_put(struct bootp_out *o, uint8_t code, const void *v, size_t len)
{
	assert(code != OPT_PAD && code != OPT_END);
	if (len > BOOTP_MTU_MAX)
		return false;

	size_t parts = len ? (len + PART_MAX - 1) / PART_MAX : 1;
	struct rd r = rd_over(v, len);

	if (!reserve(o, len + 2 * parts))
		return false;
	do {
		size_t left = rd_left(&r);
		uint8_t n = (uint8_t)(left < PART_MAX ? left : PART_MAX);

		wr_u8(o->w, code);
		wr_u8(o->w, n);
		wr_bytes(o->w, rd_take(&r, n), n);
	} while (rd_left(&r));
	return true;
}

bool bootp_put_u8(struct bootp_out *o, uint8_t code, uint8_t v)
{
	return bootp_put(o, code, &v, sizeof(v));
}

bool bootp_put_u16(struct bootp_out *o, uint8_t code, uint16_t v)
{
	uint8_t b[2];
	struct wr w = wr_over(b, sizeof(b));

	wr_u16(&w, v);
	return bootp_put(o, code, b, sizeof(b));
}

bool bootp_put_u32(struct bootp_out *o, uint8_t code, uint32_t v)
{
	uint8_t b[4];
	struct wr w = wr_over(b, sizeof(b));

	wr_u32(&w, v);
	return bootp_put(o, code, b, sizeof(b));
}

bool bootp_put_str(struct bootp_out *o, uint8_t code, const char *s)
{
	return bootp_put(o, code, s, strlen(s));
}

bool bootp_put_pads(struct bootp_out *o, size_t n)
{
	if (!reserve(o, n))
		return false;
	wr_zeros(o->w, n);
	return true;
}

void bootp_end(struct bootp_out *o)
{
	wr_u8(o->w, OPT_END);
	o->len++;
	if (o->len < BOOTP_MIN_SENT) {
		wr_zeros(o->w, BOOTP_MIN_SENT - o->len);
		o->len = BOOTP_MIN_SENT;
	}
}
