/*
 * Any bytes as arguments and as results of any procedure of netinfod and
 * nibindd.  The first byte says of which, the second of which procedure.  What
 * was understood is the same when written again, but for what the padding
 * held; its lists can be walked to the end.  max_len: 9000
 */
#include "wire/netinfo.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

enum { ROOM = 16384 };
static uint8_t back[ROOM], again[ROOM];

static void walk_names(struct netinfo_list l)
{
	struct span name;
	uint32_t n = 0;

	for (uint32_t was = l.n; netinfo_name_next(&l, &name); n++)
		assert(name.s && name.len <= NETINFO_NAME && n < was);
	assert(!l.n && !l.r.bad);
}

static void walk_props(struct netinfo_list l)
{
	struct netinfo_property p;

	while (netinfo_property_next(&l, &p))
		walk_names(p.values);
	assert(!l.n && !l.r.bad);
}

static void walk_objects(struct netinfo_list l)
{
	struct netinfo_object o;
	uint32_t child;

	while (netinfo_object_next(&l, &o)) {
		walk_props(o.props);
		while (netinfo_object_id_next(&o.children, &child))
			;
		assert(!o.children.r.bad);
	}
	assert(!l.r.bad && !rd_left(&l.r));
}

static void walk(const struct netinfo *m, unsigned which, uint32_t procedure)
{
	struct netinfo_list l = m->list, props;
	struct nibind_server s;
	struct netinfo_entry e;
	uint32_t id;

	walk_names(m->names);
	walk_props(m->props);
	/* Arguments have no others. */
	if (m->status || !(which & 1))
		return;
	if (which > 1)
		while (nibind_server_next(&l, &s))
			;
	else if (procedure == NETINFO_READALL)
		walk_objects(l);
	else if (procedure == NETINFO_LIST)
		while (netinfo_entry_next(&l, &e))
			walk_names(e.values);
	else if (procedure == NETINFO_LISTALL)
		while (netinfo_props_next(&l, &props))
			walk_props(props);
	else
		while (netinfo_object_id_next(&l, &id))
			;
	assert(!l.n && !l.r.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static bool (*const reads[])(struct netinfo *, uint32_t,
				     struct rd *) = {
		netinfo_args_get, netinfo_results_get, nibind_args_get,
		nibind_results_get};
	static void (*const writes[])(const struct netinfo *, uint32_t,
				      struct wr *) = {
		netinfo_args_put, netinfo_results_put, nibind_args_put,
		nibind_results_put};
	struct rd r = rd_over(b, len), second;
	unsigned which = rd_u8(&r) & 3;
	uint32_t procedure = rd_u8(&r) & 31;
	struct wr w = wr_over(back, ROOM), once_more = wr_over(again, ROOM);
	struct netinfo m;

	if (r.bad || !reads[which](&m, procedure, &r))
		return 0;
	walk(&m, which, procedure);
	writes[which](&m, procedure, &w);
	assert(!w.bad && wr_len(&w) == len - 2);
	second = rd_over(back, wr_len(&w));
	assert(reads[which](&m, procedure, &second));
	writes[which](&m, procedure, &once_more);
	assert(wr_len(&once_more) == wr_len(&w) &&
	       !memcmp(back, again, wr_len(&w)));
	return 0;
}
