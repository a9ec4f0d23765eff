/*
 * Boarding: a name becomes a run of its file, and who asked gets a ticket.  It
 * has not proved itself, so nothing is kept of it; but if the file's manifest
 * has to be made first, those who asked first are remembered and answered when
 * it is there.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"
#include "model/policy.h"

#include <assert.h>
#include <errno.h>

/* ---- runs -----------------------------------------------------------------
 */

static struct run *run_of(struct traind *t, uint32_t image, struct place p)
{
	for (uint32_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].image == image && run_is_at(&t->runs[i], p))
			return &t->runs[i];
	return NULL;
}

/* A slot for a new run: a free one, or, of those in this phase, the one which
 * somebody boarded longest ago.  NULL: there is none. */
static struct run *free_slot(struct traind *t, enum run_phase phase)
{
	struct run *slot = NULL;

	for (uint32_t i = 0; i < t->n_runs; i++) {
		struct run *r = &t->runs[i];

		if (!r->image)
			return r;
		if (r->phase == phase && (!slot || r->painted < slot->painted))
			slot = r;
	}
	return slot;
}

/* Repairs begin anywhere in the upper half of their numbers, so that those of
 * an earlier life are not said again with other meaning: their sums are the
 * same, but a rider may have them. */
static uint32_t first_number(struct traind *t)
{
	return UINT32_C(0x80000000) +
	       (uint32_t)rand_below(&t->rand, UINT32_C(0x70000000) / ROWS) *
		       ROWS;
}

static bool is_used(const struct traind *t, const struct run *but,
		    struct endpoint group)
{
	for (uint32_t i = 0; i < t->n_runs; i++) {
		const struct run *r = &t->runs[i];

		if (r != but && r->image && r->link == but->link &&
		    endpoint_is(r->group, group))
			return true;
	}
	return false;
}

/* That of its slot, if no other server has told us of a train there. */
void run_choose_group(const struct traind *t, struct run *r)
{
	const struct settings *set = t->site->settings;
	uint32_t own = run_number(t, r);

	r->group = policy_train_group(set, r->wish, own);
	for (uint32_t i = 1; i < t->n_runs && is_used(t, r, r->group); i++)
		r->group =
			policy_train_group(set, r->wish, (own + i) % t->n_runs);
}

static void run_paint(struct traind *t, struct run *r, const struct image *im,
		      const struct image_manifest *m, struct place p)
{
	struct run blank = {.due = NEVER,
			    .tell_at = NEVER,
			    .image = im->id,
			    .version = im->version,
			    .life = r->life + 1,
			    .era = ++t->eras,
			    .painted = ++t->n_painted,
			    .link = p.link,
			    .wish = p.wish,
			    .id = m->is.train,
			    .layout = m->is.layout,
			    .want = r->want,
			    .pending = r->pending,
			    .lack = r->lack};

	seats_leave_all(t, r);
	heap_cancel(&t->heap, &r->timer);
	*r = blank;
	run_choose_group(t, r);
	r->number = first_number(t);
	bitmap_open(&r->want, r->want.words, r->layout.packets);
	memset(r->pending, 0, r->layout.blocks * sizeof(*r->pending));
	run_pace(t, r);
}

/* The run for who boards, or for another server's train; NULL: there is no
 * room. */
static struct run *run_for(struct traind *t, const struct image *im,
			   const struct image_manifest *m, struct place p,
			   bool boards, struct effects *fx)
{
	struct run *r = run_of(t, im->id, p);

	if (r && r->version == im->version && r->id == m->is.train) {
		r->painted = ++t->n_painted;
		return r;
	}
	if (r && r->phase != RUN_STANDING)
		run_stop(t, r, fx); /* its riders' file is gone */
	if (!r)
		r = free_slot(t, RUN_STANDING);
	if (!r && boards)
		r = free_slot(t, RUN_FOLLOWING);
	if (r)
		run_paint(t, r, im, m, p);
	return r;
}

/* ---- boarding -------------------------------------------------------------
 */

static void refuse(struct traind *t, const struct boarding *b, uint16_t code,
		   const char *text, struct effects *fx)
{
	struct wr w = effects_head(fx);

	if (b->is_heard_by_all)
		return; /* somebody else may have it */
	train_refuse_put(b->nonce, code, text, &w);
	effects_send(fx, &w, traind_us(t), b->from)->link = b->at.link;
}

static void send_ticket(struct traind *t, const struct boarding *b,
			struct run *r, const struct image_manifest *m,
			struct effects *fx)
{
	struct train_ticket ticket = {.cookie = seat_cookie(t, r, b->from),
				      .group = r->group,
				      .head = m->head,
				      .head_len = m->head_len,
				      .note = m->refused};
	struct wr w = effects_head(fx);

	if (m->refused)
		ticket.note_len = strlen(m->refused);
	train_ticket_put(b->nonce, &ticket, &w);
	assert(wr_len(&w) <= TRAIN_BOARD_LEN);
	effects_send(fx, &w, traind_us(t), b->from)->link = b->at.link;
	if (!seat_find(t, r, b->from))
		seat_asked(t, r, b->from, true);
	t->stats.tickets++;
}

static bool is_being_made(const struct traind *t, uint32_t image)
{
	for (unsigned i = 0; i < t->n_waiting; i++)
		if (t->waiting[i].image == image)
			return true;
	return false;
}

/* Who asks again need not be answered twice. */
static void wait(struct traind *t, const struct boarding *b)
{
	unsigned at = 0;

	while (at < t->n_waiting && !endpoint_is(t->waiting[at].from, b->from))
		at++;
	if (at == WAITING)
		return; /* it will ask again */
	t->waiting[at] = *b;
	t->n_waiting += at == t->n_waiting;
}

/* It takes as long as to read the file: who asks again shall not take us for
 * dead. */
static void say_preparing(struct traind *t, const struct boarding *b,
			  struct effects *fx)
{
	struct wr w = effects_head(fx);

	if (b->is_heard_by_all)
		return; /* somebody else may have it */
	train_preparing_put(b->nonce, &w);
	effects_send(fx, &w, traind_us(t), b->from)->link = b->at.link;
}

/* The manifest has to be made.  A file is read for it once, for all that ask
 * meanwhile. */
static void make_manifest(struct traind *t, const struct boarding *b,
			  const struct image *im, struct effects *fx)
{
	struct ref ref = {.image = im->id,
			  .version = im->version,
			  .len = 0,
			  .kind = REF_MANIFEST,
			  .packet = TRAIN_PACKET,
			  .packets = t->site->settings->train.block};
	bool is_asked = is_being_made(t, im->id);

	wait(t, b);
	if (is_asked && b->from.port)
		say_preparing(t, b, fx);
	else if (!is_asked)
		effects_fetch(fx, &ref,
			      (uint64_t)im->id << 32 | FETCH_MANIFEST);
}

/* A signed manifest may cut its file into smaller parts than we have tables
 * for. */
static bool fits(const struct traind *t, const struct layout *l)
{
	return l->packets <= t->packets_most && l->blocks <= t->blocks_most;
}

static void refuse_full(struct traind *t, const struct boarding *b,
			bool is_trains, struct effects *fx)
{
	t->stats.refused++;
	effects_note(fx, NOTE_ANSWERED_LATE)->text = is_trains ? "trains"
							       : "riders";
	refuse(t, b, TRAIN_NO_ROOM,
	       is_trains ? "too many trains" : "too many riders", fx);
}

static void board(struct traind *t, const struct boarding *b,
		  struct effects *fx)
{
	const struct image *im = images_get(t->site->images, b->image);
	const struct image_manifest *m =
		images_manifest(t->site->images, im->id, im->version);
	struct run *r;

	if (!im->size || im->size > TRAIND_SIZE_MAX ||
	    (m && !fits(t, &m->is.layout))) {
		refuse(t, b, TRAIN_NO_ROOM, "no train carries this file", fx);
		return;
	}
	if (!m) {
		make_manifest(t, b, im, fx);
		return;
	}
	r = run_for(t, im, m, b->at, true, fx);
	if (r && r->phase == RUN_FOLLOWING)
		drive_forward(t, b, r, fx);
	else if (!r || (seats_are_taken(t, r) && !seat_find(t, r, b->from)))
		refuse_full(t, b, !r, fx);
	else
		send_ticket(t, b, r, m, fx);
}

void board_ask(struct traind *t, const struct dgram *d, uint64_t nonce,
	       struct rd *body, struct effects *fx)
{
	struct boarding b = {.from = d->from,
			     .at = place_of(t, d),
			     .nonce = nonce,
			     .is_heard_by_all = d->to.ip == IP_BROADCAST};
	const struct image *im;
	const char *name;
	size_t len;

	t->stats.boards++;
	/* The answer is no longer than that (R12). */
	if (d->len < TRAIN_BOARD_LEN || !train_board_get(&name, &len, body))
		return;
	im = images_find(t->site->images, name, len);
	b.image = im ? im->id : 0;
	if (im)
		board(t, &b, fx);
	else
		refuse(t, &b, TRAIN_NO_FILE, "no such file", fx);
}

/* Not now, or not of what is there now: it may be had the next time. */
static bool is_worth_asking(int rc)
{
	return rc == -EAGAIN || rc == -ESTALE || rc == -ENOMEM ||
	       rc == -ENOBUFS;
}

void board_waiting(struct traind *t, uint32_t image, int rc, struct effects *fx)
{
	unsigned n = t->n_waiting, kept = 0;

	/* If it is not there now, either, they are told so or wait again. */
	for (unsigned i = 0; i < n; i++) {
		struct boarding b = t->waiting[i];
		const struct image *im = images_get(t->site->images, b.image);

		if (b.image != image)
			t->waiting[kept++] = b;
		else if (!rc && b.from.port && im && im->is_there &&
			 images_manifest(t->site->images, im->id, im->version))
			board(t, &b, fx);
		else if (rc && b.from.port && !is_worth_asking(rc))
			refuse(t, &b, TRAIN_NO_FILE, "the file is unreadable",
			       fx);
	}
	t->n_waiting = kept;
}

/* ---- what other servers say ----------------------------------------------
 */

void board_forwarded(struct traind *t, const struct dgram *d, uint64_t nonce,
		     struct rd *body, struct effects *fx)
{
	struct boarding b = {.nonce = nonce, .is_heard_by_all = true};
	const struct image *im;
	struct train_forward f;

	if (!drive_is_shared(t) ||
	    d->from.port != t->site->settings->train.port ||
	    !train_forward_get(&f, body) || !f.rider.port ||
	    !site_is_neighbour(t->site, f.rider.ip))
		return;
	b.from = f.rider;
	b.at = (struct place){d->link,
			      site_group(t->site, f.rider.ip, d->link, true)};
	im = images_find(t->site->images, f.name, f.len);
	b.image = im ? im->id : 0;
	if (im)
		board(t, &b, fx);
}

struct run *board_other(struct traind *t, uint64_t id,
			const struct train_drives *v, struct place p,
			struct effects *fx)
{
	const struct image *im = images_find(t->site->images, v->name, v->len);
	const struct image_manifest *m;

	if (!im || !im->size || im->size > TRAIND_SIZE_MAX)
		return NULL;
	m = images_manifest(t->site->images, im->id, im->version);
	/* It is going to be there when it is needed: nobody waits for it. */
	if (!m)
		make_manifest(
			t,
			&(struct boarding){.from.ip = im->id, .image = im->id},
			im, fx);
	if (!m || m->is.train != id || !fits(t, &m->is.layout))
		return NULL;
	return run_for(t, im, m, p, false, fx);
}
