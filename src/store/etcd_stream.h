/*
 * What a watch hears: lines of JSON, cut anywhere, made into what each revision
 * changed.  Bytes in, events out; whoever has the connection asks where to go
 * on when it breaks.
 */
#ifndef MUSTER_STORE_ETCD_STREAM_H
#define MUSTER_STORE_ETCD_STREAM_H

#include "base/span.h"
#include "store/etcd_link.h"

enum {
	/* Of bytes that wait to be read; who has more must wait with them. */
	ETCD_STREAM_FULL = 1 << 20,
	/* The longest line.  etcd cuts what is longer than a request may be,
	 * 1.5 MiB unless it was told another, and base64 and names add to it.
	 */
	ETCD_STREAM_LINE = 16 << 20,
	/* The bytes of one revision's keys and values, and how many. */
	ETCD_STREAM_BYTES = 32 << 20,
	ETCD_STREAM_KEYS = 1 << 18,
};

struct etcd_stream;

/* -ENOMEM.  The prefix is copied. */
int etcd_stream_open(struct etcd_stream **s, const char *prefix);
void etcd_stream_close(struct etcd_stream *s);
/* Bytes that are heard from now on tell what came after this revision. */
void etcd_stream_begin(struct etcd_stream *s, uint64_t after);
/* All of this and before has been told: where a new connection begins. */
uint64_t etcd_stream_told(const struct etcd_stream *s);
/* The newest revision that it has named. */
uint64_t etcd_stream_latest(const struct etcd_stream *s);
/* etcd says that it will tell. */
bool etcd_stream_is_created(const struct etcd_stream *s);
/* Whether it wants more bytes now. */
bool etcd_stream_has_room(struct etcd_stream *s);
/* 0; -ENOMEM. */
int etcd_stream_put(struct etcd_stream *s, struct span bytes);
/*
 * The next revision: 1; 0: more bytes are needed.  *to is good until the next
 * call with this stream.
 *
 * -ESTALE: what came next is no more to be had, or is more than fits: load
 * anew.  All other errors end this connection alone: -EKEYEXPIRED, -EACCES,
 * -EAGAIN, -EPROTO, -ENOMEM.  It says the same until it begins again.
 */
int etcd_stream_next(struct etcd_stream *s, struct etcd_event *to);

#endif
