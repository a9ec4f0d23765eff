/*
 * Kea's configuration, read and written.
 */
#include "app/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define format_named formats_named
#include "draft_desk.h"

static int open_all(void **state)
{
	*state = calloc(1, sizeof(struct draft_desk));
	return *state ? 0 : -1;
}

static int close_all(void **state)
{
	free(*state);
	return 0;
}

static const char text[] =
	"// what Kea allows\n"
	"{ # too\n"
	"\"Dhcp4\": { /* and\n this */\n"
	"  \"valid-lifetime\": 4000,\n"
	"  \"option-data\": [ { \"name\": \"domain-name-servers\",\n"
	"     \"data\": \"10.0.0.2, 10.0.0.3\" } ],\n"
	"  \"reservations\": [\n"
	"    { \"hw-address\": \"0:0:f:0:7:5a\", \"hostname\": \"wendy\",\n"
	"      \"ip-address\": \"10.0.0.7\", \"boot-file-name\": \"m#/*x\" },\n"
	"    { \"duid\": \"01:02\", \"ip-address\": \"10.0.0.6\" } ],\n"
	"  \"subnet4\": [ { \"id\": 1, \"subnet\": \"10.0.0.0/24\",\n"
	"    \"pools\": [ { \"pool\": \"10.0.0.10 - 10.0.0.19\" },\n"
	"       { \"pool\": \"10.0.0.32/28\" } ],\n"
	"    \"option-data\": [ { \"name\": \"routers\", \"data\": "
	"\"10.0.0.1\" },\n"
	"       { \"name\": \"ntp-servers\", \"data\": \"10.0.0.1\" } ],\n"
	"    \"reservations\": [ { \"hw-address\": \"0:0:f:0:7:5b\",\n"
	"       \"ip-address\": \"10.0.0.8\", \"next-server\": \"10.0.0.9\",\n"
	"       \"client-classes\": [ \"a\" ] } ] } ],\n"
	"  \"shared-networks\": [ { \"name\": \"s\", \"subnet4\": [\n"
	"    { \"subnet\": \"10.0.1.0/25\", \"valid-lifetime\": 60 } ] } ]\n"
	"} }\n";

static void kea_has_reservations_and_subnets(void **state)
{
	READS("kea", text,
	      "  name: machines\n"
	      "    name: wendy; en_address: 00:00:0f:00:07:5a; ip_address: "
	      "10.0.0.7; bootfile: m#/*x\n"
	      "    ? en_address: 00:00:0f:00:07:5b; ip_address: 10.0.0.8; "
	      "next_server: 10.0.0.9; name: 10-0-0-8\n"
	      "  name: networks\n"
	      "    ? name: 10.0.0.0/24; address: 10.0.0.0; netmask: "
	      "255.255.255.0; range: 10.0.0.10-10.0.0.19, "
	      "10.0.0.32-10.0.0.47; router: 10.0.0.1; dns: 10.0.0.2, "
	      "10.0.0.3; lease_time: 4000\n"
	      "    ? name: 10.0.1.0/25; address: 10.0.1.0; netmask: "
	      "255.255.255.128; lease_time: 60; dns: 10.0.0.2, 10.0.0.3\n"
	      "0! reservations[1]: no hw-address: passed over\n"
	      "0! subnet4[0]: ntp-servers: passed over\n"
	      "0! subnet4[0].reservations[0]: client-classes: passed over\n");
}

/* What is nearer counts; what is passed over is said once. */
static void a_shared_network_says_what_its_subnets_do_not(void **state)
{
	READS("kea",
	      "{\"Dhcp4\": {\"valid-lifetime\": 4000, "
	      "\"next-server\": \"10.0.0.2\", \"shared-networks\": [ {"
	      "\"boot-file-name\": \"mach\", \"next-server\": \"10.0.0.3\", "
	      "\"option-data\": [ {\"name\": \"domain-name\", "
	      "\"data\": \"lab\"}, {\"name\": \"ntp-servers\", "
	      "\"data\": \"10.0.0.1\"} ], \"subnet4\": ["
	      "{\"subnet\": \"10.0.0.0/24\"}, "
	      "{\"subnet\": \"10.0.1.0/24\", \"boot-file-name\": \"x\"}"
	      "] } ], \"subnet4\": [ {\"subnet\": \"10.0.2.0/24\"} ] }}",
	      "  name: machines\n"
	      "  name: networks\n"
	      "    ? name: 10.0.2.0/24; address: 10.0.2.0; netmask: "
	      "255.255.255.0; lease_time: 4000; next_server: 10.0.0.2\n"
	      "    ? name: 10.0.0.0/24; address: 10.0.0.0; netmask: "
	      "255.255.255.0; domain: lab; bootfile: mach; next_server: "
	      "10.0.0.3; lease_time: 4000\n"
	      "    ? name: 10.0.1.0/24; address: 10.0.1.0; netmask: "
	      "255.255.255.0; bootfile: x; domain: lab; next_server: "
	      "10.0.0.3; lease_time: 4000\n"
	      "0! shared-networks[0]: ntp-servers: passed over\n");
}

static void kea_is_written_and_read_again(void **state)
{
	static struct draft_desk again;
	struct draft_desk *k = *state;
	char *written;

	assert_true(desk_read(k, "kea", text));
	written = strdup(desk_write(k, "kea"));
	assert_non_null(strstr(written, "\"subnet\": \"10.0.0.0/24\""));
	if (!desk_read(&again, "kea", written))
		fail_msg("%s", again.why.text);
	assert_null(draft_remarks(again.d));
	assert_string_equal(desk_write(&again, "kea"), written);
	desk_done(&again);
	desk_done(k);
	free(written);
}

/* Two of one card in one list, and Kea does not start. */
static void of_a_card_kea_has_one_in_a_subnet(void **state)
{
	struct draft_desk *k = *state;
	const char *written;

	assert_true(desk_read(k, "dnsmasq",
			      "dhcp-range=10.0.0.0,static,255.255.255.0\n"
			      "dhcp-range=10.0.1.0,static,255.255.255.0\n"
			      "dhcp-host=02:00:00:00:00:07,10.0.0.7,wendy\n"
			      "dhcp-host=02:00:00:00:00:07,10.0.0.8,wendy\n"
			      "dhcp-host=02:00:00:00:00:07,10.0.1.7,wendy\n"));
	written = desk_write(k, "kea");
	assert_non_null(strstr(written, "\"10.0.0.7\""));
	assert_null(strstr(written, "\"10.0.0.8\""));
	assert_non_null(strstr(written, "\"10.0.1.7\""));
	assert_non_null(strstr(desk_show(k), "wendy: ip_address: Kea has one "
					     "of a card in a subnet\n"));
	desk_done(k);
}

static void kea_names_what_is_wrong(void **state)
{
	REFUSES("kea", "{\n \"Dhcp4\": {,\n", 2,
		"is no JSON: string or \\x27}\\x27 expected near \\x27,\\x27");
	REFUSES("kea", "[]", 0, "kea: `Dhcp4' is not there");
	REFUSES("kea",
		"{\"Dhcp4\": {\"subnet4\": [{\"subnet\": \"10.0.0.0/24\", "
		"\"reservations\": [{\"hw-address\": \"1:2\"}]}]}}",
		0,
		"subnet4[0].reservations[0]: en_address: `1:2' is no hardware "
		"address");
	REFUSES("kea",
		"{\"Dhcp4\": {\"subnet4\": [{\"subnet\": \"10.0.0.1/24\"}]}}",
		0,
		"subnet4[0]: subnet: `10.0.0.1/24' is no network, such as "
		"10.0.0.0/24");
	REFUSES("kea",
		"{\"Dhcp4\": {\"subnet4\": [{\"subnet\": \"10.0.0.0/24\", "
		"\"pools\": [{\"pool\": \"10.0.1.0/28\"}]}]}}",
		0,
		"subnet4[0]: 10.0.0.0/24: `10.0.1.0' is not in that network");
	REFUSES("kea",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		"[[[[[[[[[[",
		0, "is nested too deeply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kea_has_reservations_and_subnets),
		cmocka_unit_test(a_shared_network_says_what_its_subnets_do_not),
		cmocka_unit_test(kea_is_written_and_read_again),
		cmocka_unit_test(of_a_card_kea_has_one_in_a_subnet),
		cmocka_unit_test(kea_names_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
