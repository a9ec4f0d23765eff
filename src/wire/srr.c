/*
 * SRR name look-ups: three headers of the old server, one inside the other.
 */
#include "wire/srr.h"

#include <assert.h>

enum { NAME_LOOK_UP = 104, AFTER_HEAD = SRR_LEN - 8 };

bool srr_get(struct srr *p, struct rd *r)
{
	bool is_plain = rd_left(r) == SRR_LEN && !rd_u32(r);
	uint16_t checksum = rd_u16(r), size = rd_u16(r), dispatch;
	struct rd field;

	p->type = rd_u32(r);
	p->incarnation = rd_u32(r);
	p->sequence = rd_u32(r);
	dispatch = rd_u16(r);
	p->format = rd_u16(r);
	field = rd_sub(r, SRR_NAME);
	p->name = rd_cstr(&field, &p->name_len);
	p->receiver = rd_u32(r);
	p->owner = rd_u32(r);
	p->public_id = rd_u64(r);
	p->private_id = rd_u64(r);
	return !r->bad && p->name && is_plain && !checksum &&
	       size == AFTER_HEAD && dispatch == NAME_LOOK_UP &&
	       p->type <= SRR_BROADCAST_RESPONSE;
}

void srr_put(const struct srr *p, struct wr *w)
{
	assert(p->name_len < SRR_NAME);
	wr_u32(w, 0);
	wr_u16(w, 0);
	wr_u16(w, AFTER_HEAD);
	wr_u32(w, p->type);
	wr_u32(w, p->incarnation);
	wr_u32(w, p->sequence);
	wr_u16(w, NAME_LOOK_UP);
	wr_u16(w, p->format);
	wr_bytes(w, p->name, p->name_len);
	wr_zeros(w, SRR_NAME - p->name_len);
	wr_u32(w, p->receiver);
	wr_u32(w, p->owner);
	wr_u64(w, p->public_id);
	wr_u64(w, p->private_id);
}
