/*
 * Which keys of the history stand in etcd, so that the oldest can be deleted.
 */
#include "store/etcd_inside.h"

#include <errno.h>
#include <string.h>

int etcd_history_add(struct etcd *e, const char *key, size_t lines)
{
	struct history_key *v = grow_for(&e->alloc, e->history, e->n_history,
					 &e->most_history, sizeof *v);

	if (!v)
		return -ENOMEM;
	e->history = v;
	v = &e->history[e->n_history++];
	v->lines = lines;
	e->lines += lines;
	memcpy(v->key, key, strlen(key) + 1);
	return 0;
}

void etcd_history_drop(struct etcd *e, size_t n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		e->lines -= e->history[i].lines;
	e->n_history -= n;
	memmove(e->history, e->history + n, e->n_history * sizeof *e->history);
}

/* Another server has deleted it: it is one of the oldest. */
void etcd_history_gone(struct etcd *e, const char *key)
{
	for (size_t i = 0; i < e->n_history; i++) {
		if (strcmp(e->history[i].key, key))
			continue;
		e->lines -= e->history[i].lines;
		e->n_history--;
		memmove(e->history + i, e->history + i + 1,
			(e->n_history - i) * sizeof *e->history);
		return;
	}
}
