/*
 * mtftpd, the engine: a request finds its file in the catalogue and the line
 * that serves it, or a new one; an ACK finds its line by the port that it came
 * to and the machine that it came from.
 */
#include "engine/mtftpd_impl.h"

#include "model/policy.h"

#include <assert.h>
#include <errno.h>

enum { STEPS = 64 }; /* lines that one call of expire moves on */

static struct mtftpd *mtftpd_of(struct engine *e)
{
	return CONTAINER(e, struct mtftpd, engine);
}

void mtftpd_say_error(struct endpoint us, struct endpoint to, uint16_t code,
		      const char *text, struct effects *fx)
{
	struct wr w = effects_head(fx);

	tftp_error_put(code, text, &w);
	effects_send(fx, &w, us, to);
}

/* ---- lines -------------------------------------------------------------- */

static struct line *line_of(struct mtftpd *m, struct endpoint group,
			    uint32_t link)
{
	for (uint32_t i = 0; i < m->n_lines; i++) {
		struct line *l = &m->lines[i];

		if (l->image && l->link == link && endpoint_is(l->group, group))
			return l;
	}
	return NULL;
}

static struct line *free_slot(struct mtftpd *m)
{
	struct line *slot = NULL;

	for (uint32_t i = 0; i < m->n_lines; i++) {
		if (!m->lines[i].image)
			return &m->lines[i];
		if (!slot && m->lines[i].phase == LINE_FREE)
			slot = &m->lines[i];
	}
	return slot;
}

/* The line that serves this file at the port which was asked; NULL if there is
 * none, or no room for one. */
static struct line *line_for(struct mtftpd *m, const struct dgram *d,
			     const struct image *im, struct effects *fx)
{
	const struct settings *s = m->site->settings;
	bool is_shared = d->to.port == s->mtftp.port;
	struct endpoint group = {s->mtftp.group, s->mtftp.client_port};
	struct line *l;

	if (!is_shared && !policy_mtftp_group(s, im, &group))
		return NULL;
	l = line_of(m, group, d->link);
	if (!l)
		l = free_slot(m);
	if (!l) {
		m->stats.refused++;
		effects_note(fx, NOTE_ANSWERED_LATE)->text = "MTFTP lines";
		return NULL;
	}
	if (l->phase == LINE_FREE) {
		l->group = group;
		l->link = d->link;
		l->here = d->to;
		l->is_shared = is_shared;
	}
	return l;
}

/* ---- who is answered ---------------------------------------------------- */

/* Another machine of the link's network: a request of a few bytes asks for a
 * whole file, to all of the segment. */
static bool is_neighbour(const struct link *l, uint32_t ip)
{
	uint32_t host = ip & ~l->mask;

	if (!l->ip || l->ip == ip || ((l->ip ^ ip) & l->mask))
		return false;
	return ~l->mask < 2 || (host && host != ~l->mask); /* RFC 3021 */
}

static bool may_ask(const struct mtftpd *m, const struct dgram *d)
{
	const struct link *l = site_link(m->site, d->link);

	if (!d->from.port || ip_is_multicast(d->to.ip) ||
	    d->to.ip == IP_BROADCAST || site_is_own(m->site, d->from.ip))
		return false;
	return l && is_neighbour(l, d->from.ip) &&
	       (l->mask >= 0xfffffffe || d->to.ip != (l->ip | ~l->mask));
}

/* ---- requests ----------------------------------------------------------- */

static void refuse(struct mtftpd *m, const struct dgram *d,
		   const struct tftp_request *q, uint16_t code,
		   const char *text, struct effects *fx)
{
	struct note *n;

	m->stats.refused++;
	mtftpd_say_error(d->to, d->from, code, text, fx);
	n = effects_note(fx, NOTE_TFTP_REFUSED);
	n->peer = d->from;
	n->a = code;
	n->text = effects_text(fx, q->name, q->name_len);
}

/* NULL if there is no such file for MTFTP, and all is said. */
static const struct image *find(struct mtftpd *m, const struct dgram *d,
				const struct tftp_request *q,
				struct effects *fx)
{
	const struct image *im =
		images_find(m->site->images, q->name, q->name_len);

	if (q->op == TFTP_WRQ) {
		refuse(m, d, q, TFTP_EACCESS, "read only", fx);
		return NULL;
	}
	if (!im) {
		/* The boot script is made by tftpd: silence leads there. */
		if (!policy_is_script(q->name, q->name_len))
			refuse(m, d, q, TFTP_ENOTFOUND, "not found", fx);
		return NULL;
	}
	if (im->size / MTFTP_BLOCK >= MTFTP_BLOCKS) {
		struct note *n = effects_note(fx, NOTE_MTFTP_TOO_LONG);

		n->peer = d->from;
		n->a = im->size;
		n->text = im->name;
		return NULL;
	}
	return im;
}

static void on_request(struct mtftpd *m, usec now, const struct dgram *d,
		       struct effects *fx)
{
	struct rd r = rd_over(d->bytes, d->len);
	struct call c = {.d = d, .now = now};
	struct tftp_request q;
	struct line *l;

	m->stats.requests++;
	if (!tftp_request_get(&q, &r)) {
		struct note *n = effects_note(fx, NOTE_BAD_PACKET);

		n->peer = d->from;
		n->text = "MTFTP request";
		return;
	}
	c.image = find(m, d, &q, fx);
	l = c.image ? line_for(m, d, c.image, fx) : NULL;
	if (l)
		line_request(m, l, &c, fx);
}

/* At most one line has it as the machine that acknowledges. */
static void on_ack(struct mtftpd *m, usec now, const struct dgram *d,
		   struct effects *fx)
{
	for (uint32_t i = 0; i < m->n_lines; i++) {
		struct line *l = &m->lines[i];

		if (l->phase == LINE_FREE || l->here.port != d->to.port ||
		    !l->opener ||
		    !endpoint_is(m->callers[l->opener].at, d->from))
			continue;
		line_ack(m, l, d, now, fx);
		return;
	}
	m->stats.stray_acks++;
}

static void on_input(struct engine *e, usec now, const struct dgram *d,
		     struct effects *fx)
{
	struct mtftpd *m = mtftpd_of(e);
	struct rd r = rd_over(d->bytes, d->len);
	uint16_t op = tftp_op(&r);

	if (!may_ask(m, d))
		return;
	if (op == TFTP_ACK)
		on_ack(m, now, d, fx);
	else if (op == TFTP_RRQ || op == TFTP_WRQ)
		on_request(m, now, d, fx);
}

/* ---- the engine --------------------------------------------------------- */

static void on_settle(struct engine *e, usec now, const struct outcome *o,
		      struct effects *fx)
{
	struct mtftpd *m = mtftpd_of(e);
	uint32_t i = o->cookie & 0xffff;

	if (o->kind == EFFECT_FETCH && i < m->n_lines)
		line_fetched(m, &m->lines[i], now, o, fx);
}

static void on_expire(struct engine *e, usec now, struct effects *fx)
{
	struct mtftpd *m = mtftpd_of(e);
	struct timer *timer;

	for (int i = 0; i < STEPS && effects_room(fx, 8, 64); i++) {
		timer = heap_pop(&m->heap, now);
		if (!timer)
			break;
		line_expire(m, CONTAINER(timer, struct line, timer), now, fx);
	}
}

static usec on_deadline(const struct engine *e)
{
	return heap_next(&CONTAINER_CONST(e, struct mtftpd, engine)->heap);
}

static int open_tables(struct mtftpd *m, const struct alloc *alloc)
{
	m->lines = alloc_get(alloc, m->n_lines, sizeof(*m->lines));
	m->heap_room = alloc_get(alloc, m->n_lines, sizeof(struct timer *));
	m->callers = alloc_get(alloc, m->n_callers + 1, sizeof(*m->callers));
	if (!m->lines || !m->heap_room || !m->callers ||
	    index_open(&m->by_endpoint, alloc, m->n_callers, false))
		return -ENOMEM;
	heap_open(&m->heap, m->heap_room, m->n_lines);
	slots_open(&m->free_callers, &m->callers[0].next, sizeof(*m->callers),
		   m->n_callers);
	return 0;
}

int mtftpd_open(struct mtftpd **to, const struct site *site,
		const struct alloc *alloc, uint64_t seed)
{
	struct mtftpd *m = alloc_get(alloc, 1, sizeof(*m));
	struct rand rand;

	if (!m)
		return -ENOMEM;
	m->engine = (struct engine){.input = on_input,
				    .settle = on_settle,
				    .expire = on_expire,
				    .deadline = on_deadline};
	m->site = site;
	m->n_lines = site->settings->mtftp.lines;
	m->n_callers = site->settings->mtftp.callers;
	assert(m->n_lines && m->n_lines <= UINT16_MAX);
	rand_seed(&rand, seed);
	m->hash_seed = rand_u64(&rand);
	if (open_tables(m, alloc)) {
		mtftpd_close(m, alloc);
		return -ENOMEM;
	}
	*to = m;
	return 0;
}

void mtftpd_close(struct mtftpd *m, const struct alloc *alloc)
{
	if (!m)
		return;
	alloc_put(alloc, m->lines);
	alloc_put(alloc, m->heap_room);
	alloc_put(alloc, m->callers);
	index_close(&m->by_endpoint, alloc);
	alloc_put(alloc, m);
}

struct engine *mtftpd_engine(struct mtftpd *m)
{
	return &m->engine;
}

const struct mtftpd_stats *mtftpd_stats(const struct mtftpd *m)
{
	return &m->stats;
}

bool mtftpd_next_line(const struct mtftpd *m, uint32_t *at,
		      struct mtftpd_line *to)
{
	while (*at < m->n_lines) {
		const struct line *l = &m->lines[(*at)++];

		if (!l->image)
			continue;
		*to = (struct mtftpd_line){
			.image = l->image,
			.blocks = l->last,
			.block = l->block,
			.sent = l->sent,
			.callers = l->n_callers,
			.is_running = l->phase != LINE_FREE,
		};
		return true;
	}
	return false;
}

void mtftpd_start(struct mtftpd *m, usec now, struct effects *fx)
{
	const struct settings *s = m->site->settings;

	(void)now;
	effects_listen(fx, s->mtftp.port, 0, LISTEN_BULK, s->mtftp.port);
	effects_listen(fx, s->mtftp.own_port, 0, LISTEN_BULK,
		       s->mtftp.own_port);
}

bool mtftpd_claims(const struct mtftpd *m, const struct dgram *d)
{
	const struct settings *s = m->site->settings;

	return d->kind == DGRAM_UDP && d->to.port &&
	       (d->to.port == s->mtftp.port || d->to.port == s->mtftp.own_port);
}
