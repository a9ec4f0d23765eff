/*
 * What stores remember of changes, whom they let write, and what they tell who
 * watches: the SQLite file and the one in memory must do alike.
 */
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/changes.h"
#include "stores.h"

/* "REVISION.NUMBER WALL WHO KIND PATH ID.INSTANCE in PARENT of DOMAIN: BEFORE
 * -> AFTER" */
static int tell(void *arg, const struct store_line *l)
{
	static const char *const kinds[] = {"domain", "put", "destroy"};
	struct dump *to = arg;

	dump_add(to, "%u.%u %lld %s %s%s %s %u.%u in %u of %u:",
		 (unsigned)(l->at >> STORE_LINE_BITS),
		 (unsigned)(l->at & ((1u << STORE_LINE_BITS) - 1)),
		 (long long)l->wall, l->who, kinds[l->change.kind],
		 l->went_along ? " along" : "", l->path, l->change.id,
		 l->change.instance, l->change.parent, l->change.domain);
	dump_props(to, &l->before);
	dump_add(to, "\t->");
	dump_props(to, &l->change.props);
	return 0;
}

static void history_is(struct stage *t, struct store_query q, const char *text)
{
	struct dump *to = calloc(1, sizeof *to);

	if (!q.most)
		q.most = 100;
	assert_int_equal(t->s->ops->history(t->s, &q, tell, to), 0);
	assert_string_equal(to->text, text);
	free(to);
}

static int commit_as(struct stage *t, const char *who, usec wall)
{
	for (size_t i = 0; i < t->n; i++) {
		t->batch[i].who = who;
		t->batch[i].wall = wall;
	}
	return commit(t);
}

static void add_a_few(struct stage *t)
{
	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wendy,w");
	assert_int_equal(commit_as(t, "alice", 100), 0);
	entry_put(next(t), 6, ENTRY_MACHINES, 2, "name=wendy;x=1");
	entry_put(next(t), 7, 6, 1, "name=disk");
	lease_put(next(t), 5, 5);
	assert_int_equal(commit_as(t, "bob", 200), 0);
	entry_put(next(t), 6, ENTRY_MACHINES, 3, "name=peter");
	assert_int_equal(commit_as(t, NULL, 300), 0);
}

#define MADE                                                                   \
	"1.0 100 alice put /machines/wendy 6.1 in 2 of 1:\n\t-> name( wendy "  \
	"w )\n"
#define SET                                                                    \
	"2.0 200 bob put /machines/wendy 6.2 in 2 of 1: name( wendy w )\n"     \
	"\t-> name( wendy ) x( 1 )\n"
#define DISK                                                                   \
	"2.1 200 bob put /machines/wendy/disk 7.1 in 6 of 1:\n"                \
	"\t-> name( disk )\n"
#define RENAMED                                                                \
	"3.0 300  put /machines/peter 6.3 in 2 of 1: name( wendy ) x( 1 )\n"   \
	"\t-> name( peter )\n"

static void every_edit_is_remembered(void **state)
{
	struct stage *t = *state;

	add_a_few(t);
	history_is(t, (struct store_query){.most = 9}, RENAMED DISK SET MADE);
	history_is(t, (struct store_query){.most = 2}, RENAMED DISK);
	history_is(
		t,
		(struct store_query){
			.most = 2, .below = (uint64_t)2 << STORE_LINE_BITS | 1},
		SET MADE);
	history_is(t, (struct store_query){.revision = 2}, DISK SET);
	history_is(t, (struct store_query){.domain = 9}, "");
}

static void an_entry_is_found_by_every_name_it_had(void **state)
{
	struct stage *t = *state;
	struct store_query q = {.domain = 1, .path = "/machines/Peter"};

	add_a_few(t);
	entry_put(next(t), 8, ENTRY_MACHINES, 1, "name=wendy2");
	commit_all(t);
	history_is(t, q, RENAMED SET MADE);
	q.path = "/machines/wendy";
	history_is(t, q, RENAMED DISK SET MADE);
	q.path = "/machines/wendy/disk";
	history_is(t, q, DISK);
	q.path = "/machines";
	q.most = 1;
	history_is(t, q,
		   "4.0 0  put /machines/wendy2 8.1 in 2 of 1:\n\t-> "
		   "name( wendy2 )\n");
	q.path = "/";
	q.most = 4;
	q.below = (uint64_t)2 << STORE_LINE_BITS;
	history_is(t, q, MADE);
}

static void what_goes_along_has_a_line(void **state)
{
	struct stage *t = *state;

	add_a_few(t);
	entry_put(next(t), 8, 7, 1, "name=part");
	commit_all(t);
	entry_destroy(next(t), 6, 4);
	assert_int_equal(commit_as(t, "carol", 400), 0);
	history_is(
		t, (struct store_query){.revision = 5},
		"5.2 400 carol destroy along /machines/peter/disk/part 8.2 in "
		"7 of 1: name( part )\n\t->\n"
		"5.1 400 carol destroy along /machines/peter/disk 7.2 in 6 of "
		"1: name( disk )\n\t->\n"
		"5.0 400 carol destroy /machines/peter 6.4 in 2 of 1: "
		"name( peter )\n\t->\n");
}

static void fixed_entries_and_domains_have_lines_too(void **state)
{
	struct stage *t = *state;
	struct made *m;

	entry_put(next(t), ENTRY_CONFIG, ENTRY_ROOT, 2, "name=config;x");
	domain_put(next(t), 6, 1, 1, "name=boston");
	m = next(t);
	entry_put(m, 7, 6, 1, "name=machines");
	m->c.domain = 6;
	domain_put(next(t), 6, 1, 2, "name=boston;tag=b");
	commit_all(t);
	history_is(t, (struct store_query){.most = 9},
		   "1.3 0  domain / 6.2 in 1 of 6: name( boston )\n"
		   "\t-> name( boston ) tag( b )\n"
		   "1.2 0  put /machines 7.1 in 6 of 6:\n\t-> name( machines "
		   ")\n"
		   "1.1 0  domain / 6.1 in 1 of 6:\n\t-> name( boston )\n"
		   "1.0 0  put /config 5.2 in 1 of 1: name( config )\n"
		   "\t-> name( config ) x( )\n");
	history_is(t, (struct store_query){.domain = 6, .path = "/machines"},
		   "1.2 0  put /machines 7.1 in 6 of 6:\n\t-> name( machines "
		   ")\n");
}

static void what_was_refused_is_not_remembered(void **state)
{
	struct stage *t = *state;
	struct changes *all;
	struct made m;
	struct commit v;
	struct store_status is;

	add_a_few(t);
	assert_int_equal(changes_open(&all, &t->purse.alloc), 0);
	changes_add(all, entry_put(&m, 8, ENTRY_MACHINES, 1, "name=new"));
	changes_add(all, entry_destroy(&m, 6, 4));
	changes_add(all, entry_put(&m, 6, ENTRY_MACHINES, 5, "name=stale"));
	v = (struct commit){.change = all->v, .more = 2};
	assert_int_equal(t->s->ops->commit(t->s, &v, 1, &t->revision), 0);
	assert_int_equal(v.rc, -ESTALE);
	entry_put(next(t), 9, 77, 1, "name=lost");
	assert_int_equal(commit(t), 0);
	history_is(t, (struct store_query){.most = 9}, RENAMED DISK SET MADE);
	t->s->ops->status(t->s, &is);
	assert_int_equal(is.lines, 4);
	assert_int_equal(is.revision, 3);
	assert_int_equal(is.compacted, 0);
	changes_drop(all);
}

static int count_line(void *arg, const struct store_line *l)
{
	uint64_t *n = arg;

	(void)l;
	++*n;
	return 0;
}

static void no_more_lines_are_kept_than_was_said(void **state)
{
	struct stage *t = *state;
	struct store_query q = {.most = 1000};
	struct store_status is;
	uint64_t n = 0;

	t->s->ops->keep(t->s, 20);
	for (uint32_t i = 0; i < 300; i++) {
		entry_put(next(t), ENTRY_CONFIG, 1, 2 + i, "name=config");
		commit_all(t);
	}
	assert_int_equal(t->s->ops->history(t->s, &q, count_line, &n), 0);
	assert_in_range(n, 20, 25);
	t->s->ops->status(t->s, &is);
	assert_int_equal(is.lines, n);
	assert_int_equal(is.compacted, 300 - n);
	assert_int_equal(t->s->ops->watch(t->s, 300 - n - 1, count_line, &n),
			 -ESTALE);
	t->s->ops->keep(t->s, 0);
	entry_put(next(t), ENTRY_CONFIG, 1, 302, "name=config");
	commit_all(t);
	n = 0;
	assert_int_equal(t->s->ops->history(t->s, &q, count_line, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(t->s->ops->watch(t->s, 300, count_line, &n), -ESTALE);
	assert_int_equal(t->s->ops->watch(t->s, 301, count_line, &n), 0);
}

static void who_watches_is_told_what_came_after(void **state)
{
	struct stage *t = *state;
	struct dump *to = calloc(1, sizeof *to);

	add_a_few(t);
	entry_destroy(next(t), 6, 4);
	commit_all(t);
	assert_int_equal(t->s->ops->watch(t->s, 2, tell, to), 0);
	assert_string_equal(to->text,
			    RENAMED "4.0 0  destroy /machines/peter 6.4 in 2 "
				    "of 1: name( peter )\n\t->\n");
	*to = (struct dump){.len = 0};
	assert_int_equal(t->s->ops->watch(t->s, 4, tell, to), 0);
	assert_string_equal(to->text, "");
	assert_int_equal(t->s->ops->watch(t->s, 5, tell, to), -ESTALE);
	free(to);
}

struct twin {
	struct purse purse;
	struct directory *d;
};

static int follow(void *arg, const struct store_line *l)
{
	struct twin *w = arg;

	return directory_apply(w->d, &l->change);
}

/* A snapshot and what came after it are what there is. */
static void a_watcher_has_the_same_directory(void **state)
{
	struct stage *t = *state;
	struct twin w;
	struct dump *one = calloc(1, sizeof *one),
		    *two = calloc(1, sizeof *two);
	struct loaded *l;

	add_a_few(t);
	assert_int_equal(directory_open(&w.d, purse_open(&w.purse), 0, 1), 0);
	assert_int_equal(t->s->ops->watch(t->s, 0, follow, &w), 0);
	domain_put(next(t), 8, 1, 1, "name=boston");
	entry_destroy(next(t), 6, 4);
	entry_put(next(t), 9, ENTRY_MACHINES, 1, "name=w");
	commit_all(t);
	assert_int_equal(t->s->ops->watch(t->s, 3, follow, &w), 0);
	l = loaded_open(t->s);
	dump_directory(one, w.d);
	dump_directory(two, l->d);
	assert_string_equal(one->text, two->text);
	loaded_close(l);
	directory_close(w.d);
	free(one);
	free(two);
}

static int master(struct stage *t, enum store_act act, struct store_master *m,
		  usec wall)
{
	return t->s->ops->master(t->s, act, m, wall);
}

static struct store_master of(const char *holder, uint64_t token, usec ends)
{
	struct store_master m = {
		.domain = 6, .token = token, .wall_ends = ends};

	snprintf(m.holder, sizeof m.holder, "%s", holder);
	return m;
}

static void a_domain_has_one_master(void **state)
{
	struct stage *t = *state;
	struct store_master a = of("a", 0, 100), b = of("b", 0, 150), is;

	is = of("", 0, 0);
	assert_int_equal(master(t, MASTER_LOOK, &is, 0), -ENOENT);
	assert_int_equal(master(t, MASTER_TAKE, &a, 0), 0);
	assert_int_equal(a.token, 1);
	assert_int_equal(master(t, MASTER_TAKE, &b, 99), -EBUSY);
	assert_string_equal(b.holder, "a");
	assert_int_equal(b.wall_ends, 100);
	a.wall_ends = 120;
	assert_int_equal(master(t, MASTER_RENEW, &a, 99), 0);
	b = of("b", 0, 150);
	assert_int_equal(master(t, MASTER_TAKE, &b, 119), -EBUSY);
	b = of("b", 0, 150);
	assert_int_equal(master(t, MASTER_TAKE, &b, 120), 0);
	assert_int_equal(b.token, 2);
	assert_int_equal(master(t, MASTER_RENEW, &a, 120), -EPERM);
	assert_string_equal(a.holder, "b");
	a = of("a", 1, 200);
	assert_int_equal(master(t, MASTER_DROP, &a, 121), -EPERM);
	assert_int_equal(master(t, MASTER_DROP, &b, 121), 0);
	is = of("", 0, 0);
	assert_int_equal(master(t, MASTER_LOOK, &is, 0), 0);
	assert_string_equal(is.holder, "");
	assert_int_equal(is.token, 2);
	a = of("a", 0, 200);
	assert_int_equal(master(t, MASTER_TAKE, &a, 121), 0);
	assert_int_equal(a.token, 3);
	/* Who comes back is not who it was. */
	a = of("a", 0, 200);
	assert_int_equal(master(t, MASTER_TAKE, &a, 122), 0);
	assert_int_equal(a.token, 4);
}

static void who_is_no_master_any_more_writes_nothing(void **state)
{
	struct stage *t = *state;
	struct store_master a = of("a", 0, 100), b = of("b", 0, 300);
	struct made *m;

	assert_int_equal(master(t, MASTER_TAKE, &a, 0), 0);
	m = next(t);
	entry_put(m, 6, ENTRY_MACHINES, 1, "name=wendy");
	t->batch[0].fence = a.token;
	t->batch[0].fenced = 6;
	commit_all(t);
	assert_int_equal(master(t, MASTER_TAKE, &b, 200), 0);
	entry_put(next(t), 6, ENTRY_MACHINES, 2, "name=wanda");
	t->batch[0].fence = a.token;
	t->batch[0].fenced = 6;
	lease_put(next(t), 5, 5);
	assert_int_equal(commit(t), 0);
	assert_int_equal(t->batch[0].rc, -EPERM);
	assert_int_equal(t->batch[1].rc, 0);
	entry_put(next(t), 6, ENTRY_MACHINES, 2, "name=wanda");
	t->batch[0].fence = b.token;
	t->batch[0].fenced = 6;
	commit_all(t);
	entry_put(next(t), 6, ENTRY_MACHINES, 3, "name=wilma");
	t->batch[0].fence = 1;
	t->batch[0].fenced = 7; /* which nobody ever was the master of */
	assert_int_equal(commit(t), 0);
	assert_int_equal(t->batch[0].rc, -EPERM);
}

static void a_reopened_file_remembers(void **state)
{
	struct stage *t = *state;
	struct store_master a = of("a", 0, 100);
	struct store_status is;

	add_a_few(t);
	assert_int_equal(master(t, MASTER_TAKE, &a, 0), 0);
	t->s->ops->close(t->s);
	open_file(t);
	history_is(t, (struct store_query){.most = 9}, RENAMED DISK SET MADE);
	t->s->ops->status(t->s, &is);
	assert_int_equal(is.lines, 4);
	a = of("b", 0, 200);
	assert_int_equal(master(t, MASTER_TAKE, &a, 50), -EBUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(every_edit_is_remembered),
		BOTH(an_entry_is_found_by_every_name_it_had),
		BOTH(what_goes_along_has_a_line),
		BOTH(fixed_entries_and_domains_have_lines_too),
		BOTH(what_was_refused_is_not_remembered),
		BOTH(no_more_lines_are_kept_than_was_said),
		BOTH(who_watches_is_told_what_came_after),
		BOTH(a_watcher_has_the_same_directory),
		BOTH(a_domain_has_one_master),
		BOTH(who_is_no_master_any_more_writes_nothing),
		cmocka_unit_test_setup_teardown(a_reopened_file_remembers,
						open_sqlite, close_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
