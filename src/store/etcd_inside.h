/*
 * The inside of the store on etcd, for its own files only.
 *
 * The truth is etcd's.  What is known of it is kept in a store in memory, which
 * judges commits; and for each key the revision at which it is known (a mark).
 * A transaction compares the marks of all that it was judged by, so that it is
 * made only if the judgement still holds.  What others change comes by the
 * watch, in order, goes into the store in memory and becomes news.
 */
#ifndef MUSTER_STORE_ETCD_INSIDE_H
#define MUSTER_STORE_ETCD_INSIDE_H

#include "base/grow.h"
#include "base/hash.h"
#include "model/changes.h"
#include "store/etcd_link.h"
#include "store/etcd_record.h"
#include "store/memory_inside.h"

enum {
	ETCD_SIDE = 8,          /* transactions side by side, at most */
	ETCD_TRIES = 4,         /* for a commit whose ground had moved */
	ETCD_LEASE = 2,         /* seconds that a server may be silent */
	ETCD_PAGE = 1000,       /* keys at a time in a snapshot */
	ETCD_REQUEST = 1 << 20, /* bytes of values in a transaction, of the
				 * 1.5 MiB that etcd takes with base64 */
};

/* ---- marks: etcd_marks.c ------------------------------------------------- */

/* What is known of a key. */
struct mark {
	uint64_t key[2];   /* two hashes of it, by different seeds */
	uint64_t revision; /* that it has; 0: it is not there */
	uint64_t others;   /* in which somebody else last changed it */
	uint32_t value;    /* of a machine's key: its address */
	uint32_t touched;  /* the last round in which it was a part */
};

struct marks {
	struct index by_key;
	struct mark *v;
	uint32_t n;
	size_t most;
	struct alloc alloc;
};

int marks_open(struct marks *m, const struct alloc *alloc);
void marks_close(struct marks *m);
/* The mark of a key, a new one with revision 0 if there is none; good until the
 * next call.  NULL without memory. */
struct mark *marks_get(struct marks *m, const char *key);

/* ---- one transaction: etcd_draft.c --------------------------------------- */

/* What is to be done to a key, or what it is compared with.  Its value lies in
 * the draft's bytes. */
struct draft_op {
	char key[ETCD_KEY];
	size_t at, len;
	uint64_t lease;
	uint64_t revision; /* compared with */
	uint32_t value;    /* for the mark */
	bool is_delete;
};

struct draft_ops {
	struct draft_op *v;
	size_t n, most;
};

/* Some commits as one transaction. */
struct draft {
	struct alloc alloc;
	struct draft_ops ops, compares;
	struct sheet bytes;
	bool has_failed; /* no memory */
};

/* Where a draft stood: what was added after it can be taken back. */
struct draft_point {
	size_t ops, compares, bytes;
};

void draft_txn_open(struct draft *d, const struct alloc *alloc);
void draft_txn_close(struct draft *d);
void draft_clear(struct draft *d);
struct draft_point draft_point(const struct draft *d);
void draft_back(struct draft *d, struct draft_point to);
/* Its value is what was written to d->bytes since `at`.  NULL without memory;
 * good until the next one. */
struct draft_op *draft_put(struct draft *d, const char *key, size_t at);
void draft_delete(struct draft *d, const char *key);
void draft_compare(struct draft *d, const char *key, uint64_t revision);
/* Whether it has an operation on the key already. */
bool draft_has(const struct draft *d, struct draft_point from, const char *key);

/* ---- what becomes of a draft: etcd_seat.c -------------------------------- */

/* A transaction of a round, and which commits are in it. */
struct seat {
	struct etcd_compare *compares;
	struct etcd_op *ops;
	size_t first, n; /* of the commits in the round's list */
	size_t pruned;   /* keys of the history that go with it */
	bool has_edits;
	char marker[ETCD_KEY];
	uint8_t value[ETCD_MARKER];
};

/*
 * The marker of edits.  Each transaction with edits compares its revision and
 * puts it, so of those that share one, each rules out all before it: what was
 * given up, or asked for twice, is not done when it arrives after that, though
 * all else be as it was, such as an entry that was made and destroyed
 * meanwhile.
 */
struct marker {
	uint64_t revision;
	/* At which something was made that had been given up: nothing is judged
	 * before that has been heard. */
	uint64_t made;
	bool is_open; /* something may yet arrive that compares the same */
};

struct etcd;
/* A marker as it was loaded, if the key is one of ours. */
void marker_load(struct etcd *e, const struct etcd_kv *kv);
/* What a transaction with edits came to. */
void marker_carried(struct etcd *e, size_t i, const struct etcd_txn *t);
/* Rule out whatever may yet arrive: 0, or why it can't be. */
int marker_close(struct etcd *e, size_t i);

/* The operation of its marker, which is number i of those side by side: 0; or
 * why that can't be relied on now. */
int seat_mark(struct etcd *e, struct draft *d, struct seat *s, size_t i);
/* A draft as the link wants it: 0 or -ENOMEM; it takes memory until it is
 * unsealed. */
int seat_seal(struct etcd *e, struct draft *d, struct seat *s,
	      struct etcd_txn *t);
void seat_unseal(struct etcd *e, struct seat *s);

/* ---- all of it ----------------------------------------------------------- */

/* A commit's key of the history. */
struct history_key {
	char key[ETCD_KEY];
	size_t lines;
};

/* What others changed in a revision. */
struct etcd_news {
	struct etcd_news *next;
	struct changes *all;
	uint64_t revision;
};

/* The last revision in which others edited a domain. */
struct domain_news {
	uint32_t domain;
	uint64_t revision;
};

struct etcd {
	struct store store;
	struct alloc alloc;
	struct etcd_link *link;
	struct etcd_config config;
	struct store *replica;
	struct marks marks;
	uint64_t session; /* a lease of etcd's, kept while we live; 0: none */
	uint64_t seq;     /* of what is unique */
	usec next_keep;
	uint64_t revision; /* up to which all is known */
	usec behind_since; /* that etcd has named a later one; 0: it has not */
	usec fresh;        /* when that was all that there was of ours */
	usec look_at;      /* not before: etcd_look_up */
	uint64_t loaded;   /* of the last snapshot but the first; 0: none */
	uint64_t heard;    /* how often others changed anything */
	uint32_t round;    /* its number */
	size_t side;       /* transactions in it, at most */
	struct draft drafts[ETCD_SIDE];
	struct marker markers[ETCD_SIDE];
	uint64_t *own; /* our own revisions ahead of the watch, in order */
	size_t n_own, most_own;
	struct history_key *history; /* oldest first */
	size_t n_history, most_history;
	uint64_t lines; /* in all of them */
	uint64_t keep;  /* lines of history */
	struct domain_news *edited;
	size_t n_edited, most_edited;
	struct etcd_news *news, **last_news; /* not handed over yet */
	/* Of a copy that is not whole: the revision of its key; 0: none. */
	uint64_t copy;
	uint8_t copy_id[STORE_COPY_ID];
	bool must_reload;
	/* Nothing was heard of the last transactions: the next ones are not
	 * asked for again, so that nobody waits for long. */
	bool is_silent;
	bool is_broken; /* no memory for what is true */
};

static inline struct etcd *etcd_of(const struct store *s)
{
	return (struct etcd *)(void *)s;
}

static inline struct memory *etcd_memory(const struct etcd *e)
{
	return memory_of(e->replica);
}

/* etcd_load.c: all that stands there, into e->replica and e->marks, which are
 * open and empty, and then watch.  0 or an error. */
int etcd_load(struct etcd *e);
/* The same when something was there; the difference becomes news. */
int etcd_reload(struct etcd *e);

/* etcd_news.c: take in all that the watch has told.  0, or -ESTALE: it has to
 * be loaded; or an error. */
int etcd_hear(struct etcd *e);
/* etcd has named this revision: since when is it behind? */
void etcd_lags(struct etcd *e, uint64_t latest);
/* If etcd names later revisions than the watch tells, and goes on so: find out
 * whether there is anything of ours.  If its quota is used up: whether it still
 * is. */
void etcd_look_up(struct etcd *e);
/* When it was written at the earliest what is heard now, by our wall clock,
 * whatever the writer's said. */
usec etcd_written(const struct etcd *e);
/* Hear until others have changed something since e->heard was this, but not for
 * long: 0 or an error. */
int etcd_hear_more(struct etcd *e, uint64_t heard);
/* Hear until this revision has been told, but not for longer than `most`. */
int etcd_catch_up(struct etcd *e, uint64_t revision, usec most);
/* A revision of our own was made: the watch will tell it.  0 or -ENOMEM. */
int etcd_own(struct etcd *e, uint64_t revision);
/* These become news, which drops them.  0 or -ENOMEM. */
int etcd_tell(struct etcd *e, struct changes *all, uint64_t revision);
int etcd_news(struct store *s, store_each_news *each, void *arg);
/* The last revision in which others edited the domain; 0: never. */
uint64_t etcd_edited(const struct etcd *e, uint32_t domain);

/* etcd_judge.c: add what the commit means to a draft: 0; or why it can't be,
 * and the draft is as before.  -EBUSY: it touches what another one of this
 * round does.  This draft has no room: -E2BIG for so many operations,
 * -EMSGSIZE for so many bytes. */
int etcd_judge(struct etcd *e, struct commit *v, struct draft *d);

/* etcd_history.c: the keys of the history that stand in etcd, oldest first.  0
 * or -ENOMEM. */
int etcd_history_add(struct etcd *e, const char *key, size_t lines);
/* The first n are gone. */
void etcd_history_drop(struct etcd *e, size_t n);
/* Another server has deleted that one. */
void etcd_history_gone(struct etcd *e, const char *key);

/* etcd_commit.c */
int etcd_commit(struct store *s, struct commit *v, size_t n,
		uint64_t *revision);
/* Carry out transactions until it is known of each whether it was made: each
 * has rc 0 and says so, or nobody knows. */
int etcd_carry(struct etcd *e, struct etcd_txn *v, size_t n);

extern const struct store_intake etcd_intake; /* etcd_intake.c */
/* The key of a copy that is not whole: 0 or -EBADMSG. */
int etcd_copy_is(struct etcd *e, const struct etcd_kv *kv);

/* etcd_master.c: be the master of a domain: 0; -EPERM: another one is. */
int etcd_be_master(struct etcd *e, uint32_t domain);
/* The revision that fences what its master writes; 0: we are not. */
uint64_t etcd_fence(const struct etcd *e, uint32_t domain);
int etcd_master(struct store *s, enum store_act act, struct store_master *m,
		usec wall);
int etcd_masters(struct store *s, store_each_master *each, void *arg);
/* What the key of a domain says now; value NULL: nobody is. */
int etcd_master_is(struct etcd *e, uint32_t domain, const struct etcd_kv *kv);
/* Keep the lease of etcd's, or have one anew, if it is time: 0 or an error.
 * Without one nothing can be committed. */
int etcd_keep_session(struct etcd *e);

#endif
