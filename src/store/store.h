/*
 * Where changes become durable.  The interface is small so that SQLite, a
 * replicated store and a faulty one for tests are alike.
 *
 * Calls block; the committer thread makes them, or a test.
 */
#ifndef MUSTER_STORE_STORE_H
#define MUSTER_STORE_STORE_H

#include "base/alloc.h"
#include "model/change.h"

enum { STORE_SCHEMA = 1 };

/* One change of a batch, with an outcome of its own. */
struct commit {
	const struct change *change;
	int rc; /* 0: durable; negative errno: nothing of it is */
};

struct store;

struct store_ops {
	/* Every change of the snapshot, parents before children; a non-zero
	 * return of `each` ends it and is returned. */
	int (*load)(struct store *s,
		    int (*each)(void *arg, const struct change *), void *arg,
		    uint64_t *revision);
	/*
	 * Make a batch durable with one sync.  Edits whose instance is stale
	 * get -ESTALE and hold up nobody.  Returns 0 if the batch was written
	 * (each rc says what became of it), or a negative errno, and then every
	 * rc is that error.
	 */
	int (*commit)(struct store *s, struct commit *v, size_t n,
		      uint64_t *revision);
	void (*close)(struct store *s);
};

struct store {
	const struct store_ops *ops;
};

/*
 * SQLite, WAL, full sync, at `path`.  Locks the file for one writer: -EBUSY if
 * another Muster has it.  -EPROTO if its schema is newer than ours.  On error
 * `why` (of room bytes) says in words what is wrong.
 */
int store_sqlite_open(struct store **s, const char *path, char *why,
		      size_t room);

/*
 * In memory, for tests and simulations, with faults on demand.  It counts what
 * it was asked; `fail` makes the next commits fail; a crash forgets everything
 * that was not committed, which here is nothing: what is lost in a crash is
 * what the caller had not yet handed over.
 */
struct store_memory_faults {
	int fail_rc;        /* 0: none; else what commits return */
	unsigned fail_from; /* from this commit on, counted from 0 */
	unsigned fail_n;    /* how many */
};
int store_memory_open(struct store **s, const struct alloc *alloc,
		      const struct store_memory_faults *faults);
uint64_t store_memory_commits(const struct store *s);

#endif
