/*
 * A world for tests of bootpd: a server on one link, 10.0.0.0/24, a second
 * network, 10.1.0.0/24, behind a relay, and machines that are numbers.  A
 * COMMIT that settles is applied, as the server does it.
 *
 *	wendy  machine 7, registered as 10.0.0.7 and 10.1.0.7
 *	kim    machine 8, known, without an address
 */
#ifndef MUSTER_STAGE_BOOTP_WORLD_H
#define MUSTER_STAGE_BOOTP_WORLD_H

#include "engine/askers.h"
#include "engine/bootpd.h"
#include "stage/stage.h"
#include "wire/bootp.h"

#define WORLD_SERVER IP4(10, 0, 0, 1)
#define WORLD_RELAY  IP4(10, 1, 0, 254)
#define WORLD_NODE   IP4(10, 0, 0, 10) /* the first of the pool, of ten */

enum { WORLD_TERM = 3600 };

struct world {
	struct stage *st;
	struct settings settings;
	struct site site;
	struct bootpd *b;
	uint32_t pending; /* replies that can wait; before world_start */
	usec set;         /* of the wall clock, since leases were committed
			     (store/orders.h) */
};

/* Unknown machines are served, and the whole pool is theirs; change the
 * settings, then start. */
void world_open(struct world *w);
void world_start(struct world *w);
void world_close(struct world *w);
/* "name=kim; en_address=2:0:0:0:0:8" */
void world_add_machine(struct world *w, const char *props);
/* What the directory of machines itself says: "name=machines; promiscuous" */
void world_set_machines(struct world *w, const char *props);
/* Its SLAM port, 10000 for the first. */
uint16_t world_add_file(struct world *w, const char *name);
/* The Ethernet address of machine n. */
struct hwaddr world_hw(uint32_t n);

/* What a machine says.  0 and NULL leave a thing out. */
struct query {
	uint32_t n; /* the machine */
	enum dhcp_type type;
	uint32_t xid, ciaddr, siaddr, giaddr;
	uint16_t secs, flags;
	uint8_t hops, op;
	uint32_t requested, server, lease, selection;
	const char *class_id, *user_class, *file, *sname;
	const char *client_id; /* bytes of a string */
	const char *list;      /* option 55, bytes of a string */
	const char *more;      /* further options, in hex */
	const char *vend;      /* all behind byte 236, in hex */
	uint16_t max_size;
	int arch; /* 1 more than option 93 */
	bool has_uuid, has_no_hw;
	bool is_short;       /* 236 bytes */
	bool is_udp;         /* from ciaddr:68, through a socket */
	uint16_t port, from; /* not 67, not 68 */
	uint32_t to;         /* of a frame; 0: 255.255.255.255 */
};

/* The UDP payload. */
size_t query_put(const struct query *q, uint8_t *to, size_t room);
/* The engine hears it: from the relay if giaddr is set, as a frame else. */
void world_hear(struct world *w, const struct query *q);
/* Machine n says on the wire that it has the address. */
void world_hear_arp(struct world *w, uint32_t ip, uint32_t n);
/* The reply sent last, which points into st->last; fails the test if that is
 * none. */
void world_reply(const struct world *w, struct bootp *m);
/* Whether the last reply has this text as an option; NULL: it has none. */
bool world_option_is(const struct world *w, uint8_t code, const char *text);
/* The same of a number of 4 bytes; 0 if it is absent. */
uint32_t world_option(const struct world *w, uint8_t code);
/* DISCOVER, OFFER, REQUEST, ACK, committed; forgets the transcript.  The
 * address. */
uint32_t world_bind(struct world *w, uint32_t n);

#endif
