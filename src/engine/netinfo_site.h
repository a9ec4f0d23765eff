/*
 * What NetInfo says of the domains that this server has: under which tag each
 * is served, which machines it serves as their parent, and whom it trusts.
 *
 * An object's id is its entry's less the domain's; the root is 0.
 */
#ifndef MUSTER_ENGINE_NETINFO_SITE_H
#define MUSTER_ENGINE_NETINFO_SITE_H

#include "base/span.h"
#include "engine/site.h"

/* The domain that is nearest to who asks: that of its network's setting, or our
 * own, as for programs of this machine. */
uint32_t netinfo_nearest(const struct site *s, uint32_t ip);
/* The property `tag` of its root; else "network" for the one that is nearest to
 * who asks, "root" for the first, and the name for all others. */
struct span netinfo_tag(const struct site *s, uint32_t domain,
			uint32_t nearest);
/* The domain with a tag: the nearest, or the one with the lowest id; 0: none.
 */
uint32_t netinfo_tagged(const struct site *s, struct span tag,
			uint32_t nearest);
/* Whether a machine of the domain has the address and, among the values of
 * `serves`, X/tag with X neither "." nor "..": it may be bound.  To the domain
 * that is nearest to the address also one that stands further up. */
bool netinfo_serves(const struct site *s, uint32_t domain, uint32_t ip,
		    struct span tag);
/* Whether a machine serves the very domain that it is in, and as which tag:
 * `serves` has ./TAG. */
bool netinfo_is_server(const struct entry *machine, struct span *tag);
/*
 * Whether an address may read the domain.  As its `trusted_networks` says, of
 * which a value is a network (10.0.0.0/8), its first bytes (192.168.77), or the
 * name of an entry in /networks; without that property, whoever is near.  This
 * machine may always.
 */
bool netinfo_trusts(const struct site *s, uint32_t domain, uint32_t ip);
/* The parent of a domain that is on another server: the first machine among the
 * first NETINFO_WALK that serves ../TAG at an address.  False: none. */
enum { NETINFO_WALK = 65536 };
bool netinfo_parent(const struct site *s, uint32_t domain, struct span *tag,
		    uint32_t *ip);

#endif
