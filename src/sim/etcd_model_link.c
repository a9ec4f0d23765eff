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

bool model_hits(struct etcd_model *m, unsigned percent)
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

	if (m->time.now)
		etcd_model_go(m);
	l->asking = m->now;
	if (m->time.now)
		return timed_ask(l, most);
	if (l->is_cut || m->is_stopped || model_hits(m, m->faults.request_lost))
		return vain(l, most, -ETIMEDOUT);
	return 0;
}

void model_answered(struct model_link *l)
{
	l->latest = l->m->revision;
	l->asked = usec_max(l->asked, l->asking);
}

static int answered(struct model_link *l, int rc)
{
	int late = l->m->time.now ? timed_answer(l) : 0;

	if (late)
		return late;
	l->why = rc;
	model_answered(l);
	return rc;
}

static int txn(struct model_link *l, struct etcd_txn *t, usec most)
{
	struct etcd_model *m = l->m;
	int rc = ask(l, most);

	if (rc)
		return rc;
	if (model_hits(m, m->faults.request_late)) {
		usec later = (usec)rand_below(&m->rand, 4000000);

		return model_late(m, t, m->now + most + later)
			       ? vain(l, most, -ETIMEDOUT)
			       : -ENOMEM;
	}
	rc = model_txn(m, t);
	if (!rc && model_hits(m, m->faults.answer_lost))
		return vain(l, most, -ETIMEDOUT);
	return answered(l, rc);
}

static int txns(struct etcd_link *link, struct etcd_txn *v, size_t n, usec most)
{
	struct model_link *l = link_of(link);
	int rc = 0;

	if (l->m->time.now)
		return timed_txns(l, v, n, most);
	for (size_t i = 0; i < n; i++) {
		v[i].rc = txn(l, &v[i], most);
		rc = rc ? rc : v[i].rc;
	}
	return rc;
}

/* All keys as they were when the first page was asked for. */
static int take_page(struct model_link *l, uint64_t *revision)
{
	struct etcd_model *m = l->m;

	if (*revision)
		return *revision < m->compacted || *revision != l->page_revision
			       ? -ESTALE
			       : 0;
	*revision = l->page_revision = m->revision;
	return model_copy(m, &l->page);
}

static int range(struct etcd_link *link, const char *from, const char *to,
		 uint32_t limit, uint64_t *revision, etcd_each *each, void *arg,
		 bool *more)
{
	struct model_link *l = link_of(link);
	const struct model_keys *p = &l->page;
	unsigned page = l->m->faults.page;
	size_t at;
	int rc = ask(l, MILLISECONDS(500));

	if (rc)
		return rc;
	rc = answered(l, take_page(l, revision));
	if (page && page < limit)
		limit = page;
	for (at = model_from(p, from); !rc && at < p->n && limit--; at++) {
		const struct model_key *k = &p->v[at];
		struct etcd_kv kv = {.key = k->key,
				     .value = k->value,
				     .len = k->len,
				     .revision = k->revision,
				     .lease = k->lease};

		if (strcmp(k->key, to) >= 0)
			break;
		rc = each(arg, &kv);
	}
	*more = at < p->n && strcmp(p->v[at].key, to) < 0;
	return rc;
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
	return low < e->n && e->v[low].at + l->way.news <= l->m->now;
}

static bool is_deaf(const struct model_link *l)
{
	return !l->is_watching || l->is_cut || l->is_held || l->is_dead ||
	       l->way.is_deaf || l->m->is_stopped;
}

/* Another connection asks once a second whether etcd is there, and that takes
 * its time, if there is any. */
static void probe(struct model_link *l)
{
	struct etcd_model *m = l->m;
	bool is_there = !is_deaf(l) && !l->way.is_mute;

	if (!m->time.now) {
		l->asked = is_there ? m->now : l->asked;
		return;
	}
	if (l->probed && m->now >= l->probed + 2 * l->way.most) {
		l->asking = l->probed;
		if (is_there)
			model_answered(l);
		l->probed = 0;
	}
	if (!l->probed && m->now >= l->asking + SECOND)
		l->probed = m->now;
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

	if (l->m->time.now)
		etcd_model_go(l->m);
	if (is_deaf(l))
		return 0;
	if (l->watched < l->m->compacted) {
		l->is_watching = false;
		return -ESTALE;
	}
	if (!next_event(l, &at)) {
		probe(l);
		return 0;
	}
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
	const struct model_keys *e = &l->m->events;
	usec until;
	size_t at;

	(void)fd;
	if (l->m->time.now)
		etcd_model_go(l->m);
	if (!is_deaf(l) && (l->watched < l->m->compacted || next_event(l, &at)))
		return 0;
	if (!l->m->time.now) {
		etcd_model_pass(l->m, most);
		return 0;
	}
	until = l->m->now + most;
	if (!is_deaf(l) && at < e->n) /* it is on its way */
		until = usec_min(until, e->v[at].at + l->way.news);
	l->client.wait(l->client.arg, until);
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
	m->leases[m->n_leases] =
		(struct model_lease){.id = *id, .ttl = SECONDS(ttl)};
	model_keep(m, &m->leases[m->n_leases++]);
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
		rc = answered(l, 0);
		return rc ? rc : -ENOENT;
	}
	model_keep(l->m, is);
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
	if (l->m->time.now)
		l->m->time.at(l->m->time.arg, l->m->now + 1);
	else
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
				  .asked = l->asked,
				  .endpoints = 1,
				  .members = 3,
				  .is_away = l->why != 0,
				  .why = l->why,
				  .endpoint = "model"};
}

/* Who is dead has waited for everything. */
static usec now(const struct etcd_link *link)
{
	struct model_link *l = link_of(link);

	if (l->m->time.now)
		etcd_model_go(l->m);
	l->flown += l->is_dead ? SECONDS(10) : 0;
	return l->m->now + l->flown;
}

static usec wall(const struct etcd_link *link)
{
	const struct model_link *l = link_of(link);

	if (l->m->time.now)
		return l->client.wall(l->client.arg);
	return l->m->now + SECONDS(1700000000) + l->ahead;
}

static void close_link(struct etcd_link *link)
{
	struct model_link *l = link_of(link);
	struct alloc alloc = l->m->alloc;
	struct model_link **at = &l->m->links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	model_give_up(l->m, l);
	model_keys_free(&alloc, &l->page);
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
	model_rouse_all(link_of(l)->m);
}

void etcd_model_hold(struct etcd_link *l, bool is_held)
{
	link_of(l)->is_held = is_held;
	model_rouse_all(link_of(l)->m);
}

void etcd_model_clock(struct etcd_link *l, usec ahead)
{
	link_of(l)->ahead = ahead;
}

void etcd_model_set_client(struct etcd_link *l,
			   const struct etcd_model_client *c)
{
	link_of(l)->client = *c;
}

void etcd_model_set_way(struct etcd_link *l, const struct etcd_model_way *w)
{
	link_of(l)->way = *w;
	model_rouse_all(link_of(l)->m);
}

void etcd_model_kill(struct etcd_link *l)
{
	link_of(l)->is_dead = true;
	model_give_up(link_of(l)->m, link_of(l));
}
