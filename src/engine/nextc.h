/*
 * nextc: a NeXT machine that asks for its address: BOOTP with NeXT's vendor
 * area, and the dialog by which a server takes in a machine that it does not
 * know.
 *
 * Such a client looks at one byte of a reply, 242, whatever the vendor area is:
 * 0 is the answer, 1 to 3 are the dialog.  Replies that are no answer are
 * ignored for 10 s after the first, so that a server of another hierarchy can
 * still answer; the first answer wins at any time, and what comes later is
 * ignored.
 *
 * Where we are more lenient: a server that knows RFC 2132 alone may have put an
 * option there, behind its own magic or, as dnsmasq, behind ours.  If the byte
 * is above 3 and nothing says DHCP, then after those 10 s the reply is taken
 * for an answer, and its options are read.
 */
#ifndef MUSTER_ENGINE_NEXTC_H
#define MUSTER_ENGINE_NEXTC_H

#include "engine/addressc.h"

enum nextc_schedule {
	/* NEXTSTEP 3.3: at 0, 5, 10, 15 s, message at 20 s, then on with waits
	 * of 5, 10, 20, 40, 64, 64 ... s. */
	NEXTC_ARTICLE,
	/* The kernel of 1990: waits of 1, 2, 4 ... 64, 64 ... s, the same
	 * message. */
	NEXTC_KERNEL,
};

enum nextc_state { NEXTC_OFF, NEXTC_ASKING, NEXTC_PROMPTING, NEXTC_BOUND };

struct nextc_config {
	struct link link;
	uint64_t seed;
	enum nextc_schedule schedule;
	usec jitter; /* the first request waits at random up to this */
};

struct nextc;

/* 0, -ENOMEM, or -EINVAL: the link is no Ethernet. */
int nextc_open(struct nextc **c, const struct nextc_config *config,
	       const struct alloc *alloc);
void nextc_close(struct nextc *c, const struct alloc *alloc);
struct engine *nextc_engine(struct nextc *c);
/* Ask, or ask anew; expire sends. */
void nextc_start(struct nextc *c, usec now);
void nextc_stop(struct nextc *c);
enum nextc_state nextc_state(const struct nextc *c);

/*
 * A line that was typed, without its line break, after a NOTE_CONSOLE_PROMPT;
 * 55 bytes of it are sent.  Ignored if nothing was asked.
 */
void nextc_line(struct nextc *c, usec now, const char *s, size_t len,
		struct effects *fx);

/* Valid in state NEXTC_BOUND. */
const struct address_answer *nextc_answer(const struct nextc *c);
/* Whether the mask in it was said, or is that of the address's class. */
bool nextc_has_mask(const struct nextc *c);

#endif
