/*
 * Paths of directories and of domains: reading, finding, writing.
 */
#include "model/domain.h"
#include "model/path.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "changes.h"
#include "purse.h"

struct scene {
	struct purse purse;
	struct directory *d;
	struct made made;
	uint32_t boston, lab;
};

static int put(struct scene *s, uint32_t domain, uint32_t parent,
	       const char *text)
{
	uint32_t id = directory_next_id(s->d);

	entry_put(&s->made, id, parent, 1, text);
	s->made.c.domain = domain;
	return directory_apply(s->d, &s->made.c) ? 0 : (int)id;
}

static uint32_t add_domain(struct scene *s, uint32_t parent, const char *text)
{
	uint32_t id = directory_next_id(s->d);

	assert_int_equal(directory_apply(s->d, domain_put(&s->made, id, parent,
							  1, text)),
			 0);
	return id;
}

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof *s);
	int machines;

	assert_non_null(s);
	assert_int_equal(directory_open(&s->d, purse_open(&s->purse), 8, 1), 0);
	/* 6 to 8 */
	put(s, 1, ENTRY_MACHINES,
	    "name=wendy,w;en_address=0:0:f:0:7:5a;ip_address=10.0.0.5");
	put(s, 1, ENTRY_MACHINES, "name=a/b=c\\[1];colour=red,blue");
	put(s, 1, ENTRY_MACHINES, "name=last;colour=blue");
	s->boston = add_domain(s, 1, "name=boston"); /* 9 */
	machines = put(s, s->boston, s->boston, "name=machines");
	put(s, s->boston, (uint32_t)machines, "name=peter"); /* 11 */
	s->lab = add_domain(s, s->boston, "name=lab");
	*state = s;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	directory_close(s->d);
	assert_int_equal(s->purse.out, 0);
	free(s);
	return 0;
}

/* The id at a path, or 0; a fault is printed. */
static uint32_t at(struct scene *s, uint32_t domain, const char *path)
{
	const char *fault;
	const struct entry *e = path_entry(s->d, domain, path, &fault);

	if (fault)
		print_message("%s %s\n", path, fault);
	return e ? e->id : 0;
}

static const char *fault_of(struct scene *s, const char *path)
{
	const char *fault;

	assert_null(path_entry(s->d, 1, path, &fault));
	return fault ? fault : "";
}

static void a_path_leads_to_an_entry(void **state)
{
	struct scene *s = *state;

	assert_int_equal(at(s, 1, "/"), 1);
	assert_int_equal(at(s, 1, "/machines"), ENTRY_MACHINES);
	assert_int_equal(at(s, 1, "//machines/wendy/"), 6);
	assert_int_equal(at(s, 1, "/machines/W"), 6);
	assert_int_equal(at(s, 1, "/machines/peter"), 0);
	assert_int_equal(at(s, s->boston, "/machines/peter"), 11);
	assert_int_equal(at(s, s->boston, "/machines/wendy"), 0);
	assert_int_equal(at(s, 99, "/"), 0);
}

static void a_component_may_say_a_property(void **state)
{
	struct scene *s = *state;

	assert_int_equal(at(s, 1, "/machines/en_address=00-00-0F-0-7-5a"), 6);
	assert_int_equal(at(s, 1, "/machines/ip_address=10.0.0.5"), 6);
	assert_int_equal(at(s, 1, "/machines/name=wendy"), 6);
	assert_int_equal(at(s, 1, "/name=machines/name=w"), 6);
	assert_int_equal(at(s, 1, "/machines/colour=red"), 7);
	/* The first in order. */
	assert_int_equal(at(s, 1, "/machines/colour=blue"), 7);
	assert_int_equal(at(s, 1, "/machines/colour=green"), 0);
	assert_int_equal(at(s, 1, "/machines/en_address=x"), 0);
	/* A machine of another domain is not in this directory. */
	assert_int_equal(at(s, s->boston, "/machines/ip_address=10.0.0.5"), 0);
}

static void a_backslash_takes_a_meaning_away(void **state)
{
	struct scene *s = *state;

	assert_int_equal(at(s, 1, "/machines/a\\/b\\=c\\\\\\[1]"), 7);
	assert_int_equal(at(s, 1, "/machines/name=a\\/b=c\\\\[1]"), 7);
	assert_int_equal(at(s, 1, "/machines/a\\/b"), 0);
}

static void a_number_is_a_directory(void **state)
{
	struct scene *s = *state;

	assert_int_equal(at(s, 1, "0"), 1);
	assert_int_equal(at(s, 1, "1"), ENTRY_MACHINES);
	assert_int_equal(at(s, 1, "1/wendy"), 6);
	assert_int_equal(at(s, s->boston, "0"), s->boston);
	assert_int_equal(at(s, s->boston, "2"), 11);
	/* Of another domain, or of none. */
	assert_int_equal(at(s, 1, "8"), 0);
	assert_int_equal(at(s, 1, "4294967295"), 0);
	/* With a slash it is a name. */
	assert_int_equal(at(s, 1, "/1"), 0);
}

static void what_is_no_path_says_why(void **state)
{
	struct scene *s = *state;
	char longer[600] = "/";

	assert_string_equal(fault_of(s, ""),
			    "begins with neither a slash nor a number");
	assert_string_equal(fault_of(s, "machines/wendy"),
			    "begins with neither a slash nor a number");
	assert_string_equal(fault_of(s, "4294967296"),
			    "begins with neither a slash nor a number");
	assert_string_equal(fault_of(s, "/machines/=x"),
			    "has a value without a property before it");
	assert_string_equal(fault_of(s, "/machines/wendy\\"),
			    "ends in a backslash");
	assert_string_equal(fault_of(s, "/nothing/wendy\\"),
			    "ends in a backslash");
	memset(longer + 1, 'x', 510);
	assert_string_equal(fault_of(s, longer), "");
	longer[511] = 'x';
	assert_string_equal(fault_of(s, longer),
			    "has a component of more than 510 bytes");
	assert_string_equal(fault_of(s, "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/0"),
			    "");
	assert_string_equal(fault_of(s, "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/0/1"),
			    "has more than 16 components");
}

static void a_new_entry_has_a_parent_and_a_name(void **state)
{
	struct scene *s = *state;
	const char *fault;
	struct path p;
	const struct entry *e =
		path_parent(s->d, 1, "/machines/bootfile=x\\/y", &p, &fault);

	assert_non_null(e);
	assert_int_equal(e->id, ENTRY_MACHINES);
	assert_string_equal(p.key, "bootfile");
	assert_string_equal(p.value, "x/y");
	e = path_parent(s->d, 1, "1/new/", &p, &fault);
	assert_non_null(e);
	assert_int_equal(e->id, ENTRY_MACHINES);
	assert_null(p.key);
	assert_string_equal(p.value, "new");
	assert_null(path_parent(s->d, 1, "/nothing/new", &p, &fault));
	assert_null(fault);
	assert_null(path_parent(s->d, 1, "/", &p, &fault));
	assert_string_equal(fault, "is there already");
	assert_null(path_parent(s->d, 1, "1", &p, &fault));
	assert_string_equal(fault, "is there already");
}

static void below_sixteen_directories_there_is_no_more(void **state)
{
	struct scene *s = *state;
	uint32_t id = 1;
	const char *fault;
	char path[16];
	struct path p;

	for (int i = 0; i < PATH_DEPTH; i++) {
		snprintf(path, sizeof path, "%u/new", id - 1);
		assert_non_null(path_parent(s->d, 1, path, &p, &fault));
		id = (uint32_t)put(s, 1, id, "name=down");
	}
	snprintf(path, sizeof path, "%u/new", id - 1);
	assert_null(path_parent(s->d, 1, path, &p, &fault));
	assert_string_equal(fault, "is deeper than 16 directories");
}

static const char *path_of(struct scene *s, uint32_t id)
{
	static char room[256];
	struct text t = text_over(room, sizeof room);

	path_put(s->d, directory_entry(s->d, id), &t);
	return room;
}

static void a_path_that_is_written_leads_there(void **state)
{
	struct scene *s = *state;
	uint32_t none = (uint32_t)put(s, 1, ENTRY_MACHINES, "colour=green");
	uint32_t below = (uint32_t)put(s, 1, none, "name=x");

	assert_string_equal(path_of(s, 1), "/");
	assert_string_equal(path_of(s, 6), "/machines/wendy");
	assert_string_equal(path_of(s, 7), "/machines/a\\/b\\=c\\\\\\[1\\]");
	assert_string_equal(path_of(s, 11), "/machines/peter");
	assert_string_equal(path_of(s, none), "12");
	assert_string_equal(path_of(s, below), "12/x");
	for (uint32_t id = 1; id <= below; id++) {
		const struct entry *e = directory_entry(s->d, id);

		if (e)
			assert_int_equal(at(s, e->domain, path_of(s, id)), id);
	}
}

/* ---- domains ------------------------------------------------------------- */

static const char *domain_of(struct scene *s, uint32_t domain)
{
	static char room[DOMAIN_PATH];
	struct text t = text_over(room, sizeof room);

	domain_path_put(s->d, domain, &t);
	return room;
}

static void a_domain_is_found_by_its_path(void **state)
{
	struct scene *s = *state;

	assert_int_equal(domain_find(s->d, "/"), 1);
	assert_int_equal(domain_find(s->d, "/boston"), s->boston);
	assert_int_equal(domain_find(s->d, "/Boston/lab/"), s->lab);
	assert_int_equal(domain_find(s->d, "/lab"), 0);
	assert_int_equal(domain_find(s->d, "/boston/machines"), 0);
	assert_int_equal(domain_find(s->d, "boston"), 0);
	assert_int_equal(domain_child(s->d, s->boston, "lab"), s->lab);
	assert_int_equal(domain_child(s->d, 1, "lab"), 0);
	assert_string_equal(domain_of(s, 1), "/");
	assert_string_equal(domain_of(s, s->lab), "/boston/lab");
}

static void a_domain_may_be_said_from_ones_own(void **state)
{
	struct scene *s = *state;

	assert_int_equal(domain_named(s->d, s->lab, "."), s->lab);
	assert_int_equal(domain_named(s->d, s->lab, ".."), s->boston);
	assert_int_equal(domain_named(s->d, 1, ".."), 0);
	assert_int_equal(domain_named(s->d, s->lab, "/"), 1);
}

static void two_domains_may_share_a_name_but_no_parent(void **state)
{
	struct scene *s = *state;
	uint32_t other, id = directory_next_id(s->d);
	const struct change *c;

	c = domain_put(&s->made, id, 1, 1, "name=Boston");
	assert_int_equal(directory_check(s->d, c, &other), -EEXIST);
	assert_int_equal(other, s->boston);
	assert_int_equal(add_domain(s, 1, "name=lab"), id);
	assert_int_equal(domain_find(s->d, "/lab"), id);
	/* Nor may it get one later, but keep its own. */
	c = domain_put(&s->made, id, 1, 2, "name=boston");
	assert_int_equal(directory_check(s->d, c, &other), -EEXIST);
	c = domain_put(&s->made, id, 1, 2, "name=lab;master=wizard/lab");
	assert_int_equal(directory_check(s->d, c, &other), 0);
	assert_int_equal(domain_find(s->d, "/boston/lab"), s->lab);
}

static void all_domains_are_walked_in_order(void **state)
{
	struct scene *s = *state;
	uint32_t id = 0, n = 0;

	for (int i = 0; i < 40; i++)
		add_domain(s, s->boston, "colour=none");
	while ((id = domain_next(s->d, id)))
		n++;
	assert_int_equal(n, 43);
	assert_int_equal(domain_next(s->d, 0), 1);
	assert_int_equal(domain_next(s->d, 1), s->boston);
	assert_int_equal(domain_next(s->d, s->boston + 1), s->lab);
	s->made.c = (struct change){.kind = CHANGE_ENTRY_DESTROY,
				    .domain = s->lab,
				    .id = s->lab,
				    .instance = 2};
	assert_int_equal(directory_apply(s->d, &s->made.c), 0);
	assert_int_equal(domain_next(s->d, s->boston), s->lab + 1);
	assert_int_equal(domain_find(s->d, "/boston/lab"), 0);
}

static void a_domain_without_a_name_has_a_number(void **state)
{
	struct scene *s = *state;
	uint32_t id = add_domain(s, s->boston, "colour=none");
	char want[32];

	snprintf(want, sizeof want, "/boston/#%u", id);
	assert_string_equal(domain_of(s, id), want);
}

static void names_and_paths_of_domains_are_plain(void **state)
{
	(void)state;
	assert_true(domain_name_is_good("boston-2.lab_x"));
	assert_false(domain_name_is_good(""));
	assert_false(domain_name_is_good("."));
	assert_false(domain_name_is_good(".."));
	assert_false(domain_name_is_good("a/b"));
	assert_false(domain_name_is_good("a=b"));
	assert_true(domain_path_is_good("/"));
	assert_true(domain_path_is_good("/boston/lab"));
	assert_false(domain_path_is_good(""));
	assert_false(domain_path_is_good("boston"));
	assert_false(domain_path_is_good("//"));
	assert_false(domain_path_is_good("/boston/"));
	assert_false(domain_path_is_good("/boston//lab"));
	assert_false(domain_path_is_good("/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/0/1"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)
	const struct CMUnitTest tests[] = {
		TEST(a_path_leads_to_an_entry),
		TEST(a_component_may_say_a_property),
		TEST(a_backslash_takes_a_meaning_away),
		TEST(a_number_is_a_directory),
		TEST(what_is_no_path_says_why),
		TEST(a_new_entry_has_a_parent_and_a_name),
		TEST(below_sixteen_directories_there_is_no_more),
		TEST(a_path_that_is_written_leads_there),
		TEST(a_domain_is_found_by_its_path),
		TEST(a_domain_may_be_said_from_ones_own),
		TEST(two_domains_may_share_a_name_but_no_parent),
		TEST(all_domains_are_walked_in_order),
		TEST(a_domain_without_a_name_has_a_number),
		cmocka_unit_test(names_and_paths_of_domains_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
