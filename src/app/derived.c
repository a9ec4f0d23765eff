/*
 * Made of images.  A place in the cache is filled by one stream, which reads a
 * block once for all repairs of a group that are wanted.
 */
#include "app/derived.h"

#include "base/hash.h"
#include "base/heap.h"
#include "base/rlc.h"
#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>

enum {
	SETS = 64,
	WAYS = 8,
	PIECE_PACKETS = 46, /* no more than FILES_CHUNK at L = 1408 */
	/* Bytes: who was not used lately gives its own back when there are
	 * more. */
	ROOM = 4 << 20,
};

enum place_state { PLACE_EMPTY, PLACE_MAKING, PLACE_READY };

struct key {
	uint32_t image, version;
	enum ref_kind kind;
	uint32_t block, group; /* group: number of the first repair */
};

struct place {
	struct files_stream stream;
	struct derived *derived;
	enum place_state state;
	struct key key;
	uint64_t turn; /* when it was last used */
	uint16_t packet;
	uint32_t at; /* the packet that comes next in the stream */
	struct rlc_encoder encoder;
	uint32_t numbers[REF_GROUP];
	uint8_t *sums[REF_GROUP];
	uint32_t first, n; /* repairs or leaves that it has */
	uint8_t *bytes;
	size_t room;
};

struct derived {
	struct files *files;
	const struct coding *with;
	uint64_t turn;
	size_t room; /* of all places */
	struct place places[SETS][WAYS];
};

int derived_open(struct derived **to, struct files *files,
		 const struct coding *with)
{
	struct derived *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->files = files;
	d->with = with;
	d->turn = 1;
	*to = d;
	return 0;
}

void derived_close(struct derived *d)
{
	if (!d)
		return;
	for (int i = 0; i < SETS; i++)
		for (int k = 0; k < WAYS; k++)
			free(d->places[i][k].bytes);
	free(d);
}

void derived_turn(struct derived *d)
{
	d->turn++;
}

/* ---- places ---------------------------------------------------------------
 */

static struct key key_of(const struct ref *ref)
{
	struct key k = {.image = ref->image,
			.version = ref->version,
			.kind = ref->kind,
			.block = ref->block};

	if (ref->kind == REF_REPAIRS)
		k.group = ref->number / REF_GROUP * REF_GROUP;
	return k;
}

/* What is to be made for it: all leaves; of repairs those that are wanted, as
 * far as they are of one group. */
static uint32_t first_of(const struct ref *ref)
{
	return ref->kind == REF_REPAIRS ? ref->number : 0;
}

static uint32_t many_of(const struct ref *ref)
{
	uint32_t most = REF_GROUP - ref->number % REF_GROUP;
	uint32_t n = (uint32_t)(ref->len / ref->packet);

	if (ref->kind != REF_REPAIRS)
		return ref->packets;
	if (n < ref->wanted)
		n = ref->wanted;
	return n < most ? n : most;
}

static bool has(const struct place *p, uint32_t number, size_t n)
{
	return number >= p->first && number - p->first < p->n &&
	       n <= p->n - (number - p->first);
}

static size_t unit_of(const struct ref *ref)
{
	return ref->kind == REF_REPAIRS ? ref->packet : MANIFEST_LEAF;
}

static bool key_is(const struct key *a, const struct key *b)
{
	return a->image == b->image && a->version == b->version &&
	       a->kind == b->kind && a->block == b->block &&
	       a->group == b->group;
}

static struct place *set_of(struct derived *d, const struct key *k)
{
	uint64_t h = hash_u64((uint64_t)k->image << 32 | k->version, k->kind);

	h = hash_u64((uint64_t)k->block << 32 | k->group, h);
	return d->places[h % SETS];
}

static struct place *find(struct derived *d, const struct key *k)
{
	struct place *set = set_of(d, k);

	for (int i = 0; i < WAYS; i++)
		if (set[i].state != PLACE_EMPTY && key_is(&set[i].key, k))
			return &set[i];
	return NULL;
}

/* The one that was not used for the longest time; NULL: all are in use. */
static struct place *room_for(struct derived *d, const struct key *k)
{
	struct place *set = set_of(d, k), *best = NULL;

	for (int i = 0; i < WAYS; i++) {
		struct place *p = &set[i];

		if (p->state == PLACE_EMPTY)
			return p;
		if (p->state == PLACE_READY && p->turn != d->turn &&
		    (!best || p->turn < best->turn))
			best = p;
	}
	return best;
}

static void drop_bytes(struct place *p)
{
	free(p->bytes);
	p->derived->room -= p->room;
	p->bytes = NULL;
	p->room = 0;
	p->state = PLACE_EMPTY;
}

static bool may_go(const struct place *p)
{
	return p->room && p->state != PLACE_MAKING &&
	       p->turn != p->derived->turn;
}

/* There is not room for so many more: the older half of those that are not in
 * use, all at once, since to look at them all takes its time. */
static void drop_old(struct derived *d, size_t more)
{
	struct place *v = d->places[0];
	uint64_t n = 0, sum = 0;

	if (d->room + more <= ROOM)
		return;
	for (int i = 0; i < SETS * WAYS; i++)
		if (may_go(&v[i])) {
			sum += v[i].turn;
			n++;
		}
	for (int i = 0; i < SETS * WAYS; i++)
		if (may_go(&v[i]) && v[i].turn <= sum / n)
			drop_bytes(&v[i]);
}

static int make_bytes(struct place *p, size_t len)
{
	struct derived *d = p->derived;

	if (p->room >= len)
		return 0;
	if (p->room)
		drop_bytes(p);
	drop_old(d, len);
	p->bytes = malloc(len);
	p->room = p->bytes ? len : 0;
	d->room += p->room;
	return p->bytes ? 0 : -ENOMEM;
}

/* ---- in the stream's thread -----------------------------------------------
 */

static int feed_repairs(struct files_stream *s, const uint8_t *bytes,
			size_t len)
{
	struct place *p = CONTAINER(s, struct place, stream);

	rlc_encoder_add(&p->encoder, p->at, bytes, len);
	p->at += (uint32_t)(len / p->packet);
	return 0;
}

static void hash_packets(const struct crypt *crypt, uint16_t packet,
			 uint8_t *leaves, const uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len; at += packet) {
		size_t n = len - at < packet ? len - at : packet;

		crypt->hash(leaves, MANIFEST_LEAF, bytes + at, n);
		leaves += MANIFEST_LEAF;
	}
}

static int feed_leaves(struct files_stream *s, const uint8_t *bytes, size_t len)
{
	struct place *p = CONTAINER(s, struct place, stream);

	hash_packets(p->derived->with->crypt, p->packet,
		     p->bytes + (size_t)p->at * MANIFEST_LEAF, bytes, len);
	p->at += (uint32_t)((len + p->packet - 1) / p->packet);
	return 0;
}

/* ---- pieces ---------------------------------------------------------------
 */

static int begin_repairs(struct derived *d, struct place *p,
			 const struct ref *ref)
{
	struct rlc_block block = {.gf = d->with->gf,
				  .number = ref->block,
				  .symbols = ref->packets,
				  .len = ref->packet};
	int rc = make_bytes(p, (size_t)p->n * ref->packet);

	if (rc)
		return rc;
	for (uint32_t i = 0; i < p->n; i++) {
		p->numbers[i] = p->first + i;
		p->sums[i] = p->bytes + (size_t)i * ref->packet;
	}
	rlc_encoder_open(&p->encoder, &block, p->numbers, p->sums, p->n);
	p->stream.feed = feed_repairs;
	return 0;
}

static int begin(struct derived *d, struct place *p, const struct ref *ref,
		 const struct derived_source *from)
{
	uint64_t len = (uint64_t)ref->packets * ref->packet;
	int rc;

	p->derived = d;
	p->key = key_of(ref);
	p->packet = ref->packet;
	p->at = 0;
	p->first = first_of(ref);
	p->n = many_of(ref);
	if (len > from->size - ref->offset)
		len = from->size - ref->offset;
	p->stream = (struct files_stream){.file = from->file,
					  .version = from->version,
					  .offset = ref->offset,
					  .len = len,
					  .piece = (size_t)PIECE_PACKETS *
						   ref->packet};
	if (ref->kind == REF_REPAIRS) {
		rc = begin_repairs(d, p, ref);
	} else {
		rc = make_bytes(p, (size_t)p->n * MANIFEST_LEAF);
		p->stream.feed = feed_leaves;
	}
	if (!rc)
		rc = files_stream(d->files, &p->stream);
	p->state = rc ? PLACE_EMPTY : PLACE_MAKING;
	return rc;
}

int derived_get(struct derived *d, const struct ref *ref,
		const struct derived_source *from)
{
	struct key k = key_of(ref);
	struct place *p = find(d, &k);

	if (ref->packet < MANIFEST_LEAF || ref->packet > TRAIN_PACKET ||
	    ref->offset >= from->size)
		return -EINVAL;
	if (p && p->state == PLACE_MAKING)
		return 0;
	if (p && !has(p, ref->number, ref->len / unit_of(ref))) {
		if (p->turn == d->turn)
			return -EAGAIN; /* another one has use for those */
		return begin(d, p, ref, from);
	}
	if (!p) {
		p = room_for(d, &k);
		return p ? begin(d, p, ref, from) : -EAGAIN;
	}
	p->turn = d->turn;
	return 1;
}

int derived_at(struct derived *d, const struct ref *ref, struct iovec *v)
{
	struct key k = key_of(ref);
	struct place *p = find(d, &k);
	size_t unit = unit_of(ref);

	if (!p || p->state != PLACE_READY || p->turn != d->turn ||
	    !has(p, ref->number, ref->len / unit))
		return -EINVAL;
	*v = (struct iovec){p->bytes + (ref->number - p->first) * unit,
			    ref->len};
	return 1;
}

void derived_made(struct files_stream *s)
{
	struct place *p = CONTAINER(s, struct place, stream);

	p->state = s->rc ? PLACE_EMPTY : PLACE_READY;
	p->turn = p->derived->turn - 1; /* nobody has used it yet */
}
