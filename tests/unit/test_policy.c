/*
 * The policy as a table: who asks, what there is, and what he is told.
 */
#include "policy_scene.h"

struct answer {
	enum boot_kind kind;
	const char *name; /* of the image, or verbatim */
	enum transport via;
	const char *why; /* a part of it */
};

#define ASK(k, a, f)                                                           \
	{                                                                      \
		.kind = (k), .arch = (a), .files = (f)                         \
	}
/* Everybody is to load b so, or a machine of its own is. */
#define VIA(who, what, how)                                                    \
	{                                                                      \
		.kind = (who), .arch = (what), .files = "a b",                 \
		.machine = "bootfile=b", .transport = VIA_##how                \
	}
#define OWN(who, what, props)                                                  \
	{                                                                      \
		.kind = (who), .arch = (what), .files = "a b",                 \
		.machine = (props)                                             \
	}
#define FILE_BY(n, v)                                                          \
	{                                                                      \
		.kind = BOOT_FILE, .name = (n), .via = (v)                     \
	}
#define FILE_WHY(n, v, w)                                                      \
	{                                                                      \
		.kind = BOOT_FILE, .name = (n), .via = (v), .why = (w)         \
	}
#define NOTHING(w)                                                             \
	{                                                                      \
		.kind = BOOT_NOTHING, .why = (w)                               \
	}
#define VERBATIM(n)                                                            \
	{                                                                      \
		.kind = BOOT_VERBATIM, .name = (n)                             \
	}
#define SCRIPT                                                                 \
	{                                                                      \
		.kind = BOOT_SCRIPT, .via = VIA_TFTP                           \
	}

static const struct {
	const char *says;
	struct question q;
	struct answer a;
} table[] = {
	/* An operating system. */
	{"a system gets no boot file",
	 {.kind = ASKER_SYSTEM,
	  .arch = BIOS,
	  .files = INSTALLER,
	  .machine = "bootfile=linux",
	  .boot_file = "x"},
	 NOTHING("operating system")},

	/* Firmware gets its loader. */
	{"a BIOS", ASK(ASKER_PXE, BIOS, LOADERS),
	 FILE_WHY("undionly.kpxe", VIA_TFTP, "customary loader")},
	{"a ROM that says nothing is a BIOS", ASK(ASKER_PXE, NONE, LOADERS),
	 FILE_BY("undionly.kpxe", VIA_TFTP)},
	{"x64 by its right number", ASK(ASKER_PXE, X64, LOADERS),
	 FILE_BY("ipxe.efi", VIA_TFTP)},
	{"x64 by the number of EBC", ASK(ASKER_PXE, EBC, LOADERS),
	 FILE_BY("ipxe.efi", VIA_TFTP)},
	{"32-bit UEFI", ASK(ASKER_PXE, X86, LOADERS),
	 FILE_BY("bootia32.efi", VIA_TFTP)},
	{"arm64", ASK(ASKER_PXE, ARM64, LOADERS),
	 FILE_BY("ipxe-arm64.efi", VIA_TFTP)},
	{"no loader for it", ASK(ASKER_PXE, ARM64, INSTALLER),
	 NOTHING("no loader for this architecture")},
	{"an architecture of no custom", ASK(ASKER_PXE, 2, LOADERS),
	 NOTHING("no loader for this architecture")},
	{"Debian's installer, BIOS", ASK(ASKER_PXE, BIOS, INSTALLER),
	 FILE_BY("pxelinux.0", VIA_TFTP)},
	{"Debian's installer, x64, two directories down",
	 ASK(ASKER_PXE, X64, INSTALLER),
	 FILE_BY("debian-installer/amd64/bootnetx64.efi", VIA_TFTP)},
	{"a name that two files have is nobody's",
	 {.kind = ASKER_PXE,
	  .arch = X64,
	  .files = "a/ipxe.efi b/ipxe.efi b/grubx64.efi"},
	 FILE_BY("b/grubx64.efi", VIA_TFTP)},
	{"ROMs load by TFTP only",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS,
	  .machine = "transport=slam",
	  .transport = VIA_HTTP,
	  .http_base = "http://10.0.0.1/"},
	 FILE_BY("undionly.kpxe", VIA_TFTP)},
	{"the settings' loader",
	 {.kind = ASKER_PXE,
	  .arch = X64,
	  .files = LOADERS,
	  .loader = {X64, "grubx64.efi"}},
	 FILE_WHY("grubx64.efi", VIA_TFTP, "settings' loader")},
	{"the settings' loader for its kin",
	 {.kind = ASKER_PXE,
	  .arch = EBC,
	  .files = LOADERS,
	  .loader = {X64, "grubx64.efi"}},
	 FILE_BY("grubx64.efi", VIA_TFTP)},
	{"the settings' loader for others",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS,
	  .loader = {X64, "grubx64.efi"}},
	 FILE_BY("undionly.kpxe", VIA_TFTP)},
	{"the settings' loader is not there",
	 {.kind = ASKER_PXE,
	  .arch = X64,
	  .files = LOADERS,
	  .loader = {X64, "shim.efi"}},
	 NOTHING("settings' loader")},
	{"the machine's loader: try the other one",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS,
	  .machine = "loader=pxelinux.0",
	  .loader = {BIOS, "undionly.kpxe"}},
	 FILE_WHY("pxelinux.0", VIA_TFTP, "this machine's loader")},
	{"the machine's loader is not there",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS,
	  .machine = "loader=pxegrub.0"},
	 NOTHING("this machine's loader")},
	{"the machine's bootfile, if firmware can run it",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS,
	  .machine = "bootfile=pxelinux.0"},
	 FILE_WHY("pxelinux.0", VIA_TFTP, "this machine's bootfile")},
	{"a script is for the loader's ears",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS " lab.ipxe",
	  .machine = "bootfile=lab.ipxe"},
	 FILE_BY("undionly.kpxe", VIA_TFTP)},
	{"so is an address",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS,
	  .machine = "bootfile=http://a/b.ipxe"},
	 FILE_BY("undionly.kpxe", VIA_TFTP)},
	{"boot_file before custom",
	 {.kind = ASKER_PXE,
	  .arch = BIOS,
	  .files = LOADERS,
	  .boot_file = "pxelinux.0"},
	 FILE_WHY("pxelinux.0", VIA_TFTP, "boot_file of the settings")},

	/* HTTP boot. */
	{"HTTP without a base", ASK(ASKER_HTTP, HTTP64, LOADERS),
	 NOTHING("http_base")},
	{"HTTP",
	 {.kind = ASKER_HTTP,
	  .arch = HTTP64,
	  .files = LOADERS,
	  .http_base = "http://10.0.0.1/"},
	 FILE_BY("ipxe.efi", VIA_HTTP)},
	{"HTTP, an address of the machine's own",
	 {.kind = ASKER_HTTP,
	  .arch = HTTP64,
	  .files = LOADERS,
	  .machine = "bootfile=https://b/x.efi",
	  .http_base = "http://10.0.0.1/"},
	 VERBATIM("https://b/x.efi")},
	{"HTTP, an address that it cannot load",
	 {.kind = ASKER_HTTP,
	  .arch = HTTP64,
	  .files = LOADERS,
	  .machine = "bootfile=x-slam:///",
	  .http_base = "http://10.0.0.1/"},
	 FILE_BY("ipxe.efi", VIA_HTTP)},

	/* iPXE and our own client get a script when there is a kernel. */
	{"iPXE", ASK(ASKER_IPXE, BIOS, INSTALLER), SCRIPT},
	{"muster",
	 {.kind = ASKER_MUSTER, .arch = NONE, .files = INSTALLER, .file = ""},
	 SCRIPT},
	{"a script before a script file",
	 ASK(ASKER_IPXE, BIOS, "linux boot.ipxe"), SCRIPT},
	{"a script file before boot_file",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "boot.ipxe other.nbi",
	  .boot_file = "other.nbi"},
	 FILE_BY("boot.ipxe", VIA_TFTP)},
	{"boot_file",
	 {.kind = ASKER_MUSTER,
	  .arch = BIOS,
	  .files = "x other.nbi",
	  .boot_file = "other.nbi"},
	 FILE_BY("other.nbi", VIA_TRAIN)},
	{"nothing to boot", ASK(ASKER_IPXE, BIOS, "readme undionly.kpxe"),
	 NOTHING("no kernel")},
	{"two kernels", ASK(ASKER_IPXE, BIOS, "a/linux b/linux"),
	 NOTHING("several files could be the kernel")},
	{"a kernel of the settings that is not there",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "linux initrd",
	  .kernel = "linnux"},
	 NOTHING("the kernel of the settings")},
	{"the machine's bootfile",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "linux lab.ipxe",
	  .machine = "bootfile=/lab.ipxe"},
	 FILE_BY("lab.ipxe", VIA_TFTP)},
	{"iPXE does not load itself for ever",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "linux undionly.kpxe",
	  .machine = "bootfile=undionly.kpxe"},
	 SCRIPT},
	{"but another loader, if somebody wants that",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "linux pxelinux.0",
	  .machine = "bootfile=pxelinux.0"},
	 FILE_BY("pxelinux.0", VIA_TFTP)},
	{"our client is no loader's prey",
	 {.kind = ASKER_MUSTER,
	  .arch = BIOS,
	  .files = "linux pxelinux.0",
	  .machine = "bootfile=pxelinux.0",
	  .boot_file = "pxelinux.0"},
	 SCRIPT},
	{"an address as it stands",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "linux",
	  .machine = "bootfile=http://10.0.0.9/x.ipxe"},
	 VERBATIM("http://10.0.0.9/x.ipxe")},
	{"iPXE by SLAM only if this one was built with it",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "a b.ipxe",
	  .machine = "bootfile=b.ipxe",
	  .transport = VIA_SLAM},
	 FILE_BY("b.ipxe", VIA_TFTP)},
	{"and this one was",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "a b.ipxe",
	  .machine = "bootfile=b.ipxe;transport=slam"},
	 FILE_BY("b.ipxe", VIA_SLAM)},
	{"iPXE by HTTP",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "a b.ipxe",
	  .machine = "bootfile=b.ipxe",
	  .transport = VIA_HTTP,
	  .http_base = "http://10.0.0.1/"},
	 FILE_BY("b.ipxe", VIA_HTTP)},
	{"HTTP from nowhere is TFTP",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "a b.ipxe",
	  .machine = "bootfile=b.ipxe;transport=http"},
	 FILE_BY("b.ipxe", VIA_TFTP)},

	/* From groups. */
	{"iPXE by MTFTP, which every build can", VIA(ASKER_IPXE, BIOS, MTFTP),
	 FILE_BY("b", VIA_MTFTP)},
	{"iPXE on UEFI, too", VIA(ASKER_IPXE, X64, MTFTP),
	 FILE_BY("b", VIA_MTFTP)},
	{"iPXE never by RFC 2090", VIA(ASKER_IPXE, BIOS, TFTM),
	 FILE_BY("b", VIA_TFTP)},
	{"not even if it is to",
	 OWN(ASKER_IPXE, BIOS, "bootfile=b;transport=tftm"),
	 FILE_BY("b", VIA_TFTP)},
	{"iPXE joins no group: behind a snooping switch it gets unicast",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "a b",
	  .machine = "bootfile=b",
	  .transport = VIA_MTFTP,
	  .is_pruned = true},
	 FILE_BY("b", VIA_TFTP)},
	{"unless the administrator knows better",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "a b",
	  .machine = "bootfile=b;transport=mtftp",
	  .is_pruned = true},
	 FILE_BY("b", VIA_MTFTP)},
	{"our own client joins",
	 {.kind = ASKER_MUSTER,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=b",
	  .is_pruned = true},
	 FILE_BY("b", VIA_TRAIN)},
	{"by SLAM, too",
	 {.kind = ASKER_MUSTER,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=b;transport=slam",
	  .is_pruned = true},
	 FILE_BY("b", VIA_SLAM)},
	{"iPXE's SLAM group is compiled in",
	 {.kind = ASKER_IPXE,
	  .arch = BIOS,
	  .files = "a b",
	  .machine = "bootfile=b;transport=slam",
	  .flood_safe = true},
	 FILE_BY("b", VIA_TFTP)},
	{"Etherboot's is not",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=b",
	  .flood_safe = true},
	 FILE_BY("b", VIA_SLAM)},
	{"Etherboot's reports of a group go astray",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=b",
	  .is_pruned = true},
	 FILE_BY("b", VIA_TFTP)},
	{"unless all switches flood it",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=b",
	  .flood_safe = true,
	  .is_pruned = true},
	 FILE_BY("b", VIA_SLAM)},
	{"or the administrator knows better, of Etherboot",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=b;transport=slam",
	  .is_pruned = true},
	 FILE_BY("b", VIA_SLAM)},
	{"a BIOS ROM by MTFTP, if wanted", VIA(ASKER_PXE, BIOS, MTFTP),
	 FILE_BY("b", VIA_MTFTP)},
	{"only if wanted", VIA(ASKER_PXE, BIOS, DEFAULT),
	 FILE_BY("b", VIA_TFTP)},
	{"one machine's ROM by MTFTP",
	 OWN(ASKER_PXE, BIOS, "bootfile=b;transport=mtftp"),
	 FILE_BY("b", VIA_MTFTP)},
	{"UEFI never by MTFTP", VIA(ASKER_PXE, X64, MTFTP),
	 FILE_BY("b", VIA_TFTP)},
	{"not even if it is to, UEFI",
	 OWN(ASKER_PXE, X64, "bootfile=b;transport=mtftp"),
	 FILE_BY("b", VIA_TFTP)},
	{"Etherboot by RFC 2090", VIA(ASKER_ETHERBOOT, NONE, TFTM),
	 FILE_BY("b", VIA_TFTM)},
	{"Etherboot knows no MTFTP", VIA(ASKER_ETHERBOOT, NONE, MTFTP),
	 FILE_BY("b", VIA_SLAM)},
	{"our own client by all of them: MTFTP", VIA(ASKER_MUSTER, NONE, MTFTP),
	 FILE_BY("b", VIA_MTFTP)},
	{"RFC 2090", VIA(ASKER_MUSTER, NONE, TFTM), FILE_BY("b", VIA_TFTM)},
	{"the train", VIA(ASKER_MUSTER, NONE, TRAIN), FILE_BY("b", VIA_TRAIN)},
	{"which it takes when nothing is said",
	 VIA(ASKER_MUSTER, NONE, DEFAULT), FILE_BY("b", VIA_TRAIN)},
	{"SLAM, if that is said", VIA(ASKER_MUSTER, NONE, SLAM),
	 FILE_BY("b", VIA_SLAM)},
	{"or by one machine's own property",
	 OWN(ASKER_MUSTER, NONE, "bootfile=b;transport=slam"),
	 FILE_BY("b", VIA_SLAM)},
	{"a NeXT by TFTP, whatever is said", VIA(ASKER_NEXT, NONE, MTFTP),
	 FILE_BY("b", VIA_TFTP)},
	{"a silent client by MTFTP only if it is to",
	 OWN(ASKER_PLAIN, NONE, "bootfile=b;transport=mtftp"),
	 FILE_BY("b", VIA_MTFTP)},

	/* Etherboot and the silent. */
	{"Etherboot",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a node.nbi",
	  .boot_file = "node.nbi"},
	 FILE_BY("node.nbi", VIA_SLAM)},
	{"Etherboot, a machine that is to use TFTP",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a node.nbi",
	  .machine = "transport=tftp",
	  .boot_file = "node.nbi",
	  .transport = VIA_SLAM},
	 FILE_BY("node.nbi", VIA_TFTP)},
	{"Etherboot, everybody is to use TFTP",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a node.nbi",
	  .boot_file = "node.nbi",
	  .transport = VIA_TFTP},
	 FILE_BY("node.nbi", VIA_TFTP)},
	{"Etherboot, a word that is no transport",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a node.nbi",
	  .machine = "transport=pigeon",
	  .boot_file = "node.nbi"},
	 FILE_BY("node.nbi", VIA_SLAM)},
	{"Etherboot, the administrator's own address",
	 {.kind = ASKER_ETHERBOOT,
	  .arch = NONE,
	  .files = "a b",
	  .boot_file = "x-slam:///"},
	 VERBATIM("x-slam:///")},
	{"a silent client",
	 {.kind = ASKER_PLAIN,
	  .arch = NONE,
	  .files = "a node.nbi",
	  .boot_file = "node.nbi"},
	 FILE_BY("node.nbi", VIA_TFTP)},
	{"a silent client for which nothing is set",
	 ASK(ASKER_PLAIN, NONE, INSTALLER), NOTHING("no boot file is set")},
	{"a bootfile that is not there",
	 {.kind = ASKER_PLAIN,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=c",
	  .boot_file = "a"},
	 NOTHING("this machine's bootfile")},
	{"a bootfile that is empty",
	 {.kind = ASKER_PLAIN,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile=",
	  .boot_file = "a"},
	 NOTHING("empty")},
	{"a bootfile without a value says nothing",
	 {.kind = ASKER_PLAIN,
	  .arch = NONE,
	  .files = "a b",
	  .machine = "bootfile",
	  .boot_file = "a"},
	 FILE_BY("a", VIA_TFTP)},
	{"boot_file that is not there",
	 {.kind = ASKER_PLAIN, .arch = NONE, .files = "a b", .boot_file = "c"},
	 NOTHING("boot_file of the settings")},

	/* A file that the client named. */
	{"what it named",
	 {.kind = ASKER_PLAIN,
	  .arch = NONE,
	  .files = "mach a",
	  .machine = "name=wendy;bootfile=a",
	  .file = "/mach"},
	 FILE_WHY("mach", VIA_TFTP, "the client named")},
	{"what it named, and has of its own",
	 {.kind = ASKER_NEXT,
	  .arch = NONE,
	  .files = "mach mach.wendy",
	  .machine = "name=wendy",
	  .file = "mach"},
	 FILE_WHY("mach.wendy", VIA_TFTP, "the client named")},
	{"what it named is not there",
	 {.kind = ASKER_PLAIN,
	  .arch = NONE,
	  .files = "mach a",
	  .machine = "bootfile=a",
	  .file = "sdmach"},
	 NOTHING("the client named a file that is not")},
	{"what it named is our script",
	 {.kind = ASKER_IPXE,
	  .arch = NONE,
	  .files = "linux a",
	  .file = "boot.ipxe"},
	 SCRIPT},

	/* NeXT. */
	{"NeXT",
	 {.kind = ASKER_NEXT,
	  .arch = NONE,
	  .files = "mach a",
	  .boot_file = "a"},
	 FILE_WHY("mach", VIA_TFTP, "NeXT")},
	{"NeXT, its own bootfile",
	 {.kind = ASKER_NEXT,
	  .arch = NONE,
	  .files = "mach sdmach a",
	  .machine = "bootfile=sdmach"},
	 FILE_BY("sdmach", VIA_TFTP)},
	{"NeXT, its own mach",
	 {.kind = ASKER_NEXT,
	  .arch = NONE,
	  .files = "mach mach.wendy",
	  .machine = "name=wendy"},
	 FILE_BY("mach.wendy", VIA_TFTP)},
	{"NeXT without mach",
	 {.kind = ASKER_NEXT, .arch = NONE, .files = "a b", .boot_file = "a"},
	 FILE_BY("a", VIA_TFTP)},
	{"NeXT knows no addresses",
	 {.kind = ASKER_NEXT,
	  .arch = NONE,
	  .files = "a mach",
	  .machine = "bootfile=x-slam:///"},
	 FILE_BY("mach", VIA_TFTP)},

	/* One file to boot. */
	{"one file, Etherboot", ASK(ASKER_ETHERBOOT, NONE, "node.nbi"),
	 FILE_WHY("node.nbi", VIA_SLAM, "the only file")},
	{"one file and its manifest",
	 ASK(ASKER_ETHERBOOT, NONE, "node.nbi.manifest node.nbi"),
	 FILE_WHY("node.nbi", VIA_SLAM, "the only file")},
	{"one file, PXE", ASK(ASKER_PXE, X64, "node.nbi"),
	 FILE_BY("node.nbi", VIA_TFTP)},
	{"one file, muster", ASK(ASKER_MUSTER, NONE, "linux"),
	 FILE_WHY("linux", VIA_TRAIN, "the only file")},
	{"one file that is to be a kernel",
	 {.kind = ASKER_MUSTER,
	  .arch = NONE,
	  .files = "linux",
	  .machine = "kernel=linux;arguments=quiet"},
	 SCRIPT},
	{"one file, an operating system",
	 ASK(ASKER_SYSTEM, NONE, "node.nbi"),
	 {.kind = BOOT_NOTHING}},
	{"one file, a silent client", ASK(ASKER_PLAIN, NONE, "node.nbi"),
	 FILE_BY("node.nbi", VIA_TFTP)},
	{"one file, and it is the loader that asks",
	 ASK(ASKER_IPXE, NONE, "ipxe.efi"), NOTHING("no kernel")},
	{"no file at all", ASK(ASKER_ETHERBOOT, NONE, NULL),
	 NOTHING("no boot file is set")},
};

static bool is_answer(const struct boot_choice *c, const struct answer *a)
{
	if (c->kind != a->kind || !c->why)
		return false;
	if (a->why && !strstr(c->why, a->why))
		return false;
	switch (c->kind) {
	case BOOT_NOTHING:
		return true;
	case BOOT_SCRIPT:
		return c->via == a->via;
	case BOOT_VERBATIM:
		return !strcmp(c->verbatim, a->name);
	case BOOT_FILE:
		break;
	}
	return c->via == a->via && !strcmp(c->image->name, a->name);
}

static void a_file_too_long_for_mtftp_goes_by_tftp(void **state)
{
	const struct question q = VIA(ASKER_IPXE, BIOS, MTFTP);
	struct boot_choice c;
	struct scene s;

	(void)state;
	set_the_scene(&s, &q);
	for (uint64_t more = 0; more < 2; more++) {
		assert_int_equal(images_put(s.images, "b",
					    UINT64_C(65535) * 512 - 1 + more,
					    (usec)more + 2, NULL),
				 0);
		policy_boot(&s.settings, s.images, &s.asker, &c);
		assert_int_equal(c.via, more ? VIA_TFTP : VIA_MTFTP);
	}
	strike(&s);
}

static void every_file_has_a_group_of_its_own(void **state)
{
	const struct question q = {.files = "a"};
	struct endpoint seen[101];
	struct scene s;
	uint32_t at = 0, n = 0;

	(void)state;
	set_the_scene(&s, &q);
	for (int i = 0; i < 99; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		assert_int_equal(images_put(s.images, name, 1000, 1, NULL), 0);
	}
	for (const struct image *im; (im = images_next(s.images, &at)); n++) {
		assert_true(policy_mtftp_group(&s.settings, im, &seen[n]));
		assert_true(seen[n].ip >= IP4(239, 255, 2, 0) &&
			    seen[n].ip <= IP4(239, 255, 2, 255));
		for (uint32_t k = 0; k < n; k++)
			assert_false(endpoint_is(seen[k], seen[n]));
	}
	assert_int_equal(n, 100);
	strike(&s);
}

static void every_asker_gets_what_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct boot_choice c;
		struct scene s;

		set_the_scene(&s, &table[i].q);
		policy_boot(&s.settings, s.images, &s.asker, &c);
		if (!is_answer(&c, &table[i].a))
			fail_msg("%s: got %d %s by %d: %s", table[i].says,
				 (int)c.kind, c.image ? c.image->name : "-",
				 (int)c.via, c.why ? c.why : "(no word why)");
		strike(&s);
	}
}

static void a_long_name_finds_nothing(void **state)
{
	struct question q = {.kind = ASKER_PLAIN,
			     .arch = NONE,
			     .files = "a b",
			     .machine = "name=wendy"};
	struct boot_choice c;
	struct scene s;
	char name[400];

	(void)state;
	memset(name, 'x', sizeof name);
	name[sizeof name - 1] = 0;
	q.file = name;
	set_the_scene(&s, &q);
	policy_boot(&s.settings, s.images, &s.asker, &c);
	assert_int_equal(c.kind, BOOT_NOTHING);
	strike(&s);
}

static void quirks_are_words(void **state)
{
	static const struct {
		const char *props;
		unsigned quirks;
	} words[] = {
		{"name=indy", 0},
		{"rom_quirks", 0},
		{"rom_quirks=", 0},
		{"rom_quirks=low-ports,no-df", QUIRK_LOW_PORTS | QUIRK_NO_DF},
		{"rom_quirks=no-options small-blocks",
		 QUIRK_NO_OPTIONS | QUIRK_SMALL_BLOCKS},
		{"rom_quirks= Roll-To-1  broadcast ",
		 QUIRK_ROLL_TO_1 | QUIRK_BROADCAST},
		{"rom_quirks=slow-slam,slow,no-dfs", QUIRK_SLOW_SLAM},
	};

	(void)state;
	assert_int_equal(policy_quirks(NULL), 0);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct props p;
		struct entry e = {.props = props(&p, words[i].props)};

		assert_int_equal(policy_quirks(&e), words[i].quirks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_too_long_for_mtftp_goes_by_tftp),
		cmocka_unit_test(every_file_has_a_group_of_its_own),
		cmocka_unit_test(every_asker_gets_what_the_table_says),
		cmocka_unit_test(a_long_name_finds_nothing),
		cmocka_unit_test(quirks_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
