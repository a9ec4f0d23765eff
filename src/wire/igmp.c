/*
 * IGMP.  One struct serves all types: the short ones are eight bytes, and what
 * version 3 adds is a list that stays where it is.
 */
#include "wire/igmp.h"

#include "wire/checksum.h"

enum { FLAG_SUPPRESS = 8, ROBUSTNESS = 7 };

/* RFC 3376 4.1.1 and 4.1.7: from 128 on a small floating point number. */
static uint32_t code_get(uint8_t code)
{
	if (code < 128)
		return code;
	return (uint32_t)(16 | (code & 15)) << ((code >> 4 & 7) + 3);
}

static uint8_t code_put(uint32_t value)
{
	unsigned exponent = 0;

	if (value < 128)
		return (uint8_t)value;
	if (value >= code_get(255))
		return 255;
	while (value >> (exponent + 3) > 31)
		exponent++;
	return (uint8_t)(128 | exponent << 4 | (value >> (exponent + 3) & 15));
}

/* RFC 3376 7.1: length and response code tell the versions apart. */
static bool query_get(struct igmp *m, uint8_t code, size_t size, struct rd *r)
{
	uint8_t flags;

	if (size < IGMP_V3_QUERY) {
		m->version = code ? 2 : 1;
		m->response = code;
		return size == IGMP_SHORT;
	}
	m->version = 3;
	m->response = code_get(code);
	flags = rd_u8(r);
	m->suppresses = flags & FLAG_SUPPRESS;
	m->robustness = flags & ROBUSTNESS;
	m->interval = code_get(rd_u8(r));
	m->n = rd_u16(r);
	m->len = 4 * (size_t)m->n;
	m->rest = rd_take(r, m->len);
	return !r->bad;
}

static bool records_get(struct igmp *m, struct rd *r)
{
	struct rd all = *r;
	struct igmp_record g;

	for (unsigned i = 0; i < m->n; i++)
		if (!igmp_record_next(&g, r))
			return false;
	m->len = (size_t)(r->p - all.p);
	m->rest = rd_take(&all, m->len);
	return true;
}

bool igmp_get(struct igmp *m, struct rd *r)
{
	struct rd all = *r;
	size_t size = rd_left(r);
	uint8_t code;
	uint32_t word;

	*m = (struct igmp){.type = rd_u8(r)};
	code = rd_u8(r);
	rd_u16(r); /* the checksum, added up with the rest */
	word = rd_u32(r);
	if (r->bad || checksum_fold(checksum_add(all)) != 0xffff)
		return false;
	m->group = word;
	switch (m->type) {
	case IGMP_QUERY:
		return query_get(m, code, size, r);
	case IGMP_V1_REPORT:
		m->version = 1;
		return true;
	case IGMP_V2_REPORT:
	case IGMP_V2_LEAVE:
		m->version = 2;
		return true;
	case IGMP_V3_REPORT:
		m->version = 3;
		m->group = 0;
		m->n = (uint16_t)word; /* the first half is reserved */
		return records_get(m, r);
	}
	return false;
}

void igmp_put(const struct igmp *m, struct wr *w)
{
	bool is_long = m->type == IGMP_QUERY && m->version == 3;
	bool is_list = m->type == IGMP_V3_REPORT;
	uint8_t code = 0;
	uint32_t word = is_list ? m->n : m->group;
	uint8_t flags = (uint8_t)(m->suppresses ? FLAG_SUPPRESS : 0);
	uint32_t more;
	uint64_t sum;

	if (is_long)
		code = code_put(m->response);
	else if (m->type == IGMP_QUERY)
		code = (uint8_t)(m->response < 255 ? m->response : 255);
	sum = (uint64_t)(m->type << 8 | code) + word;
	flags = (uint8_t)(flags | (m->robustness & ROBUSTNESS));
	more = (uint32_t)flags << 24 | (uint32_t)code_put(m->interval) << 16 |
	       m->n;
	if (is_long)
		sum += more;
	if (is_long || is_list)
		sum += checksum_add(rd_over(m->rest, m->len));
	wr_u8(w, m->type);
	wr_u8(w, code);
	wr_u16(w, (uint16_t)~checksum_fold(sum));
	wr_u32(w, word);
	if (is_long)
		wr_u32(w, more);
	if (is_long || is_list)
		wr_bytes(w, m->rest, m->len);
}

bool igmp_record_next(struct igmp_record *g, struct rd *r)
{
	size_t more;

	g->type = rd_u8(r);
	more = (size_t)rd_u8(r) * 4; /* auxiliary data: skipped, 4.2.6 */
	g->n = rd_u16(r);
	g->group = rd_u32(r);
	g->sources = rd_take(r, (size_t)g->n * 4);
	rd_take(r, more);
	return !r->bad;
}

void igmp_record_put(const struct igmp_record *g, struct wr *w)
{
	wr_u8(w, g->type);
	wr_u8(w, 0);
	wr_u16(w, g->n);
	wr_u32(w, g->group);
	wr_bytes(w, g->sources, (size_t)g->n * 4);
}
