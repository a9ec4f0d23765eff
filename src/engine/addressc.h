/*
 * What bootpc and dhcpc share: the answer they look for, and how they ask.
 * Both speak through frames, because the machine has no address yet.
 */
#ifndef MUSTER_ENGINE_ADDRESSC_H
#define MUSTER_ENGINE_ADDRESSC_H

#include "base/alloc.h"
#include "base/rand.h"
#include "engine/engine.h"
#include "wire/bootp.h"

struct addressc_config {
	struct link link;     /* its hw is the machine's */
	const char *class_id; /* option 60; "muster"; NULL: none */
	uint16_t arch;        /* option 93; ARCH_UNKNOWN: none */
	uint64_t seed;
	unsigned tries; /* give up after so many; 0: never */
};

/* What the machine was told. */
struct address_answer {
	uint32_t ip, mask, router, server;
	uint32_t dns[4];
	uint32_t lease; /* seconds; 0: BOOTP, for good */
	char name[64];
	char domain[64];
	char file[256]; /* boot address as it came */
};

enum addressc_state { ADDRESSC_ASKING, ADDRESSC_BOUND, ADDRESSC_FAILED };

/* ---- for bootpc and dhcpc ------------------------------------------------ */

enum { ADDRESSC_CLASS = 64 };

/* The half of either client that knows whom it asks for. */
struct addressc {
	struct link link;
	char class_id[ADDRESSC_CLASS]; /* "": none */
	uint16_t arch;
	unsigned tries;
	struct rand rand;
	uint8_t xid[4];
	usec begun;     /* this run of questions: secs counts from here */
	unsigned asked; /* how often since the client was started */
};

/* What differs from request to request. */
struct addressc_request {
	enum dhcp_type type; /* DHCP_NONE: BOOTP */
	uint16_t secs;
	uint32_t ciaddr;
	uint32_t requested; /* option 50; 0: none */
	uint32_t server_id; /* option 54; 0: none */
};

/* A reply to us: its fields point into the datagram. */
struct addressc_reply {
	struct bootp m;
	uint32_t from; /* whose UDP datagram it was */
};

/* -EINVAL unless the link is an Ethernet; -ENAMETOOLONG: the class.  Nothing
 * in *config need live longer than the call. */
int addressc_init(struct addressc *c, const struct addressc_config *config);
/* A new run of questions: a new transaction id, secs from 0. */
void addressc_begin(struct addressc *c, usec now);
/* Seconds since it began, as the packet's field. */
uint16_t addressc_secs(const struct addressc *c, usec now);
/* Tell that we ask (NOTE_BOOT_ASKING), and count it. */
void addressc_note(struct addressc *c, struct effects *fx);
/* A short random wait before the first question, so that a fleet that is
 * switched on at once does not ask at once (RFC 951 7.2, RFC 2131 4.4.1), and
 * nobody notices it. */
usec addressc_first_wait(struct addressc *c);
/* A random wait from none to `most`. */
usec addressc_delay(struct addressc *c, usec most);
/* `wait` as a quarter less to a quarter more. */
usec addressc_jitter(struct addressc *c, usec wait);

/* The UDP payload of a request. */
void addressc_put(const struct addressc *c, const struct addressc_request *q,
		  struct wr *w);
/* The same as a broadcast frame. */
void addressc_broadcast(const struct addressc *c,
			const struct addressc_request *q, struct effects *fx);

/* False unless the datagram is a reply to our hardware address and transaction
 * in a frame for us, or on our UDP port 68. */
bool addressc_hear(const struct addressc *c, const struct dgram *d,
		   struct addressc_reply *r);
/* Whether a machine can have it: no group, no loopback, not nothing. */
bool addressc_is_usable(uint32_t ip);
/* Fills the whole answer.  A mask that is missing or none is that of the
 * address's class; names that are no host names are left out. */
void addressc_read(const struct addressc_reply *r, struct address_answer *a);
/* Only where to boot from: file and server. */
void addressc_read_boot(const struct addressc_reply *r,
			struct address_answer *a);

#endif
