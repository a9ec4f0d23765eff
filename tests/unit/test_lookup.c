/*
 * What can be looked up, and the administrator's order.
 */
#include "model/lookup.h"

#include "props.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_key_says_itself_what_it_is(void **state)
{
	static const struct {
		enum lookup_category category;
		const char *value, *key;
	} rows[] = {
		{LOOKUP_USERS, "ann", "name"},
		{LOOKUP_USERS, "501", "uid"},
		{LOOKUP_GROUPS, "20", "gid"},
		{LOOKUP_HOSTS, "wendy", "name"},
		{LOOKUP_HOSTS, "10.0.0.7", "ip_address"},
		{LOOKUP_HOSTS, "0:0:f:0:7:5a", "en_address"},
		{LOOKUP_NETWORKS, "10", "address"},
		{LOOKUP_NETWORKS, "loopback", "name"},
		{LOOKUP_SERVICES, "80/tcp", "port"},
		{LOOKUP_SERVICES, "http/tcp", "name"},
		{LOOKUP_MOUNTS, "/usr", "dir"},
		{LOOKUP_BOOTP, "00:00:0f:00:07:5a", "en_address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(
			lookup_guess(rows[i].category, rows[i].value),
			rows[i].key);
}

static void values_have_one_form(void **state)
{
	static const struct {
		enum lookup_category category;
		const char *key, *value, *form;
	} rows[] = {
		{LOOKUP_HOSTS, "name", "Wendy", "wendy"},
		{LOOKUP_USERS, "name", "Ann", "Ann"},
		{LOOKUP_HOSTS, "en_address", "00-00-0F-00-07-5A",
		 "0:0:f:0:7:5a"},
		{LOOKUP_HOSTS, "ip_address", "10.0.0.7", "10.0.0.7"},
		{LOOKUP_HOSTS, "ip_address", "10.0.0.07", NULL},
		{LOOKUP_NETWORKS, "address", "192.168.77.0", "192.168.77"},
		{LOOKUP_NETWORKS, "address", "10.0.0.0", "10"},
		{LOOKUP_NETWORKS, "address", "10.0.1", "10.0.1"},
		{LOOKUP_NETWORKS, "address", "0.0.0.0", "0"},
		{LOOKUP_NETWORKS, "address", "10.0.0.0.0", NULL},
		{LOOKUP_NETWORKS, "address", "10.", NULL},
		{LOOKUP_NETWORKS, "address", "256", NULL},
		{LOOKUP_USERS, "name", "", NULL},
	};
	char to[LOOKUP_VALUE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool is = lookup_normal(rows[i].category, rows[i].key,
					rows[i].value, to);

		assert_int_equal(is, rows[i].form != NULL);
		if (is)
			assert_string_equal(to, rows[i].form);
	}
}

static bool matches(enum lookup_category c, const char *entry, const char *key,
		    const char *value)
{
	struct props room;
	struct plist p = props(&room, entry);

	return lookup_matches(c, &p, key, value);
}

static void an_entry_answers_by_any_of_its_values(void **state)
{
	static const char service[] = "name=domain,dns;port=53;"
				      "protocol=udp,tcp";

	(void)state;
	assert_true(matches(LOOKUP_HOSTS, "name=Wendy,mail", "name", "mail"));
	assert_true(matches(LOOKUP_HOSTS, "name=Wendy,mail", "name", "wendy"));
	assert_false(matches(LOOKUP_USERS, "name=Ann", "name", "ann"));
	assert_true(matches(LOOKUP_NETWORKS, "name=n;address=10.0.0.0",
			    "address", "10"));
	assert_true(matches(LOOKUP_SERVICES, service, "name", "dns"));
	assert_true(matches(LOOKUP_SERVICES, service, "port", "53/udp"));
	assert_false(matches(LOOKUP_SERVICES, service, "port", "53/sctp"));
	assert_false(matches(LOOKUP_SERVICES, service, "port", "5"));
	assert_true(
		matches(LOOKUP_BOOTPARAMS, "name=w;bootparams", "name", "w"));
	assert_false(matches(LOOKUP_BOOTPARAMS, "name=w", "name", "w"));
}

static void the_order_is_the_administrators_but_for_two_laws(void **state)
{
	struct lookup_order o;
	struct lookup_error e;

	(void)state;
	assert_true(lookup_order_parse(
		&o,
		span_of("# ours\nhosts: dns files\nusers\n"
			"default nis dns # for all others\nwait 2\n"
			"nis-domain yp.test\n"),
		&e));
	assert_int_equal(o.n[LOOKUP_HOSTS], 2);
	assert_int_equal(o.agents[LOOKUP_HOSTS][0], LOOKUP_DNS);
	assert_int_equal(o.n[LOOKUP_USERS], 0);
	assert_int_equal(o.n[LOOKUP_GROUPS], 1);
	assert_int_equal(o.n[LOOKUP_BOOTP], 0);
	assert_false(lookup_order_has(&o, LOOKUP_BOOTPARAMS, LOOKUP_DNS));
	assert_int_equal(o.wait, SECONDS(2));
	assert_int_equal(o.negative, SECONDS(60));
	assert_string_equal(o.nis_domain, "yp.test");
}

static void a_mistake_is_named_and_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		uint32_t line;
		const char *why;
	} rows[] = {
		{"hosts dns\nusers dns\n", 2, "dns knows hosts alone"},
		{"bootp files", 1, "bootp is the directory's alone"},
		{"\n\nusers files files", 3, "an agent is named twice"},
		{"users ldap", 1, "an agent is directory, files, nis or dns"},
		{"wait 0", 1, "nobody answers in no time"},
		{"positive 12h", 1,
		 "that is no number of seconds, up to a week"},
		{"nis-domain", 1, "one name, shorter than 64 bytes, follows"},
	};
	struct lookup_order o, before;
	struct lookup_error e;

	(void)state;
	lookup_order_default(&o);
	before = o;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_false(lookup_order_parse(&o, span_of(rows[i].text), &e));
		assert_int_equal(e.line, rows[i].line);
		assert_string_equal(e.why, rows[i].why);
		assert_memory_equal(&o, &before, sizeof o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_says_itself_what_it_is),
		cmocka_unit_test(values_have_one_form),
		cmocka_unit_test(an_entry_answers_by_any_of_its_values),
		cmocka_unit_test(
			the_order_is_the_administrators_but_for_two_laws),
		cmocka_unit_test(a_mistake_is_named_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
