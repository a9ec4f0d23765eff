/*
 * Accounts in sets of a few ways, as in limit.c.
 */
#include "engine/share.h"

#include <errno.h>

enum { ACCOUNTS = 16384 /* a power of two */, WAYS = 4 };

struct account {
	uint64_t key, packets;
};

int share_open(struct share *s, const struct alloc *alloc)
{
	s->accounts = alloc_get(alloc, ACCOUNTS, sizeof(*s->accounts));
	return s->accounts ? 0 : -ENOMEM;
}

void share_close(struct share *s, const struct alloc *alloc)
{
	alloc_put(alloc, s->accounts);
	s->accounts = NULL;
}

static struct account *set_of(const struct share *s, uint64_t key)
{
	return &s->accounts[key % (ACCOUNTS / WAYS) * WAYS];
}

uint64_t share_had(const struct share *s, uint64_t key)
{
	const struct account *set = set_of(s, key);

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return set[i].packets;
	return 0;
}

void share_add(struct share *s, uint64_t key, uint64_t packets)
{
	struct account *set = set_of(s, key), *least = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key) {
			set[i].packets += packets;
			return;
		}
		if (set[i].packets < least->packets)
			least = &set[i];
	}
	*least = (struct account){.key = key, .packets = packets};
}
