/*
 * Blocks of a train on disk: what is missing is solved for from repairs that
 * lie behind the file, and what is there is checked.
 */
#ifndef MUSTER_APP_MEND_H
#define MUSTER_APP_MEND_H

#include "app/leaves.h"
#include "base/gf256.h"
#include "engine/engine.h"

/* What a train's receiver computes with. */
struct coding {
	const struct crypt *crypt;
	const struct gf256 *gf;
};

/* The best that this host has. */
void coding_here(struct coding *c);

/* The two effects of engine.h, on a file that was made long enough for its
 * scratch.  rc as it says there.  known: leaves of what lies in the file, or
 * NULL; those of what is restored are added. */
int mend_block(int fd, const struct mend *m, const struct coding *with,
	       struct leaves *known);
int sort_block(int fd, const struct sort *s, const struct coding *with,
	       uint64_t *wrong);

#endif
