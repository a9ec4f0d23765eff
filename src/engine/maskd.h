/*
 * maskd: which mask a network has (ICMP type 17, RFC 950).
 *
 * Only an authority answers, and one is who was told the mask by its
 * administrator (RFC 1122 3.2.2.9): settings.netmask_authority is on, and the
 * subnet is one of the settings', not guessed from a link, and our own values
 * on the link were not asked for either.  The mask is that of the subnet which
 * the asker's address lies in; of one that has none yet, that of our own
 * address there.  The answer goes to the asker, or, if it has no address, to
 * everybody.
 *
 * LIMIT: the reply that nobody asked for, which RFC 1122 wants when an
 * interface comes up, is not sent: docs/trust.md says why.
 */
#ifndef MUSTER_ENGINE_MASKD_H
#define MUSTER_ENGINE_MASKD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct maskd;

struct maskd_stats {
	uint64_t requests, told;
	uint64_t silent;  /* we are no authority for that network */
	uint64_t refused; /* sent from where no answer may go */
	uint64_t limited; /* too many */
	uint64_t bad;     /* frames that were none */
};

/* `site` outlives it.  0 or -ENOMEM. */
int maskd_open(struct maskd **m, const struct site *site,
	       const struct alloc *alloc, uint64_t seed);
/* NULL is allowed for m. */
void maskd_close(struct maskd *m, const struct alloc *alloc);
struct engine *maskd_engine(struct maskd *m);
const struct maskd_stats *maskd_stats(const struct maskd *m);
/* Whether a datagram is a frame with ICMP in it. */
bool maskd_claims(const struct maskd *m, const struct dgram *d);

#endif
