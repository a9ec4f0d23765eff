/*
 * The virtual LAN: any number of nodes, each an engine, on one Ethernet in
 * virtual time.  It does for them what host does on real machines: carries
 * frames and datagrams, opens ports, joins groups, settles commits and fetches.
 * Everything follows from the seed.
 */
#ifndef MUSTER_SIM_LAN_H
#define MUSTER_SIM_LAN_H

#include "engine/effects.h"
#include "engine/engine.h"
#include "store/store.h"

struct lan;

/* What the wire does to each copy of a frame on its way to one receiver. */
struct lan_weather {
	double loss;      /* 0..1, independent for each receiver */
	double burst;     /* mean length of a loss burst; 0 or 1: none */
	double duplicate; /* 0..1 */
	double reorder;   /* 0..1: delayed by up to `reorder_by` */
	usec reorder_by;
	usec delay;    /* of every frame */
	uint64_t rate; /* bytes/s that a sender's link carries; 0: any */
};

struct lan_config {
	struct lan_weather weather;
	uint64_t seed;
	uint32_t nodes;   /* at most */
	bool has_payload; /* else file contents travel as references */
	/* Contents of an image, for runs with payload: fill `to`. */
	void (*read)(void *arg, const struct ref *ref, uint8_t *to);
	void *arg;
	usec fetch_delay, commit_delay;
	struct store *store; /* of the node that commits; NULL: none does */
};

/* What the LAN tells of a node's effects that only its owner understands. */
struct lan_watcher {
	void (*note)(void *arg, uint32_t node, usec now, const struct note *n);
	void (*keep)(void *arg, uint32_t node, usec now, const struct keep *k);
	/* after every event at a node: the place for invariants */
	void (*after)(void *arg, uint32_t node, usec now);
	void *arg;
};

int lan_open(struct lan **l, const struct lan_config *config,
	     const struct lan_watcher *watcher);
void lan_close(struct lan *l);

/* A node with its link (index, hw, and an address if it has one).  *id counts
 * from 0.  It is off until it is switched on. */
int lan_add(struct lan *l, const struct link *link, struct engine *engine,
	    uint32_t *id);
/* Switch on at `at`: `start` is called with the lan's effects. */
void lan_switch_on(struct lan *l, uint32_t node, usec at,
		   void (*start)(void *arg, usec now, struct effects *fx),
		   void *arg);
/* Dead at once: nothing is sent, heard, or settled any more.  Batches that the
 * store had are durable; the others are lost. */
void lan_kill(struct lan *l, uint32_t node);
/* The same node with a new engine, as after a restart. */
void lan_replace(struct lan *l, uint32_t node, struct engine *engine);

/* Run until nothing is left to do, or `until`, or watcher says stop. */
usec lan_run(struct lan *l, usec until);
void lan_stop(struct lan *l);
usec lan_now(const struct lan *l);

struct lan_stats {
	uint64_t frames_sent, frames_delivered, frames_lost;
	uint64_t data_sent; /* datagrams that carried file contents */
	uint64_t bytes_sent;
	uint64_t events;
	uint64_t trace; /* a hash over all events: same seed, same trace */
};
const struct lan_stats *lan_stats(const struct lan *l);

#endif
