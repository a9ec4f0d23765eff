/*
 * One line.  A block leaves when the one before it was acknowledged, and not
 * before the listeners have had their time with that.  An ACK of a block that
 * was acknowledged already moves nothing and is not answered: the first block
 * leaves twice, to the one that is to acknowledge and to all, and if each of
 * its two ACKs brought a block, so would each pair from then on.
 *
 * An ACK may leap ahead: one that has heard the rest already says so, and the
 * run costs only what it had missed.
 */
#include "engine/askers.h"
#include "engine/mtftpd_impl.h"

#include <errno.h>

/* Silence, by how often in a row.  The first is for a lost packet, and follows
 * the opener's own pace. */
static const usec WAITS[] = {
	MILLISECONDS(20), MILLISECONDS(250), MILLISECONDS(500), SECONDS(1),
	SECONDS(2),       SECONDS(4),        SECONDS(8),
};
static const usec START_WAITS[] = {MILLISECONDS(250), MILLISECONDS(500),
				   SECONDS(1)};
enum {
	/* Silences until an opener is given up: soon while others wait, who
	 * turn to TFTP after four seconds. */
	PATIENCE_SOLE = sizeof(WAITS) / sizeof(*WAITS),
	PATIENCE = 4,
	PATIENCE_LAST = 3, /* of the last block the ACK may have been lost */
	PATIENCE_START_SOLE = sizeof(START_WAITS) / sizeof(*START_WAITS),
	PATIENCE_START = 2,
	LOST_MOST = 4, /* openers in a row that say nothing at all */
	ALONE = 4,
	SMALL = 128, /* blocks */
};
static const usec REPEATED = MILLISECONDS(50), ALIVE = SECONDS(1);
/* iPXE asks again 250, 750 and 1,750 ms after the last that it heard; and after
 * four seconds it loads by TFTP. */
static const usec STAY = SECONDS(3);
static const usec BUSY = MILLISECONDS(10); /* the reader of files is */

static void set_timer(struct mtftpd *m, struct line *l, usec at)
{
	heap_set(&m->heap, &l->timer, at);
}

static struct caller *opener_of(struct mtftpd *m, const struct line *l)
{
	return l->opener ? &m->callers[l->opener] : NULL;
}

static struct note *tell(struct mtftpd *m, const struct line *l, unsigned code,
			 struct effects *fx)
{
	const struct image *im = images_get(m->site->images, l->image);
	const struct caller *r = opener_of(m, l);
	struct note *n = effects_note(fx, code);

	n->ip = l->group.ip;
	if (r)
		n->peer = r->at;
	n->a = l->block;
	n->b = l->last;
	n->text = im ? im->name : NULL;
	return n;
}

void line_refuse(struct mtftpd *m, const struct line *l, struct endpoint to,
		 struct effects *fx)
{
	struct note *n;

	m->stats.refused++;
	mtftpd_say_error(l->here, to, TFTP_EUNDEF, "busy with another file",
			 fx);
	n = tell(m, l, NOTE_MTFTP_BUSY, fx);
	n->peer = to;
}

/* ---- sending ------------------------------------------------------------ */

static size_t length_of(const struct line *l, uint32_t block)
{
	return block < l->last ? TFTP_BLKSIZE : l->size % TFTP_BLKSIZE;
}

static void send_data(struct line *l, struct endpoint to, uint8_t ttl,
		      struct effects *fx)
{
	struct wr w = effects_head(fx);
	struct send *send;

	tftp_data_head_put((uint16_t)l->block, &w);
	send = effects_send(fx, &w, l->here, to);
	send->link = l->link;
	send->ttl = ttl;
	send->body = (struct ref){
		.image = l->image,
		.version = l->version,
		.offset = (uint64_t)(l->block - 1) * TFTP_BLKSIZE,
		.len = length_of(l, l->block),
	};
}

static usec wait_for_ack(const struct line *l)
{
	if (l->phase == LINE_STARTING)
		return START_WAITS[l->tries];
	return l->tries ? WAITS[l->tries] : usec_max(WAITS[0], 4 * l->rtt);
}

static void send_block(struct mtftpd *m, struct line *l, usec now,
		       struct effects *fx)
{
	const struct caller *r = opener_of(m, l);
	usec gap = m->site->settings->mtftp.gap;

	if (l->phase == LINE_STARTING && r) {
		send_data(l, r->at, 0, fx);
		m->stats.unicast++;
	}
	send_data(l, l->group, m->site->settings->mtftp.ttl, fx);
	m->stats.data_packets++;
	m->stats.data_bytes += length_of(l, l->block);
	l->sent++;
	if (l->block > l->high)
		l->high = l->block;
	else
		m->stats.repeats++;
	l->is_sent = true;
	l->sent_at = now;
	/* Late by less than a gap is made up for: it is their time on the
	 * average that listeners need. */
	l->paid = usec_max(l->paid, now - gap) + gap;
	set_timer(m, l, now + wait_for_ack(l));
}

static void fetch_block(struct mtftpd *m, struct line *l, usec now,
			struct effects *fx)
{
	struct ref ref = {.image = l->image,
			  .version = l->version,
			  .offset = (uint64_t)(l->block - 1) * TFTP_BLKSIZE,
			  .len = length_of(l, l->block)};

	if (!ref.len) {
		send_block(m, l, now, fx);
		return;
	}
	l->is_fetching = true;
	l->generation++;
	effects_fetch(fx, &ref,
		      (uint64_t)l->generation << 16 | line_number(m, l));
}

/* ---- beginning and ending ----------------------------------------------- */

static void paint(struct line *l, const struct image *im)
{
	l->image = im->id;
	l->version = im->version;
	l->size = im->size;
	l->last = (uint32_t)(im->size / TFTP_BLKSIZE) + 1;
	l->block = 0;
	l->is_crowded = false;
}

static void free_line(struct mtftpd *m, struct line *l)
{
	callers_leave_all(m, l);
	l->phase = LINE_FREE;
	l->next_image = 0;
	l->is_fetching = false;
	l->block = 0;
	heap_cancel(&m->heap, &l->timer);
}

/* This caller acknowledges from now on; the others hear a run from its first
 * block. */
static void begin(struct mtftpd *m, struct line *l, struct caller *r, usec now,
		  struct effects *fx)
{
	l->opener = (uint32_t)(r - m->callers);
	l->phase = LINE_STARTING;
	l->block = 1;
	l->high = 0;
	l->has_leapt = false;
	l->sent = 0;
	l->tries = 0;
	l->rtt = 0;
	l->is_sent = l->is_fetching = false;
	l->begun = l->heard_at = now;
	m->stats.begun++;
	callers_refuse_waiting(m, l, fx);
	callers_begin(m, l);
	tell(m, l, NOTE_MTFTP_BEGUN, fx)->b = l->here.port;
	fetch_block(m, l, now, fx);
}

/* Most often nobody else comes, and if somebody does, so little may be sent
 * again. */
static bool is_alone_with_little(const struct mtftpd *m, const struct line *l,
				 usec now)
{
	return l->n_callers - l->n_next == 1 && l->last <= SMALL &&
	       !askers_awaits(m->site->askers, l->image, VIA_MTFTP, now);
}

/* Until others are there, too. */
static void hold_on(struct mtftpd *m, struct line *l, usec now)
{
	uint32_t wait = m->site->settings->mtftp.hold;

	if (is_alone_with_little(m, l, now))
		wait = (wait + ALONE - 1) / ALONE;
	set_timer(m, l, usec_max(now, l->begun + MILLISECONDS(wait)));
}

static void hold(struct mtftpd *m, struct line *l, struct caller *r, usec now,
		 struct effects *fx)
{
	l->lost = 0;
	if (!m->site->settings->mtftp.hold) {
		begin(m, l, r, now, fx);
		return;
	}
	l->opener = (uint32_t)(r - m->callers);
	l->phase = LINE_HOLDING;
	l->begun = now;
	hold_on(m, l, now);
}

/* The file that is waited for, if it is still there. */
static void turn_to_next(struct mtftpd *m, struct line *l, usec now,
			 struct effects *fx)
{
	const struct image *im = images_get(m->site->images, l->next_image);
	struct caller *r;

	if (!im || !im->is_there || im->version != l->next_version) {
		callers_refuse_waiting(m, l, fx);
		free_line(m, l);
		return;
	}
	callers_promote(m, l);
	paint(l, im);
	l->next_image = 0;
	r = caller_latest(m, l);
	if (r)
		hold(m, l, r, now, fx);
	else
		free_line(m, l);
}

/* The run has ended.  Those who came too late have their own; and a line of any
 * file waits until nobody can take another for this one. */
static void end_run(struct mtftpd *m, struct line *l, usec now,
		    struct effects *fx)
{
	struct caller *r = opener_of(m, l);

	tell(m, l, NOTE_MTFTP_DONE, fx)->a = l->sent;
	if (r)
		caller_leave(m, l, r);
	l->is_sent = l->is_fetching = false;
	l->lost = 0;
	if (!l->has_leapt)
		callers_are_served(m, l);
	r = caller_latest(m, l);
	if (r && r->since <= 1)
		r = caller_lacking(m, l);
	if (r) {
		begin(m, l, r, now, fx);
		return;
	}
	if (l->n_next && l->n_next == l->n_callers && !l->is_crowded) {
		turn_to_next(m, l, now, fx);
		return;
	}
	if (!l->is_shared || !(l->n_callers || l->is_crowded)) {
		free_line(m, l);
		return;
	}
	l->phase = LINE_OVER;
	set_timer(m, l, now + STAY);
}

/* The opener is silent: another one, if there is one. */
static void lose_opener(struct mtftpd *m, struct line *l, usec now,
			struct effects *fx)
{
	struct caller *r = opener_of(m, l);

	m->stats.lost++;
	tell(m, l, NOTE_MTFTP_LOST, fx)->a = l->sent;
	if (r)
		caller_leave(m, l, r);
	r = caller_latest(m, l);
	if (r && ++l->lost < LOST_MOST)
		begin(m, l, r, now, fx);
	else
		free_line(m, l);
}

/* ---- what was fetched --------------------------------------------------- */

/* Replaced: what they have is of no use, and they must not go on with it. */
static void on_unreadable(struct mtftpd *m, struct line *l, usec now, int rc,
			  struct effects *fx)
{
	if (rc == -EAGAIN) {
		set_timer(m, l, now + BUSY);
		return;
	}
	mtftpd_say_error(l->here, l->group, TFTP_EUNDEF, "the file has changed",
			 fx);
	tell(m, l, NOTE_MTFTP_CHANGED, fx);
	free_line(m, l);
}

void line_fetched(struct mtftpd *m, struct line *l, usec now,
		  const struct outcome *o, struct effects *fx)
{
	if (!l->is_fetching || o->cookie >> 16 != l->generation)
		return;
	l->is_fetching = false;
	if (o->rc)
		on_unreadable(m, l, now, o->rc, fx);
	else
		send_block(m, l, now, fx);
}

/* ---- requests ----------------------------------------------------------- */

static bool is_of_line(const struct line *l, const struct image *im)
{
	return l->image == im->id && l->version == im->version;
}

/* The one that acknowledges asks again: what it was sent was lost, or it was
 * switched off and on.  A copy that comes late changes nothing. */
static void open_again(struct mtftpd *m, struct line *l, struct caller *r,
		       usec now, struct effects *fx)
{
	if (l->phase == LINE_RUNNING && now - l->heard_at >= ALIVE)
		begin(m, l, r, now, fx);
	else if (l->phase == LINE_STARTING && l->is_sent && !l->is_fetching &&
		 now - l->sent_at >= REPEATED &&
		 l->tries + 1 < PATIENCE_START_SOLE) {
		l->tries++;
		fetch_block(m, l, now, fx);
	}
}

/* The first block that one who comes now can hear. */
static uint32_t next_block(const struct line *l)
{
	return l->is_sent ? l->block + 1 : l->block;
}

/* The opener is silent, and this one lives. */
static void take_over(struct mtftpd *m, struct line *l, struct caller *r,
		      usec now, struct effects *fx)
{
	struct caller *silent = opener_of(m, l);

	m->stats.lost++;
	tell(m, l, NOTE_MTFTP_LOST, fx)->a = l->sent;
	if (silent)
		caller_leave(m, l, silent);
	begin(m, l, r, now, fx);
}

static void request_running(struct mtftpd *m, struct line *l, struct caller *r,
			    bool is_new, usec now, struct effects *fx)
{
	if (is_new)
		r->since = next_block(l);
	if (is_new && r->since > 1)
		r->may_lack = false;
	if (l->opener == (uint32_t)(r - m->callers))
		open_again(m, l, r, now, fx);
	else if (l->tries >= (l->phase == LINE_STARTING ? 1 : 2))
		take_over(m, l, r, now, fx);
}

static void request(struct mtftpd *m, struct line *l, const struct call *c,
		    struct effects *fx)
{
	struct caller *r = caller_find(m, l, c->d->from);
	bool is_new = !r || r->wants_next;

	if (!r)
		r = caller_board(m, l, c->d->from, fx);
	if (!r)
		return;
	caller_stays(l, r);
	r->may_lack = true;
	switch (l->phase) {
	case LINE_FREE:
		hold(m, l, r, c->now, fx);
		break;
	case LINE_HOLDING:
		hold_on(m, l, c->now);
		break;
	case LINE_STARTING:
	case LINE_RUNNING:
		request_running(m, l, r, is_new, c->now, fx);
		break;
	case LINE_OVER:
		begin(m, l, r, c->now, fx);
		break;
	}
}

/* Whoever asks for another file has this one, or does not want it any more. */
static void leave_for_next(struct mtftpd *m, struct line *l, uint32_t ip)
{
	struct caller *r = caller_of_machine(m, l, ip);

	for (; r; r = caller_of_machine(m, l, ip))
		caller_leave(m, l, r);
}

static bool wait_for_next(struct mtftpd *m, struct line *l,
			  const struct call *c, struct effects *fx)
{
	struct caller *r;

	if (!l->next_image) {
		l->next_image = c->image->id;
		l->next_version = c->image->version;
	}
	if (l->next_image != c->image->id ||
	    l->next_version != c->image->version)
		return false;
	if (caller_find(m, l, c->d->from))
		return true;
	r = caller_board(m, l, c->d->from, fx);
	if (r) {
		r->wants_next = true;
		l->n_next++;
	}
	return true;
}

static void request_next(struct mtftpd *m, struct line *l, const struct call *c,
			 struct effects *fx)
{
	leave_for_next(m, l, c->d->from.ip);
	if (!wait_for_next(m, l, c, fx))
		line_refuse(m, l, c->d->from, fx);
	if (l->phase == LINE_RUNNING && !l->opener) /* that was its ACK */
		end_run(m, l, c->now, fx);
	else if (l->phase == LINE_OVER && l->n_next &&
		 l->n_next == l->n_callers && !l->is_crowded)
		turn_to_next(m, l, c->now, fx);
}

/* All of it was sent: whoever has asked for another file since then will hear
 * no more of this one. */
static bool is_sent_out(const struct line *l)
{
	return l->phase == LINE_OVER ||
	       (l->phase == LINE_RUNNING && l->block == l->last && l->is_sent);
}

void line_request(struct mtftpd *m, struct line *l, const struct call *c,
		  struct effects *fx)
{
	if (l->phase == LINE_FREE)
		paint(l, c->image);
	if (is_of_line(l, c->image))
		request(m, l, c, fx);
	else if (is_sent_out(l))
		request_next(m, l, c, fx);
	else
		line_refuse(m, l, c->d->from, fx);
}

/* ---- ACKs --------------------------------------------------------------- */

static void measure(struct line *l, usec now)
{
	usec took = now - l->sent_at;

	if (!l->is_sent || l->tries)
		return;
	l->rtt = l->rtt ? (7 * l->rtt + took) / 8 : took;
}

static void acknowledged(struct mtftpd *m, struct line *l, uint32_t block,
			 usec now, struct effects *fx)
{
	measure(l, now);
	l->phase = LINE_RUNNING;
	l->heard_at = now;
	l->tries = l->lost = 0;
	l->is_sent = l->is_fetching = false;
	if (block == l->last) {
		l->has_leapt |= block > l->block;
		m->stats.done++;
		end_run(m, l, now, fx);
		return;
	}
	l->has_leapt |= block > l->block;
	l->block = block + 1;
	if (now >= l->paid)
		fetch_block(m, l, now, fx);
	else
		set_timer(m, l, l->paid);
}

void line_ack(struct mtftpd *m, struct line *l, const struct dgram *d, usec now,
	      struct effects *fx)
{
	const struct caller *r = opener_of(m, l);
	struct rd rd = rd_over(d->bytes, d->len);
	uint16_t block;

	if (l->phase != LINE_STARTING && l->phase != LINE_RUNNING)
		return;
	if (!r || !endpoint_is(r->at, d->from) || !tftp_ack_get(&block, &rd)) {
		m->stats.stray_acks++;
		return;
	}
	/* What was not sent yet may be acknowledged, too: it was heard in the
	 * run before.  But not in answer to nothing. */
	if (block < l->block || block > l->last ||
	    (l->phase == LINE_STARTING && !l->is_sent)) {
		m->stats.stray_acks++;
		l->heard_at = now;
		return;
	}
	acknowledged(m, l, block, now, fx);
}

/* ---- time --------------------------------------------------------------- */

static uint8_t patience_of(const struct line *l)
{
	bool is_sole = l->n_callers - l->n_next <= 1;

	if (l->phase == LINE_STARTING)
		return is_sole ? PATIENCE_START_SOLE : PATIENCE_START;
	if (l->block == l->last)
		return PATIENCE_LAST;
	return is_sole ? PATIENCE_SOLE : PATIENCE;
}

static void on_silence(struct mtftpd *m, struct line *l, usec now,
		       struct effects *fx)
{
	l->tries++;
	if (l->n_next && l->block == l->last && l->phase == LINE_RUNNING)
		end_run(m, l, now, fx); /* they must not hear it */
	else if (l->tries < patience_of(l))
		fetch_block(m, l, now, fx);
	else if (l->phase == LINE_RUNNING && l->block == l->last)
		end_run(m, l, now, fx);
	else
		lose_opener(m, l, now, fx);
}

void line_expire(struct mtftpd *m, struct line *l, usec now, struct effects *fx)
{
	struct caller *r = opener_of(m, l);

	switch (l->phase) {
	case LINE_FREE:
		break;
	case LINE_HOLDING:
		if (r)
			begin(m, l, r, now, fx);
		else
			free_line(m, l);
		break;
	case LINE_STARTING:
	case LINE_RUNNING:
		if (!is_sent_out(l))
			callers_refuse_waiting(m, l, fx);
		if (l->is_sent)
			on_silence(m, l, now, fx);
		else
			fetch_block(m, l, now, fx);
		break;
	case LINE_OVER:
		if (l->next_image)
			turn_to_next(m, l, now, fx);
		else
			free_line(m, l);
		break;
	}
}
