/*
 * rpcbind's own protocol, versions 3 and 4 (RFC 1833 2): as much of it as it
 * takes to be known to one.
 */
#ifndef MUSTER_WIRE_RPCB_H
#define MUSTER_WIRE_RPCB_H

#include "base/cursor.h"

enum { RPCB_VERSION = 3, RPCB_SET = 1, RPCB_UNSET = 2 };

/* A program's port on all local addresses, over IPv4; the owner is left to
 * rpcbind, which knows who asks.  For UNSET the port does not count. */
struct rpcb {
	uint32_t program, version;
	uint16_t port;
	bool is_tcp; /* else UDP */
};

/* The arguments of SET and UNSET; their result is a boolean. */
void rpcb_put(const struct rpcb *b, struct wr *w);

#endif
