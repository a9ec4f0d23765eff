/*
 * The timer heap beside a plain search through all timers.
 */
#include "base/heap.h"
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "dies.h"

enum { MANY = 97 };

struct waiter {
	char name;
	struct timer t;
};

static void timers_come_out_by_deadline(void **state)
{
	struct waiter w[] = {{.name = 'c'}, {.name = 'a'}, {.name = 'b'}};
	struct timer *v[3], *t;
	struct heap h;
	char said[4] = "";
	size_t n = 0;

	(void)state;
	heap_open(&h, v, 3);
	assert_true(heap_next(&h) == NEVER);
	assert_null(heap_pop(&h, NEVER));
	heap_set(&h, &w[0].t, SECONDS(3));
	heap_set(&h, &w[1].t, SECONDS(1));
	heap_set(&h, &w[2].t, SECONDS(2));
	assert_true(heap_next(&h) == SECONDS(1));
	assert_null(heap_pop(&h, SECONDS(1) - 1));
	while ((t = heap_pop(&h, SECONDS(3))) && n < 3) {
		assert_int_equal(t->place, 0);
		said[n++] = CONTAINER(t, struct waiter, t)->name;
	}
	assert_string_equal(said, "abc");
	assert_int_equal(h.n, 0);
}

static void a_timer_that_does_not_wait_can_be_cancelled(void **state)
{
	struct timer *v[1], t = {.place = 0};
	struct heap h;

	(void)state;
	heap_open(&h, v, 1);
	heap_cancel(&h, &t);
	heap_set(&h, &t, 5);
	assert_int_equal(t.place, 1);
	heap_cancel(&h, &t);
	heap_cancel(&h, &t);
	assert_int_equal(t.place, 0);
	assert_true(heap_next(&h) == NEVER);
}

static void check(const struct heap *h, const struct timer *all)
{
	usec next = NEVER;
	uint32_t waiting = 0;

	for (size_t i = 0; i < MANY; i++) {
		if (!all[i].place)
			continue;
		waiting++;
		next = usec_min(next, all[i].at);
		assert_in_range(all[i].place, 1, h->n);
		assert_ptr_equal(h->v[all[i].place - 1], &all[i]);
	}
	assert_int_equal(h->n, waiting);
	assert_true(heap_next(h) == next);
}

static void step(struct heap *h, struct timer *all, usec *now, struct rand *r)
{
	struct timer *t = &all[rand_below(r, MANY)];
	usec at = *now + (usec)rand_below(r, 50) - 10, next = heap_next(h);
	bool waits;

	switch (rand_below(r, 4)) {
	case 0:
	case 1:
		heap_set(h, t, at);
		assert_true(t->place && t->at == at);
		break;
	case 2:
		heap_cancel(h, t);
		assert_int_equal(t->place, 0);
		break;
	case 3:
		*now += (usec)rand_below(r, 5);
		waits = next <= *now;
		t = heap_pop(h, *now);
		assert_int_equal(t != NULL, waits);
		assert_true(!t || (t->at == next && !t->place));
		break;
	}
}

static void behaves_like_a_search_through_all_timers(void **state)
{
	struct timer all[MANY] = {{.at = 0}}, *v[MANY];
	struct heap h;
	struct rand r;
	usec now = 0;

	(void)state;
	rand_seed(&r, 11);
	heap_open(&h, v, MANY);
	for (int i = 0; i < 20000; i++) {
		step(&h, all, &now, &r);
		check(&h, all);
	}
	/* Emptied, it yields what is left in order. */
	usec last = INT64_MIN;
	for (struct timer *t; (t = heap_pop(&h, NEVER)); last = t->at) {
		assert_true(t->at >= last);
		check(&h, all);
	}
	assert_int_equal(h.n, 0);
}

/* The numbers of the timers, in the order they come out. */
static void order_of(struct timer **who, uint8_t *order)
{
	struct timer *v[MANY], *t;
	struct heap h;
	struct rand r;
	size_t n = 0;

	rand_seed(&r, 13);
	heap_open(&h, v, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		who[i]->place = 0;
		heap_set(&h, who[i], (usec)rand_below(&r, 3));
	}
	while ((t = heap_pop(&h, NEVER)))
		for (uint32_t i = 0; i < MANY; i++)
			if (who[i] == t)
				order[n++] = (uint8_t)i;
	assert_int_equal(n, MANY);
}

static void equal_deadlines_do_not_depend_on_addresses(void **state)
{
	struct timer all[MANY], *forth[MANY], *back[MANY];
	uint8_t one[MANY], two[MANY];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		forth[i] = &all[i];
		back[i] = &all[MANY - 1 - i];
	}
	order_of(forth, one);
	order_of(back, two);
	assert_memory_equal(one, two, MANY);
}

static void set_one_too_many(void)
{
	struct timer *v[2], a = {.at = 0}, b = {.at = 0};
	struct heap h;

	heap_open(&h, v, 1);
	heap_set(&h, &a, 1);
	heap_set(&h, &b, 1);
}

static void cancel_a_stranger(void)
{
	struct timer *v[1], a = {.at = 0}, b = {.at = 0};
	struct heap h;

	heap_open(&h, v, 1);
	heap_set(&h, &a, 1);
	b = a;
	heap_cancel(&h, &b);
}

static void a_heap_that_is_misused_stops_the_program(void **state)
{
	(void)state;
	assert_true(dies(set_one_too_many));
	assert_true(dies(cancel_a_stranger));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_come_out_by_deadline),
		cmocka_unit_test(a_timer_that_does_not_wait_can_be_cancelled),
		cmocka_unit_test(behaves_like_a_search_through_all_timers),
		cmocka_unit_test(equal_deadlines_do_not_depend_on_addresses),
		cmocka_unit_test(a_heap_that_is_misused_stops_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
