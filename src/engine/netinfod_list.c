/*
 * Procedures that look for directories.  The count of those that are found
 * stands before them and is written when they are: its place is kept.
 */
#include "engine/netinfod_impl.h"

#include "base/text.h"
#include "model/path.h"

enum { WORD = 512 };

/* Four bytes to be filled in later. */
static struct wr place(struct wr *w)
{
	struct wr at = *w;

	wr_u32(w, 0);
	return at;
}

/* The first child with the property's value, or the next one. */
struct search {
	const struct netinfod *n;
	const struct entry *next;
	struct span key, value;
	unsigned left; /* directories that are still looked at */
};

static bool has_value(const struct entry *e, struct span key, struct span value)
{
	struct plist props = netinfo_unmarked(&e->props);
	struct rd r = rd_over(props.bytes, props.len);
	struct property p;
	const char *v;
	size_t len;

	while (plist_next(&r, &p)) {
		if (!span_is(key, p.name))
			continue;
		while (rd_left(&p.values) && (v = rd_cstr(&p.values, &len)))
			if (span_is(value, v))
				return true;
	}
	return false;
}

/* Where each of these keys is one machine's: they have an index. */
static bool is_indexed(const struct entry *parent, struct span key)
{
	return parent->parent == parent->domain &&
	       !strcmp(machine_name(parent), "machines") &&
	       (span_is(key, "name") || span_is(key, "en_address") ||
		span_is(key, "ip_address"));
}

static const struct entry *indexed(const struct netinfod *n,
				   const struct entry *parent,
				   const struct netinfo *args)
{
	char key[WORD], value[WORD];

	if (!span_copy(key, WORD, args->key) ||
	    !span_copy(value, WORD, args->value) || !*value)
		return NULL;
	return entry_match(n->site->directory, parent, key, value);
}

static struct search search_of(const struct netinfod *n,
			       const struct entry *parent,
			       const struct netinfo *args)
{
	struct search s = {.n = n,
			   .key = args->key,
			   .value = args->value,
			   .left = NETINFO_WALK};

	s.next = entry_first(n->site->directory, parent);
	return s;
}

static const struct entry *search_next(struct search *s)
{
	while (s->next && s->left) {
		const struct entry *e = s->next;

		s->next = entry_next(s->n->site->directory, e);
		s->left--;
		if (has_value(e, s->key, s->value))
			return e;
	}
	return NULL;
}

static void object_put(const struct netinfod *n, const struct entry *e,
		       struct wr *w)
{
	wr_u32(w, netinfo_id_of(n->site, e).object);
}

static uint32_t lookup_all(struct netinfod *n, struct asking *a,
			   const struct entry *parent, struct wr *w)
{
	struct search s = search_of(n, parent, &a->args);
	const struct entry *e;
	uint32_t found = 0;

	while ((e = search_next(&s)) && !w->bad) {
		object_put(n, e, w);
		found++;
	}
	if (!s.left && s.next)
		w->bad = true;
	return found;
}

uint32_t netinfod_lookup(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *parent = netinfod_entry(n, a), *e;
	struct wr count = place(w);
	uint32_t found = 0;

	if (!parent)
		return NETINFO_BADID;
	if (is_indexed(parent, a->args.key)) {
		e = indexed(n, parent, &a->args);
		if (e)
			object_put(n, e, w);
		found = e != NULL;
	} else {
		found = lookup_all(n, a, parent, w);
	}
	if (!found)
		return w->bad ? NETINFO_SYSTEMERR : NETINFO_NODIR;
	wr_u32(&count, found);
	netinfo_id_put(netinfo_id_of(n->site, parent), w);
	return NETINFO_OK;
}

uint32_t netinfod_lookupread(struct netinfod *n, struct asking *a, struct wr *w)
{
	const struct entry *parent = netinfod_entry(n, a), *e;
	struct search s;

	if (!parent)
		return NETINFO_BADID;
	s = search_of(n, parent, &a->args);
	e = is_indexed(parent, a->args.key) ? indexed(n, parent, &a->args)
					    : search_next(&s);
	if (!e)
		return s.left ? NETINFO_NODIR : NETINFO_SYSTEMERR;
	netinfo_id_put(netinfo_id_of(n->site, e), w);
	netinfod_props_put(e, w);
	return NETINFO_OK;
}
