/*
 * Answers.  What only root may know is left out for others: passwords, and
 * properties whose names begin with an underscore, as NetInfo had it.
 */
#include "engine/lookupd_impl.h"

#include "base/text.h"

enum { AGENT_BITS = 8, LEVEL_BITS = 16 };

uint64_t lookupd_position_put(const struct lookupd_position *p)
{
	return (uint64_t)p->agent << (64 - AGENT_BITS) |
	       (uint64_t)p->level << 32 | p->after;
}

struct lookupd_position lookupd_position_get(uint64_t n)
{
	return (struct lookupd_position){
		.agent = (uint8_t)(n >> (64 - AGENT_BITS)),
		.level = (uint16_t)(n >> 32),
		.after = (uint32_t)n};
}

static struct telling begin(const struct lookupd_query *q,
			    enum lookup_status status, const char *text,
			    struct effects *fx)
{
	struct telling t = {.w = effects_record(fx)};
	const struct lookup_answer a = {.op = q->op,
					.status = (uint8_t)status,
					.sequence = q->sequence,
					.text = text};

	if (wr_room(&t.w) > LOOKUP_RECORD)
		t.w.end = t.w.start + LOOKUP_RECORD;
	lookup_answer_put(&a, &t.w);
	return t;
}

struct telling tell_begin(const struct lookupd_query *q, struct effects *fx)
{
	return begin(q, LOOKUP_FOUND, "", fx);
}

static bool is_secret(const struct lookupd_query *q, const char *name)
{
	return name[0] == '_' ||
	       ((q->category == LOOKUP_USERS || q->category == LOOKUP_GROUPS) &&
		!strcmp(name, "passwd"));
}

/* Its properties, but for those that are secret; their length stands before
 * them. */
static void put_public(struct wr *w, const struct lookupd_query *q,
		       const struct lookup_item *i)
{
	struct rd r = rd_over(i->props, i->len);
	uint8_t *len = wr_take(w, 4);
	size_t from = wr_len(w);
	const uint8_t *at = r.p;
	struct property p;
	struct wr end;

	for (; plist_next(&r, &p); at = r.p)
		if (!is_secret(q, p.name))
			wr_bytes(w, at, (size_t)(r.p - at));
	if (w->bad)
		return;
	end = wr_over(len, 4);
	wr_u32(&end, (uint32_t)(wr_len(w) - from));
}

bool tell_item(struct telling *t, const struct lookupd_query *q,
	       const struct lookup_item *i)
{
	struct wr before = t->w;

	if (q->is_privileged) {
		(void)lookup_item_put(i, &t->w);
	} else {
		wr_cstr(&t->w, i->agent);
		wr_cstr(&t->w, i->domain);
		wr_cstr(&t->w, i->server);
		put_public(&t->w, q, i);
	}
	if (t->w.bad || t->w.p == before.p || t->n == UINT16_MAX) {
		t->w = before;
		return false;
	}
	t->n++;
	return true;
}

void tell_end(struct lookupd *l, struct telling *t, struct lookupd_query *q,
	      uint64_t position, struct effects *fx)
{
	lookup_answer_end(&t->w, t->n, position);
	effects_send_record(fx, &t->w, q->conn);
	l->stats.found++;
	q->conn = 0;
}

void tell_nothing(struct lookupd *l, struct lookupd_query *q,
		  enum lookup_status status, const char *text,
		  struct effects *fx)
{
	struct telling t = begin(q, status, text, fx);

	effects_send_record(fx, &t.w, q->conn);
	l->stats.not_found += status == LOOKUP_NOT_FOUND;
	l->stats.unavailable += status == LOOKUP_UNAVAILABLE;
	l->stats.wrong += status == LOOKUP_WRONG;
	l->stats.busy += status == LOOKUP_BUSY;
	q->conn = 0;
}

/* ---- about itself -------------------------------------------------------- */

enum { ABOUT = 4096 };

static void add_number(struct plist_out *o, uint64_t n)
{
	char room[24];
	struct text t = text_over(room, sizeof room);

	text_u64(&t, n);
	plist_add_value(o, room);
}

static void add_property(struct plist_out *o, const char *name, uint64_t n)
{
	plist_add(o, name);
	add_number(o, n);
}

static void tell_about(struct lookupd *l, struct lookupd_query *q,
		       const struct plist_out *o, struct effects *fx)
{
	struct telling t = tell_begin(q, fx);
	struct lookup_item item = {
		.agent = "lookupd",
		.domain = "",
		.server = l->config.directory.server
				  ? l->config.directory.server
				  : ""};
	struct plist p = {NULL, 0};

	(void)plist_end(o, &p);
	item.props = p.bytes;
	item.len = p.len;
	(void)tell_item(&t, q, &item);
	tell_end(l, &t, q, 0, fx);
}

static void add_order(struct plist_out *o, const struct lookup_order *order,
		      enum lookup_category c)
{
	plist_add(o, lookup_category_name(c));
	for (unsigned i = 0; i < order->n[c]; i++)
		plist_add_value(
			o, lookup_agent_name(
				   (enum lookup_agent)order->agents[c][i]));
}

void tell_configuration(struct lookupd *l, struct lookupd_query *q,
			struct effects *fx)
{
	const struct lookup_order *order = l->config.order;
	uint8_t room[ABOUT];
	struct plist_out o = plist_begin(room, sizeof room);

	for (unsigned c = 0; c < LOOKUP_CATEGORIES; c++)
		add_order(&o, order, (enum lookup_category)c);
	add_property(&o, "positive", (uint64_t)(order->positive / SECOND));
	add_property(&o, "negative", (uint64_t)(order->negative / SECOND));
	add_property(&o, "validate", (uint64_t)(order->check / SECOND));
	add_property(&o, "wait", (uint64_t)(order->wait / SECOND));
	add_property(&o, "skip", (uint64_t)(order->skip / SECOND));
	add_property(&o, "cache_size", LOOKUPD_CACHE);
	tell_about(l, q, &o, fx);
}

/* asked, found, failed, late */
static void add_agent(struct plist_out *o, const struct lookupd *l,
		      enum lookup_agent a)
{
	const struct lookupd_agent_stats *s = &l->stats.agents[a];

	plist_add(o, lookup_agent_name(a));
	add_number(o, s->asked);
	add_number(o, s->found);
	add_number(o, s->failed);
	add_number(o, s->late);
}

void tell_statistics(struct lookupd *l, struct lookupd_query *q,
		     struct effects *fx)
{
	const struct lookupd_stats *s = &l->stats;
	uint8_t room[ABOUT];
	struct plist_out o = plist_begin(room, sizeof room);

	add_property(&o, "questions", s->questions);
	add_property(&o, "found", s->found);
	add_property(&o, "not_found", s->not_found);
	add_property(&o, "unavailable", s->unavailable);
	add_property(&o, "wrong", s->wrong);
	add_property(&o, "busy", s->busy);
	add_property(&o, "bad", s->bad);
	add_property(&o, "cache_entries", l->by_key.n);
	add_property(&o, "cache_hits", s->cached);
	add_property(&o, "cache_negative_hits", s->cached_negative);
	add_property(&o, "cache_stale", s->stale);
	add_property(&o, "cache_evicted", s->evicted);
	add_property(&o, "cache_too_long", s->too_long);
	add_property(&o, "cache_flushes", s->flushes);
	for (unsigned a = 0; a < LOOKUP_AGENTS; a++)
		add_agent(&o, l, (enum lookup_agent)a);
	plist_add(&o, "silent");
	for (unsigned a = 0; a < LOOKUP_AGENTS; a++)
		if (l->agents.is_silent[a])
			plist_add_value(
				&o, lookup_agent_name((enum lookup_agent)a));
	tell_about(l, q, &o, fx);
}
