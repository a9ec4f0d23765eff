/*
 * The answerer's thread, and passwords: hashes of every age, and what is none.
 */
#include "app/answerer.h"
#include "host/password.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_hash_that_was_made_is_found_right_again(void **state)
{
	char hash[PASSWORD_HASH];

	(void)state;
	assert_int_equal(password_hash("secret", hash), 0);
	assert_int_equal(password_check("secret", hash), 0);
	assert_int_equal(password_check("Secret", hash), -EACCES);
	assert_int_equal(password_check("", hash), -EACCES);
}

static void hashes_of_other_systems_are_known(void **state)
{
	(void)state;
	/* DES, as NEXTSTEP's passwd made them, and SHA-512 */
	assert_int_equal(password_check("secret", "abNANd1rDfiNc"), 0);
	assert_int_equal(password_check("Secret", "abNANd1rDfiNc"), -EACCES);
	assert_int_equal(
		password_check("Hello world!",
			       "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHW"
			       "jl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS"
			       "35inz1"),
		0);
}

static void what_is_no_hash_is_nobodys_password(void **state)
{
	static const char *const none[] = {
		"", "*", "!", "ab", "secret", "$9$x$yyyyyyyyyyyyyyyy"};

	(void)state;
	for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(password_check("", none[i]), -EINVAL);
		assert_int_equal(password_check(none[i], none[i]), -EINVAL);
	}
}

static struct outcome wait_for(struct answerer *a)
{
	struct pollfd p = {.fd = answerer_fd(a), .events = POLLIN};
	struct outcome o;

	while (!answerer_ended(a, &o))
		assert_int_equal(poll(&p, 1, 30000), 1);
	return o;
}

static void answers_come_in_the_order_of_the_questions(void **state)
{
	struct question q = {.kind = ASK_PASSWORD, .text = "secret"};
	char hash[PASSWORD_HASH];
	struct answerer *a;
	struct outcome o;

	(void)state;
	assert_int_equal(password_hash("secret", hash), 0);
	assert_int_equal(answerer_open(&a, 2), 0);
	assert_false(answerer_ended(a, &o));
	q.with = hash;
	q.cookie = 7;
	assert_int_equal(answerer_put(a, &q, 3), 0);
	q.text = "guess";
	q.cookie = 8;
	assert_int_equal(answerer_put(a, &q, 4), 0);
	assert_int_equal(answerer_put(a, &q, 5), -EAGAIN);
	o = wait_for(a);
	assert_int_equal(o.kind, EFFECT_ASK);
	assert_int_equal(o.owner, 3);
	assert_int_equal(o.cookie, 7);
	assert_int_equal(o.rc, 0);
	o = wait_for(a);
	assert_int_equal(o.owner, 4);
	assert_int_equal(o.rc, -EACCES);
	assert_false(answerer_ended(a, &o));
	/* and there is room again */
	assert_int_equal(answerer_put(a, &q, 5), 0);
	answerer_close(a); /* with a question still under way */
}

/* How many are taken; none has been told its answer. */
static unsigned ask_files(struct answerer *a)
{
	const struct question q = {
		.kind = ASK_FILES, .text = "x", .with = "name"};
	unsigned taken = 0;

	while (!answerer_put(a, &q, 1))
		taken++;
	return taken;
}

static void a_flood_of_look_ups_leaves_passwords_their_turn(void **state)
{
	const struct question q = {
		.kind = ASK_PASSWORD, .text = "guess", .with = "none"};
	struct answerer *a;
	struct outcome o;

	(void)state;
	assert_int_equal(answerer_open(&a, 16), 0);
	assert_int_equal(ask_files(a), 14);
	assert_int_equal(answerer_put(a, &q, 2), 0);
	assert_int_equal(answerer_put(a, &q, 2), 0);
	assert_int_equal(answerer_put(a, &q, 2), -EAGAIN);
	for (unsigned i = 0; i < 16; i++)
		(void)wait_for(a);
	assert_false(answerer_ended(a, &o));
	assert_int_equal(ask_files(a), 14);
	answerer_close(a);
}

static void what_is_too_long_is_refused_and_not_cut(void **state)
{
	char text[QUESTION_TEXT + 1];
	struct question q = {.kind = ASK_PASSWORD, .text = text, .with = "x"};
	struct answerer *a;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[QUESTION_TEXT] = '\0';
	assert_int_equal(answerer_open(&a, 1), 0);
	assert_int_equal(answerer_put(a, &q, 0), -EMSGSIZE);
	q.text = "x";
	q.with = text;
	assert_int_equal(answerer_put(a, &q, 0), -EMSGSIZE);
	q.with = "x"; /* no place was lost */
	assert_int_equal(answerer_put(a, &q, 0), 0);
	assert_int_equal(wait_for(a).rc, -EINVAL);
	answerer_close(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_that_was_made_is_found_right_again),
		cmocka_unit_test(hashes_of_other_systems_are_known),
		cmocka_unit_test(what_is_no_hash_is_nobodys_password),
		cmocka_unit_test(answers_come_in_the_order_of_the_questions),
		cmocka_unit_test(
			a_flood_of_look_ups_leaves_passwords_their_turn),
		cmocka_unit_test(what_is_too_long_is_refused_and_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
