/*
 * From the store into memory: the directory and the leases of a site.
 */
#ifndef MUSTER_APP_LOAD_H
#define MUSTER_APP_LOAD_H

#include "engine/site.h"
#include "store/store.h"

/*
 * Addresses that can be in use: those of the subnets' ranges, those of
 * `machines` registered ones, and some for whoever is neither.
 */
uint32_t load_addresses(const struct settings *settings, uint32_t machines);
/* Makes room in site->leases, of `alloc`, for the fixed addresses of all
 * machines that the directory has by now: 0 or -ENOMEM. */
int load_fit(struct site *site, const struct alloc *alloc);

/*
 * All that the store holds goes into site->directory and site->leases, which
 * are open and empty; the table of leases, of `alloc`, grows as load_fit()
 * makes it; leases of machines that the directory has count as known
 * ones.  A lease for which the table has no room (a pool was made smaller) is
 * left in the store and told to `skipped` (with skipped_arg).
 *
 * 0 or negative errno: what the store says, or -ENOMEM.
 */
int load_site(struct store *store, struct site *site, const struct alloc *alloc,
	      void (*skipped)(void *arg, const struct lease *l),
	      void *skipped_arg);
/* How many leases the store has: 0 or negative errno. */
int load_count_leases(struct store *store, uint32_t *n);

#endif
