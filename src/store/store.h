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

enum {
	STORE_SCHEMA = 3,
	STORE_WHO = 64,   /* longest name of who changed something, with NUL */
	STORE_PATH = 512, /* of a path; what is longer loses its beginning */
	STORE_HISTORY = 100000, /* lines that are kept unless it is said */
	STORE_LINE_BITS = 24,
};

/* One change of a batch, or several that are made all or none; with an outcome
 * of its own. */
struct commit {
	const struct change *change;
	size_t more;     /* changes that follow it in memory and belong to it */
	const char *who; /* for the history; NULL: nobody is named */
	usec wall;
	/* The mastership of a domain that it needs, by its token; 0: none. */
	uint64_t fence;
	uint32_t fenced;
	/*
	 * Of a store that several servers share: the revision up to which the
	 * news were known to whoever decided on it.  If another has changed
	 * something since that it was decided on, it is -EEXIST for a lease
	 * (what stands at its address, though it be the same machine's, or
	 * which its machine has in the network), and -ESTALE for an edit (any
	 * of its domain) or for a lease that is dropped.  So no clock is asked,
	 * and a decision is never older than what it replaces: neither a
	 * renewal nor a lease's end.  Only what is registered twice, for the
	 * same machine, is no matter.
	 */
	uint64_t seen;
	int rc;        /* 0: durable; negative errno: nothing of it is */
	size_t failed; /* if rc: the number of the change that was refused */
	/* If it is durable in a shared store: its own; or the last one that
	 * was heard of, if that is less. */
	uint64_t revision;
};

/*
 * A line of the history: one entry before and after one change.  Leases have no
 * history.  An entry that was destroyed has a line, and so has each that went
 * along with it, right behind it, parents first.
 */
struct store_line {
	uint64_t at; /* revision << STORE_LINE_BITS, and the number in it */
	usec wall;
	const char *who;
	const char *path; /* in its domain, as it was called afterwards */
	/* Its property list is what the entry had afterwards.  Of what was
	 * destroyed the parent is where it was, and the instance its last. */
	struct change change;
	struct plist before; /* nothing if it is new: instance 1 */
	bool went_along;
};
typedef int store_each_line(void *arg, const struct store_line *l);

/* Which lines, the newest first.  Those of a path are of all entries that ever
 * were there, by whatever name, and of what is below it. */
struct store_query {
	const char *path;  /* NULL: any */
	uint32_t domain;   /* 0: any; a path needs one */
	uint64_t below;    /* only lines with a smaller `at`; 0: all */
	uint64_t revision; /* only of this one; 0: of any */
	uint32_t most;     /* lines */
};

/* Who is the master of a domain: the one that may change it. */
struct store_master {
	uint32_t domain;
	uint64_t token; /* grows each time that it is taken */
	usec wall_ends;
	char holder[STORE_WHO];
};
enum store_act { MASTER_LOOK, MASTER_TAKE, MASTER_RENEW, MASTER_DROP };

struct store_status {
	const char *kind;
	uint64_t revision;
	uint64_t compacted; /* the history tells all that came after it */
	uint64_t lines;     /* of history */
	bool is_broken;     /* commits fail until it is opened again */
	/* Of a store that several servers share: */
	bool is_away; /* no majority answers: nothing can be committed */
	int why; /* if it is away: -EHOSTUNREACH, or another reason, but never
		  * -EAGAIN, which asks to try at once */
	uint64_t latest;      /* the newest revision that is known of */
	usec behind;          /* how long it has not heard of that; 0: it has */
	unsigned members;     /* that keep it; 0: not known */
	char name[STORE_WHO]; /* our own, in masterships */
};

/* One of those that keep a shared store, as it answers when it is asked. */
enum { STORE_MEMBERS = 8 };
struct store_member {
	char address[128];
	int rc;          /* why it does not answer; 0: it does */
	bool has_leader; /* it is one of a majority */
	bool is_leader;
	bool is_full;  /* nothing more may be written: NOSPACE */
	uint64_t size; /* bytes that it has on disk */
	char version[24];
};

/* A copy that is being made: zero but for the path at first. */
struct store_backup {
	char path[512];    /* of a file that is not there, or empty */
	uint64_t revision; /* that the copy has, when it is whole */
	void *state;
};
/* It goes no further; its file is left. */
void store_backup_end(struct store_backup *b);

struct store;

/* All that others changed in one revision, to be applied together. */
struct store_news {
	const struct change *v; /* good during the call */
	size_t n;
	uint64_t revision;
};
typedef int store_each_news(void *arg, const struct store_news *n);
/* `left`: how long it stays so if that server is silent from now on, in whole
 * seconds; -1: nobody can say. */
typedef int store_each_master(void *arg, const struct store_master *m,
			      usec left);

/*
 * What only a store has that several servers share.  Its commits may fail
 * because of what another did: then -ESTALE, -EPERM (another is the master of
 * that domain) or -EEXIST (the machine has an address of another's; or another
 * did something to the address) says so, and the news that explain it have come
 * before the commit returns.  They fail with -EHOSTUNREACH if nothing was done,
 * and -ETIMEDOUT if nobody knows: then the news will tell.
 */
struct store_shared {
	/* Wait until fd is readable, there are news, or `most` is over. */
	int (*wait)(struct store *s, int fd, usec most);
	/* Hand over the news, in the order of their revisions, each once;
	 * nothing that this store committed itself, unless nobody knew.  A
	 * non-zero return of `each` ends it and is returned; those come once
	 * more.  All of lower revision than a commit of ours that succeeded,
	 * or that explain why one did not, have come when it returns. */
	int (*news)(struct store *s, store_each_news *each, void *arg);
	/* Who is the master of which domain, as far as it is known; NULL: it
	 * can't say.  A non-zero return of `each` ends it and is returned. */
	int (*masters)(struct store *s, store_each_master *each, void *arg);
	/* Ask all its members how they are: how many were asked.  It takes as
	 * long as the slowest.  NULL: it has none. */
	size_t (*members)(struct store *s,
			  struct store_member v[STORE_MEMBERS]);
};

/*
 * Taking in a copy of another store, as it is, while no server uses this one.
 * What was taken in is seen by load() when the store is opened anew, if not
 * sooner.
 */
enum { STORE_COPY_ID = 16 };
struct store_intake {
	/* Begin, or go on after an interruption; `id` names what is copied.  0;
	 * -ENOTEMPTY: there is something else; -EALREADY: there is a part of
	 * another copy. */
	int (*begin)(struct store *s, const uint8_t id[STORE_COPY_ID]);
	/* Some of it: entries of any instance, whose parents came before, and
	 * leases, none of which is there; a DESTROY says that no id up to its
	 * own is given again.  After an error the store is to be closed; who
	 * opens it anew begins, and puts what is not there. */
	int (*put)(struct store *s, const struct change *v, size_t n);
	/* It is whole: from now on it may be used, and not before. */
	int (*end)(struct store *s);
};

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
	 * Make a batch durable with one sync, and what it does to entries a
	 * part of the history.  Edits whose instance is stale, or whose parent
	 * is gone, get -ESTALE, all that they were to be made with do, too, and
	 * they hold up nobody else; nor does what gets -EPERM, since the
	 * mastership that it needs is another's.  Whether a
	 * name or address is given twice is for directory_check() to say,
	 * before.  Returns 0 if the batch was written (each rc says what became
	 * of it), or a negative errno, and then every rc is that error and
	 * nothing is durable; but after a failed sync nobody knows what is,
	 * and every later commit is -EIO.  The revision goes up by one if
	 * anything was written.
	 */
	int (*commit)(struct store *s, struct commit *v, size_t n,
		      uint64_t *revision);
	/* Lines of the history.  A non-zero return of `each` ends it and is
	 * returned; what a line points at is good during the call. */
	int (*history)(struct store *s, const struct store_query *q,
		       store_each_line *each, void *arg);
	/* From now on keep so many lines, the newest: older ones go with the
	 * commits that follow, a few more each time than it brings. */
	void (*keep)(struct store *s, uint64_t lines);
	/*
	 * All that was changed in the directory after a revision, in order (but
	 * what went along); to be asked again for what comes later.  -ESTALE:
	 * the history does not reach back so far, or the store never was there:
	 * load a snapshot.
	 */
	int (*watch)(struct store *s, uint64_t revision, store_each_line *each,
		     void *arg);
	/*
	 * LOOK: who is it?  -ENOENT: nobody ever was.  TAKE it for m->holder
	 * until m->wall_ends: -EBUSY if it is another's until after `wall`.
	 * RENEW, until m->wall_ends, and DROP: -EPERM if somebody else took it
	 * since m->token.  What is so afterwards is in *m, whoever has it.
	 */
	int (*master)(struct store *s, enum store_act act,
		      struct store_master *m, usec wall);
	void (*status)(struct store *s, struct store_status *to);
	/* Some more of a copy: 1: call again, after commits if there are any,
	 * which will be in it, too; 0: it is whole and on disk; or negative
	 * errno: -EOPNOTSUPP in memory.  In the end it has ended by itself. */
	int (*backup)(struct store *s, struct store_backup *b);
	void (*close)(struct store *s);
	const struct store_shared *shared; /* NULL: it is ours alone */
	const struct store_intake *intake; /* NULL: it takes none */
};

struct store {
	const struct store_ops *ops;
};

/*
 * SQLite, WAL, full sync, at `path`; a file that is not there is made, for its
 * owner alone to read.  Locks the file for one process: -EBUSY if another
 * Muster has it.  -EPROTO if its schema is newer than ours; -EINVAL if it is
 * something else, which is then not changed.  On error `why` (of room bytes)
 * says in words what is wrong with which file.  One thread at a time may use a
 * store.
 */
int store_sqlite_open(struct store **s, const char *path, char *why,
		      size_t room);

/* What a copy has in it. */
struct store_copy {
	uint64_t revision, entries, leases;
};
/* Whether a file that nobody uses is a whole store: 0; -EBADMSG: it is damaged;
 * -EINVAL: it is something else; -EPROTO: it is of a newer Muster.  It is only
 * read. */
int store_sqlite_look(const char *path, struct store_copy *to);
/* Put all into the file itself, so that it can be moved while it is locked;
 * nothing is to be committed any more. */
int store_sqlite_lay_down(struct store *s);

struct etcd_link;
struct etcd_config;
/*
 * etcd, over a link, which is the store's from now on: what several servers
 * share.  All of it is kept in memory, too.  `server`: our own name in it.
 * 0; -EHOSTUNREACH and the like of etcd_link.h if nothing could be loaded;
 * -EBADMSG, -EPROTO: what stands there is not ours, or is a newer Muster's;
 * -EINPROGRESS: a part of a copy, unless config->takes_copy.
 */
int store_etcd_open(struct store **s, struct etcd_link *link,
		    const struct etcd_config *config,
		    const struct alloc *alloc);

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

/*
 * One more handle on a store in memory, for another server (each may be used by
 * a thread of its own): the truth is one, and each hears of what the others
 * commit, and of what is committed through `truth` itself.  Handles are closed
 * before the truth is.  0 or -ENOMEM.
 */
int store_memory_join(struct store **s, struct store *truth,
		      const struct alloc *alloc);

/* What befalls a handle. */
enum memory_lost {
	LOST_NOTHING,
	LOST_UNDONE, /* -ETIMEDOUT, and nothing was done */
	LOST_DONE,   /* -ETIMEDOUT, and all of it was */
	LOST_LATE,   /* -ETIMEDOUT, and it is tried later, by itself */
};
struct store_memory_fate {
	bool is_away;          /* -EHOSTUNREACH; nothing is heard */
	bool is_slow;          /* hears nothing but with its own commits */
	enum memory_lost lost; /* of the next commit alone */
};
void store_memory_befall(struct store *s, const struct store_memory_fate *fate);
/* What was late is tried now: it comes to nothing if anything it touches was
 * changed since. */
void store_memory_late(struct store *s);

#endif
