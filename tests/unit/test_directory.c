/*
 * The directory as its users see it: machines are found by all they are known
 * by, from their own domain upwards, and a change that may not be changes
 * nothing.  test_directory_model.c has the random half.
 */
#include "model/directory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "props.h"
#include "purse.h"

struct stage {
	struct purse purse;
	struct directory *d;
	uint32_t other;
};

static int open_stage(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	*state = s;
	return directory_open(&s->d, purse_open(&s->purse), 4, 7);
}

static int close_stage(void **state)
{
	struct stage *s = *state;
	long out;

	directory_close(s->d);
	out = s->purse.out;
	free(s);
	return out != 0;
}

#define PUT     CHANGE_ENTRY_PUT
#define DESTROY CHANGE_ENTRY_DESTROY

/* Check a change, and apply it if that is well. */
static int try(struct stage *s, struct change c, const char *text)
{
	struct props room;

	c.props = props(&room, text);
	int rc = directory_check(s->d, &c, &s->other);

	return rc ? rc : directory_apply(s->d, &c);
}

/* A new entry in the domain, its id the next one. */
static int add_in(struct stage *s, uint32_t domain, uint32_t parent,
		  const char *text)
{
	return try(s,
		   (struct change){.kind = PUT,
				   .domain = domain,
				   .id = directory_next_id(s->d),
				   .parent = parent,
				   .instance = 1},
		   text);
}

static int add(struct stage *s, const char *text)
{
	return add_in(s, DOMAIN_FIRST, ENTRY_MACHINES, text);
}

static int edit(struct stage *s, uint32_t id, uint32_t instance,
		const char *text)
{
	return try(s,
		   (struct change){.kind = PUT,
				   .domain = DOMAIN_FIRST,
				   .id = id,
				   .parent = ENTRY_MACHINES,
				   .instance = instance},
		   text);
}

static int destroy(struct stage *s, uint32_t domain, uint32_t id,
		   uint32_t instance)
{
	return try(s,
		   (struct change){.kind = DESTROY,
				   .domain = domain,
				   .id = id,
				   .instance = instance},
		   "");
}

/* A domain with a directory of machines: its id, and that one's is the next. */
static uint32_t add_domain(struct stage *s, uint32_t parent, const char *text)
{
	uint32_t id = directory_next_id(s->d);
	int rc = try(s,
		     (struct change){.kind = CHANGE_DOMAIN_PUT,
				     .id = id,
				     .parent = parent,
				     .instance = 1},
		     text);

	assert_int_equal(rc, 0);
	assert_int_equal(add_in(s, id, id, "name=machines"), 0);
	return id;
}

static struct hwaddr hw(const char *text)
{
	struct hwaddr a = {.len = 0};

	assert_true(hwaddr_parse(text, strlen(text), &a));
	return a;
}

static uint32_t id_of(const struct entry *e)
{
	return e ? e->id : 0;
}

static uint32_t by_hw(struct stage *s, uint32_t domain, const char *text)
{
	struct hwaddr a = hw(text);

	return id_of(machine_by_hw(s->d, domain, &a));
}

static uint32_t by_ip(struct stage *s, uint32_t domain, uint32_t ip)
{
	return id_of(machine_by_ip(s->d, domain, ip));
}

static uint32_t by_name(struct stage *s, uint32_t domain, const char *name)
{
	return id_of(machine_by_name(s->d, domain, name));
}

static uint32_t by_path(struct stage *s, uint32_t domain, const char *path)
{
	return id_of(directory_path(s->d, domain, path));
}

static void the_first_domain_has_its_directories(void **state)
{
	struct stage *s = *state;

	assert_int_equal(by_path(s, 1, "/"), ENTRY_ROOT);
	assert_int_equal(by_path(s, 1, "/machines"), ENTRY_MACHINES);
	assert_int_equal(by_path(s, 1, "images"), ENTRY_IMAGES);
	assert_int_equal(by_path(s, 1, "//networks/"), ENTRY_NETWORKS);
	assert_int_equal(by_path(s, 1, "/Config"), ENTRY_CONFIG);
	assert_int_equal(by_path(s, 1, "/users"), 0);
	assert_int_equal(by_path(s, 1, "/machines/wendy"), 0);
	assert_int_equal(by_path(s, 9, "/"), 0);
	assert_int_equal(directory_next_id(s->d), ENTRY_FIXED + 1);
	assert_int_equal(directory_machines(s->d), 0);
}

static void a_machine_is_found_by_all_it_is_known_by(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add(s, "name=wendy,www;en_address=0:0:f:0:7:5a;"
				"ip_address=10.0.0.7"),
			 0);
	assert_int_equal(add(s, "name=peter;en_address=00:00:0f:00:07:5B"), 0);
	assert_int_equal(by_hw(s, 1, "00:00:0f:00:07:5a"), 6);
	assert_int_equal(by_hw(s, 1, "0:0:f:0:7:5b"), 7);
	assert_int_equal(by_hw(s, 1, "0:0:f:0:7:5c"), 0);
	assert_int_equal(by_ip(s, 1, IP4(10, 0, 0, 7)), 6);
	assert_int_equal(by_ip(s, 1, 0), 0);
	assert_int_equal(by_name(s, 1, "WENDY"), 6);
	assert_int_equal(by_name(s, 1, "Www"), 6);
	assert_int_equal(by_name(s, 1, "wend"), 0);
	assert_int_equal(by_path(s, 1, "/machines/Peter"), 7);
	assert_int_equal(directory_machines(s->d), 2);
	assert_string_equal(machine_name(directory_entry(s->d, 6)), "wendy");
}

static void what_is_no_machine_is_not_found_as_one(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add_in(s, 1, ENTRY_NETWORKS,
				"name=lan;ip_address=10.0.0.0;"
				"en_address=0:0:f:0:7:5a"),
			 0);
	assert_int_equal(add(s, "name=wendy"), 0);
	assert_int_equal(add_in(s, 1, 7, "name=disk;ip_address=10.0.0.9"), 0);
	assert_int_equal(by_hw(s, 1, "0:0:f:0:7:5a"), 0);
	assert_int_equal(by_ip(s, 1, IP4(10, 0, 0, 0)), 0);
	assert_int_equal(by_ip(s, 1, IP4(10, 0, 0, 9)), 0);
	assert_int_equal(by_name(s, 1, "lan"), 0);
	assert_int_equal(by_name(s, 1, "disk"), 0);
	assert_int_equal(by_path(s, 1, "/machines/wendy/disk"), 8);
	assert_int_equal(directory_machines(s->d), 1);
}

static void nothing_is_given_to_two_machines(void **state)
{
	struct stage *s = *state;
	static const char *const taken[] = {
		"name=Wendy",
		"name=peter,wendy",
		"name=peter;en_address=0:0:f:0:7:5a",
		"name=peter;en_address=0:0:f:0:7:5b,00:00:0f:00:07:5a",
		"name=peter;ip_address=10.0.0.9,10.0.0.7",
	};

	assert_int_equal(add(s, "name=wendy;en_address=0:0:f:0:7:5a;"
				"ip_address=10.0.0.7"),
			 0);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		assert_int_equal(add(s, taken[i]), -EEXIST);
		assert_int_equal(s->other, 6);
	}
	assert_int_equal(add(s, "name=peter"), 0);
	assert_int_equal(edit(s, 7, 2, "name=peter;ip_address=10.0.0.7"),
			 -EEXIST);
	assert_int_equal(s->other, 6);
	assert_int_equal(directory_machines(s->d), 2);
}

static void a_machine_may_repeat_its_own(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add(s, "name=wendy,wendy;"
				"en_address=0:0:f:0:7:5a,0:0:f:0:7:5a;"
				"ip_address=10.0.0.7,10.1.0.7"),
			 0);
	assert_int_equal(edit(s, 6, 2, "name=wendy;ip_address=10.1.0.7"), 0);
	assert_int_equal(by_name(s, 1, "wendy"), 6);
	assert_int_equal(by_hw(s, 1, "0:0:f:0:7:5a"), 0);
	assert_int_equal(by_ip(s, 1, IP4(10, 0, 0, 7)), 0);
	assert_int_equal(by_ip(s, 1, IP4(10, 1, 0, 7)), 6);
}

static void an_edit_replaces_what_a_machine_is_known_by(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add(s, "name=wendy;en_address=0:0:f:0:7:5a"), 0);
	assert_int_equal(edit(s, 6, 2, "name=wanda;en_address=0:0:f:0:7:5b"),
			 0);
	assert_int_equal(by_name(s, 1, "wendy"), 0);
	assert_int_equal(by_name(s, 1, "wanda"), 6);
	assert_int_equal(by_hw(s, 1, "0:0:f:0:7:5a"), 0);
	assert_int_equal(by_hw(s, 1, "0:0:f:0:7:5b"), 6);
	assert_int_equal(directory_entry(s->d, 6)->instance, 2);
	assert_int_equal(add(s, "name=wendy;en_address=0:0:f:0:7:5a"), 0);
}

static void a_stale_edit_is_refused(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add(s, "name=wendy"), 0);
	assert_int_equal(edit(s, 6, 1, "name=wanda"), -ESTALE);
	assert_int_equal(edit(s, 6, 3, "name=wanda"), -ESTALE);
	assert_int_equal(edit(s, 6, 2, "name=wanda"), 0);
	assert_int_equal(edit(s, 6, 2, "name=wendy"), -ESTALE);
	assert_int_equal(destroy(s, 1, 6, 2), -ESTALE);
	assert_int_equal(edit(s, 7, 2, "name=peter"), -ENOENT);
	assert_int_equal(destroy(s, 1, 7, 2), -ENOENT);
	assert_int_equal(by_name(s, 1, "wanda"), 6);
}

static void an_id_is_never_used_again(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add(s, "name=wendy"), 0);
	assert_int_equal(destroy(s, 1, 6, 2), 0);
	assert_int_equal(directory_next_id(s->d), 7);
	assert_int_equal(edit(s, 6, 1, "name=wendy"), -ESTALE);
	assert_int_equal(add(s, "name=wendy"), 0);
	assert_int_equal(by_name(s, 1, "wendy"), 7);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct stage *s = *state;
	static const struct {
		enum change_kind kind;
		uint32_t domain, id, parent, instance;
		const char *text;
		int rc;
	} rows[] = {
		{PUT, 1, 7, 2, 1, "name=x;en_address=0:0:f:0:7", -EINVAL},
		{PUT, 1, 7, 2, 1, "name=x;en_address=", -EINVAL},
		{PUT, 1, 7, 2, 1, "name=x;ip_address=10.0.0", -EINVAL},
		{PUT, 1, 7, 2, 1, "name=x;ip_address=0.0.0.0", -EINVAL},
		{PUT, 1, 7, 2, 1, "name=x;ip_address=224.0.0.1", -EINVAL},
		{PUT, 1, 7, 2, 1, "name=x;ip_address=255.255.255.255", -EINVAL},
		{PUT, 1, 7, 99, 1, "name=x", -ENOENT},   /* no parent */
		{PUT, 1, 7, 0, 1, "name=x", -ENOENT},    /* nor here */
		{PUT, 6, 7, 2, 1, "name=x", -EINVAL},    /* other domain */
		{PUT, 1, 6, 3, 2, "name=x", -EINVAL},    /* other parent */
		{PUT, 7, 6, 2, 2, "name=x", -EINVAL},    /* other domain */
		{PUT, 1, 0, 2, 1, "name=x", -ESTALE},    /* id of nobody */
		{PUT, 1, UINT32_MAX, 2, 1, "", -EINVAL}, /* no next id */
		{PUT, 1, 7, 1, 1, "name=machines", -EEXIST},
		{PUT, 1, 2, 1, 2, "name=computers", -EINVAL},
		{PUT, 1, 3, 1, 2, "name=machines", -EINVAL},
		{DESTROY, 1, 1, 0, 2, "", -EINVAL},
		{DESTROY, 1, 5, 1, 2, "", -EINVAL},
		{DESTROY, 2, 6, 2, 2, "", -EINVAL}, /* other domain */
		{CHANGE_DOMAIN_PUT, 0, 7, 2, 1, "", -ENOENT},
		{CHANGE_DOMAIN_PUT, 0, 6, 1, 2, "", -EINVAL},
		{CHANGE_LEASE_PUT, 1, 0, 0, 0, "", -EINVAL},
		{CHANGE_LEASE_DROP, 1, 0, 0, 0, "", -EINVAL},
	};

	assert_int_equal(add(s, "name=wendy"), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct change c = {.kind = rows[i].kind,
				   .domain = rows[i].domain,
				   .id = rows[i].id,
				   .parent = rows[i].parent,
				   .instance = rows[i].instance};
		int rc = try(s, c, rows[i].text);

		if (rc != rows[i].rc)
			fail_msg("row %zu: %d, not %d", i, rc, rows[i].rc);
	}
	assert_int_equal(directory_next_id(s->d), 7);
	assert_int_equal(directory_machines(s->d), 1);
}

static void a_property_list_must_be_sound(void **state)
{
	struct stage *s = *state;
	static const uint8_t cut[] = {'n', 'a', 'm', 'e', 0, 0, 1, 'x'};
	struct change c = {.kind = PUT,
			   .domain = 1,
			   .id = 6,
			   .parent = 2,
			   .instance = 1,
			   .props = {cut, sizeof cut}};

	assert_int_equal(directory_check(s->d, &c, &s->other), -EINVAL);
	assert_int_equal(directory_apply(s->d, &c), -EINVAL);
}

static void destroying_takes_all_below(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add_in(s, 1, ENTRY_CONFIG, "name=a"), 0);
	assert_int_equal(add_in(s, 1, 6, "name=b"), 0);
	assert_int_equal(add_in(s, 1, 7, "name=c"), 0);
	assert_int_equal(add_in(s, 1, 6, "name=d"), 0);
	assert_int_equal(add_in(s, 1, ENTRY_CONFIG, "name=e"), 0);
	assert_int_equal(by_path(s, 1, "/config/a/b/c"), 8);
	assert_int_equal(destroy(s, 1, 6, 2), 0);
	for (uint32_t id = 6; id < 10; id++)
		assert_null(directory_entry(s->d, id));
	assert_int_equal(by_path(s, 1, "/config/e"), 10);
	assert_int_equal(by_path(s, 1, "/config/a"), 0);
	assert_null(entry_first(s->d, directory_entry(s->d, 10)));
	assert_int_equal(
		id_of(entry_first(s->d, directory_entry(s->d, ENTRY_CONFIG))),
		10);
}

static void a_deep_tree_is_destroyed_without_recursion(void **state)
{
	struct stage *s = *state;

	assert_int_equal(add_in(s, 1, ENTRY_CONFIG, "name=top"), 0);
	for (uint32_t id = 6; id < 50000; id++)
		assert_int_equal(add_in(s, 1, id, "name=deeper"), 0);
	assert_int_equal(destroy(s, 1, 6, 2), 0);
	assert_null(directory_entry(s->d, 6));
	assert_null(directory_entry(s->d, 50000));
}

static void siblings_are_in_order_of_their_ids(void **state)
{
	struct stage *s = *state;
	static const uint32_t ids[] = {9, 7, 12, 8, 10};
	static const uint32_t order[] = {7, 8, 9, 10, 12};
	struct props room;
	size_t i = 0;

	for (i = 0; i < 5; i++) {
		struct change c = {.kind = PUT,
				   .domain = 1,
				   .id = ids[i],
				   .parent = ENTRY_IMAGES,
				   .instance = 1,
				   .props = props(&room, "name=same")};

		assert_int_equal(directory_apply(s->d, &c), 0);
	}
	const struct entry *e = directory_entry(s->d, ENTRY_IMAGES);

	assert_int_equal(entry_child(s->d, e, "same")->id, 7);
	i = 0;
	for (e = entry_first(s->d, e); e; e = entry_next(s->d, e))
		assert_int_equal(e->id, order[i++]);
	assert_int_equal(i, 5);
	assert_int_equal(directory_next_id(s->d), 13);
}

static void look_ups_climb_to_the_nearest_that_knows(void **state)
{
	struct stage *s = *state;
	uint32_t hall = add_domain(s, DOMAIN_FIRST, "name=hall");
	uint32_t desk = add_domain(s, hall, "name=desk");
	uint32_t other = add_domain(s, DOMAIN_FIRST, "name=other");

	assert_int_equal(add_in(s, 1, 2, "name=server;ip_address=10.0.0.1"), 0);
	assert_int_equal(add_in(s, hall, hall + 1,
				"name=server,s;ip_address=10.0.0.2;"
				"en_address=0:0:f:0:0:2"),
			 0);
	assert_int_equal(
		add_in(s, desk, desk + 1, "name=own;en_address=0:0:f:0:0:3"),
		0);
	uint32_t first = by_name(s, 1, "server"), own = first + 2;

	assert_int_equal(by_name(s, hall, "server"), first + 1);
	assert_int_equal(by_name(s, desk, "server"), first + 1);
	assert_int_equal(by_name(s, other, "server"), first);
	assert_int_equal(by_name(s, other, "s"), 0);
	assert_int_equal(by_ip(s, desk, IP4(10, 0, 0, 1)), first);
	assert_int_equal(by_ip(s, desk, IP4(10, 0, 0, 2)), first + 1);
	assert_int_equal(by_ip(s, 1, IP4(10, 0, 0, 2)), 0);
	assert_int_equal(by_hw(s, desk, "0:0:f:0:0:2"), first + 1);
	assert_int_equal(by_hw(s, desk, "0:0:f:0:0:3"), own);
	assert_int_equal(by_hw(s, hall, "0:0:f:0:0:3"), 0);
	assert_int_equal(by_name(s, 99, "server"), 0);
	assert_int_equal(by_name(s, first, "server"), 0);
	assert_int_equal(by_path(s, desk, "/machines/own"), own);
	assert_int_equal(by_path(s, desk, "/machines/server"), 0);
	assert_int_equal(domain_parent(s->d, desk), hall);
	assert_int_equal(domain_parent(s->d, DOMAIN_FIRST), 0);
	assert_int_equal(domain_parent(s->d, own), 0);
	assert_int_equal(directory_machines(s->d), 3);
}

static void a_domain_without_machines_is_climbed_over(void **state)
{
	struct stage *s = *state;
	uint32_t hall = add_domain(s, DOMAIN_FIRST, "name=hall");
	uint32_t desk = add_domain(s, hall, "name=desk");

	assert_int_equal(add(s, "name=wendy"), 0);
	assert_int_equal(add_in(s, hall, hall + 1, "name=wendy"), 0);
	assert_int_equal(destroy(s, hall, hall + 1, 2), 0);
	assert_int_equal(by_name(s, desk, "wendy"), desk + 2);
	assert_int_equal(directory_machines(s->d), 1);
}

static void a_domain_goes_with_all_its_entries(void **state)
{
	struct stage *s = *state;
	uint32_t hall = add_domain(s, DOMAIN_FIRST, "name=hall");
	uint32_t desk = add_domain(s, hall, "name=desk");

	assert_int_equal(add_in(s, desk, desk + 1, "name=own"), 0);
	assert_int_equal(destroy(s, hall, hall, 2), -ENOTEMPTY);
	assert_int_equal(destroy(s, desk, desk, 2), 0);
	assert_int_equal(by_name(s, desk, "own"), 0);
	assert_null(directory_entry(s->d, desk + 2));
	assert_int_equal(directory_machines(s->d), 0);
	assert_int_equal(destroy(s, hall, hall, 2), 0);
	assert_null(directory_entry(s->d, hall));
}

static void a_domain_is_edited_in_place(void **state)
{
	struct stage *s = *state;
	uint32_t hall = add_domain(s, DOMAIN_FIRST, "name=hall");
	struct change c = {CHANGE_DOMAIN_PUT, 0, hall, 1, .instance = 2};

	assert_int_equal(try(s, c, "name=lobby"), 0);
	c = (struct change){PUT, hall, hall, 0, .instance = 3};
	assert_int_equal(try(s, c, "name=foyer"), 0);
	assert_string_equal(machine_name(directory_entry(s->d, hall)), "foyer");
	c = (struct change){CHANGE_DOMAIN_PUT, 0, hall, 0, .instance = 4};
	assert_int_equal(try(s, c, "name=foyer"), -EINVAL); /* moved */
	assert_int_equal(domain_parent(s->d, hall), 1);
}

/* What a store has of an entry is its last instance. */
static void a_snapshot_may_begin_with_any_instance(void **state)
{
	struct stage *s = *state;
	struct props room;
	struct change c = {.kind = PUT,
			   .domain = 1,
			   .id = 20,
			   .parent = 2,
			   .instance = 9,
			   .props = props(&room, "name=wendy")};

	assert_int_equal(directory_apply(s->d, &c), 0);
	assert_int_equal(directory_apply(s->d, &c), -ESTALE);
	c.instance = 8;
	assert_int_equal(directory_apply(s->d, &c), -ESTALE);
	c.instance = 12;
	assert_int_equal(directory_apply(s->d, &c), 0);
	assert_int_equal(directory_next_id(s->d), 21);
	c.id = ENTRY_CONFIG;
	c.parent = ENTRY_ROOT;
	c.props = props(&room, "name=config;colour=red");
	assert_int_equal(directory_apply(s->d, &c), 0);
}

static void an_address_is_chosen_by_card_and_subnet(void **state)
{
	struct stage *s = *state;
	struct subnet ten = {.network = IP4(10, 0, 0, 0), .mask = 0xffffff00u};
	struct subnet eleven = {.network = IP4(11, 0, 0, 0),
				.mask = 0xff000000u};
	struct subnet twelve = {.network = IP4(12, 0, 0, 0),
				.mask = 0xff000000u};
	struct hwaddr one = hw("0:0:f:0:0:1"), two = hw("0:0:f:0:0:2"),
		      three = hw("0:0:f:0:0:3"), no = hw("0:0:f:0:0:9");

	assert_int_equal(add(s,
			     "name=wendy;"
			     "en_address=0:0:f:0:0:1,0:0:f:0:0:2,0:0:f:0:0:3;"
			     "ip_address=10.0.0.1,10.0.0.2,11.0.0.3"),
			 0);
	assert_int_equal(add(s, "name=peter;ip_address=10.0.0.9"), 0);
	assert_int_equal(add(s, "name=bare;en_address=0:0:f:0:0:9"), 0);
	const struct entry *wendy = machine_by_name(s->d, 1, "wendy");

	assert_int_equal(machine_address(wendy, &one, &ten), IP4(10, 0, 0, 1));
	assert_int_equal(machine_address(wendy, &two, &ten), IP4(10, 0, 0, 2));
	assert_int_equal(machine_address(wendy, &three, &ten),
			 IP4(10, 0, 0, 1));
	assert_int_equal(machine_address(wendy, &two, &eleven),
			 IP4(11, 0, 0, 3));
	assert_int_equal(machine_address(wendy, &no, &ten), IP4(10, 0, 0, 1));
	assert_int_equal(machine_address(wendy, &one, &twelve), 0);
	assert_int_equal(
		machine_address(machine_by_name(s->d, 1, "peter"), &no, &ten),
		IP4(10, 0, 0, 9));
	assert_int_equal(
		machine_address(machine_by_name(s->d, 1, "bare"), &no, &ten),
		0);
}

/* NetInfo's: 1 * 9 + 2 * 4 = 17. */
static void a_checksum_is_never_nought(void **state)
{
	struct stage *s = *state;
	struct change c = {.kind = CHANGE_DOMAIN_PUT,
			   .id = directory_next_id(s->d),
			   .parent = DOMAIN_FIRST,
			   .instance = 9};
	uint32_t domain = c.id;

	assert_int_equal(domain_checksum(s->d, domain), 0);
	assert_int_equal(directory_apply(s->d, &c), 0);
	c = (struct change){.kind = PUT,
			    .domain = domain,
			    .id = domain + 1,
			    .parent = domain,
			    .instance = 4};
	assert_int_equal(directory_apply(s->d, &c), 0);
	assert_int_equal(domain_checksum(s->d, domain), 17);
	c.id++;
	c.instance = 1;
	assert_int_equal(directory_apply(s->d, &c), 0);
	assert_int_equal(domain_checksum(s->d, domain), 20);
	/* 11 less than nothing, and 11: it wraps around to 0. */
	c = (struct change){.kind = CHANGE_DOMAIN_PUT,
			    .id = domain,
			    .parent = DOMAIN_FIRST,
			    .instance = UINT32_MAX - 10};
	assert_int_equal(directory_apply(s->d, &c), 0);
	assert_int_equal(domain_checksum(s->d, domain), 1);
	c.kind = DESTROY;
	c.domain = domain;
	c.instance++;
	assert_int_equal(directory_apply(s->d, &c), 0);
	assert_int_equal(domain_checksum(s->d, domain), 0);
}

static void an_entry_stays_where_it_is(void **state)
{
	struct stage *s = *state;
	const struct entry *config = directory_entry(s->d, ENTRY_CONFIG);
	char text[64];

	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "name=m%d;ip_address=10.0.%d.%d", i,
			 i >> 8, i & 255);
		assert_int_equal(add(s, text), 0);
	}
	assert_ptr_equal(directory_entry(s->d, ENTRY_CONFIG), config);
	assert_string_equal(machine_name(config), "config");
	assert_int_equal(by_name(s, 1, "M4999"), 5005);
	assert_int_equal(by_ip(s, 1, IP4(10, 0, 19, 135)), 5005);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_stage, close_stage)

static const struct entry *behind_by_walking(const struct directory *d,
					     uint32_t parent, uint32_t id)
{
	const struct entry *e = entry_first(d, directory_entry(d, parent));

	while (e && e->id <= id)
		e = entry_next(d, e);
	return e;
}

/* As a page of a list begins: what the one before ended with may have gone, and
 * ids next to it may be of another directory. */
static void what_stands_behind_an_id_is_found(void **state)
{
	enum { MANY = 200 };
	struct stage *s = *state;
	char text[32];

	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "name=m%d", i);
		assert_int_equal(
			add_in(s, DOMAIN_FIRST,
			       i % 7 < 3 ? ENTRY_CONFIG : ENTRY_MACHINES, text),
			0);
	}
	for (uint32_t i = 0; i < MANY; i++)
		if (i % 5 < 2 || (i > 50 && i < 90) || i < 9 || i > MANY - 9)
			assert_int_equal(destroy(s, DOMAIN_FIRST, 6 + i, 2), 0);
	for (uint32_t parent = ENTRY_ROOT; parent <= ENTRY_CONFIG; parent++)
		for (uint32_t id = 0; id < MANY + 10; id++)
			assert_ptr_equal(
				entry_behind(s->d,
					     directory_entry(s->d, parent), id),
				behind_by_walking(s->d, parent, id));
	assert_null(entry_behind(s->d, directory_entry(s->d, ENTRY_MACHINES),
				 UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_domain_has_its_directories),
		TEST(a_machine_is_found_by_all_it_is_known_by),
		TEST(what_is_no_machine_is_not_found_as_one),
		TEST(nothing_is_given_to_two_machines),
		TEST(a_machine_may_repeat_its_own),
		TEST(an_edit_replaces_what_a_machine_is_known_by),
		TEST(a_stale_edit_is_refused),
		TEST(an_id_is_never_used_again),
		TEST(what_makes_no_sense_is_refused),
		TEST(a_property_list_must_be_sound),
		TEST(destroying_takes_all_below),
		TEST(a_deep_tree_is_destroyed_without_recursion),
		TEST(siblings_are_in_order_of_their_ids),
		TEST(look_ups_climb_to_the_nearest_that_knows),
		TEST(a_domain_without_machines_is_climbed_over),
		TEST(a_domain_goes_with_all_its_entries),
		TEST(a_domain_is_edited_in_place),
		TEST(a_snapshot_may_begin_with_any_instance),
		TEST(an_address_is_chosen_by_card_and_subnet),
		TEST(a_checksum_is_never_nought),
		TEST(an_entry_stays_where_it_is),
		TEST(what_stands_behind_an_id_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
