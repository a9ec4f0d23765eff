/*
 * The store on etcd: what it keeps beside etcd, and who does what.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <string.h>

static int load(struct store *s, store_each *each, void *arg,
		uint64_t *revision)
{
	struct etcd *e = etcd_of(s);
	int rc = e->replica->ops->load(e->replica, each, arg, revision);

	*revision = e->revision;
	return rc;
}

static int history(struct store *s, const struct store_query *q,
		   store_each_line *each, void *arg)
{
	struct store *r = etcd_of(s)->replica;

	return r->ops->history(r, q, each, arg);
}

static int watch(struct store *s, uint64_t revision, store_each_line *each,
		 void *arg)
{
	struct store *r = etcd_of(s)->replica;

	return r->ops->watch(r, revision, each, arg);
}

static void keep(struct store *s, uint64_t lines)
{
	struct etcd *e = etcd_of(s);

	/* One line at least, since the others follow by them. */
	e->keep = lines ? lines : 1;
	e->replica->ops->keep(e->replica, e->keep);
}

static void status(struct store *s, struct store_status *to)
{
	struct etcd *e = etcd_of(s);
	struct etcd_state is;

	e->replica->ops->status(e->replica, to);
	e->link->ops->state(e->link, &is);
	to->kind = "etcd";
	to->revision = e->revision;
	to->is_broken = e->is_broken;
	to->is_away = is.is_away;
	/* The words in which a member says that it has no leader are many. */
	to->why = is.why == -EAGAIN || is.why == -ETIMEDOUT ? -EHOSTUNREACH
							    : is.why;
	to->latest = is.latest;
	etcd_lags(e, is.latest);
	if (e->behind_since)
		to->behind = e->link->ops->now(e->link) - e->behind_since;
	to->members = is.members;
	memcpy(to->name, e->config.server, sizeof to->name);
}

static size_t members(struct store *s, struct store_member v[STORE_MEMBERS])
{
	struct etcd *e = etcd_of(s);

	return e->link->ops->look(e->link, v);
}

/* etcd's own tool makes copies of what it keeps. */
static int backup(struct store *s, struct store_backup *b)
{
	(void)s;
	(void)b;
	return -EOPNOTSUPP;
}

static int wait(struct store *s, int fd, usec most)
{
	struct etcd *e = etcd_of(s);
	usec left = e->next_keep - e->link->ops->now(e->link);
	int rc;

	if (!e->news)
		(void)e->link->ops->wait(e->link, fd,
					 usec_min(most, usec_max(left, 0)));
	rc = etcd_hear(e);
	if (!rc)
		rc = etcd_keep_session(e);
	if (!rc)
		etcd_look_up(e);
	return rc;
}

static void close_all(struct store *s)
{
	struct etcd *e = etcd_of(s);
	struct alloc alloc = e->alloc;

	for (struct etcd_news *n = e->news, *next; n; n = next) {
		next = n->next;
		changes_drop(n->all);
		alloc_put(&alloc, n);
	}
	if (e->session && e->replica)
		(void)e->link->ops->revoke(e->link, e->session);
	if (e->replica)
		e->replica->ops->close(e->replica);
	for (size_t i = 0; i < ETCD_SIDE; i++)
		draft_txn_close(&e->drafts[i]);
	marks_close(&e->marks);
	alloc_put(&alloc, e->own);
	alloc_put(&alloc, e->history);
	alloc_put(&alloc, e->edited);
	e->link->ops->close(e->link);
	alloc_put(&alloc, e);
}

static const struct store_shared shared = {.wait = wait,
					   .news = etcd_news,
					   .masters = etcd_masters,
					   .members = members};

static const struct store_ops ops = {
	.load = load,
	.commit = etcd_commit,
	.history = history,
	.keep = keep,
	.watch = watch,
	.master = etcd_master,
	.status = status,
	.backup = backup,
	.close = close_all,
	.shared = &shared,
	.intake = &etcd_intake,
};

int store_etcd_open(struct store **to, struct etcd_link *link,
		    const struct etcd_config *config, const struct alloc *alloc)
{
	struct etcd *e = alloc_get(alloc, 1, sizeof *e);
	int rc;

	if (!e)
		return -ENOMEM;
	e->store.ops = &ops;
	e->alloc = *alloc;
	e->link = link;
	e->config = *config;
	e->marks.alloc = *alloc;
	e->last_news = &e->news;
	e->keep = STORE_HISTORY;
	e->side = ETCD_SIDE;
	for (size_t i = 0; i < ETCD_SIDE; i++)
		draft_txn_open(&e->drafts[i], &e->alloc);
	rc = etcd_load(e);
	if (!rc && e->copy && !config->takes_copy)
		rc = -EINPROGRESS;
	if (!rc)
		rc = etcd_keep_session(e);
	if (rc) {
		close_all(&e->store);
		return rc;
	}
	*to = &e->store;
	return 0;
}
