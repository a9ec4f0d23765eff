/*
 * Where the property lists lie: those of a large directory one after the other
 * in blocks.  A look-up by name reads one, and among a million pieces of the
 * heap it would first have to find the page; a block is worth large pages.  A
 * list that is gone makes room for another of about its length; blocks are
 * given back when the directory is closed.
 */
#include "model/directory_inside.h"

#include <errno.h>

/* Lists that come before there are so many slots, or have so many bytes, are
 * pieces of their own. */
enum {
	FEW = SLOTS,
	GRAIN = 16,
	LONGEST = (PROPS_CLASSES - 1) * GRAIN,
	SMALLEST = 1 << 16, /* a block */
	LARGEST = 1 << 24,
};

/* A list that is read after it is gone is found by the tests. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED
#endif
#endif
#ifdef WATCHED
void __asan_poison_memory_region(const volatile void *p, size_t len);
void __asan_unpoison_memory_region(const volatile void *p, size_t len);
#define POISON(p, len)   __asan_poison_memory_region(p, len)
#define UNPOISON(p, len) __asan_unpoison_memory_region(p, len)
#else
#define POISON(p, len)   ((void)(p), (void)(len))
#define UNPOISON(p, len) ((void)(p), (void)(len))
#endif

static size_t class_of(size_t len)
{
	return (len + GRAIN - 1) / GRAIN;
}

/* What is left of the block before is lost, which is less than one list. */
static bool add_block(struct props_room *r, const struct alloc *alloc)
{
	size_t size = r->blocks ? 2 * r->blocks->size : SMALLEST;
	struct props_block *b;

	if (size > LARGEST)
		size = LARGEST;
	b = alloc_get(alloc, 1, size);
	if (!b)
		return false;
	b->next = r->blocks;
	b->size = size;
	b->used = class_of(sizeof *b) * GRAIN;
	r->blocks = b;
	return true;
}

static void *take(struct props_room *r, const struct alloc *alloc, size_t class)
{
	size_t size = class * GRAIN;
	void *p = r->free[class];

	if (p) {
		UNPOISON(p, size);
		memcpy(&r->free[class], p, sizeof r->free[class]);
		return p;
	}
	if ((!r->blocks || r->blocks->size - r->blocks->used < size) &&
	    !add_block(r, alloc))
		return NULL;
	p = (uint8_t *)r->blocks + r->blocks->used;
	r->blocks->used += size;
	return p;
}

/* The newest, where most are, are looked at first. */
static bool is_in_block(const struct props_room *r, const void *p)
{
	const struct props_block *b = r->blocks;

	while (b && (uintptr_t)p - (uintptr_t)b >= b->size)
		b = b->next;
	return b;
}

int props_copy(struct directory *d, const struct plist *from, struct plist *to)
{
	uint8_t *bytes;

	*to = (struct plist){.bytes = NULL, .len = 0};
	if (!from->len)
		return 0;
	bytes = d->used > FEW && from->len <= LONGEST
			? take(&d->room, &d->alloc, class_of(from->len))
			: alloc_get(&d->alloc, from->len, 1);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, from->bytes, from->len);
	*to = (struct plist){.bytes = bytes, .len = from->len};
	return 0;
}

void props_drop(struct directory *d, const struct plist *props)
{
	void *p = (void *)(uintptr_t)props->bytes;
	size_t class = class_of(props->len);

	if (!is_in_block(&d->room, p)) {
		alloc_put(&d->alloc, p);
		return;
	}
	memcpy(p, &d->room.free[class], sizeof d->room.free[class]);
	d->room.free[class] = p;
	POISON(p, class * GRAIN);
}

void props_close(struct directory *d)
{
	for (uint32_t at = 1; at < d->used; at++) {
		void *p = (void *)(uintptr_t)slot_at(d, at)->e.props.bytes;

		if (!is_in_block(&d->room, p))
			alloc_put(&d->alloc, p);
	}
	while (d->room.blocks) {
		struct props_block *b = d->room.blocks;

		d->room.blocks = b->next;
		UNPOISON(b, b->size);
		alloc_put(&d->alloc, b);
	}
}
