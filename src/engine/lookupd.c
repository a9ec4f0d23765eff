/*
 * lookupd as an engine: a record is a question, and has one answer.  What the
 * directory here knows is answered at once; for all else the question waits in
 * a slot, and its number and round come back with the agent's answer.
 */
#include "engine/lookupd_impl.h"

#include "base/text.h"

#include <errno.h>

static struct lookupd *lookupd_of(struct engine *e)
{
	return CONTAINER(e, struct lookupd, engine);
}

/* ---- slots --------------------------------------------------------------- */

/* NULL: all are taken, or enough by this connection. */
static struct lookupd_query *slot(struct lookupd *l, uint32_t conn)
{
	struct lookupd_query *free = NULL;
	unsigned own = 0;

	for (unsigned i = 0; i < LOOKUPD_QUESTIONS; i++) {
		struct lookupd_query *q = &l->queries[i];

		own += q->conn == conn;
		if (!q->conn && !free)
			free = q;
	}
	return own < LOOKUPD_PER_CONN ? free : NULL;
}

static void on_hangup(struct lookupd *l, uint32_t conn)
{
	for (unsigned i = 0; i < LOOKUPD_QUESTIONS; i++)
		if (l->queries[i].conn == conn)
			l->queries[i].conn = 0;
}

/* ---- questions ----------------------------------------------------------- */

/* NULL: it is one.  Else what is wrong with it. */
static const char *take_key(struct lookupd_query *q,
			    const struct lookup_question *p)
{
	if (q->op == LOOKUP_ALL && !p->key[0])
		return NULL;
	if (!lookup_has_key(q->category, p->key))
		return "the category has no such key";
	if (!lookup_normal(q->category, p->key, p->value, q->value))
		return "the value is none of that key";
	(void)text_copy(q->key, sizeof q->key, p->key, strlen(p->key));
	return NULL;
}

static const char *take(struct lookupd_query *q,
			const struct lookup_question *p)
{
	if (q->op != LOOKUP_ONE && q->op != LOOKUP_ALL)
		return "there is no such question";
	q->category = lookup_category(span_of(p->category));
	if (q->category == LOOKUP_CATEGORIES)
		return "there is no such category";
	q->at = lookupd_position_get(q->op == LOOKUP_ALL ? p->position : 0);
	return take_key(q, p);
}

static void look_up(struct lookupd *l, usec now, struct lookupd_query *q,
		    struct effects *fx)
{
	const struct cached *c;
	struct lookup_item item;
	struct telling t;
	struct rd r;

	c = q->op == LOOKUP_ONE ? cache_find(l, now, q) : NULL;
	if (c && c->stamp && lookupd_must_check(l, now, q, fx))
		return;
	if (!c) {
		lookupd_walk(l, now, q, fx);
		return;
	}
	r = cached_item(c);
	if (!lookup_item_next(&r, &item)) {
		l->stats.cached_negative++;
		tell_nothing(l, q, LOOKUP_NOT_FOUND, "", fx);
		return;
	}
	l->stats.cached++;
	t = tell_begin(q, fx);
	(void)tell_item(&t, q, &item);
	tell_end(l, &t, q, 0, fx);
}

static void flush(struct lookupd *l, struct lookupd_query *q,
		  struct effects *fx)
{
	if (!q->is_privileged) {
		tell_nothing(l, q, LOOKUP_REFUSED,
			     "the cache is flushed by root", fx);
		return;
	}
	lookupd_flush(l);
	tell_nothing(l, q, LOOKUP_FOUND, "", fx);
}

static void on_question(struct lookupd *l, usec now, struct lookupd_query *q,
			const struct lookup_question *p, struct effects *fx)
{
	const char *wrong;

	switch (p->op) {
	case LOOKUP_CONFIGURATION:
		tell_configuration(l, q, fx);
		break;
	case LOOKUP_STATISTICS:
		tell_statistics(l, q, fx);
		break;
	case LOOKUP_FLUSH:
		flush(l, q, fx);
		break;
	default:
		wrong = take(q, p);
		if (wrong)
			tell_nothing(l, q, LOOKUP_WRONG, wrong, fx);
		else
			look_up(l, now, q, fx);
	}
}

static void on_record(struct lookupd *l, usec now, const struct dgram *d,
		      struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct lookupd_query spare = {.conn = d->conn}, *q;
	struct lookup_question p;

	if (!lookup_question_get(&p, &r)) {
		l->stats.bad++;
		effects_hangup(fx, d->conn);
		return;
	}
	l->stats.questions++;
	if (l->version != l->config.order->version)
		lookupd_flush(l);
	q = slot(l, d->conn);
	if (!q) {
		spare.op = p.op;
		spare.sequence = p.sequence;
		tell_nothing(l, &spare, LOOKUP_BUSY, "too many questions", fx);
		return;
	}
	*q = (struct lookupd_query){.conn = d->conn,
				    .sequence = p.sequence,
				    .round = q->round + 1,
				    .op = p.op,
				    .is_privileged = !d->uid ||
						     d->uid == l->config.uid,
				    .due = NEVER};
	on_question(l, now, q, &p, fx);
}

/* ---- the engine ---------------------------------------------------------- */

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct lookupd *l = lookupd_of(e);
	size_t from = fx->n;

	switch (d->kind) {
	case DGRAM_RECORD:
		on_record(l, now, d, fx);
		break;
	case DGRAM_HANGUP:
		on_hangup(l, d->conn);
		break;
	case DGRAM_UDP:
		if (l->nic && l->how->claims(l->nic, d))
			l->how->engine(l->nic)->input(l->how->engine(l->nic),
						      now, d, fx);
		effects_own(fx, from, LOOKUPD_NIC);
		lookupd_hear_nic(l, now, fx);
		break;
	case DGRAM_FRAME:
		break;
	}
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct lookupd *l = lookupd_of(e);
	size_t from = fx->n;

	if (o->kind == EFFECT_ASK &&
	    (l->config.directory.d || o->owner != LOOKUPD_NIC)) {
		lookupd_on_answer(l, now, o, fx);
	} else if (l->nic) {
		l->how->engine(l->nic)->settle(l->how->engine(l->nic), now, o,
					       fx);
		effects_own(fx, from, LOOKUPD_NIC);
		lookupd_hear_nic(l, now, fx);
	}
}

static void expire_nic(struct lookupd *l, usec now, struct effects *fx)
{
	struct engine *e = l->nic ? l->how->engine(l->nic) : NULL;
	size_t from = fx->n;

	if (!e || e->deadline(e) > now)
		return;
	e->expire(e, now, fx);
	effects_own(fx, from, LOOKUPD_NIC);
	lookupd_hear_nic(l, now, fx);
}

/* What it waited for is there, or never comes. */
static void go_on(struct lookupd *l, usec now, struct lookupd_query *q,
		  struct effects *fx)
{
	bool is_ready = q->is_ready;

	q->is_ready = false;
	q->due = NEVER;
	if (q->waits == WAITS_CHECK) {
		q->is_checked = true;
		look_up(l, now, q, fx);
	} else if (is_ready) {
		lookupd_walk(l, now, q, fx);
	} else if (q->waits == WAITS_LIST) {
		lookupd_give_up(l, now, q, fx);
	} else {
		lookupd_on_silence(l, now, q, fx);
	}
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct lookupd *l = lookupd_of(e);

	expire_nic(l, now, fx);
	for (unsigned i = 0; i < LOOKUPD_QUESTIONS; i++) {
		struct lookupd_query *q = &l->queries[i];

		if (!q->conn || q->due > now)
			continue;
		if (!effects_room(fx, 4, LOOKUP_RECORD))
			return; /* its deadline stays in the past */
		go_on(l, now, q, fx);
	}
}

static usec on_deadline(const struct engine *e)
{
	const struct lookupd *l = CONTAINER_CONST(e, struct lookupd, engine);
	const struct engine *nic = l->nic ? l->how->engine(l->nic) : NULL;
	usec next = nic ? nic->deadline(nic) : NEVER;

	for (unsigned i = 0; i < LOOKUPD_QUESTIONS; i++)
		if (l->queries[i].conn)
			next = usec_min(next, l->queries[i].due);
	return next;
}

bool lookupd_claims(const struct lookupd *l, const struct dgram *d)
{
	(void)l;
	return (d->kind == DGRAM_RECORD || d->kind == DGRAM_HANGUP) &&
	       d->to.port == LOOKUPD_PORT;
}

void lookupd_flush(struct lookupd *l)
{
	cache_flush(l);
	for (unsigned i = 0; i < LOOKUPD_LISTS; i++)
		if (l->lists[i].state != LIST_FILLING)
			l->lists[i].state = LIST_NONE;
	l->version = l->config.order->version;
	memset(l->agents.left_out, 0, sizeof(l->agents.left_out));
	l->stats.flushes++;
}

int lookupd_open(struct lookupd **to, const struct lookupd_config *config,
		 const struct alloc *alloc)
{
	struct lookupd *l = alloc_get(alloc, 1, sizeof(*l));
	int rc;

	if (!l)
		return -ENOMEM;
	l->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	l->config = *config;
	l->alloc = *alloc;
	l->queries = alloc_get(alloc, LOOKUPD_QUESTIONS, sizeof(*l->queries));
	rc = l->queries ? cache_open(l, alloc) : -ENOMEM;
	if (rc) {
		lookupd_close(l, alloc);
		return rc;
	}
	*to = l;
	return 0;
}

void lookupd_close(struct lookupd *l, const struct alloc *alloc)
{
	if (!l)
		return;
	cache_close(l, alloc);
	lookupd_close_lists(l);
	alloc_put(alloc, l->queries);
	alloc_put(alloc, l);
}

struct engine *lookupd_engine(struct lookupd *l)
{
	return &l->engine;
}

const struct lookupd_stats *lookupd_stats(const struct lookupd *l)
{
	return &l->stats;
}
