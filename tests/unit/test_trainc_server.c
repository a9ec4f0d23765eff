/*
 * A rider whose server dies, falls asleep or gives way to another one
 * (docs/protocols/train.md, "The rider", 6 and 10).
 */
#include "trainc_world.h"

static const struct loadc_config usual;
static const struct endpoint other = {IP4(10, 0, 0, 9), TRAIN_PORT};
static const struct train_status sending = {.phase = TRAIN_SAYS_SENDING};

static void refuse_all(struct scene *s)
{
	uint8_t b[32];
	struct wr w = wr_over(b, sizeof(b));

	train_refuse_put(s->m.train, TRAIN_NO_COOKIE, "", &w);
	to_group(s, &w);
}

/* Half of it, and its server is silent from now on. */
static void is_left(struct scene *s)
{
	rides(s, usual);
	whole_list(s);
	originals(s, 0, 100);
	stage_wait(s->st, MILLISECONDS(249));
	s->st->peer = other;
}

/* And the other one takes its train up. */
static void is_taken_up(struct scene *s)
{
	is_left(s);
	stage_wait(s->st, MILLISECONDS(1));
	refuse_all(s);
	s->st->peer = TRAINS;
}

/* What it has it keeps. */
static void boards_with_the_other(struct scene *s)
{
	look_at_board(s);
	s->cookie = 99;
	stage_forget(s->st);
	ticket(s);
	stage_wait(s->st, 0);
	assert_non_null(strstr(stage_said(s->st), "ABOARD"));
	assert_null(strstr(stage_said(s->st), " to ")); /* but the other */
	status_to_rider(s, &sending);
	originals(s, 100, 200);
	assert_int_equal(state_of(s), LOADC_DONE);
	close_scene(s);
}

static void a_server_that_is_silent_is_left_for_one_that_speaks(void **state)
{
	struct scene s;

	(void)state;
	is_left(&s);
	status(&s, &sending, NULL); /* a millisecond too early */
	stage_wait(s.st, 0);
	stage_expect(s.st, "");
	stage_wait(s.st, MILLISECONDS(1));
	status(&s, &sending, NULL);
	s.st->peer = TRAINS;
	stage_wait(s.st, 0);
	stage_expect(s.st, "  250 ms  BOARD root.img to 10.0.0.9:7243\n");
	s.st->peer = other;
	status(&s, &sending, NULL); /* it is on its way */
	stage_wait(s.st, MILLISECONDS(1));
	stage_expect(s.st, "");
	boards_with_the_other(&s);
}

/* One that has not heard our own yet, or is about to give way to it. */
static void while_its_own_speaks_others_mean_nothing(void **state)
{
	struct train_status st = asking(3);
	struct scene s;

	(void)state;
	is_left(&s);
	for (int i = 0; i < 20; i++) {
		s.st->peer = TRAINS;
		data_at(&s, 100 + (uint32_t)i);
		s.st->peer = other;
		stage_wait(s.st, MILLISECONDS(100));
		status(&s, &st, NULL);
		refuse_all(&s);
	}
	stage_expect(s.st, "");
	assert_int_equal(state_of(&s), LOADC_LOADING);
	close_scene(&s);
}

static void who_takes_a_train_up_has_all_cookies_refused(void **state)
{
	struct scene s;

	(void)state;
	is_taken_up(&s);
	stage_wait(s.st, 0);
	stage_expect(s.st, "  250 ms  BOARD root.img to 10.0.0.9:7243\n");
	s.st->peer = other;
	boards_with_the_other(&s);
}

/* It hands the BOARD on to the one that it has given way to. */
static void a_server_that_gives_way_says_so_to_the_group(void **state)
{
	struct scene s;

	(void)state;
	rides(&s, usual);
	whole_list(&s);
	originals(&s, 0, 100);
	refuse_all(&s);
	stage_wait(s.st, 0);
	stage_expect(s.st, "    0 ms  BOARD root.img\n");
	s.st->peer = other;
	boards_with_the_other(&s);
}

/* Which woke up, or was heard again, and gives way. */
static void the_last_words_of_the_old_server_mean_nothing(void **state)
{
	struct scene s;

	(void)state;
	is_taken_up(&s);
	stage_wait(s.st, 0);
	s.st->peer = other;
	look_at_board(&s);
	s.cookie = 99;
	ticket(&s);
	stage_wait(s.st, 0);
	stage_forget(s.st);
	s.st->peer = TRAINS;
	refuse_all(&s);
	stage_wait(s.st, MILLISECONDS(100));
	assert_null(strstr(stage_said(s.st), " BOARD"));
	close_scene(&s);
}

/* The one that took the train up has died before it answered. */
static void who_is_on_its_way_to_one_goes_to_the_next(void **state)
{
	struct scene s;

	(void)state;
	is_taken_up(&s);
	stage_wait(s.st, 0);
	stage_forget(s.st);
	s.st->peer = (struct endpoint){IP4(10, 0, 0, 8), TRAIN_PORT};
	status(&s, &sending, NULL);
	s.st->peer = TRAINS;
	stage_wait(s.st, 0);
	stage_expect(s.st, "  250 ms  BOARD root.img to 10.0.0.8:7243\n");
	close_scene(&s);
}

/* Two hundred riders: 0.1 ms for each of them. */
static void they_do_not_all_come_at_once(void **state)
{
	struct train_status st = sending;
	struct scene s;
	usec first = 0, last = 0;

	(void)state;
	for (uint64_t seed = 1; seed < 20; seed++) {
		usec at;

		rides(&s, (struct loadc_config){.seed = seed});
		st.riders = 200;
		status(&s, &st, NULL);
		stage_wait(s.st, MILLISECONDS(250));
		stage_forget(s.st);
		s.st->peer = other;
		at = s.st->now;
		status(&s, &sending, NULL);
		assert_true(stage_step(s.st));
		at = s.st->now - at;
		assert_true(at >= 0 && at <= MILLISECONDS(20));
		first = seed == 1 || at < first ? at : first;
		last = at > last ? at : last;
		close_scene(&s);
	}
	assert_true(last - first > MILLISECONDS(5));
}

/* If that one dies as well, it asks where it asked first, and then anybody. */
static void it_does_not_ask_there_for_ever(void **state)
{
	struct scene s;

	(void)state;
	is_taken_up(&s);
	stage_wait(s.st, MILLISECONDS(450));
	stage_expect(s.st, "  250 ms  BOARD root.img to 10.0.0.9:7243\n"
			   "  324 ms  BOARD root.img to 10.0.0.9:7243\n"
			   "  431 ms  BOARD root.img\n"
			   "  673 ms  BOARD root.img\n"
			   "  673 ms  BOARD root.img to "
			   "255.255.255.255:7243\n");
	close_scene(&s);
}

/* Its STATUS leave from one address and its TICKETs from another. */
static void one_server_may_have_two_addresses(void **state)
{
	struct scene s;

	(void)state;
	is_left(&s);
	stage_wait(s.st, MILLISECONDS(1));
	status(&s, &sending, NULL);
	stage_wait(s.st, 0);
	look_at_board(&s);
	s.st->peer = TRAINS;
	ticket(&s); /* with the cookie that it had */
	stage_wait(s.st, 0);
	status_to_rider(&s, &sending);
	stage_forget(s.st);
	s.st->peer = other;
	for (int i = 0; i < 10; i++) {
		stage_wait(s.st, MILLISECONDS(240));
		status(&s, &sending, NULL);
	}
	stage_expect(s.st, "");
	close_scene(&s);
}

/* Whom nobody takes up asks everybody: not before it has reported twice, which
 * takes 1.5 s at most. */
static void after_a_while_anybody_may_answer(void **state)
{
	struct scene s;

	(void)state;
	is_left(&s);
	stage_wait(s.st, MILLISECONDS(1500 - 249));
	assert_null(strstr(stage_said(s.st), "BOARD"));
	stage_wait(s.st, MILLISECONDS(4249 - 1500));
	boards_with_the_other(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_server_that_is_silent_is_left_for_one_that_speaks),
		cmocka_unit_test(while_its_own_speaks_others_mean_nothing),
		cmocka_unit_test(who_takes_a_train_up_has_all_cookies_refused),
		cmocka_unit_test(a_server_that_gives_way_says_so_to_the_group),
		cmocka_unit_test(the_last_words_of_the_old_server_mean_nothing),
		cmocka_unit_test(who_is_on_its_way_to_one_goes_to_the_next),
		cmocka_unit_test(they_do_not_all_come_at_once),
		cmocka_unit_test(it_does_not_ask_there_for_ever),
		cmocka_unit_test(one_server_may_have_two_addresses),
		cmocka_unit_test(after_a_while_anybody_may_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
