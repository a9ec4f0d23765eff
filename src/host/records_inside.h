/*
 * Between records.c, which has the table of connections, and the two kinds of
 * them.
 */
#ifndef MUSTER_HOST_RECORDS_INSIDE_H
#define MUSTER_HOST_RECORDS_INSIDE_H

#include "base/record.h"
#include "host/records.h"

struct listener {
	struct records *all;
	struct watch watch; /* fd -1: free */
	uint16_t port;
	bool is_local;
	bool is_deaf; /* there are no descriptors left, for a second */
	unsigned n;   /* connections */
	struct records_limits limits;
};

/* A record that has begun. */
struct park {
	bool is_taken;
	size_t len;
	uint8_t bytes[RECORD_ROOM];
};

struct conn {
	struct listener *at; /* NULL: free */
	uint32_t id;
	uint16_t port;
	struct watch watch; /* fd -1: it has ended, and nobody was told yet */
	struct endpoint from, to;
	uint32_t uid;
	bool has_spoken; /* a whole record */
	bool is_draining;
	unsigned tag; /* of who is told then */
	usec due;     /* it is hung up on then; NEVER */
	struct park *park;
};

struct records {
	struct loop *loop;
	void (*hear)(void *arg, const struct record *);
	void *arg;
	struct listener listeners[RECORDS_LISTENERS];
	struct conn *conns;
	uint32_t ids[RECORDS_CONNS]; /* of conns that live; else 0 */
	struct park *parks;
	uint8_t *scratch; /* RECORD_ROOM */
	uint32_t last_id;
	unsigned n_ended; /* that nobody was told of */
	usec look_at;     /* for who is late */
	struct records_counts counts;
};

/* A connection that was accepted; `fd` is its own from now on.  peer: who it is
 * from. */
void records_admit(struct listener *l, int fd, const struct conn *peer);
/* It has ended; those who have to know are told later. */
void records_end(struct conn *c);
/* Hand one record over; false if the connection ended by what it led to. */
bool records_hear(struct conn *c, const uint8_t *bytes, size_t len);
/* A buffer for what has begun. */
struct park *records_park(struct records *r);
void records_unpark(struct conn *c);

/* By kind: something came (events as the loop says), and send. */
void stream_ready(struct conn *c);
bool stream_send(const struct conn *c, const void *bytes, size_t len,
		 bool is_last);
void local_ready(struct conn *c);
bool local_send(const struct conn *c, const void *bytes, size_t len);
/* The next that wants to connect: its descriptor and who it is, or negative
 * errno. */
int stream_listen(uint16_t port, uint32_t link);
int stream_accept(const struct listener *l, struct conn *peer);
int local_accept(const struct listener *l, struct conn *peer);

#endif
