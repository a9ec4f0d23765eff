/*
 * Pieces of lines: cut, never copied.
 */
#include "model/lines.h"

#include <string.h>

/* NEXTSTEP's fstab(5); later systems wrote vfstype and dump_freq. */
const char *const mount_words[MOUNT_WORDS] = {"name", "dir",  "type",
					      "opts", "freq", "passno"};

bool piece_cut(struct span *rest, char at, struct span *piece)
{
	const char *end = rest->len ? memchr(rest->s, at, rest->len) : NULL;
	size_t len = end ? (size_t)(end - rest->s) : rest->len;

	*piece = (struct span){rest->s, len};
	if (end)
		len++;
	if (len)
		rest->s += len;
	rest->len -= len;
	return end;
}

static struct span member_cut(struct span *rest)
{
	bool is_quoted = false;
	size_t len = 0;
	struct span one;

	for (; len < rest->len && (is_quoted || rest->s[len] != ','); len++)
		is_quoted ^= rest->s[len] == '"';
	one = span_trim((struct span){rest->s, len});
	len += len < rest->len;
	rest->s += len;
	rest->len -= len;
	return one;
}

struct span member_next(struct span *rest)
{
	struct span one = {.len = 0};

	while (!one.len && rest->len)
		one = member_cut(rest);
	return one;
}

bool capability_next(struct span *rest, struct span *key, struct span *value)
{
	struct span one = {.len = 0};
	size_t len = 0;

	while (!one.len && rest->len) {
		(void)piece_cut(rest, ':', &one);
		one = span_trim(one);
	}
	while (len < one.len && one.s[len] != '=' && one.s[len] != '#')
		len++;
	*key = (struct span){one.s, len};
	*value = (struct span){NULL, 0};
	if (len < one.len) {
		len += one.s[len] == '=';
		*value = (struct span){one.s + len, one.len - len};
	}
	return one.len;
}
