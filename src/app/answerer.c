/*
 * The answerer.  A question walks through three lists, as a change does at the
 * committer: free, asked and answered.  Nothing of it stays behind: it may be
 * a password.
 */
#include "app/answerer.h"

#include "base/text.h"
#include "host/loop.h"
#include "host/password.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct asked {
	struct asked *next;
	enum question_kind kind;
	char text[QUESTION_TEXT], with[QUESTION_TEXT];
	uint64_t cookie;
	int rc;
	uint8_t owner;
};

struct list {
	struct asked *first, **last;
};

struct answerer {
	struct asked *all, *free; /* free: the loop's own */
	struct list taken;        /* answered, by the loop */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct wake wake;
	/* under the lock */
	struct list waiting, answered;
	bool is_closing;
};

static void list_empty(struct list *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static void list_add(struct list *l, struct asked *q)
{
	q->next = NULL;
	*l->last = q;
	l->last = &q->next;
}

static struct asked *list_take(struct list *l)
{
	struct asked *q = l->first;

	if (!q)
		return NULL;
	l->first = q->next;
	if (!l->first)
		l->last = &l->first;
	return q;
}

static int answer(const struct asked *q)
{
	switch (q->kind) {
	case ASK_PASSWORD:
		return password_check(q->text, q->with);
	case ASK_FILES:
	case ASK_NIS:
	case ASK_DNS:
		return -ENODEV;
	}
	return -EINVAL;
}

static void *work(void *arg)
{
	struct answerer *a = arg;
	struct asked *q;

	pthread_mutex_lock(&a->lock);
	while (!a->is_closing) {
		q = list_take(&a->waiting);
		if (!q) {
			pthread_cond_wait(&a->work, &a->lock);
			continue;
		}
		pthread_mutex_unlock(&a->lock);

		q->rc = answer(q);
		explicit_bzero(q->text, sizeof(q->text));

		pthread_mutex_lock(&a->lock);
		list_add(&a->answered, q);
		wake_up(&a->wake);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static void open_lists(struct answerer *a, uint32_t most)
{
	for (uint32_t i = 0; i < most; i++) {
		a->all[i].next = a->free;
		a->free = &a->all[i];
	}
	list_empty(&a->taken);
	list_empty(&a->waiting);
	list_empty(&a->answered);
}

static int start(struct answerer *a)
{
	int rc = wake_open(&a->wake);

	if (rc)
		return rc;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->work, NULL);
	rc = -pthread_create(&a->thread, NULL, work, a);
	if (rc)
		wake_close(&a->wake);
	return rc;
}

int answerer_open(struct answerer **to, uint32_t most)
{
	struct answerer *a = calloc(1, sizeof(*a));
	int rc = -ENOMEM;

	if (a)
		a->all = calloc(most, sizeof(*a->all));
	if (a && a->all) {
		open_lists(a, most);
		rc = start(a);
	}
	if (!rc) {
		*to = a;
		return 0;
	}
	if (a)
		free(a->all);
	free(a);
	return rc;
}

void answerer_close(struct answerer *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->is_closing = true;
	pthread_cond_signal(&a->work);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	for (struct asked *q = a->waiting.first; q; q = q->next)
		explicit_bzero(q->text, sizeof(q->text));
	wake_close(&a->wake);
	pthread_cond_destroy(&a->work);
	pthread_mutex_destroy(&a->lock);
	free(a->all);
	free(a);
}

int answerer_fd(const struct answerer *a)
{
	return a->wake.fd;
}

int answerer_put(struct answerer *a, const struct question *q, uint8_t owner)
{
	struct asked *to = a->free;

	if (!to)
		return -EAGAIN;
	if (!text_copy(to->text, sizeof(to->text), q->text, strlen(q->text)) ||
	    !text_copy(to->with, sizeof(to->with), q->with, strlen(q->with)))
		return -EMSGSIZE;
	a->free = to->next;
	to->kind = q->kind;
	to->cookie = q->cookie;
	to->owner = owner;
	pthread_mutex_lock(&a->lock);
	list_add(&a->waiting, to);
	pthread_cond_signal(&a->work);
	pthread_mutex_unlock(&a->lock);
	return 0;
}

static void take_answers(struct answerer *a)
{
	struct asked *q;

	pthread_mutex_lock(&a->lock);
	while ((q = list_take(&a->answered)))
		list_add(&a->taken, q);
	pthread_mutex_unlock(&a->lock);
}

bool answerer_ended(struct answerer *a, struct outcome *o)
{
	struct asked *q;

	if (!a->taken.first && wake_taken(&a->wake))
		take_answers(a);
	q = list_take(&a->taken);
	if (!q)
		return false;
	*o = (struct outcome){.kind = EFFECT_ASK,
			      .owner = q->owner,
			      .cookie = q->cookie,
			      .rc = q->rc};
	q->next = a->free;
	a->free = q;
	return true;
}
