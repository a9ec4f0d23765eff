/*
 * The SQLite store against the world: other programs at the file, disks that
 * are full or broken, and processes that die.  What was acknowledged is there
 * afterwards.
 */
#include "base/rand.h"
#include "store/sqlite_inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "faulty_vfs.h"
#include "loaded.h"

enum { BATCH = 16 };

struct stage {
	struct store *s;
	char folder[32], path[48], why[200];
};

static int reopen(struct stage *t)
{
	if (t->s)
		t->s->ops->close(t->s);
	t->s = NULL;
	return store_sqlite_open(&t->s, t->path, t->why, sizeof t->why);
}

static int open_stage(void **state)
{
	struct stage *t = calloc(1, sizeof *t);

	*state = t;
	strcpy(t->folder, "/tmp/muster-test-XXXXXX");
	if (!mkdtemp(t->folder))
		return -1;
	snprintf(t->path, sizeof t->path, "%s/store", t->folder);
	return reopen(t);
}

static void forget(struct stage *t)
{
	static const char *const ends[] = {"", "-wal", "-journal", "-shm"};
	char path[64];

	if (t->s)
		t->s->ops->close(t->s);
	t->s = NULL;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", t->path, ends[i]);
		unlink(path);
	}
}

static int close_stage(void **state)
{
	struct stage *t = *state;

	forget(t);
	int rc = rmdir(t->folder);
	free(t);
	return rc;
}

static int open_faulty(void **state)
{
	faulty_install();
	return open_stage(state);
}

static int close_faulty(void **state)
{
	int rc = close_stage(state);

	faulty_remove();
	return rc;
}

/* Batch number n, n > 0: BATCH leases that tell which batch they are of. */
static int commit_batch(struct store *s, uint32_t n)
{
	struct commit v[BATCH];
	struct made made[BATCH];
	uint64_t revision;

	for (uint32_t i = 0; i < BATCH; i++)
		v[i] = (struct commit){
			.change = lease_put(&made[i], n * BATCH + i, n)};
	return s->ops->commit(s, v, BATCH, &revision);
}

/* How many of the batch's leases are there. */
static unsigned count_batch(const struct loaded *l, uint32_t n)
{
	unsigned found = 0;

	for (size_t i = 0; i < l->n; i++)
		found += l->leases[i].ip / BATCH == n;
	return found;
}

/* What became of the one change of a batch. */
static int commit_one(struct stage *t, const struct change *c)
{
	struct commit v = {.change = c};
	uint64_t revision;
	int rc = t->s->ops->commit(t->s, &v, 1, &revision);

	return rc ? rc : v.rc;
}

/* Through SQLite itself, with the store closed. */
static void with_sql(struct stage *t, const char *sql)
{
	sqlite3 *db;

	if (t->s)
		t->s->ops->close(t->s);
	t->s = NULL;
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void names_the_file(struct stage *t, const char *rest)
{
	size_t len = strlen(t->path);

	assert_memory_equal(t->why, t->path, len);
	assert_string_equal(t->why + len, rest);
}

static void a_second_muster_is_turned_away(void **state)
{
	struct stage *t = *state;
	struct store *second = NULL;
	int status = 0;

	assert_int_equal(
		store_sqlite_open(&second, t->path, t->why, sizeof t->why),
		-EBUSY);
	assert_null(second);
	names_the_file(t, ": another Muster is using it");

	pid_t child = fork();
	if (!child)
		_exit(store_sqlite_open(&second, t->path, t->why, 0) == -EBUSY
			      ? 7
			      : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);

	assert_int_equal(commit_batch(t->s, 1), 0);
	assert_int_equal(reopen(t), 0);
}

/* A rule of the lock: closing any descriptor of a file drops a process's locks
 * on it, and a crash of the first must leave the file to the second. */
static void the_lock_ends_with_its_holder(void **state)
{
	struct stage *t = *state;
	int status;

	t->s->ops->close(t->s);
	t->s = NULL;
	pid_t child = fork();
	if (!child) {
		if (reopen(t) || commit_batch(t->s, 1))
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(reopen(t), 0);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(count_batch(l, 1), BATCH);
	loaded_close(l);
}

static void a_newer_schema_is_left_alone(void **state)
{
	struct stage *t = *state;

	with_sql(t, "UPDATE meta SET value = 4 WHERE name = 'schema'");
	assert_int_equal(reopen(t), -EPROTO);
	names_the_file(t, ": written by a newer Muster"
			  " (schema 4, this one knows 3)");
	with_sql(t, "UPDATE meta SET value = 3 WHERE name = 'schema'");
	assert_int_equal(reopen(t), 0);
}

static size_t read_file(const char *path, uint8_t *to, size_t room)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, to, room);
	assert_true(n >= 0);
	close(fd);
	return (size_t)n;
}

static void the_file_of_another_program_is_not_changed(void **state)
{
	struct stage *t = *state;
	static uint8_t before[65536], after[65536];

	forget(t);
	with_sql(t, "CREATE TABLE song (name TEXT)");
	size_t n = read_file(t->path, before, sizeof before);

	assert_int_equal(reopen(t), -EINVAL);
	names_the_file(t, ": not a Muster store");
	assert_int_equal(read_file(t->path, after, sizeof after), n);
	assert_memory_equal(before, after, n);
}

static void what_is_no_database_is_refused(void **state)
{
	struct stage *t = *state;
	char text[200];

	forget(t);
	int fd = open(t->path, O_WRONLY | O_CREAT, 0600);

	memset(text, 'x', sizeof text);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	close(fd);
	assert_int_equal(reopen(t), -EINVAL);
	names_the_file(t, ": not a Muster store");
}

static void a_missing_folder_is_named(void **state)
{
	struct stage *t = *state;
	struct store *s;
	char why[200];

	assert_int_equal(store_sqlite_open(&s, "/tmp/no-such-folder/store", why,
					   sizeof why),
			 -ENOENT);
	assert_string_equal(
		why, "/tmp/no-such-folder/store: No such file or directory");
	assert_int_equal(store_sqlite_open(&s, t->folder, why, sizeof why),
			 -EISDIR);
}

/* As Muster wrote it before there was a history. */
static void an_older_schema_becomes_the_one_of_now(void **state)
{
	struct stage *t = *state;
	struct store_status is;
	struct made made;

	entry_put(&made, 6, ENTRY_CONFIG, 1, "name=old");
	assert_int_equal(commit_one(t, &made.c), 0);
	with_sql(t, "DROP TABLE history; DROP TABLE history_block;"
		    "DROP TABLE mastership;"
		    "DELETE FROM meta WHERE name IN ('lines', 'compacted');"
		    "UPDATE meta SET value = 1 WHERE name = 'schema'");
	assert_int_equal(reopen(t), 0);
	assert(t->s);
	t->s->ops->status(t->s, &is);
	assert_int_equal(is.revision, 1);
	assert_int_equal(is.compacted, 1);
	assert_int_equal(is.lines, 0);
	entry_put(&made, 6, ENTRY_CONFIG, 2, "name=new");
	assert_int_equal(commit_one(t, &made.c), 0);
	t->s->ops->status(t->s, &is);
	assert_int_equal(is.lines, 1);
	assert_int_equal(reopen(t), 0);
	struct loaded *l = loaded_open(t->s);

	assert_string_equal(machine_name(directory_entry(l->d, 6)), "new");
	loaded_close(l);
}

static void damaged_rows_stop_the_load(void **state)
{
	struct stage *t = *state;
	static const char *const damage[] = {
		"UPDATE lease SET kind = 9",
		"UPDATE lease SET hw = zeroblob(17)",
		"UPDATE lease SET hw_type = 256",
		"UPDATE lease SET name = printf('%64d', 1)",
		"UPDATE lease SET ip = -1 WHERE ip = 16",
		"UPDATE lease SET ip = 4294967296 WHERE ip = 16",
		"UPDATE lease SET term = -1",
		"INSERT INTO entry VALUES (6, 0, 1, -2, 1, x'')",
		"INSERT INTO entry VALUES (4294967296, 0, 1, 2, 1, x'')",
	};

	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
		assert_int_equal(commit_batch(t->s, 1), 0);
		with_sql(t, damage[i]);
		assert_int_equal(reopen(t), 0);
		struct loaded *l = loaded_open(t->s);

		assert_int_equal(l->rc, -EBADMSG);
		loaded_close(l);
		forget(t);
		assert_int_equal(reopen(t), 0);
	}
	with_sql(t, "DELETE FROM meta WHERE name = 'last_id'");
	assert_int_equal(reopen(t), -EBADMSG);
}

static void limit_pages(struct stage *t, const char *pages)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA max_page_count = %s", pages);
	assert_int_equal(
		sqlite3_exec(sqlite_of(t->s)->db, sql, NULL, NULL, NULL),
		SQLITE_OK);
}

static void a_full_disk_fails_the_whole_batch_and_no_other(void **state)
{
	struct stage *t = *state;
	struct made made[2];
	uint8_t big[50000] = {'x', 0, 0, 1};
	struct commit v[2] = {
		{.change = lease_put(&made[0], 7, 7)},
		{.change = entry_put(&made[1], 6, ENTRY_CONFIG, 1, "")},
	};
	uint64_t revision = 99;

	memset(big + 4, 'y', sizeof big - 5);
	made[1].c.props = (struct plist){.bytes = big, .len = sizeof big};
	assert_int_equal(commit_batch(t->s, 1), 0);
	limit_pages(t, "1");
	assert_int_equal(t->s->ops->commit(t->s, v, 2, &revision), -ENOSPC);
	assert_int_equal(v[0].rc, -ENOSPC);
	assert_int_equal(v[1].rc, -ENOSPC);
	assert_int_equal(revision, 99);
	struct dump *is = store_dump(t->s);

	assert_non_null(strstr(is->text, "0, revision 1\n"));
	assert_null(strstr(is->text, " m7\n"));
	free(is);
	assert_int_equal(commit_one(t, lease_drop(&made[0], 3)), 0);
	limit_pages(t, "100000");
	v[0].change = lease_put(&made[0], 7, 7);
	assert_int_equal(t->s->ops->commit(t->s, v, 2, &revision), 0);
	assert_int_equal(revision, 3);
	assert_int_equal(reopen(t), 0);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	assert_non_null(loaded_lease(l, 7));
	assert_int_equal(directory_entry(l->d, 6)->props.len, sizeof big);
	loaded_close(l);
}

static void a_batch_costs_one_sync(void **state)
{
	struct stage *t = *state;
	struct made made;

	assert_int_equal(commit_batch(t->s, 1), 0);
	for (uint32_t n = 2; n < 10; n++) {
		faulty.syncs = 0;
		assert_int_equal(commit_batch(t->s, n), 0);
		assert_int_equal(faulty.syncs, 1);
	}
	faulty.syncs = 0;
	entry_put(&made, 9, ENTRY_CONFIG, 2, "");
	assert_int_equal(commit_one(t, &made.c), -ESTALE);
	assert_int_equal(faulty.syncs, 0);
}

/* Batches 1 to 4 while one call to the disk fails; then a look with a disk that
 * is well again.  False when there were not that many calls. */
static bool survives_failure(struct stage *t, int call)
{
	bool is_acked[5] = {false};
	bool is_certain;

	assert_int_equal(reopen(t), 0);
	faulty_after(call);
	for (uint32_t n = 1; n < 5; n++)
		is_acked[n] = !commit_batch(t->s, n);
	if (!faulty.has_failed)
		return false;
	/* After a failed sync nothing is promised any more. */
	assert_false(faulty.was_sync && is_acked[4]);
	is_certain = !faulty.was_sync;
	assert_int_equal(reopen(t), 0);
	struct loaded *l = loaded_open(t->s);

	assert_int_equal(l->rc, 0);
	for (uint32_t n = 1; n < 5; n++) {
		unsigned there = count_batch(l, n);

		assert_true(there == 0 || there == BATCH);
		if (is_acked[n] || is_certain)
			assert_int_equal(there, is_acked[n] ? BATCH : 0);
	}
	loaded_close(l);
	return true;
}

static void a_disk_error_at_any_call_unsays_nothing(void **state)
{
	struct stage *t = *state;
	int call = 0;

	for (;; call++) {
		forget(t);
		if (!survives_failure(t, call))
			break;
	}
	assert_true(call > 15);
}

static void an_open_that_failed_may_be_tried_again(void **state)
{
	struct stage *t = *state;
	int call = 0;

	for (;; call++) {
		forget(t);
		faulty_after(call);
		int rc = reopen(t);
		if (!faulty.has_failed)
			break;
		assert_int_equal(rc, -EIO);
		assert_int_equal(reopen(t), 0);
		assert_int_equal(commit_batch(t->s, 1), 0);
	}
	assert_true(call > 5);
}

static void a_failed_sync_ends_all_promises(void **state)
{
	struct stage *t = *state;
	uint32_t n = 1;

	faulty.only_main = true; /* the checkpoint, behind a commit's back */
	faulty_after(0);
	while (n < 2000 && !commit_batch(t->s, n))
		n++;
	assert_true(faulty.has_failed);
	assert_in_range(n, 2, 1999);
	assert_int_equal(commit_batch(t->s, n), -EIO);
	faulty.is_on = false;
	assert_int_equal(commit_batch(t->s, n), -EIO);
	assert_int_equal(reopen(t), 0);
	assert_int_equal(commit_batch(t->s, n), 0);
	struct loaded *l = loaded_open(t->s);

	for (uint32_t i = 1; i <= n; i++)
		assert_int_equal(count_batch(l, i), BATCH);
	loaded_close(l);
}

/* Commits batches from n on and says of each that it is durable, for ever. */
static void commit_and_say(struct stage *t, int to, uint32_t n)
{
	if (reopen(t))
		_exit(1);
	for (;; n++)
		if (commit_batch(t->s, n) || write(to, &n, sizeof n) < 0)
			_exit(1);
}

/* The last batch that a child acknowledged before it was killed, which was not
 * before `most` acknowledgements were read. */
static uint32_t kill_after(struct stage *t, uint32_t n, unsigned most,
			   unsigned spin)
{
	int ends[2], status;
	uint32_t acked = n - 1;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (!child)
		commit_and_say(t, ends[1], n);
	close(ends[1]);
	for (unsigned i = 0; i < most; i++)
		assert_int_equal(read(ends[0], &acked, sizeof acked), 4);
	/* Somewhere in a commit: the child goes on meanwhile. */
	for (volatile unsigned i = 0; i < spin; i++)
		;
	kill(child, SIGKILL);
	while (read(ends[0], &acked, sizeof acked) == 4)
		;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	return acked;
}

static void a_killed_process_loses_nothing_it_acknowledged(void **state)
{
	struct stage *t = *state;
	struct rand r;
	uint32_t next = 1;

	rand_seed(&r, 11);
	for (int round = 0; round < 40; round++) {
		t->s->ops->close(t->s);
		t->s = NULL;
		uint32_t acked = kill_after(t, next,
					    1 + (unsigned)rand_below(&r, 8),
					    (unsigned)rand_below(&r, 1000000));
		assert_int_equal(reopen(t), 0);
		struct loaded *l = loaded_open(t->s);

		assert_int_equal(l->rc, 0);
		for (uint32_t n = 1; n <= acked; n++)
			assert_int_equal(count_batch(l, n), BATCH);
		/* One more may have been on its way, as a whole. */
		next = acked + 1;
		if (count_batch(l, next))
			assert_int_equal(count_batch(l, next++), BATCH);
		assert_int_equal(l->n, (next - 1) * BATCH);
		assert_true(l->revision == next - 1);
		loaded_close(l);
	}
}

#define TEST(t)   cmocka_unit_test_setup_teardown(t, open_stage, close_stage)
#define FAULTY(t) cmocka_unit_test_setup_teardown(t, open_faulty, close_faulty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_muster_is_turned_away),
		TEST(the_lock_ends_with_its_holder),
		TEST(a_newer_schema_is_left_alone),
		TEST(an_older_schema_becomes_the_one_of_now),
		TEST(the_file_of_another_program_is_not_changed),
		TEST(what_is_no_database_is_refused),
		TEST(a_missing_folder_is_named),
		TEST(damaged_rows_stop_the_load),
		TEST(a_full_disk_fails_the_whole_batch_and_no_other),
		FAULTY(a_batch_costs_one_sync),
		FAULTY(a_disk_error_at_any_call_unsays_nothing),
		FAULTY(an_open_that_failed_may_be_tried_again),
		FAULTY(a_failed_sync_ends_all_promises),
		TEST(a_killed_process_loses_nothing_it_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
