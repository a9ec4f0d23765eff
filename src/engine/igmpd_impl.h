/*
 * The parts of igmpd: igmpd.c has links, queries and the election,
 * igmpd_group.c the groups.
 */
#ifndef MUSTER_ENGINE_IGMPD_IMPL_H
#define MUSTER_ENGINE_IGMPD_IMPL_H

#include "base/heap.h"
#include "engine/effects.h"
#include "engine/igmpd.h"
#include "wire/frame.h"
#include "wire/igmp.h"

/* One of our links; its place in the table is that of its igmp_seen. */
struct igmp_port {
	uint32_t link, ip; /* ip: what it began with */
	uint8_t startups;  /* queries that are still to follow quickly */
	usec query_at;     /* NEVER: another one asks, or we must not */
	usec silent_at;    /* the other one is given up then; or NEVER */
};

struct igmpd {
	struct engine engine;
	struct site *site;
	struct igmp_port ports[SITE_LINKS];
	struct igmp_seen seen[SITE_LINKS];
	struct igmp_group groups[IGMPD_GROUPS];
	struct igmpd_stats stats;
	bool must_start; /* there was no room in igmpd_start() */
	usec next;       /* the earliest of all deadlines */
};

static const usec IGMP_RESPONSE = SECONDS(10);   /* RFC 3376 8.3 */
static const usec IGMP_LAST_MEMBER = SECONDS(1); /* 8.8 */

/* A query by `l`, general if the group is 0; `within`: the response time. */
void igmpd_query(struct igmpd *i, const struct link *l, uint32_t group,
		 usec within, struct effects *fx);
/* The response time for general queries, which is less than the interval. */
usec igmpd_response(const struct igmpd *i);

/* A report or a leave came in: `f` is its frame. */
void igmpd_on_report(struct igmpd *i, usec now, uint32_t link,
		     const struct frame_ip *f, const struct igmp *m);
/* Ask what is due; forget what was not reported. */
void igmpd_expire_groups(struct igmpd *i, usec now, struct effects *fx);
usec igmpd_groups_deadline(const struct igmpd *i);

#endif
