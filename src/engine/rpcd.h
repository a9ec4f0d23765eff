/*
 * rpcd: the remote procedure calls of a configuration server: a port mapper
 * (version 2, RFC 1833) with the one indirect call that a machine without a
 * name makes, and boot parameters behind it.
 *
 * A machine is told its name if three things are so, and else nothing at all,
 * since another server may know better:
 *
 *	1. its address has a name: in the directory, by lease, or in /etc/hosts;
 *	2. a directory in /machines, of any domain from ours upwards, has that
 *	   name among its names;
 *	3. the same one has the property bootparams, which need not have values.
 *
 * While no machine at all is registered, there is no directory in use, and
 * /etc/hosts and /etc/bootparams take the places of the first and the others.
 * What these do not know, the agents of lookupd may, in its order for hosts:
 * NIS and DNS the name of an address, NIS alone, and never DNS, in its map
 * bootparams what 2 and 3 demand.  A "+" in /etc/bootparams puts the map before
 * the lines behind it.
 *
 * A question that waits for them has one of RPCD_WAITING slots, and the same
 * one again is not asked twice; an agent that does not answer within the
 * order's `wait` is left out for `skip`.  Nobody hears of a failure.
 *
 * Who may ask, and how much leaves:
 *
 *	by broadcast    CALLIT of WHOAMI and of the null procedure of boot
 *	                parameters, and of BIND, if NetInfo is served;
 *	                anything else is met with silence
 *	from near       NULL, GETPORT, and what a program says of versions and
 *	                procedures that it has not; boot parameters at their own
 *	                port
 *	by a connection DUMP, too
 *	from this machine all of it; SET and UNSET from root alone
 *
 * Near is a neighbour, or a machine of a subnet that we serve.  No answer to a
 * datagram is longer than five times the question, to a CALLIT no longer than
 * one and a half and 64 bytes; quota.h limits how many there are.
 *
 * LIMIT: of NIS the map bootparams alone is asked, for a "+name" of
 * /etc/bootparams none.
 */
#ifndef MUSTER_ENGINE_RPCD_H
#define MUSTER_ENGINE_RPCD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

enum {
	RPCD_SETS = 64,      /* programs of others; a SET more is refused */
	RPCD_WAITING = 64,   /* questions that wait for other agents */
	RPCD_PER_SOURCE = 4, /* of one address; one more is not answered */
};

struct rpcd;

struct rpcd_stats {
	uint64_t calls;     /* that came in, sane or not */
	uint64_t names;     /* told */
	uint64_t files;     /* told */
	uint64_t ports;     /* GETPORT and DUMP, answered */
	uint64_t untold;    /* names and files that were asked for */
	uint64_t bound;     /* domains of NetInfo that were asked for */
	uint64_t unbound;   /* ... by somebody whom they do not serve */
	uint64_t bad;       /* no calls */
	uint64_t strangers; /* from where nobody may ask */
	uint64_t refused;   /* what they may not ask */
	uint64_t too_long;  /* the answer, measured by the question */
	uint64_t limited;   /* too many */
	uint64_t asked;     /* of other agents */
	uint64_t late;      /* what they said when nobody waited any more */
	uint64_t repeated;  /* while the same question waited */
	uint64_t full;      /* there was no room to wait */
};

/* `site` outlives it; its lookup says whom to ask.  0 or -ENOMEM. */
int rpcd_open(struct rpcd **r, const struct site *site,
	      const struct alloc *alloc, uint64_t seed);
/* NULL is allowed for r. */
void rpcd_close(struct rpcd *r, const struct alloc *alloc);
struct engine *rpcd_engine(struct rpcd *r);
const struct rpcd_stats *rpcd_stats(const struct rpcd *r);
/* Ask for its ports. */
void rpcd_start(struct rpcd *r, usec now, struct effects *fx);
bool rpcd_claims(const struct rpcd *r, const struct dgram *d);

#endif
