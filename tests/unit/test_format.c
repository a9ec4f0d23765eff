/*
 * Files that people have, read into drafts and written from them: hosts,
 * ethers, bootptab, bootparams, and NetInfo's raw dumps.
 */
#include "model/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

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

static void hosts_of_one_name_or_address_are_one_machine(void **state)
{
	READS("hosts",
	      "# our machines\n"
	      "127.0.0.1\tlocalhost\n"
	      "127.0.1.1 wendy.example.com Wendy # itself\r\n"
	      "\n"
	      "10.0.0.7  wendy www\n"
	      "10.0.0.7  mailhost\n"
	      "10.0.1.7  wendy\n"
	      "fe80::1   ip6-wendy ip6-www\n"
	      "10.0.0.8  gil",
	      "  name: machines\n"
	      "    name: localhost; ip_address: 127.0.0.1\n"
	      "    name: wendy.example.com, wendy, www, mailhost; "
	      "ip_address: 127.0.1.1, 10.0.0.7, 10.0.1.7\n"
	      "    name: ip6-wendy, ip6-www; ipv6_address: fe80::1\n"
	      "    name: gil; ip_address: 10.0.0.8\n");
}

static void hosts_name_what_is_wrong(void **state)
{
	REFUSES("hosts", "10.0.0.1 a\n\n10.0.0.256 b\n", 3,
		"ip_address: `10.0.0.256' is no IP address of a machine");
	REFUSES("hosts", "10.0.0.1\n", 1,
		"hosts: `10.0.0.1' has no name behind it");
	REFUSES("hosts", "10.0.0.1 a b\n10.0.0.2 c b\n", 2,
		"c: `b' is a name of another machine already");
	REFUSES("hosts", "10.0.0.1 a/b\n", 1,
		"machine: `a/b' is no name: letters, digits, - . and _");
	REFUSES("hosts", "224.0.0.1 a\n", 1,
		"ip_address: `224.0.0.1' is no IP address of a machine");
}

static const char two[] = "{\n"
			  "CHILDREN = ( { name = machines; CHILDREN = (\n"
			  "{ name = (wendy, www); ip_address = 10.0.0.7;\n"
			  "  en_address = \"0:0:f:0:7:5a\"; bootfile = mach;\n"
			  "  bootparams = (\"root=a:/r\", \"swap=a:/s\"); },\n"
			  "{ name = gil; ip_address = (10.0.0.8, 10.0.1.8);\n"
			  "  en_address = (\"0:0:f:0:7:5b\","
			  " \"0:0:f:0:7:5c\"); bootparams; serves = x;}\n"
			  ") } ) }";

static void a_text_has_no_nul(void **state)
{
	struct draft_desk *k = *state;
	static const char text[] = "10.0.0.1 a\n10.0.0.2 b\0c\n";

	desk_new(k);
	assert_false(format_read(format_named("hosts"), k->d,
				 (struct span){text, sizeof text - 1},
				 &k->why));
	assert_int_equal(k->why.number, 2);
	assert_string_equal(k->why.text,
			    "hosts: `\\x00' is no character of a text");
	desk_done(k);
}

static void hosts_are_written_a_line_an_address(void **state)
{
	WRITES("netinfo", two, "hosts",
	       "10.0.0.7\twendy www\n"
	       "10.0.0.8\tgil\n"
	       "10.0.1.8\tgil\n");
}

static void what_has_no_place_is_said(void **state)
{
	struct draft_desk *k = *state;

	assert_true(desk_read(k, "netinfo", two));
	desk_write(k, "hosts");
	desk_show(k);
	assert_non_null(strstr(k->said,
			       "0! wendy and 1 other: en_address: has no place "
			       "in this format\n"));
	assert_non_null(strstr(k->said, "0! gil: serves: has no place in this "
					"format\n"));
	desk_done(k);
}

static void ethers_are_read_and_written(void **state)
{
	READS("ethers",
	      "8:0:20:1:2:3 wendy\n08-00-20-01-02-04\tgil.lab\n"
	      "8:0:20:1:2:5 WENDY\n",
	      "  name: machines\n"
	      "    name: wendy; en_address: 08:00:20:01:02:03, "
	      "08:00:20:01:02:05\n"
	      "    name: gil.lab; en_address: 08:00:20:01:02:04\n");
	WRITES("netinfo", two, "ethers",
	       "0:0:f:0:7:5a\twendy www\n"
	       "0:0:f:0:7:5b\tgil\n"
	       "0:0:f:0:7:5c\tgil\n");
	REFUSES("ethers", "wendy 8:0:20:1:2:3\n", 1,
		"machine: `8:0:20:1:2:3' is no name: letters, digits, - . and "
		"_");
	REFUSES("ethers", "8:0:20:1:2:3 a\n8:0:20:1:2:3 b\n", 2,
		"b: `08:00:20:01:02:03' is another machine's already");
}

static const char bootptab[] = "# /etc/bootptab\n"
			       "/private/tftpboot:/\n"
			       "mach\n"
			       "%%\n"
			       "# host htype haddr iaddr bootfile\n"
			       "wendy 1 0:0:f:0:7:5a 10.0.0.7 mach\n"
			       "gil 1 0:0:f:0:7:5b 10.0.0.8 sdmach\n"
			       "gil 1 0.0.f.0.7.5c 0.0.0.0 sdmach\n"
			       "new 1 0:0:0:0:0:0 10.0.0.9\n";

static void bootptab_has_fillers(void **state)
{
	READS("bootptab", bootptab,
	      "  name: machines\n"
	      "    name: wendy; en_address: 00:00:0f:00:07:5a; ip_address: "
	      "10.0.0.7\n"
	      "    name: gil; en_address: 00:00:0f:00:07:5b, "
	      "00:00:0f:00:07:5c; ip_address: 10.0.0.8; bootfile: sdmach\n"
	      "    name: new; ip_address: 10.0.0.9\n");
	WRITES("bootptab", bootptab, "bootptab",
	       "/private/tftpboot:/\n"
	       "mach\n"
	       "%%\n"
	       "wendy\t1\t00:00:0f:00:07:5a\t10.0.0.7\tmach\n"
	       "gil\t1\t00:00:0f:00:07:5b\t10.0.0.8\tsdmach\n"
	       "gil\t1\t00:00:0f:00:07:5c\t0.0.0.0\tsdmach\n"
	       "new\t1\t0:0:0:0:0:0\t10.0.0.9\tmach\n");
}

static void boot_files_differ_by_case(void **state)
{
	static const char text[] =
		"/private/tftpboot:/\n"
		"mach\n"
		"%%\n"
		"gil\t1\t00:00:0f:00:07:5b\t10.0.0.8\tmaCh\n";

	READS("bootptab", text,
	      "  name: machines\n"
	      "    name: gil; en_address: 00:00:0f:00:07:5b; ip_address: "
	      "10.0.0.8; bootfile: maCh\n");
	WRITES("bootptab", text, "bootptab", text);
}

/* An address of zeros is none there, in any form. */
static void zeros_are_a_filler_in_bootptab(void **state)
{
	static const char raw[] =
		"{CHILDREN=({name=machines;CHILDREN=("
		"{name=a;en_address=\"0:0:f:0:7:5a and more\";},"
		"{name=b;ip_address=(\"10.0.0.7\",\"0.0.0.0\");},"
		"{name=c;en_address=(\"0-0-0-0-0-0\",\"0:0:f:0:7:5c\");},"
		"{name=d;en_address=\"0:0:f:0:7:5d\";})})}";
	struct draft_desk *k = *state;

	READS("bootptab", "/a\nm\n%\nwendy 1 0-00-0-0-0-0 10.0.0.7\n",
	      "  name: machines\n"
	      "    name: wendy; ip_address: 10.0.0.7\n");
	WRITES("bootptab", "wendy:ha=000000000000:ip=10.0.0.7:\n", "bootptab",
	       "/private/tftpboot:/\nmach\n%%\n");
	assert_true(desk_read(k, "netinfo", raw));
	assert_string_equal(desk_write(k, "bootptab"),
			    "/private/tftpboot:/\nmach\n%%\n"
			    "d\t1\t0:0:f:0:7:5d\t0.0.0.0\tmach\n");
	assert_string_equal(
		strstr(desk_show(k), "0!"),
		"0! a: en_address: a value that is no address, so it is not in "
		"the file\n"
		"0! b: ip_address: a value that is no address, so it is not in "
		"the file\n"
		"0! c: en_address: a value that is no address, so it is not in "
		"the file\n");
	desk_done(k);
}

static void bootptab_names_what_is_wrong(void **state)
{
	REFUSES("bootptab", "/tftpboot\nmach\n", 2,
		"bootptab: `/tftpboot' no line of %% follows, behind which "
		"machines stand");
	REFUSES("bootptab", "/b\nmach\n%%\nwendy 1 0:0:f:0:7:5a\n", 4,
		"bootptab: `wendy' has not five words: name, type, hardware "
		"address, IP address, boot file");
	REFUSES("bootptab",
		"/b\nm\n%%\na 1 0:0:f:0:7:5a 0.0.0.0 m\n"
		"a 1 0:0:f:0:7:5b 10.0.0.1 m\n",
		5,
		"a: `10.0.0.1' follows a line of this machine that has no IP "
		"address");
	REFUSES("bootptab",
		"/b\nm\n%%\na 1 0:0:f:0:7:5a 0.0.0.0 x\n"
		"a 1 0:0:f:0:7:5b 0.0.0.0 y\n",
		5, "a: `y' is a second boot file");
}

static void bootptab_may_be_cmus(void **state)
{
	READS("bootptab",
	      "# CMU\n"
	      ".default:\\\n"
	      "\t:ht=ethernet:hd=/tftpboot:bf=\"linux\":\\\n"
	      "\t:sm=255.255.255.0:sa=10.0.0.9:\n"
	      "\n"
	      "wendy:tc=.default:ha=00000f00075a:ip=10.0.0.7:\n"
	      "gil: ha=\"0:0:f:0:7:5b\": bf=mach: tc=.default: gw=10.0.0.1: "
	      "hn\n",
	      "  name: machines\n"
	      "    name: wendy; en_address: 00:00:0f:00:07:5a; ip_address: "
	      "10.0.0.7; bootfile: linux; next_server: 10.0.0.9\n"
	      "    name: gil; en_address: 00:00:0f:00:07:5b; bootfile: mach; "
	      "next_server: 10.0.0.9\n"
	      "3! bootptab: `hd' passed over, here and below\n"
	      "4! bootptab: `sm' passed over, here and below\n"
	      "7! bootptab: `gw' passed over, here and below\n");
	REFUSES("bootptab", "a:tc=b:\n", 1,
		"tc: `b' is no entry that stands before");
	REFUSES("bootptab", "a:ha=1:\n", 1,
		"en_address: `1' is no hardware address");
	REFUSES("bootptab", "a:ha=00000f00075a:\n:x=y\n", 2,
		"bootptab: `' is no name");
}

static const char bootparams[] = "wendy\troot=wizard:/export/wendy \\\n"
				 "\tswap=wizard:/swap # not: \\\n"
				 "moira\n"
				 "+\n"
				 "gil root=a:/r \\\n"
				 "\n"
				 "last x=y\n";

static void bootparams_go_on_and_may_have_no_value(void **state)
{
	READS("bootparams", bootparams,
	      "  name: machines\n"
	      "    name: wendy; bootparams: root=wizard:/export/wendy, "
	      "swap=wizard:/swap\n"
	      "    name: moira; bootparams:\n"
	      "    name: gil; bootparams: root=a:/r\n"
	      "    name: last; bootparams: x=y\n"
	      "4! bootparams: `+' stands for a map of NIS: passed over\n");
	WRITES("bootparams", bootparams, "bootparams",
	       "wendy\troot=wizard:/export/wendy \\\n"
	       "\tswap=wizard:/swap\n"
	       "moira\n"
	       "gil\troot=a:/r\n"
	       "last\tx=y\n");
	REFUSES("bootparams", "a x=y\nb\nA z=y\n", 3,
		"bootparams: `A' is there twice");
}

static void a_raw_dump_holds_order_and_odd_characters(void **state)
{
	static const char text[] =
		"{\n"
		"  \"master\" = ( \"host/tag\" );\n"
		"  \"none\" = ( );\n"
		"  \"odd \\\"=;{}\" = ( \"\", \"a\nb\", \"back\\\\slash\" );\n"
		"  \"CHILDREN\" = ( \"no child\" );\n"
		"  CHILDREN = (\n"
		"    {\n"
		"      \"name\" = ( \"\xe9t\xe9\" );\n"
		"    },\n"
		"    {\n"
		"    },\n"
		"    {\n"
		"      \"name\" = ( \"deep\", \"deeper\" );\n"
		"      CHILDREN = (\n"
		"        {\n"
		"          \"twice\" = ( \"1\" );\n"
		"          \"twice\" = ( \"2\" );\n"
		"        }\n"
		"      )\n"
		"    }\n"
		"  )\n"
		"}\n";

	WRITES("netinfo", text, "netinfo", text);
}

static void raw_dumps_have_a_short_spelling(void **state)
{
	READS("netinfo",
	      "{ master = localhost/local; serves = (./local, \"../network\","
	      " ); key;\n"
	      "path = \"C:\\temp\";CHILDREN=({name=machines;}); }",
	      "master: localhost/local; serves: ./local, ../network; key:; "
	      "path: C:\\temp\n"
	      "  name: machines\n");
}

static void raw_dumps_name_what_is_wrong(void **state)
{
	REFUSES("netinfo", "", 1, "netinfo: `the end' stands where { must be");
	REFUSES("netinfo", "{\n name = a\n}", 3,
		"netinfo: `}' stands where ; must be");
	REFUSES("netinfo", "{\n name = ( a b );\n}", 2,
		"netinfo: `b' stands where , or ) must be");
	REFUSES("netinfo", "{\n name = (\n", 3,
		"netinfo: `the end' stands where a value must be");
	REFUSES("netinfo", "{ \"x", 1,
		"netinfo: `x' stands where a property or } must be");
	REFUSES("netinfo", "{ CHILDREN = ( { } { } ) }", 1,
		"netinfo: `{' stands where , or ) must be");
	REFUSES("netinfo", "{ }\n}", 2, "netinfo: `}' follows the directory");
	REFUSES("netinfo", "{ \"\" = a; }", 1,
		"netinfo: `' is no name of a property");
}

static void nobody_has_the_broadcast_address(void **state)
{
	READS("hosts", "255.255.255.255 broadcasthost\n10.0.0.1 a\n",
	      "  name: machines\n"
	      "    name: a; ip_address: 10.0.0.1\n"
	      "1! hosts: `255.255.255.255' is no machine's: left out\n");
	READS("netinfo",
	      "{ name = machines; CHILDREN = ( { name = broadcasthost;\n"
	      "ip_address = 255.255.255.255; serves = ../network; } ) }",
	      "name: machines\n"
	      "  name: broadcasthost; ip_address:; serves: ../network\n"
	      "1! broadcasthost: `255.255.255.255' is no machine's: left "
	      "out\n");
}

static void raw_dumps_have_a_depth(void **state)
{
	char text[1024] = "{";

	for (int i = 0; i < 16; i++)
		strcat(text, "CHILDREN=({");
	for (int i = 0; i < 16; i++)
		strcat(text, "})");
	strcat(text, "}");
	READS("netinfo", text,
	      "  \n    \n      \n        \n          \n            \n"
	      "              \n                \n                  \n"
	      "                    \n                      \n"
	      "                        \n                          \n"
	      "                            \n"
	      "                              \n"
	      "                                \n");
	text[0] = 0;
	for (int i = 0; i < 17; i++)
		strcat(text, "{CHILDREN=(");
	strcat(text, "{");
	REFUSES("netinfo", text, 1, "netinfo: `{' is one level too deep: 16");
}

/* Whenever memory ends, it is said, and nothing is lost. */
static void memory_may_end_at_any_point(void **state)
{
	static const char *const texts[][2] = {
		{"hosts", "10.0.0.1 a b\n10.0.0.2 c\n"},
		{"netinfo", two},
		{"bootptab", bootptab},
		{"bootparams", bootparams},
	};
	struct purse purse;
	struct complaint why;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (long n = 0; n < 40; n++) {
			const struct alloc *alloc = purse_open(&purse);
			struct draft *d;
			bool is_good;

			purse.left = n;
			if (draft_open(&d, alloc))
				continue;
			is_good = format_named(texts[i][0])
					  ->read(d, span_of(texts[i][1]), &why);
			assert_true(is_good || draft_failed(d));
			draft_close(d);
			assert_int_equal(purse.out, 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_of_one_name_or_address_are_one_machine),
		cmocka_unit_test(hosts_name_what_is_wrong),
		cmocka_unit_test(a_text_has_no_nul),
		cmocka_unit_test(hosts_are_written_a_line_an_address),
		cmocka_unit_test(what_has_no_place_is_said),
		cmocka_unit_test(ethers_are_read_and_written),
		cmocka_unit_test(bootptab_has_fillers),
		cmocka_unit_test(boot_files_differ_by_case),
		cmocka_unit_test(zeros_are_a_filler_in_bootptab),
		cmocka_unit_test(bootptab_names_what_is_wrong),
		cmocka_unit_test(bootptab_may_be_cmus),
		cmocka_unit_test(bootparams_go_on_and_may_have_no_value),
		cmocka_unit_test(a_raw_dump_holds_order_and_odd_characters),
		cmocka_unit_test(raw_dumps_have_a_short_spelling),
		cmocka_unit_test(raw_dumps_name_what_is_wrong),
		cmocka_unit_test(nobody_has_the_broadcast_address),
		cmocka_unit_test(raw_dumps_have_a_depth),
		cmocka_unit_test(memory_may_end_at_any_point),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
