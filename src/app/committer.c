/*
 * The committer.  A change is a job that walks through three lists: queued (the
 * loop's own), handed (under the lock), ended (under the lock).  Jobs come from
 * a fixed set, so a storm meets -EAGAIN and not an empty memory.
 */
#include "app/committer.h"

#include "host/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A batch of FEW changes is not worth a sync of its own if more come soon: the
 * next one begins no earlier than PACE after it. */
enum { BATCH_MAX = 1024, FEW = 16 };

static const usec PACE = MILLISECONDS(2);

struct job {
	struct job *next;
	struct change change;
	uint8_t *props;             /* owned */
	struct changes *all;        /* kept; NULL: the one change */
	struct committer_task task; /* run NULL: it is changes */
	char who[STORE_WHO];
	usec wall;
	size_t failed;
	uint64_t cookie;
	int rc;
	uint8_t owner;
};

struct jobs {
	struct job *first, **last;
};

struct committer {
	struct store *store;
	struct job *all, *free,
		*given; /* given: what ended() handed out last */
	struct jobs queued;
	struct jobs taken; /* ended, by the loop */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct wake wake;
	/* under the lock */
	struct jobs handed, ended;
	bool is_closing;
	struct committer_counts counts;
	/* the thread's own */
	struct commit batch[BATCH_MAX];
	struct job *jobs[BATCH_MAX];
};

static void jobs_empty(struct jobs *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static void jobs_add(struct jobs *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
}

static void jobs_join(struct jobs *to, struct jobs *from)
{
	if (!from->first)
		return;
	*to->last = from->first;
	to->last = from->last;
	jobs_empty(from);
}

/* Whether trying again one by one makes sense: not when the disk itself is at
 * fault, since the kernel may have dropped what it could not write. */
static bool is_batch_fault(int rc)
{
	return rc && rc != -EIO && rc != -ENOSPC && rc != -EROFS;
}

static struct commit commit_of(const struct job *j)
{
	return (struct commit){.change = j->all ? j->all->v : &j->change,
			       .more = j->all ? j->all->n - 1 : 0,
			       .who = j->who,
			       .wall = j->wall};
}

static void end(struct job *j, const struct commit *as)
{
	j->rc = as->rc;
	j->failed = as->failed;
}

static void commit(struct committer *c, struct job *const *v, size_t n)
{
	uint64_t revision;
	int rc;

	for (size_t i = 0; i < n; i++)
		c->batch[i] = commit_of(v[i]);
	rc = c->store->ops->commit(c->store, c->batch, n, &revision);
	for (size_t i = 0; i < n; i++)
		end(v[i], &c->batch[i]);
	if (n > 1 && is_batch_fault(rc))
		for (size_t i = 0; i < n; i++)
			commit(c, &v[i], 1);
}

static bool job_is_edit(const struct job *j)
{
	return change_is_edit(j->all ? j->all->v : &j->change);
}

/* Leases and edits apart: an edit is rare, may be stale, and is large. */
static void commit_kind(struct committer *c, struct job *first, bool is_edit)
{
	struct job **v = c->jobs;
	size_t n = 0;

	for (struct job *j = first; j; j = j->next) {
		if (j->task.run || job_is_edit(j) != is_edit)
			continue;
		v[n++] = j;
		if (n == BATCH_MAX) {
			commit(c, v, n);
			n = 0;
		}
	}
	if (n)
		commit(c, v, n);
}

/* One step of each task; those that want another go to `again`. */
static void run_tasks(struct committer *c, struct jobs *mine,
		      struct jobs *again)
{
	struct jobs ended;

	jobs_empty(&ended);
	for (struct job *j = mine->first, *next; j; j = next) {
		next = j->next;
		if (j->task.run)
			j->rc = j->task.run(j->task.arg, c->store);
		jobs_add(j->task.run && j->rc == COMMITTER_MORE ? again
								: &ended,
			 j);
	}
	jobs_empty(mine);
	jobs_join(mine, &ended);
}

static uint64_t count(struct committer *c, const struct job *first)
{
	uint64_t n = 0;

	for (const struct job *j = first; j; j = j->next) {
		if (j->task.run)
			continue;
		uint64_t changes = j->all ? j->all->n : 1;

		c->counts.failed += j->rc ? changes : 0;
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

static void *work(void *arg)
{
	struct committer *c = arg;
	struct jobs mine, again;
	usec begun;
	uint64_t n;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->handed.first && !c->is_closing)
			pthread_cond_wait(&c->work, &c->lock);
		if (!c->handed.first)
			break;
		jobs_empty(&mine);
		jobs_join(&mine, &c->handed);
		pthread_mutex_unlock(&c->lock);

		begun = host_now();
		commit_kind(c, mine.first, false);
		commit_kind(c, mine.first, true);
		jobs_empty(&again);
		run_tasks(c, &mine, &again);

		pthread_mutex_lock(&c->lock);
		n = count(c, mine.first);
		jobs_join(&c->ended, &mine);
		/* Who stops waits for no task. */
		jobs_join(c->is_closing ? &c->ended : &c->handed, &again);
		wake_up(&c->wake);
		if (!n || n > FEW || c->is_closing)
			continue;
		pthread_mutex_unlock(&c->lock);
		rest(begun + PACE);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void release(struct committer *c)
{
	c->store->ops->close(c->store);
	free(c->all);
	free(c);
}

int committer_open(struct committer **to, struct store *store, uint32_t most)
{
	struct committer *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	if (!c)
		return rc;
	c->store = store;
	c->all = calloc(most, sizeof(*c->all));
	if (!c->all)
		goto out;
	for (uint32_t i = 0; i < most; i++) {
		c->all[i].next = c->free;
		c->free = &c->all[i];
	}
	jobs_empty(&c->queued);
	jobs_empty(&c->taken);
	jobs_empty(&c->handed);
	jobs_empty(&c->ended);
	rc = wake_open(&c->wake);
	if (rc)
		goto out;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	rc = -pthread_create(&c->thread, NULL, work, c);
	if (!rc) {
		*to = c;
		return 0;
	}
	wake_close(&c->wake);
out:
	free(c->all);
	free(c);
	return rc;
}

/* What it holds.  Only ever on the loop's thread, which counts keepers. */
static void drop(struct job *j)
{
	free(j->props);
	changes_drop(j->all);
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
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	for (struct job *j = c->ended.first; j; j = j->next)
		drop(j);
	for (struct job *j = c->taken.first; j; j = j->next)
		drop(j);
	if (c->given)
		drop(c->given);
	wake_close(&c->wake);
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
	struct job *j = c->free;

	if (j)
		c->free = j->next;
	return j;
}

int committer_ask(struct committer *c, const struct committer_task *t)
{
	struct job *j = take(c);

	if (!j)
		return -EAGAIN;
	*j = (struct job){.task = *t};
	jobs_add(&c->queued, j);
	return 0;
}

int committer_put(struct committer *c, const struct commit_effect *e,
		  uint8_t owner)
{
	const struct change *change = &e->change;
	struct job *j = take(c);

	if (!j)
		return -EAGAIN;
	*j = (struct job){.change = *change,
			  .cookie = e->cookie,
			  .owner = owner,
			  .wall = host_wall()};
	snprintf(j->who, sizeof j->who, "%s", e->who ? e->who : "");
	if (e->all) {
		j->all = changes_keep(e->all);
	} else if (change->props.len) {
		j->props = malloc(change->props.len);
		if (!j->props) {
			j->next = c->free;
			c->free = j;
			return -ENOMEM;
		}
		memcpy(j->props, change->props.bytes, change->props.len);
		j->change.props.bytes = j->props;
	}
	jobs_add(&c->queued, j);
	return 0;
}

void committer_go(struct committer *c)
{
	if (!c->queued.first)
		return;
	pthread_mutex_lock(&c->lock);
	jobs_join(&c->handed, &c->queued);
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->lock);
}

static void give_back(struct committer *c, struct job *j)
{
	drop(j);
	j->next = c->free;
	c->free = j;
}

/* The next one that has ended; NULL: none. */
static struct job *next_ended(struct committer *c)
{
	struct job *j;

	if (!c->taken.first && wake_taken(&c->wake)) {
		pthread_mutex_lock(&c->lock);
		jobs_join(&c->taken, &c->ended);
		pthread_mutex_unlock(&c->lock);
	}
	j = c->taken.first;
	if (!j)
		return NULL;
	c->taken.first = j->next;
	if (!j->next)
		jobs_empty(&c->taken);
	return j;
}

bool committer_ended(struct committer *c, struct outcome *o)
{
	struct job *j;

	if (c->given)
		give_back(c, c->given);
	c->given = NULL;
	while ((j = next_ended(c)) && j->task.run) {
		j->task.done(j->task.arg, j->rc);
		give_back(c, j);
	}
	if (!j)
		return false;
	c->given = j;
	*o = (struct outcome){.kind = EFFECT_COMMIT,
			      .owner = j->owner,
			      .cookie = j->cookie,
			      .rc = j->rc,
			      .change = &j->change,
			      .all = j->all,
			      .failed = j->failed};
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
