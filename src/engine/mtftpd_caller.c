/*
 * Callers: machines that asked for the file of a line.  Only one of them
 * acknowledges; the others are remembered for the day when it dies, or when the
 * run has ended and they had come too late for its first blocks.
 */
#include "engine/askers.h"
#include "engine/mtftpd_impl.h"

static uint64_t key(const struct mtftpd *m, struct endpoint at, uint16_t line)
{
	return hash_u64((uint64_t)at.ip << 32 | (uint64_t)at.port << 16 | line,
			m->hash_seed);
}

struct caller *caller_find(struct mtftpd *m, const struct line *l,
			   struct endpoint at)
{
	uint16_t line = line_number(m, l);
	uint64_t h = key(m, at, line);

	for (uint32_t i = 0, id; index_next(&m->by_endpoint, h, &i, &id);)
		if (endpoint_is(m->callers[id].at, at) &&
		    m->callers[id].line == line)
			return &m->callers[id];
	return NULL;
}

static void ring_add(struct mtftpd *m, struct line *l, uint32_t id)
{
	struct caller *r = &m->callers[id];

	if (!l->callers) {
		r->next = r->prev = id;
		l->callers = id;
	} else {
		struct caller *first = &m->callers[l->callers];

		r->next = l->callers;
		r->prev = first->prev;
		m->callers[first->prev].next = id;
		first->prev = id;
	}
	l->n_callers++;
}

static void ring_remove(struct mtftpd *m, struct line *l, uint32_t id)
{
	struct caller *r = &m->callers[id];

	m->callers[r->prev].next = r->next;
	m->callers[r->next].prev = r->prev;
	if (l->callers == id)
		l->callers = r->next == id ? CALLER_NONE : r->next;
	l->n_callers--;
	l->n_next -= r->wants_next;
}

struct caller *caller_board(struct mtftpd *m, struct line *l,
			    struct endpoint at, struct effects *fx)
{
	uint32_t id = slots_take(&m->free_callers);
	struct caller *r = &m->callers[id];

	if (!id) {
		m->stats.refused++;
		l->is_crowded = true;
		effects_note(fx, NOTE_ANSWERED_LATE)->text = "callers";
		return NULL;
	}
	*r = (struct caller){.at = at,
			     .line = line_number(m, l),
			     .is_taken = true,
			     .since = 1};
	ring_add(m, l, id);
	(void)index_add(&m->by_endpoint, key(m, at, r->line), id);
	askers_came(m->site->askers, at.ip, l->image);
	effects_note(fx, NOTE_RIDER_BOARDED)->peer = at;
	return r;
}

void caller_leave(struct mtftpd *m, struct line *l, struct caller *r)
{
	uint32_t id = (uint32_t)(r - m->callers);

	ring_remove(m, l, id);
	if (l->opener == id)
		l->opener = CALLER_NONE;
	index_remove(&m->by_endpoint, key(m, r->at, r->line), id);
	r->is_taken = false;
	slots_put(&m->free_callers, id);
}

void caller_stays(struct line *l, struct caller *r)
{
	if (!r->wants_next)
		return;
	r->wants_next = false;
	if (!--l->n_next)
		l->next_image = 0;
}

void callers_leave_all(struct mtftpd *m, struct line *l)
{
	while (l->callers)
		caller_leave(m, l, &m->callers[l->callers]);
}

static struct caller *next_of(struct mtftpd *m, const struct line *l,
			      const struct caller *r)
{
	return r->next == l->callers ? NULL : &m->callers[r->next];
}

static struct caller *first_of(struct mtftpd *m, const struct line *l)
{
	return l->callers ? &m->callers[l->callers] : NULL;
}

struct caller *caller_of_machine(struct mtftpd *m, const struct line *l,
				 uint32_t ip)
{
	struct caller *r = first_of(m, l);

	while (r && (r->wants_next || r->at.ip != ip))
		r = next_of(m, l, r);
	return r;
}

struct caller *caller_latest(struct mtftpd *m, const struct line *l)
{
	struct caller *best = NULL;

	for (struct caller *r = first_of(m, l); r; r = next_of(m, l, r))
		if (!r->wants_next && (!best || r->since > best->since))
			best = r;
	return best;
}

struct caller *caller_lacking(struct mtftpd *m, const struct line *l)
{
	struct caller *r = first_of(m, l);

	while (r && (r->wants_next || !r->may_lack))
		r = next_of(m, l, r);
	return r;
}

void callers_are_served(struct mtftpd *m, struct line *l)
{
	for (struct caller *r = first_of(m, l); r; r = next_of(m, l, r))
		r->may_lack = false;
}

void callers_begin(struct mtftpd *m, struct line *l)
{
	for (struct caller *r = first_of(m, l); r; r = next_of(m, l, r))
		r->since = 1;
}

void callers_promote(struct mtftpd *m, struct line *l)
{
	uint32_t id = l->callers;

	for (uint32_t n = l->n_callers; n; n--) {
		struct caller *r = &m->callers[id];

		id = r->next;
		if (r->wants_next)
			r->wants_next = false;
		else
			caller_leave(m, l, r);
	}
	l->n_next = 0;
}

void callers_refuse_waiting(struct mtftpd *m, struct line *l,
			    struct effects *fx)
{
	uint32_t id = l->callers;

	for (uint32_t n = l->n_next ? l->n_callers : 0; n; n--) {
		struct caller *r = &m->callers[id];

		id = r->next;
		if (!r->wants_next)
			continue;
		if (!effects_room(fx, 8, 64))
			break;
		line_refuse(m, l, r->at, fx);
		caller_leave(m, l, r);
	}
	if (!l->n_next)
		l->next_image = 0;
}
