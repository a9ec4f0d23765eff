/*
 * Connections that carry records: over TCP with RFC 5531's marks, and over
 * local sockets of type SEQPACKET, whose messages are the records.
 *
 * It never waits for anybody.  A record that is not whole yet is parked in one
 * of a few buffers, for ten seconds; an answer that the kernel does not take at
 * once ends the connection; who has more to say than that asks to be told when
 * most of it has left.  Everything has its size from the start:
 *
 *	connections     RECORDS_CONNS; most and per_source of each listener.
 *			Full: of those that have not said anything whole yet the
 *			oldest makes room; if there is none, who comes is hung
 *			up on.
 *	parked records  RECORDS_PARKED of RECORD_ROOM bytes, touched only when
 *			used.  Full: the one that began first makes room.
 */
#ifndef MUSTER_HOST_RECORDS_H
#define MUSTER_HOST_RECORDS_H

#include "base/addr.h"
#include "base/alloc.h"
#include "host/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RECORDS_CONNS = 2048,
	RECORDS_PARKED = 32,
	RECORDS_LISTENERS = 64,
	RECORDS_UNREAD = 64 * 1024,
};

/* One record, or the end of a connection, or that it was drained. */
struct record {
	uint32_t conn;            /* counts from 1 and is not used again */
	uint16_t port;            /* the listener's */
	struct endpoint from, to; /* TCP; of a local one the rest is zero */
	uint32_t uid;             /* local: who connected */
	bool is_end;
	bool is_drained;      /* as records_drain() asked for */
	unsigned tag;         /* ... and what it gave */
	const uint8_t *bytes; /* during the call; NULL: it is no record */
	size_t len;
};

/* What a listener grants. */
struct records_limits {
	unsigned most;       /* connections at a time */
	unsigned per_source; /* ... of one address, or one user */
	/* To the first whole record, and to the end of each one that has begun;
	 * NEVER: any time. */
	usec first;
	usec idle; /* between two records */
};

/* 256 connections, 64 an address, 10 s and 30 s. */
extern const struct records_limits records_tcp_limits;

struct records_counts {
	uint64_t accepted, refused; /* refused: a table was full */
	uint64_t records;
	uint64_t late, bad, evicted; /* why connections were ended by us */
	uint64_t choked;  /* ... and because it did not read its answers */
	uint64_t dropped; /* offers */
};

struct records;

/*
 * `hear` is called from the loop, and from records_tell(): for each record, and
 * once with is_end for each connection that had a number.  It may send and hang
 * up, but it must not close `r`.  0 or -ENOMEM.
 */
int records_open(struct records **r, struct loop *loop,
		 void (*hear)(void *arg, const struct record *), void *arg,
		 const struct alloc *alloc);
/* All listeners and connections, without a word.  NULL is allowed. */
void records_close(struct records *r, const struct alloc *alloc);

/*
 * Listen on a TCP port of every address; on one interface only if link is not
 * 0.  0, -EADDRINUSE, -ENOSPC (too many listeners), or what socket(2) says.
 */
int records_listen(struct records *r, uint16_t port, uint32_t link,
		   const struct records_limits *limits);
/* Take over a listening SEQPACKET socket (records_local); `port` is what its
 * records are known by.  On an error `fd` stays the caller's. */
int records_take(struct records *r, int fd, uint16_t port,
		 const struct records_limits *limits);
/* No new connections; those that are there end.  No effect if nobody listens
 * there. */
void records_deafen(struct records *r, uint16_t port);

/*
 * One record of up to RECORD_MAX bytes (asserted).  Dropped quietly if the
 * connection is not there any more; whoever does not read is hung up on.
 */
void records_send(struct records *r, uint32_t conn, const void *bytes,
		  size_t len);
/* A fragment of one, over TCP; the next, or the last by records_send(), is sent
 * before anything else. */
void records_send_part(struct records *r, uint32_t conn, const void *bytes,
		       size_t len);
/* The same for what nobody asked for: it is dropped while RECORDS_UNREAD bytes
 * wait to be read there, so that whoever has it sent can't have the connection
 * ended. */
void records_offer(struct records *r, uint32_t conn, const void *bytes,
		   size_t len);
/* Over TCP: `hear` is told once, from the loop, when the kernel takes
 * RECORD_MAX bytes more; at the end of the connection that is all it is told.
 */
void records_drain(struct records *r, uint32_t conn, unsigned tag);
void records_hangup(struct records *r, uint32_t conn);

/*
 * Hang up on those whose time is over, and tell of all that have ended: to be
 * called whenever the loop is about to wait.  Returns when to call it again, at
 * the latest.
 */
usec records_tell(struct records *r, usec now);
const struct records_counts *records_counts(const struct records *r);

/*
 * A listening local socket at `path`, of that mode, in place of one at which
 * nobody listens any more.  The descriptor, or negative errno: -EADDRINUSE if
 * somebody does, -ENAMETOOLONG.
 */
int records_local(const char *path, unsigned mode);
/* Connect to one.  The descriptor, which blocks, or negative errno. */
int records_connect(const char *path);

#endif
