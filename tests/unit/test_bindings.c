/*
 * The checker of histories, by histories of which everybody can say whether
 * they can be.
 */
#include "stage/bindings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WENDY = 1, PETER = 2, HOOK = 3, HERE = 7, THERE = 8 };

struct history {
	struct binding v[2000];
	size_t n;
	char why[BINDING_WORDS];
};

static struct binding *add(struct history *h, enum binding_kind kind,
			   uint64_t who, usec invoked, usec answered)
{
	struct binding *b = &h->v[h->n++];

	*b = (struct binding){.kind = kind,
			      .key = HERE,
			      .who = who,
			      .invoked = invoked,
			      .answered = answered};
	return b;
}

static void take(struct history *h, uint64_t who, usec invoked, usec answered,
		 usec ends)
{
	add(h, BINDING_TAKE, who, invoked, answered)->ends = ends;
}

static void edit(struct history *h, uint64_t was, uint64_t who, usec invoked,
		 usec answered)
{
	add(h, BINDING_CHANGE, who, invoked, answered)->was = was;
}

static bool can_be(struct history *h)
{
	bool can = bindings_can_be(h->v, h->n, h->why);

	h->n = 0;
	return can;
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct history));
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void one_after_the_other(void **state)
{
	struct history *h = *state;

	assert_true(can_be(h));
	take(h, WENDY, 0, 5, 60);
	take(h, WENDY, 30, 35, 90);
	take(h, PETER, 90, 95, 150);
	assert_true(can_be(h));
}

static void nobody_gets_what_another_has(void **state)
{
	struct history *h = *state;

	take(h, WENDY, 0, 5, 60);
	take(h, PETER, 30, 35, 90);
	assert_false(can_be(h));
	assert_string_equal(h->why,
			    "7: take by 2 (was 0) between 30 and 35 has no "
			    "place: at 0 it was 1's until 60");
	/* It was renewed, and the first end counts no more. */
	take(h, WENDY, 0, 5, 60);
	take(h, WENDY, 40, 45, 100);
	take(h, PETER, 70, 75, 130);
	assert_false(can_be(h));
	/* The question was long under way: it may have waited for the end. */
	take(h, WENDY, 0, 5, 60);
	take(h, PETER, 30, 65, 90);
	assert_true(can_be(h));
	/* Each address for itself. */
	take(h, WENDY, 0, 5, 60);
	take(h, PETER, 30, 35, 90);
	h->v[1].key = THERE;
	assert_true(can_be(h));
}

static void what_overlaps_may_have_come_in_any_order(void **state)
{
	struct history *h = *state;

	take(h, WENDY, 0, 50, 20);
	take(h, PETER, 10, 40, 30);
	take(h, HOOK, 5, 45, 45);
	assert_true(can_be(h));
	take(h, WENDY, 0, 50, 60);
	take(h, PETER, 10, 40, 60);
	assert_false(can_be(h));
}

static void what_was_given_up_is_free(void **state)
{
	struct history *h = *state;

	take(h, WENDY, 0, 5, 60);
	add(h, BINDING_FREE, WENDY, 10, 12);
	take(h, PETER, 20, 25, 90);
	assert_true(can_be(h));
	take(h, WENDY, 0, 5, 60);
	add(h, BINDING_FREE, WENDY, 10, NEVER); /* perhaps */
	take(h, PETER, 20, 25, 90);
	assert_true(can_be(h));
	take(h, WENDY, 0, 5, 60);
	add(h, BINDING_FREE, PETER, 10, 12); /* it is not his */
	take(h, PETER, 20, 25, 90);
	assert_false(can_be(h));
	take(h, WENDY, 0, 5, 60);
	add(h, BINDING_FREE, WENDY, 30, NEVER);
	take(h, PETER, 20, 25, 90);
	assert_false(can_be(h));
}

static void what_was_seen_must_have_been(void **state)
{
	struct history *h = *state;

	add(h, BINDING_SEEN, 0, 0, 1);
	take(h, WENDY, 2, 5, 60);
	add(h, BINDING_SEEN, WENDY, 6, 7);
	add(h, BINDING_SEEN, 0, 70, 71);
	assert_true(can_be(h));
	take(h, WENDY, 2, 5, 60);
	add(h, BINDING_SEEN, 0, 6, 7); /* an acknowledged lease is lost */
	assert_false(can_be(h));
	take(h, WENDY, 2, 5, 60);
	add(h, BINDING_SEEN, PETER, 70, 71);
	assert_false(can_be(h));
	/* Nobody ever heard of it, but it was made. */
	take(h, PETER, 60, NEVER, 120);
	take(h, WENDY, 2, 5, 60);
	add(h, BINDING_SEEN, PETER, 70, 71);
	assert_true(can_be(h));
	take(h, PETER, 50, NEVER, 120);
	take(h, WENDY, 2, 5, 60);
	add(h, BINDING_SEEN, PETER, 55, 57);
	assert_false(can_be(h));
}

static void no_edit_is_lost(void **state)
{
	struct history *h = *state;

	edit(h, 0, 11, 0, 5);
	edit(h, 11, 12, 10, 15);
	edit(h, 12, 13, 16, 18);
	add(h, BINDING_SEEN, 13, 20, 20);
	assert_true(can_be(h));
	/* Two edits of one that both were acknowledged. */
	edit(h, 0, 11, 0, 5);
	edit(h, 11, 12, 10, 15);
	edit(h, 11, 13, 12, 14);
	assert_false(can_be(h));
	edit(h, 0, 11, 0, 5);
	edit(h, 11, 12, 10, 15);
	add(h, BINDING_SEEN, 11, 20, 20);
	assert_false(can_be(h));
}

static void what_nobody_knows_of_may_have_been(void **state)
{
	struct history *h = *state;

	edit(h, 0, 11, 0, 5);
	edit(h, 11, 12, 10, NEVER);
	edit(h, 12, 13, 12, NEVER);
	add(h, BINDING_SEEN, 11, 20, 20);
	add(h, BINDING_SEEN, 13, 30, 30);
	edit(h, 13, 14, 40, 41);
	assert_true(can_be(h));
	edit(h, 0, 11, 0, 5);
	edit(h, 11, 12, 10, NEVER);
	add(h, BINDING_SEEN, 12, 20, 20);
	add(h, BINDING_SEEN, 11, 30, 30); /* and then it had not */
	assert_false(can_be(h));
	edit(h, 0, 11, 0, 5);
	edit(h, 11, 12, 25, NEVER); /* it had not been asked for */
	add(h, BINDING_SEEN, 12, 20, 20);
	assert_false(can_be(h));
}

static void a_long_history_takes_no_time(void **state)
{
	struct history *h = *state;

	for (unsigned i = 0; i < 1500; i++)
		edit(h, i, i + 1, 10 * i, 10 * i + 35);
	assert_true(can_be(h));
	for (unsigned i = 0; i < 1500; i++)
		edit(h, i, i + 1, 10 * i, 10 * i + 35);
	h->v[1400].was = 7;
	assert_false(can_be(h));
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_after_the_other),
		T(nobody_gets_what_another_has),
		T(what_overlaps_may_have_come_in_any_order),
		T(what_was_given_up_is_free),
		T(what_was_seen_must_have_been),
		T(no_edit_is_lost),
		T(what_nobody_knows_of_may_have_been),
		T(a_long_history_takes_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
