/*
 * maskc: a machine with an address that asks for its network mask by ICMP (RFC
 * 950 appendix I; RFC 1122 3.2.2.9), as NEXTSTEP does: at 0, 1, 3, 7, 15 and
 * 31 s, and at 63 s it gives up.
 *
 * The first reply that can be one is taken, whoever sent it and to whomever. It
 * is ORed into the mask of the address's class, so that it can only get longer.
 */
#ifndef MUSTER_ENGINE_MASKC_H
#define MUSTER_ENGINE_MASKC_H

#include "base/alloc.h"
#include "base/rand.h"
#include "engine/engine.h"

enum maskc_state { MASKC_OFF, MASKC_ASKING, MASKC_KNOWN, MASKC_FAILED };

struct maskc {
	struct engine engine;
	struct link link;
	struct rand rand;
	usec jitter;
	enum maskc_state state;
	uint32_t ip, mask;
	uint32_t server; /* who said it; 0: nobody did */
	unsigned sent;
	usec due;
};

/* It takes no memory.  The link is an Ethernet; the first request waits at
 * random up to `jitter`. */
void maskc_init(struct maskc *c, const struct link *link, usec jitter,
		uint64_t seed);
/* `ip` is ours, and what replies are sent to.  expire sends. */
void maskc_start(struct maskc *c, usec now, uint32_t ip);
/* Wait no longer: as if time were up, with the mask of the class. */
void maskc_give_up(struct maskc *c);

#endif
