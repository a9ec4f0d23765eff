/*
 * The GF(2^8) kernels that this processor runs, each beside the portable one.
 */
#include "host/cpu.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "gf256_check.h"

static void each_kernel_that_runs_here_is_right(void **state)
{
	const struct gf256 *gf;
	bool runs;

	(void)state;
	for (size_t i = 0; (gf = gf256_at(i, &runs)); i++) {
		print_message("%s %s\n", gf->name,
			      runs ? "runs here" : "does not run here");
		if (runs)
			gf256_check(gf);
	}
}

static void the_best_is_the_first_that_runs(void **state)
{
	bool runs = false;
	size_t i = 0;

	(void)state;
	while (gf256_at(i, &runs) && !runs)
		i++;
	assert_ptr_equal(gf256_best(), gf256_at(i, &runs));
}

static void kernels_have_names(void **state)
{
	const struct gf256 *gf;
	bool runs;

	(void)state;
	for (size_t i = 0; (gf = gf256_at(i, &runs)); i++)
		assert_ptr_equal(gf256_by_name(gf->name), runs ? gf : NULL);
	assert_ptr_equal(gf256_by_name("portable"), &gf256_portable);
	assert_null(gf256_by_name("abacus"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kernel_that_runs_here_is_right),
		cmocka_unit_test(the_best_is_the_first_that_runs),
		cmocka_unit_test(kernels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
