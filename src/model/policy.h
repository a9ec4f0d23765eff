/*
 * Which file by which transport for which client.  The engine says what it
 * knows of the asker; the policy looks at the file it named, at the machine's
 * own properties, then at the settings, then at customary names in the
 * catalogue: in the boot directory itself, or anywhere below it if there is
 * only one.
 *
 * Properties of a machine: bootfile, kernel, initrd (several; without a value:
 * none), arguments, transport (as transport_named() knows them), loader, group,
 * rom_quirks.
 *
 * Customary names: kernel linux, vmlinuz*, bzImage; initrd initrd*, initramfs*
 * beside the kernel; loaders as policy_loader.c lists them; NeXT's mach.
 * A boot directory of one file has nothing else to give: everybody gets that.
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
	uint16_t arch;               /* option 93; 0xffff: it said nothing */
	const char *file;            /* the file it named; "" or NULL: none */
	const struct entry *machine; /* NULL: unknown */
	bool is_pruned; /* groups reach only those who join by IGMP */
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
	const struct image *image; /* of BOOT_FILE */
	const char *verbatim;      /* of BOOT_VERBATIM; the owner's */
	enum transport via;        /* of FILE and SCRIPT: never VIA_DEFAULT */
	const char *why; /* which rule, in words, a constant: for logs and
			  * `explain`; of BOOT_NOTHING, what is missing */
};

/*
 * What the machine is told in its boot reply.  VIA_SLAM is chosen only for an
 * image that has a port, VIA_MTFTP only for one that is not too long, VIA_HTTP
 * only if http_base is set.  iPXE:
 *
 *	SLAM   only if the machine's own `transport` says that it has it, and
 *	       the group is the one it was compiled with
 *	MTFTP  if wanted; every build has it
 *	TFTM   never: it throws away what it hears from the group
 *
 * and neither of the first two behind a switch that prunes groups, since it
 * joins none, unless its own `transport` insists.  Nor does Etherboot get SLAM
 * there, whose reports go astray, but in a group that every switch floods.  A
 * PXE ROM gets MTFTP if wanted, UEFI never: it discards such an offer.
 */
void policy_boot(const struct settings *s, const struct images *images,
		 const struct asker *a, struct boot_choice *c);

/* What its boot script says; false if there is no kernel for it, or a file that
 * was named for it is missing. */
struct boot_load {
	const struct image *kernel;
	const struct image *initrd[4];
	unsigned initrds;
	const char *arguments; /* "": none */
	enum transport via;
};
bool policy_load(const struct settings *s, const struct images *images,
		 const struct asker *a, struct boot_load *b);

/* Whether a file is asked for by the name of the generated script. */
bool policy_is_script(const char *name, size_t len);

/* MTFTP has no longer file than this many blocks. */
enum { MTFTP_BLOCK = 512, MTFTP_BLOCKS = 65535 };
/* The group, and the client's port, that MTFTP serves this file to and no
 * other.  False if it is empty or too long, or there are too many files. */
bool policy_mtftp_group(const struct settings *s, const struct image *im,
			struct endpoint *group);

/*
 * The property `group` of a machine: which multicast group it is told by those
 * servers that tell one, multicast TFTP's and the train's.  An address;
 * "flood-safe", one that every switch floods; "usual", as the settings have it,
 * whatever the switch does; anything else says nothing.  NULL says nothing.
 */
enum { GROUP_UNSAID = 0, GROUP_USUAL = 1 };
#define GROUP_FLOOD_SAFE IP4(224, 0, 0, 0)
uint32_t policy_group(const struct entry *machine);
/*
 * For train number `slot` of multicast TFTP, or of the train, a group as it was
 * wished: an address or GROUP_FLOOD_SAFE; for the train also GROUP_UNSAID, the
 * settings' own.  No two slots have the same, by their ports.
 */
struct endpoint policy_tftm_group(const struct settings *s, uint32_t wish,
				  unsigned slot);
struct endpoint policy_train_group(const struct settings *s, uint32_t wish,
				   unsigned slot);
/* Whether a server with these settings may give a train this group by such a
 * wish, however many trains it has. */
bool policy_is_train_group(const struct settings *s, uint32_t wish,
			   struct endpoint group);

/* rom_quirks of a machine, by the words in quotes. */
enum {
	QUIRK_LOW_PORTS = 1,      /* "low-ports": no server port above 32767 */
	QUIRK_NO_DF = 2,          /* "no-df": no packet with don't-fragment */
	QUIRK_NO_OPTIONS = 4,     /* "no-options": answer as RFC 1350 */
	QUIRK_SMALL_BLOCKS = 8,   /* "small-blocks": blksize at most 512 */
	QUIRK_ROLL_TO_1 = 16,     /* "roll-to-1": block 65535 precedes 1 */
	QUIRK_BROADCAST = 32,     /* "broadcast": BOOTP replies to everybody */
	QUIRK_SLOW_SLAM = 64,     /* "slow-slam": 3 ms a frame */
	QUIRK_NO_MULTICAST = 128, /* "no-multicast": TFTP without it */
	QUIRK_MULTICAST = 256,    /* "multicast": its iPXE can ride by TFTP */
};
/* NULL has none; words that are none of these mean nothing. */
unsigned policy_quirks(const struct entry *machine);

#endif
