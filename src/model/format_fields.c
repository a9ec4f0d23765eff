/*
 * passwd and group: a line an entry, with a colon between its fields.  A field
 * that is empty is a property that is not there.
 */
#include "model/format_inside.h"
#include "model/lines.h"

#include <string.h>

struct field {
	const char *property;
	bool is_list; /* values with commas between them */
};
enum { FIELDS = 7 };

struct layout {
	const char *name, *directory;
	unsigned n;
	struct field v[FIELDS];
};

static const struct layout passwd = {"passwd",
				     "users",
				     7,
				     {{"name", false},
				      {"passwd", false},
				      {"uid", false},
				      {"gid", false},
				      {"realname", false},
				      {"home", false},
				      {"shell", false}}};
static const struct layout group = {
	"group",
	"groups",
	4,
	{{"name", false}, {"passwd", false}, {"gid", false}, {"users", true}}};

/* ---- reading ------------------------------------------------------------ */

static void list_read(struct reading *r, struct draft_entry *e,
		      const struct field *f, struct span v)
{
	struct draft_property *p =
		draft_property(r->d, e, span_of(f->property));
	struct span one;
	bool more = true;

	while (more) {
		more = piece_cut(&v, ',', &one);
		one = span_trim(one);
		if (one.len)
			draft_value(r->d, p, one);
	}
}

static bool fields_read(struct reading *r, const struct layout *l,
			struct span line)
{
	struct span rest = line, piece[FIELDS];
	unsigned n = 0;
	bool more = true;

	while (more && n < l->n)
		more = piece_cut(&rest, ':', &piece[n++]);
	if (more || n < l->n)
		return wrong(r, l->name, line,
			     l->n == FIELDS ? "has not 7 fields"
					    : "has not 4 fields");
	if (!piece[0].len)
		return wrong(r, l->name, line, "has no name");
	if (draft_noted(r->d, NOTE_NAME, piece[0]))
		return wrong(r, l->name, piece[0], "is there twice");

	struct draft_entry *e = draft_add(r->d, r->dir, r->line);

	draft_note(r->d, e, NOTE_NAME, piece[0]);
	for (unsigned i = 0; i < n; i++)
		if (piece[i].len && l->v[i].is_list)
			list_read(r, e, &l->v[i], piece[i]);
		else if (piece[i].len)
			draft_set(r->d, e, l->v[i].property, piece[i]);
	return true;
}

static bool layout_read(struct draft *d, struct span text,
			struct complaint *why, const struct layout *l)
{
	struct reading r = {
		.d = d, .dir = draft_place(d, l->directory), .why = why};
	struct span line;

	while (span_line(&text, &line)) {
		struct span v = span_trim(line);

		r.line++;
		if (!v.len || v.s[0] == '#')
			continue;
		if (v.s[0] == '+' || v.s[0] == '-')
			remark_at(&r, l->name, v, "is for NIS: passed over");
		else if (!fields_read(&r, l, v))
			return false;
	}
	return true;
}

/* ---- writing ------------------------------------------------------------ */

/* A text in a field: no colon, no line break, and not nothing. */
static bool is_fit(const struct field *f, const char *s)
{
	struct span v = span_of(s);

	return v.len && !span_has(v, ':') && !span_has(v, '\n') &&
	       (!f->is_list || !span_has(v, ',')) && span_trim(v).len == v.len;
}

static void field_write(struct draft *d, const struct draft_entry *e,
			const struct field *f, struct sheet *to)
{
	const struct draft_property *p = draft_find(e, f->property);
	const char *between = "";

	if (!p)
		return;
	if (!p->first || (p->n > 1 && !f->is_list))
		remark_on(d, e, f->property,
			  p->first ? "only the first value has a place"
				   : "no value is the same as absent there");
	for (const struct draft_value *v = p->first; v; v = v->next) {
		if (is_fit(f, v->text)) {
			sheet_add(to, between);
			sheet_add(to, v->text);
			between = ",";
		} else {
			remark_on(d, e, f->property,
				  "a value that a field can't hold");
			/* A field of a password that is empty lets anybody in.
			 */
			if (*v->text && !strcmp(f->property, "passwd"))
				sheet_add(to, "*");
		}
		if (!f->is_list)
			return;
	}
}

static void layout_write(struct draft *d, struct sheet *to,
			 const struct layout *l)
{
	const struct draft_entry *dir = place_of(d, l->directory);
	const struct draft_entry *e = dir ? dir->child : NULL;
	const char *known[FIELDS + 1] = {NULL};

	for (unsigned i = 0; i < l->n; i++)
		known[i] = l->v[i].property;
	for (; e; e = e->next) {
		const char *name = draft_name(e);

		if (!is_fit(&l->v[0], name) || strchr("#+-", *name)) {
			remark_on(d, e, "name",
				  "can't begin a line, so it is not in the "
				  "file");
			continue;
		}
		for (unsigned i = 0; i < l->n; i++) {
			sheet_add(to, i ? ":" : "");
			field_write(d, e, &l->v[i], to);
		}
		sheet_add(to, "\n");
	}
	remark_rest(d, dir, known);
}

bool passwd_read(struct draft *d, struct span text, struct complaint *why)
{
	return layout_read(d, text, why, &passwd);
}

void passwd_write(struct draft *d, struct sheet *to)
{
	layout_write(d, to, &passwd);
}

bool group_read(struct draft *d, struct span text, struct complaint *why)
{
	return layout_read(d, text, why, &group);
}

void group_write(struct draft *d, struct sheet *to)
{
	layout_write(d, to, &group);
}
