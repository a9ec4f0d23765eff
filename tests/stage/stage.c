/*
 * The stage.  After every call of the engine its effects are written into the
 * transcript and those that settle are queued; the queue is then played back
 * one by one, each with a cleared list, just as a loop would do it.
 */
#include "stage/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TRANSCRIPT = 1 << 20, LINE = 1024, SPIN = 1000 };

struct waiting {
	struct outcome outcome;
	struct change change;
	uint8_t *props; /* of the change, copied */
	struct changes *all;
	struct ref ref; /* of a FETCH */
	bool is_held;
};

struct stage_rest {
	struct effects fx;
	struct waiting queue[STAGE_HELD];
	unsigned n;
	char transcript[TRANSCRIPT];
	size_t len;
};

/* ---- memory ------------------------------------------------------------- */

static void *get(void *arg, size_t n, size_t size)
{
	(void)arg;
	return calloc(n ? n : 1, size ? size : 1);
}

static void put(void *arg, void *p)
{
	(void)arg;
	free(p);
}

const struct alloc stage_alloc = {NULL, get, put};

struct stage *stage_open(void)
{
	struct stage *st = calloc(1, sizeof(*st));

	if (st)
		st->rest = calloc(1, sizeof(*st->rest));
	if (!st || !st->rest || effects_open(&st->rest->fx, &stage_alloc))
		fail_msg("no memory for a stage");
	else {
		st->wall = SECONDS(1700000000);
		st->link = 1;
		st->slam[0] = 10000;
		st->slam[1] = 19999;
	}
	return st;
}

void stage_close(struct stage *st)
{
	for (unsigned i = 0; i < st->rest->n; i++)
		free(st->rest->queue[i].props);
	effects_close(&st->rest->fx, &stage_alloc);
	free(st->rest);
	free(st);
}

void stage_engine(struct stage *st, struct engine *engine)
{
	st->engine = engine;
}

/* ---- the transcript ----------------------------------------------------- */

static void write_line(struct stage *st, const char *s)
{
	struct stage_rest *r = st->rest;
	int n = snprintf(r->transcript + r->len, TRANSCRIPT - r->len,
			 "%5lld ms  %s\n", (long long)(st->now / MILLISECOND),
			 s);

	if (n < 0 || (size_t)n >= TRANSCRIPT - r->len)
		fail_msg("the transcript is full");
	else
		r->len += (size_t)n;
}

const char *stage_said(const struct stage *st)
{
	return st->rest->transcript;
}

void stage_forget(struct stage *st)
{
	st->rest->len = 0;
	st->rest->transcript[0] = '\0';
}

void stage_expect_at(struct stage *st, const char *text, const char *file,
		     int line)
{
	if (strcmp(stage_said(st), text)) {
		printf("expected:\n%sbut it was:\n%s", text, stage_said(st));
		_fail(file, line);
	}
	stage_forget(st);
}

/* ---- effects ------------------------------------------------------------ */

static struct waiting *queue_add(struct stage *st, const struct effect *e)
{
	struct waiting *w = &st->rest->queue[st->rest->n];

	if (st->rest->n == STAGE_HELD)
		fail_msg("more than %d effects wait", STAGE_HELD);
	st->rest->n++;
	*w = (struct waiting){.outcome = {.kind = e->kind, .owner = e->owner},
			      .is_held = st->holds[e->kind]};
	return w;
}

static void on_commit(struct stage *st, const struct effect *e)
{
	struct waiting *w = queue_add(st, e);
	const struct plist *from = &e->commit.change.props;

	w->outcome.cookie = e->commit.cookie;
	w->change = e->commit.change;
	if (e->commit.all)
		w->all = changes_keep(e->commit.all);
	if (from->len) {
		w->props = malloc(from->len);
		assert_non_null(w->props);
		memcpy(w->props, from->bytes, from->len);
		w->change.props.bytes = w->props;
	}
}

static void on_fetch(struct stage *st, const struct effect *e)
{
	struct waiting *w = queue_add(st, e);

	w->outcome.cookie = e->fetch.cookie;
	w->ref = e->fetch.ref;
}

static void read_text(const struct stage *st, struct waiting *w)
{
	size_t half = w->ref.len / 2;

	assert_in_range(w->ref.offset, 0, st->text_len);
	assert_in_range(w->ref.len, 1, st->text_len - w->ref.offset);
	assert_true(w->ref.len <= REF_READ_MAX);
	w->outcome.read[0] = (struct piece){st->text + w->ref.offset, half};
	w->outcome.read[1] = (struct piece){st->text + w->ref.offset + half,
					    w->ref.len - half};
}

static void on_send(struct stage *st, const struct send *s)
{
	assert_true(s->head_len <= sizeof(st->last));
	st->sends++;
	st->last_send = *s;
	st->last_len = s->head_len;
	memcpy(st->last, s->head, s->head_len);
	st->last_send.head = st->last;
	if (st->sent)
		st->sent(st->arg, s);
}

static void on_keep(struct stage *st, const struct keep *k)
{
	st->keeps++;
	st->kept += k->len + k->body.len;
	if (k->file || !st->keep_to || !k->bytes)
		return;
	assert_true(k->offset + k->len <= st->keep_room);
	memcpy(st->keep_to + k->offset, k->bytes, k->len);
}

static void carry_out(struct stage *st, const struct effect *e)
{
	switch (e->kind) {
	case EFFECT_SEND:
		on_send(st, &e->send);
		break;
	case EFFECT_FETCH:
		on_fetch(st, e);
		break;
	case EFFECT_COMMIT:
		on_commit(st, e);
		break;
	case EFFECT_LISTEN:
		st->last_port = e->listen.port;
		queue_add(st, e)->outcome.cookie = e->listen.cookie;
		break;
	case EFFECT_JOIN:
		if (st->rc[EFFECT_JOIN])
			queue_add(st, e)->outcome.cookie = e->join.cookie;
		break;
	case EFFECT_ADDRESS:
		queue_add(st, e)->outcome.cookie = e->address.cookie;
		break;
	case EFFECT_ALLOT:
		queue_add(st, e)->outcome.cookie = e->allot.cookie;
		break;
	case EFFECT_KEEP:
		on_keep(st, &e->keep);
		break;
	case EFFECT_MEND:
		queue_add(st, e)->outcome.cookie = e->mend.cookie;
		break;
	case EFFECT_SORT:
		queue_add(st, e)->outcome.cookie = e->sort.cookie;
		break;
	case EFFECT_ASK:
		queue_add(st, e)->outcome.cookie = e->ask.cookie;
		break;
	case EFFECT_DRAIN:
		queue_add(st, e)->outcome.cookie = e->conn;
		break;
	case EFFECT_CLOSE:
	case EFFECT_HANGUP:
	case EFFECT_PAIR:
	case EFFECT_LEAVE:
	case EFFECT_NOTE:
		break;
	}
}

static void carry_out_all(struct stage *st)
{
	struct effects *fx = &st->rest->fx;
	char line[LINE];

	assert_int_equal(fx->lost, 0);
	for (size_t i = 0; i < fx->n; i++) {
		struct text t = text_over(line, sizeof(line));

		carry_out(st, &fx->v[i]);
		if (st->hides[fx->v[i].kind])
			continue;
		stage_tell(&t, st, &fx->v[i]);
		if (t.len)
			write_line(st, line);
	}
	effects_clear(fx);
}

static void settle_at(struct stage *st, unsigned i, int rc)
{
	struct stage_rest *r = st->rest;
	struct waiting w = r->queue[i];

	r->n--;
	memmove(&r->queue[i], &r->queue[i + 1],
		(r->n - i) * sizeof(r->queue[0]));
	w.outcome.rc = rc;
	w.outcome.wall = st->wall;
	w.outcome.bits = st->wrong;
	if (w.outcome.kind == EFFECT_COMMIT) {
		w.outcome.change = &w.change;
		w.outcome.all = w.all;
		if (!rc && st->commit)
			st->commit(st->arg, &w.change);
	}
	if (w.ref.kind == REF_READ && !rc)
		read_text(st, &w);
	if (w.outcome.kind == EFFECT_ASK && !rc) {
		w.outcome.answer = st->answer;
		w.outcome.answer_len = st->answer_len;
	}
	if (st->engine)
		st->engine->settle(st->engine, st->now, &w.outcome, &r->fx);
	free(w.props);
	changes_drop(w.all);
	carry_out_all(st);
}

static int first_waiting(const struct stage *st)
{
	for (unsigned i = 0; i < st->rest->n; i++)
		if (!st->rest->queue[i].is_held)
			return (int)i;
	return -1;
}

struct effects *stage_begin(struct stage *st)
{
	effects_clear(&st->rest->fx);
	return &st->rest->fx;
}

void stage_end(struct stage *st)
{
	int i, spins = 0;

	carry_out_all(st);
	while ((i = first_waiting(st)) >= 0) {
		if (++spins > 100 * SPIN)
			fail_msg("what settles never ends");
		settle_at(st, (unsigned)i,
			  st->rc[st->rest->queue[i].outcome.kind]);
	}
}

void stage_settle(struct stage *st, enum effect_kind kind, int rc)
{
	for (unsigned i = 0; i < st->rest->n; i++)
		if (st->rest->queue[i].outcome.kind == kind) {
			settle_at(st, i, rc);
			stage_end(st);
			return;
		}
	fail_msg("nothing of kind %d waits", (int)kind);
}

unsigned stage_held(const struct stage *st, enum effect_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < st->rest->n; i++)
		n += st->rest->queue[i].outcome.kind == kind;
	return n;
}

/* ---- what happens to the engine ----------------------------------------- */

/* Exactly as long as it is, so that a read behind it is seen. */
static void hear(struct stage *st, struct dgram d)
{
	uint8_t *exact = malloc(d.len ? d.len : 1);
	struct effects *fx = stage_begin(st);

	assert_non_null(exact);
	if (d.len)
		memcpy(exact, d.bytes, d.len);
	d.bytes = exact;
	d.wall = st->wall;
	st->engine->input(st->engine, st->now, &d, fx);
	/* KEEP effects point into it. */
	stage_end(st);
	free(exact);
}

void stage_hear_dgram(struct stage *st, const struct dgram *d)
{
	hear(st, *d);
}

void stage_hear_from(struct stage *st, struct endpoint from, const void *bytes,
		     size_t len)
{
	hear(st, (struct dgram){.kind = DGRAM_UDP,
				.link = st->link,
				.from = from,
				.to = st->me,
				.bytes = bytes,
				.len = len});
}

void stage_hear(struct stage *st, const void *bytes, size_t len)
{
	stage_hear_from(st, st->peer, bytes, len);
}

void stage_hear_ref(struct stage *st, const void *bytes, size_t len,
		    const struct ref *body)
{
	hear(st, (struct dgram){.kind = DGRAM_UDP,
				.link = st->link,
				.from = st->peer,
				.to = st->me,
				.bytes = bytes,
				.len = len,
				.body = *body});
}

void stage_hear_record(struct stage *st, uint32_t conn, const void *bytes,
		       size_t len)
{
	hear(st, (struct dgram){.kind = DGRAM_RECORD,
				.from = st->peer,
				.to = st->me,
				.conn = conn,
				.uid = st->uid,
				.bytes = bytes,
				.len = len});
}

void stage_hear_hangup(struct stage *st, uint32_t conn)
{
	hear(st, (struct dgram){.kind = DGRAM_HANGUP,
				.from = st->peer,
				.to = st->me,
				.conn = conn,
				.uid = st->uid});
}

void stage_hear_frame(struct stage *st, const void *bytes, size_t len)
{
	hear(st, (struct dgram){.kind = DGRAM_FRAME,
				.link = st->link,
				.bytes = bytes,
				.len = len});
}

static void clock_to(struct stage *st, usec at)
{
	st->wall += at - st->now;
	st->now = at;
}

static void expire_now(struct stage *st)
{
	struct effects *fx = stage_begin(st);

	st->engine->expire(st->engine, st->now, fx);
	stage_end(st);
}

/* All that is due at this very moment. */
static void expire_all(struct stage *st)
{
	for (int spins = 0; st->engine->deadline(st->engine) <= st->now;
	     spins++) {
		if (spins == SPIN)
			fail_msg("the engine spins");
		expire_now(st);
	}
}

void stage_wait(struct stage *st, usec span)
{
	usec until = st->now + span, due;

	expire_all(st);
	while ((due = st->engine->deadline(st->engine)) <= until) {
		clock_to(st, due);
		expire_all(st);
	}
	clock_to(st, until);
}

bool stage_step(struct stage *st)
{
	usec due = st->engine->deadline(st->engine);

	if (due == NEVER)
		return false;
	clock_to(st, usec_max(due, st->now));
	expire_all(st);
	return true;
}
