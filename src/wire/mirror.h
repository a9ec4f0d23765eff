/*
 * What `muster doctor` says to `muster doctor --reflect` on another machine, to
 * learn which multicast gets there.  Sixteen bytes by UDP:
 *
 *	"MUDR", kind, lane, lanes seen, 0, run (4 bytes), uptime (4 bytes)
 */
#ifndef MUSTER_WIRE_MIRROR_H
#define MUSTER_WIRE_MIRROR_H

#include "base/cursor.h"

enum { MIRROR_PORT = 9967, MIRROR_LEN = 16 };

enum mirror_kind {
	MIRROR_HELLO = 1, /* broadcast: is a mirror there? */
	MIRROR_HERE,      /* it is */
	MIRROR_PROBE,     /* to the lane's group */
	MIRROR_SEEN,      /* by the mirror, unicast: which lanes it has seen */
	MIRROR_BACK,      /* by the mirror, to the lane's group */
	MIRROR_LOOP,      /* for the sender's own ears */
};

/* The ways to get there; each has a group. */
enum mirror_lane {
	LANE_SAFE,     /* in 224.0.0.0/24, which every switch floods */
	LANE_KEPT,     /* joined when the mirror was started */
	LANE_FRESH,    /* joined anew for each run */
	LANE_STRANGER, /* joined by nobody */
	MIRROR_LANES,
};

struct mirror {
	uint8_t kind, lane;
	uint8_t seen;    /* 1 << lane, of this run */
	uint32_t run;    /* at random, by who asks */
	uint32_t uptime; /* seconds since the mirror has joined LANE_KEPT */
};

/* False if it is none, or of a kind or lanes that there are not. */
bool mirror_get(struct mirror *m, struct rd *r);
void mirror_put(const struct mirror *m, struct wr *w);
/* The group of a lane; host order. */
uint32_t mirror_group(unsigned lane);

#endif
