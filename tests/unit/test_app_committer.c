/*
 * The committer: changes and groups of them that go to the store in batches, on
 * a thread of its own, and tasks between those.
 */
#include "app/committer.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "host/memory.h"
#include "model/directory.h"
#include "store/store_inside.h"

#include "changes.h"

enum { MOST = 64 };

struct scene {
	struct committer *c;
	unsigned ran, done, dropped;
	int rc;
	unsigned more; /* steps that the task still wants */
};

static int open_with(void **state, const struct store_memory_faults *faults)
{
	struct scene *s = calloc(1, sizeof *s);
	struct store *store;

	assert_int_equal(store_memory_open(&store, &host_memory, faults), 0);
	assert_int_equal(committer_open(&s->c, store, MOST), 0);
	*state = s;
	return 0;
}

static int open_scene(void **state)
{
	return open_with(state, NULL);
}

/* The first batch fails as a whole, for want of memory. */
static int open_poor(void **state)
{
	const struct store_memory_faults faults = {.fail_rc = -ENOMEM,
						   .fail_n = 1};

	return open_with(state, &faults);
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	committer_close(s->c);
	free(s);
	return 0;
}

static struct outcome next(struct scene *s)
{
	struct pollfd p = {.fd = committer_fd(s->c), .events = POLLIN};
	struct outcome o;

	while (!committer_ended(s->c, &o))
		assert_true(poll(&p, 1, 10000) == 1);
	return o;
}

static void put(struct scene *s, const struct change *c, uint64_t cookie)
{
	struct commit_effect e = {.change = *c, .cookie = cookie};

	assert_int_equal(committer_put(s->c, &e, 3), 0);
}

static void put_all(struct scene *s, struct changes *all, uint64_t cookie)
{
	struct commit_effect e = {.all = all, .cookie = cookie};

	assert_int_equal(committer_put(s->c, &e, 3), 0);
	changes_drop(all); /* who asked may go */
}

static struct changes *group(uint32_t first, unsigned n)
{
	struct changes *all;
	struct made m;

	assert_int_equal(changes_open(&all, &host_memory), 0);
	for (unsigned i = 0; i < n; i++) {
		entry_put(&m, first + i, ENTRY_MACHINES, 1, "name=m");
		assert_int_equal(changes_add(all, &m.c), 0);
	}
	return all;
}

static void a_stale_group_holds_up_nobody(void **state)
{
	struct scene *s = *state;
	struct changes *all = group(6, 3);
	struct made m;
	struct outcome o;
	int seen = 0;

	changes_add(all, entry_put(&m, 6, ENTRY_MACHINES, 3, "name=stale"));
	put_all(s, all, 1);
	put(s, lease_put(&m, 5, 5), 2);
	put_all(s, group(6, 2), 3);
	committer_go(s->c);
	for (int i = 0; i < 3; i++) {
		o = next(s);
		seen |= 1 << o.cookie;
		assert_int_equal(o.owner, 3);
		assert_int_equal(o.rc, o.cookie == 1 ? -ESTALE : 0);
		if (o.cookie == 1)
			assert_int_equal(o.failed, 3);
		assert_true((o.all != NULL) == (o.cookie != 2));
	}
	assert_int_equal(seen, 1 << 1 | 1 << 2 | 1 << 3);
	assert_int_equal(committer_counts(s->c).failed, 4);
	assert_int_equal(committer_counts(s->c).changes, 7);
}

/* A batch that fails is tried again one by one. */
static void what_a_batch_could_not_its_parts_may(void **state)
{
	struct scene *s = *state;

	put_all(s, group(6, 2), 1);
	put_all(s, group(8, 2), 2);
	committer_go(s->c);
	assert_int_equal(next(s).rc, 0);
	assert_int_equal(next(s).rc, 0);
}

static int run(void *arg, struct store *store)
{
	struct scene *s = arg;
	struct store_status is;

	store->ops->status(store, &is);
	s->ran++;
	return s->more && s->more-- ? COMMITTER_MORE : (int)is.revision + 10;
}

static void done(void *arg, int rc)
{
	struct scene *s = arg;

	s->done++;
	s->rc = rc;
}

static void drop(void *arg)
{
	struct scene *s = arg;

	s->dropped++;
}

static void ask(struct scene *s)
{
	const struct committer_task t = {run, done, drop, s};

	assert_int_equal(committer_ask(s->c, &t), 0);
}

static void a_task_sees_what_was_put_before_it(void **state)
{
	struct scene *s = *state;
	struct made m;

	s->more = 3;
	put(s, lease_put(&m, 5, 5), 1);
	ask(s);
	committer_go(s->c);
	assert_int_equal(next(s).cookie, 1);
	put(s, lease_put(&m, 6, 5), 2);
	committer_go(s->c);
	assert_int_equal(next(s).cookie, 2);
	while (!s->done) {
		put(s, lease_put(&m, 7, 5), 3);
		committer_go(s->c);
		(void)next(s);
	}
	assert_int_equal(s->ran, 4);
	assert_int_equal(s->dropped, 1);
	assert_true(s->rc > 10);
	assert_int_equal(committer_counts(s->c).failed, 0);
}

static void what_was_put_is_written_before_the_end(void **state)
{
	struct scene *s = *state;
	struct made m;

	put(s, lease_put(&m, 5, 5), 1);
	put_all(s, group(6, 2), 2);
	s->more = UINT32_MAX; /* it would go on for ever */
	ask(s);
	committer_go(s->c);
	committer_close(s->c);
	assert_int_equal(s->dropped, 1);
	assert_int_equal(s->done, 0);
	free(s);
}

static void too_many_are_refused(void **state)
{
	struct scene *s = *state;
	struct commit_effect e = {.cookie = 1};
	const struct committer_task t = {run, done, drop, s};
	struct made m;

	for (uint32_t i = 0; i < MOST; i++)
		put(s, lease_put(&m, 1 + i, i), 1);
	assert_int_equal(committer_put(s->c, &e, 3), -EAGAIN);
	assert_int_equal(committer_ask(s->c, &t), -EAGAIN);
	assert_int_equal(s->dropped, 0);
	committer_go(s->c);
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_equal(next(s).rc, 0);
}

/* ---- a store that is slow ------------------------------------------------ */

enum { MANY = 3000 };

/* The second batch takes until somebody has heard of the first. */
struct slow {
	struct store store;
	struct store_ops ops;
	struct store *in;
	sem_t heard;
	unsigned batches;
};

static int commit_slowly(struct store *s, struct commit *v, size_t n,
			 uint64_t *revision)
{
	struct slow *w = (struct slow *)(void *)s;
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	if (++w->batches == 2 && sem_timedwait(&w->heard, &end))
		return store_fail_all(v, n, -EIO);
	return w->in->ops->commit(w->in, v, n, revision);
}

static void status_of_slow(struct store *s, struct store_status *to)
{
	struct slow *w = (struct slow *)(void *)s;

	w->in->ops->status(w->in, to);
}

static void close_slow(struct store *s)
{
	struct slow *w = (struct slow *)(void *)s;

	w->in->ops->close(w->in);
}

static void nobody_waits_for_all_others(void **state)
{
	static struct slow w;
	struct scene s = {0};
	struct made m;

	(void)state;
	assert_int_equal(store_memory_open(&w.in, &host_memory, NULL), 0);
	w.ops = *w.in->ops;
	w.ops.commit = commit_slowly;
	w.ops.status = status_of_slow;
	w.ops.close = close_slow;
	w.store.ops = &w.ops;
	sem_init(&w.heard, 0, 0);
	assert_int_equal(committer_open(&s.c, &w.store, MANY), 0);
	for (uint32_t i = 0; i < MANY; i++)
		put(&s, lease_put(&m, 1 + i, i), 1);
	committer_go(s.c);
	assert_int_equal(next(&s).rc, 0);
	sem_post(&w.heard);
	for (uint32_t i = 1; i < MANY; i++)
		assert_int_equal(next(&s).rc, 0);
	committer_close(s.c);
	sem_destroy(&w.heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, open_scene, close_scene)
		TEST(a_stale_group_holds_up_nobody),
		TEST(a_task_sees_what_was_put_before_it),
		TEST(too_many_are_refused),
		cmocka_unit_test(nobody_waits_for_all_others),
		cmocka_unit_test_setup_teardown(
			what_a_batch_could_not_its_parts_may, open_poor,
			close_scene),
		cmocka_unit_test_setup(what_was_put_is_written_before_the_end,
				       open_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
