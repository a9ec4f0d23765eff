/*
 * The directory beside a naive model of it: a list of entries, searched from
 * end to end.  The same random changes go to both, and after each both must
 * give the same answers.  And: memory that runs out at any point of a change
 * leaves the directory as it was.
 */
#include "base/rand.h"
#include "model/directory_inside.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "changes.h"
#include "purse.h"

enum { ENTRIES = 400, NAMES = 9, DOMAINS = 3, FIRST_FREE = 10 };

/* Domain i of the model: its id, its machines, the one that it climbs to. */
static const struct {
	uint32_t id, machines, parent;
} domains[DOMAINS] = {{1, 2, 0}, {6, 7, 1}, {8, 9, 6}};

/* What an entry is known by, as small numbers; 0: nothing. */
struct keys {
	uint32_t name, alias, hw, ip;
};

struct item {
	bool is_there;
	uint32_t domain, parent, instance;
	struct keys keys;
};

struct model {
	struct item v[ENTRIES]; /* by id */
	uint32_t next_id;
};

static bool is_machine(const struct item *it)
{
	for (int i = 0; i < DOMAINS; i++)
		if (it->parent == domains[i].machines)
			return true;
	return false;
}

static bool has_name(const struct keys *k, uint32_t name)
{
	return name && (k->name == name || k->alias == name);
}

static bool clashes(const struct keys *a, const struct keys *b)
{
	return has_name(a, b->name) || has_name(a, b->alias) ||
	       (a->hw && a->hw == b->hw) || (a->ip && a->ip == b->ip);
}

static int model_check_keys(const struct model *m, uint32_t id,
			    const struct item *as)
{
	if (!is_machine(as))
		return 0;
	for (uint32_t i = 0; i < ENTRIES; i++)
		if (i != id && m->v[i].is_there &&
		    m->v[i].parent == as->parent &&
		    clashes(&m->v[i].keys, &as->keys))
			return -EEXIST;
	return 0;
}

/* What directory_check() should say of a put or, without keys, a destroy. */
static int model_check(const struct model *m, const struct change *c,
		       const struct keys *keys)
{
	const struct item *it = &m->v[c->id];
	struct item as = {.domain = c->domain, .parent = c->parent};

	if (it->is_there && c->instance != it->instance + 1)
		return -ESTALE;
	if (!it->is_there && c->instance != 1)
		return -ENOENT;
	if (!it->is_there && c->id < m->next_id)
		return -ESTALE;
	if (!keys)
		return c->domain == it->domain ? 0 : -EINVAL;
	as.keys = *keys;
	if (!it->is_there && !m->v[c->parent].is_there)
		return -ENOENT;
	if (it->is_there
		    ? c->parent != it->parent || c->domain != it->domain
		    : c->domain != m->v[c->parent].domain || c->id <= c->parent)
		return -EINVAL;
	return model_check_keys(m, c->id, &as);
}

static void model_apply(struct model *m, const struct change *c,
			const struct keys *keys)
{
	if (keys) {
		m->v[c->id] = (struct item){true, c->domain, c->parent,
					    c->instance, *keys};
		if (c->id >= m->next_id)
			m->next_id = c->id + 1;
		return;
	}
	m->v[c->id].is_there = false;
	/* A child's id is above its parent's. */
	for (uint32_t i = c->id + 1; i < ENTRIES; i++)
		if (!m->v[m->v[i].parent].is_there)
			m->v[i].is_there = false;
}

static uint32_t model_find(const struct model *m, int domain,
			   const struct keys *one)
{
	uint32_t at = domains[domain].id;

	for (int i = DOMAINS - 1; i >= 0; i--) {
		if (domains[i].id != at)
			continue;
		for (uint32_t id = 0; id < ENTRIES; id++)
			if (m->v[id].is_there &&
			    m->v[id].parent == domains[i].machines &&
			    clashes(&m->v[id].keys, one))
				return id;
		at = domains[i].parent;
	}
	return 0;
}

/* Number n as a hardware address, in one form or the other. */
static void hw_text(char *to, size_t room, uint32_t n, bool is_short)
{
	if (is_short)
		snprintf(to, room, "0:0:f:0:7:%x", n);
	else
		snprintf(to, room, "00:00:0F:00:07:%02X", n);
}

static void keys_text(char *to, size_t room, const struct keys *k, bool is_odd)
{
	char hw[20], alias[16] = "";

	hw_text(hw, sizeof hw, k->hw, is_odd);
	if (k->alias)
		snprintf(alias, sizeof alias, ",n%u", k->alias);
	snprintf(to, room, "name=%c%u%s;x=1%s%s", is_odd ? 'N' : 'n', k->name,
		 alias, k->hw ? ";en_address=" : "", k->hw ? hw : "");
	if (k->ip)
		snprintf(to + strlen(to), room - strlen(to),
			 ";ip_address=10.0.0.%u", k->ip);
}

struct pair {
	struct purse purse;
	struct directory *d;
	struct model m;
	struct rand r;
	int seen[4]; /* outcomes: done, exists, stale, other */
};

static void add_domains(struct pair *p)
{
	struct made made;

	for (int i = 1; i < DOMAINS; i++) {
		const struct change *c = domain_put(
			&made, domains[i].id, domains[i].parent, 1, "name=d");

		assert_int_equal(directory_apply(p->d, c), 0);
		entry_put(&made, domains[i].machines, domains[i].id, 1,
			  "name=machines");
		made.c.domain = domains[i].id;
		assert_int_equal(directory_apply(p->d, &made.c), 0);
	}
}

static void pair_open(struct pair *p, uint64_t seed)
{
	memset(p, 0, sizeof *p);
	rand_seed(&p->r, seed);
	assert_int_equal(directory_open(&p->d, purse_open(&p->purse), 0, seed),
			 0);
	add_domains(p);
	for (uint32_t id = 1; id < FIRST_FREE; id++)
		p->m.v[id] = (struct item){.is_there = true, .domain = 1};
	for (int i = 0; i < DOMAINS; i++)
		p->m.v[domains[i].machines].domain =
			p->m.v[domains[i].id].domain = domains[i].id;
	p->m.next_id = FIRST_FREE;
}

static void pair_close(struct pair *p)
{
	directory_close(p->d);
	assert_int_equal(p->purse.out, 0);
}

static uint32_t pick(struct pair *p, uint32_t below)
{
	return (uint32_t)rand_below(&p->r, below);
}

/* A key or none. */
static uint32_t pick_key(struct pair *p)
{
	return pick(p, 2) ? 1 + pick(p, NAMES) : 0;
}

/* Mostly sensible, so that the directory grows; at times not. */
static void random_change(struct pair *p, struct change *c)
{
	bool is_new = pick(p, 3) == 0;
	int i = (int)pick(p, DOMAINS);
	const struct item *it;

	c->kind = pick(p, 5) ? CHANGE_ENTRY_PUT : CHANGE_ENTRY_DESTROY;
	c->id = is_new || p->m.next_id == FIRST_FREE
			? p->m.next_id
			: FIRST_FREE + pick(p, p->m.next_id - FIRST_FREE);
	it = &p->m.v[c->id];
	c->parent = it->is_there ? it->parent : domains[i].machines;
	c->domain = it->is_there ? it->domain : domains[i].id;
	c->instance = it->is_there ? it->instance + 1 : 1;
	if (!pick(p, 8))
		c->parent = 1 + pick(p, p->m.next_id);
	if (!pick(p, 10))
		c->domain = domains[pick(p, DOMAINS)].id;
	if (!pick(p, 10))
		c->instance = pick(p, 4);
	if (c->parent == ENTRY_ROOT || c->parent == 6 || c->parent == 8)
		c->parent = ENTRY_CONFIG; /* names at the top have a rule */
}

static const struct entry *find(struct pair *p, uint32_t domain,
				const struct keys *one)
{
	char text[20];
	struct hwaddr hw;

	if (one->ip)
		return machine_by_ip(p->d, domain, IP4(10, 0, 0, one->ip));
	if (one->name) {
		snprintf(text, sizeof text, "%c%u", pick(p, 2) ? 'n' : 'N',
			 one->name);
		return machine_by_name(p->d, domain, text);
	}
	hw_text(text, sizeof text, one->hw, pick(p, 2));
	assert_true(hwaddr_parse(text, strlen(text), &hw));
	return machine_by_hw(p->d, domain, &hw);
}

static void finds_the_same(struct pair *p, const struct keys *one)
{
	for (int i = 0; i < DOMAINS; i++) {
		const struct entry *e = find(p, domains[i].id, one);

		assert_int_equal(e ? e->id : 0, model_find(&p->m, i, one));
	}
}

/* NetInfo's sum, of all that there is. */
static void sums_up_the_same(const struct pair *p)
{
	for (int i = 0; i < DOMAINS; i++) {
		uint32_t domain = domains[i].id, sum = 0;

		for (uint32_t id = 1; id < p->m.next_id; id++) {
			const struct entry *e = directory_entry(p->d, id);

			if (e && e->domain == domain)
				sum += (id - domain + 1) * e->instance;
		}
		assert_int_equal(domain_checksum(p->d, domain), sum);
	}
}

static void compare(struct pair *p)
{
	uint32_t machines = 0;

	sums_up_the_same(p);
	for (uint32_t n = 1; n <= NAMES; n++) {
		finds_the_same(p, &(struct keys){.name = n});
		finds_the_same(p, &(struct keys){.hw = n});
		finds_the_same(p, &(struct keys){.ip = n});
	}
	for (uint32_t id = FIRST_FREE; id < p->m.next_id; id++) {
		const struct entry *e = directory_entry(p->d, id);
		const struct item *it = &p->m.v[id];

		assert_int_equal(e != NULL, it->is_there);
		if (!e)
			continue;
		machines += is_machine(it);
		assert_int_equal(e->instance, it->instance);
		assert_int_equal(e->parent, it->parent);
	}
	assert_int_equal(directory_machines(p->d), machines);
	assert_int_equal(directory_next_id(p->d), p->m.next_id);
}

static void step(struct pair *p)
{
	struct made made = {.c.kind = CHANGE_ENTRY_PUT};
	struct keys k = {1 + pick(p, NAMES), pick_key(p), pick_key(p),
			 pick_key(p)};
	const struct keys *keys = &k;
	uint32_t other;
	char text[200];

	random_change(p, &made.c);
	if (made.c.kind == CHANGE_ENTRY_DESTROY) {
		keys = NULL;
	} else {
		keys_text(text, sizeof text, &k, pick(p, 2));
		made.c.props = props(&made.room, text);
	}
	int expected = model_check(&p->m, &made.c, keys);
	/* Of what is not there, nothing can be destroyed. */
	if (!keys && !expected && !p->m.v[made.c.id].is_there)
		expected = -ENOENT;
	if (!keys && expected == -EINVAL && !p->m.v[made.c.id].is_there)
		expected = -ENOENT;
	int rc = directory_check(p->d, &made.c, &other);

	assert_int_equal(rc, expected);
	p->seen[rc == 0 ? 0 : rc == -EEXIST ? 1 : rc == -ESTALE ? 2 : 3]++;
	if (rc)
		return;
	assert_int_equal(directory_apply(p->d, &made.c), 0);
	model_apply(&p->m, &made.c, keys);
}

static void random_changes_do_as_in_a_list(void **state)
{
	struct pair *p = malloc(sizeof *p);

	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		pair_open(p, seed);
		while (p->m.next_id < ENTRIES - 1) {
			step(p);
			if (!pick(p, 4)) /* the model is slow */
				compare(p);
		}
		compare(p);
		for (int i = 0; i < 4; i++)
			assert_true(p->seen[i] > 20);
		pair_close(p);
	}
	free(p);
}

/* In the order of the ids, each with its last instance: a store's way. */
static void a_snapshot_makes_the_same_directory(void **state)
{
	struct pair *p = malloc(sizeof *p), *q = malloc(sizeof *q);
	struct dump *one = calloc(1, sizeof *one),
		    *two = calloc(1, sizeof *two);

	(void)state;
	pair_open(p, 77);
	pair_open(q, 78);
	while (p->m.next_id < ENTRIES - 1)
		step(p);
	for (uint32_t id = FIRST_FREE; id < p->m.next_id; id++) {
		const struct entry *e = directory_entry(p->d, id);
		struct change c = {.kind = CHANGE_ENTRY_PUT, .id = id};

		if (!e)
			continue;
		c.domain = e->domain;
		c.parent = e->parent;
		c.instance = e->instance;
		c.props = e->props;
		assert_int_equal(directory_apply(q->d, &c), 0);
	}
	dump_directory(one, p->d);
	dump_directory(two, q->d);
	/* The first line has the next id, which the last one gone may raise. */
	assert_string_equal(strchr(one->text, '\n'), strchr(two->text, '\n'));
	assert_int_equal(directory_machines(p->d), directory_machines(q->d));
	pair_close(p);
	pair_close(q);
	free(p);
	free(q);
	free(one);
	free(two);
}

/* What nobody finds would still fill the indexes. */
static void dump_indexes(struct dump *to, const struct directory *d)
{
	dump_add(to, "%u ids", d->by_id.n);
	for (int k = 0; k < KEYS; k++)
		dump_add(to, " %u", d->by_key[k].n);
}

/* Apply a change for which memory runs out ever later, until it does not. */
static unsigned apply_when_poor(struct pair *p, const struct change *c)
{
	struct dump *before = calloc(1, sizeof *before);
	unsigned refused = 0;

	dump_directory(before, p->d);
	dump_indexes(before, p->d);
	for (p->purse.left = 0;; p->purse.left = ++refused) {
		struct dump *after = calloc(1, sizeof *after);
		int rc = directory_apply(p->d, c);

		dump_directory(after, p->d);
		dump_indexes(after, p->d);
		p->purse.left = -1;
		if (rc == -ENOMEM)
			assert_string_equal(before->text, after->text);
		else
			assert_int_equal(rc, 0);
		free(after);
		if (!rc)
			break;
	}
	free(before);
	return refused;
}

static void without_memory_a_change_leaves_no_trace(void **state)
{
	struct pair *p = malloc(sizeof *p);
	unsigned refused = 0;
	struct made made;
	char text[200];

	(void)state;
	pair_open(p, 5);
	for (uint32_t n = 0; n < 300; n++) {
		snprintf(text, sizeof text,
			 "name=m%u,w%u,x%u;en_address=0:0:f:0:%x:%x;"
			 "ip_address=10.0.%u.%u,10.1.%u.%u",
			 n, n, n, n >> 8, n & 255, n >> 8, n & 255, n >> 8,
			 n & 255);
		entry_put(&made, FIRST_FREE + n, ENTRY_MACHINES, 1, text);
		refused += apply_when_poor(p, &made.c);
		if (n % 3 == 0) {
			entry_put(&made, FIRST_FREE + n, ENTRY_MACHINES, 2,
				  text);
			refused += apply_when_poor(p, &made.c);
		}
		if (n % 7 == 0) {
			entry_destroy(&made, FIRST_FREE + n, 3);
			assert_int_equal(apply_when_poor(p, &made.c), 0);
		}
		/* What a failed change left behind would be found. */
		snprintf(text, sizeof text, "x%u", n);
		assert_int_equal(machine_by_name(p->d, 8, text) == NULL,
				 n % 7 == 0);
	}
	assert_true(refused > 300);
	pair_close(p);
	free(p);
}

struct hashed {
	uint32_t hash, ip;
};

static int by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Addresses of one hash, as the index keeps it, do exist: look for some. */
static void what_only_hashes_alike_is_not_found(void **state)
{
	enum { TRIED = 400000 };
	struct hashed *v = calloc(TRIED, sizeof *v);
	struct purse purse;
	struct directory *d;
	struct made made;
	char text[64];
	uint32_t id = 6;

	(void)state;
	assert_int_equal(directory_open(&d, purse_open(&purse), 0, 1), 0);
	for (uint32_t i = 0; i < TRIED; i++) {
		v[i].ip = IP4(10, 0, 0, 1) + i;
		v[i].hash =
			(uint32_t)(hash_u64(v[i].ip, 1 + DOMAIN_FIRST) >> 32);
	}
	qsort(v, TRIED, sizeof *v, by_hash);
	for (size_t i = 1; i < TRIED; i++) {
		uint32_t ip = v[i - 1].ip, other = v[i].ip;

		if (v[i].hash != v[i - 1].hash)
			continue;
		snprintf(text, sizeof text, "name=m%u;ip_address=10.%u.%u.%u",
			 id, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
		entry_put(&made, id++, ENTRY_MACHINES, 1, text);
		assert_int_equal(directory_apply(d, &made.c), 0);
		assert_non_null(machine_by_ip(d, DOMAIN_FIRST, ip));
		assert_null(machine_by_ip(d, DOMAIN_FIRST, other));
	}
	assert_true(id > 8);
	directory_close(d);
	free(v);
}

static void without_memory_no_directory_is_opened(void **state)
{
	struct purse purse;
	struct directory *d = NULL;
	long pieces = 0;

	(void)state;
	for (;; pieces++) {
		purse_open(&purse);
		purse.left = pieces;
		if (!directory_open(&d, &purse.alloc, 3, 1))
			break;
		assert_null(d);
		assert_int_equal(purse.out, 0);
	}
	assert_true(pieces > 10);
	directory_close(d);
	assert_int_equal(purse.out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes_do_as_in_a_list),
		cmocka_unit_test(a_snapshot_makes_the_same_directory),
		cmocka_unit_test(without_memory_a_change_leaves_no_trace),
		cmocka_unit_test(without_memory_no_directory_is_opened),
		cmocka_unit_test(what_only_hashes_alike_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
