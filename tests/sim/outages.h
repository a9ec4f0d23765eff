/*
 * What the simulations of an outage share.
 */
#ifndef MUSTER_TESTS_OUTAGES_H
#define MUSTER_TESTS_OUTAGES_H

#include "sim/outage.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Everyone has an address, a mask and a name, each its own: the simulation
 * holds them to it. */
static inline struct outage_report passes(const struct outage_config *c)
{
	struct outage_report r;

	assert_int_equal(outage_run(c, &r), 0);
	if (r.broken || r.configured != c->machines)
		fail_msg("seed %" PRIu64 ": %u of %u configured, %s", c->seed,
			 r.configured, c->machines,
			 r.broken ? r.broken : "nothing broken");
	for (unsigned i = 0; i < OUTAGE_PHASES; i++) {
		const struct outage_part *p = &r.part[i];

		assert_int_equal(p->through, c->machines);
		assert_true(p->answered >= c->machines);
		assert_true(p->asked >= p->answered + p->lost);
		assert_true(p->mean <= p->last && p->last <= r.lasted);
	}
	assert_int_equal(r.announced, c->machines);
	return r;
}

static inline uint64_t lost(const struct outage_report *r)
{
	return r->part[OUTAGE_ADDRESS].lost + r->part[OUTAGE_MASK].lost +
	       r->part[OUTAGE_NAME].lost;
}

#endif
