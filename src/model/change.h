/*
 * Changes: the only way to alter the directory and the leases.  A change is
 * made durable by the store, then applied in memory; a snapshot is the list of
 * changes that lead to it from nothing.
 */
#ifndef MUSTER_MODEL_CHANGE_H
#define MUSTER_MODEL_CHANGE_H

#include "model/lease.h"
#include "model/plist.h"

enum change_kind {
	CHANGE_DOMAIN_PUT,    /* id, parent, props (name) */
	CHANGE_ENTRY_PUT,     /* create, or set the whole property list */
	CHANGE_ENTRY_DESTROY, /* with all below it */
	CHANGE_LEASE_PUT,
	CHANGE_LEASE_DROP, /* lease.ip */
};

struct change {
	enum change_kind kind;
	uint32_t domain;
	uint32_t id; /* of the entry; stable, never used again */
	uint32_t parent;
	uint32_t
		instance; /* that it has afterwards: 1 creates; n+1 demands n */
	struct plist props;
	struct lease lease;
	/* Of a lease: the subnet in which its machine has no other address; 0:
	 * not said.  Only for who shares a store. */
	uint32_t network;
};

/* Leases and edits are batched apart: a stale edit must not fail leases. */
static inline bool change_is_edit(const struct change *c)
{
	return c->kind < CHANGE_LEASE_PUT;
}

#endif
