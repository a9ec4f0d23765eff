/*
 * Which machine holds which address: durable leases and registrations, and the
 * holds of a few seconds that an OFFER makes, in memory only.
 *
 * One machine has one address in a subnet, found by its hardware address; a
 * client identifier never decides (R15), because ROM, loader and system of one
 * machine send three different ones.
 */
#ifndef MUSTER_MODEL_LEASE_H
#define MUSTER_MODEL_LEASE_H

#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"

enum lease_kind {
	LEASE_DHCP,     /* ends */
	LEASE_BOOTP,    /* a registration: lasts until it is removed */
	LEASE_DECLINED, /* somebody else answers there: nobody's, for a while */
};

/* What the store keeps. */
struct lease {
	enum lease_kind kind;
	uint32_t ip;
	struct hwaddr hw;
	usec wall_ends; /* NEVER for LEASE_BOOTP */
	uint32_t term;  /* seconds; 0 for LEASE_BOOTP */
	char name[64];  /* the host name it was given */
};

/* One range of addresses to hand out, with what goes with it. */
struct subnet {
	uint32_t network, mask;
	uint32_t first, last; /* to hand out; first 0: only fixed addresses */
	uint32_t router;      /* 0: none */
	uint32_t dns[4];      /* 0 ends the list */
	uint32_t next_server; /* 0: ourselves */
	char domain[64];      /* DNS domain; "" none */
	uint32_t lease;       /* seconds */
};

struct leases;

/* `most`: as many addresses as can ever be in use, the sum of the subnets'
 * ranges and of fixed addresses; the table has that size for good. */
int leases_open(struct leases **l, const struct alloc *alloc, uint32_t most,
		uint64_t seed);
void leases_close(struct leases *l, const struct alloc *alloc);

/*
 * A durable change has settled: put the lease in, or take it out.  The wall
 * clock counts only here: inside, a lease ends on the monotonic clock, never
 * later than its term from now (a clock set back), and one that has ended on
 * the wall clock is not given to others for half its term after a start (a
 * clock set forward).  -ENOSPC if the table is full.
 */
int leases_put(struct leases *l, const struct lease *put, usec now, usec wall);
void leases_drop(struct leases *l, uint32_t ip);

/* NULL if there is none (an ended lease is still found: it is sticky). */
const struct lease *leases_by_ip(const struct leases *l, uint32_t ip);
const struct lease *leases_by_hw(const struct leases *l,
				 const struct hwaddr *hw, uint32_t network,
				 uint32_t mask);
/* Whether it is in force at `now`. */
bool lease_is_live(const struct leases *l, uint32_t ip, usec now);
/* All of them, in no order: *at from 0. */
const struct lease *leases_next(const struct leases *l, uint32_t *at);
uint32_t leases_count(const struct leases *l);

/*
 * Choose an address of the subnet for a machine and hold it until `until`:
 *   its own, live or ended; else `wanted`, if free; else the lowest never used;
 *   else the one that ended longest ago.
 * `taken`: an address for which a fixed binding stands in the directory; such
 * are passed over.  0 if the pool is full.
 * A hold is an overlay: leases_put for the machine turns it into a lease,
 * leases_unhold takes it back, time ends it.
 */
struct lease_want {
	const struct subnet *subnet;
	const struct hwaddr *hw;
	uint32_t wanted; /* 0: any */
	bool (*taken)(const void *arg, uint32_t ip);
	const void *arg;
	bool is_known; /* unknown machines may fill only `share` percent */
	unsigned share;
};
uint32_t leases_choose(struct leases *l, const struct lease_want *w, usec now,
		       usec until);
/* Extend a hold over a COMMIT under way (until NEVER), or take it back. */
void leases_hold(struct leases *l, uint32_t ip, const struct hwaddr *hw,
		 usec until);
void leases_unhold(struct leases *l, uint32_t ip);
/* Who holds it without a lease, at `now`; false: nobody. */
bool leases_held_by(const struct leases *l, uint32_t ip, usec now,
		    struct hwaddr *hw);

/* Addresses of a subnet's range that are live or held at `now`. */
uint32_t leases_in_use(const struct leases *l, const struct subnet *s,
		       usec now);

#endif
