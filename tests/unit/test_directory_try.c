/*
 * Changes that are made all or none, beside the same ones made one after the
 * other in a second directory: both must say the same of each, and whatever was
 * only tried, or found no memory, leaves no trace.
 */
#include "base/rand.h"
#include "model/changes.h"
#include "model/directory_inside.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "changes.h"
#include "purse.h"

enum { GROUP_MAX = 12, ROUNDS = 300 };

struct twins {
	struct purse purse;
	struct directory *d, *twin;
	struct changes *accepted; /* in order: what both are made of */
	struct rand r;
	unsigned made;
	int seen[4]; /* exists, stale, no such, other */
};

static void open_twin(struct twins *t)
{
	assert_int_equal(directory_open(&t->twin, &t->purse.alloc, 0, 7), 0);
	for (size_t i = 0; i < t->accepted->n; i++)
		assert_int_equal(directory_apply(t->twin, &t->accepted->v[i]),
				 0);
}

static void open_twins(struct twins *t, uint64_t seed)
{
	*t = (struct twins){.made = 0};
	rand_seed(&t->r, seed);
	assert_int_equal(directory_open(&t->d, purse_open(&t->purse), 0, seed),
			 0);
	assert_int_equal(changes_open(&t->accepted, &t->purse.alloc), 0);
	open_twin(t);
}

static void close_twins(struct twins *t)
{
	directory_close(t->d);
	directory_close(t->twin);
	changes_drop(t->accepted);
	assert_int_equal(t->purse.out, 0);
}

static uint32_t pick(struct twins *t, uint32_t below)
{
	return (uint32_t)rand_below(&t->r, below);
}

/* UINT32_MAX: it has none. */
static uint32_t mark_of(const struct entry *e)
{
	const char *v = plist_value(&e->props, ENTRY_MARK);

	return v ? (uint32_t)strtoul(v, NULL, 10) : UINT32_MAX;
}

static bool is_found_by_mark(const struct directory *d, const struct entry *e)
{
	uint32_t mark = mark_of(e);
	const struct entry *is = e;

	if (mark != UINT32_MAX)
		is = entry_marked(d, e->domain, mark);
	return is && is->id <= e->id && mark_of(is) == mark;
}

static void dump_all(struct dump *to, const struct directory *d)
{
	*to = (struct dump){.len = 0};
	dump_directory(to, d);
	dump_add(to, "%u ids, %u domains, %u marks", d->by_id.n, d->n_roots,
		 d->by_mark.n);
	for (int k = 0; k < KEYS; k++)
		dump_add(to, " %u", d->by_key[k].n);
	for (uint32_t id = 1; id < directory_next_id(d); id++) {
		const struct entry *e = directory_entry(d, id);

		/* The lowest id is found, whoever else has it. */
		if (e)
			dump_add(to, "%s", is_found_by_mark(d, e) ? "" : "?");
		if (e && e->id == e->domain)
			dump_add(to, " %u:%u:%u", id, domain_checksum(d, id),
				 slot_at(d, domain_root(d, id))->root.below);
	}
}

/* From that line on: the first says the next id. */
static void is_alike_from(const struct directory *a, const struct directory *b,
			  int line)
{
	struct dump *one = malloc(sizeof *one), *two = malloc(sizeof *two);
	const char *p, *q;

	dump_all(one, a);
	dump_all(two, b);
	for (p = one->text, q = two->text; line--; p++, q++) {
		p = strchr(p, '\n');
		q = strchr(q, '\n');
	}
	assert_string_equal(p, q);
	free(one);
	free(two);
}

static void is_alike(const struct directory *a, const struct directory *b)
{
	is_alike_from(a, b, 0);
}

/* ---- random changes ------------------------------------------------------ */

static void random_props(struct twins *t, struct made *m, const char *name)
{
	char text[160], keys[60] = "", mark[40] = "";

	if (pick(t, 2))
		snprintf(keys, sizeof keys, ";en_address=0:0:f:0:7:%x",
			 1 + pick(t, 200));
	if (pick(t, 2))
		snprintf(keys + strlen(keys), sizeof keys - strlen(keys),
			 ";ip_address=10.0.0.%u", 1 + pick(t, 200));
	/* As of a copy, of which there may be two. */
	if (!pick(t, 3))
		snprintf(mark, sizeof mark, ENTRY_MARK "=%u,%u;", pick(t, 40),
			 pick(t, 9));
	if (name)
		snprintf(text, sizeof text, "%sname=%s", mark, name);
	else
		snprintf(text, sizeof text, "%sname=n%u%s", mark, pick(t, 100),
			 keys);
	m->c.props = props(&m->room, text);
}

/* A change of an entry that the twin has, as it should be or not. */
static void random_edit(struct twins *t, struct made *m, const struct entry *e)
{
	bool is_root = e->id == e->domain;

	m->c = (struct change){
		.kind = is_root ? CHANGE_DOMAIN_PUT : CHANGE_ENTRY_PUT,
		.domain = e->domain,
		.id = e->id,
		.parent = is_root ? domain_parent(t->twin, e->id) : e->parent,
		.instance = e->instance + 1};
	if (!pick(t, 3))
		m->c.kind = CHANGE_ENTRY_DESTROY;
	else if (e->parent == e->domain && pick(t, 8))
		m->c.props = e->props;
	else
		random_props(t, m, NULL);
	if (!pick(t, 20))
		m->c.instance++;
}

static void random_new(struct twins *t, struct made *m, const struct entry *in)
{
	bool is_domain = !pick(t, 12);

	m->c = (struct change){.kind = is_domain ? CHANGE_DOMAIN_PUT
						 : CHANGE_ENTRY_PUT,
			       .domain = in->domain,
			       .id = directory_next_id(t->twin),
			       .parent = is_domain ? in->domain : in->id,
			       .instance = 1};
	random_props(t, m,
		     in->id == in->domain && pick(t, 2) ? "machines" : NULL);
	if (!pick(t, 30))
		m->c.id -= 1;
	if (!pick(t, 30))
		m->c.parent = m->c.id + 3;
}

/* One that is there, or the machines. */
static const struct entry *random_entry(struct twins *t)
{
	const struct entry *e;

	if (pick(t, 2))
		return directory_entry(t->twin, ENTRY_MACHINES);
	do
		e = directory_entry(t->twin,
				    1 + pick(t, directory_next_id(t->twin)));
	while (!e);
	return e;
}

static void random_change(struct twins *t, struct made *m)
{
	const struct entry *e = random_entry(t);

	if (pick(t, 3))
		random_new(t, m, e);
	else
		random_edit(t, m, e);
}

/* ---- the same of both ---------------------------------------------------- */

struct said {
	int rc;
	size_t failed;
	uint32_t other;
};

/* Some changes, made one after the other in the twin as far as they may be. */
static struct said random_group(struct twins *t, struct changes *all)
{
	size_t n = 1 + pick(t, GROUP_MAX);
	struct said is = {.rc = 0};
	struct made m;

	while (all->n < n && !is.rc) {
		random_change(t, &m);
		assert_int_equal(changes_add(all, &m.c), 0);
		is.failed = all->n - 1;
		is.rc = directory_check(t->twin, &m.c, &is.other);
		if (!is.rc)
			assert_int_equal(directory_apply(t->twin, &m.c), 0);
	}
	/* What stands behind the one that is refused does not matter. */
	for (; is.rc && all->n < n; random_change(t, &m))
		if (all->n)
			assert_int_equal(changes_add(all, &m.c), 0);
	return is;
}

static void count(struct twins *t, const struct said *is, size_t n)
{
	if (!is->rc)
		t->made += n > 1;
	else if (n > 1 && is->failed)
		t->seen[is->rc == -EEXIST   ? 0
			: is->rc == -ESTALE ? 1
			: is->rc == -ENOENT ? 2
					    : 3]++;
}

/* In the directory itself, or in a copy that then has its place. */
static void make(struct twins *t, const struct changes *all)
{
	struct directory *copy;

	if (pick(t, 2)) {
		assert_int_equal(directory_apply_all(t->d, all->v, all->n), 0);
		return;
	}
	assert_int_equal(directory_copy(&copy, t->d), 0);
	assert_int_equal(directory_writes(copy), directory_writes(t->d));
	is_alike(copy, t->d);
	assert_int_equal(directory_apply_all(copy, all->v, all->n), 0);
	assert_true(directory_writes(copy) > directory_writes(t->d));
	directory_swap(t->d, copy);
	directory_close(copy);
}

static void one_round(struct twins *t)
{
	struct changes *all;
	struct said is, was = {.rc = 0};
	struct dump *before = malloc(sizeof *before),
		    *after = malloc(sizeof *after);

	assert_int_equal(changes_open(&all, &t->purse.alloc), 0);
	is = random_group(t, all);
	count(t, &is, all->n);
	dump_all(before, t->d);
	was.rc = directory_check_all(t->d, all->v, all->n, &was.failed,
				     &was.other);
	dump_all(after, t->d);
	assert_string_equal(before->text, after->text);
	assert_int_equal(was.rc, is.rc);
	if (is.rc) {
		assert_int_equal(was.failed, is.failed);
		if (is.rc == -EEXIST)
			assert_int_equal(was.other, is.other);
		directory_close(t->twin);
		open_twin(t);
	} else {
		make(t, all);
		for (size_t i = 0; i < all->n; i++)
			assert_int_equal(changes_add(t->accepted, &all->v[i]),
					 0);
	}
	is_alike(t->d, t->twin);
	changes_drop(all);
	free(before);
	free(after);
}

static void all_do_as_one_after_the_other(void **state)
{
	int seen[4] = {0}, made = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct twins t;

		open_twins(&t, seed);
		for (int i = 0; i < ROUNDS; i++)
			one_round(&t);
		for (int i = 0; i < 4; i++)
			seen[i] += t.seen[i];
		made += (int)t.made;
		close_twins(&t);
	}
	assert_true(made > 100);
	for (int i = 0; i < 4; i++)
		assert_true(seen[i] > 10);
}

/* ---- where only the outcome is known ------------------------------------- */

static void add_gone(struct twins *t, struct changes *all)
{
	for (uint32_t id = 1; id < directory_next_id(t->d); id++) {
		const struct entry *e = directory_entry(t->d, id);
		struct made m;

		if (!e || directory_entry(t->twin, id) ||
		    (e->parent && !directory_entry(t->twin, e->parent)))
			continue;
		entry_destroy(&m, id, e->instance + 1);
		m.c.domain = e->domain;
		assert_int_equal(changes_add(all, &m.c), 0);
	}
}

static void add_there(struct twins *t, struct changes *all)
{
	for (uint32_t id = 1; id < directory_next_id(t->twin); id++) {
		const struct entry *e = directory_entry(t->twin, id),
				   *was = directory_entry(t->d, id);
		bool is_root = e && e->id == e->domain;
		struct change c = {.kind = is_root ? CHANGE_DOMAIN_PUT
						   : CHANGE_ENTRY_PUT,
				   .id = id};

		if (!e || (was && was->instance == e->instance))
			continue;
		c.domain = e->domain;
		c.parent = is_root ? domain_parent(t->twin, id) : e->parent;
		c.instance = e->instance;
		c.props = e->props;
		assert_int_equal(changes_add(all, &c), 0);
	}
}

/* The directory becomes what its twin is.  Whether it could not have been one
 * change after the other. */
static bool catch_up(struct twins *t)
{
	struct changes *all;
	struct dump *before = malloc(sizeof *before),
		    *after = malloc(sizeof *after);
	int rc;

	assert_int_equal(changes_open(&all, &t->purse.alloc), 0);
	add_gone(t, all);
	add_there(t, all);
	dump_all(before, t->d);
	rc = all->n ? directory_apply_all(t->d, all->v, all->n) : 0;
	if (rc) {
		dump_all(after, t->d);
		assert_int_equal(rc, -EEXIST);
		assert_string_equal(before->text, after->text);
		for (long left = 0; rc && left < 4; left++) {
			t->purse.left = left;
			rc = directory_become(t->d, all->v, all->n);
			t->purse.left = -1;
			dump_all(after, t->d);
			if (rc)
				assert_string_equal(before->text, after->text);
		}
		if (rc)
			rc = directory_become(t->d, all->v, all->n);
		assert_int_equal(rc, 0);
		rc = -EEXIST;
	}
	/* Of ids that came and went nobody has told it. */
	is_alike_from(t->d, t->twin, 1);
	changes_drop(all);
	free(before);
	free(after);
	return rc;
}

static void becomes(struct twins *t, const struct entry *e, struct plist to)
{
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = e->domain,
			   .id = e->id,
			   .parent = e->parent,
			   .instance = e->instance + 1,
			   .props = to};

	assert_int_equal(directory_apply(t->twin, &c), 0);
}

/* Two machines take each other's names and addresses, or the first the
 * second's alone. */
static void exchange(struct twins *t)
{
	const struct entry *a = random_entry(t), *b = random_entry(t);
	struct props none;
	uint8_t room[2][1024];
	struct plist was[2];

	if (a == b || a->parent != ENTRY_MACHINES ||
	    b->parent != ENTRY_MACHINES)
		return;
	was[0] = (struct plist){memcpy(room[0], a->props.bytes, a->props.len),
				a->props.len};
	was[1] = (struct plist){memcpy(room[1], b->props.bytes, b->props.len),
				b->props.len};
	becomes(t, b, props(&none, "x=1"));
	becomes(t, a, was[1]);
	if (pick(t, 2))
		becomes(t, b, was[0]);
}

static void one_becomes_what_the_other_is(void **state)
{
	unsigned crossed = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct twins t;
		struct made m;
		uint32_t other;

		open_twins(&t, seed);
		for (int i = 0; i < ROUNDS / 10; i++) {
			for (uint32_t n = pick(&t, 20); n; n--) {
				random_change(&t, &m);
				if (!directory_check(t.twin, &m.c, &other))
					directory_apply(t.twin, &m.c);
				exchange(&t);
			}
			crossed += catch_up(&t);
		}
		close_twins(&t);
	}
	assert_true(crossed > 100);
}

/* A tree is made, edited and destroyed in one go. */
static void add_a_life(struct changes *all, uint32_t id)
{
	struct made m;
	char text[100];

	for (uint32_t i = 0; i < 6; i++) {
		snprintf(
			text, sizeof text,
			"name=m%u;en_address=0:0:f:0:8:%x;ip_address=10.2.0.%u",
			id + i, id + i, id + i);
		entry_put(&m, id + i, i < 4 ? ENTRY_MACHINES : id, 1, text);
		assert_int_equal(changes_add(all, &m.c), 0);
	}
	entry_put(&m, id + 1, ENTRY_MACHINES, 2, "name=other");
	assert_int_equal(changes_add(all, &m.c), 0);
	entry_destroy(&m, id, 2);
	assert_int_equal(changes_add(all, &m.c), 0);
	entry_put(&m, ENTRY_MACHINES, ENTRY_ROOT, 2, "name=machines;x=1");
	assert_int_equal(changes_add(all, &m.c), 0);
}

static void without_memory_all_of_it_leaves_no_trace(void **state)
{
	struct purse purse;
	struct directory *d;
	struct changes *all;
	struct dump *before = malloc(sizeof *before),
		    *after = malloc(sizeof *after);
	unsigned refused = 0;
	size_t failed;
	uint32_t other;
	int rc;

	(void)state;
	assert_int_equal(directory_open(&d, purse_open(&purse), 0, 1), 0);
	assert_int_equal(changes_open(&all, &purse.alloc), 0);
	add_a_life(all, 6);
	dump_all(before, d);
	do {
		purse.left = refused++;
		rc = directory_apply_all(d, all->v, all->n);
		purse.left = -1;
		dump_all(after, d);
		if (rc)
			assert_string_equal(before->text, after->text);
		if (rc)
			assert_int_equal(directory_check_all(d, all->v, all->n,
							     &failed, &other),
					 0);
	} while (rc == -ENOMEM);
	assert_int_equal(rc, 0);
	assert_true(refused > 8);
	assert_null(directory_entry(d, 6));
	assert_string_equal(machine_name(directory_entry(d, 7)), "other");
	changes_drop(all);
	directory_close(d);
	assert_int_equal(purse.out, 0);
	free(before);
	free(after);
}

/* As many as an import has: whatever took the square of them would not end. */
static void a_hundred_thousand_are_tried_and_taken_back(void **state)
{
	enum { MANY = 100000 };
	struct purse purse;
	struct directory *d;
	struct changes *all, *gone;
	struct made m;
	char text[100];
	uint32_t other;
	size_t failed;

	(void)state;
	assert_int_equal(directory_open(&d, purse_open(&purse), 0, 1), 0);
	assert_int_equal(changes_open(&all, &purse.alloc), 0);
	assert_int_equal(changes_open(&gone, &purse.alloc), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(text, sizeof text,
			 "name=m%u;en_address=2:0:0:%x:%x:%x;"
			 "ip_address=10.%u.%u.%u",
			 i, i >> 16, i >> 8 & 255, i & 255, 1 + (i >> 16),
			 i >> 8 & 255, i & 255);
		entry_put(&m, 6 + i, ENTRY_MACHINES, 1, text);
		assert_int_equal(changes_add(all, &m.c), 0);
		entry_destroy(&m, 6 + i, 2);
		assert_int_equal(changes_add(gone, &m.c), 0);
	}
	assert_int_equal(
		directory_check_all(d, all->v, all->n, &failed, &other), 0);
	assert_int_equal(directory_machines(d), 0);
	assert_int_equal(directory_apply_all(d, all->v, all->n), 0);
	assert_int_equal(directory_machines(d), MANY);
	assert_int_equal(
		directory_check_all(d, gone->v, gone->n, &failed, &other), 0);
	assert_int_equal(directory_machines(d), MANY);
	assert_non_null(machine_by_ip(d, DOMAIN_FIRST, IP4(10, 2, 0, 9)));
	assert_int_equal(directory_apply_all(d, gone->v, gone->n), 0);
	assert_int_equal(directory_machines(d), 0);
	changes_drop(all);
	changes_drop(gone);
	directory_close(d);
	assert_int_equal(purse.out, 0);
}

static void changes_are_kept_by_counting(void **state)
{
	struct purse purse;
	struct changes *all;
	struct made m;

	(void)state;
	assert_int_equal(changes_open(&all, purse_open(&purse)), 0);
	entry_put(&m, 6, ENTRY_MACHINES, 1, "name=wendy");
	assert_int_equal(changes_add(all, &m.c), 0);
	changes_drop(changes_keep(all));
	assert_int_equal(all->n, 1);
	assert_string_equal(plist_value(&all->v[0].props, "name"), "wendy");
	purse.left = 0;
	for (int i = 0; i < 15; i++)
		assert_int_equal(changes_add(all, &m.c), 0);
	assert_int_equal(changes_add(all, &m.c), -ENOMEM);
	assert_int_equal(all->n, 16);
	changes_drop(all);
	changes_drop(NULL);
	assert_int_equal(purse.out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_do_as_one_after_the_other),
		cmocka_unit_test(one_becomes_what_the_other_is),
		cmocka_unit_test(without_memory_all_of_it_leaves_no_trace),
		cmocka_unit_test(a_hundred_thousand_are_tried_and_taken_back),
		cmocka_unit_test(changes_are_kept_by_counting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
