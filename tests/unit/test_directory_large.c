/*
 * A large directory: what a machine and a look-up cost, counted and not timed,
 * and that lists which come and go leave nothing behind.
 */
#include "base/rand.h"
#include "model/directory_inside.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../bench/machines.h"
#include "purse.h"

enum { MACHINES = 40000 };

/* Memory that knows how much of it is out. */
struct counted {
	size_t out, most;
	unsigned pieces;
	long left; /* pieces still to be had; negative: any number */
	struct alloc alloc;
};

static void *get(void *arg, size_t n, size_t size)
{
	struct counted *c = arg;
	size_t *p;

	if (!c->left)
		return NULL;
	c->left--;
	p = calloc(1, n * size + 2 * sizeof *p);
	if (!p)
		return NULL;
	p[0] = n * size;
	c->out += n * size;
	c->pieces++;
	if (c->out > c->most)
		c->most = c->out;
	return p + 2;
}

static void put(void *arg, void *at)
{
	struct counted *c = arg;
	size_t *p = at;

	if (!p)
		return;
	c->out -= p[-2];
	free(p - 2);
}

struct stage {
	struct counted memory;
	struct directory *d;
	struct machines m;
	uint32_t instances[MACHINES];
};

static int apply(void *arg, const struct change *c)
{
	struct stage *t = arg;

	return directory_apply(t->d, c);
}

static int open_stage(void **state)
{
	struct stage *t = calloc(1, sizeof *t);

	*state = t;
	t->memory.left = -1;
	t->memory.alloc = (struct alloc){&t->memory, get, put};
	t->m = (struct machines){.n = MACHINES, .domains = 1};
	assert_int_equal(directory_open(&t->d, &t->memory.alloc, 64, 1), 0);
	assert_int_equal(machines_each(&t->m, apply, t), 0);
	return 0;
}

static int close_stage(void **state)
{
	struct stage *t = *state;
	size_t out;

	directory_close(t->d);
	out = t->memory.out;
	free(t);
	return out != 0;
}

static void a_machine_takes_less_than_400_bytes(void **state)
{
	struct stage *t = *state;

	assert_int_equal(directory_machines(t->d), MACHINES);
	assert_in_range(t->memory.out / MACHINES, 100, 400);
	/* While tables grew, too. */
	assert_in_range(t->memory.most / MACHINES, 100, 400);
	/* Nearly none has a piece of the heap of its own. */
	assert_in_range(t->memory.pieces, 1024, 1200);
}

/* Slots of an index that are read for a hash, up to the first empty one. */
static unsigned probes(const struct index *ix, uint64_t hash)
{
	uint32_t want = (uint32_t)(hash >> 32);
	unsigned n = 1;

	while (ix->v[((want ? want : 1) + n - 1) & ix->mask].hash)
		n++;
	return n;
}

static void a_look_up_probes_few_slots(void **state)
{
	struct stage *t = *state;
	uint64_t seed = 1 + DOMAIN_FIRST, sums[KEYS] = {0};
	unsigned most = 0;
	char name[16];

	for (uint32_t i = 0; i < MACHINES; i++) {
		struct hwaddr hw = machine_hw(i);
		unsigned n[KEYS];

		machine_name_of(i, name);
		n[KEY_HW] =
			probes(&t->d->by_key[KEY_HW], hash_hwaddr(&hw, seed));
		n[KEY_IP] = probes(&t->d->by_key[KEY_IP],
				   hash_u64(machine_ip(i), seed));
		n[KEY_NAME] = probes(
			&t->d->by_key[KEY_NAME],
			hash_name(name, strlen(name), 1 + ENTRY_MACHINES));
		for (int k = 0; k < KEYS; k++) {
			sums[k] += n[k];
			if (n[k] > most)
				most = n[k];
		}
	}
	/* With two thirds full, as they are at most; here it is 61 %.  Eight
	 * are a cache line. */
	for (int k = 0; k < KEYS; k++)
		assert_in_range(sums[k], 2 * MACHINES, 8 * MACHINES);
	assert_in_range(most, 3, 120);
}

/* Only one of two keys that hash alike is a candidate too many. */
static void a_look_up_reads_one_machine(void **state)
{
	struct stage *t = *state;
	unsigned candidates = 0;

	for (uint32_t i = 0; i < MACHINES; i++) {
		uint64_t hash = hash_u64(machine_ip(i), 1 + DOMAIN_FIRST);
		uint32_t walk = 0, at;

		while (index_next(&t->d->by_key[KEY_IP], hash, &walk, &at))
			candidates++;
	}
	assert_in_range(candidates, MACHINES, MACHINES + 10);
}

static struct change edit_of(struct stage *t, uint32_t i, const char *file,
			     uint8_t *room)
{
	uint8_t was[MACHINE_BYTES];
	struct plist_out o = plist_begin(room, 4 * MACHINE_BYTES);
	struct change c = machine_change(&t->m, i, was);
	struct plist props = c.props;

	c.instance = t->instances[i] + 2;
	assert_true(plist_replace(&props, "bootfile", &file, 1, &o));
	assert_true(plist_end(&o, &c.props));
	return c;
}

static void is_at_its_keys(struct stage *t, uint32_t i, const char *file)
{
	struct hwaddr hw = machine_hw(i);
	const struct entry *e = machine_by_hw(t->d, DOMAIN_FIRST, &hw);
	char name[16];

	machine_name_of(i, name);
	assert_non_null(e);
	assert_ptr_equal(machine_by_ip(t->d, DOMAIN_FIRST, machine_ip(i)), e);
	assert_ptr_equal(machine_by_name(t->d, DOMAIN_FIRST, name), e);
	assert_string_equal(plist_value(&e->props, "bootfile"), file);
}

/* Edits of lists whose length goes to and fro take the room of those before. */
static void edits_need_no_more_and_more_memory(void **state)
{
	static const char longer[] = "a/boot/file/with/a/longer/path/than/mach";
	struct stage *t = *state;
	uint8_t room[4 * MACHINE_BYTES];
	char huge[600];
	size_t out = 0;

	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	for (unsigned round = 0; round < 6; round++) {
		const char *file = round % 2 ? "mach" : longer;

		for (uint32_t i = 0; i < MACHINES; i += 3) {
			const char *now = i % 1000 ? file : huge;
			struct change c = edit_of(t, i, now, room);

			assert_int_equal(directory_apply(t->d, &c), 0);
			t->instances[i]++;
			is_at_its_keys(t, i, now);
		}
		if (round == 1)
			out = t->memory.out;
	}
	assert_int_equal(t->memory.out, out);
}

/* Its keys are as they were, but for one that is none. */
static void an_address_that_is_none_is_refused_all_the_same(void **state)
{
	struct stage *t = *state;
	uint8_t was[MACHINE_BYTES], room[2 * MACHINE_BYTES];
	const char *values[] = {"10.1.0.0", "10.1.0"};
	struct change c = machine_change(&t->m, 0, was);
	struct plist props = c.props;

	for (int n = 1; n <= 2; n++) {
		struct plist_out o = plist_begin(room, sizeof room);
		uint32_t other;

		c.instance = 2;
		assert_true(plist_replace(&props, "ip_address", values, n, &o));
		assert_true(plist_end(&o, &c.props));
		assert_int_equal(directory_check(t->d, &c, &other),
				 n == 1 ? 0 : -EINVAL);
	}
}

/* Edits of what no index knows touch none; a look-up finds all the same. */
static void without_memory_an_edit_leaves_no_trace(void **state)
{
	struct stage *t = *state;
	uint8_t room[4 * MACHINE_BYTES];
	unsigned refused = 0, made = 0;
	char file[800];

	t->memory.left = 0;
	for (uint32_t i = 1; i < MACHINES; i++) {
		snprintf(file, sizeof file, "%0*u", 1 + (int)(i % 790), i);
		struct change c = edit_of(t, i, file, room);
		int rc = directory_apply(t->d, &c);

		refused += rc == -ENOMEM;
		made += !rc;
		is_at_its_keys(t, i, rc ? "mach" : file);
	}
	assert_true(refused > 1000);
	assert_true(made > 1000);
	t->memory.left = -1;
	struct change c = edit_of(t, 0, file, room);

	assert_int_equal(directory_apply(t->d, &c), 0);
	is_at_its_keys(t, 0, file);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, open_stage, close_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_machine_takes_less_than_400_bytes),
		TEST(a_look_up_probes_few_slots),
		TEST(a_look_up_reads_one_machine),
		TEST(edits_need_no_more_and_more_memory),
		TEST(an_address_that_is_none_is_refused_all_the_same),
		TEST(without_memory_an_edit_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
