/*
 * What every store promises, asked of each of them: the SQLite file and the one
 * in memory must judge alike.
 */
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "stores.h"

#define FIXED_NEXT(machines, next)                                             \
	machines " machines, next id " next "\n"                               \
		 "1.1 in 0 of 1 (0) name( / )\n\t2\n\t3\n\t4\n\t5\n"
#define FIXED_MACHINES "2.1 in 1 of 1 (0) name( machines )\n"
#define FIXED_OTHERS                                                           \
	"3.1 in 1 of 1 (0) name( images )\n"                                   \
	"4.1 in 1 of 1 (0) name( networks )\n"                                 \
	"5.1 in 1 of 1 (0) name( config )\n"

static void a_new_store_is_empty(void **state)
{
	is_dumped_as(*state, "0, revision 0\n" FIXED_NEXT("0", "6")
				     FIXED_MACHINES FIXED_OTHERS);
}

static void what_was_committed_is_loaded(void **state)
{
	struct stage *t = *state;

	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wendy,w;serves");
	entry_put(next(t), 7, 6, 1, "");
	lease_put(next(t), IP4(10, 0, 0, 7), 2);
	lease_put(next(t), IP4(10, 0, 0, 9), 300);
	commit_all(t);
	is_dumped_as(t, "0, revision 1\n" FIXED_NEXT("1", "8") FIXED_MACHINES
		     "\t6\n" FIXED_OTHERS "6.1 in 2 of 1 (0) name( wendy w ) "
		     "serves( )\n\t7\n"
		     "7.1 in 6 of 1 (0)\n"
		     "0a000007 0 1/6 000002 1700000000000002 3602 m2\n"
		     "0a000009 0 1/6 00012c 1700000000000300 3900 m300\n");
}

static void a_lease_keeps_every_field(void **state)
{
	struct stage *t = *state;
	struct lease is = {.kind = LEASE_DECLINED,
			   .ip = 0xffffffffu,
			   .hw = {.type = 32, .len = 16},
			   .wall_ends = NEVER,
			   .term = UINT32_MAX};
	struct made *m = next(t);

	memset(is.hw.b, 0xfe, sizeof is.hw.b);
	memset(is.name, 'n', sizeof is.name - 1);
	m->c = (struct change){.kind = CHANGE_LEASE_PUT, .lease = is};
	m = next(t);
	m->c = (struct change){.kind = CHANGE_LEASE_PUT,
			       .lease = {.kind = LEASE_BOOTP, .ip = 1}};
	commit_all(t);
	struct loaded *l = loaded_open(t->s);
	const struct lease *was = loaded_lease(l, is.ip);

	assert_int_equal(l->rc, 0);
	assert_non_null(was);
	assert_int_equal(was->kind, is.kind);
	assert_true(hwaddr_is(&was->hw, &is.hw));
	assert_true(was->wall_ends == NEVER);
	assert_int_equal(was->term, is.term);
	assert_string_equal(was->name, is.name);
	assert_int_equal(loaded_lease(l, 1)->kind, LEASE_BOOTP);
	assert_int_equal(loaded_lease(l, 1)->hw.len, 0);
	loaded_close(l);
}

static void an_address_has_one_lease(void **state)
{
	struct stage *t = *state;

	lease_put(next(t), IP4(10, 0, 0, 7), 1);
	lease_put(next(t), IP4(10, 0, 0, 7), 2);
	lease_put(next(t), IP4(10, 0, 0, 8), 3);
	lease_drop(next(t), IP4(10, 0, 0, 8));
	lease_drop(next(t), IP4(10, 0, 0, 9));
	commit_all(t);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->n, 1);
	assert_string_equal(l->leases[0].name, "m2");
	loaded_close(l);
	lease_put(next(t), IP4(10, 0, 0, 8), 4);
	commit_all(t);
	l = loaded_open(t->s);
	assert_int_equal(l->n, 2);
	assert_string_equal(loaded_lease(l, IP4(10, 0, 0, 8))->name, "m4");
	loaded_close(l);
}

static void a_stale_edit_holds_up_nobody(void **state)
{
	struct stage *t = *state;

	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wendy");
	commit_all(t);
	entry_put(next(t), 6, ENTRY_MACHINES, 2, "name=wanda");
	entry_put(next(t), 6, ENTRY_MACHINES, 2, "name=walter");
	entry_put(next(t), 6, ENTRY_MACHINES, 4, "name=willy");
	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wilma");
	entry_put(next(t), 9, ENTRY_MACHINES, 2, "name=nobody");
	entry_destroy(next(t), 6, 2);
	lease_put(next(t), IP4(10, 0, 0, 7), 1);
	entry_put(next(t), 7, 6, 1, "name=disk");
	assert_int_equal(commit(t), 0);
	static const int expected[] = {0,       -ESTALE, -ESTALE, -ESTALE,
				       -ESTALE, -ESTALE, 0,       0};
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(t->batch[i].rc, expected[i]);
	struct loaded *l = loaded_open(t->s);

	assert_string_equal(machine_name(directory_entry(l->d, 6)), "wanda");
	assert_int_equal(directory_entry(l->d, 6)->instance, 2);
	assert_int_equal(l->n, 1);
	loaded_close(l);
}

static void what_changes_nothing_is_no_revision(void **state)
{
	struct stage *t = *state;

	lease_put(next(t), IP4(10, 0, 0, 7), 1);
	commit_all(t);
	assert_int_equal(t->revision, 1);
	entry_put(next(t), 9, ENTRY_MACHINES, 2, "name=nobody");
	assert_int_equal(commit(t), 0);
	assert_int_equal(t->revision, 1);
	assert_int_equal(commit(t), 0);
	assert_int_equal(t->revision, 1);
	lease_drop(next(t), IP4(10, 0, 0, 7));
	commit_all(t);
	assert_int_equal(t->revision, 2);
}

static void an_edit_keeps_the_place_of_an_entry(void **state)
{
	struct stage *t = *state;

	entry_put(next(t), 6, ENTRY_CONFIG, 1, "name=top");
	entry_put(next(t), 7, 6, 1, "name=below");
	commit_all(t);
	entry_put(next(t), 6, ENTRY_CONFIG, 2, "name=summit");
	commit_all(t);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	assert_int_equal(directory_path(l->d, 1, "/config/summit/below")->id,
			 7);
	loaded_close(l);
}

static void the_fixed_entries_are_edited_like_others(void **state)
{
	struct stage *t = *state;

	entry_put(next(t), ENTRY_CONFIG, ENTRY_ROOT, 2,
		  "name=config;colour=red");
	entry_put(next(t), ENTRY_ROOT, ENTRY_NONE, 2, "name=/;master=wendy");
	commit_all(t);
	entry_put(next(t), ENTRY_CONFIG, ENTRY_ROOT, 2, "name=config");
	entry_put(next(t), ENTRY_CONFIG, ENTRY_ROOT, 1, "name=config");
	entry_put(next(t), ENTRY_IMAGES, ENTRY_ROOT, 1, "name=images");
	entry_destroy(next(t), ENTRY_IMAGES, 2);
	entry_put(next(t), ENTRY_CONFIG, ENTRY_ROOT, 3,
		  "name=config;colour=blue");
	assert_int_equal(commit(t), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(t->batch[i].rc, -ESTALE);
	assert_int_equal(t->batch[4].rc, 0);
	struct loaded *l = loaded_open(t->s);
	const struct entry *e = directory_entry(l->d, ENTRY_CONFIG);

	assert_int_equal(l->rc, 0);
	assert_int_equal(e->instance, 3);
	assert_string_equal(plist_value(&e->props, "colour"), "blue");
	e = directory_entry(l->d, ENTRY_ROOT);
	assert_string_equal(plist_value(&e->props, "master"), "wendy");
	loaded_close(l);
}

static void destroying_takes_all_below(void **state)
{
	struct stage *t = *state;

	entry_put(next(t), 6, ENTRY_CONFIG, 1, "name=a");
	entry_put(next(t), 7, 6, 1, "name=b");
	entry_put(next(t), 8, 7, 1, "name=c");
	entry_put(next(t), 9, ENTRY_CONFIG, 1, "name=d");
	commit_all(t);
	entry_destroy(next(t), 6, 2);
	entry_put(next(t), 8, 7, 2, "name=C");
	entry_put(next(t), 10, 7, 1, "name=orphan");
	assert_int_equal(commit(t), 0);
	assert_int_equal(t->batch[0].rc, 0);
	assert_int_equal(t->batch[1].rc, -ESTALE);
	assert_int_equal(t->batch[2].rc, -ESTALE);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	assert_null(directory_entry(l->d, 6));
	assert_null(directory_entry(l->d, 7));
	assert_null(directory_entry(l->d, 8));
	assert_non_null(directory_entry(l->d, 9));
	loaded_close(l);
}

static void the_last_id_is_remembered_when_its_entry_is_gone(void **state)
{
	struct stage *t = *state;

	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wendy");
	entry_put(next(t), 7, ENTRY_MACHINES, 1, "name=peter");
	commit_all(t);
	entry_destroy(next(t), 7, 2);
	commit_all(t);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	assert_int_equal(directory_next_id(l->d), 8);
	assert_null(directory_entry(l->d, 7));
	loaded_close(l);
}

static void domains_come_back_with_their_parents(void **state)
{
	struct stage *t = *state;
	struct made *m;

	domain_put(next(t), 6, DOMAIN_FIRST, 1, "name=hall");
	domain_put(next(t), 7, 6, 1, "name=desk");
	m = next(t);
	entry_put(m, 8, 7, 1, "name=machines");
	m->c.domain = 7;
	m = next(t);
	entry_put(m, 9, 8, 1, "name=own");
	m->c.domain = 7;
	domain_put(next(t), 6, DOMAIN_FIRST, 2, "name=lobby");
	commit_all(t);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	assert_int_equal(domain_parent(l->d, 7), 6);
	assert_int_equal(domain_parent(l->d, 6), DOMAIN_FIRST);
	assert_int_equal(machine_by_name(l->d, 7, "own")->id, 9);
	assert_string_equal(machine_name(directory_entry(l->d, 6)), "lobby");
	loaded_close(l);
	entry_destroy(next(t), 6, 3); /* another climbs to it */
	entry_destroy(next(t), 7, 2);
	entry_destroy(next(t), 6, 3);
	assert_int_equal(commit(t), 0);
	assert_int_equal(t->batch[0].rc, -ESTALE);
	assert_int_equal(t->batch[1].rc, 0);
	assert_int_equal(t->batch[2].rc, 0);
	l = loaded_open(t->s);
	assert_int_equal(l->rc, 0);
	assert_int_equal(directory_next_id(l->d), 10);
	for (uint32_t id = 6; id < 10; id++)
		assert_null(directory_entry(l->d, id));
	loaded_close(l);
}

static int stop(void *arg, const struct change *c)
{
	(void)c;
	return --*(int *)arg ? 0 : -EINTR;
}

static void a_load_can_be_ended(void **state)
{
	struct stage *t = *state;
	int after = 3;

	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wendy");
	for (uint32_t i = 1; i < 5; i++)
		lease_put(next(t), i, i);
	commit_all(t);
	assert_int_equal(t->s->ops->load(t->s, stop, &after, &t->revision),
			 -EINTR);
	assert_int_equal(after, 0);
	lease_put(next(t), 5, 5);
	commit_all(t);
}

static void a_reopened_file_is_the_same(void **state)
{
	struct stage *t = *state;

	for (uint32_t i = 6; i < 12; i++) {
		char text[64];

		snprintf(text, sizeof text, "name=m%u;ip_address=10.0.0.%u", i,
			 i);
		entry_put(next(t), i, ENTRY_MACHINES, 1, text);
	}
	commit_all(t);
	entry_destroy(next(t), 11, 2);
	entry_put(next(t), 7, ENTRY_MACHINES, 2, "name=new");
	lease_put(next(t), IP4(10, 0, 0, 7), 1);
	lease_drop(next(t), IP4(10, 0, 0, 6));
	commit_all(t);
	struct dump *before = store_dump(t->s);

	t->s->ops->close(t->s);
	open_file(t);
	is_dumped_as(t, before->text);
	free(before);
	lease_drop(next(t), IP4(10, 0, 0, 7));
	commit_all(t);
	assert_int_equal(t->revision, 3);
}

static void the_memory_store_counts_its_commits(void **state)
{
	struct stage *t = *state;

	assert_int_equal(store_memory_commits(t->s), 0);
	for (uint32_t i = 1; i < 8; i++)
		lease_put(next(t), i, i);
	commit_all(t);
	lease_put(next(t), 8, 8);
	commit_all(t);
	assert_int_equal(store_memory_commits(t->s), 2);
}

static void the_memory_store_fails_on_demand(void **state)
{
	struct store_memory_faults faults = {
		.fail_rc = -ENOSPC, .fail_from = 1, .fail_n = 2};
	static const int expected[] = {0, -ENOSPC, -ENOSPC, 0};
	struct stage *t = *state;

	t->s->ops->close(t->s);
	assert_int_equal(store_memory_open(&t->s, &t->purse.alloc, &faults), 0);
	for (uint32_t i = 0; i < 4; i++) {
		lease_put(next(t), 10 + i, i);
		entry_put(next(t), 99, ENTRY_MACHINES, 2, "");
		assert_int_equal(commit(t), expected[i]);
		assert_int_equal(t->batch[0].rc, expected[i]);
		assert_int_equal(t->batch[1].rc,
				 expected[i] ? expected[i] : -ESTALE);
	}
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->n, 2);
	assert_int_equal(l->revision, 2);
	assert_int_equal(store_memory_commits(t->s), 4);
	loaded_close(l);
}

/* Grown past every table that it was opened with. */
static void the_memory_store_without_memory_loses_nothing(void **state)
{
	struct stage *t = *state;
	size_t refused = 0;

	for (uint32_t i = 0; i < 300; i++) {
		t->purse.left = 0;
		entry_put(next(t), 6 + i, ENTRY_MACHINES, 1, "name=x");
		assert_int_equal(commit(t), 0);
		assert_int_equal(t->batch[0].rc, -ENOMEM);
		lease_put(next(t), 1 + i, i);
		assert_int_equal(commit(t), 0);
		refused += t->batch[0].rc == -ENOMEM;
		t->purse.left = -1;
		entry_put(next(t), 6 + i, ENTRY_IMAGES, 1, "name=x");
		lease_put(next(t), 1 + i, i);
		commit_all(t);
	}
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	assert_int_equal(l->n, 300);
	assert_int_equal(directory_next_id(l->d), 306);
	assert_true(refused > 0);
	loaded_close(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_new_store_is_empty),
		BOTH(what_was_committed_is_loaded),
		BOTH(a_lease_keeps_every_field),
		BOTH(an_address_has_one_lease),
		BOTH(a_stale_edit_holds_up_nobody),
		BOTH(what_changes_nothing_is_no_revision),
		BOTH(an_edit_keeps_the_place_of_an_entry),
		BOTH(the_fixed_entries_are_edited_like_others),
		BOTH(destroying_takes_all_below),
		BOTH(the_last_id_is_remembered_when_its_entry_is_gone),
		BOTH(domains_come_back_with_their_parents),
		BOTH(a_load_can_be_ended),
		cmocka_unit_test_setup_teardown(a_reopened_file_is_the_same,
						open_sqlite, close_stage),
		cmocka_unit_test_setup_teardown(
			the_memory_store_counts_its_commits, open_memory,
			close_stage),
		cmocka_unit_test_setup_teardown(
			the_memory_store_fails_on_demand, open_memory,
			close_stage),
		cmocka_unit_test_setup_teardown(
			the_memory_store_without_memory_loses_nothing,
			open_memory, close_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
