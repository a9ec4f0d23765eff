/*
 * The event loop, over eventfds: deadlines, wake-ups from another thread,
 * signals, and things that go away while their event is on its way.
 */
#include "host/loop.h"
#include "host/memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct stage {
	struct loop *loop;
	struct bell {
		struct stage *stage;
		struct wake wake;
		struct watch watch;
		struct bell *kills; /* unwatched by this one's event */
		int rung;
	} a, b;
};

static void on_bell(void *arg, unsigned events)
{
	struct bell *bell = arg;

	assert_int_equal(events, LOOP_READ);
	assert_true(wake_taken(&bell->wake));
	bell->rung++;
	if (bell->kills)
		loop_unwatch(bell->stage->loop, &bell->kills->watch);
}

static void hang(struct stage *s, struct bell *bell)
{
	bell->stage = s;
	assert_int_equal(wake_open(&bell->wake), 0);
	bell->watch = (struct watch){bell->wake.fd, bell, on_bell};
	assert_int_equal(loop_watch(s->loop, &bell->watch, LOOP_READ), 0);
}

static int set_up(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	assert_int_equal(loop_open(&s->loop, &host_memory), 0);
	hang(s, &s->a);
	hang(s, &s->b);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *s = *state;

	wake_close(&s->a.wake);
	wake_close(&s->b.wake);
	loop_close(s->loop, &host_memory);
	free(s);
	return 0;
}

static void a_deadline_ends_a_wait_and_never_too_early(void **state)
{
	struct stage *s = *state;

	for (int i = 0; i < 100; i++) {
		usec due = loop_now(s->loop) + 50;

		assert_int_equal(loop_wait(s->loop, due), 0);
		assert_true(loop_now(s->loop) >= due);
	}
}

static void a_deadline_in_the_past_only_looks(void **state)
{
	struct stage *s = *state;

	assert_int_equal(loop_wait(s->loop, 0), 0);
	wake_up(&s->a.wake);
	assert_int_equal(loop_wait(s->loop, 0), 1);
	assert_int_equal(s->a.rung, 1);
	assert_int_equal(loop_wait(s->loop, 0), 0);
}

static void what_is_unwatched_hears_nothing_more(void **state)
{
	struct stage *s = *state;

	/* Each would silence the other: whoever is first, is alone. */
	s->a.kills = &s->b;
	s->b.kills = &s->a;
	wake_up(&s->a.wake);
	wake_up(&s->b.wake);
	assert_int_equal(loop_wait(s->loop, NEVER), 1);
	assert_int_equal(s->a.rung + s->b.rung, 1);
}

static void *ring(void *arg)
{
	struct stage *s = arg;

	usleep(10000);
	wake_up(&s->a.wake);
	wake_up(&s->a.wake);
	return NULL;
}

static void another_thread_wakes_it(void **state)
{
	struct stage *s = *state;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, ring, s), 0);
	assert_int_equal(loop_wait(s->loop, NEVER), 1);
	pthread_join(thread, NULL);
	assert_true(s->a.rung >= 1);
}

static void other_events_can_be_waited_for(void **state)
{
	struct stage *s = *state;

	assert_int_equal(loop_rewatch(s->loop, &s->a.watch, 0), 0);
	wake_up(&s->a.wake);
	assert_int_equal(loop_wait(s->loop, 0), 0);
	assert_int_equal(loop_rewatch(s->loop, &s->a.watch, LOOP_READ), 0);
	assert_int_equal(loop_wait(s->loop, 0), 1);
}

static void signals_come_as_numbers(void **state)
{
	int fd = signals_open();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(signals_next(fd), 0);
	raise(SIGHUP);
	raise(SIGTERM);
	assert_int_equal(signals_next(fd), SIGHUP);
	assert_int_equal(signals_next(fd), SIGTERM);
	assert_int_equal(signals_next(fd), 0);
	signals_restore();
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_deadline_ends_a_wait_and_never_too_early),
		TEST(a_deadline_in_the_past_only_looks),
		TEST(what_is_unwatched_hears_nothing_more),
		TEST(another_thread_wakes_it),
		TEST(other_events_can_be_waited_for),
		cmocka_unit_test(signals_come_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
