/*
 * Import and export, as the administrator's API answers them.
 */
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "admin_desk.h"

static const char two[] =
	"{\"entries\": [[0, 0, 1], [0, 0, 1, [\"name\", \"machines\"]], "
	"[1, 7, 0, [\"name\", \"a\", \"b\"], [\"ip_address\", \"10.0.0.1\"]], "
	"[1, 8, 0, [\"name\", {\"hex\": \"e9\"}], [\"none\"]]]}";

static void an_import_is_one_change_of_all(void **state)
{
	SAYS("POST", "/v1/import/hosts", two,
	     "201 {\"added\":2,\"changed\":0,\"removed\":0,\"unchanged\":0}");
	SAYS("GET", "/v1/export/.:/machines", NULL,
	     "200 {\"entries\":[[2,1,[\"name\",\"machines\"]],[6,2,[\"name\","
	     "\"a\",\"b\"],[\"ip_address\",\"10.0.0.1\"]],[7,2,[\"name\","
	     "{\"hex\":\"e9\"}],[\"none\"]]]}");
	SAYS("POST", "/v1/import/hosts", two,
	     "200 {\"added\":0,\"changed\":0,\"removed\":0,\"unchanged\":2}");
}

/* What they make meanwhile has the next ones. */
static void an_import_leaves_ids_to_other_servers(void **state)
{
	struct desk *d = *state;

	d->site.store.is_shared = true;
	SAYS("POST", "/v1/import/hosts",
	     "{\"dry-run\": true, \"entries\": [[0, 0, 1], [0, 3, 1, "
	     "[\"name\", \"new\"]], [1, 4, 0, [\"name\", \"x\"]]]}",
	     "200 {\"added\":2,\"changed\":0,\"removed\":0,\"unchanged\":0,"
	     "\"difference\":[{\"kind\":\"added\",\"path\":\"/new\","
	     "\"line\":3,\"is\":[[\"name\",\"new\"]]},{\"kind\":\"added\","
	     "\"path\":\"/new/x\",\"line\":4,\"is\":[[\"name\",\"x\"]]}]}");
	SAYS("POST", "/v1/import/hosts", two,
	     "201 {\"added\":2,\"changed\":0,\"removed\":0,\"unchanged\":0}");
	SAYS("GET", "/v1/export/.:/machines", NULL,
	     "200 {\"entries\":[[2,1,[\"name\",\"machines\"]],[1030,2,["
	     "\"name\",\"a\",\"b\"],[\"ip_address\",\"10.0.0.1\"]],[1031,"
	     "2,[\"name\",{\"hex\":\"e9\"}],[\"none\"]]]}");
}

static const char three[] = "{\"most\": 2, \"entries\": [[0, 0, 1], [0, 3, 1, "
			    "[\"name\", \"new\"]], [1, 4, 0, [\"name\", "
			    "\"x\"]], [1, 5, 0, [\"name\", \"y\"]]]}";

static void an_import_in_parts_is_an_edit_of_each(void **state)
{
	SAYS("POST", "/v1/import/hosts", three,
	     "201 {\"added\":3,\"changed\":0,\"removed\":0,\"unchanged\":0,"
	     "\"left\":1}");
	SAYS("GET", "/v1/export/.:/new", NULL,
	     "200 {\"entries\":[[6,1,[\"name\",\"new\"]],[7,6,[\"name\","
	     "\"x\"]]]}");
	SAYS("POST", "/v1/import/hosts", three,
	     "201 {\"added\":1,\"changed\":0,\"removed\":0,\"unchanged\":1}");
	SAYS("GET", "/v1/export/.:/new", NULL,
	     "200 {\"entries\":[[6,1,[\"name\",\"new\"]],[7,6,[\"name\","
	     "\"x\"]],[8,6,[\"name\",\"y\"]]]}");
}

/* Where one entry is to have what another one has, they change together. */
static void who_changes_places_is_not_parted(void **state)
{
	SAYS("POST", "/v1/import/hosts",
	     "{\"entries\": [[0, 0, 1], [0, 3, 1, [\"name\", \"machines\"]], "
	     "[1, 4, 0, [\"name\", \"x\"], [\"ip_address\", \"10.0.0.1\"]], "
	     "[1, 5, 0, [\"name\", \"y\"], [\"ip_address\", "
	     "\"10.0.0.2\"]]]}",
	     "201 {\"added\":2,\"changed\":0,\"removed\":0,\"unchanged\":0}");
	SAYS("POST", "/v1/import/hosts",
	     "{\"most\": 1, \"entries\": [[0, 0, 1], [0, 3, 1, [\"name\", "
	     "\"machines\"]], [1, 4, 0, [\"name\", \"x\"], [\"ip_address\", "
	     "\"10.0.0.2\"]], [1, 5, 0, [\"name\", \"y\"], [\"ip_address\", "
	     "\"10.0.0.1\"]]]}",
	     "200 {\"added\":0,\"changed\":2,\"removed\":0,\"unchanged\":0}");
}

static void a_dry_run_shows_the_difference(void **state)
{
	SAYS("POST", "/v1/import/hosts",
	     "{\"dry-run\": true, \"entries\": [[0, 0, 1], [0, 3, 1, "
	     "[\"name\", \"new\"]], [1, 4, 0, [\"name\", \"x\"]]]}",
	     "200 {\"added\":2,\"changed\":0,\"removed\":0,\"unchanged\":0,"
	     "\"difference\":[{\"kind\":\"added\",\"path\":\"/new\","
	     "\"line\":3,\"is\":[[\"name\",\"new\"]]},{\"kind\":\"added\","
	     "\"path\":\"/new/x\",\"line\":4,\"is\":[[\"name\",\"x\"]]}]}");
	SAYS("GET", "/v1/export/.:/new", NULL, "200 {\"entries\":[]}");
}

static void what_may_not_be_changes_nothing(void **state)
{
	SAYS("POST", "/v1/machines",
	     "{\"name\": \"w\", \"ip_address\": "
	     "\"10.0.0.1\"}",
	     "201 {\"name\":\"w\",\"id\":6,\"instance\":1,\"properties\":"
	     "{\"name\":[\"w\"],\"ip_address\":[\"10.0.0.1\"]}}");
	ask(*state, "POST", "/v1/import/hosts", two);
	assert_int_equal(strncmp(((struct desk *)*state)->said,
				 "409 {\"error\":\"line 7: ", 22),
			 0);
	SAYS("GET", "/v1/export/.:/machines", NULL,
	     "200 {\"entries\":[[2,1,[\"name\",\"machines\"]],[6,2,[\"name\","
	     "\"w\"],[\"ip_address\",\"10.0.0.1\"]]]}");
}

static void what_is_none_is_refused(void **state)
{
	static const char *const bodies[] = {
		"{}",
		"{\"entries\": 1}",
		"{\"entries\": []}",
		"{\"entries\": [[1, 0, 0]]}",
		"{\"entries\": [[0, 0, 0], [1, 0, 0]]}",
		"{\"entries\": [[0, 0, 0], [0, -1, 0]]}",
		"{\"entries\": [[0, 0, 0, []]]}",
		"{\"entries\": [[0, 0, 0, [\"\", \"a\"]]]}",
		"{\"entries\": [[0, 0, 0, [\"a\", 1]]]}",
		"{\"entries\": [[0, 0, 0, [\"a\", {\"hex\": \"0\"}]]]}",
		"{\"entries\": [[0, 0, 0, [\"a\", {\"hex\": \"00\"}]]]}",
		"{\"entries\": [[0, 0, 0, [\"a\", \"\\u0000\"]]]}",
	};

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		ask(*state, "POST", "/v1/import/hosts", bodies[i]);
		assert_int_equal(
			strncmp(((struct desk *)*state)->said, "400 ", 4), 0);
	}
	SAYS("POST", "/v1/import/none", two,
	     "404 {\"error\":\"there is no format none\"}");
	SAYS("POST", "/v1/import/hosts",
	     "{\"domain\": \"/none\", \"entries\": [[0, 0, 1]]}",
	     "404 {\"error\":\"there is no domain /none\"}");
	SAYS("GET", "/v1/export/machines", NULL,
	     "400 {\"error\":\"machines: is no DOMAIN:PATH\"}");
}

/* As many as do not fit a page, and one below the other. */
static void an_export_comes_by_the_page(void **state)
{
	struct desk *d = *state;
	static char body[1 << 16];
	size_t n = (size_t)snprintf(body, sizeof body,
				    "{\"path\": \"/t\", \"entries\": "
				    "[[0,0,0]");

	for (int i = 1; i < 700; i++)
		n += (size_t)snprintf(body + n, sizeof body - n,
				      ",[%d,0,0,[\"n\",\"%d\"]]",
				      i % 10 ? i - 1 : 0, i);
	snprintf(body + n, sizeof body - n, "]}");
	SAYS("POST", "/v1/import/netinfo", body,
	     "201 {\"added\":700,\"changed\":0,\"removed\":0,\"unchanged\":0}");
	ask(d, "GET", "/v1/export/.:/t", NULL);
	assert_non_null(strstr(d->said, "[\"n\",\"499\"]]],\"next\":505}"));
	ask_from(d, 505, "GET", "/v1/export/.:/t", NULL);
	assert_int_equal(strncmp(d->said, "200 {\"entries\":[[506,", 21), 0);
	assert_non_null(strstr(d->said, "[\"n\",\"699\"]]]}"));
	/* One that is not there, and one that is elsewhere. */
	assert_string_equal(ask_from(d, 2, "GET", "/v1/export/.:/t", NULL),
			    "409 {\"error\":\"what is exported was just "
			    "removed\"}");
	assert_string_equal(ask_from(d, 9999, "GET", "/v1/export/.:/t", NULL),
			    "409 {\"error\":\"what is exported was just "
			    "removed\"}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
	const struct CMUnitTest tests[] = {
		TEST(an_import_is_one_change_of_all),
		TEST(an_import_in_parts_is_an_edit_of_each),
		TEST(an_import_leaves_ids_to_other_servers),
		TEST(who_changes_places_is_not_parted),
		TEST(a_dry_run_shows_the_difference),
		TEST(what_may_not_be_changes_nothing),
		TEST(what_is_none_is_refused),
		TEST(an_export_comes_by_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
