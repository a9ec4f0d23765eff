/*
 * A property list with one thing changed, as a procedure says it.
 */
#include "engine/netinfod_impl.h"

/* A list that is being written, and where names from the wire get the NUL that
 * ours have. */
struct out {
	struct plist_out o;
	char *word; /* NETINFO_NAME + 1 bytes */
};

static void add_name(struct out *o, struct span name)
{
	if (span_copy(o->word, NETINFO_NAME + 1, name))
		plist_add(&o->o, o->word);
	else
		o->o.w.bad = true;
}

static void add_value(struct out *o, struct span value)
{
	if (span_copy(o->word, NETINFO_NAME + 1, value))
		plist_add_value(&o->o, o->word);
	else
		o->o.w.bad = true;
}

static void add_names(struct out *o, struct netinfo_list values)
{
	struct span v;

	while (netinfo_name_next(&values, &v))
		add_value(o, v);
}

static void add_all(struct out *o, struct netinfo_list props)
{
	struct netinfo_property p;

	while (netinfo_property_next(&props, &p)) {
		add_name(o, p.name);
		add_names(o, p.values);
	}
}

/* The values of a property, one of them changed; false: it has no such one. */
static bool add_values(struct out *o, const struct property *p,
		       uint32_t procedure, const struct netinfo *m)
{
	struct rd values = p->values;
	bool is_done = procedure == NETINFO_RENAMEPROP;
	uint32_t at = procedure == NETINFO_CREATENAME ? m->position : m->at;
	const char *v;
	size_t len;

	for (uint32_t i = 0; rd_left(&values); i++) {
		bool is_it = i == at && !is_done;

		v = rd_cstr(&values, &len);
		if (!v)
			break;
		is_done |= is_it;
		if (is_it && procedure != NETINFO_DESTROYNAME)
			add_value(o, m->value);
		if (!is_it || procedure == NETINFO_CREATENAME)
			plist_add_value(&o->o, v);
	}
	if (is_done || procedure != NETINFO_CREATENAME)
		return is_done;
	add_value(o, m->value); /* at the end */
	return true;
}

/* The property that is meant. */
static uint32_t change_one(struct out *o, const struct property *p,
			   uint32_t procedure, const struct netinfo *m)
{
	if (procedure == NETINFO_DESTROYPROP)
		return NETINFO_OK;
	if (procedure == NETINFO_RENAMEPROP)
		add_name(o, m->key);
	else
		plist_add(&o->o, p->name);
	if (procedure == NETINFO_WRITEPROP)
		add_names(o, m->names);
	else if (!add_values(o, p, procedure, m))
		return NETINFO_NONAME;
	return NETINFO_OK;
}

static void copy_one(struct out *o, const struct property *p)
{
	struct rd values = p->values;
	const char *v;
	size_t len;

	plist_add(&o->o, p->name);
	while (rd_left(&values) && (v = rd_cstr(&values, &len)))
		plist_add_value(&o->o, v);
}

static void insert(struct out *o, const struct netinfo *m)
{
	add_name(o, m->key);
	add_names(o, m->names);
}

static uint32_t edit(struct out *o, const struct plist *from,
		     uint32_t procedure, const struct netinfo *m)
{
	bool inserts = procedure == NETINFO_CREATEPROP, is_done = false;
	struct rd r = rd_over(from->bytes, from->len);
	uint32_t status = NETINFO_OK;
	struct property p;

	for (uint32_t i = 0; !status && plist_next(&r, &p); i++) {
		if (inserts && i == m->position) {
			insert(o, m);
			is_done = true;
		}
		if (inserts || i != m->index) {
			copy_one(o, &p);
			continue;
		}
		status = change_one(o, &p, procedure, m);
		is_done = true;
	}
	if (inserts && !is_done)
		insert(o, m);
	return status || is_done || inserts ? status : NETINFO_NOPROP;
}

uint32_t netinfod_edited(struct netinfod *n, const struct plist *from,
			 uint32_t procedure, const struct netinfo *m,
			 struct plist *to)
{
	struct out o = {plist_begin(n->plist, NETINFOD_PLIST), n->word};
	uint32_t status = NETINFO_OK;

	if (procedure == NETINFO_CREATE || procedure == NETINFO_WRITE)
		add_all(&o, m->props);
	else
		status = edit(&o, from, procedure, m);
	if (status)
		return status;
	return plist_end(&o.o, to) ? NETINFO_OK : NETINFO_NOSPACE;
}
