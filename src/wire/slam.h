/*
 * SLAM, Scalable Local Area Multicast: Etherboot's loader and mini-slamd.  No
 * RFC; docs/protocols/slam.md says what the originals do.
 */
#ifndef MUSTER_WIRE_SLAM_H
#define MUSTER_WIRE_SLAM_H

#include "base/addr.h"
#include "base/cursor.h"

enum {
	SLAM_PORT = 10000,    /* the server's, and the group's */
	SLAM_INT_MAX = 7,     /* bytes of the longest number */
	SLAM_HEADER_MAX = 17, /* longer ones break Etherboot's parser */
	SLAM_PAYLOAD_MAX = 1472,
	SLAM_BLOCK_MAX = 1451,
};
#define SLAM_GROUP IP4(239, 255, 1, 1)
/* Etherboot and BIOS builds of iPXE decode at most 4 bytes of a size. */
#define SLAM_SIZE_MAX   ((uint64_t)536870911)
#define SLAM_NUMBER_MAX (((uint64_t)1 << 53) - 1)

/* 1 to 7 bytes, the count in the top 3 bits.  A first byte below 0x20 is no
 * number: the cursor goes bad.  Longer forms than needed are accepted. */
uint64_t slam_int_get(struct rd *r);
void slam_int_put(struct wr *w, uint64_t v); /* above 2^53-1: w goes bad */
size_t slam_int_len(uint64_t v);

struct slam_header {
	uint64_t transaction, total_bytes, block_size;
};

/* What a server sends: a status request is a header alone. */
struct slam_packet {
	struct slam_header header;
	bool is_data;
	uint64_t packet;      /* its number; data only */
	const uint8_t *bytes; /* inside the datagram */
	size_t len;
};

/*
 * `is_unicast`: came to our own address, so a status request.  No packet are: a
 * total or block size of 0, a block no datagram could hold, a packet number
 * past the end, data that are not exactly as long as that packet must be, and
 * anything behind a status request.
 */
bool slam_packet_get(struct slam_packet *p, struct rd *r, bool is_unicast);
/* The same if `body` more bytes of data belong behind the datagram's own: in
 * simulations without payload.  p->len counts only those in the datagram. */
bool slam_packet_get_with(struct slam_packet *p, struct rd *r, bool is_unicast,
			  size_t body);
/* Longer than SLAM_HEADER_MAX: w goes bad. */
void slam_header_put(const struct slam_header *h, struct wr *w);
/* The header and the number, all before the data. */
void slam_data_head_put(const struct slam_header *h, uint64_t packet,
			struct wr *w);

/* ceil(total / block); the block size is not 0 (asserted). */
uint64_t slam_packets(const struct slam_header *h);
/* How many bytes packet number i carries; 0 past the end. */
size_t slam_packet_len(const struct slam_header *h, uint64_t i);
/* The largest block size up to SLAM_BLOCK_MAX that does not divide `total`:
 * Etherboot never ends a file that is an exact multiple.  0 for an empty file,
 * which SLAM cannot send. */
uint16_t slam_block_size(uint64_t total);

/*
 * What a client sends: runs of packets it has and wants, in turn, from packet
 * 0; ended by a NUL.  A NUL in front is a disconnect; 01 to 1f in front, or no
 * byte at all, is nothing.
 */
enum slam_call { SLAM_NOTHING, SLAM_NACK, SLAM_DISCONNECT };
/* Without consuming anything. */
enum slam_call slam_call_kind(const struct rd *r);

struct slam_run {
	uint64_t first, n; /* packets wanted */
};
struct slam_runs {
	struct rd r;
	uint64_t at; /* the packet the next run begins with */
	bool done;
};
struct slam_runs slam_runs_over(struct rd r);
/* The next run of wanted packets, held to `packets`; false at the end, at a
 * broken number or at the end of the file.  Runs of 0 are passed over. */
bool slam_runs_next(struct slam_runs *s, uint64_t packets,
		    struct slam_run *run);
/*
 * One pair of a NACK: false, and nothing is written, unless it leaves room for
 * the closing NUL (wr_u8(w, 0)) and slam_nack_fast_put.  A list that was cut
 * short is a good one: the rest may be asked for later.  want > 0 (asserted):
 * mini-slamd streams without end if nothing is wanted.
 */
bool slam_run_put(struct wr *w, uint64_t have, uint64_t want);
/*
 * Behind the closing NUL our own clients say that they can take packets as fast
 * as a Linux socket: the four bytes "mstr".  mini-slamd reads no further than
 * the NUL, so this asks nothing of it.  `r` is the whole datagram.
 */
bool slam_nack_is_fast(struct rd r);
/* The four bytes alone: the NUL is there already. */
void slam_nack_fast_put(struct wr *w);

#endif
