/*
 * A stage: one engine, a virtual clock, and a transcript of what it did, to be
 * read aloud as the protocol.  Nothing sleeps and nothing opens a socket.
 *
 *	struct stage *st = stage_open();
 *
 *	stage_engine(st, &c->engine);
 *	st->peer = (struct endpoint){IP4(10, 0, 0, 1), 69};
 *	loadc_start(c, st->now, &url, 0, stage_begin(st));
 *	stage_end(st);
 *	stage_wait(st, SECONDS(2));
 *	stage_expect(st, "    0 ms  RRQ boot.img octet\n"
 *			 " 1000 ms  RRQ boot.img octet\n");
 *
 * A line of the transcript is `%5d ms  ` and one effect:
 *
 *	DISCOVER broadcast              a BOOTP or DHCP message, in a frame
 *	BOOTPREPLY 10.0.0.9 next 10.0.0.1 query 1 "Name: " to 02:...    "error",
 *	                                "query-ne": a NeXT's dialog
 *	RRQ boot.img octet blksize=1428 to 10.0.0.1:69
 *	DATA 1 +512                     TFTP; +n: bytes of the file
 *	DATA 7 +1400 to 239.255.1.1:10000       SLAM, by its ports
 *	ABOARD 0-199                    a train; first-last positions
 *	REPORT 3 7+12 wants 1024-2047   in round 3 block 7 lacks 12
 *	STATUS asking 3 riders 14/20 pending 4 - 0      "-": not now
 *	DATA 7.4096 +1408               block 7, packet 4096
 *	LEAVES? 7 @88                   of block 7 from 88 on
 *	arp who-has 10.0.0.7 from 10.0.0.7
 *	query v2 within 10000 link 1    IGMP; milliseconds; to 224.0.0.1, or
 *	report v2 239.1.1.1 link 1      to the group that follows
 *	doctor 3 lane 1 to 239.255.67.1:9967    kind and lane, wire/mirror.h
 *	listen 67, close 67             "a port" instead of a number >= 32768
 *	listen tcp 111                  for connections; hang up 3; drain 3
 *	[3] DATA 1 +512                 a record of connection 3
 *	[3] #7 look-up 'X' is 1001      the name registry: sequence, status
 *	pair a port with 10.0.0.7:2000
 *	join 239.255.1.1:10000, leave ...
 *	fetch 3 @1024 +512              image, offset, length
 *	commit lease 10.0.0.7           and: commit drop, entry, destroy, domain
 *	address 10.0.0.7/24 broadcast 10.0.0.255 via 10.0.0.1 "node7"
 *	allot 0 +4000 +1024             file, size, scratch
 *	keep 0 @512 +512                file, offset, length; "scratch" if it is
 *	mend 0 block 3: 1 7 from 4096 4097      what is missing, the repairs
 *	sort 0 block 3
 *	[1] #7 found directory / wizard: name=wendy     an answer of lookupd:
 *	                                agent, domain, server; and "more"
 *	ask password "..."; ask nis users uid "501": of an agent; "from 7": all
 *	note boot-failed -2 "..."       if `shows_notes`
 *	console: one / two              lines, prompt: with echo, secret prompt:
 *
 * What goes to `peer` has no " to ADDRESS".
 */
#ifndef MUSTER_TESTS_STAGE_H
#define MUSTER_TESTS_STAGE_H

#include "base/text.h"
#include "engine/effects.h"

enum { STAGE_KINDS = EFFECT_NOTE + 1, STAGE_HELD = 1024 };

/* calloc and free: what is not given back, ASan tells at the end. */
extern const struct alloc stage_alloc;

struct stage {
	struct engine *engine;
	usec now;
	usec wall;            /* of now; moves with it; set it to jump */
	uint32_t link;        /* what datagrams come in on; 1 */
	struct endpoint me;   /* where datagrams go to, unless said */
	struct endpoint peer; /* where they come from, unless said */
	uint32_t uid;         /* of who speaks on local connections */
	uint16_t slam[2];     /* ports from .. to speak SLAM: 10000 .. 19999 */
	bool shows_notes;     /* those of level INFO and above */
	bool hides[STAGE_KINDS]; /* leave these effects out */

	/* LISTEN, FETCH, COMMIT, DRAIN, ADDRESS, ALLOT, MEND, SORT and ASK
	 * settle at once with rc[kind], JOIN too if that is not 0; those that
	 * are held wait for stage_settle. */
	bool holds[STAGE_KINDS];
	int rc[STAGE_KINDS];
	uint64_t wrong[TRAIN_BLOCK_MAX / 64]; /* what SORT finds */
	/* Called before a COMMIT settles well: the place to apply it. */
	void (*commit)(void *arg, const struct change *c);
	void *arg;
	/* What a FETCH of REF_READ reads, whatever the file: it settles with
	 * two pieces of it. */
	const uint8_t *text;
	size_t text_len;
	/* Called with each SEND, as it leaves. */
	void (*sent)(void *arg, const struct send *s);
	/* What an ASK is answered that settles well. */
	const uint8_t *answer;
	size_t answer_len;

	/* The last SEND, as bytes: a frame, a datagram's head or a record. */
	uint8_t last[RECORD_MAX];
	size_t last_len;
	struct send last_send; /* its head is `last` */
	uint16_t last_port;    /* the last port LISTENed */
	unsigned sends, keeps; /* how many so far */
	uint64_t kept;         /* bytes of KEEP effects so far */
	/* Kept bytes with their contents, if room is given (file 0 only). */
	uint8_t *keep_to;
	size_t keep_room;

	struct stage_rest *rest; /* the stage's own */
};

/* Fails the test if there is no memory. */
struct stage *stage_open(void);
void stage_close(struct stage *st);
void stage_engine(struct stage *st, struct engine *engine);

/* For calls of the engine's own functions: the list to hand them, and then:
 * carry it out.  stage_end fails the test if effects were lost. */
struct effects *stage_begin(struct stage *st);
void stage_end(struct stage *st);

/* A datagram from peer to me. */
void stage_hear(struct stage *st, const void *bytes, size_t len);
#define STAGE_HEAR(st, s) stage_hear(st, s, sizeof(s) - 1)
void stage_hear_from(struct stage *st, struct endpoint from, const void *bytes,
		     size_t len);
/* The same from peer to me, with contents by reference behind the bytes. */
void stage_hear_ref(struct stage *st, const void *bytes, size_t len,
		    const struct ref *body);
void stage_hear_frame(struct stage *st, const void *bytes, size_t len);
/* A record of a connection from peer to me, and the end of one. */
void stage_hear_record(struct stage *st, uint32_t conn, const void *bytes,
		       size_t len);
void stage_hear_hangup(struct stage *st, uint32_t conn);
void stage_hear_dgram(struct stage *st, const struct dgram *d);

/* Let time pass: expire at each deadline.  An engine that asks to be called
 * more than a thousand times without time passing fails the test. */
void stage_wait(struct stage *st, usec span);
/* Until the next deadline and through it; false if there is none. */
bool stage_step(struct stage *st);

/* The oldest held effect of this kind settles; fails the test if none is. */
void stage_settle(struct stage *st, enum effect_kind kind, int rc);
unsigned stage_held(const struct stage *st, enum effect_kind kind);

/* The transcript since the beginning or the last stage_expect/stage_forget. */
const char *stage_said(const struct stage *st);
void stage_forget(struct stage *st);
/* Fails the test unless the transcript is exactly this; then it is forgotten.
 */
#define stage_expect(st, text) stage_expect_at(st, text, __FILE__, __LINE__)
void stage_expect_at(struct stage *st, const char *text, const char *file,
		     int line);

/* tell.c: one effect as the transcript has it, without the time. */
void stage_tell(struct text *t, const struct stage *st, const struct effect *e);

/* tell_registry.c: a record of the name registry; false if it is none. */
bool stage_tell_registry(struct text *t, const struct send *s);
/* tell_lookup.c: an answer of lookupd. */
bool stage_tell_lookup(struct text *t, const struct send *s);

#endif
