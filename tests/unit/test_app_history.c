/*
 * The history as the administrator's API tells it, and undoing what stands
 * there: a site and its store, changed only through requests.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "changes.h"

#include "admin_desk.h"

struct scene {
	struct desk *d;
	struct store *store;
	const char *who;
};

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	assert_int_equal(open_desk((void **)&s->d), 0);
	assert_int_equal(store_memory_open(&s->store, &s->d->purse.alloc, NULL),
			 0);
	s->who = "alice";
	*state = s;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;
	int rc;

	s->store->ops->close(s->store);
	rc = close_desk((void **)&s->d);
	free(s);
	return rc;
}

static int store_all(struct scene *s, const struct changes *all)
{
	struct commit v = {.change = all->v,
			   .more = all->n - 1,
			   .who = all->who,
			   .wall = s->d->wall};
	uint64_t revision;

	assert_int_equal(s->store->ops->commit(s->store, &v, 1, &revision), 0);
	assert_int_equal(v.rc, 0);
	return make(s->d, all);
}

/* "STATUS ANSWER", or of an error "STATUS TEXT". */
static const char *asks(struct scene *s, const char *method, const char *path,
			const char *body)
{
	struct admin_request q = {.method = method,
				  .path = path,
				  .domain = s->d->domain,
				  .who = s->who,
				  .now = s->d->now,
				  .wall = s->d->wall};
	struct admin a = {.status = 0};
	json_t *json = body ? admin_body(&a, body, strlen(body)) : NULL;
	const char *error;
	char *text;

	q.body = json;
	admin_ask(&a, &s->d->site, &q);
	if (a.ask) {
		assert_int_equal(admin_look(a.ask, s->store), 0);
		admin_looked(&a, &s->d->site);
	}
	if (!a.status)
		admin_settled(&a, &s->d->site, store_all(s, a.changes), 0);
	error = json_string_value(json_object_get(a.json, "error"));
	text = error ? strdup(error) : json_dumps(a.json, JSON_COMPACT);
	snprintf(s->d->said, sizeof s->d->said, "%u %s", a.status, text);
	free(text);
	admin_close(&a);
	json_decref(json);
	return s->d->said;
}

#define IS(s, method, path, body, answer)                                      \
	assert_string_equal(asks(s, method, path, body), answer)

/* Changes that no request makes yet. */
static void change(struct scene *s, const struct change *c)
{
	struct changes *all;

	assert_int_equal(changes_open(&all, &s->d->purse.alloc), 0);
	assert_int_equal(changes_add(all, c), 0);
	assert_int_equal(store_all(s, all), 0);
	changes_drop(all);
}

static void add_wendy(struct scene *s)
{
	asks(s, "POST", "/v1/machines",
	     "{\"name\": \"wendy\", \"ip_address\": \"10.0.0.7\"}");
	s->who = "bob";
	asks(s, "PATCH", "/v1/machines/wendy", "{\"bootfile\": \"mach\"}");
}

static const struct entry *wendy(const struct scene *s)
{
	return machine_by_name(s->d->site.directory, DOMAIN_FIRST, "wendy");
}

static void the_newest_comes_first(void **state)
{
	struct scene *s = *state;

	add_wendy(s);
	IS(s, "GET", "/v1/history/.:/machines/wendy", NULL,
	   "200 {\"history\":[{\"revision\":2,\"time\":1000000,\"who\":\"bob\","
	   "\"kind\":\"set\",\"domain\":\"/\",\"path\":\"/machines/wendy\","
	   "\"id\":6,\"instance\":2,\"before\":{\"name\":[\"wendy\"],"
	   "\"ip_address\":[\"10.0.0.7\"]},\"after\":{\"name\":[\"wendy\"],"
	   "\"ip_address\":[\"10.0.0.7\"],\"bootfile\":[\"mach\"]}},"
	   "{\"revision\":1,\"time\":1000000,\"who\":\"alice\",\"kind\":"
	   "\"created\",\"domain\":\"/\",\"path\":\"/machines/wendy\","
	   "\"id\":6,\"instance\":1,\"before\":null,\"after\":{\"name\":"
	   "[\"wendy\"],\"ip_address\":[\"10.0.0.7\"]}}],\"since\":0}");
	IS(s, "GET", "/v1/history/:/machines/nobody", NULL,
	   "200 {\"history\":[],\"since\":0}");
	IS(s, "GET", "/v1/history/.:wendy", NULL, "400 `wendy' is no path");
	IS(s, "GET", "/v1/history/wendy", NULL,
	   "400 `wendy' is no DOMAIN:PATH");
	IS(s, "GET", "/v1/history//boston:/machines", NULL,
	   "404 /boston: there is no such domain");
}

/* Its changes come from another place than those of the other edits. */
static void an_import_names_who_asked_for_it(void **state)
{
	struct scene *s = *state;

	asks(s, "POST", "/v1/import/hosts",
	     "{\"entries\": [[0, 0, 1], [0, 0, 1, [\"name\", \"machines\"]], "
	     "[1, 7, 0, [\"name\", \"wendy\"]]]}");
	asks(s, "GET", "/v1/history", NULL);
	assert_non_null(strstr(s->d->said,
			       "\"who\":\"alice\",\"kind\":"
			       "\"created\",\"domain\":\"/\",\"path\":"
			       "\"/machines/wendy\""));
}

static void an_edit_is_undone(void **state)
{
	struct scene *s = *state;

	add_wendy(s);
	IS(s, "POST", "/v1/undo/2", NULL, "200 {\"undone\":2,\"changes\":1}");
	assert_null(plist_value(&wendy(s)->props, "bootfile"));
	assert_int_equal(wendy(s)->instance, 3);
	/* Undoing is an edit, too. */
	IS(s, "POST", "/v1/undo/3", NULL, "200 {\"undone\":3,\"changes\":1}");
	assert_string_equal(plist_value(&wendy(s)->props, "bootfile"), "mach");
}

static void what_was_changed_since_is_left_alone(void **state)
{
	struct scene *s = *state;

	add_wendy(s);
	IS(s, "POST", "/v1/undo/1", NULL,
	   "409 /machines/wendy: bob has changed it since, in revision 2");
	IS(s, "POST", "/v1/undo/3", NULL,
	   "404 3: there is no such revision yet");
	IS(s, "POST", "/v1/undo/0", NULL, "400 `0' is no revision");
	IS(s, "POST", "/v1/undo/two", NULL, "400 `two' is no revision");
	s->store->ops->keep(s->store, 0);
	asks(s, "PATCH", "/v1/machines/wendy", "{\"bootfile\": null}");
	IS(s, "POST", "/v1/undo/2", NULL,
	   "404 revision 2: the history reaches back only to 4");
}

static void a_new_entry_goes_if_nothing_is_in_it(void **state)
{
	struct scene *s = *state;
	struct made m;

	asks(s, "POST", "/v1/machines", "{\"name\": \"wendy\"}");
	change(s, entry_put(&m, 7, 6, 1, "name=disk"));
	IS(s, "POST", "/v1/undo/1", NULL,
	   "409 /machines/wendy: there is something in it since");
	IS(s, "POST", "/v1/undo/2", NULL, "200 {\"undone\":2,\"changes\":1}");
}

/* With all that was in it, in its order, by new numbers. */
static void what_was_destroyed_comes_back(void **state)
{
	struct scene *s = *state;
	const struct directory *d = s->d->site.directory;
	struct made m;
	const struct entry *e;

	add_wendy(s);
	change(s, entry_put(&m, 7, 6, 1, "name=disk"));
	change(s, entry_put(&m, 8, 7, 1, "name=part"));
	change(s, entry_put(&m, 9, 6, 1, "name=tape;full"));
	IS(s, "DELETE", "/v1/machines/wendy", NULL,
	   "200 {\"removed\":\"wendy\"}");
	IS(s, "POST", "/v1/undo/6", NULL, "201 {\"undone\":6,\"changes\":4}");
	e = wendy(s);
	assert_non_null(e);
	assert_int_equal(e->id, 10);
	assert_string_equal(plist_value(&e->props, "bootfile"), "mach");
	e = entry_first(d, e);
	assert_string_equal(machine_name(e), "disk");
	assert_string_equal(machine_name(entry_first(d, e)), "part");
	e = entry_next(d, e);
	assert_string_equal(machine_name(e), "tape");
	assert_null(entry_next(d, e));
	/* What undoing has made is undone as a whole. */
	IS(s, "POST", "/v1/undo/7", NULL, "200 {\"undone\":7,\"changes\":4}");
	assert_null(wendy(s));
}

/* Names may repeat there, as they do in directories of NetInfo. */
static void nothing_comes_back_twice(void **state)
{
	struct scene *s = *state;
	struct made m;

	change(s, entry_put(&m, 6, ENTRY_CONFIG, 1, "name=disk"));
	asks(s, "DELETE", "/v1/entries//config/disk", NULL);
	IS(s, "POST", "/v1/undo/2", NULL, "201 {\"undone\":2,\"changes\":1}");
	IS(s, "POST", "/v1/undo/2", NULL,
	   "409 /config/disk: the same is there again");
	/* Another one of that name is no reason. */
	asks(s, "PATCH", "/v1/entries//config/disk",
	     "{\"set\": {\"full\": []}}");
	IS(s, "POST", "/v1/undo/2", NULL, "201 {\"undone\":2,\"changes\":1}");
}

static void its_name_may_have_been_given_away(void **state)
{
	struct scene *s = *state;

	add_wendy(s);
	asks(s, "DELETE", "/v1/machines/wendy", NULL);
	asks(s, "POST", "/v1/machines",
	     "{\"name\": \"peter\", \"ip_address\": \"10.0.0.7\"}");
	IS(s, "POST", "/v1/undo/3", NULL,
	   "409 /machines/wendy: ip_address: 10.0.0.7 is /machines/peter's "
	   "already");
	assert_null(wendy(s));
}

/* Not who has changed what is in it. */
static void who_comes_second_is_told_who_was_first(void **state)
{
	struct scene *s = *state;
	struct made m;

	add_wendy(s);
	change(s, entry_put(&m, 7, 6, 1, "name=disk"));
	s->who = "carol";
	IS(s, "PATCH", "/v1/entries//machines/wendy",
	   "{\"set\":{\"a\":[]},\"instance\":1}",
	   "409 /machines/wendy: instance 1 is stale: somebody else was first, "
	   "it is 2 now: bob, in revision 2");
	IS(s, "DELETE", "/v1/entries//machines/wendy", "{\"instance\":1}",
	   "409 /machines/wendy: instance 1 is stale: somebody else was first, "
	   "it is 2 now: bob, in revision 2");
	assert_null(plist_value(&wendy(s)->props, "a"));
	/* A history that is gone takes nothing from the error. */
	s->store->ops->keep(s->store, 0);
	asks(s, "PATCH", "/v1/machines/wendy", "{\"bootfile\": null}");
	IS(s, "PATCH", "/v1/entries//machines/wendy",
	   "{\"set\":{\"a\":[]},\"instance\":1}",
	   "409 /machines/wendy: instance 1 is stale: somebody else was first, "
	   "it is 3 now");
}

/* Several lines of one revision speak of the same entries. */
static void all_of_a_revision_is_undone(void **state)
{
	struct scene *s = *state;
	struct dump *before = calloc(1, sizeof *before),
		    *after = calloc(1, sizeof *after);
	struct changes *all;
	struct made m;

	add_wendy(s);
	dump_directory(before, s->d->site.directory);
	assert_int_equal(changes_open(&all, &s->d->purse.alloc), 0);
	changes_add(all, entry_put(&m, 7, ENTRY_MACHINES, 1, "name=a"));
	changes_add(all, entry_put(&m, 8, 7, 1, "name=b"));
	changes_add(all, entry_put(&m, 7, ENTRY_MACHINES, 2, "name=c"));
	changes_add(all, entry_destroy(&m, 8, 2));
	changes_add(all, entry_put(&m, 6, ENTRY_MACHINES, 3, "name=x"));
	changes_add(all, entry_put(&m, 6, ENTRY_MACHINES, 4, "name=y"));
	changes_add(all, domain_put(&m, 9, 1, 1, "name=boston"));
	entry_put(&m, 10, 9, 1, "name=machines");
	m.c.domain = 9;
	changes_add(all, &m.c);
	assert_int_equal(store_all(s, all), 0);
	changes_drop(all);
	IS(s, "POST", "/v1/undo/3", NULL, "200 {\"undone\":3,\"changes\":8}");
	dump_directory(after, s->d->site.directory);
	/* But for the next id and wendy's instance. */
	assert_string_equal(plist_value(&wendy(s)->props, "bootfile"), "mach");
	assert_int_equal(directory_machines(s->d->site.directory), 1);
	assert_null(directory_entry(s->d->site.directory, 9));
	assert_int_equal(after->len > before->len + 8, false);
	free(before);
	free(after);
}

static void another_masters_domain_is_left_alone(void **state)
{
	struct scene *s = *state;

	add_wendy(s);
	asks(s, "DELETE", "/v1/machines/wendy", NULL);
	asks(s, "PATCH", "/v1/entries//",
	     "{\"set\": {\"master\": \"wiz/network\"}}");
	IS(s, "POST", "/v1/undo/3", NULL,
	   "409 domain /: its master is wiz/network: change it there");
	/* But who it is, is said here. */
	IS(s, "POST", "/v1/undo/4", NULL, "200 {\"undone\":4,\"changes\":1}");
	IS(s, "POST", "/v1/undo/3", NULL, "201 {\"undone\":3,\"changes\":1}");
}

static void a_domain_of_the_settings_stays(void **state)
{
	struct scene *s = *state;

	asks(s, "POST", "/v1/domains", "{\"path\": \"/boston\"}");
	s->d->site.domain = 6;
	IS(s, "POST", "/v1/undo/1", NULL,
	   "409 /boston:/: the configuration names it (directory-domain)");
	s->d->site.domain = DOMAIN_FIRST;
	s->d->domain = "/boston";
	asks(s, "PATCH", "/v1/entries//",
	     "{\"set\": {\"name\": \"lab\", \"tag\": \"x\"}}");
	s->d->domain = NULL;
	s->d->site.domain = 6;
	IS(s, "POST", "/v1/undo/2", NULL,
	   "409 /lab:/: the configuration names it (directory-domain)");
	asks(s, "PATCH", "/v1/entries//", "{\"set\": {\"tag\": \"y\"}}");
	IS(s, "POST", "/v1/undo/3", NULL, "200 {\"undone\":3,\"changes\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, open_scene, close_scene)
		TEST(the_newest_comes_first),
		TEST(an_import_names_who_asked_for_it),
		TEST(an_edit_is_undone),
		TEST(what_was_changed_since_is_left_alone),
		TEST(a_new_entry_goes_if_nothing_is_in_it),
		TEST(what_was_destroyed_comes_back),
		TEST(nothing_comes_back_twice),
		TEST(its_name_may_have_been_given_away),
		TEST(who_comes_second_is_told_who_was_first),
		TEST(all_of_a_revision_is_undone),
		TEST(another_masters_domain_is_left_alone),
		TEST(a_domain_of_the_settings_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
