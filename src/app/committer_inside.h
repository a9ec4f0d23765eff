/*
 * The inside of the committer.
 *
 *	committer.c       what the loop asks of it, and is told
 *	committer_work.c  its thread
 */
#ifndef MUSTER_APP_COMMITTER_INSIDE_H
#define MUSTER_APP_COMMITTER_INSIDE_H

#include "app/committer.h"

#include "host/loop.h"

#include <pthread.h>

enum {
	BATCH_MAX = 1024, /* jobs in a turn of the thread */
	/* With a store that several servers share, which takes longer: so many
	 * fit into four transactions of etcd's. */
	SHARED_MAX = 252,
	/* News that the loop has not looked at yet; when it has so many, the
	 * thread waits for it, and the store keeps the rest. */
	NEWS_MOST = 64
};

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
	uint64_t seen;     /* of the news, when it was put */
	uint64_t revision; /* that it has, or that the news are of */
	int rc;
	uint8_t owner;
	bool is_news;
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
	uint64_t seen;     /* up to which revision the loop knows all */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct wake wake;
	struct wake call; /* the thread waits for the store, and for this */
	/* under the lock */
	struct jobs handed, ended;
	bool is_closing;
	struct committer_counts counts;
	struct store_status status;
	struct job *news, *news_free; /* NEWS_MOST of them; NULL: ours alone */
	pthread_cond_t room;
	/* the thread's own */
	struct commit batch[BATCH_MAX];
	struct job *jobs[BATCH_MAX];
	int deaf; /* what the news came to, if they came to nothing */
};

static inline void jobs_empty(struct jobs *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static inline void jobs_add(struct jobs *l, struct job *j)
{
	j->next = NULL;
	*l->last = j;
	l->last = &j->next;
}

static inline struct job *jobs_take(struct jobs *l)
{
	struct job *j = l->first;

	if (j && !(l->first = j->next))
		l->last = &l->first;
	return j;
}

static inline void jobs_put_first(struct jobs *l, struct job *j)
{
	j->next = l->first;
	if (!l->first)
		l->last = &j->next;
	l->first = j;
}

static inline void jobs_join(struct jobs *to, struct jobs *from)
{
	if (!from->first)
		return;
	*to->last = from->first;
	to->last = from->last;
	jobs_empty(from);
}

/* Its thread's main(). */
void *committer_work(void *arg);

#endif
