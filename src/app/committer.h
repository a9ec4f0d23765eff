/*
 * The committer: one thread that makes changes durable, so that no packet waits
 * for a disk that another packet asked.  What came in while the disk was busy
 * goes together in the next batch: one sync for all.
 */
#ifndef MUSTER_APP_COMMITTER_H
#define MUSTER_APP_COMMITTER_H

#include "engine/engine.h"
#include "store/store.h"

struct committer;

/* `most`: changes under way at a time.  The store is the committer's from now
 * on, to use and to close.  0 or negative errno. */
int committer_open(struct committer **c, struct store *store, uint32_t most);
/* What was handed over is written first. */
void committer_close(struct committer *c);
/* Becomes readable when something has ended. */
int committer_fd(const struct committer *c);

/* Queue a change (copied), or several (kept); -EAGAIN if too many are under
 * way. */
int committer_put(struct committer *c, const struct commit_effect *e,
		  uint8_t owner);

/*
 * Something to do with the store, on the committer's thread, after what was
 * queued before it.  `run` returns COMMITTER_MORE to be called again, after
 * what came in meanwhile; what else it returns, `done` is told on the loop's
 * thread, from committer_ended(), unless the committer was closed before.
 * `drop` is always called in the end, on the loop's thread.
 */
enum { COMMITTER_MORE = 1 };
struct committer_task {
	int (*run)(void *arg, struct store *store);
	void (*done)(void *arg, int rc);
	void (*drop)(void *arg);
	void *arg;
};
/* 0, or -EAGAIN and nothing of it was called. */
int committer_ask(struct committer *c, const struct committer_task *t);
/* Hand over what was queued: at the end of a turn. */
void committer_go(struct committer *c);
/*
 * An outcome that ended; its changes live until the next call.  False: none.
 * The wall clock may have been set since they were put, or heard: leases end by
 * what it says now.
 *
 * Of a store that several servers share there are also outcomes of a COMMIT
 * that nobody here asked for, whose owner is COMMITTER_NEWS: `all` is what
 * another server changed in one revision, to be applied together.  Outcomes
 * come in the order of the revisions, and what was refused behind the news that
 * say why; so whoever applies each as it comes has what the store has.
 */
enum { COMMITTER_NEWS = 0xff };
bool committer_ended(struct committer *c, struct outcome *o);

struct committer_counts {
	uint64_t changes, batches, failed;
	uint64_t news; /* revisions of others */
};
struct committer_counts committer_counts(struct committer *c);
/* How the store stands that several servers share, as its thread saw it last;
 * committer_fd() becomes readable when it has gone away, come back, or gone on.
 * False: it is ours alone. */
bool committer_status(struct committer *c, struct store_status *to);

#endif
