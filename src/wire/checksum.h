/*
 * The Internet checksum (RFC 1071), of IPv4, UDP, ICMP and IGMP.  Addition does
 * not mind the order, so it is added up from fields and bytes alike.
 */
#ifndef MUSTER_WIRE_CHECKSUM_H
#define MUSTER_WIRE_CHECKSUM_H

#include "base/cursor.h"

/* What is left of a cursor as 16-bit words, the last filled up with 0. */
static inline uint64_t checksum_add(struct rd r)
{
	uint64_t sum = 0;

	while (rd_left(&r) >= 4)
		sum += rd_u32(&r);
	if (rd_left(&r) >= 2)
		sum += rd_u16(&r);
	if (rd_left(&r))
		sum += (uint64_t)rd_u8(&r) << 8;
	return sum;
}

/* To 16 bits.  0xffff of a message with its checksum in it: it is right.  The
 * checksum to write is the complement of this. */
static inline uint16_t checksum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

#endif
