/*
 * The effects of a simulated node, carried out: sockets are sorted lists of
 * ports, groups lists of members, the store is asked in batches after a delay.
 */
#include "sim/lan_impl.h"

#include "wire/bootp.h"
#include "wire/portmap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static struct node *node_of(struct carrier *c)
{
	return CONTAINER(c, struct node, carrier);
}

static unsigned port_place(const struct node *n, uint16_t port)
{
	unsigned lo = 0, hi = n->n_ports;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (n->ports[mid] < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool node_listens(const struct node *n, uint16_t port)
{
	unsigned at = port_place(n, port);

	return at < n->n_ports && n->ports[at] == port;
}

void *lan_grow(void *v, size_t size, unsigned n, unsigned *room)
{
	unsigned more = *room ? 2 * *room : 4;

	if (n < *room)
		return v;
	v = realloc(v, more * size);
	if (v)
		*room = more;
	return v;
}

struct group *lan_group(struct lan *l, struct endpoint at)
{
	for (unsigned i = 0; i < l->n_groups; i++)
		if (endpoint_is(l->groups[i].at, at))
			return &l->groups[i];
	return NULL;
}

static struct group *group_or_new(struct lan *l, struct endpoint at)
{
	struct group *g = lan_group(l, at);

	if (g)
		return g;
	g = realloc(l->groups, (l->n_groups + 1) * sizeof(*g));
	if (!g)
		return NULL;
	l->groups = g;
	g += l->n_groups++;
	*g = (struct group){.at = at};
	return g;
}

static bool is_member(const struct group *g, uint32_t id)
{
	for (uint32_t i = g->n; i; i--)
		if (g->members[i - 1] == id)
			return true;
	return false;
}

static int join(struct node *n, struct endpoint at)
{
	struct group *g = group_or_new(n->lan, at);
	void *v;

	if (!g)
		return -ENOMEM;
	if (is_member(g, n->id))
		return -EADDRINUSE;
	v = lan_grow(g->members, sizeof(*g->members), g->n, &g->room);
	if (!v)
		return -ENOMEM;
	g->members = v;
	g->members[g->n++] = n->id;
	return 0;
}

static void leave(struct group *g, uint32_t id)
{
	for (uint32_t i = g ? g->n : 0; i; i--)
		if (g->members[i - 1] == id)
			g->members[i - 1] = g->members[--g->n];
}

/* A port that is closed leaves its groups, and no other. */
static void leave_port(struct node *n, uint16_t port)
{
	for (unsigned i = 0; i < n->lan->n_groups; i++)
		if (n->lan->groups[i].at.port == port)
			leave(&n->lan->groups[i], n->id);
}

static int on_listen(struct carrier *c, const struct listen *listen)
{
	struct node *n = node_of(c);
	unsigned at = port_place(n, listen->port);
	void *v;

	if (listen->flags & LISTEN_STREAM)
		return 0; /* nobody connects on this LAN */
	if (node_listens(n, listen->port))
		return -EADDRINUSE;
	v = lan_grow(n->ports, sizeof(*n->ports), n->n_ports, &n->ports_room);
	if (!v)
		return -ENOMEM;
	n->ports = v;
	memmove(n->ports + at + 1, n->ports + at,
		(n->n_ports++ - at) * sizeof(*n->ports));
	n->ports[at] = listen->port;
	if (listen->port != BOOTP_SERVER_PORT && listen->port != PMAP_PORT)
		return 0;
	return join(n, (struct endpoint){.port = listen->port});
}

static void on_close(struct carrier *c, const struct listen *listen)
{
	struct node *n = node_of(c);
	unsigned at = port_place(n, listen->port);

	if (listen->flags & LISTEN_STREAM || !node_listens(n, listen->port))
		return;
	leave_port(n, listen->port);
	n->n_ports--;
	memmove(n->ports + at, n->ports + at + 1,
		(n->n_ports - at) * sizeof(*n->ports));
}

static void on_hangup(struct carrier *c, uint32_t conn)
{
	(void)c; /* there are no connections */
	(void)conn;
}

static void on_drain(struct carrier *c, uint32_t conn, uint8_t owner)
{
	(void)c;
	(void)conn;
	(void)owner;
}

/* Nothing is saved here. */
static void on_pair(struct carrier *c, const struct pair *p)
{
	struct node *n = node_of(c);

	assert(node_listens(n, p->at.port));
}

static int on_join(struct carrier *c, const struct join *j)
{
	struct node *n = node_of(c);

	return node_listens(n, j->group.port) ? join(n, j->group) : -EBADF;
}

static void on_leave(struct carrier *c, const struct join *j)
{
	struct node *n = node_of(c);

	leave(lan_group(n->lan, j->group), n->id);
}

void node_forget(struct node *n)
{
	for (unsigned i = 0; i < n->lan->n_groups; i++)
		leave(&n->lan->groups[i], n->id);
	free(n->ports);
	n->ports = NULL;
	n->n_ports = n->ports_room = 0;
	batch_free(n->waiting);
	n->waiting = NULL;
	n->is_committing = n->is_durable = false;
	n->unread = 0;
	n->read_free = 0;
}

static int on_address(struct carrier *c, const struct address *a)
{
	struct node *n = node_of(c);

	lan_set_ip(n->lan, n, a->ip, a->mask);
	return 0;
}

static void on_send(struct carrier *c, const struct send *s)
{
	struct node *n = node_of(c);

	if (s->how != SEND_RECORD)
		wire_send(n->lan, n, s);
}

static int on_fetch(struct carrier *c, const struct fetch *f, uint8_t owner)
{
	struct node *n = node_of(c);
	struct lan *l = n->lan;
	struct event *e;

	if (f->ref.kind == REF_READ)
		return -ENOSYS; /* files have no bytes here, as a rule */
	if (!l->config.fetch_delay)
		return 0;
	e = lan_event(l, l->now + l->config.fetch_delay, EVENT_SETTLED, n->id);
	if (!e)
		return -ENOMEM;
	e->life = n->life;
	e->outcome = (struct outcome){
		.kind = EFFECT_FETCH, .owner = owner, .cookie = f->cookie};
	return CARRIED_LATER;
}

static int on_ask(struct carrier *c, const struct question *q, uint8_t owner)
{
	struct node *n = node_of(c);
	struct lan *l = n->lan;
	struct event *e;

	if (!l->watcher.ask)
		return -ENODEV;
	e = lan_event(l, l->now + l->config.ask_delay, EVENT_SETTLED, n->id);
	if (!e)
		return -ENOMEM;
	e->life = n->life;
	e->outcome = (struct outcome){
		.kind = EFFECT_ASK,
		.owner = owner,
		.cookie = q->cookie,
		.rc = l->watcher.ask(l->watcher.arg, n->id, q)};
	return CARRIED_LATER;
}

void batch_free(struct batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++) {
		if (b->all[i])
			changes_drop(b->all[i]);
		else
			free((void *)(uintptr_t)b->changes[i].props.bytes);
	}
	news_free(b->news);
	free(b->v);
	free(b->changes);
	free(b->all);
	free(b->outcomes);
	free(b);
}

/* One after the other: what has grown stays so if the next cannot. */
static bool batch_grow(struct batch *b)
{
	size_t room = b->room ? 2 * b->room : 16;
	void *v = realloc(b->v, room * sizeof(*b->v));

	if (!v)
		return false;
	b->v = v;
	v = realloc(b->changes, room * sizeof(*b->changes));
	if (!v)
		return false;
	b->changes = v;
	v = realloc(b->all, room * sizeof(*b->all));
	if (!v)
		return false;
	b->all = v;
	v = realloc(b->outcomes, room * sizeof(*b->outcomes));
	if (!v)
		return false;
	b->outcomes = v;
	b->room = room;
	return true;
}

static struct store *store_of(const struct node *n)
{
	return n->store ? n->store : n->lan->config.store;
}

/* Hand what waits to the store. */
static void begin_batch(struct node *n)
{
	struct lan *l = n->lan;
	struct event *e;

	e = lan_event(l, l->now + l->config.commit_delay / 2, EVENT_DURABLE,
		      n->id);
	if (!e)
		return;
	e->life = n->life;
	e->batch = n->waiting;
	n->waiting = NULL;
	n->is_committing = true;
}

static int on_commit(struct carrier *c, const struct commit_effect *ce,
		     uint8_t owner)
{
	struct node *n = node_of(c);
	struct batch *b = n->waiting;
	uint8_t *props = NULL;

	if (n->committer)
		return node_commit(n, ce, owner);
	if (!store_of(n))
		return -ENODEV;
	if (!b && !(b = n->waiting = calloc(1, sizeof(*b))))
		return -ENOMEM;
	if (b->n == b->room && !batch_grow(b))
		return -ENOMEM;
	if (ce->change.props.len) {
		props = malloc(ce->change.props.len);
		if (!props)
			return -ENOMEM;
		memcpy(props, ce->change.props.bytes, ce->change.props.len);
	}
	b->v[b->n] = (struct commit){.seen = n->seen};
	b->changes[b->n] = ce->change;
	b->changes[b->n].props.bytes = props;
	b->all[b->n] = ce->all ? changes_keep(ce->all) : NULL;
	b->outcomes[b->n] = (struct outcome){
		.kind = EFFECT_COMMIT, .owner = owner, .cookie = ce->cookie};
	b->n++;
	if (!n->is_committing)
		begin_batch(n);
	return CARRIED_LATER;
}

void carrier_durable(struct lan *l, struct event *e)
{
	struct batch *b = e->batch;
	struct node *n = &l->nodes[e->node];
	struct store *store = store_of(n);
	uint64_t revision;
	struct event *told;

	if (e->life != n->life) { /* it died before the disk had it */
		batch_free(b);
		return;
	}
	for (size_t i = 0; i < b->n; i++) {
		b->v[i].change = b->all[i] ? b->all[i]->v : &b->changes[i];
		b->v[i].more = b->all[i] ? b->all[i]->n - 1 : 0;
		b->v[i].wall = node_wall(n);
	}
	(void)store->ops->commit(store, b->v, b->n, &revision);
	if (n->store) {
		news_hear(n, &b->news);
		news_announce(l, n);
		n->is_durable = true;
	}
	told = lan_event(l, l->now + (l->config.commit_delay + 1) / 2,
			 EVENT_TOLD, e->node);
	if (!told) {
		batch_free(b);
		return;
	}
	told->batch = b;
	told->life = n->life;
}

void carrier_told(struct lan *l, struct event *e)
{
	struct node *n = &l->nodes[e->node];
	struct batch *b = e->batch;

	if (e->life == n->life) {
		n->is_committing = n->is_durable = false;
		news_tell(l, n, b->news);
		for (size_t i = 0; i < b->n; i++) {
			if (!b->v[i].rc && b->v[i].revision > n->seen)
				n->seen = b->v[i].revision;
			b->outcomes[i].rc = b->v[i].rc;
			b->outcomes[i].failed = b->v[i].failed;
			b->outcomes[i].change = &b->changes[i];
			b->outcomes[i].all = b->all[i];
			b->outcomes[i].wall = node_wall(n);
			turn_settle(lan_begin(l, n, EVENT_TOLD), l->now,
				    &b->outcomes[i]);
		}
		if (n->store && e->life == n->life)
			news_look(l, n);
		if (n->waiting && !n->is_committing)
			begin_batch(n);
		lan_end(l, n);
	}
	batch_free(b);
}

static void on_keep(struct carrier *c, const struct keep *k)
{
	struct node *n = node_of(c);
	const struct lan_watcher *w = &n->lan->watcher;

	if (w->keep)
		w->keep(w->arg, n->id, n->lan->now, k);
}

static int on_allot(struct carrier *c, const struct allot *a)
{
	(void)c;
	(void)a;
	return 0;
}

static int on_mend(struct carrier *c, const struct mend *m, uint8_t owner)
{
	struct node *n = node_of(c);
	const struct lan_watcher *w = &n->lan->watcher;

	(void)owner;
	return w->mend ? w->mend(w->arg, n->id, m) : 0;
}

static int on_sort(struct carrier *c, const struct sort *s, uint64_t *wrong)
{
	struct node *n = node_of(c);
	const struct lan_watcher *w = &n->lan->watcher;

	memset(wrong, 0, TURN_BITS * sizeof(*wrong));
	return w->sort ? w->sort(w->arg, n->id, s, wrong) : 0;
}

static void on_note(struct carrier *c, const struct note *note)
{
	struct node *n = node_of(c);
	const struct lan_watcher *w = &n->lan->watcher;

	if (w->note)
		w->note(w->arg, n->id, n->lan->now, note);
}

void carrier_open(struct node *n)
{
	n->carrier = (struct carrier){
		.send = on_send,
		.fetch = on_fetch,
		.commit = on_commit,
		.listen = on_listen,
		.close = on_close,
		.hangup = on_hangup,
		.drain = on_drain,
		.pair = on_pair,
		.join = on_join,
		.leave = on_leave,
		.address = on_address,
		.allot = on_allot,
		.keep = on_keep,
		.mend = on_mend,
		.sort = on_sort,
		.ask = on_ask,
		.note = on_note,
	};
}
