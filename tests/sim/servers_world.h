/*
 * The world of the servers' campaign: who is in it, and what is kept of what
 * they did.
 */
#ifndef MUSTER_TESTS_SERVERS_WORLD_H
#define MUSTER_TESTS_SERVERS_WORLD_H

#include "base/rand.h"
#include "engine/bootpc.h"
#include "engine/dhcpc.h"
#include "stage/bindings.h"
#include "stage/etcd_server.h"
#include "stage/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	SERVERS = 3,
	MACHINES = 20, /* that stay */
	STRANGERS = 8, /* that come and go without a word */
	NODES = SERVERS + MACHINES + STRANGERS,
	POOL = 26,
	TERM = 60, /* of a lease */
	TROUBLES = 24,
	EDITS = 40,
	CELLS = 3, /* what is edited: two entries each */
	OPERATIONS = 4000,
};

/* What a cell is before it is made, and after it is destroyed. */
#define NOTHING    (1ULL << 60)
#define NETWORK    IP4(10, 0, 0, 0)
#define MASK       0xfffff000u
#define POOL_FIRST IP4(10, 0, 1, 1)

static const usec TROUBLE = SECONDS(150), END = SECONDS(420);

/* A machine, with the address that it has on its interface. */
struct machine {
	struct engine engine; /* around a dhcpc */
	struct world *w;
	struct dhcpc *dhcp;
	struct bootpc *bootp;
	uint32_t node, ip;
	uint8_t xid[4]; /* of its last request, and when it was sent */
	usec asked;
	bool is_gone;
};

/* An edit under way at a server. */
struct editing {
	bool is_on;
	size_t operation;
	struct changes *all;
};

struct member {
	struct etcd_server s;
	struct world *w;
	struct editing edit;
	bool is_down;
};

/* The last that was said of an address. */
struct promised {
	uint32_t to;
	usec until;
};

struct world {
	struct promised promised[POOL];
	uint64_t seed;
	bool is_told;
	struct rand rand;
	struct lan *lan;
	struct etcd_model *model;
	struct etcd_time time;
	struct member of[SERVERS];
	unsigned n_servers;
	struct machine machines[MACHINES + STRANGERS];
	uint32_t users[POOL]; /* machine with the address; 0: none, or + 1 */
	struct binding operations[OPERATIONS];
	size_t n_operations;
	uint64_t stamp;
	unsigned grants, edits, refused, doubts;
	char broken[BINDING_WORDS];
};

static uint64_t draw(struct world *w, uint64_t n)
{
	return rand_below(&w->rand, n);
}

__attribute__((format(printf, 2, 3))) static void tell(const struct world *w,
						       const char *format, ...)
{
	va_list ap;

	if (!w->is_told)
		return;
	printf("%10.3f ms  ", (double)lan_now(w->lan) / 1000);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	(void)fflush(stdout);
}

/* The first thing that was wrong. */
__attribute__((format(printf, 2, 3))) static void
breaks(struct world *w, const char *format, ...)
{
	va_list ap;

	if (w->broken[0])
		return;
	va_start(ap, format);
	vsnprintf(w->broken, sizeof w->broken, format, ap);
	va_end(ap);
	tell(w, "BROKEN: %s", w->broken);
	lan_stop(w->lan);
}

static struct link link_of(uint32_t node)
{
	struct link l = {
		.index = 1, .mtu = 1500, .is_up = true, .name = "lan0"};
	uint8_t mac[6] = {2, 0, 0, 0, (uint8_t)(node >> 8), (uint8_t)node};

	l.hw = hwaddr_ethernet(mac);
	if (node < SERVERS) {
		l.ip = NETWORK + 1 + node;
		l.mask = MASK;
	}
	return l;
}

static unsigned machine_number(const struct hwaddr *hw)
{
	return hw->b[5];
}

/* ---- histories ----------------------------------------------------------- */

static struct binding *operation(struct world *w, enum binding_kind kind,
				 uint64_t key, uint64_t who)
{
	struct binding *b = &w->operations[w->n_operations];

	if (w->n_operations == OPERATIONS - 1)
		breaks(w, "too many operations");
	else
		w->n_operations++;
	*b = (struct binding){.kind = kind,
			      .key = key,
			      .who = who,
			      .invoked = lan_now(w->lan),
			      .answered = lan_now(w->lan)};
	return b;
}

/* ---- machines ------------------------------------------------------------ */

/* A machine has an address on its interface, or 0: none any more. */
static void use(struct machine *m, uint32_t ip)
{
	struct world *w = m->w;

	if (m->ip)
		w->users[m->ip - POOL_FIRST] = 0;
	m->ip = ip;
	if (!ip)
		return;
	if (w->users[ip - POOL_FIRST])
		breaks(w, "%08x is used by %u and by %u", ip,
		       w->users[ip - POOL_FIRST], m->node);
	w->users[ip - POOL_FIRST] = m->node;
}

static struct machine *machine_of(struct engine *e)
{
	return (struct machine *)(void *)e;
}

/* An interface is configured as soon as there is something to configure. */
static void settle_address(struct machine *m, struct effects *fx)
{
	bool is_bound = dhcpc_state(m->dhcp) == ADDRESSC_BOUND;
	uint32_t ip = is_bound ? dhcpc_answer(m->dhcp)->ip : 0;

	if (ip == m->ip)
		return;
	tell(m->w, "%u has %08x", m->node, ip);
	use(m, ip);
	effects_add(fx, EFFECT_ADDRESS)->address =
		(struct address){.link = 1, .ip = ip, .mask = MASK};
}

static void machine_input(struct engine *e, usec now, const struct dgram *d,
			  struct effects *fx)
{
	struct machine *m = machine_of(e);
	struct engine *in = dhcpc_engine(m->dhcp);

	in->input(in, now, d, fx);
	settle_address(m, fx);
}

static void machine_settle(struct engine *e, usec now, const struct outcome *o,
			   struct effects *fx)
{
	struct engine *in = dhcpc_engine(machine_of(e)->dhcp);

	if (o->kind != EFFECT_ADDRESS)
		in->settle(in, now, o, fx);
}

static void machine_expire(struct engine *e, usec now, struct effects *fx)
{
	struct machine *m = machine_of(e);
	struct engine *in = dhcpc_engine(m->dhcp);

	in->expire(in, now, fx);
	settle_address(m, fx);
}

static usec machine_deadline(const struct engine *e)
{
	const struct engine *in =
		dhcpc_engine(((const struct machine *)(const void *)e)->dhcp);

	return in->deadline(in);
}

static void dhcp_started(void *arg, usec now, struct effects *fx)
{
	const struct machine *m = arg;

	dhcpc_start(m->dhcp, now, fx);
}

static void bootp_started(void *arg, usec now, struct effects *fx)
{
	const struct machine *m = arg;

	bootpc_start(m->bootp, now, fx);
}

/* It goes without a word. */
static void leave(void *arg, usec now)
{
	struct machine *m = arg;

	(void)now;
	tell(m->w, "%u is gone", m->node);
	use(m, 0);
	m->is_gone = true;
	lan_kill(m->w->lan, m->node);
	/* Nobody has its address any more, and answers for it. */
	lan_replace(m->w->lan, m->node, &m->engine);
}

static void add_machine(struct world *w, uint32_t i)
{
	const struct link l = link_of(SERVERS + i);
	struct addressc_config c = {.link = l, .seed = w->seed * 1000 + i};
	bool is_stranger = i >= MACHINES, is_dhcp = i % 4 || is_stranger;
	usec most = is_stranger ? TROUBLE : SECONDS(60);
	usec at = (usec)draw(w, (uint64_t)most);
	struct machine *m = &w->machines[i];

	m->w = w;
	m->engine = (struct engine){machine_input, machine_settle,
				    machine_expire, machine_deadline};
	if (is_dhcp)
		assert_int_equal(dhcpc_open(&m->dhcp, &c, &stage_alloc), 0);
	else
		assert_int_equal(bootpc_open(&m->bootp, &c, &stage_alloc), 0);
	assert_int_equal(lan_add(w->lan, &l,
				 is_dhcp ? &m->engine : bootpc_engine(m->bootp),
				 &m->node),
			 0);
	lan_switch_on(w->lan, m->node, at,
		      is_dhcp ? dhcp_started : bootp_started, m);
	if (is_stranger)
		lan_at(w->lan, at + (usec)draw(w, (uint64_t)TROUBLE / 2), leave,
		       m);
}

#endif
