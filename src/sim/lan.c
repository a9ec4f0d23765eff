/*
 * The virtual LAN: nodes, virtual time, and the run.  Two heaps know what comes
 * next: events on the wire, and the deadlines of engines.  Whatever is drawn by
 * lot comes from one seeded sequence, so a run repeats exactly.
 */
#include "sim/lan_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const usec WALL_START = SECONDS(1800000000);

static void *memory_get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n, size);
}

static void memory_put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

const struct alloc lan_memory = {.get = memory_get, .put = memory_put};

static void hear_nothing(struct engine *e, usec now, const struct dgram *d,
			 struct effects *fx)
{
	(void)e, (void)now, (void)d, (void)fx;
}

static void settle_nothing(struct engine *e, usec now, const struct outcome *o,
			   struct effects *fx)
{
	(void)e, (void)now, (void)o, (void)fx;
}

static void do_nothing(struct engine *e, usec now, struct effects *fx)
{
	(void)e, (void)now, (void)fx;
}

static usec expect_nothing(const struct engine *e)
{
	(void)e;
	return NEVER;
}

uint64_t lan_threshold(double p)
{
	if (p <= 0)
		return 0;
	return p >= 1 ? UINT64_MAX : (uint64_t)(p * 18446744073709551616.0);
}

void lan_change_weather(struct lan *l, const struct lan_weather *w)
{
	l->config.weather = *w;
	l->fall_ill = l->recover = 0;
	l->loss = lan_threshold(w->loss);
	l->duplicate = lan_threshold(w->duplicate);
	l->reorder = lan_threshold(w->reorder);
	if (w->burst > 1 && w->loss > 0 && w->loss < 1) {
		l->recover = lan_threshold(1 / w->burst);
		l->fall_ill =
			lan_threshold(w->loss / (w->burst * (1 - w->loss)));
	}
}

int lan_open(struct lan **to, const struct lan_config *config,
	     const struct lan_watcher *watcher)
{
	struct lan *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->config = *config;
	if (watcher)
		l->watcher = *watcher;
	rand_seed(&l->rand, config->seed);
	lan_change_weather(l, &config->weather);
	l->nobody = (struct engine){hear_nothing, settle_nothing, do_nothing,
				    expect_nothing};
	l->nodes = calloc(config->nodes, sizeof(*l->nodes));
	l->timer_room = calloc(config->nodes, sizeof(struct timer *));
	if (!l->nodes || !l->timer_room ||
	    turn_open(&l->turn, &l->nobody, NULL, &lan_memory) ||
	    index_open(&l->by_mac, &lan_memory, config->nodes, true) ||
	    index_open(&l->by_ip, &lan_memory, config->nodes, true)) {
		lan_close(l);
		return -ENOMEM;
	}
	heap_open(&l->timers, l->timer_room, config->nodes);
	*to = l;
	return 0;
}

static void event_free(struct event *e)
{
	switch (e->kind) {
	case EVENT_ARRIVE:
	case EVENT_GROUP:
	case EVENT_ALL:
	case EVENT_COME:
	case EVENT_READ:
		packet_free(e->packet);
		break;
	case EVENT_DURABLE:
	case EVENT_TOLD:
		batch_free(e->batch);
		break;
	case EVENT_GATHER:
	case EVENT_ON:
	case EVENT_SETTLED:
	case EVENT_NEWS:
	case EVENT_ROUSE:
	case EVENT_ENDED:
	case EVENT_CALL:
		break;
	}
}

void lan_close(struct lan *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n_events; i++)
		event_free(&l->events[i]);
	for (uint32_t i = 0; i < l->n_nodes; i++) {
		node_end_store(&l->nodes[i]);
		free(l->nodes[i].committer);
		node_forget(&l->nodes[i]);
		wire_forget(&l->nodes[i]);
	}
	turn_close(&l->turn, &lan_memory);
	for (unsigned i = 0; i < l->n_groups; i++) {
		free(l->groups[i].members);
		gathered_free(&l->groups[i].gathered);
	}
	index_close(&l->by_mac, &lan_memory);
	index_close(&l->by_ip, &lan_memory);
	free(l->groups);
	free(l->events);
	free(l->nodes);
	free(l->timer_room);
	free(l);
}

int lan_add(struct lan *l, const struct link *link, struct engine *engine,
	    uint32_t *id)
{
	struct node *n = &l->nodes[l->n_nodes];
	int rc;

	if (l->n_nodes == l->config.nodes)
		return -ENOSPC;
	n->lan = l;
	n->id = l->n_nodes;
	n->link = *link;
	n->ip_first = link->ip;
	n->mask_first = link->mask;
	n->engine = engine;
	carrier_open(n);
	l->n_nodes++;
	rc = index_add(&l->by_mac, hash_hwaddr(&link->hw, 0), n->id);
	if (!rc && link->ip)
		rc = index_add(&l->by_ip, hash_u64(link->ip, 0), n->id);
	*id = n->id;
	return rc;
}

uint32_t lan_by_ip(const struct lan *l, uint32_t ip)
{
	uint64_t h = hash_u64(ip, 0);

	for (uint32_t at = 0, id; index_next(&l->by_ip, h, &at, &id);)
		if (l->nodes[id].link.ip == ip)
			return id;
	return NODE_NONE;
}

void lan_set_ip(struct lan *l, struct node *n, uint32_t ip, uint32_t mask)
{
	if (n->link.ip)
		index_remove(&l->by_ip, hash_u64(n->link.ip, 0), n->id);
	n->link.ip = ip;
	n->link.mask = mask;
	if (ip)
		(void)index_add(&l->by_ip, hash_u64(ip, 0), n->id);
}

usec lan_wall(const struct lan *l)
{
	return WALL_START + l->now + l->jumped;
}

void lan_jump(struct lan *l, usec by)
{
	l->jumped += by;
}

void lan_set_clock(struct lan *l, uint32_t node, usec ahead)
{
	l->nodes[node].ahead = ahead;
}

usec lan_node_wall(const struct lan *l, uint32_t node)
{
	return node_wall(&l->nodes[node]);
}

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at < b->at || (a->at == b->at && a->number < b->number);
}

struct event *lan_event(struct lan *l, usec at, enum event_kind kind,
			uint32_t node)
{
	struct event new = {.at = at,
			    .number = l->next_number++,
			    .kind = kind,
			    .node = node};
	size_t i = l->n_events;

	if (i == l->events_room) {
		size_t room = i ? 2 * i : 1024;
		void *v = realloc(l->events, room * sizeof(*l->events));

		if (!v)
			return NULL;
		l->events = v;
		l->events_room = room;
	}
	for (l->n_events++; i && is_before(&new, &l->events[(i - 1) / 2]);
	     i = (i - 1) / 2)
		l->events[i] = l->events[(i - 1) / 2];
	l->events[i] = new;
	return &l->events[i];
}

static struct event pop_event(struct lan *l)
{
	struct event first = l->events[0], last = l->events[--l->n_events];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < l->n_events) {
		if (child + 1 < l->n_events &&
		    is_before(&l->events[child + 1], &l->events[child]))
			child++;
		if (!is_before(&l->events[child], &last))
			break;
		l->events[i] = l->events[child];
		i = child;
	}
	l->events[i] = last;
	return first;
}

void lan_trace(struct lan *l, const struct node *n, uint64_t trace)
{
	uint64_t h = l->stats.trace ^ trace;

	h = hash_u64(h ^ (uint64_t)l->now, 1);
	l->stats.trace = hash_u64(h ^ n->id, 2);
	l->stats.events++;
}

struct turn *lan_begin(struct lan *l, struct node *n, uint64_t trace)
{
	lan_trace(l, n, trace);
	l->acting = n;
	l->turn.engine = n->engine;
	l->turn.carrier = &n->carrier;
	return &l->turn;
}

void lan_end(struct lan *l, struct node *n)
{
	usec at = n->engine->deadline(n->engine);

	l->acting = NULL;
	assert(!l->turn.fx.lost);
	/* Deadlines mostly move away, with each packet that comes in.  Such a
	 * one stays in the heap as it is until its time. */
	if (at != NEVER && (!n->timer.place || at < n->timer.at))
		heap_set(&l->timers, &n->timer, at);
	if (l->watcher.after)
		l->watcher.after(l->watcher.arg, n->id, l->now);
}

void lan_switch_on(struct lan *l, uint32_t node, usec at,
		   void (*start)(void *arg, usec now, struct effects *fx),
		   void *arg)
{
	struct event *e = lan_event(l, at, EVENT_ON, node);

	if (!e)
		return;
	e->life = l->nodes[node].life;
	e->on.start = start;
	e->on.arg = arg;
}

void lan_kill(struct lan *l, uint32_t node)
{
	struct node *n = &l->nodes[node];

	n->is_on = false;
	n->life++;
	n->engine = &l->nobody;
	heap_cancel(&l->timers, &n->timer);
	node_end_store(n);
	node_forget(n);
	wire_forget(n);
	if (l->acting != n)
		return;
	/* In the middle of its turn: what it still had to say is unsaid. */
	l->turn.engine = &l->nobody;
	l->turn.n = 0;
	effects_clear(&l->turn.fx);
}

void lan_replace(struct lan *l, uint32_t node, struct engine *engine)
{
	struct node *n = &l->nodes[node];

	n->engine = engine;
	lan_set_ip(l, n, n->ip_first, n->mask_first);
}

void lan_at(struct lan *l, usec at, void (*call)(void *arg, usec now),
	    void *arg)
{
	struct event *e = lan_event(l, at, EVENT_CALL, NODE_NONE);

	if (!e)
		return;
	e->call.call = call;
	e->call.arg = arg;
}

void lan_set_fault(struct lan *l, uint32_t node, const struct lan_fault *fault)
{
	struct node *n = &l->nodes[node];
	usec at = n->engine->deadline(n->engine);

	n->loss = lan_threshold(fault->loss);
	n->is_hung = fault->is_hung;
	n->keeps = fault->keeps;
	if (!n->is_hung)
		wire_go_on(l, n);
	if (!n->is_hung && at != NEVER)
		heap_set(&l->timers, &n->timer, at);
	if (!n->is_hung)
		node_unhung(n);
}

static void switch_on(struct lan *l, const struct event *e)
{
	struct node *n = &l->nodes[e->node];
	struct turn *t;

	if (e->life != n->life)
		return;
	n->is_on = true;
	t = lan_begin(l, n, EVENT_ON);
	e->on.start(e->on.arg, l->now, &t->fx);
	turn_carry(t, l->now, node_wall(n));
	lan_end(l, n);
}

static void settled(struct lan *l, struct event *e)
{
	struct node *n = &l->nodes[e->node];

	if (e->life != n->life)
		return;
	e->outcome.wall = node_wall(n);
	turn_settle(lan_begin(l, n, EVENT_SETTLED), l->now, &e->outcome);
	lan_end(l, n);
}

static void run_event(struct lan *l)
{
	struct event e = pop_event(l);

	l->now = usec_max(l->now, e.at);
	switch (e.kind) {
	case EVENT_ON:
		switch_on(l, &e);
		break;
	case EVENT_ARRIVE:
	case EVENT_GROUP:
	case EVENT_ALL:
		wire_arrive(l, &e);
		break;
	case EVENT_COME:
		reader_come(l, &e);
		break;
	case EVENT_READ:
		reader_read(l, &e);
		break;
	case EVENT_GATHER:
		wire_gathered(l, e.node);
		break;
	case EVENT_SETTLED:
		settled(l, &e);
		break;
	case EVENT_DURABLE:
		carrier_durable(l, &e);
		break;
	case EVENT_TOLD:
		carrier_told(l, &e);
		break;
	case EVENT_NEWS:
		carrier_news(l, &e);
		break;
	case EVENT_ROUSE:
		node_roused(l, &e);
		break;
	case EVENT_ENDED:
		node_ended(l, &e);
		break;
	case EVENT_CALL:
		e.call.call(e.call.arg, l->now);
		break;
	}
}

static void run_timer(struct lan *l)
{
	struct timer *t = l->timers.v[0];
	struct node *n = CONTAINER(t, struct node, timer);
	usec at = n->engine->deadline(n->engine);

	heap_cancel(&l->timers, t);
	if (n->is_hung)
		return;
	if (at > t->at && at > l->now) { /* it has moved away */
		if (at != NEVER)
			heap_set(&l->timers, t, at);
		return;
	}
	l->now = usec_max(l->now, t->at);
	turn_expire(lan_begin(l, n, EVENT_CALL + 1), l->now, node_wall(n));
	lan_end(l, n);
}

usec lan_run(struct lan *l, usec until)
{
	l->is_stopped = false;
	while (!l->is_stopped) {
		usec timer = heap_next(&l->timers);
		usec event = l->n_events ? l->events[0].at : NEVER;

		if (timer == NEVER && event == NEVER)
			break;
		if (usec_min(timer, event) > until) {
			l->now = usec_max(l->now, until);
			break;
		}
		if (event <= timer)
			run_event(l);
		else
			run_timer(l);
	}
	return l->now;
}

void lan_stop(struct lan *l)
{
	l->is_stopped = true;
}

usec lan_now(const struct lan *l)
{
	return l->now;
}

const struct lan_stats *lan_stats(const struct lan *l)
{
	return &l->stats;
}
