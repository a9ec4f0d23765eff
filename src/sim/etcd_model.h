/*
 * A model of an etcd cluster, for simulations: keys with revisions, what
 * happened to them until it is compacted away, leases, and clients (links) that
 * are cut off, whose requests and answers get lost, and whose requests arrive
 * late, after they were given up.
 *
 * It has a clock of its own; whoever waits in vain passes the time.
 */
#ifndef MUSTER_SIM_ETCD_MODEL_H
#define MUSTER_SIM_ETCD_MODEL_H

#include "store/etcd_link.h"

struct etcd_model;

/* In percent of requests, from the seed. */
struct etcd_model_faults {
	unsigned request_lost; /* it never arrives */
	unsigned request_late; /* it arrives a while after it was given up */
	unsigned answer_lost;  /* it was done, but nobody hears of that */
	unsigned page;         /* no percentage: keys in a page at most; 0: as
				* many as are asked for */
};

/*
 * Time that is not the model's own, since others live in it, too.  Then
 * requests and answers take theirs, and who waits gives way to the others
 * (`wait`, which may end early): so a link is to be used on a fiber.
 */
struct etcd_model_time {
	usec (*now)(void *arg);
	/* Call etcd_model_go() then. */
	void (*at)(void *arg, usec at);
	void *arg;
};
struct etcd_model_client {
	usec (*wall)(void *arg);
	void (*wait)(void *arg, usec until);
	/* There will be something at `at`: its wait is to end then. */
	void (*rouse)(void *arg, usec at);
	void *arg;
};
/* How long it takes from it to etcd, and back, and what gets lost. */
struct etcd_model_way {
	usec least, most;
	usec news;    /* until its watch tells what was done */
	bool is_mute; /* what it says does not arrive */
	bool is_deaf; /* what it is told does not */
};

/* 0 or -ENOMEM. */
int etcd_model_open(struct etcd_model **m, const struct alloc *alloc,
		    uint64_t seed);
/* After all its links. */
void etcd_model_close(struct etcd_model *m);
/* NULL: no memory.  It closes itself, as links do. */
struct etcd_link *etcd_model_link(struct etcd_model *m);

/* Before there is any link. */
void etcd_model_set_time(struct etcd_model *m, const struct etcd_model_time *t);
/* What is due is done. */
void etcd_model_go(struct etcd_model *m);
void etcd_model_set_client(struct etcd_link *l,
			   const struct etcd_model_client *c);
void etcd_model_set_way(struct etcd_link *l, const struct etcd_model_way *w);
/* Whoever used it is dead: what it had sent may arrive, but its calls return
 * -EHOSTUNREACH, and none of them waits. */
void etcd_model_kill(struct etcd_link *l);

void etcd_model_faults(struct etcd_model *m, const struct etcd_model_faults *f);
/* The cluster has no majority: requests and answers get lost. */
void etcd_model_stop(struct etcd_model *m, bool is_stopped);
/* It hears nothing of the cluster, and the cluster nothing of it. */
void etcd_model_cut(struct etcd_link *l, bool is_cut);
/* Its watch tells nothing for now; all the rest goes on. */
void etcd_model_hold(struct etcd_link *l, bool is_held);
/* A link's wall clock is so much ahead. */
void etcd_model_clock(struct etcd_link *l, usec ahead);
/* Forget all that happened before now. */
void etcd_model_compact(struct etcd_model *m);
/* Somebody who is none of its links writes, a key that none of them watches. */
void etcd_model_other(struct etcd_model *m);
/* Time passes: leases end, late requests arrive. */
void etcd_model_pass(struct etcd_model *m, usec time);
uint64_t etcd_model_revision(const struct etcd_model *m);
/* Transactions that were done so far. */
uint64_t etcd_model_txns(const struct etcd_model *m);
/* Keys that begin so. */
size_t etcd_model_count(const struct etcd_model *m, const char *begin);
/* The value of a key; NULL: there is none. */
const uint8_t *etcd_model_get(const struct etcd_model *m, const char *key,
			      size_t *len);
/* The revision that it was last written in; 0: there is none. */
uint64_t etcd_model_written(const struct etcd_model *m, const char *key);

#endif
