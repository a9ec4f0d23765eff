/*
 * Copies of a store that is in use: whole, with all that was committed before
 * they ended; and looking at a file that may be one.
 */
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "stores.h"

/* Far more than goes into one step of a copy. */
static void fill(struct stage *t)
{
	static uint8_t big[60000];
	struct plist_out o = plist_begin(big, sizeof big);

	plist_add(&o, "name");
	plist_add_value(&o, "big");
	plist_add(&o, "x");
	for (int i = 0; i < 5000; i++)
		plist_add_value(&o, "0123456789");
	for (uint32_t id = 6; id < 60; id++) {
		struct made *m = next(t);

		entry_put(m, id, ENTRY_CONFIG, 1, "");
		assert_true(plist_end(&o, &m->c.props));
		commit_all(t);
	}
}

static void begin(struct stage *t, struct store_backup *b)
{
	*b = (struct store_backup){.state = NULL};
	snprintf(b->path, sizeof b->path, "%s.copy", t->path);
}

static void a_copy_has_what_is_committed_meanwhile(void **state)
{
	struct stage *t = *state;
	struct store_backup b;
	struct store_copy is;
	uint32_t steps = 0;
	int rc;

	fill(t);
	begin(t, &b);
	while ((rc = t->s->ops->backup(t->s, &b)) == 1) {
		steps++;
		lease_put(next(t), steps, steps);
		entry_put(next(t), 6, ENTRY_CONFIG, 1 + steps, "name=small");
		commit_all(t);
	}
	assert_int_equal(rc, 0);
	assert_true(steps > 2);
	assert_int_equal(store_sqlite_look(b.path, &is), 0);
	assert_int_equal(is.leases, steps);
	assert_int_equal(is.entries, 54);
	assert_true(is.revision == t->revision && b.revision == is.revision);
	assert_int_equal(truncate(b.path, 9000), 0);
	assert_int_equal(store_sqlite_look(b.path, &is), -EBADMSG);
	assert_int_equal(truncate(b.path, 0), 0);
	assert_int_equal(store_sqlite_look(b.path, &is), -EINVAL);
	assert_int_equal(unlink(b.path), 0);
	assert_int_equal(store_sqlite_look(b.path, &is), -ENOENT);
}

/* Byte for byte what a store of its own says. */
static void a_copy_is_a_store(void **state)
{
	struct stage *t = *state;
	struct store_backup b;
	struct dump *was;
	char why[200];

	for (uint32_t i = 0; i < 6; i++)
		entry_put(next(t), 6 + i, ENTRY_MACHINES, 1, "name=m");
	lease_put(next(t), 1, 1);
	commit_all(t);
	was = store_dump(t->s);
	begin(t, &b);
	assert_int_equal(t->s->ops->backup(t->s, &b), 0);
	entry_put(next(t), 6, ENTRY_MACHINES, 2, "name=later");
	commit_all(t);
	t->s->ops->close(t->s);
	assert_int_equal(store_sqlite_open(&t->s, b.path, why, sizeof why), 0);
	is_dumped_as(t, was->text);
	free(was);
	assert_int_equal(unlink(b.path), 0);
}

static void a_copy_may_be_given_up(void **state)
{
	struct stage *t = *state;
	struct store_backup b;

	fill(t);
	begin(t, &b);
	assert_int_equal(t->s->ops->backup(t->s, &b), 1);
	store_backup_end(&b);
	store_backup_end(&b);
	(void)unlink(b.path);
	snprintf(b.path, sizeof b.path, "%s/no/such", t->path);
	assert_int_equal(t->s->ops->backup(t->s, &b), -ENOTDIR);
	entry_put(next(t), 60, ENTRY_CONFIG, 1, "");
	commit_all(t);
}

static void a_copy_may_have_any_name(void **state)
{
	struct stage *t = *state;
	struct store_copy is;
	struct store_backup b = {.state = NULL};

	entry_put(next(t), 6, ENTRY_CONFIG, 1, "name=a");
	commit_all(t);
	snprintf(b.path, sizeof b.path, "/%s?a=%%20#1", t->path);
	assert_int_equal(t->s->ops->backup(t->s, &b), 0);
	assert_int_equal(store_sqlite_look(b.path, &is), 0);
	assert_int_equal(is.entries, 1);
	assert_int_equal(unlink(b.path), 0);
}

/* Hashes of passwords are in it. */
static void only_its_owner_may_read_it(void **state)
{
	struct stage *t = *state;
	struct store_backup b;
	char log[64];
	struct stat st;

	fill(t);
	begin(t, &b);
	assert_int_equal(t->s->ops->backup(t->s, &b), 1);
	assert_int_equal(stat(b.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store_backup_end(&b);
	assert_int_equal(unlink(b.path), 0);
	assert_int_equal(stat(t->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(log, sizeof log, "%s-wal", t->path);
	assert_int_equal(stat(log, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void in_memory_there_is_nothing_to_copy(void **state)
{
	struct stage *t = *state;
	struct store_backup b = {.state = NULL};

	assert_int_equal(t->s->ops->backup(t->s, &b), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, open_sqlite, close_stage)
		TEST(a_copy_has_what_is_committed_meanwhile),
		TEST(a_copy_is_a_store),
		TEST(a_copy_may_be_given_up),
		TEST(a_copy_may_have_any_name),
		TEST(only_its_owner_may_read_it),
		cmocka_unit_test_setup_teardown(
			in_memory_there_is_nothing_to_copy, open_memory,
			close_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
