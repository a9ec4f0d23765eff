/*
 * The inside of the model of etcd, for its own files only.
 */
#ifndef MUSTER_SIM_ETCD_MODEL_INSIDE_H
#define MUSTER_SIM_ETCD_MODEL_INSIDE_H

#include "base/grow.h"
#include "base/rand.h"
#include "sim/etcd_model.h"

/* A key as it is, or as it became at a revision; value NULL: it is gone. */
struct model_key {
	char key[ETCD_KEY];
	uint8_t *value;
	size_t len;
	uint64_t revision, lease;
	usec at; /* of an event: when it was */
};

struct model_keys {
	struct model_key *v;
	size_t n, most;
};

struct model_lease {
	uint64_t id;
	usec ttl, ends;
};

/* A request whose answer somebody waits for. */
struct model_call {
	struct etcd_txn *t;
	usec back; /* when the answer is there; NEVER: not yet */
};

/* A request that has yet to arrive. */
struct late {
	struct late *next;
	usec at, way_back;
	bool is_stuck; /* etcd had no leader when it came */
	struct model_link *link;
	struct model_call *call; /* NULL: nobody waits any more */
	char marker[ETCD_KEY];
	struct model_keys ops;
	struct model_keys compares;
};

struct etcd_model {
	struct alloc alloc;
	struct rand rand;
	struct etcd_model_time time; /* now NULL: its own */
	struct model_link *links;
	struct etcd_model_faults faults;
	bool is_stopped;
	usec now;
	uint64_t revision, compacted, next_lease, txns;
	struct model_keys keys;   /* in order */
	struct model_keys events; /* in the order of their revisions */
	struct model_lease *leases;
	size_t n_leases, most_leases;
	struct late *late;
};

struct model_link {
	struct etcd_link link;
	struct etcd_model *m;
	struct model_link *next;
	struct etcd_model_client client;
	struct etcd_model_way way;
	usec asked;             /* as in etcd_state */
	usec asking;            /* ... when it was asked what comes next */
	usec probed;            /* the probe under way; 0: none */
	usec way_back;          /* of the answer to what was asked last */
	usec until;             /* which is waited for no longer than this */
	usec flown;             /* its clock, when it is dead */
	struct model_keys page; /* all keys, as they were at page_revision */
	uint64_t page_revision;
	bool is_dead;
	uint64_t watched; /* told up to this revision; 0: no watch */
	bool is_watching, is_cut, is_held;
	usec ahead;
	int why;
	uint64_t latest;
	struct etcd_kv *told; /* what the last event points at */
	size_t most_told;
};

/* etcd_model.c */
int model_txn(struct etcd_model *m, struct etcd_txn *t);
void model_keep(struct etcd_model *m, struct model_lease *l);
struct model_key *model_find(const struct etcd_model *m, const char *key);
/* The first key that is not below it. */
size_t model_from(const struct model_keys *keys, const char *key);
/* A copy of all keys, in place of what is in *to.  0 or -ENOMEM. */
int model_copy(const struct etcd_model *m, struct model_keys *to);
void model_keys_free(const struct alloc *a, struct model_keys *k);

/* etcd_model_late.c: a request on its way; NULL: no memory. */
struct late *model_late(struct etcd_model *m, const struct etcd_txn *t,
			usec at);
/* Those whose time has come. */
void model_arrive(struct etcd_model *m);
/* Nobody waits for an answer on that link. */
void model_give_up(struct etcd_model *m, const struct model_link *l);
void model_forget_late(struct etcd_model *m);

/* etcd_model_link.c */
/* What it was asking is answered. */
void model_answered(struct model_link *l);
bool model_hits(struct etcd_model *m, unsigned percent);

/* etcd_model_time.c: with a time that is not the model's own. */
int timed_ask(struct model_link *l, usec most);
int timed_answer(struct model_link *l);
int timed_txns(struct model_link *l, struct etcd_txn *v, size_t n, usec most);
/* Wait until then, or until it is dead. */
void timed_wait(struct model_link *l, usec until);
/* Something was done: its watches will tell. */
void model_rouse_all(struct etcd_model *m);

extern const struct etcd_link_ops model_link_ops;

#endif
