/*
 * Loaders: the first program that firmware runs.  For each architecture the
 * names under which iPXE, shim, GRUB and SYSLINUX are usually installed, the
 * ablest first.
 */
#include "model/policy_inside.h"

#include <string.h>

enum { ARCH_NOTHING_SAID = 0xffff, LOADER_NAMES = 10 };

/* Numbers are those of DHCP option 93 (IANA's table, RFC 4578). */
static const struct {
	uint16_t arch;
	const char *names[LOADER_NAMES];
} loaders[] = {
	{0, {"undionly.kpxe", "ipxe.pxe", "pxelinux.0", "lpxelinux.0"}},
	{6,
	 {"ipxe32.efi", "ipxe-i386.efi", "snponly32.efi", "shimia32.efi",
	  "bootia32.efi", "bootnetia32.efi", "grubia32.efi", "syslinux32.efi"}},
	{7,
	 {"ipxe.efi", "snponly.efi", "ipxe-x86_64.efi", "shimx64.efi",
	  "bootx64.efi", "bootnetx64.efi", "grubx64.efi", "grubnetx64.efi",
	  "syslinux.efi"}},
	{10, {"ipxe-arm32.efi", "bootarm.efi", "grubarm.efi"}},
	{11,
	 {"ipxe-arm64.efi", "snponly-arm64.efi", "shimaa64.efi", "bootaa64.efi",
	  "bootnetaa64.efi", "grubaa64.efi", "grubnetaa64.efi"}},
	{25, {"ipxe-riscv32.efi", "bootriscv32.efi", "grubriscv32.efi"}},
	{27, {"ipxe-riscv64.efi", "bootriscv64.efi", "grubriscv64.efi"}},
	{37, {"bootloongarch32.efi"}},
	{39, {"ipxe-loong64.efi", "bootloongarch64.efi", "grubloong64.efi"}},
	{41, {"bootcode.bin"}},
};

enum { LOADERS = sizeof loaders / sizeof *loaders };

/* One number for each kind of program: HTTP boot counts apart, 7 and 9 are both
 * in use for x64, and a PXE ROM that says nothing is a BIOS. */
static uint16_t plain_arch(uint16_t arch)
{
	static const uint16_t same[][2] = {
		{9, 7},   {15, 6},  {16, 7},  {17, 7},
		{18, 10}, {19, 11}, {20, 0},  {26, 25},
		{28, 27}, {38, 37}, {40, 39}, {ARCH_NOTHING_SAID, 0},
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (same[i][0] == arch)
			return same[i][1];
	return arch;
}

bool loader_is_bios(uint16_t arch)
{
	return !plain_arch(arch);
}

const struct image *loader_set(const struct question *q, bool *is_set)
{
	const struct settings *s = q->settings;
	uint16_t arch = q->asker->arch;
	const struct loader *l = NULL;

	/* The very number that the client sent before its kin. */
	for (unsigned i = 0; i < s->n_loaders; i++) {
		if (s->loaders[i].arch == arch) {
			l = &s->loaders[i];
			break;
		}
		if (!l && plain_arch(s->loaders[i].arch) == plain_arch(arch))
			l = &s->loaders[i];
	}
	*is_set = l;
	return l ? file_named(q, l->file) : NULL;
}

const struct image *loader_custom(const struct question *q)
{
	uint16_t arch = plain_arch(q->asker->arch);

	for (size_t i = 0; i < LOADERS; i++) {
		if (loaders[i].arch != arch)
			continue;
		for (size_t k = 0; k < LOADER_NAMES && loaders[i].names[k];
		     k++) {
			struct custom c = {.name = loaders[i].names[k]};
			bool several;
			const struct image *im =
				custom_find(q->images, &c, 1, &several);

			if (im)
				return im;
		}
	}
	return NULL;
}

static const char *last_part(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

bool loader_is_ipxe(const char *name)
{
	static const char *const begins[] = {"ipxe", "undionly", "snponly"};
	const char *base = last_part(name), *dot = strrchr(base, '.');

	if (dot && !strcmp(dot, ".ipxe"))
		return false; /* a script for it */
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (!strncmp(base, begins[i], strlen(begins[i])))
			return true;
	return false;
}

bool loader_is_any(const char *name)
{
	const char *base = last_part(name);

	if (loader_is_ipxe(name))
		return true;
	for (size_t i = 0; i < LOADERS; i++)
		for (size_t k = 0; k < LOADER_NAMES && loaders[i].names[k]; k++)
			if (!strcmp(base, loaders[i].names[k]))
				return true;
	return false;
}
