/*
 * ICMP's address mask.
 */
#include "wire/icmp.h"

#include "wire/checksum.h"

bool icmp_mask_get(struct icmp_mask *m, struct rd *r)
{
	struct rd all = *r;
	uint8_t code;

	m->type = rd_u8(r);
	code = rd_u8(r);
	rd_u16(r); /* the checksum, added up with the rest */
	m->id = rd_u16(r);
	m->sequence = rd_u16(r);
	m->mask = rd_u32(r);
	return !r->bad && code == 0 &&
	       (m->type == ICMP_MASK_REQUEST || m->type == ICMP_MASK_REPLY) &&
	       checksum_fold(checksum_add(all)) == 0xffff;
}

void icmp_mask_put(const struct icmp_mask *m, struct wr *w)
{
	uint64_t sum = (uint64_t)(m->type << 8) + m->id + m->sequence + m->mask;

	wr_u8(w, m->type);
	wr_u8(w, 0);
	wr_u16(w, (uint16_t)~checksum_fold(sum));
	wr_u16(w, m->id);
	wr_u16(w, m->sequence);
	wr_u32(w, m->mask);
}
