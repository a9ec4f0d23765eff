/*
 * The raw form of nidump -r and niload -r: a directory in braces, its
 * properties as "key" = ( "v1", "v2" ); or key = value;, and its children in a
 * list called CHILDREN.  It holds everything that a directory holds.
 *
 * The tree is walked by its own pointers, up and down: nothing recurses, and
 * DRAFT_DEPTH bounds how deep a file may go.
 */
#include "model/format_inside.h"

#include <string.h>

#define CHILDREN "CHILDREN"

enum token {
	END,
	OPEN,
	CLOSE,
	LIST,
	LIST_END,
	IS,
	SEMICOLON,
	COMMA,
	STRING,
	BAD
};

struct scan {
	struct reading r;
	const char *p, *end;
	enum token token;
	struct span text;  /* of a STRING, as it stands there */
	bool is_quoted;    /* it was in quotes */
	struct sheet room; /* of the last string with a backslash */
};

/* ---- tokens ------------------------------------------------------------- */

static enum token mark(char c)
{
	static const char marks[] = "{}()=;,";
	const char *at = c ? strchr(marks, c) : NULL;

	return at ? (enum token)(OPEN + (at - marks)) : STRING;
}

static bool is_space(char c)
{
	return span_is_blank(c) || c == '\n' || c == '\f';
}

static enum token word(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && !is_space(*s->p) && mark(*s->p) == STRING &&
	       *s->p != '"' && *s->p)
		s->p++;
	s->text = (struct span){from, (size_t)(s->p - from)};
	s->is_quoted = false;
	return s->text.len ? STRING : BAD;
}

/* Old dumps protect only the quote: any other backslash is itself. */
static bool is_escape(const struct scan *s)
{
	return *s->p == '\\' && s->p + 1 < s->end &&
	       (s->p[1] == '"' || s->p[1] == '\\');
}

static enum token quoted(struct scan *s)
{
	const char *from = ++s->p;
	bool has_escape = false;

	s->room.len = 0;
	while (s->p < s->end && *s->p && *s->p != '"') {
		if (is_escape(s)) {
			sheet_bytes(&s->room, from, (size_t)(s->p - from));
			from = ++s->p;
			has_escape = true;
		}
		s->r.line += *s->p == '\n';
		s->p++;
	}
	s->text = (struct span){from, (size_t)(s->p - from)};
	s->is_quoted = true;
	if (has_escape) {
		sheet_span(&s->room, s->text);
		s->text = (struct span){s->room.s, s->room.len};
	}
	if (s->p == s->end || !*s->p || s->room.failed)
		return BAD;
	s->p++;
	return STRING;
}

static void next(struct scan *s)
{
	while (s->p < s->end && is_space(*s->p))
		s->r.line += *s->p++ == '\n';
	s->text = (struct span){s->p, s->p < s->end};
	if (s->p == s->end)
		s->token = END;
	else if (mark(*s->p) != STRING)
		s->token = mark(*s->p++);
	else
		s->token = *s->p == '"' ? quoted(s) : word(s);
}

static bool expected(struct scan *s, const char *what)
{
	struct span found = s->text;

	if (s->token == END)
		found = span_of("the end");
	else if (s->token != STRING && s->token != BAD)
		found = (struct span){s->p - 1, 1};
	return wrong(&s->r, "netinfo", found, what);
}

static bool take(struct scan *s, enum token token, const char *what)
{
	if (s->token != token)
		return expected(s, what);
	next(s);
	return true;
}

/* ---- properties --------------------------------------------------------- */

static bool value(struct scan *s, struct draft_property *p)
{
	if (s->token != STRING || s->text.len > DRAFT_STRING)
		return expected(s, "stands where a value must be");
	if (p && p->n >= DRAFT_VALUES)
		return expected(s, "is one value too many");
	draft_value(s->r.d, p, s->text);
	next(s);
	return true;
}

/* "v1", "v2" ) */
static bool values(struct scan *s, struct draft_property *p)
{
	while (s->token != LIST_END) {
		if (!value(s, p))
			return false;
		if (s->token == COMMA)
			next(s);
		else if (s->token != LIST_END)
			return expected(s, "stands where , or ) must be");
	}
	next(s);
	return true;
}

/* Behind the key: what it is, and a semicolon. */
static bool property(struct scan *s, struct draft_entry *e)
{
	struct draft_property *p;

	if (!s->text.len || s->text.len > DRAFT_STRING)
		return expected(s, "is no name of a property");
	if (e && e->n_props >= DRAFT_PROPERTIES)
		return expected(s, "is one property too many: 1024");
	p = draft_property(s->r.d, e, s->text);
	next(s);
	if (s->token == SEMICOLON) { /* a key alone has no values */
		next(s);
		return true;
	}
	if (!take(s, IS, "stands where = must be"))
		return false;
	if (s->token == LIST) {
		next(s);
		if (!values(s, p))
			return false;
	} else if (!value(s, p)) {
		return false;
	}
	return take(s, SEMICOLON, "stands where ; must be");
}

/* ---- directories -------------------------------------------------------- */

static bool is_children(const struct scan *s)
{
	return s->token == STRING && !s->is_quoted &&
	       span_is(s->text, CHILDREN);
}

/* CHILDREN = ( */
static bool children(struct scan *s)
{
	next(s);
	return take(s, IS, "stands where = must be") &&
	       take(s, LIST, "stands where ( must be");
}

/* { of a child: it is the directory from now on. */
static bool descend(struct scan *s, struct draft_entry **e)
{
	if ((*e)->depth >= DRAFT_DEPTH)
		return expected(s, "is one level too deep: 16");
	*e = draft_add(s->r.d, *e, s->r.line);
	next(s);
	return *e;
}

/* Behind the } of a directory, back in its parent's list of children. */
static bool ascend(struct scan *s, struct draft_entry **e)
{
	*e = (*e)->up;
	if (!*e)
		return true;
	if (s->token == COMMA)
		next(s);
	else if (s->token != LIST_END)
		return expected(s, "stands where , or ) must be");
	return true;
}

/* In a list of children: another one, or its end. */
static bool list_step(struct scan *s, struct draft_entry **e, bool *is_list)
{
	if (s->token == OPEN) {
		*is_list = false;
		return descend(s, e);
	}
	if (!take(s, LIST_END, "stands where { or ) must be"))
		return false;
	if (s->token == SEMICOLON)
		next(s);
	*is_list = false;
	return true;
}

/* In a directory: a property, the list of children, or its end. */
static bool directory_step(struct scan *s, struct draft_entry **e,
			   bool *is_list)
{
	if (is_children(s)) {
		*is_list = true;
		return children(s);
	}
	if (s->token == STRING)
		return property(s, *e);
	if (!take(s, CLOSE, "stands where a property or } must be"))
		return false;
	*is_list = (*e)->up;
	return ascend(s, e);
}

static bool read_all(struct scan *s)
{
	struct draft_entry *e = draft_root(s->r.d);
	bool is_list = false;

	next(s);
	e->line = s->r.line;
	if (!take(s, OPEN, "stands where { must be"))
		return false;
	while (e)
		if (is_list ? !list_step(s, &e, &is_list)
			    : !directory_step(s, &e, &is_list))
			return false;
	return s->token == END || expected(s, "follows the directory");
}

/* A NeXT's own domain has a machine "broadcasthost", of an address that is
 * nobody's; the rest of it is kept. */
static void drop_broadcast(struct scan *s, struct draft_entry *m)
{
	struct draft_property *p = draft_find(m, "ip_address");
	struct draft_value *v = p ? p->first : NULL;

	if (!v || p->n != 1 || strcmp(v->text, "255.255.255.255") != 0)
		return;
	s->r.line = m->line;
	remark_at(&s->r, draft_name(m), span_of(v->text),
		  "is no machine's: left out");
	p->first = p->last = NULL;
	p->n = 0;
}

static void drop_broadcasts(struct scan *s, struct draft_entry *machines)
{
	if (strcmp(draft_name(machines), MACHINES) != 0)
		return;
	for (struct draft_entry *m = machines->child; m; m = m->next)
		drop_broadcast(s, m);
}

bool netinfo_read(struct draft *d, struct span text, struct complaint *why)
{
	struct scan s = {.r = {.d = d, .why = why, .line = 1},
			 .p = text.len ? text.s : "",
			 .room = sheet_open(draft_alloc(d))};
	bool is_good;

	s.end = s.p + text.len;
	draft_root(d)->is_place = false;
	is_good = read_all(&s);
	drop_broadcasts(&s, draft_root(d));
	for (struct draft_entry *e = draft_root(d)->child; e; e = e->next)
		drop_broadcasts(&s, e);
	sheet_close(&s.room);
	return is_good;
}

/* ---- writing ------------------------------------------------------------ */

static void indent(struct sheet *to, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		sheet_add(to, "  ");
}

static void write_string(struct sheet *to, const char *s)
{
	const char *from = s;

	sheet_add(to, "\"");
	for (; *s; s++)
		if (*s == '"' || *s == '\\') {
			sheet_bytes(to, from, (size_t)(s - from));
			sheet_add(to, "\\");
			from = s;
		}
	sheet_bytes(to, from, (size_t)(s - from));
	sheet_add(to, "\"");
}

static void write_property(struct sheet *to, const struct draft_property *p,
			   unsigned depth)
{
	indent(to, depth);
	write_string(to, p->name);
	sheet_add(to, " = ( ");
	for (const struct draft_value *v = p->first; v; v = v->next) {
		write_string(to, v->text);
		sheet_add(to, v->next ? ", " : " ");
	}
	sheet_add(to, ");\n");
}

/* Up to where its children or its end would stand. */
static void write_open(struct sheet *to, const struct draft_entry *e)
{
	unsigned depth = 2u * e->depth;

	indent(to, depth);
	sheet_add(to, "{\n");
	for (const struct draft_property *p = e->props; p; p = p->next)
		write_property(to, p, depth + 1);
	if (!e->child)
		return;
	indent(to, depth + 1);
	sheet_add(to, CHILDREN " = (\n");
}

static void write_close(struct sheet *to, const struct draft_entry *e)
{
	unsigned depth = 2u * e->depth;

	if (e->child) {
		indent(to, depth + 1);
		sheet_add(to, ")\n");
	}
	indent(to, depth);
	sheet_add(to, e->next ? "},\n" : "}\n");
}

void netinfo_write(struct draft *d, struct sheet *to)
{
	const struct draft_entry *e = draft_root(d);

	while (e) {
		write_open(to, e);
		if (e->child) {
			e = e->child;
			continue;
		}
		write_close(to, e);
		while (!e->next && e->up) {
			e = e->up;
			write_close(to, e);
		}
		e = e->next;
	}
}
