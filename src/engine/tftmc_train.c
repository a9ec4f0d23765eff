/*
 * On board.  A bitmap knows what is there, each block goes straight to its
 * place.  The pair of server address and port is the train (RFC 2090): what
 * comes from elsewhere is none of ours, and a new port means a new train.
 */
#include "engine/tftmc_impl.h"

#include <errno.h>

enum { GAPS_BYTES = 1400 };

static const usec SILENCE = SECONDS(3); /* then it asks anew */
static const usec SPEAK_WAIT = MILLISECONDS(250), SPEAK_MAX = SECONDS(2);

/* ---- ACKs --------------------------------------------------------------- */

static uint32_t first_gap(const struct tftmc *c)
{
	return bitmap_next_clear(&c->have, 0);
}

/* All that we lack, cut where the datagram ends. */
static void put_gaps(const struct tftmc *c, struct wr *w)
{
	if (wr_room(w) > GAPS_BYTES)
		w->end = w->p + GAPS_BYTES;
	tftp_gaps_head_put(w);
	for (uint32_t at = 0; at < c->blocks;) {
		uint32_t lack = bitmap_next_clear(&c->have, at);
		uint32_t next = bitmap_next_set(&c->have, lack);
		struct tftp_gap g = {(uint16_t)lack, (uint16_t)(next - lack)};

		if (lack == c->blocks || !tftp_gap_put(g, w))
			break;
		at = next;
	}
}

void tftmc_ack(struct tftmc *c, usec now, struct effects *fx)
{
	struct wr w = effects_head(fx);
	uint32_t gap = first_gap(c);

	if (c->has_gaps && gap < c->blocks)
		put_gaps(c, &w);
	else
		tftp_ack_put((uint16_t)gap, &w);
	tftmc_send(c, &w, c->peer, fx);
	c->wanted = gap + 1;
	c->loadc.progress.requests++;
	c->speak_at = NEVER;
	if (c->is_master)
		c->speak_at = now +
			      usec_min(SPEAK_WAIT << c->spoken, SPEAK_MAX);
	if (c->spoken < 4)
		c->spoken++;
}

/* ---- boarding ----------------------------------------------------------- */

void tftmc_leave_group(struct tftmc *c, struct effects *fx)
{
	if (!c->group.port)
		return;
	effects_add(fx, EFFECT_LEAVE)->join.group = c->group;
	effects_close_port(fx, c->group.port, 0);
	c->group = (struct endpoint){0};
}

static bool join_group(struct tftmc *c, struct endpoint group,
		       struct effects *fx)
{
	struct join *j;

	if (endpoint_is(group, c->group))
		return true;
	if (!group.ip || !group.port) /* keep the one you have (RFC 2090) */
		return c->group.port;
	if (group.port == c->port)
		return false;
	tftmc_leave_group(c, fx);
	c->group = group;
	effects_listen(fx, group.port, 0, LISTEN_BULK, COOKIE_GROUP);
	j = &effects_add(fx, EFFECT_JOIN)->join;
	j->group = group;
	j->cookie = COOKIE_GROUP;
	return true;
}

/* What we have is of another train, which may carry another version of the
 * file; only a number that says otherwise makes it worth keeping. */
static void begin_file(struct tftmc *c, const struct tftp_options *o,
		       struct endpoint peer)
{
	uint16_t blksize = o->has & TFTP_HAS_BLKSIZE ? o->blksize
						     : TFTP_BLKSIZE;
	bool has_gaps = o->has & TFTP_HAS_GAPS;
	bool is_same = c->blocks && o->tsize == c->loadc.progress.size &&
		       blksize == c->blksize &&
		       (endpoint_is(peer, c->peer) ||
			(has_gaps && c->has_gaps && o->gaps == c->number));

	c->peer = peer;
	c->has_gaps = has_gaps;
	c->number = o->gaps;
	if (is_same)
		return;
	c->blksize = blksize;
	c->blocks = (uint32_t)(o->tsize / blksize) + 1;
	bitmap_open(&c->have, c->have.words, c->blocks);
	c->loadc.progress.size = o->tsize;
	c->loadc.progress.have = 0;
}

/* Whether the OACK is one that we can ride by. */
static bool is_train(const struct tftmc *c, const struct tftp_options *o)
{
	uint16_t blksize = o->has & TFTP_HAS_BLKSIZE ? o->blksize
						     : TFTP_BLKSIZE;

	if (!(o->has & TFTP_HAS_MULTICAST) || !(o->has & TFTP_HAS_TSIZE) ||
	    o->has & (TFTP_HAS_WINDOWSIZE | TFTP_HAS_TIMEOUT))
		return false;
	if (o->has & TFTP_HAS_BLKSIZE && o->blksize > c->config.blksize)
		return false;
	return o->tsize / blksize < BLOCKS_MAX;
}

/* With gaps, boarding is answered, too: it proves that we are here, and tells
 * what we lack before we are called. */
static void speak_soon(struct tftmc *c, usec now, bool is_boarding,
		       struct effects *fx)
{
	if (c->has_gaps && (c->is_master || is_boarding)) {
		/* When all that waits in our sockets has been heard. */
		c->speak_at = now;
	} else if (c->is_master) {
		tftmc_ack(c, now, fx);
	} else {
		c->speak_at = NEVER;
	}
}

static void heard(struct tftmc *c, usec now)
{
	patience_heard(&c->patience, now);
	c->asked = 0;
	c->ask_at = now + SILENCE + c->jitter;
}

void tftmc_oack(struct tftmc *c, usec now, const struct dgram *d, struct rd *r,
		struct effects *fx)
{
	bool is_boarding = c->is_asking;
	struct tftp_options o;

	if (!tftp_oack_get(&o, r))
		return;
	if (!is_train(c, &o)) {
		tftmc_go_plain(c, now, d->from, fx);
		return;
	}
	if (o.tsize > c->config.size_max) {
		tftmc_send_error(c, d->from, TFTP_EFULL, "file too large", fx);
		tftmc_fail(c, -EFBIG, "file too large", fx);
		return;
	}
	begin_file(c, &o, d->from);
	if (!join_group(c, o.group, fx)) {
		tftmc_go_plain(c, now, d->from, fx);
		return;
	}
	c->phase = PHASE_RIDING;
	c->is_asking = false;
	c->is_master = o.is_master;
	c->spoken = 0;
	heard(c, now);
	speak_soon(c, now, is_boarding, fx);
}

/* ---- blocks ------------------------------------------------------------- */

static void keep(struct tftmc *c, const struct tftp_data *data,
		 const struct ref *body, struct effects *fx)
{
	size_t len = data->len + body->len;

	c->loadc.progress.packets_new++;
	c->loadc.progress.have += len;
	if (!len)
		return;
	effects_add(fx, EFFECT_KEEP)->keep = (struct keep){
		.file = c->file,
		.offset = (uint64_t)(data->block - 1u) * c->blksize,
		.bytes = data->len ? data->bytes : NULL,
		.len = data->len,
		.body = *body};
}

static bool is_block(const struct tftmc *c, const struct tftp_data *data,
		     size_t len)
{
	uint64_t before = (c->blocks - 1) * (uint64_t)c->blksize;

	if (!data->block || data->block > c->blocks)
		return false;
	if (data->block < c->blocks)
		return len == c->blksize;
	return len == c->loadc.progress.size - before;
}

void tftmc_data(struct tftmc *c, usec now, struct rd *r, const struct ref *body,
		struct effects *fx)
{
	struct tftp_data data;

	if (!tftp_data_get(&data, r) ||
	    !is_block(c, &data, data.len + body->len))
		return;
	heard(c, now);
	c->loadc.progress.packets_heard++;
	if (bitmap_set(&c->have, data.block - 1u)) {
		keep(c, &data, body, fx);
		c->spoken = 0;
	}
	if (c->have.count == c->blocks)
		tftmc_finish(c, now, fx);
	else if (c->is_master && !c->has_gaps && data.block == c->wanted)
		tftmc_ack(c, now, fx);
	else if (c->is_master && c->has_gaps && c->speak_at > now)
		c->speak_at = now + SPEAK_WAIT;
}
