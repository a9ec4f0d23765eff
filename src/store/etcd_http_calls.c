/*
 * Transactions, pages and leases.  A transaction is never sent twice when it
 * may have been done; everything else is.
 */
#include "store/etcd_http_inside.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* What a majority has agreed upon does not go back, unless etcd was restored
 * from a copy; then all that is known has to be loaded anew. */
static void agree(struct http *h, uint64_t before, uint64_t revision)
{
	if (revision < before) {
		h->agreed = h->latest = revision;
		watch_is_stale(h);
	}
	if (revision > h->agreed)
		h->agreed = revision;
	http_saw(h, revision);
}

static bool puts_something(const struct etcd_txn *t)
{
	for (size_t i = 0; i < t->n_ops; i++)
		if (t->ops[i].value)
			return true;
	return false;
}

static int end_txn(struct http *h, struct etcd_txn *t, const struct exchange *x,
		   uint64_t before)
{
	int rc = x->rc;

	if (!rc)
		rc = etcd_get_txn(t, exchange_answer(x));
	if (rc)
		return rc;
	agree(h, before, t->revision);
	http_answered(h, x);
	if (t->succeeded && puts_something(t) && t->revision > h->watch.owed)
		h->watch.owed = t->revision;
	return 0;
}

/* So many as go side by side. */
static int some_txns(struct http *h, struct etcd_txn *v, size_t n, usec until)
{
	uint64_t before = h->agreed;
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		exchange_begin(&h->v[i], "kv/txn");
		etcd_put_txn(&h->v[i].body, h->config.prefix, &v[i]);
	}
	http_ask(h, h->v, n, until);
	for (size_t i = 0; i < n; i++) {
		v[i].rc = end_txn(h, &v[i], &h->v[i], before);
		if (v[i].rc)
			rc = v[i].rc;
	}
	return rc;
}

int http_txns(struct etcd_link *l, struct etcd_txn *v, size_t n, usec most)
{
	struct http *h = (struct http *)l;
	usec until = http_now() + most;
	int rc = 0;

	for (size_t at = 0; at < n; at += HTTP_SIDE_BY_SIDE) {
		size_t some = n - at < HTTP_SIDE_BY_SIDE ? n - at
							 : HTTP_SIDE_BY_SIDE;
		int one = some_txns(h, v + at, some, until);

		rc = one ? one : rc;
	}
	http_note(h, rc);
	return rc;
}

/* ---- what may be done twice --------------------------------------------- */

/* The whole of it, with all endpoints, while something comes. */
static int ask_safely(struct http *h)
{
	struct exchange *x = h->v;

	x->is_safe = true;
	http_ask(h, x, 1, http_now() + (h->n_endpoints + 16) * h->config.wait);
	/* It stores nothing, so it can't say that there is room again. */
	if (x->rc || h->why != -ENOSPC)
		http_note(h, x->rc);
	return x->rc;
}

static int get_page(struct http *h, const struct etcd_pages *p,
		    struct etcd_page *page, etcd_each *each, void *arg)
{
	uint64_t before = h->agreed;
	int rc;

	exchange_begin(h->v, "kv/range");
	etcd_put_range(&h->v->body, p);
	rc = ask_safely(h);
	if (rc)
		return rc;
	rc = etcd_get_range(page, exchange_answer(h->v), p->prefix, each, arg);
	if (page->revision)
		agree(h, before, page->revision);
	if (!rc && !p->revision)
		http_answered(h, h->v);
	return rc;
}

/* Whoever asks goes on behind what it was told; so it has to be told something,
 * though a page may be full of keys that can't be ours. */
static bool go_behind(struct etcd_pages *p, const struct etcd_page *page,
		      char *to)
{
	if (page->n || !page->more)
		return false;
	memcpy(to, page->last.s, page->last.len);
	to[page->last.len] = 0;
	p->from = (struct span){to, page->last.len + 1};
	return true;
}

/* A page that is too large is asked for in halves. */
static bool halve(struct etcd_pages *p)
{
	if (p->limit == 1)
		return false;
	p->limit = p->limit ? p->limit / 2 : 1024;
	return true;
}

int http_range(struct etcd_link *l, const char *from, const char *to,
	       uint32_t limit, uint64_t *revision, etcd_each *each, void *arg,
	       bool *more)
{
	struct http *h = (struct http *)l;
	struct etcd_page page;
	struct etcd_pages p = {.prefix = h->config.prefix,
			       .from = span_of(from),
			       .to = to ? to : "",
			       .limit = limit,
			       .revision = *revision};
	char behind[sizeof page.bytes + 1];
	int rc;

	do {
		do {
			rc = get_page(h, &p, &page, each, arg);
		} while (rc == -EMSGSIZE && halve(&p));
		if (rc)
			return rc;
		if (!p.revision)
			p.revision = page.revision;
	} while (go_behind(&p, &page, behind));
	*revision = p.revision;
	*more = page.more;
	return 0;
}

/* ---- leases ------------------------------------------------------------- */

static int ask_lease(struct http *h, struct etcd_lease *to)
{
	int rc = ask_safely(h);

	if (!rc)
		rc = etcd_get_lease(to, exchange_answer(h->v));
	if (!rc)
		http_saw(h, to->revision);
	return rc;
}

int http_grant(struct etcd_link *l, unsigned ttl, uint64_t *lease)
{
	struct http *h = (struct http *)l;
	struct etcd_lease got;
	int rc;

	exchange_begin(h->v, "lease/grant");
	etcd_put_grant(&h->v->body, ttl);
	rc = ask_lease(h, &got);
	if (!rc && !got.id)
		rc = -EPROTO;
	if (!rc)
		*lease = got.id;
	return rc;
}

int http_keep(struct etcd_link *l, uint64_t lease)
{
	struct http *h = (struct http *)l;
	struct etcd_lease got;
	int rc;

	exchange_begin(h->v, "lease/keepalive");
	etcd_put_lease(&h->v->body, lease);
	rc = ask_lease(h, &got);
	return !rc && !got.ttl ? -ENOENT : rc;
}

int http_revoke(struct etcd_link *l, uint64_t lease)
{
	struct http *h = (struct http *)l;
	struct etcd_lease got;
	int rc;

	exchange_begin(h->v, "lease/revoke");
	etcd_put_lease(&h->v->body, lease);
	rc = ask_lease(h, &got);
	return rc == -ENOENT ? 0 : rc; /* it has ended: so it is */
}

int http_left(struct etcd_link *l, uint64_t lease, usec *left)
{
	struct http *h = (struct http *)l;
	struct etcd_lease got;
	int rc;

	exchange_begin(h->v, "lease/timetolive");
	etcd_put_lease(&h->v->body, lease);
	rc = ask_lease(h, &got);
	*left = rc ? 0 : SECONDS((usec)got.ttl);
	return rc;
}
