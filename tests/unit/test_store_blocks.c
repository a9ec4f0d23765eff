/*
 * The history of a SQLite store once it is long: sought in blocks it tells what
 * looking at every line would; an older file's becomes one of blocks; and what
 * all of it costs, in bytes, syncs and blocks.
 */
#include "base/rand.h"
#include "store/sqlite_inside.h"

#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "faulty_vfs.h"
#include "loaded.h"

enum { ENTRIES = 2050, BATCH = 128, FIRST_ID = 6, LINES = 40000 };

/* What a line of history tells, for looking at all of them. */
struct seen {
	uint64_t at;
	uint32_t id, instance;
	char path[40];
};

struct stage {
	struct store *file;
	char folder[32], path[48];
	struct made *made; /* BATCH */
	struct commit batch[BATCH];
	size_t n;
	uint32_t instances[ENTRIES];
	struct seen *seen; /* LINES, the newest first */
	size_t n_seen;
	struct rand r;
};

static int reopen(struct stage *t)
{
	char why[200];

	if (t->file)
		t->file->ops->close(t->file);
	t->file = NULL;
	return store_sqlite_open(&t->file, t->path, why, sizeof why);
}

static void must_reopen(struct stage *t)
{
	assert_int_equal(reopen(t), 0);
	assert(t->file);
}

static int open_stage(void **state)
{
	struct stage *t = calloc(1, sizeof *t);

	*state = t;
	faulty_install();
	strcpy(t->folder, "/tmp/muster-test-XXXXXX");
	if (!mkdtemp(t->folder))
		return -1;
	snprintf(t->path, sizeof t->path, "%s/store", t->folder);
	t->made = calloc(BATCH, sizeof *t->made);
	t->seen = calloc(LINES, sizeof *t->seen);
	rand_seed(&t->r, 7);
	return reopen(t);
}

static int close_stage(void **state)
{
	struct stage *t = *state;
	int rc;

	t->file->ops->close(t->file);
	unlink(t->path);
	rc = rmdir(t->folder);
	free(t->made);
	free(t->seen);
	free(t);
	faulty_remove();
	return rc;
}

static void flush(struct stage *t)
{
	uint64_t revision;

	for (size_t i = 0; i < t->n; i++)
		t->batch[i] = (struct commit){.change = &t->made[i].c};
	assert_int_equal(
		t->file->ops->commit(t->file, t->batch, t->n, &revision), 0);
	for (size_t i = 0; i < t->n; i++)
		assert_int_equal(t->batch[i].rc, 0);
	t->n = 0;
}

/* Entry i is in machines or, the odd ones, below one there; it is called so and
 * its number. */
static void put(struct stage *t, uint32_t i, const char *name, const char *rest)
{
	uint32_t parent = i % 2 ? FIRST_ID + i - 1 : ENTRY_MACHINES;
	char text[128];

	snprintf(text, sizeof text, "name=%s%u%s", name, i, rest);
	entry_put(&t->made[t->n++], FIRST_ID + i, parent, ++t->instances[i],
		  text);
	if (t->n == BATCH)
		flush(t);
}

static void make_entries(struct stage *t)
{
	for (uint32_t i = 0; i < ENTRIES; i++)
		put(t, i, "n", ";en_address=2:b0:0:1:2:3");
	flush(t);
}

static void edit_some(struct stage *t, uint32_t n)
{
	static const char *const names[] = {"n", "N", "other", "n"};

	while (n-- > 0)
		put(t, (uint32_t)rand_below(&t->r, ENTRIES),
		    names[rand_below(&t->r, 4)], ";bootfile=mach;x");
	flush(t);
}

static int see(void *arg, const struct store_line *l)
{
	struct stage *t = arg;
	struct seen *to = &t->seen[t->n_seen++];

	assert_in_range(t->n_seen, 1, LINES);
	*to = (struct seen){.at = l->at,
			    .id = l->change.id,
			    .instance = l->change.instance};
	snprintf(to->path, sizeof to->path, "%s", l->path);
	return 0;
}

static void see_all(struct stage *t)
{
	struct store_query q = {.most = LINES};

	t->n_seen = 0;
	assert_int_equal(t->file->ops->history(t->file, &q, see, t), 0);
}

static bool is_at(const char *path, const char *asked)
{
	size_t len = strlen(asked);

	return !strncasecmp(path, asked, len) &&
	       (!path[len] || path[len] == '/');
}

static void say(struct dump *to, uint64_t at, const char *path, uint32_t id,
		uint32_t instance)
{
	dump_add(to, "%llu %s %u.%u\n", (unsigned long long)at, path, id,
		 instance);
}

static int tell(void *arg, const struct store_line *l)
{
	say(arg, l->at, l->path, l->change.id, l->change.instance);
	return 0;
}

/* As the contract has it. */
static void tell_by_looking(const struct stage *t, const struct store_query *q,
			    struct dump *to)
{
	static bool is_sought[FIRST_ID + ENTRIES];
	uint32_t n = 0;

	memset(is_sought, 0, sizeof is_sought);
	for (size_t i = 0; i < t->n_seen; i++)
		if (q->domain == 1 && is_at(t->seen[i].path, q->path))
			is_sought[t->seen[i].id] = true;
	for (size_t i = 0; i < t->n_seen && n < q->most; i++) {
		const struct seen *l = &t->seen[i];

		if ((q->below && l->at >= q->below) || !is_sought[l->id] ||
		    (q->revision && l->at >> STORE_LINE_BITS != q->revision))
			continue;
		say(to, l->at, l->path, l->id, l->instance);
		n++;
	}
}

static void is_told(struct stage *t, const struct store_query *q)
{
	struct dump *one = calloc(1, sizeof *one);
	struct dump *two = calloc(1, sizeof *two);

	assert_int_equal(t->file->ops->history(t->file, q, tell, one), 0);
	tell_by_looking(t, q, two);
	assert_string_equal(one->text, two->text);
	free(one);
	free(two);
}

static void searching_tells_all(struct stage *t, uint32_t times)
{
	static const char *const names[] = {"/machines/n", "/machines/N",
					    "/machines/nobody",
					    "/Machines/other"};
	struct store_status is;
	char path[64];

	t->file->ops->status(t->file, &is);
	see_all(t);
	for (uint32_t n = 0; n < times; n++) {
		uint32_t i = 2 * (uint32_t)rand_below(&t->r, ENTRIES / 2);
		struct store_query q = {.domain = 1, .path = path, .most = 20};

		snprintf(path, sizeof path, "%s%u", names[n % 4], i);
		if (n % 9 == 0)
			snprintf(path, sizeof path, "/machines/n%u/n%u", i,
				 i + 1);
		if (n % 17 == 0)
			snprintf(path, sizeof path, "/machines");
		if (n % 7 == 0)
			q.most = 2;
		if (n % 5 == 0)
			q.below = rand_below(&t->r, is.revision)
				  << STORE_LINE_BITS;
		if (n % 11 == 0)
			q.revision = rand_below(&t->r, is.revision) + 1;
		if (n % 13 == 0)
			q.domain = 2;
		is_told(t, &q);
	}
}

static int64_t ask(struct stage *t, const char *sql)
{
	sqlite3_stmt *q;
	int64_t n;

	assert_int_equal(
		sqlite3_prepare_v2(sqlite_of(t->file)->db, sql, -1, &q, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

static void every_line_is_found_whatever_block_it_is_in(void **state)
{
	struct stage *t = *state;

	make_entries(t);
	searching_tells_all(t, 200);
	edit_some(t, 4000);
	searching_tells_all(t, 200);
	assert_int_equal(ask(t, "SELECT count(*) FROM history_block"), 5);
	must_reopen(t);
	searching_tells_all(t, 200);
	edit_some(t, 2000);
	searching_tells_all(t, 200);
	assert_int_equal(ask(t, "SELECT count(*) FROM history_block"), 7);
}

static void forgotten_lines_have_no_block(void **state)
{
	struct stage *t = *state;

	t->file->ops->keep(t->file, 2500);
	make_entries(t);
	edit_some(t, 4000);
	searching_tells_all(t, 200);
	assert_in_range(ask(t, "SELECT count(*) FROM history_block"), 2, 3);
	t->file->ops->keep(t->file, 100);
	edit_some(t, 5000);
	searching_tells_all(t, 200);
	assert_int_equal(ask(t, "SELECT count(*) FROM history_block"), 0);
	must_reopen(t);
	t->file->ops->keep(t->file, 5000);
	edit_some(t, 3000);
	searching_tells_all(t, 200);
	assert_int_equal(ask(t, "SELECT count(*) FROM history_block"), 3);
}

static int count(void *arg, const struct store_line *l)
{
	unsigned *n = arg;

	(void)l;
	++*n;
	return 0;
}

/* Of an entry with a line in one block: that block, to find it and to read it,
 * and the lines in no block. */
static void few_blocks_are_read_for_a_path(void **state)
{
	struct stage *t = *state;
	struct sqlite *s;
	uint64_t sum = 0;
	char path[64];

	make_entries(t);
	for (uint32_t round = 0; round < 20; round++)
		for (uint32_t i = 1000; i < 2000; i++)
			put(t, i, "n", ";x=1");
	flush(t);
	s = sqlite_of(t->file);
	assert_int_equal(ask(t, "SELECT count(*) FROM history_block"), 21);
	for (uint32_t i = 0; i < 800; i += 2) {
		struct store_query q = {.domain = 1, .path = path, .most = 50};
		unsigned n = 0;

		snprintf(path, sizeof path, "/machines/n%u", i);
		s->searched = 0;
		assert_int_equal(t->file->ops->history(t->file, &q, count, &n),
				 0);
		assert_int_equal(n, 2); /* and what is below it */
		sum += s->searched;
	}
	/* Of the others less than one in a hundred, in vain. */
	assert_in_range(sum, 4 * 400, 4 * 400 + 400 * 20 / 100);
}

/* ---- older files --------------------------------------------------------- */

/* As Muster wrote it before there were blocks. */
static const char older[] =
	"PRAGMA journal_mode = DELETE; DROP TABLE history_block;"
	"CREATE INDEX history_path ON history (domain, path, id);"
	"CREATE INDEX history_id ON history (id);"
	"UPDATE meta SET value = 2 WHERE name = 'schema';"
	"PRAGMA page_size = 4096; VACUUM";

static void make_older(struct stage *t)
{
	sqlite3 *db;

	t->file->ops->close(t->file);
	t->file = NULL;
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, older, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void is_as_new(struct stage *t, uint32_t times)
{
	assert_int_equal(ask(t, "SELECT value FROM meta"
				" WHERE name = 'schema'"),
			 3);
	assert_int_equal(ask(t, "SELECT count(*) FROM sqlite_schema"
				" WHERE name LIKE 'history_%'"),
			 1);
	assert_int_equal(ask(t, "SELECT count(*) FROM pragma_integrity_check"
				" WHERE integrity_check = 'ok'"),
			 1);
	searching_tells_all(t, times);
}

static void a_file_with_indexes_becomes_one_with_blocks(void **state)
{
	struct stage *t = *state;
	struct dump *one, *two;

	make_entries(t);
	one = store_dump(t->file);
	make_older(t);
	must_reopen(t);
	assert_int_equal(ask(t, "PRAGMA page_size"), 1024);
	assert_int_equal(ask(t, "SELECT count(*) FROM history_block"), 2);
	is_as_new(t, 200);
	two = store_dump(t->file);
	assert_string_equal(one->text, two->text);
	edit_some(t, 1500);
	is_as_new(t, 200);
	assert_int_equal(ask(t, "SELECT count(*) FROM history_block"), 3);
	free(one);
	free(two);
}

/* What it is then depends on how far it came; it is whole, and goes on. */
static void moving_over_may_fail_anywhere(void **state)
{
	struct stage *t = *state;
	int call, failed = 0;

	make_entries(t);
	for (call = 0;; call += 1 + call) {
		make_older(t);
		faulty_after(call);
		failed += reopen(t) == -EIO;
		faulty.is_on = false;
		if (!faulty.has_failed)
			break;
		must_reopen(t);
		is_as_new(t, 20);
		edit_some(t, 10);
	}
	assert_true(call > 200);
	assert_true(failed > 3);
}

/* ---- what it costs ------------------------------------------------------- */

/* The page of its row and a line of history into the log, and, with those of
 * other batches, into the file.  Here two or three of a batch share a page. */
static void an_edit_in_a_batch_writes_less_than_a_page(void **state)
{
	static const char rest[] =
		";en_address=2:b0:0:1:2:3;ip_address=10.1.0.0;bootfile=mach.7;"
		"serves=./local";
	struct stage *t = *state;

	for (uint32_t i = 0; i < ENTRIES; i++)
		put(t, i, "ws-000", rest);
	flush(t);
	faulty.bytes = 0;
	faulty.syncs = 0;
	for (uint32_t n = 0; n < 40 * BATCH; n++)
		put(t, (n * 769) % ENTRIES, "ws-000", rest);
	/* Besides those of 40 batches, the log's and the file's of each
	 * checkpoint. */
	assert_in_range(faulty.syncs, 40, 40 + 2 * 2);
	assert_in_range(faulty.bytes / (40 * BATCH), 500, 900);
}

static void one_edit_writes_few_pages(void **state)
{
	struct stage *t = *state;

	make_entries(t);
	put(t, 5, "n", ";x=1");
	flush(t);
	faulty.bytes = 0;
	faulty.syncs = 0;
	put(t, 2005, "n", ";x=1");
	flush(t);
	assert_int_equal(faulty.syncs, 1);
	/* Its row, its line, the counters. */
	assert_in_range(faulty.bytes, 3000, 5 * 1100);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_line_is_found_whatever_block_it_is_in),
		TEST(forgotten_lines_have_no_block),
		TEST(few_blocks_are_read_for_a_path),
		TEST(a_file_with_indexes_becomes_one_with_blocks),
		TEST(moving_over_may_fail_anywhere),
		TEST(an_edit_in_a_batch_writes_less_than_a_page),
		TEST(one_edit_writes_few_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
