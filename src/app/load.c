/*
 * Loading the site.  The store gives entries before leases, so that each lease
 * can be told at once whether its machine is known.
 */
#include "app/load.h"

#include "host/loop.h"

#include <errno.h>

enum { STRANGERS = 4096, ADDRESSES_MOST = 1 << 24 };

uint32_t load_addresses(const struct settings *s, uint32_t machines)
{
	uint64_t n = (uint64_t)STRANGERS + machines;

	for (unsigned i = 0; i < s->n_subnets; i++)
		if (s->subnets[i].first)
			n += s->subnets[i].last - s->subnets[i].first + 1;
	return n < ADDRESSES_MOST ? (uint32_t)n : ADDRESSES_MOST;
}

/* By a quarter more, so that machines added one by one seldom move a table. */
int load_fit(struct site *s, const struct alloc *alloc)
{
	uint32_t machines = directory_machines(s->directory);

	if (load_addresses(s->settings, machines) <= leases_most(s->leases))
		return 0;
	machines += machines / 4;
	return leases_grow(s->leases, alloc,
			   load_addresses(s->settings, machines));
}

struct loading {
	struct site *site;
	const struct alloc *alloc;
	bool has_entries; /* all of them */
	usec now, wall;
	void (*skipped)(void *arg, const struct lease *l);
	void *skipped_arg;
};

static int load_lease(struct loading *l, const struct lease *lease)
{
	struct site *s = l->site;
	int rc = leases_put(s->leases, lease, l->now, l->wall);

	if (rc == -ENOSPC) {
		l->skipped(l->skipped_arg, lease);
		return 0;
	}
	if (!rc && lease->hw.len &&
	    site_machine_in(s, site_domain_of(s, lease->ip), &lease->hw, 0))
		leases_set_known(s->leases, lease->ip, true);
	return rc;
}

static int load_one(void *arg, const struct change *c)
{
	struct loading *l = arg;

	if (change_is_edit(c))
		return directory_apply(l->site->directory, c);
	if (!l->has_entries)
		site_settle_domain(l->site);
	if (!l->has_entries && l->site->settings && load_fit(l->site, l->alloc))
		return -ENOMEM;
	l->has_entries = true;
	return load_lease(l, &c->lease);
}

int load_site(struct store *store, struct site *site, const struct alloc *alloc,
	      void (*skipped)(void *arg, const struct lease *l),
	      void *skipped_arg)
{
	struct loading l = {.site = site,
			    .alloc = alloc,
			    .now = host_now(),
			    .wall = host_wall(),
			    .skipped = skipped,
			    .skipped_arg = skipped_arg};
	uint64_t revision;
	int rc;

	if (store->ops->shared)
		leases_share(site->leases);
	rc = store->ops->load(store, load_one, &l, &revision);
	site_settle_domain(site);
	return !rc && site->settings ? load_fit(site, alloc) : rc;
}

static int count_one(void *arg, const struct change *c)
{
	uint32_t *n = arg;

	*n += !change_is_edit(c);
	return 0;
}

int load_count_leases(struct store *store, uint32_t *n)
{
	uint64_t revision;

	*n = 0;
	return store->ops->load(store, count_one, n, &revision);
}
