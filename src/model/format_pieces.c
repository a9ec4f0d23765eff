/*
 * aliases and printcap: entries that go on over several lines, which are put
 * together first.
 */
#include "model/format_inside.h"
#include "model/lines.h"

#include <string.h>

/* ---- aliases ------------------------------------------------------------ */

static struct draft_entry *named(struct reading *r, const char *what,
				 struct span name)
{
	struct draft_entry *e;

	if (!name.len || draft_noted(r->d, NOTE_NAME, name)) {
		wrong(r, what, name,
		      name.len ? "is there twice" : "is no name");
		return NULL;
	}
	e = draft_add(r->d, r->dir, r->line);
	draft_note(r->d, e, NOTE_NAME, name);
	draft_set(r->d, e, "name", name);
	return e;
}

static void members_read(struct reading *r, struct draft_property *p,
			 struct span v)
{
	struct span one;

	while ((one = member_next(&v)).len)
		draft_value(r->d, p, one);
}

bool aliases_read(struct draft *d, struct span text, struct complaint *why)
{
	struct reading r = {
		.d = d, .dir = draft_place(d, "aliases"), .why = why};
	struct draft_property *p = NULL;
	struct span line;

	while (span_line(&text, &line)) {
		struct span v = span_trim(line);
		struct span name, rest = v;
		bool has_colon = piece_cut(&rest, ':', &name);

		r.line++;
		if (!v.len || v.s[0] == '#')
			continue;
		if (!span_is_blank(line.s[0])) {
			struct draft_entry *e;

			if (!has_colon)
				return wrong(&r, "aliases", v,
					     "has no colon behind a name");
			e = named(&r, "aliases", span_trim(name));
			if (!e)
				return false;
			p = draft_property(d, e, span_of("members"));
			v = rest;
		} else if (!p) {
			return wrong(&r, "aliases", v,
				     "goes on, but there is no alias yet");
		}
		members_read(&r, p, v);
	}
	return true;
}

/* Whether it comes back as it was. */
static bool is_member(const char *s)
{
	struct span v = span_of(s);
	bool is_quoted = false;

	for (size_t i = 0; i < v.len; i++) {
		if (s[i] == '\n' || (s[i] == ',' && !is_quoted))
			return false;
		is_quoted ^= s[i] == '"';
	}
	return v.len && !is_quoted && span_trim(v).len == v.len &&
	       v.s[0] != '#';
}

static bool is_alias(const char *s)
{
	struct span v = span_of(s);

	return v.len && !span_has(v, ':') && !span_has(v, '\n') &&
	       span_trim(v).len == v.len && v.s[0] != '#';
}

void aliases_write(struct draft *d, struct sheet *to)
{
	static const char *const known[] = {"name", "members", NULL};
	const struct draft_entry *dir = place_of(d, "aliases");
	const struct draft_entry *e = dir ? dir->child : NULL;

	for (; e; e = e->next) {
		const struct draft_property *p = draft_find(e, "members");
		const char *between = " ";

		if (!is_alias(draft_name(e))) {
			remark_on(d, e, "name",
				  "can't begin a line, so it is not in the "
				  "file");
			continue;
		}
		if (draft_find(e, "name")->n > 1)
			remark_on(d, e, "name", "only the first has a place");
		sheet_add(to, draft_name(e));
		sheet_add(to, ":");
		for (const struct draft_value *v = p ? p->first : NULL; v;
		     v = v->next) {
			if (!is_member(v->text)) {
				remark_on(d, e, "members",
					  "a value that has no place");
				continue;
			}
			sheet_add(to, between);
			sheet_add(to, v->text);
			between = ", ";
		}
		sheet_add(to, "\n");
	}
	remark_rest(d, dir, known);
}

/* ---- printcap ----------------------------------------------------------- */

static bool has_property(const struct draft_entry *e, struct span name)
{
	const struct draft_property *p = e ? e->props : NULL;

	while (p && !span_is(name, p->name))
		p = p->next;
	return p;
}

static bool capability_read(struct reading *r, struct draft_entry *e,
			    struct span key, struct span v)
{
	struct draft_property *p;
	struct span whole = {key.s,
			     v.s ? (size_t)(v.s + v.len - key.s) : key.len};

	if (e->n_props >= DRAFT_PROPERTIES)
		return wrong(r, "printcap", whole, "is one too many");
	if (!key.len)
		return wrong(r, "printcap", whole, "has no name");
	/* Of several the first counts. */
	if (has_property(e, key)) {
		remark_at(r, draft_name(e), whole,
			  "is there already: passed over");
		return true;
	}
	p = draft_property(r->d, e, key);
	if (v.s)
		draft_value(r->d, p, v);
	return true;
}

static bool capabilities_read(struct reading *r, struct draft_entry *e,
			      struct span rest)
{
	struct span key, v;

	while (capability_next(&rest, &key, &v))
		if (!capability_read(r, e, key, v))
			return false;
	return true;
}

/* NAME|ALIAS|...: */
static struct draft_entry *printer_read(struct reading *r, struct span *v)
{
	struct span names, one, line = *v;
	struct draft_entry *e = NULL;

	(void)piece_cut(v, ':', &names);
	while (names.len) {
		(void)piece_cut(&names, '|', &one);
		one = span_trim(one);
		if (!e)
			e = named(r, "printcap", one);
		else if (one.len)
			draft_set(r->d, e, "name", one);
		if (!e)
			return NULL;
	}
	if (!e)
		wrong(r, "printcap", line, "has no name");
	return e;
}

bool printcap_read(struct draft *d, struct span text, struct complaint *why)
{
	struct reading r = {
		.d = d, .dir = draft_place(d, "printers"), .why = why};
	struct draft_entry *e = NULL;
	bool more = false;
	struct span line;

	while (span_line(&text, &line)) {
		struct span v = span_trim(line);
		bool goes_on = v.len && v.s[v.len - 1] == '\\';

		r.line++;
		v.len -= goes_on;
		if (!more && (!v.len || v.s[0] == '#'))
			continue;
		if (!more)
			e = printer_read(&r, &v);
		if (!e || !capabilities_read(&r, e, v))
			return false;
		more = goes_on;
	}
	return true;
}

static bool is_capability(const char *s, const char *but)
{
	struct span v = span_of(s);

	for (size_t i = 0; i < v.len; i++)
		if (strchr(but, s[i]) || s[i] == '\n' || s[i] == '\\')
			return false;
	return span_trim(v).len == v.len;
}

static void capability_write(struct draft *d, const struct draft_entry *e,
			     const struct draft_property *p, struct sheet *to)
{
	const char *v = p->first ? p->first->text : "";

	if (!is_capability(p->name, ":=#") || !is_capability(v, ":")) {
		remark_on(d, e, p->name, "can't be a capability");
		return;
	}
	if (p->n > 1)
		remark_on(d, e, p->name, "only the first value has a place");
	sheet_add(to, " \\\n\t:");
	sheet_add(to, p->name);
	if (p->first && v[0] != '#')
		sheet_add(to, "=");
	sheet_add(to, v);
	sheet_add(to, ":");
}

static bool is_printer(const char *name)
{
	return name[0] && name[0] != '#' && is_capability(name, ":|");
}

/* Another name may be left out, but none may stand for the first, by which a
 * printer is known. */
static bool printer_names(struct draft *d, const struct draft_entry *e,
			  struct sheet *to)
{
	const struct draft_property *p = draft_find(e, "name");

	if (!is_printer(draft_name(e))) {
		remark_on(d, e, "name",
			  "can't begin a line, so it is not in the file");
		return false;
	}
	sheet_add(to, draft_name(e));
	for (const struct draft_value *v = p->first->next; v; v = v->next) {
		if (!is_printer(v->text)) {
			remark_on(d, e, "name", "a name that has no place");
			continue;
		}
		sheet_add(to, "|");
		sheet_add(to, v->text);
	}
	return true;
}

void printcap_write(struct draft *d, struct sheet *to)
{
	const struct draft_entry *dir = place_of(d, "printers");
	const struct draft_entry *e = dir ? dir->child : NULL;

	for (; e; e = e->next) {
		bool has_name = false;

		if (!printer_names(d, e, to))
			continue;
		sheet_add(to, ":");
		for (const struct draft_property *p = e->props; p;
		     p = p->next) {
			if (!has_name && !strcmp(p->name, "name"))
				has_name = true;
			else
				capability_write(d, e, p, to);
		}
		sheet_add(to, "\n");
	}
}
