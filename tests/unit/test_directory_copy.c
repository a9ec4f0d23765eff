/*
 * A directory once more: the same to every look-up, its own when either
 * changes, and nothing of it left when there is no memory for all.
 */
#include "model/changes.h"
#include "model/directory_inside.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../bench/machines.h"
#include "purse.h"

/* So many that property lists lie in blocks. */
enum { MACHINES = 3000, MORE = 9000 };

struct scene {
	struct purse purse;
	struct machines m;
	struct directory *d;
};

static int apply(void *arg, const struct change *c)
{
	return directory_apply(arg, c);
}

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	*state = s;
	assert_non_null(s);
	s->m = (struct machines){.n = MACHINES, .domains = 3};
	assert_int_equal(directory_open(&s->d, purse_open(&s->purse), 16, 1),
			 0);
	assert_int_equal(machines_each(&s->m, apply, s->d), 0);
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;
	long out;

	directory_close(s->d);
	out = s->purse.out;
	free(s);
	return out != 0;
}

static const struct entry *find(const struct scene *s,
				const struct directory *d, uint32_t i)
{
	uint32_t domain = domain_id(machine_domain_number(&s->m, i));
	struct hwaddr hw = machine_hw(i);
	const struct entry *e = machine_by_hw(d, domain, &hw);
	char name[16];

	machine_name_of(i, name);
	assert_ptr_equal(machine_by_ip(d, domain, machine_ip(i)), e);
	assert_ptr_equal(machine_by_name(d, domain, name), e);
	return e;
}

static void has_all(const struct scene *s, const struct directory *d)
{
	for (uint32_t i = 0; i < MACHINES; i++) {
		const struct entry *e = find(s, d, i);

		assert_non_null(e);
		assert_int_equal(e->id, machine_id(&s->m, i));
	}
	assert_int_equal(directory_machines(d), MACHINES);
}

static void a_copy_is_the_same_and_no_part_of_the_other(void **state)
{
	struct scene *s = *state;
	struct directory *copy;
	const struct entry *a, *b;

	assert_int_equal(directory_copy(&copy, s->d), 0);
	has_all(s, copy);
	assert_int_equal(directory_next_id(copy), directory_next_id(s->d));
	for (uint32_t k = 0; k < 3; k++)
		assert_int_equal(domain_checksum(copy, domain_id(k)),
				 domain_checksum(s->d, domain_id(k)));
	for (uint32_t i = 0; i < MACHINES; i++) {
		a = find(s, s->d, i);
		b = find(s, copy, i);
		assert_ptr_not_equal(a, b);
		assert_ptr_not_equal(a->props.bytes, b->props.bytes);
	}
	directory_close(copy);
	has_all(s, s->d);
}

static void destroy_half(const struct scene *s, struct directory *d)
{
	for (uint32_t i = 0; i < MACHINES; i += 2) {
		struct change c = {
			.kind = CHANGE_ENTRY_DESTROY,
			.domain = domain_id(machine_domain_number(&s->m, i)),
			.id = machine_id(&s->m, i),
			.instance = 2};

		assert_int_equal(directory_apply(d, &c), 0);
	}
}

/* Its tables grow, too, after each has become the other. */
static void add_more(const struct scene *s, struct directory *d)
{
	uint8_t room[MACHINE_BYTES];

	for (uint32_t i = MACHINES; i < MORE; i++) {
		struct change c = {.kind = CHANGE_ENTRY_PUT,
				   .domain = DOMAIN_FIRST,
				   .parent = ENTRY_MACHINES,
				   .id = machine_id(&s->m, i),
				   .instance = 1,
				   .props = machine_props(i, room)};

		assert_int_equal(directory_apply(d, &c), 0);
	}
}

static void each_becomes_the_other(void **state)
{
	struct scene *s = *state;
	struct directory *copy;

	assert_int_equal(directory_copy(&copy, s->d), 0);
	destroy_half(s, copy);
	has_all(s, s->d);
	directory_swap(s->d, copy);
	has_all(s, copy);
	for (uint32_t i = 0; i < MACHINES; i++)
		assert_int_equal(find(s, s->d, i) == NULL, i % 2 == 0);
	add_more(s, copy);
	assert_int_equal(directory_machines(copy), MORE);
	directory_close(copy);
	/* Of the one that is gone it needs nothing, not even to grow. */
	add_more(s, s->d);
	assert_int_equal(directory_machines(s->d),
			 MACHINES / 2 + MORE - MACHINES);
}

static void without_memory_there_is_no_copy(void **state)
{
	struct scene *s = *state;
	struct directory *copy = NULL;
	long out = s->purse.out, left = 0;

	for (int rc = -ENOMEM; rc; left += 1 + left / 8) {
		s->purse.left = left;
		rc = directory_copy(&copy, s->d);
		s->purse.left = -1;
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(s->purse.out, out);
	}
	assert_true(left > 100);
	has_all(s, copy);
	directory_close(copy);
	has_all(s, s->d);
}

/* As long as nobody has written meanwhile. */
static void what_was_made_is_good_for_what_it_was_made_of(void **state)
{
	struct scene *s = *state;
	struct changes *all;

	assert_int_equal(changes_open(&all, &s->purse.alloc), 0);
	assert_false(changes_are_made(all, s->d));
	assert_int_equal(directory_copy(&all->after, s->d), 0);
	all->before = directory_writes(s->d);
	destroy_half(s, all->after);
	assert_true(changes_are_made(all, s->d));
	destroy_half(s, s->d);
	assert_false(changes_are_made(all, s->d));
	changes_drop(all); /* and the copy with them */
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_copy_is_the_same_and_no_part_of_the_other),
		TEST(each_becomes_the_other),
		TEST(without_memory_there_is_no_copy),
		TEST(what_was_made_is_good_for_what_it_was_made_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
