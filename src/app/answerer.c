/*
 * The answerer.  A question walks through three lists, as a change does at the
 * committer: free, asked and answered.  Nothing of it stays behind: it may be
 * a password.
 *
 * Each kind of question has a desk with threads of its own, which begin with
 * the first question: a NIS server that is dead keeps no password waiting.
 */
#include "app/answerer.h"

#include "app/agent.h"
#include "base/text.h"
#include "engine/nic.h"
#include "engine/niclone.h"
#include "host/loop.h"
#include "host/password.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DESKS = ASK_LISTALL + 1, DESK_THREADS = 8, LAST_WAIT = 2 /* seconds */ };

/* Of all questions that may be under way, one of so many is kept for passwords,
 * that a flood of the others leaves them their turn. */
enum { KEPT = 8 };

/* Of files and NIS each: what they have read is one thread's. */
static const uint8_t threads[DESKS] = {
	[ASK_PASSWORD] = 1,       [ASK_FILES] = 1,   [ASK_NIS] = 1,
	[ASK_DNS] = DESK_THREADS, [ASK_READALL] = 2, [ASK_LISTALL] = 4};

struct asked {
	struct asked *next;
	struct question q;
	char text[QUESTION_TEXT], with[QUESTION_TEXT], domain[64];
	uint8_t *answer; /* malloc'd; NULL: none */
	size_t answer_len;
	int rc;
	uint8_t owner;
};

struct list {
	struct asked *first, **last;
};

struct desk {
	struct answerer *of;
	pthread_cond_t work;
	struct list waiting;
	unsigned n, idle; /* threads */
	pthread_t thread[DESK_THREADS];
};

struct answerer {
	struct asked *all, *free;     /* free: the loop's own */
	uint32_t others, others_most; /* under way: no passwords */
	struct list taken;            /* answered, by the loop */
	struct asked *told;           /* the last, whose answer still lives */
	struct agent_files files;
	struct agent_nis nis;

	pthread_mutex_t lock;
	struct wake wake;
	/* under the lock */
	struct desk desks[DESKS];
	struct list answered;
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

/* ---- at the desks -------------------------------------------------------- */

static int look_up(struct answerer *a, struct asked *q)
{
	struct wr to;
	int rc;

	q->answer = malloc(AGENT_ANSWER);
	if (!q->answer)
		return -ENOMEM;
	to = wr_over(q->answer, AGENT_ANSWER);
	if (q->q.kind == ASK_FILES)
		rc = agent_files_answer(&a->files, &q->q, &to);
	else if (q->q.kind == ASK_NIS)
		rc = agent_nis_answer(&a->nis, &q->q, &to);
	else
		rc = agent_dns_answer(&q->q, &to);
	q->answer_len = wr_len(&to);
	return rc;
}

static int answer(struct answerer *a, struct asked *q)
{
	switch (q->q.kind) {
	case ASK_PASSWORD:
		return password_check(q->text, q->with);
	case ASK_FILES:
	case ASK_NIS:
	case ASK_DNS:
		return look_up(a, q);
	case ASK_READALL:
		return agent_copy_answer(&q->q, NICLONE_BYTES, &q->answer,
					 &q->answer_len);
	case ASK_LISTALL:
		return agent_list_answer(&q->q, NIC_LIST, &q->answer,
					 &q->answer_len);
	}
	return -EINVAL;
}

static void *work(void *arg)
{
	struct desk *d = arg;
	struct answerer *a = d->of;
	struct asked *q;

	pthread_mutex_lock(&a->lock);
	while (!a->is_closing) {
		q = list_take(&d->waiting);
		if (!q) {
			d->idle++;
			pthread_cond_wait(&d->work, &a->lock);
			d->idle--;
			continue;
		}
		pthread_mutex_unlock(&a->lock);

		q->rc = answer(a, q);
		explicit_bzero(q->text, sizeof(q->text));

		pthread_mutex_lock(&a->lock);
		list_add(&a->answered, q);
		wake_up(&a->wake);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* One more thread, if all are at work.  Under the lock. */
static int staff(struct desk *d, enum question_kind kind)
{
	int rc;

	if (d->idle || d->n == threads[kind])
		return 0;
	rc = -pthread_create(&d->thread[d->n], NULL, work, d);
	if (!rc)
		d->n++;
	return d->n ? 0 : rc;
}

/* ---- opening and closing ------------------------------------------------- */

static void open_lists(struct answerer *a, uint32_t most)
{
	for (uint32_t i = 0; i < most; i++) {
		a->all[i].next = a->free;
		a->free = &a->all[i];
	}
	list_empty(&a->taken);
	list_empty(&a->answered);
	for (unsigned i = 0; i < DESKS; i++) {
		a->desks[i].of = a;
		list_empty(&a->desks[i].waiting);
		pthread_cond_init(&a->desks[i].work, NULL);
	}
	pthread_mutex_init(&a->lock, NULL);
}

int answerer_open(struct answerer **to, uint32_t most)
{
	struct answerer *a = calloc(1, sizeof(*a));
	int rc = -ENOMEM;

	if (a)
		a->all = calloc(most, sizeof(*a->all));
	if (a && a->all) {
		a->files.dir = "/etc";
		a->others_most = most - (most + KEPT - 1) / KEPT;
		open_lists(a, most);
		rc = wake_open(&a->wake);
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

/* libnsl takes most of a minute to give a dead server up, and nobody can hurry
 * it: then its thread ends with the process, and so does what it uses. */
static bool dismiss(struct desk *d)
{
	struct timespec until;
	bool all = true;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LAST_WAIT;
	for (unsigned i = 0; i < d->n; i++)
		all &= !pthread_timedjoin_np(d->thread[i], NULL, &until);
	return all;
}

static void forget(struct answerer *a, struct list *l)
{
	(void)a;
	for (struct asked *q = l->first; q; q = q->next) {
		explicit_bzero(q->text, sizeof(q->text));
		free(q->answer);
	}
}

void answerer_close(struct answerer *a)
{
	bool all = true;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->is_closing = true;
	for (unsigned i = 0; i < DESKS; i++)
		pthread_cond_broadcast(&a->desks[i].work);
	pthread_mutex_unlock(&a->lock);
	for (unsigned i = 0; i < DESKS; i++)
		all &= dismiss(&a->desks[i]);
	if (!all)
		return;
	for (unsigned i = 0; i < DESKS; i++) {
		forget(a, &a->desks[i].waiting);
		pthread_cond_destroy(&a->desks[i].work);
	}
	forget(a, &a->answered);
	forget(a, &a->taken);
	if (a->told)
		free(a->told->answer);
	agent_files_close(&a->files);
	agent_nis_close(&a->nis);
	wake_close(&a->wake);
	pthread_mutex_destroy(&a->lock);
	free(a->all);
	free(a);
}

/* ---- the loop's side ----------------------------------------------------- */

static bool is_other(const struct question *q)
{
	return q->kind != ASK_PASSWORD;
}

int answerer_fd(const struct answerer *a)
{
	return a->wake.fd;
}

static bool copy(struct asked *to, const struct question *q)
{
	const char *domain = q->domain ? q->domain : "";

	to->q = *q;
	to->q.text = to->text;
	to->q.with = to->with;
	to->q.domain = to->domain;
	return text_copy(to->text, sizeof(to->text), q->text,
			 strlen(q->text)) &&
	       text_copy(to->with, sizeof(to->with), q->with,
			 strlen(q->with)) &&
	       text_copy(to->domain, sizeof(to->domain), domain,
			 strlen(domain));
}

int answerer_put(struct answerer *a, const struct question *q, uint8_t owner)
{
	struct desk *d = &a->desks[q->kind];
	struct asked *to = a->free;
	int rc;

	if (!to || (is_other(q) && a->others == a->others_most))
		return -EAGAIN;
	if (!copy(to, q))
		return -EMSGSIZE;
	to->owner = owner;
	pthread_mutex_lock(&a->lock);
	rc = staff(d, q->kind);
	if (!rc) {
		a->free = to->next;
		a->others += is_other(q);
		list_add(&d->waiting, to);
		pthread_cond_signal(&d->work);
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

static void take_answers(struct answerer *a)
{
	struct asked *q;

	pthread_mutex_lock(&a->lock);
	while ((q = list_take(&a->answered)))
		list_add(&a->taken, q);
	pthread_mutex_unlock(&a->lock);
}

/* The answer of the call before has been read. */
static void give_back(struct answerer *a)
{
	struct asked *q = a->told;

	if (!q)
		return;
	free(q->answer);
	q->answer = NULL;
	a->others -= is_other(&q->q);
	q->next = a->free;
	a->free = q;
	a->told = NULL;
}

bool answerer_ended(struct answerer *a, struct outcome *o)
{
	struct asked *q;

	give_back(a);
	if (!a->taken.first && wake_taken(&a->wake))
		take_answers(a);
	q = list_take(&a->taken);
	if (!q)
		return false;
	*o = (struct outcome){.kind = EFFECT_ASK,
			      .owner = q->owner,
			      .cookie = q->q.cookie,
			      .rc = q->rc};
	if (!q->rc && q->answer) {
		o->answer = q->answer;
		o->answer_len = q->answer_len;
	}
	a->told = q;
	return true;
}
