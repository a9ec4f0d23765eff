/*
 * A piece of somebody else's text: not NUL-terminated, not copied.  Files of
 * lines and words are read by these.
 */
#ifndef MUSTER_BASE_SPAN_H
#define MUSTER_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *s;
	size_t len;
};

struct span span_of(const char *s);
/* Blanks here and below: spaces, tabs, and the CR of a line from DOS. */
bool span_is_blank(char c);
bool span_is(struct span v, const char *text);
/* The same, whatever the case of ASCII letters. */
bool span_is_same(struct span a, struct span b);
bool span_begins(struct span v, const char *with);
bool span_has(struct span v, char c);
/* Printable ASCII and blanks alone. */
bool span_is_plain(struct span v);
/* Without the blanks around it. */
struct span span_trim(struct span v);
/* Cut the next word off the front, by blanks; its length is 0 at the end. */
struct span span_word(struct span *rest);
/* Cut the next line off the front, without its line break.  False at the end;
 * an empty text has no line. */
bool span_line(struct span *rest, struct span *line);
/* len bytes and a NUL; false, and an empty string, if they do not fit. */
bool span_copy(char *to, size_t room, struct span v);

#endif
