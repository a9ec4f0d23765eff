/*
 * How many answers may leave to whoever asks in one datagram, which proves
 * nothing: a forged question would make every server of a network answer its
 * victim (safety rule R12).
 *
 * A machine that we know has 20 a second of its own, 40 at once, and nobody
 * takes from that: however many there are, and whoever else asks, a power
 * failure is answered as fast as it asks.  Strangers have as much for a whole
 * network of 256 addresses, and all of them together 500 a second, after a
 * silence 10,000 at once.
 *
 * An answer that is no longer than its question is a tenth of one, if it is a
 * machine's that we know: 200 a second, 400 at once, as often as limit.h hears
 * a source.  Whoever forges such a question has sent as much as the victim
 * gets; and a machine where a hundred people log in at once asks so often.
 */
#ifndef MUSTER_ENGINE_QUOTA_H
#define MUSTER_ENGINE_QUOTA_H

#include "engine/limit.h"

struct quota {
	struct limit sources;
	usec strangers; /* paid by all of them */
	uint64_t seed;
};

enum {
	QUOTA_SOURCE = 20,
	QUOTA_SOURCE_BURST = 40,
	QUOTA_SHORT = 10, /* for the price of one */
	QUOTA_ALL = 500,
	QUOTA_ALL_BURST = 10000,
};

/* 0 or -ENOMEM. */
int quota_open(struct quota *q, const struct alloc *alloc, uint64_t seed);
/* alloc: the one it was opened with.  All zeros are allowed. */
void quota_close(struct quota *q, const struct alloc *alloc);
/*
 * Whether one more answer may leave to that address.  machine: a number of the
 * machine that it is told to, if we know that machine: one that it has whatever
 * it writes in its questions, its entry's id or its registered address, and
 * always the same of the two at one quota.  0: a stranger.
 */
bool quota_allows(struct quota *q, uint32_t ip, uint32_t machine, usec now);
/* The same for an answer that is no longer than its question. */
bool quota_allows_short(struct quota *q, uint32_t ip, uint32_t machine,
			usec now);

#endif
