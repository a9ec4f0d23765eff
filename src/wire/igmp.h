/*
 * IGMP: version 1 (RFC 1112 appendix I), 2 (RFC 2236) and 3 (RFC 3376).  What
 * is behind the IP header; frame.h has that one, with its router alert.
 */
#ifndef MUSTER_WIRE_IGMP_H
#define MUSTER_WIRE_IGMP_H

#include "base/cursor.h"

enum igmp_type {
	IGMP_QUERY = 0x11,
	IGMP_V1_REPORT = 0x12,
	IGMP_V2_REPORT = 0x16,
	IGMP_V2_LEAVE = 0x17,
	IGMP_V3_REPORT = 0x22,
};

/* Kinds of group records, RFC 3376 4.2.12. */
enum igmp_record_type {
	IGMP_IS_INCLUDE = 1,
	IGMP_IS_EXCLUDE = 2,
	IGMP_TO_INCLUDE = 3,
	IGMP_TO_EXCLUDE = 4,
	IGMP_ALLOW = 5,
	IGMP_BLOCK = 6,
};

#define IGMP_ALL_HOSTS   0xe0000001u /* 224.0.0.1: general queries */
#define IGMP_ALL_ROUTERS 0xe0000002u /* 224.0.0.2: leaves */
#define IGMP_V3_ROUTERS  0xe0000016u /* 224.0.0.22: reports of version 3 */

enum { IGMP_SHORT = 8, IGMP_V3_QUERY = 12 };

struct igmp {
	uint8_t type;      /* enum igmp_type; none other is decoded */
	uint8_t version;   /* 1, 2 or 3, by RFC 3376 7.1 for a query */
	uint32_t response; /* queries: how long answers may take, in tenths of
			    * a second; 0 in version 1, which means 100 */
	uint32_t group;    /* 0: a general query, or a report of version 3 */

	/* Queries of version 3 only. */
	bool suppresses; /* S: routers leave their timers alone */
	uint8_t robustness;
	uint32_t interval; /* seconds between queries */

	uint16_t n;          /* sources of a query, records of a report */
	const uint8_t *rest; /* they, inside the message */
	size_t len;
};

/* False unless it is one whole message of a known type, with a right checksum.
 * What follows the list of a version 3 message is covered by the checksum and
 * passed over (RFC 3376 4.1.10, 4.2.11). */
bool igmp_get(struct igmp *m, struct rd *r);
/* By type and version.  Of a response or an interval from 128 on, which have a
 * mantissa of five bits, what can be said and is not more. */
void igmp_put(const struct igmp *m, struct wr *w);

struct igmp_record {
	uint8_t type; /* may be none of the enum: ignore it */
	uint32_t group;
	uint16_t n;             /* sources */
	const uint8_t *sources; /* 4 * n bytes */
};

/* The next of a version 3 report's records; begin with rd_over(m->rest,
 * m->len).  False at the end of what is sane; at most m->n are meant. */
bool igmp_record_next(struct igmp_record *g, struct rd *r);
/* For the rest of a report. */
void igmp_record_put(const struct igmp_record *g, struct wr *w);

#endif
