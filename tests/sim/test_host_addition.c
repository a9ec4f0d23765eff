/*
 * A room full of new NeXTs, and a person before each: all are asked at once, in
 * bad weather, half of them want the same name, some mistype the password, and
 * the server is killed in the middle of it.  In the end each has an address and
 * a name of its own, and no two ever heard of the same.
 */
#include "base/rand.h"
#include "engine/askers.h"
#include "engine/server.h"
#include "sim/lan.h"
#include "stage/stage.h"
#include "unit/props.h"
#include "wire/bootp.h"
#include "wire/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SERVER    IP4(10, 77, 0, 1)
#define TEMPORARY IP4(10, 77, 0, 250)
#define FIRST     IP4(10, 77, 0, 100)

enum { MACHINES = 40, RANGE = 60 };

/* ---- a machine and its person -------------------------------------------- */

struct room;

struct next {
	struct engine engine;
	struct room *room;
	uint32_t number;
	struct hwaddr hw;
	struct next_vend says;
	uint8_t xid[4];
	uint32_t to;      /* IP address */
	usec window, due; /* of the same packet again */
	usec deaf_until;  /* to invitations; 0: none came */
	usec types_at;    /* the person has read and typed by then */
	struct next_vend question;
	unsigned tries;   /* names */
	bool has_slipped; /* at the password */
	uint32_t ip;
	usec done_at;
};

struct room {
	struct lan *lan;
	struct store *store;
	struct settings settings;
	struct site site;
	struct server *server;
	struct rand rand;
	struct next next[MACHINES];
	unsigned lives, done;
};

static void send_request(struct next *n, usec now, struct effects *fx)
{
	struct bootp_head h = {.op = BOOTP_REQUEST, .hw = n->hw};
	struct frame_udp f = {.from = {0, BOOTP_CLIENT_PORT},
			      .to = {n->to, BOOTP_SERVER_PORT},
			      .ttl = 255};
	uint8_t msg[BOOTP_MIN_SENT];
	struct wr m = wr_over(msg, sizeof(msg)), w = effects_head(fx);

	memcpy(h.xid, n->xid, 4);
	next_vend_put(&n->says, &h, &m);
	f.bytes = msg;
	f.len = wr_len(&m);
	memset(f.dst, 0xff, 6);
	memcpy(f.src, n->hw.b, 6);
	frame_udp_put(&f, &w);
	effects_frame(fx, &w, 1);
	n->due = now + n->window;
	if (n->window < SECONDS(64))
		n->window *= 2;
}

static void send_new(struct next *n, usec now, struct effects *fx)
{
	uint32_t clock = (uint32_t)(now / SECOND) ^ n->hw.b[5];

	memcpy(n->xid, &clock, 4);
	n->window = SECONDS(1);
	send_request(n, now, fx);
}

static void begin(struct next *n, usec now, struct effects *fx)
{
	n->says.version = 1;
	n->says.opcode = n->says.id = 0; /* the text stays */
	n->to = IP_BROADCAST;
	n->types_at = NEVER;
	send_new(n, now, fx);
}

/* Its kernel looks at the xid, the address and the opcode. */
static bool reply_get(const struct next *n, const struct dgram *d,
		      struct bootp *m)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct frame_udp f;

	if (d->kind != DGRAM_FRAME || !frame_udp_get(&f, &r) ||
	    f.to.port != BOOTP_CLIENT_PORT)
		return false;
	r = rd_over(f.bytes, f.len);
	return bootp_get(m, &r) && m->op == BOOTP_REPLY &&
	       hwaddr_is(&m->hw, &n->hw) && !memcmp(m->xid, n->xid, 4);
}

static void on_positive(struct next *n, const struct bootp *m, usec now)
{
	n->ip = m->yiaddr;
	n->due = n->types_at = NEVER;
	n->done_at = now;
	if (++n->room->done == MACHINES)
		lan_stop(n->room->lan);
}

static void next_input(struct engine *e, usec now, const struct dgram *d,
		       struct effects *fx)
{
	struct next *n = (struct next *)(void *)e;
	struct bootp m;
	struct next_vend v;

	if (n->ip || n->types_at != NEVER || !reply_get(n, d, &m) ||
	    !next_vend_get(&v, &m))
		return;
	if (v.opcode == NEXT_OK) {
		on_positive(n, &m, now);
		return;
	}
	if (!n->says.opcode && !n->deaf_until)
		n->deaf_until = now + SECONDS(10);
	if (!n->says.opcode && now < n->deaf_until)
		return;
	if (v.opcode == NEXT_ERROR) {
		begin(n, now, fx);
		return;
	}
	n->question = v;
	n->to = m.siaddr;
	n->due = NEVER;
	n->types_at = now + SECONDS(2) +
		      (usec)rand_below(&n->room->rand, SECONDS(10));
}

/* What the person types. */
static void type(struct next *n)
{
	struct text t = text_over(n->says.text, sizeof(n->says.text));

	memset(n->says.text, 0, sizeof(n->says.text));
	if (n->question.opcode == NEXT_QUERY_NE) {
		text_add(&t,
			 n->number % 5 || n->has_slipped ? "sesame" : "sesami");
		n->has_slipped = true;
		return;
	}
	text_add(&t, n->number % 2 ? "machine" : "wanda");
	if (n->number % 2 || n->tries++)
		text_u64(&t, n->number);
}

static void next_expire(struct engine *e, usec now, struct effects *fx)
{
	struct next *n = (struct next *)(void *)e;

	if (n->types_at <= now) {
		n->types_at = NEVER;
		type(n);
		n->says.opcode = n->question.opcode;
		n->says.id = n->question.id;
		send_new(n, now, fx);
	} else if (n->due <= now) {
		send_request(n, now, fx);
	}
}

static usec next_deadline(const struct engine *e)
{
	const struct next *n = (const struct next *)(const void *)e;

	return usec_min(n->due, n->types_at);
}

static void next_settle(struct engine *e, usec now, const struct outcome *o,
			struct effects *fx)
{
	(void)e;
	(void)now;
	(void)o;
	(void)fx;
}

static void switched_on(void *arg, usec now, struct effects *fx)
{
	begin(arg, now, fx);
}

/* ---- the server ---------------------------------------------------------- */

static int load_one(void *arg, const struct change *c)
{
	struct room *r = arg;

	return change_is_edit(c) ? directory_apply(r->site.directory, c) : 0;
}

static void started(void *arg, usec now, struct effects *fx)
{
	struct room *r = arg;

	server_start(r->server, now, fx);
}

static void open_server(struct room *r)
{
	struct site *s = &r->site;
	uint64_t revision;

	s->settings = &r->settings;
	s->domain = DOMAIN_FIRST;
	assert_int_equal(directory_open(&s->directory, &stage_alloc, 64, 1), 0);
	assert_int_equal(leases_open(&s->leases, &stage_alloc, 256, 1), 0);
	assert_int_equal(images_open(&s->images, &stage_alloc,
				     r->settings.slam.port,
				     r->settings.slam.ports, 1),
			 0);
	assert_int_equal(askers_open(&s->askers, &stage_alloc, 64, 1), 0);
	assert_int_equal(r->store->ops->load(r->store, load_one, r, &revision),
			 0);
	assert_int_equal(
		server_open(&r->server, s, &stage_alloc, 7 + r->lives++), 0);
}

static void close_server(struct room *r)
{
	server_close(r->server, &stage_alloc);
	askers_close(r->site.askers, &stage_alloc);
	images_close(r->site.images);
	leases_close(r->site.leases, &stage_alloc);
	directory_close(r->site.directory);
}

static void come_back(void *arg, usec now)
{
	struct room *r = arg;

	close_server(r);
	open_server(r);
	lan_replace(r->lan, 0, server_engine(r->server));
	lan_switch_on(r->lan, 0, now, started, r);
}

static void crash(void *arg, usec now)
{
	struct room *r = arg;

	lan_kill(r->lan, 0);
	lan_at(r->lan, now + SECONDS(3), come_back, r);
}

static int ask(void *arg, uint32_t node, const struct question *q)
{
	(void)arg;
	assert_int_equal(node, 0);
	assert_int_equal(q->kind, ASK_PASSWORD);
	assert_string_equal(q->with, "hash of sesame");
	return strcmp(q->text, "sesame") ? -EACCES : 0;
}

/* What is promised is in the directory, and that has it from the store. */
static void on_send(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct room *r = arg;
	struct rd at = rd_over(s->head, s->head_len);
	const struct entry *e;
	struct frame_udp f;
	struct bootp m;

	(void)now;
	if (node || s->how != SEND_FRAME || !frame_udp_get(&f, &at))
		return;
	at = rd_over(f.bytes, f.len);
	assert_true(bootp_get(&m, &at));
	if (bootp_next_opcode(&m) != NEXT_OK) {
		assert_int_equal(m.yiaddr, TEMPORARY);
		return;
	}
	e = site_machine(&r->site, &m.hw, 0);
	assert_non_null(e);
	assert_int_equal(machine_address(e, &m.hw, &r->settings.subnets[0]),
			 m.yiaddr);
	for (unsigned i = 0; i < MACHINES; i++)
		assert_true(r->next[i].ip != m.yiaddr ||
			    hwaddr_is(&r->next[i].hw, &m.hw));
}

/* ---- the room ------------------------------------------------------------ */

static void set_rules(struct room *r)
{
	struct props room;
	struct change c = {
		.kind = CHANGE_ENTRY_PUT,
		.domain = DOMAIN_FIRST,
		.id = ENTRY_MACHINES,
		.parent = ENTRY_ROOT,
		.instance = 2,
		.props = props(&room,
			       "name=machines; promiscuous; "
			       "net_passwd=hash of sesame; "
			       "assignable_ipaddr=10.77.0.100,10.77.0.159; "
			       "configuration_ipaddr=10.77.0.250")};
	struct commit commit = {.change = &c};
	uint64_t revision;

	assert_int_equal(r->store->ops->commit(r->store, &commit, 1, &revision),
			 0);
	assert_int_equal(commit.rc, 0);
}

static struct link link_of(uint32_t node)
{
	struct link l = {.index = 1, .mtu = 1500, .is_up = true};

	l.hw = hwaddr_ethernet((uint8_t[6]){0, 0, 0x0f, 0, 7, (uint8_t)node});
	if (!node) {
		l.ip = SERVER;
		l.mask = 0xffff0000;
	}
	return l;
}

static void add_machine(struct room *r, uint32_t i)
{
	struct next *n = &r->next[i];
	struct link l = link_of(i + 1);
	uint32_t id;

	*n = (struct next){.engine = {.input = next_input,
				      .settle = next_settle,
				      .expire = next_expire,
				      .deadline = next_deadline},
			   .room = r,
			   .number = i,
			   .hw = l.hw,
			   .due = NEVER,
			   .types_at = NEVER};
	assert_int_equal(lan_add(r->lan, &l, &n->engine, &id), 0);
	lan_switch_on(r->lan, id, (usec)rand_below(&r->rand, SECONDS(2)),
		      switched_on, n);
}

static void open_room(struct room *r, const struct lan_weather *weather,
		      uint64_t seed)
{
	struct lan_watcher watcher = {.send = on_send, .ask = ask, .arg = r};
	struct lan_config config = {.weather = *weather,
				    .seed = seed,
				    .nodes = MACHINES + 1,
				    .commit_delay = MILLISECONDS(2),
				    .ask_delay = MILLISECONDS(60)};
	struct link l = link_of(0);
	uint32_t id;

	rand_seed(&r->rand, seed);
	settings_default(&r->settings);
	r->settings.n_subnets = 1;
	r->settings.subnets[0] = (struct subnet){.network = IP4(10, 77, 0, 0),
						 .mask = 0xffff0000};
	assert_int_equal(store_memory_open(&r->store, &stage_alloc, NULL), 0);
	set_rules(r);
	r->site.links[0] = l;
	r->site.n_links = 1;
	open_server(r);
	config.store = r->store;
	assert_int_equal(lan_open(&r->lan, &config, &watcher), 0);
	assert_int_equal(lan_add(r->lan, &l, server_engine(r->server), &id), 0);
	lan_switch_on(r->lan, id, 0, started, r);
	for (uint32_t i = 0; i < MACHINES; i++)
		add_machine(r, i);
}

static void close_room(struct room *r)
{
	lan_close(r->lan);
	close_server(r);
	r->store->ops->close(r->store);
}

/* Each has its own, and it is what the store says. */
static void check(struct room *r)
{
	const struct directory *d = r->site.directory;

	assert_int_equal(directory_machines(d), MACHINES);
	for (unsigned i = 0; i < MACHINES; i++) {
		const struct next *n = &r->next[i];
		const struct entry *m = machine_by_ip(d, DOMAIN_FIRST, n->ip);

		assert_true(n->ip >= FIRST && n->ip < FIRST + RANGE);
		assert_non_null(m);
		assert_ptr_equal(m, site_machine(&r->site, &n->hw, 0));
		assert_string_equal(machine_name(m), n->says.text);
	}
}

static usec last_of(const struct room *r)
{
	usec last = 0;

	for (unsigned i = 0; i < MACHINES; i++)
		last = usec_max(last, r->next[i].done_at);
	return last;
}

static void in_fair_weather_the_people_are_what_takes_time(void **state)
{
	const struct lan_weather fair = {.delay = 100};
	struct room *r = calloc(1, sizeof(*r));

	(void)state;
	open_room(r, &fair, 1);
	lan_run(r->lan, SECONDS(3600));
	assert_int_equal(r->done, MACHINES);
	check(r);
	printf("forty machines in %.1f s\n", (double)last_of(r) / 1e6);
	assert_true(last_of(r) < SECONDS(100));
	close_room(r);
	free(r);
}

static void in_bad_weather_and_killed_again_and_again_all_get_in(void **state)
{
	const struct lan_weather bad = {.loss = 0.1,
					.duplicate = 0.05,
					.reorder = 0.1,
					.reorder_by = MILLISECONDS(20),
					.delay = 200};

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct room *r = calloc(1, sizeof(*r));

		open_room(r, &bad, seed);
		for (unsigned i = 0; i < 5; i++)
			lan_at(r->lan,
			       SECONDS(8) * (i + 1) +
				       (usec)rand_below(&r->rand, SECONDS(4)),
			       crash, r);
		lan_run(r->lan, SECONDS(7200));
		if (r->done != MACHINES)
			printf("seed %d: %u of %d\n", (int)seed, r->done,
			       MACHINES);
		assert_int_equal(r->done, MACHINES);
		check(r);
		/* and so it is for whoever reads the store */
		close_server(r);
		open_server(r);
		check(r);
		close_room(r);
		free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			in_fair_weather_the_people_are_what_takes_time),
		cmocka_unit_test(
			in_bad_weather_and_killed_again_and_again_all_get_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
