/*
 * The port mapper's arguments and results.
 */
#include "wire/portmap.h"

#include "wire/xdr.h"

bool pmap_mapping_get(struct pmap_mapping *m, struct rd *r)
{
	m->program = rd_u32(r);
	m->version = rd_u32(r);
	m->protocol = rd_u32(r);
	m->port = rd_u32(r);
	return !r->bad;
}

void pmap_mapping_put(const struct pmap_mapping *m, struct wr *w)
{
	wr_u32(w, m->program);
	wr_u32(w, m->version);
	wr_u32(w, m->protocol);
	wr_u32(w, m->port);
}

bool pmap_item_next(struct pmap_mapping *m, struct rd *r)
{
	return xdr_bool(r) && pmap_mapping_get(m, r);
}

void pmap_item_put(const struct pmap_mapping *m, struct wr *w)
{
	wr_u32(w, true);
	pmap_mapping_put(m, w);
}

void pmap_end_put(struct wr *w)
{
	wr_u32(w, false);
}

bool pmap_port_get(uint16_t *port, struct rd *r)
{
	uint32_t v = rd_u32(r);

	*port = (uint16_t)v;
	return !r->bad && v <= UINT16_MAX;
}

void pmap_port_put(uint16_t port, struct wr *w)
{
	wr_u32(w, port);
}

bool pmap_callit_get(struct pmap_callit *c, struct rd *r)
{
	c->program = rd_u32(r);
	c->version = rd_u32(r);
	c->procedure = rd_u32(r);
	c->args = xdr_opaque(r, PMAP_CALLIT_ARGS, &c->len);
	return !r->bad;
}

void pmap_callit_put(const struct pmap_callit *c, struct wr *w)
{
	wr_u32(w, c->program);
	wr_u32(w, c->version);
	wr_u32(w, c->procedure);
	xdr_opaque_put(c->args, c->len, w);
}

bool pmap_called_get(struct pmap_called *c, struct rd *r)
{
	bool is_port = pmap_port_get(&c->port, r);

	c->results = xdr_opaque(r, PMAP_CALLIT_RESULTS, &c->len);
	return is_port && !r->bad;
}

void pmap_called_put(const struct pmap_called *c, struct wr *w)
{
	pmap_port_put(c->port, w);
	xdr_opaque_put(c->results, c->len, w);
}
