/*
 * The doctor's probes, byte by byte.
 */
#include "wire/mirror.h"

#include "base/addr.h"
#include "stage/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_and_writes_sixteen_bytes(void **state)
{
	uint8_t b[MIRROR_LEN], back[MIRROR_LEN];
	struct wr w = wr_over(back, sizeof(back));
	struct mirror m;
	struct rd r;

	(void)state;
	assert_int_equal(
		hex("4d554452 04 01 03 00 12345678 0000012c", b, sizeof(b)),
		MIRROR_LEN);
	r = rd_over(b, sizeof(b));
	assert_true(mirror_get(&m, &r));
	assert_int_equal(m.kind, MIRROR_SEEN);
	assert_int_equal(m.lane, LANE_KEPT);
	assert_int_equal(m.seen, 3);
	assert_int_equal(m.run, 0x12345678);
	assert_int_equal(m.uptime, 300);
	mirror_put(&m, &w);
	assert_memory_equal(back, b, MIRROR_LEN);
}

static void refuses_what_is_none(void **state)
{
	static const char *const wrong[] = {
		"4d554453 04 01 03 00 12345678 0000012c", /* another magic */
		"4d554452 00 01 03 00 12345678 0000012c", /* no kind */
		"4d554452 07 01 03 00 12345678 0000012c",
		"4d554452 04 04 03 00 12345678 0000012c", /* no lane */
		"4d554452 04 01 10 00 12345678 0000012c", /* seen by none */
	};
	uint8_t b[MIRROR_LEN];
	struct mirror m;
	struct rd r;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		hex(wrong[i], b, sizeof(b));
		r = rd_over(b, sizeof(b));
		assert_false(mirror_get(&m, &r));
	}
	hex("4d554452 04 01 03 00 12345678 0000012c", b, sizeof(b));
	for (size_t len = 0; len < MIRROR_LEN; len++) {
		r = rd_over(b, len);
		assert_false(mirror_get(&m, &r));
	}
}

static void one_group_of_all_is_flooded_everywhere(void **state)
{
	(void)state;
	for (unsigned lane = 0; lane < MIRROR_LANES; lane++) {
		assert_true(ip_is_multicast(mirror_group(lane)));
		assert_int_equal(ip_is_flooded(mirror_group(lane)),
				 lane == LANE_SAFE);
	}
	assert_int_equal(mirror_group(MIRROR_LANES), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_sixteen_bytes),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(one_group_of_all_is_flooded_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
