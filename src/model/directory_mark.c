/*
 * Marks: of which object of another master an entry is a copy.  The number
 * stands at the very beginning of the property list; entries without one, which
 * are nearly all, are in no index for it.
 */
#include "model/directory_inside.h"

#include "base/text.h"

static bool mark_of(const struct plist *props, uint32_t *object)
{
	static const char name[] = ENTRY_MARK;
	struct rd r = rd_over(props->bytes, props->len);
	const void *property = rd_take(&r, sizeof name);
	const char *value;
	uint64_t n;
	size_t len;

	if (!property || memcmp(property, name, sizeof name) != 0 ||
	    !rd_u16(&r))
		return false;
	value = rd_cstr(&r, &len);
	if (!value || !number_parse(value, len, UINT32_MAX, &n))
		return false;
	*object = (uint32_t)n;
	return true;
}

static uint64_t mark_hash(const struct directory *d, uint32_t domain,
			  uint32_t object)
{
	return hash_u64((uint64_t)domain << 32 | object, d->seed);
}

bool mark_stays(const struct plist *is, const struct plist *to)
{
	uint32_t a = 0, b = 0;

	return mark_of(is, &a) == mark_of(to, &b) && a == b;
}

int mark_add(struct directory *d, uint32_t at, const struct plist *props)
{
	uint32_t domain = slot_at(d, at)->e.domain, object;

	if (!mark_of(props, &object))
		return 0;
	return index_add(&d->by_mark, mark_hash(d, domain, object), at);
}

void mark_remove(struct directory *d, uint32_t at, const struct plist *props)
{
	uint32_t domain = slot_at(d, at)->e.domain, object;

	if (mark_of(props, &object))
		index_remove(&d->by_mark, mark_hash(d, domain, object), at);
}

const struct entry *entry_marked(const struct directory *d, uint32_t domain,
				 uint32_t object)
{
	uint64_t hash = mark_hash(d, domain, object);
	const struct entry *best = NULL;

	for (uint32_t walk = 0, at;
	     index_next(&d->by_mark, hash, &walk, &at);) {
		const struct entry *e = &slot_at(d, at)->e;
		uint32_t is;

		if (e->domain == domain && mark_of(&e->props, &is) &&
		    is == object && (!best || e->id < best->id))
			best = e;
	}
	return best;
}
