/*
 * lookup.conf: a line is a category, or "default", and its agents in order; or
 * a time and its seconds.  It is read into a copy, so one with a mistake
 * changes nothing.
 */
#include "model/lookup.h"

#include "base/text.h"

#include <string.h>

enum { LONGEST = 7 * 24 * 3600 };

static void set(struct lookup_order *o, enum lookup_category c,
		const enum lookup_agent *agents, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		o->agents[c][i] = (uint8_t)agents[i];
	o->n[c] = (uint8_t)n;
}

/* The laws that no order changes: who boots is said by the directory alone, and
 * a name that DNS knows says nothing about it. */
static const char *forbidden(enum lookup_category c, enum lookup_agent a)
{
	if (c == LOOKUP_BOOTP && a != LOOKUP_DIRECTORY)
		return "bootp is the directory's alone";
	if (c != LOOKUP_HOSTS && a == LOOKUP_DNS)
		return "dns knows hosts alone";
	return NULL;
}

static void set_allowed(struct lookup_order *o, enum lookup_category c,
			const enum lookup_agent *agents, unsigned n)
{
	enum lookup_agent v[LOOKUP_AGENTS];
	unsigned m = 0;

	for (unsigned i = 0; i < n; i++)
		if (!forbidden(c, agents[i]))
			v[m++] = agents[i];
	set(o, c, v, m);
}

void lookup_order_default(struct lookup_order *o)
{
	static const enum lookup_agent all[] = {LOOKUP_DIRECTORY, LOOKUP_FILES,
						LOOKUP_NIS, LOOKUP_DNS};

	*o = (struct lookup_order){.positive = SECONDS(12 * 3600),
				   .negative = SECONDS(60),
				   .check = SECONDS(15),
				   .wait = SECONDS(3),
				   .skip = SECONDS(30)};
	for (unsigned c = 0; c < LOOKUP_CATEGORIES; c++)
		set_allowed(o, (enum lookup_category)c, all, LOOKUP_AGENTS);
}

bool lookup_order_has(const struct lookup_order *o, enum lookup_category c,
		      enum lookup_agent a)
{
	for (unsigned i = 0; i < o->n[c]; i++)
		if (o->agents[c][i] == a)
			return true;
	return false;
}

/* ---- lines --------------------------------------------------------------- */

struct reader {
	struct lookup_order o;
	bool has[LOOKUP_CATEGORIES]; /* a line of its own */
	const char *why;
};

static bool wrong(struct reader *r, const char *why)
{
	r->why = why;
	return false;
}

static bool read_agents(struct reader *r, struct span rest,
			enum lookup_agent v[LOOKUP_AGENTS], unsigned *n)
{
	struct span w;

	*n = 0;
	while ((w = span_word(&rest)).len) {
		enum lookup_agent a = lookup_agent(w);

		if (a == LOOKUP_AGENTS)
			return wrong(r, "an agent is directory, files, nis or "
					"dns");
		for (unsigned i = 0; i < *n; i++)
			if (v[i] == a)
				return wrong(r, "an agent is named twice");
		v[(*n)++] = a;
	}
	return true;
}

static bool read_category(struct reader *r, enum lookup_category c,
			  struct span rest)
{
	enum lookup_agent v[LOOKUP_AGENTS];
	unsigned n;

	if (!read_agents(r, rest, v, &n))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (forbidden(c, v[i]))
			return wrong(r, forbidden(c, v[i]));
	set(&r->o, c, v, n);
	r->has[c] = true;
	return true;
}

/* For those that have no line, above or below. */
static bool read_default(struct reader *r, struct span rest)
{
	enum lookup_agent v[LOOKUP_AGENTS];
	unsigned n;

	if (!read_agents(r, rest, v, &n))
		return false;
	for (unsigned c = 0; c < LOOKUP_CATEGORIES; c++)
		if (!r->has[c])
			set_allowed(&r->o, (enum lookup_category)c, v, n);
	return true;
}

static bool read_seconds(struct reader *r, struct span rest, usec *to)
{
	struct span w = span_word(&rest);
	uint64_t n;

	if (span_word(&rest).len || !number_parse(w.s, w.len, LONGEST, &n))
		return wrong(r, "that is no number of seconds, up to a week");
	*to = SECONDS(n);
	return true;
}

static bool read_domain(struct reader *r, struct span rest)
{
	struct span w = span_word(&rest);

	if (!w.len || span_word(&rest).len ||
	    !span_copy(r->o.nis_domain, sizeof r->o.nis_domain, w))
		return wrong(r, "one name, shorter than 64 bytes, follows");
	return true;
}

static bool read_line(struct reader *r, struct span line)
{
	struct span rest = line, w = span_word(&rest);
	enum lookup_category c;

	if (w.len && w.s[w.len - 1] == ':')
		w.len--;
	c = lookup_category(w);
	if (c != LOOKUP_CATEGORIES)
		return read_category(r, c, rest);
	if (span_is(w, "default"))
		return read_default(r, rest);
	if (span_is(w, "nis-domain"))
		return read_domain(r, rest);
	if (span_is(w, "positive"))
		return read_seconds(r, rest, &r->o.positive);
	if (span_is(w, "negative"))
		return read_seconds(r, rest, &r->o.negative);
	if (span_is(w, "validate"))
		return read_seconds(r, rest, &r->o.check);
	if (span_is(w, "wait"))
		return read_seconds(r, rest, &r->o.wait) &&
		       (r->o.wait || wrong(r, "nobody answers in no time"));
	if (span_is(w, "skip"))
		return read_seconds(r, rest, &r->o.skip);
	return wrong(r, "a line begins with a category, default, nis-domain, "
			"positive, negative, validate, wait or skip");
}

static struct span without_comment(struct span line)
{
	const char *at = line.len ? memchr(line.s, '#', line.len) : NULL;

	if (at)
		line.len = (size_t)(at - line.s);
	return span_trim(line);
}

bool lookup_order_parse(struct lookup_order *o, struct span text,
			struct lookup_error *e)
{
	struct reader r = {.why = NULL};
	struct span line;

	lookup_order_default(&r.o);
	for (uint32_t n = 1; span_line(&text, &line); n++) {
		line = without_comment(line);
		if (!line.len || read_line(&r, line))
			continue;
		e->line = n;
		(void)text_copy(e->why, sizeof e->why, r.why, strlen(r.why));
		return false;
	}
	*o = r.o;
	return true;
}
