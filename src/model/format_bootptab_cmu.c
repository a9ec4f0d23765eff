/*
 * bootptab as CMU's bootpd has it: NAME:tag=value:tag=value:, a backslash at
 * the end of a line that goes on.  tc=NAME takes what another entry before it
 * says; an entry without a hardware address is there for that alone.
 */
#include "model/format_inside.h"

#include <string.h>

struct parser {
	struct reading r;
	struct draft *aside;   /* all entries, for tc */
	struct draft_entry *e; /* there, the one being read */
	struct draft_entry *top;
};

/* ---- entries as they are written ---------------------------------------- */

static bool is_tag(struct span v, const char *tag, struct span *value)
{
	size_t n = strlen(tag);

	if (v.len <= n || memcmp(v.s, tag, n) != 0 || v.s[n] != '=')
		return false;
	*value = (struct span){v.s + n + 1, v.len - n - 1};
	if (value->len > 1 && value->s[0] == '"' &&
	    value->s[value->len - 1] == '"') {
		value->s++;
		value->len -= 2;
	}
	return true;
}

/* What a directory has no place for is said once a tag. */
static void pass_over(struct parser *s, struct span field)
{
	size_t n = 0;

	while (n < field.len && field.s[n] != '=' && field.s[n] != '@')
		n++;
	field.len = n;
	if (draft_noted(s->aside, NOTE_TAG, field))
		return;
	draft_note(s->aside, s->top, NOTE_TAG, field);
	remark_at(&s->r, "bootptab", field, "passed over, here and below");
}

static bool template_take(struct parser *s, struct span name)
{
	static const char *const taken[] = {"ha", "ip", "bf", "sa", NULL};
	const struct draft_entry *from = draft_noted(s->aside, NOTE_NAME, name);

	if (!from)
		return wrong(&s->r, "tc", name,
			     "is no entry that stands before");
	for (const char *const *p = taken; *p; p++)
		property_copy(s->aside, s->e, from, *p);
	return true;
}

static bool field_read(struct parser *s, struct span field)
{
	static const char *const known[] = {"ha", "ip", "bf", "sa", NULL};
	/* The type is seen in the address, the rest says how to answer. */
	static const char *const silent[] = {"ht", "hn", "vm", NULL};
	struct span value;

	if (is_tag(field, "tc", &value))
		return template_take(s, value);
	for (const char *const *p = known; *p; p++)
		if (is_tag(field, *p, &value)) {
			if (!draft_find(s->e, *p))
				draft_set(s->aside, s->e, *p, value);
			return true;
		}
	for (const char *const *p = silent; *p; p++)
		if (span_is(field, *p) || is_tag(field, *p, &value))
			return true;
	pass_over(s, field);
	return true;
}

/* ---- as machines -------------------------------------------------------- */

/* "00000f00075a" or "0x00000f00075a", besides what everybody reads. */
static bool hw_add(struct parser *s, struct draft_entry *m, const char *ha)
{
	char room[3 * HWADDR_MAX];
	struct text t = text_over(room, sizeof room);
	struct span v = span_of(ha);
	uint8_t mac[6];

	if (span_begins(v, "0x")) {
		v.s += 2;
		v.len -= 2;
	}
	if (!text_hex_get(v.s, v.len, mac, sizeof mac))
		return machine_hw_add(&s->r, m, span_of(ha));
	text_hex(&t, mac, sizeof mac, ':');
	return machine_hw_add(&s->r, m, span_of(room));
}

static bool machine_make(struct parser *s, struct span name)
{
	const char *ha = draft_text(s->e, "ha"), *ip = draft_text(s->e, "ip");
	const char *bf = draft_text(s->e, "bf"), *sa = draft_text(s->e, "sa");
	struct draft_entry *m;

	if (!ha)
		return true;
	m = machine_called(&s->r, name);
	if (!machine_name_add(&s->r, m, name) || !hw_add(s, m, ha))
		return false;
	if (ip && !machine_ip_add(&s->r, m, span_of(ip)))
		return false;
	if (bf && !machine_file_set(&s->r, m, span_of(bf)))
		return false;
	if (sa && is_ip(sa) && !draft_find(m, "next_server"))
		draft_set(s->r.d, m, "next_server", span_of(sa));
	return true;
}

/* ---- the whole ---------------------------------------------------------- */

/* Up to the next colon outside of quotes. */
static struct span cut(struct span *rest)
{
	bool is_quoted = false;
	size_t n = 0;
	struct span piece;

	for (; n < rest->len && (is_quoted || rest->s[n] != ':'); n++)
		is_quoted ^= rest->s[n] == '"';
	piece = span_trim((struct span){rest->s, n});
	n += n < rest->len;
	*rest = (struct span){rest->s + n, rest->len - n};
	return piece;
}

static bool line_read(struct parser *s, struct span line, struct span *name)
{
	if (!s->e) {
		*name = cut(&line);
		if (!name->len || draft_noted(s->aside, NOTE_NAME, *name))
			return wrong(&s->r, "bootptab", *name,
				     name->len ? "is there twice"
					       : "is no name");
		s->e = draft_add(s->aside, s->top, s->r.line);
		draft_note(s->aside, s->e, NOTE_NAME, *name);
	}
	while (line.len) {
		struct span field = cut(&line);

		if (field.len && !field_read(s, field))
			return false;
	}
	return true;
}

static bool read_all(struct parser *s, struct span text)
{
	struct span line, name = {.len = 0};
	bool more = false;

	while (span_line(&text, &line)) {
		line = span_trim(line);
		s->r.line++;
		if (!more && (!line.len || line.s[0] == '#'))
			continue;
		more = line.len && line.s[line.len - 1] == '\\';
		line.len -= more;
		if (!line_read(s, line, &name))
			return false;
		if (!more && !machine_make(s, name))
			return false;
		if (!more)
			s->e = NULL;
	}
	return !s->e || machine_make(s, name);
}

bool bootptab_cmu_read(struct draft *d, struct span text, struct complaint *why)
{
	struct parser s = {
		.r = {.d = d, .dir = draft_place(d, MACHINES), .why = why}};
	bool is_good;

	if (draft_open(&s.aside, draft_alloc(d)))
		return false;
	s.top = draft_root(s.aside);
	is_good = read_all(&s, text);
	draft_close(s.aside);
	return is_good;
}

bool bootptab_is_cmu(struct span text)
{
	struct span line;

	while (span_line(&text, &line)) {
		line = span_trim(line);
		if (line.len && line.s[0] != '#')
			return line.s[0] != '/' && span_has(line, ':');
	}
	return false;
}
