/*
 * What a boot script says: kernel, initrds, arguments, for each question.
 */
#include "base/text.h"
#include "policy_scene.h"

static const struct {
	const char *says;
	struct question q;
	const char *loads; /* NULL: nothing */
	enum transport via;
} loads[] = {
	{.says = "Debian's installer",
	 .q = {.kind = ASKER_MUSTER, .arch = NONE, .files = INSTALLER},
	 .loads = "debian-installer/amd64/linux "
		  "debian-installer/amd64/initrd.gz []",
	 .via = VIA_TRAIN},
	{.says = "iPXE takes them by TFTP",
	 .q = {.kind = ASKER_IPXE,
	       .arch = BIOS,
	       .files = INSTALLER,
	       .initrd = "pxelinux.0"},
	 .loads = "debian-installer/amd64/linux pxelinux.0 []",
	 .via = VIA_TFTP},
	{.says = "names with versions",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "vmlinuz-6.1 initramfs-6.1.img"},
	 .loads = "vmlinuz-6.1 initramfs-6.1.img []",
	 .via = VIA_TRAIN},
	{.says = "a kernel alone",
	 .q = {.kind = ASKER_MUSTER, .arch = NONE, .files = "bzImage readme"},
	 .loads = "bzImage []",
	 .via = VIA_TRAIN},
	{.says = "a name before the beginning of one",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "vmlinuz vmlinuz-old"},
	 .loads = "vmlinuz []",
	 .via = VIA_TRAIN},
	{.says = "the boot directory before those below",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "sub/linux vmlinuz-5"},
	 .loads = "vmlinuz-5 []",
	 .via = VIA_TRAIN},
	{.says = "two kernels by custom",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "vmlinuz-5 vmlinuz-6"}},
	{.says = "a kernel by name, its initrd by version",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "vmlinuz-5 vmlinuz-6 initrd.img-5 initrd.img-6 linux",
	       .kernel = "vmlinuz-6"},
	 .loads = "vmlinuz-6 initrd.img-6 []",
	 .via = VIA_TRAIN},
	{.says = "a kernel by name, and initrds of which none is its",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "k initrd.a initrd.b",
	       .kernel = "k"}},
	{.says = "an initrd elsewhere, for a kernel by custom",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "a/linux b/initrd.gz"},
	 .loads = "a/linux b/initrd.gz []",
	 .via = VIA_TRAIN},
	{.says = "but for a kernel by name only beside it",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "a/linux b/initrd.gz",
	       .kernel = "a/linux"},
	 .loads = "a/linux []",
	 .via = VIA_TRAIN},
	{.says = "the machine's own",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "k i j linux initrd",
	       .machine = "kernel=k;initrd=i,j;arguments=console=ttyS0",
	       .kernel = "linux",
	       .initrd = "initrd"},
	 .loads = "k i j [console=ttyS0]",
	 .via = VIA_TRAIN},
	{.says = "the settings' initrd is not for the machine's own kernel",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "k linux initrd other",
	       .machine = "kernel=k",
	       .kernel = "linux",
	       .initrd = "other"},
	 .loads = "k initrd []",
	 .via = VIA_TRAIN},
	{.says = "the machine wants no initrd",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "linux initrd",
	       .machine = "initrd"},
	 .loads = "linux []",
	 .via = VIA_TRAIN},
	{.says = "the machine's initrd is not there",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "linux initrd",
	       .machine = "initrd=inird"}},
	{.says = "the settings' initrd is not there",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "linux initrd",
	       .initrd = "inird"}},
	{.says = "four initrds",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "linux a b c d",
	       .machine = "initrd=a,b,c,d"},
	 .loads = "linux a b c d []",
	 .via = VIA_TRAIN},
	{.says = "five are too many",
	 .q = {.kind = ASKER_MUSTER,
	       .arch = NONE,
	       .files = "linux a b c d e",
	       .machine = "initrd=a,b,c,d,e"}},
	{.says = "no kernel",
	 .q = {.kind = ASKER_MUSTER, .arch = NONE, .files = "initrd"}},
};

static void every_kernel_comes_with_its_initrd(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
		struct boot_load b;
		struct scene s;
		char said[512] = "";
		struct text t = text_over(said, sizeof said);

		set_the_scene(&s, &loads[i].q);
		bool found = policy_load(&s.settings, s.images, &s.asker, &b);

		if (found) {
			text_add(&t, b.kernel->name);
			for (unsigned k = 0; k < b.initrds; k++) {
				text_add(&t, " ");
				text_add(&t, b.initrd[k]->name);
			}
			text_add(&t, " [");
			text_add(&t, b.arguments);
			text_add(&t, "]");
		}
		if (found != (loads[i].loads != NULL) ||
		    (found &&
		     (strcmp(said, loads[i].loads) || b.via != loads[i].via)))
			fail_msg("%s: got %s", loads[i].says, said);
		strike(&s);
	}
}

static void slam_carries_all_files_of_a_boot_or_none(void **state)
{
	struct question q = {
		.kind = ASKER_MUSTER, .arch = NONE, .files = "linux initrd"};
	struct boot_choice c;
	struct boot_load b;
	struct scene s;

	(void)state;
	set_the_scene(&s, &q);
	images_put(s.images, "initrd", IMAGE_SLAM_MAX + 1, 2, NULL);
	assert_true(policy_load(&s.settings, s.images, &s.asker, &b));
	assert_int_equal(b.via, VIA_TRAIN);
	s.settings.transport = VIA_SLAM;
	assert_true(policy_load(&s.settings, s.images, &s.asker, &b));
	assert_int_equal(b.via, VIA_TFTP);
	fill(s.settings.arguments, sizeof s.settings.arguments, "quiet");
	assert_true(policy_load(&s.settings, s.images, &s.asker, &b));
	assert_string_equal(b.arguments, "quiet");

	s.asker.file = "initrd";
	policy_boot(&s.settings, s.images, &s.asker, &c);
	assert_int_equal(c.kind, BOOT_FILE);
	assert_int_equal(c.via, VIA_TFTP);
	strike(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kernel_comes_with_its_initrd),
		cmocka_unit_test(slam_carries_all_files_of_a_boot_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
