/*
 * A client of the model.
 */
#include "sim/etcd_model_inside.h"

#include "store/store.h"

#include <errno.h>
#include <string.h>

static struct model_link *link_of(const struct etcd_link *l)
{
	return (struct model_link *)(void *)l;
}

static bool hits(struct etcd_model *m, unsigned percent)
{
	return percent && rand_below(&m->rand, 100) < percent;
}

/* It was waited for in vain. */
static int vain(struct model_link *l, usec most, int rc)
{
	etcd_model_pass(l->m, most);
	l->why = rc;
	return rc;
}

/* Whether the cluster can be asked: 0 or -ETIMEDOUT. */
static int ask(struct model_link *l, usec most)
{
	struct etcd_model *m = l->m;

	if (l->is_cut || m->is_stopped || hits(m, m->faults.request_lost))
		return vain(l, most, -ETIMEDOUT);
	return 0;
}

static int answered(struct model_link *l, int rc)
{
	l->why = rc;
	l->latest = l->m->revision;
	return rc;
}

static int txn(struct model_link *l, struct etcd_txn *t, usec most)
{
	struct etcd_model *m = l->m;
	int rc = ask(l, most);

	if (rc)
		return rc;
	if (hits(m, m->faults.request_late)) {
		usec later = (usec)rand_below(&m->rand, 4000000);

		rc = model_late(m, t, m->now + most + later);
		return rc ? rc : vain(l, most, -ETIMEDOUT);
	}
	rc = model_txn(m, t);
	if (!rc && hits(m, m->faults.answer_lost))
		return vain(l, most, -ETIMEDOUT);
	return answered(l, rc);
}

static int txns(struct etcd_link *link, struct etcd_txn *v, size_t n, usec most)
{
	struct model_link *l = link_of(link);
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].rc = txn(l, &v[i], most);
		rc = rc ? rc : v[i].rc;
	}
	return rc;
}

/* Pages of anything but the newest revision are answered as long as nothing
 * has changed since, which a test has to see to. */
static int range(struct etcd_link *link, const char *from, const char *to,
		 uint32_t limit, uint64_t *revision, etcd_each *each, void *arg,
		 bool *more)
{
	struct model_link *l = link_of(link);
	struct etcd_model *m = l->m;
	size_t at;
	int rc = ask(l, MILLISECONDS(500));

	if (rc)
		return rc;
	if (*revision && *revision != m->revision)
		return answered(l, -ESTALE);
	*revision = m->revision;
	for (at = model_from(m, from); !rc && at < m->keys.n && limit--; at++) {
		const struct model_key *k = &m->keys.v[at];
		struct etcd_kv kv = {.key = k->key,
				     .value = k->value,
				     .len = k->len,
				     .revision = k->revision,
				     .lease = k->lease};

		if (strcmp(k->key, to) >= 0)
			break;
		rc = each(arg, &kv);
	}
	*more = at < m->keys.n && strcmp(m->keys.v[at].key, to) < 0;
	return rc ? rc : answered(l, 0);
}

static int watch(struct etcd_link *link, uint64_t revision)
{
	struct model_link *l = link_of(link);

	l->watched = revision;
	l->is_watching = true;
	return 0;
}

/* The first thing that happened after what was told; false: nothing. */
static bool next_event(const struct model_link *l, size_t *at)
{
	const struct model_keys *e = &l->m->events;
	size_t low = 0, high = e->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (e->v[mid].revision <= l->watched)
			low = mid + 1;
		else
			high = mid;
	}
	*at = low;
	return low < e->n;
}

static bool is_deaf(const struct model_link *l)
{
	return !l->is_watching || l->is_cut || l->is_held || l->m->is_stopped;
}

static int told_room(struct model_link *l, size_t n)
{
	if (n <= l->most_told)
		return 0;
	alloc_put(&l->m->alloc, l->told);
	l->told = alloc_get(&l->m->alloc, n, sizeof *l->told);
	l->most_told = l->told ? n : 0;
	return l->told ? 0 : -ENOMEM;
}

static int event(struct etcd_link *link, struct etcd_event *to)
{
	struct model_link *l = link_of(link);
	const struct model_keys *e = &l->m->events;
	size_t at, n = 0;
	int rc;

	if (is_deaf(l))
		return 0;
	if (l->watched < l->m->compacted) {
		l->is_watching = false;
		return -ESTALE;
	}
	if (!next_event(l, &at))
		return 0;
	l->watched = e->v[at].revision;
	while (at + n < e->n && e->v[at + n].revision == l->watched)
		n++;
	rc = told_room(l, n);
	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		l->told[i] = (struct etcd_kv){.key = e->v[at + i].key,
					      .value = e->v[at + i].value,
					      .len = e->v[at + i].len,
					      .revision = l->watched};
	*to = (struct etcd_event){.v = l->told, .n = n, .revision = l->watched};
	l->latest = l->m->revision;
	return 1;
}

static int wait(struct etcd_link *link, int fd, usec most)
{
	struct model_link *l = link_of(link);
	size_t at;

	(void)fd;
	if (!is_deaf(l) && (l->watched < l->m->compacted || next_event(l, &at)))
		return 0;
	etcd_model_pass(l->m, most);
	return 0;
}

static struct model_lease *lease_of(struct etcd_model *m, uint64_t id)
{
	for (size_t i = 0; i < m->n_leases; i++)
		if (m->leases[i].id == id)
			return &m->leases[i];
	return NULL;
}

static int grant(struct etcd_link *link, unsigned ttl, uint64_t *id)
{
	struct model_link *l = link_of(link);
	struct etcd_model *m = l->m;
	struct model_lease *v;
	int rc = ask(l, MILLISECONDS(500));

	if (rc)
		return rc;
	v = grow_for(&m->alloc, m->leases, m->n_leases, &m->most_leases,
		     sizeof *v);
	if (!v)
		return -ENOMEM;
	m->leases = v;
	*id = m->next_lease++;
	m->leases[m->n_leases++] = (struct model_lease){
		.id = *id, .ttl = SECONDS(ttl), .ends = m->now + SECONDS(ttl)};
	return answered(l, 0);
}

static int keep(struct etcd_link *link, uint64_t id)
{
	struct model_link *l = link_of(link);
	struct model_lease *is;
	int rc = ask(l, MILLISECONDS(500));

	if (rc)
		return rc;
	is = lease_of(l->m, id);
	if (!is) {
		(void)answered(l, 0);
		return -ENOENT;
	}
	is->ends = l->m->now + is->ttl;
	return answered(l, 0);
}

static int revoke(struct etcd_link *link, uint64_t id)
{
	struct model_link *l = link_of(link);
	struct model_lease *is;
	int rc = ask(l, MILLISECONDS(500));

	if (rc)
		return rc;
	is = lease_of(l->m, id);
	if (is)
		is->ends = l->m->now;
	etcd_model_pass(l->m, 1);
	return answered(l, is ? 0 : -ENOENT);
}

static int left(struct etcd_link *link, uint64_t id, usec *to)
{
	struct model_link *l = link_of(link);
	const struct model_lease *is;
	int rc = ask(l, MILLISECONDS(500));

	*to = 0;
	if (rc)
		return rc;
	is = lease_of(l->m, id);
	if (is)
		*to = is->ends - l->m->now;
	return answered(l, is ? 0 : -ENOENT);
}

static size_t look(struct etcd_link *link, struct store_member *v)
{
	struct model_link *l = link_of(link);

	*v = (struct store_member){.address = "model",
				   .rc = ask(l, MILLISECONDS(500)),
				   .version = "model"};
	v->has_leader = v->is_leader = !v->rc;
	return 1;
}

static void state(const struct etcd_link *link, struct etcd_state *to)
{
	const struct model_link *l = link_of(link);

	*to = (struct etcd_state){.latest = l->latest,
				  .endpoints = 1,
				  .members = 3,
				  .is_away = l->why != 0,
				  .why = l->why,
				  .endpoint = "model"};
}

static usec now(const struct etcd_link *link)
{
	return link_of(link)->m->now;
}

static usec wall(const struct etcd_link *link)
{
	const struct model_link *l = link_of(link);

	return l->m->now + SECONDS(1700000000) + l->ahead;
}

static void close_link(struct etcd_link *link)
{
	struct model_link *l = link_of(link);
	struct alloc alloc = l->m->alloc;

	alloc_put(&alloc, l->told);
	alloc_put(&alloc, l);
}

const struct etcd_link_ops model_link_ops = {.txns = txns,
					     .range = range,
					     .watch = watch,
					     .event = event,
					     .wait = wait,
					     .grant = grant,
					     .keep = keep,
					     .revoke = revoke,
					     .left = left,
					     .look = look,
					     .state = state,
					     .now = now,
					     .wall = wall,
					     .close = close_link};

void etcd_model_cut(struct etcd_link *l, bool is_cut)
{
	link_of(l)->is_cut = is_cut;
}

void etcd_model_hold(struct etcd_link *l, bool is_held)
{
	link_of(l)->is_held = is_held;
}

void etcd_model_clock(struct etcd_link *l, usec ahead)
{
	link_of(l)->ahead = ahead;
}
