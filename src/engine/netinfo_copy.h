/*
 * Domains that are copied from another master: objects keep the ids and
 * instances that they have there, so that everybody's checksums agree.  Entries
 * have ids of their own in the directory, which shares its numbers among all
 * domains; so each has the master's as its first property, `_netinfo`, and
 * whoever speaks NetInfo does not see that one.
 *
 *	_netinfo OBJECT INSTANCE             of the root: ... CHECKSUM
 *
 * In a domain of which the master is here, an object's id is its entry's less
 * the domain's, and the instance the entry's; the root is 0.
 */
#ifndef MUSTER_ENGINE_NETINFO_COPY_H
#define MUSTER_ENGINE_NETINFO_COPY_H

#include "engine/site.h"
#include "wire/netinfo.h"

#define NETINFO_MARK ENTRY_MARK

struct netinfo_mark {
	struct netinfo_id id;
	uint32_t checksum; /* the domain's, of its root alone */
};

/* False: the list does not begin with one. */
bool netinfo_mark_get(const struct plist *props, struct netinfo_mark *m);
void netinfo_mark_put(const struct netinfo_mark *m, bool is_root,
		      struct plist_out *to);
/* All behind it. */
struct plist netinfo_unmarked(const struct plist *props);

/* Whether a domain is a copy, loaded, of another host's. */
bool netinfo_is_copy(const struct site *s, uint32_t domain);
/* Of a directory of either kind of domain. */
struct netinfo_id netinfo_id_of(const struct site *s, const struct entry *e);
/* The object id of its parent; the root's is its own. */
uint32_t netinfo_parent_of(const struct site *s, const struct entry *e);
/* NULL: the domain has no such object. */
const struct entry *netinfo_entry(const struct site *s, uint32_t domain,
				  uint32_t object);
uint32_t netinfo_checksum(const struct site *s, uint32_t domain);

/* From a domain's root through all that is in it, depth first; NULL ends.  The
 * second passes over what is below. */
const struct entry *netinfo_next_down(const struct directory *d,
				      const struct entry *e);
const struct entry *netinfo_next_beside(const struct directory *d,
					const struct entry *e);

#endif
