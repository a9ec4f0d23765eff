/*
 * The server as a whole: that the directory changes one step at a time, whoever
 * changes it.
 */
#include "engine/server.h"

#include "stage/bootp_world.h"
#include "unit/changes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NAME_TYPED                                                             \
	"4e655854 01000101 77616e646100"                                       \
	"0000000000000000000000000000000000000000000000000000"                 \
	"000000000000000000000000000000000000000000000000"
#define NOTHING_TYPED                                                          \
	"4e655854 01000000 000000000000"                                       \
	"0000000000000000000000000000000000000000000000000000"                 \
	"000000000000000000000000000000000000000000000000"

struct scene {
	struct world w;
	struct server *server;
};

static int set_up(void **state)
{
	struct scene *c = calloc(1, sizeof(*c));

	world_open(&c->w);
	c->w.st->commit = NULL; /* the server applies it */
	world_set_machines(&c->w, "name=machines; promiscuous; "
				  "configuration_ipaddr=10.0.0.250; "
				  "assignable_ipaddr=10.0.0.100,10.0.0.120");
	assert_int_equal(server_open(&c->server, &c->w.site, &stage_alloc, 1),
			 0);
	stage_engine(c->w.st, server_engine(c->server));
	c->w.st->hides[EFFECT_SEND] = true;
	c->w.st->holds[EFFECT_COMMIT] = true;
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *c = *state;

	server_close(c->server, &stage_alloc);
	world_close(&c->w);
	free(c);
	return 0;
}

/* Up to where its entry is ready. */
static void add_itself(struct scene *c, uint32_t n)
{
	world_hear(&c->w, &(struct query){.n = n, .vend = NOTHING_TYPED});
	world_hear(&c->w, &(struct query){.n = n,
					  .to = WORLD_SERVER,
					  .vend = NAME_TYPED});
	stage_wait(c->w.st, MILLISECONDS(500));
}

static int edit(struct scene *c, const char *text)
{
	struct props room;
	struct change change = {.kind = CHANGE_ENTRY_PUT,
				.domain = DOMAIN_FIRST,
				.id = directory_next_id(c->w.site.directory),
				.parent = ENTRY_MACHINES,
				.instance = 1,
				.props = props(&room, text)};
	struct changes *all;
	uint32_t other;
	size_t failed;
	int rc;

	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	assert_int_equal(changes_add(all, &change), 0);
	rc = server_edit(c->server, all, stage_begin(c->w.st), &failed, &other);
	changes_drop(all);
	stage_end(c->w.st);
	return rc;
}

static bool edit_ended(struct scene *c, int *rc)
{
	size_t failed;

	return server_edit_ended(c->server, rc, &failed);
}

static bool has(const struct scene *c, const char *name)
{
	return machine_by_name(c->w.site.directory, DOMAIN_FIRST, name);
}

static void an_edit_waits_for_a_machine_that_adds_itself(void **state)
{
	struct scene *c = *state;
	int rc;

	add_itself(c, 20);
	stage_expect(c->w.st, "  500 ms  commit entry 8\n");
	assert_int_equal(edit(c, "name=wanda"), -EAGAIN);
	assert_false(edit_ended(c, &rc));
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(has(c, "wanda"));
	/* and is checked against what there is then */
	assert_int_equal(edit(c, "name=wanda"), -EEXIST);
	assert_int_equal(edit(c, "name=peter"), 0);
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(edit_ended(c, &rc));
	assert_int_equal(rc, 0);
	assert_true(has(c, "peter"));
}

static void a_machine_that_adds_itself_waits_for_an_edit(void **state)
{
	struct scene *c = *state;
	int rc;

	assert_int_equal(edit(c, "name=peter"), 0);
	add_itself(c, 20);
	stage_wait(c->w.st, SECONDS(5));
	stage_expect(c->w.st, "    0 ms  commit entry 8\n");
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(edit_ended(c, &rc));
	stage_wait(c->w.st, 0);
	stage_expect(c->w.st, " 5500 ms  commit entry 9\n");
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(has(c, "peter") && has(c, "wanda"));
}

/* Nobody finds one of them without the other. */
static void several_changes_are_made_in_one_turn(void **state)
{
	struct scene *c = *state;
	uint32_t id = directory_next_id(c->w.site.directory), other;
	struct changes *all;
	struct made m;
	size_t failed;
	int rc;

	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	changes_add(all, entry_put(&m, id, ENTRY_MACHINES, 1, "name=peter"));
	changes_add(all, entry_put(&m, id + 1, ENTRY_MACHINES, 1, "name=pan"));
	rc = server_edit(c->server, all, stage_begin(c->w.st), &failed, &other);
	assert_int_equal(rc, 0);
	stage_end(c->w.st);
	changes_drop(all); /* who asked has gone */
	stage_expect(c->w.st, "    0 ms  commit all of 2\n");
	assert_false(has(c, "peter") || has(c, "pan"));
	assert_int_equal(edit(c, "name=wanda"), -EAGAIN);
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(has(c, "peter") && has(c, "pan"));
	assert_true(edit_ended(c, &rc));
	assert_int_equal(rc, 0);
}

/* While somebody judges what an edit makes of the directory. */
static void a_reservation_keeps_all_others_from_editing(void **state)
{
	struct scene *c = *state;

	assert_int_equal(server_edit_reserve(c->server), 0);
	assert_int_equal(server_edit_reserve(c->server), -EAGAIN);
	add_itself(c, 20);
	stage_wait(c->w.st, SECONDS(5));
	stage_expect(c->w.st, "");
	server_edit_release(c->server);
	stage_wait(c->w.st, 0);
	stage_expect(c->w.st, " 5500 ms  commit entry 8\n");
	assert_int_equal(server_edit_reserve(c->server), -EAGAIN);
	server_edit_release(c->server); /* which is not of this one */
	assert_int_equal(edit(c, "name=peter"), -EAGAIN);
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(has(c, "wanda"));
	assert_false(c->w.site.is_editing);
}

/* Two changes, judged and made in a copy: peter, and pan. */
static struct changes *make_apart(struct scene *c)
{
	struct directory *d = c->w.site.directory;
	uint32_t id = directory_next_id(d);
	struct changes *all;
	struct made m;

	assert_int_equal(server_edit_reserve(c->server), 0);
	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	changes_add(all, entry_put(&m, id, ENTRY_MACHINES, 1, "name=peter"));
	changes_add(all, entry_put(&m, id + 1, ENTRY_MACHINES, 1, "name=pan"));
	assert_int_equal(directory_copy(&all->after, d), 0);
	all->before = directory_writes(d);
	assert_int_equal(directory_apply_all(all->after, all->v, all->n), 0);
	return all;
}

static int edit_all(struct scene *c, struct changes *all)
{
	uint32_t other;
	size_t failed;
	int rc = server_edit(c->server, all, stage_begin(c->w.st), &failed,
			     &other);

	stage_end(c->w.st);
	return rc;
}

static void what_was_made_apart_is_seen_when_it_is_durable(void **state)
{
	struct scene *c = *state;
	struct changes *all = make_apart(c);
	int rc;

	assert_int_equal(edit_all(c, all), 0);
	assert_false(has(c, "peter") || has(c, "pan"));
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(has(c, "peter") && has(c, "pan"));
	assert_true(edit_ended(c, &rc));
	assert_int_equal(rc, 0);
	/* What it was before is in their place: nothing was made twice. */
	assert_null(machine_by_name(all->after, DOMAIN_FIRST, "peter"));
	assert_int_equal(edit(c, "name=wanda"), 0);
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(has(c, "wanda"));
	changes_drop(all);
}

static void what_was_made_apart_and_not_kept_is_gone(void **state)
{
	struct scene *c = *state;
	struct changes *all = make_apart(c);

	assert_int_equal(edit_all(c, all), 0);
	stage_settle(c->w.st, EFFECT_COMMIT, -EIO);
	assert_false(has(c, "peter") || has(c, "pan"));
	changes_drop(all);
}

/* Another server has written: what was made of the directory before is judged
 * again, and made again if it still may be. */
static void news_are_not_lost_for_what_was_made_apart(void **state)
{
	struct scene *c = *state;
	struct directory *d = c->w.site.directory;
	struct changes *all = make_apart(c);
	struct made m;

	entry_put(&m, directory_next_id(d), ENTRY_MACHINES, 1, "name=hook");
	assert_int_equal(directory_apply(d, &m.c), 0);
	/* Its ids are not the next ones any more. */
	assert_int_equal(edit_all(c, all), -ESTALE);
	assert_false(c->w.site.is_editing);
	assert_true(has(c, "hook"));
	assert_false(has(c, "peter"));
	changes_drop(all);
}

/* What comes when the change is durable already stays, too: an edit of another
 * entry, say, that the store put before it. */
static void nor_those_that_come_before_it_settles(void **state)
{
	struct scene *c = *state;
	struct directory *d = c->w.site.directory;
	struct changes *all = make_apart(c);
	struct made m;

	assert_int_equal(edit_all(c, all), 0);
	entry_put(&m, directory_next_id(d) + 9, ENTRY_MACHINES, 1, "name=hook");
	assert_int_equal(directory_apply(d, &m.c), 0);
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_true(has(c, "hook"));
	assert_true(has(c, "peter") && has(c, "pan"));
	changes_drop(all);
}

static void several_are_refused_for_one(void **state)
{
	struct scene *c = *state;
	uint32_t id = directory_next_id(c->w.site.directory), other;
	struct changes *all;
	struct made m;
	size_t failed;
	int rc;

	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	rc = server_edit(c->server, all, stage_begin(c->w.st), &failed, &other);
	assert_int_equal(rc, -EINVAL); /* there are none */
	changes_add(all, entry_put(&m, id, ENTRY_MACHINES, 1, "name=peter"));
	changes_add(all,
		    entry_put(&m, id + 1, ENTRY_MACHINES, 1, "name=peter"));
	rc = server_edit(c->server, all, stage_begin(c->w.st), &failed, &other);
	assert_int_equal(rc, -EEXIST);
	assert_int_equal(failed, 1);
	assert_int_equal(other, id);
	changes_add(all, lease_drop(&m, 1));
	rc = server_edit(c->server, all, stage_begin(c->w.st), &failed, &other);
	assert_int_equal(rc, -EINVAL); /* of two kinds */
	changes_drop(all);
	stage_end(c->w.st);
	stage_expect(c->w.st, "");
	assert_false(has(c, "peter"));
	assert_false(edit_ended(c, &rc));
}

static void what_failed_holds_up_nobody(void **state)
{
	struct scene *c = *state;

	add_itself(c, 20);
	stage_settle(c->w.st, EFFECT_COMMIT, -EIO);
	assert_false(has(c, "wanda"));
	assert_false(c->w.site.is_editing);
	assert_int_equal(edit(c, "name=peter"), 0);
	stage_settle(c->w.st, EFFECT_COMMIT, -EIO);
	assert_false(c->w.site.is_editing);
}

static void leases_wait_for_nothing(void **state)
{
	struct scene *c = *state;

	assert_int_equal(edit(c, "name=peter"), 0);
	stage_forget(c->w.st);
	world_hear(&c->w, &(struct query){.n = 30});
	stage_expect(c->w.st, "    0 ms  commit lease 10.0.0.10\n");
	stage_settle(c->w.st, EFFECT_COMMIT, 0); /* the edit */
	assert_false(c->w.site.is_editing);
	stage_settle(c->w.st, EFFECT_COMMIT, 0);
	assert_non_null(leases_by_ip(c->w.site.leases, WORLD_NODE));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_edit_waits_for_a_machine_that_adds_itself),
		TEST(a_machine_that_adds_itself_waits_for_an_edit),
		TEST(several_changes_are_made_in_one_turn),
		TEST(a_reservation_keeps_all_others_from_editing),
		TEST(what_was_made_apart_is_seen_when_it_is_durable),
		TEST(what_was_made_apart_and_not_kept_is_gone),
		TEST(news_are_not_lost_for_what_was_made_apart),
		TEST(nor_those_that_come_before_it_settles),
		TEST(several_are_refused_for_one),
		TEST(what_failed_holds_up_nobody),
		TEST(leases_wait_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
