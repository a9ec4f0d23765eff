/*
 * netinfod: the directory, for machines that speak NetInfo: nibindd (program
 * 200100001, version 1) at one port, and at ports behind it one netinfod
 * (200100000, version 2) a domain, each UDP and TCP.  A domain's ports are
 * opened when somebody asks nibindd for its tag, those of our own domain and
 * all above it at the start; the tag `local` has its own port, 1033.
 *
 * All that reads is answered (RPARENT, BIND, READALL and STATISTICS, too). What
 * writes is refused with RDONLY, but if the settings allow it and the domain's
 * master is here: then it is for root of this machine, by a connection over the
 * loopback; others are told PERM, and whoever comes while another change is
 * under way MASTERBUSY.  A write is one change of the directory, and answered
 * when that is durable. nibindd refuses with PERM.
 *
 * Who may ask: netinfo_site.h, netinfo_trusts(); nibindd, who is near.  No
 * answer to a datagram is longer than five times the question, and quota.h
 * limits how many there are: longer ones take a connection.
 *
 * LIMIT: 32 domains at a time, as nibindd lists no more; a tag more is unknown.
 *
 * An answer about many directories (READALL, LIST, LISTALL, CHILDREN) has any
 * length over TCP: it leaves in fragments, as the connection takes them, and
 * costs no memory.  It is of one state of the domain, or it is cut: when the
 * domain changes before the last fragment was written, the connection ends.
 *
 * LIMIT: 64 such answers of more than 192 KiB at a time; one more is SYSTEMERR,
 * and so is any other answer of that length, or one directory.
 *
 * LIMIT: what is found neither by name nor by a machine's address is looked for
 * among 65,536 directories at most.
 *
 * LIMIT: a new directory or a removed one raises no instance of its parent's,
 * and stands behind all others, wherever it was to be; ids are not for the
 * asking.
 *
 * LIMIT: ids of objects have gaps, as all domains of a server share their
 * numbers.
 */
#ifndef MUSTER_ENGINE_NETINFOD_H
#define MUSTER_ENGINE_NETINFOD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

enum { NETINFOD_DOMAINS = 32 };

struct netinfod;

struct netinfod_stats {
	uint64_t calls;     /* that came in, sane or not */
	uint64_t answers;   /* of them OK */
	uint64_t bound;     /* machines that were told we serve them */
	uint64_t bad;       /* no calls */
	uint64_t strangers; /* from where nobody may ask */
	uint64_t writes;    /* that were durable */
	uint64_t refused;   /* ... that were not made */
	uint64_t too_long;  /* the answer */
	uint64_t limited;   /* too many */
	uint64_t streams;   /* answers that left by and by */
	uint64_t cut;       /* ... and whose connection we ended instead */
};

/* `site` outlives it.  0 or -ENOMEM. */
int netinfod_open(struct netinfod **n, const struct site *site,
		  const struct alloc *alloc, uint64_t seed);
/* NULL is allowed for n. */
void netinfod_close(struct netinfod *n, const struct alloc *alloc);
struct engine *netinfod_engine(struct netinfod *n);
const struct netinfod_stats *netinfod_stats(const struct netinfod *n);
/* Ask for its ports. */
void netinfod_start(struct netinfod *n, usec now, struct effects *fx);
/* A domain that, as somebody says, has changed at its master: once; 0: none. */
uint32_t netinfod_hint(struct netinfod *n);
/* One whose clones shall look, as somebody says, and who: once; 0: none. */
uint32_t netinfod_resync(struct netinfod *n, uint32_t *asker);
bool netinfod_claims(const struct netinfod *n, const struct dgram *d);

#endif
