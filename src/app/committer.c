/*
 * The committer.  A change is a job that walks through three lists: queued (the
 * loop's own), handed (under the lock), ended (under the lock).  Jobs come from
 * a fixed set, so a storm meets -EAGAIN and not an empty memory.
 */
#include "app/committer_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release(struct committer *c)
{
	c->store->ops->close(c->store);
	free(c->news);
	free(c->all);
	free(c);
}

static void set_free(struct order **free, struct job *j)
{
	j->order.next = *free;
	*free = &j->order;
}

static struct job *jobs_get(uint32_t n, struct order **free)
{
	struct job *v = calloc(n, sizeof(*v));

	for (uint32_t i = 0; v && i < n; i++)
		set_free(free, &v[i]);
	return v;
}

/* What the thread and the loop ring each other up with. */
static int open_wakes(struct committer *c)
{
	int rc = wake_open(&c->wake);

	if (rc)
		return rc;
	rc = wake_open(&c->call);
	if (rc)
		wake_close(&c->wake);
	return rc;
}

static void close_wakes(struct committer *c)
{
	wake_close(&c->call);
	wake_close(&c->wake);
}

int committer_open(struct committer **to, struct store *store, uint32_t most)
{
	struct committer *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	if (!c)
		return rc;
	c->store = store;
	c->all = jobs_get(most, &c->free);
	if (store->ops->shared)
		c->news = jobs_get(NEWS_MOST, &c->news_free);
	if (!c->all || (store->ops->shared && !c->news))
		goto out;
	orders_empty(&c->queued);
	orders_empty(&c->taken);
	orders_empty(&c->handed);
	orders_empty(&c->ended);
	store->ops->status(store, &c->status);
	c->seen = c->status.revision;
	rc = open_wakes(c);
	if (rc)
		goto out;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->room, NULL);
	rc = -pthread_create(&c->thread, NULL, committer_work, c);
	if (!rc) {
		*to = c;
		return 0;
	}
	close_wakes(c);
out:
	free(c->news);
	free(c->all);
	free(c);
	return rc;
}

/* What it holds.  Only ever on the loop's thread, which counts keepers. */
static void drop(struct job *j)
{
	free(j->props);
	changes_drop(j->order.all);
	if (j->task.drop)
		j->task.drop(j->task.arg);
}

void committer_close(struct committer *c)
{
	if (!c)
		return;
	committer_go(c);
	pthread_mutex_lock(&c->lock);
	c->is_closing = true;
	pthread_cond_signal(&c->work);
	pthread_cond_signal(&c->room);
	pthread_mutex_unlock(&c->lock);
	wake_up(&c->call);
	pthread_join(c->thread, NULL);
	for (struct order *o = c->ended.first; o; o = o->next)
		drop(job_of(o));
	for (struct order *o = c->taken.first; o; o = o->next)
		drop(job_of(o));
	if (c->given)
		drop(c->given);
	close_wakes(c);
	pthread_cond_destroy(&c->room);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->lock);
	release(c);
}

int committer_fd(const struct committer *c)
{
	return c->wake.fd;
}

static struct job *take(struct committer *c)
{
	struct order *o = c->free;

	if (o)
		c->free = o->next;
	return job_of(o);
}

int committer_ask(struct committer *c, const struct committer_task *t)
{
	struct job *j = take(c);

	if (!j)
		return -EAGAIN;
	*j = (struct job){.task = *t};
	orders_add(&c->queued, &j->order);
	return 0;
}

int committer_put(struct committer *c, const struct commit_effect *e,
		  uint8_t owner)
{
	const struct change *change = &e->change;
	struct job *j = take(c);

	if (!j)
		return -EAGAIN;
	*j = (struct job){.order = {.change = *change,
				    .seen = c->seen,
				    .wall = host_wall(),
				    .at = host_now()},
			  .cookie = e->cookie,
			  .owner = owner};
	snprintf(j->order.who, sizeof j->order.who, "%s", e->who ? e->who : "");
	if (e->all) {
		j->order.all = changes_keep(e->all);
	} else if (change->props.len) {
		j->props = malloc(change->props.len);
		if (!j->props) {
			set_free(&c->free, j);
			return -ENOMEM;
		}
		memcpy(j->props, change->props.bytes, change->props.len);
		j->order.change.props.bytes = j->props;
	}
	orders_add(&c->queued, &j->order);
	return 0;
}

void committer_go(struct committer *c)
{
	if (!c->queued.first)
		return;
	pthread_mutex_lock(&c->lock);
	orders_join(&c->handed, &c->queued);
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
	if (c->news)
		wake_up(&c->call);
}

static void give_back(struct committer *c, struct job *j)
{
	drop(j);
	if (!j->order.is_news) {
		set_free(&c->free, j);
		return;
	}
	pthread_mutex_lock(&c->lock);
	set_free(&c->news_free, j);
	pthread_cond_signal(&c->room);
	pthread_mutex_unlock(&c->lock);
}

/* The next one that has ended; NULL: none. */
static struct job *next_ended(struct committer *c)
{
	if (!c->taken.first && wake_taken(&c->wake)) {
		pthread_mutex_lock(&c->lock);
		orders_join(&c->taken, &c->ended);
		pthread_mutex_unlock(&c->lock);
	}
	return job_of(orders_take(&c->taken));
}

bool committer_ended(struct committer *c, struct outcome *o)
{
	struct job *j;

	if (c->given)
		give_back(c, c->given);
	c->given = NULL;
	while ((j = next_ended(c)) && j->task.run) {
		j->task.done(j->task.arg, j->order.rc);
		give_back(c, j);
	}
	if (!j)
		return false;
	c->given = j;
	/* All that came before it was handed out before it. */
	order_seen(&j->order, &c->seen);
	order_age(&j->order, host_now(), host_wall());
	*o = (struct outcome){.kind = EFFECT_COMMIT,
			      .owner = j->owner,
			      .cookie = j->cookie,
			      .rc = j->order.rc,
			      .change = &j->order.change,
			      .all = j->order.all,
			      .failed = j->order.failed};
	return true;
}

struct committer_counts committer_counts(struct committer *c)
{
	struct committer_counts counts;

	pthread_mutex_lock(&c->lock);
	counts = c->counts;
	pthread_mutex_unlock(&c->lock);
	return counts;
}

bool committer_status(struct committer *c, struct store_status *to)
{
	if (!c->news)
		return false;
	pthread_mutex_lock(&c->lock);
	*to = c->status;
	pthread_mutex_unlock(&c->lock);
	return true;
}
