/*
 * Kernel, initrds and arguments.  The three belong together: a kernel that was
 * named for one machine is not given the settings' initrd, but the one that
 * lies beside it.
 */
#include "model/policy_inside.h"

#include "base/text.h"

#include <string.h>

enum origin { BY_MACHINE, BY_SETTINGS, BY_CUSTOM };

static const struct custom kernels[] = {
	{"linux", false}, {"vmlinuz", true}, {"bzImage", false}};
static const struct custom initrds[] = {{"initrd", true}, {"initramfs", true}};

enum { INITRDS = sizeof((struct boot_load *)0)->initrd / sizeof(void *) };

static const struct image *kernel_custom(const struct question *q,
					 const char **why)
{
	bool several;
	const struct image *im = custom_find(
		q->images, kernels, sizeof kernels / sizeof *kernels, &several);

	*why = several ? "several files could be the kernel, and none is named"
		       : "there is no kernel in the boot directory";
	return im;
}

static const struct image *kernel_find(const struct question *q,
				       enum origin *by, const char **why)
{
	const char *name = property_of(q, "kernel");

	*by = BY_MACHINE;
	*why = "the kernel of this machine is not in the boot directory";
	if (name && *name)
		return file_named(q, name);
	*by = BY_SETTINGS;
	*why = "the kernel of the settings is not in the boot directory";
	if (q->settings->kernel[0])
		return file_named(q, q->settings->kernel);
	*by = BY_CUSTOM;
	return kernel_custom(q, why);
}

static bool add(const struct question *q, struct boot_load *b, const char *name)
{
	if (b->initrds == INITRDS)
		return false;
	b->initrd[b->initrds] = file_named(q, name);
	return b->initrd[b->initrds++];
}

static bool initrd_by_machine(const struct question *q, struct boot_load *b,
			      const struct property *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		const char *name = property_value(p, i);

		if (name && *name && !add(q, b, name))
			return false;
	}
	return true;
}

static bool initrd_by_settings(const struct question *q, struct boot_load *b)
{
	for (size_t i = 0; i < INITRDS; i++)
		if (q->settings->initrd[i][0] &&
		    !add(q, b, q->settings->initrd[i]))
			return false;
	return true;
}

/* vmlinuz-6.1 comes with initrd.img-6.1 (Debian) or initramfs-6.1.img (Fedora).
 */
static const struct image *same_version(const struct question *q,
					const char *dir, size_t dir_len,
					const char *version)
{
	static const char *const forms[][2] = {
		{"initrd.img", ""}, {"initrd", ""}, {"initramfs", ".img"}};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char name[IMAGE_NAME];
		struct text t = text_over(name, sizeof name);
		const struct image *im;

		text_bytes(&t, dir, dir_len);
		text_add(&t, forms[i][0]);
		text_add(&t, version);
		text_add(&t, forms[i][1]);
		im = t.full ? NULL : file_named(q, name);
		if (im)
			return im;
	}
	return NULL;
}

/* Beside the kernel; false: there are several. */
static bool initrd_beside(const struct question *q, struct boot_load *b)
{
	const char *dir = b->kernel->name, *slash = strrchr(dir, '/');
	const char *base = slash ? slash + 1 : dir;
	const struct image *im = NULL;
	bool several;

	if (!strncmp(base, "vmlinuz-", 8))
		im = same_version(q, dir, (size_t)(base - dir), base + 7);
	for (size_t i = 0; !im && i < sizeof initrds / sizeof *initrds; i++) {
		struct image_pattern p = {
			.dir = dir,
			.dir_len = slash ? (size_t)(slash - dir) : 0,
			.base = initrds[i].name,
			.is_prefix = true};

		im = images_match(q->images, &p, &several);
		if (several)
			return false;
	}
	if (im)
		b->initrd[b->initrds++] = im;
	return true;
}

/* Anywhere else, for a kernel that was found by its name, too. */
static bool initrd_anywhere(const struct question *q, struct boot_load *b)
{
	bool several;
	const struct image *im = custom_find(
		q->images, initrds, sizeof initrds / sizeof *initrds, &several);

	if (im)
		b->initrd[b->initrds++] = im;
	return !several;
}

static bool initrd_find(const struct question *q, enum origin by,
			struct boot_load *b, const char **why)
{
	const struct entry *m = q->asker->machine;
	struct property p;

	if (m && plist_find(&m->props, "initrd", &p)) {
		*why = "an initrd of this machine is not in the boot "
		       "directory, or there are more than four";
		return initrd_by_machine(q, b, &p);
	}
	if (by != BY_MACHINE && q->settings->initrd[0][0]) {
		*why = "an initrd of the settings is not in the boot directory";
		return initrd_by_settings(q, b);
	}
	*why = "several files could be the initrd, and none is named";
	if (!initrd_beside(q, b))
		return false;
	return b->initrds || by != BY_CUSTOM || initrd_anywhere(q, b);
}

static unsigned via_of_all(const struct boot_load *b)
{
	unsigned all = via_of_image(b->kernel);

	for (unsigned i = 0; i < b->initrds; i++)
		all &= via_of_image(b->initrd[i]);
	return all;
}

bool load_find(const struct question *q, struct boot_load *b, const char **why)
{
	const char *arguments = property_of(q, "arguments");
	enum origin by;

	*b = (struct boot_load){.kernel = kernel_find(q, &by, why)};
	if (!b->kernel || !initrd_find(q, by, b, why))
		return false;
	b->arguments = arguments ? arguments : q->settings->arguments;
	b->via = via_for(q, via_of_all(b));
	return true;
}

bool policy_load(const struct settings *s, const struct images *images,
		 const struct asker *a, struct boot_load *b)
{
	struct question q = {.settings = s, .images = images, .asker = a};
	const char *why;

	return load_find(&q, b, &why);
}
