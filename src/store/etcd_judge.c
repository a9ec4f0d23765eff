/*
 * Judging a commit, by what is known: what it means as operations on keys, and
 * which marks must still hold when they are carried out.
 *
 * An edit is held together by the mastership of its domain, whose mark it
 * compares: nobody else edits there, so nothing but the entries themselves has
 * to be compared.  Domains are made and destroyed by the master of the first
 * one, too.  A lease is held by the marks of its address and of its machine.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/directory.h"

struct judging {
	struct etcd *e;
	struct commit *v;
	struct draft *d;
	struct draft_point from;
	size_t lines_at; /* where the history's value begins */
	uint32_t gone;   /* the highest id that is destroyed */
};

/* An operation is to be done to a key: its mark; NULL and *rc says why not. */
static struct mark *touch(struct judging *j, const char *key, int *rc)
{
	struct mark *m = marks_get(&j->e->marks, key);

	*rc = 0;
	if (!m)
		*rc = -ENOMEM;
	else if (m->touched == j->e->round && !draft_has(j->d, j->from, key))
		*rc = -EBUSY;
	if (*rc)
		return NULL;
	m->touched = j->e->round;
	draft_compare(j->d, key, m->revision);
	return m;
}

/* ---- leases -------------------------------------------------------------- */

/* What others did to it, whoever decided did not know. */
static bool is_news(const struct judging *j, const struct mark *m)
{
	return j->v->seen && m->others > j->v->seen;
}

/* The machine has this address in the subnet now. */
static int bind_machine(struct judging *j, const struct change *c)
{
	char key[ETCD_KEY];
	struct mark *m;
	struct draft_op *o;
	size_t at = j->d->bytes.len;
	int rc;

	etcd_machine_key(key, &c->lease.hw, c->network);
	m = touch(j, key, &rc);
	if (!m)
		return rc;
	if (m->revision && m->value == c->lease.ip)
		return 0;
	if (is_news(j, m))
		return -EEXIST;
	etcd_address_write(&j->d->bytes, c->lease.ip);
	o = draft_put(j->d, key, at);
	if (o)
		o->value = c->lease.ip;
	return 0;
}

/* The machine that had the address before has none any more. */
static int unbind_machine(struct judging *j, const struct change *is)
{
	char key[ETCD_KEY];
	struct mark *m;
	int rc;

	if (!is->network)
		return 0;
	etcd_machine_key(key, &is->lease.hw, is->network);
	m = marks_get(&j->e->marks, key);
	if (!m)
		return -ENOMEM;
	if (!m->revision || m->value != is->lease.ip)
		return 0;
	if (!touch(j, key, &rc))
		return rc;
	draft_delete(j->d, key);
	return 0;
}

static int put_lease(struct judging *j, const struct change *c)
{
	const struct record *is = memory_find(etcd_memory(j->e), c);
	bool is_bound = c->network && c->lease.kind != LEASE_DECLINED;
	char key[ETCD_KEY];
	size_t at;
	int rc = 0;

	if (is && !is->is_gone &&
	    (!is_bound || is->c.network != c->network ||
	     !hwaddr_is(&is->c.lease.hw, &c->lease.hw)))
		rc = unbind_machine(j, &is->c);
	if (!rc && is_bound)
		rc = bind_machine(j, c);
	etcd_lease_key(key, c->lease.ip);
	at = j->d->bytes.len;
	etcd_lease_write(&j->d->bytes, &c->lease, c->network, j->v->wall);
	draft_put(j->d, key, at);
	return rc;
}

static int drop_lease(struct judging *j, const struct change *c,
		      const struct mark *m)
{
	const struct record *is = memory_find(etcd_memory(j->e), c);
	char key[ETCD_KEY];
	int rc = is && !is->is_gone ? unbind_machine(j, &is->c) : 0;

	etcd_lease_key(key, c->lease.ip);
	if (m->revision)
		draft_delete(j->d, key);
	return rc;
}

/* Another server registered it for the same machine: that has no end, and is
 * the same twice. */
static bool is_registered(const struct judging *j, const struct change *c)
{
	const struct record *is = memory_find(etcd_memory(j->e), c);

	return c->kind == CHANGE_LEASE_PUT && c->lease.kind == LEASE_BOOTP &&
	       is && !is->is_gone && is->c.lease.kind == LEASE_BOOTP &&
	       hwaddr_is(&is->c.lease.hw, &c->lease.hw);
}

static int judge_lease(struct judging *j, const struct change *c)
{
	char key[ETCD_KEY];
	struct mark *m;
	int rc;

	etcd_lease_key(key, c->lease.ip);
	if (draft_has(j->d, j->from, key))
		return -EINVAL; /* twice in one commit */
	m = touch(j, key, &rc);
	if (!m)
		return rc;
	/* Even if the same machine has it still: what was decided may be the
	 * end of what stood there, or less than what stands there now. */
	if (is_news(j, m) && !is_registered(j, c))
		return c->kind == CHANGE_LEASE_DROP ? -ESTALE : -EEXIST;
	return c->kind == CHANGE_LEASE_DROP ? drop_lease(j, c, m)
					    : put_lease(j, c);
}

/* ---- edits --------------------------------------------------------------- */

/* Only the master of this domain may make the change; *also: and of that one,
 * too; 0: of no other. */
static uint32_t domain_of(const struct change *c, uint32_t *also)
{
	*also = 0;
	if (c->kind == CHANGE_DOMAIN_PUT)
		return c->instance == 1 ? DOMAIN_FIRST : c->id;
	if (c->kind == CHANGE_ENTRY_DESTROY && c->id == c->domain)
		*also = DOMAIN_FIRST;
	return c->domain;
}

static int fence(struct judging *j, uint32_t domain)
{
	char key[ETCD_KEY];
	int rc = etcd_be_master(j->e, domain);

	/* Whoever is the master by now, nothing of the commit was tried. */
	if (rc == -ETIMEDOUT || rc == -EAGAIN)
		return -EHOSTUNREACH;
	if (rc)
		return rc;
	if (j->v->seen && etcd_edited(j->e, domain) > j->v->seen)
		return -ESTALE;
	etcd_master_key(key, domain);
	draft_compare(j->d, key, etcd_fence(j->e, domain));
	return 0;
}

static int fence_all(struct judging *j)
{
	int rc = 0;

	for (size_t i = 0; !rc && i <= j->v->more; i++) {
		uint32_t also, domain = domain_of(&j->v->change[i], &also);

		j->v->failed = i;
		rc = fence(j, domain);
		if (!rc && also)
			rc = fence(j, also);
	}
	if (!rc)
		j->v->failed = 0;
	return rc;
}

/* What becomes of an entry, once all is done. */
static int put_entry(struct judging *j, uint32_t id)
{
	struct change c = {.kind = CHANGE_ENTRY_PUT, .id = id};
	const struct record *r = memory_find(etcd_memory(j->e), &c);
	size_t at = j->d->bytes.len;
	char key[ETCD_KEY];
	int rc;

	etcd_entry_key(key, id);
	if (draft_has(j->d, j->from, key))
		return 0;
	if (!touch(j, key, &rc))
		return rc;
	if (r && !r->is_gone) {
		etcd_entry_write(&j->d->bytes, &r->c);
		draft_put(j->d, key, at);
		return 0;
	}
	draft_delete(j->d, key);
	if (id > j->gone)
		j->gone = id;
	return 0;
}

/* No id is given out twice, though the entry with the last one be gone. */
static int keep_id(struct judging *j)
{
	size_t at = j->d->bytes.len;
	struct draft_op *o;
	struct mark *m;
	int rc;

	if (!j->gone)
		return 0;
	m = touch(j, ETCD_LAST_ID, &rc);
	if (!m || (m->revision && m->value >= j->gone))
		return rc;
	etcd_address_write(&j->d->bytes, j->gone);
	o = draft_put(j->d, ETCD_LAST_ID, at);
	if (o)
		o->value = j->gone;
	return 0;
}

static int look(void *arg, size_t line)
{
	struct judging *j = arg;
	const struct memory *m = etcd_memory(j->e);
	char key[ETCD_KEY];
	int rc = 0;

	for (size_t i = line; !rc && i < m->n_lines; i++)
		rc = put_entry(j, memory_line(m, i)->change.id);
	if (!rc)
		rc = keep_id(j);
	j->lines_at = j->d->bytes.len;
	etcd_lines_begin(&j->d->bytes, j->v->wall, j->v->who);
	for (size_t i = line; i < m->n_lines; i++)
		etcd_line_write(&j->d->bytes, memory_line(m, i));
	snprintf(key, sizeof key, "y/%016llx/%016llx",
		 (unsigned long long)j->e->session,
		 (unsigned long long)j->e->seq++);
	draft_put(j->d, key, j->lines_at);
	return rc;
}

static int judge_edits(struct judging *j)
{
	int rc = fence_all(j);

	return rc ? rc : memory_try(etcd_memory(j->e), j->v, look, j);
}

/* ---- both ---------------------------------------------------------------- */

static int judge(struct judging *j)
{
	int rc = 0;

	if (change_is_edit(j->v->change))
		return judge_edits(j);
	for (size_t i = 0; !rc && i <= j->v->more; i++) {
		j->v->failed = i;
		rc = judge_lease(j, &j->v->change[i]);
	}
	if (!rc)
		j->v->failed = 0;
	return rc;
}

/* The keys of what was taken back may be touched again. */
static void untouch(struct judging *j)
{
	for (size_t i = j->from.compares; i < j->d->compares.n; i++) {
		struct mark *m =
			marks_get(&j->e->marks, j->d->compares.v[i].key);

		if (m && m->touched == j->e->round)
			m->touched = 0;
	}
}

int etcd_judge(struct etcd *e, struct commit *v, struct draft *d)
{
	struct judging j = {.e = e, .v = v, .d = d, .from = draft_point(d)};
	size_t most = e->config.txn_ops;
	int rc = judge(&j);

	if (!rc && d->has_failed)
		rc = -ENOMEM;
	/* One more of each is the marker's. */
	if (!rc && (d->ops.n + 1 > most || d->compares.n + 1 > most))
		rc = -E2BIG;
	if (!rc && d->bytes.len > ETCD_REQUEST)
		rc = -EMSGSIZE;
	if (rc) {
		untouch(&j);
		draft_back(d, j.from);
	}
	return rc;
}
