/*
 * Procedures about one directory.  Reading asks for no instance; the answer has
 * the present one.
 */
#include "engine/netinfod_impl.h"

const struct entry *netinfod_entry(const struct netinfod *n,
				   const struct asking *a)
{
	return netinfo_entry(n->site, a->domain, a->args.id.object);
}

void netinfod_values_put(const struct property *p, struct wr *w)
{
	struct rd values = p->values;
	const char *v;
	size_t len;

	wr_u32(w, p->n);
	while (rd_left(&values) && (v = rd_cstr(&values, &len)))
		netinfo_name_put((struct span){v, len}, w);
}

static uint32_t count(const struct plist *props)
{
	struct rd r = rd_over(props->bytes, props->len);
	struct property p;
	uint32_t n = 0;

	while (plist_next(&r, &p))
		n++;
	return n;
}

void netinfod_props_put(const struct entry *e, struct wr *w)
{
	struct plist props = netinfo_unmarked(&e->props);
	struct rd r = rd_over(props.bytes, props.len);
	struct property p;

	wr_u32(w, count(&props));
	while (plist_next(&r, &p)) {
		netinfo_name_put(span_of(p.name), w);
		netinfod_values_put(&p, w);
	}
}

uint32_t netinfod_root(struct netinfod *n, struct asking *a, struct wr *w)
{
	a->args.id.object = 0;
	return netinfod_self(n, a, w);
}

uint32_t netinfod_self(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e = netinfod_entry(n, a);

	if (!e)
		return NETINFO_BADID;
	netinfo_id_put(netinfo_id_of(n->site, e), w);
	return NETINFO_OK;
}

/* The root's is itself. */
uint32_t netinfod_parent(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e = netinfod_entry(n, a);

	if (!e)
		return NETINFO_BADID;
	wr_u32(w, netinfo_parent_of(n->site, e));
	netinfo_id_put(netinfo_id_of(n->site, e), w);
	return NETINFO_OK;
}

uint32_t netinfod_read(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e = netinfod_entry(n, a);

	if (!e)
		return NETINFO_BADID;
	netinfo_id_put(netinfo_id_of(n->site, e), w);
	netinfod_props_put(e, w);
	return NETINFO_OK;
}

/* Property number args.index of the directory. */
static uint32_t find_property(const struct netinfod *n, const struct asking *a,
			      const struct entry **e, struct property *p)
{
	struct plist props;
	struct rd r;

	*e = netinfod_entry(n, a);
	if (!*e)
		return NETINFO_BADID;
	props = netinfo_unmarked(&(*e)->props);
	r = rd_over(props.bytes, props.len);
	for (uint32_t i = 0; plist_next(&r, p); i++)
		if (i == a->args.index)
			return NETINFO_OK;
	return NETINFO_NOPROP;
}

uint32_t netinfod_readprop(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e;
	struct property p;
	uint32_t status = find_property(n, a, &e, &p);

	if (status)
		return status;
	netinfod_values_put(&p, w);
	netinfo_id_put(netinfo_id_of(n->site, e), w);
	return NETINFO_OK;
}

uint32_t netinfod_readname(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e;
	struct property p;
	uint32_t status = find_property(n, a, &e, &p);
	const char *v;

	if (status)
		return status;
	v = a->args.at < p.n ? property_value(&p, a->args.at) : NULL;
	if (!v)
		return NETINFO_NONAME;
	netinfo_id_put(netinfo_id_of(n->site, e), w);
	netinfo_name_put(span_of(v), w);
	return NETINFO_OK;
}

uint32_t netinfod_listprops(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *e = netinfod_entry(n, a);
	struct plist props;
	struct property p;
	struct rd r;

	if (!e)
		return NETINFO_BADID;
	props = netinfo_unmarked(&e->props);
	wr_u32(w, count(&props));
	r = rd_over(props.bytes, props.len);
	while (plist_next(&r, &p))
		netinfo_name_put(span_of(p.name), w);
	netinfo_id_put(netinfo_id_of(n->site, e), w);
	return NETINFO_OK;
}
