/*
 * The inside of the difference, for its own files only.
 */
#ifndef MUSTER_MODEL_DIFFERENCE_INSIDE_H
#define MUSTER_MODEL_DIFFERENCE_INSIDE_H

#include "base/hash.h"
#include "model/difference.h"

/* What entries and drafts are matched by. */
enum match_kind {
	MATCH_NAME, /* any of several */
	MATCH_HW,
	MATCH_IP,
	MATCH_ADDRESS,
	MATCH_WHOLE,
	MATCH_FIRST, /* the first of its names */
};

/* One key of an entry that is there.  Those of one key are a list, in order. */
struct match_node {
	uint32_t child; /* its number among the children */
	uint32_t same;  /* the next node of this key; 0: none */
	enum match_kind kind;
	struct span text, key; /* `key`: of difference_options */
};

/* The children of one entry. */
struct match {
	const struct alloc *alloc;
	const struct difference_options *o;
	bool is_nocase; /* names */
	const struct entry **children;
	bool *is_taken;
	uint32_t n, most;
	struct match_node *nodes; /* from 1 */
	uint32_t n_nodes, most_nodes;
	struct index index;
};

/* 0 or -ENOMEM; in either case it is to be closed. */
int match_open(struct match *m, const struct alloc *alloc,
	       const struct difference_options *o, const struct entry *parent);
void match_close(struct match *m);
/* The child that is called so first of all, which then is taken; NULL: there is
 * none.  To be asked for all of the draft before any is looked for otherwise,
 * or another's second name would hide it. */
const struct entry *match_take_first(struct match *m,
				     const struct draft_entry *e);
/* The same of any other that is meant. */
const struct entry *match_take(struct match *m, const struct draft_entry *e);
/* Those that nobody took, one by one from *at = 0; NULL ends. */
const struct entry *match_left(const struct match *m, uint32_t *at);

/* Whether two values of a property say the same: addresses may be written in
 * several ways, and machines' names in capitals. */
bool value_is(const char *property, bool is_nocase, const char *a,
	      const char *b);

/* difference_props.c: the list that an entry is to have.  `was` is NULL for a
 * new one. */
struct merge {
	const struct difference_options *o;
	const struct draft_entry *e;
	const struct plist *was;
	bool merges;
	bool is_machine;
	bool keeps_name; /* of a domain's root */
};
/* Room that is enough. */
size_t merge_room(const struct merge *m);
/* False if it is too long for a property list. */
bool merge_put(const struct merge *m, struct plist_out *to);

#endif
