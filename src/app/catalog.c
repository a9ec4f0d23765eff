/*
 * Files to images: a table by image id remembers which file and version of the
 * host's it is.  A reference to an older version is stale at once, so a
 * transfer never mixes two.
 *
 * A fetch of several pieces is done when all of them are at hand in the same
 * turn; until then each that is missing has word sent when it came.
 */
#include "app/catalog.h"

#include "app/manifests.h"
#include "engine/turn.h"
#include "host/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place {
	uint32_t file, version; /* the host's */
	uint32_t image_version; /* ours */
};

/* A fetch that waits for some of its pieces. */
struct several {
	struct fetch fetch;
	uint8_t owner;
	bool is_used;
	int rc;
	unsigned waits; /* for asks of its own that have not arrived */
};

enum {
	SEVERAL = 64,
	/* None of the engines' numbers, and one beside them. */
	OWNER_SEVERAL = 256,
	OWNER_READ = 512
};
/* So far ahead of a train that goes through many places at once. */
enum { AHEAD = FILES_CHUNK };

struct catalog {
	struct files *files;
	struct coding coding;
	struct derived *derived;
	struct manifests *manifests;
	struct several several[SEVERAL];
	struct images *images;
	struct place *places; /* by image id */
	uint32_t n_places;
	bool is_scanned;
	struct catalog_fault fault;
};

int catalog_open(struct catalog **to, const char *path, struct images *images,
		 size_t cache)
{
	struct files_options o = files_defaults();
	struct catalog *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	if (cache)
		o.cache = cache;
	c->images = images;
	coding_here(&c->coding);
	rc = files_open(&c->files, path, &o, &host_memory);
	if (!rc)
		rc = derived_open(&c->derived, c->files, &c->coding);
	if (!rc)
		rc = manifests_open(&c->manifests, c->files, c->coding.crypt);
	if (rc)
		catalog_close(c);
	else
		*to = c;
	return rc;
}

void catalog_close(struct catalog *c)
{
	if (!c)
		return;
	files_close(c->files);
	derived_close(c->derived);
	manifests_close(c->manifests);
	free(c->places);
	free(c);
}

int catalog_fd(const struct catalog *c)
{
	return files_fd(c->files);
}

static struct place *place_of(struct catalog *c, uint32_t image)
{
	if (image >= c->n_places) {
		uint32_t n = image + 64;
		struct place *v = realloc(c->places, n * sizeof(*v));

		if (!v)
			return NULL;
		memset(v + c->n_places, 0, (n - c->n_places) * sizeof(*v));
		c->places = v;
		c->n_places = n;
	}
	return &c->places[image];
}

/* A sidecar has come, changed or gone: its file's manifest is made anew when
 * somebody asks. */
static void on_sidecar(struct catalog *c, const char *sidecar)
{
	char name[IMAGE_NAME];
	const struct image *im;

	if (!sidecar_of(sidecar, name))
		return;
	im = images_find(c->images, name, strlen(name));
	if (im)
		images_drop_manifest(c->images, im->id);
}

static int found(struct catalog *c, const struct files_news *news)
{
	const struct image *im;
	struct place *p;
	int rc = images_put(c->images, news->name, news->size, news->changed,
			    &im);

	if (rc)
		return rc;
	p = place_of(c, im->id);
	if (!p)
		return -ENOMEM;
	*p = (struct place){.file = news->file,
			    .version = news->version,
			    .image_version = im->version};
	return 0;
}

bool catalog_turn(struct catalog *c, usec now,
		  void (*refused)(void *arg, const char *name, int rc),
		  void *arg)
{
	struct files_news news;
	bool has_changed = false;

	files_turn(c->files, now);
	derived_turn(c->derived);
	while (files_news(c->files, &news)) {
		int rc = 0;

		switch (news.what) {
		case FILES_FOUND:
		case FILES_CHANGED:
			rc = found(c, &news);
			on_sidecar(c, news.name);
			has_changed = true;
			break;
		case FILES_GONE:
			images_gone(c->images, news.name);
			on_sidecar(c, news.name);
			has_changed = true;
			break;
		case FILES_REFUSED:
			rc = news.rc;
			break;
		case FILES_SCANNED:
			c->is_scanned = true;
			has_changed = true;
			break;
		}
		if (rc)
			refused(arg, news.name, rc);
	}
	return has_changed;
}

bool catalog_is_scanned(const struct catalog *c)
{
	return c->is_scanned;
}

static int ask_of(const struct catalog *c, const struct ref *ref,
		  struct files_ask *ask)
{
	const struct place *p;

	if (ref->image >= c->n_places)
		return -EINVAL;
	p = &c->places[ref->image];
	if (p->image_version != ref->version)
		return -ESTALE;
	*ask = (struct files_ask){.file = p->file,
				  .version = p->version,
				  .offset = ref->offset,
				  .len = ref->len};
	return 0;
}

static bool is_derived(const struct ref *ref)
{
	return ref->kind == REF_REPAIRS || ref->kind == REF_LEAVES;
}

static int source_of(const struct catalog *c, const struct ref *ref,
		     struct derived_source *from)
{
	const struct image *im = images_get(c->images, ref->image);
	struct files_ask ask;
	int rc = ask_of(c, ref, &ask);

	if (rc)
		return rc;
	*from = (struct derived_source){
		.file = ask.file, .version = ask.version, .size = im->size};
	return 0;
}

/* Piece number i of a fetch; false if it lies behind the end of the file. */
static bool piece_of(const struct catalog *c, const struct fetch *f, unsigned i,
		     struct ref *ref)
{
	const struct image *im = images_get(c->images, f->ref.image);
	uint64_t size = im ? im->size : 0, left;

	*ref = f->ref;
	ref->offset += i * f->stride;
	if (is_derived(ref)) {
		ref->block += i;
		if (ref->offset >= size)
			return false;
		left = (size - ref->offset + ref->packet - 1) / ref->packet;
		if (left < ref->packets)
			ref->packets = (uint16_t)left;
		return true;
	}
	if (ref->offset >= size)
		return false;
	if (ref->len > size - ref->offset)
		ref->len = (size_t)(size - ref->offset);
	return true;
}

/* What lies beside the file as its manifest; file 0: nothing. */
static struct derived_source sidecar_beside(const struct catalog *c,
					    const struct image *im)
{
	struct derived_source none = {0};
	char name[IMAGE_NAME];
	const struct image *is;

	if (!sidecar_name(im->name, name))
		return none;
	is = images_find(c->images, name, strlen(name));
	if (!is || is->id >= c->n_places)
		return none;
	return (struct derived_source){.file = c->places[is->id].file,
				       .version = c->places[is->id].version,
				       .size = is->size};
}

/* 1: there is one; 0: it is being made, or another one is; or negative errno.
 */
static int get_manifest(struct catalog *c, const struct ref *ref)
{
	const struct image *im = images_get(c->images, ref->image);
	struct manifest_order o = {.ref = *ref};
	int rc = source_of(c, ref, &o.from);

	if (rc)
		return rc;
	if (images_manifest(c->images, ref->image, ref->version))
		return 1;
	o.name = im->name;
	o.sidecar = sidecar_beside(c, im);
	return manifests_make(c->manifests, &o);
}

/* 1: at hand; 0: on its way; or negative errno. */
static int get_piece(struct catalog *c, const struct ref *ref, uint64_t cookie)
{
	struct derived_source from;
	struct files_ask ask, ahead;
	int rc;

	if (ref->kind == REF_MANIFEST)
		return get_manifest(c, ref);
	if (is_derived(ref)) {
		rc = source_of(c, ref, &from);
		return rc ? rc : derived_get(c->derived, ref, &from);
	}
	rc = ask_of(c, ref, &ask);
	if (rc)
		return rc;
	ask.cookie = cookie;
	ask.owner = OWNER_SEVERAL;
	rc = files_get(c->files, &ask);
	ahead = ask;
	ahead.offset += AHEAD;
	if (rc == 1)
		files_ahead(c->files, &ahead);
	return rc;
}

/* All pieces: 1, 0 or negative errno; *waits counts the asks that will arrive.
 */
static int get_pieces(struct catalog *c, const struct fetch *f, uint64_t cookie,
		      unsigned *waits)
{
	unsigned n = f->pieces ? f->pieces : 1;
	bool all = true;

	for (unsigned i = 0; i < n; i++) {
		struct ref ref;
		int rc;

		if (!piece_of(c, f, i, &ref))
			break;
		rc = get_piece(c, &ref, cookie);
		if (rc < 0)
			return rc;
		all &= rc;
		*waits += !rc && ref.kind == REF_BYTES;
	}
	return all;
}

static int fetch_several(struct catalog *c, const struct fetch *f,
			 uint8_t owner)
{
	struct several *v = c->several;
	int rc;

	while (v < c->several + SEVERAL && v->is_used)
		v++;
	if (v == c->several + SEVERAL)
		return -EAGAIN;
	*v = (struct several){.fetch = *f, .owner = owner};
	rc = get_pieces(c, f, (uint64_t)(v - c->several), &v->waits);
	if (rc == 1)
		return 0;
	/* What was asked for before one failed will still arrive. */
	v->is_used = !rc || v->waits;
	v->rc = rc;
	return v->is_used ? CARRIED_LATER : rc;
}

int catalog_fetch(struct catalog *c, const struct fetch *f, uint8_t owner)
{
	bool is_read = f->ref.kind == REF_READ;
	struct files_ask ask;
	int rc;

	if (f->pieces || (f->ref.kind != REF_BYTES && !is_read))
		return fetch_several(c, f, owner);
	if (is_read && f->ref.len > REF_READ_MAX)
		return -EINVAL;
	rc = ask_of(c, &f->ref, &ask);
	if (rc)
		return rc;
	ask.cookie = f->cookie;
	ask.owner = owner | (is_read ? OWNER_READ : 0u);
	rc = files_get(c->files, &ask);
	if (rc < 0)
		return rc;
	return rc ? 0 : CARRIED_LATER;
}

static void outcome_of(struct outcome *o, unsigned owner, uint64_t cookie,
		       int rc)
{
	*o = (struct outcome){.kind = EFFECT_FETCH,
			      .owner = (uint8_t)owner,
			      .cookie = cookie,
			      .rc = rc};
}

/* It is at hand, so nothing can be wrong with it. */
static void read_ask(struct catalog *c, const struct files_ask *ask,
		     struct piece to[2])
{
	struct iovec v[2] = {0};

	(void)files_at(c->files, ask, v, 2);
	for (int i = 0; i < 2; i++)
		to[i] = (struct piece){v[i].iov_base, v[i].iov_len};
}

void catalog_read(struct catalog *c, const struct ref *ref, struct piece to[2])
{
	struct files_ask ask;

	if (!ask_of(c, ref, &ask))
		read_ask(c, &ask, to);
}

/* Whether one is done: all of it is here, or can't be had. */
static bool is_done(struct catalog *c, struct several *v, struct outcome *o)
{
	int rc = v->rc;

	if (v->waits)
		return false;
	if (!rc)
		rc = get_pieces(c, &v->fetch, (uint64_t)(v - c->several),
				&v->waits);
	if (rc < 0 && v->waits) {
		v->rc = rc;
		return false;
	}
	if (!rc)
		return false;
	v->is_used = false;
	outcome_of(o, v->owner, v->fetch.cookie, rc < 0 ? rc : 0);
	return true;
}

/* Those who wait for it would wait in vain. */
static void fail_manifest(struct catalog *c, uint32_t image, int rc)
{
	for (int i = 0; i < SEVERAL; i++) {
		const struct ref *ref = &c->several[i].fetch.ref;

		if (ref->kind == REF_MANIFEST && ref->image == image)
			c->several[i].rc = rc;
	}
}

static void take_manifest(struct catalog *c, const struct manifest_made *made)
{
	const struct image *im = images_get(c->images, made->ref.image);
	struct derived_source now = sidecar_beside(c, im);
	int rc;

	/* It is made again for those who wait. */
	if (now.file != made->sidecar.file ||
	    now.version != made->sidecar.version)
		return;
	if (made->fault != SIDECAR_GOOD) {
		(void)sidecar_name(im->name, c->fault.name);
		c->fault.why = sidecar_fault_text(made->fault);
	}
	rc = made->rc;
	if (!rc)
		rc = images_set_manifest(c->images, made->ref.image,
					 made->ref.version, &made->manifest);
	if (rc)
		fail_manifest(c, made->ref.image, rc);
}

/* Some stream has ended: what waits for derived pieces looks again. */
static bool take_derived(struct catalog *c)
{
	struct files_stream *s = files_streamed(c->files);
	struct manifest_made made;

	if (!s)
		return false;
	if (!manifests_owns(c->manifests, s))
		derived_made(s);
	else if (manifests_step(c->manifests, &made))
		take_manifest(c, &made);
	return true;
}

bool catalog_fault(struct catalog *c, struct catalog_fault *f)
{
	*f = c->fault;
	c->fault = (struct catalog_fault){0};
	return f->why;
}

bool catalog_arrived(struct catalog *c, struct outcome *o)
{
	struct files_ask ask;
	int rc;

	while (files_arrived(c->files, &ask, &rc)) {
		if (ask.owner != OWNER_SEVERAL) {
			outcome_of(o, ask.owner, ask.cookie, rc);
			if (!rc && ask.owner & OWNER_READ)
				read_ask(c, &ask, o->read);
			return true;
		}
		c->several[ask.cookie].waits--;
		if (rc)
			c->several[ask.cookie].rc = rc;
	}
	while (take_derived(c))
		continue;
	for (int i = 0; i < SEVERAL; i++)
		if (c->several[i].is_used && is_done(c, &c->several[i], o))
			return true;
	return false;
}

int catalog_at(struct catalog *c, const struct ref *ref, struct iovec v[2])
{
	struct files_ask ask;
	int rc;

	if (is_derived(ref))
		return derived_at(c->derived, ref, v);
	rc = ask_of(c, ref, &ask);
	return rc ? rc : files_at(c->files, &ask, v, 2);
}
