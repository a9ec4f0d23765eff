/*
 * The world of the servers' campaign: who is in it, and what is kept of what
 * they did.
 */
#ifndef MUSTER_TESTS_SERVERS_WORLD_H
#define MUSTER_TESTS_SERVERS_WORLD_H

#include "base/rand.h"
#include "engine/bootpc.h"
#include "stage/bindings.h"
#include "stage/etcd_server.h"
#include "stage/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "servers_site.h"
#include "tenant.h"

enum {
	MACHINES = 20, /* that stay */
	STRANGERS = 8, /* that come and go without a word */
	NODES = SERVERS + MACHINES + STRANGERS,
	POOL = 26,
	TERM = 60,      /* of a lease */
	MASTERSHIP = 2, /* seconds; of a server that is silent */
	TROUBLES = 24,
	EDITS = 40,
	RELEASES = 30,
	CELLS = 3, /* what is edited: two entries each */
	OPERATIONS = 4000,
};

/* What a cell is before it is made, and after it is destroyed. */
#define NOTHING (1ULL << 60)

static const usec TROUBLE = SECONDS(150), END = SECONDS(420);

/* A machine, with the address that it has on its interface. */
struct machine {
	struct tenant t; /* unless it has a bootp */
	struct world *w;
	struct bootpc *bootp;
	uint32_t node;
	uint8_t xid[4]; /* of its last request, and when it was sent */
	usec asked;
	usec due; /* until when it has its address, whatever it was told */
	bool is_gone;
	uint64_t revision; /* of etcd's, when it first asked for this */
	bool has_all;      /* it was promised a whole term, by a commit */
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
	usec ahead; /* its wall clock */
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
	unsigned grants, edits, refused, doubts, steps, misled, releases;
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

static bool is_due(const struct machine *m)
{
	return m->due <= lan_now(m->w->lan);
}

/* A machine has an address on its interface, or 0: none any more. */
static void use(struct machine *m, uint32_t ip)
{
	struct world *w = m->w;
	uint32_t *user, was;

	if (m->t.ip) {
		user = &w->users[m->t.ip - POOL_FIRST];
		*user = *user == m->node ? 0 : *user;
	}
	m->t.ip = ip;
	if (!ip || is_due(m))
		return;
	user = &w->users[ip - POOL_FIRST];
	was = *user;
	*user = m->node;
	if (was && !is_due(&w->machines[was - SERVERS]))
		breaks(w, "%08x is used by %u and by %u", ip, was, m->node);
}

static void moves(struct tenant *t, uint32_t ip)
{
	struct machine *m = CONTAINER(t, struct machine, t);

	tell(m->w, "%u has %08x", m->node, ip);
	use(m, ip);
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
	lan_replace(m->w->lan, m->node, &m->t.engine);
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
	m->due = NEVER;
	if (is_dhcp)
		tenant_open(&m->t, &c, MASK, &stage_alloc);
	else
		assert_int_equal(bootpc_open(&m->bootp, &c, &stage_alloc), 0);
	assert_int_equal(
		lan_add(w->lan, &l,
			is_dhcp ? &m->t.engine : bootpc_engine(m->bootp),
			&m->node),
		0);
	m->t.moves = moves;
	if (is_dhcp)
		lan_switch_on(w->lan, m->node, at, tenant_start, &m->t);
	else
		lan_switch_on(w->lan, m->node, at, bootp_started, m);
	if (is_stranger)
		lan_at(w->lan, at + (usec)draw(w, (uint64_t)TROUBLE / 2), leave,
		       m);
}

#endif
