/*
 * The driver's rounds: what is done at once, and what an engine hears of later.
 */
#include "app/driver.h"
#include "base/heap.h"
#include "base/text.h"
#include "host/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { BLOCKS = 3 };

/* A rider with blocks to restore, each as soon as it hears of the one before,
 * and somebody who has something to say to it. */
struct rider {
	struct engine engine;
	struct watch watch;
	struct text said;
	char room[200];
};

static void mend(struct effects *fx, uint64_t block)
{
	effects_add(fx, EFFECT_MEND)->mend.cookie = block;
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct rider *r = CONTAINER(e, struct rider, engine);

	(void)now;
	assert_int_equal(o->kind, EFFECT_MEND);
	text_add(&r->said, "restored ");
	text_u64(&r->said, o->cookie);
	text_add(&r->said, "\n");
	if (o->cookie < BLOCKS)
		mend(fx, o->cookie + 1);
}

static usec on_deadline(const struct engine *e)
{
	(void)e;
	return NEVER;
}

/* It goes on talking: its byte stays in the pipe. */
static void on_word(void *arg, unsigned events)
{
	struct rider *r = arg;

	(void)events;
	text_add(&r->said, "listened\n");
}

static void it_listens_between_one_restored_block_and_the_next(void **state)
{
	struct rider r = {
		.engine = {.settle = on_settle, .deadline = on_deadline}};
	const struct driver_config config = {.engine = &r.engine};
	struct driver *d;
	struct loop *loop;
	int ends[2];

	(void)state;
	r.said = text_over(r.room, sizeof(r.room));
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "!", 1), 1);
	assert_int_equal(loop_open(&loop, &host_memory), 0);
	r.watch = (struct watch){.fd = ends[0], .arg = &r, .ready = on_word};
	assert_int_equal(loop_watch(loop, &r.watch, LOOP_READ), 0);
	assert_int_equal(driver_open(&d, loop, &config), 0);
	mend(driver_effects(d), 1);
	driver_carry(d);
	/* One round for each, which does not wait for anything else. */
	for (int i = 0; i < BLOCKS; i++)
		assert_int_equal(driver_round(d, NEVER), 0);
	assert_string_equal(r.room, "listened\nrestored 1\n"
				    "listened\nrestored 2\n"
				    "listened\nrestored 3\n");
	/* Also if nobody has anything to say. */
	loop_unwatch(loop, &r.watch);
	mend(driver_effects(d), BLOCKS);
	driver_carry(d);
	assert_int_equal(driver_round(d, NEVER), 0);
	driver_close(d);
	loop_close(loop, &host_memory);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			it_listens_between_one_restored_block_and_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
