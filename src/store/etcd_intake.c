/*
 * Taking in a copy: a key names it until it is whole, and every transaction
 * compares that key, so that nothing is written once it is whole, or by who
 * copies something else.  What is put says itself what it is, so it does not
 * matter how often it is done.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <string.h>

#include "model/directory.h"

enum { TRIES = 20 };

int etcd_copy_is(struct etcd *e, const struct etcd_kv *kv)
{
	if (!etcd_copy_read(kv, e->copy_id))
		return -EBADMSG;
	e->copy = kv->revision;
	return 0;
}

/* ---- until it is done ---------------------------------------------------- */

static bool is_passing(int rc)
{
	return rc == -EHOSTUNREACH || rc == -ETIMEDOUT || rc == -EAGAIN;
}

/* It was made before, when no answer came. */
static bool was_made(struct etcd_txn *t, const struct seat *s)
{
	if (t->succeeded)
		return true;
	t->revision = t->marker_revision;
	return t->marker_len == sizeof s->value &&
	       !memcmp(t->marker_value, s->value, sizeof s->value);
}

/* An election, say, is waited for. */
static int carry(struct etcd *e, struct etcd_txn *t, const struct seat *s,
		 size_t n)
{
	int rc = etcd_carry(e, t, n);

	for (int i = 0; is_passing(rc) && i < TRIES; i++) {
		(void)e->link->ops->wait(e->link, -1, e->config.wait);
		(void)etcd_hear(e);
		rc = etcd_carry(e, t, n);
	}
	for (size_t i = 0; !rc && i < n; i++)
		rc = was_made(&t[i], &s[i]) ? 0 : -EALREADY;
	return rc;
}

/* ---- the key ------------------------------------------------------------- */

/* Put it there, or take it away, with draft 0. */
static int write_key(struct etcd *e, const uint8_t *id)
{
	struct draft *d = &e->drafts[0];
	struct seat s = {.n = 1};
	struct etcd_txn t;
	size_t at;
	int rc;

	draft_clear(d);
	draft_compare(d, ETCD_COPY, e->copy);
	at = d->bytes.len;
	if (id) {
		etcd_copy_write(&d->bytes, id);
		draft_put(d, ETCD_COPY, at);
	} else {
		draft_delete(d, ETCD_COPY);
	}
	rc = seat_mark(e, d, &s, 0);
	if (!rc)
		rc = seat_seal(e, d, &s, &t);
	if (!rc)
		rc = carry(e, &t, &s, 1);
	if (!rc)
		e->copy = id ? t.revision : 0;
	seat_unseal(e, &s);
	return rc;
}

static bool is_empty(const struct memory *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (!m->v[i].is_gone)
			return false;
	return m->last_id == ENTRY_FIXED && !m->n_lines;
}

static int begin(struct store *store, const uint8_t id[STORE_COPY_ID])
{
	struct etcd *e = etcd_of(store);

	if (e->copy)
		return memcmp(e->copy_id, id, STORE_COPY_ID) ? -EALREADY : 0;
	if (!is_empty(etcd_memory(e)))
		return -ENOTEMPTY;
	memcpy(e->copy_id, id, STORE_COPY_ID);
	return write_key(e, id);
}

static int end(struct store *store)
{
	struct etcd *e = etcd_of(store);

	return e->copy ? write_key(e, NULL) : -EINVAL;
}

/* ---- what is put --------------------------------------------------------- */

static void put_machine(struct draft *d, const struct change *c)
{
	char key[ETCD_KEY];
	size_t at = d->bytes.len;

	if (!c->network)
		return;
	etcd_machine_key(key, &c->lease.hw, c->network);
	etcd_address_write(&d->bytes, c->lease.ip);
	draft_put(d, key, at);
}

static void put_one(struct etcd *e, struct draft *d, const struct change *c)
{
	char key[ETCD_KEY] = ETCD_LAST_ID;
	size_t at = d->bytes.len;

	if (c->kind == CHANGE_ENTRY_DESTROY) {
		etcd_address_write(&d->bytes, c->id);
	} else if (change_is_edit(c)) {
		etcd_entry_key(key, c->id);
		etcd_entry_write(&d->bytes, c);
	} else {
		put_machine(d, c);
		at = d->bytes.len;
		etcd_lease_key(key, c->lease.ip);
		etcd_lease_write(&d->bytes, &c->lease, c->network,
				 e->link->ops->wall(e->link));
	}
	draft_put(d, key, at);
}

/* As many as one transaction takes, at least one.  A lease is two keys, and
 * there is the marker. */
static size_t fill(struct etcd *e, struct draft *d, const struct change *v,
		   size_t n)
{
	size_t i = 0;

	draft_clear(d);
	draft_compare(d, ETCD_COPY, e->copy);
	do
		put_one(e, d, &v[i++]);
	while (i < n && d->ops.n + 3 <= e->config.txn_ops &&
	       d->bytes.len + v[i].props.len < ETCD_REQUEST);
	return i;
}

/* One round of transactions side by side; *did: of the changes. */
static int put_some(struct etcd *e, const struct change *v, size_t n,
		    size_t *did)
{
	struct seat seats[ETCD_SIDE];
	struct etcd_txn t[ETCD_SIDE];
	size_t k = 0;
	int rc = 0;

	*did = 0;
	for (; !rc && k < ETCD_SIDE && *did < n; k++) {
		struct draft *d = &e->drafts[k];

		seats[k] = (struct seat){.n = 1};
		*did += fill(e, d, v + *did, n - *did);
		rc = seat_mark(e, d, &seats[k], k);
		if (!rc)
			rc = seat_seal(e, d, &seats[k], &t[k]);
	}
	if (!rc)
		rc = carry(e, t, seats, k);
	while (k)
		seat_unseal(e, &seats[--k]);
	return rc;
}

static int put(struct store *store, const struct change *v, size_t n)
{
	struct etcd *e = etcd_of(store);
	size_t at = 0, did;
	int rc = e->copy ? etcd_hear(e) : -EINVAL;

	while (!rc && at < n) {
		rc = put_some(e, v + at, n - at, &did);
		at += did;
	}
	return rc;
}

const struct store_intake etcd_intake = {
	.begin = begin, .put = put, .end = end};
