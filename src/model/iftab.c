/*
 * iftab.  A line is cut into interface, family and the rest, and the rest is
 * understood at once, so that a slip is found before anything is configured.
 */
#include "model/iftab.h"

#include <string.h>

static bool is_interface(struct span v)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = text_lower(v.s[i]);

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') &&
		    !strchr("*._:@", c) && (c != '-' || i == 0))
			return false;
	}
	return v.len && v.len < 32;
}

/* A comment behind the words of a line. */
static struct span without_comment(struct span words)
{
	struct span rest = words, word, kept = {words.s, 0};

	while ((word = span_word(&rest)).len && word.s[0] != '#')
		kept.len = (size_t)(word.s - kept.s) + word.len;
	return kept;
}

static bool on_command(struct iftab_line *l, struct complaint *why)
{
	struct span whole = l->words;

	l->kind = IFTAB_COMMAND;
	l->words.s++;
	l->words.len--;
	l->words = span_trim(l->words);
	return l->words.len || complain(why, "iftab", whole, "is no command");
}

/* Behind the family. */
static bool on_rest(struct iftab_line *l, struct complaint *why)
{
	if (l->words.len && l->words.s[0] == '!')
		return on_command(l, why);
	l->words = without_comment(l->words);
	if (!l->words.len)
		return complain(why, "iftab", l->interface,
				"has nothing behind inet");
	l->kind = IFTAB_HOSTCONFIG;
	if (span_is(l->words, "-HOSTCONFIG-"))
		return true;
	l->kind = IFTAB_IFCONFIG;
	return ifconfig_get(&l->ifconfig, l->words, why);
}

static bool on_line(struct iftab_line *l, struct span line,
		    struct complaint *why)
{
	struct span rest = line, family;

	if (!span_is_plain(line))
		return complain(why, "iftab", line, "is no plain text");
	l->interface = span_word(&rest);
	if (!span_is(l->interface, "-1-") && !is_interface(l->interface))
		return complain(why, "iftab", l->interface,
				"is no interface, no pattern and not -1-");
	family = span_word(&rest);
	if (!span_is(family, "inet"))
		return complain(why, "iftab", family,
				"is no address family that is known (inet)");
	l->words = span_trim(rest);
	if (l->words.len > IFTAB_WORDS)
		return complain(why, "iftab", l->interface,
				"has too much behind inet");
	return on_rest(l, why);
}

bool iftab_get(struct iftab *t, const char *text, size_t len,
	       struct complaint *why)
{
	struct span rest = {text, len}, line;

	t->n = 0;
	*why = (struct complaint){0};
	while (span_line(&rest, &line)) {
		struct iftab_line *l = &t->v[t->n];

		why->number++;
		line = span_trim(line);
		if (!line.len || line.s[0] == '#')
			continue;
		if (t->n == IFTAB_LINES)
			return complain(why, "iftab", line, "is one too many");
		*l = (struct iftab_line){.number = why->number};
		if (!on_line(l, line, why))
			return false;
		t->n++;
	}
	return true;
}

/* ---- matching ----------------------------------------------------------- */

/* A star stands for any characters, none too.  Going back to the last star
 * alone is enough. */
static bool fits(struct span pattern, struct span name)
{
	size_t p = 0, n = 0, star = pattern.len, from = 0;

	while (n < name.len) {
		if (p < pattern.len && pattern.s[p] == '*') {
			star = p++;
			from = n;
		} else if (p < pattern.len && pattern.s[p] == name.s[n]) {
			p++;
			n++;
		} else if (star < pattern.len) {
			p = star + 1;
			n = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.s[p] == '*')
		p++;
	return p == pattern.len;
}

const struct iftab_line *iftab_find(const struct iftab *t, const char *name,
				    bool is_first)
{
	bool is_loopback = !strcmp(name, "lo") || !strcmp(name, "lo0");

	for (unsigned i = 0; i < t->n; i++) {
		const struct iftab_line *l = &t->v[i];

		if (is_loopback && !span_begins(l->interface, "lo"))
			continue;
		if (span_is(l->interface, "-1-")
			    ? is_first
			    : fits(l->interface, span_of(name)))
			return l;
	}
	return NULL;
}
