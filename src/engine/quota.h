/*
 * How many answers may leave to whoever asks in one datagram, which proves
 * nothing: a forged question would make every server of a network answer its
 * victim (safety rule R12).
 *
 * A machine that we know has 20 a second of its own, 40 at once; all others of
 * a network of 256 addresses have that together.  All of them have 500 a
 * second, and after a silence 10,000 at once: a power failure is answered as
 * fast as it asks.
 */
#ifndef MUSTER_ENGINE_QUOTA_H
#define MUSTER_ENGINE_QUOTA_H

#include "engine/limit.h"

struct quota {
	struct limit sources;
	usec paid; /* by all */
	uint64_t seed;
};

enum {
	QUOTA_SOURCE = 20,
	QUOTA_SOURCE_BURST = 40,
	QUOTA_ALL = 500,
	QUOTA_ALL_BURST = 10000,
};

/* 0 or -ENOMEM. */
int quota_open(struct quota *q, const struct alloc *alloc, uint64_t seed);
/* alloc: the one it was opened with.  All zeros are allowed. */
void quota_close(struct quota *q, const struct alloc *alloc);
/* Whether one more answer may leave to that address. */
bool quota_allows(struct quota *q, uint32_t ip, bool is_known, usec now);

#endif
