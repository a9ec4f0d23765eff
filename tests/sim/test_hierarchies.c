/*
 * Two servers of different hierarchies on one network, and a machine that asks
 * both by broadcast: who does not know it is silent, and of those who do the
 * first positive answer wins, address and name from one hierarchy.
 */
#include "base/rand.h"
#include "engine/askers.h"
#include "engine/bootpc.h"
#include "engine/server.h"
#include "sim/lan.h"
#include "stage/stage.h"
#include "unit/props.h"
#include "wire/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SERVER(n) IP4(10, 77, 0, 1 + (n))

enum { SEEDS = 50, MACHINE = 2 };

struct site_of {
	struct settings settings;
	struct site site;
	struct server *server;
	uint32_t machines; /* of its site's domain */
};

struct network {
	struct lan *lan;
	struct site_of of[2];
	struct bootpc *c;
	unsigned answered[2]; /* replies that it sent to the machine */
};

static struct link link_of(uint32_t node)
{
	struct link l = {.index = 1, .mtu = 1500, .is_up = true};

	l.hw = hwaddr_ethernet((uint8_t[6]){0, 0, 0x0f, 0, 7, (uint8_t)node});
	if (node < 2) {
		l.ip = SERVER(node);
		l.mask = 0xffffff00;
	}
	return l;
}

/* ---- two hierarchies ----------------------------------------------------- */

static uint32_t put(struct site_of *s, enum change_kind kind, uint32_t domain,
		    uint32_t parent, const char *text)
{
	struct props room;
	struct change c = {.kind = kind,
			   .domain = domain,
			   .id = directory_next_id(s->site.directory),
			   .parent = parent,
			   .instance = 1,
			   .props = props(&room, text)};

	assert_int_equal(directory_apply(s->site.directory, &c), 0);
	return c.id;
}

static void know(struct site_of *s, const char *text)
{
	put(s, CHANGE_ENTRY_PUT, s->machines - 1, s->machines, text);
}

/* "/boston" on one, "/austin" on the other. */
static void open_site(struct site_of *s, uint32_t node, const char *path)
{
	char text[32];
	uint32_t domain;

	settings_default(&s->settings);
	strcpy(s->settings.directory, path);
	snprintf(s->settings.name, sizeof s->settings.name, "server%u", node);
	s->settings.bootparam.serve = true;
	s->settings.n_subnets = 1;
	s->settings.subnets[0] = (struct subnet){.network = IP4(10, 77, 0, 0),
						 .mask = 0xffffff00};
	s->site.settings = &s->settings;
	s->site.links[0] = link_of(node);
	s->site.n_links = 1;
	assert_int_equal(directory_open(&s->site.directory, &stage_alloc, 8, 1),
			 0);
	assert_int_equal(leases_open(&s->site.leases, &stage_alloc, 64, 1), 0);
	assert_int_equal(
		images_open(&s->site.images, &stage_alloc, 10000, 100, 1), 0);
	assert_int_equal(askers_open(&s->site.askers, &stage_alloc, 64, 1), 0);
	snprintf(text, sizeof text, "name=%s", path + 1);
	domain = put(s, CHANGE_DOMAIN_PUT, 0, DOMAIN_FIRST, text);
	s->machines = put(s, CHANGE_ENTRY_PUT, domain, domain, "name=machines");
	site_settle_domain(&s->site);
	assert_int_equal(s->site.domain, domain);
	assert_int_equal(
		server_open(&s->server, &s->site, &stage_alloc, 7 + node), 0);
}

static void close_site(struct site_of *s)
{
	server_close(s->server, &stage_alloc);
	askers_close(s->site.askers, &stage_alloc);
	images_close(s->site.images);
	leases_close(s->site.leases, &stage_alloc);
	directory_close(s->site.directory);
}

/* ---- the network --------------------------------------------------------- */

static void server_started(void *arg, usec now, struct effects *fx)
{
	server_start(arg, now, fx);
}

static void machine_started(void *arg, usec now, struct effects *fx)
{
	bootpc_start(arg, now, fx);
}

static void on_send(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct network *n = arg;

	(void)now;
	if (node < 2 && s->how == SEND_FRAME)
		n->answered[node]++;
}

static void after(void *arg, uint32_t node, usec now)
{
	struct network *n = arg;

	(void)now;
	if (node == MACHINE && bootpc_state(n->c) == ADDRESSC_BOUND)
		lan_stop(n->lan);
}

static void add_node(struct network *n, uint32_t node, struct engine *e)
{
	const struct link l = link_of(node);
	uint32_t id;

	assert_int_equal(lan_add(n->lan, &l, e, &id), 0);
	assert_int_equal(id, node);
}

static void open_network(struct network *n, uint64_t seed)
{
	struct lan_watcher watcher = {
		.send = on_send, .after = after, .arg = n};
	struct lan_config config = {.weather = {.loss = 0.05,
						.duplicate = 0.05,
						.reorder = 0.5,
						.reorder_by = MILLISECONDS(3),
						.delay = 100},
				    .seed = seed,
				    .nodes = 3};
	struct addressc_config machine = {.link = link_of(MACHINE),
					  .seed = seed};

	memset(n, 0, sizeof *n);
	open_site(&n->of[0], 0, "/boston");
	open_site(&n->of[1], 1, "/austin");
	assert_int_equal(bootpc_open(&n->c, &machine, &stage_alloc), 0);
	assert_int_equal(lan_open(&n->lan, &config, &watcher), 0);
	for (uint32_t i = 0; i < 2; i++) {
		add_node(n, i, server_engine(n->of[i].server));
		lan_switch_on(n->lan, i, 0, server_started, n->of[i].server);
	}
	add_node(n, MACHINE, bootpc_engine(n->c));
	lan_switch_on(n->lan, MACHINE, SECONDS(1), machine_started, n->c);
}

static void close_network(struct network *n)
{
	lan_close(n->lan);
	bootpc_close(n->c, &stage_alloc);
	close_site(&n->of[0]);
	close_site(&n->of[1]);
}

/* Runs until it has its address; which server's that is. */
static uint32_t run(struct network *n, uint64_t seed)
{
	const struct address_answer *a = bootpc_answer(n->c);

	lan_run(n->lan, SECONDS(300));
	if (bootpc_state(n->c) != ADDRESSC_BOUND)
		fail_msg("seed %llu: it has no address",
			 (unsigned long long)seed);
	return a->ip - IP4(10, 77, 0, 50);
}

static void who_does_not_know_the_machine_is_silent(void **state)
{
	struct network n;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t knows = seed & 1;

		open_network(&n, seed);
		know(&n.of[knows], knows ? "name=paul;en_address=0:0:f:0:7:2;"
					   "ip_address=10.77.0.51"
					 : "name=peter;en_address=0:0:f:0:7:2;"
					   "ip_address=10.77.0.50");
		assert_int_equal(run(&n, seed), knows);
		assert_int_equal(n.answered[!knows], 0);
		assert_true(n.answered[knows] > 0);
		close_network(&n);
	}
}

static void the_first_positive_answer_wins_as_a_whole(void **state)
{
	static const char *const names[] = {"peter", "paul"};
	unsigned won[2] = {0, 0};
	struct network n;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const struct address_answer *a;
		uint32_t who;

		open_network(&n, seed);
		know(&n.of[0], "name=peter;en_address=0:0:f:0:7:2;"
			       "ip_address=10.77.0.50");
		know(&n.of[1], "name=paul;en_address=0:0:f:0:7:2;"
			       "ip_address=10.77.0.51");
		who = run(&n, seed);
		a = bootpc_answer(n.c);
		assert_true(who < 2);
		/* Name and address are of one hierarchy, whose server it is. */
		assert_string_equal(a->name, names[who]);
		assert_int_equal(a->server, SERVER(who));
		won[who]++;
		close_network(&n);
	}
	/* By chance it is now the one, now the other. */
	assert_true(won[0] > SEEDS / 10 && won[1] > SEEDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_does_not_know_the_machine_is_silent),
		cmocka_unit_test(the_first_positive_answer_wins_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
