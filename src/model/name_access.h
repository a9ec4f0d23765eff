/*
 * Who may look a name up from another machine: the registry's access file.
 *
 *	# a comment; \ takes a character's meaning away
 *	*Window Server: +
 *	npd_port: 192.168.77.0-192.168.77.99, 10.0.0.0/A
 *	build*: 10.1.0.0/16, 10.2.0.0/255.255.0.0
 *	secret*:
 *
 * A pattern knows * and ?, and no case.  The first line that matches decides
 * alone; without one the answer is no.
 */
#ifndef MUSTER_MODEL_NAME_ACCESS_H
#define MUSTER_MODEL_NAME_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NAME_ACCESS_LINES = 256,
	NAME_ACCESS_ITEMS = 2048, /* of all lines */
	NAME_ACCESS_PATTERN = 160,
};

struct name_access_line {
	/* With escapes; upper case. */
	char pattern[NAME_ACCESS_PATTERN];
	size_t len;
	uint16_t first, n; /* items */
};

struct name_access {
	struct name_access_line lines[NAME_ACCESS_LINES];
	struct {
		uint32_t low, high;
	} items[NAME_ACCESS_ITEMS];
	unsigned n_lines, n_items;
};

struct name_access_error {
	unsigned line;   /* from 1 */
	const char *why; /* a constant */
};

/* A whole file.  False, and *e says what is wrong; then *to refuses all. */
bool name_access_parse(struct name_access *to, const char *s, size_t len,
		       struct name_access_error *e);
/* Whether `ip` may look it up. */
bool name_access_allows(const struct name_access *a, const char *name,
			size_t len, uint32_t ip);

#endif
