/*
 * Changes that a store makes all or none, beside others of the same batch: the
 * SQLite file and the one in memory must judge alike.
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

static struct changes *begin(struct stage *t)
{
	struct changes *all;

	assert_int_equal(changes_open(&all, &t->purse.alloc), 0);
	return all;
}

static void add(struct changes *all, const struct change *c)
{
	assert_int_equal(changes_add(all, c), 0);
}

static struct commit as_commit(const struct changes *all)
{
	return (struct commit){.change = all->v, .more = all->n - 1, .rc = 1};
}

static void a_tree_is_made_at_once(void **state)
{
	struct stage *t = *state;
	struct changes *all = begin(t);
	struct made m;
	struct commit v;

	add(all, domain_put(&m, 6, 1, 1, "name=boston"));
	entry_put(&m, 7, 6, 1, "name=machines");
	m.c.domain = 6;
	add(all, &m.c);
	entry_put(&m, 8, 7, 1, "name=wendy");
	m.c.domain = 6;
	add(all, &m.c);
	m.c.instance = 2;
	add(all, &m.c);
	v = as_commit(all);
	assert_int_equal(t->s->ops->commit(t->s, &v, 1, &t->revision), 0);
	assert_int_equal(v.rc, 0);
	assert_int_equal(t->revision, 1);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	assert_int_equal(directory_entry(l->d, 8)->instance, 2);
	assert_string_equal(machine_name(machine_by_name(l->d, 6, "wendy")),
			    "wendy");
	loaded_close(l);
	changes_drop(all);
}

/* Whatever it had done already, of every kind. */
static void one_that_is_stale_takes_back_all(void **state)
{
	struct stage *t = *state;
	struct changes *all = begin(t);
	struct dump *before;
	struct made m;
	struct commit v[3];

	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wendy");
	entry_put(next(t), 7, 6, 1, "name=disk");
	entry_put(next(t), 8, 7, 1, "name=part");
	entry_put(next(t), 9, ENTRY_MACHINES, 1, "name=peter");
	commit_all(t);
	before = store_dump(t->s);
	add(all, entry_put(&m, 9, ENTRY_MACHINES, 2, "name=pan;x=1"));
	add(all, entry_put(&m, 9, ENTRY_MACHINES, 3, "name=pan;x=2"));
	add(all, entry_put(&m, 10, 6, 1, "name=new"));
	add(all, entry_put(&m, ENTRY_MACHINES, ENTRY_ROOT, 2, "name=machines"));
	add(all, entry_destroy(&m, 6, 2));
	add(all, entry_put(&m, 11, ENTRY_MACHINES, 1, "name=other"));
	add(all, entry_put(&m, 7, 6, 2, "name=is gone"));
	v[0] = as_commit(all);
	assert_int_equal(t->s->ops->commit(t->s, v, 1, &t->revision), 0);
	assert_int_equal(v[0].rc, -ESTALE);
	assert_int_equal(v[0].failed, 6);
	assert_int_equal(t->revision, 1);
	is_dumped_as(t, before->text);
	free(before);

	/* Neither do those beside it suffer. */
	v[0] = (struct commit){.change = lease_put(next(t), 77, 1)};
	v[1] = as_commit(all);
	v[2] = (struct commit){
		.change = entry_put(next(t), 12, 7, 1, "name=after")};
	assert_int_equal(t->s->ops->commit(t->s, v, 3, &t->revision), 0);
	assert_int_equal(v[0].rc, 0);
	assert_int_equal(v[1].rc, -ESTALE);
	assert_int_equal(v[2].rc, 0);
	assert_int_equal(t->revision, 2);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->n, 1);
	assert_string_equal(machine_name(directory_entry(l->d, 9)), "peter");
	assert_non_null(directory_entry(l->d, 12));
	assert_null(directory_entry(l->d, 10));
	assert_int_equal(directory_next_id(l->d), 13);
	loaded_close(l);
	changes_drop(all);
}

/* An id that was given to what then was not made is given again. */
static void what_was_taken_back_has_used_no_id(void **state)
{
	struct stage *t = *state;
	struct changes *all = begin(t);
	struct made m;
	struct commit v;

	add(all, entry_put(&m, 6, ENTRY_MACHINES, 1, "name=wendy"));
	add(all, entry_put(&m, 9, ENTRY_MACHINES, 2, "name=nobody"));
	v = as_commit(all);
	assert_int_equal(t->s->ops->commit(t->s, &v, 1, &t->revision), 0);
	assert_int_equal(v.rc, -ESTALE);
	entry_put(next(t), 6, ENTRY_MACHINES, 1, "name=wanda");
	commit_all(t);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(directory_next_id(l->d), 7);
	loaded_close(l);
	changes_drop(all);
}

static void leases_are_made_all_or_none_too(void **state)
{
	struct stage *t = *state;
	struct changes *all = begin(t);
	struct made m;
	struct commit v;

	add(all, lease_put(&m, 1, 1));
	add(all, lease_put(&m, 1, 2));
	add(all, lease_drop(&m, 1));
	add(all, lease_put(&m, 2, 3));
	v = as_commit(all);
	assert_int_equal(t->s->ops->commit(t->s, &v, 1, &t->revision), 0);
	assert_int_equal(v.rc, 0);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->n, 1);
	assert_string_equal(l->leases[0].name, "m3");
	loaded_close(l);
	changes_drop(all);
}

/* As many as an import has. */
static void a_hundred_thousand_are_one_change(void **state)
{
	enum { MANY = 100000 };
	struct stage *t = *state;
	struct changes *all = begin(t);
	struct made m;
	struct commit v;
	char text[40];

	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "name=m%u", i);
		add(all, entry_put(&m, 6 + i, ENTRY_MACHINES, 1, text));
	}
	add(all, entry_put(&m, 6, ENTRY_MACHINES, 3, "name=stale"));
	v = as_commit(all);
	assert_int_equal(t->s->ops->commit(t->s, &v, 1, &t->revision), 0);
	assert_int_equal(v.rc, -ESTALE);
	assert_int_equal(v.failed, MANY);
	v.more--;
	assert_int_equal(t->s->ops->commit(t->s, &v, 1, &t->revision), 0);
	assert_int_equal(v.rc, 0);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(directory_machines(l->d), MANY);
	loaded_close(l);
	changes_drop(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_tree_is_made_at_once),
		BOTH(one_that_is_stale_takes_back_all),
		BOTH(what_was_taken_back_has_used_no_id),
		BOTH(leases_are_made_all_or_none_too),
		BOTH(a_hundred_thousand_are_one_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
