/*
 * The committer's thread.  What came in while the store was busy is the next
 * batch.  Of a store that several servers share, it hears the news, too, and
 * hands everything to the loop in the order of the revisions, so that what
 * stands there last stands in memory, too; what was refused comes behind all
 * news, which say why.
 */
#include "app/committer_inside.h"

#include "host/memory.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* A batch of FEW changes is not worth a sync of its own if more come soon: the
 * next one begins no earlier than PACE after it. */
enum { FEW = 16 };

static const usec PACE = MILLISECONDS(2);
/* How often a store that tells nothing is looked at. */
static const usec LOOK = SECONDS(1);

/* Whether trying again one by one makes sense: not when the disk itself is at
 * fault, since the kernel may have dropped what it could not write. */
static bool is_batch_fault(int rc)
{
	return rc && rc != -EIO && rc != -ENOSPC && rc != -EROFS;
}

static void commit(struct committer *c, struct order *const *v, size_t n)
{
	int rc = orders_commit(c->store, v, n, c->batch);

	/* What the others may have done meanwhile is not to be done twice. */
	if (n > 1 && !c->news && is_batch_fault(rc))
		for (size_t i = 0; i < n; i++)
			commit(c, &v[i], 1);
}

static void commit_kind(struct committer *c, struct order *at, bool is_edit)
{
	size_t n;

	while ((n = orders_pick(&at, is_edit, c->orders, BATCH_MAX)))
		commit(c, c->orders, n);
}

/* One step of each; those that want another go to `again`. */
static void run_tasks(struct committer *c, struct orders *tasks,
		      struct orders *again)
{
	struct orders ended;
	struct job *j;

	orders_empty(&ended);
	while ((j = job_of(orders_take(tasks)))) {
		j->order.rc = j->task.run(j->task.arg, c->store);
		orders_add(j->order.rc == COMMITTER_MORE ? again : &ended,
			   &j->order);
	}
	orders_join(tasks, &ended);
}

static uint64_t count(struct committer *c, const struct order *first)
{
	uint64_t n = 0;

	for (const struct order *o = first; o; o = o->next) {
		uint64_t changes = o->all ? o->all->n : 1;

		c->counts.failed += o->rc ? changes : 0;
		n += changes;
	}
	c->counts.batches += n > 0;
	c->counts.changes += n;
	return n;
}

static void rest(usec until)
{
	usec left = until - host_now();
	struct timespec ts = {.tv_nsec = left * 1000};

	if (left > 0)
		(void)nanosleep(&ts, NULL);
}

/* ---- news ---------------------------------------------------------------- */

struct hearing {
	struct committer *c;
	struct orders *mine; /* ended, in the order of their revisions */
};

/* Under the lock; NULL: it is being closed. */
static struct job *room_for_news(struct committer *c)
{
	struct order *o;

	while (!c->news_free && !c->is_closing)
		pthread_cond_wait(&c->room, &c->lock);
	if (c->is_closing)
		return NULL;
	o = c->news_free;
	c->news_free = o->next;
	return job_of(o);
}

static int hear(void *arg, const struct store_news *n)
{
	struct hearing *h = arg;
	struct committer *c = h->c;
	struct order news;
	struct job *j;
	int rc = order_news(&news, n, &host_memory);

	if (rc)
		return rc;
	news.wall = host_wall();
	news.at = host_now();
	pthread_mutex_lock(&c->lock);
	j = room_for_news(c);
	if (j) {
		*j = (struct job){.order = news, .owner = COMMITTER_NEWS};
		orders_before(h->mine, n->revision, &c->ended);
		orders_add(&c->ended, &j->order);
		c->counts.news++;
	}
	pthread_mutex_unlock(&c->lock);
	if (!j) {
		changes_drop(news.all);
		return -ECANCELED;
	}
	wake_up(&c->wake);
	return 0;
}

/* Hand over the news, and what has ended, each in its place. */
static void hear_news(struct committer *c, struct orders *mine)
{
	struct hearing h = {c, mine};
	int rc = c->store->ops->shared->news(c->store, hear, &h);

	c->deaf = rc == -ECANCELED ? 0 : rc;
}

/* What a status says that concerns the loop. */
static void look(struct committer *c)
{
	struct store_status is;
	bool has_changed;

	c->store->ops->status(c->store, &is);
	if (c->deaf) {
		is.is_away = true;
		is.why = c->deaf;
	}
	pthread_mutex_lock(&c->lock);
	has_changed = is.is_away != c->status.is_away ||
		      is.why != c->status.why || is.latest != c->status.latest;
	c->status = is;
	pthread_mutex_unlock(&c->lock);
	if (has_changed)
		wake_up(&c->wake);
}

/* ---- the thread ---------------------------------------------------------- */

/* Until there is something to do; under the lock, which is given up meanwhile.
 */
static void wait_for_work(struct committer *c)
{
	struct orders none;
	int rc;

	if (!c->news) {
		pthread_cond_wait(&c->work, &c->lock);
		return;
	}
	pthread_mutex_unlock(&c->lock);
	rc = c->store->ops->shared->wait(c->store, c->call.fd, LOOK);
	if (rc) {
		struct pollfd p = {.fd = c->call.fd, .events = POLLIN};

		(void)poll(&p, 1, (int)(LOOK / MILLISECONDS(10)));
	}
	(void)wake_taken(&c->call);
	orders_empty(&none);
	hear_news(c, &none);
	look(c);
	pthread_mutex_lock(&c->lock);
}

/* What goes in one turn, and the tasks among it: nobody waits for more than
 * that to hear of his own.  Under the lock. */
static void take_turn(struct committer *c, struct orders *mine,
		      struct orders *tasks)
{
	size_t most = c->news ? SHARED_MAX : BATCH_MAX;
	struct job *j;

	orders_empty(mine);
	orders_empty(tasks);
	while (most-- && (j = job_of(orders_take(&c->handed))))
		orders_add(j->task.run ? tasks : mine, &j->order);
}

static void tell(struct committer *c, struct orders *ended)
{
	pthread_mutex_lock(&c->lock);
	orders_join(&c->ended, ended);
	pthread_mutex_unlock(&c->lock);
	wake_up(&c->wake);
}

/* Make them durable, and tell the loop.  Returns how many changes they were. */
static uint64_t commit_all(struct committer *c, struct orders *mine)
{
	uint64_t n;

	commit_kind(c, mine->first, false);
	commit_kind(c, mine->first, true);
	pthread_mutex_lock(&c->lock);
	n = count(c, mine->first);
	pthread_mutex_unlock(&c->lock);
	if (c->news) {
		orders_sort(mine);
		hear_news(c, mine);
		look(c);
	}
	tell(c, mine);
	return n;
}

static void do_tasks(struct committer *c, struct orders *tasks)
{
	struct orders again;

	orders_empty(&again);
	run_tasks(c, tasks, &again);
	tell(c, tasks);
	/* Who stops waits for no task. */
	pthread_mutex_lock(&c->lock);
	orders_join(c->is_closing ? &c->ended : &c->handed, &again);
	pthread_mutex_unlock(&c->lock);
}

void *committer_work(void *arg)
{
	struct committer *c = arg;
	struct orders mine, tasks;
	bool is_last;
	usec begun;
	uint64_t n;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->handed.first && !c->is_closing)
			wait_for_work(c);
		if (!c->handed.first)
			break;
		take_turn(c, &mine, &tasks);
		is_last = c->is_closing;
		pthread_mutex_unlock(&c->lock);

		begun = host_now();
		n = commit_all(c, &mine);
		if (tasks.first)
			do_tasks(c, &tasks);
		if (n && n <= FEW && !is_last)
			rest(begun + PACE);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}
