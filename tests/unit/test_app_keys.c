/*
 * Key pairs: their text, their files, and what is refused.
 */
#include "app/fresh.h"
#include "app/keys.h"
#include "host/crypt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char dir[64], secret[80], public[80];
};

static int open_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	snprintf(p->dir, sizeof(p->dir), "/tmp/muster-keys.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->secret, sizeof(p->secret), "%s/key", p->dir);
	snprintf(p->public, sizeof(p->public), "%s/key.pub", p->dir);
	*state = p;
	return 0;
}

static int close_place(void **state)
{
	struct place *p = *state;

	(void)unlink(p->secret);
	(void)unlink(p->public);
	assert_int_equal(rmdir(p->dir), 0); /* nothing else was left */
	free(p);
	return 0;
}

static void make(struct place *p, struct key *k)
{
	const char *why = "";

	if (keys_make(p->secret, "anna@room 7", k, &why))
		fail_msg("%s", why);
}

static void a_new_pair_is_read_and_signs(void **state)
{
	struct place *p = *state;
	uint8_t signature[CRYPT_SIGNATURE];
	struct secret_key secret;
	struct key made, read;
	struct stat st;
	const char *why;

	make(p, &made);
	assert_int_equal(keys_public(p->public, &read, &why), 0);
	assert_memory_equal(read.bytes, made.bytes, CRYPT_KEY);
	assert_memory_equal(read.id, made.id, MANIFEST_KEY_ID);
	assert_string_equal(read.comment, "anna@room 7");
	assert_int_equal(keys_secret(p->secret, &secret, &why), 0);
	assert_memory_equal(secret.id, made.id, MANIFEST_KEY_ID);
	keys_sign(&secret, "72", 2, signature);
	assert_true(host_crypt.verify(signature, "72", 2, read.bytes));
	assert_false(host_crypt.verify(signature, "73", 2, read.bytes));
	assert_int_equal(stat(p->secret, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void no_two_pairs_are_alike(void **state)
{
	struct place *p = *state;
	struct key one, two;

	make(p, &one);
	assert_int_equal(unlink(p->secret), 0);
	assert_int_equal(unlink(p->public), 0);
	make(p, &two);
	assert_memory_not_equal(one.bytes, two.bytes, CRYPT_KEY);
}

static void a_pair_is_never_replaced(void **state)
{
	struct place *p = *state;
	char was[KEY_LINE] = "", is[KEY_LINE] = "";
	struct key k;
	const char *why;

	make(p, &k);
	assert_true(file_get(p->secret, was, sizeof(was)) > 0);
	assert_int_equal(keys_make(p->secret, "", &k, &why), -EEXIST);
	assert_int_equal(unlink(p->public), 0);
	assert_int_equal(keys_make(p->secret, "", &k, &why), -EEXIST);
	assert_true(file_get(p->secret, is, sizeof(is)) > 0);
	assert_string_equal(was, is);
	assert_int_equal(access(p->public, F_OK), -1);
}

static void a_secret_that_others_may_read_is_not_used(void **state)
{
	struct place *p = *state;
	struct secret_key secret;
	struct key k;
	const char *why = "";

	make(p, &k);
	assert_int_equal(chmod(p->secret, 0640), 0);
	assert_int_equal(keys_secret(p->secret, &secret, &why), -EPERM);
	assert_non_null(strstr(why, "chmod 600"));
}

static void the_halves_of_a_pair_are_told_apart(void **state)
{
	struct place *p = *state;
	struct secret_key secret;
	struct key k;
	const char *why = "";

	make(p, &k);
	assert_int_equal(keys_public(p->secret, &k, &why), -EINVAL);
	assert_non_null(strstr(why, "secret key"));
	assert_int_equal(keys_secret(p->public, &secret, &why), -EINVAL);
	assert_non_null(strstr(why, "public key"));
	assert_int_equal(keys_public(p->dir, &k, &why), -EISDIR);
	assert_int_equal(unlink(p->public), 0);
	assert_int_equal(keys_public(p->public, &k, &why), -ENOENT);
}

/* ---- their text --------------------------------------------------------- */

/* The public key of RFC 8032 7.1, test 2. */
#define TEST_2                                                                 \
	"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define ID_2 "6ec9e955a19ba3c9"

static bool is_key(const char *text)
{
	struct key k;

	return key_get(&k, text, strlen(text), &host_crypt);
}

static void a_key_is_one_line(void **state)
{
	static const char line[] = "muster-key-1 " TEST_2 " " ID_2
				   " of RFC 8032\n";
	char again[KEY_LINE];
	struct key k;

	(void)state;
	assert_true(key_get(&k, line, strlen(line), &host_crypt));
	assert_false(k.is_secret);
	assert_string_equal(k.comment, "of RFC 8032");
	key_put(&k, again);
	assert_string_equal(again, line);
	assert_true(is_key("muster-key-1 " TEST_2 " " ID_2));
	assert_true(is_key("muster-secret-1 " TEST_2 " 0000000000000000\n"));
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"muster-key-1",
		"muster-key-1 " TEST_2,
		"muster-key-2 " TEST_2 " " ID_2,
		/* One digit is another, or missing, or one too many. */
		"muster-key-1 " TEST_2 " 6ec9e955a19ba3c8",
		"muster-key-1 4" TEST_2 " " ID_2,
		"muster-key-1 " TEST_2 " " ID_2 "0",
		"muster-key-1  " TEST_2 " " ID_2,
		"muster-key-1 " TEST_2 " " ID_2 " a\nb",
		"muster-key-1 " TEST_2 " " ID_2 " \033[1m",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (is_key(lines[i]))
			fail_msg("\"%s\" was taken", lines[i]);
}

static void a_comment_has_its_room_and_no_more(void **state)
{
	char line[KEY_LINE], again[KEY_LINE];
	struct key k;
	int len;

	(void)state;
	len = snprintf(line, sizeof(line), "muster-key-1 %s %s %095d\n", TEST_2,
		       ID_2, 7);
	assert_true(key_get(&k, line, (size_t)len, &host_crypt));
	key_put(&k, again);
	assert_string_equal(again, line);
	len = snprintf(line, sizeof(line), "muster-key-1 %s %s %096d\n", TEST_2,
		       ID_2, 7);
	assert_false(key_get(&k, line, (size_t)len, &host_crypt));
	/* One that came from elsewhere can't break the line. */
	snprintf(k.comment, sizeof(k.comment), "a\nmuster-key-1");
	key_put(&k, again);
	assert_non_null(strstr(again, " amuster-key-1\n"));
}

/* ---- files that are there whole or not at all --------------------------- */

static void a_fresh_file_has_its_name_at_the_end(void **state)
{
	struct place *p = *state;
	struct fresh f;
	char text[16] = "";

	assert_int_equal(fresh_open(&f, p->secret, 0644), 0);
	assert_int_equal(fresh_write(&f, "new", 3), 0);
	assert_int_equal(access(p->secret, F_OK), -1);
	assert_int_equal(fresh_name(&f), 0);
	assert_int_equal(file_get(p->secret, text, sizeof(text)), 3);
	assert_string_equal(text, "new");
	assert_int_equal(file_get(p->secret, text, 3), 3);
	assert_int_equal(file_get(p->secret, text, 2), -EFBIG);
	assert_int_equal(fresh_open(&f, p->secret, 0644), 0);
	assert_int_equal(fresh_write(&f, "newer", 5), 0);
	fresh_drop(&f);
	assert_int_equal(file_get(p->secret, text, sizeof(text)), 3);
	assert_int_equal(fresh_put(p->secret, 0644, "newest", 6), 0);
	assert_int_equal(file_get(p->secret, text, sizeof(text)), 6);
}

int main(void)
{
#define IN_A_PLACE(f)                                                          \
	cmocka_unit_test_setup_teardown(f, open_place, close_place)
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(a_new_pair_is_read_and_signs),
		IN_A_PLACE(no_two_pairs_are_alike),
		IN_A_PLACE(a_pair_is_never_replaced),
		IN_A_PLACE(a_secret_that_others_may_read_is_not_used),
		IN_A_PLACE(the_halves_of_a_pair_are_told_apart),
		cmocka_unit_test(a_key_is_one_line),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(a_comment_has_its_room_and_no_more),
		IN_A_PLACE(a_fresh_file_has_its_name_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
