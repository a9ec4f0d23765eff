/*
 * mirrord.  Joined lanes are heard by the socket, as every program hears them;
 * the lane that nobody joins only by the packet socket.
 */
#include "engine/mirrord.h"

#include "base/heap.h"
#include "engine/effects.h"
#include "wire/frame.h"
#include "wire/mirror.h"

#include <errno.h>

struct mirrord {
	struct engine engine;
	struct link link;
	usec start;
	uint32_t run;
	uint8_t seen;
	bool is_fresh; /* LANE_FRESH is joined */
	unsigned said; /* answers in this second */
	usec second;
	int rc;
};

static struct mirrord *mirrord_of(struct engine *e)
{
	return CONTAINER(e, struct mirrord, engine);
}

static void join(struct mirrord *m, enum effect_kind kind, unsigned lane,
		 struct effects *fx)
{
	struct join *j = &effects_add(fx, kind)->join;

	j->group = (struct endpoint){mirror_group(lane), MIRROR_PORT};
	j->link = m->link.index;
}

static void say(struct mirrord *m, uint8_t kind, uint8_t lane,
		struct endpoint to, usec now, struct effects *fx)
{
	struct mirror out = {.kind = kind,
			     .lane = lane,
			     .seen = m->seen,
			     .run = m->run,
			     .uptime = (uint32_t)((now - m->start) / SECOND)};
	struct endpoint from = {m->link.ip, MIRROR_PORT};
	struct wr w = effects_head(fx);

	mirror_put(&out, &w);
	effects_send(fx, &w, from, to)->link = m->link.index;
}

/* A new run: members of its lane are to be new ones, too. */
static void begin(struct mirrord *m, uint32_t run, struct effects *fx)
{
	m->run = run;
	m->seen = 0;
	if (m->is_fresh)
		join(m, EFFECT_LEAVE, LANE_FRESH, fx);
	join(m, EFFECT_JOIN, LANE_FRESH, fx);
	m->is_fresh = true;
}

static bool has_breath(struct mirrord *m, usec now)
{
	if (now - m->second >= SECOND) {
		m->second = now;
		m->said = 0;
	}
	return m->said++ < MIRRORD_PACE;
}

static void on_message(struct mirrord *m, const struct mirror *in,
		       struct endpoint from, usec now, struct effects *fx)
{
	struct endpoint group = {mirror_group(in->lane), MIRROR_PORT};

	if (!has_breath(m, now))
		return;
	if (in->kind == MIRROR_HELLO) {
		if (in->run != m->run || !m->is_fresh)
			begin(m, in->run, fx);
		say(m, MIRROR_HERE, in->lane, from, now, fx);
	} else if (in->kind == MIRROR_PROBE && in->run == m->run) {
		m->seen |= (uint8_t)(1 << in->lane);
		say(m, MIRROR_SEEN, in->lane, from, now, fx);
		say(m, MIRROR_BACK, in->lane, group, now, fx);
	}
}

/* Who would not be answered: nobody, a crowd, ourselves. */
static bool is_peer(const struct mirrord *m, struct endpoint from)
{
	uint32_t ip = from.ip;

	return ip && ip != m->link.ip && ip != (m->link.ip | ~m->link.mask) &&
	       ip != IP_BROADCAST && !ip_is_multicast(ip) &&
	       from.port == MIRROR_PORT;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct mirrord *m = mirrord_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	struct endpoint from = d->from;
	struct frame_udp f;
	struct mirror in;

	if (d->kind == DGRAM_FRAME) {
		if (!frame_udp_get(&f, &r) ||
		    f.to.ip != mirror_group(LANE_STRANGER))
			return; /* the socket hears the others */
		from = f.from;
		r = rd_over(f.bytes, f.len);
	} else if (d->to.ip == mirror_group(LANE_STRANGER)) {
		return;
	}
	if (is_peer(m, from) && mirror_get(&in, &r))
		on_message(m, &in, from, now, fx);
}

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct mirrord *m = mirrord_of(e);

	(void)now;
	if (o->rc && !m->rc)
		m->rc = o->rc;
	if (o->kind != EFFECT_LISTEN || o->rc)
		return;
	join(m, EFFECT_JOIN, LANE_SAFE, fx);
	join(m, EFFECT_JOIN, LANE_KEPT, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	(void)e; /* it only answers */
	(void)now;
	(void)fx;
}

static usec on_deadline(const struct engine *e)
{
	(void)e;
	return NEVER;
}

int mirrord_open(struct mirrord **to, const struct link *link,
		 const struct alloc *alloc)
{
	struct mirrord *m = alloc_get(alloc, 1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	m->link = *link;
	*to = m;
	return 0;
}

void mirrord_close(struct mirrord *m, const struct alloc *alloc)
{
	if (m)
		alloc_put(alloc, m);
}

struct engine *mirrord_engine(struct mirrord *m)
{
	return &m->engine;
}

void mirrord_start(struct mirrord *m, usec now, struct effects *fx)
{
	m->start = now;
	m->second = now;
	effects_listen(fx, MIRROR_PORT, m->link.index, 0, 0);
}

int mirrord_rc(const struct mirrord *m)
{
	return m->rc;
}
