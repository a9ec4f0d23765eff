/*
 * The simple request/response packet of the Mach network server, as far as a
 * name look-up needs it: UDP port 7657, 128 bytes, nothing encrypted.
 */
#ifndef MUSTER_WIRE_SRR_H
#define MUSTER_WIRE_SRR_H

#include "base/cursor.h"

enum { SRR_PORT = 7657, SRR_LEN = 128, SRR_NAME = 80 };

enum srr_type {
	SRR_REQUEST,
	SRR_RESPONSE,
	SRR_BROADCAST_REQUEST,
	SRR_BROADCAST_RESPONSE,
	SRR_ENCRYPTION_FAILURE,
};

enum srr_format { SRR_NETWORK, SRR_LITTLE, SRR_BIG };

struct srr {
	uint32_t type;
	uint32_t incarnation, sequence; /* together they pair an answer */
	uint16_t format;                /* of the one who wrote it */
	const char *name; /* in the packet; up to 79 bytes; not terminated */
	size_t name_len;
	/* The port that was found; all zero: none. */
	uint32_t receiver, owner;
	uint64_t public_id, private_id;
};

/*
 * A whole packet.  False: no name look-up, or encrypted.  Words are read
 * highest byte first, as the machines of that time were built.  LIMIT: those
 * with little-endian processors may have sent them otherwise; no capture tells.
 */
bool srr_get(struct srr *p, struct rd *r);
/* name_len below SRR_NAME (asserted). */
void srr_put(const struct srr *p, struct wr *w);

#endif
