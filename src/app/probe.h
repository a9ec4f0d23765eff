/*
 * Is another DHCP server on the wire?
 */
#ifndef MUSTER_APP_PROBE_H
#define MUSTER_APP_PROBE_H

#include "base/addr.h"
#include "base/time.h"

/*
 * Send DISCOVERs on a link, from a made-up hardware address so that nobody's
 * lease is touched, and listen for `within`.  1: an OFFER came, *server is who
 * made it; 0: none; or negative errno.
 */
int probe_dhcp(const struct link *link, usec within, uint32_t *server);

#endif
