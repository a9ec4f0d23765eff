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
	uint32_t term;  /* seconds; 0 for LEASE_BOOTP, and for a lease released
			 * of which no other server can know */
	char name[64];  /* the host name it was given */
};

struct ip_range {
	uint32_t first, last; /* first 0: none */
};

enum { SUBNET_EXCLUDES = 16 };

/* One range of addresses to hand out, with what goes with it. */
struct subnet {
	uint32_t network, mask;
	uint32_t first, last; /* to hand out; first 0: only fixed addresses */
	/* Of the range, to nobody but who is registered there. */
	struct ip_range excludes[SUBNET_EXCLUDES];
	uint32_t router;      /* 0: none */
	uint32_t dns[4];      /* 0 ends the list */
	uint32_t next_server; /* 0: ourselves */
	char domain[64];      /* DNS domain; "" none */
	char directory[128];  /* the domain where look-ups begin, "/boston"; ""
			       * the server's own */
	uint32_t lease;       /* seconds */
	bool is_guessed;      /* from a link: nobody has said so */
};

struct leases;

/* `most`: as many addresses as can be in use, the sum of the subnets' ranges
 * and of fixed addresses; what of the table nobody uses is never touched.  0 or
 * -ENOMEM. */
int leases_open(struct leases **l, const struct alloc *alloc, uint32_t most,
		uint64_t seed);
/* Room for `most` addresses, if that is more than there was: the directory has
 * grown.  alloc: the one it was opened with.  0; or -ENOMEM, and all is as
 * before. */
int leases_grow(struct leases *l, const struct alloc *alloc, uint32_t most);
uint32_t leases_most(const struct leases *l);
/* Other servers lease these addresses, too, whose clocks may be wrong, and of
 * whom is not heard at once: from now on nobody gets an address that was put
 * for another before its whole term, and ten seconds, have passed since. */
void leases_share(struct leases *l);
/* alloc: the one it was opened with.  NULL is allowed for l. */
void leases_close(struct leases *l, const struct alloc *alloc);

/*
 * A durable change has settled: put the lease in, in place of what was known of
 * that address, or take it out.  Any hold there is over.  The wall clock counts
 * only here: inside, a lease ends on the monotonic clock, never later than its
 * term from now (a clock set back), and goes to nobody else before half its
 * term from now has passed (a clock set forward across a restart).  So to
 * record a RELEASE, put the lease with wall_ends = wall and term 0: the address
 * is free at once and still the machine's favourite; with another term, nobody
 * else gets it before that has passed, if they are shared.
 * The copy of a LEASE_DECLINED has an empty hw: it is nobody's.
 * -ENOSPC if the table is full; -EINVAL without an address.
 */
int leases_put(struct leases *l, const struct lease *put, usec now, usec wall);
/* A hold on the address stays. */
void leases_drop(struct leases *l, uint32_t ip);

/* NULL if there is none (an ended lease is still found: it is sticky).  Good
 * until the table is next changed. */
const struct lease *leases_by_ip(const struct leases *l, uint32_t ip);
/* Of several in the subnet, the one that ends last. */
const struct lease *leases_by_hw(const struct leases *l,
				 const struct hwaddr *hw, uint32_t network,
				 uint32_t mask);
/* Whether it is in force at `now`: a registration always, a declined address
 * until its term is over. */
bool lease_is_live(const struct leases *l, uint32_t ip, usec now);
/* How long it stays in force; 0: it is not. */
usec lease_left(const struct leases *l, uint32_t ip, usec now);
/* All of them, in no order: *at from 0; NULL ends. */
const struct lease *leases_next(const struct leases *l, uint32_t *at);
uint32_t leases_count(const struct leases *l);

/*
 * Choose an address of the subnet for a machine and hold it until `until`:
 *   its own, live, held or ended; else `wanted`, if free; else the lowest never
 *   used; else the one that ended longest ago (RFC 2131 4.3.1).
 * With is_spread it is not the lowest, but the first from a place in the range
 * on that goes by the machine's hardware address alone: so several servers that
 * share their leases seldom offer one address to two machines.
 * `taken`: an address for which a fixed binding stands in the directory; such
 * are passed over, and asked about again only when the pool seems full, at most
 * every ten seconds.  NULL: none are.
 * A hold is an overlay: leases_put for the machine turns it into a lease,
 * leases_unhold takes it back, time ends it.
 *
 * Unknown machines may have only `share` percent of the pool in use (at least
 * one address, unless share is 0).  When that is used up, the oldest hold of an
 * unknown machine makes room, but never a lease and never a COMMIT under way;
 * so do such holds when the pool is full (R14).
 * 0: there is no address for it.
 */
struct lease_want {
	const struct subnet *subnet;
	const struct hwaddr *hw;
	uint32_t wanted; /* 0: any */
	bool (*taken)(const void *arg, uint32_t ip);
	const void *arg;
	bool is_known;
	bool is_spread;
	unsigned share; /* 0 .. 100; of no account if is_known */
};
uint32_t leases_choose(struct leases *l, const struct lease_want *w, usec now,
		       usec until);
/*
 * Hold an address that leases_choose gave, longer, or a fixed one; `until` is
 * NEVER over a COMMIT under way.  Another machine's hold there is over; that
 * its lease is not live, the caller has made sure.  0; -EBUSY if another
 * machine's COMMIT is under way; -ENOSPC if the table is full.
 */
int leases_hold(struct leases *l, uint32_t ip, const struct hwaddr *hw,
		usec until);
/* Take it back, whoever's it is. */
void leases_unhold(struct leases *l, uint32_t ip);
/* The machine has another address in the subnet than these, of another
 * server's: what is held for it there, but `ip`, is held no more, unless a
 * COMMIT of it is under way. */
void leases_unhold_others(struct leases *l, const struct hwaddr *hw,
			  const struct subnet *s, uint32_t ip);
/* Who holds it, at `now`; false: nobody, and *hw is unchanged.  Whether the
 * machine has a lease there, too, does not matter. */
bool leases_held_by(const struct leases *l, uint32_t ip, usec now,
		    struct hwaddr *hw);
/* The user of an address turned out to be known, or unknown.  A hold is what
 * leases_choose said, or known; a lease what its hold was; and one that was put
 * without a hold (from the store) is an unknown machine's until told here or in
 * leases_choose. */
void leases_set_known(struct leases *l, uint32_t ip, bool is_known);

/* Another server has given the lease to the machine since we did: what the
 * machine says to us of an older one is no word of this.  A lease that is put
 * is ours until told here. */
void leases_set_elsewhere(struct leases *l, uint32_t ip, bool is_elsewhere);
bool lease_is_elsewhere(const struct leases *l, uint32_t ip);

/* Addresses of a subnet's range that are live or held at `now`. */
uint32_t leases_in_use(const struct leases *l, const struct subnet *s,
		       usec now);

#endif
