/*
 * GF(2^8): the laws of a field, products worked out bit by bit, and sums of
 * rows of every length.
 */
#include "base/gf256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "dies.h"
#include "gf256_check.h"

/* As on paper. */
static uint8_t product(unsigned a, unsigned b)
{
	unsigned p = 0;

	for (int bit = 0; bit < 8; bit++)
		if (b >> bit & 1)
			p ^= a << bit;
	for (int bit = 14; bit >= 8; bit--)
		if (p >> bit & 1)
			p ^= 0x11du << (bit - 8);
	return (uint8_t)p;
}

static void products_are_those_of_0x11d(void **state)
{
	(void)state;
	assert_int_equal(gf256_mul(0x02, 0x80), 0x1d);
	assert_int_equal(gf256_mul(0x53, 0xca), 0x8f);
	assert_int_equal(gf256_mul(0xff, 0xff), 0xe2);
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++)
			assert_int_equal(gf256_mul((uint8_t)a, (uint8_t)b),
					 product(a, b));
}

static void all_but_zero_has_an_inverse(void **state)
{
	(void)state;
	assert_int_equal(gf256_inv(0x02), 0x8e);
	for (unsigned a = 1; a < 256; a++)
		assert_int_equal(product(a, gf256_inv((uint8_t)a)), 1);
}

static void invert_zero(void)
{
	gf256_inv(0);
}

static void nothing_is_one_over_zero(void **state)
{
	(void)state;
	assert_true(dies(invert_zero));
}

static void rows_are_multiplied_byte_by_byte(void **state)
{
	uint8_t dst[300], src[300], was[300];

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		for (unsigned i = 0; i < sizeof(src); i++) {
			src[i] = (uint8_t)i;
			was[i] = dst[i] = (uint8_t)(i * i + c);
		}
		gf256_muladd(&gf256_portable, dst, src, (uint8_t)c, 299);
		for (unsigned i = 0; i < 299; i++)
			assert_int_equal(dst[i], was[i] ^ product(c, src[i]));
		assert_int_equal(dst[299], was[299]);
		gf256_scale(&gf256_portable, src, (uint8_t)c, 299);
		for (unsigned i = 0; i < 299; i++)
			assert_int_equal(src[i], product(c, i & 255));
		assert_int_equal(src[299], 299 & 255);
	}
}

static void portable_sums_are_right(void **state)
{
	(void)state;
	gf256_check(&gf256_portable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_are_those_of_0x11d),
		cmocka_unit_test(all_but_zero_has_an_inverse),
		cmocka_unit_test(nothing_is_one_over_zero),
		cmocka_unit_test(rows_are_multiplied_byte_by_byte),
		cmocka_unit_test(portable_sums_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
