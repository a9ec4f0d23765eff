/*
 * Domains and entries by the administrator's API, without sockets: every edit,
 * and what each fault is answered with.
 */
#include "app/admin.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin_desk.h"

#define ENTRY "/v1/entries"

static int open_two(void **state)
{
	struct desk *d;

	open_desk(state);
	d = *state;
	SAYS("POST", "/v1/domains", "{\"path\":\"/boston\"}",
	     "201 {\"path\":\"/boston\",\"id\":6}");
	SAYS("POST", "/v1/domains",
	     "{\"path\":\"/boston/lab\",\"properties\":{\"tag\":\"x\"}}",
	     "201 {\"path\":\"/boston/lab\",\"id\":8}");
	d->domain = "/boston";
	return 0;
}

#define WRONG(method, path, body, status, text)                                \
	SAYS(method, path, body, #status " {\"error\":\"" text "\"}")

static void domains_are_listed_with_what_they_are(void **state)
{
	SAYS("GET", "/v1/domains", NULL,
	     "200 {\"domains\":["
	     "{\"path\":\"/\",\"id\":1,\"parent\":null,\"instance\":1,"
	     "\"master\":null,\"is_ours\":true,\"is_own\":true,"
	     "\"machines\":0},"
	     "{\"path\":\"/boston\",\"id\":6,\"parent\":\"/\","
	     "\"instance\":1,\"master\":null,\"is_ours\":true,"
	     "\"is_own\":false,\"machines\":0},"
	     "{\"path\":\"/boston/lab\",\"id\":8,\"parent\":\"/boston\","
	     "\"instance\":1,\"master\":null,\"is_ours\":true,"
	     "\"is_own\":false,\"machines\":0}]}");
	SAYS("GET", "/v1/domains//boston/lab", NULL,
	     "200 {\"path\":\"/boston/lab\",\"id\":8,\"parent\":\"/boston\","
	     "\"instance\":1,\"master\":null,\"is_ours\":true,"
	     "\"is_own\":false,\"machines\":0,\"properties\":"
	     "{\"name\":[\"lab\"],\"tag\":[\"x\"]}}");
	WRONG("GET", "/v1/domains/lab", NULL, 404, "there is no domain lab");
}

static void a_domain_needs_a_good_path_and_a_parent(void **state)
{
	WRONG("POST", "/v1/domains", "{}", 400,
	      "a domain must have a path, such as /boston");
	WRONG("POST", "/v1/domains", "{\"path\":\"boston\"}", 400,
	      "`boston' is no path of a domain, such as /boston/lab");
	WRONG("POST", "/v1/domains", "{\"path\":\"/a b\"}", 400,
	      "`/a b' is no path of a domain, such as /boston/lab");
	WRONG("POST", "/v1/domains", "{\"path\":\"/\"}", 409,
	      "there is a domain / already");
	WRONG("POST", "/v1/domains", "{\"path\":\"/Boston/Lab\"}", 409,
	      "there is a domain /Boston/Lab already");
	WRONG("POST", "/v1/domains", "{\"path\":\"/austin/lab\"}", 404,
	      "domain /austin/lab: there is no domain /austin above it");
	WRONG("POST", "/v1/domains",
	      "{\"path\":\"/x\",\"properties\":{\"a\":1}}", 400,
	      "/x: a: is no string or list of strings");
}

static void a_domain_goes_when_it_is_empty_or_as_a_whole(void **state)
{
	WRONG("DELETE", "/v1/domains//boston", NULL, 409,
	      "domain /boston is not empty: what is in it, and the domains "
	      "below it, go first, or with it if the whole is asked for "
	      "(recursive)");
	WRONG("DELETE", "/v1/domains//", "{\"recursive\":true}", 400,
	      "the first domain, /, must stay");
	SAYS("DELETE", "/v1/domains//boston",
	     "{\"recursive\":true,\"dry_run\":true}",
	     "200 {\"removed\":\"/boston\",\"domains\":2,\"entries\":2}");
	SAYS("DELETE", "/v1/domains//boston/lab", NULL,
	     "200 {\"removed\":\"/boston/lab\"}");
	SAYS("POST", "/v1/machines", "{\"name\":\"wendy\"}",
	     "201 {\"name\":\"wendy\",\"id\":10,\"instance\":1,"
	     "\"properties\":{\"name\":[\"wendy\"]}}");
	SAYS("DELETE", "/v1/domains//boston", "{\"recursive\":true}",
	     "200 {\"removed\":\"/boston\"}");
	WRONG("GET", "/v1/machines", NULL, 404, "there is no domain /boston");
}

static void a_dry_run_counts_what_would_go(void **state)
{
	static const char *const made[] = {
		"/v1/entries//machines/wendy", "/v1/entries//printers",
		"/v1/entries//printers/lp", "/v1/entries//printers/lp/deep",
		"/v1/entries//users"};
	struct desk *d = *state;

	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		ask(d, "POST", made[i], "{}");
	SAYS("DELETE", "/v1/domains//boston",
	     "{\"recursive\":true,\"dry_run\":true}",
	     "200 {\"removed\":\"/boston\",\"domains\":2,\"entries\":7}");
	SAYS("DELETE", "/v1/domains//boston/lab", "{\"dry_run\":true}",
	     "200 {\"removed\":\"/boston/lab\",\"domains\":1,\"entries\":1}");
	assert_non_null(directory_entry(d->site.directory, 10));
}

static void a_domain_goes_with_all_below_it(void **state)
{
	struct desk *d = *state;

	SAYS("POST", "/v1/domains", "{\"path\":\"/austin\"}",
	     "201 {\"path\":\"/austin\",\"id\":10}");
	SAYS("POST", "/v1/domains", "{\"path\":\"/boston/lab/bench\"}",
	     "201 {\"path\":\"/boston/lab/bench\",\"id\":12}");
	SAYS("DELETE", "/v1/domains//boston", "{\"recursive\":true}",
	     "200 {\"removed\":\"/boston\"}");
	assert_non_null(directory_entry(d->site.directory, 10));
	for (uint32_t id = 6; id < 14; id++)
		if (id != 10 && id != 11)
			assert_null(directory_entry(d->site.directory, id));
}

static void what_the_configuration_names_stays(void **state)
{
	struct desk *d = *state;

	strcpy(d->settings.directory, "/boston/lab");
	site_settle_domain(&d->site);
	WRONG("DELETE", "/v1/domains//boston", "{\"recursive\":true}", 409,
	      "domain /boston: the configuration names it or one below it "
	      "(directory-domain)");
	WRONG("PATCH", ENTRY "//", "{\"set\":{\"name\":\"x\"}}", 409,
	      "domain boston: the configuration names it (directory-domain)");
	/* It is where machines are looked for. */
	d->domain = NULL;
	SAYS("GET", "/v1/domains/.", NULL,
	     "200 {\"path\":\"/boston/lab\",\"id\":8,\"parent\":\"/boston\","
	     "\"instance\":1,\"master\":null,\"is_ours\":true,"
	     "\"is_own\":true,\"machines\":0,\"properties\":"
	     "{\"name\":[\"lab\"],\"tag\":[\"x\"]}}");
}

static void machines_are_those_of_the_domain_that_is_asked_for(void **state)
{
	struct desk *d = *state;

	SAYS("POST", "/v1/machines",
	     "{\"name\":\"wendy\",\"ip_address\":\"10.0.0.5\"}",
	     "201 {\"name\":\"wendy\",\"id\":10,\"instance\":1,\"properties\":"
	     "{\"name\":[\"wendy\"],\"ip_address\":[\"10.0.0.5\"]}}");
	WRONG("POST", "/v1/machines", "{\"name\":\"Wendy\"}", 409,
	      "machine Wendy: there is one of that name already");
	/* Below, the same name and address are no clash. */
	d->domain = "/boston/lab";
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"wendy\",\"ip_address\":\"10.0.0.5\"}",
	     "201 {\"name\":\"wendy\",\"id\":11,\"instance\":1,\"properties\":"
	     "{\"name\":[\"wendy\"],\"ip_address\":[\"10.0.0.5\"]}}");
	WRONG("POST", "/v1/machines",
	      "{\"name\":\"peter\",\"ip_address\":\"10.0.0.5\"}", 409,
	      "machine peter: ip_address: 10.0.0.5 is machine wendy's already");
	d->domain = NULL;
	WRONG("GET", "/v1/machines/wendy", NULL, 404,
	      "there is no machine wendy");
	d->domain = "/nowhere";
	WRONG("GET", "/v1/machines/wendy", NULL, 404,
	      "there is no domain /nowhere");
}

static void what_another_server_keeps_is_changed_there(void **state)
{
	static const char text[] =
		"409 {\"error\":\"domain /boston: its master is wiz/network: "
		"change it there\"}";

	SAYS("PATCH", ENTRY "//", "{\"set\":{\"master\":\"wiz/network\"}}",
	     "200 {\"entries\":1,\"changed\":[{\"path\":\"/\",\"object\":0,"
	     "\"id\":6,\"instance\":2,\"properties\":{\"name\":[\"boston\"],"
	     "\"master\":[\"wiz/network\"]}}]}");
	SAYS("POST", "/v1/machines", "{\"name\":\"wendy\"}", text);
	SAYS("POST", ENTRY "//x", "{}", text);
	SAYS("PATCH", ENTRY "//machines", "{\"set\":{\"a\":[]}}", text);
	SAYS("DELETE", ENTRY "//machines", NULL, text);
	SAYS("PUT", "/v1/denied/1:2:3:4:5:6", NULL, text);
	/* Only there can it be said that it is ours. */
	SAYS("PATCH", ENTRY "//", "{\"unset\":[\"master\"]}",
	     "200 {\"entries\":1,\"changed\":[{\"path\":\"/\",\"object\":0,"
	     "\"id\":6,\"instance\":3,\"properties\":{\"name\":[\"boston\"]"
	     "}}]}");
}

/* ---- entries ------------------------------------------------------------- */

static void add_printer(void **state)
{
	SAYS("POST", ENTRY "//printers", NULL,
	     "201 {\"entries\":1,\"changed\":[{\"path\":\"/printers\","
	     "\"object\":4,\"id\":10,\"instance\":1,\"properties\":"
	     "{\"name\":[\"printers\"]}}]}");
	SAYS("POST", ENTRY "//printers/lp",
	     "{\"properties\":{\"ty\":[\"a\",\"b\"],\"rm\":[]}}",
	     "201 {\"entries\":1,\"changed\":[{\"path\":\"/printers/lp\","
	     "\"object\":5,\"id\":11,\"instance\":1,\"properties\":"
	     "{\"name\":[\"lp\"],\"ty\":[\"a\",\"b\"],\"rm\":[]}}]}");
}

static void an_entry_is_read_by_path_and_by_number(void **state)
{
	static const char lp[] =
		"200 {\"path\":\"/printers/lp\",\"domain\":\"/boston\","
		"\"object\":5,\"id\":11,\"instance\":1,\"properties\":"
		"{\"name\":[\"lp\"],\"ty\":[\"a\",\"b\"],\"rm\":[]}}";

	add_printer(state);
	SAYS("GET", ENTRY "//printers/lp", NULL, lp);
	SAYS("GET", ENTRY "//printers/ty=b", NULL, lp);
	SAYS("GET", ENTRY "/5", NULL, lp);
	SAYS("GET", "/v1/children//", NULL,
	     "200 {\"children\":[{\"object\":1,\"id\":7,\"instance\":1,"
	     "\"name\":[\"machines\"]},{\"object\":4,\"id\":10,"
	     "\"instance\":1,\"name\":[\"printers\"]}]}");
	WRONG("GET", ENTRY "//printers/x", NULL, 404,
	      "/printers/x: there is no such entry");
	WRONG("GET", ENTRY "/printers", NULL, 400,
	      "`printers' is no path: it begins with neither a slash nor a "
	      "number");
}

static void properties_change_in_their_place(void **state)
{
	static const struct {
		const char *body, *props;
	} steps[] = {
		{"{\"append\":{\"ty\":\"c\",\"new\":[]}}",
		 "{\"name\":[\"lp\"],\"ty\":[\"a\",\"b\",\"c\"],\"rm\":[],"
		 "\"new\":[]}"},
		{"{\"append\":{\"ty\":[\"x\",\"y\"]},\"at\":1}",
		 "{\"name\":[\"lp\"],\"ty\":[\"a\",\"x\",\"y\",\"b\",\"c\"],"
		 "\"rm\":[],\"new\":[]}"},
		{"{\"append\":{\"rm\":\"z\"},\"at\":9}",
		 "{\"name\":[\"lp\"],\"ty\":[\"a\",\"x\",\"y\",\"b\",\"c\"],"
		 "\"rm\":[\"z\"],\"new\":[]}"},
		{"{\"remove\":{\"ty\":[\"a\",\"c\"]},\"unset\":[\"new\"]}",
		 "{\"name\":[\"lp\"],\"ty\":[\"x\",\"y\",\"b\"],"
		 "\"rm\":[\"z\"]}"},
		{"{\"rename\":{\"ty\":\"type\"},\"set\":{\"rm\":[],"
		 "\"last\":\"1\"}}",
		 "{\"name\":[\"lp\"],\"type\":[\"x\",\"y\",\"b\"],\"rm\":[],"
		 "\"last\":[\"1\"]}"},
	};
	char want[1024];

	add_printer(state);
	for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
		snprintf(want, sizeof want,
			 "200 {\"entries\":1,\"changed\":[{\"path\":"
			 "\"/printers/lp\",\"object\":5,\"id\":11,"
			 "\"instance\":%u,\"properties\":%s}]}",
			 i + 2, steps[i].props);
		SAYS("PATCH", ENTRY "//printers/lp", steps[i].body, want);
	}
}

static void what_is_not_there_is_named(void **state)
{
	add_printer(state);
	WRONG("PATCH", ENTRY "//printers/lp", "{\"unset\":[\"x\"]}", 404,
	      "/printers/lp: there is no property x");
	WRONG("PATCH", ENTRY "//printers/lp", "{\"remove\":{\"ty\":\"x\"}}",
	      404, "/printers/lp: ty: there is no value x");
	WRONG("PATCH", ENTRY "//printers/lp", "{\"rename\":{\"x\":\"y\"}}", 404,
	      "/printers/lp: there is no property x");
	WRONG("PATCH", ENTRY "//printers/lp", "{\"rename\":{\"ty\":\"rm\"}}",
	      409, "/printers/lp: there is a property rm already");
	WRONG("PATCH", ENTRY "//printers/lp", "{}", 400,
	      "/printers/lp: what is to become of it? The body says no set, "
	      "append, unset, remove or rename");
	WRONG("PATCH", ENTRY "//printers/x", "{\"set\":{\"a\":[]}}", 404,
	      "/printers/x: there is no such entry");
	WRONG("POST", ENTRY "//nothing/x", NULL, 404,
	      "/nothing/x: there is nothing that it could be in");
	WRONG("POST", ENTRY "//printers/lp", NULL, 409,
	      "/printers/lp: there is one already");
	WRONG("PATCH", ENTRY "//printers/lp", "{\"set\":{\"a\":[1]}}", 400,
	      "/printers/lp: a: is no string or list of strings");
}

/* What is looked up is the first of a name: a second one would be hidden. */
static void no_property_comes_to_stand_there_twice(void **state)
{
	add_printer(state);
	WRONG("PATCH", ENTRY "//printers/lp",
	      "{\"rename\":{\"ty\":\"x\",\"rm\":\"x\"}}", 409,
	      "/printers/lp: there is a property x already");
	WRONG("PATCH", ENTRY "//printers/lp",
	      "{\"rename\":{\"ty\":\"x\"},\"set\":{\"x\":[]}}", 409,
	      "/printers/lp: there is a property x already");
	WRONG("PATCH", ENTRY "//printers/lp",
	      "{\"rename\":{\"ty\":\"x\"},\"append\":{\"x\":[]}}", 409,
	      "/printers/lp: there is a property x already");
	WRONG("PATCH", ENTRY "//printers/lp",
	      "{\"set\":{\"x\":\"1\"},\"append\":{\"x\":\"2\"}}", 400,
	      "/printers/lp: x: is to be set and appended to: say one");
	WRONG("PATCH", ENTRY "//printers/lp", "{\"set\":[\"x\"]}", 400,
	      "/printers/lp: set: is no object of properties");
}

static void who_comes_second_is_told(void **state)
{
	add_printer(state);
	ask(*state, "PATCH", ENTRY "//printers/lp",
	    "{\"set\":{\"a\":[]},\"instance\":1}");
	WRONG("PATCH", ENTRY "//printers/lp",
	      "{\"set\":{\"a\":[]},\"instance\":1}", 409,
	      "/printers/lp: instance 1 is stale: somebody else was first, it "
	      "is 2 now");
	WRONG("DELETE", ENTRY "//printers/lp", "{\"instance\":1}", 409,
	      "/printers/lp: instance 1 is stale: somebody else was first, it "
	      "is 2 now");
	WRONG("PATCH", ENTRY "//n[1-2]", "{\"set\":{},\"instance\":1}", 400,
	      "/n[1-2]: an instance is that of one entry");
}

static void a_hostlist_is_all_or_nothing(void **state)
{
	const char *said = ask(*state, "POST", ENTRY "//machines/n[01-03]",
			       "{\"properties\":{\"rack\":\"4\"}}");

	assert_non_null(strstr(said, "201 {\"entries\":3"));
	said = ask(*state, "POST", ENTRY "//machines/n[03-05]", NULL);
	assert_string_equal(said, "409 {\"error\":\"/machines/n03: there is "
				  "one already\"}");
	WRONG("POST", ENTRY "//machines/m[1,1]", NULL, 400,
	      "`/machines/m[1,1]' means /machines/m1 twice");
	WRONG("GET", ENTRY "//machines/m1", NULL, 404,
	      "/machines/m1: there is no such entry");
	said = ask(*state, "PATCH", ENTRY "//machines/n[01-03]",
		   "{\"set\":{\"rack\":\"5\"}}");
	assert_non_null(strstr(said, "200 {\"entries\":3"));
	said = ask(*state, "DELETE", ENTRY "//machines/n[01-04]", NULL);
	assert_string_equal(said, "404 {\"error\":\"/machines/n04: there is "
				  "no such entry\"}");
	said = ask(*state, "DELETE", ENTRY "//machines/n[01-03]", NULL);
	assert_non_null(strstr(said, "200 {\"entries\":3"));
	WRONG("POST", ENTRY "//n[1-", NULL, 400,
	      "`/n[1-' is no hostlist: it has no numbers between its "
	      "brackets: [001-200], [1,4-7]");
}

static void a_hostlist_means_each_entry_once(void **state)
{
	const char *said;

	add_printer(state);
	WRONG("POST", ENTRY "//printers/m[1,1]", NULL, 400,
	      "`/printers/m[1,1]' means /printers/m1 twice");
	WRONG("POST", ENTRY "//printers/m[1,11][11,1]", NULL, 400,
	      "`/printers/m[1,11][11,1]' means /printers/m111 twice");
	said = ask(*state, "POST", ENTRY "//printers/m[1,01,10-12]", NULL);
	assert_non_null(strstr(said, "201 {\"entries\":5"));
	WRONG("PATCH", ENTRY "//printers/m[1,1]", "{\"set\":{\"a\":[]}}", 400,
	      "`/printers/m[1,1]' means /printers/m1 twice");
	WRONG("DELETE", ENTRY "//printers/m[1,1]", NULL, 400,
	      "`/printers/m[1,1]' means /printers/m1 twice");
}

static void a_machine_has_a_name_and_addresses_that_are_some(void **state)
{
	WRONG("POST", ENTRY "//machines/wendy",
	      "{\"properties\":{\"ip_address\":\"10.0\"}}", 400,
	      "machine /machines/wendy: ip_address: `10.0' is no IP address "
	      "of a machine");
	WRONG("POST", ENTRY "//machines/wendy",
	      "{\"properties\":{\"en_address\":\"x\"}}", 400,
	      "machine /machines/wendy: en_address: `x' is no hardware "
	      "address");
	WRONG("POST", ENTRY "//machines/rack=4", NULL, 400,
	      "/machines/rack=4: a machine must have a name");
}

static void what_has_children_goes_only_as_a_whole(void **state)
{
	struct desk *d = *state;

	add_printer(state);
	WRONG("DELETE", ENTRY "//printers", NULL, 409,
	      "/printers is not empty: what is in it goes first, or with it "
	      "if the whole is asked for (recursive)");
	WRONG("DELETE", ENTRY "//", "{\"recursive\":true}", 400,
	      "/ is the root of its domain: a domain is removed as a whole");
	SAYS("DELETE", ENTRY "//printers",
	     "{\"recursive\":true,\"dry_run\":true}",
	     "200 {\"entries\":1,\"changed\":[{\"path\":\"/printers\","
	     "\"object\":4,\"id\":10,\"instance\":2}],\"dry_run\":true}");
	SAYS("DELETE", ENTRY "//printers", "{\"recursive\":true}",
	     "200 {\"entries\":1,\"changed\":[{\"path\":\"/printers\","
	     "\"object\":4,\"id\":10,\"instance\":2}]}");
	assert_null(directory_entry(d->site.directory, 11));
	d->domain = "/";
	WRONG("DELETE", ENTRY "//machines", NULL, 400, "/machines must stay");
	WRONG("PATCH", ENTRY "//", "{\"set\":{\"name\":\"x\"}}", 400,
	      "the first domain is called /, and nothing else");
}

static void a_domain_may_have_another_name(void **state)
{
	struct desk *d = *state;

	WRONG("PATCH", ENTRY "//", "{\"set\":{\"name\":\"a/b\"}}", 400,
	      "`a/b' is no name of a domain: letters, digits, - . and _, 63 "
	      "at most");
	ask(*state, "PATCH", ENTRY "//", "{\"set\":{\"name\":\"austin\"}}");
	d->domain = "/austin/lab";
	WRONG("GET", ENTRY "//x", NULL, 404, "/x: there is no such entry");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_two, close_desk)
	const struct CMUnitTest tests[] = {
		TEST(domains_are_listed_with_what_they_are),
		TEST(a_domain_needs_a_good_path_and_a_parent),
		TEST(a_domain_goes_when_it_is_empty_or_as_a_whole),
		TEST(a_dry_run_counts_what_would_go),
		TEST(a_domain_goes_with_all_below_it),
		TEST(what_the_configuration_names_stays),
		TEST(machines_are_those_of_the_domain_that_is_asked_for),
		TEST(what_another_server_keeps_is_changed_there),
		TEST(an_entry_is_read_by_path_and_by_number),
		TEST(properties_change_in_their_place),
		TEST(what_is_not_there_is_named),
		TEST(no_property_comes_to_stand_there_twice),
		TEST(who_comes_second_is_told),
		TEST(a_hostlist_is_all_or_nothing),
		TEST(a_hostlist_means_each_entry_once),
		TEST(a_machine_has_a_name_and_addresses_that_are_some),
		TEST(what_has_children_goes_only_as_a_whole),
		TEST(a_domain_may_have_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
