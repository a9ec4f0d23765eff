/*
 * What the lines of some files of /etc are made of: the same for look-ups
 * (flat.h), which pass over what is wrong, and for imports (format.h), which
 * name it.
 */
#ifndef MUSTER_MODEL_LINES_H
#define MUSTER_MODEL_LINES_H

#include "base/span.h"

enum { MOUNT_WORDS = 6, MOUNT_OPTS = 3 };

/* fstab's: word MOUNT_OPTS is a list with commas. */
extern const char *const mount_words[MOUNT_WORDS];

/* Cut off what stands before the next such character, and that.  False: there
 * is none, and the piece is all that is left. */
bool piece_cut(struct span *rest, char at, struct span *piece);
/*
 * Cut the next member of an alias off: commas part them, but not inside quotes.
 * Its length is 0 at the end, and never before.
 */
struct span member_next(struct span *rest);
/*
 * Cut the next capability of a printer off, empty ones passed over: key=value,
 * or key#number, whose value begins with #, as NetInfo had it ("mx = #0"), or a
 * key alone, whose value has no text (s NULL).  False at the end.  A key may be
 * empty.
 */
bool capability_next(struct span *rest, struct span *key, struct span *value);

#endif
