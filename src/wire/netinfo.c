/*
 * NetInfo's arguments and results.  A format is a text, a letter a field; the
 * tables of formats are the protocol.  Nothing in it nests deeper than a list
 * in a list in a list, so nothing here recurses.
 */
#include "wire/netinfo.h"

#include "wire/xdr.h"

enum { UNIT = 4 /* no item of any list is shorter */ };

/* s status; i j ids; o parent; p property list; k v names; t tag; n names;
 * w position; x y indexes; W an id or none; a address; u q ports; c checksum;
 * h highest; I ids; E entries; L property lists; O objects; R servers. */
static const char *const netinfo_args[NETINFO_PROCEDURES] = {
	[NETINFO_PING] = "",           [NETINFO_STATISTICS] = "",
	[NETINFO_ROOT] = "",           [NETINFO_SELF] = "i",
	[NETINFO_PARENT] = "i",        [NETINFO_CREATE] = "ipwW",
	[NETINFO_DESTROY] = "ij",      [NETINFO_READ] = "i",
	[NETINFO_WRITE] = "ip",        [NETINFO_CHILDREN] = "i",
	[NETINFO_LOOKUP] = "ikv",      [NETINFO_LIST] = "ik",
	[NETINFO_CREATEPROP] = "iknw", [NETINFO_DESTROYPROP] = "ix",
	[NETINFO_READPROP] = "ix",     [NETINFO_WRITEPROP] = "ixn",
	[NETINFO_RENAMEPROP] = "ixk",  [NETINFO_LISTPROPS] = "i",
	[NETINFO_CREATENAME] = "ixvw", [NETINFO_DESTROYNAME] = "ixy",
	[NETINFO_READNAME] = "ixy",    [NETINFO_WRITENAME] = "ixyv",
	[NETINFO_RPARENT] = "",        [NETINFO_LISTALL] = "i",
	[NETINFO_BIND] = "ta",         [NETINFO_READALL] = "c",
	[NETINFO_CRASHED] = "c",       [NETINFO_RESYNC] = "",
	[NETINFO_LOOKUPREAD] = "ikv",
};

static const char *const netinfo_results[NETINFO_PROCEDURES] = {
	[NETINFO_PING] = "",          [NETINFO_STATISTICS] = "p",
	[NETINFO_ROOT] = "si",        [NETINFO_SELF] = "si",
	[NETINFO_PARENT] = "soi",     [NETINFO_CREATE] = "sij",
	[NETINFO_DESTROY] = "si",     [NETINFO_READ] = "sip",
	[NETINFO_WRITE] = "si",       [NETINFO_CHILDREN] = "sIi",
	[NETINFO_LOOKUP] = "sIi",     [NETINFO_LIST] = "sEi",
	[NETINFO_CREATEPROP] = "si",  [NETINFO_DESTROYPROP] = "si",
	[NETINFO_READPROP] = "sni",   [NETINFO_WRITEPROP] = "si",
	[NETINFO_RENAMEPROP] = "si",  [NETINFO_LISTPROPS] = "sni",
	[NETINFO_CREATENAME] = "si",  [NETINFO_DESTROYNAME] = "si",
	[NETINFO_READNAME] = "siv",   [NETINFO_WRITENAME] = "si",
	[NETINFO_RPARENT] = "sta",    [NETINFO_LISTALL] = "siL",
	[NETINFO_BIND] = "",          [NETINFO_READALL] = "schO",
	[NETINFO_CRASHED] = "",       [NETINFO_RESYNC] = "s",
	[NETINFO_LOOKUPREAD] = "sip",
};

static const char *const nibind_args[NIBIND_PROCEDURES] = {
	[NIBIND_PING] = "",
	[NIBIND_REGISTER] = "tuq",
	[NIBIND_UNREGISTER] = "t",
	[NIBIND_GETREGISTER] = "t",
	[NIBIND_LISTREG] = "",
	[NIBIND_CREATEMASTER] = "t",
	[NIBIND_CREATECLONE] = "tkav",
	[NIBIND_DESTROYDOMAIN] = "t",
	[NIBIND_BIND] = "atv",
};

static const char *const nibind_results[NIBIND_PROCEDURES] = {
	[NIBIND_PING] = "",         [NIBIND_REGISTER] = "s",
	[NIBIND_UNREGISTER] = "s",  [NIBIND_GETREGISTER] = "suq",
	[NIBIND_LISTREG] = "sR",    [NIBIND_CREATEMASTER] = "s",
	[NIBIND_CREATECLONE] = "s", [NIBIND_DESTROYDOMAIN] = "s",
	[NIBIND_BIND] = "",
};

/* ---- items ----------------------------------------------------------------
 */

static struct netinfo_id id_get(struct rd *r)
{
	struct netinfo_id id = {.object = rd_u32(r)};

	id.instance = rd_u32(r);
	return id;
}

static struct span name_get(struct rd *r)
{
	struct span w;

	w.s = (const char *)xdr_opaque(r, NETINFO_NAME, &w.len);
	/* In a property list it would end there. */
	if (!w.s || memchr(w.s, 0, w.len)) {
		r->bad = true;
		return (struct span){"", 0};
	}
	return w;
}

/* The list whose items one function passes over; they are as many as it says,
 * or the cursor is bad. */
static struct netinfo_list list_get(struct rd *r, void (*pass)(struct rd *))
{
	struct netinfo_list l = {.n = rd_u32(r)};
	struct rd from = *r;

	if (l.n > rd_left(r) / UNIT)
		r->bad = true;
	for (uint32_t i = 0; i < l.n && !r->bad; i++)
		pass(r);
	if (r->bad)
		return (struct netinfo_list){.r = rd_over(NULL, 0)};
	l.r = rd_sub(&from, rd_left(&from) - rd_left(r));
	return l;
}

static void pass_number(struct rd *r)
{
	(void)rd_u32(r);
}

static void pass_name(struct rd *r)
{
	(void)name_get(r);
}

static struct netinfo_list names_get(struct rd *r)
{
	return list_get(r, pass_name);
}

static struct netinfo_property property_get(struct rd *r)
{
	struct netinfo_property p = {.name = name_get(r)};

	p.values = names_get(r);
	return p;
}

static void pass_property(struct rd *r)
{
	(void)property_get(r);
}

static struct netinfo_list props_get(struct rd *r)
{
	return list_get(r, pass_property);
}

static void pass_props(struct rd *r)
{
	(void)props_get(r);
}

static struct netinfo_entry entry_get(struct rd *r)
{
	struct netinfo_entry e = {.object = rd_u32(r)};

	e.has_values = xdr_bool(r);
	if (e.has_values)
		e.values = names_get(r);
	return e;
}

static void pass_entry(struct rd *r)
{
	(void)entry_get(r);
}

static struct nibind_server server_get(struct rd *r)
{
	struct nibind_server s = {.tag = name_get(r)};

	s.udp = rd_u32(r);
	s.tcp = rd_u32(r);
	return s;
}

static void pass_server(struct rd *r)
{
	(void)server_get(r);
}

static struct netinfo_object object_get(struct rd *r)
{
	struct netinfo_object o = {.id = id_get(r)};

	o.props = props_get(r);
	o.parent = rd_u32(r);
	o.children = list_get(r, pass_number);
	return o;
}

static struct netinfo_list objects_get(struct rd *r)
{
	struct netinfo_list l = {.n = 0};
	struct rd from = *r;

	while (xdr_bool(r) && !r->bad)
		(void)object_get(r);
	l.r = rd_sub(&from, r->bad ? 0 : rd_left(&from) - rd_left(r));
	return l;
}

/* ---- walking --------------------------------------------------------------
 */

static bool take(struct netinfo_list *l)
{
	if (!l->n || l->r.bad)
		return false;
	l->n--;
	return true;
}

bool netinfo_name_next(struct netinfo_list *l, struct span *name)
{
	if (!take(l))
		return false;
	*name = name_get(&l->r);
	return !l->r.bad;
}

bool netinfo_property_next(struct netinfo_list *l, struct netinfo_property *p)
{
	if (!take(l))
		return false;
	*p = property_get(&l->r);
	return !l->r.bad;
}

bool netinfo_object_id_next(struct netinfo_list *l, uint32_t *object)
{
	if (!take(l))
		return false;
	*object = rd_u32(&l->r);
	return !l->r.bad;
}

bool netinfo_entry_next(struct netinfo_list *l, struct netinfo_entry *e)
{
	if (!take(l))
		return false;
	*e = entry_get(&l->r);
	return !l->r.bad;
}

bool netinfo_props_next(struct netinfo_list *l, struct netinfo_list *props)
{
	if (!take(l))
		return false;
	*props = props_get(&l->r);
	return !l->r.bad;
}

bool netinfo_object_next(struct netinfo_list *l, struct netinfo_object *o)
{
	if (!xdr_bool(&l->r) || l->r.bad)
		return false;
	*o = object_get(&l->r);
	return !l->r.bad;
}

bool nibind_server_next(struct netinfo_list *l, struct nibind_server *s)
{
	if (!take(l))
		return false;
	*s = server_get(&l->r);
	return !l->r.bad;
}

/* ---- reading --------------------------------------------------------------
 */

static void wanted_get(struct netinfo *m, struct rd *r)
{
	m->has_wanted = xdr_bool(r);
	if (m->has_wanted)
		m->wanted = id_get(r);
}

static uint32_t *number_of(struct netinfo *m, char field)
{
	switch (field) {
	case 's':
		return &m->status;
	case 'o':
		return &m->parent;
	case 'w':
		return &m->position;
	case 'x':
		return &m->index;
	case 'y':
		return &m->at;
	case 'a':
		return &m->address;
	case 'u':
		return &m->udp;
	case 'q':
		return &m->tcp;
	case 'c':
		return &m->checksum;
	case 'h':
		return &m->highest;
	}
	return NULL;
}

static struct span *name_of(struct netinfo *m, char field)
{
	if (field == 'k')
		return &m->key;
	if (field == 't')
		return &m->tag;
	return field == 'v' ? &m->value : NULL;
}

static void list_field_get(struct netinfo *m, char field, struct rd *r)
{
	switch (field) {
	case 'p':
		m->props = props_get(r);
		break;
	case 'n':
		m->names = names_get(r);
		break;
	case 'I':
		m->list = list_get(r, pass_number);
		break;
	case 'E':
		m->list = list_get(r, pass_entry);
		break;
	case 'L':
		m->list = list_get(r, pass_props);
		break;
	case 'R':
		m->list = list_get(r, pass_server);
		break;
	case 'O':
		m->list = objects_get(r);
		break;
	}
}

static void field_get(struct netinfo *m, char field, struct rd *r)
{
	uint32_t *number = number_of(m, field);
	struct span *name = name_of(m, field);

	if (number)
		*number = rd_u32(r);
	else if (name)
		*name = name_get(r);
	else if (field == 'i')
		m->id = id_get(r);
	else if (field == 'j')
		m->other = id_get(r);
	else if (field == 'W')
		wanted_get(m, r);
	else
		list_field_get(m, field, r);
}

static bool get(struct netinfo *m, const char *format, struct rd *r)
{
	*m = (struct netinfo){0};
	if (!format)
		return false;
	for (; *format && !m->status; format++)
		field_get(m, *format, r);
	return !r->bad && !rd_left(r);
}

static const char *format_of(const char *const *table, size_t n,
			     uint32_t procedure)
{
	return procedure < n ? table[procedure] : NULL;
}

bool netinfo_args_get(struct netinfo *m, uint32_t procedure, struct rd *r)
{
	return get(m, format_of(netinfo_args, NETINFO_PROCEDURES, procedure),
		   r);
}

bool netinfo_results_get(struct netinfo *m, uint32_t procedure, struct rd *r)
{
	return get(m, format_of(netinfo_results, NETINFO_PROCEDURES, procedure),
		   r);
}

bool nibind_args_get(struct netinfo *m, uint32_t procedure, struct rd *r)
{
	return get(m, format_of(nibind_args, NIBIND_PROCEDURES, procedure), r);
}

bool nibind_results_get(struct netinfo *m, uint32_t procedure, struct rd *r)
{
	return get(m, format_of(nibind_results, NIBIND_PROCEDURES, procedure),
		   r);
}

/* ---- writing --------------------------------------------------------------
 */

void netinfo_id_put(struct netinfo_id id, struct wr *w)
{
	wr_u32(w, id.object);
	wr_u32(w, id.instance);
}

void netinfo_name_put(struct span name, struct wr *w)
{
	if (name.len > NETINFO_NAME)
		w->bad = true;
	xdr_opaque_put(name.s, name.len, w);
}

void netinfo_more_put(bool more, struct wr *w)
{
	wr_u32(w, more);
}

static void items_put(const struct netinfo_list *l, struct wr *w)
{
	wr_bytes(w, l->r.p, rd_left(&l->r));
}

static void list_put(const struct netinfo_list *l, struct wr *w)
{
	wr_u32(w, l->n);
	items_put(l, w);
}

static void list_field_put(const struct netinfo *m, char field, struct wr *w)
{
	switch (field) {
	case 'p':
		list_put(&m->props, w);
		break;
	case 'n':
		list_put(&m->names, w);
		break;
	case 'O':
		items_put(&m->list, w);
		if (!rd_left(&m->list.r))
			netinfo_more_put(false, w);
		break;
	default:
		list_put(&m->list, w);
	}
}

static void wanted_put(const struct netinfo *m, struct wr *w)
{
	netinfo_more_put(m->has_wanted, w);
	if (m->has_wanted)
		netinfo_id_put(m->wanted, w);
}

static void field_put(struct netinfo *m, char field, struct wr *w)
{
	const uint32_t *number = number_of(m, field);
	const struct span *name = name_of(m, field);

	if (number)
		wr_u32(w, *number);
	else if (name)
		netinfo_name_put(*name, w);
	else if (field == 'i')
		netinfo_id_put(m->id, w);
	else if (field == 'j')
		netinfo_id_put(m->other, w);
	else if (field == 'W')
		wanted_put(m, w);
	else
		list_field_put(m, field, w);
}

static void put(const struct netinfo *m, const char *format, struct wr *w)
{
	struct netinfo copy = *m;

	if (!format) {
		w->bad = true;
		return;
	}
	for (bool more = true; *format && more; format++) {
		field_put(&copy, *format, w);
		more = *format != 's' || !m->status;
	}
}

void netinfo_args_put(const struct netinfo *m, uint32_t procedure, struct wr *w)
{
	put(m, format_of(netinfo_args, NETINFO_PROCEDURES, procedure), w);
}

void netinfo_results_put(const struct netinfo *m, uint32_t procedure,
			 struct wr *w)
{
	put(m, format_of(netinfo_results, NETINFO_PROCEDURES, procedure), w);
}

void nibind_args_put(const struct netinfo *m, uint32_t procedure, struct wr *w)
{
	put(m, format_of(nibind_args, NIBIND_PROCEDURES, procedure), w);
}

void nibind_results_put(const struct netinfo *m, uint32_t procedure,
			struct wr *w)
{
	put(m, format_of(nibind_results, NIBIND_PROCEDURES, procedure), w);
}
