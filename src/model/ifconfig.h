/*
 * The words behind `ifconfig INTERFACE inet`, as NEXTSTEP has them:
 *
 *	10.0.0.5 netmask 255.255.255.0 broadcast 10.0.0.255 -trailers up
 *	-AUTOMATIC- netmask -AUTOMATIC- -trailers up
 *
 * Their order is free: the address comes first, then mask, broadcast and flags,
 * however they were written.
 */
#ifndef MUSTER_MODEL_IFCONFIG_H
#define MUSTER_MODEL_IFCONFIG_H

#include "base/span.h"
#include "base/text.h"

enum ifconfig_from { IFCONFIG_UNSAID, IFCONFIG_AUTOMATIC, IFCONFIG_GIVEN };

struct ifconfig {
	enum ifconfig_from address, netmask, broadcast;
	uint32_t ip, mask, broadcast_ip; /* what was GIVEN; else 0 */
	bool up, down;
};

/* One line that says what is wrong, NUL-terminated; `number` is the line's, 0
 * if it is not of a file. */
struct complaint {
	unsigned number;
	char text[192];
};

/* Write a complaint about line `number`: "what: `word' why"; false, always. */
bool complain(struct complaint *c, const char *what, struct span word,
	      const char *why);

/*
 * False, and a complaint (its number is not touched), if a word is none, has no
 * value, or stands there twice.  -trailers and trailers (RFC 893), arp and
 * -arp are understood and have no effect.  A netmask is dotted or 0x and eight
 * digits; its one bits must be one run.
 */
bool ifconfig_get(struct ifconfig *c, struct span words, struct complaint *why);

/* The two spellings of a mask; false for any other, for holes, and for 0. */
bool ifconfig_mask(struct span v, uint32_t *mask);
/* Whether a machine can have it: no group, no loopback, not nothing. */
bool ifconfig_is_host(uint32_t ip);

#endif
