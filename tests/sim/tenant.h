/*
 * A machine of a simulation that only gets its address by DHCP, and keeps it:
 * the engine is around a dhcpc.
 */
#ifndef MUSTER_TESTS_TENANT_H
#define MUSTER_TESTS_TENANT_H

#include "base/heap.h"
#include "engine/dhcpc.h"
#include "engine/effects.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct tenant {
	struct engine engine;
	struct dhcpc *c;
	uint32_t ip, mask; /* ip 0: none */
	/* It is about to have another one, or none; may be NULL. */
	void (*moves)(struct tenant *t, uint32_t ip);
};

static inline struct tenant *tenant_of(struct engine *e)
{
	return CONTAINER(e, struct tenant, engine);
}

/* An interface is configured as soon as there is something to configure. */
static inline void tenant_move(struct tenant *t, struct effects *fx)
{
	bool is_bound = dhcpc_state(t->c) == ADDRESSC_BOUND;
	uint32_t ip = is_bound ? dhcpc_answer(t->c)->ip : 0;

	if (ip == t->ip)
		return;
	if (t->moves)
		t->moves(t, ip);
	t->ip = ip;
	effects_add(fx, EFFECT_ADDRESS)->address =
		(struct address){.link = 1, .ip = ip, .mask = t->mask};
}

static inline void tenant_input(struct engine *e, usec now,
				const struct dgram *d, struct effects *fx)
{
	struct tenant *t = tenant_of(e);
	struct engine *in = dhcpc_engine(t->c);

	in->input(in, now, d, fx);
	tenant_move(t, fx);
}

static inline void tenant_settle(struct engine *e, usec now,
				 const struct outcome *o, struct effects *fx)
{
	struct engine *in = dhcpc_engine(tenant_of(e)->c);

	if (o->kind != EFFECT_ADDRESS)
		in->settle(in, now, o, fx);
}

static inline void tenant_expire(struct engine *e, usec now, struct effects *fx)
{
	struct tenant *t = tenant_of(e);
	struct engine *in = dhcpc_engine(t->c);

	in->expire(in, now, fx);
	tenant_move(t, fx);
}

static inline usec tenant_deadline(const struct engine *e)
{
	const struct engine *in =
		dhcpc_engine(CONTAINER_CONST(e, struct tenant, engine)->c);

	return in->deadline(in);
}

/* To be closed by dhcpc_close(). */
static inline void tenant_open(struct tenant *t,
			       const struct addressc_config *config,
			       uint32_t mask, const struct alloc *alloc)
{
	*t = (struct tenant){.engine = {tenant_input, tenant_settle,
					tenant_expire, tenant_deadline},
			     .mask = mask};
	assert_int_equal(dhcpc_open(&t->c, config, alloc), 0);
}

/* For lan_switch_on(). */
static inline void tenant_start(void *arg, usec now, struct effects *fx)
{
	const struct tenant *t = arg;

	dhcpc_start(t->c, now, fx);
}

#endif
