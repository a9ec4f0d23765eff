/*
 * Accounts of addresses.
 */
#include "engine/share.h"
#include "stage/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_was_had_is_counted(void **state)
{
	struct share s = {0};

	(void)state;
	assert_int_equal(share_open(&s, &stage_alloc), 0);
	assert_int_equal(share_had(&s, 7), 0);
	share_add(&s, 7, 5);
	share_add(&s, 8, 1);
	share_add(&s, 7, 10);
	assert_int_equal(share_had(&s, 7), 15);
	assert_int_equal(share_had(&s, 8), 1);
	share_close(&s, &stage_alloc);
}

/* However many others there are. */
static void a_large_account_stays(void **state)
{
	struct share s = {0};

	(void)state;
	assert_int_equal(share_open(&s, &stage_alloc), 0);
	share_add(&s, 7, 1000);
	for (uint64_t key = 8; key < 1000000; key++)
		share_add(&s, key, 1);
	assert_int_equal(share_had(&s, 7), 1000);
	share_close(&s, &stage_alloc);
}

static void closing_what_was_not_opened_is_nothing(void **state)
{
	struct share s = {0};

	(void)state;
	share_close(&s, &stage_alloc);
	assert_null(s.accounts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_had_is_counted),
		cmocka_unit_test(a_large_account_stays),
		cmocka_unit_test(closing_what_was_not_opened_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
