/*
 * A room of registries.  Each machine checks a name of its own in, and one that
 * all of them have; then it looks up names of others, everywhere, one after the
 * other.  Whatever the weather: each look-up is answered once and within nine
 * seconds, and never with somebody else's endpoint.
 */
#include "engine/netnamed.h"

#include "base/heap.h"
#include "base/rand.h"
#include "base/text.h"
#include "fleets.h"
#include "sim/lan.h"
#include "stage/stage.h"
#include "stage/toy_crypt.h"

enum { MACHINES = 50, ASKS = 10, PORT = 7000, SHARED = 8000 };

struct room;

/* A machine: its registry, and one process that speaks to it. */
struct machine {
	struct engine engine;
	struct netnamed *named;
	struct room *room;
	uint32_t id;
	unsigned asked, answered;
	bool waits;      /* for an answer */
	uint32_t wanted; /* whose name; MACHINES: everybody's */
	usec asked_at, next;
	struct rand rand;
};

struct room {
	struct lan *lan;
	struct lan_config config;
	struct name_access access;
	struct machine v[MACHINES];
	bool wants_shared, wants_nobody;
	unsigned found, not_found;
	usec longest;
	uint64_t packets, answers; /* between machines */
};

static struct machine *machine_of(struct engine *e)
{
	return CONTAINER(e, struct machine, engine);
}

static uint32_t ip_of(uint32_t id)
{
	return IP4(10, 0, 0, 1) + id;
}

static size_t name_of(uint32_t id, char name[32])
{
	struct text t = text_over(name, 32);

	text_add(&t, id == MACHINES ? "shared" : "machine ");
	if (id < MACHINES)
		text_u64(&t, id);
	return t.len;
}

/* ---- what comes of it ---------------------------------------------------- */

static void on_reply(struct machine *m, usec now, const struct send *s)
{
	struct room *o = m->room;
	struct rd r = rd_over(s->head, s->head_len);
	struct registry_record p;
	uint32_t ip;

	assert_true(registry_get(&p, &r));
	if (p.op != (REGISTRY_LOOK_UP | REGISTRY_REPLY))
		return;
	assert_true(m->waits);
	assert_int_equal(p.sequence, m->asked);
	assert_true(now - m->asked_at <= SECONDS(9));
	o->longest = usec_max(o->longest, now - m->asked_at);
	m->waits = false;
	m->answered++;
	m->next = now + MILLISECONDS(100);
	if (p.status) {
		assert_int_equal(p.status, REGISTRY_HOST_NOT_FOUND);
		o->not_found++;
		return;
	}
	o->found++;
	ip = registry_endpoint_ip(&p.at);
	if (m->wanted == MACHINES) {
		assert_int_equal(p.at.port, SHARED);
		assert_true(ip - ip_of(0) < MACHINES && ip != ip_of(m->id));
	} else {
		assert_int_equal(p.at.port, PORT + m->wanted);
		assert_int_equal(ip, ip_of(m->wanted));
	}
}

/* Records go to the process; the LAN carries the rest. */
static void look(struct machine *m, usec now, const struct effects *fx,
		 size_t from)
{
	for (size_t i = from; i < fx->n; i++)
		if (fx->v[i].kind == EFFECT_SEND &&
		    fx->v[i].send.how == SEND_RECORD)
			on_reply(m, now, &fx->v[i].send);
}

static void say(struct machine *m, usec now, struct registry_record p,
		struct effects *fx)
{
	struct engine *e = netnamed_engine(m->named);
	uint8_t bytes[REGISTRY_RECORD];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct dgram d = {.kind = DGRAM_RECORD,
			  .conn = 1,
			  .bytes = bytes,
			  .len = sizeof(bytes)};

	registry_put(&p, &w);
	e->input(e, now, &d, fx);
}

static void check_in(struct machine *m, usec now, uint32_t id, uint16_t port,
		     struct effects *fx)
{
	char name[32];
	struct registry_record p = {.op = REGISTRY_CHECK_IN,
				    .name = name,
				    .name_len = name_of(id, name)};

	/* At any address of this machine. */
	p.at = registry_endpoint_ipv4(REGISTRY_TCP, (struct endpoint){0, port});
	say(m, now, p, fx);
}

static void ask(struct machine *m, usec now, struct effects *fx)
{
	char name[32];
	struct registry_record p = {.op = REGISTRY_LOOK_UP,
				    .flags = REGISTRY_ANYWHERE,
				    .name = name};

	m->wanted = (m->id + 1 + (uint32_t)rand_below(&m->rand, MACHINES - 1)) %
		    MACHINES;
	if (m->room->wants_shared)
		m->wanted = MACHINES;
	p.name_len = name_of(m->wanted, name);
	if (m->room->wants_nobody)
		name[0] = 'X';
	p.sequence = ++m->asked;
	m->asked_at = now;
	m->waits = true;
	m->next = NEVER;
	say(m, now, p, fx);
}

/* ---- the engine around the registry -------------------------------------- */

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct machine *m = machine_of(e);
	struct engine *named = netnamed_engine(m->named);
	size_t from = fx->n;

	named->input(named, now, d, fx);
	look(m, now, fx, from);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct engine *named = netnamed_engine(machine_of(e)->named);

	named->settle(named, now, o, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct machine *m = machine_of(e);
	struct engine *named = netnamed_engine(m->named);
	size_t from = fx->n;

	if (named->deadline(named) <= now)
		named->expire(named, now, fx);
	if (m->next <= now && m->asked < ASKS)
		ask(m, now, fx);
	else if (m->next <= now)
		m->next = NEVER;
	look(m, now, fx, from);
}

static usec on_deadline(const struct engine *e)
{
	const struct machine *m = CONTAINER_CONST(e, struct machine, engine);
	struct engine *named = netnamed_engine(m->named);

	return usec_min(m->next, named->deadline(named));
}

static void start(void *arg, usec now, struct effects *fx)
{
	struct machine *m = arg;
	const struct link link = {
		.index = 1, .ip = ip_of(m->id), .is_up = true};

	netnamed_network(m->named, now, &link, 1, fx);
	check_in(m, now, m->id, (uint16_t)(PORT + m->id), fx);
	if (!m->room->wants_shared || m->id % 5 == 0)
		check_in(m, now, MACHINES, SHARED, fx);
	if (m->room->wants_shared && m->id % 5 == 0)
		m->asked = ASKS; /* it has the name itself */
	m->next = now + SECOND + (usec)rand_below(&m->rand, (uint64_t)SECOND);
}

static void on_packet(void *arg, uint32_t node, usec now, const struct send *s)
{
	struct room *o = arg;

	(void)node;
	(void)now;
	o->packets++;
	o->answers += s->to.ip != IP_BROADCAST;
}

/* ---- the room ------------------------------------------------------------ */

static struct room *room_open(double loss)
{
	struct room *o = test_calloc(1, sizeof(*o));
	struct name_access_error e;

	assert_true(name_access_parse(&o->access, "*: 10.0.0.0/8", 13, &e));
	o->config =
		(struct lan_config){.nodes = MACHINES,
				    .seed = 7,
				    .weather = {.loss = loss, .delay = 100}};
	return o;
}

static void add(struct room *o, uint32_t i)
{
	struct machine *m = &o->v[i];
	const struct netnamed_config c = {.access = &o->access,
					  .version = "sim",
					  .crypt = &toy_crypt,
					  .seed = o->config.seed + i};
	struct link l = {.index = 1, .ip = ip_of(i), .is_up = true};
	uint32_t id;

	*m = (struct machine){
		.engine = {on_input, on_settle, on_expire, on_deadline},
		.room = o,
		.id = i,
		.next = NEVER};
	rand_seed(&m->rand, c.seed);
	assert_int_equal(netnamed_open(&m->named, &c, &stage_alloc), 0);
	l.hw = hwaddr_ethernet((uint8_t[]){2, 0, 0, 0, 0, (uint8_t)i});
	assert_int_equal(lan_add(o->lan, &l, &m->engine, &id), 0);
	lan_switch_on(o->lan, id, 0, start, m);
}

static void play(struct room *o)
{
	struct lan_watcher w = {.send = on_packet, .arg = o};
	unsigned asked = 0;

	assert_int_equal(lan_open(&o->lan, &o->config, &w), 0);
	for (uint32_t i = 0; i < MACHINES; i++)
		add(o, i);
	lan_run(o->lan, SECONDS(600));
	for (uint32_t i = 0; i < MACHINES; i++)
		asked += o->v[i].answered;
	printf("loss %.2f: %u of %u found, %llu packets, longest %lld ms\n",
	       o->config.weather.loss, o->found, asked,
	       (unsigned long long)o->packets, (long long)o->longest / 1000);
	assert_int_equal(asked, o->found + o->not_found);
	for (uint32_t i = 0; i < MACHINES; i++)
		assert_false(o->v[i].waits);
}

static void room_close(struct room *o)
{
	lan_close(o->lan);
	for (uint32_t i = 0; i < MACHINES; i++)
		netnamed_close(o->v[i].named, &stage_alloc);
	test_free(o);
}

static void without_loss_a_look_up_is_two_packets(void **state)
{
	struct room *o = room_open(0);

	(void)state;
	play(o);
	assert_int_equal(o->found, MACHINES * ASKS);
	assert_int_equal(o->packets, 2 * MACHINES * ASKS);
	assert_true(o->longest < MILLISECONDS(1));
	room_close(o);
}

static void a_name_that_many_have_is_found_once(void **state)
{
	struct room *o = room_open(0);

	(void)state;
	o->wants_shared = true;
	play(o);
	/* Forty ask; all ten that have it answer, and one is believed. */
	assert_int_equal(o->found, 40 * ASKS);
	assert_int_equal(o->packets, 11 * 40 * ASKS);
	room_close(o);
}

static void a_name_that_nobody_has_is_asked_for_three_times(void **state)
{
	struct room *o = room_open(0);

	(void)state;
	o->wants_nobody = true;
	play(o);
	assert_int_equal(o->not_found, MACHINES * ASKS);
	assert_int_equal(o->packets, 3 * MACHINES * ASKS);
	assert_int_equal(o->answers, 0);
	assert_int_equal(o->longest, SECONDS(9));
	room_close(o);
}

/* Both packets arrive with 0.64; three tries fail with 0.047. */
static void with_a_fifth_lost_nearly_all_are_found(void **state)
{
	struct room *o = room_open(0.2);

	(void)state;
	o->config.weather.duplicate = 0.1;
	o->config.weather.reorder = 0.3;
	o->config.weather.reorder_by = SECONDS(4);
	play(o);
	assert_int_equal(o->found + o->not_found, MACHINES * ASKS);
	assert_in_range(o->found, MACHINES * ASKS * 88 / 100,
			MACHINES * ASKS - 1);
	room_close(o);
}

static void kill_third(void *arg, usec now)
{
	struct room *o = arg;

	(void)now;
	lan_kill(o->lan, 3);
}

/* Everybody else goes on, and only its name is not found any more. */
static void a_machine_that_dies_takes_its_name_with_it(void **state)
{
	struct lan_watcher w = {.send = on_packet};
	struct room *o = room_open(0);
	unsigned lost = 0;

	(void)state;
	w.arg = o;
	assert_int_equal(lan_open(&o->lan, &o->config, &w), 0);
	for (uint32_t i = 0; i < MACHINES; i++)
		add(o, i);
	lan_at(o->lan, MILLISECONDS(1500), kill_third, o);
	lan_run(o->lan, SECONDS(600));
	for (uint32_t i = 0; i < MACHINES; i++)
		lost += i != 3 && o->v[i].answered != ASKS;
	assert_int_equal(lost, 0);
	assert_in_range(o->not_found, 1, 40);
	room_close(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_loss_a_look_up_is_two_packets),
		cmocka_unit_test(a_name_that_many_have_is_found_once),
		cmocka_unit_test(
			a_name_that_nobody_has_is_asked_for_three_times),
		cmocka_unit_test(with_a_fifth_lost_nearly_all_are_found),
		cmocka_unit_test(a_machine_that_dies_takes_its_name_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
