/*
 * lookupd: in which order it asks, what it keeps, and what it does without an
 * agent that is dead.
 */
#include "lookup_world.h"

#include <errno.h>

#define NONE(w) ((w).st->rc[EFFECT_ASK] = -ENOENT)

static void the_nearest_domain_answers_as_a_whole(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	NONE(w);
	put_in(&w, w.root, "users", "name=ann;uid=501;shell=/bin/csh");
	put_in(&w, w.root, "users", "name=bob;uid=502");
	put_in(&w, w.near, "users", "name=ann;uid=501");
	one(&w, "users", "name", "ann");
	one(&w, "users", "uid", "502");
	one(&w, "users", "name", "ANN");
	stage_expect(
		w.st,
		"    0 ms  [1] #1 found directory /boston wiz: name=ann "
		"uid=501\n"
		"    0 ms  [1] #2 found directory / wiz: name=bob uid=502\n"
		"    0 ms  ask files users name \"ANN\"\n"
		"    0 ms  ask nis users name \"ANN\"\n"
		"    0 ms  [1] #3 not found\n");
	world_close(&w);
}

static void lists_go_from_the_nearest_domain_to_the_root(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	NONE(w);
	world_order(&w, "default directory");
	put_in(&w, w.root, "users", "name=ann");
	put_in(&w, w.root, "users", "name=bob");
	put_in(&w, w.near, "users", "name=ann;uid=1");
	all(&w, "users");
	stage_expect(
		w.st,
		"    0 ms  [1] #1 found directory /boston wiz: name=ann uid=1 "
		"directory / wiz: name=ann directory / wiz: name=bob more\n"
		"    0 ms  [1] #2 not found\n");
	world_close(&w);
}

static void agents_are_asked_in_the_order_of_the_category(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	NONE(w);
	world_order(&w, "hosts dns files directory\ndefault nis");
	one(&w, "hosts", "name", "Wendy");
	one(&w, "users", "name", "ann");
	one(&w, "bootp", "en_address", "0:0:f:0:7:5a");
	stage_expect(w.st, "    0 ms  ask dns hosts name \"wendy\"\n"
			   "    0 ms  ask files hosts name \"wendy\"\n"
			   "    0 ms  [1] #1 not found\n"
			   "    0 ms  ask nis users name \"ann\"\n"
			   "    0 ms  [1] #2 not found\n"
			   "    0 ms  [1] #3 not found\n");
	world_close(&w);
}

static void bootparams_need_the_property_and_never_ask_dns(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	NONE(w);
	put_in(&w, w.near, "machines", "name=wendy;ip_address=10.0.0.7");
	put_in(&w, w.root, "machines", "name=wendy;bootparams");
	one(&w, "bootparams", "name", "wendy");
	one(&w, "bootparams", "name", "moira");
	one(&w, "hosts", "ip_address", "10.0.0.7");
	stage_expect(w.st,
		     "    0 ms  [1] #1 found directory / wiz: name=wendy "
		     "bootparams\n"
		     "    0 ms  ask files bootparams name \"moira\"\n"
		     "    0 ms  ask nis bootparams name \"moira\"\n"
		     "    0 ms  [1] #2 not found\n"
		     "    0 ms  [1] #3 found directory /boston wiz: name=wendy "
		     "ip_address=10.0.0.7\n");
	world_close(&w);
}

static void an_answer_is_asked_for_once_and_then_kept(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users nis\npositive 100\nnegative 10");
	agents_say(&w, "yp", "nis1", "name=ann;uid=501", 0);
	one(&w, "users", "name", "ann");
	one(&w, "users", "name", "ann");
	stage_wait(w.st, SECONDS(100));
	NONE(w);
	one(&w, "users", "name", "ann");
	stage_wait(w.st, SECONDS(9));
	one(&w, "users", "name", "ann");
	stage_wait(w.st, SECONDS(1));
	one(&w, "users", "name", "ann");
	stage_expect(w.st,
		     "    0 ms  ask nis users name \"ann\"\n"
		     "    0 ms  [1] #1 found nis yp nis1: name=ann uid=501\n"
		     "    0 ms  [1] #2 found nis yp nis1: name=ann uid=501\n"
		     "100000 ms  ask nis users name \"ann\"\n"
		     "100000 ms  [1] #3 not found\n"
		     "109000 ms  [1] #4 not found\n"
		     "110000 ms  ask nis users name \"ann\"\n"
		     "110000 ms  [1] #5 not found\n");
	world_close(&w);
}

static void a_dead_agent_costs_one_wait_and_is_named(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users nis");
	w.st->holds[EFFECT_ASK] = true;
	one(&w, "users", "name", "ann");
	stage_wait(w.st, SECONDS(3));
	one(&w, "users", "name", "bob");
	stage_wait(w.st, SECONDS(30));
	one(&w, "users", "name", "bob");
	agents_say(&w, "yp", "nis1", "name=bob", 0);
	stage_settle(w.st, EFFECT_ASK, 0); /* of ann, too late for her */
	stage_settle(w.st, EFFECT_ASK, 0);
	stage_expect(w.st, "    0 ms  ask nis users name \"ann\"\n"
			   " 3000 ms  note agent-silent 30 \"nis\"\n"
			   " 3000 ms  [1] #1 unavailable: nis\n"
			   " 3000 ms  [1] #2 unavailable: nis\n"
			   "33000 ms  ask nis users name \"bob\"\n"
			   "33000 ms  note agent-back \"nis\"\n"
			   "33000 ms  [1] #3 found nis yp nis1: name=bob\n");
	assert_int_equal(lookupd_stats(w.l)->agents[LOOKUP_NIS].late, 1);
	world_close(&w);
}

static void what_others_know_is_told_though_one_is_dead(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users nis files");
	w.st->rc[EFFECT_ASK] = -ETIMEDOUT;
	one(&w, "users", "name", "ann");
	stage_expect(w.st, "    0 ms  ask nis users name \"ann\"\n"
			   "    0 ms  note agent-silent 30 \"nis\"\n"
			   "    0 ms  ask files users name \"ann\"\n"
			   "    0 ms  note agent-silent 30 \"files\"\n"
			   "    0 ms  [1] #1 unavailable: files nis\n");
	stage_wait(w.st, SECONDS(30));
	w.st->holds[EFFECT_ASK] = true;
	one(&w, "users", "name", "ann");
	stage_wait(w.st, SECONDS(3));
	stage_forget(w.st);
	agents_say(&w, "/etc/passwd", "", "name=ann", 0);
	stage_settle(w.st, EFFECT_ASK, -ETIMEDOUT);
	stage_settle(w.st, EFFECT_ASK, 0);
	stage_expect(w.st, "33000 ms  note agent-back \"files\"\n"
			   "33000 ms  [1] #2 found files /etc/passwd: "
			   "name=ann\n");
	world_close(&w);
}

static void an_agent_that_is_not_there_is_not_dead(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.st->rc[EFFECT_ASK] = -ENODEV;
	one(&w, "users", "name", "ann");
	stage_expect(w.st, "    0 ms  ask files users name \"ann\"\n"
			   "    0 ms  ask nis users name \"ann\"\n"
			   "    0 ms  [1] #1 not found\n");
	world_close(&w);
}

static void what_is_not_what_was_asked_for_is_no_answer(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users nis");
	agents_say(&w, "yp", "", "name=bob;uid=1", 0);
	one(&w, "users", "name", "ann");
	w.st->answer_len -= 3; /* cut off */
	one(&w, "users", "name", "bob");
	stage_expect(w.st, "    0 ms  ask nis users name \"ann\"\n"
			   "    0 ms  [1] #1 not found\n"
			   "    0 ms  ask nis users name \"bob\"\n"
			   "    0 ms  [1] #2 not found\n");
	world_close(&w);
}

static void flushing_is_roots_and_forgets(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users nis");
	agents_say(&w, "yp", "", "name=ann", 0);
	w.st->uid = 500;
	one(&w, "users", "name", "ann");
	asks(&w, 1, LOOKUP_FLUSH, "", "", "", 0);
	one(&w, "users", "name", "ann");
	w.st->uid = 0;
	asks(&w, 1, LOOKUP_FLUSH, "", "", "", 0);
	one(&w, "users", "name", "ann");
	stage_expect(w.st,
		     "    0 ms  ask nis users name \"ann\"\n"
		     "    0 ms  [1] #1 found nis yp: name=ann\n"
		     "    0 ms  [1] #2 refused: the cache is flushed by root\n"
		     "    0 ms  [1] #3 found nis yp: name=ann\n"
		     "    0 ms  [1] #4 found\n"
		     "    0 ms  ask nis users name \"ann\"\n"
		     "    0 ms  [1] #5 found nis yp: name=ann\n");
	world_close(&w);
}

static void another_order_forgets_what_the_old_one_found(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users nis");
	agents_say(&w, "yp", "", "name=ann", 0);
	one(&w, "users", "name", "ann");
	world_order(&w, "users files");
	one(&w, "users", "name", "ann");
	stage_expect(w.st, "    0 ms  ask nis users name \"ann\"\n"
			   "    0 ms  [1] #1 found nis yp: name=ann\n"
			   "    0 ms  ask files users name \"ann\"\n"
			   "    0 ms  [1] #2 found files yp: name=ann\n");
	world_close(&w);
}

static void another_order_meanwhile_blames_who_was_asked(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users files nis");
	w.st->holds[EFFECT_ASK] = true;
	one(&w, "users", "name", "ann");
	stage_settle(w.st, EFFECT_ASK, -ENOENT);
	world_order(&w, "users files");
	stage_wait(w.st, SECONDS(3));
	stage_expect(w.st, "    0 ms  ask files users name \"ann\"\n"
			   "    0 ms  ask nis users name \"ann\"\n"
			   " 3000 ms  note agent-silent 30 \"nis\"\n"
			   " 3000 ms  [1] #1 unavailable: nis\n");
	world_close(&w);
}

static void the_directory_hides_what_nis_said_before(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users directory nis");
	agents_say(&w, "yp", "", "name=ann", 0);
	one(&w, "users", "name", "ann");
	one(&w, "users", "name", "ann");
	put_in(&w, w.root, "users", "name=bob");
	one(&w, "users", "name", "ann");
	put_in(&w, w.root, "users", "name=ann;uid=1");
	one(&w, "users", "name", "ann");
	stage_expect(
		w.st,
		"    0 ms  ask nis users name \"ann\"\n"
		"    0 ms  [1] #1 found nis yp: name=ann\n"
		"    0 ms  [1] #2 found nis yp: name=ann\n"
		"    0 ms  ask nis users name \"ann\"\n"
		"    0 ms  [1] #3 found nis yp: name=ann\n"
		"    0 ms  [1] #4 found directory / wiz: name=ann uid=1\n");
	assert_int_equal(lookupd_stats(w.l)->stale, 2);
	world_close(&w);
}

static void secrets_are_roots(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	put_in(&w, w.root, "users", "name=ann;passwd=$6$x;_writers=ann;uid=1");
	w.st->uid = 500;
	one(&w, "users", "name", "ann");
	w.st->uid = 0;
	one(&w, "users", "name", "ann");
	stage_expect(w.st,
		     "    0 ms  [1] #1 found directory / wiz: name=ann uid=1\n"
		     "    0 ms  [1] #2 found directory / wiz: name=ann "
		     "passwd=$6$x _writers=ann uid=1\n");
	world_close(&w);
}

static void lists_of_agents_go_on_where_they_were(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "groups files nis");
	agents_say(&w, "/etc/group", "", "name=a|name=b", 2);
	asks(&w, 1, LOOKUP_ALL, "groups", "", "", 0);
	agents_say(&w, "/etc/group", "", "name=c;users=ann,bob", 0);
	asks(&w, 1, LOOKUP_ALL, "groups", "", "", position(&w));
	NONE(w);
	asks(&w, 1, LOOKUP_ALL, "groups", "", "", position(&w));
	agents_say(&w, "yp", "", "name=d;users=ann|name=e", 0);
	asks(&w, 1, LOOKUP_ALL, "groups", "users", "ann", 0);
	stage_expect(
		w.st,
		"    0 ms  ask files groups from 0\n"
		"    0 ms  [1] #1 found files /etc/group: name=a files "
		"/etc/group: name=b more\n"
		"    0 ms  ask files groups from 2\n"
		"    0 ms  [1] #2 found files /etc/group: name=c "
		"users=ann,bob more\n"
		"    0 ms  ask nis groups from 0\n"
		"    0 ms  [1] #3 not found\n"
		"    0 ms  ask files groups from 0\n"
		"    0 ms  [1] #4 found files yp: name=d users=ann more\n");
	world_close(&w);
}

static void nonsense_is_told_apart(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	one(&w, "cats", "name", "tom");
	one(&w, "users", "colour", "red");
	one(&w, "hosts", "ip_address", "10.0.0");
	stage_hear_record(w.st, 1, "\1\1", 2);
	stage_expect(w.st,
		     "    0 ms  [1] #1 wrong: there is no such category\n"
		     "    0 ms  [1] #2 wrong: the category has no such key\n"
		     "    0 ms  [1] #3 wrong: the value is none of that key\n"
		     "    0 ms  hang up 1\n");
	world_close(&w);
}

static void too_many_questions_are_told_so(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	world_order(&w, "users nis");
	w.st->holds[EFFECT_ASK] = true;
	for (unsigned i = 0; i < LOOKUPD_PER_CONN; i++)
		one(&w, "users", "name", "ann");
	stage_forget(w.st);
	one(&w, "users", "name", "ann");
	asks(&w, 2, LOOKUP_ONE, "users", "name", "ann", 0);
	stage_hear_hangup(w.st, 1);
	one(&w, "users", "name", "ann");
	stage_expect(w.st, "    0 ms  [1] #17 busy: too many questions\n"
			   "    0 ms  ask nis users name \"ann\"\n"
			   "    0 ms  ask nis users name \"ann\"\n");
	world_close(&w);
}

static void the_answer_that_was_not_asked_for_longest_makes_room(void **state)
{
	struct world w;
	char name[32], entry[64];

	(void)state;
	world_open(&w);
	world_order(&w, "users nis");
	for (unsigned i = 0; i <= LOOKUPD_CACHE; i++) {
		snprintf(name, sizeof name, "u%u", i);
		snprintf(entry, sizeof entry, "name=u%u", i);
		agents_say(&w, "yp", "", entry, 0);
		one(&w, "users", "name", name);
		if (i == LOOKUPD_CACHE - 1)
			one(&w, "users", "name", "u0"); /* now the newest */
	}
	assert_int_equal(lookupd_stats(w.l)->evicted, 1);
	stage_forget(w.st);
	NONE(w);
	one(&w, "users", "name", "u0");
	one(&w, "users", "name", "u2");
	one(&w, "users", "name", "u1");
	stage_expect(w.st, "    0 ms  [1] #2051 found nis yp: name=u0\n"
			   "    0 ms  [1] #2052 found nis yp: name=u2\n"
			   "    0 ms  ask nis users name \"u1\"\n"
			   "    0 ms  [1] #2053 not found\n");
	world_close(&w);
}

static void it_tells_about_itself(void **state)
{
	struct world w;

	(void)state;
	world_open(&w);
	w.st->rc[EFFECT_ASK] = -EIO;
	one(&w, "hosts", "name", "x");
	stage_forget(w.st);
	asks(&w, 1, LOOKUP_STATISTICS, "", "", "", 0);
	assert_non_null(strstr(stage_said(w.st), " unavailable=1 "));
	assert_non_null(strstr(stage_said(w.st), " dns=1,0,1,0 "));
	assert_non_null(strstr(stage_said(w.st), " silent=files,nis,dns\n"));
	stage_forget(w.st);
	asks(&w, 1, LOOKUP_CONFIGURATION, "", "", "", 0);
	assert_non_null(
		strstr(stage_said(w.st), " hosts=directory,files,nis,dns "));
	assert_non_null(strstr(stage_said(w.st), " bootp=directory "));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_domain_answers_as_a_whole),
		cmocka_unit_test(lists_go_from_the_nearest_domain_to_the_root),
		cmocka_unit_test(agents_are_asked_in_the_order_of_the_category),
		cmocka_unit_test(
			bootparams_need_the_property_and_never_ask_dns),
		cmocka_unit_test(an_answer_is_asked_for_once_and_then_kept),
		cmocka_unit_test(a_dead_agent_costs_one_wait_and_is_named),
		cmocka_unit_test(what_others_know_is_told_though_one_is_dead),
		cmocka_unit_test(an_agent_that_is_not_there_is_not_dead),
		cmocka_unit_test(what_is_not_what_was_asked_for_is_no_answer),
		cmocka_unit_test(flushing_is_roots_and_forgets),
		cmocka_unit_test(another_order_forgets_what_the_old_one_found),
		cmocka_unit_test(another_order_meanwhile_blames_who_was_asked),
		cmocka_unit_test(the_directory_hides_what_nis_said_before),
		cmocka_unit_test(secrets_are_roots),
		cmocka_unit_test(lists_of_agents_go_on_where_they_were),
		cmocka_unit_test(nonsense_is_told_apart),
		cmocka_unit_test(too_many_questions_are_told_so),
		cmocka_unit_test(
			the_answer_that_was_not_asked_for_longest_makes_room),
		cmocka_unit_test(it_tells_about_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
