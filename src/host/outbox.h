/*
 * Datagrams and frames on their way out: collected during a turn, then sent
 * with as few sendmmsg(2) calls as there are sockets.  What the kernel does not
 * take is dropped and counted, as a network would; but a socket of bulk is
 * given OUTBOX_PATIENCE first: its link is slower than what it was asked to
 * carry, and who sends a train has nothing better to do than to go at the
 * link's pace.
 */
#ifndef MUSTER_HOST_OUTBOX_H
#define MUSTER_HOST_OUTBOX_H

#include "base/addr.h"
#include "base/alloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
	OUTBOX_MANY = 256,      /* entries before it flushes by itself */
	OUTBOX_HEAD_MAX = 2048, /* longest head */
	/* What one message may hold for the kernel to cut into datagrams.  More
	 * segments gain little, and a burst of them is what a card's ring and a
	 * switch's queue have to take in one piece. */
	OUTBOX_SEGMENTS = 16,
	OUTBOX_SEGMENTED = 64000, /* bytes */
	OUTBOX_PATIENCE = 50,     /* milliseconds without any of it leaving */
};

struct outgoing {
	int fd; /* of a struct udp or a struct packet */
	uint32_t
		link; /* interface; 0: as the kernel routes.  FRAME needs one */
	uint32_t from; /* our address to send from; 0: the kernel's choice */
	struct endpoint to; /* UDP only */
	uint8_t ttl;        /* 0: the kernel's default, which for groups is 1 */
	bool is_paired;     /* fd is connected: to, from and link are its own */
	const void *head;   /* copied at once */
	size_t head_len;
	/* Follow the head, are not copied, and must stay until the flush; len
	 * 0: none.  Two, for what lies across the border of a cached chunk. */
	struct iovec body[2];
	/* The socket's (struct udp), or NULL: the longest datagram that may
	 * leave as a segment of a longer message, of a socket of bulk.  It must
	 * stay until the flush, which lowers it when the kernel or the card
	 * refuse. */
	uint16_t *segment_max;
};

struct outbox_counts {
	uint64_t sent, bytes; /* datagrams and frames */
	uint64_t messages;    /* that they went as: fewer, with UDP_SEGMENT */
	uint64_t refused;     /* messages that had to be taken apart again */
	uint64_t dropped;     /* the socket's or the card's queue was full */
	uint64_t failed; /* everything else: no route, forbidden, too long */
	int error;       /* the last failure, negative errno */
	struct endpoint error_to;
	uint64_t calls; /* of sendmmsg and sendmsg */
	uint64_t waits; /* for room in a socket of bulk */
};

struct outbox;

/* 0 or -ENOMEM */
int outbox_open(struct outbox **o, const struct alloc *alloc);
void outbox_close(struct outbox *o, const struct alloc *alloc);

/* head_len up to OUTBOX_HEAD_MAX (asserted).  Flushes first if it is full. */
void outbox_udp(struct outbox *o, const struct outgoing *m);
/* A whole Ethernet frame by a packet socket; m->link says by which interface;
 * from, to and ttl are in the frame's own bytes. */
void outbox_frame(struct outbox *o, const struct outgoing *m);
/* Send all that was added, in order for each socket.  Returns how many were
 * not sent. */
size_t outbox_flush(struct outbox *o);
/* Totals since it was opened; the app compares them with what it saw last. */
const struct outbox_counts *outbox_counts(const struct outbox *o);

#endif
