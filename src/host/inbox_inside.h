/*
 * The inside of an inbox, for the sockets that fill it.
 */
#ifndef MUSTER_HOST_INBOX_INSIDE_H
#define MUSTER_HOST_INBOX_INSIDE_H

#include "host/inbox.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

union inbox_from {
	struct sockaddr_in udp;
	struct sockaddr_ll packet;
};

struct inbox_control {
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(
						   sizeof(struct in_pktinfo)) +
					   CMSG_SPACE(sizeof(int))];
};

/* Linux merges 64 datagrams of the wire, or takes 128 from a local sender. */
enum { INBOX_SEGMENTS = 128 };

struct inbox {
	uint8_t *bytes;
	size_t room;
	int many;   /* buffers */
	int got;    /* messages that the last receive brought */
	int added;  /* of those */
	int n, max; /* arrivals */
	struct arrival *v;
	struct mmsghdr msg[INBOX_MANY];
	struct iovec iov[INBOX_MANY];
	union inbox_from from[INBOX_MANY];
	struct inbox_control control[INBOX_MANY];
};

/* Receive; then inbox_add() those worth keeping.  How many, or negative errno.
 */
int inbox_fill(struct inbox *in, int fd);
/* The same for one datagram, without what it carries beside (control). */
int inbox_fill_one(struct inbox *in, int fd);
/* The next arrival, from message i: bytes, len and truncated are set. */
struct arrival *inbox_add(struct inbox *in, int i);
/* The last arrival is in truth several, of `segment` bytes each, the last of
 * them maybe shorter.  What no arrival is left for is marked as truncated. */
void inbox_cut(struct inbox *in, size_t segment);

#endif
