/*
 * rarpd: which address a hardware address has (RFC 903), for machines that know
 * no other way to ask: Sun's.
 *
 * Told is what the directory says of a registered machine, if it lies in the
 * network of the link that the question came by; never an address from a pool.
 * With RARP_WITH_FILE there also has to be a boot file in the boot directory
 * itself that begins with the address in hexadecimal, C0A84D0A, as those
 * machines will ask for by TFTP next.  settings.rarp is off unless wanted.
 */
#ifndef MUSTER_ENGINE_RARPD_H
#define MUSTER_ENGINE_RARPD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct rarpd;

struct rarpd_stats {
	uint64_t requests, told;
	uint64_t unknown; /* nobody registered, or in no network here */
	uint64_t no_file; /* RARP_WITH_FILE alone */
	uint64_t limited; /* too many */
	uint64_t bad;     /* frames that were none */
};

/* `site` outlives it.  0 or -ENOMEM. */
int rarpd_open(struct rarpd **r, const struct site *site,
	       const struct alloc *alloc, uint64_t seed);
/* NULL is allowed for r. */
void rarpd_close(struct rarpd *r, const struct alloc *alloc);
struct engine *rarpd_engine(struct rarpd *r);
const struct rarpd_stats *rarpd_stats(const struct rarpd *r);
/* Whether a datagram is a frame with RARP in it. */
bool rarpd_claims(const struct rarpd *r, const struct dgram *d);

#endif
