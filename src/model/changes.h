/*
 * Changes that are made together: all of them or none, in their order, each on
 * top of those before it.  They are kept by counting, since who asked for them
 * may have gone before they are durable; all who keep and drop them are on one
 * thread, at a time.
 */
#ifndef MUSTER_MODEL_CHANGES_H
#define MUSTER_MODEL_CHANGES_H

#include "base/alloc.h"
#include "model/change.h"

struct changes_chunk;
struct directory;

enum { CHANGES_WHO = 64 };

struct changes {
	struct change *v; /* their property lists lie in our own memory */
	size_t n;
	char who[CHANGES_WHO]; /* asked for them, for the history; may be "" */
	/* What a directory that was written so many times becomes by them, if
	 * somebody has already made it; else NULL.  Theirs to close. */
	struct directory *after;
	uint64_t before;

	/* for changes.c only */
	size_t room;
	uint32_t keepers;
	struct alloc alloc;
	struct changes_chunk *chunk;
};

/* None yet, kept once.  0 or -ENOMEM. */
int changes_open(struct changes **all, const struct alloc *alloc);
/* One more, copied with its property list.  0, or -ENOMEM and they are as they
 * were.  What v points at may move. */
int changes_add(struct changes *all, const struct change *c);
/* Whether `after` is what this directory becomes by them. */
bool changes_are_made(const struct changes *all, const struct directory *d);
/* To have them once more; returns `all`. */
struct changes *changes_keep(struct changes *all);
/* Who drops them last frees them; NULL is allowed. */
void changes_drop(struct changes *all);

#endif
