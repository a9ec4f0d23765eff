/*
 * The versions that were had, in their file: what is remembered, and what of a
 * damaged one is refused.
 */
#include "app/fresh.h"
#include "app/versions.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char dir[64], path[128];
};

static int open_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	snprintf(p->dir, sizeof(p->dir), "/tmp/muster-versions.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/muster/versions", p->dir);
	*state = p;
	return 0;
}

static int close_place(void **state)
{
	struct place *p = *state;
	char lock[160];

	snprintf(lock, sizeof(lock), "%s.lock", p->path);
	(void)unlink(lock);
	(void)unlink(p->path);
	snprintf(lock, sizeof(lock), "%s/muster", p->dir);
	(void)rmdir(lock);
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static struct versions *open_it(const struct place *p)
{
	struct versions *v = NULL;
	unsigned line;

	assert_int_equal(versions_open(&v, p->path, &line), 0);
	return v;
}

static void note(const struct place *p, uint8_t key, const char *name,
		 uint64_t version)
{
	struct versions *v = open_it(p);
	struct manifest m = {.version = version};

	snprintf(m.name, sizeof(m.name), "%s", name);
	memset(m.key_id, key, sizeof(m.key_id));
	assert_int_equal(versions_note(v, &m), 0);
	versions_close(v);
}

static void check_file(const struct place *p, const char *want)
{
	char text[4096];
	ssize_t n = file_get(p->path, text, sizeof(text) - 1);

	assert_true(n >= 0);
	text[n] = 0;
	assert_string_equal(text, want);
}

static void the_highest_of_each_is_kept(void **state)
{
	struct place *p = *state;

	note(p, 0xab, "linux", 5);
	note(p, 0xab, "linux", 7);
	note(p, 0xab, "linux", 6);
	note(p, 0x12, "linux", 1);
	note(p, 0xab, "initrd", 2);
	check_file(p, "abababababababab 7 linux\n"
		      "1212121212121212 1 linux\n"
		      "abababababababab 2 initrd\n");
}

static void what_was_written_is_read(void **state)
{
	struct place *p = *state;
	const struct loadc_seen *all;
	struct versions *v;
	unsigned n;

	note(p, 0xab, "a b/100%\n\xe9", UINT64_MAX);
	check_file(p, "abababababababab 9999999999999999999 "
		      "a%20b/100%25%0a%e9\n");
	v = open_it(p);
	all = versions_all(v, &n);
	assert_int_equal(n, 1);
	assert_string_equal(all[0].name, "a b/100%\n\xe9");
	assert_int_equal(all[0].version, UINT64_C(9999999999999999999));
	assert_int_equal(all[0].key_id[7], 0xab);
	versions_close(v);
}

/* Two that load at once: neither takes back what the other has noted. */
static void others_may_write_meanwhile(void **state)
{
	struct place *p = *state;
	struct versions *v = open_it(p);
	struct manifest m = {.version = 3, .name = "linux"};

	note(p, 0, "linux", 4);
	note(p, 0, "initrd", 9);
	assert_int_equal(versions_note(v, &m), 0);
	versions_close(v);
	check_file(p, "0000000000000000 4 linux\n"
		      "0000000000000000 9 initrd\n");
}

static void a_damaged_file_is_not_overlooked(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} rows[] = {
		{"abababababababab 7 linux", 1}, /* no newline: cut off */
		{"abababababababab 7 linux\n\n", 2},
		{"abababababababab linux\n", 1},
		{"abababababababab 7 \n", 1},
		{"ababababababababab 7 linux\n", 1},
		{"abababababababab -7 linux\n", 1},
		{"abababababababab 7 lin%zzux\n", 1},
		{"abababababababab 7 linux%0\n", 1},
		{"abababababababab 7 lin%00ux\n", 1},
	};
	struct place *p = *state;

	note(p, 0, "linux", 4);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct versions *v;
		unsigned line;

		assert_int_equal(fresh_put(p->path, 0644, rows[i].text,
					   strlen(rows[i].text)),
				 0);
		assert_int_equal(versions_open(&v, p->path, &line), -EBADMSG);
		assert_int_equal(line, rows[i].line);
	}
}

int main(void)
{
#define IN_A_PLACE(f)                                                          \
	cmocka_unit_test_setup_teardown(f, open_place, close_place)
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(the_highest_of_each_is_kept),
		IN_A_PLACE(what_was_written_is_read),
		IN_A_PLACE(others_may_write_meanwhile),
		IN_A_PLACE(a_damaged_file_is_not_overlooked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
