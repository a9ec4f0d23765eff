/*
 * Property lists, NetInfo's way: a list of properties, each a name with zero or
 * more values, all in order.  A property without values is there; an absent
 * one is not; the two differ.  Unknown properties are kept and served.
 *
 * A list is one run of bytes, so that it can be copied, stored and compared as
 * it is: for each property its name and NUL, the count of values as 16 bits,
 * then each value and NUL.
 */
#ifndef MUSTER_MODEL_PLIST_H
#define MUSTER_MODEL_PLIST_H

#include "base/cursor.h"

struct plist {
	const uint8_t *bytes; /* whoever made it owns them */
	size_t len;
};

struct property {
	const char *name; /* NUL-terminated, inside the list */
	unsigned n;       /* values */
	struct rd values; /* for property_value() */
};

/* Walk; start with a copy of the list's cursor: rd_over(pl->bytes, pl->len). */
bool plist_next(struct rd *r, struct property *p);
bool plist_find(const struct plist *pl, const char *name, struct property *p);
/* Value i, NUL-terminated inside the list; NULL if there is none. */
const char *property_value(const struct property *p, unsigned i);
/* The first value of a property, or NULL. */
const char *plist_value(const struct plist *pl, const char *name);
/* Whether the bytes are a well-formed list (what came from a file or wire). */
bool plist_is_sound(const struct plist *pl);

/*
 * Writing one: plist_add, then plist_add_value for each of its values.  Names
 * and values are bytes without NUL.
 */
struct plist_out {
	struct wr w;
	uint8_t *count; /* where the open property's count stands */
};
struct plist_out plist_begin(void *room, size_t len);
void plist_add(struct plist_out *o, const char *name);
void plist_add_value(struct plist_out *o, const char *value);
/* The list so far, inside the room given; false if it did not fit. */
bool plist_end(const struct plist_out *o, struct plist *pl);
/* A copy of `from` in which `name` has exactly these values (added at the end
 * if it was absent; n < 0 removes it). */
bool plist_replace(const struct plist *from, const char *name,
		   const char *const *values, int n, struct plist_out *to);

#endif
