/*
 * Applying.  A change of the directory that was durable and can't be applied is
 * a fault of ours or want of memory; that of a lease concerns its address
 * alone.
 */
#include "engine/apply.h"

#include <errno.h>

static int apply_one(struct site *s, const struct change *c, usec now,
		     usec wall)
{
	switch (c->kind) {
	case CHANGE_LEASE_PUT:
		return leases_put(s->leases, &c->lease, now, wall);
	case CHANGE_LEASE_DROP:
		leases_drop(s->leases, c->lease.ip);
		return 0;
	case CHANGE_DOMAIN_PUT:
	case CHANGE_ENTRY_PUT:
	case CHANGE_ENTRY_DESTROY:
		return directory_apply(s->directory, c);
	}
	return -EINVAL;
}

/* All of them: as somebody has made it of the same directory, or one by one. */
static int apply_edits(struct site *s, const struct changes *all)
{
	if (!changes_are_made(all, s->directory))
		return directory_apply_all(s->directory, all->v, all->n);
	directory_swap(s->directory, all->after);
	return 0;
}

int apply_own(struct site *s, const struct outcome *o, usec now)
{
	const struct changes *all = o->all;

	if (!all)
		return apply_one(s, o->change, now, o->wall);
	if (change_is_edit(all->v))
		return apply_edits(s, all);
	for (size_t i = 0; i < all->n; i++) {
		int rc = apply_one(s, &all->v[i], now, o->wall);

		if (rc)
			return rc;
	}
	return 0;
}

/* ---- news ---------------------------------------------------------------- */

/* Its machine was offered something else by us. */
static void give_back(struct site *s, const struct lease *is)
{
	const struct subnet *n = settings_subnet(s->settings, is->ip);

	if (n && is->kind != LEASE_DECLINED && is->hw.len)
		leases_unhold_others(s->leases, &is->hw, n, is->ip);
}

static void lease_is(struct site *s, const struct change *c, usec now,
		     usec wall)
{
	const struct lease *is = &c->lease;

	if (apply_one(s, c, now, wall) || c->kind != CHANGE_LEASE_PUT)
		return;
	leases_set_elsewhere(s->leases, is->ip, true);
	if (is->hw.len &&
	    site_machine_in(s, site_domain_of(s, is->ip), &is->hw, 0))
		leases_set_known(s->leases, is->ip, true);
	give_back(s, is);
}

/* How many of the same kind there are from the first on. */
static size_t run_of(const struct change *v, size_t n)
{
	size_t i = 1;

	while (i < n && change_is_edit(&v[i]) == change_is_edit(v))
		i++;
	return i;
}

static int edits_are(struct site *s, const struct change *v, size_t n)
{
	int rc = directory_apply_all(s->directory, v, n);

	/* What happened while we were away is told by its outcome alone. */
	if (rc == -EEXIST)
		rc = directory_become(s->directory, v, n);
	/* One of them may be the domain that the settings name. */
	if (!rc)
		site_settle_domain(s);
	return rc;
}

int apply_news(struct site *s, const struct outcome *o, usec now)
{
	const struct changes *all = o->all;
	int rc = 0;

	for (size_t at = 0, n; !rc && at < all->n; at += n) {
		const struct change *v = &all->v[at];

		n = run_of(v, all->n - at);
		if (change_is_edit(v))
			rc = edits_are(s, v, n);
		else
			for (size_t i = 0; i < n; i++)
				lease_is(s, &v[i], now, o->wall);
	}
	return rc;
}
