/*
 * niclone: copies of domains that other NetInfo masters keep.  A domain whose
 * root's property `master` ("wizard/network") names another host is followed,
 * if the settings say so (netinfo.follow), and it is not the first one:
 *
 *	ask     by UDP where its nibindd is (port mapper), where the domain is
 *	        (GETREGISTER), and for its checksum (STATISTICS); each up to
 *	        five times, a second apart
 *	load    if it is not ours: READALL by TCP, as an ASK
 *	make    all that differs one change of the directory, all or nothing
 *
 * at the start, every netinfo.interval, and, but not before HINT_WAIT has
 * passed since the last time, when somebody says that there is something new
 * (niclone_hint()).  What goes wrong is said once, with NOTE_CLONE_FAILED, and
 * tried again later and later; the copy stays as it was.
 *
 * The domain's root keeps our name, tag and master; all else is the master's.
 * Who asks by NetInfo sees its ids, instances and checksum (netinfo_copy.h).
 *
 * LIMIT: NICLONE_DOMAINS domains; of each NICLONE_OBJECTS objects in a copy of
 * NICLONE_BYTES.
 *
 * LIMIT: what the directory does not take, NetInfo's master may have: two
 * machines with one name or address, or an address that is none.  Then nothing
 * is taken, and the note says which.
 *
 * The memory of a load is taken for it and given back: an exception among
 * engines, since few load, and then much.
 */
#ifndef MUSTER_ENGINE_NICLONE_H
#define MUSTER_ENGINE_NICLONE_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

enum {
	NICLONE_DOMAINS = 16,
	NICLONE_OBJECTS = 262144,
	NICLONE_BYTES = 64 << 20,
};

struct niclone;

struct niclone_stats {
	uint64_t checks;    /* checksums that were heard */
	uint64_t loads;     /* copies that became ours */
	uint64_t unchanged; /* ... that had nothing new */
	uint64_t failed;    /* whatever went wrong */
	uint64_t bad;       /* replies to nothing that was asked */
};

/* `site` outlives it.  0 or -ENOMEM. */
int niclone_open(struct niclone **c, const struct site *site,
		 const struct alloc *alloc, uint64_t seed);
/* NULL is allowed for c. */
void niclone_close(struct niclone *c, const struct alloc *alloc);
struct engine *niclone_engine(struct niclone *c);
const struct niclone_stats *niclone_stats(const struct niclone *c);
/* Begin, or see what the settings say now. */
void niclone_start(struct niclone *c, usec now, struct effects *fx);
bool niclone_claims(const struct niclone *c, const struct dgram *d);
/* Somebody says that the domain has changed at its master. */
void niclone_hint(struct niclone *c, uint32_t domain, usec now);

#endif
