/*
 * From the store into memory: the directory and the leases of a site.
 */
#ifndef MUSTER_APP_LOAD_H
#define MUSTER_APP_LOAD_H

#include "engine/site.h"
#include "store/store.h"

/*
 * All that the store holds goes into site->directory and site->leases, which
 * are open and empty; leases of machines that the directory has count as known
 * ones.  A lease for which the table has no room (a pool was made smaller) is
 * left in the store and told to `skipped` (with skipped_arg).
 *
 * 0 or negative errno: what the store says, or -ENOMEM.
 */
int load_site(struct store *store, struct site *site,
	      void (*skipped)(void *arg, const struct lease *l),
	      void *skipped_arg);
/* How many leases the store has: 0 or negative errno. */
int load_count_leases(struct store *store, uint32_t *n);

#endif
