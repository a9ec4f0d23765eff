/*
 * Text without stdio: building short strings, and one strict number parser
 * (safety rule R5).  A string that does not fit is marked, never cut silently.
 */
#ifndef MUSTER_BASE_TEXT_H
#define MUSTER_BASE_TEXT_H

#include "base/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Always NUL-terminated as long as room > 0.  Each function below adds all of
 * its piece or nothing.  `full` once a piece did not fit; then nothing more is
 * added. */
struct text {
	char *s;
	size_t len, room;
	bool full;
};

/* An empty text in room bytes at s, the caller's, NUL included. */
struct text text_over(char *s, size_t room);
void text_add(struct text *t, const char *s);
void text_bytes(struct text *t, const char *s, size_t len);
/* In decimal. */
void text_u64(struct text *t, uint64_t n);
/* Two lower-case digits a byte; `between` stands between bytes, 0: nothing. */
void text_hex(struct text *t, const uint8_t *b, size_t len, char between);
/* The other way round, of either case: exactly n bytes, or false. */
bool text_hex_get(const char *s, size_t len, uint8_t *to, size_t n);
/* 10.0.0.7 */
void text_ip(struct text *t, uint32_t ip);
/* 10.0.0.7:67 */
void text_endpoint(struct text *t, struct endpoint e);
/* 0:0:f:0:7:5a, NetInfo's form: lower case, no leading zeros */
void text_hwaddr_short(struct text *t, const struct hwaddr *hw);
/* 00:00:0f:00:07:5a */
void text_hwaddr(struct text *t, const struct hwaddr *hw);
/*
 * A string that came from the wire, made safe for a log line or a terminal:
 * non-printables, quotes and backslash as \xNN, at most 128 bytes of it, and
 * then "..." if there were more (R19).
 */
enum { TEXT_WIRE_MAX = 128 };
void text_wire(struct text *t, const char *s, size_t len);

/* Digits only, 1 to 19 of them, at most max.  False otherwise, *to unchanged.
 */
bool number_parse(const char *s, size_t len, uint64_t max, uint64_t *to);

/* ASCII only, whatever the locale. */
static inline char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Equal without regard to ASCII case. */
bool text_is_nocase(const char *a, size_t alen, const char *b);
/*
 * len bytes of `from` and a NUL go to `to`.  False, and an empty string, if
 * that is more than room; with room 0 nothing is written.  They must not
 * overlap.
 */
bool text_copy(char *to, size_t room, const char *from, size_t len);

#endif
