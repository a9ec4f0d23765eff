/*
 * A transfer in mode netascii.  How many bytes of the file a block holds shows
 * only when it is written, so for each block behind the acknowledged ones there
 * is a mark, where in the text it ended; to send a block again is to write on
 * from the mark before it.  The end of the file is where the last block is.
 */
#include "engine/tftpd_impl.h"

#include <assert.h>

static struct netascii *mark(struct tftpd *t, const struct session *s,
			     uint64_t block)
{
	return &t->rooms[s - t->sessions].marks[block % TEXT_MARKS];
}

void text_begin(struct tftpd *t, struct session *s)
{
	s->is_text = true;
	s->last = UINT64_MAX;
	*mark(t, s, 0) = (struct netascii){0};
}

/* A byte of the file is one of a block at least. */
void text_ref(struct tftpd *t, const struct session *s, struct ref *ref)
{
	uint64_t most = (s->fetch_to - s->sent) * s->blksize;
	uint64_t left;

	ref->kind = REF_READ;
	ref->offset = mark(t, s, s->sent)->offset;
	left = s->size - ref->offset;
	ref->len = (size_t)(left < most ? left : most);
}

static void send_block(struct tftpd *t, struct session *s, uint64_t block,
		       struct rd text[2], struct effects *fx)
{
	struct netascii at = *mark(t, s, block - 1);
	size_t full = TFTP_HEAD + s->blksize;
	struct wr w = effects_head(fx);

	assert(wr_room(&w) >= full);
	w = wr_over(w.start, full);
	tftp_data_head_put(flight_wire(s, block), &w);
	netascii_put(&at, &text[0], &w);
	netascii_put(&at, &text[1], &w);
	*mark(t, s, block) = at;
	if (wr_room(&w))
		s->last = block;
	(void)effects_send(fx, &w, s->at, s->peer);
	flight_sent(t, s, block, wr_len(&w) - TFTP_HEAD);
}

void text_send(struct tftpd *t, struct session *s, const struct outcome *o,
	       struct effects *fx)
{
	struct rd text[2] = {rd_over(NULL, 0), rd_over(NULL, 0)};

	for (int i = 0; o && i < 2; i++)
		text[i] = rd_over(o->read[i].bytes, o->read[i].len);
	while (s->sent < s->fetch_to && s->sent < s->last)
		send_block(t, s, s->sent + 1, text, fx);
}

bool text_convert(struct wanted *w)
{
	char from[SCRIPT_MAX];
	struct rd text = rd_over(from, w->script_len);
	struct wr to = wr_over(w->script, sizeof(w->script));
	struct netascii at = {0};

	memcpy(from, w->script, w->script_len);
	netascii_put(&at, &text, &to);
	w->script_len = wr_len(&to);
	return !rd_left(&text);
}
