/*
 * A node's committer: what app/committer does on a thread, on a fiber in
 * virtual time.  Its store may make it wait; the node's loop and all others go
 * on, and hear of what has ended by an event.
 */
#include "sim/lan_impl.h"

#include "engine/server.h"
#include "sim/fiber.h"
#include "store/orders.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* As there: how often a store that tells nothing is looked at, and one whose
 * news came to nothing. */
static const usec LOOK = SECONDS(1), AGAIN = MILLISECONDS(100);

enum { BATCH_MAX = 64 };

struct job {
	struct order order; /* the first: a job is found by it */
	struct outcome outcome;
};

/* NULL's is NULL. */
static struct job *job_of(struct order *o)
{
	return (struct job *)(void *)o;
}

struct lan_committer {
	struct lan *l;
	struct node *n;
	struct lan_keeping keeping;
	struct fiber *fiber;
	struct store *store;
	struct store_status status;
	struct orders handed, ended;
	bool is_open; /* and its node knows */
	bool is_dead, is_inside;
	bool is_owed; /* it was to go on while its node hung */
	usec due;     /* when it goes on; NEVER: nothing says so */
	usec told;    /* when its node hears what has ended; NEVER: nothing */
	int deaf;
};

static void job_free(struct job *j)
{
	if (j->order.all)
		changes_drop(j->order.all);
	else
		free((void *)(uintptr_t)j->order.change.props.bytes);
	free(j);
}

static void jobs_free(struct orders *l)
{
	struct job *j;

	while ((j = job_of(orders_take(l))))
		job_free(j);
}

/* ---- waiting ------------------------------------------------------------- */

void lan_rouse(struct lan *l, uint32_t node, usec at)
{
	struct lan_committer *c = l->nodes[node].committer;
	struct event *e;

	if (!c || !c->fiber || c->is_dead || at >= c->due)
		return;
	e = lan_event(l, usec_max(at, l->now), EVENT_ROUSE, node);
	assert(e);
	e->life = c->n->life;
	c->due = e->at;
}

void lan_wait(struct lan *l, uint32_t node, usec until)
{
	struct lan_committer *c = l->nodes[node].committer;

	assert(c->is_inside);
	if (c->is_dead)
		return;
	c->due = NEVER;
	lan_rouse(l, node, until);
	c->is_inside = false;
	fiber_yield(c->fiber);
	c->is_inside = true;
}

static void go_on(struct lan_committer *c)
{
	c->is_inside = true;
	(void)fiber_go(c->fiber);
	c->is_inside = false;
}

void node_roused(struct lan *l, const struct event *e)
{
	struct node *n = &l->nodes[e->node];
	struct lan_committer *c = n->committer;

	if (e->life != n->life || !c->fiber || e->at != c->due)
		return;
	c->due = NEVER;
	if (n->is_hung)
		c->is_owed = true;
	else
		go_on(c);
}

/* Its node is to hear of what has ended. */
static void tell(struct lan_committer *c, usec at)
{
	struct event *e;

	if (at >= c->told || c->is_dead)
		return;
	e = lan_event(c->l, at, EVENT_ENDED, c->n->id);
	assert(e);
	e->life = c->n->life;
	c->told = at;
}

/* ---- on the fiber: as committer_work.c ----------------------------------- */

static void commit_kind(struct lan_committer *c, struct order *at, bool is_edit)
{
	struct order *v[BATCH_MAX];
	struct commit batch[BATCH_MAX];
	size_t n;

	while ((n = orders_pick(&at, is_edit, v, BATCH_MAX)))
		(void)orders_commit(c->store, v, n, batch);
}

struct hearing {
	struct lan_committer *c;
	struct orders *mine; /* ended, in the order of their revisions */
};

static int hear(void *arg, const struct store_news *n)
{
	struct hearing *h = arg;
	struct job *j = calloc(1, sizeof *j);
	int rc = j ? order_news(&j->order, n, &lan_memory) : -ENOMEM;

	if (rc) {
		free(j);
		return rc;
	}
	j->order.wall = node_wall(h->c->n);
	j->order.at = h->c->l->now;
	orders_before(h->mine, n->revision, &h->c->ended);
	orders_add(&h->c->ended, &j->order);
	return 0;
}

static void hear_news(struct lan_committer *c, struct orders *mine)
{
	struct hearing h = {c, mine};
	struct store_status was = c->status;

	c->deaf = c->store->ops->shared->news(c->store, hear, &h);
	orders_join(&c->ended, mine);
	c->store->ops->status(c->store, &c->status);
	if (c->deaf) {
		c->status.is_away = true;
		c->status.why = c->deaf;
	}
	if (c->ended.first || was.is_away != c->status.is_away)
		tell(c, c->l->now + c->l->config.news_delay);
}

static void work(struct lan_committer *c)
{
	struct orders mine;
	int rc = 0;

	orders_empty(&mine);
	if (!c->handed.first)
		rc = c->store->ops->shared->wait(c->store, -1, LOOK);
	if (rc && !c->handed.first)
		lan_wait(c->l, c->n->id, c->l->now + AGAIN);
	if (c->is_dead)
		return;
	if (c->handed.first) {
		orders_join(&mine, &c->handed);
		commit_kind(c, mine.first, false);
		commit_kind(c, mine.first, true);
		orders_sort(&mine);
	}
	hear_news(c, &mine);
}

static void run(void *arg)
{
	struct lan_committer *c = arg;

	while (!c->is_dead && c->keeping.open(c->keeping.arg, &c->store))
		lan_wait(c->l, c->n->id, c->l->now + SECOND);
	if (!c->store)
		return;
	tell(c, c->l->now);
	while (!c->is_dead && !c->is_open)
		lan_wait(c->l, c->n->id, NEVER);
	while (!c->is_dead)
		work(c);
	assert(c->store);
	c->store->ops->close(c->store);
	c->store = NULL;
}

/* ---- at the node --------------------------------------------------------- */

int node_commit(struct node *n, const struct commit_effect *ce, uint8_t owner)
{
	struct lan_committer *c = n->committer;
	const struct plist *props = &ce->change.props;
	struct job *j = calloc(1, sizeof *j);
	uint8_t *bytes;

	if (!j)
		return -ENOMEM;
	*j = (struct job){.order = {.seen = n->seen,
				    .wall = node_wall(n),
				    .at = n->lan->now}};
	j->outcome = (struct outcome){
		.kind = EFFECT_COMMIT, .owner = owner, .cookie = ce->cookie};
	snprintf(j->order.who, sizeof j->order.who, "%s",
		 ce->who ? ce->who : "");
	if (ce->all) {
		j->order.all = changes_keep(ce->all);
	} else {
		j->order.change = ce->change;
		bytes = props->len ? malloc(props->len) : NULL;
		j->order.change.props.bytes = bytes;
		if (props->len && !bytes) {
			job_free(j);
			return -ENOMEM;
		}
		if (bytes)
			memcpy(bytes, props->bytes, props->len);
	}
	orders_add(&c->handed, &j->order);
	lan_rouse(n->lan, n->id, n->lan->now);
	return CARRIED_LATER;
}

static void look(struct lan *l, struct node *n)
{
	struct turn *t;

	if (!l->watcher.look)
		return;
	t = lan_begin(l, n, EVENT_ENDED);
	l->watcher.look(l->watcher.arg, n->id, l->now, &t->fx);
	turn_carry(t, l->now, node_wall(n));
}

static void settle(struct lan *l, struct node *n, struct job *j)
{
	order_seen(&j->order, &n->seen);
	order_age(&j->order, l->now, node_wall(n));
	if (j->order.is_news)
		j->outcome = (struct outcome){.kind = EFFECT_COMMIT,
					      .owner = SERVER_NEWS};
	j->outcome.rc = j->order.rc;
	j->outcome.failed = j->order.failed;
	j->outcome.change = &j->order.change;
	j->outcome.all = j->order.all;
	j->outcome.wall = node_wall(n);
	turn_settle(lan_begin(l, n, EVENT_ENDED), l->now, &j->outcome);
}

/* Its store is there: the node can be switched on. */
static void opened(struct lan_committer *c)
{
	c->is_open = true;
	c->store->ops->status(c->store, &c->status);
	c->n->seen = c->status.revision;
	c->keeping.opened(c->keeping.arg, c->l->now, c->store);
	lan_rouse(c->l, c->n->id, c->l->now);
}

static void tell_ended(struct lan_committer *c)
{
	struct node *n = c->n;
	struct lan *l = c->l;
	uint32_t life = n->life;
	struct orders ended;
	struct job *j;

	orders_empty(&ended);
	orders_join(&ended, &c->ended);
	look(l, n);
	while ((j = job_of(orders_take(&ended)))) {
		if (n->life == life)
			settle(l, n, j);
		job_free(j);
	}
	if (n->life == life)
		look(l, n);
	lan_end(l, n);
}

void node_ended(struct lan *l, const struct event *e)
{
	struct node *n = &l->nodes[e->node];
	struct lan_committer *c = n->committer;

	if (e->life != n->life || e->at != c->told || n->is_hung)
		return;
	c->told = NEVER;
	if (!c->is_open)
		opened(c);
	else if (n->is_on)
		tell_ended(c);
	else
		tell(c, l->now + l->config.news_delay + 1);
}

void node_unhung(struct node *n)
{
	struct lan_committer *c = n->committer;

	if (!c || !c->fiber)
		return;
	if (c->told != NEVER) {
		c->told = NEVER;
		tell(c, n->lan->now);
	}
	if (c->is_owed)
		lan_rouse(n->lan, n->id, n->lan->now);
	c->is_owed = false;
}

bool lan_store_status(const struct lan *l, uint32_t node,
		      struct store_status *to)
{
	const struct lan_committer *c = l->nodes[node].committer;

	if (!c || !c->is_open)
		return false;
	*to = c->status;
	return true;
}

/* ---- its life ------------------------------------------------------------ */

int lan_keep(struct lan *l, uint32_t node, const struct lan_keeping *k)
{
	struct node *n = &l->nodes[node];
	struct lan_committer *c = n->committer;
	int rc;

	if (!c && !(c = n->committer = calloc(1, sizeof *c)))
		return -ENOMEM;
	assert(!c->fiber);
	*c = (struct lan_committer){
		.l = l, .n = n, .keeping = *k, .due = NEVER, .told = NEVER};
	orders_empty(&c->handed);
	orders_empty(&c->ended);
	rc = fiber_open(&c->fiber, &lan_memory, run, c);
	if (!rc)
		lan_rouse(l, node, l->now);
	return rc;
}

void node_end_store(struct node *n)
{
	struct lan_committer *c = n->committer;

	if (!c || !c->fiber)
		return;
	assert(!c->is_inside);
	c->keeping.die(c->keeping.arg);
	c->is_dead = true;
	go_on(c);
	fiber_close(c->fiber);
	c->fiber = NULL;
	c->is_open = false;
	c->due = c->told = NEVER;
	jobs_free(&c->handed);
	jobs_free(&c->ended);
}
