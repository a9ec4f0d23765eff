/*
 * The pace of paced sending: how many packets may leave when, and how fast is
 * fast enough for those who receive.
 *
 * Loss that comes with the pace is a receiver that cannot follow; loss that is
 * there at any pace is the weather, and slowing down would not help.  The
 * weather is the least that was lost lately; a tenth more than that is too
 * much, a fortieth is none.  Before a receiver loses anything it falls behind:
 * what is sent waits in its socket.
 */
#ifndef MUSTER_ENGINE_PACE_H
#define MUSTER_ENGINE_PACE_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
	uint64_t rate;        /* bytes/s on the wire, now */
	uint64_t least, most; /* its bounds; least <= most */
	int64_t paid;         /* nanoseconds: sending is paid for up to here */
	uint32_t weather;     /* thousandths that are lost at any pace */
	uint64_t edge;        /* at this rate somebody fell behind; 0: nobody */
	bool is_starting;     /* it doubles until something speaks against it */
	int64_t apart;     /* nanoseconds from one payload to the next at least,
			    * whatever the rate; 0: the rate alone counts */
	uint32_t together; /* then so many payloads leave at a time at least */
	uint32_t late; /* so many payloads at a time make up for being late */
	uint32_t calm; /* packets that may wait: with more of them it goes no
			* faster, with twice as many a little slower */
	int64_t used, unused; /* nanoseconds that were for sending, lately */
};

/* What a receiver says in the middle of a train: so many of the packets
 * [from, until) it lacks, and so many more are on their way to it. */
struct pace_news {
	uint32_t from, until, missing, behind;
};

enum { PACE_FRAME_REST = 66 }; /* headers and gap around a UDP payload */

/* least and most are put in order; `rate` is brought within them.  `together`
 * is 1; `calm` is what keeps it from going faster anyhow. */
void pace_open(struct pace *p, uint64_t rate, uint64_t least, uint64_t most);
/* A run of sending begins: what was not sent before is not made up for. */
void pace_begin(struct pace *p, usec now);
/* How many payloads of `len` bytes may leave together: half a millisecond's
 * worth, p->together to `most`. */
uint32_t pace_burst(const struct pace *p, size_t len, uint32_t most);
/* n of them leave.  Late by less than a burst is made up for. */
void pace_pay(struct pace *p, usec now, uint32_t n, size_t len);
/* When n of them may leave. */
usec pace_next(const struct pace *p, uint32_t n, size_t len);
/* How long a receiver takes to come to what has been sent, `packets` of `len`
 * bytes that it has not seen. */
usec pace_behind(const struct pace *p, uint32_t packets, size_t len);
/* Whether such news would make it slower. */
bool pace_is_bad(const struct pace *p, uint32_t lost, uint32_t behind);
/* A receiver said that it lost so many thousandths lately, and that so many
 * packets wait in its socket; true if that made the pace slower.  A pace that
 * was not kept is taken for twice what really left. */
bool pace_judge(struct pace *p, uint32_t lost, uint32_t behind);
/* Whether there is enough in it to judge by: packets, or their absence. */
bool pace_is_news(const struct pace *p, const struct pace_news *n);
/* As pace_judge(), by what is lacking. */
bool pace_judge_news(struct pace *p, const struct pace_news *n);

#endif
