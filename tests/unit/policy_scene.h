/*
 * A scene for tests of the policy: one asker, a boot directory, settings.
 */
#ifndef MUSTER_TESTS_POLICY_SCENE_H
#define MUSTER_TESTS_POLICY_SCENE_H

#include "model/policy.h"
#include "props.h"
#include "purse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { BIOS = 0, X86 = 6, X64 = 7, EBC = 9, ARM64 = 11, HTTP64 = 16 };
enum { NONE = 0xffff };

/* One question.  `files` is the boot directory, `machine` the properties of one
 * that is known. */
struct question {
	enum asker_kind kind;
	uint16_t arch;
	const char *files, *machine, *file;
	const char *boot_file, *kernel, *initrd, *http_base;
	struct loader loader;
	enum transport transport;
	bool is_pruned; /* behind a switch that snoops */
	bool flood_safe;
};

struct scene {
	struct purse purse;
	struct settings settings;
	struct images *images;
	struct props props;
	struct entry entry;
	struct asker asker;
};

static inline void fill(char *to, size_t room, const char *from)
{
	if (from)
		assert_true((size_t)snprintf(to, room, "%s", from) < room);
}

static inline void set_the_scene(struct scene *s, const struct question *q)
{
	char names[512], *at = names, *name;
	struct settings *set = &s->settings;

	memset(s, 0, sizeof *s);
	settings_default(set);
	fill(set->boot_file, sizeof set->boot_file, q->boot_file);
	fill(set->kernel, sizeof set->kernel, q->kernel);
	fill(set->initrd[0], sizeof set->initrd[0], q->initrd);
	fill(set->http_base, sizeof set->http_base, q->http_base);
	set->transport = q->transport;
	set->flood_safe = q->flood_safe;
	settings_make_flood_safe(set);
	if (q->loader.file[0])
		set->loaders[set->n_loaders++] = q->loader;

	assert_int_equal(
		images_open(&s->images, purse_open(&s->purse), 10000, 100, 1),
		0);
	fill(names, sizeof names, q->files ? q->files : "");
	while ((name = strsep(&at, " ")))
		if (*name)
			images_put(s->images, name, 1000, 1, NULL);
	s->asker = (struct asker){.kind = q->kind,
				  .arch = q->arch,
				  .file = q->file,
				  .is_pruned = q->is_pruned};
	if (!q->machine)
		return;
	s->entry.props = props(&s->props, q->machine);
	s->asker.machine = &s->entry;
}

static inline void strike(struct scene *s)
{
	images_close(s->images);
	assert_int_equal(s->purse.out, 0);
}

#define INSTALLER                                                              \
	"pxelinux.0 debian-installer/amd64/linux "                             \
	"debian-installer/amd64/initrd.gz "                                    \
	"debian-installer/amd64/grubx64.efi "                                  \
	"debian-installer/amd64/bootnetx64.efi"

#define LOADERS                                                                \
	"undionly.kpxe ipxe.efi ipxe-arm64.efi bootia32.efi grubx64.efi "      \
	"pxelinux.0"

#endif
