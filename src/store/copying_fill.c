/*
 * Filling a store with what another one has.  Three times through it: which of
 * a machine's leases in a subnet is its address there, what the other store has
 * already, and then what it lacks.
 */
#include "store/copying_inside.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"
#include "base/grow.h"
#include "model/changes.h"

enum { BATCH = 4096 };

/* A machine's address in a subnet: of several leases, which a store that is
 * ours alone may have, the one that ends last. */
struct bound {
	uint64_t machine; /* and its subnet, as a hash */
	uint32_t ip;
	usec ends;
};

struct filling {
	struct store *to;
	struct store_filling *f;
	const struct alloc *alloc;
	struct sheet room;
	struct changes *batch;
	struct index by_machine, by_hash;
	struct bound *bound;
	struct thing_hash *seen; /* what is there already */
	uint32_t n_bound, n_seen;
	size_t most_bound, most_seen;
};

/* ---- machines ------------------------------------------------------------ */

static uint32_t network_of(const struct filling *f, const struct change *c)
{
	if (c->lease.kind == LEASE_DECLINED || !c->lease.hw.len ||
	    !f->f->network)
		return 0;
	return f->f->network(f->f->arg, c->lease.ip);
}

static struct bound *bound_of(struct filling *f, uint64_t machine)
{
	for (uint32_t at = 0, id;
	     index_next(&f->by_machine, machine, &at, &id);)
		if (f->bound[id].machine == machine)
			return &f->bound[id];
	return NULL;
}

static int bind_machine(struct filling *f, const struct change *c,
			uint64_t machine)
{
	struct bound *v = grow_for(f->alloc, f->bound, f->n_bound,
				   &f->most_bound, sizeof *v);

	if (!v)
		return -ENOMEM;
	f->bound = v;
	v[f->n_bound] =
		(struct bound){machine, c->lease.ip, c->lease.wall_ends};
	return index_add(&f->by_machine, machine, f->n_bound++);
}

static uint64_t machine_of(const struct change *c, uint32_t network)
{
	return hash_hwaddr(&c->lease.hw, hash_u64(network, 1));
}

static int look_at_lease(void *arg, const struct change *c)
{
	struct filling *f = arg;
	uint32_t network = change_is_edit(c) ? 0 : network_of(f, c);
	uint64_t machine = machine_of(c, network);
	struct bound *is = network ? bound_of(f, machine) : NULL;

	if (!network)
		return 0;
	if (!is)
		return bind_machine(f, c, machine);
	if (c->lease.wall_ends > is->ends) {
		is->ip = c->lease.ip;
		is->ends = c->lease.wall_ends;
	}
	return 0;
}

/* ---- what is there ------------------------------------------------------- */

static int see(void *arg, const struct change *c)
{
	struct filling *f = arg;
	struct thing_hash *v = grow_for(f->alloc, f->seen, f->n_seen,
					&f->most_seen, sizeof *v);
	int rc;

	if (!v)
		return -ENOMEM;
	f->seen = v;
	v += f->n_seen;
	rc = thing_hash(&f->room, c, v);
	return rc ? rc : index_add(&f->by_hash, v->v[0], f->n_seen++);
}

static bool is_there(const struct filling *f, const struct thing_hash *h)
{
	for (uint32_t at = 0, id; index_next(&f->by_hash, h->v[0], &at, &id);)
		if (!memcmp(&f->seen[id], h, sizeof *h))
			return true;
	return false;
}

/* ---- writing ------------------------------------------------------------- */

static int write_batch(struct filling *f)
{
	struct changes *all = f->batch;
	int rc = 0;

	f->batch = NULL;
	if (all && all->n)
		rc = f->to->ops->intake->put(f->to, all->v, all->n);
	if (all && !rc)
		f->f->written += all->n;
	changes_drop(all);
	return rc;
}

static int write_thing(void *arg, const struct change *c)
{
	struct filling *f = arg;
	struct change is = *c;
	struct thing_hash h;
	int rc = thing_hash(&f->room, c, &h);

	if (rc)
		return rc;
	if (is_there(f, &h)) {
		f->f->there++;
		return 0;
	}
	if (!change_is_edit(c)) {
		const struct bound *b;

		is.network = network_of(f, c);
		b = bound_of(f, machine_of(c, is.network));
		if (b && b->ip != c->lease.ip)
			is.network = 0;
	}
	if (!f->batch)
		rc = changes_open(&f->batch, f->alloc);
	if (!rc)
		rc = changes_add(f->batch, &is);
	return !rc && f->batch->n == BATCH ? write_batch(f) : rc;
}

static int fill(struct filling *f, struct store *from)
{
	const struct store_intake *intake = f->to->ops->intake;
	uint8_t id[STORE_COPY_ID];
	struct wr w = wr_over(id, sizeof id);
	uint64_t revision;
	int rc;

	wr_u64(&w, f->f->sum->digest[0]);
	wr_u64(&w, f->f->sum->digest[1]);
	rc = intake->begin(f->to, id);
	if (!rc)
		rc = tell_things(f->to, f->alloc, see, f, &revision);
	if (!rc)
		rc = tell_things(from, f->alloc, look_at_lease, f, &revision);
	if (!rc)
		rc = tell_things(from, f->alloc, write_thing, f, &revision);
	if (!rc)
		rc = write_batch(f);
	/* What nobody has copied is not ours. */
	return !rc && f->f->there != f->n_seen ? -EEXIST : rc;
}

int store_fill(struct store *to, struct store *from, struct store_filling *f)
{
	struct filling v = {.to = to,
			    .f = f,
			    .alloc = f->alloc,
			    .room = sheet_open(f->alloc)};
	int rc = to->ops->intake ? 0 : -EOPNOTSUPP;

	f->written = f->there = 0;
	if (!rc)
		rc = index_open(&v.by_machine, f->alloc, 64, true);
	if (!rc)
		rc = index_open(&v.by_hash, f->alloc, 64, true);
	if (!rc)
		rc = fill(&v, from);
	changes_drop(v.batch);
	sheet_close(&v.room);
	index_close(&v.by_machine, f->alloc);
	index_close(&v.by_hash, f->alloc);
	alloc_put(f->alloc, v.bound);
	alloc_put(f->alloc, v.seen);
	return rc;
}
