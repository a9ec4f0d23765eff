/*
 * What is durable becomes true, on every server: two of them, each with a
 * directory and leases of its own, change one store at random, late, in the
 * wrong order and without answers; when all news have come, both have what the
 * store has.
 */
#include "engine/apply.h"

#include "base/rand.h"
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "changes.h"
#include "stage/stage.h"

enum { SEEDS = 1000, STEPS = 120, SERVERS = 3, ADDRESSES = 12, MACHINES = 9 };

#define NETWORK IP4(10, 0, 0, 0)

/* What its loop has not looked at yet, in order. */
struct ended {
	struct ended *next;
	struct changes *all;
	bool is_news;
	uint64_t revision;
};

struct member {
	struct site site;
	struct store *store;
	struct ended *first, **last;
	uint64_t seen;
};

struct scene {
	struct store *truth;
	struct settings settings;
	struct member v[SERVERS];
	struct rand rand;
	usec now;
	unsigned beaten, stale, lost, applied;
};

static usec wall(const struct scene *s)
{
	return SECONDS(1700000000) + s->now;
}

static uint32_t below(struct scene *s, uint32_t n)
{
	return (uint32_t)rand_below(&s->rand, n);
}

static void open_member(struct scene *s, struct member *m)
{
	m->site.settings = &s->settings;
	m->last = &m->first;
	assert_int_equal(store_memory_join(&m->store, s->truth, &stage_alloc),
			 0);
	assert_int_equal(
		directory_open(&m->site.directory, &stage_alloc, 16, 1), 0);
	assert_int_equal(leases_open(&m->site.leases, &stage_alloc, 64, 2), 0);
	site_settle_domain(&m->site);
}

static void open_scene(struct scene *s, uint64_t seed)
{
	*s = (struct scene){.now = SECONDS(5)};
	rand_seed(&s->rand, seed);
	s->settings.subnets[0] = (struct subnet){.network = NETWORK,
						 .mask = 0xffffff00,
						 .first = NETWORK + 1,
						 .last = NETWORK + ADDRESSES};
	s->settings.n_subnets = 1;
	assert_int_equal(store_memory_open(&s->truth, &stage_alloc, NULL), 0);
	for (int i = 0; i < SERVERS; i++)
		open_member(s, &s->v[i]);
}

static void close_scene(struct scene *s)
{
	for (int i = 0; i < SERVERS; i++) {
		assert_null(s->v[i].first);
		s->v[i].store->ops->close(s->v[i].store);
		directory_close(s->v[i].site.directory);
		leases_close(s->v[i].site.leases, &stage_alloc);
	}
	s->truth->ops->close(s->truth);
}

/* ---- what comes back ----------------------------------------------------- */

static void add(struct member *m, struct changes *all, bool is_news,
		uint64_t revision)
{
	struct ended *e = calloc(1, sizeof *e);

	*e = (struct ended){
		.all = all, .is_news = is_news, .revision = revision};
	*m->last = e;
	m->last = &e->next;
}

static int hear(void *arg, const struct store_news *n)
{
	struct changes *all;

	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	for (size_t i = 0; i < n->n; i++)
		assert_int_equal(changes_add(all, &n->v[i]), 0);
	add(arg, all, true, n->revision);
	return 0;
}

static void listen(struct member *m)
{
	assert_int_equal(m->store->ops->shared->news(m->store, hear, m), 0);
}

static void apply_next(struct scene *s, struct member *m)
{
	struct ended *e = m->first;
	struct outcome o = {.kind = EFFECT_COMMIT, .wall = wall(s)};

	if (!e)
		return;
	o.all = e->all;
	m->seen = e->revision;
	m->first = e->next;
	if (!m->first)
		m->last = &m->first;
	assert_int_equal(e->is_news ? apply_news(&m->site, &o, s->now)
				    : apply_own(&m->site, &o, s->now),
			 0);
	s->applied++;
	changes_drop(e->all);
	free(e);
}

/* ---- what is changed ----------------------------------------------------- */

static void commit(struct scene *s, struct member *m, struct changes *all)
{
	struct commit v = {.change = all->v,
			   .more = all->n - 1,
			   .wall = wall(s),
			   .seen = m->seen};
	uint64_t revision;

	(void)m->store->ops->commit(m->store, &v, 1, &revision);
	listen(m);
	s->beaten += v.rc == -EEXIST;
	s->stale += v.rc == -ESTALE;
	s->lost += v.rc == -ETIMEDOUT;
	if (v.rc)
		changes_drop(all);
	else
		add(m, all, false, v.revision);
}

static void lease(struct scene *s, struct member *m)
{
	uint32_t ip = NETWORK + 1 + below(s, ADDRESSES);
	struct changes *all;
	struct made made;
	struct change c;

	c = *lease_put(&made, ip, 1 + below(s, MACHINES));
	c.network = NETWORK;
	c.lease.wall_ends = wall(s) + SECONDS(c.lease.term);
	if (!below(s, 6))
		c.lease.kind = LEASE_DECLINED;
	else if (!below(s, 4))
		c.lease.term = 0;
	if (!below(s, 8))
		c = *lease_drop(&made, ip);
	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	assert_int_equal(changes_add(all, &c), 0);
	commit(s, m, all);
}

static struct change edit_of(struct scene *s, const struct member *m,
			     struct made *made)
{
	const struct directory *d = m->site.directory;
	uint32_t next = directory_next_id(d), id = 6 + below(s, 20);
	const struct entry *e = directory_entry(d, id);
	char text[64];

	snprintf(text, sizeof text, "name=m%u; ip_address=10.0.1.%u",
		 below(s, 40), below(s, 30));
	if (!e)
		return *entry_put(made, next, ENTRY_MACHINES, 1, text);
	if (!below(s, 3))
		return *entry_destroy(made, id, e->instance + 1);
	return *entry_put(made, id, ENTRY_MACHINES, e->instance + 1, text);
}

/* Up to three that belong together; as the server does, checked first. */
static void edit(struct scene *s, struct member *m)
{
	struct changes *all;
	struct made made;
	uint32_t other;
	size_t failed;

	assert_int_equal(changes_open(&all, &stage_alloc), 0);
	for (uint32_t i = 0, n = 1 + below(s, 3); i < n; i++) {
		struct change c = edit_of(s, m, &made);

		c.id += c.instance == 1 ? i : 0;
		assert_int_equal(changes_add(all, &c), 0);
	}
	if (directory_check_all(m->site.directory, all->v, all->n, &failed,
				&other))
		changes_drop(all);
	else
		commit(s, m, all);
}

static void befall(struct scene *s, struct member *m)
{
	static const enum memory_lost lost[] = {LOST_NOTHING, LOST_UNDONE,
						LOST_DONE, LOST_LATE};
	struct store_memory_fate fate = {.is_away = !below(s, 5),
					 .is_slow = !below(s, 2),
					 .lost = lost[below(s, 4)]};

	store_memory_befall(m->store, &fate);
}

static void step(struct scene *s)
{
	struct member *m = &s->v[below(s, SERVERS)];

	s->now += MILLISECONDS(below(s, 20000));
	switch (below(s, 10)) {
	case 0:
	case 1:
	case 2:
		lease(s, m);
		break;
	case 3:
	case 4:
		/* One is under way at a time, as site.is_editing says. */
		while (m->first)
			apply_next(s, m);
		edit(s, m);
		break;
	case 5:
		befall(s, m);
		break;
	case 6:
		store_memory_late(m->store);
		break;
	default:
		listen(m);
		apply_next(s, m);
		break;
	}
}

/* ---- and in the end ------------------------------------------------------ */

static void settle(const struct member *m)
{
	store_memory_late(m->store);
	store_memory_befall(m->store, &(struct store_memory_fate){0});
}

static void dump(const struct site *site, struct dump *to)
{
	*to = (struct dump){.len = 0};
	dump_directory(to, site->directory);
	for (uint32_t ip = NETWORK + 1; ip <= NETWORK + ADDRESSES; ip++) {
		const struct lease *l = leases_by_ip(site->leases, ip);

		if (l)
			dump_lease(to, l);
	}
}

static int load_one(void *arg, const struct change *c)
{
	struct site *to = arg;

	if (change_is_edit(c))
		return directory_apply(to->directory, c);
	return leases_put(to->leases, &c->lease, SECONDS(5),
			  SECONDS(1700000005));
}

static void dump_truth(struct scene *s, struct dump *to)
{
	struct site site = {.settings = &s->settings};
	uint64_t revision;

	assert_int_equal(directory_open(&site.directory, &stage_alloc, 16, 1),
			 0);
	assert_int_equal(leases_open(&site.leases, &stage_alloc, 64, 2), 0);
	assert_int_equal(
		s->truth->ops->load(s->truth, load_one, &site, &revision), 0);
	dump(&site, to);
	directory_close(site.directory);
	leases_close(site.leases, &stage_alloc);
}

static void check(struct scene *s, uint64_t seed)
{
	struct dump *is = calloc(2, sizeof *is);

	for (int i = 0; i < SERVERS; i++)
		settle(&s->v[i]);
	for (int i = 0; i < SERVERS; i++) {
		listen(&s->v[i]);
		while (s->v[i].first)
			apply_next(s, &s->v[i]);
	}
	dump_truth(s, &is[0]);
	for (int i = 0; i < SERVERS; i++) {
		dump(&s->v[i].site, &is[1]);
		if (strcmp(is[0].text, is[1].text) != 0)
			fail_msg("seed %u, server %d: is\n%s\nnot\n%s",
				 (unsigned)seed, i, is[1].text, is[0].text);
	}
	free(is);
}

static void all_servers_have_what_the_store_has(void **state)
{
	unsigned beaten = 0, stale = 0, lost = 0, applied = 0;
	struct scene *s = calloc(1, sizeof *s);

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		open_scene(s, seed);
		for (int i = 0; i < STEPS; i++)
			step(s);
		check(s, seed);
		beaten += s->beaten;
		stale += s->stale;
		lost += s->lost;
		applied += s->applied;
		close_scene(s);
	}
	free(s);
	print_message("%d seeds: %u applied, %u beaten, %u stale, %u lost\n",
		      SEEDS, applied, beaten, stale, lost);
	assert_true(beaten > SEEDS && stale > SEEDS && lost > SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_servers_have_what_the_store_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
