/*
 * One parser for each shape: fields between colons, and words between blanks.
 * What is not such a line is no entry, and no harm: other programs read these
 * files, too, and some know more.
 */
#include "model/flat.h"

#include "base/text.h"
#include "model/lines.h"

#include <string.h>

enum { WORD = 1024 };

/* ---- lines --------------------------------------------------------------- */

static bool has_comments(enum lookup_category c)
{
	return c != LOOKUP_USERS && c != LOOKUP_GROUPS &&
	       c != LOOKUP_PRINTERS && c != LOOKUP_ALIASES;
}

static struct span strip(enum lookup_category c, struct span line)
{
	const char *at = line.len ? memchr(line.s, '#', line.len) : NULL;

	if (at && (has_comments(c) || at == line.s))
		line.len = (size_t)(at - line.s);
	return line;
}

static bool goes_on(struct span line)
{
	return line.len && line.s[line.len - 1] == '\\';
}

static bool may_go_on(enum lookup_category c)
{
	return c == LOOKUP_PRINTERS || c == LOOKUP_BOOTPARAMS ||
	       c == LOOKUP_NETGROUPS || c == LOOKUP_ALIASES;
}

static bool begins_blank(struct span text)
{
	return text.len && span_is_blank(*text.s);
}

/* All lines of one, from the first on. */
static void join(enum lookup_category c, struct span *text, struct span line,
		 struct text *to)
{
	for (;;) {
		struct span next = strip(c, line);
		bool more = goes_on(next);

		next.len -= more;
		text_bytes(to, next.s, next.len);
		text_add(to, " ");
		if (c == LOOKUP_ALIASES)
			more = begins_blank(*text);
		if (!more || !span_line(text, &line))
			return;
	}
}

bool flat_next(enum lookup_category c, struct span *text, char room[FLAT_LINE],
	       struct span *line)
{
	while (span_line(text, line)) {
		struct text t = text_over(room, FLAT_LINE);

		if (may_go_on(c)) {
			join(c, text, *line, &t);
			if (t.full)
				continue;
			*line = (struct span){t.s, t.len};
		} else {
			*line = strip(c, *line);
		}
		*line = span_trim(*line);
		if (line->len && line->len < FLAT_LINE)
			return true;
	}
	return false;
}

/* ---- properties ---------------------------------------------------------- */

static bool add_value(struct plist_out *o, struct span v)
{
	char room[WORD];

	if (!span_copy(room, sizeof room, v) || memchr(v.s, 0, v.len))
		return false;
	plist_add_value(o, room);
	return true;
}

static bool add(struct plist_out *o, const char *name, struct span v)
{
	plist_add(o, name);
	return !v.len || add_value(o, v);
}

static bool add_words(struct plist_out *o, struct span rest)
{
	struct span w;

	while ((w = span_word(&rest)).len)
		if (!add_value(o, w))
			return false;
	return true;
}

/* Up to a character, or the end. */
static struct span cut(struct span *rest, char at)
{
	struct span v;

	(void)piece_cut(rest, at, &v);
	return v;
}

static bool add_list(struct plist_out *o, const char *name, struct span rest)
{
	plist_add(o, name);
	while (rest.len) {
		struct span v = span_trim(cut(&rest, ','));

		if (v.len && !add_value(o, v))
			return false;
	}
	return true;
}

/* What begins with a sign stands for others, of NIS. */
static bool is_entry(struct span line)
{
	return line.len && *line.s != '+' && *line.s != '-';
}

static bool is_number(struct span v)
{
	uint64_t n;

	return number_parse(v.s, v.len, UINT32_MAX, &n);
}

/* ---- shapes -------------------------------------------------------------- */

static bool user(struct span line, struct plist_out *o)
{
	static const char *const fields[] = {
		"name", "passwd", "uid", "gid", "realname", "home", "shell"};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct span v = cut(&line, ':');

		if ((i == 0 && !v.len) || ((i == 2 || i == 3) && !is_number(v)))
			return false;
		if (!add(o, fields[i], v))
			return false;
	}
	return true;
}

static bool group(struct span line, struct plist_out *o)
{
	struct span name = cut(&line, ':'), passwd = cut(&line, ':');
	struct span gid = cut(&line, ':');

	return name.len && is_number(gid) && add(o, "name", name) &&
	       add(o, "passwd", passwd) && add(o, "gid", gid) &&
	       add_list(o, "users", line);
}

static bool host(struct span line, struct plist_out *o)
{
	struct span w = span_word(&line);
	uint32_t ip;

	if (!ip_parse(w.s, w.len, &ip) || !span_trim(line).len)
		return false;
	plist_add(o, "name");
	return add_words(o, line) && add(o, "ip_address", w);
}

static bool ether(struct span line, struct plist_out *o)
{
	struct span w = span_word(&line);
	struct hwaddr hw;

	if (!hwaddr_parse(w.s, w.len, &hw) || !span_trim(line).len)
		return false;
	plist_add(o, "name");
	return add_words(o, line) && add(o, "en_address", w);
}

/* A name, its number, other names. */
static bool numbered(struct span line, struct plist_out *o,
		     const char *property)
{
	struct span name = span_word(&line), n = span_word(&line);

	if (!n.len || *n.s < '0' || *n.s > '9' || !add(o, "name", name))
		return false;
	return add_words(o, line) && add(o, property, n);
}

static bool service(struct span line, struct plist_out *o)
{
	struct span name = span_word(&line), protocol = span_word(&line);
	struct span port = cut(&protocol, '/');

	return is_number(port) && protocol.len && add(o, "name", name) &&
	       add_words(o, line) && add(o, "port", port) &&
	       add(o, "protocol", protocol);
}

static bool mount(struct span line, struct plist_out *o)
{
	struct span w;

	for (size_t i = 0; i < MOUNT_WORDS; i++) {
		w = span_word(&line);
		if (!w.len)
			return i > 1;
		if (i == MOUNT_OPTS ? !add_list(o, mount_words[i], w)
				    : !add(o, mount_words[i], w))
			return false;
	}
	return true;
}

static bool printer(struct span line, struct plist_out *o)
{
	struct span names = cut(&line, ':'), key, v;
	char name[LOOKUP_KEY];

	plist_add(o, "name");
	if (!names.len)
		return false;
	while (names.len)
		if (!add_value(o, span_trim(cut(&names, '|'))))
			return false;
	while (capability_next(&line, &key, &v))
		if (key.len &&
		    (!span_copy(name, sizeof name, key) || !add(o, name, v)))
			return false;
	return true;
}

static bool alias(struct span line, struct plist_out *o)
{
	struct span name = span_trim(cut(&line, ':')), one;

	if (!name.len || !add(o, "name", name))
		return false;
	plist_add(o, "members");
	while ((one = member_next(&line)).len)
		if (!add_value(o, one))
			return false;
	return true;
}

/* A name and words. */
static bool named(struct span line, struct plist_out *o, const char *property)
{
	if (!add(o, "name", span_word(&line)))
		return false;
	plist_add(o, property);
	return add_words(o, line);
}

bool flat_parse(enum lookup_category c, struct span line, struct plist_out *o)
{
	if (!is_entry(line))
		return false;
	switch (c) {
	case LOOKUP_USERS:
		return user(line, o);
	case LOOKUP_GROUPS:
		return group(line, o);
	case LOOKUP_HOSTS:
		return host(line, o);
	case LOOKUP_NETWORKS:
		return numbered(line, o, "address");
	case LOOKUP_SERVICES:
		return service(line, o);
	case LOOKUP_PROTOCOLS:
	case LOOKUP_RPCS:
		return numbered(line, o, "number");
	case LOOKUP_MOUNTS:
		return mount(line, o);
	case LOOKUP_PRINTERS:
		return printer(line, o);
	case LOOKUP_BOOTPARAMS:
		return named(line, o, "bootparams");
	case LOOKUP_ALIASES:
		return alias(line, o);
	case LOOKUP_NETGROUPS:
		return named(line, o, "members");
	case LOOKUP_ETHERS:
		return ether(line, o);
	case LOOKUP_BOOTP:
	case LOOKUP_CATEGORIES:
		break;
	}
	return false;
}
