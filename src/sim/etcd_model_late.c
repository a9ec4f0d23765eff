/*
 * Requests that arrive when nobody waits for their answer any more.
 */
#include "sim/etcd_model_inside.h"

#include <errno.h>
#include <string.h>

static void drop(struct etcd_model *m, struct late *l)
{
	for (size_t i = 0; i < l->ops.n; i++)
		alloc_put(&m->alloc, l->ops.v[i].value);
	alloc_put(&m->alloc, l->ops.v);
	alloc_put(&m->alloc, l->compares.v);
	alloc_put(&m->alloc, l);
}

static int copy_ops(struct etcd_model *m, struct late *l,
		    const struct etcd_txn *t)
{
	for (size_t i = 0; i < t->n_ops; i++) {
		const struct etcd_op *o = &t->ops[i];
		struct model_key *k = &l->ops.v[i];

		*k = (struct model_key){.len = o->len, .lease = o->lease};
		memcpy(k->key, o->key, strlen(o->key) + 1);
		l->ops.n++;
		if (!o->value)
			continue;
		k->value = alloc_get(&m->alloc, o->len + 1, 1);
		if (!k->value)
			return -ENOMEM;
		memcpy(k->value, o->value, o->len);
	}
	for (size_t i = 0; i < t->n_compares; i++) {
		struct model_key *k = &l->compares.v[l->compares.n++];

		k->revision = t->compares[i].revision;
		memcpy(k->key, t->compares[i].key,
		       strlen(t->compares[i].key) + 1);
	}
	return 0;
}

struct late *model_late(struct etcd_model *m, const struct etcd_txn *t, usec at)
{
	struct late *l = alloc_get(&m->alloc, 1, sizeof *l);
	int rc = -ENOMEM;

	if (!l)
		return NULL;
	l->at = at;
	memcpy(l->marker, t->marker, strlen(t->marker) + 1);
	l->ops.v = alloc_get(&m->alloc, t->n_ops + 1, sizeof *l->ops.v);
	l->compares.v =
		alloc_get(&m->alloc, t->n_compares + 1, sizeof *l->ops.v);
	if (l->ops.v && l->compares.v)
		rc = copy_ops(m, l, t);
	if (rc) {
		drop(m, l);
		return NULL;
	}
	l->next = m->late;
	m->late = l;
	return l;
}

void model_give_up(struct etcd_model *m, const struct model_link *link)
{
	for (struct late *l = m->late; l; l = l->next)
		if (l->link == link) {
			l->link = NULL;
			l->call = NULL;
		}
}

static void answer(const struct etcd_model *m, const struct late *l,
		   const struct etcd_txn *t, int rc)
{
	struct etcd_txn *to;

	if (!l->call)
		return;
	to = l->call->t;
	to->rc = rc;
	to->succeeded = t->succeeded;
	to->revision = t->revision;
	to->marker_revision = t->marker_revision;
	to->marker_len = t->marker_len;
	memcpy(to->marker_value, t->marker_value, sizeof to->marker_value);
	l->call->back = l->way_back == NEVER ? NEVER : m->now + l->way_back;
	if (l->call->back != NEVER)
		l->link->client.rouse(l->link->client.arg, l->call->back);
}

static void arrive(struct etcd_model *m, const struct late *l)
{
	struct etcd_op ops[ETCD_TXN_OPS];
	struct etcd_compare compares[ETCD_TXN_OPS];
	struct etcd_txn t = {.ops = ops,
			     .n_ops = l->ops.n,
			     .compares = compares,
			     .n_compares = l->compares.n,
			     .marker = l->marker};

	if (l->ops.n > ETCD_TXN_OPS || l->compares.n > ETCD_TXN_OPS)
		return;
	for (size_t i = 0; i < l->ops.n; i++)
		ops[i] = (struct etcd_op){.key = l->ops.v[i].key,
					  .value = l->ops.v[i].value,
					  .len = l->ops.v[i].len,
					  .lease = l->ops.v[i].lease};
	for (size_t i = 0; i < l->compares.n; i++)
		compares[i] = (struct etcd_compare){
			.key = l->compares.v[i].key,
			.revision = l->compares.v[i].revision};
	answer(m, l, &t, model_txn(m, &t));
}

/* It comes while there is no leader: it is refused, or lost, or waits for the
 * next one. */
static bool is_dropped(struct etcd_model *m, struct late *l)
{
	uint64_t fate;

	if (!m->time.now || l->is_stuck)
		return false;
	l->is_stuck = true;
	fate = rand_below(&m->rand, 3);
	if (!fate)
		answer(m, l, &(struct etcd_txn){.rc = 0}, -EAGAIN);
	return fate < 2;
}

void model_arrive(struct etcd_model *m)
{
	for (struct late **at = &m->late; *at;) {
		struct late *l = *at;

		if (l->at > m->now || (m->is_stopped && !is_dropped(m, l))) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		if (!m->is_stopped)
			arrive(m, l);
		drop(m, l);
	}
}

void model_forget_late(struct etcd_model *m)
{
	for (struct late *l = m->late, *next; l; l = next) {
		next = l->next;
		drop(m, l);
	}
	m->late = NULL;
}
