/*
 * Hashes fold a 128-bit product onto itself (the idea of wyhash).  Both factors
 * are masked with keys made from the seed: a stranger who knew one of them
 * could make the product zero, and everything collide.  The index probes
 * linearly and shifts back when it removes, so it has no tombstones and never
 * grows stale.
 */
#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct keys {
	uint64_t a, b;
};

#ifdef __SIZEOF_INT128__
static uint64_t fold(uint64_t x, uint64_t y)
{
	__extension__ unsigned __int128 product = x;

	product *= y;
	return (uint64_t)(product >> 64) ^ (uint64_t)product;
}
#else
/* The same in 32-bit halves, where there is no 128-bit type. */
static uint64_t fold(uint64_t x, uint64_t y)
{
	uint64_t xl = (uint32_t)x, xh = x >> 32;
	uint64_t yl = (uint32_t)y, yh = y >> 32;
	uint64_t low = xl * yl, one = xh * yl, two = xl * yh;
	uint64_t mid = (low >> 32) + (uint32_t)one + (uint32_t)two;
	uint64_t high = xh * yh + (one >> 32) + (two >> 32) + (mid >> 32);

	return high ^ (mid << 32 | (uint32_t)low);
}
#endif

static uint64_t scramble(uint64_t v)
{
	v = (v ^ v >> 32) * 0xd6e8feb86659fd93u;
	v = (v ^ v >> 32) * 0xd6e8feb86659fd93u;
	return v ^ v >> 32;
}

static struct keys keys_of(uint64_t seed)
{
	return (struct keys){.a = scramble(seed + 0x9e3779b97f4a7c15u),
			     .b = scramble(seed + 0x3c6ef372fe94f82au)};
}

/* As one instruction, where compilers see it. */
static uint64_t load_all(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

/* Up to 8 bytes, the lowest first. */
static uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	if (n >= 8)
		return load_all(p);
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* text_lower() of eight at once: a byte that is above '@' and not above 'Z' has
 * its highest bit in one of the sums and not in the other. */
static uint64_t lower(uint64_t v)
{
	static const uint64_t ones = 0x0101010101010101u, highs = ones << 7;
	uint64_t low = v & ~highs;
	uint64_t is_upper = (low + (0x80 - 'A') * ones) ^
			    (low + (0x7f - 'Z') * ones);

	return v | (is_upper & ~v & highs) >> 2;
}

/* Take up to 16 bytes into the state h. */
static uint64_t absorb(uint64_t h, const struct keys *k, const uint8_t *p,
		       size_t n)
{
	uint64_t low = load(p, n), high = n > 8 ? load(p + 8, n - 8) : 0;

	return fold(low ^ k->a, high ^ h);
}

static uint64_t absorb_name(uint64_t h, const struct keys *k, const uint8_t *p,
			    size_t n)
{
	uint64_t low = load(p, n), high = n > 8 ? load(p + 8, n - 8) : 0;

	return fold(lower(low) ^ k->a, lower(high) ^ h);
}

/* The length tells short inputs from the same ones followed by zeros.  The
 * constant keeps a state that is still k->b, or plain 0, from ending as 0. */
static uint64_t finish(uint64_t h, const struct keys *k, size_t len)
{
	return scramble(fold(h ^ 0xa0761d6478bd642fu, len ^ k->a));
}

uint64_t hash_bytes(const void *p, size_t len, uint64_t seed)
{
	struct keys k = keys_of(seed);
	const uint8_t *b = p;
	uint64_t h = k.b;

	for (size_t at = 0; at < len; at += 16)
		h = absorb(h, &k, b + at, len - at < 16 ? len - at : 16);
	return finish(h, &k, len);
}

uint64_t hash_u64(uint64_t v, uint64_t seed)
{
	struct keys k = keys_of(seed);

	return finish(fold(v ^ k.a, k.b), &k, sizeof v);
}

uint64_t hash_hwaddr(const struct hwaddr *hw, uint64_t seed)
{
	uint8_t b[2 + HWADDR_MAX] = {hw->type, hw->len};

	assert(hw->len <= HWADDR_MAX);
	memcpy(b + 2, hw->b, hw->len);
	return hash_bytes(b, (size_t)2 + hw->len, seed);
}

uint64_t hash_name(const char *s, size_t len, uint64_t seed)
{
	struct keys k = keys_of(seed);
	const uint8_t *b = (const uint8_t *)s;
	uint64_t h = k.b;

	for (size_t at = 0; at < len; at += 16)
		h = absorb_name(h, &k, b + at, len - at < 16 ? len - at : 16);
	return finish(h, &k, len);
}

/* What a slot keeps of a hash; its home is the low end of that. */
static uint32_t kept(uint64_t hash)
{
	uint32_t upper = (uint32_t)(hash >> 32);

	return upper ? upper : 1;
}

/* At most two thirds full, so a probe soon meets an empty slot. */
static uint64_t slots_for(uint64_t ids)
{
	uint64_t slots = 4;

	while (slots * 2 < ids * 3)
		slots *= 2;
	return slots;
}

static int take_slots(struct index *ix, const struct alloc *alloc,
		      uint64_t slots)
{
	struct index_slot *v = NULL;

	if (slots - 1 <= UINT32_MAX && slots <= SIZE_MAX)
		v = alloc_get(alloc, (size_t)slots, sizeof *v);
	if (!v)
		return -ENOMEM;
	ix->v = v;
	ix->mask = (uint32_t)(slots - 1);
	ix->most = (uint32_t)(slots * 2 / 3);
	return 0;
}

int index_open(struct index *ix, const struct alloc *alloc, uint32_t most,
	       bool grows)
{
	*ix = (struct index){.alloc = grows ? alloc : NULL};
	int rc = take_slots(ix, alloc, slots_for(most));

	if (!rc && !grows)
		ix->most = most;
	return rc;
}

int index_copy(struct index *ix, const struct index *from,
	       const struct alloc *alloc)
{
	size_t slots = (size_t)from->mask + 1;
	struct index_slot *v = alloc_get(alloc, slots, sizeof *v);

	*ix = (struct index){.v = NULL};
	if (!v)
		return -ENOMEM;
	*ix = *from;
	ix->alloc = from->alloc ? alloc : NULL;
	ix->v = memcpy(v, from->v, slots * sizeof *v);
	return 0;
}

void index_close(struct index *ix, const struct alloc *alloc)
{
	alloc_put(alloc, ix->v);
	*ix = (struct index){.v = NULL};
}

static void place(struct index *ix, struct index_slot slot)
{
	uint32_t i = slot.hash & ix->mask;

	while (ix->v[i].hash)
		i = (i + 1) & ix->mask;
	ix->v[i] = slot;
}

static int grow(struct index *ix)
{
	struct index_slot *old = ix->v;
	uint64_t slots = (uint64_t)ix->mask + 1;
	int rc = take_slots(ix, ix->alloc, slots * 2);

	if (rc)
		return rc;
	for (uint64_t i = 0; i < slots; i++)
		if (old[i].hash)
			place(ix, old[i]);
	alloc_put(ix->alloc, old);
	return 0;
}

int index_add(struct index *ix, uint64_t hash, uint32_t id)
{
	if (ix->n == ix->most) {
		assert(ix->alloc);
		int rc = grow(ix);

		if (rc)
			return rc;
	}
	place(ix, (struct index_slot){.hash = kept(hash), .id = id});
	ix->n++;
	return 0;
}

/* Close the gap at `hole` with followers that would rather sit there. */
static void shift_back(struct index *ix, uint32_t hole)
{
	uint32_t i = hole;

	for (;;) {
		i = (i + 1) & ix->mask;
		if (!ix->v[i].hash)
			break;
		uint32_t astray = (i - ix->v[i].hash) & ix->mask;

		/* Moved before its home, it would not be found again. */
		if (astray < ((i - hole) & ix->mask))
			continue;
		ix->v[hole] = ix->v[i];
		hole = i;
	}
	ix->v[hole] = (struct index_slot){.hash = 0};
}

void index_remove(struct index *ix, uint64_t hash, uint32_t id)
{
	uint32_t want = kept(hash), i = want & ix->mask;

	while (ix->v[i].hash && (ix->v[i].hash != want || ix->v[i].id != id))
		i = (i + 1) & ix->mask;
	if (!ix->v[i].hash)
		return;
	shift_back(ix, i);
	ix->n--;
}

void index_clear(struct index *ix)
{
	memset(ix->v, 0, ((size_t)ix->mask + 1) * sizeof *ix->v);
	ix->n = 0;
}

bool index_next(const struct index *ix, uint64_t hash, uint32_t *at,
		uint32_t *id)
{
	uint32_t want = kept(hash);

	for (;;) {
		const struct index_slot *slot = &ix->v[(want + *at) & ix->mask];

		if (!slot->hash)
			return false;
		++*at;
		if (slot->hash == want) {
			*id = slot->id;
			return true;
		}
	}
}
