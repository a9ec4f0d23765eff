/*
 * Hostlists.  A list is never expanded as a whole: which name is the i-th, its
 * number says, each pair of brackets being one digit of it.
 */
#include "model/hostlist.h"

#include <string.h>

enum { DIGITS_MOST = 9 };

/* "001-200", or one number. */
struct range {
	uint32_t first, n;
	unsigned width;
};

static size_t digits(const char *s)
{
	size_t n = 0;

	while (s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

/* Up to the comma or bracket after it; NULL: it is none, for *fault. */
static const char *range_get(const char *s, struct range *r, const char **fault)
{
	size_t len = digits(s);
	uint64_t first, last;

	*fault = "has no numbers between its brackets: [001-200], [1,4-7]";
	if (len > DIGITS_MOST || !number_parse(s, len, UINT32_MAX, &first))
		return NULL;
	r->width = (unsigned)len;
	last = first;
	s += len;
	if (*s == '-') {
		len = digits(++s);
		if (len > DIGITS_MOST ||
		    !number_parse(s, len, UINT32_MAX, &last))
			return NULL;
		s += len;
	}
	if (*s != ',' && *s != ']')
		return NULL;
	r->first = (uint32_t)first;
	*fault = "has a range that goes backwards";
	if (last < first)
		return NULL;
	*fault = "stands for more than 65536 names";
	r->n = (uint32_t)(last - first) + 1;
	return r->n <= HOSTLIST_MOST ? s : NULL;
}

/* What stands before the next bracket, escapes and all. */
static size_t plain(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != '[' && s[n] != ']')
		n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	return n;
}

/* The numbers of one pair of brackets, of which s is the first; *end is behind
 * the other.  0: a fault. */
static uint32_t brackets(const char *s, const char **end, const char **fault)
{
	uint32_t n = 0;
	struct range r;

	do {
		s = range_get(s + 1, &r, fault);
		if (!s)
			return 0;
		n += r.n;
		if (n > HOSTLIST_MOST)
			return 0;
	} while (*s == ',');
	*end = s + 1;
	return n;
}

uint32_t hostlist_count(const char *s, const char **fault)
{
	uint64_t all = 1;

	for (s += plain(s); *s; s += plain(s)) {
		*fault = "has a `]' without a `['";
		if (*s == ']')
			return 0;
		all *= brackets(s, &s, fault);
		if (!all)
			return 0;
		*fault = "stands for more than 65536 names";
		if (all > HOSTLIST_MOST)
			return 0;
	}
	return (uint32_t)all;
}

/* Number `i` of these brackets, in its width. */
static void put_number(const char *s, uint32_t i, struct text *t)
{
	const char *fault;
	struct range r;
	uint64_t n;
	unsigned width = 1;

	for (s = range_get(s + 1, &r, &fault); s && i >= r.n;
	     s = range_get(s + 1, &r, &fault))
		i -= r.n;
	if (!s)
		return;
	n = (uint64_t)r.first + i;
	for (uint64_t more = n / 10; more; more /= 10)
		width++;
	for (; width < r.width; width++)
		text_add(t, "0");
	text_u64(t, n);
}

/* How many names the brackets from s on stand for. */
static uint32_t rest(const char *s)
{
	const char *fault;

	return hostlist_count(s, &fault);
}

void hostlist_put(const char *s, uint32_t i, struct text *t)
{
	const char *fault;

	for (;;) {
		size_t len = plain(s);
		const char *end;
		uint32_t after;

		text_bytes(t, s, len);
		s += len;
		if (!*s || !brackets(s, &end, &fault))
			return;
		after = rest(end);
		if (!after)
			return;
		put_number(s, i / after, t);
		i %= after;
		s = end;
	}
}
