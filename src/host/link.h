/*
 * Our network interfaces, by rtnetlink: what there is, when it changes, and
 * for a client also to set it.
 */
#ifndef MUSTER_HOST_LINK_H
#define MUSTER_HOST_LINK_H

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All interfaces, loopback too, in the order of their indexes, into v; up to
 * `room`.  is_up: it is administratively up and has a carrier.  hw has length 0
 * if there is no hardware address that BOOTP could carry.  ip is the first
 * primary address.  Returns how many, or negative errno.
 */
int links_list(struct link *v, size_t room);
/* The one with this name or index among n; NULL if none. */
const struct link *links_named(const struct link *v, size_t n,
			       const char *name);
const struct link *links_numbered(const struct link *v, size_t n,
				  uint32_t index);

/* A descriptor that becomes readable when interfaces or addresses change;
 * negative errno if there is none.  Close it with close(2). */
int links_watch(void);
/* Empty it; true if something may have changed: list again. */
bool links_changed(int fd);

/* Up or down; an interface that is already so is fine.  0, -EPERM, -ENODEV. */
int link_up(uint32_t index);
int link_down(uint32_t index);
/*
 * Make `ip` the only IPv4 address: flush, up, add, and with a router other than
 * 0 a default route by it (replaced if there was one), on-link if the mask
 * does not cover it.  A broadcast address of 0 is that of ip and mask.  0 or
 * negative errno.
 */
int link_set_address(uint32_t index, uint32_t ip, uint32_t mask,
		     uint32_t router, uint32_t broadcast);
/* A default route by a router on the interface's own network, replaced if there
 * was one.  0 or negative errno. */
int link_set_default(uint32_t index, uint32_t router);
/* Remove all IPv4 addresses; their routes go with them. */
int link_flush(uint32_t index);

#endif
