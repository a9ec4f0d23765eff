/*
 * lookupd of a machine whose directory is elsewhere.  In a nic's place there is
 * the test: it says what was asked, and answers when it likes.
 */
#include "lookup_world.h"

#include "engine/nic.h"

#include <errno.h>

struct nic {
	struct engine engine;
	struct nic_question asked[64];
	char words[64][3][64];
	unsigned first, n;
	struct nic_answer answer;
	bool has_answer, is_searching;
	char said[4096]; /* what was asked, line by line */
	uint32_t checksum;
	int rc; /* of all that is asked, if it is not 0 */
};

static void nothing(struct engine *e, usec now, struct effects *fx)
{
	(void)e;
	(void)now;
	(void)fx;
}

static void hear(struct engine *e, usec now, const struct dgram *d,
		 struct effects *fx)
{
	(void)e;
	(void)now;
	(void)d;
	(void)fx;
}

static void settle(struct engine *e, usec now, const struct outcome *o,
		   struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

static usec never(const struct engine *e)
{
	(void)e;
	return NEVER;
}

static int ask(struct nic *n, usec now, const struct nic_question *q,
	       struct effects *fx)
{
	static const char *const whats[] = {"read", "all", "check"};
	size_t len = strlen(n->said);
	char(*words)[64] = n->words[n->n];

	(void)now;
	(void)fx;
	if (n->rc)
		return n->rc;
	if (n->is_searching)
		return -EHOSTUNREACH;
	snprintf(n->said + len, sizeof n->said - len, "%s %s %s=%s\n",
		 whats[q->what], q->directory, q->key, q->value);
	n->asked[n->n] = *q;
	snprintf(words[0], sizeof words[0], "%s", q->directory);
	n->n++;
	return 0;
}

static bool answer(struct nic *n, struct nic_answer *to)
{
	if (!n->has_answer)
		return false;
	n->has_answer = false;
	*to = n->answer;
	return true;
}

static bool claims(const struct nic *n, const struct dgram *d)
{
	(void)n;
	return d->kind == DGRAM_UDP;
}

static struct engine *engine(struct nic *n)
{
	return &n->engine;
}

static const struct lookupd_reach how = {ask, answer, claims, engine};

struct scene {
	struct world w;
	struct nic nic;
};

static void scene_open(struct scene *s)
{
	world_open(&s->w);
	lookupd_close(s->w.l, &stage_alloc);
	s->w.config.directory = (struct lookupd_directory){.server = "me"};
	assert_int_equal(lookupd_open(&s->w.l, &s->w.config, &stage_alloc), 0);
	stage_engine(s->w.st, lookupd_engine(s->w.l));
	memset(&s->nic, 0, sizeof s->nic);
	s->nic.engine = (struct engine){hear, settle, nothing, never};
	lookupd_nic(s->w.l, &s->nic, &how);
	world_order(&s->w, "default directory");
}

/* The oldest question gets an answer; it ends it if `rc`, or if it is a READ.
 */
static void answers(struct scene *s, int rc, const char *text)
{
	const struct nic_question *q = &s->nic.asked[s->nic.first];
	struct props room;

	assert_true(s->nic.first < s->nic.n);
	s->nic.answer =
		(struct nic_answer){.cookie = q->cookie,
				    .rc = rc,
				    .from = {.ip = IP4(10, 0, 0, 1),
					     .tag = "network",
					     .checksum = s->nic.checksum}};
	if (text)
		s->nic.answer.props = props(&room, text);
	s->nic.has_answer = true;
	if (rc || q->what == NIC_READ)
		s->nic.first++;
	STAGE_HEAR(s->w.st, "x"); /* whatever it was that the server sent */
	stage_wait(s->w.st, 0);
}

static void asked(struct scene *s, const char *text)
{
	assert_string_equal(s->nic.said, text);
	s->nic.said[0] = '\0';
}

static void one_is_read_and_kept_while_the_checksum_is_the_same(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	s.nic.checksum = 7;
	one(&s.w, "users", "name", "ann");
	asked(&s, "read users name=ann\ncheck  =\n");
	answers(&s, 0, "name=ann;uid=1");
	answers(&s, 0, NULL);
	answers(&s, -ENOENT, NULL);
	one(&s.w, "users", "name", "ann"); /* was asked before the check */
	answers(&s, 0, "name=ann;uid=1");
	one(&s.w, "users", "name", "ann");
	asked(&s, "read users name=ann\n");
	stage_wait(s.w.st, SECONDS(15));
	stage_forget(s.w.st);
	one(&s.w, "users", "name", "ann");
	asked(&s, "check  =\n");
	answers(&s, 0, NULL);
	answers(&s, -ENOENT, NULL);
	stage_expect(s.w.st, "15000 ms  [1] #4 found directory network "
			     "10.0.0.1: name=ann uid=1\n");
	stage_wait(s.w.st, SECONDS(15));
	s.nic.checksum = 8;
	one(&s.w, "users", "name", "ann");
	answers(&s, 0, NULL);
	answers(&s, -ENOENT, NULL);
	asked(&s, "check  =\nread users name=ann\n");
	answers(&s, -ENOENT, NULL);
	stage_expect(s.w.st, "30000 ms  [1] #5 not found\n");
	world_close(&s.w);
}

static void a_list_comes_once_for_all_who_want_it(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	asks(&s.w, 1, LOOKUP_ALL, "users", "", "", 0);
	asks(&s.w, 2, LOOKUP_ALL, "users", "uid", "2", 0);
	asked(&s, "all users =\n");
	answers(&s, 0, "name=ann;uid=1");
	answers(&s, 0, "name=bob;uid=2");
	answers(&s, -ENOENT, NULL);
	stage_expect(s.w.st,
		     "    0 ms  [1] #1 found directory network 10.0.0.1: "
		     "name=ann uid=1 directory network 10.0.0.1: name=bob "
		     "uid=2 more\n"
		     "    0 ms  [2] #2 found directory network 10.0.0.1: "
		     "name=bob uid=2 more\n");
	asks(&s.w, 1, LOOKUP_ALL, "users", "", "", position(&s.w));
	stage_expect(s.w.st, "    0 ms  [1] #3 not found\n");
	asks(&s.w, 1, LOOKUP_ONE, "services", "name", "a/udp", 0);
	asked(&s, "all services =\n");
	answers(&s, 0, "name=a;port=1;protocol=tcp");
	answers(&s, 0, "name=a;port=2;protocol=udp");
	answers(&s, -ENOENT, NULL);
	stage_expect(s.w.st, "    0 ms  [1] #4 found directory network "
			     "10.0.0.1: name=a port=2 protocol=udp\n");
	world_close(&s.w);
}

static void a_directory_that_is_not_found_or_dies_is_named(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	s.nic.is_searching = true;
	one(&s.w, "users", "name", "ann");
	asks(&s.w, 1, LOOKUP_ALL, "users", "", "", 0);
	s.nic.is_searching = false;
	one(&s.w, "users", "name", "ann");
	answers(&s, -EHOSTUNREACH, NULL);
	asks(&s.w, 1, LOOKUP_ALL, "users", "", "", 0);
	s.nic.first = s.nic.n - 1;
	answers(&s, -EHOSTUNREACH, NULL);
	one(&s.w, "users", "name", "ann");
	stage_wait(s.w.st, SECONDS(3));
	stage_expect(s.w.st, "    0 ms  note agent-silent 30 \"directory\"\n"
			     "    0 ms  [1] #1 unavailable: directory\n"
			     "    0 ms  [1] #2 unavailable: directory\n"
			     "    0 ms  [1] #3 unavailable: directory\n"
			     "    0 ms  [1] #4 unavailable: directory\n"
			     " 3000 ms  [1] #5 unavailable: directory\n");
	world_close(&s.w);
}

/* Who wants all of a directory that can't be had, or more than it takes, is
 * told so; and who wants one thing of it has it. */
static void a_list_that_does_not_come_silences_nobody(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	asks(&s.w, 1, LOOKUP_ALL, "users", "", "", 0);
	answers(&s, -EREMOTEIO, NULL);
	asks(&s.w, 1, LOOKUP_ONE, "services", "name", "a/udp", 0);
	stage_wait(s.w.st, SECONDS(3));
	s.nic.first = s.nic.n;
	s.nic.rc = -EAGAIN;
	one(&s.w, "users", "name", "ann");
	asks(&s.w, 1, LOOKUP_ALL, "groups", "", "", 0);
	s.nic.rc = 0;
	one(&s.w, "users", "name", "ann");
	answers(&s, 0, "name=ann;uid=1");
	stage_expect(s.w.st, "    0 ms  [1] #1 unavailable: directory\n"
			     " 3000 ms  [1] #2 unavailable: directory\n"
			     " 3000 ms  [1] #3 unavailable: directory\n"
			     " 3000 ms  [1] #4 unavailable: directory\n"
			     " 3000 ms  [1] #5 found directory network "
			     "10.0.0.1: name=ann uid=1\n");
	world_close(&s.w);
}

/* An ASK of a nic that is gone by now is nobody's question. */
static void what_a_nic_asked_that_is_gone_is_not_heard(void **state)
{
	struct outcome o = {.kind = EFFECT_ASK,
			    .owner = LOOKUPD_NIC,
			    .cookie = UINT64_MAX,
			    .rc = -ETIMEDOUT};
	struct engine *e;
	struct scene s;

	(void)state;
	scene_open(&s);
	lookupd_nic(s.w.l, NULL, NULL);
	e = lookupd_engine(s.w.l);
	e->settle(e, 0, &o, stage_begin(s.w.st));
	stage_end(s.w.st);
	stage_expect(s.w.st, "");
	world_close(&s.w);
}

/* The directory says so after its time; meanwhile another one is asked. */
static void a_late_answer_speaks_for_nobody_else(int rc)
{
	struct scene s;

	scene_open(&s);
	world_order(&s.w, "users directory nis");
	s.w.st->holds[EFFECT_ASK] = true;
	one(&s.w, "users", "name", "ann");
	stage_wait(s.w.st, SECONDS(3));
	answers(&s, rc, NULL);
	agents_say(&s.w, "yp", "nis1", "name=ann", 0);
	stage_settle(s.w.st, EFFECT_ASK, 0);
	stage_expect(s.w.st, " 3000 ms  note agent-silent 30 \"directory\"\n"
			     " 3000 ms  ask nis users name \"ann\"\n"
			     " 3000 ms  [1] #1 found nis yp nis1: name=ann\n");
	world_close(&s.w);
}

static void that_there_is_none_is_told_too_late(void **state)
{
	(void)state;
	a_late_answer_speaks_for_nobody_else(-ENOENT);
}

static void that_a_server_is_dead_is_told_too_late(void **state)
{
	(void)state;
	a_late_answer_speaks_for_nobody_else(-EHOSTUNREACH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			one_is_read_and_kept_while_the_checksum_is_the_same),
		cmocka_unit_test(a_list_comes_once_for_all_who_want_it),
		cmocka_unit_test(
			a_directory_that_is_not_found_or_dies_is_named),
		cmocka_unit_test(a_list_that_does_not_come_silences_nobody),
		cmocka_unit_test(what_a_nic_asked_that_is_gone_is_not_heard),
		cmocka_unit_test(that_there_is_none_is_told_too_late),
		cmocka_unit_test(that_a_server_is_dead_is_told_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
