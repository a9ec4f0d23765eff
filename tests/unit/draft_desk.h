/*
 * Drafts for tests: a file read into one, and one shown as a raw dump, which
 * holds everything.  Include it last.
 */
#ifndef MUSTER_TESTS_DRAFT_DESK_H
#define MUSTER_TESTS_DRAFT_DESK_H

#include "model/format.h"

#include "purse.h"

#include <stdio.h>
#include <string.h>

struct draft_desk {
	struct purse purse;
	struct draft *d;
	struct complaint why;
	char said[1 << 16];
};

static inline void desk_new(struct draft_desk *k)
{
	assert_int_equal(draft_open(&k->d, purse_open(&k->purse)), 0);
}

static inline void desk_done(struct draft_desk *k)
{
	draft_close(k->d);
	k->d = NULL;
	assert_int_equal(k->purse.out, 0);
}

/* Read into a new draft; it is closed by desk_done(). */
static inline bool desk_read(struct draft_desk *k, const char *format,
			     const char *text)
{
	const struct format *f = format_named(format);
	bool is_good;

	assert_non_null(f);
	desk_new(k);
	is_good = format_read(f, k->d, span_of(text), &k->why);
	assert_false(draft_failed(k->d));
	return is_good;
}

/* Write what there is. */
static inline const char *desk_write(struct draft_desk *k, const char *format)
{
	const struct format *f = format_named(format);
	struct sheet to = sheet_open(&k->purse.alloc);

	assert_non_null(f);
	f->write(k->d, &to);
	assert_false(to.failed || draft_failed(k->d));
	assert_true(to.len < sizeof k->said);
	if (to.len)
		memcpy(k->said, to.s, to.len);
	k->said[to.len] = 0;
	sheet_close(&to);
	return k->said;
}

/* One line an entry, indented, "name: value, value; ...", then the remarks. */
static inline const char *desk_show(struct draft_desk *k)
{
	size_t n = 0;

	k->said[0] = 0;
	for (struct draft_entry *e = draft_root(k->d); e; e = draft_next(e)) {
		if (e == draft_root(k->d) && !e->props)
			continue;
		n += (size_t)snprintf(k->said + n, sizeof k->said - n, "%*s%s",
				      e->depth * 2, "",
				      e->is_nameless ? "? " : "");
		for (struct draft_property *p = e->props; p; p = p->next) {
			n += (size_t)snprintf(k->said + n, sizeof k->said - n,
					      "%s:", p->name);
			for (struct draft_value *v = p->first; v; v = v->next)
				n += (size_t)snprintf(
					k->said + n, sizeof k->said - n,
					" %s%s", v->text, v->next ? "," : "");
			n += (size_t)snprintf(k->said + n, sizeof k->said - n,
					      "%s", p->next ? "; " : "");
		}
		n += (size_t)snprintf(k->said + n, sizeof k->said - n, "\n");
	}
	for (const struct draft_remark *r = draft_remarks(k->d); r; r = r->next)
		n += (size_t)snprintf(k->said + n, sizeof k->said - n,
				      "%u! %s\n", r->line, r->text);
	return k->said;
}

static inline bool desk_same(const struct draft_entry *a,
			     const struct draft_entry *b)
{
	const struct draft_property *p = a->props, *q = b->props;

	for (; p && q; p = p->next, q = q->next) {
		const struct draft_value *v = p->first, *w = q->first;

		if (strcmp(p->name, q->name) != 0)
			return false;
		for (; v && w; v = v->next, w = w->next)
			if (strcmp(v->text, w->text) != 0)
				return false;
		if (v || w)
			return false;
	}
	return !p && !q && a->depth == b->depth;
}

/* The same tree: order, properties, values. */
static inline bool drafts_same(const struct draft *a, const struct draft *b)
{
	const struct draft_entry *x = draft_root(a), *y = draft_root(b);

	for (; x && y; x = draft_next(x), y = draft_next(y))
		if (!desk_same(x, y))
			return false;
	return !x && !y;
}

#define READS(format, text_, shown)                                            \
	do {                                                                   \
		struct draft_desk *desk_ = *state;                             \
		if (!desk_read(desk_, format, text_))                          \
			fail_msg("line %u: %s", desk_->why.number,             \
				 desk_->why.text);                             \
		assert_string_equal(desk_show(desk_), shown);                  \
		desk_done(desk_);                                              \
	} while (0)
#define REFUSES(format, text_, line, what)                                     \
	do {                                                                   \
		struct draft_desk *desk_ = *state;                             \
		assert_false(desk_read(desk_, format, text_));                 \
		assert_string_equal(desk_->why.text, what);                    \
		assert_int_equal(desk_->why.number, line);                     \
		desk_done(desk_);                                              \
	} while (0)
/* Read, written, as it was; or, with `again`, like that. */
#define WRITES(from, text_, to, again)                                         \
	do {                                                                   \
		struct draft_desk *desk_ = *state;                             \
		if (!desk_read(desk_, from, text_))                            \
			fail_msg("line %u: %s", desk_->why.number,             \
				 desk_->why.text);                             \
		assert_string_equal(desk_write(desk_, to), again);             \
		desk_done(desk_);                                              \
	} while (0)

#endif
