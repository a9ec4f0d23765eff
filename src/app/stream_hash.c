/*
 * The hash of a file whose parts come in any order.  What waits lies at its own
 * offset in one mapping; a sorted list of extents says where.  There are as
 * many extents as gaps, and new parts mostly grow the last one.
 */
#include "app/stream_hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { GROW = 8 << 20, PAGE = 4096, RELEASE = 1 << 20, EXTENTS = 64 };

struct extent {
	uint64_t from, to;
};

struct stream_hash {
	struct sha256 *ctx;
	uint64_t hashed;   /* all before it is in the hash */
	uint64_t released; /* pages before it were given back */
	uint8_t *bytes;
	size_t room;
	struct extent *v;
	size_t n, n_room;
};

int stream_hash_open(struct stream_hash **to)
{
	struct stream_hash *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->ctx = sha256_open();
	h->n_room = EXTENTS;
	h->v = calloc(EXTENTS, sizeof(*h->v));
	if (!h->v || !h->ctx) {
		stream_hash_close(h);
		return -ENOMEM;
	}
	*to = h;
	return 0;
}

void stream_hash_close(struct stream_hash *h)
{
	if (!h)
		return;
	sha256_close(h->ctx);
	if (h->bytes)
		munmap(h->bytes, h->room);
	free(h->v);
	free(h);
}

static int hash(struct stream_hash *h, const void *bytes, size_t len)
{
	if (!sha256_add(h->ctx, bytes, len))
		return -ENOMEM;
	h->hashed += len;
	return 0;
}

/* What was hashed needs its pages no more. */
static void release(struct stream_hash *h)
{
	uint64_t to = h->hashed < h->room ? h->hashed / PAGE * PAGE : h->room;

	if (!h->bytes || to < h->released + RELEASE)
		return;
	madvise(h->bytes + h->released, to - h->released, MADV_DONTNEED);
	h->released = to;
}

static int make_room(struct stream_hash *h, uint64_t end)
{
	size_t room = (size_t)(end + GROW - 1) / GROW * GROW;
	void *v;

	if (end <= h->room)
		return 0;
	v = h->bytes ? mremap(h->bytes, h->room, room, MREMAP_MAYMOVE)
		     : mmap(NULL, room, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (v == MAP_FAILED)
		return -ENOMEM;
	h->bytes = v;
	h->room = room;
	return 0;
}

/* The first extent that ends at or behind `offset`. */
static size_t place_of(const struct stream_hash *h, uint64_t offset)
{
	size_t lo = 0, hi = h->n;

	if (hi && h->v[hi - 1].to < offset)
		return hi;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (h->v[mid].to < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int insert(struct stream_hash *h, size_t at, struct extent e)
{
	if (h->n == h->n_room) {
		size_t room = 2 * h->n_room + EXTENTS;
		void *v = realloc(h->v, room * sizeof(*h->v));

		if (!v)
			return -ENOMEM;
		h->v = v;
		h->n_room = room;
	}
	memmove(h->v + at + 1, h->v + at, (h->n++ - at) * sizeof(*h->v));
	h->v[at] = e;
	return 0;
}

static void remove_at(struct stream_hash *h, size_t at)
{
	h->n--;
	memmove(h->v + at, h->v + at + 1, (h->n - at) * sizeof(*h->v));
}

/* Note [from, to): alone, or grown into its neighbours. */
static int note_extent(struct stream_hash *h, uint64_t from, uint64_t to)
{
	size_t at = place_of(h, from);
	struct extent *e = h->v + at;

	if (at < h->n && e->from < to && e->to > from)
		return -EINVAL;
	if (at + 1 < h->n && e->to == from && e[1].from < to)
		return -EINVAL;
	if (at == h->n || (e->to != from && e->from != to))
		return insert(h, at, (struct extent){from, to});
	if (e->from == to) {
		e->from = from;
		return 0;
	}
	e->to = to;
	if (at + 1 < h->n && e[1].from == to) {
		e->to = e[1].to;
		remove_at(h, at + 1);
	}
	return 0;
}

static int wait(struct stream_hash *h, uint64_t offset, const void *bytes,
		size_t len)
{
	int rc = make_room(h, offset + len);

	if (!rc)
		rc = note_extent(h, offset, offset + len);
	if (!rc)
		memcpy(h->bytes + offset, bytes, len);
	return rc;
}

int stream_hash_put(struct stream_hash *h, uint64_t offset, const void *bytes,
		    size_t len)
{
	int rc;

	if (offset > h->hashed)
		return wait(h, offset, bytes, len);
	if (offset < h->hashed || (h->n && offset + len > h->v[0].from))
		return -EINVAL;
	rc = hash(h, bytes, len);
	if (!rc && h->n && h->v[0].from == h->hashed) {
		rc = hash(h, h->bytes + h->hashed,
			  (size_t)(h->v[0].to - h->hashed));
		remove_at(h, 0);
		release(h);
	}
	return rc;
}

int stream_hash_end(struct stream_hash *h, uint64_t size,
		    uint8_t sha256[SHA256_BYTES])
{
	if (h->hashed != size || h->n)
		return -EIO;
	return sha256_end(h->ctx, sha256) ? 0 : -EIO;
}
