/*
 * The cache: a fixed number of slots in a list from the newest to the oldest,
 * and an index over them.  The key stands before the item, so one compare of
 * bytes finds it.
 */
#include "engine/lookupd_impl.h"

#include <assert.h>
#include <errno.h>

int cache_open(struct lookupd *l, const struct alloc *alloc)
{
	l->cache = alloc_get(alloc, LOOKUPD_CACHE + 1, sizeof(*l->cache));
	return l->cache ? index_open(&l->by_key, alloc, LOOKUPD_CACHE, false)
			: -ENOMEM;
}

void cache_close(struct lookupd *l, const struct alloc *alloc)
{
	if (l->by_key.v)
		index_close(&l->by_key, alloc);
	alloc_put(alloc, l->cache);
}

void cache_flush(struct lookupd *l)
{
	index_clear(&l->by_key);
	l->used = l->newest = l->oldest = 0;
}

/* ---- keys ---------------------------------------------------------------- */

enum { KEY_ROOM = 1 + LOOKUP_KEY + LOOKUP_VALUE };

static size_t key_put(const struct lookupd_query *q, uint8_t to[KEY_ROOM])
{
	struct wr w = wr_over(to, KEY_ROOM);

	wr_u8(&w, (uint8_t)q->category);
	wr_cstr(&w, q->key);
	wr_cstr(&w, q->value);
	return wr_len(&w);
}

static struct cached *find(struct lookupd *l, uint64_t hash, const uint8_t *key,
			   size_t len)
{
	for (uint32_t at = 0, id; index_next(&l->by_key, hash, &at, &id);) {
		struct cached *c = &l->cache[id];

		if (c->hash == hash && c->key_len == len &&
		    !memcmp(c->bytes, key, len))
			return c;
	}
	return NULL;
}

/* ---- the list ------------------------------------------------------------ */

static uint32_t number_of(const struct lookupd *l, const struct cached *c)
{
	return (uint32_t)(c - l->cache);
}

static void list_take(struct lookupd *l, struct cached *c)
{
	if (c->newer)
		l->cache[c->newer].older = c->older;
	else
		l->newest = c->older;
	if (c->older)
		l->cache[c->older].newer = c->newer;
	else
		l->oldest = c->newer;
}

static void list_first(struct lookupd *l, struct cached *c)
{
	uint32_t at = number_of(l, c);

	c->newer = 0;
	c->older = l->newest;
	if (l->newest)
		l->cache[l->newest].newer = at;
	else
		l->oldest = at;
	l->newest = at;
}

/* A slot for a new one: a fresh one, or that of the oldest. */
static struct cached *make_room(struct lookupd *l)
{
	struct cached *c;

	if (l->used < LOOKUPD_CACHE)
		return &l->cache[++l->used];
	c = &l->cache[l->oldest];
	l->stats.evicted++;
	list_take(l, c);
	index_remove(&l->by_key, c->hash, number_of(l, c));
	return c;
}

/* ---- finding and keeping ------------------------------------------------- */

static bool is_good(struct lookupd *l, usec now, const struct cached *c)
{
	if (c->until <= now)
		return false;
	if (!c->stamp || c->stamp == lookupd_stamp(l))
		return true;
	l->stats.stale++;
	return false;
}

const struct cached *cache_find(struct lookupd *l, usec now,
				const struct lookupd_query *q)
{
	uint8_t key[KEY_ROOM];
	size_t len = key_put(q, key);
	struct cached *c =
		find(l, hash_bytes(key, len, l->config.seed), key, len);

	if (!c || !is_good(l, now, c))
		return NULL;
	list_take(l, c);
	list_first(l, c);
	return c;
}

struct rd cached_item(const struct cached *c)
{
	return rd_over(c->bytes + c->key_len, c->len);
}

/* Whether the directory was asked, and can't say when it changes. */
static bool is_uncertain(const struct lookupd *l, const struct lookupd_query *q)
{
	return !q->stamp && (l->config.directory.d || l->nic) &&
	       lookup_order_has(l->config.order, q->category, LOOKUP_DIRECTORY);
}

static void fill(struct lookupd *l, usec now, struct cached *c,
		 const struct lookupd_query *q, const struct lookup_item *item)
{
	const struct lookup_order *o = l->config.order;
	struct wr w = wr_over(c->bytes, sizeof(c->bytes));

	c->key_len = (uint16_t)key_put(q, c->bytes);
	(void)wr_take(&w, c->key_len);
	c->stamp = q->stamp;
	c->until = now + (item ? o->positive : o->negative);
	if (item)
		(void)lookup_item_put(item, &w);
	c->len = (uint16_t)(wr_len(&w) - c->key_len);
	list_first(l, c);
}

static bool fits(const struct lookup_item *item, size_t key_len)
{
	size_t more = strlen(item->agent) + strlen(item->domain) +
		      strlen(item->server) + 3 + 4;

	return key_len + more + item->len <= LOOKUPD_CACHED;
}

void cache_put(struct lookupd *l, usec now, const struct lookupd_query *q,
	       const struct lookup_item *item)
{
	uint8_t key[KEY_ROOM];
	size_t len = key_put(q, key);
	uint64_t hash = hash_bytes(key, len, l->config.seed);
	struct cached *c;

	if (is_uncertain(l, q) || (!item && !l->config.order->negative))
		return;
	if (item && !fits(item, len)) {
		l->stats.too_long++;
		return;
	}
	c = find(l, hash, key, len);
	if (c) {
		list_take(l, c);
	} else {
		c = make_room(l);
		c->hash = hash;
		index_add(&l->by_key, hash, number_of(l, c));
	}
	fill(l, now, c, q, item);
}
