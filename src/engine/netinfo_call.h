/*
 * Calls by which one server of NetInfo finds another and its domain, as UDP
 * datagrams: each is the same bytes when it is sent again.
 */
#ifndef MUSTER_ENGINE_NETINFO_CALL_H
#define MUSTER_ENGINE_NETINFO_CALL_H

#include "engine/effects.h"
#include "wire/netinfo.h"
#include "wire/sunrpc.h"

/* Who calls whom. */
struct netinfo_line {
	uint16_t port; /* ours */
	uint32_t ip;   /* the other's */
	uint32_t xid;
};

/* The port mapper, for nibindd. */
void netinfo_call_mapper(const struct netinfo_line *l, struct effects *fx);
/* nibindd at a port, for a tag. */
void netinfo_call_nibind(const struct netinfo_line *l, uint16_t port,
			 struct span tag, struct effects *fx);
/* Any other: *call but for its xid, with those arguments. */
void netinfo_call(const struct netinfo_line *l, uint16_t port,
		  struct rpc_call *call, const struct wr *args,
		  struct effects *fx);
/* The answers; 0: there is none. */
uint16_t netinfo_mapper_port(struct rd r);
bool netinfo_nibind_ports(struct rd r, uint16_t *udp, uint16_t *tcp);

#endif
