/*
 * ICMP's address mask (RFC 950 appendix I): a machine asks which mask its
 * network has.  What is behind the IP header; frame.h has that one.
 */
#ifndef MUSTER_WIRE_ICMP_H
#define MUSTER_WIRE_ICMP_H

#include "base/cursor.h"

enum icmp_type { ICMP_MASK_REQUEST = 17, ICMP_MASK_REPLY = 18 };
enum { ICMP_MASK_LEN = 12 };

struct icmp_mask {
	uint8_t type;          /* enum icmp_type */
	uint16_t id, sequence; /* a reply copies both; NeXT sends 0 */
	uint32_t mask;         /* 0 in a request */
};

/* False unless it is one of the two types, code 0, with a right checksum.  What
 * follows its twelve bytes is covered by the checksum and passed over. */
bool icmp_mask_get(struct icmp_mask *m, struct rd *r);
void icmp_mask_put(const struct icmp_mask *m, struct wr *w);

#endif
