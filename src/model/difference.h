/*
 * What must change so that a directory has what a draft names: entries are
 * matched, and each that differs becomes a change.  All of them together are
 * one edit.
 *
 * An entry of the draft is the one that is called so first of all; if there is
 * none, the one that has its first name, its second, and so on; one that was
 * named after its address is the one that has the address.  Of several of one
 * name the first is meant, then the second.
 */
#ifndef MUSTER_MODEL_DIFFERENCE_H
#define MUSTER_MODEL_DIFFERENCE_H

#include "model/changes.h"
#include "model/directory.h"
#include "model/draft.h"

struct difference_options {
	const struct directory *directory;
	uint32_t domain;
	/* The entry that is the draft's root; ENTRY_NONE: it is to be made
	 * below `parent`. */
	uint32_t top, parent;
	bool merges;     /* properties that the draft does not name stay */
	bool deletes;    /* entries that it does not name go */
	bool names_one;  /* format.h */
	bool is_exact;   /* the order of properties counts, too */
	uint32_t spared; /* ids that new entries leave to others */
	/* A property by which entries of one name differ; NULL: none. */
	const char *key;
};

enum difference_kind {
	DIFFERENCE_ADDED,
	DIFFERENCE_CHANGED,
	DIFFERENCE_REMOVED,
	/* A value that another entry is to have is taken away first; what
	 * becomes of the entry, a later change says. */
	DIFFERENCE_FREED,
};

/* One for each of the changes. */
struct difference_part {
	enum difference_kind kind;
	uint32_t line; /* of the file; 0: none */
};

struct difference {
	struct changes *changes; /* the caller's, who drops them */
	struct difference_part *parts;
	uint32_t most; /* parts there is room for */
	const struct alloc *alloc;
	uint32_t n[4];      /* of each kind */
	uint32_t unchanged; /* entries */
	uint32_t too_long;  /* the line of -EMSGSIZE */
};

enum { DIFFERENCE_PROPS = 1 << 20 }; /* bytes of an entry's property list */

/*
 * The draft's entries get their ids.  0; -ENOMEM; -EMSGSIZE for an entry that
 * is longer than DIFFERENCE_PROPS; -ENOENT if there is no top and no parent.
 * Whether the changes may be made is for directory_check_all().
 */
int difference_make(struct difference *to, const struct alloc *alloc,
		    const struct difference_options *o, struct draft *wanted);
/* What it holds, the changes, too. */
void difference_close(struct difference *x);

#endif
