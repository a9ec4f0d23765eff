/*
 * The catalogue of images.  Entries are taken one by one and never given back
 * before the end, so pointers to them and ids stay good while files come and
 * go.  Ports are places in a small table, found from a hash of the name that no
 * secret goes into: clients may hold an old boot address.
 */
#include "model/image_inside.h"

#include "base/text.h"
#include "model/sidecar.h"

#include <errno.h>

int images_open(struct images **t, const struct alloc *alloc,
		uint16_t port_first, uint16_t ports, uint64_t seed)
{
	struct images *made = alloc_get(alloc, 1, sizeof *made);

	if (!made)
		return -ENOMEM;
	made->alloc = *alloc;
	made->seed = seed;
	made->port_first = port_first;
	made->ports = ports < UINT16_MAX - port_first
			      ? ports
			      : (uint16_t)(UINT16_MAX - port_first);
	made->places =
		alloc_get(alloc, (size_t)made->ports + 1, sizeof *made->places);
	if (!made->places ||
	    index_open(&made->index, &made->alloc, 64, true) < 0) {
		images_close(made);
		return -ENOMEM;
	}
	*t = made;
	return 0;
}

void images_close(struct images *t)
{
	if (!t)
		return;
	struct alloc alloc = t->alloc;

	for (uint32_t i = 0; i < t->n; i++) {
		alloc_put(&alloc, t->files[i]->manifest);
		alloc_put(&alloc, t->files[i]);
	}
	index_close(&t->index, &alloc);
	alloc_put(&alloc, t->places);
	alloc_put(&alloc, t->by_base);
	alloc_put(&alloc, t->by_name);
	alloc_put(&alloc, t->files);
	alloc_put(&alloc, t);
}

static struct file *find(const struct images *t, const char *name, size_t len)
{
	uint64_t hash = hash_bytes(name, len, t->seed);

	for (uint32_t at = 0, id; index_next(&t->index, hash, &at, &id);) {
		struct file *f = t->files[id - 1];

		if (strlen(f->image.name) == len &&
		    !memcmp(f->image.name, name, len))
			return f;
	}
	return NULL;
}

static int grow(const struct images *t, struct file ***list, uint32_t cap)
{
	struct file **more = alloc_get(&t->alloc, cap, sizeof(struct file *));

	if (!more)
		return -ENOMEM;
	if (t->cap)
		memcpy(more, *list, t->cap * sizeof(struct file *));
	alloc_put(&t->alloc, *list);
	*list = more;
	return 0;
}

/* Room for one more in all three lists. */
static int make_room(struct images *t)
{
	uint32_t cap = t->cap ? 2 * t->cap : 16;

	if (t->n < t->cap)
		return 0;
	if (grow(t, &t->files, cap) < 0 || grow(t, &t->by_name, cap) < 0 ||
	    grow(t, &t->by_base, cap) < 0)
		return -ENOMEM;
	t->cap = cap;
	return 0;
}

static int add(struct images *t, const char *name, size_t len, struct file **to)
{
	char beside[IMAGE_NAME];
	struct file *f;

	if (make_room(t) < 0)
		return -ENOMEM;
	f = alloc_get(&t->alloc, 1, sizeof *f);
	if (!f)
		return -ENOMEM;
	if (index_add(&t->index, hash_bytes(name, len, t->seed), t->n + 1) <
	    0) {
		alloc_put(&t->alloc, f);
		return -ENOMEM;
	}
	*f = (struct file){.image.id = t->n + 1, .place = NO_PLACE};
	text_copy(f->image.name, sizeof f->image.name, name, len);
	f->image.is_sidecar = sidecar_of(f->image.name, beside);
	t->files[t->n++] = f;
	*to = f;
	return 0;
}

/* A place from the name, else the next free one, else the next of a file that
 * is gone; NO_PLACE if there are more files than ports. */
static int32_t place_for(struct images *t, const struct file *f)
{
	uint64_t hash = hash_bytes(f->image.name, strlen(f->image.name), 0);
	int32_t gone = NO_PLACE;

	for (uint32_t i = 0; i < t->ports; i++) {
		int32_t at = 1 + (int32_t)((hash + i) % t->ports);
		uint32_t id = t->places[at];

		if (!id)
			return at;
		if (gone == NO_PLACE && !t->files[id - 1]->image.is_there)
			gone = at;
	}
	if (gone != NO_PLACE)
		t->files[t->places[gone] - 1]->place = NO_PLACE;
	return gone;
}

static bool is_for_slam(const struct image *im)
{
	return im->is_there && !im->is_sidecar && im->size &&
	       im->size <= IMAGE_SLAM_MAX;
}

static void set_port(struct images *t, struct file *f)
{
	struct image *im = &f->image;

	if (is_for_slam(im) && f->place == NO_PLACE) {
		f->place = strcmp(im->name, t->preferred) ? place_for(t, f) : 0;
		if (f->place != NO_PLACE)
			t->places[f->place] = im->id;
	}
	im->slam_port = 0;
	if (is_for_slam(im) && f->place != NO_PLACE)
		im->slam_port = (uint16_t)(t->port_first + f->place);
}

static void give_place_up(struct images *t, struct file *f)
{
	if (f->place != NO_PLACE)
		t->places[f->place] = 0;
	f->place = NO_PLACE;
}

int images_prefer(struct images *t, const char *name)
{
	size_t len = strlen(name);
	struct file *old = find(t, t->preferred, strlen(t->preferred));
	struct file *now = find(t, name, len);

	if (len >= sizeof t->preferred)
		return -ENAMETOOLONG;
	if (!strcmp(name, t->preferred))
		return 0;
	text_copy(t->preferred, sizeof t->preferred, name, len);
	if (old)
		give_place_up(t, old);
	if (now) {
		give_place_up(t, now);
		set_port(t, now);
	}
	if (old)
		set_port(t, old);
	return 0;
}

int images_put(struct images *t, const char *name, uint64_t size, usec changed,
	       const struct image **it)
{
	size_t len = strlen(name);
	struct file *f;

	if (!len || name[0] == '/')
		return -EINVAL;
	if (len >= IMAGE_NAME)
		return -ENAMETOOLONG;
	f = find(t, name, len);
	if (!f && add(t, name, len, &f) < 0)
		return -ENOMEM;

	struct image *im = &f->image;
	if (!im->is_there || im->size != size || im->wall_changed != changed)
		im->version++;
	im->size = size;
	im->wall_changed = changed;
	if (!im->is_there) {
		im->is_there = true;
		sorted_add(t, f);
	}
	set_port(t, f);
	if (it)
		*it = im;
	return 0;
}

void images_gone(struct images *t, const char *name)
{
	struct file *f = find(t, name, strlen(name));

	if (!f || !f->image.is_there)
		return;
	sorted_remove(t, f);
	f->image.is_there = false;
	set_port(t, f);
}

const struct image *images_get(const struct images *t, uint32_t id)
{
	return id && id <= t->n ? &t->files[id - 1]->image : NULL;
}

static void skip_slashes(const char **name, size_t *len)
{
	while (*len && **name == '/') {
		++*name;
		--*len;
	}
}

const struct image *images_find(const struct images *t, const char *name,
				size_t len)
{
	size_t root = strlen(t->root);
	const struct file *f;

	skip_slashes(&name, &len);
	f = find(t, name, len);
	if (!f && root && len > root && name[root] == '/' &&
	    !memcmp(name, t->root, root)) {
		name += root;
		len -= root;
		skip_slashes(&name, &len);
		f = find(t, name, len);
	}
	return f && f->image.is_there ? &f->image : NULL;
}

void images_root(struct images *t, const char *path)
{
	size_t len = strlen(path);

	skip_slashes(&path, &len);
	while (len && path[len - 1] == '/')
		len--;
	/* A path too long for a file name is none that a ROM could spell. */
	text_copy(t->root, sizeof t->root, path, len);
}

const char *images_root_told(const struct images *t)
{
	return t->root;
}

const struct image *images_by_port(const struct images *t, uint16_t port)
{
	uint32_t place = (uint32_t)port - t->port_first;
	uint32_t id = place <= t->ports ? t->places[place] : 0;

	if (!id || !t->files[id - 1]->image.slam_port)
		return NULL;
	return &t->files[id - 1]->image;
}

const struct image *images_next(const struct images *t, uint32_t *at)
{
	while (*at < t->n) {
		const struct image *im = &t->files[(*at)++]->image;

		if (im->is_there)
			return im;
	}
	return NULL;
}

uint32_t images_count(const struct images *t)
{
	return t->there - t->sidecars;
}

const struct image_manifest *images_manifest(const struct images *t,
					     uint32_t image, uint32_t version)
{
	const struct file *f;

	if (!image || image > t->n)
		return NULL;
	f = t->files[image - 1];
	return f->manifest_version == version ? f->manifest : NULL;
}

int images_set_manifest(struct images *t, uint32_t image, uint32_t version,
			const struct image_manifest *m)
{
	size_t list = (size_t)m->is.layout.blocks * CRYPT_HASH;
	struct image_manifest *made;
	struct file *f;

	if (!image || image > t->n)
		return -EINVAL;
	f = t->files[image - 1];
	if (f->image.version != version)
		return -ESTALE;
	if (f->image.size != m->is.layout.size)
		return -EINVAL;
	made = alloc_get(&t->alloc, 1, sizeof(*made) + list);
	if (!made)
		return -ENOMEM;
	*made = *m;
	memcpy(made + 1, m->list, list);
	made->list = (const uint8_t *)(made + 1);
	alloc_put(&t->alloc, f->manifest);
	f->manifest = made;
	f->manifest_version = version;
	return 0;
}

void images_drop_manifest(struct images *t, uint32_t image)
{
	struct file *f;

	if (!image || image > t->n)
		return;
	f = t->files[image - 1];
	alloc_put(&t->alloc, f->manifest);
	f->manifest = NULL;
	f->manifest_version = 0;
}
