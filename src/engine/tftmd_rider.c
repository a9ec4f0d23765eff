/*
 * Riders.  A machine becomes one with its request and stops being one when it
 * acknowledges the last block, when it says ERROR, or when it stays silent.  A
 * rider is its address, so that a loader which asks again from another port
 * (Etherboot does, each time) keeps its place.
 */
#include "engine/askers.h"
#include "engine/tftmd_impl.h"

static const usec REMIND = MILLISECONDS(500);

static uint64_t key(const struct tftmd *m, uint32_t ip, uint16_t train)
{
	return hash_u64((uint64_t)ip << 16 | train, m->hash_seed);
}

struct rider *tftm_rider_find(const struct tftmd *m, const struct tftm_train *t,
			      uint32_t ip)
{
	uint64_t h = key(m, ip, tftm_number(m, t));

	for (uint32_t at = 0, id; index_next(&m->by_ip, h, &at, &id);)
		if (m->riders[id].at.ip == ip &&
		    m->riders[id].train == tftm_number(m, t))
			return &m->riders[id];
	return NULL;
}

/* ---- boarding and leaving ----------------------------------------------- */

static void ring_add(struct tftmd *m, struct tftm_train *t, uint32_t id)
{
	struct rider *r = &m->riders[id];

	if (!t->riders) {
		r->next = r->prev = id;
		t->riders = t->next = id;
	} else {
		struct rider *first = &m->riders[t->riders];

		r->next = t->riders;
		r->prev = first->prev;
		m->riders[first->prev].next = id;
		first->prev = id;
	}
	t->n_riders++;
}

static void ring_remove(struct tftmd *m, struct tftm_train *t, uint32_t id)
{
	struct rider *r = &m->riders[id];
	uint32_t after = r->next == id ? RIDER_NONE : r->next;

	m->riders[r->prev].next = r->next;
	m->riders[r->next].prev = r->prev;
	if (t->riders == id)
		t->riders = after;
	if (t->next == id)
		t->next = after;
	if (t->master == id)
		t->master = RIDER_NONE;
	t->n_riders--;
	t->n_gaps -= r->has_gaps;
	t->owing -= r->owes;
}

struct rider *tftm_rider_board(struct tftmd *m, struct tftm_train *t,
			       struct endpoint at, struct effects *fx)
{
	uint32_t id = slots_take(&m->free_riders);
	struct rider *r = &m->riders[id];

	if (!id)
		return NULL;
	*r = (struct rider){.at = at,
			    .train = tftm_number(m, t),
			    .since = tftm_stands(t) ? 0 : t->cursor,
			    .reminded = -REMIND};
	ring_add(m, t, id);
	(void)index_add(&m->by_ip, key(m, at.ip, r->train), id);
	askers_came(m->site->askers, at.ip, t->image);
	m->stats.boarded++;
	effects_note(fx, NOTE_RIDER_BOARDED)->peer = at;
	return r;
}

static void leave(struct tftmd *m, struct tftm_train *t, struct rider *r)
{
	uint32_t id = (uint32_t)(r - m->riders);

	ring_remove(m, t, id);
	index_remove(&m->by_ip, key(m, r->at.ip, r->train), id);
	slots_put(&m->free_riders, id);
}

static void served(struct tftmd *m, struct tftm_train *t, struct rider *r,
		   struct effects *fx)
{
	m->stats.left++;
	effects_note(fx, NOTE_RIDER_LEFT)->peer = r->at;
	leave(m, t, r);
}

void tftm_rider_lose(struct tftmd *m, struct tftm_train *t, struct rider *r,
		     struct effects *fx)
{
	m->stats.lost++;
	effects_note(fx, NOTE_RIDER_LOST)->peer = r->at;
	leave(m, t, r);
}

void tftm_riders_leave_all(struct tftmd *m, struct tftm_train *t)
{
	while (t->riders)
		leave(m, t, &m->riders[t->riders]);
}

void tftm_rider_options(struct tftm_train *t, struct rider *r,
			const struct tftp_options *o)
{
	t->n_gaps -= r->has_gaps;
	r->has = o->has & (TFTP_HAS_TSIZE | TFTP_HAS_BLKSIZE |
			   TFTP_HAS_MULTICAST | TFTP_HAS_GAPS);
	r->has_gaps = r->has & TFTP_HAS_GAPS;
	t->n_gaps += r->has_gaps;
	r->unanswered = r->failed = 0;
}

/* ---- calling ------------------------------------------------------------ */

static void owe(struct tftm_train *t, struct rider *r)
{
	t->owing += !r->owes;
	r->owes = true;
}

/* Always in full, and the same each time: Etherboot takes a missing port for
 * 0, and hangs at an option that it does not know. */
void tftm_rider_oack(struct tftmd *m, struct tftm_train *t, struct rider *r,
		     bool is_master, struct effects *fx)
{
	struct tftp_options o = {.has = r->has,
				 .blksize = t->blksize,
				 .tsize = t->size,
				 .group = t->group,
				 .is_master = is_master,
				 .gaps = t->number};
	struct wr w = effects_head(fx);

	tftp_oack_put(&o, &w);
	effects_send(fx, &w, t->us, r->at)->link = t->link;
	if (r->unanswered < UINT8_MAX)
		r->unanswered++;
	if (!is_master)
		return;
	m->stats.calls++;
	r->sends++;
	owe(t, r);
}

void tftm_riders_forgive(struct tftmd *m, struct tftm_train *t)
{
	uint32_t id = t->riders;

	for (; t->owing; id = m->riders[id].next) {
		t->owing -= m->riders[id].owes;
		m->riders[id].owes = false;
	}
}

void tftm_riders_call(struct tftmd *m, struct tftm_train *t, uint32_t most,
		      struct effects *fx)
{
	uint32_t called = 0;

	for (uint32_t i = t->n_riders; i && called < most; i--) {
		struct rider *r = &m->riders[t->next];

		t->next = r->next;
		if (!r->has_gaps)
			continue;
		called++;
		if (tftm_rider_is_hopeless(r))
			owe(t, r); /* and so it is overdue */
		else
			tftm_rider_oack(m, t, r, true, fx);
	}
}

void tftm_riders_overdue(struct tftmd *m, struct tftm_train *t,
			 struct effects *fx)
{
	uint32_t id = t->riders;

	for (uint32_t n = t->n_riders; n && t->owing; n--) {
		struct rider *r = &m->riders[id];

		id = r->next;
		if (!r->owes)
			continue;
		r->owes = false;
		t->owing--;
		if (++r->failed == GAPS_FAILED || tftm_rider_is_hopeless(r))
			tftm_rider_lose(m, t, r, fx);
	}
}

/* ---- what they say ------------------------------------------------------ */

/* What it lacks behind all that it has, of what left since it boarded, is still
 * on its way, in a queue of ours or of a switch: it is neither lost nor to be
 * sent again, and if it gets lost there, we hear of it when all was sent.  Who
 * has nothing may be new. */
static uint32_t on_its_way(const struct tftm_train *t, const struct rider *r,
			   struct tftp_gap g)
{
	if (t->phase != TFTM_SENDING && t->phase != TFTM_DRAINING)
		return t->blocks;
	if (!g.after || (uint32_t)g.after + g.n < t->blocks)
		return t->blocks;
	return g.after > r->since ? g.after : r->since;
}

static uint32_t overlap(struct tftp_gap g, uint32_t from, uint32_t to)
{
	uint32_t a = g.after > from ? g.after : from;
	uint32_t b = (uint32_t)g.after + g.n < to ? (uint32_t)g.after + g.n
						  : to;

	return a < b ? b - a : 0;
}

static void judge(struct tftmd *m, struct tftm_train *t, const struct rider *r,
		  struct rd list, struct effects *fx)
{
	struct pace_news n = {.from = t->window, .until = t->mark[0]};
	uint32_t end = 0;
	struct tftp_gap g;

	/* What left before it boarded was not lost on it. */
	if (r->since > n.from)
		n.from = r->since;
	while (tftp_gap_next(&g, &list)) {
		uint32_t at = on_its_way(t, r, g);

		if (at < n.until)
			n.until = at;
		if (at < t->cursor)
			n.behind = t->cursor - at;
		n.missing += overlap(g, n.from, n.until);
		end = (uint32_t)g.after + g.n;
	}
	/* The list may have been cut there. */
	if (end < n.until)
		n.until = end;
	tftm_pace_judge(m, t, &n, fx);
}

/* ---- its share ---------------------------------------------------------- */

static uint64_t account(const struct tftmd *m, const struct tftm_train *t,
			uint32_t ip)
{
	return hash_u64((uint64_t)ip << 32 | t->era, m->hash_seed);
}

static void charge(struct tftmd *m, const struct tftm_train *t,
		   const struct rider *r, uint32_t blocks)
{
	if (blocks)
		share_add(&m->share, account(m, t, r->at.ip), blocks);
}

bool tftm_has_had_enough(const struct tftmd *m, const struct tftm_train *t,
			 uint32_t ip)
{
	return share_had(&m->share, account(m, t, ip)) >
	       GREED * (uint64_t)t->blocks + CALL_BATCH;
}

static void answer_taken(struct tftm_train *t, struct rider *r)
{
	t->vain = 0;
	t->owing -= r->owes;
	r->owes = false;
}

static void hear_gaps(struct tftmd *m, struct tftm_train *t, struct rider *r,
		      struct rd list, usec now, struct effects *fx)
{
	uint32_t before = t->want.count;
	struct tftp_gap g;

	/* In lock step it is somebody else's turn. */
	if (t->phase == TFTM_STEPPING)
		return;
	if (r->owes && t->phase == TFTM_SENDING)
		judge(m, t, r, list, fx);
	answer_taken(t, r);
	while (tftp_gap_next(&g, &list)) {
		uint32_t end = on_its_way(t, r, g);

		if (end < (uint32_t)g.after + g.n)
			g.n = (uint16_t)(end > g.after ? end - g.after : 0);
		tftm_pace_request(t, g);
	}
	/* What others have asked for already costs nothing. */
	charge(m, t, r, t->want.count - before);
	if (tftm_has_had_enough(m, t, r->at.ip)) {
		tftm_rider_lose(m, t, r, fx);
		tftm_left(m, t, now, fx);
	} else if (t->phase == TFTM_CALLING && !t->owing) {
		tftm_answered(m, t, now);
	}
}

/* RFC 2090 leaves open what becomes of an ACK from a slave.  It gets no data,
 * or two masters would double the transfer; told that it is none, it falls
 * silent. */
static void remind(struct tftmd *m, struct tftm_train *t, struct rider *r,
		   usec now, struct effects *fx)
{
	if (tftm_stands(t) || r->owes || now - r->reminded < REMIND)
		return;
	r->reminded = now;
	tftm_rider_oack(m, t, r, false, fx);
}

static void hear_step(struct tftmd *m, struct tftm_train *t, struct rider *r,
		      uint32_t n, usec now, struct effects *fx)
{
	bool is_called = t->phase == TFTM_CALLING && r->owes;
	uint32_t id = (uint32_t)(r - m->riders);

	if (!is_called && (t->phase != TFTM_STEPPING || t->master != id)) {
		remind(m, t, r, now, fx);
		return;
	}
	charge(m, t, r, 1);
	if (tftm_has_had_enough(m, t, r->at.ip)) {
		tftm_rider_lose(m, t, r, fx);
		tftm_left(m, t, now, fx);
		return;
	}
	tftm_step(m, t, r, n, now, fx);
}

static void hear_ack(struct tftmd *m, struct tftm_train *t, struct rider *r,
		     struct rd list, usec now, struct effects *fx)
{
	struct rd peek = list;
	struct tftp_gap g;

	if (!tftp_gap_next(&g, &peek))
		return;
	m->stats.acks++;
	r->failed = r->unanswered = 0;
	r->is_proven = t->is_proven = true;
	if (g.after >= t->blocks) { /* from anybody, master or not */
		served(m, t, r, fx);
		tftm_left(m, t, now, fx);
	} else if (r->has_gaps) {
		hear_gaps(m, t, r, list, now, fx);
	} else {
		hear_step(m, t, r, g.after, now, fx);
	}
}

void tftm_rider_hear(struct tftmd *m, struct tftm_train *t, struct rider *r,
		     const struct dgram *d, usec now, struct effects *fx)
{
	struct rd p = rd_over(d->bytes, d->len);
	uint16_t op = tftp_op(&p);

	(void)rd_u16(&p);
	if (op == TFTP_ACK) {
		hear_ack(m, t, r, p, now, fx);
	} else if (op == TFTP_ERROR && endpoint_is(d->from, r->at)) {
		served(m, t, r, fx);
		tftm_left(m, t, now, fx);
	}
}
