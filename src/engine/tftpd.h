/*
 * tftpd: files by unicast TFTP (RFC 1350, 2347 to 2349, 7440), read only.  Each
 * transfer has a port of its own, chosen at random; one that has not yet seen
 * an ACK is half open, gets three packets in three seconds and lives in a small
 * ring of its own (R12, R14).
 *
 * Silence is answered after 1 s, or the timeout that was negotiated, then ever
 * more slowly, five times in all.  Unless a timeout was negotiated, the last
 * block of what is under way is repeated once before that, after 20 ms or four
 * of the peer's usual answering times.
 *
 * POLICY_SCRIPT_NAME, unless there is such a file, is made for each machine.
 *
 * Requests come to port 69 and to settings.tftm.also.  An ERROR about one
 * leaves from there, and so does everything with settings.tftp.single_port. The
 * settings' session counts are read at open, all else for each request.
 *
 * In mode netascii a file is converted on the way, in blocks of up to 1468
 * bytes and windows of up to 16, and tsize is not answered: only the end tells.
 * LIMIT: with single_port a peer needs no random number to prove itself.
 * Multicast (RFC 2090) is left out of the OACK: tftmd takes the requests that
 * can have it.
 */
#ifndef MUSTER_ENGINE_TFTPD_H
#define MUSTER_ENGINE_TFTPD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct tftpd;

struct tftpd_stats {
	uint64_t requests; /* that came in, sane or not */
	uint64_t begun;    /* transfers whose peer has proved itself */
	uint64_t done, aborted, timeouts;
	uint64_t refused; /* with an ERROR of ours */
	uint64_t unheard; /* requests of who asked too often (limit.h) */
	uint64_t data_packets, data_bytes;
	uint64_t fell_back; /* requests for what was told from a group */
	uint64_t repeats;   /* data packets that were sent before */
	uint32_t open_now;
};

/* All memory is taken here; `site` is the caller's and outlives it.  0 or
 * -ENOMEM. */
int tftpd_open(struct tftpd **t, const struct site *site,
	       const struct alloc *alloc, uint64_t seed);
/* alloc: the one it was opened with.  NULL is allowed for t. */
void tftpd_close(struct tftpd *t, const struct alloc *alloc);
struct engine *tftpd_engine(struct tftpd *t);
const struct tftpd_stats *tftpd_stats(const struct tftpd *t);
/* Ask for the ports of requests. */
void tftpd_start(struct tftpd *t, usec now, struct effects *fx);
/* Whether a datagram is ours: it came to a port for requests or to that of a
 * transfer. */
bool tftpd_claims(const struct tftpd *t, const struct dgram *d);

#endif
