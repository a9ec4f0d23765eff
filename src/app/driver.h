/*
 * The driver: one engine on the real host.  It carries the engine's effects
 * out on sockets, files and the store, and hands it what comes back: the same
 * contract that the virtual LAN keeps in simulations.
 */
#ifndef MUSTER_APP_DRIVER_H
#define MUSTER_APP_DRIVER_H

#include "engine/turn.h"
#include "host/loop.h"
#include "host/outbox.h"

struct driver;
struct answerer;
struct catalog;
struct committer;
struct sink;

struct filter;
struct records_limits;

struct driver_config {
	struct engine *engine;
	struct catalog *catalog;     /* NULL: the engine fetches nothing */
	struct committer *committer; /* NULL: the engine commits nothing */
	struct answerer *answerer;   /* NULL: the engine asks nothing */
	uint32_t link; /* for groups and broadcasts when an effect names no
			* link; 0: the kernel's routes */
	/* For driver_hear(), instead of what a server or client hears. */
	const struct filter *filter;
	bool is_server;          /* port 67 is shared with the packet sockets */
	bool has_address_rights; /* ADDRESS configures the interface; else it
				  * settles as if it had */
	/* Once a round, when nothing that was sent still waits: the place for
	 * a new turn of the catalogue. */
	void (*between)(void *arg, usec now);
	void (*note)(void *arg, usec now, const struct note *n);
	/* Where a client's bytes go; NULL: it receives no files. */
	struct sink *sink;
	/* Before the sink gets it; may be NULL. */
	void (*keep)(void *arg, const struct keep *k);
	void *arg;
};

struct driver_counts {
	uint64_t datagrams, frames, truncated, records;
};

/* 0, or negative errno.  The loop outlives the driver. */
int driver_open(struct driver **d, struct loop *loop,
		const struct driver_config *config);
void driver_close(struct driver *d);

/* Hear BOOTP's frames on an interface: requests and IGMP (is_server) or
 * replies. */
int driver_hear(struct driver *d, uint32_t link);
/* Hear who answers our own ARP there.  0 or negative errno. */
int driver_hear_arp(struct driver *d, uint32_t link);
/* Hear RARP there. */
int driver_hear_rarp(struct driver *d, uint32_t link);
/* Hear the IGMP of all groups there, as a querier has to. */
void driver_all_groups(struct driver *d, uint32_t link, bool on);
void driver_unhear(struct driver *d, uint32_t link);

/* Hear a listening local socket (records_local()), which is the driver's from
 * now on; its records come to `port`.  0 or negative errno. */
int driver_local(struct driver *d, int fd, uint16_t port,
		 const struct records_limits *limits);

/* The effects list to call a start or an edit with; then driver_carry(). */
struct effects *driver_effects(struct driver *d);
void driver_carry(struct driver *d);
/* An outcome that came later: a fetch, a commit or an answer. */
void driver_settle(struct driver *d, const struct outcome *o);

/* One round: what is due, flush, wait for the next thing or `until`, hand it
 * over.  0, or what loop_wait() says. */
int driver_round(struct driver *d, usec until);
/* The first well-known port that could not be had since the start, and why; 0
 * if none. */
uint16_t driver_refused_port(const struct driver *d, int *rc);
const struct driver_counts *driver_counts(const struct driver *d);
const struct outbox_counts *driver_sent(const struct driver *d);
/* How many messages the kernel had to drop since the start, because we did not
 * read them in time: not the network lost them but this machine.  One may be
 * many datagrams of a train. */
uint64_t driver_dropped(const struct driver *d);

#endif
