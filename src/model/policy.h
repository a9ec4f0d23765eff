/*
 * Which file by which transport for which client.  The engine says what it
 * knows of the asker; the policy looks at the machine's own properties, then
 * at the settings, then at customary names in the catalogue.
 *
 * Properties of a machine: bootfile, kernel, initrd (several), arguments,
 * transport (tftp, slam, http), loader.
 */
#ifndef MUSTER_MODEL_POLICY_H
#define MUSTER_MODEL_POLICY_H

#include "model/directory.h"
#include "model/image.h"
#include "model/settings.h"

enum asker_kind {
	ASKER_PLAIN, /* a BOOTP ROM or a DHCP client that says nothing */
	ASKER_PXE,
	ASKER_HTTP,
	ASKER_IPXE,
	ASKER_ETHERBOOT,
	ASKER_MUSTER,
	ASKER_NEXT,
	ASKER_SYSTEM, /* an operating system: it asks for no boot file */
};

struct asker {
	enum asker_kind kind;
	uint16_t arch;               /* wire/pxe.h: ARCH_..., ARCH_UNKNOWN */
	const char *file;            /* the file it named, or "" */
	const struct entry *machine; /* NULL: unknown */
};

enum boot_kind {
	BOOT_NOTHING,
	BOOT_FILE,     /* one image */
	BOOT_SCRIPT,   /* the generated script: POLICY_SCRIPT_NAME by TFTP */
	BOOT_VERBATIM, /* an address the administrator wrote: as it stands */
};

#define POLICY_SCRIPT_NAME "boot.ipxe"

struct boot_choice {
	enum boot_kind kind;
	const struct image *image;
	const char *verbatim;
	enum transport via;
	const char *why; /* which rule, in words: for logs and `explain` */
};

/* What the machine is told in its boot reply. */
void policy_boot(const struct settings *s, const struct images *images,
		 const struct asker *a, struct boot_choice *c);

/* What its boot script says; false if there is no kernel for it. */
struct boot_load {
	const struct image *kernel;
	const struct image *initrd[4];
	unsigned initrds;
	const char *arguments;
	enum transport via;
};
bool policy_load(const struct settings *s, const struct images *images,
		 const struct asker *a, struct boot_load *b);

/* rom_quirks of a machine. */
enum {
	QUIRK_LOW_PORTS = 1,    /* SGI: no server port above 32767 */
	QUIRK_NO_DF = 2,        /* SGI: no packet with don't-fragment */
	QUIRK_NO_OPTIONS = 4,   /* answer as RFC 1350 */
	QUIRK_SMALL_BLOCKS = 8, /* blksize at most 512 */
	QUIRK_ROLL_TO_1 = 16,   /* block 65535 is followed by 1 */
	QUIRK_BROADCAST = 32,   /* BOOTP replies to the broadcast address */
	QUIRK_SLOW_SLAM = 64,   /* 3 ms a frame */
};
unsigned policy_quirks(const struct entry *machine);

#endif
