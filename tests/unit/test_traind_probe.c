/*
 * How far ahead of its riders a run is: what they have not read yet is in their
 * sockets, and more than these hold is lost.
 */
#include "traind_world.h"

enum { AHEAD = 1536, BATCH = 64 };

/* At eighty times the rate at which it begins; `riders` machines, 7 and up. */
static void it_runs(struct world *w, uint32_t riders)
{
	world_open(w);
	w->settings.train.rate = 80000000;
	world_put(w, "root.img", 200000, 1024);
	world_start(w);
	for (uint32_t n = 7; n < 7 + riders; n++)
		aboard(w, n, 0, 200000);
	stage_forget(w->st);
}

static bool was_asked(const struct world *w, uint32_t n)
{
	char line[64];

	snprintf(line, sizeof(line), "PROBE 0 to 10.0.0.%u:", n);
	return strstr(stage_said(w->st), line) != NULL;
}

/* Each of 7, 8 and 9 that is asked says that it is there; 0: that it has all.
 * Another may be asked for it.  How many they were. */
static unsigned answer(struct world *w, const uint32_t at[3])
{
	unsigned n = 0;
	bool any;

	do {
		bool is_asked[3];

		any = false;
		for (uint32_t i = 0; i < 3; i++)
			any |= is_asked[i] = was_asked(w, 7 + i);
		stage_forget(w->st);
		for (uint32_t i = 0; i < 3; i++)
			if (is_asked[i]) {
				reports(w, 7 + i, (struct report){.at = at[i]});
				n++;
			}
	} while (any);
	return n;
}

static void they_say(struct world *w, const uint32_t at[3], usec time)
{
	usec until = w->st->now + time;

	while (w->st->now < until && stage_step(w->st))
		answer(w, at);
}

static const uint32_t all[3];

static void nobody_says_anything(struct world *w, usec time)
{
	usec until = w->st->now + time;

	while (w->st->now < until && stage_step(w->st))
		stage_forget(w->st);
}

static uint32_t cursor_of(const struct world *w)
{
	return w->t->runs[0].cursor;
}

static void who_follows_is_asked_every_512_packets(void **state)
{
	struct world w;
	uint64_t sent;
	unsigned n = 0;

	(void)state;
	it_runs(&w, 1);
	they_say(&w, all, MILLISECONDS(200));
	assert_int_equal(train_state(&w).rate, 80000000);
	sent = data_sent(&w);
	while (data_sent(&w) < sent + 20 * 512) {
		assert_true(stage_step(w.st));
		n += answer(&w, all);
	}
	assert_in_range(n, 17, 21);
	world_close(&w);
}

/* And asked all the time, so that it goes on at once. */
static void who_does_not_is_waited_for(void **state)
{
	struct world w;
	uint32_t at;

	(void)state;
	it_runs(&w, 1);
	they_say(&w, all, MILLISECONDS(100));
	at = cursor_of(&w);
	they_say(&w, &at, MILLISECONDS(90));
	assert_in_range(cursor_of(&w), at + AHEAD - 512, at + AHEAD + BATCH);
	at = cursor_of(&w);
	they_say(&w, all, MILLISECONDS(40));
	assert_true(cursor_of(&w) > at + 512);
	world_close(&w);
}

/* The third of three is, and the others are not. */
static void one_that_is_behind_is_not(void **state)
{
	const uint32_t at[3] = {0, 0, 1};
	struct world w;
	uint64_t before, sent;

	(void)state;
	it_runs(&w, 3);
	they_say(&w, all, MILLISECONDS(100));
	before = data_sent(&w);
	they_say(&w, all, MILLISECONDS(50));
	sent = data_sent(&w);
	they_say(&w, at, MILLISECONDS(50));
	assert_in_range(data_sent(&w) - sent, (sent - before) * 9 / 10,
			sent - before + BATCH);
	world_close(&w);
}

/* It may be that nothing reaches them. */
static void where_nobody_comes_further_it_goes_on(void **state)
{
	struct world w;
	uint64_t sent, rate;
	uint32_t at;

	(void)state;
	it_runs(&w, 1);
	they_say(&w, all, MILLISECONDS(100));
	at = cursor_of(&w);
	sent = data_sent(&w);
	rate = train_state(&w).rate;
	they_say(&w, &at, SECONDS(4));
	assert_true(data_sent(&w) > sent + 20000);
	assert_true(train_state(&w).rate < rate / 2);
	world_close(&w);
}

/* From the beginning. */
static void nor_is_anybody_waited_for_who_is_mute(void **state)
{
	struct world w;

	(void)state;
	it_runs(&w, 3);
	nobody_says_anything(&w, SECONDS(40));
	assert_int_equal(traind_stats(w.t)->originals, 200000);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_follows_is_asked_every_512_packets),
		cmocka_unit_test(who_does_not_is_waited_for),
		cmocka_unit_test(one_that_is_behind_is_not),
		cmocka_unit_test(where_nobody_comes_further_it_goes_on),
		cmocka_unit_test(nor_is_anybody_waited_for_who_is_mute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
