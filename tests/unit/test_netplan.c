/*
 * iftab, ifconfig's words, and the plan that they and hostconfig make: vectors
 * T1 to T7 of the NEXTSTEP start-up, and the table of broadcast addresses.
 */
#include "model/netplan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AUTOMATIC                                                              \
	"HOSTNAME=-AUTOMATIC-\nINETADDR=-AUTOMATIC-\nROUTER=-ROUTED-\n"        \
	"IPNETMASK=-AUTOMATIC-\nIPBROADCAST=-AUTOMATIC-\nNETMASTER=-NO-\n"     \
	"YPDOMAIN=-NO-\nTIME=-AUTOMATIC-\n"
#define WENDY                                                                  \
	"HOSTNAME=wendy\nINETADDR=129.18.1.195\nIPNETMASK=255.255.255.240\n"
#define SHIPPED                                                                \
	"-1- inet -HOSTCONFIG-\n"                                              \
	"* inet -AUTOMATIC- netmask -AUTOMATIC- -trailers up\n"

static struct netplan plan;

static struct span span_or_none(const char *s)
{
	return s ? span_of(s) : (struct span){NULL, 0};
}

/* What `rc.net -d` prints for them. */
static const char *printed(struct netplan_sources *from)
{
	static char room[2048];
	struct text t = text_over(room, sizeof(room));
	enum netplan_file which;
	struct complaint why;

	if (!netplan_make(&plan, from, &which, &why)) {
		text_add(&t,
			 which == NETPLAN_OF_IFTAB ? "iftab:" : "hostconfig:");
		text_u64(&t, why.number);
		return room;
	}
	for (unsigned i = 0; i < plan.n; i++) {
		netplan_put(&t, &plan.v[i]);
		text_add(&t, "\n");
	}
	assert_false(t.full);
	return room;
}

static void expect(const char *hostconfig, const char *iftab, bool sets_name,
		   const char *wanted)
{
	static const char *const names[] = {"en0"};
	struct netplan_sources from = {span_or_none(hostconfig),
				       span_or_none(iftab), names, 1,
				       sets_name};

	assert_string_equal(printed(&from), wanted);
}

static void T1_to_T3_fully_automatic(void **state)
{
	(void)state;
	expect(AUTOMATIC, NULL, true,
	       "ifconfig en0 inet -AUTOMATIC- netmask -AUTOMATIC- -trailers "
	       "up\nhostname -AUTOMATIC-\n");
	expect(AUTOMATIC, SHIPPED, true,
	       "ifconfig en0 inet -AUTOMATIC- netmask -AUTOMATIC- -trailers "
	       "up\nhostname -AUTOMATIC-\n");
	expect(AUTOMATIC, NULL, false,
	       "ifconfig en0 inet -AUTOMATIC- netmask -AUTOMATIC- -trailers "
	       "up\n");
}

static void T4_explicit_values(void **state)
{
	const struct ifconfig *c = &plan.v[0].ifconfig;

	(void)state;
	expect(WENDY "IPBROADCAST=-AUTOMATIC-\n", NULL, true,
	       "ifconfig en0 inet 129.18.1.195 netmask 255.255.255.240 "
	       "-trailers up\nhostname wendy\n");
	assert_int_equal(ip_broadcast(c->ip, c->mask), IP4(129, 18, 1, 207));
}

static void T5_explicit_broadcast(void **state)
{
	(void)state;
	expect(WENDY "IPBROADCAST=129.18.1.255\n", NULL, true,
	       "ifconfig en0 inet 129.18.1.195 netmask 255.255.255.240 "
	       "broadcast 129.18.1.255 -trailers up\nhostname wendy\n");
	assert_int_equal(plan.v[0].ifconfig.broadcast_ip, IP4(129, 18, 1, 255));
}

static void T6_the_first_line_that_fits(void **state)
{
	static const char *const names[] = {"en0", "en1"};
	struct netplan_sources from = {
		{NULL, 0},
		span_of("en0 inet 10.0.0.5 up\n* inet -AUTOMATIC-\n"),
		names,
		2,
		true};

	(void)state;
	assert_string_equal(printed(&from), "ifconfig en0 inet 10.0.0.5 up\n"
					    "ifconfig en1 inet -AUTOMATIC-\n");
}

static void T7_errors_with_their_line(void **state)
{
	(void)state;
	expect("HOSTNAME=-AUTOMATC-\n", NULL, true, "hostconfig:1");
	expect("HOSTNAME=wendy\nINETADDR=$(id)\n", NULL, true, "hostconfig:2");
	expect(AUTOMATIC, "\n# x\n* inet -AUTOMATC-\n", true, "iftab:3");
}

static void a_machine_without_files_is_automatic(void **state)
{
	(void)state;
	expect(NULL, NULL, true,
	       "ifconfig en0 inet -AUTOMATIC- netmask -AUTOMATIC- -trailers "
	       "up\nhostname -AUTOMATIC-\n");
}

static void an_empty_mask_is_that_of_the_class(void **state)
{
	(void)state;
	expect("INETADDR=10.0.0.5\nIPNETMASK=\n", NULL, true,
	       "ifconfig en0 inet 10.0.0.5 -trailers up\n");
}

/* ---- iftab -------------------------------------------------------------- */

static void commands_and_patterns(void **state)
{
	static const char *const names[] = {"eth0", "ppp3", "wlp2s0", "lo",
					    "enp0s1"};
	struct netplan_sources from = {
		span_of(""),
		span_of("# interfaces\n"
			"ppp*\tinet\t! /etc/ppp $if $af # all of it\n"
			"*p*s1 inet 10.0.0.6  netmask 0xffffff00 # why\n"
			"-1- inet -HOSTCONFIG- # the primary one\n"
			"e* inet -AUTOMATIC-\n"
			"lo* inet 127.0.0.1 up\n"),
		names, 5, true};

	(void)state;
	assert_string_equal(
		printed(&from),
		"ifconfig eth0 inet -AUTOMATIC- netmask -AUTOMATIC- "
		"-trailers up\n"
		"if=ppp3 af=inet; /etc/ppp $if $af # all of it\n"
		"ifconfig lo inet 127.0.0.1 up\n"
		"ifconfig enp0s1 inet 10.0.0.6 netmask 0xffffff00\n");
}

static bool is_found(const char *pattern, const char *name)
{
	char line[128];
	struct text t = text_over(line, sizeof(line));
	struct iftab tab;
	struct complaint why;

	text_add(&t, pattern);
	text_add(&t, " inet up");
	assert_true(iftab_get(&tab, line, t.len, &why));
	return iftab_find(&tab, name, false) != NULL;
}

static void stars_stand_for_anything(void **state)
{
	(void)state;
	assert_true(is_found("*", "en0"));
	assert_true(is_found("en*", "en0"));
	assert_true(is_found("en0*", "en0"));
	assert_true(is_found("*0", "en00"));
	assert_true(is_found("e*0*1", "eth0x011"));
	assert_true(is_found("**", "e"));
	assert_false(is_found("e*0*1", "eth0x012"));
	assert_false(is_found("en", "en0"));
	assert_false(is_found("en0", "en"));
	assert_false(is_found("-1-", "en0"));
	assert_false(is_found("*", "lo"));
	assert_true(is_found("lo*", "lo0"));
}

static void iftab_refuses_with_the_line(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{"-2- inet up", "is no interface"},
		{"en$0 inet up", "is no interface"},
		{"en0", "is no address family"},
		{"en0 inet6 up", "`inet6' is no address family"},
		{"en0 inet", "has nothing behind inet"},
		{"en0 inet # up", "has nothing behind inet"},
		{"en0 inet !", "is no command"},
		{"en0 inet ! \t", "is no command"},
		{"en0 inet -HOSTCONFG-", "`-HOSTCONFG-' is no address"},
		{"en0 inet -HOSTCONFIG- up", "`-HOSTCONFIG-' is no address"},
		{"en0 inet -AUTOMATC-", "`-AUTOMATC-' is no address"},
		{"en0 inet 10.0.0.1 10.0.0.2", "is the second address"},
		{"en0 inet 10.0.0.1 -AUTOMATIC-", "is the second address"},
		{"en0 inet 10.0.0.1 netmask", "netmask: `' is no mask"},
		{"en0 inet 10.0.0.1 netmask up", "netmask: `up' is no mask"},
		{"en0 inet 10.0.0.1 netmask 255.0.255.0", "is no mask"},
		{"en0 inet 1.2.3.4 netmask 0xff000000 netmask 0xff000000",
		 "is the second one"},
		{"en0 inet 10.0.0.1 broadcast up", "broadcast: `up' is no"},
		{"en0 inet netmask -AUTOMATIC-", "need an address"},
		{"en0 inet 10.0.0.1 up down", "exclude each other"},
		{"en0 inet 224.0.0.1", "is no address of a machine"},
		{"en0 inet \001", "is no plain text"},
	};
	struct iftab tab;
	struct complaint why;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct text t = text_over(text, sizeof(text));

		text_add(&t, "# one\n");
		text_add(&t, bad[i].line);
		text_add(&t, "\n* inet up\n");
		assert_false(iftab_get(&tab, text, t.len, &why));
		assert_int_equal(why.number, 2);
		if (!strstr(why.text, bad[i].says))
			fail_msg("%s: %s", bad[i].line, why.text);
	}
}

static void iftab_has_64_lines_and_no_more(void **state)
{
	static char text[IFTAB_LINES * 16 + 64];
	struct text t = text_over(text, sizeof(text));
	struct iftab tab;
	struct complaint why;

	(void)state;
	for (int i = 0; i < IFTAB_LINES; i++)
		text_add(&t, "en0 inet up\n");
	assert_true(iftab_get(&tab, text, t.len, &why));
	text_add(&t, "en0 inet up\n");
	assert_false(iftab_get(&tab, text, t.len, &why));
	assert_int_equal(why.number, IFTAB_LINES + 1);
}

static void words_come_in_any_order(void **state)
{
	struct ifconfig a, b;
	struct complaint why;

	(void)state;
	assert_true(ifconfig_get(&a,
				 span_of("10.0.0.5 netmask 255.255.0.0 "
					 "broadcast 10.0.255.255 up"),
				 &why));
	assert_true(ifconfig_get(&b,
				 span_of("up broadcast 10.0.255.255 -trailers "
					 "netmask 0xFFFF0000 arp 10.0.0.5"),
				 &why));
	assert_memory_equal(&a, &b, sizeof(a));
}

/* ---- broadcast = address | ~mask ---------------------------------------- */

/* The article's table.  In hexadecimal it prints the last address as
 * 0x811001c3, which is 129.16.1.195: a misprint for 0x811201c3. */
static void the_article_s_table_of_broadcasts(void **state)
{
	static const struct {
		const char *address, *mask, *broadcast;
		uint32_t hex_address, hex_mask, hex_broadcast;
	} rows[] = {
		{"129.18.1.2", "255.255.0.0", "129.18.255.255", 0x81120102,
		 0xffff0000, 0x8112ffff},
		{"129.18.1.2", "255.255.255.0", "129.18.1.255", 0x81120102,
		 0xffffff00, 0x811201ff},
		{"129.18.1.2", "255.255.255.240", "129.18.1.15", 0x81120102,
		 0xfffffff0, 0x8112010f},
		{"129.18.1.195", "255.255.255.240", "129.18.1.207", 0x811201c3,
		 0xfffffff0, 0x811201cf},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		uint32_t ip = 0, mask = 0, broadcast = 0;

		assert_true(ip_parse(rows[i].address, strlen(rows[i].address),
				     &ip));
		assert_true(
			ip_parse(rows[i].mask, strlen(rows[i].mask), &mask));
		assert_true(ip_parse(rows[i].broadcast,
				     strlen(rows[i].broadcast), &broadcast));
		assert_int_equal(ip, rows[i].hex_address);
		assert_int_equal(mask, rows[i].hex_mask);
		assert_int_equal(broadcast, rows[i].hex_broadcast);
		assert_int_equal(ip_broadcast(ip, mask), broadcast);
	}
	/* The formula does not mind holes; only what is typed must have none.
	 */
	assert_int_equal(ip_broadcast(0x0a000001, 0xff00ff00), 0x0aff00ff);
}

static void masks_of_the_classes(void **state)
{
	(void)state;
	assert_int_equal(ip_class_mask(IP4(10, 0, 2, 15)), 0xff000000);
	assert_int_equal(ip_class_mask(IP4(127, 255, 0, 1)), 0xff000000);
	assert_int_equal(ip_class_mask(IP4(128, 0, 0, 1)), 0xffff0000);
	assert_int_equal(ip_class_mask(IP4(191, 255, 0, 1)), 0xffff0000);
	assert_int_equal(ip_class_mask(IP4(192, 168, 77, 10)), 0xffffff00);
	assert_int_equal(ip_broadcast(IP4(10, 0, 2, 15), 0xff000000),
			 IP4(10, 255, 255, 255));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T1_to_T3_fully_automatic),
		cmocka_unit_test(T4_explicit_values),
		cmocka_unit_test(T5_explicit_broadcast),
		cmocka_unit_test(T6_the_first_line_that_fits),
		cmocka_unit_test(T7_errors_with_their_line),
		cmocka_unit_test(a_machine_without_files_is_automatic),
		cmocka_unit_test(an_empty_mask_is_that_of_the_class),
		cmocka_unit_test(commands_and_patterns),
		cmocka_unit_test(stars_stand_for_anything),
		cmocka_unit_test(iftab_refuses_with_the_line),
		cmocka_unit_test(iftab_has_64_lines_and_no_more),
		cmocka_unit_test(words_come_in_any_order),
		cmocka_unit_test(the_article_s_table_of_broadcasts),
		cmocka_unit_test(masks_of_the_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
