/*
 * The cluster: its keys, and what happened to them.
 */
#include "sim/etcd_model_inside.h"

#include <errno.h>
#include <string.h>

static const usec LEASE_CHECK = MILLISECONDS(500);

static int keys_room(const struct alloc *a, struct model_keys *k)
{
	struct model_key *v = grow_for(a, k->v, k->n, &k->most, sizeof *v);

	if (!v)
		return -ENOMEM;
	k->v = v;
	return 0;
}

static int set_value(const struct alloc *a, struct model_key *k,
		     const uint8_t *value, size_t len)
{
	uint8_t *copy = NULL;

	if (value) {
		copy = alloc_get(a, len + 1, 1);
		if (!copy)
			return -ENOMEM;
		if (len)
			memcpy(copy, value, len);
	}
	alloc_put(a, k->value);
	k->value = copy;
	k->len = len;
	return 0;
}

size_t model_from(const struct model_keys *keys, const char *key)
{
	size_t low = 0, high = keys->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(keys->v[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct model_key *model_find(const struct etcd_model *m, const char *key)
{
	size_t at = model_from(&m->keys, key);

	return at < m->keys.n && !strcmp(m->keys.v[at].key, key)
		       ? &m->keys.v[at]
		       : NULL;
}

/* ---- what happens -------------------------------------------------------- */

static int note_event(struct etcd_model *m, const struct etcd_op *o)
{
	struct model_key *k;
	int rc = keys_room(&m->alloc, &m->events);

	if (rc)
		return rc;
	k = &m->events.v[m->events.n];
	*k = (struct model_key){.revision = m->revision, .at = m->now};
	memcpy(k->key, o->key, strlen(o->key) + 1);
	rc = set_value(&m->alloc, k, o->value, o->len);
	if (!rc)
		m->events.n++;
	return rc;
}

/* The new key, or NULL without memory. */
static struct model_key *key_add(struct etcd_model *m, const char *key)
{
	size_t at = model_from(&m->keys, key);
	struct model_key *k;

	if (keys_room(&m->alloc, &m->keys))
		return NULL;
	k = &m->keys.v[at];
	memmove(k + 1, k, (m->keys.n++ - at) * sizeof *k);
	*k = (struct model_key){.revision = 0};
	memcpy(k->key, key, strlen(key) + 1);
	return k;
}

static void key_remove(struct etcd_model *m, struct model_key *k)
{
	size_t at = (size_t)(k - m->keys.v);

	alloc_put(&m->alloc, k->value);
	memmove(k, k + 1, (--m->keys.n - at) * sizeof *k);
}

static int apply(struct etcd_model *m, const struct etcd_op *o)
{
	struct model_key *k = model_find(m, o->key);
	int rc;

	if (!o->value) {
		if (!k)
			return 0;
		key_remove(m, k);
		return note_event(m, o);
	}
	if (!k && !(k = key_add(m, o->key)))
		return -ENOMEM;
	rc = set_value(&m->alloc, k, o->value, o->len);
	if (rc)
		return rc;
	k->revision = m->revision;
	k->lease = o->lease;
	return note_event(m, o);
}

static bool holds(const struct etcd_model *m, const struct etcd_txn *t)
{
	for (size_t i = 0; i < t->n_compares; i++) {
		const struct model_key *k = model_find(m, t->compares[i].key);

		if ((k ? k->revision : 0) != t->compares[i].revision)
			return false;
	}
	return true;
}

static void read_marker(const struct etcd_model *m, struct etcd_txn *t)
{
	const struct model_key *k = model_find(m, t->marker);

	t->marker_len = 0;
	t->marker_revision = 0;
	if (!k)
		return;
	t->marker_revision = k->revision;
	t->marker_len = k->len < ETCD_MARKER ? k->len : ETCD_MARKER;
	memcpy(t->marker_value, k->value, t->marker_len);
}

static bool has_twice(const struct etcd_txn *t)
{
	for (size_t i = 0; i < t->n_ops; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(t->ops[i].key, t->ops[k].key))
				return true;
	return false;
}

/* Whether all leases are there that its keys are to go with. */
static bool has_leases(const struct etcd_model *m, const struct etcd_txn *t)
{
	for (size_t i = 0; i < t->n_ops; i++) {
		size_t k = 0;

		while (k < m->n_leases && m->leases[k].id != t->ops[i].lease)
			k++;
		if (t->ops[i].lease && k == m->n_leases)
			return false;
	}
	return true;
}

int model_txn(struct etcd_model *m, struct etcd_txn *t)
{
	int rc = 0;

	t->succeeded = false;
	if (t->n_ops > ETCD_TXN_OPS || t->n_compares > ETCD_TXN_OPS)
		return -E2BIG;
	if (has_twice(t))
		return -EPROTO; /* etcd: duplicate key given in txn request */
	if (holds(m, t)) {
		if (!has_leases(m, t))
			return -ENOENT; /* etcd: requested lease not found */
		m->revision++;
		m->txns++;
		for (size_t i = 0; !rc && i < t->n_ops; i++)
			rc = apply(m, &t->ops[i]);
		t->succeeded = true;
		model_rouse_all(m);
	} else {
		read_marker(m, t);
	}
	t->revision = m->revision;
	return rc;
}

/* ---- time ---------------------------------------------------------------- */

static void end_lease(struct etcd_model *m, uint64_t id)
{
	size_t i = 0;
	bool any = false;

	for (size_t k = 0; k < m->keys.n; k++)
		any |= m->keys.v[k].lease == id;
	m->revision += any;
	while (i < m->keys.n) {
		struct model_key *k = &m->keys.v[i];
		struct etcd_op o = {.key = k->key};
		char key[ETCD_KEY];

		if (k->lease != id) {
			i++;
			continue;
		}
		memcpy(key, k->key, sizeof key);
		o.key = key;
		(void)apply(m, &o);
	}
	model_rouse_all(m);
}

void etcd_model_pass(struct etcd_model *m, usec time)
{
	usec until = m->now + time;

	/* A leader looks after leases now and then. */
	while (m->now < until) {
		m->now = usec_min(until, m->now + LEASE_CHECK);
		model_arrive(m);
		for (size_t i = 0; i < m->n_leases && !m->is_stopped; i++)
			if (m->leases[i].ends <= m->now) {
				end_lease(m, m->leases[i].id);
				m->leases[i--] = m->leases[--m->n_leases];
			}
	}
}

void model_keep(struct etcd_model *m, struct model_lease *l)
{
	l->ends = m->now + l->ttl;
	if (!m->time.now)
		return;
	/* Here, too, it ends when it is looked after. */
	l->ends += LEASE_CHECK - 1;
	l->ends -= l->ends % LEASE_CHECK;
	m->time.at(m->time.arg, l->ends);
}

void etcd_model_compact(struct etcd_model *m)
{
	for (size_t i = 0; i < m->events.n; i++)
		alloc_put(&m->alloc, m->events.v[i].value);
	m->events.n = 0;
	m->compacted = m->revision;
	model_rouse_all(m);
}

void etcd_model_other(struct etcd_model *m)
{
	m->revision++;
}

/* ---- all of it ----------------------------------------------------------- */

int etcd_model_open(struct etcd_model **to, const struct alloc *alloc,
		    uint64_t seed)
{
	struct etcd_model *m = alloc_get(alloc, 1, sizeof *m);

	if (!m)
		return -ENOMEM;
	m->alloc = *alloc;
	m->revision = m->compacted = 1;
	m->next_lease = 0x1000;
	m->now = SECONDS(1000);
	rand_seed(&m->rand, seed);
	*to = m;
	return 0;
}

void model_keys_free(const struct alloc *a, struct model_keys *k)
{
	for (size_t i = 0; i < k->n; i++)
		alloc_put(a, k->v[i].value);
	alloc_put(a, k->v);
	*k = (struct model_keys){.n = 0};
}

int model_copy(const struct etcd_model *m, struct model_keys *to)
{
	model_keys_free(&m->alloc, to);
	to->v = alloc_get(&m->alloc, m->keys.n + 1, sizeof *to->v);
	if (!to->v)
		return -ENOMEM;
	for (; to->n < m->keys.n; to->n++) {
		const struct model_key *k = &m->keys.v[to->n];

		to->v[to->n] = *k;
		to->v[to->n].value = NULL;
		if (set_value(&m->alloc, &to->v[to->n], k->value, k->len))
			return -ENOMEM;
	}
	return 0;
}

void etcd_model_close(struct etcd_model *m)
{
	struct alloc alloc = m->alloc;

	model_forget_late(m);
	model_keys_free(&alloc, &m->keys);
	model_keys_free(&alloc, &m->events);
	alloc_put(&alloc, m->leases);
	alloc_put(&alloc, m);
}

struct etcd_link *etcd_model_link(struct etcd_model *m)
{
	struct model_link *l = alloc_get(&m->alloc, 1, sizeof *l);

	if (!l)
		return NULL;
	l->link.ops = &model_link_ops;
	l->m = m;
	l->next = m->links;
	m->links = l;
	return &l->link;
}

void etcd_model_faults(struct etcd_model *m, const struct etcd_model_faults *f)
{
	m->faults = *f;
}

void etcd_model_stop(struct etcd_model *m, bool is_stopped)
{
	/* A new leader gives all leases their whole time. */
	for (size_t i = 0; m->is_stopped && m->time.now && i < m->n_leases; i++)
		model_keep(m, &m->leases[i]);
	m->is_stopped = is_stopped;
	model_rouse_all(m);
}

uint64_t etcd_model_revision(const struct etcd_model *m)
{
	return m->revision;
}

uint64_t etcd_model_txns(const struct etcd_model *m)
{
	return m->txns;
}

size_t etcd_model_count(const struct etcd_model *m, const char *begin)
{
	size_t at = model_from(&m->keys, begin), n = 0;

	while (at + n < m->keys.n &&
	       !strncmp(m->keys.v[at + n].key, begin, strlen(begin)))
		n++;
	return n;
}

uint64_t etcd_model_written(const struct etcd_model *m, const char *key)
{
	const struct model_key *k = model_find(m, key);

	return k ? k->revision : 0;
}

const uint8_t *etcd_model_get(const struct etcd_model *m, const char *key,
			      size_t *len)
{
	const struct model_key *k = model_find(m, key);

	*len = k ? k->len : 0;
	return k ? k->value : NULL;
}
