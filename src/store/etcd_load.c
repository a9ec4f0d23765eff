/*
 * A snapshot: all keys as they were at one revision, page by page, from which
 * the watch goes on.  When there was one before (etcd had forgotten what came
 * between), the difference becomes news, so that whoever stands above never
 * sees half of a snapshot.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/directory.h"

enum { LOADS = 5 /* times, if etcd forgets while it is loaded */ };

/* ---- loading ------------------------------------------------------------- */

/* A commit of the history, until all are there to be put in order. */
struct kept {
	char key[ETCD_KEY];
	uint64_t revision;
	uint8_t *value;
	size_t len;
};

struct loading {
	struct etcd *e;
	struct kept *kept;
	size_t n, most;
	char last[ETCD_KEY]; /* key of the page */
	int why;
};

static int keep_lines(struct loading *l, const struct etcd_kv *kv)
{
	const struct alloc *a = &l->e->alloc;
	struct kept *k = grow_for(a, l->kept, l->n, &l->most, sizeof *k);

	if (!k)
		return -ENOMEM;
	l->kept = k;
	k = &l->kept[l->n];
	*k = (struct kept){.revision = kv->revision, .len = kv->len};
	memcpy(k->key, kv->key, strlen(kv->key) + 1);
	k->value = alloc_get(a, kv->len + 1, 1);
	if (!k->value)
		return -ENOMEM;
	memcpy(k->value, kv->value, kv->len);
	l->n++;
	return 0;
}

static int load_mark(struct etcd *e, const struct etcd_kv *kv)
{
	struct mark *m = marks_get(&e->marks, kv->key);

	if (!m)
		return -ENOMEM;
	m->revision = m->others = kv->revision;
	if (kv->key[0] != 'h' && kv->key[0] != 'i')
		return 0;
	if (!etcd_address_read(kv, &m->value))
		return -EBADMSG;
	if (kv->key[0] == 'i' && m->value > etcd_memory(e)->last_id)
		etcd_memory(e)->last_id = m->value;
	return 0;
}

static int load_entry(struct etcd *e, const struct etcd_kv *kv)
{
	struct change c;
	int rc = etcd_entry_read(kv, &c);

	return rc ? rc : memory_set(etcd_memory(e), &c);
}

static int load_lease(struct etcd *e, const struct etcd_kv *kv)
{
	struct change c = {.kind = CHANGE_LEASE_PUT};
	usec wall;
	int rc = etcd_lease_read(kv, &c.lease, &c.network, &wall);

	return rc ? rc : memory_set(etcd_memory(e), &c);
}

static int load_master(struct etcd *e, const struct etcd_kv *kv)
{
	uint32_t domain;

	return etcd_master_of(kv->key, &domain) ? etcd_master_is(e, domain, kv)
						: -EBADMSG;
}

static int load_key(struct loading *l, const struct etcd_kv *kv)
{
	int rc = 0;

	switch (kv->key[0]) {
	case 'e':
		rc = load_entry(l->e, kv);
		break;
	case 'l':
		rc = load_lease(l->e, kv);
		break;
	case 'm':
		rc = load_master(l->e, kv);
		break;
	case 'y':
		return keep_lines(l, kv);
	case 'c':
		return etcd_copy_is(l->e, kv);
	case 'h':
	case 'i':
		break;
	case 't':
		marker_load(l->e, kv);
		return 0;
	default:
		return 0;
	}
	return rc ? rc : load_mark(l->e, kv);
}

static int each_key(void *arg, const struct etcd_kv *kv)
{
	struct loading *l = arg;

	memcpy(l->last, kv->key, strlen(kv->key) + 1);
	l->why = load_key(l, kv);
	return l->why;
}

static int load_pages(struct loading *l, uint64_t *revision)
{
	const struct etcd_link_ops *ops = l->e->link->ops;
	char from[ETCD_KEY + 1] = "";
	bool more = true;
	int rc = 0;

	*revision = 0;
	while (!rc && more) {
		rc = ops->range(l->e->link, from, "~", ETCD_PAGE, revision,
				each_key, l, &more);
		/* Behind the last one: no key has bytes below '/'. */
		memcpy(from, l->last, sizeof l->last);
		memcpy(from + strlen(from), "!", 2);
	}
	return l->why ? l->why : rc;
}

static int older(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->revision != y->revision)
		return x->revision < y->revision ? -1 : 1;
	return strcmp(x->key, y->key);
}

struct adding {
	struct memory *m;
	uint64_t revision, n; /* lines of it */
};

static int add_line(void *arg, const struct store_line *l)
{
	struct adding *a = arg;
	struct store_line line = *l;

	line.at = a->revision << STORE_LINE_BITS | a->n++;
	return memory_add_line(a->m, &line);
}

static int load_history(struct loading *l)
{
	struct adding a = {.m = etcd_memory(l->e)};
	int rc = 0;

	if (l->n)
		qsort(l->kept, l->n, sizeof *l->kept, older);
	for (size_t i = 0; !rc && i < l->n; i++) {
		const struct kept *k = &l->kept[i];
		struct etcd_kv kv = {.key = k->key,
				     .value = k->value,
				     .len = k->len,
				     .revision = k->revision};
		size_t lines = a.m->n_lines;

		if (a.revision != k->revision)
			a.n = 0;
		a.revision = k->revision;
		rc = etcd_lines_read(&kv, add_line, &a);
		if (!rc)
			rc = etcd_history_add(l->e, k->key,
					      a.m->n_lines - lines);
	}
	return rc;
}

static void loading_end(struct loading *l)
{
	for (size_t i = 0; i < l->n; i++)
		alloc_put(&l->e->alloc, l->kept[i].value);
	alloc_put(&l->e->alloc, l->kept);
}

static int load_once(struct etcd *e)
{
	struct loading l = {.e = e};
	usec asked = e->link->ops->now(e->link);
	uint64_t revision;
	int rc = load_pages(&l, &revision);

	if (!rc)
		rc = load_history(&l);
	loading_end(&l);
	if (rc)
		return rc;
	memory_loaded(etcd_memory(e), revision);
	e->revision = revision;
	e->fresh = asked;
	return e->link->ops->watch(e->link, revision);
}

static int open_empty(struct etcd *e)
{
	int rc = store_memory_open(&e->replica, &e->alloc, NULL);

	if (rc)
		return rc;
	etcd_memory(e)->keep = e->keep ? e->keep : 1;
	return marks_open(&e->marks, &e->alloc);
}

static void close_it(struct etcd *e)
{
	if (e->replica)
		e->replica->ops->close(e->replica);
	e->replica = NULL;
	marks_close(&e->marks);
	e->n_history = 0;
	e->lines = 0;
}

int etcd_load(struct etcd *e)
{
	int rc = -ESTALE;

	for (int i = 0; i < LOADS && rc == -ESTALE; i++) {
		close_it(e);
		rc = open_empty(e);
		if (!rc)
			rc = load_once(e);
	}
	return rc;
}

/* ---- what is different --------------------------------------------------- */

struct comparing {
	struct memory *was, *is;
	struct changes *all;
	usec since; /* by the wall clock: nothing of it is older */
};

static bool is_gone(const struct record *r)
{
	return !r || r->is_gone;
}

/* Its parent has not gone along. */
static bool goes_by_itself(const struct comparing *c, const struct record *was)
{
	struct change parent = {.kind = CHANGE_ENTRY_PUT, .id = was->c.parent};

	return parent.id <= ENTRY_FIXED ||
	       !is_gone(memory_find(c->is, &parent));
}

static int compare_gone(struct comparing *c, const struct record *was)
{
	struct change drop = {.kind = CHANGE_LEASE_DROP, .lease = was->c.lease};
	struct change destroy = was->c;

	if (was->is_gone || !is_gone(memory_find(c->is, &was->c)))
		return 0;
	if (!change_is_edit(&was->c))
		return changes_add(c->all, &drop);
	if (!goes_by_itself(c, was))
		return 0;
	destroy.kind = CHANGE_ENTRY_DESTROY;
	destroy.instance++;
	destroy.props = (struct plist){.len = 0};
	return changes_add(c->all, &destroy);
}

static bool is_same(const struct record *was, const struct record *is)
{
	const struct lease *a = &was->c.lease, *b = &is->c.lease;

	if (change_is_edit(&is->c))
		return was->c.instance == is->c.instance;
	return a->kind == b->kind && hwaddr_is(&a->hw, &b->hw) &&
	       a->wall_ends == b->wall_ends && a->term == b->term &&
	       !strcmp(a->name, b->name);
}

static int compare_there(struct comparing *c, const struct record *is)
{
	const struct record *was = memory_find(c->was, &is->c);
	struct change now = is->c;

	if (is->is_gone || (!is_gone(was) && is_same(was, is)))
		return 0;
	/* The clock of whoever wrote it may be ahead. */
	if (now.kind == CHANGE_LEASE_PUT && now.lease.wall_ends != NEVER)
		now.lease.wall_ends =
			usec_min(now.lease.wall_ends,
				 c->since + SECONDS(now.lease.term));
	return changes_add(c->all, &now);
}

static int compare(struct etcd *e, struct memory *was, struct memory *is,
		   usec since)
{
	struct comparing c = {.was = was, .is = is, .since = since};
	int rc = changes_open(&c.all, &e->alloc);

	if (rc)
		return rc;
	for (uint32_t i = 0; !rc && i < was->n; i++)
		rc = compare_gone(&c, &was->v[i]);
	for (uint32_t i = 0; !rc && i < is->n; i++)
		rc = compare_there(&c, &is->v[i]);
	if (!rc)
		return etcd_tell(e, c.all, e->revision);
	changes_drop(c.all);
	return rc;
}

/* What a load puts another in the place of: all of it or nothing, since what is
 * judged by the replica is only right beside its marks. */
struct known {
	struct store *replica;
	struct marks marks;
	struct history_key *history;
	size_t n_history, most_history;
	uint64_t lines, revision;
	usec fresh;
};

static struct known set_aside(struct etcd *e)
{
	struct known k = {.replica = e->replica,
			  .marks = e->marks,
			  .history = e->history,
			  .n_history = e->n_history,
			  .most_history = e->most_history,
			  .lines = e->lines,
			  .revision = e->revision,
			  .fresh = e->fresh};

	e->replica = NULL;
	e->marks = (struct marks){.alloc = e->alloc};
	e->history = NULL;
	e->n_history = e->most_history = 0;
	e->lines = 0;
	return k;
}

static void bring_back(struct etcd *e, const struct known *k)
{
	close_it(e);
	alloc_put(&e->alloc, e->history);
	e->replica = k->replica;
	e->marks = k->marks;
	e->history = k->history;
	e->n_history = k->n_history;
	e->most_history = k->most_history;
	e->lines = k->lines;
	e->revision = k->revision;
	e->fresh = k->fresh;
}

static void let_go(struct etcd *e, struct known *k)
{
	k->replica->ops->close(k->replica);
	marks_close(&k->marks);
	alloc_put(&e->alloc, k->history);
}

/* All that it knew may have been changed by others. */
int etcd_reload(struct etcd *e)
{
	struct known was = set_aside(e);
	usec since = etcd_written(e);
	int rc = etcd_load(e);

	if (!rc)
		rc = compare(e, memory_of(was.replica), etcd_memory(e), since);
	if (rc) {
		/* It goes on with what it knew, and tries again. */
		bring_back(e, &was);
		return rc;
	}
	let_go(e, &was);
	e->must_reload = false;
	e->n_own = 0;
	e->loaded = e->revision;
	e->heard++;
	return 0;
}
