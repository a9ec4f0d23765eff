/*
 * A stage for tests of stores: one of each kind, and batches that are made for
 * it.  Include it last.
 */
#ifndef MUSTER_TESTS_STORES_H
#define MUSTER_TESTS_STORES_H

#include "loaded.h"

struct stage {
	struct purse purse;
	struct store *s;
	char folder[32], path[48];
	struct made made[8];
	struct commit batch[8];
	size_t n;
	uint64_t revision;
};

static inline void open_file(struct stage *t)
{
	char why[200] = "";

	if (store_sqlite_open(&t->s, t->path, why, sizeof why))
		fail_msg("%s", why);
}

static inline int open_sqlite(void **state)
{
	struct stage *t = calloc(1, sizeof *t);

	*state = t;
	purse_open(&t->purse);
	strcpy(t->folder, "/tmp/muster-test-XXXXXX");
	if (!mkdtemp(t->folder))
		return -1;
	snprintf(t->path, sizeof t->path, "%s/store", t->folder);
	open_file(t);
	return 0;
}

static inline int open_memory(void **state)
{
	struct stage *t = calloc(1, sizeof *t);

	*state = t;
	return store_memory_open(&t->s, purse_open(&t->purse), NULL);
}

static inline int close_stage(void **state)
{
	struct stage *t = *state;
	long out;

	t->s->ops->close(t->s);
	if (t->path[0]) {
		unlink(t->path);
		rmdir(t->folder);
	}
	out = t->purse.out;
	free(t);
	return out != 0;
}

static inline struct made *next(struct stage *t)
{
	struct made *m = &t->made[t->n];

	assert_in_range(t->n, 0, 7);
	t->batch[t->n++] = (struct commit){.change = &m->c, .rc = 1};
	return m;
}

static inline int commit(struct stage *t)
{
	size_t n = t->n;

	t->n = 0;
	return t->s->ops->commit(t->s, t->batch, n, &t->revision);
}

/* Commit the batch, in which everything must be well. */
static inline void commit_all(struct stage *t)
{
	size_t n = t->n;

	assert_int_equal(commit(t), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(t->batch[i].rc, 0);
}

static inline void is_dumped_as(struct stage *t, const char *text)
{
	struct dump *now = store_dump(t->s);

	assert_string_equal(now->text, text);
	free(now);
}

#define BOTH(t)                                                                \
	{"sqlite." #t, t, open_sqlite, close_stage, NULL},                     \
	{                                                                      \
		"memory." #t, t, open_memory, close_stage, NULL                \
	}

#endif
