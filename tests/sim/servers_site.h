/*
 * What simulations of several servers have in common: the servers are the first
 * nodes of the link and have its first addresses, and give the same pool.
 */
#ifndef MUSTER_TESTS_SERVERS_SITE_H
#define MUSTER_TESTS_SERVERS_SITE_H

#include "base/addr.h"
#include "model/settings.h"

#include <stdio.h>

enum { SERVERS = 3 };

#define NETWORK    IP4(10, 0, 0, 0)
#define MASK       0xfffff000u
#define POOL_FIRST IP4(10, 0, 1, 1)

/* A machine begins without an address. */
static inline struct link link_of(uint32_t node)
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

/* A server that gives anybody an address from POOL_FIRST to `last`, for so many
 * seconds. */
static inline void settle_settings(struct settings *s, uint32_t node,
				   uint32_t last, uint32_t lease)
{
	settings_default(s);
	snprintf(s->name, sizeof s->name, "server%u", node);
	s->unknown = UNKNOWN_SERVE;
	s->unknown_share = 100;
	s->conflict_probe = false;
	s->authoritative = true;
	s->lease = lease;
	s->subnets[0] = (struct subnet){.network = NETWORK,
					.mask = MASK,
					.first = POOL_FIRST,
					.last = last,
					.lease = lease};
	s->n_subnets = 1;
}

#endif
