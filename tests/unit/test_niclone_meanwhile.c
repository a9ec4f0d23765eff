/*
 * A domain is copied, and meanwhile the master changes it, or we start anew.
 */
#include "niclone_scene.h"

/* ---- the master changes meanwhile ----------------------------------------
 */

/* What came was none; five seconds later it is asked again, from the port
 * mapper on, and has the second state. */
static void tries_again(struct scene *s)
{
	assert_int_equal(stage_held(s->w.st, EFFECT_COMMIT), 0);
	assert_int_equal(niclone_stats(s->c)->failed, 1);
	IS_COPY_OF(s, first);
	assert_null(object(s, 6));
	s->w.st->rc[EFFECT_ASK] = 0;
	ANSWERS(s, second);
	stage_wait(s->w.st, SECONDS(5));
	says_port(s);
	says_where(s);
	says_checksum(s, 2);
	keeps(s, 0);
	IS_COPY_OF(s, second);
	close_scene(s);
}

/* As our own master does, when it has told a part. */
static void a_master_that_changes_ends_the_connection(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	s.w.st->rc[EFFECT_ASK] = -ECONNRESET;
	changes(&s);
	tries_again(&s);
}

/* As one would that tells each object as it is at that moment. */
static void a_copy_of_two_states_is_none(void **state)
{
	struct object mixed[] = {first[0], second[1], first[2], second[3],
				 second[4]};
	struct scene s;
	struct wr sum;

	(void)state;
	open_scene(&s);
	loads(&s);
	ANSWERS(&s, mixed);
	sum = wr_over(s.answer + 28, 4); /* as it was when it began */
	wr_u32(&sum, sum_of(first, 4));
	changes(&s);
	tries_again(&s);
}

/* Between the checksum that it told and the copy. */
static void a_copy_that_is_newer_than_its_checksum_is_taken(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	begins(&s);
	ANSWERS(&s, second);
	says_checksum(&s, sum_of(first, 4));
	keeps(&s, 0);
	IS_COPY_OF(&s, second);
	stage_wait(s.w.st, SECONDS(60));
	says_checksum(&s, sum_of(second, 5));
	assert_int_equal(niclone_stats(s.c)->loads, 1);
	assert_int_equal(niclone_stats(s.c)->failed, 0);
	close_scene(&s);
}

/* Between the copy and the end of its change: two seconds later, and not a
 * minute, it asks again. */
static void news_during_a_load_are_not_forgotten(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	begins(&s);
	says_checksum(&s, 1);
	niclone_hint(s.c, s.domain, s.w.st->now);
	ANSWERS(&s, second);
	keeps(&s, 0);
	IS_COPY_OF(&s, first);
	stage_wait(s.w.st, SECONDS(2));
	says_checksum(&s, sum_of(second, 5));
	keeps(&s, 0);
	IS_COPY_OF(&s, second);
	/* Once. */
	unsigned sends = s.w.st->sends;

	stage_wait(s.w.st, SECONDS(50));
	assert_int_equal(s.w.st->sends, sends);
	close_scene(&s);
}

/* ---- we start anew -------------------------------------------------------
 */

static void after_a_start_what_is_true_still_is_not_loaded(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	starts_anew(&s);
	IS_COPY_OF(&s, first);
	begins(&s);
	says_checksum(&s, sum_of(first, 4));
	assert_int_equal(niclone_stats(s.c)->checks, 1);
	assert_int_equal(niclone_stats(s.c)->loads, 0);
	assert_int_equal(stage_held(s.w.st, EFFECT_COMMIT), 0);
	close_scene(&s);
}

static void a_start_in_the_middle_of_a_load_begins_another(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	ANSWERS(&s, second);
	s.w.st->holds[EFFECT_ASK] = true;
	changes(&s);
	starts_anew(&s);
	/* What was asked before is nobody's. */
	stage_settle(s.w.st, EFFECT_ASK, 0);
	assert_int_equal(stage_held(s.w.st, EFFECT_COMMIT), 0);
	IS_COPY_OF(&s, first);
	s.w.st->holds[EFFECT_ASK] = false;
	begins(&s);
	says_checksum(&s, 2);
	keeps(&s, 0);
	IS_COPY_OF(&s, second);
	close_scene(&s);
}

/* The change was handed to the store, and we died before it said anything. */
static void a_start_before_the_store_has_said(struct scene *s, int rc)
{
	open_scene(s);
	loads(s);
	ANSWERS(s, second);
	changes(s);
	starts_anew(s);
	keeps(s, rc);
	begins(s);
	says_checksum(s, sum_of(second, 5));
}

static void a_change_that_was_kept_is_there_after_a_start(void **state)
{
	struct scene s;

	(void)state;
	a_start_before_the_store_has_said(&s, 0);
	assert_int_equal(stage_held(s.w.st, EFFECT_COMMIT), 0);
	assert_int_equal(niclone_stats(s.c)->loads, 0);
	IS_COPY_OF(&s, second);
	close_scene(&s);
}

static void one_that_was_not_is_made_again(void **state)
{
	struct scene s;

	(void)state;
	a_start_before_the_store_has_said(&s, -EIO);
	IS_COPY_OF(&s, first);
	keeps(&s, 0);
	assert_int_equal(niclone_stats(s.c)->loads, 1);
	IS_COPY_OF(&s, second);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_master_that_changes_ends_the_connection),
		cmocka_unit_test(a_copy_of_two_states_is_none),
		cmocka_unit_test(
			a_copy_that_is_newer_than_its_checksum_is_taken),
		cmocka_unit_test(news_during_a_load_are_not_forgotten),
		cmocka_unit_test(
			after_a_start_what_is_true_still_is_not_loaded),
		cmocka_unit_test(
			a_start_in_the_middle_of_a_load_begins_another),
		cmocka_unit_test(a_change_that_was_kept_is_there_after_a_start),
		cmocka_unit_test(one_that_was_not_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
