/*
 * Addresses and their texts.  Each text is parsed from a copy of exact size
 * without a NUL, so that the sanitizer sees a parser that reads on.
 */
#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *bare(const char *s)
{
	size_t len = strlen(s);
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, s, len);
	return copy;
}

static const struct {
	const char *s;
	uint32_t ip;
} good_ips[] = {
	{"0.0.0.0", 0},
	{"10.0.0.7", IP4(10, 0, 0, 7)},
	{"1.20.30.200", IP4(1, 20, 30, 200)},
	{"255.255.255.255", IP_BROADCAST},
};

static void an_ip_address_is_four_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good_ips / sizeof *good_ips; i++) {
		char *s = bare(good_ips[i].s);
		uint32_t ip = 1;

		assert_true(ip_parse(s, strlen(good_ips[i].s), &ip));
		assert_int_equal(ip, good_ips[i].ip);
		free(s);
	}
}

static const char *const bad_ips[] = {
	"",          "1",         "1.2",       "1.2.3",      "1.2.3.",
	"1.2.3.4.",  "1.2.3.4.5", ".1.2.3.4",  "1..3.4",     "256.0.0.1",
	"1.2.3.256", "01.2.3.4",  "1.2.3.00",  "1.2.3.4 ",   " 1.2.3.4",
	"1.2.3.-4",  "1.2.3.+4",  "0x1.2.3.4", "1.2.3.1000", "1,2,3,4",
};

static void what_is_no_ip_address_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_ips / sizeof *bad_ips; i++) {
		char *s = bare(bad_ips[i]);
		uint32_t ip = 0xabad1dea;

		if (ip_parse(s, strlen(bad_ips[i]), &ip))
			fail_msg("\"%s\" was taken", bad_ips[i]);
		assert_int_equal(ip, 0xabad1dea);
		free(s);
	}
}

static void an_address_with_a_nul_inside_is_none(void **state)
{
	uint32_t ip = 5;

	(void)state;
	assert_false(ip_parse("1.2.3.4\0", 8, &ip));
	assert_int_equal(ip, 5);
}

static const char *const good_hwaddrs[] = {
	"00:00:0f:00:07:5a", "0:0:f:0:7:5a",   "00-00-0F-00-07-5A",
	"00.00.0f.00.07.5a", "0:00:f:00:7:5A",
};

static void a_hardware_address_is_six_bytes(void **state)
{
	const uint8_t mac[6] = {0, 0, 0x0f, 0, 7, 0x5a};
	struct hwaddr want = hwaddr_ethernet(mac);

	(void)state;
	for (size_t i = 0; i < sizeof good_hwaddrs / sizeof *good_hwaddrs;
	     i++) {
		char *s = bare(good_hwaddrs[i]);
		struct hwaddr hw;

		memset(&hw, 0xee, sizeof hw);
		if (!hwaddr_parse(s, strlen(good_hwaddrs[i]), &hw))
			fail_msg("\"%s\" was refused", good_hwaddrs[i]);
		assert_true(hwaddr_is(&hw, &want));
		free(s);
	}
}

static const char *const bad_hwaddrs[] = {
	"",
	":",
	"0",
	"00:00:0f:00:07",
	"00:00:0f:00:07:",
	"00:00:0f:00:07:5a:",
	"00:00:0f:00:07:5a:00",
	"00:00:0f:00:07:5aa",
	"000:0:0f:00:07:5a",
	"00:00-0f:00:07:5a",
	"00:00::00:07:5a",
	":00:0f:00:07:5a",
	"00000f00075a",
	"00 00 0f 00 07 5a",
	"00:00:0g:00:07:5a",
	"0000.0f00.075a",
	"00:00:0f:00:07:5a ",
};

static void what_is_no_hardware_address_changes_nothing(void **state)
{
	const struct hwaddr was = {.type = 6, .len = 3, .b = {1, 2, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof bad_hwaddrs / sizeof *bad_hwaddrs; i++) {
		char *s = bare(bad_hwaddrs[i]);
		struct hwaddr hw = was;

		if (hwaddr_parse(s, strlen(bad_hwaddrs[i]), &hw))
			fail_msg("\"%s\" was taken", bad_hwaddrs[i]);
		assert_true(hwaddr_is(&hw, &was));
		free(s);
	}
}

static void every_end_of_a_hardware_address_is_seen(void **state)
{
	const char *s = "00:00:0f:00:07:5a";
	struct hwaddr hw;

	(void)state;
	for (size_t len = 0; len < 16; len++) {
		char *cut = malloc(len ? len : 1);

		memcpy(cut, s, len);
		assert_false(hwaddr_parse(cut, len, &hw));
		free(cut);
	}
}

static const struct {
	const char *s;
	uint32_t ip, mask;
} good_nets[] = {
	{"10.0.0.0/8", IP4(10, 0, 0, 0), 0xff000000},
	{"10.0.0.0/255.0.0.0", IP4(10, 0, 0, 0), 0xff000000},
	{"10.1.2.3/20", IP4(10, 1, 2, 3), 0xfffff000},
	{"10.1.2.3/32", IP4(10, 1, 2, 3), 0xffffffff},
	{"0.0.0.0/0", 0, 0},
	{"0.0.0.0/0.0.0.0", 0, 0},
	{"10.1.2.3/1", IP4(10, 1, 2, 3), 0x80000000},
};

static void a_network_has_bits_or_a_mask(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good_nets / sizeof *good_nets; i++) {
		char *s = bare(good_nets[i].s);
		uint32_t ip = 1, mask = 1;

		assert_true(net_parse(s, strlen(good_nets[i].s), &ip, &mask));
		assert_int_equal(ip, good_nets[i].ip);
		assert_int_equal(mask, good_nets[i].mask);
		free(s);
	}
}

static const char *const bad_nets[] = {
	"",
	"10.0.0.0",
	"10.0.0.0/",
	"/8",
	"10.0.0.0/33",
	"10.0.0.0/008",
	"10.0.0.0/255.0.255.0",
	"10.0.0/8",
	"10.0.0.0/8/",
	"10.0.0.0//8",
	"10.0.0.0/0.0.0.255",
	"10.0.0.0/-1",
	"10.0.0.0/8 ",
};

static void what_is_no_network_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_nets / sizeof *bad_nets; i++) {
		char *s = bare(bad_nets[i]);
		uint32_t ip = 1, mask = 2;

		if (net_parse(s, strlen(bad_nets[i]), &ip, &mask))
			fail_msg("\"%s\" was taken", bad_nets[i]);
		assert_int_equal(ip, 1);
		assert_int_equal(mask, 2);
		free(s);
	}
}

static void the_33_masks_and_no_others_are_masks(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= 32; n++) {
		uint32_t mask = n ? 0xffffffffu << (32 - n) : 0;

		assert_true(ip_is_mask(mask));
		assert_int_equal(mask_bits(mask), n);
		for (unsigned bit = 0; bit < 32; bit++) {
			uint32_t other = mask ^ (uint32_t)1 << bit;

			if (bit == 32 - n || bit + 1 == 32 - n)
				assert_true(ip_is_mask(other));
			else
				assert_false(ip_is_mask(other));
		}
	}
}

static void multicast_is_224_to_239(void **state)
{
	(void)state;
	assert_false(ip_is_multicast(IP4(223, 255, 255, 255)));
	assert_true(ip_is_multicast(IP4(224, 0, 0, 0)));
	assert_true(ip_is_multicast(IP4(239, 255, 255, 255)));
	assert_false(ip_is_multicast(IP4(240, 0, 0, 0)));
}

static void addresses_differ_in_any_part(void **state)
{
	const uint8_t mac[6] = {1, 2, 3, 4, 5, 6};
	struct hwaddr a = hwaddr_ethernet(mac), b = a;

	(void)state;
	assert_true(hwaddr_is(&a, &b));
	b.type = 6;
	assert_false(hwaddr_is(&a, &b));
	b = a;
	b.len = 5;
	assert_false(hwaddr_is(&a, &b));
	b = a;
	b.b[5] = 7;
	assert_false(hwaddr_is(&a, &b));

	struct endpoint e = {IP4(10, 0, 0, 1), 67};
	assert_true(endpoint_is(e, (struct endpoint){IP4(10, 0, 0, 1), 67}));
	assert_false(endpoint_is(e, (struct endpoint){IP4(10, 0, 0, 1), 68}));
	assert_false(endpoint_is(e, (struct endpoint){IP4(10, 0, 0, 2), 67}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ip_address_is_four_numbers),
		cmocka_unit_test(what_is_no_ip_address_changes_nothing),
		cmocka_unit_test(an_address_with_a_nul_inside_is_none),
		cmocka_unit_test(a_hardware_address_is_six_bytes),
		cmocka_unit_test(what_is_no_hardware_address_changes_nothing),
		cmocka_unit_test(every_end_of_a_hardware_address_is_seen),
		cmocka_unit_test(a_network_has_bits_or_a_mask),
		cmocka_unit_test(what_is_no_network_changes_nothing),
		cmocka_unit_test(the_33_masks_and_no_others_are_masks),
		cmocka_unit_test(multicast_is_224_to_239),
		cmocka_unit_test(addresses_differ_in_any_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
