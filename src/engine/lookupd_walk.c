/*
 * A question's way.  An agent that is not there at all is passed over; one that
 * fails or stays silent is left out for a while, so that only the first who
 * asks has to wait for it, and it is named by whoever got nothing.
 */
#include "engine/lookupd_impl.h"

#include "base/text.h"

#include <errno.h>

/* A cookie tells the slot, the agent, and whose question it was. */
static uint64_t cookie_of(const struct lookupd *l,
			  const struct lookupd_query *q, enum lookup_agent a)
{
	return (uint64_t)q->round << 32 | (uint64_t)a << 16 |
	       (uint64_t)(q - l->queries);
}

/* Whose turn it is. */
static enum lookup_agent agent_of(const struct lookupd *l,
				  const struct lookupd_query *q)
{
	const struct lookup_order *o = l->config.order;

	if (q->at.agent >= o->n[q->category])
		return LOOKUP_AGENTS;
	return (enum lookup_agent)o->agents[q->category][q->at.agent];
}

static void next_agent(struct lookupd_query *q)
{
	q->at = (struct lookupd_position){.agent = (uint8_t)(q->at.agent + 1)};
	q->due = NEVER;
}

/* ---- who is silent ------------------------------------------------------- */

static void silence(struct lookupd *l, usec now, enum lookup_agent a,
		    struct effects *fx)
{
	l->stats.agents[a].failed++;
	lookup_agent_failed(&l->agents, now, a, l->config.order, fx);
}

static void hear(struct lookupd *l, enum lookup_agent a, struct effects *fx)
{
	lookup_agent_heard(&l->agents, a, fx);
}

static const char *silent_text(const struct lookupd_query *q, char *room,
			       size_t len)
{
	struct text t = text_over(room, len);

	for (unsigned a = 0; a < LOOKUP_AGENTS; a++) {
		if (!(q->silent & 1u << a))
			continue;
		text_add(&t, t.len ? " " : "");
		text_add(&t, lookup_agent_name((enum lookup_agent)a));
	}
	return room;
}

/* ---- asking -------------------------------------------------------------- */

static const enum question_kind asks[LOOKUP_AGENTS] = {
	[LOOKUP_FILES] = ASK_FILES,
	[LOOKUP_NIS] = ASK_NIS,
	[LOOKUP_DNS] = ASK_DNS,
};

static enum lookupd_said ask_other(struct lookupd *l, usec now,
				   struct lookupd_query *q, enum lookup_agent a,
				   struct effects *fx)
{
	bool is_all = q->op == LOOKUP_ALL;
	struct question *asked =
		effects_ask(fx, asks[a], is_all ? "" : q->value,
			    is_all ? "" : q->key, cookie_of(l, q, a));

	asked->about = (uint8_t)q->category;
	asked->from = q->at.after;
	asked->domain = l->config.order->nis_domain;
	q->due = now + l->config.order->wait;
	q->waits = WAITS_AGENT;
	return LOOKUPD_LATER;
}

static enum lookupd_said ask(struct lookupd *l, usec now,
			     struct lookupd_query *q, enum lookup_agent a,
			     struct effects *fx)
{
	if (l->agents.left_out[a] > now) {
		q->silent |= (uint8_t)(1u << a);
		return LOOKUPD_NONE;
	}
	l->stats.agents[a].asked++;
	if (a != LOOKUP_DIRECTORY)
		return ask_other(l, now, q, a, fx);
	q->stamp = lookupd_stamp(l);
	return l->nic ? lookupd_remote(l, now, q, fx)
		      : lookupd_directory(l, now, q, fx);
}

/* All have been asked. */
static void end(struct lookupd *l, usec now, struct lookupd_query *q,
		struct effects *fx)
{
	char room[LOOKUP_TEXT_MAX];

	if (q->silent) {
		tell_nothing(l, q, LOOKUP_UNAVAILABLE,
			     silent_text(q, room, sizeof room), fx);
		return;
	}
	if (q->op == LOOKUP_ONE)
		cache_put(l, now, q, NULL);
	tell_nothing(l, q, LOOKUP_NOT_FOUND, "", fx);
}

void lookupd_walk(struct lookupd *l, usec now, struct lookupd_query *q,
		  struct effects *fx)
{
	enum lookup_agent a;

	while ((a = agent_of(l, q)) != LOOKUP_AGENTS) {
		q->agent = a;
		if (ask(l, now, q, a, fx) != LOOKUPD_NONE)
			return;
		next_agent(q);
	}
	end(l, now, q, fx);
}

/* ---- answers ------------------------------------------------------------- */

static struct lookup_item item_of(enum lookup_agent a,
				  const struct lookup_result *from)
{
	return (struct lookup_item){.agent = lookup_agent_name(a),
				    .domain = from->domain,
				    .server = from->server};
}

static bool next_entry(const struct lookupd_query *q, struct rd *entries,
		       struct lookup_item *item)
{
	struct plist p;

	if (!lookup_answer_next(entries, q->category, q->key, q->value, &p))
		return false;
	item->props = p.bytes;
	item->len = p.len;
	return true;
}

void lookupd_tell_one(struct lookupd *l, usec now, struct lookupd_query *q,
		      const struct lookup_item *item, struct effects *fx)
{
	struct telling t;

	cache_put(l, now, q, item);
	t = tell_begin(q, fx);
	(void)tell_item(&t, q, item);
	tell_end(l, &t, q, 0, fx);
}

static bool take_one(struct lookupd *l, usec now, struct lookupd_query *q,
		     enum lookup_agent a, struct lookup_result *from,
		     struct effects *fx)
{
	struct lookup_item item = item_of(a, from);

	if (!next_entry(q, &from->entries, &item))
		return false;
	lookupd_tell_one(l, now, q, &item, fx);
	return true;
}

/* What does not fit, an agent did not put there: its room is smaller. */
static bool take_all(struct lookupd *l, struct lookupd_query *q,
		     enum lookup_agent a, struct lookup_result *from,
		     struct effects *fx)
{
	struct lookup_item item = item_of(a, from);
	struct lookupd_position at = {.agent = q->at.agent,
				      .after = from->next};
	struct telling t = tell_begin(q, fx);

	while (next_entry(q, &from->entries, &item) && tell_item(&t, q, &item))
		;
	if (!t.n && !from->next)
		return false;
	if (!from->next)
		at = (struct lookupd_position){
			.agent = (uint8_t)(at.agent + 1)};
	tell_end(l, &t, q, lookupd_position_put(&at), fx);
	return true;
}

static bool take(struct lookupd *l, usec now, struct lookupd_query *q,
		 enum lookup_agent a, const struct outcome *o,
		 struct effects *fx)
{
	struct rd r = rd_over(o->answer, o->answer_len);
	struct lookup_result result;
	bool is_told;

	if (o->rc || !lookup_result_get(&result, &r))
		return false;
	is_told = q->op == LOOKUP_ALL ? take_all(l, q, a, &result, fx)
				      : take_one(l, now, q, a, &result, fx);
	l->stats.agents[a].found += is_told;
	return is_told;
}

void lookupd_on_answer(struct lookupd *l, usec now, const struct outcome *o,
		       struct effects *fx)
{
	struct lookupd_query *q = &l->queries[(uint16_t)o->cookie];
	enum lookup_agent a = (enum lookup_agent)(o->cookie >> 16 & 0xffff);
	bool has_said = !o->rc || o->rc == -ENOENT || o->rc == -ENODEV;

	if (has_said)
		hear(l, a, fx);
	if (!q->conn || q->round != o->cookie >> 32 || q->agent != a) {
		l->stats.agents[a].late++;
		return;
	}
	if (take(l, now, q, a, o, fx))
		return;
	if (!has_said)
		q->silent |= (uint8_t)(1u << a);
	/* It may be well, and only we ask too much. */
	if (!has_said && o->rc != -EAGAIN)
		silence(l, now, a, fx);
	next_agent(q);
	lookupd_walk(l, now, q, fx);
}

void lookupd_pass(struct lookupd *l, usec now, struct lookupd_query *q,
		  struct effects *fx)
{
	hear(l, q->agent, fx);
	next_agent(q);
	lookupd_walk(l, now, q, fx);
}

void lookupd_fail(struct lookupd *l, usec now, struct lookupd_query *q,
		  struct effects *fx)
{
	silence(l, now, q->agent, fx);
	lookupd_give_up(l, now, q, fx);
}

void lookupd_give_up(struct lookupd *l, usec now, struct lookupd_query *q,
		     struct effects *fx)
{
	q->silent |= (uint8_t)(1u << q->agent);
	next_agent(q);
	lookupd_walk(l, now, q, fx);
}

void lookupd_on_silence(struct lookupd *l, usec now, struct lookupd_query *q,
			struct effects *fx)
{
	lookupd_fail(l, now, q, fx);
}
