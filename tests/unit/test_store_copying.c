/*
 * One store copied into another: from memory to a file and to the model of
 * etcd, and back, whatever interrupts it; and what must not be written over.
 */
#include "sim/etcd_model.h"
#include "store/copying.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/directory.h"

#include "loaded.h"

enum { MACHINES = 1500, LEASES = 700, TIMES = 200 };

static const uint32_t NETWORK = IP4(10, 0, 0, 0);

struct stage {
	struct purse purse;
	struct store *from, *file, *etcd;
	struct etcd_model *m;
	struct etcd_link *link;
	char folder[32], path[48];
	struct store_sum sum;
	struct store_filling f;
	unsigned leases; /* that were looked at */
	unsigned cut_at; /* 0: never */
};

/* ---- what is copied ------------------------------------------------------ */

static void make(struct store *s, const struct change *c, int wanted)
{
	struct commit v = {.change = c, .who = "root", .wall = 5};
	uint64_t revision;

	assert_int_equal(s->ops->commit(s, &v, 1, &revision), 0);
	assert_int_equal(v.rc, wanted);
}

static void lease(struct store *s, uint32_t host, uint32_t machine, usec ends,
		  enum lease_kind kind)
{
	struct made m;

	(void)lease_put(&m, NETWORK + host, machine);
	m.c.lease.kind = kind;
	if (ends)
		m.c.lease.wall_ends = ends;
	if (kind == LEASE_DECLINED)
		m.c.lease.hw = (struct hwaddr){.len = 0};
	make(s, &m.c, 0);
}

/* Two domains, entries below each other, some edited, the last one gone, a
 * fixed one that was edited; leases of each kind. */
static void fill_source(struct store *s)
{
	struct made m;
	char name[24];
	uint32_t id = ENTRY_FIXED + 1;

	make(s, domain_put(&m, id++, DOMAIN_FIRST, 1, "name=boston"), 0);
	make(s,
	     entry_put(&m, ENTRY_MACHINES, ENTRY_ROOT, 2,
		       "name=machines note=edited"),
	     0);
	for (uint32_t i = 0; i < MACHINES; i++) {
		snprintf(name, sizeof name, "name=n%u", i);
		make(s,
		     entry_put(&m, id, i % 7 ? ENTRY_MACHINES : id - 1, 1,
			       name),
		     0);
		for (uint32_t k = 2; k < 2 + i % 3; k++)
			make(s, entry_put(&m, id, ENTRY_MACHINES, k, name), 0);
		id++;
	}
	make(s, entry_put(&m, id, ENTRY_MACHINES, 1, "name=gone"), 0);
	make(s, entry_destroy(&m, id, 2), 0);
	for (uint32_t i = 0; i < LEASES; i++)
		lease(s, i + 1, i + 1, 0, LEASE_DHCP);
	/* A machine that had another address before, and one that goes about;
	 * an address that nobody has. */
	lease(s, 5000, 7, SECONDS(1), LEASE_DHCP);
	lease(s, 5001, 8, SECONDS(1900000000), LEASE_DHCP);
	lease(s, 5002, 9, 0, LEASE_DECLINED);
	lease(s, 5003, 9000, NEVER, LEASE_BOOTP);
}

/* ---- the stores ---------------------------------------------------------- */

static int try_etcd(struct stage *t, bool takes_copy)
{
	struct etcd_config config = {.wait = MILLISECONDS(500),
				     .txn_ops = ETCD_TXN_OPS,
				     .server = "mover",
				     .takes_copy = takes_copy};

	if (t->etcd)
		t->etcd->ops->close(t->etcd);
	t->etcd = NULL;
	t->link = etcd_model_link(t->m);
	return store_etcd_open(&t->etcd, t->link, &config, &t->purse.alloc);
}

/* Until it can be. */
static void open_etcd(struct stage *t, bool takes_copy)
{
	int rc = -1;

	for (int i = 0; rc && i < TIMES; i++)
		rc = try_etcd(t, takes_copy);
	assert_int_equal(rc, 0);
}

static void open_file(struct stage *t)
{
	char why[200] = "";

	if (t->file)
		t->file->ops->close(t->file);
	if (store_sqlite_open(&t->file, t->path, why, sizeof why))
		fail_msg("%s", why);
}

static uint32_t network(void *arg, uint32_t ip)
{
	struct stage *t = arg;

	if (t->cut_at && t->leases++ == t->cut_at)
		etcd_model_cut(t->link, true);
	return ip & IP4(255, 0, 0, 0);
}

static int open_stage(void **state)
{
	struct stage *t = calloc(1, sizeof *t);
	const struct alloc *alloc = purse_open(&t->purse);

	*state = t;
	strcpy(t->folder, "/tmp/muster-test-XXXXXX");
	if (!mkdtemp(t->folder))
		return -1;
	snprintf(t->path, sizeof t->path, "%s/store", t->folder);
	open_file(t);
	assert_int_equal(store_memory_open(&t->from, alloc, NULL), 0);
	fill_source(t->from);
	assert_int_equal(store_sum(t->from, alloc, &t->sum), 0);
	assert_int_equal(etcd_model_open(&t->m, alloc, 3), 0);
	open_etcd(t, true);
	t->f = (struct store_filling){
		.alloc = alloc, .sum = &t->sum, .network = network, .arg = t};
	return 0;
}

static int close_stage(void **state)
{
	struct stage *t = *state;
	long out;

	t->from->ops->close(t->from);
	t->file->ops->close(t->file);
	if (t->etcd)
		t->etcd->ops->close(t->etcd);
	etcd_model_close(t->m);
	unlink(t->path);
	rmdir(t->folder);
	out = t->purse.out;
	free(t);
	return out != 0;
}

static void is_whole(struct stage *t, struct store *s)
{
	struct store_sum is;

	assert_int_equal(store_sum(s, &t->purse.alloc, &is), 0);
	assert_true(store_sum_is(&is, &t->sum));
}

static void finish(struct stage *t)
{
	open_etcd(t, true);
	is_whole(t, t->etcd);
	assert_int_equal(t->etcd->ops->intake->end(t->etcd), 0);
	open_etcd(t, false);
	is_whole(t, t->etcd);
}

static uint64_t things(const struct stage *t)
{
	return t->sum.entries + t->sum.domains + t->sum.leases +
	       (t->sum.last_id != 0);
}

/* ---- copies -------------------------------------------------------------- */

static void the_sum_counts(void **state)
{
	struct stage *t = *state;
	struct store_sum is;
	struct made m;

	assert_int_equal(t->sum.domains, 1);
	assert_int_equal(t->sum.entries, MACHINES + 1);
	assert_int_equal(t->sum.leases, LEASES + 4);
	assert_int_equal(t->sum.last_id, ENTRY_FIXED + 2 + MACHINES);
	/* A digit of one thing is another sum. */
	lease(t->from, 1, 1, SECONDS(1700000002), LEASE_DHCP);
	assert_int_equal(store_sum(t->from, &t->purse.alloc, &is), 0);
	assert_false(store_sum_is(&is, &t->sum));
	lease(t->from, 1, 1, 0, LEASE_DHCP);
	assert_int_equal(store_sum(t->from, &t->purse.alloc, &is), 0);
	assert_true(store_sum_is(&is, &t->sum));
	make(t->from,
	     entry_put(&m, ENTRY_MACHINES, ENTRY_ROOT, 3, "name=machines"), 0);
	assert_int_equal(store_sum(t->from, &t->purse.alloc, &is), 0);
	assert_false(store_sum_is(&is, &t->sum));
}

static void a_file_takes_all_or_nothing(void **state)
{
	struct stage *t = *state;
	struct store_sum is;
	struct made m;

	assert_int_equal(store_fill(t->file, t->from, &t->f), 0);
	assert_int_equal(t->f.written, things(t));
	is_whole(t, t->file);
	/* It was interrupted: nothing was done. */
	open_file(t);
	assert_int_equal(store_sum(t->file, &t->purse.alloc, &is), 0);
	assert_int_equal(is.entries + is.domains + is.leases + is.revision, 0);
	assert_int_equal(store_fill(t->file, t->from, &t->f), 0);
	assert_int_equal(t->file->ops->intake->end(t->file), 0);
	open_file(t);
	is_whole(t, t->file);
	assert_int_equal(store_fill(t->file, t->from, &t->f), -ENOTEMPTY);
	/* It goes on as any other: ids are not given twice. */
	make(t->file, entry_put(&m, 7, ENTRY_MACHINES, 2, "name=n0"), 0);
	make(t->file, entry_put(&m, 7, ENTRY_MACHINES, 2, "name=n0"), -ESTALE);
}

static void etcd_takes_it_and_gives_it_back(void **state)
{
	struct stage *t = *state;
	struct made m;

	assert_int_equal(store_fill(t->etcd, t->from, &t->f), 0);
	assert_int_equal(t->f.written, things(t));
	assert_int_equal(t->f.there, 0);
	finish(t);
	/* A machine has one address in its subnet, the one that ends last. */
	assert_int_equal(etcd_model_count(t->m, "h/"), LEASES + 1);
	assert_int_equal(etcd_model_count(t->m, "c"), 0);
	assert_int_equal(store_fill(t->file, t->etcd, &t->f), 0);
	is_whole(t, t->file);
	assert_int_equal(t->file->ops->intake->end(t->file), 0);
	make(t->etcd, entry_put(&m, 7, ENTRY_MACHINES, 2, "name=n0"), 0);
	make(t->etcd, entry_put(&m, 7, ENTRY_MACHINES, 2, "name=n0"), -ESTALE);
}

static void what_is_interrupted_goes_on_where_it_was(void **state)
{
	struct stage *t = *state;
	uint64_t there;

	/* Once for the first look at all leases. */
	t->cut_at = LEASES + LEASES / 2;
	assert_int_equal(store_fill(t->etcd, t->from, &t->f), -ETIMEDOUT);
	t->cut_at = 0;
	open_etcd(t, true);
	there = etcd_model_count(t->m, "e/") + etcd_model_count(t->m, "l/") +
		etcd_model_count(t->m, "i");
	assert_int_equal(store_fill(t->etcd, t->from, &t->f), 0);
	assert_int_equal(t->f.there, there);
	assert_int_equal(t->f.written, things(t) - there);
	finish(t);
}

static void half_a_copy_is_no_store(void **state)
{
	struct stage *t = *state;

	t->cut_at = 2 * LEASES;
	(void)store_fill(t->etcd, t->from, &t->f);
	t->cut_at = 0;
	assert_int_equal(try_etcd(t, false), -EINPROGRESS);
	/* Another one is not mixed with it. */
	lease(t->from, 9, 9, SECONDS(5), LEASE_DHCP);
	assert_int_equal(store_sum(t->from, &t->purse.alloc, &t->sum), 0);
	open_etcd(t, true);
	assert_int_equal(store_fill(t->etcd, t->from, &t->f), -EALREADY);
}

/* A server that had it open, empty, knows nothing of what is taken in. */
static void who_had_it_open_stops(void **state)
{
	struct stage *t = *state;
	struct store *server;
	struct store_status is;
	struct etcd_config config = {.wait = MILLISECONDS(500),
				     .txn_ops = ETCD_TXN_OPS,
				     .server = "server"};

	assert_int_equal(store_etcd_open(&server, etcd_model_link(t->m),
					 &config, &t->purse.alloc),
			 0);
	assert_int_equal(store_fill(t->etcd, t->from, &t->f), 0);
	(void)server->ops->shared->wait(server, -1, 0);
	server->ops->status(server, &is);
	assert_true(is.is_broken);
	server->ops->close(server);
}

static void what_is_there_is_not_written_over(void **state)
{
	struct stage *t = *state;

	open_etcd(t, false);
	lease(t->etcd, 9, 9, 0, LEASE_DHCP);
	assert_int_equal(store_fill(t->etcd, t->from, &t->f), -ENOTEMPTY);
	assert_int_equal(etcd_model_count(t->m, "l/"), 1);
	assert_int_equal(etcd_model_count(t->m, "c"), 0);
	assert_int_equal(store_fill(t->from, t->etcd, &t->f), -EOPNOTSUPP);
}

/* Somebody wrote to half a copy. */
static void a_stranger_in_the_copy_is_found(void **state)
{
	struct stage *t = *state;
	struct made m;

	assert_int_equal(store_fill(t->etcd, t->from, &t->f), 0);
	(void)lease_put(&m, NETWORK + 9999, 1);
	assert_int_equal(t->etcd->ops->intake->put(t->etcd, &m.c, 1), 0);
	open_etcd(t, true);
	assert_int_equal(store_fill(t->etcd, t->from, &t->f), -EEXIST);
}

/* Whatever gets lost, it comes to its end when it is begun often enough; and
 * what arrives late, when it is whole, changes nothing. */
static void it_outlives_what_gets_lost(void **state)
{
	struct stage *t = *state;
	struct etcd_model_faults f = {
		.request_lost = 10, .request_late = 10, .answer_lost = 10};
	int rc = -1;

	etcd_model_faults(t->m, &f);
	for (int i = 0; rc && i < TIMES; i++) {
		rc = store_fill(t->etcd, t->from, &t->f);
		if (rc)
			open_etcd(t, true);
	}
	assert_int_equal(rc, 0);
	finish(t);
	etcd_model_faults(t->m, &(struct etcd_model_faults){0});
	etcd_model_pass(t->m, SECONDS(30));
	open_etcd(t, false);
	is_whole(t, t->etcd);
	assert_int_equal(etcd_model_count(t->m, "c"), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
	const struct CMUnitTest tests[] = {
		T(the_sum_counts),
		T(a_file_takes_all_or_nothing),
		T(etcd_takes_it_and_gives_it_back),
		T(what_is_interrupted_goes_on_where_it_was),
		T(half_a_copy_is_no_store),
		T(who_had_it_open_stops),
		T(what_is_there_is_not_written_over),
		T(a_stranger_in_the_copy_is_found),
		T(it_outlives_what_gets_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
