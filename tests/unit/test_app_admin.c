/*
 * The administrator's API without sockets: requests and their answers, on a
 * site of directory, leases and images; and how a store becomes such a site.
 */
#include "app/admin.h"
#include "app/load.h"
#include "app/version.h"
#include "engine/tftpd.h"
#include "host/loop.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin_desk.h"
#include "base/text.h"
#include "changes.h"

static void add_wendy(struct desk *d)
{
	const char *said = ask(d, "POST", "/v1/machines",
			       "{\"name\":[\"wendy\",\"w\"],"
			       "\"en_address\":\"0-0-F-0-7-5A\","
			       "\"ip_address\":[\"10.0.0.5\",\"10.1.0.5\"],"
			       "\"serves\":[]}");

	assert_string_equal(said,
			    "201 {\"name\":\"wendy\",\"id\":6,\"instance\":1,"
			    "\"properties\":{\"name\":[\"wendy\",\"w\"],"
			    "\"en_address\":[\"00:00:0f:00:07:5a\"],"
			    "\"ip_address\":[\"10.0.0.5\",\"10.1.0.5\"],"
			    "\"serves\":[]}}");
}

static void a_machine_is_added_and_found_by_any_name(void **state)
{
	add_wendy(*state);
	SAYS("GET", "/v1/machines/W", NULL,
	     "200 {\"name\":\"wendy\",\"id\":6,\"instance\":1,"
	     "\"properties\":{\"name\":[\"wendy\",\"w\"],"
	     "\"en_address\":[\"00:00:0f:00:07:5a\"],"
	     "\"ip_address\":[\"10.0.0.5\",\"10.1.0.5\"],\"serves\":[]}}");
}

static void a_patch_keeps_the_order_and_what_it_does_not_name(void **state)
{
	add_wendy(*state);
	SAYS("PATCH", "/v1/machines/wendy",
	     "{\"rack\":\"4\",\"serves\":[\"a\",\"b\"],\"ip_address\":null,"
	     "\"nothing\":null}",
	     "200 {\"name\":\"wendy\",\"id\":6,\"instance\":2,"
	     "\"properties\":{\"name\":[\"wendy\",\"w\"],"
	     "\"en_address\":[\"00:00:0f:00:07:5a\"],"
	     "\"serves\":[\"a\",\"b\"],\"rack\":[\"4\"]}}");
}

static void a_put_leaves_only_what_it_names_and_the_name(void **state)
{
	add_wendy(*state);
	SAYS("PUT", "/v1/machines/wendy", "{\"rack\":\"4\"}",
	     "200 {\"name\":\"wendy\",\"id\":6,\"instance\":2,"
	     "\"properties\":{\"name\":[\"wendy\",\"w\"],\"rack\":[\"4\"]}}");
	SAYS("PUT", "/v1/machines/wendy", "{\"name\":\"peter\"}",
	     "200 {\"name\":\"peter\",\"id\":6,\"instance\":3,"
	     "\"properties\":{\"name\":[\"peter\"]}}");
}

static void a_removed_machine_leaves_its_names_and_addresses(void **state)
{
	add_wendy(*state);
	SAYS("DELETE", "/v1/machines/wendy", NULL,
	     "200 {\"removed\":\"wendy\"}");
	SAYS("GET", "/v1/machines/wendy", NULL,
	     "404 {\"error\":\"there is no machine wendy\"}");
	SAYS("DELETE", "/v1/machines/wendy", NULL,
	     "404 {\"error\":\"there is no machine wendy\"}");
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"w\",\"ip_address\":\"10.0.0.5\"}",
	     "201 {\"name\":\"w\",\"id\":7,\"instance\":1,\"properties\":"
	     "{\"name\":[\"w\"],\"ip_address\":[\"10.0.0.5\"]}}");
}

static void what_is_given_twice_says_who_has_it(void **state)
{
	add_wendy(*state);
	SAYS("POST", "/v1/machines", "{\"name\":\"Wendy\"}",
	     "409 {\"error\":\"machine Wendy: there is one of that name "
	     "already\"}");
	SAYS("POST", "/v1/machines", "{\"name\":[\"peter\",\"w\"]}",
	     "409 {\"error\":\"machine peter: name: w is a name of machine "
	     "wendy already\"}");
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"peter\",\"en_address\":\"00:00:0f:00:07:5a\"}",
	     "409 {\"error\":\"machine peter: en_address: 00:00:0f:00:07:5a is "
	     "machine wendy's already\"}");
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"peter\",\"ip_address\":[\"10.0.0.6\",\"10.1.0.5\"]}",
	     "409 {\"error\":\"machine peter: ip_address: 10.1.0.5 is machine "
	     "wendy's already\"}");
	/* To herself she is no other. */
	SAYS("PATCH", "/v1/machines/w", "{\"ip_address\":\"10.1.0.5\"}",
	     "200 {\"name\":\"wendy\",\"id\":6,\"instance\":2,"
	     "\"properties\":{\"name\":[\"wendy\",\"w\"],"
	     "\"en_address\":[\"00:00:0f:00:07:5a\"],"
	     "\"ip_address\":[\"10.1.0.5\"],\"serves\":[]}}");
}

static void a_value_stands_once(void **state)
{
	SAYS("POST", "/v1/machines", "{\"name\":[\"peter\",\"Peter\"]}",
	     "400 {\"error\":\"machine peter: name: `Peter' stands there "
	     "twice\"}");
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"peter\",\"en_address\":[\"1:2:3:4:5:6\","
	     "\"01-02-03-04-05-06\"]}",
	     "400 {\"error\":\"machine peter: en_address: `01:02:03:04:05:06' "
	     "stands there twice\"}");
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"peter\",\"serves\":[\"a\",\"a\"]}",
	     "201 {\"name\":\"peter\",\"id\":6,\"instance\":1,\"properties\":"
	     "{\"name\":[\"peter\"],\"serves\":[\"a\",\"a\"]}}");
}

static void a_value_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *body, *error;
	} v[] = {
		{"{}", "a new machine must have a name"},
		{"{\"name\":[]}", "a new machine must have a name"},
		{"{\"name\":7}", "a new machine must have a name"},
		{"{\"name\":\"\"}", "`' is no name for a machine: letters, "
				    "digits, - . and _, 63 at most"},
		{"{\"name\":\"-a\"}", "`-a' is no name for a machine: letters, "
				      "digits, - . and _, 63 at most"},
		{"{\"name\":[\"a\",\"b c\"]}",
		 "machine a: name: `b c' is no name: letters, digits, - . and "
		 "_, 63 at most"},
		{"{\"name\":\"a\",\"en_address\":\"1:2:3:4:5\"}",
		 "machine a: en_address: `1:2:3:4:5' is no hardware address"},
		{"{\"name\":\"a\",\"ip_address\":\"10.0.0\"}",
		 "machine a: ip_address: `10.0.0' is no IP address of a "
		 "machine"},
		{"{\"name\":\"a\",\"ip_address\":\"0.0.0.0\"}",
		 "machine a: ip_address: `0.0.0.0' is no IP address of a "
		 "machine"},
		{"{\"name\":\"a\",\"ip_address\":\"239.1.1.1\"}",
		 "machine a: ip_address: `239.1.1.1' is no IP address of a "
		 "machine"},
		{"{\"name\":\"a\",\"x\":\"1\\n2\"}",
		 "machine a: x: `1\\\\x0a2' has control characters"},
		{"{\"name\":\"a\",\"x\":{}}",
		 "machine a: x: is no string or list of strings"},
		{"{\"name\":\"a\",\"x\":[[]]}",
		 "machine a: x: is no string or list of strings"},
		{"{\"name\":\"a\",\"x y\":\"1\"}",
		 "machine a: `x y' is no name of a property"},
		{"{\"name\":\"a\",\"\":\"1\"}",
		 "machine a: `' is no name of a property"},
	};
	char answer[256];

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		snprintf(answer, sizeof answer, "400 {\"error\":\"%s\"}",
			 v[i].error);
		SAYS("POST", "/v1/machines", v[i].body, answer);
	}
	add_wendy(*state); /* and nothing of them is there */
}

static void the_name_stays(void **state)
{
	add_wendy(*state);
	SAYS("PATCH", "/v1/machines/w", "{\"name\":null}",
	     "400 {\"error\":\"machine wendy: a machine must have a name\"}");
	SAYS("PUT", "/v1/machines/w", "{\"name\":[]}",
	     "400 {\"error\":\"machine wendy: a machine must have a name\"}");
}

static void our_own_address_is_nobody_elses(void **state)
{
	struct desk *d = *state;

	d->site.links[0].ip = IP4(10, 0, 0, 1);
	d->site.n_links = 1;
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"a\",\"ip_address\":\"10.0.0.1\"}",
	     "409 {\"error\":\"machine a: ip_address: 10.0.0.1 is this "
	     "server's own\"}");
	/* But the server stands in the directory, too. */
	(void)text_copy(d->settings.name, sizeof d->settings.name, "a", 1);
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"a\",\"ip_address\":\"10.0.0.1\"}",
	     "201 {\"name\":\"a\",\"id\":6,\"instance\":1,\"properties\":{"
	     "\"name\":[\"a\"],\"ip_address\":[\"10.0.0.1\"]}}");
}

static void properties_without_end_are_refused(void **state)
{
	struct desk *d = *state;
	char *body = malloc(200000);

	add_wendy(d);
	assert_non_null(body);
	strcpy(body, "{\"x\":\"");
	memset(body + 6, 'y', 150000);
	strcpy(body + 150006, "\"}");
	SAYS("PATCH", "/v1/machines/wendy", body,
	     "413 {\"error\":\"machine wendy: its properties are too long\"}");
	free(body);
}

static void a_body_is_an_object(void **state)
{
	char deep[64] = "{\"a\":";

	SAYS("POST", "/v1/machines", NULL,
	     "400 {\"error\":\"what is it to be? There is no body\"}");
	SAYS("POST", "/v1/machines", "[]",
	     "400 {\"error\":\"the body is no JSON object\"}");
	SAYS("POST", "/v1/machines", "{\"name\":\"a\",\"name\":\"b\"}",
	     "400 {\"error\":\"the body is no JSON: line 1: duplicate object "
	     "key near '\\\"name\\\"'\"}");
	SAYS("POST", "/v1/machines", "{\"name\":\"a\\u0000b\"}",
	     "400 {\"error\":\"the body is no JSON: line 1: \\\\u0000 is not "
	     "allowed without JSON_ALLOW_NUL near '\\\"a\\\\u0000b\\\"'\"}");
	memset(deep + 5, '[', 16);
	SAYS("POST", "/v1/machines", deep,
	     "400 {\"error\":\"the body is nested too deeply\"}");
	SAYS("POST", "/v1/machines",
	     "{\"name\":\"a\",\"x\":\"[[[[[[[[[[[[[[[[[[\\\"[\"}",
	     "201 {\"name\":\"a\",\"id\":6,\"instance\":1,\"properties\":"
	     "{\"name\":[\"a\"],\"x\":[\"[[[[[[[[[[[[[[[[[[\\\"[\"]}}");
}

static void a_path_or_method_that_is_none_is_told_apart(void **state)
{
	SAYS("GET", "/", NULL, "404 {\"error\":\"/: there is no such path\"}");
	SAYS("GET", "/v1/machines/", NULL,
	     "404 {\"error\":\"/v1/machines/: there is no such path\"}");
	SAYS("DELETE", "/v1/machines", NULL,
	     "405 {\"error\":\"/v1/machines: no DELETE there\"}");
	SAYS("POST", "/v1/machines/a", NULL,
	     "405 {\"error\":\"/v1/machines/a: no POST there\"}");
}

static void put_lease(struct desk *d, const struct lease *l)
{
	assert_int_equal(leases_put(d->site.leases, l, d->now, d->wall), 0);
}

static void leases_say_how_long_they_last(void **state)
{
	struct desk *d = *state;
	const struct hwaddr hw =
		hwaddr_ethernet((const uint8_t[]){2, 0, 0, 0, 0, 1});
	struct lease l = {.kind = LEASE_DHCP,
			  .ip = IP4(10, 0, 0, 7),
			  .hw = hw,
			  .wall_ends = d->wall + SECONDS(60),
			  .term = 60,
			  .name = "node7"};

	put_lease(d, &l);
	SAYS("GET", "/v1/leases", NULL,
	     "200 {\"leases\":[{\"ip\":\"10.0.0.7\","
	     "\"mac\":\"02:00:00:00:00:01\",\"name\":\"node7\","
	     "\"kind\":\"dhcp\",\"live\":true,\"remaining\":60}]}");
	d->now += SECONDS(61);
	d->wall += SECONDS(61);
	SAYS("GET", "/v1/leases", NULL,
	     "200 {\"leases\":[{\"ip\":\"10.0.0.7\","
	     "\"mac\":\"02:00:00:00:00:01\",\"name\":\"node7\","
	     "\"kind\":\"dhcp\",\"live\":false,\"remaining\":0}]}");
	l.kind = LEASE_BOOTP;
	l.wall_ends = NEVER;
	l.term = 0;
	put_lease(d, &l);
	SAYS("GET", "/v1/leases", NULL,
	     "200 {\"leases\":[{\"ip\":\"10.0.0.7\","
	     "\"mac\":\"02:00:00:00:00:01\",\"name\":\"node7\","
	     "\"kind\":\"bootp\",\"live\":true,\"remaining\":null}]}");
	l.kind = LEASE_DECLINED;
	l.wall_ends = d->wall + SECONDS(600);
	l.term = 600;
	put_lease(d, &l);
	SAYS("GET", "/v1/leases", NULL,
	     "200 {\"leases\":[{\"ip\":\"10.0.0.7\",\"mac\":null,"
	     "\"name\":\"node7\",\"kind\":\"declined\",\"live\":true,"
	     "\"remaining\":600}]}");
	SAYS("DELETE", "/v1/leases/10.0.0.7", NULL,
	     "200 {\"removed\":\"10.0.0.7\"}");
	SAYS("DELETE", "/v1/leases/10.0.0.7", NULL,
	     "404 {\"error\":\"10.0.0.7: there is no lease\"}");
	SAYS("DELETE", "/v1/leases/10.0.0", NULL,
	     "400 {\"error\":\"`10.0.0' is no IP address\"}");
	SAYS("GET", "/v1/leases", NULL, "200 {\"leases\":[]}");
}

static void images_are_those_that_are_there(void **state)
{
	struct desk *d = *state;

	assert_int_equal(images_prefer(d->site.images, "a/linux"), 0);
	assert_int_equal(
		images_put(d->site.images, "a/linux", 7, SECONDS(9), NULL), 0);
	/* Names of files are bytes, JSON is UTF-8. */
	assert_int_equal(
		images_put(d->site.images, "caf\xe9", 0, SECONDS(9), NULL), 0);
	assert_int_equal(
		images_put(d->site.images, "gone", 1, SECONDS(9), NULL), 0);
	images_gone(d->site.images, "gone");
	SAYS("GET", "/v1/images", NULL,
	     "200 {\"images\":[{\"name\":\"a/linux\",\"size\":7,"
	     "\"slam_port\":10000,\"version\":1,\"changed\":9},"
	     "{\"name\":\"caf\\\\xe9\",\"size\":0,\"slam_port\":0,"
	     "\"version\":1,\"changed\":9}]}");
}

static void add_many(struct desk *d, unsigned n)
{
	char body[64];

	for (unsigned i = 0; i < n; i++) {
		snprintf(body, sizeof body, "{\"name\":\"m%u\"}", i);
		ask(d, "POST", "/v1/machines", body);
	}
}

/* Names of the machines on a page, in `seen`; "next". */
static uint32_t page(struct desk *d, uint32_t from, unsigned *n,
		     unsigned char *seen)
{
	const char *said = ask_from(d, from, "GET", "/v1/machines", NULL);
	json_t *json = json_loads(said + 4, 0, NULL), *machine;
	uint32_t next =
		(uint32_t)json_integer_value(json_object_get(json, "next"));
	size_t i;

	assert_non_null(json);
	json_array_foreach(json_object_get(json, "machines"), i, machine)
	{
		const char *name =
			json_string_value(json_object_get(machine, "name"));

		seen[atoi(name + 1)]++; /* NOLINT(cert-err34-c) */
		++*n;
	}
	json_decref(json);
	return next;
}

static void a_long_list_comes_in_pages(void **state)
{
	struct desk *d = *state;
	static unsigned char seen[ADMIN_PAGE * 2 + 1];
	unsigned n = 0;
	uint32_t next;

	memset(seen, 0, sizeof seen);
	add_many(d, ADMIN_PAGE * 2 + 1);
	next = page(d, 0, &n, seen);
	assert_int_equal(n, ADMIN_PAGE);
	/* The last one of the page goes before the next is asked for. */
	assert_memory_equal(ask(d, "DELETE", "/v1/machines/m499", NULL), "200",
			    3);
	next = page(d, next, &n, seen);
	assert_int_equal(n, 2 * ADMIN_PAGE);
	next = page(d, next, &n, seen);
	assert_int_equal(n, 2 * ADMIN_PAGE + 1);
	assert_int_equal(next, 0);
	for (int i = 0; i < ADMIN_PAGE * 2 + 1; i++)
		assert_int_equal(seen[i], 1);
}

static void a_list_that_just_fills_its_page_has_no_next(void **state)
{
	struct desk *d = *state;
	static unsigned char seen[ADMIN_PAGE];
	unsigned n = 0;

	add_many(d, ADMIN_PAGE);
	assert_int_equal(page(d, 0, &n, seen), 0);
	assert_int_equal(n, ADMIN_PAGE);
}

static void what_the_store_refuses_is_said(void **state)
{
	static const struct {
		int rc;
		const char *answer;
	} v[] = {
		{-ENOSPC, "507 not stored: No space left on device"},
		{-EROFS, "507 not stored: Read-only file system"},
		{-EIO, "500 not stored: Input/output error"},
		{-ESTALE, "409 not stored: somebody else has just changed it"},
	};
	struct desk *d = *state;
	char said[128];

	add_wendy(d);
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		struct admin a;
		struct admin_request q = {.method = "DELETE",
					  .path = "/v1/machines/wendy"};

		admin_ask(&a, &d->site, &q);
		assert_int_equal(a.status, 0);
		admin_settled(&a, &d->site, v[i].rc, 0);
		snprintf(said, sizeof said, "%u %s", a.status,
			 json_string_value(json_object_get(a.json, "error")));
		assert_string_equal(said, v[i].answer);
		admin_close(&a);
	}
}

static void the_status_counts(void **state)
{
	struct desk *d = *state;

	add_wendy(d);
	strcpy(d->site.links[0].name, "eth0");
	d->site.links[0].ip = IP4(10, 0, 0, 1);
	d->site.n_links = 1;
	images_root(d->site.images, "/srv/tftp/");
	SAYS("GET", "/v1/status", NULL,
	     "200 {\"version\":\"" MUSTER_VERSION
	     "\",\"unknown\":\"ignore\",\"machines\":1,\"leases\":0,"
	     "\"images\":0,"
	     "\"root\":\"/srv/tftp\","
	     "\"interfaces\":[{\"name\":\"eth0\",\"ip\":\"10.0.0.1\"}]}");
}

/* Machines that were told of a group, and loaded by themselves. */
static void the_status_counts_who_fell_back(void **state)
{
	struct desk *d = *state;
	const struct tftpd_stats loads = {.requests = 9, .fell_back = 2};

	d->site.loads = &loads;
	SAYS("GET", "/v1/status", NULL,
	     "200 {\"version\":\"" MUSTER_VERSION
	     "\",\"unknown\":\"ignore\",\"machines\":0,\"leases\":0,"
	     "\"images\":0,\"root\":\"\",\"interfaces\":[],"
	     "\"fell-back\":2}");
}

/* ---- loading ------------------------------------------------------------ */

static void commit(struct store *s, const struct change *c)
{
	struct commit v = {.change = c};
	uint64_t revision;

	assert_int_equal(s->ops->commit(s, &v, 1, &revision), 0);
	assert_int_equal(v.rc, 0);
}

static void on_skipped(void *arg, const struct lease *l)
{
	uint32_t *skipped = arg;

	assert_int_not_equal(l->ip, 0);
	++*skipped;
}

/* A lease that lasts, of machine 02:00:00:00:00:N. */
static struct change lease_of(uint32_t ip, uint8_t n)
{
	return (struct change){
		.kind = CHANGE_LEASE_PUT,
		.lease = {.kind = LEASE_DHCP,
			  .ip = ip,
			  .hw = hwaddr_ethernet(
				  (const uint8_t[]){2, 0, 0, 0, 0, n}),
			  .wall_ends = host_wall() + SECONDS(3600),
			  .term = 3600}};
}

static void leases_of_known_machines_leave_the_others_their_share(void **state)
{
	struct desk *d = *state;
	struct subnet pool = {.network = IP4(10, 0, 0, 0),
			      .mask = IP4(255, 255, 255, 0),
			      .first = IP4(10, 0, 0, 10),
			      .last = IP4(10, 0, 0, 13)};
	struct hwaddr stranger =
		hwaddr_ethernet((const uint8_t[]){2, 9, 9, 9, 9, 9});
	struct lease_want want = {
		.subnet = &pool, .hw = &stranger, .share = 50};
	struct change a = lease_of(IP4(10, 0, 0, 10), 1);
	struct change b = lease_of(IP4(10, 0, 0, 11), 2);
	struct store *s;
	struct made m;
	uint32_t skipped = 0, n;

	assert_int_equal(store_memory_open(&s, &d->purse.alloc, NULL), 0);
	commit(s, entry_put(&m, 6, ENTRY_MACHINES, 1,
			    "name=a;en_address=2:0:0:0:0:1,2:0:0:0:0:2"));
	commit(s, &a);
	commit(s, &b);
	assert_int_equal(load_count_leases(s, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(
		load_site(s, &d->site, &d->purse.alloc, on_skipped, &skipped),
		0);
	s->ops->close(s);
	assert_int_equal(leases_count(d->site.leases), 2);
	assert_int_equal(skipped, 0);
	assert_int_not_equal(leases_choose(d->site.leases, &want, host_now(),
					   host_now() + SECONDS(10)),
			     0);
}

static void leases_without_room_are_told_and_the_others_loaded(void **state)
{
	struct desk *d = *state;
	uint32_t most = load_addresses(&d->settings, 0), skipped = 0;
	struct store *s;

	assert_in_range(most, MOST_LEASES, 10000);
	assert_int_equal(store_memory_open(&s, &d->purse.alloc, NULL), 0);
	for (uint32_t i = 0; i < most + 5; i++) {
		struct change c = lease_of(IP4(10, 0, 0, 1) + i, 1);

		commit(s, &c);
	}
	assert_int_equal(
		load_site(s, &d->site, &d->purse.alloc, on_skipped, &skipped),
		0);
	s->ops->close(s);
	assert_int_equal(skipped, 5);
	assert_int_equal(leases_count(d->site.leases), most);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_machine_is_added_and_found_by_any_name),
		TEST(a_patch_keeps_the_order_and_what_it_does_not_name),
		TEST(a_put_leaves_only_what_it_names_and_the_name),
		TEST(a_removed_machine_leaves_its_names_and_addresses),
		TEST(what_is_given_twice_says_who_has_it),
		TEST(a_value_stands_once),
		TEST(a_value_that_is_none_is_refused),
		TEST(the_name_stays),
		TEST(our_own_address_is_nobody_elses),
		TEST(properties_without_end_are_refused),
		TEST(a_body_is_an_object),
		TEST(a_path_or_method_that_is_none_is_told_apart),
		TEST(leases_say_how_long_they_last),
		TEST(images_are_those_that_are_there),
		TEST(a_long_list_comes_in_pages),
		TEST(a_list_that_just_fills_its_page_has_no_next),
		TEST(what_the_store_refuses_is_said),
		TEST(the_status_counts),
		TEST(the_status_counts_who_fell_back),
		TEST(leases_of_known_machines_leave_the_others_their_share),
		TEST(leases_without_room_are_told_and_the_others_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
