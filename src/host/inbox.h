/*
 * Datagrams that came in: a fixed set of buffers that recvmmsg(2) fills, for
 * UDP sockets (udp.h) and packet sockets (packet.h) alike.
 */
#ifndef MUSTER_HOST_INBOX_H
#define MUSTER_HOST_INBOX_H

#include "base/addr.h"
#include "base/alloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INBOX_MANY = 64,       /* messages a call, if they are short */
	INBOX_ROOM = 2048,     /* bytes of one: Ethernet, and some */
	INBOX_JUMBO = 9216,    /* jumbo frames */
	INBOX_LARGEST = 65536, /* TFTP blocks of 65464; UDP_MERGED */
	INBOX_BYTES = INBOX_MANY * INBOX_JUMBO, /* of all together */
};

struct arrival {
	struct endpoint from; /* UDP; of a frame: zero */
	struct endpoint to;   /* UDP; ip as the sender wrote it: a group or
			       * broadcast address, too.  port: the socket's */
	uint32_t local;       /* UDP: our own address that it was taken for */
	uint32_t link;        /* interface it came in on */
	const uint8_t *bytes; /* until the next receive into the same inbox */
	size_t len;
	bool truncated; /* longer than the room: drop it (and count) */
};

struct inbox;

/* Buffers of `room` bytes each (1 .. INBOX_LARGEST, asserted): INBOX_MANY, or
 * as many as INBOX_BYTES allow.  One inbox may serve any number of sockets, one
 * after the other.  0 or -ENOMEM. */
int inbox_open(struct inbox **in, size_t room, const struct alloc *alloc);
/* NULL is allowed. */
void inbox_close(struct inbox *in, const struct alloc *alloc);
/* The i-th datagram of the last receive, i below what that returned. */
const struct arrival *inbox_get(const struct inbox *in, int i);
/* Whether the last receive filled all buffers, so that more may wait. */
bool inbox_was_full(const struct inbox *in);

#endif
