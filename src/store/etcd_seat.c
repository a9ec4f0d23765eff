/*
 * A draft becomes a transaction, with a marker by which one knows later whether
 * it was made.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <stdio.h>

#include "base/cursor.h"

void seat_mark(struct etcd *e, struct draft *d, struct seat *s, size_t i)
{
	size_t at = d->bytes.len;
	struct wr w = wr_over(s->value, sizeof s->value);

	snprintf(s->marker, sizeof s->marker, "t/%s/%zu", e->config.server, i);
	wr_u64(&w, e->session);
	wr_u64(&w, e->seq++);
	sheet_bytes(&d->bytes, (const char *)s->value, sizeof s->value);
	draft_put(d, s->marker, at);
}

int seat_seal(struct etcd *e, struct draft *d, struct seat *s,
	      struct etcd_txn *t)
{
	s->compares =
		alloc_get(&e->alloc, d->compares.n + 1, sizeof *s->compares);
	s->ops = alloc_get(&e->alloc, d->ops.n + 1, sizeof *s->ops);
	if (!s->compares || !s->ops || d->has_failed)
		return -ENOMEM;
	for (size_t i = 0; i < d->compares.n; i++)
		s->compares[i] = (struct etcd_compare){
			.key = d->compares.v[i].key,
			.revision = d->compares.v[i].revision};
	for (size_t i = 0; i < d->ops.n; i++) {
		const struct draft_op *o = &d->ops.v[i];

		s->ops[i] = (struct etcd_op){
			.key = o->key,
			.value = o->is_delete
					 ? NULL
					 : (const uint8_t *)d->bytes.s + o->at,
			.len = o->len,
			.lease = o->lease};
	}
	*t = (struct etcd_txn){.compares = s->compares,
			       .n_compares = d->compares.n,
			       .ops = s->ops,
			       .n_ops = d->ops.n,
			       .marker = s->marker};
	return 0;
}

void seat_unseal(struct etcd *e, struct seat *s)
{
	alloc_put(&e->alloc, s->compares);
	alloc_put(&e->alloc, s->ops);
}
