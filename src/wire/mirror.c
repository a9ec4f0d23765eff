/*
 * The mirror's sixteen bytes, and its groups.
 */
#include "wire/mirror.h"

static const uint32_t MAGIC = 0x4d554452; /* "MUDR" */

bool mirror_get(struct mirror *m, struct rd *r)
{
	uint32_t magic = rd_u32(r);

	m->kind = rd_u8(r);
	m->lane = rd_u8(r);
	m->seen = rd_u8(r);
	rd_u8(r);
	m->run = rd_u32(r);
	m->uptime = rd_u32(r);
	return !r->bad && magic == MAGIC && m->kind >= MIRROR_HELLO &&
	       m->kind <= MIRROR_LOOP && m->lane < MIRROR_LANES &&
	       m->seen < 1 << MIRROR_LANES;
}

void mirror_put(const struct mirror *m, struct wr *w)
{
	wr_u32(w, MAGIC);
	wr_u8(w, m->kind);
	wr_u8(w, m->lane);
	wr_u8(w, m->seen);
	wr_u8(w, 0);
	wr_u32(w, m->run);
	wr_u32(w, m->uptime);
}

uint32_t mirror_group(unsigned lane)
{
	/* 224.0.0.169 is nobody's yet; 239.255.0.0/16 is for local use (RFC
	 * 2365). */
	static const uint32_t groups[MIRROR_LANES] = {0xe00000a9, 0xefff4301,
						      0xefff4302, 0xefff4303};

	return lane < MIRROR_LANES ? groups[lane] : 0;
}
