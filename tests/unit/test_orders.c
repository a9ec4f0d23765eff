/*
 * Commits and news in their order, on their way to a store and back.
 */
#include "store/orders.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "purse.h"

enum { MOST = 8 };

static void give(struct orders *l, struct order *v, size_t n)
{
	orders_empty(l);
	for (size_t i = 0; i < n; i++)
		orders_add(l, &v[i]);
}

/* "3 n5 -17": revisions, of news with an n, or why it was refused. */
static const char *told(const struct orders *l)
{
	static char text[200];
	size_t at = 0;

	text[0] = '\0';
	for (const struct order *o = l->first; o; o = o->next)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%d",
				       at ? " " : "", o->is_news ? "n" : "",
				       o->rc ? o->rc : (int)o->revision);
	return text;
}

static void they_come_back_by_their_revisions(void **state)
{
	struct order v[] = {{.revision = 7}, {.rc = -17}, {.revision = 3},
			    {.revision = 9}, {.rc = -1},  {.revision = 5}};
	struct order more = {.rc = -3};
	struct orders l;

	(void)state;
	give(&l, v, 6);
	orders_sort(&l);
	assert_string_equal(told(&l), "3 5 7 9 -17 -1");
	orders_add(&l, &more);
	assert_string_equal(told(&l), "3 5 7 9 -17 -1 -3");
}

/* Commits of one transaction have one revision. */
static void those_of_one_revision_stay_as_they_were(void **state)
{
	struct order v[] = {
		{.revision = 4, .seen = 1}, {.revision = 2, .seen = 2},
		{.revision = 4, .seen = 3}, {.revision = 2, .seen = 4},
		{.revision = 4, .seen = 5},
	};
	static const uint64_t want[] = {2, 4, 1, 3, 5};
	struct orders l;
	size_t i = 0;

	(void)state;
	give(&l, v, 5);
	orders_sort(&l);
	for (const struct order *o = l.first; o; o = o->next)
		assert_int_equal(o->seen, want[i++]);
	assert_int_equal(i, 5);
}

/* A commit that tells no more than was heard has the revision of what was heard
 * last, and comes behind it. */
static void news_come_between_them(void **state)
{
	struct order v[] = {
		{.revision = 3}, {.revision = 5}, {.revision = 7}, {.rc = -17}};
	struct order news[] = {{.revision = 5, .is_news = true},
			       {.revision = 6, .is_news = true},
			       {.revision = 9, .is_news = true}};
	struct orders mine, all;

	(void)state;
	give(&mine, v, 4);
	orders_empty(&all);
	for (size_t i = 0; i < 3; i++) {
		orders_before(&mine, news[i].revision, &all);
		orders_add(&all, &news[i]);
	}
	assert_string_equal(told(&all), "3 n5 5 n6 7 n9");
	assert_string_equal(told(&mine), "-17");
	orders_join(&all, &mine);
	assert_string_equal(told(&all), "3 n5 5 n6 7 n9 -17");
	assert_null(mine.first);
}

static void edits_go_apart(void **state)
{
	struct order v[] = {
		{.change.kind = CHANGE_LEASE_PUT, .revision = 1},
		{.change.kind = CHANGE_ENTRY_PUT, .revision = 2},
		{.change.kind = CHANGE_LEASE_DROP, .revision = 3},
		{.change.kind = CHANGE_LEASE_PUT, .revision = 4},
		{.change.kind = CHANGE_ENTRY_DESTROY, .revision = 5},
	};
	struct order *some[MOST], *at;
	struct orders l;

	(void)state;
	give(&l, v, 5);
	at = l.first;
	assert_int_equal(orders_pick(&at, false, some, 2), 2);
	assert_ptr_equal(some[0], &v[0]);
	assert_ptr_equal(some[1], &v[2]);
	assert_int_equal(orders_pick(&at, false, some, 2), 1);
	assert_ptr_equal(some[0], &v[3]);
	assert_int_equal(orders_pick(&at, false, some, 2), 0);
	at = l.first;
	assert_int_equal(orders_pick(&at, true, some, MOST), 2);
	assert_ptr_equal(some[1], &v[4]);
}

/* What a store was asked, and what it says. */
struct asked {
	struct store s;
	struct commit v[MOST];
	size_t n;
};

static int commit(struct store *s, struct commit *v, size_t n,
		  uint64_t *revision)
{
	struct asked *a = (struct asked *)(void *)s;

	for (size_t i = 0; i < n; i++) {
		a->v[i] = v[i];
		v[i].rc = i ? -EEXIST : 0;
		v[i].failed = i;
		v[i].revision = i ? 0 : 12;
	}
	a->n = n;
	*revision = 12;
	return -EEXIST;
}

static void each_hears_what_became_of_it(void **state)
{
	static const struct store_ops ops = {.commit = commit};
	struct change two[2] = {{.id = 6}, {.id = 7}};
	struct changes all = {.v = two, .n = 2};
	struct order a = {.change.id = 5, .wall = 3, .seen = 4, .who = "root"},
		     b = {.all = &all};
	struct order *v[] = {&a, &b};
	struct asked store = {.s.ops = &ops};
	struct commit room[2];

	(void)state;
	assert_int_equal(orders_commit(&store.s, v, 2, room), -EEXIST);
	assert_int_equal(store.n, 2);
	assert_int_equal(store.v[0].change->id, 5);
	assert_int_equal(store.v[0].more, 0);
	assert_string_equal(store.v[0].who, "root");
	assert_int_equal(store.v[0].wall, 3);
	assert_int_equal(store.v[0].seen, 4);
	assert_int_equal(store.v[1].change->id, 6);
	assert_int_equal(store.v[1].more, 1);
	assert_int_equal(a.rc, 0);
	assert_int_equal(a.revision, 12);
	assert_int_equal(b.rc, -EEXIST);
	assert_int_equal(b.failed, 1);
}

static void news_are_kept_or_there_is_no_memory(void **state)
{
	struct change two[2] = {{.id = 6}, {.id = 7}};
	const struct store_news news = {.v = two, .n = 2, .revision = 8};
	struct purse purse;
	struct order o;
	long left = 0;

	(void)state;
	purse_open(&purse);
	do
		purse.left = left++;
	while (order_news(&o, &news, &purse.alloc) == -ENOMEM && !purse.out);
	assert_true(left > 2);
	assert_true(o.is_news);
	assert_int_equal(o.revision, 8);
	assert_int_equal(o.all->n, 2);
	assert_int_equal(o.all->v[1].id, 7);
	changes_drop(o.all);
	assert_int_equal(purse.out, 0);
}

static void what_was_refused_is_no_proof_of_having_heard(void **state)
{
	uint64_t seen = 5;

	(void)state;
	order_seen(&(struct order){.revision = 4}, &seen);
	assert_int_equal(seen, 5);
	order_seen(&(struct order){.revision = 9, .rc = -ESTALE}, &seen);
	assert_int_equal(seen, 5);
	order_seen(&(struct order){.revision = 9}, &seen);
	assert_int_equal(seen, 9);
}

static usec aged(usec set)
{
	const usec put = SECONDS(1000000), now = SECONDS(70);
	struct change two[2] = {
		{.kind = CHANGE_LEASE_PUT,
		 .lease.wall_ends = put + SECONDS(60)},
		{.kind = CHANGE_LEASE_PUT, .lease.wall_ends = NEVER}};
	struct changes all = {.v = two, .n = 2};
	struct order o = {.all = &all, .wall = put, .at = SECONDS(40)};
	usec wall = put + SECONDS(30) + set;

	order_age(&o, now, wall);
	assert_true(two[1].lease.wall_ends == NEVER);
	o = (struct order){.change = two[0], .wall = wall, .at = now};
	order_age(&o, now, wall);
	assert_int_equal(o.change.lease.wall_ends, two[0].lease.wall_ends);
	return two[0].lease.wall_ends - wall;
}

/* Half a minute after they were put, leases of a minute last as long. */
static void a_clock_that_is_set_makes_no_lease_longer(void **state)
{
	(void)state;
	assert_int_equal(aged(0), SECONDS(30));
	assert_int_equal(aged(-SECONDS(3600)), SECONDS(30));
	assert_int_equal(aged(SECONDS(86400)), SECONDS(30));
	assert_int_equal(aged(MILLISECONDS(3)), SECONDS(30) - MILLISECONDS(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_back_by_their_revisions),
		cmocka_unit_test(those_of_one_revision_stay_as_they_were),
		cmocka_unit_test(news_come_between_them),
		cmocka_unit_test(edits_go_apart),
		cmocka_unit_test(each_hears_what_became_of_it),
		cmocka_unit_test(news_are_kept_or_there_is_no_memory),
		cmocka_unit_test(what_was_refused_is_no_proof_of_having_heard),
		cmocka_unit_test(a_clock_that_is_set_makes_no_lease_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
