/*
 * The first file of a boot, which may be a boot script or the image itself.
 * What may be the beginning of a script is held back until it is known to be
 * one or not.
 */
#ifndef MUSTER_ENGINE_FIRST_H
#define MUSTER_ENGINE_FIRST_H

#include "engine/effects.h"
#include "wire/script.h"

enum { FIRST_TEXT_MAX = 4096 };

enum first_kind { FIRST_UNKNOWN, FIRST_SCRIPT, FIRST_IMAGE };

struct first {
	enum first_kind kind;
	char text[FIRST_TEXT_MAX];
	size_t len;
	bool is_too_long; /* a script, and longer than that */
};

void first_reset(struct first *f);
/*
 * The loader added the effects from `from` on: take out the KEEPs that are held
 * back, which copies their bytes.  `size` is the file's, 0 if unknown.
 */
void first_hold_back(struct first *f, uint64_t size, size_t from,
		     struct effects *fx);
/* All of it is there, `size` bytes: from now on the kind is known.  What was
 * held back and is no script is let go, as one KEEP of f's own bytes. */
void first_judge(struct first *f, uint64_t size, struct effects *fx);

#endif
