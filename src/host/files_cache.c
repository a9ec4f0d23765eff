/*
 * The cache, as the loop sees it.  Chunks that a turn has used bear its number
 * and can't make room before the next turn, so what was handed out stays.  An
 * ask waits at the first chunk that it lacks; when that has come, it looks
 * again at all of them.
 */
#include "host/files_inside.h"

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>

/* Read-ahead: so many chunks, as soon as only SOON of them are left, in place
 * of nothing that was used this lately. */
enum { AHEAD = 8, SOON = 2 };
static const usec IN_USE = SECONDS(1);

int files_cache_open(struct files *f)
{
	size_t n = f->o.cache / FILES_CHUNK;
	void *bytes;

	assert(n < UINT32_MAX);
	TAILQ_INIT(&f->order);
	TAILQ_INIT(&f->free_asks);
	TAILQ_INIT(&f->hungry);
	TAILQ_INIT(&f->arrived);
	f->chunks = alloc_get(f->alloc, n, sizeof *f->chunks);
	f->all_asks = alloc_get(f->alloc, f->o.asks, sizeof *f->all_asks);
	if (!f->chunks || !f->all_asks ||
	    index_open(&f->index, f->alloc, (uint32_t)n, false))
		return -ENOMEM;
	/* Pages come into being when they are first used. */
	bytes = mmap(NULL, n * FILES_CHUNK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	/* A file that fills many pages is not to fault at each. */
	(void)madvise(bytes, n * FILES_CHUNK, MADV_HUGEPAGE);
	f->bytes = bytes;
	f->n_chunks = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		TAILQ_INIT(&f->chunks[i].asks);
		TAILQ_INSERT_TAIL(&f->order, &f->chunks[i], list);
	}
	for (uint32_t i = 0; i < f->o.asks; i++)
		TAILQ_INSERT_TAIL(&f->free_asks, &f->all_asks[i], list);
	return 0;
}

void files_cache_close(struct files *f)
{
	if (f->bytes)
		munmap(f->bytes, (size_t)f->n_chunks * FILES_CHUNK);
	if (f->index.v)
		index_close(&f->index, f->alloc);
	alloc_put(f->alloc, f->chunks);
	alloc_put(f->alloc, f->all_asks);
}

static uint64_t hash_of(uint32_t file, uint32_t version, uint64_t number)
{
	return hash_u64(number, hash_u64((uint64_t)file << 32 | version, 0));
}

static struct chunk *find(const struct files *f, uint32_t file,
			  uint32_t version, uint64_t number)
{
	uint64_t h = hash_of(file, version, number);

	for (uint32_t at = 0, id; index_next(&f->index, h, &at, &id);) {
		struct chunk *c = &f->chunks[id];

		if (c->number == number && c->file == file &&
		    c->version == version)
			return c;
	}
	return NULL;
}

/* It holds nothing any more, and is the next to be used. */
static void empty(struct files *f, struct chunk *c)
{
	index_remove(&f->index, hash_of(c->file, c->version, c->number),
		     (uint32_t)(c - f->chunks));
	c->state = CHUNK_IDLE;
	c->turn = 0;
	TAILQ_INSERT_HEAD(&f->order, c, list);
}

static void use(struct files *f, struct chunk *c)
{
	if (c->turn != f->turn) {
		TAILQ_REMOVE(&f->order, c, list);
		TAILQ_INSERT_TAIL(&f->order, c, list);
	}
	c->turn = f->turn;
	c->used = f->now;
}

/* The least recently used chunk, emptied; NULL if even that is in use. */
static struct chunk *make_room(struct files *f, bool is_ahead)
{
	struct chunk *c = TAILQ_FIRST(&f->order);

	if (!c || c->turn == f->turn)
		return NULL;
	if (c->state == CHUNK_READY) {
		if (is_ahead && f->now - c->used < IN_USE)
			return NULL;
		TAILQ_REMOVE(&f->order, c, list);
		empty(f, c);
		f->counts.evicted++;
	}
	TAILQ_REMOVE(&f->order, c, list);
	return c;
}

/* Have a chunk read; NULL if there is no room for it. */
static struct chunk *request(struct files *f, uint32_t file, uint64_t number,
			     bool is_ahead)
{
	const struct entry *e = f->entries[file - 1];
	uint64_t left = (uint64_t)e->id.size - number * FILES_CHUNK;
	struct chunk *c = make_room(f, is_ahead), *last;
	int rc;

	if (!c)
		return NULL;
	c->state = CHUNK_WAITS;
	c->file = file;
	c->version = e->version;
	c->number = number;
	c->len = left < FILES_CHUNK ? (size_t)left : FILES_CHUNK;
	rc = index_add(&f->index, hash_of(file, e->version, number),
		       (uint32_t)(c - f->chunks));
	assert(!rc); /* it has room for every chunk */
	(void)rc;
	/* A file has one reader at a time: who reads it, or was woken for what
	 * is queued of it, takes this one, too. */
	last = TAILQ_LAST(&f->queue, chunks);
	TAILQ_INSERT_TAIL(&f->queue, c, list);
	if (!e->is_read && (!last || last->file != file))
		pthread_cond_signal(&f->work);
	return c;
}

static uint64_t first_of(const struct files_ask *a)
{
	return a->offset / FILES_CHUNK;
}

static uint64_t last_of(const struct files_ask *a)
{
	return (a->offset + a->len - 1) / FILES_CHUNK;
}

/* 0 if the ask is about bytes that are there. */
static int check(const struct files *f, const struct files_ask *a)
{
	const struct entry *e;

	if (!a->file || a->file > f->n_entries || a->len > FILES_GET_MAX)
		return -EINVAL;
	e = f->entries[a->file - 1];
	if (a->version != e->version || !e->is_there)
		return -ESTALE;
	if (a->offset > (uint64_t)e->id.size ||
	    a->len > (uint64_t)e->id.size - a->offset)
		return -EINVAL;
	return 0;
}

/* 1 if all chunks are here, and then they are used by this turn.  0: they are
 * on the way, and *lacks is the first that is not here; NULL: no room. */
static int gather(struct files *f, const struct files_ask *a,
		  struct chunk **lacks)
{
	bool all = true;

	*lacks = NULL;
	if (!a->len)
		return 1;
	for (uint64_t n = first_of(a); n <= last_of(a); n++) {
		struct chunk *c = find(f, a->file, a->version, n);

		if (!c)
			c = request(f, a->file, n, false);
		if (c && c->state == CHUNK_READY) {
			use(f, c);
			continue;
		}
		if (all)
			*lacks = c;
		all = false;
		if (!c)
			break;
	}
	return all;
}

/* Whether `many` chunks from `n` on are here or on their way, or the file ends
 * before. */
static bool has_all(const struct files *f, const struct files_ask *a,
		    uint64_t n, unsigned many)
{
	uint64_t size = (uint64_t)f->entries[a->file - 1]->id.size;

	for (; many && n * FILES_CHUNK < size; many--, n++)
		if (!find(f, a->file, a->version, n))
			return false;
	return true;
}

/* Many at a time: a reader that has been woken, and has the file open, goes on
 * for little. */
static void read_ahead(struct files *f, const struct files_ask *a)
{
	struct entry *e = f->entries[a->file - 1];
	uint64_t n = a->len ? last_of(a) + 1 : 0;
	bool in_order = a->len &&
			(first_of(a) == e->next || first_of(a) + 1 == e->next);

	if (!a->len)
		return;
	e->next = n;
	if (!in_order || has_all(f, a, n, SOON))
		return;
	for (int i = 0; i < AHEAD; i++, n++) {
		if (n * FILES_CHUNK >= (uint64_t)e->id.size)
			return;
		if (!find(f, a->file, a->version, n) &&
		    !request(f, a->file, n, true))
			return;
	}
}

static void wait_for(struct files *f, struct ask *a, struct chunk *lacks)
{
	if (lacks) {
		TAILQ_INSERT_TAIL(&lacks->asks, a, list);
		return;
	}
	TAILQ_INSERT_TAIL(&f->hungry, a, list);
	/* What this turn holds is free in the next one: let it come. */
	if (!TAILQ_EMPTY(&f->order))
		wake_up(&f->bell);
}

static int get(struct files *f, const struct files_ask *want)
{
	struct chunk *lacks;
	struct ask *a;
	int rc = check(f, want);

	if (rc)
		return rc;
	rc = gather(f, want, &lacks);
	f->counts.hits += rc == 1;
	f->counts.misses += rc == 0;
	read_ahead(f, want);
	if (rc)
		return rc;
	a = TAILQ_FIRST(&f->free_asks);
	if (!a)
		return -EAGAIN;
	TAILQ_REMOVE(&f->free_asks, a, list);
	f->counts.waiting++;
	a->want = *want;
	wait_for(f, a, lacks);
	return 0;
}

int files_get(struct files *f, const struct files_ask *ask)
{
	int rc;

	pthread_mutex_lock(&f->lock);
	rc = get(f, ask);
	pthread_mutex_unlock(&f->lock);
	return rc;
}

void files_ahead(struct files *f, const struct files_ask *ask)
{
	pthread_mutex_lock(&f->lock);
	if (!check(f, ask) && ask->len)
		for (uint64_t n = first_of(ask); n <= last_of(ask); n++)
			if (!find(f, ask->file, ask->version, n) &&
			    !request(f, ask->file, n, true))
				break;
	pthread_mutex_unlock(&f->lock);
}

static void arrive(struct files *f, struct ask *a, int rc)
{
	a->rc = rc;
	f->counts.failed += rc != 0;
	TAILQ_INSERT_TAIL(&f->arrived, a, list);
}

/* Something has changed for an ask that is in no list: is it done?  False: it
 * hungers, and so will all behind it. */
static bool look_again(struct files *f, struct ask *a)
{
	struct chunk *lacks = NULL;
	int rc = check(f, &a->want);

	if (!rc)
		rc = gather(f, &a->want, &lacks);
	if (rc)
		arrive(f, a, rc < 0 ? rc : 0);
	else
		wait_for(f, a, lacks);
	return rc || lacks;
}

static void look_at_all(struct files *f, struct asks *from)
{
	struct asks now = TAILQ_HEAD_INITIALIZER(now);
	struct ask *a;
	bool goes_on = true;

	TAILQ_CONCAT(&now, from, list);
	while ((a = TAILQ_FIRST(&now))) {
		TAILQ_REMOVE(&now, a, list);
		if (goes_on || from != &f->hungry)
			goes_on = look_again(f, a);
		else
			TAILQ_INSERT_TAIL(&f->hungry, a, list);
	}
}

/* A chunk came back from its reader, and is in no list. */
static void take_in(struct files *f, struct chunk *c)
{
	struct ask *a;

	if (!c->rc) {
		f->counts.reads++;
		f->counts.bytes += c->len;
		c->state = CHUNK_READY;
		c->turn = 0;
		c->used = f->now;
		TAILQ_INSERT_TAIL(&f->order, c, list);
		look_at_all(f, &c->asks);
		return;
	}
	while ((a = TAILQ_FIRST(&c->asks))) {
		TAILQ_REMOVE(&c->asks, a, list);
		arrive(f, a, c->rc);
	}
	empty(f, c);
}

/* What had arrived and was not taken may lose its bytes: it waits anew. */
static void take_back(struct files *f)
{
	struct asks old = TAILQ_HEAD_INITIALIZER(old);
	struct ask *a;

	TAILQ_CONCAT(&old, &f->arrived, list);
	while ((a = TAILQ_FIRST(&old))) {
		TAILQ_REMOVE(&old, a, list);
		if (a->rc)
			TAILQ_INSERT_TAIL(&f->arrived, a, list);
		else
			look_again(f, a);
	}
}

void files_turn(struct files *f, usec now)
{
	struct chunk *c;

	wake_taken(&f->bell);
	pthread_mutex_lock(&f->lock);
	f->now = now;
	f->turn++;
	take_back(f);
	while ((c = TAILQ_FIRST(&f->read))) {
		TAILQ_REMOVE(&f->read, c, list);
		take_in(f, c);
	}
	look_at_all(f, &f->hungry);
	pthread_mutex_unlock(&f->lock);
}

bool files_arrived(struct files *f, struct files_ask *ask, int *rc)
{
	struct ask *a = TAILQ_FIRST(&f->arrived);

	if (!a)
		return false;
	TAILQ_REMOVE(&f->arrived, a, list);
	TAILQ_INSERT_HEAD(&f->free_asks, a, list);
	f->counts.waiting--;
	*ask = a->want;
	*rc = a->rc;
	return true;
}

int files_at(struct files *f, const struct files_ask *part, struct iovec *v,
	     int n)
{
	uint64_t at = part->offset, end = at + part->len;
	int used = 0;

	while (at < end) {
		const struct chunk *c =
			find(f, part->file, part->version, at / FILES_CHUNK);
		size_t skip = (size_t)(at % FILES_CHUNK), len;

		if (!c || c->turn != f->turn || skip >= c->len || used == n)
			return -EINVAL;
		len = c->len - skip;
		if (len > end - at)
			len = (size_t)(end - at);
		v[used++] = (struct iovec){
			f->bytes + (size_t)(c - f->chunks) * FILES_CHUNK + skip,
			len};
		at += len;
	}
	return used;
}

struct files_counts files_counts(struct files *f)
{
	struct files_counts counts;

	pthread_mutex_lock(&f->lock);
	counts = f->counts;
	counts.files = f->n_entries;
	pthread_mutex_unlock(&f->lock);
	return counts;
}
