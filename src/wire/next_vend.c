/*
 * The vendor area of NeXT's boot ROMs and kernels: a one-line dialog with the
 * person at the machine, in the 64 bytes where others put options.
 */
#include "wire/bootp.h"

enum { MAGIC = 0x4e655854, TEXT = 55 };

_Static_assert(sizeof(((struct next_vend *)0)->text) == TEXT + 1,
	       "the text and its NUL");

bool next_vend_get(struct next_vend *v, const struct bootp *m)
{
	if (m->vend != VEND_NEXT)
		return false;

	struct rd r = rd_over(m->options, m->options_len);

	v->version = rd_u8(&r);
	rd_u8(&r); /* the hole that the 68030's alignment left */
	v->opcode = rd_u8(&r);
	v->id = rd_u8(&r);
	rd_copy(&r, v->text, TEXT);
	v->text[TEXT] = '\0';
	rd_u8(&r); /* the last byte is NUL, whatever is sent */
	return !r.bad;
}

void next_vend_put(const struct next_vend *v, const struct bootp_head *h,
		   struct wr *w)
{
	const char *nul = memchr(v->text, '\0', sizeof(v->text));
	size_t len = nul ? (size_t)(nul - v->text) : 0;

	if (!nul)
		w->bad = true;
	bootp_fixed_put(h, w);
	wr_u32(w, MAGIC);
	wr_u8(w, v->version);
	wr_u8(w, 0);
	wr_u8(w, v->opcode);
	wr_u8(w, v->id);
	wr_bytes(w, v->text, len);
	wr_zeros(w, TEXT + 1 - len);
}

uint8_t bootp_next_opcode(const struct bootp *reply)
{
	struct rd r = rd_over(reply->options, reply->options_len);

	rd_take(&r, 2);
	uint8_t opcode = rd_u8(&r);

	return r.bad ? UINT8_MAX : opcode;
}
