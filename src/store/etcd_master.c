/*
 * Who is the master of a domain: a key with a lease of etcd's, so that it goes
 * when its server is silent.  Nothing relies on that: whoever writes compares
 * the key's revision, which no former master can have.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* ---- our lease ----------------------------------------------------------- */

/* Two seconds are the least that etcd grants with its usual election timeout.
 */
static const usec KEEP = MILLISECONDS(500);

static int grant(struct etcd *e)
{
	e->session = 0;
	e->seq = 0;
	return e->link->ops->grant(e->link, ETCD_LEASE, &e->session);
}

int etcd_keep_session(struct etcd *e)
{
	usec now = e->link->ops->now(e->link);
	int rc;

	if (e->session && now < e->next_keep)
		return 0;
	e->next_keep = now + KEEP;
	rc = e->session ? e->link->ops->keep(e->link, e->session) : -ENOENT;
	/* What wants to be committed will see what else it may be. */
	return rc == -ENOENT ? grant(e) : 0;
}

/* ---- masterships --------------------------------------------------------- */

int etcd_master_is(struct etcd *e, uint32_t domain, const struct etcd_kv *kv)
{
	const struct store_master *was =
		memory_master_of(etcd_memory(e), domain);
	struct store_master m = {.domain = domain,
				 .token = was ? was->token : 0};

	if (kv->value) {
		m.token = kv->revision;
		(void)text_copy(m.holder, sizeof m.holder,
				(const char *)kv->value, kv->len);
	}
	return memory_set_master(etcd_memory(e), &m);
}

/* Our name alone does not say so: it may be of our life before. */
static bool is_ours(const struct store_master *m)
{
	return m && m->holder[0] && m->wall_ends == NEVER;
}

uint64_t etcd_fence(const struct etcd *e, uint32_t domain)
{
	const struct store_master *m = memory_master_of(etcd_memory(e), domain);

	return is_ours(m) ? m->token : 0;
}

/* Put our name there, or take it away: 0, -EPERM if another was faster. */
static int write_name(struct etcd *e, uint32_t domain, bool is_taken)
{
	char key[ETCD_KEY], marker[ETCD_KEY];
	struct text t = text_over(marker, sizeof marker);
	uint64_t stamp[2] = {e->session, e->seq++};
	struct store_master is = {.domain = domain};
	struct mark *m;
	int rc;

	etcd_master_key(key, domain);
	text_add(&t, "t/");
	text_add(&t, e->config.server);
	text_add(&t, "/m");
	m = marks_get(&e->marks, key);
	if (!m)
		return -ENOMEM;
	struct etcd_compare same = {.key = key, .revision = m->revision};
	struct etcd_op ops[2] = {
		{.key = key,
		 .value = is_taken ? (const uint8_t *)e->config.server : NULL,
		 .len = strlen(e->config.server),
		 .lease = e->session},
		{.key = marker,
		 .value = (const uint8_t *)stamp,
		 .len = sizeof stamp}};
	struct etcd_txn txn = {.compares = &same,
			       .n_compares = 1,
			       .ops = ops,
			       .n_ops = 2,
			       .marker = marker};

	rc = etcd_carry(e, &txn, 1);
	if (rc)
		return rc;
	if (!txn.succeeded) {
		(void)etcd_hear_more(e, e->heard);
		return -EPERM;
	}
	m = marks_get(&e->marks, key);
	if (!m)
		return -ENOMEM;
	m->revision = is_taken ? txn.revision : 0;
	is.token = txn.revision;
	is.wall_ends = is_taken ? NEVER : 0;
	if (is_taken)
		memcpy(is.holder, e->config.server, sizeof is.holder);
	rc = memory_set_master(etcd_memory(e), &is);
	/* What the last master wrote comes before anything of ours. */
	return rc ? rc : etcd_catch_up(e, txn.revision, 4 * e->config.wait);
}

int etcd_be_master(struct etcd *e, uint32_t domain)
{
	const struct store_master *m = memory_master_of(etcd_memory(e), domain);
	int rc;

	if (etcd_fence(e, domain))
		return 0;
	if (m && m->holder[0] && strcmp(m->holder, e->config.server) != 0)
		return -EPERM;
	rc = write_name(e, domain, true);
	if (rc != -ENOENT)
		return rc;
	/* Our lease has run out since it was last kept, while etcd or we were
	 * busy with something large. */
	rc = grant(e);
	return rc ? rc : write_name(e, domain, true);
}

int etcd_master(struct store *s, enum store_act act, struct store_master *m,
		usec wall)
{
	struct etcd *e = etcd_of(s);
	const struct store_master *is =
		memory_master_of(etcd_memory(e), m->domain);
	bool is_other = strcmp(m->holder, e->config.server) != 0;
	int rc = 0;

	(void)wall;
	switch (act) {
	case MASTER_LOOK:
		rc = is ? 0 : -ENOENT;
		break;
	case MASTER_TAKE:
		if (is_other)
			return -EINVAL; /* only for ourselves */
		rc = etcd_be_master(e, m->domain);
		rc = rc == -EPERM ? -EBUSY : rc;
		break;
	case MASTER_RENEW:
	case MASTER_DROP:
		if (is_other || etcd_fence(e, m->domain) != m->token)
			rc = -EPERM;
		else if (act == MASTER_DROP)
			rc = write_name(e, m->domain, false);
		break;
	}
	is = memory_master_of(etcd_memory(e), m->domain);
	if (is)
		*m = *is;
	return rc;
}

/* ---- who is it ----------------------------------------------------------- */

/* The leases of etcd's that masterships go with, as they stand there. */
struct held {
	struct etcd *e;
	struct {
		uint32_t domain;
		uint64_t lease;
		usec left; /* -1: nobody can say */
	} * v;
	size_t n, most;
	char last[ETCD_KEY];
};

static int take_held(void *arg, const struct etcd_kv *kv)
{
	struct held *h = arg;
	uint32_t domain;
	void *v;

	memcpy(h->last, kv->key, strlen(kv->key) + 1);
	if (!etcd_master_of(kv->key, &domain))
		return 0;
	v = grow_for(&h->e->alloc, h->v, h->n, &h->most, sizeof *h->v);
	if (!v)
		return -ENOMEM;
	h->v = v;
	h->v[h->n].domain = domain;
	h->v[h->n++].lease = kv->lease;
	return 0;
}

/* -ENOMEM; or 0, and if nobody answers they are not all. */
static int find_held(struct held *h)
{
	const struct etcd_link_ops *ops = h->e->link->ops;
	char from[ETCD_KEY + 1] = "m/";
	uint64_t revision = 0;
	bool more = true;
	int rc = 0;

	while (!rc && more) {
		rc = ops->range(h->e->link, from, "m0", ETCD_PAGE, &revision,
				take_held, h, &more);
		/* Behind the last one, as in a snapshot. */
		memcpy(from, h->last, sizeof h->last);
		memcpy(from + strlen(from), "!", 2);
	}
	return rc == -ENOMEM ? rc : 0;
}

/* A server has all its masterships with one lease: it is asked for once, since
 * commits wait meanwhile. */
static void ask_left(struct held *h)
{
	const struct etcd_link_ops *ops = h->e->link->ops;

	for (size_t i = 0, same; i < h->n; i++) {
		for (same = 0; h->v[same].lease != h->v[i].lease;)
			same++;
		if (same < i)
			h->v[i].left = h->v[same].left;
		else if (ops->left(h->e->link, h->v[i].lease, &h->v[i].left))
			h->v[i].left = -1;
	}
}

static usec left_of(const struct held *h, uint32_t domain)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].domain == domain)
			return h->v[i].left;
	return -1;
}

int etcd_masters(struct store *s, store_each_master *each, void *arg)
{
	struct etcd *e = etcd_of(s);
	const struct memory *m = etcd_memory(e);
	struct held h = {.e = e};
	/* If nobody answers it is told what was true last. */
	int rc = find_held(&h);

	if (!rc)
		ask_left(&h);
	for (size_t i = 0; !rc && i < m->n_masters; i++)
		if (m->masters[i].holder[0])
			rc = each(arg, &m->masters[i],
				  left_of(&h, m->masters[i].domain));
	alloc_put(&e->alloc, h.v);
	return rc;
}
