/*
 * A transfer.  What is acknowledged, `acked`, only grows; a flight is what was
 * sent behind it, up to a window.  An ACK of any block that we sent moves the
 * window to behind that block, which also repairs a gap (RFC 7440 4); one that
 * moves nothing is not answered, or one duplicate would double the whole
 * transfer (R13).  Short silence sends the last block again, since any answer
 * to it says what is missing; long silence sends the flight again.
 */
#include "engine/tftpd_impl.h"

#include <errno.h>

static const usec HALF_OPEN_WAIT = SECONDS(1);
static const usec WAIT_MAX = SECONDS(16);
static const usec PROBE_WAIT = MILLISECONDS(20); /* at least */

/* ---- block numbers ------------------------------------------------------ */

/* Block 65535 is followed by 0; with some ROMs by 1. */
uint16_t flight_wire(const struct session *s, uint64_t block)
{
	if (s->quirks & QUIRK_ROLL_TO_1 && block)
		return (uint16_t)((block - 1) % 65535 + 1);
	return (uint16_t)block;
}

/* Which block behind the acknowledged ones has that number; none: 0. */
static uint64_t block_of(const struct session *s, uint16_t number)
{
	uint16_t from = flight_wire(s, s->acked);
	uint64_t behind = (uint16_t)(number - from);

	if (s->quirks & QUIRK_ROLL_TO_1)
		behind = number ? (number + 65535u - from) % 65535 : 0;
	return behind && s->acked + behind <= s->high ? s->acked + behind : 0;
}

/* ---- sending ------------------------------------------------------------ */

static uint64_t offset_of(const struct session *s, uint64_t block)
{
	return (block - 1) * s->blksize;
}

static size_t length_of(const struct session *s, uint64_t block)
{
	return block < s->last ? s->blksize
			       : (size_t)(s->size - offset_of(s, block));
}

void flight_sent(struct tftpd *t, struct session *s, uint64_t block, size_t len)
{
	s->sent = block;
	t->stats.data_packets++;
	t->stats.data_bytes += len;
	if (block > s->high)
		s->high = block;
	else
		t->stats.repeats++;
}

static void send_block(struct tftpd *t, struct session *s, uint64_t block,
		       struct effects *fx)
{
	struct wr w = effects_head(fx);
	uint64_t offset = offset_of(s, block);
	size_t len = length_of(s, block);
	struct send *send;

	tftp_data_head_put(flight_wire(s, block), &w);
	if (!s->image)
		wr_bytes(&w, session_script(t, s) + offset, len);
	send = effects_send(fx, &w, s->at, s->peer);
	if (s->image)
		send->body = (struct ref){.image = s->image,
					  .version = s->version,
					  .offset = offset,
					  .len = len};
	flight_sent(t, s, block, len);
}

static uint64_t window_end(const struct session *s)
{
	uint64_t end = s->acked + s->window;

	return end < s->last ? end : s->last;
}

/* When a peer that answers at its usual pace is overdue.  A timeout that it
 * has asked for itself is kept to the letter (RFC 2349). */
static usec probe_at(const struct session *s)
{
	if (s->options.has & TFTP_HAS_TIMEOUT)
		return NEVER;
	return s->flown + usec_max(PROBE_WAIT, 4 * s->rtt);
}

static void set_deadline(struct tftpd *t, struct session *s, usec now)
{
	usec until = now + usec_min(s->timeout << s->tries,
				    usec_max(s->timeout, WAIT_MAX));

	if (s->state == SESSION_HALF_OPEN)
		until = usec_min(now + HALF_OPEN_WAIT,
				 s->begun + HALF_OPEN_LIFE);
	else if (s->probe == PROBE_NONE)
		until = usec_min(until, probe_at(s));
	else if (!s->tries)
		until = s->flown + s->timeout;
	session_wait(t, s, until);
}

/* What was fetched, by outcome o; NULL: nothing had to be. */
static void send_blocks(struct tftpd *t, struct session *s, usec now,
			const struct outcome *o, struct effects *fx)
{
	if (s->is_text)
		text_send(t, s, o, fx);
	while (s->sent < s->fetch_to && s->sent < s->last)
		send_block(t, s, s->sent + 1, fx);
	if (s->state == SESSION_HALF_OPEN) {
		s->replies++;
		s->replied = now;
	}
	if (s->probe == PROBE_NONE)
		s->flown = now;
	set_deadline(t, s, now);
}

/* The next blocks of the window, as many as one FETCH brings. */
static void send_more(struct tftpd *t, struct session *s, usec now,
		      struct effects *fx)
{
	struct ref ref = {.image = s->image, .version = s->version};
	uint64_t most = BATCH_BYTES / s->blksize;

	if (s->is_fetching || s->sent >= window_end(s))
		return;
	most = most < BATCH ? most : BATCH;
	s->fetch_first = s->sent + 1;
	s->fetch_to = window_end(s);
	if (s->fetch_to - s->sent > most)
		s->fetch_to = s->sent + most;
	if (s->is_text) {
		text_ref(t, s, &ref);
	} else {
		ref.offset = offset_of(s, s->fetch_first);
		ref.len = (size_t)(offset_of(s, s->fetch_to) - ref.offset) +
			  length_of(s, s->fetch_to);
	}
	if (!s->image || !ref.len) {
		send_blocks(t, s, now, NULL, fx);
		return;
	}
	s->is_fetching = true;
	effects_fetch(fx, &ref, session_cookie(t, s));
}

static void tell_failure(struct tftpd *t, struct session *s, int rc,
			 struct effects *fx)
{
	if (rc == -ESTALE) {
		session_note(t, s, NOTE_TFTP_CHANGED, fx);
		session_fail(t, s, TFTP_EUNDEF, "file changed", fx);
		return;
	}
	t->stats.refused++;
	session_note(t, s, NOTE_TFTP_REFUSED, fx)->a = TFTP_EUNDEF;
	session_fail(t, s, TFTP_EUNDEF, "unreadable file", fx);
}

void flight_fetched(struct tftpd *t, struct session *s, usec now,
		    const struct outcome *o, struct effects *fx)
{
	if (!s->is_fetching)
		return;
	s->is_fetching = false;
	if (o->rc) {
		tell_failure(t, s, o->rc, fx);
		return;
	}
	/* An ACK has moved the window while the disk was busy? */
	if (s->fetch_first == s->sent + 1)
		send_blocks(t, s, now, o, fx);
	send_more(t, s, now, fx);
}

void flight_reply(struct tftpd *t, struct session *s, usec now,
		  struct effects *fx)
{
	struct wr w;

	if (s->replies == REPLIES_MAX)
		return;
	if (!s->options.has) {
		s->sent = 0;
		send_more(t, s, now, fx);
		return;
	}
	w = effects_head(fx);
	tftp_oack_put(&s->options, &w);
	effects_send(fx, &w, s->at, s->peer);
	s->replies++;
	s->replied = s->flown = now;
	set_deadline(t, s, now);
}

/* ---- hearing ------------------------------------------------------------ */

static void done(struct tftpd *t, struct session *s, usec now,
		 struct effects *fx)
{
	struct note *n = session_note(t, s, NOTE_TFTP_DONE, fx);

	n->a = s->size;
	n->b = (uint64_t)(now - s->begun);
	t->stats.done++;
	session_end(t, s, fx);
}

/* Whether an ACK of block `number` answers our first reply: with options, it is
 * of block 0; without, of the first block. */
static bool is_proof(const struct session *s, uint16_t number)
{
	return s->options.has ? !number : block_of(s, number);
}

/* Measured from when the flight first left, also if it was probed since:
 * a slow peer would otherwise never be known as one. */
static void measure(struct session *s, usec now)
{
	usec took = usec_max(1, now - s->flown);

	if (s->tries)
		return;
	s->rtt = s->rtt ? (7 * s->rtt + took) / 8 : took;
}

/*
 * What moves nothing is not answered, with one exception.  A peer that lacks
 * the first block of a window can say so only by its last ACK once more (RFC
 * 7440 4); that is believed when it answers a probe, once in a flight.
 */
static void on_old_ack(struct tftpd *t, struct session *s, uint16_t number,
		       usec now, struct effects *fx)
{
	if (s->probe != PROBE_SENT || s->window == 1 ||
	    number != flight_wire(s, s->acked))
		return;
	s->probe = PROBE_OVER;
	s->sent = s->acked;
	send_more(t, s, now, fx);
}

static void on_ack(struct tftpd *t, struct session *s, uint16_t number,
		   usec now, struct effects *fx)
{
	uint64_t block = block_of(s, number);

	if (s->state == SESSION_HALF_OPEN) {
		if (!is_proof(s, number) || !session_prove(t, s, fx))
			return;
	} else if (!block) {
		on_old_ack(t, s, number, now, fx);
		return;
	}
	measure(s, now);
	s->heard = now;
	s->tries = 0;
	s->probe = PROBE_NONE;
	s->acked = s->sent = block;
	if (s->acked == s->last)
		done(t, s, now, fx);
	else
		send_more(t, s, now, fx);
}

/* It has seen enough: after a size probe, or at the end, this is what many
 * loaders do. */
static void on_error(struct tftpd *t, struct session *s, uint16_t code,
		     struct effects *fx)
{
	t->stats.aborted++;
	session_note(t, s, NOTE_TFTP_ABORTED, fx)->a = code;
	session_end(t, s, fx);
}

void flight_hear(struct tftpd *t, struct session *s, usec now,
		 const struct dgram *d, struct effects *fx)
{
	struct rd ack = rd_over(d->bytes, d->len), error = ack;
	struct tftp_error e;
	uint16_t number;

	if (tftp_ack_get(&number, &ack))
		on_ack(t, s, number, now, fx);
	else if (tftp_error_get(&e, &error))
		on_error(t, s, e.code, fx);
}

static void give_up(struct tftpd *t, struct session *s, struct effects *fx)
{
	struct note *n = session_note(t, s, NOTE_TFTP_TIMEOUT, fx);

	n->a = s->acked * s->blksize;
	t->stats.timeouts++;
	session_end(t, s, fx);
}

static void send_again(struct tftpd *t, struct session *s, usec now,
		       struct effects *fx)
{
	if (now < s->flown + s->timeout) {
		s->probe = PROBE_SENT;
		s->sent--;
	} else {
		s->probe = PROBE_OVER;
		s->tries++;
		s->sent = s->acked;
	}
	send_more(t, s, now, fx);
}

void flight_silence(struct tftpd *t, struct session *s, usec now,
		    struct effects *fx)
{
	bool is_proven = s->state == SESSION_PROVEN;

	if (is_proven && s->is_fetching) { /* the silence is ours */
		session_wait(t, s, now + s->timeout);
		return;
	}
	if (is_proven ? s->tries + 1 == TRIES
		      : now >= s->begun + HALF_OPEN_LIFE) {
		give_up(t, s, fx);
		return;
	}
	if (is_proven)
		send_again(t, s, now, fx);
	else
		flight_reply(t, s, now, fx);
	if (s->due <= now) /* what is sent is fetched first, or nothing is */
		set_deadline(t, s, now);
}
