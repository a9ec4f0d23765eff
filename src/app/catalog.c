/*
 * Files to images: a table by image id remembers which file and version of the
 * host's it is.  A reference to an older version is stale at once, so a
 * transfer never mixes two.
 */
#include "app/catalog.h"

#include "engine/turn.h"
#include "host/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place {
	uint32_t file, version; /* the host's */
	uint32_t image_version; /* ours */
};

struct catalog {
	struct files *files;
	struct images *images;
	struct place *places; /* by image id */
	uint32_t n_places;
	bool is_scanned;
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
	rc = files_open(&c->files, path, &o, &host_memory);
	if (rc)
		free(c);
	else
		*to = c;
	return rc;
}

void catalog_close(struct catalog *c)
{
	if (!c)
		return;
	files_close(c->files);
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
	while (files_news(c->files, &news)) {
		int rc = 0;

		switch (news.what) {
		case FILES_FOUND:
		case FILES_CHANGED:
			rc = found(c, &news);
			has_changed = true;
			break;
		case FILES_GONE:
			images_gone(c->images, news.name);
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

int catalog_fetch(struct catalog *c, const struct fetch *f, uint8_t owner)
{
	struct files_ask ask;
	int rc = ask_of(c, &f->ref, &ask);

	if (rc)
		return rc;
	ask.cookie = f->cookie;
	ask.owner = owner;
	rc = files_get(c->files, &ask);
	if (rc < 0)
		return rc;
	return rc ? 0 : CARRIED_LATER;
}

bool catalog_arrived(struct catalog *c, struct outcome *o)
{
	struct files_ask ask;
	int rc;

	if (!files_arrived(c->files, &ask, &rc))
		return false;
	*o = (struct outcome){.kind = EFFECT_FETCH,
			      .owner = (uint8_t)ask.owner,
			      .cookie = ask.cookie,
			      .rc = rc};
	return true;
}

int catalog_at(struct catalog *c, const struct ref *ref, struct iovec v[2])
{
	struct files_ask ask;
	int rc = ask_of(c, ref, &ask);

	return rc ? rc : files_at(c->files, &ask, v, 2);
}
