/*
 * A store that several nodes share.  When a batch of one is durable, the others
 * hear of it after a while; what a node hears with its own batch waits until
 * that is told, so that all comes in the order of the revisions.
 */
#include "sim/lan_impl.h"

#include "engine/server.h"

#include <stdlib.h>

struct news_item {
	struct news_item *next;
	struct changes *all;
	uint64_t revision;
};

static int hear(void *arg, const struct store_news *n)
{
	struct news_item **last = arg, *i = calloc(1, sizeof(*i));
	int rc = i ? changes_open(&i->all, &lan_memory) : -1;

	for (size_t k = 0; !rc && k < n->n; k++)
		rc = changes_add(i->all, &n->v[k]);
	if (rc) {
		if (i)
			changes_drop(i->all);
		free(i);
		return rc;
	}
	i->revision = n->revision;
	while (*last)
		last = &(*last)->next;
	*last = i;
	return 0;
}

void news_hear(const struct node *n, struct news_item **to)
{
	if (n->store && n->store->ops->shared)
		(void)n->store->ops->shared->news(n->store, hear, to);
}

void news_free(struct news_item *i)
{
	while (i) {
		struct news_item *next = i->next;

		changes_drop(i->all);
		free(i);
		i = next;
	}
}

void news_tell(struct lan *l, struct node *n, struct news_item *i)
{
	for (; i; i = i->next) {
		const struct outcome o = {.kind = EFFECT_COMMIT,
					  .owner = SERVER_NEWS,
					  .wall = node_wall(n),
					  .all = i->all};

		n->seen = i->revision;
		turn_settle(lan_begin(l, n, EVENT_NEWS), l->now, &o);
	}
}

void news_look(struct lan *l, struct node *n)
{
	struct news_item *news = NULL;
	struct turn *t;

	if (l->watcher.look) {
		t = lan_begin(l, n, EVENT_NEWS);
		l->watcher.look(l->watcher.arg, n->id, l->now, &t->fx);
		turn_carry(t, l->now, node_wall(n));
	}
	news_hear(n, &news);
	news_tell(l, n, news);
	news_free(news);
}

void carrier_news(struct lan *l, const struct event *e)
{
	struct node *n = &l->nodes[e->node];

	if (e->life != n->life || !n->is_on)
		return;
	/* What it has committed comes first, and looks then. */
	if (!n->is_durable)
		news_look(l, n);
	lan_end(l, n);
}

void lan_look(struct lan *l, uint32_t node, usec at)
{
	struct event *e = lan_event(l, at, EVENT_NEWS, node);

	if (e)
		e->life = l->nodes[node].life;
}

void news_announce(struct lan *l, const struct node *from)
{
	for (uint32_t i = 0; i < l->n_nodes; i++)
		if (l->nodes[i].store && i != from->id)
			lan_look(l, i, l->now + l->config.news_delay);
}

void lan_set_store(struct lan *l, uint32_t node, struct store *store)
{
	struct node *n = &l->nodes[node];
	struct store_status is;

	n->store = store;
	if (!store)
		return;
	store->ops->status(store, &is);
	n->seen = is.revision;
}
