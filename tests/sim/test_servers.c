/*
 * Three servers over one store, two hundred machines by DHCP and by BOOTP, and
 * whatever can happen to a server: it dies and comes back, loses the store,
 * hears late of what the others do, or never hears what became of a commit.  No
 * address goes to two machines and no machine has two; what was promised is in
 * the store; and in the end every machine has its address.
 *
 * 40 seeds; more by hand: SERVERS_SEEDS=1000.  time limit: 300 s.
 */
#include "sim/lan.h"

#include "base/rand.h"
#include "engine/askers.h"
#include "engine/bootpc.h"
#include "engine/server.h"
#include "stage/stage.h"
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers_site.h"
#include "tenant.h"

enum { MACHINES = 200, TROUBLES = 40, TERM = 120, STORMS = 10 };

#define POOL_LAST IP4(10, 0, 3, 250)

static const usec TROUBLE = SECONDS(240), END = SECONDS(900);

struct member {
	struct world *w;
	struct site site;
	struct settings settings;
	struct server *server;
	struct store *store;
	struct store_memory_fate fate;
	uint32_t node;
	unsigned deaths;
};

/* A client of DHCP, with the address that it has on its interface. */
struct promise {
	struct hwaddr hw;
	usec until; /* 0: none ever was */
};

/* What is played. */
struct play {
	usec begin;        /* machines begin within that time */
	unsigned troubles; /* that befall servers */
	bool is_dhcp;      /* no machine begins by BOOTP */
};

struct world {
	struct play play;
	struct lan *lan;
	struct rand rand;
	struct store *truth;
	struct member of[SERVERS];
	struct tenant dhcp[MACHINES];
	struct bootpc *bootp[MACHINES];
	struct promise promises[POOL_LAST - POOL_FIRST + 1];
	unsigned acks[SERVERS]; /* that each of them sent */
	unsigned promised, beaten, unserved, remained, deaths;
	char broken[160];
	uint64_t seed;
};

static uint64_t draw(struct world *w, uint64_t n)
{
	return rand_below(&w->rand, n);
}

/* The first thing that was wrong. */
#define broken(w, ...)                                                         \
	((w)->broken[0]                                                        \
		 ? 0                                                           \
		 : snprintf((w)->broken, sizeof((w)->broken), __VA_ARGS__))

/* ---- a server ------------------------------------------------------------ */

static int load_one(void *arg, const struct change *c)
{
	struct member *m = arg;

	if (change_is_edit(c))
		return directory_apply(m->site.directory, c);
	return leases_put(m->site.leases, &c->lease, lan_now(m->w->lan),
			  lan_wall(m->w->lan));
}

static void open_tables(struct member *m)
{
	struct site *s = &m->site;

	*s = (struct site){.settings = &m->settings, .domain = DOMAIN_FIRST};
	s->links[0] = link_of(m->node);
	s->n_links = 1;
	assert_int_equal(directory_open(&s->directory, &stage_alloc, 16, 1), 0);
	assert_int_equal(leases_open(&s->leases, &stage_alloc, 4096, 1), 0);
	assert_int_equal(images_open(&s->images, &stage_alloc,
				     m->settings.slam.port,
				     m->settings.slam.ports, 1),
			 0);
	assert_int_equal(askers_open(&s->askers, &stage_alloc, 512, 1), 0);
}

static void close_tables(struct member *m)
{
	const struct bootpd_stats *is;

	if (m->server) {
		is = bootpd_stats(server_bootpd(m->server));
		m->w->beaten += (unsigned)is->beaten;
		m->w->unserved += (unsigned)is->unserved;
		m->w->remained += (unsigned)is->remained;
	}
	server_close(m->server, &stage_alloc);
	m->server = NULL;
	directory_close(m->site.directory);
	leases_close(m->site.leases, &stage_alloc);
	images_close(m->site.images);
	askers_close(m->site.askers, &stage_alloc);
}

static void started(void *arg, usec now, struct effects *fx)
{
	struct member *m = arg;

	server_start(m->server, now, fx);
}

/* From what the store has; if that can't be had, a second later. */
static void start(void *arg, usec now)
{
	struct member *m = arg;
	uint64_t revision;

	open_tables(m);
	if (m->store->ops->load(m->store, load_one, m, &revision)) {
		close_tables(m);
		lan_at(m->w->lan, now + SECONDS(1), start, m);
		return;
	}
	assert_int_equal(server_open(&m->server, &m->site, &stage_alloc,
				     m->w->seed + m->node + m->deaths),
			 0);
	lan_replace(m->w->lan, m->node, server_engine(m->server));
	lan_set_store(m->w->lan, m->node, m->store);
	lan_switch_on(m->w->lan, m->node, now, started, m);
	lan_look(m->w->lan, m->node, now + 1);
}

static void die(struct member *m, usec now, usec back)
{
	if (!m->server)
		return;
	m->deaths++;
	m->w->deaths++;
	lan_kill(m->w->lan, m->node);
	close_tables(m);
	lan_at(m->w->lan, now + back, start, m);
}

/* Of one server: how its way to the store is, as it sees it. */
static void on_look(void *arg, uint32_t node, usec now, struct effects *fx)
{
	struct world *w = arg;
	struct member *m = &w->of[node];
	struct store_status is;
	struct site_store to;

	m->store->ops->status(m->store, &is);
	to = (struct site_store){.is_away = is.is_away,
				 .why = is.why,
				 .kind = is.kind,
				 .revision = is.revision,
				 .latest = is.latest};
	server_store(m->server, &to, now, fx);
}

/* ---- troubles ------------------------------------------------------------ */

static void befall(struct member *m, usec now)
{
	store_memory_befall(m->store, &m->fate);
	/* It takes a while until it knows. */
	if (m->server)
		lan_look(m->w->lan, m->node,
			 now + MILLISECONDS(draw(m->w, 500)));
}

static void calm(void *arg, usec now)
{
	struct member *m = arg;

	m->fate = (struct store_memory_fate){.is_away = false};
	befall(m, now);
}

static void be_late(void *arg, usec now)
{
	struct member *m = arg;

	(void)now;
	store_memory_late(m->store);
	for (uint32_t i = 0; i < SERVERS; i++)
		if (m->w->of[i].server)
			lan_look(m->w->lan, i, now + MILLISECONDS(1));
}

static void trouble(void *arg, usec now)
{
	static const enum memory_lost lost[] = {LOST_UNDONE, LOST_DONE,
						LOST_LATE};
	struct world *w = arg;
	struct member *m = &w->of[draw(w, SERVERS)];
	usec length = SECONDS(1) + MILLISECONDS(draw(w, 40000));

	switch (draw(w, 5)) {
	case 0:
		die(m, now, length);
		break;
	case 1:
		m->fate.is_away = true;
		lan_at(w->lan, now + length, calm, m);
		break;
	case 2:
		m->fate.is_slow = true;
		lan_at(w->lan, now + length, calm, m);
		break;
	case 3: /* no majority anywhere */
		for (int i = 0; i < SERVERS; i++) {
			w->of[i].fate.is_away = true;
			befall(&w->of[i], now);
			lan_at(w->lan, now + length, calm, &w->of[i]);
		}
		return;
	case 4:
		m->fate.lost = lost[draw(w, 3)];
		lan_at(w->lan, now + MILLISECONDS(draw(w, 9000)), be_late, m);
		break;
	}
	befall(m, now);
	m->fate.lost = LOST_NOTHING;
}

/* ---- what is promised ---------------------------------------------------- */

struct wanted {
	uint32_t ip;
	struct hwaddr hw;
	bool is_there;
};

static int seek(void *arg, const struct change *c)
{
	struct wanted *w = arg;

	if (c->kind == CHANGE_LEASE_PUT && c->lease.ip == w->ip &&
	    c->lease.kind != LEASE_DECLINED && hwaddr_is(&c->lease.hw, &w->hw))
		w->is_there = true;
	return 0;
}

static bool is_durable(struct world *w, uint32_t ip, const struct hwaddr *hw)
{
	struct wanted wanted = {.ip = ip, .hw = *hw};
	uint64_t revision;

	assert_int_equal(
		w->truth->ops->load(w->truth, seek, &wanted, &revision), 0);
	return wanted.is_there;
}

static void promise(struct world *w, uint32_t ip, const struct hwaddr *hw,
		    usec until)
{
	struct promise *p = &w->promises[ip - POOL_FIRST];
	usec now = lan_now(w->lan);

	w->promised++;
	if (ip < POOL_FIRST || ip > POOL_LAST) {
		(void)broken(w, "%08x is none of the pool's", ip);
		return;
	}
	if (p->until > now && !hwaddr_is(&p->hw, hw))
		(void)broken(w, "%08x was another machine's at %lld", ip,
			     (long long)now);
	for (uint32_t i = POOL_FIRST; i <= POOL_LAST; i++)
		if (i != ip && w->promises[i - POOL_FIRST].until > now &&
		    hwaddr_is(&w->promises[i - POOL_FIRST].hw, hw))
			(void)broken(w, "who had %08x got %08x at %lld", i, ip,
				     (long long)now);
	if (!is_durable(w, ip, hw))
		(void)broken(w, "%08x was promised and is not durable at %lld",
			     ip, (long long)now);
	if (!hwaddr_is(&p->hw, hw) || until > p->until)
		*p = (struct promise){*hw, until};
}

static void on_send(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct world *w = arg;
	struct rd r = rd_over(s->head, s->head_len);
	struct frame_udp f = {.bytes = s->head, .len = s->head_len};
	uint32_t secs;
	struct bootp m;

	if (node >= SERVERS || (s->how == SEND_FRAME && !frame_udp_get(&f, &r)))
		return;
	r = rd_over(f.bytes, f.len);
	if (!bootp_get(&m, &r) || m.op != BOOTP_REPLY || !m.yiaddr)
		return;
	if (m.type == DHCP_NONE)
		promise(w, m.yiaddr, &m.hw, NEVER);
	else if (m.type == DHCP_ACK &&
		 bootp_option_u32(&m, OPT_LEASE_TIME, &secs)) {
		w->acks[node]++;
		promise(w, m.yiaddr, &m.hw, now + SECONDS(secs));
	}
}

/* ---- the network --------------------------------------------------------- */

static void bootp_started(void *arg, usec now, struct effects *fx)
{
	bootpc_start(arg, now, fx);
}

static void add_machine(struct world *w, uint32_t i)
{
	const struct link l = link_of(SERVERS + i);
	struct addressc_config c = {.link = l, .seed = w->seed * 1000 + i};
	usec at = (usec)draw(w, (uint64_t)w->play.begin);
	uint32_t id;

	if (i % 3 || w->play.is_dhcp) {
		struct tenant *t = &w->dhcp[i];

		tenant_open(t, &c, MASK, &stage_alloc);
		assert_int_equal(lan_add(w->lan, &l, &t->engine, &id), 0);
		lan_switch_on(w->lan, id, at, tenant_start, t);
	} else {
		assert_int_equal(bootpc_open(&w->bootp[i], &c, &stage_alloc),
				 0);
		assert_int_equal(
			lan_add(w->lan, &l, bootpc_engine(w->bootp[i]), &id),
			0);
		lan_switch_on(w->lan, id, at, bootp_started, w->bootp[i]);
	}
}

static void silent(struct engine *e, usec now, const struct dgram *d,
		   struct effects *fx)
{
	(void)e;
	(void)now;
	(void)d;
	(void)fx;
}

static void quiet(struct engine *e, usec now, const struct outcome *o,
		  struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

static void idle(struct engine *e, usec now, struct effects *fx)
{
	(void)e;
	(void)now;
	(void)fx;
}

static usec never(const struct engine *e)
{
	(void)e;
	return NEVER;
}

/* In the place of a server that has not been started yet. */
static struct engine nobody = {silent, quiet, idle, never};

static void add_server(struct world *w, uint32_t i)
{
	const struct link l = link_of(i);
	struct member *m = &w->of[i];

	m->w = w;
	m->node = i;
	settle_settings(&m->settings, i, POOL_LAST, TERM);
	assert_int_equal(store_memory_join(&m->store, w->truth, &stage_alloc),
			 0);
	assert_int_equal(lan_add(w->lan, &l, &nobody, &m->node), 0);
	lan_at(w->lan, 0, start, m);
}

static void open_world(struct world *w, const struct play *play, uint64_t seed)
{
	const struct lan_watcher watcher = {
		.send = on_send, .look = on_look, .arg = w};
	const struct lan_config config = {
		.weather = {.loss = 0.02,
			    .duplicate = 0.02,
			    .reorder = 0.2,
			    .reorder_by = MILLISECONDS(3),
			    .delay = 100},
		.seed = seed,
		.nodes = SERVERS + MACHINES,
		.commit_delay = MILLISECONDS(8),
		.news_delay = MILLISECONDS(3)};

	memset(w, 0, sizeof *w);
	w->play = *play;
	w->seed = seed;
	rand_seed(&w->rand, seed);
	assert_int_equal(store_memory_open(&w->truth, &stage_alloc, NULL), 0);
	assert_int_equal(lan_open(&w->lan, &config, &watcher), 0);
	for (uint32_t i = 0; i < SERVERS; i++)
		add_server(w, i);
	for (uint32_t i = 0; i < MACHINES; i++)
		add_machine(w, i);
	for (unsigned i = 0; i < play->troubles; i++)
		lan_at(w->lan, (usec)draw(w, (uint64_t)TROUBLE), trouble, w);
}

static void close_world(struct world *w)
{
	lan_close(w->lan);
	for (int i = 0; i < SERVERS; i++) {
		if (w->of[i].server)
			close_tables(&w->of[i]);
		w->of[i].store->ops->close(w->of[i].store);
	}
	w->truth->ops->close(w->truth);
	for (uint32_t i = 0; i < MACHINES; i++) {
		dhcpc_close(w->dhcp[i].c, &stage_alloc);
		bootpc_close(w->bootp[i], &stage_alloc);
	}
}

/* 0: none. */
static uint32_t address_of(const struct world *w, uint32_t i)
{
	if (w->dhcp[i].c)
		return w->dhcp[i].ip;
	return bootpc_state(w->bootp[i]) == ADDRESSC_BOUND
		       ? bootpc_answer(w->bootp[i])->ip
		       : 0;
}

static void check_machines(struct world *w)
{
	static uint8_t has[POOL_LAST - POOL_FIRST + 1];

	memset(has, 0, sizeof has);
	for (uint32_t i = 0; i < MACHINES; i++) {
		uint32_t ip = address_of(w, i);

		if (!ip)
			(void)broken(w, "machine %u has no address", i);
		else if (has[ip - POOL_FIRST]++)
			(void)broken(w, "%08x is two machines'", ip);
	}
}

static void check_promises(struct world *w)
{
	for (uint32_t ip = POOL_FIRST; ip <= POOL_LAST; ip++) {
		const struct promise *p = &w->promises[ip - POOL_FIRST];

		if (p->until > lan_now(w->lan) && !is_durable(w, ip, &p->hw))
			(void)broken(w, "%08x was promised and is lost", ip);
	}
}

/* All servers know the same. */
static void check_servers(struct world *w)
{
	for (uint32_t ip = POOL_FIRST; ip <= POOL_LAST; ip++) {
		const struct lease *l = leases_by_ip(w->of[0].site.leases, ip);

		for (int i = 1; i < SERVERS; i++) {
			const struct lease *o =
				leases_by_ip(w->of[i].site.leases, ip);

			if (!l != !o || (l && !hwaddr_is(&l->hw, &o->hw)))
				(void)broken(
					w, "server %d knows of another at %08x",
					i, ip);
		}
	}
}

static void check_world(struct world *w)
{
	check_machines(w);
	check_promises(w);
	if (w->broken[0])
		fail_msg("seed %llu: %s", (unsigned long long)w->seed,
			 w->broken);
}

static void nothing_is_given_twice_and_everybody_gets_something(void **state)
{
	static const struct play play = {.begin = SECONDS(60),
					 .troubles = TROUBLES};
	const char *more = getenv("SERVERS_SEEDS");
	uint64_t seeds = more ? strtoull(more, NULL, 10) : 40;
	unsigned beaten = 0, unserved = 0, remained = 0, deaths = 0;
	struct world *w = calloc(1, sizeof *w);

	(void)state;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		open_world(w, &play, seed);
		lan_run(w->lan, END);
		check_servers(w);
		check_world(w);
		close_world(w);
		beaten += w->beaten;
		unserved += w->unserved;
		remained += w->remained;
		deaths += w->deaths;
	}
	free(w);
	print_message("%llu seeds: %u deaths, %u beaten, %u not served, %u "
		      "for what remained\n",
		      (unsigned long long)seeds, deaths, beaten, unserved,
		      remained);
	assert_true(beaten && unserved && remained && deaths);
}

/* The first answer wins, and each server is the first for as many machines: it
 * is the one that they load their files from, too. */
static void they_share_their_machines(void **state)
{
	static const struct play play = {.begin = SECONDS(60)};
	struct world *w = calloc(1, sizeof *w);

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		unsigned all = 0;

		open_world(w, &play, seed);
		lan_run(w->lan, SECONDS(70));
		assert_string_equal(w->broken, "");
		for (int i = 0; i < SERVERS; i++)
			all += w->acks[i];
		print_message("acknowledged by each: %u %u %u\n", w->acks[0],
			      w->acks[1], w->acks[2]);
		for (int i = 0; i < SERVERS; i++)
			assert_in_range(w->acks[i], all / 5, all / 2);
		close_world(w);
	}
	free(w);
}

/* 200 machines that nobody knows begin within a second, and three servers hear
 * each of them.  How many commits came second. */
static unsigned storm(struct world *w, const struct play *play)
{
	unsigned beaten = 0;

	for (uint64_t seed = 1; seed <= STORMS; seed++) {
		open_world(w, play, seed);
		lan_run(w->lan, SECONDS(60));
		check_world(w);
		close_world(w);
		beaten += w->beaten;
	}
	return beaten;
}

/* One machine in a hundred at most is served once more, since another server
 * was faster: all look for its address from the same place. */
static void in_a_storm_servers_are_seldom_in_each_others_way(void **state)
{
	const struct play dhcp = {.begin = SECONDS(1), .is_dhcp = true};
	const struct play mixed = {.begin = SECONDS(1)};
	struct world *w = calloc(1, sizeof *w);
	unsigned of_dhcp = storm(w, &dhcp), of_mixed = storm(w, &mixed);

	(void)state;
	free(w);
	print_message("%d storms of %d machines: %u commits came second by "
		      "DHCP, %u with BOOTP\n",
		      STORMS, MACHINES, of_dhcp, of_mixed);
	assert_in_range(of_dhcp, 0, STORMS * MACHINES / 100);
	assert_in_range(of_mixed, 0, STORMS * MACHINES / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			nothing_is_given_twice_and_everybody_gets_something),
		cmocka_unit_test(they_share_their_machines),
		cmocka_unit_test(
			in_a_storm_servers_are_seldom_in_each_others_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
