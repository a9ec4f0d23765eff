/*
 * Three servers' stores on one etcd, in one process: leases and edits at
 * random, while the script does what it likes to the members of the cluster.
 * What was acknowledged stays, no address has two machines, and in the end all
 * know the same.
 *
 *	etcd_servers ENDPOINTS SECONDS SEED
 */
#include "store/etcd_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rand.h"
#include "host/memory.h"
#include "model/directory.h"
#include "store/store.h"

enum { SERVERS = 3, ADDRESSES = 2000, BATCH = 40, ENTRIES = 100000 };

static const uint32_t NETWORK = IP4(10, 0, 0, 0);

struct server {
	struct store *store;
	uint64_t seen;
	uint32_t of[ADDRESSES];     /* machine, as it knows; 0: none */
	uint32_t instance[ENTRIES]; /* of entries, as it knows; 0: none */
	uint32_t last_id;
};

struct play {
	struct server v[SERVERS];
	struct rand rand;
	uint32_t acked[ADDRESSES];
	uint32_t edited[ENTRIES]; /* instance that was acknowledged */
	unsigned done, refused, unknown, edits, wrong;
};

static usec now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return SECONDS(t.tv_sec) + t.tv_nsec / 1000;
}

static void fail(struct play *p, const char *what, uint32_t n)
{
	printf("not ok - %s: %u\n", what, n);
	p->wrong++;
}

static uint32_t machine_of(const struct lease *l)
{
	return (uint32_t)l->hw.b[4] << 8 | l->hw.b[5];
}

static int take(void *arg, const struct change *c)
{
	struct server *s = arg;

	if (c->kind == CHANGE_LEASE_PUT)
		s->of[c->lease.ip - NETWORK] = machine_of(&c->lease);
	else if (change_is_edit(c) && c->id < ENTRIES)
		s->instance[c->id] = c->instance;
	if (change_is_edit(c) && c->id > s->last_id)
		s->last_id = c->id;
	return 0;
}

static int on_news(void *arg, const struct store_news *n)
{
	struct server *s = arg;

	for (size_t i = 0; i < n->n; i++)
		(void)take(s, &n->v[i]);
	s->seen = n->revision;
	return 0;
}

static void hear(struct server *s, usec most)
{
	(void)s->store->ops->shared->wait(s->store, -1, most);
	(void)s->store->ops->shared->news(s->store, on_news, s);
}

static int open_server(struct server *s, const char *endpoints, unsigned n)
{
	struct etcd_config c = {.wait = MILLISECONDS(500),
				.txn_ops = ETCD_TXN_OPS,
				.prefix = "/muster/"};
	char copy[1024], why[200] = "", *rest = copy;
	struct etcd_link *link;
	size_t i = 0;
	int rc;

	snprintf(copy, sizeof copy, "%s", endpoints);
	snprintf(c.server, sizeof c.server, "server%u", n);
	for (char *e; i < 8 && (e = strsep(&rest, ","));)
		snprintf(c.endpoints[i++], sizeof c.endpoints[0], "%s", e);
	*s = (struct server){.last_id = ENTRY_FIXED};
	rc = etcd_http_open(&link, &c, why, sizeof why);
	if (rc) {
		fprintf(stderr, "%s\n", why);
		return rc;
	}
	rc = store_etcd_open(&s->store, link, &c, &host_memory);
	return rc ? rc : s->store->ops->load(s->store, take, s, &s->seen);
}

/* ---- what they do -------------------------------------------------------- */

/* `nth` of its batch, in which each has an address of its own. */
static void lease(struct play *p, const struct server *s, struct change *c,
		  size_t nth)
{
	uint32_t n =
		(uint32_t)(rand_below(&p->rand, ADDRESSES / BATCH) * BATCH +
			   nth);
	uint32_t machine = s->of[n];

	if (!machine)
		machine = 1 + (uint32_t)rand_below(&p->rand, 65000);
	*c = (struct change){.kind = CHANGE_LEASE_PUT, .network = NETWORK};
	c->lease = (struct lease){.ip = NETWORK + n,
				  .kind = LEASE_DHCP,
				  .term = 3600,
				  .wall_ends = SECONDS(2000000000),
				  .hw = {.type = HW_ETHERNET, .len = 6}};
	c->lease.hw.b[4] = (uint8_t)(machine >> 8);
	c->lease.hw.b[5] = (uint8_t)machine;
}

static void lease_done(struct play *p, struct server *s, const struct commit *v)
{
	uint32_t n = v->change->lease.ip - NETWORK;
	uint32_t machine = machine_of(&v->change->lease);

	if (v->rc) {
		p->refused += v->rc == -EEXIST;
		p->unknown += v->rc == -ETIMEDOUT;
		return;
	}
	p->done++;
	if (p->acked[n] && p->acked[n] != machine)
		fail(p, "an address has two machines", n);
	p->acked[n] = s->of[n] = machine;
}

static void lease_some(struct play *p, struct server *s)
{
	struct change c[BATCH];
	struct commit v[BATCH];
	size_t n = 1 + (size_t)rand_below(&p->rand, BATCH);
	uint64_t revision;

	for (size_t i = 0; i < n; i++) {
		lease(p, s, &c[i], i);
		v[i] = (struct commit){
			.change = &c[i], .seen = s->seen, .wall = 1};
	}
	(void)s->store->ops->commit(s->store, v, n, &revision);
	for (size_t i = 0; i < n; i++)
		lease_done(p, s, &v[i]);
}

static void edit(struct play *p, struct server *s)
{
	uint8_t room[64];
	char name[24];
	struct plist_out o = plist_begin(room, sizeof room);
	uint32_t id = ENTRY_FIXED + 1 +
		      (uint32_t)rand_below(&p->rand, s->last_id);
	struct change c = {.kind = CHANGE_ENTRY_PUT,
			   .domain = DOMAIN_FIRST,
			   .parent = ENTRY_MACHINES};
	struct commit v = {.change = &c, .seen = s->seen, .who = "root"};
	uint64_t revision;

	c.id = id > s->last_id ? s->last_id + 1 : id;
	c.instance = s->instance[c.id] + 1;
	snprintf(name, sizeof name, "n%u", c.id);
	plist_add(&o, "name");
	plist_add_value(&o, name);
	(void)plist_end(&o, &c.props);
	(void)s->store->ops->commit(s->store, &v, 1, &revision);
	if (v.rc)
		return;
	p->edits++;
	if (p->edited[c.id] >= c.instance)
		fail(p, "two edits had the same instance", c.id);
	p->edited[c.id] = c.instance;
	(void)take(s, &c);
}

static void play_on(struct play *p, usec until)
{
	while (now() < until) {
		struct server *s = &p->v[rand_below(&p->rand, SERVERS)];

		if (rand_below(&p->rand, 4))
			lease_some(p, s);
		else
			edit(p, s);
		hear(&p->v[rand_below(&p->rand, SERVERS)], 0);
	}
}

/* ---- what they know in the end ------------------------------------------- */

static void compare(struct play *p, const struct server *a,
		    const struct server *fresh)
{
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		if (a->of[i] != fresh->of[i])
			fail(p, "servers differ about an address", i);
		if (p->acked[i] && p->acked[i] != fresh->of[i])
			fail(p, "a lease was lost that was acknowledged", i);
	}
	for (uint32_t i = 0; i < ENTRIES; i++) {
		if (a->instance[i] != fresh->instance[i])
			fail(p, "servers differ about an entry", i);
		if (p->edited[i] > fresh->instance[i])
			fail(p, "an edit was lost that was acknowledged", i);
	}
}

static void settle(struct play *p, struct server *fresh, const char *endpoints)
{
	int rc = -EHOSTUNREACH;

	for (int i = 0; rc && i < 120; i++) {
		rc = open_server(fresh, endpoints, SERVERS);
		if (rc)
			(void)nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	}
	if (rc)
		fail(p, "etcd did not come back", (unsigned)-rc);
	for (unsigned k = 0; k < SERVERS; k++)
		for (int i = 0; i < 300; i++) {
			struct store_status is;

			hear(&p->v[k], MILLISECONDS(100));
			p->v[k].store->ops->status(p->v[k].store, &is);
			if (!is.is_away && is.revision >= fresh->seen)
				break;
		}
}

int main(int argc, char **argv)
{
	static struct play play;
	static struct server fresh;
	struct play *p = &play;

	setlinebuf(stdout);
	if (argc != 4)
		return 2;
	rand_seed(&p->rand, strtoull(argv[3], NULL, 10));
	for (unsigned i = 0; i < SERVERS; i++) {
		int rc = open_server(&p->v[i], argv[1], i);

		if (rc) {
			printf("not ok - open: %s\n", strerror(-rc));
			return 1;
		}
	}
	play_on(p, now() + SECONDS(strtol(argv[2], NULL, 10)));
	settle(p, &fresh, argv[1]);
	for (unsigned i = 0; i < SERVERS; i++)
		compare(p, &p->v[i], &fresh);
	printf("%u leases, %u refused, %u unknown, %u edits\n", p->done,
	       p->refused, p->unknown, p->edits);
	if (!p->wrong && p->done && p->edits)
		printf("ok - all know the same, and nothing is lost\n");
	for (unsigned i = 0; i < SERVERS; i++)
		p->v[i].store->ops->close(p->v[i].store);
	fresh.store->ops->close(fresh.store);
	return p->wrong != 0;
}
