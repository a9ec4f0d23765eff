/*
 * UDP sockets as the engines' LISTEN wants them: non-blocking, IPv4, each
 * datagram with the address it was sent to and the interface it came in on.
 */
#ifndef MUSTER_HOST_UDP_H
#define MUSTER_HOST_UDP_H

#include "base/addr.h"
#include "host/inbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	UDP_NO_DF = 1, /* never set don't-fragment, whatever the route says */
	UDP_BULK = 2,  /* 8 MiB in, and as much out as leaves soon; see
			* struct outgoing's segment_max */
	UDP_SHARE = 4, /* others may bind this port too: clients of one group on
			* one machine.  Each gets every multicast and broadcast
			* datagram, but only one of them a unicast one. */
	UDP_MERGED = 8, /* what came close together may be handed over by the
			 * kernel as one message (UDP_GRO), which an inbox of
			 * INBOX_LARGEST takes apart */
};

struct udp {
	int fd;
	uint16_t port;
	uint32_t link; /* 0: any */
	/* For struct outgoing.  0 without UDP_BULK, or in a Linux before 4.18:
	 * there each datagram is a message of its own. */
	uint16_t segment_max;
	unsigned flags;
	/* Of a pair: our address and theirs; else zero. */
	uint32_t ip;
	struct endpoint peer;
};

/*
 * A socket on `port` (0: the kernel picks, u->port says which) of every local
 * address; on one interface only if link is not 0.  Broadcasts may be sent and
 * are received; errors from ICMP are not.  Multicast arrives only from groups
 * joined on this very socket (IP_MULTICAST_ALL off).
 *
 * 0, or -EADDRINUSE (host_port_owner() knows whose), -EACCES (a port below
 * 1024), -ENODEV (no such link), or what socket(2) says.
 */
int udp_open(struct udp *u, uint16_t port, uint32_t link, unsigned flags);
/*
 * A second socket on the port of `u`, for `ip` (ours) and one peer: the kernel
 * hands it what comes from there and leaves all else to `u`.  Routes are looked
 * up once for all its datagrams, and none of them carries where it was sent to:
 * that is `ip`, on a link that is not known (0).  What is sent by it needs no
 * address.  0, or what bind(2) and connect(2) say.
 */
int udp_pair(struct udp *p, const struct udp *u, uint32_t ip,
	     struct endpoint peer);
void udp_close(struct udp *u);

/* Groups are joined by interface; link 0 lets the kernel's routes choose.  0,
 * -ENODEV, -ENOBUFS (net.ipv4.igmp_max_memberships).  Joining twice is fine. */
int udp_join(const struct udp *u, uint32_t group, uint32_t link);
/* 0, or -EADDRNOTAVAIL: it was not joined. */
int udp_leave(const struct udp *u, uint32_t group, uint32_t link);
/* Whether our own machine hears what we send to groups; at first it does. */
int udp_loopback(const struct udp *u, bool on);

/* What is there, as far as it fits, into `in`: how many datagrams, 0 if nothing
 * waits, or negative errno. */
int udp_receive(const struct udp *u, struct inbox *in);
/* How many messages the kernel has dropped at this socket for want of room (or,
 * with a filter, because of it) since it was opened.  With UDP_MERGED one may
 * be many datagrams. */
uint32_t udp_dropped(const struct udp *u);

/*
 * Who holds a UDP port: "dnsmasq, pid 123", NUL-terminated, into `who`.  False,
 * and "another program", if that can't be found out: it takes root, or the same
 * user, and the same network and process namespaces.
 */
bool host_port_owner(uint16_t port, char *who, size_t room);

#endif
