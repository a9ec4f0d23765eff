/*
 * Access files that say anything: they are refused with a line that is there,
 * or decide; and matching a name takes no longer than its length times the
 * pattern's.  Two bytes, then the file.
 *
 * max_len: 4096
 */
#include "model/name_access.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len);

/* The plainest matching there is, for short patterns. */
static bool plain(const char *p, size_t plen, const char *s, size_t len,
		  unsigned *steps)
{
	if (++*steps > 100000)
		return false;
	if (!plen)
		return !len;
	if (*p == '*')
		return plain(p + 1, plen - 1, s, len, steps) ||
		       (len && plain(p, plen, s + 1, len - 1, steps));
	if (!len)
		return false;
	if (*p == '\\' && plen > 1)
		return p[1] == *s &&
		       plain(p + 2, plen - 2, s + 1, len - 1, steps);
	return (*p == '?' || *p == *s) &&
	       plain(p + 1, plen - 1, s + 1, len - 1, steps);
}

/* The first line that matches, as it stands in the table. */
static bool decide(const struct name_access *a, const char *name, size_t len,
		   uint32_t ip, unsigned *steps)
{
	for (unsigned i = 0; i < a->n_lines; i++) {
		const struct name_access_line *l = &a->lines[i];

		if (!plain(l->pattern, l->len, name, len, steps))
			continue;
		for (unsigned k = 0; k < l->n; k++)
			if (ip >= a->items[l->first + k].low &&
			    ip <= a->items[l->first + k].high)
				return true;
		return false;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *b, size_t len)
{
	static struct name_access a;
	struct name_access_error e = {.line = 0};
	char *file = malloc(len ? len : 1), name[8];
	uint32_t ip = len ? b[0] * 0x01010101u : 0;
	size_t name_len = len > 1 ? b[1] % 8 : 0, lines = 1;
	unsigned steps = 0;

	assert(file);
	memcpy(file, b, len);
	for (size_t i = 0; i < len; i++)
		lines += file[i] == '\n';
	/* The name is in upper case, as the table's patterns are. */
	for (size_t i = 0; i < name_len; i++)
		name[i] = (char)('A' + (i * b[0]) % 3);
	if (name_access_parse(&a, file, len, &e)) {
		bool is = name_access_allows(&a, name, name_len, ip);
		bool wanted = decide(&a, name, name_len, ip, &steps);

		assert(steps > 100000 || is == wanted);
	} else {
		assert(e.why && e.line >= 1 && e.line <= lines);
		assert(!name_access_allows(&a, name, name_len, ip));
	}
	free(file);
	return 0;
}
