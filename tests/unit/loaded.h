/*
 * What a store remembers: its snapshot, made into a directory and leases again.
 */
#ifndef MUSTER_TESTS_LOADED_H
#define MUSTER_TESTS_LOADED_H

#include "store/store.h"

#include "changes.h"
#include "purse.h"

enum { LOADED_LEASES = 20000 };

struct loaded {
	struct purse purse;
	struct directory *d;
	struct lease leases[LOADED_LEASES];
	size_t n;
	uint64_t revision;
	int rc;
};

static inline int loaded_each(void *arg, const struct change *c)
{
	struct loaded *to = arg;

	if (change_is_edit(c))
		return directory_apply(to->d, c);
	assert(c->kind == CHANGE_LEASE_PUT && to->n < LOADED_LEASES);
	to->leases[to->n++] = c->lease;
	return 0;
}

static inline struct loaded *loaded_open(struct store *s)
{
	struct loaded *l = calloc(1, sizeof *l);
	assert(s);
	int rc = directory_open(&l->d, purse_open(&l->purse), 0, 3);

	assert(!rc);
	l->rc = rc ? rc : s->ops->load(s, loaded_each, l, &l->revision);
	return l;
}

static inline void loaded_close(struct loaded *l)
{
	directory_close(l->d);
	free(l);
}

/* The lease of an address, or NULL. */
static inline const struct lease *loaded_lease(const struct loaded *l,
					       uint32_t ip)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->leases[i].ip == ip)
			return &l->leases[i];
	return NULL;
}

/* All of it as text; the caller frees it. */
static inline struct dump *store_dump(struct store *s)
{
	struct dump *to = calloc(1, sizeof *to);
	struct loaded *l = loaded_open(s);

	dump_add(to, "%d, revision %llu\n", l->rc,
		 (unsigned long long)l->revision);
	dump_directory(to, l->d);
	for (size_t i = 0; i < l->n; i++)
		dump_lease(to, &l->leases[i]);
	loaded_close(l);
	return to;
}

#endif
