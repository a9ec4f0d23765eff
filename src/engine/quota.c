/*
 * Two purses: the source's, then that of all strangers, which a single loud
 * source can't empty.
 */
#include "engine/quota.h"

#include "base/hash.h"

int quota_open(struct quota *q, const struct alloc *alloc, uint64_t seed)
{
	q->seed = seed;
	q->strangers = 0;
	return limit_open_at(&q->sources, QUOTA_SOURCE, QUOTA_SOURCE_BURST,
			     alloc);
}

void quota_close(struct quota *q, const struct alloc *alloc)
{
	limit_close(&q->sources, alloc);
}

bool quota_allows(struct quota *q, uint32_t ip, uint32_t machine, usec now)
{
	static const usec price = SECOND / QUOTA_ALL;
	uint64_t source = machine ? (uint64_t)machine << 1 | 1 : ip >> 8 << 1;

	return limit_allows(&q->sources, hash_u64(source, q->seed), now) &&
	       (machine ||
		limit_pay(&q->strangers, price, QUOTA_ALL_BURST * price, now));
}
