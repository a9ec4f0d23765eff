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

static bool allows(struct quota *q, uint64_t source, unsigned of, usec now)
{
	return limit_allows_part(&q->sources, hash_u64(source, q->seed), of,
				 now);
}

static uint64_t source_of(uint32_t machine)
{
	return (uint64_t)machine << 1 | 1;
}

bool quota_allows(struct quota *q, uint32_t ip, uint32_t machine, usec now)
{
	static const usec price = SECOND / QUOTA_ALL;

	if (machine)
		return allows(q, source_of(machine), 1, now);
	return allows(q, ip >> 8 << 1, 1, now) &&
	       limit_pay(&q->strangers, price, QUOTA_ALL_BURST * price, now);
}

bool quota_allows_short(struct quota *q, uint32_t ip, uint32_t machine,
			usec now)
{
	return machine ? allows(q, source_of(machine), QUOTA_SHORT, now)
		       : quota_allows(q, ip, 0, now);
}
