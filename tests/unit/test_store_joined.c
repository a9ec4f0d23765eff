/*
 * Several handles on one store in memory: who hears of what, who comes too
 * late, and what a handle that is cut off, slow or unlucky is told.
 */
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "changes.h"
#include "purse.h"

enum { A, B, C, HANDLES };

struct scene {
	struct purse purse;
	struct store *truth, *s[HANDLES];
	struct dump heard;
	unsigned room; /* news that are taken before one is refused */
};

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	const struct alloc *alloc = purse_open(&s->purse);

	*state = s;
	if (store_memory_open(&s->truth, alloc, NULL))
		return -1;
	for (int i = 0; i < HANDLES; i++)
		if (store_memory_join(&s->s[i], s->truth, alloc))
			return -1;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;
	long out;

	for (int i = 0; i < HANDLES; i++)
		s->s[i]->ops->close(s->s[i]);
	s->truth->ops->close(s->truth);
	out = s->purse.out;
	free(s);
	return out ? -1 : 0;
}

static int commit(struct scene *s, int who, const struct change *c,
		  uint64_t seen)
{
	struct commit v = {.change = c, .seen = seen};
	uint64_t revision;

	(void)s->s[who]->ops->commit(s->s[who], &v, 1, &revision);
	return v.rc;
}

/* Of a machine in a network, as two servers would lease it. */
static const struct change *lease(struct made *m, uint32_t ip, uint32_t n)
{
	lease_put(m, ip, n);
	m->c.network = 100;
	return &m->c;
}

static int hear(void *arg, const struct store_news *n)
{
	struct scene *s = arg;

	if (!s->room)
		return -EAGAIN;
	s->room--;
	dump_add(&s->heard, "%u:", (unsigned)n->revision);
	for (size_t i = 0; i < n->n; i++)
		dump_add(&s->heard, " %c%u",
			 change_is_edit(&n->v[i]) ? 'e' : 'l',
			 change_is_edit(&n->v[i]) ? n->v[i].id
						  : n->v[i].lease.ip);
	dump_add(&s->heard, "; ");
	return 0;
}

static const char *heard(struct scene *s, int who)
{
	memset(&s->heard, 0, sizeof s->heard);
	s->room = 100;
	assert_int_equal(s->s[who]->ops->shared->news(s->s[who], hear, s), 0);
	return s->heard.text;
}

static void befall(struct scene *s, int who, struct store_memory_fate fate)
{
	store_memory_befall(s->s[who], &fate);
}

static void others_hear_of_it_in_order(void **state)
{
	struct scene *s = *state;
	struct made m;

	assert_int_equal(commit(s, A, lease(&m, 1, 1), 0), 0);
	assert_int_equal(commit(s, B, lease(&m, 2, 2), 0), 0);
	assert_int_equal(
		commit(s, A, entry_put(&m, 6, ENTRY_MACHINES, 1, "name=x"), 0),
		0);
	assert_string_equal(heard(s, A), "2: l2; ");
	assert_string_equal(heard(s, B), "1: l1; 3: e6; ");
	assert_string_equal(heard(s, C), "1: l1; 2: l2; 3: e6; ");
	assert_string_equal(heard(s, C), "");
}

static void what_was_not_taken_comes_once_more(void **state)
{
	struct scene *s = *state;
	struct made m;

	for (uint32_t i = 1; i < 4; i++)
		commit(s, A, lease(&m, i, i), 0);
	s->room = 1;
	assert_int_equal(s->s[B]->ops->shared->news(s->s[B], hear, s), -EAGAIN);
	assert_string_equal(s->heard.text, "1: l1; ");
	assert_string_equal(heard(s, B), "2: l2; 3: l3; ");
}

static void of_two_that_give_an_address_the_first_does(void **state)
{
	struct scene *s = *state;
	struct made m;

	assert_int_equal(commit(s, A, lease(&m, 7, 1), 0), 0);
	assert_int_equal(commit(s, B, lease(&m, 7, 2), 0), -EEXIST);
	assert_string_equal(heard(s, B), "1: l7; ");
	/* It knows, and has its reasons: that lease is over. */
	assert_int_equal(commit(s, B, lease(&m, 7, 2), 1), 0);
	/* Nor does a server renew, or end, what it has not heard of. */
	assert_int_equal(commit(s, C, lease(&m, 7, 2), 0), -EEXIST);
	assert_int_equal(commit(s, C, lease(&m, 7, 2), 2), 0);
	assert_int_equal(commit(s, A, lease_drop(&m, 7), 1), -ESTALE);
	assert_int_equal(commit(s, A, lease_drop(&m, 7), 3), 0);
	assert_int_equal(commit(s, C, lease(&m, 7, 2), 3), -EEXIST);
	/* What has no end may be said twice. */
	lease(&m, 8, 1);
	m.c.lease.kind = LEASE_BOOTP;
	assert_int_equal(commit(s, A, &m.c, 3), 0);
	assert_int_equal(commit(s, B, &m.c, 3), 0);
}

static void a_machine_gets_one_address_in_a_network(void **state)
{
	struct scene *s = *state;
	struct made m;

	assert_int_equal(commit(s, A, lease(&m, 7, 1), 0), 0);
	assert_int_equal(commit(s, B, lease(&m, 8, 1), 0), -EEXIST);
	lease(&m, 9, 1);
	m.c.network = 200;
	assert_int_equal(commit(s, B, &m.c, 0), 0);
	/* Given back: it is in nobody's way any more. */
	lease(&m, 7, 1);
	m.c.lease.term = 0;
	assert_int_equal(commit(s, A, &m.c, 0), 0);
	assert_int_equal(commit(s, B, lease(&m, 8, 1), 0), 0);
}

static void an_edit_follows_all_others(void **state)
{
	struct scene *s = *state;
	struct made m;

	entry_put(&m, 6, ENTRY_MACHINES, 1, "name=x");
	assert_int_equal(commit(s, A, &m.c, 0), 0);
	entry_put(&m, ENTRY_IMAGES, ENTRY_ROOT, 2, "name=images");
	assert_int_equal(commit(s, B, &m.c, 0), -ESTALE);
	assert_int_equal(commit(s, B, &m.c, 1), 0);
	/* One's own are known. */
	entry_put(&m, ENTRY_NETWORKS, ENTRY_ROOT, 2, "name=networks");
	assert_int_equal(commit(s, B, &m.c, 1), 0);
}

static void who_is_away_does_and_hears_nothing(void **state)
{
	struct scene *s = *state;
	struct store_status is;
	struct made m;

	befall(s, A, (struct store_memory_fate){.is_away = true});
	assert_int_equal(commit(s, A, lease(&m, 1, 1), 0), -EHOSTUNREACH);
	assert_int_equal(commit(s, B, lease(&m, 2, 2), 0), 0);
	assert_string_equal(heard(s, A), "");
	s->s[A]->ops->status(s->s[A], &is);
	assert_true(is.is_away && is.why == -EHOSTUNREACH);
	assert_true(is.revision == 0 && is.latest == 1);
	befall(s, A, (struct store_memory_fate){.is_away = false});
	assert_string_equal(heard(s, A), "1: l2; ");
	s->s[A]->ops->status(s->s[A], &is);
	assert_true(!is.is_away && is.revision == 1);
}

static void who_is_slow_hears_what_came_before_its_own(void **state)
{
	struct scene *s = *state;
	struct made m;

	befall(s, A, (struct store_memory_fate){.is_slow = true});
	commit(s, B, lease(&m, 2, 2), 0);
	assert_string_equal(heard(s, A), "");
	assert_int_equal(commit(s, A, lease(&m, 3, 3), 0), 0);
	assert_string_equal(heard(s, A), "1: l2; ");
	commit(s, B, lease(&m, 4, 4), 0);
	assert_string_equal(heard(s, A), "");
	assert_int_equal(commit(s, A, lease(&m, 4, 5), 1), -EEXIST);
	assert_string_equal(heard(s, A), "3: l4; ");
	commit(s, B, lease(&m, 5, 5), 0);
	assert_string_equal(heard(s, A), "");
}

static void a_lost_answer_comes_as_news(void **state)
{
	struct scene *s = *state;
	struct made m;

	befall(s, A, (struct store_memory_fate){.lost = LOST_DONE});
	assert_int_equal(commit(s, A, lease(&m, 1, 1), 0), -ETIMEDOUT);
	befall(s, A, (struct store_memory_fate){.lost = LOST_UNDONE});
	assert_int_equal(commit(s, A, lease(&m, 2, 2), 0), -ETIMEDOUT);
	assert_int_equal(commit(s, A, lease(&m, 3, 3), 0), 0);
	assert_string_equal(heard(s, A), "1: l1; ");
	assert_string_equal(heard(s, B), "1: l1; 2: l3; ");
}

static void what_is_late_replaces_nothing_newer(void **state)
{
	struct scene *s = *state;
	struct made m;

	for (uint32_t ip = 1; ip < 3; ip++) {
		befall(s, A, (struct store_memory_fate){.lost = LOST_LATE});
		assert_int_equal(commit(s, A, lease(&m, ip, ip), 0),
				 -ETIMEDOUT);
	}
	/* Not even our own. */
	assert_int_equal(commit(s, A, lease(&m, 2, 9), 0), 0);
	store_memory_late(s->s[A]);
	assert_string_equal(heard(s, A), "2: l1; ");
	assert_string_equal(heard(s, C), "1: l2; 2: l1; ");
	store_memory_late(s->s[A]);
	assert_string_equal(heard(s, C), "");
}

static int count_one(void *arg, const struct change *c)
{
	(void)c;
	++*(unsigned *)arg;
	return 0;
}

static void what_was_loaded_is_no_news(void **state)
{
	struct scene *s = *state;
	unsigned n = 0;
	uint64_t revision;
	struct made m;

	commit(s, A, lease(&m, 1, 1), 0);
	commit(s, A, lease(&m, 2, 2), 0);
	assert_int_equal(s->s[B]->ops->load(s->s[B], count_one, &n, &revision),
			 0);
	assert_true(n == 2 && revision == 2);
	assert_string_equal(heard(s, B), "");
	commit(s, A, lease(&m, 3, 3), 0);
	assert_string_equal(heard(s, B), "3: l3; ");
}

static void waiting_ends_with_news_or_the_callers_own(void **state)
{
	struct scene *s = *state;
	const struct store_shared *shared = s->s[B]->ops->shared;
	int fd = eventfd(1, EFD_CLOEXEC);
	uint64_t one;
	struct made m;

	assert_int_equal(shared->wait(s->s[B], fd, SECONDS(60)), 0);
	assert_int_equal(read(fd, &one, sizeof one), sizeof one);
	commit(s, A, lease(&m, 1, 1), 0);
	assert_int_equal(shared->wait(s->s[B], fd, SECONDS(60)), 0);
	assert_string_equal(heard(s, B), "1: l1; ");
	assert_int_equal(shared->wait(s->s[B], fd, MILLISECONDS(1)), 0);
	close(fd);
}

static void without_memory_it_says_that_it_has_missed_something(void **state)
{
	struct scene *s = *state;
	struct made m;

	commit(s, A, lease(&m, 1, 1), 0);
	commit(s, A, lease(&m, 1, 1), 0);
	s->purse.left = 0; /* the change itself needs none by now */
	assert_int_equal(commit(s, A, lease(&m, 1, 1), 0), 0);
	s->purse.left = -1;
	assert_int_equal(s->s[B]->ops->shared->news(s->s[B], hear, s), -ENOMEM);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(others_hear_of_it_in_order),
		TEST(what_was_not_taken_comes_once_more),
		TEST(of_two_that_give_an_address_the_first_does),
		TEST(a_machine_gets_one_address_in_a_network),
		TEST(an_edit_follows_all_others),
		TEST(who_is_away_does_and_hears_nothing),
		TEST(who_is_slow_hears_what_came_before_its_own),
		TEST(a_lost_answer_comes_as_news),
		TEST(what_is_late_replaces_nothing_newer),
		TEST(what_was_loaded_is_no_news),
		TEST(waiting_ends_with_news_or_the_callers_own),
		TEST(without_memory_it_says_that_it_has_missed_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
