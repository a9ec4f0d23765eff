/*
 * What is made of images: repairs and leaves of their blocks.  It is computed
 * by the streams of host/files, and kept in a small cache, since the packets of
 * one batch come from what was made for several.
 */
#ifndef MUSTER_APP_DERIVED_H
#define MUSTER_APP_DERIVED_H

#include "app/mend.h"
#include "host/files.h"

struct derived;

/* Where an image lies in the boot directory. */
struct derived_source {
	uint32_t file, version; /* the host's */
	uint64_t size;
};

/* `files` and `with` are the caller's and outlive it, but for files that were
 * closed before: then nothing is under way any more.  0 or -ENOMEM. */
int derived_open(struct derived **d, struct files *files,
		 const struct coding *with);
void derived_close(struct derived *d);
/* A new turn: what was at hand may go. */
void derived_turn(struct derived *d);

/*
 * Have one piece at hand: a ref of kind REPAIRS or LEAVES.  1: it is, in this
 * turn.  0: it is being made; -EAGAIN: all places are taken; or what
 * files_stream() says.
 */
int derived_get(struct derived *d, const struct ref *ref,
		const struct derived_source *from);
/* Where it is; -EINVAL: it was not got in this turn. */
int derived_at(struct derived *d, const struct ref *ref, struct iovec *v);

/* A stream of this module has ended: who waits for its piece gets it again. */
void derived_made(struct files_stream *s);

#endif
