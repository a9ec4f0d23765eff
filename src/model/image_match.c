/*
 * Files by the last part of their name.  Two sorted lists, one by the whole
 * name and one by its last part, answer with a binary search and a look at the
 * neighbours: "is there another?" costs no walk through the catalogue, and the
 * packet path may ask.
 */
#include "model/image_inside.h"

#include "base/text.h"

static int by_name(const struct image *a, const char *name)
{
	return strcmp(a->name, name);
}

static int by_base(const struct image *a, const char *name)
{
	int order = strcmp(base_of(a->name), base_of(name));

	return order ? order : strcmp(a->name, name);
}

static int by_base_alone(const struct image *a, const char *base)
{
	return strcmp(base_of(a->name), base);
}

/* How many of the list come before `key`. */
static uint32_t before(const struct images *t, struct file *const *list,
		       int (*order)(const struct image *, const char *),
		       const char *key)
{
	uint32_t low = 0, high = t->there;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (order(&list[mid]->image, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void insert(struct file **list, uint32_t n, uint32_t at, struct file *f)
{
	memmove(list + at + 1, list + at, (n - at) * sizeof(struct file *));
	list[at] = f;
}

static void take_out(struct file **list, uint32_t n, uint32_t at)
{
	memmove(list + at, list + at + 1, (n - at - 1) * sizeof(struct file *));
}

void sorted_add(struct images *t, struct file *f)
{
	const char *name = f->image.name;

	insert(t->by_name, t->there, before(t, t->by_name, by_name, name), f);
	insert(t->by_base, t->there, before(t, t->by_base, by_base, name), f);
	t->there++;
	t->sidecars += f->image.is_sidecar;
}

void sorted_remove(struct images *t, struct file *f)
{
	const char *name = f->image.name;

	take_out(t->by_name, t->there, before(t, t->by_name, by_name, name));
	take_out(t->by_base, t->there, before(t, t->by_base, by_base, name));
	t->there--;
	t->sidecars -= f->image.is_sidecar;
}

/* Files that come with a kernel or an initrd and are none. */
static bool is_companion(const char *name)
{
	static const char *const ends[] = {".sig",    ".asc",    ".md5",
					   ".sha256", ".sha512", ".manifest",
					   ".part",   ".txt"};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);

		if (len > n && !memcmp(name + len - n, ends[i], n))
			return true;
	}
	return false;
}

/* A walk over the neighbours in a sorted list. */
struct search {
	const struct image_pattern *pattern;
	struct file *const *list;
	uint32_t at, end;
	const char *key; /* what the name, or its last part, begins with */
};

static const struct image *next(struct search *s)
{
	const struct image_pattern *p = s->pattern;
	size_t len = strlen(s->key);

	while (s->at < s->end) {
		const struct image *im = &s->list[s->at++]->image;
		const char *name = p->dir ? im->name : base_of(im->name);

		if (strncmp(name, s->key, len) != 0)
			break;
		if (p->is_prefix &&
		    (strchr(name + len, '/') || is_companion(name)))
			continue;
		return p->is_prefix || !name[len] ? im : NULL;
	}
	return NULL;
}

const struct image *images_match(const struct images *t,
				 const struct image_pattern *p, bool *several)
{
	char path[2 * IMAGE_NAME];
	struct text key = text_over(path, sizeof path);
	struct search s = {.pattern = p, .end = t->there, .key = p->base};
	const struct image *one;

	if (p->dir) {
		text_bytes(&key, p->dir, p->dir_len);
		text_add(&key, p->dir_len ? "/" : "");
		text_add(&key, p->base);
		s.key = path;
		s.list = t->by_name;
		s.at = before(t, s.list, by_name, s.key);
	} else {
		s.list = t->by_base;
		s.at = before(t, s.list, by_base_alone, s.key);
	}
	*several = false;
	if (key.full)
		return NULL;
	one = next(&s);
	*several = one && next(&s);
	return *several ? NULL : one;
}
