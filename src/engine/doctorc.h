/*
 * doctorc: the part of `muster doctor` that speaks to the network, one link for
 * a few seconds.
 *
 *   - DISCOVERs from a made-up hardware address, as a plain machine and as a
 *     PXE ROM: every server that answers is one on the wire, whoever runs it;
 *   - it joins and leaves a group of its own, which makes a querier ask at once
 *     whether others are in it (RFC 2236 3), instead of within two minutes;
 *   - it sends to groups that it has joined itself, and listens;
 *   - it looks for a mirror (wire/mirror.h), and asks which lanes get there.
 *
 * It takes no lease and never asks as a querier, so it changes nothing.
 */
#ifndef MUSTER_ENGINE_DOCTORC_H
#define MUSTER_ENGINE_DOCTORC_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "wire/mirror.h"

enum { DOCTOR_SERVERS = 16 };

/* One that answered a DISCOVER. */
struct doctor_server {
	uint32_t ip; /* as it calls itself (option 54), else where it was from
		      */
	uint8_t mac[6];
	bool is_proxy; /* gives no address, only what to boot */
	uint32_t offered, mask, router, next_server;
	char file[128]; /* "": it names none */
};

struct doctor_seen {
	struct doctor_server servers[DOCTOR_SERVERS];
	unsigned n_servers;

	bool has_querier;
	uint32_t querier; /* 0.0.0.0 if it has no address */
	uint8_t querier_mac[6], querier_version;
	unsigned reports; /* of other machines, which a switch that snoops
			   * keeps to itself */

	int port_rc;  /* why nothing could be heard of groups, or 0 */
	uint8_t loop; /* lanes by which we hear ourselves */

	bool has_mirror;
	uint32_t mirror, uptime; /* its address; seconds */
	uint8_t there, back;     /* lanes that got there, and back */
};

struct doctorc;

struct doctorc_config {
	struct link link;
	usec span; /* how long it listens, at least */
	uint64_t seed;
};

/* 0 or -ENOMEM. */
int doctorc_open(struct doctorc **d, const struct doctorc_config *config,
		 const struct alloc *alloc);
/* NULL is allowed for d. */
void doctorc_close(struct doctorc *d, const struct alloc *alloc);
struct engine *doctorc_engine(struct doctorc *d);
void doctorc_start(struct doctorc *d, usec now, struct effects *fx);
bool doctorc_is_over(const struct doctorc *d);
const struct doctor_seen *doctorc_seen(const struct doctorc *d);

#endif
