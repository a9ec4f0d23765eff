/*
 * What others changed.  It goes into the store in memory and the marks as etcd
 * tells it, and becomes news, all of one revision together.  Our own revisions
 * are told, too, and passed over: what they did is known already.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const usec LOOK_UP = SECOND;

/* ---- our own ------------------------------------------------------------- */

static int own_room(struct etcd *e)
{
	uint64_t *v =
		grow_for(&e->alloc, e->own, e->n_own, &e->most_own, sizeof *v);

	if (!v)
		return -ENOMEM;
	e->own = v;
	return 0;
}

int etcd_own(struct etcd *e, uint64_t revision)
{
	size_t at = e->n_own;
	int rc = revision > e->revision ? own_room(e) : 0;

	if (rc || revision <= e->revision)
		return rc;
	/* Transactions side by side may end in any order. */
	for (; at && e->own[at - 1] > revision; at--)
		e->own[at] = e->own[at - 1];
	e->own[at] = revision;
	e->n_own++;
	return 0;
}

static bool is_own(struct etcd *e, uint64_t revision)
{
	size_t n = 0;
	bool is = false;

	while (n < e->n_own && e->own[n] <= revision)
		is = e->own[n++] == revision;
	if (!n)
		return false;
	e->n_own -= n;
	memmove(e->own, e->own + n, e->n_own * sizeof *e->own);
	return is;
}

/* ---- one event ----------------------------------------------------------- */

struct hearing {
	struct etcd *e;
	struct changes *all;
	uint64_t revision;
	struct commit commit; /* that of the lines being read */
	size_t done;          /* changes that are in the store in memory */
};

static int note_edited(struct etcd *e, uint32_t domain, uint64_t revision)
{
	struct domain_news *v;

	for (size_t i = 0; i < e->n_edited; i++)
		if (e->edited[i].domain == domain) {
			e->edited[i].revision = revision;
			return 0;
		}
	v = grow_for(&e->alloc, e->edited, e->n_edited, &e->most_edited,
		     sizeof *v);
	if (!v)
		return -ENOMEM;
	e->edited = v;
	e->edited[e->n_edited++] = (struct domain_news){domain, revision};
	return 0;
}

uint64_t etcd_edited(const struct etcd *e, uint32_t domain)
{
	for (size_t i = 0; i < e->n_edited; i++)
		if (e->edited[i].domain == domain)
			return e->edited[i].revision > e->loaded
				       ? e->edited[i].revision
				       : e->loaded;
	return e->loaded;
}

static int see_mark(struct hearing *h, const struct etcd_kv *kv)
{
	struct mark *m = marks_get(&h->e->marks, kv->key);

	if (!m)
		return -ENOMEM;
	m->revision = kv->value ? kv->revision : 0;
	m->others = h->revision;
	m->value = 0;
	if (!kv->value || (kv->key[0] != 'h' && kv->key[0] != 'i'))
		return 0;
	return etcd_address_read(kv, &m->value) ? 0 : -EBADMSG;
}

static int make(struct hearing *h, struct commit *v)
{
	int rc = memory_make(etcd_memory(h->e), v, h->revision);

	/* What etcd has must be possible; if it is not, it is not what is
	 * known. */
	return rc && rc != -ENOMEM ? -ESTALE : rc;
}

/* Since all was known last, and perhaps as long ago, if we were asleep or cut
 * off. */
usec etcd_written(const struct etcd *e)
{
	const struct etcd_link_ops *ops = e->link->ops;

	return ops->wall(e->link) - usec_max(ops->now(e->link) - e->fresh, 0);
}

static int hear_lease(struct hearing *h, const struct etcd_kv *kv)
{
	struct change c = {.kind = CHANGE_LEASE_DROP};
	struct commit v = {.change = &c};
	usec wall;
	int rc = 0;

	if (!etcd_lease_of(kv->key, &c.lease.ip))
		return -EBADMSG;
	if (kv->value) {
		c.kind = CHANGE_LEASE_PUT;
		rc = etcd_lease_read(kv, &c.lease, &c.network, &wall);
	}
	if (!rc)
		rc = make(h, &v);
	if (rc)
		return rc;
	if (kv->value && c.lease.wall_ends != NEVER)
		c.lease.wall_ends += etcd_written(h->e) - wall;
	rc = changes_add(h->all, &c);
	h->done = h->all->n;
	return rc;
}

static int hear_line(void *arg, const struct store_line *l)
{
	struct hearing *h = arg;
	uint32_t domain = l->change.domain;
	int rc;

	h->commit.wall = l->wall;
	if (!h->all->who[0])
		strncpy(h->all->who, l->who, sizeof h->all->who - 1);
	if (l->went_along)
		return 0;
	rc = note_edited(h->e, domain, h->revision);
	return rc ? rc : changes_add(h->all, &l->change);
}

static int hear_commit(struct hearing *h, const struct etcd_kv *kv)
{
	struct memory *m = etcd_memory(h->e);
	size_t lines = m->n_lines;
	int rc;

	if (!kv->value) {
		etcd_history_gone(h->e, kv->key);
		return 0;
	}
	h->all->who[0] = '\0';
	rc = etcd_lines_read(kv, hear_line, h);
	if (rc)
		return rc;
	if (h->all->n == h->done)
		return -EBADMSG;
	h->commit.change = h->all->v + h->done;
	h->commit.more = h->all->n - h->done - 1;
	h->commit.who = h->all->who;
	rc = make(h, &h->commit);
	if (rc)
		return rc;
	h->done = h->all->n;
	return etcd_history_add(h->e, kv->key, m->n_lines - lines);
}

static int hear_key(struct hearing *h, const struct etcd_kv *kv)
{
	uint32_t domain;
	int rc;

	switch (kv->key[0]) {
	case 'y':
		return hear_commit(h, kv);
	case 'l':
		rc = hear_lease(h, kv);
		return rc ? rc : see_mark(h, kv);
	case 'm':
		rc = see_mark(h, kv);
		if (rc || !etcd_master_of(kv->key, &domain))
			return rc ? rc : -EBADMSG;
		return etcd_master_is(h->e, domain, kv);
	case 'c':
		/* Somebody fills it as if we were not there. */
		return kv->value && !h->e->config.takes_copy ? -EPROTO : 0;
	case 'e':
	case 'h':
	case 'i':
		return see_mark(h, kv);
	default:
		return 0; /* a marker, or a newer Muster's */
	}
}

/* Commits of one transaction in their order. */
static int by_key(const void *a, const void *b)
{
	const struct etcd_kv *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static int hear_keys(struct hearing *h, const struct etcd_event *ev)
{
	const struct etcd_kv **v =
		alloc_get(&h->e->alloc, ev->n + 1, sizeof *v);
	int rc = v ? 0 : -ENOMEM;

	for (size_t i = 0; v && i < ev->n; i++)
		v[i] = &ev->v[i];
	if (v && ev->n)
		qsort(v, ev->n, sizeof(*v), by_key);
	for (size_t i = 0; !rc && i < ev->n; i++)
		rc = hear_key(h, v[i]);
	alloc_put(&h->e->alloc, v);
	return rc;
}

int etcd_tell(struct etcd *e, struct changes *all, uint64_t revision)
{
	struct etcd_news *n;

	if (!all->n) {
		changes_drop(all);
		return 0;
	}
	n = alloc_get(&e->alloc, 1, sizeof *n);
	if (!n) {
		changes_drop(all);
		return -ENOMEM;
	}
	*n = (struct etcd_news){.all = all, .revision = revision};
	*e->last_news = n;
	e->last_news = &n->next;
	return 0;
}

static int hear_event(struct etcd *e, const struct etcd_event *ev)
{
	struct hearing h = {.e = e, .revision = ev->revision};
	int rc, told;

	if (ev->revision <= e->revision)
		return 0;
	e->revision = ev->revision;
	if (is_own(e, ev->revision))
		return 0;
	e->heard++;
	rc = changes_open(&h.all, &e->alloc);
	if (rc)
		return rc;
	rc = hear_keys(&h, ev);
	memory_prune(etcd_memory(e));
	/* If it failed: what is known here must be known above. */
	h.all->n = h.done;
	told = etcd_tell(e, h.all, ev->revision);
	return rc ? rc : told;
}

/* ---- hearing ------------------------------------------------------------- */

/*
 * All was known, up to when something was asked that has been answered.  That
 * nothing is heard says nothing: who wakes up hears nothing at first.
 */
static void be_sure(struct etcd *e, bool is_well)
{
	struct etcd_state is;

	e->link->ops->state(e->link, &is);
	etcd_lags(e, is.latest);
	if (is_well && !e->behind_since)
		e->fresh = usec_max(e->fresh, is.asked);
}

void etcd_lags(struct etcd *e, uint64_t latest)
{
	if (e->revision >= latest)
		e->behind_since = 0;
	else if (!e->behind_since)
		e->behind_since = e->link->ops->now(e->link);
}

static bool is_look_due(const struct etcd *e, usec now)
{
	struct etcd_state is;

	e->link->ops->state(e->link, &is);
	if (now < e->look_at)
		return false;
	if (is.is_away)
		return is.why == -ENOSPC;
	return e->behind_since && now >= e->behind_since + LOOK_UP;
}

/*
 * Others may use this etcd, too, and no watch of ours tells what they write, so
 * a later revision says nothing.  One of our own does: all of ours that is
 * older is told before it.  And that there is room again, nothing else can say.
 */
void etcd_look_up(struct etcd *e)
{
	usec now = e->link->ops->now(e->link);
	uint64_t value[2] = {e->session, e->seq};
	char key[ETCD_KEY];
	struct etcd_op put = {.key = key,
			      .value = (const uint8_t *)value,
			      .len = sizeof value};
	struct etcd_txn t = {.ops = &put, .n_ops = 1, .marker = key};

	if (!is_look_due(e, now))
		return;
	e->look_at = now + LOOK_UP;
	e->seq++;
	snprintf(key, sizeof key, "t/%s/now", e->config.server);
	if (etcd_carry(e, &t, 1) ||
	    etcd_catch_up(e, t.revision, e->config.wait))
		return;
	e->fresh = usec_max(e->fresh, now);
	e->behind_since = 0;
}

int etcd_hear(struct etcd *e)
{
	struct etcd_event ev;
	int rc = 0;

	while (!rc && !e->must_reload &&
	       (rc = e->link->ops->event(e->link, &ev)) == 1)
		rc = hear_event(e, &ev);
	if (rc == -ESTALE)
		e->must_reload = true;
	else if (rc == -ENOMEM || rc == -EBADMSG)
		e->is_broken = true;
	else if (rc == -EPROTO)
		e->is_broken = true;
	if (e->must_reload)
		rc = etcd_reload(e);
	be_sure(e, !rc);
	return rc;
}

int etcd_hear_more(struct etcd *e, uint64_t heard)
{
	usec until = e->link->ops->now(e->link) + e->config.wait;
	int rc = etcd_hear(e);

	while (!rc && e->heard == heard) {
		usec left = until - e->link->ops->now(e->link);

		if (left <= 0)
			break;
		(void)e->link->ops->wait(e->link, -1, left);
		rc = etcd_hear(e);
	}
	return rc;
}

int etcd_catch_up(struct etcd *e, uint64_t revision, usec most)
{
	usec until = e->link->ops->now(e->link) + most;
	int rc = etcd_hear(e);

	while (!rc && e->revision < revision) {
		usec left = until - e->link->ops->now(e->link);

		if (left <= 0)
			return -ETIMEDOUT;
		(void)e->link->ops->wait(e->link, -1, left);
		rc = etcd_hear(e);
	}
	return rc;
}

int etcd_news(struct store *s, store_each_news *each, void *arg)
{
	struct etcd *e = etcd_of(s);
	int rc = 0;

	while (e->news && !rc) {
		struct etcd_news *n = e->news;
		struct store_news news = {.v = n->all->v,
					  .n = n->all->n,
					  .revision = n->revision};

		rc = each(arg, &news);
		if (rc)
			break; /* it is told once more */
		e->news = n->next;
		if (!e->news)
			e->last_news = &e->news;
		changes_drop(n->all);
		alloc_put(&e->alloc, n);
	}
	return rc;
}
