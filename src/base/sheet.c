/*
 * A run of bytes that doubles.  There is no realloc in the pure layers: what is
 * written moves, and by doubling each byte moves twice at most.
 */
#include "base/sheet.h"

#include "base/text.h"

#include <string.h>

enum { SHEET_FIRST = 4096 };

struct sheet sheet_open(const struct alloc *alloc)
{
	return (struct sheet){.alloc = alloc};
}

void sheet_close(struct sheet *t)
{
	alloc_put(t->alloc, t->s);
	*t = sheet_open(t->alloc);
}

static bool grow(struct sheet *t, size_t len)
{
	size_t room = t->room ? t->room : SHEET_FIRST;
	char *s;

	while (room - t->len < len)
		if (room > SIZE_MAX / 2)
			return false;
		else
			room *= 2;
	s = alloc_get(t->alloc, room, 1);
	if (!s)
		return false;
	if (t->len)
		memcpy(s, t->s, t->len);
	alloc_put(t->alloc, t->s);
	t->s = s;
	t->room = room;
	return true;
}

void sheet_bytes(struct sheet *t, const char *s, size_t len)
{
	if (t->failed || !len)
		return;
	if (t->room - t->len < len && !grow(t, len)) {
		t->failed = true;
		return;
	}
	memcpy(t->s + t->len, s, len);
	t->len += len;
}

void sheet_add(struct sheet *t, const char *s)
{
	sheet_bytes(t, s, strlen(s));
}

void sheet_span(struct sheet *t, struct span s)
{
	sheet_bytes(t, s.s, s.len);
}

void sheet_u64(struct sheet *t, uint64_t n)
{
	char room[24];
	struct text text = text_over(room, sizeof room);

	text_u64(&text, n);
	sheet_bytes(t, room, text.len);
}

void sheet_ip(struct sheet *t, uint32_t ip)
{
	char room[16];
	struct text text = text_over(room, sizeof room);

	text_ip(&text, ip);
	sheet_bytes(t, room, text.len);
}
