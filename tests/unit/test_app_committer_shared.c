/*
 * The committer over a store that several servers share: what others changed
 * comes in its place among what we asked for.
 */
#include "app/committer.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/memory.h"
#include "model/directory.h"

#include "changes.h"

enum { MOST = 64 };

/* The committer's store: a handle, and what happens behind each commit. */
struct spied {
	struct store store;
	struct store_ops ops;
	struct store_shared shared;
	struct store *in;
	struct scene *scene;
	void (*after)(struct scene *s);
};

struct scene {
	struct committer *c;
	struct spied spied;
	struct store *truth, *other;
	struct dump told;
	uint64_t seen; /* by the other server */
};

static struct spied *spied_of(struct store *s)
{
	return (struct spied *)(void *)s;
}

static int spy_commit(struct store *s, struct commit *v, size_t n,
		      uint64_t *revision)
{
	struct spied *p = spied_of(s);
	int rc = p->in->ops->commit(p->in, v, n, revision);

	if (p->after)
		p->after(p->scene);
	return rc;
}

static void spy_status(struct store *s, struct store_status *to)
{
	spied_of(s)->in->ops->status(spied_of(s)->in, to);
}

static void spy_close(struct store *s)
{
	spied_of(s)->in->ops->close(spied_of(s)->in);
}

static int spy_wait(struct store *s, int fd, usec most)
{
	struct store *in = spied_of(s)->in;

	return in->ops->shared->wait(in, fd, most);
}

static int spy_news(struct store *s, store_each_news *each, void *arg)
{
	struct store *in = spied_of(s)->in;

	return in->ops->shared->news(in, each, arg);
}

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	struct spied *p = &s->spied;

	*state = s;
	p->scene = s;
	p->shared = (struct store_shared){.wait = spy_wait, .news = spy_news};
	p->ops = (struct store_ops){.commit = spy_commit,
				    .status = spy_status,
				    .close = spy_close,
				    .shared = &p->shared};
	p->store.ops = &p->ops;
	assert_int_equal(store_memory_open(&s->truth, &host_memory, NULL), 0);
	assert_int_equal(store_memory_join(&p->in, s->truth, &host_memory), 0);
	assert_int_equal(store_memory_join(&s->other, s->truth, &host_memory),
			 0);
	assert_int_equal(committer_open(&s->c, &p->store, MOST), 0);
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	committer_close(s->c);
	s->other->ops->close(s->other);
	s->truth->ops->close(s->truth);
	free(s);
	return 0;
}

/* What another server does meanwhile. */
static int elsewhere(struct scene *s, const struct change *c)
{
	struct commit v = {.change = c, .seen = UINT64_MAX};
	uint64_t revision;

	(void)s->other->ops->commit(s->other, &v, 1, &revision);
	return v.rc;
}

static void put(struct scene *s, const struct change *c, uint64_t cookie)
{
	struct commit_effect e = {.change = *c, .cookie = cookie};

	assert_int_equal(committer_put(s->c, &e, 3), 0);
}

static void tell(struct scene *s, const struct outcome *o)
{
	if (o->owner != COMMITTER_NEWS) {
		dump_add(&s->told, "%u:%d; ", (unsigned)o->cookie, o->rc);
		return;
	}
	dump_add(&s->told, "news");
	for (size_t i = 0; i < o->all->n; i++)
		dump_add(&s->told, " %u",
			 change_is_edit(&o->all->v[i]) ? o->all->v[i].id
						       : o->all->v[i].lease.ip);
	dump_add(&s->told, "; ");
}

/* The next n that have ended. */
static const char *next(struct scene *s, unsigned n)
{
	struct pollfd p = {.fd = committer_fd(s->c), .events = POLLIN};
	struct outcome o;

	memset(&s->told, 0, sizeof s->told);
	while (n) {
		if (committer_ended(s->c, &o)) {
			tell(s, &o);
			n--;
		} else {
			assert_true(poll(&p, 1, 10000) == 1);
		}
	}
	return s->told.text;
}

static void what_others_change_comes_by_itself(void **state)
{
	struct scene *s = *state;
	struct commit v[2];
	struct made m[2];
	uint64_t revision;

	for (uint32_t i = 0; i < 2; i++)
		v[i] = (struct commit){.change = lease_put(&m[i], 7 + i, i)};
	assert_int_equal(s->other->ops->commit(s->other, v, 2, &revision), 0);
	assert_int_equal(elsewhere(s, lease_put(m, 9, 9)), 0);
	assert_string_equal(next(s, 2), "news 7 8; news 9; ");
	assert_int_equal(committer_counts(s->c).news, 2);
}

static void a_refusal_comes_behind_the_news_that_explain_it(void **state)
{
	struct scene *s = *state;
	struct store_memory_fate fate = {.is_slow = true};
	struct made m;

	store_memory_befall(s->spied.in, &fate);
	elsewhere(s, lease_put(&m, 7, 1));
	put(s, lease_put(&m, 7, 2), 1);
	put(s, lease_put(&m, 8, 3), 2);
	committer_go(s->c);
	assert_string_equal(next(s, 3), "news 7; 2:0; 1:-17; ");
}

static void release_7(struct scene *s)
{
	struct made m;

	s->spied.after = NULL;
	assert_int_equal(elsewhere(s, lease_drop(&m, 7)), 0);
}

/* Else memory would have what stands there no more. */
static void news_of_what_came_later_come_later(void **state)
{
	struct scene *s = *state;
	struct store_memory_fate fate = {.is_slow = true};
	struct made m;

	store_memory_befall(s->spied.in, &fate);
	elsewhere(s, lease_put(&m, 6, 6));
	s->spied.after = release_7;
	put(s, lease_put(&m, 6, 1), 1);
	put(s, lease_put(&m, 7, 7), 2);
	committer_go(s->c);
	assert_string_equal(next(s, 4), "news 6; 2:0; news 7; 1:-17; ");
}

static void what_was_decided_before_the_news_were_heard_is_stale(void **state)
{
	struct scene *s = *state;
	struct made m;

	elsewhere(s, entry_put(&m, 6, ENTRY_MACHINES, 1, "name=x"));
	put(s, entry_put(&m, 7, ENTRY_MACHINES, 1, "name=y"), 1);
	committer_go(s->c);
	assert_string_equal(next(s, 2), "news 6; 1:-116; ");
	put(s, entry_put(&m, 7, ENTRY_MACHINES, 1, "name=y"), 2);
	put(s, entry_put(&m, 8, ENTRY_MACHINES, 1, "name=z"), 3);
	committer_go(s->c);
	assert_string_equal(next(s, 2), "2:0; 3:0; ");
}

static void a_loop_that_is_slow_misses_nothing(void **state)
{
	struct scene *s = *state;
	struct outcome o;
	uint32_t ip = 0;
	struct made m;

	for (uint32_t i = 1; i <= 1000; i++)
		elsewhere(s, lease_put(&m, i, i));
	put(s, lease_put(&m, 5000, 1), 1);
	committer_go(s->c);
	while (ip < 5000) {
		struct pollfd p = {.fd = committer_fd(s->c), .events = POLLIN};

		while (ip < 5000 && committer_ended(s->c, &o)) {
			uint32_t is = o.owner == COMMITTER_NEWS
					      ? o.all->v->lease.ip
					      : o.change->lease.ip;

			assert_int_equal(is, ip == 1000 ? 5000 : ip + 1);
			ip = is;
		}
		if (ip < 5000)
			assert_int_equal(poll(&p, 1, 10000), 1);
	}
}

static void it_ends_though_nobody_heard_the_news(void **state)
{
	struct scene *s = *state;
	struct pollfd p = {.fd = committer_fd(s->c), .events = POLLIN};
	struct made m;

	for (uint32_t i = 1; i <= 1000; i++)
		elsewhere(s, lease_put(&m, i, i));
	assert_int_equal(poll(&p, 1, 10000), 1);
	put(s, lease_put(&m, 5000, 1), 1);
}

static void wait_until_away(struct scene *s, bool is_away)
{
	struct pollfd p = {.fd = committer_fd(s->c), .events = POLLIN};
	struct store_status is;
	struct outcome o;

	for (;;) {
		while (committer_ended(s->c, &o))
			continue;
		assert_true(committer_status(s->c, &is));
		if (is.is_away == is_away)
			break;
		assert_int_equal(poll(&p, 1, 10000), 1);
	}
	assert_int_equal(is.why, is_away ? -EHOSTUNREACH : 0);
}

static void that_it_is_away_is_told(void **state)
{
	struct scene *s = *state;
	struct store_memory_fate fate = {.is_away = true};
	struct made m;

	wait_until_away(s, false);
	store_memory_befall(s->spied.in, &fate);
	wait_until_away(s, true);
	put(s, lease_put(&m, 5, 5), 1);
	committer_go(s->c);
	assert_string_equal(next(s, 1), "1:-113; ");
	elsewhere(s, lease_put(&m, 6, 6));
	fate.is_away = false;
	store_memory_befall(s->spied.in, &fate);
	assert_string_equal(next(s, 1), "news 6; ");
	wait_until_away(s, false);
}

/* Nobody knows whether it was made, so it is not made twice. */
static void what_timed_out_is_not_tried_again(void **state)
{
	struct scene *s = *state;
	struct store_memory_fate fate = {.lost = LOST_DONE};
	struct made m;

	store_memory_befall(s->spied.in, &fate);
	put(s, lease_put(&m, 5, 5), 1);
	put(s, lease_put(&m, 6, 6), 2);
	committer_go(s->c);
	assert_string_equal(next(s, 3), "news 5 6; 1:-110; 2:-110; ");
}

static void a_store_of_ones_own_is_never_away(void **state)
{
	struct store_status is;
	struct committer *c;
	struct store *own;

	(void)state;
	assert_int_equal(store_memory_open(&own, &host_memory, NULL), 0);
	assert_int_equal(committer_open(&c, own, MOST), 0);
	assert_false(committer_status(c, &is));
	committer_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, open_scene, close_scene)
		TEST(what_others_change_comes_by_itself),
		TEST(a_refusal_comes_behind_the_news_that_explain_it),
		TEST(news_of_what_came_later_come_later),
		TEST(what_was_decided_before_the_news_were_heard_is_stale),
		TEST(a_loop_that_is_slow_misses_nothing),
		TEST(it_ends_though_nobody_heard_the_news),
		TEST(that_it_is_away_is_told),
		TEST(what_timed_out_is_not_tried_again),
		cmocka_unit_test(a_store_of_ones_own_is_never_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
