/*
 * bootpd: addresses, names and boot addresses by BOOTP (RFC 951, 1542), DHCP
 * (RFC 2131, 2132), proxyDHCP and port 4011 (PXE 2.1), and NeXT's vendor area:
 * its positive answer, and the dialog by which a machine that nobody knows adds
 * itself to the directory (docs/protocols/host-addition.md).
 *
 * A machine is its hardware address, whatever client identifier it sends
 * (R15).  Addresses that the directory has for it are promised at once, all
 * others when their COMMIT has settled; who applies the change to the leases
 * does so before it tells this engine.
 *
 * An address that is new to a machine is asked for on the wire before it hears
 * of it, if the settings say so (conflict_probe, RFC 2131 2.2); always, if the
 * machine adds itself.  Somebody has it: nobody gets it for ten minutes.
 *
 * Of several servers that share a store the first commit wins: the others give
 * back what they held and answer the request once more, from what is true then.
 * While the store can't be reached (site_is_away()), or fails, machines get
 * what is durable already: registered addresses, and of a lease in force the
 * time that remains.  Nothing is offered to any other: a server that reaches
 * the store may have given it an address.
 *
 * LIMIT: one subnet a link and relay.  Behind a relay nobody is asked, since
 * ARP does not go there: a machine that finds its address in use says DECLINE.
 *
 * Requests of machines without an address come as frames of the packet socket,
 * all others as UDP; each reaches the engine once.
 */
#ifndef MUSTER_ENGINE_BOOTPD_H
#define MUSTER_ENGINE_BOOTPD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct bootpd;

struct bootpd_stats {
	uint64_t requests; /* that were heard out */
	uint64_t replies;  /* of BOOTP */
	uint64_t offers, acks, naks;
	uint64_t refused;   /* too many of one source, no room, store failed */
	uint64_t bad;       /* no BOOTP message, or one that makes no sense */
	uint64_t pending;   /* replies that wait for their COMMIT now */
	uint64_t conflicts; /* addresses that somebody else had */
	uint64_t unprobed;  /* for want of room nobody was asked for these */
	uint64_t beaten;    /* another server's commit came first */
	uint64_t unserved;  /* would need what a store that is away can't do */
	uint64_t remained;  /* got what remained of a lease, and no more */
};

/* `pending`: how many replies can wait for their COMMIT at a time; more
 * requests are dropped and counted, the clients ask again. */
int bootpd_open(struct bootpd **b, const struct site *site,
		const struct alloc *alloc, uint32_t pending, uint64_t seed);
void bootpd_close(struct bootpd *b, const struct alloc *alloc);
struct engine *bootpd_engine(struct bootpd *b);
const struct bootpd_stats *bootpd_stats(const struct bootpd *b);
/*
 * Ask for the sockets 67 and 4011; for none if settings->dhcp is DHCP_OFF, and
 * then nothing is answered.  A LISTEN that fails is the host's to report: what
 * comes in frames is answered all the same.
 *
 * Foreign servers are reported (NOTE_ROGUE_SERVER) only if it is DHCP_FULL, of
 * what is heard in frames to port 68.
 */
void bootpd_start(struct bootpd *b, usec now, struct effects *fx);
/* Whether a datagram is ours: any frame of IP or ARP, and ports 67 and 4011. */
bool bootpd_claims(const struct bootpd *b, const struct dgram *d);

#endif
