/*
 * Settings: the defaults, and subnets for addresses and links.
 */
#include "model/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct settings *fresh(void)
{
	struct settings *s = malloc(sizeof *s);

	assert_non_null(s);
	memset(s, 0xaa, sizeof *s);
	settings_default(s);
	return s;
}

static void
a_daemon_without_configuration_serves_only_whom_it_knows(void **state)
{
	struct settings *s = fresh();

	(void)state;
	assert_int_equal(s->unknown, UNKNOWN_IGNORE);
	assert_int_equal(s->unknown_share, 50);
	assert_int_equal(s->dhcp, DHCP_FULL);
	assert_false(s->authoritative);
	assert_int_equal(s->n_subnets, 0);
	assert_int_equal(s->lease, 43200);
	assert_string_equal(s->host_names, "node%h");
	assert_string_equal(s->name, "");
	assert_string_equal(s->kernel, "");
	assert_string_equal(s->arguments, "");
	assert_string_equal(s->http_base, "");
	assert_int_equal(s->n_loaders, 0);
	free(s);
}

static void a_reply_fits_an_ethernet_frame_by_default(void **state)
{
	struct settings *s = fresh();

	(void)state;
	assert_int_equal(s->tftp.blksize_max + 4 + 8 + 20, 1500);
	assert_int_equal(s->tftp.windowsize_max, 64);
	assert_int_equal(s->tftp.sessions, 4096);
	assert_int_equal(s->tftp.half_open, 256);
	assert_int_equal(s->tftp.per_source, 8);
	assert_false(s->tftp.single_port);
	free(s);
}

static void slam_is_where_etherboot_looks_for_it(void **state)
{
	struct settings *s = fresh();

	(void)state;
	assert_int_equal(s->slam.group, IP4(239, 255, 1, 1));
	assert_int_equal(s->slam.port, 10000);
	assert_int_equal(s->slam.ports, 1000);
	assert_int_equal(s->slam.ttl, 1);
	assert_int_equal(s->slam.link, 0);
	assert_int_equal(s->slam.rate, 125000000);
	assert_int_equal(s->slam.trains, 64);
	assert_int_equal(s->slam.riders, 16384);
	free(s);
}

static void an_address_belongs_to_the_smallest_subnet_around_it(void **state)
{
	struct settings *s = fresh();

	(void)state;
	s->n_subnets = 2;
	s->subnets[0] = (struct subnet){.network = IP4(10, 0, 0, 0),
					.mask = 0xff000000};
	s->subnets[1] = (struct subnet){.network = IP4(10, 7, 0, 0),
					.mask = 0xffff0000};
	assert_ptr_equal(settings_subnet(s, IP4(10, 1, 2, 3)), &s->subnets[0]);
	assert_ptr_equal(settings_subnet(s, IP4(10, 7, 2, 3)), &s->subnets[1]);
	assert_null(settings_subnet(s, IP4(11, 7, 2, 3)));
	assert_null(settings_subnet(s, 0));
	/* Not even a subnet of everything has nobody's address. */
	s->subnets[0] = (struct subnet){.mask = 0};
	assert_null(settings_subnet(s, 0));
	assert_ptr_equal(settings_subnet(s, IP4(11, 7, 2, 3)), &s->subnets[0]);
	free(s);
}

static void a_link_lends_its_network_but_not_its_own_address(void **state)
{
	static const struct {
		uint32_t ip, mask, first, last;
	} table[] = {
		{IP4(10, 0, 0, 1), 0xffffff00, IP4(10, 0, 0, 2),
		 IP4(10, 0, 0, 254)},
		{IP4(10, 0, 0, 254), 0xffffff00, IP4(10, 0, 0, 1),
		 IP4(10, 0, 0, 253)},
		{IP4(10, 0, 0, 200), 0xffffff00, IP4(10, 0, 0, 1),
		 IP4(10, 0, 0, 199)},
		{IP4(10, 0, 0, 10), 0xffffff00, IP4(10, 0, 0, 11),
		 IP4(10, 0, 0, 254)},
		{IP4(10, 0, 0, 1), 0xfffffffc, IP4(10, 0, 0, 2),
		 IP4(10, 0, 0, 2)},
		{IP4(10, 0, 0, 1), 0xfffffffe, 0, 0},
		{IP4(10, 0, 0, 1), 0xffffffff, 0, 0},
		{IP4(10, 0, 0, 1), 0xff000000, IP4(10, 0, 0, 2),
		 IP4(10, 1, 0, 1)},
		{0, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct link l = {.ip = table[i].ip, .mask = table[i].mask};
		struct subnet s;

		subnet_of_link(&s, &l, 77);
		assert_int_equal(s.first, table[i].first);
		assert_int_equal(s.last, table[i].last);
		assert_int_equal(s.network, l.ip & l.mask);
		assert_int_equal(s.mask, l.mask);
		assert_int_equal(s.lease, 77);
		assert_int_equal(s.router, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_daemon_without_configuration_serves_only_whom_it_knows),
		cmocka_unit_test(a_reply_fits_an_ethernet_frame_by_default),
		cmocka_unit_test(slam_is_where_etherboot_looks_for_it),
		cmocka_unit_test(
			an_address_belongs_to_the_smallest_subnet_around_it),
		cmocka_unit_test(
			a_link_lends_its_network_but_not_its_own_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
