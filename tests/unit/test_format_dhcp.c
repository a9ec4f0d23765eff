/*
 * What DHCP servers have: dhcpd.conf and dnsmasq, read and written.
 */
#include "model/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "draft_desk.h"

enum { LIST_MAX = 256 }; /* of a list */

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

static const char dhcpd[] =
	"# of the lab\n"
	"authoritative;\n"
	"option domain-name \"lab.example\";\n"
	"option domain-name-servers 10.0.0.2, ns.example.com;\n"
	"default-lease-time 600;\n"
	"class \"foo\" { match if option x = 1; pool { } }\n"
	"subnet 10.0.0.0 netmask 255.255.255.0 {\n"
	"  range dynamic-bootp 10.0.0.100 10.0.0.120;\n"
	"  pool { range 10.0.0.200; allow unknown-clients; }\n"
	"  option routers 10.0.0.1;\n"
	"  option subnet-mask 255.255.255.0;\n"
	"}\n"
	"shared-network two {\n"
	"  default-lease-time 1200;\n"
	"  subnet 10.0.1.0 netmask 255.255.255.128 { }\n"
	"}\n"
	"group {\n"
	"  filename \"sdmach\"; next-server 10.0.0.9;\n"
	"  host wendy { hardware ethernet 0:0:f:0:7:5a;\n"
	"    fixed-address 10.0.0.7, 10.0.1.7; filename \"mach\"; }\n"
	"  host gil { hardware ethernet 00:00:0f:00:07:5b; }\n"
	"}\n"
	"host gil--2 { option host-name \"gil\"; # a second card\n"
	"  hardware ethernet 0:0:f:0:7:5c; option log-servers 10.0.0.3; }\n";

static void dhcpd_conf_has_hosts_and_subnets(void **state)
{
	READS("dhcpd.conf", dhcpd,
	      "  name: machines\n"
	      "    name: wendy; en_address: 00:00:0f:00:07:5a; ip_address: "
	      "10.0.0.7, 10.0.1.7; bootfile: mach; next_server: 10.0.0.9\n"
	      "    name: gil; en_address: 00:00:0f:00:07:5b, "
	      "00:00:0f:00:07:5c; bootfile: sdmach; next_server: 10.0.0.9\n"
	      "  name: networks\n"
	      "    ? name: 10.0.0.0/24; address: 10.0.0.0; netmask: "
	      "255.255.255.0; range: 10.0.0.100-10.0.0.120, 10.0.0.200; "
	      "router: 10.0.0.1; dns: 10.0.0.2; domain: lab.example; "
	      "lease_time: 600\n"
	      "    ? name: 10.0.1.0/25; address: 10.0.1.0; netmask: "
	      "255.255.255.128; lease_time: 1200; dns: 10.0.0.2; domain: "
	      "lab.example\n"
	      "2! dhcpd.conf: `authoritative' passed over\n"
	      "4! dns: `ns.example.com' is no IP address: passed over\n"
	      "6! dhcpd.conf: `class' with all in its braces, passed over\n"
	      "9! dhcpd.conf: `allow' passed over\n"
	      "24! dhcpd.conf: `log-servers' passed over\n");
}

static void dhcpd_conf_is_written(void **state)
{
	WRITES("dhcpd.conf", dhcpd, "dhcpd.conf",
	       "subnet 10.0.0.0 netmask 255.255.255.0 {\n"
	       "\trange 10.0.0.100 10.0.0.120;\n"
	       "\trange 10.0.0.200;\n"
	       "\toption routers 10.0.0.1;\n"
	       "\toption domain-name-servers 10.0.0.2;\n"
	       "\toption domain-name \"lab.example\";\n"
	       "\tdefault-lease-time 600;\n"
	       "}\n"
	       "subnet 10.0.1.0 netmask 255.255.255.128 {\n"
	       "\toption domain-name-servers 10.0.0.2;\n"
	       "\toption domain-name \"lab.example\";\n"
	       "\tdefault-lease-time 1200;\n"
	       "}\n"
	       "host wendy {\n"
	       "\thardware ethernet 00:00:0f:00:07:5a;\n"
	       "\tfixed-address 10.0.0.7, 10.0.1.7;\n"
	       "\tfilename \"mach\";\n"
	       "\tnext-server 10.0.0.9;\n"
	       "\toption host-name \"wendy\";\n"
	       "}\n"
	       "host gil {\n"
	       "\thardware ethernet 00:00:0f:00:07:5b;\n"
	       "\tfilename \"sdmach\";\n"
	       "\tnext-server 10.0.0.9;\n"
	       "\toption host-name \"gil\";\n"
	       "}\n"
	       "host gil--2 {\n"
	       "\thardware ethernet 00:00:0f:00:07:5c;\n"
	       "\tfilename \"sdmach\";\n"
	       "\tnext-server 10.0.0.9;\n"
	       "\toption host-name \"gil\";\n"
	       "}\n");
}

static void muster_conf_has_the_subnets(void **state)
{
	struct draft_desk *k = *state;

	WRITES("dhcpd.conf", dhcpd, "muster.conf",
	       "subnet 10.0.0.0/24 {\n"
	       "\trange = \"10.0.0.100 - 10.0.0.120\"\n"
	       "\trouter = 10.0.0.1\n"
	       "\tdns = {10.0.0.2}\n"
	       "\tdomain = lab.example\n"
	       "\tlease-time = 600\n"
	       "}\n"
	       "subnet 10.0.1.0/25 {\n"
	       "\tdns = {10.0.0.2}\n"
	       "\tdomain = lab.example\n"
	       "\tlease-time = 1200\n"
	       "}\n");
	desk_new(k);
	assert_false(format_read(format_named("muster.conf"), k->d, span_of(""),
				 &k->why));
	assert_string_equal(k->why.text,
			    "format: `muster.conf' is only exported");
	desk_done(k);
}

static void dhcpd_conf_names_what_is_wrong(void **state)
{
	REFUSES("dhcpd.conf", "host a {\n  hardware ethernet 1:2;\n}\n", 2,
		"en_address: `1:2' is no hardware address");
	REFUSES("dhcpd.conf", "host a { }\nhost a { }\n", 2,
		"host: `a' is there twice");
	REFUSES("dhcpd.conf", "host a {\n", 2,
		"dhcpd.conf: `the end' stands where } must be");
	REFUSES("dhcpd.conf", "host a { } }\n", 1,
		"dhcpd.conf: `}' closes nothing");
	REFUSES("dhcpd.conf", "a b", 1, "dhcpd.conf: `a' has no ; at its end");
	REFUSES("dhcpd.conf",
		"subnet 10.0.0.0 netmask 255.255.255.0 {\n"
		"range 10.0.1.1 10.0.1.9; }",
		2, "10.0.0.0/24: `10.0.1.1' is not in that network");
	REFUSES("dhcpd.conf", "subnet 10.0.0.1 netmask 255.255.255.0 { }", 1,
		"dhcpd.conf: `10.0.0.1' is no network of that netmask");
	REFUSES("dhcpd.conf", "filename \"x\n;", 1,
		"dhcpd.conf: `x' has no quote at its end");
	REFUSES("dhcpd.conf", "{{{{{{{{{{{{{{{{{{{{", 1,
		"dhcpd.conf: `' is one level too deep: 16");
	REFUSES("dhcpd.conf", "a b;{{{{{{{{{{{{{{{{{{{{", 1,
		"dhcpd.conf: `' is one level too deep: 16");
}

static const char dnsmasq[] =
	"# dnsmasq.conf\n"
	"interface=eth0\n"
	"domain=lab.example\n"
	"dhcp-range=set:red,10.0.0.50,10.0.0.150,255.255.255.0,12h\n"
	"dhcp-range=192.168.3.10,192.168.4.20,infinite\n"
	"dhcp-range=10.0.9.0,static,255.255.255.0\n"
	"dhcp-option=tag:red,3,10.0.0.1\n"
	"dhcp-option=option:dns-server,10.0.0.2,10.0.0.3\n"
	"dhcp-option=option:ntp-server,10.0.0.4\n"
	"dhcp-boot=tag:next,mach,,10.0.0.9   # for NeXT\n"
	"dhcp-host=0:0:f:0:7:5a,set:next,10.0.0.7,wendy,infinite\n"
	"dhcp-host=00:00:0f:00:07:5b,00:00:0f:00:07:5c,gil,12h\n"
	"dhcp-host=00:00:0f:00:07:5d,10.0.0.9\n"
	"dhcp-host=00:00:0f:00:07:5e\n"
	"dhcp-host=00:00:0f:00:07:5f,ignore\n";

static void dnsmasq_has_hosts_and_ranges(void **state)
{
	READS("dnsmasq", dnsmasq,
	      "  name: machines\n"
	      "    name: wendy; en_address: 00:00:0f:00:07:5a; ip_address: "
	      "10.0.0.7; bootfile: mach; next_server: 10.0.0.9\n"
	      "    name: gil; en_address: 00:00:0f:00:07:5b, "
	      "00:00:0f:00:07:5c\n"
	      "    ? en_address: 00:00:0f:00:07:5d; ip_address: 10.0.0.9; "
	      "name: 10-0-0-9\n"
	      "    ? en_address: 00:00:0f:00:07:5e; name: "
	      "mac-00-00-0f-00-07-5e\n"
	      "  name: networks\n"
	      "    ? name: 10.0.0.0/24; address: 10.0.0.0; netmask: "
	      "255.255.255.0; range: 10.0.0.50-10.0.0.150; lease_time: 43200; "
	      "router: 10.0.0.1; dns: 10.0.0.2, 10.0.0.3; domain: "
	      "lab.example\n"
	      "    ? name: 192.168.0.0/21; address: 192.168.0.0; netmask: "
	      "255.255.248.0; range: 192.168.3.10-192.168.4.20; dns: "
	      "10.0.0.2, 10.0.0.3; domain: lab.example\n"
	      "    ? name: 10.0.9.0/24; address: 10.0.9.0; netmask: "
	      "255.255.255.0; dns: 10.0.0.2, 10.0.0.3; domain: lab.example\n"
	      "9! dnsmasq: `dhcp-option' passed over\n"
	      "2! dnsmasq: `interface' passed over\n"
	      "5! dhcp-range: `192.168.3.10' has no netmask: taken for one of "
	      "the smallest network that has it\n"
	      "11! dhcp-host: `infinite' passed over\n"
	      "12! dhcp-host: `12h' passed over\n"
	      "15! dnsmasq: `dhcp-host' passed over\n");
}

static void dnsmasq_is_written(void **state)
{
	WRITES("dnsmasq", dnsmasq, "dnsmasq",
	       "dhcp-range=set:10.0.0.0_24,10.0.0.50,10.0.0.150,255.255.255.0,"
	       "43200\n"
	       "dhcp-option=tag:10.0.0.0_24,option:router,10.0.0.1\n"
	       "dhcp-option=tag:10.0.0.0_24,option:dns-server,10.0.0.2,10.0.0."
	       "3\n"
	       "dhcp-option=tag:10.0.0.0_24,option:domain-name,lab.example\n"
	       "dhcp-range=set:192.168.0.0_21,192.168.3.10,192.168.4.20,"
	       "255.255.248.0\n"
	       "dhcp-option=tag:192.168.0.0_21,option:dns-server,10.0.0.2,"
	       "10.0.0.3\n"
	       "dhcp-option=tag:192.168.0.0_21,option:domain-name,lab.example\n"
	       "dhcp-range=set:10.0.9.0_24,10.0.9.0,static,255.255.255.0\n"
	       "dhcp-option=tag:10.0.9.0_24,option:dns-server,10.0.0.2,10.0.0."
	       "3\n"
	       "dhcp-option=tag:10.0.9.0_24,option:domain-name,lab.example\n"
	       "dhcp-boot=tag:wendy,mach,,10.0.0.9\n"
	       "dhcp-host=00:00:0f:00:07:5a,set:wendy,10.0.0.7,wendy\n"
	       "dhcp-host=00:00:0f:00:07:5b,gil\n"
	       "dhcp-host=00:00:0f:00:07:5c,gil\n"
	       "dhcp-host=00:00:0f:00:07:5d,10.0.0.9,10-0-0-9\n"
	       "dhcp-host=00:00:0f:00:07:5e,mac-00-00-0f-00-07-5e\n");
}

static void files_that_differ_by_case_have_tags_of_their_own(void **state)
{
	static const char text[] = "dhcp-boot=tag:a,Linux\n"
				   "dhcp-host=00:00:0f:00:07:5a,set:a,a\n"
				   "dhcp-boot=tag:b,linux\n"
				   "dhcp-host=00:00:0f:00:07:5b,set:b,b\n"
				   "dhcp-host=00:00:0f:00:07:5c,set:a,c\n";

	WRITES("dnsmasq", text, "dnsmasq", text);
}

static void no_machine_is_called_like_a_networks_tag(void **state)
{
	struct draft_desk *k = *state;

	assert_true(desk_read(k, "dnsmasq",
			      "dhcp-boot=tag:a,A\n"
			      "dhcp-host=0:0:f:0:7:5a,set:a,10.0.0.0_24\n"
			      "dhcp-boot=tag:b,B\n"
			      "dhcp-range=set:b,10.0.0.1,10.0.0.9,"
			      "255.255.255.0\n"));
	assert_string_equal(
		desk_write(k, "dnsmasq"),
		"dhcp-range=set:10.0.0.0_24,10.0.0.1,10.0.0.9,255.255.255.0\n"
		"dhcp-boot=tag:10.0.0.0_24,B\n");
	assert_string_equal(strstr(desk_show(k), "0!"),
			    "0! 10.0.0.0_24: name: would be a time, an "
			    "address, a network or an order, so it is not in "
			    "the file\n");
	desk_done(k);
}

/* A raw dump holds anything, and so does a directory that somebody else
 * wrote. */
static void an_address_is_no_place_for_a_line(void **state)
{
	static const char raw[] =
		"{CHILDREN=({name=machines;CHILDREN=("
		"{name=evil;en_address=\"0:0:f:0:7:5a\ndhcp-script=/tmp/x\";},"
		"{name=sly;en_address=\"0:0:f:0:7:5b\";"
		"ip_address=(\"10.0.0.7\",\"10.0.0.8\nlog-dhcp\");},"
		"{name=good;en_address=\"0:0:f:0:7:5c\";})})}";
	static const char remarks[] =
		"0! evil: en_address: a value that is no address, so it is not "
		"in the file\n"
		"0! sly: ip_address: a value that is no address, so it is not "
		"in the file\n";
	struct draft_desk *k = *state;

	assert_true(desk_read(k, "netinfo", raw));
	assert_string_equal(desk_write(k, "dnsmasq"),
			    "dhcp-host=0:0:f:0:7:5c,good\n");
	assert_string_equal(strstr(desk_show(k), "0!"), remarks);
	desk_done(k);
	assert_true(desk_read(k, "netinfo", raw));
	assert_string_equal(desk_write(k, "dhcpd.conf"),
			    "host good {\n"
			    "\thardware ethernet 0:0:f:0:7:5c;\n"
			    "\toption host-name \"good\";\n}\n");
	assert_string_equal(strstr(desk_show(k), "0!"), remarks);
	desk_done(k);
}

static void one_value_has_a_place_in_dhcpd_conf(void **state)
{
	static const char raw[] =
		"{CHILDREN=({name=networks;CHILDREN=({name=n;address=10.0.0.0;"
		"netmask=255.255.255.0;router=(10.0.0.1,5,10.0.0.2);"
		"lease_time=(10.0.0.3,60,600);"
		"next_server=(10.0.0.8,10.0.0.9);})})}";
	struct draft_desk *k = *state;

	assert_true(desk_read(k, "netinfo", raw));
	assert_string_equal(desk_write(k, "dhcpd.conf"),
			    "subnet 10.0.0.0 netmask 255.255.255.0 {\n"
			    "\toption routers 10.0.0.1, 10.0.0.2;\n"
			    "\tdefault-lease-time 60;\n"
			    "\tnext-server 10.0.0.8;\n}\n");
	assert_string_equal(
		strstr(desk_show(k), "0!"),
		"0! n: router: a value that has no place\n"
		"0! n: lease_time: a value that has no place\n"
		"0! n: lease_time: only the first value has a place\n"
		"0! n: next_server: only the first value has a place\n");
	desk_done(k);
}

static void dnsmasq_names_what_is_wrong(void **state)
{
	REFUSES("dnsmasq", "\ndhcp-host=1:2:3:4:5:6,10.0.0.300\n", 2,
		"dhcp-host: `10.0.0.300' is no address, no time, and no name");
	REFUSES("dnsmasq", "dhcp-host=a,b\n", 1,
		"dhcp-host: `b' is no address, no time, and no name");
	REFUSES("dnsmasq", "dhcp-range=10.0.0.1\n", 1,
		"dhcp-range: `10.0.0.1' wants the first and the last address");
	REFUSES("dnsmasq", "dhcp-range=10.0.0.9,10.0.0.1,255.255.255.0\n", 1,
		"range: `10.0.0.1' is no IP address that ends a range");
	REFUSES("dnsmasq", "dhcp-range=10.0.0.1,10.0.0.9,255.0.255.0\n", 1,
		"dhcp-range: `255.0.255.0' is no netmask");
}

/* 10.0.A.1,10.0.A.2 and so on: n of them behind `with`, and `end`. */
static void addresses(char *to, const char *with, int a, int n, const char *end)
{
	to += strlen(to);
	to += sprintf(to, "%s", with);
	for (int i = 1; i <= n; i++)
		to += sprintf(to, "%s10.0.%d.%d", i > 1 ? "," : "", a, i);
	sprintf(to, "%s", end);
}

/* Two statements of n addresses each, about a network. */
static void two_lists(char *to, const char *format, int n)
{
	bool is_dhcpd = !strcmp(format, "dhcpd.conf");
	const char *with = is_dhcpd ? "option routers "
				    : "dhcp-option=tag:a,option:router,";

	strcpy(to, is_dhcpd ? "subnet 10.0.0.0 netmask 255.255.0.0 {"
			    : "dhcp-range=set:a,10.0.0.1,10.0.0.9,"
			      "255.255.0.0\n");
	addresses(to, with, 1, n, is_dhcpd ? ";" : "\n");
	addresses(to, with, 2, n, is_dhcpd ? ";}" : "\n");
}

static void all_of_a_long_list_are_read_again(void **state)
{
	static const char *const formats[] = {"dhcpd.conf", "dnsmasq"};
	static char text[1 << 14], again[1 << 14];
	struct draft_desk *k = *state;

	for (int i = 0; i < 2; i++) {
		two_lists(text, formats[i], LIST_MAX / 2);
		assert_true(desk_read(k, formats[i], text));
		strcpy(again, desk_write(k, formats[i]));
		assert_non_null(strstr(again, "10.0.2.128"));
		desk_done(k);
		WRITES(formats[i], again, formats[i], again);
	}
	two_lists(text, "dhcpd.conf", LIST_MAX / 2 + 1);
	REFUSES("dhcpd.conf", text, 1,
		"dhcpd.conf: `option' wants IP addresses, at most 256");
	two_lists(text, "dnsmasq", LIST_MAX / 2 + 1);
	REFUSES("dnsmasq", text, 3,
		"dhcp-option: `10.0.2.128' is one too many: 256");
}

static void no_part_of_a_long_line_is_lost(void **state)
{
	static char text[1 << 14];
	struct draft_desk *k = *state;

	text[0] = 0;
	addresses(text, "server=", 1, LIST_MAX + 3, "\n");
	READS("dnsmasq", text,
	      "  name: machines\n"
	      "1! dnsmasq: `server' passed over\n");
	text[0] = 0;
	addresses(text, "dhcp-option=tag:a,3,", 1, LIST_MAX + 1, "\n");
	assert_false(desk_read(k, "dnsmasq", text));
	assert_string_equal(k->why.text, "dhcp-option: `10.0.1.256' is "
					 "followed by more than a line may "
					 "have");
	desk_done(k);
}

static void a_machine_may_have_many_addresses_in_dhcpd_conf(void **state)
{
	static char text[1 << 14], again[1 << 14];
	struct draft_desk *k = *state;

	strcpy(text, "host a { hardware ethernet 0:0:f:0:7:5a;");
	addresses(text, "fixed-address ", 1, LIST_MAX / 2, ";}");
	strcat(text, "host b { option host-name \"a\";");
	addresses(text, "fixed-address ", 2, LIST_MAX / 2, ";}");
	assert_true(desk_read(k, "dhcpd.conf", text));
	strcpy(again, desk_write(k, "dhcpd.conf"));
	assert_non_null(strstr(again, "10.0.2.128"));
	desk_done(k);
	WRITES("dhcpd.conf", again, "dhcpd.conf", again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dhcpd_conf_has_hosts_and_subnets),
		cmocka_unit_test(dhcpd_conf_is_written),
		cmocka_unit_test(muster_conf_has_the_subnets),
		cmocka_unit_test(dhcpd_conf_names_what_is_wrong),
		cmocka_unit_test(dnsmasq_has_hosts_and_ranges),
		cmocka_unit_test(dnsmasq_is_written),
		cmocka_unit_test(
			files_that_differ_by_case_have_tags_of_their_own),
		cmocka_unit_test(no_machine_is_called_like_a_networks_tag),
		cmocka_unit_test(an_address_is_no_place_for_a_line),
		cmocka_unit_test(one_value_has_a_place_in_dhcpd_conf),
		cmocka_unit_test(dnsmasq_names_what_is_wrong),
		cmocka_unit_test(all_of_a_long_list_are_read_again),
		cmocka_unit_test(no_part_of_a_long_line_is_lost),
		cmocka_unit_test(
			a_machine_may_have_many_addresses_in_dhcpd_conf),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
