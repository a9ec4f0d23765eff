/*
 * hostconfig: what is read, what is refused and where, and edits that keep all
 * else.
 */
#include "model/hostconfig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char sample[] = "HOSTNAME=-AUTOMATIC-\n"
			     "INETADDR=-AUTOMATIC-\n"
			     "ROUTER=-ROUTED-\n"
			     "IPNETMASK=-AUTOMATIC-\n"
			     "IPBROADCAST=-AUTOMATIC-\n"
			     "NETMASTER=-NO-\n"
			     "YPDOMAIN=-NO-\n"
			     "TIME=-AUTOMATIC-\n";

static bool get(struct hostconfig *h, const char *text, struct complaint *why)
{
	return hostconfig_get(h, text, strlen(text), why);
}

static void reads_the_article_s_sample(void **state)
{
	static const enum hostconfig_kind kinds[HOSTCONFIG_KEYS] = {
		[HOSTCONFIG_HOSTNAME] = HOSTCONFIG_AUTOMATIC,
		[HOSTCONFIG_INETADDR] = HOSTCONFIG_AUTOMATIC,
		[HOSTCONFIG_ROUTER] = HOSTCONFIG_ROUTED,
		[HOSTCONFIG_IPNETMASK] = HOSTCONFIG_AUTOMATIC,
		[HOSTCONFIG_IPBROADCAST] = HOSTCONFIG_AUTOMATIC,
		[HOSTCONFIG_NETMASTER] = HOSTCONFIG_NO,
		[HOSTCONFIG_YPDOMAIN] = HOSTCONFIG_NO,
		[HOSTCONFIG_TIME] = HOSTCONFIG_AUTOMATIC,
	};
	struct hostconfig h;
	struct complaint why;

	(void)state;
	assert_true(get(&h, sample, &why));
	for (unsigned k = 0; k < HOSTCONFIG_KEYS; k++)
		assert_int_equal(h.v[k].kind, kinds[k]);
}

static void reads_what_a_shell_would_assign(void **state)
{
	struct hostconfig h;
	struct complaint why;

	(void)state;
	assert_true(get(&h,
			"# a comment with $(anything);\n"
			"\n"
			"  \t\r\n"
			"HOSTNAME=first\n"
			"\tHOSTNAME=\"wendy\" \r\n"
			"INETADDR='129.18.1.195'\n"
			"IPNETMASK=0xfffffff0\n"
			"IPBROADCAST=129.18.1.255\n"
			"ROUTER=129.18.1.254\n"
			"NETMASTER=-YES-\n"
			"YPDOMAIN=muster.test\n"
			"AUTOMOUNT=-YES-\n"
			"MAILSERVER='all day'",
			&why));
	assert_string_equal(h.v[HOSTCONFIG_HOSTNAME].text, "wendy");
	assert_int_equal(h.v[HOSTCONFIG_HOSTNAME].kind, HOSTCONFIG_NAME);
	assert_int_equal(h.v[HOSTCONFIG_HOSTNAME].line, 5);
	assert_int_equal(h.v[HOSTCONFIG_INETADDR].ip, IP4(129, 18, 1, 195));
	assert_int_equal(h.v[HOSTCONFIG_IPNETMASK].ip, 0xfffffff0);
	assert_int_equal(h.v[HOSTCONFIG_IPBROADCAST].ip, IP4(129, 18, 1, 255));
	assert_int_equal(h.v[HOSTCONFIG_ROUTER].kind, HOSTCONFIG_ADDRESS);
	assert_int_equal(h.v[HOSTCONFIG_NETMASTER].kind, HOSTCONFIG_YES);
	assert_string_equal(h.v[HOSTCONFIG_YPDOMAIN].text, "muster.test");
	assert_int_equal(h.v[HOSTCONFIG_TIME].kind, HOSTCONFIG_ABSENT);
}

static void reads_rhapsody_s_names(void **state)
{
	struct hostconfig h;
	struct complaint why;

	(void)state;
	assert_true(get(&h,
			"NISDOMAIN=mill\nTIMESYNC=-NO-\nCONFIGSERVER=-YES-\n"
			"ROUTER=-AUTOMATIC-\nIPNETMASK=\n",
			&why));
	assert_string_equal(h.v[HOSTCONFIG_YPDOMAIN].text, "mill");
	assert_int_equal(h.v[HOSTCONFIG_TIME].kind, HOSTCONFIG_NO);
	assert_int_equal(h.v[HOSTCONFIG_NETMASTER].kind, HOSTCONFIG_YES);
	assert_int_equal(h.v[HOSTCONFIG_ROUTER].kind, HOSTCONFIG_AUTOMATIC);
	assert_int_equal(h.v[HOSTCONFIG_IPNETMASK].kind, HOSTCONFIG_EMPTY);
}

/* Each stands on line 3. */
static void refuses_the_rest_and_names_the_line(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{"HOSTNAME=-AUTOMATC-", "HOSTNAME: `-AUTOMATC-' is not"},
		{"HOSTNAME=-YES-", "HOSTNAME: `-YES-' is not"},
		{"HOSTNAME=-automatic-", "HOSTNAME: `-automatic-' is not"},
		{"HOSTNAME=", "HOSTNAME: `' is not"},
		{"HOSTNAME=-", "HOSTNAME: `-' is not"},
		{"HOSTNAME=-x", "HOSTNAME: `-x' is not"},
		{"HOSTNAME=a/b", "HOSTNAME: `a/b' is not"},
		{"INETADDR=$(id)", "hostconfig: `INETADDR=$(id)' is more"},
		{"INETADDR=`id`", "is more"},
		{"INETADDR=1.2.3.4;id", "is more"},
		{"INETADDR='$HOME'", "is more"},
		{"INETADDR=(1)", "is more"},
		{"INETADDR=1&", "is more"},
		{"INETADDR=1>x", "is more"},
		{"INETADDR=1\\", "is more"},
		{"INETADDR=wendy", "INETADDR: `wendy' is not"},
		{"INETADDR=0.0.0.0", "INETADDR"},
		{"INETADDR=224.0.0.1", "INETADDR"},
		{"INETADDR=127.0.0.1", "INETADDR"},
		{"INETADDR=010.0.0.1", "INETADDR"},
		{"IPNETMASK=255.0.255.0", "IPNETMASK: `255.0.255.0' is not"},
		{"IPNETMASK=0.0.0.0", "IPNETMASK"},
		{"IPBROADCAST=", "IPBROADCAST"},
		{"NETMASTER=yes", "NETMASTER: `yes' is not -YES- or -NO-"},
		{"ROUTER=-YES-", "ROUTER"},
		{"YPDOMAIN=-AUTOMATIC-", "YPDOMAIN"},
		{"HOSTNAME=wendy darling", "has blanks"},
		{"HOSTNAME=\"wendy", "lacks its last quote"},
		{"HOSTNAME=\"", "lacks its last quote"},
		{"HOSTNAME=w\"end\"y", "has quotes within"},
		{"HOSTNAME='w'e'n'", "has quotes within"},
		{"HOSTNAME", "is no KEY=VALUE"},
		{"HOST NAME=wendy", "is no KEY=VALUE"},
		{"=wendy", "is no KEY=VALUE"},
		{"export HOSTNAME=wendy", "is no KEY=VALUE"},
		{"HOSTNAME=w\001", "is no plain text"},
	};
	struct hostconfig h;
	struct complaint why;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct text t = text_over(text, sizeof(text));

		text_add(&t, "# one\nTIME=-NO-\n");
		text_add(&t, bad[i].line);
		text_add(&t, "\nROUTER=-NO-\n");
		assert_false(get(&h, text, &why));
		assert_int_equal(why.number, 3);
		if (!strstr(why.text, bad[i].says))
			fail_msg("%s: %s", bad[i].line, why.text);
	}
}

static void a_nul_is_no_text(void **state)
{
	struct hostconfig h;
	struct complaint why;

	(void)state;
	assert_false(hostconfig_get(&h, "A=b\nC=\0\n", 8, &why));
	assert_int_equal(why.number, 2);
}

static void set(const char *text, enum hostconfig_key key, const char *value,
		const char *wanted)
{
	char room[512];
	struct text t = text_over(room, sizeof(room));

	hostconfig_set(&t, text, strlen(text), key, span_of(value));
	assert_false(t.full);
	assert_string_equal(room, wanted);
}

static void an_edit_keeps_all_else(void **state)
{
	(void)state;
	set("# mine\nHOSTNAME=old\n\nFOO='a b'\nHOSTNAME=newer\nTIME=-NO-\n",
	    HOSTCONFIG_HOSTNAME, "wendy",
	    "# mine\nHOSTNAME=old\n\nFOO='a b'\nHOSTNAME=wendy\nTIME=-NO-\n");
	set("NISDOMAIN=-NO-\r\n#", HOSTCONFIG_YPDOMAIN, "mill",
	    "NISDOMAIN=mill\r\n#");
	set("TIME=-NO-", HOSTCONFIG_TIME, "-AUTOMATIC-", "TIME=-AUTOMATIC-");
	set("TIME=-NO-", HOSTCONFIG_ROUTER, "10.0.0.1",
	    "TIME=-NO-\nROUTER=10.0.0.1\n");
	set("", HOSTCONFIG_INETADDR, "-AUTOMATIC-", "INETADDR=-AUTOMATIC-\n");
}

static void keys_are_found_by_all_their_names(void **state)
{
	(void)state;
	assert_int_equal(hostconfig_find(span_of("hostname")),
			 HOSTCONFIG_HOSTNAME);
	assert_int_equal(hostconfig_find(span_of("Internet Address")),
			 HOSTCONFIG_INETADDR);
	assert_int_equal(hostconfig_find(span_of("TIMESYNC")), HOSTCONFIG_TIME);
	assert_int_equal(hostconfig_find(span_of("NOSUCH")), HOSTCONFIG_KEYS);
	assert_string_equal(hostconfig_word(HOSTCONFIG_HOSTNAME),
			    "Autoconfigure");
	assert_string_equal(hostconfig_word(HOSTCONFIG_INETADDR),
			    "Autoconfigure");
	assert_string_equal(hostconfig_word(HOSTCONFIG_IPNETMASK), "Automatic");
	assert_string_equal(hostconfig_word(HOSTCONFIG_IPBROADCAST), "Default");
	assert_null(hostconfig_word(HOSTCONFIG_ROUTER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_article_s_sample),
		cmocka_unit_test(reads_what_a_shell_would_assign),
		cmocka_unit_test(reads_rhapsody_s_names),
		cmocka_unit_test(refuses_the_rest_and_names_the_line),
		cmocka_unit_test(a_nul_is_no_text),
		cmocka_unit_test(an_edit_keeps_all_else),
		cmocka_unit_test(keys_are_found_by_all_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
