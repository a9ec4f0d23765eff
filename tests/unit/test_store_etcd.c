/*
 * The store on etcd, over the model of a cluster: several servers that share
 * one truth, whatever gets lost between them.
 *
 * time limit: 300 s
 */
#include "sim/etcd_model.h"
#include "store/etcd_inside.h"
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/rand.h"
#include "model/changes.h"

#include "loaded.h"

enum { SERVERS = 3, NEWS = 64 };

static const uint32_t NETWORK = IP4(10, 0, 0, 0);

struct server {
	struct etcd_link *link;
	struct store *s;
	char news[4096]; /* "put 10.0.0.7 ..." a line each */
	size_t len;
	unsigned changes;
	uint64_t seen;
	uint64_t revision;
	usec ends;       /* of the last lease that was news */
	unsigned of[64]; /* the machine that has an address, as it knows */
};

struct cluster {
	struct purse purse;
	struct etcd_model *m;
	struct server v[SERVERS];
	struct made made[600];
	struct commit batch[600];
	size_t n;
};

static void start(struct cluster *c, unsigned i)
{
	struct etcd_config config = {.wait = MILLISECONDS(500),
				     .txn_ops = ETCD_TXN_OPS};
	struct server *s = &c->v[i];
	char name[] = "server1";

	name[6] = (char)('1' + i);
	strcpy(config.server, name);
	s->link = etcd_model_link(c->m);
	assert_non_null(s->link);
	assert_int_equal(
		store_etcd_open(&s->s, s->link, &config, &c->purse.alloc), 0);
	s->seen = etcd_model_revision(c->m);
}

static void stop(struct server *s)
{
	s->s->ops->close(s->s);
	s->s = NULL;
}

static int open_cluster(void **state)
{
	struct cluster *c = calloc(1, sizeof *c);

	*state = c;
	purse_open(&c->purse);
	if (etcd_model_open(&c->m, &c->purse.alloc, 1))
		return -1;
	for (unsigned i = 0; i < SERVERS; i++)
		start(c, i);
	return 0;
}

static int close_cluster(void **state)
{
	struct cluster *c = *state;
	long out;

	for (unsigned i = 0; i < SERVERS; i++)
		if (c->v[i].s)
			stop(&c->v[i]);
	etcd_model_close(c->m);
	out = c->purse.out;
	free(c);
	return out != 0;
}

/* ---- what is done and heard ---------------------------------------------- */

static void take(struct server *s, const struct change *c)
{
	const uint8_t *hw = c->lease.hw.b;

	s->ends = c->lease.wall_ends;
	if (!change_is_edit(c))
		s->of[c->lease.ip & 63] =
			c->kind == CHANGE_LEASE_PUT ? hw[4] * 256u + hw[5] : 0;
}

static int on_news(void *arg, const struct store_news *n)
{
	struct server *s = arg;

	for (size_t i = 0; i < n->n; i++) {
		const struct change *c = &n->v[i];

		take(s, c);
		const char *name = plist_value(&c->props, "name");
		char *to = s->news + s->len;
		size_t room = sizeof s->news - s->len;

		if (room < 200)
			s->len = 0;
		else if (change_is_edit(c))
			s->len += (size_t)snprintf(
				to, room, "%s %u/%u %s\n",
				c->kind == CHANGE_ENTRY_DESTROY ? "destroy"
								: "put",
				c->id, c->instance, name ? name : "");
		else
			s->len += (size_t)snprintf(
				to, room, "%s %u of %u\n",
				c->kind == CHANGE_LEASE_PUT ? "lease" : "drop",
				c->lease.ip & 255, c->lease.hw.b[5]);
	}
	assert_true(n->n && n->revision > s->seen);
	s->changes += (unsigned)n->n;
	s->seen = n->revision;
	return 0;
}

/* What a server has heard since it was last asked. */
static const char *heard(struct server *s)
{
	s->len = 0;
	s->news[0] = '\0';
	(void)s->s->ops->shared->wait(s->s, -1, 0);
	assert_int_equal(s->s->ops->shared->news(s->s, on_news, s), 0);
	return s->news;
}

static struct change *add(struct cluster *c)
{
	struct made *m = &c->made[c->n];

	*m = (struct made){.c.kind = CHANGE_LEASE_PUT};
	c->batch[c->n++] = (struct commit){
		.change = &m->c, .rc = 1, .who = "root", .wall = 5};
	return &m->c;
}

static void lease(struct cluster *c, unsigned ip, unsigned machine)
{
	struct change *l = add(c);

	l->network = NETWORK;
	l->lease = (struct lease){.kind = LEASE_DHCP,
				  .ip = NETWORK + ip,
				  .wall_ends = SECONDS(2000000000),
				  .term = 3600,
				  .hw = {.type = HW_ETHERNET, .len = 6}};
	l->lease.hw.b[4] = (uint8_t)(machine >> 8);
	l->lease.hw.b[5] = (uint8_t)machine;
}

static void entry(struct cluster *c, uint32_t id, uint32_t instance,
		  const char *props)
{
	struct change *e = add(c);

	(void)entry_put((struct made *)(void *)e, id, ENTRY_MACHINES, instance,
			props);
}

static int commit(struct cluster *c, unsigned server)
{
	struct server *s = &c->v[server];
	size_t n = c->n;

	c->n = 0;
	return s->s->ops->commit(s->s, c->batch, n, &s->revision);
}

/* The one commit that was added. */
static int commit_one(struct cluster *c, unsigned server)
{
	int rc;

	assert_int_equal(c->n, 1);
	rc = commit(c, server);
	return rc ? rc : c->batch[0].rc;
}

static int by_ip(const void *a, const void *b)
{
	const struct lease *x = a, *y = b;

	return x->ip < y->ip ? -1 : x->ip > y->ip;
}

/* All of it as text, whatever the order in which it came. */
static struct dump *sorted(struct store *s)
{
	struct dump *to = calloc(1, sizeof *to);
	struct loaded *l = loaded_open(s);

	dump_add(to, "%d\n", l->rc);
	dump_directory(to, l->d);
	qsort(l->leases, l->n, sizeof *l->leases, by_ip);
	for (size_t i = 0; i < l->n; i++)
		dump_lease(to, &l->leases[i]);
	loaded_close(l);
	return to;
}

static void is_dump(struct store *a, struct store *b)
{
	struct dump *x = sorted(a), *y = sorted(b);

	assert_string_equal(x->text, y->text);
	free(x);
	free(y);
}

/* All servers know the same, and what a new one loads. */
static void all_agree(struct cluster *c)
{
	struct server fresh;

	for (unsigned i = 0; i < SERVERS; i++)
		(void)heard(&c->v[i]);
	fresh = c->v[0];
	start(c, 0);
	for (unsigned i = 1; i < SERVERS; i++)
		is_dump(c->v[i].s, c->v[0].s);
	is_dump(fresh.s, c->v[0].s);
	stop(&c->v[0]);
	c->v[0] = fresh;
}

/* ---- leases -------------------------------------------------------------- */

static void what_one_commits_is_news_to_the_others(void **state)
{
	struct cluster *c = *state;

	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	assert_string_equal(heard(&c->v[0]), "");
	assert_string_equal(heard(&c->v[1]), "lease 7 of 1\n");
	assert_string_equal(heard(&c->v[1]), "");
	lease(c, 7, 1); /* renewed by another */
	assert_int_equal(commit_one(c, 1), 0);
	assert_string_equal(heard(&c->v[0]), "lease 7 of 1\n");
	add(c)->kind = CHANGE_LEASE_DROP;
	c->made[0].c.lease.ip = NETWORK + 7;
	assert_int_equal(commit_one(c, 2), 0);
	assert_string_equal(heard(&c->v[0]), "drop 7 of 0\n");
	all_agree(c);
}

static void an_address_goes_to_one_machine_only(void **state)
{
	struct cluster *c = *state;

	for (unsigned i = 0; i < SERVERS; i++)
		etcd_model_hold(c->v[i].link, true);
	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	/* It has not heard of it. */
	lease(c, 7, 2);
	lease(c, 8, 3);
	assert_int_equal(commit(c, 1), 0);
	assert_int_equal(c->batch[0].rc, -EEXIST);
	etcd_model_hold(c->v[1].link, false);
	assert_string_equal(heard(&c->v[1]), "lease 7 of 1\n");
	for (unsigned i = 0; i < SERVERS; i++)
		etcd_model_hold(c->v[i].link, false);
	all_agree(c);
}

/* It has heard, but whoever decided had not. */
static void a_decision_on_old_news_is_refused(void **state)
{
	struct cluster *c = *state;
	uint64_t seen = etcd_model_revision(c->m);

	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	lease(c, 7, 2);
	c->batch[0].seen = seen;
	assert_int_equal(commit_one(c, 1), -EEXIST);
	assert_string_equal(heard(&c->v[1]), "lease 7 of 1\n");
	/* Now it knows, and means it: the lease has ended, say. */
	lease(c, 7, 2);
	c->batch[0].seen = c->v[1].seen;
	assert_int_equal(commit_one(c, 1), 0);
	assert_string_equal(heard(&c->v[0]), "lease 7 of 2\n");
	all_agree(c);
}

/* What was decided on when it stood otherwise is no end of what stands now:
 * the machine, that has it again, may have been told so.  Nor is it renewed
 * blindly, perhaps for less. */
static void a_lease_that_another_renewed_is_not_ended(void **state)
{
	struct cluster *c = *state;
	uint64_t seen;

	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	seen = etcd_model_revision(c->m);
	etcd_model_hold(c->v[0].link, true);
	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 1), 0);
	lease(c, 7, 1);
	c->made[0].c.lease.wall_ends = SECONDS(5);
	c->made[0].c.lease.term = 50;
	c->batch[0].seen = seen;
	assert_int_equal(commit_one(c, 0), -EEXIST);
	etcd_model_hold(c->v[0].link, false);
	lease(c, 7, 1);
	c->made[0].c.lease.term = 120;
	c->batch[0].seen = seen;
	assert_int_equal(commit_one(c, 0), -EEXIST);
	assert_string_equal(heard(&c->v[2]), "lease 7 of 1\nlease 7 of 1\n");
	/* By what it knows now. */
	assert_string_equal(heard(&c->v[0]), "lease 7 of 1\n");
	lease(c, 7, 1);
	c->made[0].c.lease.wall_ends = SECONDS(5);
	c->batch[0].seen = c->v[0].seen;
	assert_int_equal(commit_one(c, 0), 0);
	assert_string_equal(heard(&c->v[2]), "lease 7 of 1\n");
	/* What has no end may be said twice. */
	for (unsigned i = 0; i < 2; i++) {
		lease(c, 8, 2);
		c->made[0].c.lease.kind = LEASE_BOOTP;
		c->batch[0].seen = seen;
		assert_int_equal(commit_one(c, i), 0);
	}
	all_agree(c);
}

/* Its own commit tells nobody that it knew what came before. */
static void a_success_is_no_proof_of_having_heard(void **state)
{
	struct cluster *c = *state;
	uint64_t others, own;

	etcd_model_hold(c->v[1].link, true);
	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	others = c->batch[0].revision;
	assert_int_equal(others, etcd_model_revision(c->m));
	lease(c, 8, 2);
	c->batch[0].seen = c->v[1].seen;
	assert_int_equal(commit_one(c, 1), 0);
	own = c->batch[0].revision;
	assert_true(own < others);
	etcd_model_hold(c->v[1].link, false);
	(void)c->v[1].s->ops->shared->wait(c->v[1].s, -1, 0);
	lease(c, 7, 3);
	c->batch[0].seen = own;
	assert_int_equal(commit_one(c, 1), -EEXIST);
	all_agree(c);
}

static void a_machine_gets_one_address_in_a_subnet(void **state)
{
	struct cluster *c = *state;

	for (unsigned i = 0; i < SERVERS; i++)
		etcd_model_hold(c->v[i].link, true);
	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	lease(c, 8, 1);
	assert_int_equal(commit_one(c, 1), -EEXIST);
	lease(c, 9, 1);
	c->made[0].c.network = IP4(10, 1, 0, 0);
	assert_int_equal(commit_one(c, 1), 0);
	for (unsigned i = 0; i < SERVERS; i++)
		etcd_model_hold(c->v[i].link, false);
	assert_string_equal(heard(&c->v[1]), "lease 7 of 1\n");
	/* Its address went to another, so it may have one again. */
	lease(c, 7, 2);
	assert_int_equal(commit_one(c, 1), 0);
	lease(c, 8, 1);
	assert_int_equal(commit_one(c, 2), 0);
	all_agree(c);
}

static void a_storm_goes_in_few_transactions(void **state)
{
	struct cluster *c = *state;
	uint64_t before = etcd_model_txns(c->m);

	for (unsigned i = 0; i < 500; i++)
		lease(c, 1 + i, 1000 + i);
	assert_int_equal(commit(c, 0), 0);
	for (unsigned i = 0; i < 500; i++)
		assert_int_equal(c->batch[i].rc, 0);
	/* Two keys each, and the marker: 63 in a transaction. */
	assert_int_equal(etcd_model_txns(c->m) - before, 8);
	before = etcd_model_txns(c->m);
	for (unsigned i = 0; i < 500; i++)
		lease(c, 1 + i, 1000 + i); /* renewed: one key */
	assert_int_equal(commit(c, 0), 0);
	assert_int_equal(etcd_model_txns(c->m) - before, 8);
	(void)heard(&c->v[1]);
	assert_int_equal(c->v[1].changes, 1000);
	all_agree(c);
}

/* It was asked for twice and done once, and what it made was destroyed: then
 * the first request arrives, to which all is as it was. */
static void what_arrives_late_is_not_done_once_more(void **state)
{
	struct cluster *c = *state;
	const struct etcd_model_faults late = {.request_late = 100}, none = {0};
	struct made m;

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	etcd_model_faults(c->m, &late);
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), -ETIMEDOUT);
	etcd_model_faults(c->m, &none);
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), 0);
	*add(c) = *entry_destroy(&m, 7, 2);
	assert_int_equal(commit_one(c, 0), 0);
	for (int i = 0; i < 40; i++) {
		etcd_model_pass(c->m, MILLISECONDS(500));
		for (unsigned k = 0; k < SERVERS; k++)
			(void)heard(&c->v[k]);
	}
	assert_int_equal(etcd_model_count(c->m, "e/"), 1);
	all_agree(c);
}

/* What was given up is made, and its server hears of it late: until it has,
 * nothing else that was judged without it is made. */
static void what_arrives_late_is_heard_before_the_next_edit(void **state)
{
	const struct etcd_model_faults late = {.request_late = 100}, none = {0};
	struct cluster *c = *state;
	struct server *s = &c->v[0];
	uint64_t seen;

	etcd_of(s->s)->config.wait = MILLISECONDS(100);
	entry(c, 6, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), 0);
	(void)heard(s);
	seen = etcd_of(s->s)->revision;
	etcd_model_hold(s->link, true);
	etcd_model_faults(c->m, &late);
	entry(c, 7, 1, "name=wendy\nip_address=10.0.0.7");
	assert_int_equal(commit_one(c, 0), -ETIMEDOUT);
	etcd_model_faults(c->m, &none);
	for (int i = 0; i < 12; i++) {
		etcd_model_pass(c->m, MILLISECONDS(500));
		assert_string_equal(heard(s), "");
	}
	for (int i = 0; i < 2; i++) {
		entry(c, 6, 2, "name=peter\nip_address=10.0.0.7");
		c->batch[0].seen = seen;
		assert_int_equal(commit_one(c, 0), -EHOSTUNREACH);
	}
	etcd_model_hold(s->link, false);
	entry(c, 6, 2, "name=peter\nip_address=10.0.0.7");
	c->batch[0].seen = seen;
	assert_int_equal(commit_one(c, 0), -ESTALE);
	for (unsigned k = 0; k < SERVERS; k++)
		(void)heard(&c->v[k]);
	all_agree(c);
}

/* A clock that is an hour ahead makes no lease an hour shorter. */
static void leases_last_by_no_common_clock(void **state)
{
	struct cluster *c = *state;
	const struct etcd_link *l = c->v[1].link;

	etcd_model_clock(c->v[1].link, SECONDS(3600));
	lease(c, 7, 1);
	c->batch[0].wall = c->v[0].link->ops->wall(c->v[0].link);
	c->made[0].c.lease.wall_ends = c->batch[0].wall + SECONDS(600);
	assert_int_equal(commit_one(c, 0), 0);
	(void)heard(&c->v[1]);
	assert_int_equal(c->v[1].ends - l->ops->wall(l), SECONDS(600));
}

/* Who was asleep, or cut off, does not know when it was written: it tells the
 * machine no more than is sure. */
enum late {
	LATE,
	LATE_AND_LISTENED,
	LATE_AND_COMPACTED,
	LATE_AND_POOR, /* and without memory at first, too */
};

/* Whatever there is no memory for is done later, and until then nothing is half
 * known: what memory says of an address goes with its key's revision. */
static void starve(struct cluster *c, struct server *s, unsigned ip)
{
	unsigned changes = s->changes;
	char key[ETCD_KEY];

	etcd_lease_key(key, NETWORK + ip);
	for (long left = 0;; left++) {
		c->purse.left = left;
		(void)s->s->ops->shared->wait(s->s, -1, 0);
		c->purse.left = -1;
		(void)s->s->ops->shared->news(s->s, on_news, s);
		if (s->changes != changes)
			break;
		assert_int_equal(
			marks_get(&etcd_of(s->s)->marks, key)->revision, 0);
	}
}

static void hears_late(struct cluster *c, enum late how)
{
	struct server *s = &c->v[1];
	const struct etcd_link *l = s->link;

	(void)heard(s);
	etcd_model_hold(s->link, true);
	lease(c, 7 + how, 1 + how);
	c->batch[0].wall = c->v[0].link->ops->wall(c->v[0].link);
	c->made[0].c.lease.wall_ends = c->batch[0].wall + SECONDS(600);
	c->made[0].c.lease.term = 600;
	assert_int_equal(commit_one(c, 0), 0);
	etcd_model_pass(c->m, SECONDS(30));
	/* Awake, and etcd has said nothing yet. */
	if (how == LATE_AND_LISTENED)
		assert_string_equal(heard(s), "");
	if (how >= LATE_AND_COMPACTED)
		etcd_model_compact(c->m);
	etcd_model_hold(s->link, false);
	if (how == LATE_AND_POOR)
		starve(c, s, 7 + how);
	else
		(void)heard(s);
	assert_in_range(s->ends - l->ops->wall(l), SECONDS(560), SECONDS(570));
}

static void what_is_heard_late_lasts_no_longer(void **state)
{
	hears_late(*state, LATE);
	hears_late(*state, LATE_AND_LISTENED);
}

/* Its clock is ahead, too, whoever wrote it. */
static void what_was_missed_lasts_no_longer(void **state)
{
	struct cluster *c = *state;

	etcd_model_clock(c->v[0].link, SECONDS(3600));
	hears_late(c, LATE_AND_COMPACTED);
	hears_late(c, LATE_AND_POOR);
}

/* Whatever else this etcd is used for: what is written there is never told, and
 * all that is told is of now all the same. */
static void others_may_write_there_all_the_time(void **state)
{
	struct cluster *c = *state;
	const struct etcd_link *l = c->v[1].link;
	struct store_status is;
	uint64_t txns;

	for (unsigned k = 0; k < SERVERS; k++)
		(void)heard(&c->v[k]);
	txns = etcd_model_txns(c->m);
	for (int i = 0; i < 300; i++) {
		etcd_model_other(c->m);
		etcd_model_pass(c->m, MILLISECONDS(250));
		for (unsigned k = 0; k < SERVERS; k++) {
			assert_string_equal(heard(&c->v[k]), "");
			c->v[k].s->ops->status(c->v[k].s, &is);
			assert_in_range(is.behind, 0, MILLISECONDS(1500));
		}
	}
	/* Which costs each of them a key a second at most. */
	assert_in_range(etcd_model_txns(c->m) - txns, 25, 75 * SERVERS);
	assert_int_equal(etcd_model_count(c->m, "t/server1/now"), 1);
	lease(c, 7, 1);
	c->batch[0].wall = c->v[0].link->ops->wall(c->v[0].link);
	c->made[0].c.lease.wall_ends = c->batch[0].wall + SECONDS(60);
	assert_int_equal(commit_one(c, 0), 0);
	(void)heard(&c->v[1]);
	assert_in_range(c->v[1].ends - l->ops->wall(l), SECONDS(58),
			SECONDS(60));
}

/* ---- edits --------------------------------------------------------------- */

static void a_domain_has_one_master(void **state)
{
	struct cluster *c = *state;
	struct store_master m = {.domain = DOMAIN_FIRST};

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 1), -EPERM);
	assert_string_equal(heard(&c->v[1]), "put 6/1 wendy\n");
	assert_int_equal(c->v[1].s->ops->master(c->v[1].s, MASTER_LOOK, &m, 0),
			 0);
	assert_string_equal(m.holder, "server1");
	entry(c, 6, 2, "name=gwendolyn");
	assert_int_equal(commit_one(c, 0), 0);
	entry(c, 6, 2, "name=stale");
	assert_int_equal(commit_one(c, 0), -ESTALE);
	all_agree(c);
}

static void the_next_master_takes_over(void **state)
{
	struct cluster *c = *state;

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	etcd_model_cut(c->v[0].link, true);
	etcd_model_pass(c->m, SECONDS(4));
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 1), 0);
	/* Who was cut off, or paused, writes nothing any more. */
	entry(c, 7, 1, "name=hook");
	assert_int_equal(commit_one(c, 0), -ETIMEDOUT);
	entry(c, 7, 2, "name=smee");
	assert_int_equal(commit_one(c, 1), 0);
	etcd_model_cut(c->v[0].link, false);
	entry(c, 7, 1, "name=hook");
	assert_int_equal(commit_one(c, 0), -EPERM);
	assert_string_equal(heard(&c->v[0]), "put 7/1 peter\nput 7/2 smee\n");
	all_agree(c);
}

/* Its lease ran out behind its back, and nobody else wanted the domain. */
static void a_master_whose_lease_ran_out_is_one_again(void **state)
{
	struct cluster *c = *state;

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	etcd_model_cut(c->v[0].link, true);
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), -ETIMEDOUT);
	etcd_model_pass(c->m, SECONDS(4));
	etcd_model_cut(c->v[0].link, false);
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), 0);
	all_agree(c);
}

/* Several domains go with one lease of etcd's: it is asked for once. */
static struct {
	int (*left)(struct etcd_link *l, uint64_t lease, usec *left);
	unsigned n;
} asking;

static int count_left(struct etcd_link *l, uint64_t lease, usec *left)
{
	asking.n++;
	return asking.left(l, lease, left);
}

static int on_master(void *arg, const struct store_master *m, usec left)
{
	unsigned *n = arg;

	assert_string_equal(m->holder, *n < 5 ? "server1" : "server2");
	assert_int_equal(left, SECONDS(ETCD_LEASE));
	++*n;
	return 0;
}

static void what_remains_is_asked_once_of_each_server(void **state)
{
	struct cluster *c = *state;
	struct etcd_link *link = c->v[2].link;
	const struct etcd_link_ops *was = link->ops;
	struct etcd_link_ops counted = *was;
	unsigned n = 0;

	for (uint32_t i = 0; i < 7; i++) {
		struct server *s = &c->v[i / 5];
		struct store_master m = {.domain = DOMAIN_FIRST + i};

		strcpy(m.holder, i < 5 ? "server1" : "server2");
		assert_int_equal(s->s->ops->master(s->s, MASTER_TAKE, &m, 0),
				 0);
	}
	heard(&c->v[2]);
	asking.left = was->left;
	asking.n = 0;
	counted.left = count_left;
	link->ops = &counted;
	assert_int_equal(
		c->v[2].s->ops->shared->masters(c->v[2].s, on_master, &n), 0);
	link->ops = was;
	assert_int_equal(n, 7);
	assert_int_equal(asking.n, 2);
}

static int on_left(void *arg, const struct store_master *m, usec left)
{
	unsigned *n = arg;

	assert_int_equal(m->domain, DOMAIN_FIRST + *n);
	assert_int_equal(left, SECONDS(ETCD_LEASE));
	++*n;
	return 0;
}

/* They are asked for by pages. */
static void what_remains_is_told_of_any_number(void **state)
{
	struct cluster *c = *state;
	struct server *s = &c->v[0];
	unsigned n = 0;

	for (uint32_t i = 0; i < ETCD_PAGE + 30; i++) {
		struct store_master m = {.domain = DOMAIN_FIRST + i,
					 .holder = "server1"};

		assert_int_equal(s->s->ops->master(s->s, MASTER_TAKE, &m, 0),
				 0);
	}
	assert_int_equal(s->s->ops->shared->masters(s->s, on_left, &n), 0);
	assert_int_equal(n, ETCD_PAGE + 30);
}

/* It has not even heard that it is not the master any more. */
static void a_paused_master_is_fenced(void **state)
{
	struct cluster *c = *state;

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	etcd_model_hold(c->v[0].link, true);
	etcd_model_pass(c->m, SECONDS(10));
	entry(c, 6, 2, "name=peter");
	assert_int_equal(commit_one(c, 1), 0);
	entry(c, 8, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), -ESTALE);
	etcd_model_hold(c->v[0].link, false);
	all_agree(c);
}

/* Else the machine that it is registered for would be given it at once, though
 * it is another's. */
static void who_registers_an_address_knows_whose_it_is(void **state)
{
	const struct etcd_model_way slow = {.news = MILLISECONDS(300)};
	struct cluster *c = *state;
	uint64_t leased;

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 1), 0);
	(void)heard(&c->v[1]);
	etcd_model_set_way(c->v[1].link, &slow);
	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	leased = c->batch[0].revision;
	entry(c, 7, 1, "name=peter; ip_address=10.0.0.7");
	assert_int_equal(commit_one(c, 1), 0);
	assert_true(c->batch[0].revision > leased);
	assert_int_equal(
		c->v[1].s->ops->shared->news(c->v[1].s, on_news, &c->v[1]), 0);
	assert_int_equal(c->v[1].of[7], 1);
	all_agree(c);
}

static void a_decision_on_an_old_directory_is_refused(void **state)
{
	struct cluster *c = *state;
	uint64_t seen = etcd_model_revision(c->m);

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	stop(&c->v[0]);
	etcd_model_pass(c->m, SECONDS(4));
	entry(c, 7, 1, "name=wendy"); /* it knew of none */
	c->batch[0].seen = seen;
	assert_int_equal(commit_one(c, 1), -ESTALE);
	start(c, 0);
	all_agree(c);
}

static void a_group_is_one_transaction_or_none(void **state)
{
	struct cluster *c = *state;

	for (unsigned i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof name, "name=n%u", i);
		entry(c, 6 + i, 1, name);
	}
	struct changes *all;

	assert_int_equal(changes_open(&all, &c->purse.alloc), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(changes_add(all, &c->made[i].c), 0);
	c->n = 1;
	c->batch[0].change = all->v;
	c->batch[0].more = 99;
	assert_int_equal(commit_one(c, 0), 0);
	assert_int_equal(
		strncmp(heard(&c->v[1]), "put 6/1 n0\nput 7/1 n1\n", 22), 0);
	/* What etcd does not take in one is refused as a whole. */
	for (unsigned i = 0; i < 100; i++)
		all->v[i].instance = 2;
	for (unsigned i = 0; i < 100; i++) {
		struct change more = all->v[i];

		more.id = 200 + i;
		more.instance = 1;
		assert_int_equal(changes_add(all, &more), 0);
	}
	c->n = 1;
	c->batch[0] = (struct commit){.change = all->v, .more = 199};
	assert_int_equal(commit_one(c, 0), -E2BIG);
	changes_drop(all);
	all_agree(c);
}

/* Entries of 20,000 bytes, each of which stands in the history, too. */
static struct changes *long_entries(struct cluster *c, uint32_t id, unsigned n)
{
	static char value[20001];
	static uint8_t room[20100];
	struct changes *all;

	assert_int_equal(changes_open(&all, &c->purse.alloc), 0);
	memset(value, 'x', sizeof value - 1);
	for (unsigned i = 0; i < n; i++) {
		struct change e = {.kind = CHANGE_ENTRY_PUT,
				   .domain = DOMAIN_FIRST,
				   .id = id + i,
				   .parent = ENTRY_MACHINES,
				   .instance = 1};
		struct plist_out o = plist_begin(room, sizeof room);

		plist_add(&o, "note");
		plist_add_value(&o, value);
		assert_true(plist_end(&o, &e.props));
		assert_int_equal(changes_add(all, &e), 0);
	}
	return all;
}

static void
what_is_too_long_for_a_request_is_refused_or_goes_alone(void **state)
{
	struct cluster *c = *state;
	struct changes *many = long_entries(c, 6, 40);
	struct changes *some = long_entries(c, 46, 20);
	uint64_t before;

	entry(c, 100, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	before = etcd_model_revision(c->m);
	c->n = 1;
	c->batch[0] = (struct commit){.change = many->v, .more = 39};
	assert_int_equal(commit_one(c, 0), -EMSGSIZE);
	assert_int_equal(etcd_model_revision(c->m), before);
	/* Half of it does, and the other half, but not in one. */
	c->n = 2;
	c->batch[0] = (struct commit){.change = many->v, .more = 19};
	c->batch[1] = (struct commit){.change = some->v, .more = 19};
	assert_int_equal(commit(c, 0), 0);
	assert_int_equal(c->batch[0].rc, 0);
	assert_int_equal(c->batch[1].rc, 0);
	changes_drop(many);
	assert_int_equal(etcd_model_revision(c->m), before + 2);
	changes_drop(some);
}

static void what_goes_along_goes_everywhere(void **state)
{
	struct cluster *c = *state;
	struct made m;

	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	(void)entry_put((struct made *)(void *)add(c), 7, 6, 1, "name=disk");
	assert_int_equal(commit_one(c, 0), 0);
	(void)entry_destroy(&m, 6, 2);
	*add(c) = m.c;
	assert_int_equal(commit_one(c, 0), 0);
	assert_string_equal(heard(&c->v[1]), "put 6/1 wendy\n"
					     "put 7/1 disk\n"
					     "destroy 6/2 \n");
	all_agree(c);
}

/* Neither in etcd nor in memory, whoever edits. */
static void the_history_does_not_grow_for_ever(void **state)
{
	struct cluster *c = *state;
	struct store_status is;

	for (unsigned i = 0; i < SERVERS; i++)
		c->v[i].s->ops->keep(c->v[i].s, 20);
	for (unsigned i = 0; i < 200; i++) {
		entry(c, 6, i + 1, "name=wendy");
		assert_int_equal(commit_one(c, 0), 0);
	}
	assert_in_range(etcd_model_count(c->m, "y/"), 20, 22);
	for (unsigned i = 0; i < SERVERS; i++) {
		(void)heard(&c->v[i]);
		c->v[i].s->ops->status(c->v[i].s, &is);
		assert_in_range(is.lines, 20, 25);
	}
	all_agree(c);
}

/* ---- faults -------------------------------------------------------------- */

static void an_answer_that_got_lost_is_asked_for(void **state)
{
	struct cluster *c = *state;
	const struct etcd_model_faults lost = {.answer_lost = 50},
				       none = {.answer_lost = 0};
	unsigned done = 0;

	etcd_model_faults(c->m, &lost);
	for (unsigned i = 0; i < 100; i++) {
		lease(c, 1 + i, 1 + i);
		done += commit_one(c, 0) == 0;
	}
	/* One in two is lost, and three times asked again: 1 in 16. */
	assert_in_range(done, 80, 100);
	etcd_model_faults(c->m, &none);
	(void)heard(&c->v[1]);
	assert_int_equal(c->v[1].changes, 100);
	(void)heard(&c->v[0]);
	assert_int_equal(c->v[0].changes, 100 - done);
	all_agree(c);
}

static void without_a_majority_nothing_is_done(void **state)
{
	struct cluster *c = *state;
	struct store_status is;

	etcd_model_stop(c->m, true);
	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), -ETIMEDOUT);
	c->v[0].s->ops->status(c->v[0].s, &is);
	assert_true(is.is_away);
	assert_int_equal(is.why, -EHOSTUNREACH);
	etcd_model_stop(c->m, false);
	lease(c, 7, 1);
	assert_int_equal(commit_one(c, 0), 0);
	c->v[0].s->ops->status(c->v[0].s, &is);
	assert_false(is.is_away);
	assert_string_equal(is.kind, "etcd");
	assert_int_equal(is.members, 3);
	all_agree(c);
}

/* Else it would be too slow for all of them, and do in vain what nobody waits
 * for any more. */
static void who_is_slow_is_asked_for_less_at_a_time(void **state)
{
	struct cluster *c = *state;
	const struct etcd *e = etcd_of(c->v[0].s);

	etcd_model_stop(c->m, true);
	for (size_t side = ETCD_SIDE; side > 1; side /= 2) {
		assert_int_equal(e->side, side);
		lease(c, 7, 1);
		assert_int_equal(commit_one(c, 0), -ETIMEDOUT);
	}
	assert_int_equal(e->side, 1);
	etcd_model_stop(c->m, false);
	for (unsigned i = 0; i < 500; i++)
		lease(c, 1 + i, 1000 + i);
	assert_int_equal(commit(c, 0), 0);
	for (unsigned i = 0; i < 500; i++)
		assert_int_equal(c->batch[i].rc, 0);
	/* One, two, three and the last two. */
	assert_int_equal(e->side, 5);
	all_agree(c);
}

/* Who can't become the master has tried nothing: that is no doubt. */
static void an_edit_without_a_majority_was_not_tried(void **state)
{
	struct cluster *c = *state;

	etcd_model_stop(c->m, true);
	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), -EHOSTUNREACH);
	etcd_model_stop(c->m, false);
	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	all_agree(c);
}

static void what_etcd_has_forgotten_is_loaded(void **state)
{
	struct cluster *c = *state;
	struct made m;

	lease(c, 7, 1);
	lease(c, 8, 2);
	assert_int_equal(commit(c, 0), 0);
	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), 0);
	(void)heard(&c->v[1]);
	etcd_model_hold(c->v[1].link, true);
	lease(c, 9, 3);
	add(c)->kind = CHANGE_LEASE_DROP;
	c->made[1].c.lease.ip = NETWORK + 7;
	assert_int_equal(commit(c, 0), 0);
	(void)entry_destroy(&m, 6, 2);
	*add(c) = m.c;
	assert_int_equal(commit_one(c, 0), 0);
	entry(c, 7, 2, "name=pan");
	assert_int_equal(commit_one(c, 0), 0);
	entry(c, 8, 1, "name=hook");
	assert_int_equal(commit_one(c, 0), 0);
	etcd_model_compact(c->m);
	etcd_model_hold(c->v[1].link, false);
	/* All at once. */
	assert_string_equal(heard(&c->v[1]), "drop 7 of 1\n"
					     "destroy 6/2 \n"
					     "put 7/2 pan\n"
					     "put 8/1 hook\n"
					     "lease 9 of 3\n");
	all_agree(c);
}

static void a_new_server_loads_all(void **state)
{
	struct cluster *c = *state;
	struct made m;

	for (unsigned k = 0; k < 6; k++) {
		for (unsigned i = 0; i < 500; i++)
			lease(c, 1 + 500 * k + i, 1 + 500 * k + i);
		assert_int_equal(commit(c, 0), 0);
	}
	entry(c, 6, 1, "name=wendy");
	assert_int_equal(commit_one(c, 0), 0);
	entry(c, 7, 1, "name=peter");
	assert_int_equal(commit_one(c, 0), 0);
	(void)entry_destroy(&m, 7, 2);
	*add(c) = m.c;
	assert_int_equal(commit_one(c, 0), 0);
	stop(&c->v[1]);
	start(c, 1);
	/* The id of what is gone is not given out again. */
	struct loaded *l = loaded_open(c->v[1].s);

	assert_int_equal(l->n, 3000);
	assert_int_equal(directory_next_id(l->d), 8);
	loaded_close(l);
}

/* One makes, edits or destroys an entry, as far as it knows. */
static int edit_anything(struct cluster *c, unsigned k, struct rand *r)
{
	struct loaded *l = loaded_open(c->v[k].s);
	uint32_t last = directory_next_id(l->d) - 1;
	uint32_t id = ENTRY_FIXED + 1 + (uint32_t)rand_below(r, last);
	const struct entry *e = directory_entry(l->d, id);
	char name[32];
	struct made m;

	snprintf(name, sizeof name, "name=n%u",
		 (unsigned)rand_below(r, 100000));
	if (!e)
		entry(c, last + 1, 1, name);
	else if (rand_below(r, 4))
		entry(c, id, e->instance + 1, name);
	else
		*add(c) = *entry_destroy(&m, id, e->instance + 1);
	loaded_close(l);
	return commit_one(c, k);
}

/* Whatever happens, no address has two machines at a time, and what was
 * acknowledged is there. */
static void random_faults(unsigned seed)
{
	void *state;
	struct cluster *c;
	struct rand r;
	unsigned of[64] = {0}; /* machine that was acknowledged; 0: none */
	unsigned refused = 0, lost = 0, edits = 0;

	assert_int_equal(open_cluster(&state), 0);
	c = state;
	rand_seed(&r, seed);
	for (unsigned i = 0; i < 300; i++) {
		const struct etcd_model_faults f = {
			.request_lost = (unsigned)rand_below(&r, 30),
			.request_late = (unsigned)rand_below(&r, 30),
			.answer_lost = (unsigned)rand_below(&r, 30)};
		unsigned k = (unsigned)rand_below(&r, SERVERS);
		unsigned ip = 1 + (unsigned)rand_below(&r, 60);
		unsigned machine = 1 + (unsigned)rand_below(&r, 200);
		int rc;

		if (!rand_below(&r, 10))
			etcd_model_faults(c->m, &f);
		if (!rand_below(&r, 20))
			etcd_model_compact(c->m);
		if (!rand_below(&r, 8))
			etcd_model_hold(c->v[k].link, rand_below(&r, 2));
		if (!rand_below(&r, 4))
			edits += edit_anything(c, k, &r) == 0;
		/* As far as it knows, the lease is in force. */
		if (c->v[k].of[ip])
			machine = c->v[k].of[ip];
		lease(c, ip, machine);
		c->batch[0].seen = c->v[k].seen;
		rc = commit_one(c, k);
		if (!rc && of[ip])
			assert_int_equal(of[ip], machine);
		if (!rc)
			c->v[k].of[ip] = of[ip] = machine;
		refused += rc == -EEXIST;
		lost += rc == -ETIMEDOUT;
		(void)heard(&c->v[rand_below(&r, SERVERS)]);
	}
	etcd_model_faults(c->m, &(struct etcd_model_faults){.answer_lost = 0});
	etcd_model_pass(c->m, SECONDS(20));
	for (unsigned k = 0; k < SERVERS; k++)
		etcd_model_hold(c->v[k].link, false);
	all_agree(c);
	/* What was acknowledged is known to all, and both faults were met. */
	for (unsigned k = 0; k < SERVERS; k++)
		for (unsigned i = 0; i < 64; i++)
			if (of[i])
				assert_int_equal(c->v[k].of[i], of[i]);
	assert_true(refused && lost && edits);
	assert_int_equal(close_cluster(&state), 0);
}

static void whatever_gets_lost_all_agree(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 30; seed++)
		random_faults(seed);
}

#define T(t) cmocka_unit_test_setup_teardown(t, open_cluster, close_cluster)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_one_commits_is_news_to_the_others),
		T(an_address_goes_to_one_machine_only),
		T(a_decision_on_old_news_is_refused),
		T(a_lease_that_another_renewed_is_not_ended),
		T(a_success_is_no_proof_of_having_heard),
		T(a_machine_gets_one_address_in_a_subnet),
		T(a_storm_goes_in_few_transactions),
		T(leases_last_by_no_common_clock),
		T(what_is_heard_late_lasts_no_longer),
		T(others_may_write_there_all_the_time),
		T(what_was_missed_lasts_no_longer),
		T(what_arrives_late_is_not_done_once_more),
		T(what_arrives_late_is_heard_before_the_next_edit),
		T(a_domain_has_one_master),
		T(the_next_master_takes_over),
		T(a_master_whose_lease_ran_out_is_one_again),
		T(what_remains_is_asked_once_of_each_server),
		T(what_remains_is_told_of_any_number),
		T(a_paused_master_is_fenced),
		T(who_registers_an_address_knows_whose_it_is),
		T(a_decision_on_an_old_directory_is_refused),
		T(a_group_is_one_transaction_or_none),
		T(what_is_too_long_for_a_request_is_refused_or_goes_alone),
		T(what_goes_along_goes_everywhere),
		T(the_history_does_not_grow_for_ever),
		T(an_answer_that_got_lost_is_asked_for),
		T(without_a_majority_nothing_is_done),
		T(who_is_slow_is_asked_for_less_at_a_time),
		T(an_edit_without_a_majority_was_not_tried),
		T(what_etcd_has_forgotten_is_loaded),
		T(a_new_server_loads_all),
		cmocka_unit_test(whatever_gets_lost_all_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
