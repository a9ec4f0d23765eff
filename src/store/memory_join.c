/*
 * Several handles on one store in memory.  What one commits is queued for each
 * of the others, a copy for each, so that none waits for another; and what was
 * decided on before the news of another's change came is refused, as a cluster
 * would refuse it.
 */
#include "store/memory_inside.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "model/changes.h"

/* One revision, for one handle. */
struct told {
	struct told *next;
	struct changes *all;
	uint64_t revision;
};

/* A commit whose answer nobody waits for. */
struct late {
	struct late *next;
	struct changes *all;
	uint64_t seen;
	usec wall;
};

struct handle {
	struct store store;
	struct memory *m;
	struct alloc alloc;
	struct handle *next;
	uint32_t by;
	int fd; /* readable: there are news, perhaps */
	struct told *first, **last;
	struct late *late;
	struct store_memory_fate fate;
	bool is_pressed; /* what came before its own is to be heard now */
	int broken;      /* there was no memory for what it had to hear */
};

struct memory_share {
	pthread_mutex_t lock;
	struct handle *handles;
	uint32_t last_by;
};

static struct handle *handle_of(const struct store *s)
{
	return (struct handle *)(void *)s;
}

static struct memory *enter(const struct handle *h)
{
	pthread_mutex_lock(&h->m->share->lock);
	return h->m;
}

static void leave(const struct handle *h)
{
	pthread_mutex_unlock(&h->m->share->lock);
}

/* ---- judging ------------------------------------------------------------- */

static bool is_news(const struct memory *m, const struct commit *v,
		    uint64_t revision, uint32_t by)
{
	return revision > v->seen && by != m->by;
}

/* It gives an address to a machine, for now or for good. */
static bool is_given(const struct record *r)
{
	return !r->is_gone && !change_is_edit(&r->c) &&
	       r->c.lease.kind != LEASE_DECLINED &&
	       (r->c.lease.kind == LEASE_BOOTP || r->c.lease.term);
}

/* Another server gave the machine an address in the same network. */
static bool has_another(const struct memory *m, const struct commit *v,
			const struct change *c)
{
	for (uint32_t i = 0; c->network && i < m->n; i++) {
		const struct record *r = &m->v[i];

		if (is_news(m, v, r->revision, r->by) && is_given(r) &&
		    r->c.network == c->network &&
		    r->c.lease.ip != c->lease.ip &&
		    hwaddr_is(&r->c.lease.hw, &c->lease.hw))
			return true;
	}
	return false;
}

/* For the same machine: that has no end, and is the same twice. */
static bool is_registered(const struct record *r, const struct change *c)
{
	return !r->is_gone && r->c.lease.kind == LEASE_BOOTP &&
	       c->lease.kind == LEASE_BOOTP &&
	       hwaddr_is(&r->c.lease.hw, &c->lease.hw);
}

static int judge_put(const struct memory *m, const struct commit *v,
		     const struct change *c)
{
	const struct record *r = memory_find(m, c);

	if (r && is_news(m, v, r->revision, r->by) &&
	    (m->by == BY_NOBODY || !is_registered(r, c)))
		return -EEXIST;
	return c->lease.kind != LEASE_DECLINED && has_another(m, v, c) ? -EEXIST
								       : 0;
}

int memory_judge(const struct memory *m, const struct commit *v,
		 const struct change *c)
{
	const struct record *r;

	if (!m->share)
		return 0;
	if (change_is_edit(c))
		return is_news(m, v, m->edited, m->edited_by) ? -ESTALE : 0;
	if (c->kind == CHANGE_LEASE_PUT)
		return judge_put(m, v, c);
	r = memory_find(m, c);
	return r && is_news(m, v, r->revision, r->by) ? -ESTALE : 0;
}

/* ---- telling ------------------------------------------------------------- */

static int add_all(struct changes *to, const struct commit *v, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; !rc && !v[i].rc && k <= v[i].more; k++)
			rc = changes_add(to, &v[i].change[k]);
	return rc;
}

static int tell(struct handle *h, const struct commit *v, size_t n)
{
	struct told *t = alloc_get(&h->alloc, 1, sizeof *t);
	const uint64_t one = 1;
	int rc = t ? changes_open(&t->all, &h->alloc) : -ENOMEM;

	if (!rc)
		rc = add_all(t->all, v, n);
	if (rc) {
		if (t)
			changes_drop(t->all);
		alloc_put(&h->alloc, t);
		return rc;
	}
	t->revision = h->m->revision;
	*h->last = t;
	h->last = &t->next;
	return write(h->fd, &one, sizeof one) < 0 ? -errno : 0;
}

static bool has_edit(const struct commit *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!v[i].rc && change_is_edit(v[i].change))
			return true;
	return false;
}

void memory_tell(struct memory *m, const struct commit *v, size_t n)
{
	if (has_edit(v, n)) {
		m->edited = m->revision;
		m->edited_by = memory_author(m);
	}
	for (struct handle *h = m->share ? m->share->handles : NULL; h;
	     h = h->next)
		if ((h->by != m->by || m->tells_all) && !h->broken)
			h->broken = tell(h, v, n);
}

static void forget(struct handle *h, struct told *t)
{
	changes_drop(t->all);
	alloc_put(&h->alloc, t);
}

/* The next that may be heard, which is then the caller's. */
static struct told *take(struct handle *h)
{
	bool is_held = h->fate.is_away || (h->fate.is_slow && !h->is_pressed);
	struct told *t = is_held ? NULL : h->first;

	if (t && !(h->first = t->next))
		h->last = &h->first;
	if (!t && !is_held)
		h->is_pressed = false;
	return t;
}

static void put_back(struct handle *h, struct told *t)
{
	t->next = h->first;
	h->first = t;
	if (!t->next)
		h->last = &t->next;
}

static int joined_news(struct store *s, store_each_news *each, void *arg)
{
	struct handle *h = handle_of(s);
	uint64_t seen;
	struct told *t;
	int rc = h->broken;

	(void)!read(h->fd, &seen, sizeof seen);
	while (!rc) {
		enter(h);
		t = take(h);
		leave(h);
		if (!t)
			return 0;
		rc = each(arg, &(struct store_news){.v = t->all->v,
						    .n = t->all->n,
						    .revision = t->revision});
		if (!rc) {
			forget(h, t);
			continue;
		}
		enter(h);
		put_back(h, t);
		leave(h);
	}
	return rc;
}

static int joined_wait(struct store *s, int fd, usec most)
{
	struct handle *h = handle_of(s);
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
			      {.fd = h->fd, .events = POLLIN}};
	bool is_away;

	enter(h);
	is_away = h->fate.is_away;
	leave(h);
	if (is_away)
		p[1].fd = -1;
	return poll(p, 2, (int)(most / 1000)) < 0 && errno != EINTR ? -errno
								    : 0;
}

/* ---- committing ---------------------------------------------------------- */

/* As if somebody else did it, with what was known then. */
static void make_late(struct handle *h, struct late *l)
{
	struct commit v = {.change = l->all->v,
			   .more = l->all->n - 1,
			   .who = l->all->who,
			   .wall = l->wall,
			   .seen = l->seen};
	uint64_t revision;

	h->m->by = BY_NOBODY;
	(void)memory_commit(&h->m->store, &v, 1, &revision);
	changes_drop(l->all);
	alloc_put(&h->alloc, l);
}

static void be_late(struct handle *h, const struct commit *v)
{
	struct late *l = alloc_get(&h->alloc, 1, sizeof *l);
	int rc = l ? changes_open(&l->all, &h->alloc) : -ENOMEM;

	for (size_t k = 0; !rc && k <= v->more; k++)
		rc = memory_judge(h->m, v, &v->change[k]);
	for (size_t k = 0; !rc && k <= v->more; k++)
		rc = changes_add(l->all, &v->change[k]);
	if (rc) { /* it never happens, then */
		if (l)
			changes_drop(l->all);
		alloc_put(&h->alloc, l);
		return;
	}
	(void)strncpy(l->all->who, v->who ? v->who : "", CHANGES_WHO - 1);
	l->wall = v->wall;
	l->seen = h->m->revision;
	l->next = h->late;
	h->late = l;
}

static int lose(struct handle *h, struct commit *v, size_t n,
		uint64_t *revision)
{
	enum memory_lost lost = h->fate.lost;

	h->fate.lost = LOST_NOTHING;
	h->m->by = h->by;
	for (size_t i = 0; lost == LOST_LATE && i < n; i++)
		be_late(h, &v[i]);
	if (lost == LOST_DONE) {
		h->m->tells_all = true;
		(void)memory_commit(&h->m->store, v, n, revision);
		h->m->tells_all = false;
	}
	return store_fail_all(v, n, -ETIMEDOUT);
}

static int commit(struct handle *h, struct commit *v, size_t n,
		  uint64_t *revision)
{
	int rc;

	if (h->fate.is_away)
		return store_fail_all(v, n, -EHOSTUNREACH);
	if (h->fate.lost != LOST_NOTHING)
		return lose(h, v, n, revision);
	h->m->by = h->by;
	rc = memory_commit(&h->m->store, v, n, revision);
	h->is_pressed = true;
	return rc;
}

static int joined_commit(struct store *s, struct commit *v, size_t n,
			 uint64_t *revision)
{
	struct handle *h = handle_of(s);
	struct memory *m = enter(h);
	int rc = commit(h, v, n, revision);

	m->by = 0;
	leave(h);
	return rc;
}

void store_memory_late(struct store *s)
{
	struct handle *h = handle_of(s);
	struct memory *m = enter(h);

	while (h->late) {
		struct late *l = h->late;

		h->late = l->next;
		make_late(h, l);
	}
	m->by = 0;
	leave(h);
}

void store_memory_befall(struct store *s, const struct store_memory_fate *fate)
{
	struct handle *h = handle_of(s);
	const uint64_t one = 1;

	enter(h);
	h->fate = *fate;
	(void)!write(h->fd, &one, sizeof one);
	leave(h);
}

/* ---- what all stores do -------------------------------------------------- */

static int joined_load(struct store *s, store_each *each, void *arg,
		       uint64_t *revision)
{
	struct handle *h = handle_of(s);
	struct memory *m = enter(h);
	int rc = h->fate.is_away
			 ? -EHOSTUNREACH
			 : m->store.ops->load(&m->store, each, arg, revision);

	/* What it has loaded is no news. */
	while (!rc && h->first) {
		struct told *t = h->first;

		h->first = t->next;
		forget(h, t);
	}
	if (!h->first)
		h->last = &h->first;
	leave(h);
	return rc;
}

static int joined_history(struct store *s, const struct store_query *q,
			  store_each_line *each, void *arg)
{
	struct handle *h = handle_of(s);
	int rc = memory_history(&enter(h)->store, q, each, arg);

	leave(h);
	return rc;
}

static void joined_keep(struct store *s, uint64_t lines)
{
	struct handle *h = handle_of(s);

	memory_keep(&enter(h)->store, lines);
	leave(h);
}

static int joined_watch(struct store *s, uint64_t revision,
			store_each_line *each, void *arg)
{
	struct handle *h = handle_of(s);
	int rc = memory_watch(&enter(h)->store, revision, each, arg);

	leave(h);
	return rc;
}

static int joined_master(struct store *s, enum store_act act,
			 struct store_master *master, usec wall)
{
	struct handle *h = handle_of(s);
	struct memory *m = enter(h);
	int rc = h->fate.is_away ? -EHOSTUNREACH
				 : memory_master(&m->store, act, master, wall);

	leave(h);
	return rc;
}

static void joined_status(struct store *s, struct store_status *to)
{
	struct handle *h = handle_of(s);

	memory_status(&enter(h)->store, to);
	to->latest = to->revision;
	if (h->first)
		to->revision = h->first->revision - 1;
	to->is_away = h->fate.is_away;
	to->why = to->is_away ? -EHOSTUNREACH : 0;
	leave(h);
}

static void joined_close(struct store *s)
{
	struct handle *h = handle_of(s), **at;
	struct memory *m = enter(h);

	for (at = &m->share->handles; *at != h;)
		at = &(*at)->next;
	*at = h->next;
	leave(h);
	for (struct told *t = h->first, *next; t; t = next) {
		next = t->next;
		forget(h, t);
	}
	for (struct late *l = h->late, *next; l; l = next) {
		next = l->next;
		changes_drop(l->all);
		alloc_put(&h->alloc, l);
	}
	close(h->fd);
	alloc_put(&h->alloc, h);
}

static const struct store_shared joined_shared = {
	.wait = joined_wait,
	.news = joined_news,
};

static const struct store_ops joined_ops = {
	.load = joined_load,
	.commit = joined_commit,
	.history = joined_history,
	.keep = joined_keep,
	.watch = joined_watch,
	.master = joined_master,
	.status = joined_status,
	.backup = memory_backup,
	.close = joined_close,
	.shared = &joined_shared,
};

/* ---- joining ------------------------------------------------------------- */

static int share(struct memory *m)
{
	struct memory_share *s;

	if (m->share)
		return 0;
	s = alloc_get(&m->alloc, 1, sizeof *s);
	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	m->share = s;
	return 0;
}

void memory_share_close(struct memory *m)
{
	if (!m->share)
		return;
	assert(!m->share->handles);
	pthread_mutex_destroy(&m->share->lock);
	alloc_put(&m->alloc, m->share);
}

int store_memory_join(struct store **to, struct store *truth,
		      const struct alloc *alloc)
{
	struct memory *m = memory_of(truth);
	struct handle *h = alloc_get(alloc, 1, sizeof *h);
	int rc = h ? share(m) : -ENOMEM;

	if (rc)
		goto out;
	h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->fd < 0) {
		rc = -errno;
		goto out;
	}
	h->store.ops = &joined_ops;
	h->m = m;
	h->alloc = *alloc;
	h->last = &h->first;
	enter(h);
	h->by = ++m->share->last_by;
	h->next = m->share->handles;
	m->share->handles = h;
	leave(h);
	*to = &h->store;
	return 0;
out:
	alloc_put(alloc, h);
	return rc;
}
