/*
 * External data representation (RFC 4506), over the cursors.  Numbers, booleans
 * and enumerations are four bytes: rd_u32() and wr_u32().  What has a length is
 * here.
 */
#ifndef MUSTER_WIRE_XDR_H
#define MUSTER_WIRE_XDR_H

#include "base/cursor.h"

/* Bytes that fill the last unit of four. */
static inline size_t xdr_pad(size_t len)
{
	return -len & 3;
}

/*
 * Opaque bytes or a string of at most max bytes (RFC 4506 4.10, 4.11), inside
 * the packet; the length goes to *len.  NULL, *len 0 and a bad cursor if it
 * claims more than max or than there is.  What the padding holds is not looked
 * at: old servers leave there what they had.
 */
static inline const uint8_t *xdr_opaque(struct rd *r, size_t max, size_t *len)
{
	size_t n = rd_u32(r);
	const uint8_t *at = n <= max ? rd_take(r, n) : NULL;

	rd_take(r, xdr_pad(n));
	if (!at || r->bad) {
		r->bad = true;
		*len = 0;
		return NULL;
	}
	*len = n;
	return at;
}

/* The bytes themselves and their padding: a field of fixed length (4.9). */
static inline void xdr_fixed_put(const void *from, size_t len, struct wr *w)
{
	wr_bytes(w, from, len);
	wr_zeros(w, xdr_pad(len));
}

/* Length, bytes, padding. */
static inline void xdr_opaque_put(const void *from, size_t len, struct wr *w)
{
	if (len > UINT32_MAX) {
		w->bad = true;
		return;
	}
	wr_u32(w, (uint32_t)len);
	xdr_fixed_put(from, len, w);
}

/* RFC 4506 4.4: 0 or 1; anything else is no boolean, and a bad cursor. */
static inline bool xdr_bool(struct rd *r)
{
	uint32_t v = rd_u32(r);

	if (v > 1)
		r->bad = true;
	return v == 1;
}

#endif
