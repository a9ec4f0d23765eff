/*
 * A draft becomes a transaction, with a marker by which one knows later whether
 * it was made.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"

static void marker_key(const struct etcd *e, size_t i, char to[ETCD_KEY])
{
	snprintf(to, ETCD_KEY, "t/%s/e%zu", e->config.server, i);
}

/* A value that no other has. */
static void marker_value(struct etcd *e, uint8_t to[ETCD_MARKER])
{
	struct wr w = wr_over(to, ETCD_MARKER);

	wr_u64(&w, e->session);
	wr_u64(&w, e->seq++);
}

void marker_load(struct etcd *e, const struct etcd_kv *kv)
{
	char key[ETCD_KEY];

	for (size_t i = 0; i < ETCD_SIDE; i++) {
		marker_key(e, i, key);
		if (!strcmp(kv->key, key))
			e->markers[i].revision = kv->revision;
	}
}

void marker_carried(struct etcd *e, size_t i, const struct etcd_txn *t)
{
	struct marker *m = &e->markers[i];

	if (!t->rc && !t->succeeded && t->marker_revision != m->revision)
		m->made = t->marker_revision;
	if (!t->rc)
		m->revision = t->succeeded ? t->revision : t->marker_revision;
	if (t->rc || !t->succeeded)
		m->is_open |= t->was_lost;
	else
		m->is_open = false;
}

int marker_close(struct etcd *e, size_t i)
{
	char key[ETCD_KEY];
	uint8_t value[ETCD_MARKER];
	int rc = e->markers[i].is_open ? -EAGAIN : 0;

	marker_key(e, i, key);
	for (int n = 0; e->markers[i].is_open && n < ETCD_TRIES; n++) {
		struct etcd_compare same = {key, e->markers[i].revision};
		struct etcd_op put = {
			.key = key, .value = value, .len = sizeof value};
		struct etcd_txn t = {.compares = &same,
				     .n_compares = 1,
				     .ops = &put,
				     .n_ops = 1,
				     .marker = key};

		marker_value(e, value);
		rc = etcd_carry(e, &t, 1);
		marker_carried(e, i, &t);
		if (rc)
			break;
	}
	if (!rc && e->markers[i].is_open)
		rc = -EAGAIN;
	/* Of what is to be done next, nothing was tried. */
	return rc == -ETIMEDOUT || rc == -EAGAIN ? -EHOSTUNREACH : rc;
}

/* What was made although it had been given up is heard first, and then all is
 * judged anew: nothing else tells that it is there. */
static int marker_heard(struct etcd *e, size_t i)
{
	if (e->markers[i].made <= e->revision)
		return 0;
	return etcd_catch_up(e, e->markers[i].made, e->config.wait)
		       ? -EHOSTUNREACH
		       : -EAGAIN;
}

static bool has_edits(const struct draft *d)
{
	for (size_t i = 0; i < d->ops.n; i++)
		if (d->ops.v[i].key[0] == 'y' && !d->ops.v[i].is_delete)
			return true;
	return false;
}

int seat_mark(struct etcd *e, struct draft *d, struct seat *s, size_t i)
{
	size_t at = d->bytes.len;
	int rc = 0;

	s->has_edits = has_edits(d);
	if (s->has_edits) {
		rc = marker_close(e, i);
		if (!rc)
			rc = marker_heard(e, i);
		marker_key(e, i, s->marker);
		draft_compare(d, s->marker, e->markers[i].revision);
	} else {
		snprintf(s->marker, sizeof s->marker, "t/%s/%zu",
			 e->config.server, i);
	}
	marker_value(e, s->value);
	sheet_bytes(&d->bytes, (const char *)s->value, sizeof s->value);
	draft_put(d, s->marker, at);
	return rc;
}

int seat_seal(struct etcd *e, struct draft *d, struct seat *s,
	      struct etcd_txn *t)
{
	s->compares =
		alloc_get(&e->alloc, d->compares.n + 1, sizeof *s->compares);
	s->ops = alloc_get(&e->alloc, d->ops.n + 1, sizeof *s->ops);
	if (!s->compares || !s->ops || d->has_failed)
		return -ENOMEM;
	for (size_t i = 0; i < d->compares.n; i++)
		s->compares[i] = (struct etcd_compare){
			.key = d->compares.v[i].key,
			.revision = d->compares.v[i].revision};
	for (size_t i = 0; i < d->ops.n; i++) {
		const struct draft_op *o = &d->ops.v[i];

		s->ops[i] = (struct etcd_op){
			.key = o->key,
			.value = o->is_delete
					 ? NULL
					 : (const uint8_t *)d->bytes.s + o->at,
			.len = o->len,
			.lease = o->lease};
	}
	*t = (struct etcd_txn){.compares = s->compares,
			       .n_compares = d->compares.n,
			       .ops = s->ops,
			       .n_ops = d->ops.n,
			       .marker = s->marker};
	return 0;
}

void seat_unseal(struct etcd *e, struct seat *s)
{
	alloc_put(&e->alloc, s->compares);
	alloc_put(&e->alloc, s->ops);
}
