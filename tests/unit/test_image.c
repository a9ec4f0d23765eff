/*
 * The catalogue: names, ids, versions, ports for SLAM, and look-ups by the last
 * part of a name.
 */
#include "model/image.h"
#include "purse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST = 10000, PORTS = 50 };

static struct purse purse;

static struct images *catalogue(uint16_t ports)
{
	struct images *t = NULL;

	assert_int_equal(images_open(&t, purse_open(&purse), FIRST, ports, 3),
			 0);
	return t;
}

static void done(struct images *t)
{
	images_close(t);
	assert_int_equal(purse.out, 0);
}

static const struct image *put(struct images *t, const char *name,
			       uint64_t size)
{
	const struct image *im = NULL;

	assert_int_equal(images_put(t, name, size, 1, &im), 0);
	return im;
}

static const struct image *named(const struct images *t, const char *name)
{
	return images_find(t, name, strlen(name));
}

static void keeps_an_id_with_a_name(void **state)
{
	struct images *t = catalogue(PORTS);
	const struct image *linux = put(t, "linux", 9), *initrd;

	(void)state;
	initrd = put(t, "initrd.gz", 10);
	assert_int_equal(linux->id, 1);
	assert_int_equal(initrd->id, 2);
	assert_ptr_equal(images_get(t, 1), linux);
	assert_null(images_get(t, 0));
	assert_null(images_get(t, 3));
	images_gone(t, "linux");
	images_gone(t, "linux");
	images_gone(t, "never there");
	assert_false(linux->is_there);
	assert_null(named(t, "linux"));
	assert_int_equal(images_count(t), 1);
	assert_ptr_equal(images_get(t, 1), linux);
	assert_ptr_equal(put(t, "linux", 9), linux);
	assert_ptr_equal(named(t, "linux"), linux);
	done(t);
}

static void counts_versions(void **state)
{
	struct images *t = catalogue(PORTS);
	const struct image *im = put(t, "linux", 9);

	(void)state;
	assert_int_equal(im->version, 1);
	put(t, "linux", 9);
	assert_int_equal(im->version, 1);
	images_put(t, "linux", 9, 2, NULL);
	assert_int_equal(im->version, 2);
	images_put(t, "linux", 10, 2, NULL);
	assert_int_equal(im->version, 3);
	images_gone(t, "linux");
	images_put(t, "linux", 10, 2, NULL);
	assert_int_equal(im->version, 4);
	done(t);
}

static void finds_names_as_old_roms_spell_them(void **state)
{
	static const struct {
		const char *asked;
		bool found;
	} table[] = {
		{"boot/linux", true},
		{"/boot/linux", true},
		{"///boot/linux", true},
		{"/srv/tftp/boot/linux", true},
		{"srv/tftp//boot/linux", true},
		{"/srv/tftpboot/linux", false},
		{"/srv/tftp", false},
		{"/srv/tftp/", false},
		{"boot/Linux", false},
		{"boot/linux2", false},
		{"boot/linu", false},
		{"/", false},
		{"", false},
	};
	struct images *t = catalogue(PORTS);
	const struct image *im = put(t, "boot/linux", 9);

	(void)state;
	images_root(t, "/srv/tftp/");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_ptr_equal(named(t, table[i].asked),
				 table[i].found ? im : NULL);
	assert_ptr_equal(images_find(t, "boot/linux and more", 10), im);
	/* A file that is really called so comes first. */
	im = put(t, "srv/tftp/boot/linux", 8);
	assert_ptr_equal(named(t, "/srv/tftp/boot/linux"), im);
	images_root(t, "/");
	assert_null(named(t, "/srv/tftp/boot/linus"));
	done(t);
}

static void refuses_names_that_are_none(void **state)
{
	struct images *t = catalogue(PORTS);
	char name[IMAGE_NAME + 1] = {0};

	(void)state;
	memset(name, 'n', IMAGE_NAME - 1);
	assert_int_equal(images_put(t, name, 1, 1, NULL), 0);
	assert_non_null(named(t, name));
	name[IMAGE_NAME - 1] = 'n';
	assert_int_equal(images_put(t, name, 1, 1, NULL), -ENAMETOOLONG);
	assert_int_equal(images_prefer(t, name), -ENAMETOOLONG);
	assert_int_equal(images_put(t, "", 1, 1, NULL), -EINVAL);
	assert_int_equal(images_put(t, "/etc/passwd", 1, 1, NULL), -EINVAL);
	assert_int_equal(images_count(t), 1);
	done(t);
}

static void gives_every_file_a_port_of_its_own(void **state)
{
	struct images *t = catalogue(PORTS);
	bool used[PORTS + 1] = {false};
	char name[16];

	(void)state;
	for (int i = 0; i < PORTS; i++) {
		snprintf(name, sizeof name, "file%d", i);
		const struct image *im = put(t, name, 9);

		assert_in_range(im->slam_port, FIRST + 1, FIRST + PORTS);
		assert_false(used[im->slam_port - FIRST]);
		used[im->slam_port - FIRST] = true;
		assert_ptr_equal(images_by_port(t, im->slam_port), im);
	}
	assert_int_equal(put(t, "one more", 9)->slam_port, 0);
	assert_null(images_by_port(t, FIRST));
	assert_null(images_by_port(t, FIRST - 1));
	assert_null(images_by_port(t, FIRST + PORTS + 1));
	/* When one is gone for good, its port serves another. */
	uint16_t port = named(t, "file7")->slam_port;

	images_gone(t, "file7");
	assert_null(images_by_port(t, port));
	assert_int_equal(put(t, "one more", 9)->slam_port, port);
	assert_int_equal(put(t, "file7", 9)->slam_port, 0);
	done(t);
}

/* Another one's manifest is no file that anybody loads. */
static void a_sidecar_has_no_port_and_does_not_count(void **state)
{
	struct images *t = catalogue(PORTS);
	const struct image *im = put(t, "linux.manifest", 200);

	(void)state;
	assert_true(im->is_sidecar);
	assert_int_equal(im->slam_port, 0);
	assert_int_equal(images_count(t), 0);
	assert_false(put(t, "linux", 9)->is_sidecar);
	assert_false(put(t, ".manifest", 9)->is_sidecar);
	assert_int_equal(images_count(t), 2);
	assert_ptr_equal(named(t, "linux.manifest"), im);
	images_gone(t, "linux.manifest");
	assert_int_equal(images_count(t), 2);
	put(t, "linux.manifest", 300);
	assert_int_equal(images_count(t), 2);
	assert_int_equal(im->slam_port, 0);
	done(t);
}

static void gives_the_same_ports_after_a_restart(void **state)
{
	static const char *const names[] = {"linux", "initrd.gz", "a/b", "c"};
	uint16_t ports[4];
	struct images *t = catalogue(1000);

	(void)state;
	for (int i = 0; i < 4; i++)
		ports[i] = put(t, names[i], 9)->slam_port;
	done(t);
	images_open(&t, purse_open(&purse), FIRST, 1000, 77);
	for (int i = 0; i < 4; i++)
		assert_int_equal(put(t, names[3 - i], 9)->slam_port,
				 ports[3 - i]);
	/* Not even with another file can they move: clients hold them. */
	images_gone(t, "linux");
	assert_int_equal(put(t, "linux", 10)->slam_port, ports[0]);
	done(t);
}

static void gives_the_first_port_to_the_preferred_file(void **state)
{
	struct images *t = catalogue(PORTS);
	const struct image *linux = put(t, "linux", 9), *other;
	uint16_t port = linux->slam_port;

	(void)state;
	other = put(t, "other", 9);
	assert_int_equal(images_prefer(t, "linux"), 0);
	assert_int_equal(linux->slam_port, FIRST);
	assert_null(images_by_port(t, port));
	assert_int_equal(images_prefer(t, "other"), 0);
	assert_int_equal(other->slam_port, FIRST);
	assert_int_equal(linux->slam_port, port);
	/* Preferred before it is there. */
	assert_int_equal(images_prefer(t, "later"), 0);
	assert_null(images_by_port(t, FIRST));
	assert_int_equal(put(t, "later", 9)->slam_port, FIRST);
	assert_int_equal(images_prefer(t, ""), 0);
	assert_null(images_by_port(t, FIRST));
	done(t);
}

static void serves_no_file_by_slam_that_slam_cannot_carry(void **state)
{
	struct images *t = catalogue(PORTS);
	const struct image *im = put(t, "image", 0);

	(void)state;
	assert_int_equal(im->slam_port, 0);
	put(t, "image", IMAGE_SLAM_MAX);
	uint16_t port = im->slam_port;

	assert_in_range(port, FIRST + 1, FIRST + PORTS);
	put(t, "image", IMAGE_SLAM_MAX + 1);
	assert_int_equal(im->slam_port, 0);
	assert_null(images_by_port(t, port));
	put(t, "image", 1);
	assert_int_equal(im->slam_port, port);
	done(t);
}

static void keeps_ports_below_65536(void **state)
{
	struct images *t = NULL;
	char name[16];

	(void)state;
	images_open(&t, purse_open(&purse), 65530, 1000, 3);
	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof name, "file%d", i);
		const struct image *im = put(t, name, 9);

		assert_true(i < 5 ? im->slam_port > 65530 : !im->slam_port);
	}
	done(t);
	images_open(&t, purse_open(&purse), 69, 0, 3);
	images_prefer(t, "only");
	assert_int_equal(put(t, "other", 9)->slam_port, 0);
	assert_int_equal(put(t, "only", 9)->slam_port, 69);
	done(t);
}

static const struct image *match(const struct images *t, const char *dir,
				 const char *base, bool is_prefix)
{
	struct image_pattern p = {dir, dir ? strlen(dir) : 0, base, is_prefix};
	bool several;
	const struct image *im = images_match(t, &p, &several);

	assert_false(im && several);
	if (several)
		return images_get(t, 1); /* in these tests: a signpost */
	return im;
}

static void finds_files_by_the_last_part_of_their_names(void **state)
{
	struct images *t = catalogue(PORTS);
	const struct image *several = put(t, "signpost", 9);
	const struct image *top = put(t, "linux", 9), *old, *debian, *initrd;

	(void)state;
	old = put(t, "old/vmlinuz-5", 9);
	debian = put(t, "debian-installer/amd64/vmlinuz-6", 9);
	initrd = put(t, "debian-installer/amd64/initrd.gz", 9);
	put(t, "debian-installer/amd64/initrd.gz.sha256", 9);
	put(t, "debian-installer/amd64/initrd.gz/odd", 9);

	assert_ptr_equal(match(t, NULL, "linux", false), top);
	assert_ptr_equal(match(t, "", "linux", false), top);
	assert_ptr_equal(match(t, NULL, "linu", true), top);
	assert_null(match(t, NULL, "linu", false));
	assert_null(match(t, "old", "linux", false));
	assert_ptr_equal(match(t, NULL, "vmlinuz-5", false), old);
	assert_ptr_equal(match(t, NULL, "vmlinuz", true), several);
	assert_ptr_equal(match(t, "old", "vmlinuz", true), old);
	assert_ptr_equal(match(t, "debian-installer/amd64", "vmlinuz", true),
			 debian);
	assert_null(match(t, "", "vmlinuz", true));
	assert_null(match(t, "debian-installer", "vmlinuz", true));
	assert_ptr_equal(match(t, NULL, "initrd", true), initrd);
	assert_ptr_equal(match(t, "debian-installer/amd64", "initrd", true),
			 initrd);
	images_gone(t, "old/vmlinuz-5");
	assert_ptr_equal(match(t, NULL, "vmlinuz", true), debian);
	put(t, "sub/linux", 9);
	assert_ptr_equal(match(t, NULL, "linux", false), several);
	assert_ptr_equal(match(t, "", "linux", false), top);
	done(t);
}

static void walks_all_that_are_there(void **state)
{
	struct images *t = catalogue(PORTS);
	uint32_t n = 0;
	char name[16];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "file%d", i * 7919 % 300);
		put(t, name, 9);
	}
	for (int i = 0; i < 300; i += 3) {
		snprintf(name, sizeof name, "file%d", i);
		images_gone(t, name);
	}
	for (uint32_t at = 0; images_next(t, &at);)
		n++;
	assert_int_equal(n, 200);
	assert_int_equal(images_count(t), 200);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "file%d", i);
		assert_int_equal(match(t, NULL, name, false) != NULL,
				 i % 3 != 0);
		assert_int_equal(match(t, "", name, false) != NULL, i % 3 != 0);
	}
	done(t);
}

static void says_when_memory_is_short(void **state)
{
	(void)state;
	for (long pieces = 0;; pieces++) {
		const struct alloc *alloc = purse_open(&purse);
		struct images *t = NULL;
		int rc, n;

		purse.left = pieces;
		rc = images_open(&t, alloc, FIRST, PORTS, 3);
		for (n = 0; !rc && n < 40; n++) {
			char name[2] = {(char)('A' + n), 0};

			rc = images_put(t, name, 9, 1, NULL);
			assert_int_equal(images_count(t),
					 (uint32_t)n + (rc == 0));
		}
		images_close(t);
		assert_int_equal(purse.out, 0);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_true(pieces < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_an_id_with_a_name),
		cmocka_unit_test(counts_versions),
		cmocka_unit_test(finds_names_as_old_roms_spell_them),
		cmocka_unit_test(refuses_names_that_are_none),
		cmocka_unit_test(gives_every_file_a_port_of_its_own),
		cmocka_unit_test(a_sidecar_has_no_port_and_does_not_count),
		cmocka_unit_test(gives_the_same_ports_after_a_restart),
		cmocka_unit_test(gives_the_first_port_to_the_preferred_file),
		cmocka_unit_test(serves_no_file_by_slam_that_slam_cannot_carry),
		cmocka_unit_test(keeps_ports_below_65536),
		cmocka_unit_test(finds_files_by_the_last_part_of_their_names),
		cmocka_unit_test(walks_all_that_are_there),
		cmocka_unit_test(says_when_memory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
