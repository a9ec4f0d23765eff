/*
 * The table of leases has room for every machine that is registered, wherever
 * its address is: when a site is loaded, and as the directory grows.
 */
#include "app/load.h"

#include "host/loop.h"
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin_desk.h"
#include "changes.h"

enum { MACHINES = 5000, FIRST_ID = 6, STRANGERS = 4096 };

/* Outside all ranges: the desk has none. */
static const struct change *machine(struct made *m, uint32_t i)
{
	char text[128];

	(void)snprintf(
		text, sizeof text,
		"name=m%u;en_address=2:0:0:0:%x:%x;ip_address=10.9.%u.%u", i,
		i / 256, i % 256, i / 256, i % 256);
	return entry_put(m, FIRST_ID + i, ENTRY_MACHINES, 1, text);
}

/* Every machine holds its address, and as many strangers what they got. */
static void all_hold_theirs(struct desk *d)
{
	struct lease l = {.kind = LEASE_BOOTP, .wall_ends = NEVER};

	for (uint32_t i = 0; i < MACHINES + STRANGERS; i++) {
		uint8_t hw[6] = {2, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i};

		l.ip = IP4(10, 9, 0, 0) + i;
		l.hw = hwaddr_ethernet(hw);
		assert_int_equal(
			leases_put(d->site.leases, &l, d->now, d->wall), 0);
	}
	assert_int_equal(leases_count(d->site.leases), MACHINES + STRANGERS);
}

static void on_skipped(void *arg, const struct lease *l)
{
	(void)arg;
	(void)l;
	fail();
}

static void a_site_is_loaded_with_room_for_all_its_machines(void **state)
{
	struct desk *d = *state;
	struct store *s;
	uint64_t revision;
	struct made m;

	assert_int_equal(store_memory_open(&s, &d->purse.alloc, NULL), 0);
	for (uint32_t i = 0; i < MACHINES; i++) {
		struct commit v = {.change = machine(&m, i)};

		assert_int_equal(s->ops->commit(s, &v, 1, &revision), 0);
		assert_int_equal(v.rc, 0);
	}
	assert_int_equal(leases_most(d->site.leases), MOST_LEASES);
	assert_int_equal(
		load_site(s, &d->site, &d->purse.alloc, on_skipped, NULL), 0);
	s->ops->close(s);
	all_hold_theirs(d);
}

static void the_table_grows_with_the_directory(void **state)
{
	struct desk *d = *state;
	uint32_t moved = 0, most = 0;
	struct made m;

	for (uint32_t i = 0; i < MACHINES; i++) {
		assert_int_equal(
			directory_apply(d->site.directory, machine(&m, i)), 0);
		assert_int_equal(load_fit(&d->site, &d->purse.alloc), 0);
		moved += leases_most(d->site.leases) != most;
		most = leases_most(d->site.leases);
		assert_true(most >= load_addresses(&d->settings, i + 1));
	}
	/* Not for each of them. */
	assert_true(moved < 50);
	all_hold_theirs(d);
}

static void without_memory_the_table_is_as_it_was(void **state)
{
	struct desk *d = *state;
	uint32_t most;
	struct made m;

	assert_int_equal(load_fit(&d->site, &d->purse.alloc), 0);
	most = leases_most(d->site.leases);
	for (uint32_t i = 0; i < MACHINES; i++)
		assert_int_equal(
			directory_apply(d->site.directory, machine(&m, i)), 0);
	d->purse.left = 2;
	assert_int_equal(load_fit(&d->site, &d->purse.alloc), -ENOMEM);
	assert_int_equal(leases_most(d->site.leases), most);
	d->purse.left = -1;
	assert_int_equal(load_fit(&d->site, &d->purse.alloc), 0);
	all_hold_theirs(d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_site_is_loaded_with_room_for_all_its_machines),
		TEST(the_table_grows_with_the_directory),
		TEST(without_memory_the_table_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
