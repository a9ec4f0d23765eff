/*
 * Which object of its master an entry is a copy of.
 */
#include "engine/netinfo_copy.h"

#include "base/text.h"

static bool number_next(struct property *p, uint32_t *to)
{
	const char *v;
	uint64_t n;
	size_t len;

	v = rd_left(&p->values) ? rd_cstr(&p->values, &len) : NULL;
	if (!v || !number_parse(v, len, UINT32_MAX, &n))
		return false;
	*to = (uint32_t)n;
	return true;
}

/* The first property, if it is one; *rest: what is behind it. */
static bool get(const struct plist *props, struct netinfo_mark *m,
		struct rd *rest)
{
	struct property p;

	*rest = rd_over(props->bytes, props->len);
	if (!plist_next(rest, &p) || strcmp(p.name, NETINFO_MARK) != 0 ||
	    !number_next(&p, &m->id.object) ||
	    !number_next(&p, &m->id.instance))
		return false;
	m->checksum = 0;
	(void)number_next(&p, &m->checksum);
	return true;
}

bool netinfo_mark_get(const struct plist *props, struct netinfo_mark *m)
{
	struct rd rest;

	return get(props, m, &rest);
}

struct plist netinfo_unmarked(const struct plist *props)
{
	struct netinfo_mark m;
	struct rd rest;

	if (!get(props, &m, &rest))
		return *props;
	return (struct plist){rest.p, rd_left(&rest)};
}

static void number_put(uint32_t n, struct plist_out *to)
{
	char room[24];
	struct text t = text_over(room, sizeof(room));

	text_u64(&t, n);
	plist_add_value(to, room);
}

void netinfo_mark_put(const struct netinfo_mark *m, bool is_root,
		      struct plist_out *to)
{
	plist_add(to, NETINFO_MARK);
	number_put(m->id.object, to);
	number_put(m->id.instance, to);
	if (is_root)
		number_put(m->checksum, to);
}

/* ---- ids ------------------------------------------------------------------
 */

static bool copied(const struct site *s, uint32_t domain,
		   struct netinfo_mark *m)
{
	const struct entry *root = directory_entry(s->directory, domain);

	return root && netinfo_mark_get(&root->props, m) &&
	       site_other_master(s, domain);
}

bool netinfo_is_copy(const struct site *s, uint32_t domain)
{
	struct netinfo_mark m;

	return copied(s, domain, &m);
}

struct netinfo_id netinfo_id_of(const struct site *s, const struct entry *e)
{
	struct netinfo_mark m;

	if (netinfo_mark_get(&e->props, &m) && netinfo_is_copy(s, e->domain))
		return m.id;
	return (struct netinfo_id){e->id - e->domain, e->instance};
}

uint32_t netinfo_parent_of(const struct site *s, const struct entry *e)
{
	const struct entry *parent =
		e->parent ? directory_entry(s->directory, e->parent) : NULL;

	return parent ? netinfo_id_of(s, parent).object : 0;
}

const struct entry *netinfo_entry(const struct site *s, uint32_t domain,
				  uint32_t object)
{
	const struct entry *e;

	if (object && netinfo_is_copy(s, domain))
		return entry_marked(s->directory, domain, object);
	if (object > UINT32_MAX - domain)
		return NULL;
	e = directory_entry(s->directory, domain + object);
	return e && e->domain == domain ? e : NULL;
}

uint32_t netinfo_checksum(const struct site *s, uint32_t domain)
{
	struct netinfo_mark m;

	return copied(s, domain, &m) ? m.checksum
				     : domain_checksum(s->directory, domain);
}

/* ---- walking --------------------------------------------------------------
 */

/* Without recursion, since how deep a tree is, others decide. */
const struct entry *netinfo_next_beside(const struct directory *d,
					const struct entry *e)
{
	const struct entry *next = NULL;

	while (!next && e && e->parent) {
		next = entry_next(d, e);
		if (!next)
			e = directory_entry(d, e->parent);
	}
	return next;
}

const struct entry *netinfo_next_down(const struct directory *d,
				      const struct entry *e)
{
	const struct entry *next = entry_first(d, e);

	return next ? next : netinfo_next_beside(d, e);
}
