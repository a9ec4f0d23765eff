/*
 * How often a source is heard.  A bucket is one number, the time up to which
 * its requests are paid for; a machine that was silent for long has the
 * smallest, so it is the one that makes room.
 */
#include "engine/bootpd_impl.h"

enum { WAYS = 4 };

static const usec PRICE = SECOND / 200;
static const usec BURST = 400 * (SECOND / 200);

static struct bucket *bucket_for(struct bootpd *b, uint64_t key)
{
	struct bucket *set = &b->buckets[key % (BUCKETS / WAYS) * WAYS];
	struct bucket *idle = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].paid < idle->paid)
			idle = &set[i];
	}
	*idle = (struct bucket){.key = key, .paid = 0};
	return idle;
}

bool limit_allows(struct bootpd *b, const struct ask *a, usec now)
{
	uint64_t key =
		hash_u64(hash_hwaddr(&a->hw, b->seed) ^ a->m.giaddr, b->seed);
	struct bucket *t = bucket_for(b, key);
	usec paid = usec_max(t->paid, now) + PRICE;

	if (paid - now > BURST)
		return false;
	t->paid = paid;
	return true;
}

bool rogue_is_news(struct bootpd *b, uint32_t server, usec now)
{
	const usec again = SECONDS(60);
	struct rogue *slot = NULL;

	for (unsigned i = 0; i < ROGUES; i++) {
		struct rogue *r = &b->rogues[i];
		bool is_old = !r->ip || now - r->told_at >= again;

		if (r->ip == server && !is_old)
			return false;
		if (r->ip == server || (is_old && !slot))
			slot = r;
	}
	if (!slot)
		return false;
	*slot = (struct rogue){.ip = server, .told_at = now};
	return true;
}
