/*
 * The worker: two lists under one lock, jobs to do and jobs that were run.
 */
#include "app/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct list {
	struct job *first, **last;
};

struct worker {
	struct loop *loop;
	struct watch watch;
	struct wake wake;
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t lock;
	pthread_cond_t work;
	/* under the lock */
	struct list todo, ran;
	bool is_closing;
};

static void list_add(struct list *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
}

static struct job *list_take(struct list *l)
{
	struct job *j = l->first;

	if (!j)
		return NULL;
	l->first = j->next;
	if (!l->first)
		l->last = &l->first;
	return j;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->is_closing) {
		struct job *j = list_take(&w->todo);

		if (!j) {
			pthread_cond_wait(&w->work, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		j->run(j);
		pthread_mutex_lock(&w->lock);
		list_add(&w->ran, j);
		wake_up(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static struct job *ran(struct worker *w)
{
	struct job *j;

	pthread_mutex_lock(&w->lock);
	j = list_take(&w->ran);
	pthread_mutex_unlock(&w->lock);
	return j;
}

static void on_ran(void *arg, unsigned events)
{
	struct worker *w = arg;
	struct job *j;

	(void)events;
	(void)wake_taken(&w->wake);
	while ((j = ran(w)) != NULL)
		j->done(j);
}

int worker_open(struct worker **to, struct loop *loop)
{
	struct worker *w = calloc(1, sizeof *w);
	int rc = w ? wake_open(&w->wake) : -ENOMEM;

	if (rc)
		goto no_wake;
	w->loop = loop;
	w->watch = (struct watch){.fd = w->wake.fd, .arg = w, .ready = on_ran};
	rc = loop_watch(loop, &w->watch, LOOP_READ);
	if (rc)
		goto no_watch;
	w->todo.last = &w->todo.first;
	w->ran.last = &w->ran.first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	*to = w;
	return 0;
no_watch:
	wake_close(&w->wake);
no_wake:
	free(w);
	return rc;
}

int worker_do(struct worker *w, struct job *j)
{
	int rc = w->has_thread ? 0 : pthread_create(&w->thread, NULL, work, w);

	if (rc)
		return -rc;
	w->has_thread = true;
	pthread_mutex_lock(&w->lock);
	list_add(&w->todo, j);
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

void worker_close(struct worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_closing = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	loop_unwatch(w->loop, &w->watch);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	wake_close(&w->wake);
	free(w);
}
