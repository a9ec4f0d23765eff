/*
 * The list of effects.  It never grows: an effect that finds no room goes into
 * a spare that nobody carries out, and is counted, so that engines can write
 * straight down.  An engine that lets this happen has a bug; it should have
 * asked effects_room().
 */
#include "engine/effects.h"

#include <errno.h>

int effects_open(struct effects *fx, const struct alloc *alloc)
{
	*fx = (struct effects){.cap = EFFECTS_MAX, .room = EFFECTS_BYTES};
	/* One more than cap: the spare. */
	fx->v = alloc_get(alloc, EFFECTS_MAX + 1, sizeof(*fx->v));
	fx->bytes = alloc_get(alloc, EFFECTS_BYTES, 1);
	if (!fx->v || !fx->bytes) {
		effects_close(fx, alloc);
		return -ENOMEM;
	}
	return 0;
}

void effects_close(struct effects *fx, const struct alloc *alloc)
{
	alloc_put(alloc, fx->v);
	alloc_put(alloc, fx->bytes);
	*fx = (struct effects){0};
}

void effects_clear(struct effects *fx)
{
	fx->n = 0;
	fx->used = 0;
}

bool effects_room(const struct effects *fx, size_t n, size_t bytes)
{
	return fx->cap - fx->n >= n && (fx->room - fx->used) / n >= bytes;
}

struct effect *effects_add(struct effects *fx, enum effect_kind kind)
{
	struct effect *e = &fx->v[fx->cap];

	if (fx->n < fx->cap)
		e = &fx->v[fx->n++];
	else
		fx->lost++;
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	return e;
}

static struct wr write_up_to(struct effects *fx, size_t most)
{
	size_t left = fx->room - fx->used;

	return wr_over(fx->bytes + fx->used, left < most ? left : most);
}

struct wr effects_head(struct effects *fx)
{
	return write_up_to(fx, EFFECT_HEAD_MAX);
}

struct wr effects_record(struct effects *fx)
{
	return write_up_to(fx, RECORD_MAX);
}

/* A SEND of what was written at the end of the bytes. */
static struct send *add_send(struct effects *fx, const struct wr *w)
{
	struct send *s;

	if (w->bad) {
		fx->lost++;
		fx->v[fx->cap] = (struct effect){.kind = EFFECT_SEND};
		return &fx->v[fx->cap].send;
	}
	s = &effects_add(fx, EFFECT_SEND)->send;
	s->head = w->start;
	s->head_len = wr_len(w);
	fx->used += s->head_len;
	return s;
}

struct send *effects_send(struct effects *fx, const struct wr *w,
			  struct endpoint from, struct endpoint to)
{
	struct send *s = add_send(fx, w);

	s->how = SEND_UDP;
	s->from = from;
	s->to = to;
	return s;
}

struct send *effects_frame(struct effects *fx, const struct wr *w,
			   uint32_t link)
{
	struct send *s = add_send(fx, w);

	s->how = SEND_FRAME;
	s->link = link;
	return s;
}

struct send *effects_send_record(struct effects *fx, const struct wr *w,
				 uint32_t conn)
{
	struct send *s = add_send(fx, w);

	s->how = SEND_RECORD;
	s->conn = conn;
	return s;
}

struct wr effects_long(struct effects *fx)
{
	return write_up_to(fx, EFFECTS_LONG);
}

static void send_pieces(struct effects *fx, const struct wr *w, uint32_t conn,
			bool goes_on)
{
	size_t left = w->bad ? 0 : wr_len(w);
	const uint8_t *at = w->start;

	fx->lost += w->bad;
	fx->used += left;
	while (left) {
		struct send *s = &effects_add(fx, EFFECT_SEND)->send;

		s->how = SEND_RECORD;
		s->conn = conn;
		s->head = at;
		s->head_len = left < RECORD_MAX ? left : RECORD_MAX;
		at += s->head_len;
		left -= s->head_len;
		s->is_part = left || goes_on;
	}
}

void effects_send_long(struct effects *fx, const struct wr *w, uint32_t conn)
{
	send_pieces(fx, w, conn, false);
}

void effects_send_part(struct effects *fx, const struct wr *w, uint32_t conn)
{
	send_pieces(fx, w, conn, true);
}

void effects_drain(struct effects *fx, uint32_t conn)
{
	effects_add(fx, EFFECT_DRAIN)->conn = conn;
}

void effects_hangup(struct effects *fx, uint32_t conn)
{
	effects_add(fx, EFFECT_HANGUP)->conn = conn;
}

void effects_fetch(struct effects *fx, const struct ref *ref, uint64_t cookie)
{
	struct fetch *f = &effects_add(fx, EFFECT_FETCH)->fetch;

	f->ref = *ref;
	f->cookie = cookie;
}

struct change *effects_commit(struct effects *fx, uint64_t cookie)
{
	struct commit_effect *c = &effects_add(fx, EFFECT_COMMIT)->commit;

	c->cookie = cookie;
	return &c->change;
}

void effects_commit_all(struct effects *fx, struct changes *all,
			uint64_t cookie)
{
	struct commit_effect *c = &effects_add(fx, EFFECT_COMMIT)->commit;

	c->all = all;
	c->cookie = cookie;
}

void effects_listen(struct effects *fx, uint16_t port, uint32_t link,
		    unsigned flags, uint64_t cookie)
{
	effects_add(fx, EFFECT_LISTEN)->listen = (struct listen){
		.port = port, .link = link, .flags = flags, .cookie = cookie};
}

void effects_close_port(struct effects *fx, uint16_t port, uint32_t link)
{
	effects_add(fx, EFFECT_CLOSE)->listen =
		(struct listen){.port = port, .link = link};
}

void effects_close_stream(struct effects *fx, uint16_t port)
{
	effects_add(fx, EFFECT_CLOSE)->listen =
		(struct listen){.port = port, .flags = LISTEN_STREAM};
}

void effects_pair(struct effects *fx, struct endpoint at, struct endpoint peer)
{
	effects_add(fx, EFFECT_PAIR)->pair =
		(struct pair){.at = at, .peer = peer};
}

struct note *effects_note(struct effects *fx, unsigned code)
{
	struct note *n = &effects_add(fx, EFFECT_NOTE)->note;

	n->code = (uint16_t)code;
	return n;
}

void *effects_copy(struct effects *fx, const void *p, size_t len)
{
	uint8_t *to = fx->bytes + fx->used;

	if (fx->room - fx->used < len) {
		fx->lost++;
		return NULL;
	}
	if (len)
		memcpy(to, p, len);
	fx->used += len;
	return to;
}

void *effects_array(struct effects *fx, size_t n, size_t size)
{
	size_t gap = -fx->used % _Alignof(max_align_t);
	void *to;

	if (fx->room - fx->used < gap ||
	    (fx->room - fx->used - gap) / size < n) {
		fx->lost++;
		return NULL;
	}
	to = fx->bytes + fx->used + gap;
	fx->used += gap + n * size;
	return to;
}

const char *effects_text(struct effects *fx, const char *s, size_t len)
{
	char *to = fx->room - fx->used > len ? effects_copy(fx, s, len) : NULL;

	if (!to)
		return "";
	fx->bytes[fx->used++] = 0;
	return to;
}

struct question *effects_ask(struct effects *fx, enum question_kind kind,
			     const char *text, const char *with,
			     uint64_t cookie)
{
	struct question *q = &effects_add(fx, EFFECT_ASK)->ask;

	*q = (struct question){
		.kind = kind,
		.text = effects_text(fx, text, strlen(text)),
		.with = effects_text(fx, with, strlen(with)),
		.cookie = cookie,
	};
	return q;
}

void effects_own(struct effects *fx, size_t from, uint8_t owner)
{
	for (size_t i = from; i < fx->n; i++)
		fx->v[i].owner = owner;
}

void effects_own_above(struct effects *fx, size_t from, uint8_t owner)
{
	for (size_t i = from; i < fx->n; i++)
		fx->v[i].owner = (uint8_t)(fx->v[i].owner + owner);
}
