/*
 * One transaction that is being put together.
 */
#include "store/etcd_inside.h"

#include <string.h>

void draft_txn_open(struct draft *d, const struct alloc *alloc)
{
	*d = (struct draft){.alloc = *alloc};
	d->bytes = sheet_open(&d->alloc);
}

void draft_txn_close(struct draft *d)
{
	alloc_put(&d->alloc, d->ops.v);
	alloc_put(&d->alloc, d->compares.v);
	sheet_close(&d->bytes);
}

void draft_clear(struct draft *d)
{
	draft_back(d, (struct draft_point){.ops = 0});
	d->has_failed = d->bytes.failed = false;
}

struct draft_point draft_point(const struct draft *d)
{
	return (struct draft_point){.ops = d->ops.n,
				    .compares = d->compares.n,
				    .bytes = d->bytes.len};
}

void draft_back(struct draft *d, struct draft_point to)
{
	d->ops.n = to.ops;
	d->compares.n = to.compares;
	d->bytes.len = to.bytes;
}

static struct draft_op *add(struct draft *d, struct draft_ops *to,
			    const char *key)
{
	struct draft_op *v =
		grow_for(&d->alloc, to->v, to->n, &to->most, sizeof *v);

	if (!v) {
		d->has_failed = true;
		return NULL;
	}
	to->v = v;
	v = &to->v[to->n++];
	*v = (struct draft_op){.at = 0};
	memcpy(v->key, key, strlen(key) + 1);
	return v;
}

struct draft_op *draft_put(struct draft *d, const char *key, size_t at)
{
	struct draft_op *o = add(d, &d->ops, key);

	d->has_failed |= d->bytes.failed;
	if (o) {
		o->at = at;
		o->len = d->bytes.len - at;
	}
	return o;
}

void draft_delete(struct draft *d, const char *key)
{
	struct draft_op *o = add(d, &d->ops, key);

	if (o)
		o->is_delete = true;
}

void draft_compare(struct draft *d, const char *key, uint64_t revision)
{
	struct draft_op *o;

	for (size_t i = 0; i < d->compares.n; i++)
		if (!strcmp(d->compares.v[i].key, key))
			return;
	o = add(d, &d->compares, key);
	if (o)
		o->revision = revision;
}

bool draft_has(const struct draft *d, struct draft_point from, const char *key)
{
	for (size_t i = from.ops; i < d->ops.n; i++)
		if (!strcmp(d->ops.v[i].key, key))
			return true;
	return false;
}
