/*
 * Text without stdio.  Every public function adds all of its piece or nothing:
 * it notes the length it began with, and goes back there if the room ran out,
 * so a log line may lack an address but never shows half of one.
 */
#include "base/text.h"

#include <assert.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

struct text text_over(char *s, size_t room)
{
	if (room)
		s[0] = '\0';
	return (struct text){.s = s, .len = 0, .room = room, .full = false};
}

void text_bytes(struct text *t, const char *s, size_t len)
{
	if (t->full || len >= t->room - t->len) {
		t->full = true;
		return;
	}
	if (len)
		memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

static void add_char(struct text *t, char c)
{
	text_bytes(t, &c, 1);
}

static void add_hex(struct text *t, uint8_t b)
{
	add_char(t, digits[b >> 4]);
	add_char(t, digits[b & 15]);
}

/* The end of a piece that began at `from`: take it back unless all fitted. */
static void whole(struct text *t, size_t from)
{
	if (!t->full || t->len == from)
		return;
	t->len = from;
	t->s[from] = '\0';
}

void text_u64(struct text *t, uint64_t n)
{
	char s[20];
	size_t at = sizeof s;

	do {
		s[--at] = digits[n % 10];
		n /= 10;
	} while (n);
	text_bytes(t, s + at, sizeof s - at);
}

void text_hex(struct text *t, const uint8_t *b, size_t len, char between)
{
	size_t from = t->len;

	for (size_t i = 0; i < len && !t->full; i++) {
		if (i && between)
			add_char(t, between);
		add_hex(t, b[i]);
	}
	whole(t, from);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = text_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_hex_get(const char *s, size_t len, uint8_t *to, size_t n)
{
	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = digit_of(s[2 * i]), low = digit_of(s[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void text_ip(struct text *t, uint32_t ip)
{
	size_t from = t->len;

	for (int shift = 24; shift >= 0; shift -= 8) {
		text_u64(t, ip >> shift & 255);
		if (shift)
			add_char(t, '.');
	}
	whole(t, from);
}

void text_endpoint(struct text *t, struct endpoint e)
{
	size_t from = t->len;

	text_ip(t, e.ip);
	add_char(t, ':');
	text_u64(t, e.port);
	whole(t, from);
}

void text_hwaddr_short(struct text *t, const struct hwaddr *hw)
{
	size_t from = t->len;

	assert(hw->len <= HWADDR_MAX);
	for (size_t i = 0; i < hw->len; i++) {
		if (i)
			add_char(t, ':');
		if (hw->b[i] >> 4)
			add_char(t, digits[hw->b[i] >> 4]);
		add_char(t, digits[hw->b[i] & 15]);
	}
	whole(t, from);
}

void text_hwaddr(struct text *t, const struct hwaddr *hw)
{
	assert(hw->len <= HWADDR_MAX);
	text_hex(t, hw->b, hw->len, ':');
}

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\'' && c != '`' &&
	       c != '\\';
}

void text_wire(struct text *t, const char *s, size_t len)
{
	size_t from = t->len, shown = len < TEXT_WIRE_MAX ? len : TEXT_WIRE_MAX;

	for (size_t i = 0; i < shown; i++) {
		if (is_plain(s[i])) {
			add_char(t, s[i]);
			continue;
		}
		text_add(t, "\\x");
		add_hex(t, (uint8_t)s[i]);
	}
	if (shown < len)
		text_add(t, "...");
	whole(t, from);
}

bool number_parse(const char *s, size_t len, uint64_t max, uint64_t *to)
{
	uint64_t n = 0;

	/* 19 digits stay below 2^64, so the sum cannot wrap. */
	if (len < 1 || len > 19)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s[i] - '0');
	}
	if (n > max)
		return false;
	*to = n;
	return true;
}

bool text_is_nocase(const char *a, size_t alen, const char *b)
{
	if (strlen(b) != alen)
		return false;
	for (size_t i = 0; i < alen; i++)
		if (text_lower(a[i]) != text_lower(b[i]))
			return false;
	return true;
}

bool text_copy(char *to, size_t room, const char *from, size_t len)
{
	struct text t = text_over(to, room);

	text_bytes(&t, from, len);
	return !t.full;
}
