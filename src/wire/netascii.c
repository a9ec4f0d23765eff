/*
 * netascii, byte by byte: a CR that has the last room of a block leaves its
 * text where it was, so that the next block begins with the other half.
 */
#include "wire/netascii.h"

void netascii_put(struct netascii *at, struct rd *text, struct wr *w)
{
	while (rd_left(text) && wr_room(w)) {
		struct rd rest = *text;
		uint8_t c = rd_u8(&rest);
		bool is_pair = c == '\n' || c == '\r';

		if (is_pair && !at->is_half) {
			wr_u8(w, '\r');
			at->is_half = true;
			continue;
		}
		wr_u8(w, c == '\r' ? '\0' : c);
		at->is_half = false;
		at->offset++;
		*text = rest;
	}
}
