/*
 * Which of several servers sends a train, page "Several servers".  The one that
 * does tells the others all the time; when it is silent, another takes the
 * train up.  Of two that send, the one that took it up later goes on, then the
 * one whose train has left, then the one with the lower address: each of them
 * judges alike, so that nobody has to be asked.
 */
#include "engine/note.h"
#include "engine/traind_impl.h"
#include "model/policy.h"

/* Three of four may be lost. */
static const usec TELL = MILLISECONDS(100), SILENCE = MILLISECONDS(400);
static const usec LOT = MILLISECONDS(100);
/* Who was asleep for so long hears first what became of the train. */
static const usec ASLEEP = MILLISECONDS(300), LISTEN = MILLISECONDS(20);
/* An answer to who should not send. */
static const usec OBJECT = MILLISECONDS(5);
/* Riders of a train that was taken up come all at once. */
static const usec BACK = MILLISECONDS(50), BACK_MOST = SECONDS(2);

bool drive_is_shared(const struct traind *t)
{
	switch (t->site->settings->train.share) {
	case SHARE_GUESS:
		return t->site->store.is_shared;
	case SHARE_YES:
		return true;
	case SHARE_NO:
		break;
	}
	return false;
}

/* ---- what is said ---------------------------------------------------------
 */

static void say(struct traind *t, const struct run *r, struct effects *fx)
{
	const struct image *im = images_get(t->site->images, r->image);
	struct endpoint all = {IP_BROADCAST, t->site->settings->train.port};
	struct train_drives v = {.flags = r->has_left ? TRAIN_FLAG_LEFT : 0,
				 .phase = (uint8_t)run_phase_said(r),
				 .turn = r->turn,
				 .wish = r->wish,
				 .group = r->group,
				 .riders = r->n_seats,
				 .name = im->name,
				 .len = strlen(im->name)};
	struct wr w = effects_head(fx);

	train_drives_put(r->id, &v, &w);
	effects_send(fx, &w, traind_us(t), all)->link = r->link;
}

static void say_now(struct traind *t, struct run *r, usec now,
		    struct effects *fx)
{
	say(t, r, fx);
	r->told_all = now;
	r->tell_at = now + TELL;
}

void drive_begin(struct traind *t, struct run *r, usec now)
{
	if (drive_is_shared(t))
		r->tell_at = now;
}

void drive_end(struct traind *t, struct run *r, struct effects *fx)
{
	if (r->tell_at == NEVER)
		return;
	r->tell_at = NEVER;
	say(t, r, fx);
}

/* To all riders of the group: their cookies are worth nothing any more. */
static void refuse_all(struct traind *t, const struct run *r,
		       struct effects *fx)
{
	struct wr w = effects_head(fx);
	struct send *s;

	train_refuse_put(r->id, TRAIN_NO_COOKIE, "", &w);
	s = effects_send(fx, &w, traind_us(t), r->group);
	s->link = r->link;
	s->ttl = t->site->settings->train.ttl;
}

void drive_forward(struct traind *t, const struct boarding *b,
		   const struct run *r, struct effects *fx)
{
	const struct image *im = images_get(t->site->images, b->image);
	struct endpoint to = {r->driver, t->site->settings->train.port};
	struct train_forward f = {
		.rider = b->from, .name = im->name, .len = strlen(im->name)};
	struct wr w = effects_head(fx);

	if (b->is_heard_by_all)
		return; /* it has heard of it */
	train_forward_put(b->nonce, &f, &w);
	effects_send(fx, &w, traind_us(t), to)->link = r->link;
}

/* ---- who sends ------------------------------------------------------------
 */

struct claim {
	uint32_t turn;
	bool has_left;
	uint32_t ip;
};

static bool is_before(struct claim a, struct claim b)
{
	if (a.turn != b.turn)
		return a.turn > b.turn;
	if (a.has_left != b.has_left)
		return a.has_left;
	return a.ip < b.ip;
}

/* Of whoever sends it, as far as we know. */
static struct claim claim_of(const struct traind *t, const struct run *r)
{
	const struct link *l = site_link(t->site, r->link);

	if (r->phase == RUN_FOLLOWING)
		return (struct claim){r->turn, r->has_driven, r->driver};
	return (struct claim){r->turn, r->has_left, l ? l->ip : 0};
}

static void note(struct traind *t, const struct run *r, unsigned code,
		 struct effects *fx)
{
	struct note *n = run_note(t, r, code, fx);

	n->ip = r->driver;
	n->a = r->turn;
	n->b = r->had;
}

static void give_way(struct traind *t, struct run *r, struct effects *fx)
{
	refuse_all(t, r, fx);
	r->tell_at = NEVER;
	run_stop(t, r, fx);
}

static void follow(struct traind *t, struct run *r, uint32_t driver,
		   const struct train_drives *v, usec now, struct effects *fx)
{
	bool drove = run_drives(r);

	if (drove)
		give_way(t, r, fx);
	else if (r->phase == RUN_STANDING)
		run_stop(t, r, fx);
	r->phase = RUN_FOLLOWING;
	r->driver = driver;
	r->turn = v->turn;
	r->had = v->riders;
	r->has_driven = v->flags & TRAIN_FLAG_LEFT;
	r->has_gone |= r->has_driven;
	r->group = v->group;
	if (drove)
		note(t, r, NOTE_TRAIN_LEFT, fx);
	run_timer(t, r, now + SILENCE + (usec)rand_below(&t->rand, LOT));
}

/* Nobody sends it any more: what is begun next is later than that. */
static void is_over(struct traind *t, struct run *r,
		    const struct train_drives *v, uint32_t driver,
		    struct effects *fx)
{
	bool is_its = r->phase == RUN_FOLLOWING && r->driver == driver;

	if (r->phase == RUN_FOLLOWING && !is_its)
		return;
	if (is_its) {
		run_stop(t, r, fx);
		run_choose_group(t, r);
	} else if (v->turn > r->turn && run_drives(r)) {
		/* We were asleep, and our riders are gone, or will be back. */
		give_way(t, r, fx);
	}
	if (v->turn > r->turn)
		r->turn = v->turn;
}

static void object(struct traind *t, struct run *r, usec now,
		   struct effects *fx)
{
	usec soon = r->told_all + OBJECT;

	if (r->phase == RUN_FOLLOWING)
		return;
	if (now < soon) {
		/* Who began just now, with a manifest that it has since then,
		 * did not heed what was said last. */
		if (soon < r->tell_at) {
			r->tell_at = soon;
			run_timer(t, r, r->due);
		}
		return;
	}
	if (r->phase == RUN_STANDING)
		say(t, r, fx);
	else
		say_now(t, r, now, fx);
	r->told_all = now;
}

static void is_sent(struct traind *t, struct run *r, uint32_t driver,
		    const struct train_drives *v, usec now, struct effects *fx)
{
	struct claim its = {v->turn, v->flags & TRAIN_FLAG_LEFT, driver};
	bool is_its = r->phase == RUN_FOLLOWING && r->driver == driver;

	if (is_its ||
	    (r->phase == RUN_STANDING ? v->turn >= r->turn
				      : is_before(its, claim_of(t, r))))
		follow(t, r, driver, v, now, fx);
	else
		object(t, r, now, fx);
}

void drive_hear(struct traind *t, const struct dgram *d,
		const struct train_head *h, struct rd *body, usec now,
		struct effects *fx)
{
	struct train_drives v = {.flags = h->flags};
	struct place p = {.link = d->link};
	struct run *r;

	if (!drive_is_shared(t) ||
	    d->from.port != t->site->settings->train.port ||
	    !train_drives_get(&v, body) || v.phase > TRAIN_SAYS_ASKING)
		return;
	/* Or whoever forges one could have us send anywhere. */
	if (!policy_is_train_group(t->site->settings, v.wish, v.group))
		return;
	p.wish = v.wish;
	if (v.phase == TRAIN_SAYS_STANDING) {
		r = run_by_id(t, h->id, p);
		if (r)
			is_over(t, r, &v, d->from.ip, fx);
		return;
	}
	r = board_other(t, h->id, &v, p, fx);
	if (r)
		is_sent(t, r, d->from.ip, &v, now, fx);
}

/* ---- taking up ------------------------------------------------------------
 */

void drive_take_up(struct traind *t, struct run *r, usec now,
		   struct effects *fx)
{
	r->turn += r->turn != UINT32_MAX; /* which only liars reach */
	note(t, r, NOTE_TRAIN_TAKEN, fx);
	r->phase = RUN_HOLDING;
	r->is_taken = true;
	r->first_at = r->came_at = now;
	r->leave_at = r->leave_by = now + BACK_MOST;
	r->awaited = r->had;
	say_now(t, r, now, fx);
	refuse_all(t, r, fx);
	run_say(t, r, now, NULL, fx);
	run_timer(t, r, now + TELL);
}

usec drive_leaves(const struct run *r, usec now)
{
	if (!r->n_seats)
		return r->leave_by;
	if (r->n_seats >= r->had)
		return now;
	return usec_min(r->came_at + BACK, r->leave_by);
}

bool drive_listens(const struct run *r, usec now)
{
	return now < r->listens_to || now - r->tell_at >= ASLEEP;
}

bool drive_expire(struct traind *t, struct run *r, usec now, struct effects *fx)
{
	if (now >= r->tell_at) {
		if (now - r->tell_at >= ASLEEP)
			r->listens_to = now + LISTEN;
		say_now(t, r, now, fx);
	} else if (r->phase == RUN_FOLLOWING && now - r->due >= ASLEEP) {
		r->due = now + LISTEN;
	}
	if (now < r->due || now < r->listens_to) {
		run_timer(t, r, r->due);
		return false;
	}
	r->due = NEVER;
	if (r->tell_at != NEVER) /* also while it waits for the disk alone */
		run_timer(t, r, NEVER);
	return true;
}
