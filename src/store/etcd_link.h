/*
 * The way to etcd, as the store needs it: transactions, pages of keys, a watch
 * and a lease.  Two things are such a way: HTTP to a real cluster (its JSON
 * gateway, v3), and a model for simulations, which loses answers and elects
 * leaders at will.
 *
 * Keys are ASCII, NUL-terminated, and stand below the link's prefix, which is
 * not in them; values are any bytes.  A key's revision is etcd's mod_revision:
 * that of the transaction that last put it, 0 if it is not there.
 *
 * Calls block, but never longer than is said; one thread at a time.
 *
 * Errors, which all calls have in common:
 *	-EHOSTUNREACH	no endpoint has done it, surely: nothing happened
 *	-ETIMEDOUT	no answer: it may have happened, or may yet happen
 *	-EAGAIN		etcd has no leader, or is overloaded; as -ETIMEDOUT
 *	-ENOSPC		etcd's quota is used up (the NOSPACE alarm)
 *	-E2BIG		more operations than etcd's --max-txn-ops
 *	-EMSGSIZE	larger than etcd's --max-request-bytes
 *	-EACCES		etcd wants a name and password, or refuses these
 *	-EKEYREJECTED	a certificate is refused, theirs or ours
 *	-ESTALE		the revision that was asked for is compacted away
 *	-ENOENT		a lease that is named has ended; nothing happened
 *	-EPROTO		an answer that is none of etcd's
 *	-ENOMEM
 */
#ifndef MUSTER_STORE_ETCD_LINK_H
#define MUSTER_STORE_ETCD_LINK_H

#include "base/alloc.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ETCD_KEY = 96,      /* longest key, with NUL and without prefix */
	ETCD_TXN_OPS = 128, /* etcd's own limit, unless it was told another */
	ETCD_MARKER = 16,   /* bytes of a marker's value */
};

struct etcd_compare {
	const char *key;
	uint64_t revision; /* that it must have */
};

struct etcd_op {
	const char *key;
	const uint8_t *value; /* NULL: the key is deleted */
	size_t len;
	uint64_t lease; /* etcd's, with which the key goes; 0: none */
};

/*
 * All of the operations, if all the comparisons hold; else none, and `marker`
 * is read.  Since each transaction of ours puts a value of its own there, who
 * did not hear an answer asks again and sees whether it was done after all.
 */
struct etcd_txn {
	const struct etcd_compare *compares;
	const struct etcd_op *ops;
	size_t n_compares, n_ops;
	const char *marker;

	int rc; /* 0: etcd has decided */
	bool succeeded;
	uint64_t revision; /* of the cluster, then; if it succeeded, its own */
	uint64_t marker_revision;
	uint8_t marker_value[ETCD_MARKER]; /* what is longer is cut */
	size_t marker_len;
	bool was_lost; /* not the link's: it was asked for more than once */
};

struct etcd_kv {
	const char *key;
	const uint8_t *value; /* good during the call; NULL: it was deleted */
	size_t len;
	uint64_t revision;
	uint64_t lease; /* of a page: with which it goes; 0: none */
};
typedef int etcd_each(void *arg, const struct etcd_kv *kv);

/* All that one transaction changed below the prefix, in no order. */
struct etcd_event {
	const struct etcd_kv *v; /* good until the next call */
	size_t n;
	uint64_t revision;
};

/* How it stands, as far as is known without asking. */
struct etcd_state {
	uint64_t latest;    /* revision that any answer of etcd has named */
	usec asked;         /* when what it answered last was asked, by now():
			     * what is later than `latest` is not older than
			     * that, but for a member that has just lost its
			     * majority and does not know it yet */
	unsigned endpoints; /* in the configuration */
	unsigned members;   /* of the cluster; 0: not known yet */
	bool is_away;       /* the last call came to nothing */
	int why;            /* if so: one of the errors above */
	char endpoint[128]; /* the one in use */
};

struct etcd_link;
struct store_member;

struct etcd_link_ops {
	/* Carry them out side by side, in no order, within `most`: each has its
	 * own rc.  Returns 0, or one of the rcs that are not 0. */
	int (*txns)(struct etcd_link *l, struct etcd_txn *v, size_t n,
		    usec most);
	/*
	 * Keys from `from` on and below `to`, in order, at most `limit`, as
	 * they were at *revision; 0: now, as a majority has it, and *revision
	 * becomes that.  A non-zero return of `each` ends it and is returned.
	 * *more: there are others.
	 */
	int (*range)(struct etcd_link *l, const char *from, const char *to,
		     uint32_t limit, uint64_t *revision, etcd_each *each,
		     void *arg, bool *more);
	/* Hear of all that comes after a revision, from now on.  One that was
	 * there before ends. */
	int (*watch)(struct etcd_link *l, uint64_t revision);
	/*
	 * The next thing that was heard, in the order of the revisions: 1; 0:
	 * none now.  -ESTALE: etcd has forgotten what came next; the watch has
	 * ended.  A watch that broke off goes on by itself where it was.
	 */
	int (*event)(struct etcd_link *l, struct etcd_event *to);
	/* Wait until fd is readable (-1: none), something was heard, or `most`
	 * is over, whichever is first.  0 or one of the errors. */
	int (*wait)(struct etcd_link *l, int fd, usec most);
	/* A lease of etcd's: keys put with it go when it was not kept for
	 * `ttl` seconds.  keep: -ENOENT if it has ended. */
	int (*grant)(struct etcd_link *l, unsigned ttl, uint64_t *lease);
	int (*keep)(struct etcd_link *l, uint64_t lease);
	int (*revoke)(struct etcd_link *l, uint64_t lease);
	/* How long a lease lives if nobody keeps it: 0, -ENOENT. */
	int (*left)(struct etcd_link *l, uint64_t lease, usec *left);
	/* Ask all endpoints how they are, side by side: how many there are
	 * (store.h's STORE_MEMBERS at most). */
	size_t (*look)(struct etcd_link *l, struct store_member *v);
	void (*state)(const struct etcd_link *l, struct etcd_state *to);
	/* The clocks that it goes by: the monotonic one, and the time of
	 * day. */
	usec (*now)(const struct etcd_link *l);
	usec (*wall)(const struct etcd_link *l);
	void (*close)(struct etcd_link *l);
};

struct etcd_link {
	const struct etcd_link_ops *ops;
};

struct etcd_config {
	char endpoints[8][128]; /* "https://10.0.0.1:2379"; "" ends the list */
	char prefix[64];        /* "/muster/" */
	char ca[256], cert[256], key[256]; /* PEM files; "": none */
	char user[64], password_file[256]; /* etcd's own; "": none */
	usec wait;                         /* for an answer: 500 ms */
	unsigned txn_ops;                  /* etcd's --max-txn-ops: 128 */
	char server[64]; /* our own name, which no other server has */
	bool takes_copy; /* it is opened for an intake (store.h) */
};

/* HTTP, by libcurl.  Opens no connection yet.  0; -EINVAL with a word to `why`
 * (of room bytes) for an endpoint, a file or a name that can't be; -ENOMEM. */
int etcd_http_open(struct etcd_link **l, const struct etcd_config *config,
		   char *why, size_t room);

#endif
