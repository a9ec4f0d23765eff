/*
 * The model in a time that others live in, too.  A request travels, is carried
 * out when it arrives, whoever waits for it by then, and its answer travels
 * back; its client gives way meanwhile.
 */
#include "sim/etcd_model_inside.h"

#include <assert.h>
#include <errno.h>

enum { SIDE = 16 /* transactions side by side at most */ };

void etcd_model_set_time(struct etcd_model *m, const struct etcd_model_time *t)
{
	m->time = *t;
	m->now = t->now(t->arg);
}

void etcd_model_go(struct etcd_model *m)
{
	usec now = m->time.now(m->time.arg);

	if (now > m->now)
		etcd_model_pass(m, now - m->now);
}

void model_rouse_all(struct etcd_model *m)
{
	if (!m->time.now)
		return;
	for (struct model_link *l = m->links; l; l = l->next)
		if (l->is_watching && l->client.rouse)
			l->client.rouse(l->client.arg, m->now + l->way.news);
}

void timed_wait(struct model_link *l, usec until)
{
	etcd_model_go(l->m);
	while (!l->is_dead && l->m->now < until) {
		l->client.wait(l->client.arg, until);
		etcd_model_go(l->m);
	}
}

static usec travel(struct model_link *l)
{
	const struct etcd_model_way *w = &l->way;

	return w->least + (usec)rand_below(&l->m->rand,
					   (uint64_t)(w->most - w->least) + 1);
}

static int failed(struct model_link *l, usec until, int rc)
{
	timed_wait(l, until);
	l->why = l->is_dead ? -EHOSTUNREACH : rc;
	return l->why;
}

/* Nobody is there, and sometimes the network says so. */
static bool is_refused(struct model_link *l)
{
	return (l->is_cut || l->way.is_mute) && !rand_below(&l->m->rand, 3);
}

static bool is_lost(struct model_link *l)
{
	return l->is_cut || l->way.is_mute ||
	       model_hits(l->m, l->m->faults.request_lost);
}

/* Until it has arrived: 0, or it has not. */
int timed_ask(struct model_link *l, usec most)
{
	usec out = travel(l);

	etcd_model_go(l->m);
	l->until = l->m->now + most;
	l->way_back = travel(l);
	if (l->is_dead || is_refused(l))
		return failed(l, l->m->now + out, -EHOSTUNREACH);
	if (is_lost(l) || out > most)
		return failed(l, l->until, -ETIMEDOUT);
	timed_wait(l, l->m->now + out);
	if (l->is_dead)
		return failed(l, 0, -EHOSTUNREACH);
	if (l->m->is_stopped)
		return rand_below(&l->m->rand, 2)
			       ? failed(l, l->m->now + l->way_back, -EAGAIN)
			       : failed(l, l->until, -ETIMEDOUT);
	return 0;
}

/* Until its answer is there: 0, or it does not come. */
int timed_answer(struct model_link *l)
{
	usec at = l->m->now + l->way_back;

	if (l->is_cut || l->way.is_deaf || at > l->until ||
	    model_hits(l->m, l->m->faults.answer_lost))
		return failed(l, l->until, -ETIMEDOUT);
	timed_wait(l, at);
	return l->is_dead ? failed(l, 0, -EHOSTUNREACH) : 0;
}

/* ---- transactions -------------------------------------------------------- */

static int send(struct model_link *l, struct model_call *call, usec most)
{
	struct etcd_model *m = l->m;
	usec out = travel(l);
	struct late *late;

	if (is_refused(l)) {
		call->t->rc = -EHOSTUNREACH;
		call->back = m->now + out;
		return 0;
	}
	if (is_lost(l))
		return 0;
	if (model_hits(m, m->faults.request_late))
		out = most + (usec)rand_below(&m->rand, 4000000);
	late = model_late(m, call->t, m->now + out);
	if (!late)
		return -ENOMEM;
	late->call = call;
	late->link = l;
	late->way_back = travel(l);
	if (l->way.is_deaf || model_hits(m, m->faults.answer_lost))
		late->way_back = NEVER;
	m->time.at(m->time.arg, m->now + out);
	return 0;
}

/* When all answers are there; `until`: they are not. */
static usec all_back(const struct model_call *calls, size_t n, usec until)
{
	usec at = 0;

	for (size_t i = 0; i < n; i++)
		at = usec_max(at, calls[i].back);
	return usec_min(at, until);
}

static int outcome(const struct model_link *l, const struct model_call *c)
{
	if (l->is_dead)
		return -EHOSTUNREACH;
	if (c->back > l->m->now)
		return -ETIMEDOUT;
	return c->t->rc;
}

int timed_txns(struct model_link *l, struct etcd_txn *v, size_t n, usec most)
{
	struct etcd_model *m = l->m;
	struct model_call calls[SIDE];
	usec until;
	int rc = 0;

	assert(n <= SIDE);
	etcd_model_go(m);
	l->asking = m->now;
	until = m->now + most;
	for (size_t i = 0; i < n; i++) {
		calls[i] = (struct model_call){.t = &v[i], .back = NEVER};
		if (!l->is_dead && !rc)
			rc = send(l, &calls[i], most);
	}
	while (!l->is_dead && m->now < all_back(calls, n, until)) {
		l->client.wait(l->client.arg, all_back(calls, n, until));
		etcd_model_go(m);
	}
	model_give_up(m, l);
	for (size_t i = 0; i < n; i++) {
		v[i].rc = outcome(l, &calls[i]);
		rc = rc ? rc : v[i].rc;
	}
	l->why = rc;
	if (!rc)
		model_answered(l);
	return rc;
}
