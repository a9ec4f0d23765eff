/*
 * A draft: directory entries as a file names them, before anything is changed,
 * or as a file is to be written from them.  It is a tree of entries with
 * property lists, in order, in memory of its own; every import format is read
 * into one and written from one.
 *
 * Memory that ran out is remembered: what could not be added is NULL, NULL may
 * be added to, and draft_failed() is asked once, at the end.
 */
#ifndef MUSTER_MODEL_DRAFT_H
#define MUSTER_MODEL_DRAFT_H

#include "base/alloc.h"
#include "base/span.h"
#include "model/plist.h"

enum {
	DRAFT_DEPTH = 16,        /* levels below the root */
	DRAFT_VALUES = 65535,    /* of one property: a plist's own bound */
	DRAFT_STRING = 65535,    /* bytes of a name or value */
	DRAFT_PROPERTIES = 1024, /* of one entry */
};

struct draft_value {
	struct draft_value *next;
	const char *text; /* NUL-terminated */
};

struct draft_property {
	struct draft_property *next;
	const char *name;
	struct draft_value *first, *last;
	uint32_t n; /* values */
};

struct draft_entry {
	struct draft_entry *up, *next, *child, *last;
	struct draft_property *props, *last_prop;
	uint32_t n_props;
	uint32_t line; /* where the file begins with it; 0: nowhere */
	uint32_t n_children;
	uint8_t depth; /* the root's is 0 */
	/* Only where others are to be found: what properties it has are merged
	 * into those that are there. */
	bool is_place;
	/* Its name was made from its address: one that has the address is
	 * meant, whatever its name. */
	bool is_nameless;
	/* For difference.h: which entry of a directory it is, and whether some
	 * of that entry's values were taken away. */
	uint32_t id;
	bool is_freed;
};

/* What was not understood or could not be written, but is no reason to stop. */
struct draft_remark {
	struct draft_remark *next;
	uint32_t line; /* 0: of no line */
	const char *text;
};

struct draft;

/* An empty one: a root that is a place.  0 or -ENOMEM. */
int draft_open(struct draft **d, const struct alloc *alloc);
/* With everything in it.  NULL is allowed. */
void draft_close(struct draft *d);
bool draft_failed(const struct draft *d);
/* Where its memory comes from. */
const struct alloc *draft_alloc(const struct draft *d);
struct draft_entry *draft_root(const struct draft *d);
/* Entries without the root. */
uint32_t draft_count(const struct draft *d);

/* A new last child; NULL also below DRAFT_DEPTH, which is for the caller to
 * ask before. */
struct draft_entry *draft_add(struct draft *d, struct draft_entry *up,
			      uint32_t line);
/* The root's child of that name, a place; made if it is not there. */
struct draft_entry *draft_place(struct draft *d, const char *name);
/* A new last property, without values yet.  A list may have two of one name,
 * as a plist may. */
struct draft_property *draft_property(struct draft *d, struct draft_entry *e,
				      struct span name);
/* One more value. */
void draft_value(struct draft *d, struct draft_property *p, struct span v);
/* One more value of the property of that name, which is made if need be. */
void draft_set(struct draft *d, struct draft_entry *e, const char *name,
	       struct span v);
/* The first property of that name; NULL: there is none. */
struct draft_property *draft_find(const struct draft_entry *e,
				  const char *name);
/* Its first value; NULL: none. */
const char *draft_text(const struct draft_entry *e, const char *name);
/* Its first name; "" if there is none. */
const char *draft_name(const struct draft_entry *e);

/*
 * Entries by a key: `kind` is the caller's small number, so that an address is
 * no name.  Text is compared without regard to ASCII case.  The first one that
 * was noted answers; NULL: none.
 */
void draft_note(struct draft *d, struct draft_entry *e, unsigned kind,
		struct span text);
struct draft_entry *draft_noted(const struct draft *d, unsigned kind,
				struct span text);

/* Made of pieces; NULL ends them. */
void draft_remark(struct draft *d, uint32_t line, const char *const *pieces);
const struct draft_remark *draft_remarks(const struct draft *d);

/* The next in the order of a dump: a child, the next one, the parent's next;
 * NULL after the last.  Begin with the root. */
struct draft_entry *draft_next(const struct draft_entry *e);

/* All properties of a plist, values and all, and the other way round; false if
 * the room is too small or a list too long. */
void draft_take(struct draft *d, struct draft_entry *e, const struct plist *pl);
bool draft_plist(const struct draft_entry *e, struct plist_out *to);

#endif
