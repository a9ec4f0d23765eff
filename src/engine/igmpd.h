/*
 * igmpd: what IGMP says on our links, and the querier.
 *
 * It listens always: who asks for members, and which groups have some; what it
 * learns is in site->igmp, for site_igmp() and site_is_pruned().  With
 * settings.igmp.querier it asks itself, where no other querier has a lower
 * address (RFC 3376 6.6.2; 2236 3), with that RFC's timers:
 *
 *	startup queries: as many as the robustness, a quarter interval apart
 *	general queries: one an interval
 *	another querier is gone: robustness * interval + half a response time
 *	a group is left: robustness queries to it, a second apart
 *
 * A query from 0.0.0.0, as snooping switches without an address send them, is
 * one to listen to, but wins over nobody (RFC 4541 2.1.1).
 *
 * It never decides what is forwarded: that is the switches'.
 *
 * LIMIT: sources are not looked at; who wants a group from some sources only is
 * a member like others.
 */
#ifndef MUSTER_ENGINE_IGMPD_H
#define MUSTER_ENGINE_IGMPD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

enum { IGMPD_GROUPS = 256 }; /* of all links; more are not remembered */

struct igmpd;

/* A group with a member. */
struct igmp_group {
	uint32_t link; /* 0: an unused entry */
	uint32_t group;
	uint32_t reporter; /* who said so last */
	uint8_t mac[6];
	uint8_t version; /* of the report */
	usec until;      /* forgotten then, unless reported again */
	usec v1_until;   /* a member of version 1 never says that it leaves */
	uint8_t asks;    /* queries to the group that are still to be sent */
	usec ask_at;
};

struct igmpd_stats {
	uint64_t queries, group_queries; /* sent */
	uint64_t heard;                  /* queries of others */
	uint64_t reports, leaves;
	uint64_t bad;  /* frames that were no IGMP */
	uint64_t full; /* groups that found no room */
};

/* `site` outlives it; site->igmp is set, and stays until the close.  0 or
 * -ENOMEM. */
int igmpd_open(struct igmpd **i, struct site *site, const struct alloc *alloc);
/* NULL is allowed for i. */
void igmpd_close(struct igmpd *i, const struct alloc *alloc);
struct engine *igmpd_engine(struct igmpd *i);
const struct igmpd_stats *igmpd_stats(const struct igmpd *i);
/* At the start, and whenever links or settings changed. */
void igmpd_start(struct igmpd *i, usec now, struct effects *fx);
/* Whether a datagram is a frame with IGMP in it. */
bool igmpd_claims(const struct igmpd *i, const struct dgram *d);
/* The groups, one by one: begin with *at = 0; NULL: no more. */
const struct igmp_group *igmpd_next(const struct igmpd *i, uint32_t *at);

#endif
