/*
 * The parts of the driver: driver.c has sockets and rounds, driver_records.c
 * the connections, driver_arp.c the answers by ARP.
 */
#ifndef MUSTER_APP_DRIVER_INSIDE_H
#define MUSTER_APP_DRIVER_INSIDE_H

#include "app/driver.h"
#include "base/heap.h"
#include "host/packet.h"
#include "host/records.h"
#include "host/udp.h"

enum {
	HEARD_MAX = 64,
	RECEIVES = 16, /* batches that one descriptor may have in a round */
};

struct sock {
	struct driver *driver;
	struct udp udp;
	struct watch watch;
	bool has_group;    /* it listens to a train */
	struct sock *pair; /* a second one for a peer of many datagrams */
};

struct heard {
	struct driver *driver;
	struct packet packet;
	struct watch watch;
	bool has_all_groups;
};

struct driver {
	struct driver_config config;
	struct carrier carrier;
	struct turn turn;
	struct loop *loop;
	struct inbox *inbox;
	struct outbox *outbox;
	struct sock **socks; /* by port */
	struct heard *heard[HEARD_MAX];
	struct heard *arp[HEARD_MAX];
	struct heard *rarp[HEARD_MAX];
	struct records *records; /* NULL: no listener yet */
	struct driver_counts counts;
	uint16_t refused_port;
	int refused_rc;
	struct outcome mended; /* of the last MEND, until the next round */
	bool has_mended;
	int rode;         /* datagrams of groups that came in this round */
	uint64_t spoke;   /* datagrams sent up to the round before */
	uint64_t dropped; /* at sockets that are closed */
};

static inline struct driver *driver_of(struct carrier *c)
{
	return CONTAINER(c, struct driver, carrier);
}

/* To the engine: n datagrams that are in the inbox. */
void driver_hand_over(struct driver *d, enum dgram_kind kind, int n);

/* What a carrier does with LISTEN, CLOSE, PAIR, JOIN and LEAVE. */
int driver_listen(struct carrier *c, const struct listen *l);
void driver_close_port(struct carrier *c, const struct listen *l);
void driver_pair(struct carrier *c, const struct pair *p);
int driver_join(struct carrier *c, const struct join *j);
void driver_leave(struct carrier *c, const struct join *j);
/* With its second one; both are free afterwards. */
void driver_close_sock(struct driver *d, struct sock *s);

/* What a packet socket has heard, of a struct heard. */
void driver_on_frames(void *heard, unsigned events);
void driver_close_arp(struct driver *d);
/* The first listener makes the table of connections.  0 or negative errno. */
int driver_listen_stream(struct driver *d, const struct listen *l);
void driver_send_record(struct driver *d, const struct send *s);
/* Tell the engine of connections that have ended.  Returns when to look again,
 * at the latest. */
usec driver_tell_ends(struct driver *d);

#endif
