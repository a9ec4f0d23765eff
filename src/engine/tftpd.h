/*
 * tftpd: files by unicast TFTP, read only.  Each transfer has a port of its
 * own, chosen at random; one that has not yet seen an ACK is half open and
 * lives in a small ring of its own (R14).
 */
#ifndef MUSTER_ENGINE_TFTPD_H
#define MUSTER_ENGINE_TFTPD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct tftpd;

struct tftpd_stats {
	uint64_t requests, begun, done, aborted, timeouts, refused;
	uint64_t data_packets, data_bytes, repeats;
	uint32_t open_now;
};

int tftpd_open(struct tftpd **t, const struct site *site,
	       const struct alloc *alloc, uint64_t seed);
void tftpd_close(struct tftpd *t, const struct alloc *alloc);
struct engine *tftpd_engine(struct tftpd *t);
const struct tftpd_stats *tftpd_stats(const struct tftpd *t);
void tftpd_start(struct tftpd *t, usec now, struct effects *fx);
bool tftpd_claims(const struct tftpd *t, const struct dgram *d);

#endif
