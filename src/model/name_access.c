/*
 * The access file: each item is a range of addresses, whatever way it was
 * written.  A pattern is matched by going back to the last star only, so that
 * no pattern takes longer than its length times the name's.
 */
#include "model/name_access.h"

#include "base/addr.h"
#include "base/text.h"

#include <string.h>

/* A part of a line, without the blanks around it. */
struct piece {
	const char *s;
	size_t len;
};

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* ---- items --------------------------------------------------------------- */

static bool parse_range(struct piece p, const char *dash, uint32_t *low,
			uint32_t *high)
{
	size_t at = (size_t)(dash - p.s);
	size_t a = at, b = at + 1;

	while (a && is_blank(p.s[a - 1]))
		a--;
	while (b < p.len && is_blank(p.s[b]))
		b++;
	return ip_parse(p.s, a, low) && ip_parse(p.s + b, p.len - b, high) &&
	       *low <= *high;
}

/* The class letters of old: A, B, C. */
static bool parse_class(struct piece p, uint32_t *ip, uint32_t *mask)
{
	char letter = p.len > 2 ? upper(p.s[p.len - 1]) : 0;

	if (letter < 'A' || letter > 'C' || p.s[p.len - 2] != '/')
		return false;
	*mask = 0xffffffffu << (8 * (2 - (letter - 'A')) + 8);
	return ip_parse(p.s, p.len - 2, ip);
}

static bool parse_item(struct piece p, uint32_t *low, uint32_t *high)
{
	const char *dash = p.len ? memchr(p.s, '-', p.len) : NULL;
	uint32_t mask;

	if (p.len == 1 && *p.s == '+') {
		*low = 0;
		*high = IP_BROADCAST;
		return true;
	}
	if (dash)
		return parse_range(p, dash, low, high);
	if (ip_parse(p.s, p.len, low)) {
		*high = *low;
		return true;
	}
	if (!parse_class(p, low, &mask) && !net_parse(p.s, p.len, low, &mask))
		return false;
	*low &= mask;
	*high = *low | ~mask;
	return true;
}

static struct piece trim(const char *s, const char *end)
{
	while (s < end && is_blank(*s))
		s++;
	while (s < end && is_blank(end[-1]))
		end--;
	return (struct piece){s, (size_t)(end - s)};
}

static const char *parse_items(struct name_access *to,
			       struct name_access_line *line, struct piece all)
{
	const char *s = all.s, *end = all.s + all.len;

	line->first = (uint16_t)to->n_items;
	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		struct piece p = trim(s, comma ? comma : end);

		if (to->n_items == NAME_ACCESS_ITEMS)
			return "too many addresses";
		if (!parse_item(p, &to->items[to->n_items].low,
				&to->items[to->n_items].high))
			return "no address, range, network or +";
		to->n_items++;
		line->n++;
		if (comma && !trim(comma + 1, end).len)
			return "nothing follows the comma";
		s = comma ? comma + 1 : end;
	}
	return NULL;
}

/* ---- lines --------------------------------------------------------------- */

/* The first such character that no backslash stands before; or the end. */
static const char *find(const char *s, const char *end, char c)
{
	for (; s < end && *s != c; s++)
		if (*s == '\\' && s + 1 < end)
			s++;
	return s;
}

static bool ends_in_escape(struct piece p)
{
	size_t n = 0;

	while (n < p.len && p.s[p.len - 1 - n] == '\\')
		n++;
	return n % 2;
}

static const char *keep_pattern(struct name_access_line *line, struct piece p,
				const char *colon)
{
	/* A blank at the end that was escaped stays. */
	if (p.s + p.len < colon && ends_in_escape(p))
		p.len++;
	if (!p.len)
		return "no name before the colon";
	if (p.len >= NAME_ACCESS_PATTERN)
		return "the name is too long";
	for (size_t i = 0; i < p.len; i++)
		line->pattern[i] = upper(p.s[i]);
	line->len = p.len;
	return NULL;
}

static const char *parse_line(struct name_access *to, const char *s,
			      const char *end)
{
	struct name_access_line *line = &to->lines[to->n_lines];
	const char *colon, *why;

	end = find(s, end, '#');
	if (!trim(s, end).len)
		return NULL;
	colon = find(s, end, ':');
	if (colon == end)
		return "no colon";
	if (to->n_lines == NAME_ACCESS_LINES)
		return "too many lines";
	memset(line, 0, sizeof(*line));
	why = keep_pattern(line, trim(s, colon), colon);
	if (!why)
		why = parse_items(to, line, trim(colon + 1, end));
	to->n_lines++;
	return why;
}

bool name_access_parse(struct name_access *to, const char *s, size_t len,
		       struct name_access_error *e)
{
	const char *end = s + len;

	to->n_lines = to->n_items = 0;
	for (e->line = 1; s < end; e->line++) {
		const char *eol = memchr(s, '\n', (size_t)(end - s));

		e->why = parse_line(to, s, eol ? eol : end);
		if (e->why) {
			to->n_lines = to->n_items = 0;
			return false;
		}
		s = eol ? eol + 1 : end;
	}
	return true;
}

/* ---- decisions ----------------------------------------------------------- */

/* One element of a pattern, which may be an escaped one; its length. */
static size_t element(const struct name_access_line *l, size_t at)
{
	return l->pattern[at] == '\\' && at + 1 < l->len ? 2 : 1;
}

static bool fits(const struct name_access_line *l, size_t at, char c)
{
	if (element(l, at) == 2)
		return l->pattern[at + 1] == upper(c);
	return l->pattern[at] == '?' || l->pattern[at] == upper(c);
}

static bool matches(const struct name_access_line *l, const char *name,
		    size_t len)
{
	size_t p = 0, n = 0, star = l->len + 1, star_n = 0;

	while (n < len) {
		if (p < l->len && l->pattern[p] == '*') {
			star = p++;
			star_n = n;
		} else if (p < l->len && fits(l, p, name[n])) {
			p += element(l, p);
			n++;
		} else if (star <= l->len) {
			p = star + 1;
			n = ++star_n;
		} else {
			return false;
		}
	}
	while (p < l->len && l->pattern[p] == '*')
		p++;
	return p == l->len;
}

bool name_access_allows(const struct name_access *a, const char *name,
			size_t len, uint32_t ip)
{
	for (unsigned i = 0; i < a->n_lines; i++) {
		const struct name_access_line *l = &a->lines[i];

		if (!matches(l, name, len))
			continue;
		for (unsigned k = l->first; k < l->first + (unsigned)l->n; k++)
			if (ip >= a->items[k].low && ip <= a->items[k].high)
				return true;
		return false;
	}
	return false;
}
