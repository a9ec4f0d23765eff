/*
 * tftmd: files by multicast TFTP (RFC 2090).  A train is one version of a file
 * in blocks of one size on one link; it has a server port and a group of its
 * own, and its riders are told both in an OACK.
 *
 * It takes the requests that ask for multicast and can have it; tftpd answers
 * the others, without the option.  A rider is known by its address: a repeated
 * request is answered as the first one, and moves the rider to its new port.
 *
 * One rider at a time is master.  What RFC 2090 knows of is lock step: each ACK
 * asks for one block.  Our own clients say with x-gaps (docs/protocols/tftm.md)
 * that they take blocks in any order; they ask for all that they lack at once,
 * the train sends it at a paced rate, and lock step comes after them.
 *
 * LIMIT: two machines behind one address are one rider.
 * LIMIT: block numbers end at 65535, and so does what a train can carry.
 */
#ifndef MUSTER_ENGINE_TFTMD_H
#define MUSTER_ENGINE_TFTMD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct tftmd;

struct tftmd_stats {
	uint64_t requests; /* that were taken */
	uint64_t plain;    /* that asked for multicast in vain */
	uint64_t acks, calls, originals, repairs, data_bytes;
	uint64_t boarded;
	uint64_t left; /* with the whole file, or of their own will */
	uint64_t lost; /* silent, or asked for more than their share */
};

/* One train as a drill or a console shows it. */
struct tftmd_train {
	uint32_t image;
	struct endpoint group;
	uint16_t blksize;
	uint64_t packets;   /* of the file */
	uint64_t originals; /* sent so far in this run: 0 .. packets */
	uint64_t sent;      /* originals and repairs of this run */
	uint32_t riders;
	uint64_t rate; /* bytes/s now, in lock step 0 */
	bool is_running;
};

/* `site` is the caller's and outlives it.  Of settings->tftm the tables' sizes
 * and the groups are read here: 1 to 65535 trains, but no more than there are
 * groups.  0 or -ENOMEM. */
int tftmd_open(struct tftmd **m, const struct site *site,
	       const struct alloc *alloc, uint64_t seed);
/* alloc: the one it was opened with.  NULL is allowed for m. */
void tftmd_close(struct tftmd *m, const struct alloc *alloc);
struct engine *tftmd_engine(struct tftmd *m);
const struct tftmd_stats *tftmd_stats(const struct tftmd *m);
/* All trains that there are: *at from 0; false ends. */
bool tftmd_next_train(const struct tftmd *m, uint32_t *at,
		      struct tftmd_train *t);
/* Whether a datagram is ours: it came to a train's port, or is a request that
 * multicast can serve, at whatever port requests come to. */
bool tftmd_claims(const struct tftmd *m, const struct dgram *d);
/* A datagram goes to tftpd: if it is a request for multicast, say why it is not
 * served so. */
void tftmd_decline(struct tftmd *m, const struct dgram *d, struct effects *fx);

#endif
