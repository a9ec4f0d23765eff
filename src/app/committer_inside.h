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
#include "store/orders.h"

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
	struct order order;         /* the first: a job is found by it */
	uint8_t *props;             /* owned */
	struct committer_task task; /* run NULL: it is changes */
	uint64_t cookie;
	uint8_t owner;
};

/* NULL's is NULL. */
static inline struct job *job_of(struct order *o)
{
	return (struct job *)(void *)o;
}

struct committer {
	struct store *store;
	struct job *all;
	struct order *free;
	struct job *given; /* what ended() handed out last */
	struct orders queued;
	struct orders taken; /* ended, by the loop */
	uint64_t seen;       /* up to which revision the loop knows all */

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct wake wake;
	struct wake call; /* the thread waits for the store, and for this */
	/* under the lock */
	struct orders handed, ended;
	bool is_closing;
	struct committer_counts counts;
	struct store_status status;
	struct job *news; /* NEWS_MOST of them; NULL: ours alone */
	struct order *news_free;
	pthread_cond_t room;
	/* the thread's own */
	struct commit batch[BATCH_MAX];
	struct order *orders[BATCH_MAX];
	int deaf; /* what the news came to, if they came to nothing */
};

/* Its thread's main(). */
void *committer_work(void *arg);

#endif
