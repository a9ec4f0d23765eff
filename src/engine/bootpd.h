/*
 * bootpd: addresses, names and boot addresses by BOOTP (RFC 951, 1542), DHCP
 * (RFC 2131, 2132), proxyDHCP and port 4011 (PXE 2.1), and the positive answer
 * of NeXT's vendor area.
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
	uint64_t requests, replies, offers, acks, naks, refused, bad, pending;
};

/* `pending`: how many replies can wait for their COMMIT at a time; more
 * requests are dropped and counted, the clients ask again. */
int bootpd_open(struct bootpd **b, const struct site *site,
		const struct alloc *alloc, uint32_t pending, uint64_t seed);
void bootpd_close(struct bootpd *b, const struct alloc *alloc);
struct engine *bootpd_engine(struct bootpd *b);
const struct bootpd_stats *bootpd_stats(const struct bootpd *b);
/* Ask for the sockets that the mode needs: 67, 4011. */
void bootpd_start(struct bootpd *b, usec now, struct effects *fx);
/* Whether a datagram is ours. */
bool bootpd_claims(const struct bootpd *b, const struct dgram *d);

#endif
