/*
 * Lines and words of a text.  An end may be NULL with length 0, which is never
 * looked at.
 */
#include "base/span.h"

#include "base/text.h"

#include <string.h>

struct span span_of(const char *s)
{
	return (struct span){s, strlen(s)};
}

bool span_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool span_is(struct span v, const char *text)
{
	return v.len == strlen(text) && (!v.len || !memcmp(v.s, text, v.len));
}

bool span_is_same(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (text_lower(a.s[i]) != text_lower(b.s[i]))
			return false;
	return true;
}

bool span_begins(struct span v, const char *with)
{
	size_t n = strlen(with);

	return v.len >= n && (!n || !memcmp(v.s, with, n));
}

bool span_has(struct span v, char c)
{
	return v.len && memchr(v.s, c, v.len);
}

bool span_is_plain(struct span v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!span_is_blank(v.s[i]) && (v.s[i] < ' ' || v.s[i] > '~'))
			return false;
	return true;
}

struct span span_trim(struct span v)
{
	while (v.len && span_is_blank(v.s[0])) {
		v.s++;
		v.len--;
	}
	while (v.len && span_is_blank(v.s[v.len - 1]))
		v.len--;
	return v;
}

struct span span_word(struct span *rest)
{
	struct span word = span_trim(*rest);

	rest->len = word.len;
	rest->s = word.s;
	word.len = 0;
	while (word.len < rest->len && !span_is_blank(word.s[word.len]))
		word.len++;
	if (word.len)
		rest->s += word.len;
	rest->len -= word.len;
	return word;
}

bool span_line(struct span *rest, struct span *line)
{
	const char *nl;

	if (!rest->len)
		return false;
	nl = memchr(rest->s, '\n', rest->len);
	line->s = rest->s;
	line->len = nl ? (size_t)(nl - rest->s) : rest->len;
	rest->s += line->len + (nl != NULL);
	rest->len -= line->len + (nl != NULL);
	return true;
}

bool span_copy(char *to, size_t room, struct span v)
{
	return text_copy(to, room, v.s, v.len);
}
