/*
 * The registry's record.  What is to be zero is looked at, so that nothing can
 * hide there, and two records that say the same are the same.
 */
#include "wire/registry.h"

#include <assert.h>

static const uint32_t MAGIC = 0x4d4e4d31; /* "MNM1" */
enum { ENDPOINT_ZEROS = 12 };

static bool is_zero(const uint8_t *b, size_t len)
{
	uint8_t all = 0;

	for (size_t i = 0; b && i < len; i++)
		all |= b[i];
	return b && !all;
}

static bool get_name(struct registry_record *p, struct rd *r)
{
	struct rd field = rd_sub(r, REGISTRY_NAME);

	p->name = rd_cstr(&field, &p->name_len);
	return p->name && is_zero(field.p, rd_left(&field));
}

static bool get_endpoint(struct registry_endpoint *e, struct rd *r)
{
	e->family = rd_u8(r);
	e->transport = rd_u8(r);
	e->port = rd_u16(r);
	rd_copy(r, e->address, sizeof(e->address));
	if (!is_zero(rd_take(r, ENDPOINT_ZEROS), ENDPOINT_ZEROS))
		return false;
	return e->family != REGISTRY_IPV4 ||
	       is_zero(e->address + 4, sizeof(e->address) - 4);
}

bool registry_get(struct registry_record *p, struct rd *r)
{
	uint32_t magic = rd_u32(r), zero;
	uint8_t op;

	p->op = rd_u8(r);
	p->flags = rd_u8(r);
	p->status = rd_u16(r);
	p->sequence = rd_u32(r);
	zero = rd_u32(r);
	op = p->op & (uint8_t)~REGISTRY_REPLY;
	return get_name(p, r) && get_endpoint(&p->at, r) && magic == MAGIC &&
	       !zero && op >= REGISTRY_CHECK_IN && op <= REGISTRY_NEXT &&
	       p->flags <= REGISTRY_AT_HOST;
}

void registry_put(const struct registry_record *p, struct wr *w)
{
	assert(p->name_len < REGISTRY_NAME);
	wr_u32(w, MAGIC);
	wr_u8(w, p->op);
	wr_u8(w, p->flags);
	wr_u16(w, p->status);
	wr_u32(w, p->sequence);
	wr_u32(w, 0);
	wr_bytes(w, p->name, p->name_len);
	wr_zeros(w, REGISTRY_NAME - p->name_len);
	wr_u8(w, p->at.family);
	wr_u8(w, p->at.transport);
	wr_u16(w, p->at.port);
	wr_bytes(w, p->at.address, sizeof(p->at.address));
	wr_zeros(w, ENDPOINT_ZEROS);
}

bool registry_endpoint_is_valid(const struct registry_endpoint *e)
{
	return (e->family == REGISTRY_IPV4 || e->family == REGISTRY_IPV6) &&
	       (e->transport == REGISTRY_TCP || e->transport == REGISTRY_UDP) &&
	       e->port;
}

struct registry_endpoint registry_endpoint_ipv4(uint8_t transport,
						struct endpoint e)
{
	struct registry_endpoint to = {.family = REGISTRY_IPV4,
				       .transport = transport,
				       .port = e.port};
	struct wr w = wr_over(to.address, sizeof(to.address));

	wr_u32(&w, e.ip);
	return to;
}

uint32_t registry_endpoint_ip(const struct registry_endpoint *e)
{
	struct rd r = rd_over(e->address, sizeof(e->address));

	return e->family == REGISTRY_IPV4 ? rd_u32(&r) : 0;
}

bool registry_endpoint_is_any(const struct registry_endpoint *e)
{
	return is_zero(e->address, sizeof(e->address));
}
