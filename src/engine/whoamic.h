/*
 * whoamic: a machine with an address that asks for its name: Sun's boot
 * parameters, WHOAMI inside the port mapper's CALLIT, by broadcast.
 *
 * A round is at 0, 4, 10, 18, 28 and 40 s; at 54 s the next one begins, with a
 * transaction id of its own.  It never gives up; 45 s after its start it says
 * so on the console, once.
 */
#ifndef MUSTER_ENGINE_WHOAMIC_H
#define MUSTER_ENGINE_WHOAMIC_H

#include "base/alloc.h"
#include "base/rand.h"
#include "engine/engine.h"

enum whoamic_state { WHOAMIC_OFF, WHOAMIC_ASKING, WHOAMIC_KNOWN };

/* Who asks, and where: the interface's address and broadcast address. */
struct whoamic_at {
	uint32_t link, ip, broadcast;
	/* The mask is but that of the class, so the broadcast address is a
	 * guess: ask 255.255.255.255, too, and a server on a subnet hears one
	 * of the two. */
	bool is_guess;
};

struct whoamic {
	struct engine engine;
	struct rand rand;
	usec jitter;
	enum whoamic_state state;
	struct whoamic_at at;
	char name[64], domain[64]; /* of NIS; "": none */
	uint32_t router, server;
	uint32_t xid;
	uint16_t port; /* 0: none */
	bool is_listening, has_complained;
	unsigned sent; /* of this round */
	usec begun, due;
};

/* It takes no memory. */
void whoamic_init(struct whoamic *c, usec jitter, uint64_t seed);
/* LISTENs at a port that nobody can guess, then asks. */
void whoamic_start(struct whoamic *c, usec now, const struct whoamic_at *at,
		   struct effects *fx);
/* Stop asking, and CLOSE the port. */
void whoamic_stop(struct whoamic *c, struct effects *fx);

#endif
