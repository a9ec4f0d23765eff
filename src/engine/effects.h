/*
 * The list of effects an engine fills during one call, and the bytes they point
 * at.  Its size is fixed; an engine asks effects_room() before work that can
 * wait, and returns early with a deadline in the past.
 */
#ifndef MUSTER_ENGINE_EFFECTS_H
#define MUSTER_ENGINE_EFFECTS_H

#include "base/alloc.h"
#include "base/cursor.h"
#include "engine/engine.h"

enum {
	EFFECTS_MAX = 512,
	EFFECTS_BYTES = 256 * 1024,
	EFFECT_HEAD_MAX = 1600,    /* the longest head of a SEND */
	EFFECTS_LONG = 192 * 1024, /* the longest record in fragments */
};

struct effects {
	struct effect *v;
	size_t n, cap;
	uint8_t *bytes;
	size_t used, room;
	uint64_t lost; /* effects that found no room: a fault of the engine */
};

int effects_open(struct effects *fx, const struct alloc *alloc);
void effects_close(struct effects *fx, const struct alloc *alloc);
void effects_clear(struct effects *fx);
/* Whether n more effects with heads of up to `bytes` each still fit. */
bool effects_room(const struct effects *fx, size_t n, size_t bytes);

/* The next effect, zeroed but for its kind; never NULL (when full, a spare one
 * that is thrown away and counted). */
struct effect *effects_add(struct effects *fx, enum effect_kind kind);

/*
 * A SEND in two steps: the codec writes through the cursor straight into the
 * effects' bytes, then the effect is filled.
 *
 *	struct wr w = effects_head(fx);
 *	tftp_ack_put(block, &w);
 *	struct send *s = effects_send(fx, &w, from, to);
 *
 * A bad cursor sends nothing: effects_send then counts it and gives a spare.
 */
struct wr effects_head(struct effects *fx);
struct send *effects_send(struct effects *fx, const struct wr *w,
			  struct endpoint from, struct endpoint to);
struct send *effects_frame(struct effects *fx, const struct wr *w,
			   uint32_t link);
/* The same for a record of a connection, whose head may be as long as
 * RECORD_MAX, if there is room. */
struct wr effects_record(struct effects *fx);
struct send *effects_send_record(struct effects *fx, const struct wr *w,
				 uint32_t conn);
/* The same for one that is longer than RECORD_MAX, over TCP: a cursor over all
 * the room there is, but at most EFFECTS_LONG, and as many fragments as it
 * takes. */
struct wr effects_long(struct effects *fx);
void effects_send_long(struct effects *fx, const struct wr *w, uint32_t conn);
/* The same, and more of this record follows by another such call. */
void effects_send_part(struct effects *fx, const struct wr *w, uint32_t conn);
void effects_drain(struct effects *fx, uint32_t conn);
void effects_hangup(struct effects *fx, uint32_t conn);
void effects_fetch(struct effects *fx, const struct ref *ref, uint64_t cookie);
struct change *effects_commit(struct effects *fx, uint64_t cookie);
/* All or none; they live at least until the effect is carried out. */
void effects_commit_all(struct effects *fx, struct changes *all,
			uint64_t cookie);
void effects_listen(struct effects *fx, uint16_t port, uint32_t link,
		    unsigned flags, uint64_t cookie);
void effects_close_port(struct effects *fx, uint16_t port, uint32_t link);
/* A listener of LISTEN_STREAM; its connections end, too. */
void effects_close_stream(struct effects *fx, uint16_t port);
void effects_pair(struct effects *fx, struct endpoint at, struct endpoint peer);
/* `text` and `with` are copied. */
struct question *effects_ask(struct effects *fx, enum question_kind kind,
			     const char *text, const char *with,
			     uint64_t cookie);
struct note *effects_note(struct effects *fx, unsigned code);
/* A copy of a string in the effects' bytes; "" if there is no room. */
const char *effects_text(struct effects *fx, const char *s, size_t len);
void *effects_copy(struct effects *fx, const void *p, size_t len);
/* n things of `size` bytes in the effects' bytes, aligned for any type and not
 * initialised; NULL, and counted, if there is no room. */
void *effects_array(struct effects *fx, size_t n, size_t size);

/* For composers: stamp all effects from number `from` on. */
void effects_own(struct effects *fx, size_t from, uint8_t owner);
/* The same around a composer: its own owners 0, 1, ... become owner, owner + 1,
 * ... */
void effects_own_above(struct effects *fx, size_t from, uint8_t owner);

#endif
