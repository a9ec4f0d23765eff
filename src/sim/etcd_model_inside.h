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
};

struct model_keys {
	struct model_key *v;
	size_t n, most;
};

struct model_lease {
	uint64_t id;
	usec ttl, ends;
};

/* A request that has yet to arrive. */
struct late {
	struct late *next;
	usec at;
	struct model_keys ops;
	struct model_keys compares;
};

struct etcd_model {
	struct alloc alloc;
	struct rand rand;
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
struct model_key *model_find(const struct etcd_model *m, const char *key);
/* The first key that is not below it. */
size_t model_from(const struct etcd_model *m, const char *key);

/* etcd_model_late.c: a request that arrives after it was given up. */
int model_late(struct etcd_model *m, const struct etcd_txn *t, usec at);
/* Those whose time has come. */
void model_arrive(struct etcd_model *m);
void model_forget_late(struct etcd_model *m);

extern const struct etcd_link_ops model_link_ops;

#endif
