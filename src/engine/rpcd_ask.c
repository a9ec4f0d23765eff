/*
 * Questions that wait for other agents.  What was asked and what was learnt is
 * kept in a slot; each answer has it tried again.
 */
#include "engine/rpcd_impl.h"

#include "base/text.h"

#include <errno.h>

struct rpcd_slot {
	struct rpcd_query q;
	struct asking a; /* without what it pointed at */
	uint32_t link;
	uint32_t round; /* an older answer is for nobody here */
	bool is_open;
	enum lookup_agent asked; /* the order may be another by now */
	usec due;                /* it answers until then */
};

/* ---- whom to ask, and what ----------------------------------------------- */

static const struct what {
	enum lookup_category category;
	const char *key;
} whats[RPCD_FACTS] = {
	[RPCD_NAMES] = {LOOKUP_HOSTS, "ip_address"},
	[RPCD_ENTRY] = {LOOKUP_BOOTPARAMS, "name"},
	[RPCD_SERVER] = {LOOKUP_HOSTS, "name"},
};

static enum lookup_agent agent_of(const struct rpcd *r,
				  const struct rpcd_query *q)
{
	const struct lookup_order *o = &r->site->lookup;
	enum lookup_category c = whats[q->wants].category;

	if (q->agent >= o->n[c])
		return LOOKUP_AGENTS;
	return (enum lookup_agent)o->agents[c][q->agent];
}

/* The directory and files have been looked at here. */
static bool is_askable(enum lookup_agent a, enum rpcd_fact f)
{
	return a == LOOKUP_NIS || (a == LOOKUP_DNS && f != RPCD_ENTRY);
}

static bool text_of(const struct rpcd *r, struct rpcd_query *q)
{
	char room[RPCD_NAME];
	struct text t = text_over(room, sizeof(room));
	struct span name;

	if (q->wants == RPCD_NAMES)
		text_ip(&t, q->ip);
	else if (q->wants == RPCD_SERVER)
		text_add(&t, q->server);
	else if (rpcd_sought(r->site, q, &name))
		text_bytes(&t, name.s, name.len);
	return !t.full && lookup_normal(whats[q->wants].category,
					whats[q->wants].key, room, q->text);
}

/* The next agent that can be asked for what is missing, or nobody knows it. */
static bool next_agent(struct rpcd *r, usec now, struct rpcd_query *q)
{
	enum lookup_agent a;

	for (; (a = agent_of(r, q)) != LOOKUP_AGENTS; q->agent++) {
		if (!is_askable(a, q->wants))
			continue;
		if (r->agents.left_out[a] > now)
			q->silent |= (uint8_t)(1u << a);
		else if (text_of(r, q))
			return true;
	}
	q->is[q->wants] = NOBODY_KNOWS;
	q->agent = 0;
	return false;
}

/* RPCD_LATER: q->agent is to be asked now. */
static int go_on(struct rpcd *r, usec now, struct rpcd_query *q, struct wr *w,
		 struct effects *fx)
{
	int status;

	while ((status = rpcd_attempt(r, q, w, fx)) == RPCD_LATER)
		if (next_agent(r, now, q))
			break;
	return status;
}

static void ask(struct rpcd *r, usec now, struct rpcd_slot *s,
		struct effects *fx)
{
	enum lookup_agent a = agent_of(r, &s->q);
	uint64_t cookie = (uint64_t)++s->round << 32 | (uint64_t)a << 16 |
			  (uint64_t)(s - r->slots);
	struct question *asked =
		effects_ask(fx, a == LOOKUP_NIS ? ASK_NIS : ASK_DNS, s->q.text,
			    whats[s->q.wants].key, cookie);

	asked->about = (uint8_t)whats[s->q.wants].category;
	asked->domain = r->site->lookup.nis_domain;
	s->asked = a;
	s->due = now + r->site->lookup.wait;
	r->stats.asked++;
}

/* ---- slots --------------------------------------------------------------- */

static bool is_same(const struct rpcd_slot *s, const struct asking *a)
{
	return s->a.call.xid == a->call.xid && s->a.conn == a->conn &&
	       endpoint_is(s->a.from, a->from) &&
	       s->a.is_indirect == a->is_indirect;
}

/* NULL: the same question waits already, or too many do. */
static struct rpcd_slot *slot_for(struct rpcd *r, const struct asking *a)
{
	struct rpcd_slot *free = NULL;
	unsigned of_source = 0;

	for (unsigned i = 0; i < RPCD_WAITING; i++) {
		struct rpcd_slot *s = &r->slots[i];

		if (!s->is_open)
			free = s;
		else if (is_same(s, a)) {
			r->stats.repeated++;
			return NULL;
		}
		of_source += s->is_open && s->a.from.ip == a->from.ip;
	}
	if (of_source >= RPCD_PER_SOURCE && !a->is_local)
		free = NULL;
	r->stats.full += !free;
	return free;
}

int rpcd_pursue(struct rpcd *r, struct rpcd_query *q, struct wr *w,
		struct effects *fx)
{
	const struct asking *a = q->a;
	int status = go_on(r, a->now, q, w, fx);
	struct rpcd_slot *s;

	if (status != RPCD_LATER)
		return status;
	s = slot_for(r, a);
	if (!s)
		return RPCD_SILENCE;
	*s = (struct rpcd_slot){.q = *q,
				.a = *a,
				.link = a->link ? a->link->index : 0,
				.round = s->round,
				.is_open = true};
	s->a.link = NULL;
	s->a.call.args = NULL;
	s->q.a = &s->a;
	ask(r, a->now, s, fx);
	return RPCD_LATER;
}

/* The link may have gone meanwhile, and with it the way to who asked. */
static bool is_reachable(const struct rpcd *r, struct rpcd_slot *s)
{
	s->a.link = site_link(r->site, s->link);
	return s->a.link || !(s->a.is_frame || s->a.is_broadcast);
}

static void resume(struct rpcd *r, usec now, struct rpcd_slot *s,
		   struct effects *fx)
{
	uint8_t results[BOOTPARAM_RESULTS];
	struct wr w = wr_over(results, sizeof(results));
	int status;

	s->a.now = now;
	s->is_open = is_reachable(r, s);
	if (!s->is_open)
		return;
	status = go_on(r, now, &s->q, &w, fx);
	s->is_open = status == RPCD_LATER;
	if (s->is_open)
		ask(r, now, s, fx);
	else if (status == RPC_SUCCESS && !w.bad)
		rpcd_tell(r, &s->a, &w, fx);
}

/* ---- who is silent ------------------------------------------------------- */

static void silence(struct rpcd *r, usec now, enum lookup_agent a,
		    struct effects *fx)
{
	lookup_agent_failed(&r->agents, now, a, &r->site->lookup, fx);
}

static void fail(struct rpcd *r, usec now, struct rpcd_slot *s,
		 struct effects *fx)
{
	s->q.silent |= (uint8_t)(1u << s->asked);
	s->q.agent++;
	resume(r, now, s, fx);
}

/* ---- answers ------------------------------------------------------------- */

static bool learn_names(struct rpcd_query *q, const struct plist *from)
{
	struct property p;

	q->n_names = 0;
	if (!plist_find(from, "name", &p))
		return false;
	for (unsigned i = 0; i < p.n && q->n_names < RPCD_NAMES_MAX; i++) {
		const char *name = property_value(&p, i);

		q->n_names += name[0] &&
			      text_copy(q->names[q->n_names], RPCD_NAME, name,
					strlen(name));
	}
	return q->n_names;
}

static bool learn_entry(struct rpcd_query *q, const struct plist *from)
{
	const char *name = plist_value(from, "name");
	struct property p;
	struct span value;

	q->has_file = false;
	if (!name || !text_copy(q->entry, RPCD_NAME, name, strlen(name)) ||
	    !plist_find(from, "bootparams", &p))
		return false;
	for (unsigned i = 0; i < p.n && !q->has_file; i++)
		q->has_file = bootparam_value(span_of(property_value(&p, i)),
					      span_of(q->key), &value) &&
			      text_copy(q->file, RPCD_FILE, value.s, value.len);
	return true;
}

static bool learn_server(struct rpcd_query *q, const struct plist *from)
{
	const char *ip = plist_value(from, "ip_address");

	return ip && ip_parse(ip, strlen(ip), &q->server_ip) && q->server_ip;
}

static bool learn(struct rpcd_query *q, const struct outcome *o)
{
	static bool (*const learns[])(struct rpcd_query *,
				      const struct plist *) = {
		[RPCD_NAMES] = learn_names,
		[RPCD_ENTRY] = learn_entry,
		[RPCD_SERVER] = learn_server,
	};
	const struct what *what = &whats[q->wants];
	struct rd r = rd_over(o->answer, o->answer_len);
	struct lookup_result result;
	struct plist entry;

	if (o->rc || !lookup_result_get(&result, &r))
		return false;
	while (lookup_answer_next(&result.entries, what->category, what->key,
				  q->text, &entry))
		if (learns[q->wants](q, &entry))
			return true;
	return false;
}

void rpcd_on_answer(struct rpcd *r, usec now, const struct outcome *o,
		    struct effects *fx)
{
	struct rpcd_slot *s = &r->slots[(uint16_t)o->cookie];
	enum lookup_agent a = (enum lookup_agent)(o->cookie >> 16 & 0xffff);
	bool has_said = !o->rc || o->rc == -ENOENT || o->rc == -ENODEV;

	if (has_said)
		lookup_agent_heard(&r->agents, a, fx);
	if (!s->is_open || s->round != o->cookie >> 32) {
		r->stats.late++;
		return;
	}
	if (learn(&s->q, o)) {
		s->q.is[s->q.wants] = KNOWN;
		s->q.agent = 0;
		resume(r, now, s, fx);
		return;
	}
	if (!has_said) {
		/* It may be well, and only we ask too much. */
		if (o->rc != -EAGAIN)
			silence(r, now, a, fx);
		fail(r, now, s, fx);
		return;
	}
	s->q.agent++;
	resume(r, now, s, fx);
}

/* ---- time ---------------------------------------------------------------- */

void rpcd_expire(struct rpcd *r, usec now, struct effects *fx)
{
	for (unsigned i = 0; i < RPCD_WAITING; i++) {
		struct rpcd_slot *s = &r->slots[i];

		if (!s->is_open || s->due > now)
			continue;
		if (!effects_room(fx, 4, EFFECT_HEAD_MAX + PMAP_CALLIT_RESULTS))
			return; /* its deadline stays in the past */
		silence(r, now, s->asked, fx);
		fail(r, now, s, fx);
	}
}

usec rpcd_deadline(const struct rpcd *r)
{
	usec next = NEVER;

	for (unsigned i = 0; i < RPCD_WAITING; i++)
		if (r->slots[i].is_open)
			next = usec_min(next, r->slots[i].due);
	return next;
}

int rpcd_slots_open(struct rpcd *r, const struct alloc *alloc)
{
	r->slots = alloc_get(alloc, RPCD_WAITING, sizeof(*r->slots));
	return r->slots ? 0 : -ENOMEM;
}

void rpcd_slots_close(struct rpcd *r, const struct alloc *alloc)
{
	alloc_put(alloc, r->slots);
}
