/*
 * Records in a stream of bytes (RFC 5531 section 11): each is cut into
 * fragments, and before each fragment stand four bytes, its length and, in the
 * highest bit, whether it is the last.
 */
#ifndef MUSTER_BASE_RECORD_H
#define MUSTER_BASE_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum {
	RECORD_MARK = 4,
	RECORD_MAX = 65536, /* bytes of a record, without its marks */
	/* Whoever sends a byte at a time must not make us walk for ever. */
	RECORD_FRAGMENTS = 64,
	/* A record that is longer than this with its marks is none. */
	RECORD_ROOM = RECORD_MAX + RECORD_FRAGMENTS * RECORD_MARK,
};

enum record_state {
	RECORD_WHOLE,
	RECORD_PARTLY, /* the rest of it has not come */
	RECORD_BAD,    /* too long, too many fragments, or empty ones: nothing
			* that follows makes sense */
};

struct record_cut {
	const uint8_t *bytes; /* inside the stream's */
	size_t len;
	size_t used; /* of the stream, marks and all */
};

/*
 * The record that the stream's bytes begin with.  Only if it is WHOLE *to is
 * filled, and only then its fragments are moved together, inside `bytes`.  No
 * bytes at all are PARTLY a record.
 */
enum record_state record_cut(uint8_t *bytes, size_t len, struct record_cut *to);
/* The mark of a record of one fragment, or of its last one; len up to
 * RECORD_MAX (asserted). */
void record_mark(uint8_t to[RECORD_MARK], size_t len);
/* The same of a fragment that another one follows. */
void record_mark_part(uint8_t to[RECORD_MARK], size_t len);

#endif
