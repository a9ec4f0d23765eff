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
	double burst;     /* mean length of a loss burst, in packets that come
			   * within milliseconds; 0 or 1: none */
	double duplicate; /* 0..1 */
	double reorder;   /* 0..1: delayed by up to `reorder_by` */
	usec reorder_by;
	usec delay;    /* of every frame */
	uint64_t rate; /* bytes/s that a sender's link carries; 0: any */
};

/* What is wrong with one node alone, on top of the weather. */
struct lan_fault {
	double loss;  /* 0..1, of what it hears and of what it says */
	bool is_hung; /* it reads nothing, and its timers do not go off */
	/* While it hangs, so many datagrams wait in its sockets, and are read
	 * when it goes on; more are lost. */
	unsigned keeps;
};

/* A node that takes its time: what comes for it leaves its switch at a rate,
 * waits in its socket's buffer, and is read one after the other.  Without one a
 * node reads everything at once. */
struct lan_reader {
	usec each;      /* to read a datagram, and to do what it asks for */
	unsigned queue; /* so many may wait while one is read; more are lost */
	uint64_t rate;  /* bytes/s of its switch's port, which loses none; 0:
			 * any */
};

struct lan_config {
	struct lan_weather weather;
	uint64_t seed;
	uint32_t nodes;   /* at most */
	bool has_payload; /* else file contents travel as references */
	/* Contents of an image, for runs with payload: fill `to`. */
	void (*read)(void *arg, const struct ref *ref, uint8_t *to);
	void *arg;
	/* A batch is durable after half of commit_delay, its node hears of it
	 * after all of it: a crash can fall in between. */
	usec fetch_delay, commit_delay;
	usec ask_delay; /* until ASK settles */
	/* What comes for a group waits for so long, and each member reads at
	 * once what is there by then, as a host does; 0: packet by packet. */
	usec gather;
	struct store *store; /* of the node that commits; NULL: none does */
	usec news_delay;     /* until others hear of a batch that is durable */
};

/* What the LAN tells of a node's effects that only its owner understands.  A
 * watcher may kill nodes, replace engines, and call lan_at() and lan_stop(). */
struct lan_watcher {
	/* before the packet leaves */
	void (*send)(void *arg, uint32_t node, usec now, const struct send *s);
	/* There was no place for it in the node's queue. */
	void (*unread)(void *arg, uint32_t node, usec now,
		       const struct dgram *d);
	void (*note)(void *arg, uint32_t node, usec now, const struct note *n);
	void (*keep)(void *arg, uint32_t node, usec now, const struct keep *k);
	/* As the host would; NULL: everything can be mended, nothing is wrong.
	 */
	int (*mend)(void *arg, uint32_t node, const struct mend *m);
	int (*sort)(void *arg, uint32_t node, const struct sort *s,
		    uint64_t *wrong);
	/* What ASK settles with; NULL: -ENODEV. */
	int (*ask)(void *arg, uint32_t node, const struct question *q);
	/* A node with a store of its own looks for news: how that store stands
	 * now is to be told first. */
	void (*look)(void *arg, uint32_t node, usec now, struct effects *fx);
	/* after every event at a node: the place for invariants */
	void (*after)(void *arg, uint32_t node, usec now);
	void *arg;
};

/* 0 or -ENOMEM.  What config and watcher point at outlives the LAN; the watcher
 * may be NULL, and any of its functions. */
int lan_open(struct lan **l, const struct lan_config *config,
	     const struct lan_watcher *watcher);
void lan_close(struct lan *l);

/* A node with its link (index, hw, and an address if it has one).  *id counts
 * from 0.  It is off until it is switched on.  -ENOSPC: config->nodes are
 * there; -ENOMEM. */
int lan_add(struct lan *l, const struct link *link, struct engine *engine,
	    uint32_t *id);
/* Switch on at `at`: `start` is called with the lan's effects. */
void lan_switch_on(struct lan *l, uint32_t node, usec at,
		   void (*start)(void *arg, usec now, struct effects *fx),
		   void *arg);
/* Dead at once: nothing is sent, heard, or settled any more.  Batches that the
 * store had are durable; the others are lost.  Its engine is never called
 * again; but one that is being called right now (a watcher kills it) must not
 * be freed before lan_run() is left or lan_at() comes. */
void lan_kill(struct lan *l, uint32_t node);
/* A new engine for a killed node, which has the link that it was added with.
 * It is off until it is switched on. */
void lan_replace(struct lan *l, uint32_t node, struct engine *engine);
/* From now on the node commits to this store, its handle on one that several
 * nodes share, and hears of what others commit (store_shared).  It knows what
 * the store had when this is called: call it when that was loaded.  NULL: it
 * has none. */
void lan_set_store(struct lan *l, uint32_t node, struct store *store);
/* Let it look for news at `at`; when others have committed it does by itself.
 */
void lan_look(struct lan *l, uint32_t node, usec at);

/*
 * A store that makes its node wait, as one on etcd does (sim/etcd_model.h).
 * Its calls are made on a fiber, in the place of musterd's committer's thread,
 * and whatever has to wait there calls lan_wait(): the node's loop and all the
 * others go on meanwhile.
 */
struct lan_keeping {
	/* On the fiber: open it; when that fails, again a second later. */
	int (*open)(void *arg, struct store **s);
	/* It is open: load what it has, and switch the node on. */
	void (*opened)(void *arg, usec now, struct store *s);
	/* The node is being killed: from now on the store's calls are to come
	 * to their end without waiting, so that it can be closed. */
	void (*die)(void *arg);
	void *arg;
};
/* Of a node that is off; until it is killed.  0 or -ENOMEM. */
int lan_keep(struct lan *l, uint32_t node, const struct lan_keeping *k);
/* On its fiber: until then, or until it is roused; at once if it is dead. */
void lan_wait(struct lan *l, uint32_t node, usec until);
void lan_rouse(struct lan *l, uint32_t node, usec at);
/* How its store stands, as its fiber saw it last; false: it is not open. */
bool lan_store_status(const struct lan *l, uint32_t node,
		      struct store_status *to);

/* Call back at `at`, between two events: for whatever befalls the LAN. */
void lan_at(struct lan *l, usec at, void (*call)(void *arg, usec now),
	    void *arg);
/* From now on; frames that are on their way arrive in the new weather. */
void lan_change_weather(struct lan *l, const struct lan_weather *weather);
/* From now on; what a node that hung has missed is lost, but what it keeps. */
void lan_set_fault(struct lan *l, uint32_t node, const struct lan_fault *fault);
/* From now on; `each` 0: it reads everything at once again. */
void lan_set_reader(struct lan *l, uint32_t node,
		    const struct lan_reader *reader);
/* All wall clocks jump, forward or back; virtual time goes on as before. */
void lan_jump(struct lan *l, usec by);
usec lan_wall(const struct lan *l);
/* The wall clock of one node is so much ahead of the others', from now on. */
void lan_set_clock(struct lan *l, uint32_t node, usec ahead);
usec lan_node_wall(const struct lan *l, uint32_t node);

/* Run until nothing is left to do, or `until`, or lan_stop(); then it can be
 * run on.  The time now. */
usec lan_run(struct lan *l, usec until);
/* After what is going on just now. */
void lan_stop(struct lan *l);
usec lan_now(const struct lan *l);

struct lan_stats {
	uint64_t frames_sent, frames_delivered, frames_lost;
	uint64_t frames_unread; /* lost where a queue was full */
	uint64_t data_sent;     /* datagrams that carried file contents */
	uint64_t bytes_sent;
	uint64_t events;
	/* A hash over all events: the same seed gives the same one, with
	 * payload or without. */
	uint64_t trace;
};
const struct lan_stats *lan_stats(const struct lan *l);

#endif
