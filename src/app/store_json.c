/*
 * How a store stands.  What it says of its masters and members is asked of
 * others, so nobody should wait for it who has packets to answer.
 */
#include "app/store_json.h"

#include "app/admin_inside.h"
#include "app/open_store.h"

static json_t *count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

struct naming {
	json_t *list;
	const char *own;
};

static int name_master(void *arg, const struct store_master *m, usec left)
{
	struct naming *n = arg;

	json_array_append_new(
		n->list,
		json_pack("{s:o, s:o, s:b, s:o}", "id", count(m->domain),
			  "server", safe_string(m->holder), "is_ours",
			  !strcmp(m->holder, n->own), "left",
			  left < 0 ? json_null()
				   : count((uint64_t)(left / SECOND))));
	return 0;
}

json_t *store_members_json(const struct store_member *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *m = json_pack("{s:o, s:b}", "address",
				      safe_string(v[i].address), "answers",
				      !v[i].rc);

		if (v[i].rc)
			json_object_set_new(m, "why",
					    json_string(store_words(v[i].rc)));
		else
			json_object_update_new(
				m, json_pack("{s:b, s:b, s:b, s:o, s:o}",
					     "has_majority", v[i].has_leader,
					     "leads", v[i].is_leader, "full",
					     v[i].is_full, "bytes",
					     count(v[i].size), "version",
					     safe_string(v[i].version)));
		json_array_append_new(list, m);
	}
	return list;
}

static void add_shared(json_t *to, struct store *s,
		       const struct store_status *is)
{
	const struct store_shared *ops = s->ops->shared;
	struct naming n = {.list = json_array(), .own = is->name};
	struct store_member members[STORE_MEMBERS];

	json_object_update_new(
		to,
		json_pack("{s:o, s:o, s:o, s:o, s:b}", "name",
			  safe_string(is->name), "behind",
			  count(is->latest > is->revision
					? is->latest - is->revision
					: 0),
			  "behind-for", count((uint64_t)(is->behind / SECOND)),
			  "members", count(is->members), "away", is->is_away));
	if (is->is_away)
		json_object_set_new(to, "why",
				    json_string(store_words(is->why)));
	if (ops->masters)
		(void)ops->masters(s, name_master, &n);
	json_object_set_new(to, "masters", n.list);
	if (ops->members)
		json_object_set_new(
			to, "endpoints",
			store_members_json(members, ops->members(s, members)));
}

json_t *store_json(struct store *s)
{
	struct store_status is;
	json_t *to;

	s->ops->status(s, &is);
	to = json_pack("{s:s, s:o, s:o, s:o, s:b}", "kind", is.kind, "revision",
		       count(is.revision), "lines", count(is.lines), "since",
		       count(is.compacted), "broken", is.is_broken);
	if (s->ops->shared)
		add_shared(to, s, &is);
	return to;
}

void store_json_paths(json_t *to, const struct directory *d)
{
	json_t *masters = json_object_get(to, "masters");

	for (size_t i = 0; i < json_array_size(masters); i++) {
		json_t *m = json_array_get(masters, i);
		uint32_t id =
			(uint32_t)json_integer_value(json_object_get(m, "id"));

		json_object_set_new(m, "domain",
				    directory_entry(d, id) ? domain_json(d, id)
							   : json_null());
	}
}
