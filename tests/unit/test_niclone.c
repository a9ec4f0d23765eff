/*
 * A domain copied from another master: whole or not at all, edited in its
 * places, kept when the master is gone.
 */
#include "niclone_scene.h"

/* ---- what comes of it -----------------------------------------------------
 */

static void a_whole_copy_has_the_masters_ids(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	assert_int_equal(niclone_stats(s.c)->loads, 1);
	assert_int_equal(netinfo_checksum(&s.w.site, s.domain),
			 sum_of(first, 4));
	has_name(&s, 1, "machines");
	has_name(&s, 5, "wendy");
	has_name(&s, 2, "wizard");
	assert_int_equal(netinfo_id_of(&s.w.site, object(&s, 5)).instance, 3);
	assert_string_equal(plist_value(&object(&s, 0)->props, "master"),
			    "10.0.0.3/network");
	assert_null(object(&s, 3));
	close_scene(&s);
}

static void only_what_differs_is_changed(void **state)
{
	uint32_t wendy, wizard;
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	wendy = object(&s, 5)->id;
	wizard = object(&s, 2)->instance;
	ANSWERS(&s, second);
	changes(&s);
	has_name(&s, 5, "wendy");
	assert_null(object(&s, 6));
	keeps(&s, 0);
	assert_int_equal(object(&s, 5)->id, wendy);
	assert_int_equal(object(&s, 2)->instance, wizard);
	has_name(&s, 6, "new");
	assert_int_equal(netinfo_checksum(&s.w.site, s.domain),
			 sum_of(second, 5));
	close_scene(&s);
}

/* The first copy stays, whatever comes instead of another. */
static void stays(struct scene *s)
{
	assert_int_equal(stage_held(s->w.st, EFFECT_COMMIT), 0);
	assert_int_equal(niclone_stats(s->c)->failed, 1);
	assert_int_equal(netinfo_checksum(&s->w.site, s->domain),
			 sum_of(first, 4));
	close_scene(s);
}

static void a_torn_copy_is_none(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	s.w.st->answer_len -= 40;
	changes(&s);
	stays(&s);
}

static void a_copy_of_another_checksum_is_none(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	s.answer[31]++;
	changes(&s);
	stays(&s);
}

static void one_that_is_too_large_is_refused(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	s.w.st->rc[EFFECT_ASK] = -EMSGSIZE;
	changes(&s);
	stays(&s);
}

static void without_a_master_the_copy_stays(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	loads(&s);
	stage_wait(s.w.st, SECONDS(65));
	stays(&s);
}

static void a_change_that_is_not_kept_is_tried_again(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	begins(&s);
	says_checksum(&s, 1);
	keeps(&s, -ENOSPC);
	assert_false(netinfo_is_copy(&s.w.site, s.domain));
	stage_wait(s.w.st, SECONDS(5));
	says_port(&s);
	says_where(&s);
	says_checksum(&s, 1);
	keeps(&s, 0);
	has_name(&s, 5, "wendy");
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_copy_has_the_masters_ids),
		cmocka_unit_test(only_what_differs_is_changed),
		cmocka_unit_test(a_torn_copy_is_none),
		cmocka_unit_test(a_copy_of_another_checksum_is_none),
		cmocka_unit_test(one_that_is_too_large_is_refused),
		cmocka_unit_test(without_a_master_the_copy_stays),
		cmocka_unit_test(a_change_that_is_not_kept_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
