/*
 * As much of cmocka as tests of pure layers use, for processors whose library
 * Debian does not install beside ours.  The first assertion that fails ends the
 * program.
 */
#ifndef MUSTER_TESTS_BARE_CMOCKA_H
#define MUSTER_TESTS_BARE_CMOCKA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

#define cmocka_unit_test(f) ((struct CMUnitTest){#f, f, NULL, NULL})
#define cmocka_unit_test_setup_teardown(f, s, t)                               \
	((struct CMUnitTest){#f, f, s, t})
#define print_message printf

#define bare_assert(is_so, text)                                               \
	do {                                                                   \
		if (!(is_so)) {                                                \
			printf("not ok - %s:%d: %s\n", __FILE__, __LINE__,     \
			       text);                                          \
			exit(EXIT_FAILURE);                                    \
		}                                                              \
	} while (0)

#define assert_true(a)             bare_assert(a, #a)
#define assert_false(a)            bare_assert(!(a), "not " #a)
#define assert_null(a)             bare_assert(!(a), #a " is NULL")
#define assert_non_null(a)         bare_assert(a, #a " is not NULL")
#define assert_ptr_equal(a, b)     bare_assert((a) == (b), #a " is " #b)
#define assert_ptr_not_equal(a, b) bare_assert((a) != (b), #a " is not " #b)
#define assert_string_equal(a, b)  bare_assert(!strcmp(a, b), #a " is " #b)
#define assert_string_not_equal(a, b)                                          \
	bare_assert(strcmp(a, b), #a " is not " #b)
#define assert_memory_equal(a, b, n) bare_assert(!memcmp(a, b, n), #a " is " #b)
#define assert_memory_not_equal(a, b, n)                                       \
	bare_assert(memcmp(a, b, n), #a " is not " #b)
/* As cmocka compares them. */
#define bare_int(a) (uintmax_t)(a)
#define assert_int_equal(a, b)                                                 \
	bare_assert(bare_int(a) == bare_int(b), #a " is " #b)
#define assert_int_not_equal(a, b)                                             \
	bare_assert(bare_int(a) != bare_int(b), #a " is not " #b)
#define assert_in_range(a, from, to)                                           \
	bare_assert(bare_lies(bare_int(a), bare_int(from), bare_int(to)),      \
		    #a " is from " #from " to " #to)
#define fail()        bare_assert(0, "failed")
#define fail_msg(...) (printf("not ok - " __VA_ARGS__), exit(EXIT_FAILURE))

static inline _Noreturn void _fail(const char *file, int line)
{
	printf("not ok - %s:%d\n", file, line);
	exit(EXIT_FAILURE);
}

static inline int bare_lies(uintmax_t a, uintmax_t from, uintmax_t to)
{
	return from <= a && a <= to;
}

static inline int bare_run(const struct CMUnitTest *v, size_t n,
			   int (*setup)(void **), int (*teardown)(void **))
{
	void *group = NULL;

	if (setup && setup(&group))
		return EXIT_FAILURE;
	for (size_t i = 0; i < n; i++) {
		void *state = group;

		if (v[i].setup && v[i].setup(&state))
			return EXIT_FAILURE;
		v[i].test(&state);
		if (v[i].teardown && v[i].teardown(&state))
			return EXIT_FAILURE;
		printf("ok - %s\n", v[i].name);
		fflush(stdout);
	}
	return teardown ? teardown(&group) : 0;
}

#define cmocka_run_group_tests(v, setup, teardown)                             \
	bare_run(v, sizeof(v) / sizeof(*(v)), setup, teardown)

#endif
