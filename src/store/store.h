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

/* One change of a batch, or several that are made all or none; with an outcome
 * of its own. */
struct commit {
	const struct change *change;
	size_t more;   /* changes that follow it in memory and belong to it */
	int rc;        /* 0: durable; negative errno: nothing of it is */
	size_t failed; /* if rc: the number of the change that was refused */
};

struct store;

struct store_ops {
	/*
	 * Every change of the snapshot: entries, parents before children, each
	 * with the last instance it had (the fixed ones only if they were
	 * edited), then leases.  What a change points at is good during the
	 * call.  A non-zero return of `each` ends it and is returned; -EBADMSG
	 * if the file is damaged.
	 */
	int (*load)(struct store *s,
		    int (*each)(void *arg, const struct change *), void *arg,
		    uint64_t *revision);
	/*
	 * Make a batch durable with one sync.  Edits whose instance is stale,
	 * or whose parent is gone, get -ESTALE, all that they were to be made
	 * with do, too, and they hold up nobody else.  Whether a
	 * name or address is given twice is for directory_check() to say,
	 * before.  Returns 0 if the batch was written (each rc says what became
	 * of it), or a negative errno, and then every rc is that error and
	 * nothing is durable; but after a failed sync nobody knows what is,
	 * and every later commit is -EIO.  The revision goes up by one if
	 * anything was written.
	 */
	int (*commit)(struct store *s, struct commit *v, size_t n,
		      uint64_t *revision);
	void (*close)(struct store *s);
};

struct store {
	const struct store_ops *ops;
};

/*
 * SQLite, WAL, full sync, at `path`; a file that is not there is made.  Locks
 * the file for one process: -EBUSY if another Muster has it.  -EPROTO if its
 * schema is newer than ours; -EINVAL if it is something else, which is then not
 * changed.  On error `why` (of room bytes) says in words what is wrong with
 * which file.  One thread at a time may use a store.
 */
int store_sqlite_open(struct store **s, const char *path, char *why,
		      size_t room);

/*
 * In memory, for tests and simulations, with faults on demand (a copy is kept;
 * NULL: none).  It counts what it was asked; `fail` makes the next commits
 * fail; a crash forgets everything that was not committed, which here is
 * nothing: what is lost in a crash is what the caller had not yet handed over.
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
