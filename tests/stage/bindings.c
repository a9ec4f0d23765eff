/*
 * Wing and Gong's search: of the operations that may come next (nobody's answer
 * came before their question) one is tried, at the earliest moment at which it
 * is allowed, and taken back if it leads to nothing.  What was never answered
 * is only looked at when something answered can't be without it.
 */
#include "bindings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 200000 /* of the search, before it gives up */ };

/* How a key stands, at the moment of the last operation. */
struct state {
	uint64_t who; /* 0: nobody */
	usec until;   /* that it may have it */
	usec at;
};

/* All of one key: those that were answered, and the others. */
struct search {
	uint64_t key;
	struct binding *v, *doubt;
	size_t n, n_doubt, depth;
	size_t *used; /* doubts: 0, or the depth at which it was taken, + 1 */
	bool *is_done;
	size_t furthest; /* how many of them had a place at most */
	const struct binding *stuck;
	struct state stuck_in;
	unsigned steps;
};

static struct binding *doubt_of(struct search *s, enum binding_kind kind,
				uint64_t who, usec at, size_t *i)
{
	for (; *i < s->n_doubt; ++*i) {
		struct binding *d = &s->doubt[*i];
		bool is_free = d->kind == BINDING_FREE;

		if (!s->used[*i] && d->invoked <= at && d->who == who &&
		    is_free == (kind == BINDING_FREE))
			return d;
	}
	return NULL;
}

/* Nobody has it at *at, or has it no more, or may have given it up. */
static bool is_free(struct search *s, struct state *is, usec last)
{
	size_t i = 0;

	if (!is->who || is->until <= is->at)
		return true;
	if (doubt_of(s, BINDING_FREE, is->who, is->at, &i)) {
		s->used[i] = s->depth + 1;
		return true;
	}
	if (is->until > last)
		return false;
	is->at = is->until;
	return true;
}

/* It is `who`'s, or may be, by what was never answered. */
static bool can_be(struct search *s, struct state *is, uint64_t who,
		   unsigned chain)
{
	if (is->who == who)
		return true;
	for (size_t i = 0; chain; i++) {
		const struct binding *d =
			doubt_of(s, BINDING_TAKE, who, is->at, &i);
		struct state then = *is;

		if (!d)
			return false;
		s->used[i] = s->depth + 1;
		if (d->kind == BINDING_CHANGE
			    ? can_be(s, &then, d->was, chain - 1)
			    : is_free(s, &then, then.at)) {
			*is = then;
			is->who = who;
			is->until = 0;
			return true;
		}
		s->used[i] = 0;
	}
	return false;
}

/* Do it, as early as it can be: false, and it can't. */
static bool place(struct search *s, struct state *is, const struct binding *b)
{
	if (b->invoked > is->at)
		is->at = b->invoked;
	switch (b->kind) {
	case BINDING_TAKE:
		if (is->who != b->who && !is_free(s, is, b->answered))
			return false;
		is->until = is->who == b->who ? usec_max(is->until, b->ends)
					      : b->ends;
		is->who = b->who;
		break;
	case BINDING_CHANGE:
		if (!can_be(s, is, b->was, 16))
			return false;
		is->who = b->who;
		is->until = b->ends;
		break;
	case BINDING_FREE:
		if (is->who == b->who)
			*is = (struct state){.at = is->at};
		break;
	case BINDING_SEEN:
		if (b->who ? !can_be(s, is, b->who, 16)
			   : !is_free(s, is, b->answered))
			return false;
		break;
	}
	return is->at <= b->answered;
}

static void untake(struct search *s, size_t depth)
{
	for (size_t i = 0; i < s->n_doubt; i++)
		if (s->used[i] == depth + 1)
			s->used[i] = 0;
}

/* The first that has no place yet, from `from` on. */
static size_t first_of(const struct search *s, size_t from)
{
	while (from < s->n && s->is_done[from])
		from++;
	return from;
}

static bool search(struct search *s, struct state is, size_t from)
{
	usec last = NEVER;

	from = first_of(s, from);
	if (from == s->n)
		return true;
	for (size_t i = from; i < s->n && s->v[i].invoked <= last; i++)
		if (!s->is_done[i])
			last = usec_min(last, s->v[i].answered);
	for (size_t i = from; i < s->n && s->v[i].invoked <= last; i++) {
		struct state then = is;

		if (s->is_done[i] || s->steps++ > STEPS)
			continue;
		if (place(s, &then, &s->v[i])) {
			s->is_done[i] = true;
			s->depth++;
			if (search(s, then, from))
				return true;
			s->depth--;
			s->is_done[i] = false;
		} else if (s->depth >= s->furthest) {
			s->furthest = s->depth;
			s->stuck = &s->v[i];
			s->stuck_in = is;
		}
		untake(s, s->depth);
	}
	return false;
}

/* ---- one key after the other --------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if ((x->answered == NEVER) != (y->answered == NEVER))
		return y->answered == NEVER ? -1 : 1;
	if (x->invoked != y->invoked)
		return x->invoked < y->invoked ? -1 : 1;
	return (x->answered > y->answered) - (x->answered < y->answered);
}

static void explain(const struct search *s, char why[BINDING_WORDS])
{
	static const char *const words[] = {"take", "change", "free", "seen"};
	const struct binding *b = s->stuck;

	if (!b || s->steps > STEPS) {
		snprintf(why, BINDING_WORDS, "%" PRIx64 ": too tangled to say",
			 s->key);
		return;
	}
	snprintf(why, BINDING_WORDS,
		 "%" PRIx64 ": %s by %" PRIx64 " (was %" PRIx64
		 ") between %" PRId64 " and %" PRId64
		 " has no place: at %" PRId64 " it was %" PRIx64
		 "'s until %" PRId64,
		 b->key, words[b->kind], b->who, b->was, b->invoked,
		 b->answered, s->stuck_in.at, s->stuck_in.who,
		 s->stuck_in.until);
}

static bool key_can_be(struct binding *v, size_t n, char why[BINDING_WORDS])
{
	struct search s = {.key = v[0].key, .v = v};
	bool can;

	while (s.n < n && v[s.n].answered != NEVER)
		s.n++;
	s.doubt = v + s.n;
	s.n_doubt = n - s.n;
	s.is_done = calloc(s.n + 1, sizeof *s.is_done);
	s.used = calloc(s.n_doubt + 1, sizeof *s.used);
	can = s.is_done && s.used && search(&s, (struct state){.at = 0}, 0);
	if (!can)
		explain(&s, why);
	free(s.is_done);
	free(s.used);
	return can;
}

bool bindings_can_be(struct binding *v, size_t n, char why[BINDING_WORDS])
{
	size_t at = 0;

	if (n)
		qsort(v, n, sizeof *v, by_key);
	while (at < n) {
		size_t end = at;

		while (end < n && v[end].key == v[at].key)
			end++;
		if (!key_can_be(v + at, end - at, why))
			return false;
		at = end;
	}
	return true;
}
