/*
 * netascii (RFC 1350 section 1): eight-bit ASCII as RFC 764 has it for its
 * terminal.  A line ends with CR LF, and a CR that is only that is followed by
 * NUL; every other byte is itself.  Our lines end with LF.
 */
#ifndef MUSTER_WIRE_NETASCII_H
#define MUSTER_WIRE_NETASCII_H

#include "base/cursor.h"

/* How far a text was written: between two bytes of it, or between the two that
 * one of them becomes. */
struct netascii {
	uint64_t offset; /* of the next byte of the text */
	bool is_half;    /* its CR was written already */
};

/* Write on until w is full or the text is over: the text begins at at->offset;
 * both move along. */
void netascii_put(struct netascii *at, struct rd *text, struct wr *w);

#endif
