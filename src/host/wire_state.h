/*
 * How an interface is connected, as far as this host can see it: carrier,
 * bridge, spanning tree; and which way the kernel would send to an address.
 */
#ifndef MUSTER_HOST_WIRE_STATE_H
#define MUSTER_HOST_WIRE_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* IEEE 802.1D 8.4, as Linux numbers them. */
enum port_state {
	PORT_DISABLED,
	PORT_LISTENING,
	PORT_LEARNING,
	PORT_FORWARDING,
	PORT_BLOCKING,
};

struct wire_state {
	bool is_up;       /* by the administrator */
	bool has_carrier; /* by the wire */

	bool is_port; /* of a Linux bridge here */
	enum port_state port;

	bool has_bridge;  /* it is one, or a port of one: */
	uint32_t bridge;  /* its index */
	char name[16];    /* and name */
	bool snoops;      /* IGMP */
	bool queries;     /* by itself, as a querier */
	bool spans;       /* runs a spanning tree */
	unsigned delay;   /* its forward delay, milliseconds */
	unsigned waiting; /* ports that listen or learn still */
};

/* 0 or negative errno. */
int wire_look(uint32_t link, struct wire_state *to);

/* The interface by which the kernel sends to `ip`, and from which address. 0;
 * -ENETUNREACH: there is no route; or what else it says. */
int route_to(uint32_t ip, uint32_t *link, uint32_t *from);

#endif
