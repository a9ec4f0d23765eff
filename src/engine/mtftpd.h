/*
 * mtftpd: PXE's MTFTP, files in blocks of 512 bytes to a group, each block
 * once, at the pace of the one machine that acknowledges.  All others only
 * listen; who came too late is remembered, and opens when the run has ended.
 *
 * Two ports are served.  Behind settings.mtftp.port there is one line, the
 * group and client port that iPXE was compiled with, and any file may be asked
 * for, but one is served at a time: a packet does not say which file it is of,
 * and whoever waits for another would keep it.  So one that asks for another
 * file meanwhile is told so, and loads it by TFTP.  Behind .own_port each file
 * has a group of its own, which DHCP tells (policy_mtftp_group).
 *
 * LIMIT: files of more than 65,535 blocks are met with silence, and are to be
 * had by TFTP; so is the generated boot script.
 */
#ifndef MUSTER_ENGINE_MTFTPD_H
#define MUSTER_ENGINE_MTFTPD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct mtftpd;

struct mtftpd_stats {
	uint64_t requests;     /* that came in, sane or not */
	uint64_t begun, done;  /* runs, and those with all of it acknowledged */
	uint64_t lost;         /* machines that stopped acknowledging */
	uint64_t refused;      /* told so, or no room for them */
	uint64_t data_packets; /* to groups, and data_bytes in them */
	uint64_t data_bytes;
	uint64_t repeats;    /* among data_packets: sent again in one run */
	uint64_t unicast;    /* DATA 1 to those that are to acknowledge */
	uint64_t stray_acks; /* old, or from machines that only listen */
};

/* One line as a drill or a console shows it. */
struct mtftpd_line {
	uint32_t image;
	uint32_t blocks; /* of the file */
	uint32_t block;  /* on the wire */
	uint64_t sent;   /* blocks in this run */
	uint32_t callers;
	bool is_running;
};

/* `site` is the caller's and outlives it; settings->mtftp has 1 to 65535 lines.
 * 0 or -ENOMEM. */
int mtftpd_open(struct mtftpd **m, const struct site *site,
		const struct alloc *alloc, uint64_t seed);
/* NULL is allowed for m. */
void mtftpd_close(struct mtftpd *m, const struct alloc *alloc);
struct engine *mtftpd_engine(struct mtftpd *m);
const struct mtftpd_stats *mtftpd_stats(const struct mtftpd *m);
/* All lines that ever ran: *at from 0; false ends. */
bool mtftpd_next_line(const struct mtftpd *m, uint32_t *at,
		      struct mtftpd_line *l);
/* Ask for its ports. */
void mtftpd_start(struct mtftpd *m, usec now, struct effects *fx);
bool mtftpd_claims(const struct mtftpd *m, const struct dgram *d);

#endif
