/*
 * The inside of trainc: what it knows of its train, its blocks, and itself.
 *
 *	trainc.c         the engine: ports, datagrams, timers, beginning and end
 *	trainc_board.c   BOARD and TICKET, ABOARD, refusals
 *	trainc_keep.c    packets, repairs and their slots, blocks to be mended
 *	trainc_report.c  STATUS and what is lacking, REPORT, PROBE, silence
 *	trainc_trust.c   the list of hashes; blocks that turned out false
 *	trainc_pick.c    what is fetched packet by packet
 */
#ifndef MUSTER_ENGINE_TRAINC_IMPL_H
#define MUSTER_ENGINE_TRAINC_IMPL_H

#include "base/bitmap.h"
#include "base/rand.h"
#include "engine/effects.h"
#include "engine/trainc.h"
#include "model/manifest.h"
#include "wire/train.h"

enum {
	WHY_MAX = 192,
	SLOT_NONE = 0xffff,
	SLOTS_USUAL = 4096,
	SLOTS_MAX = SLOT_NONE,
	RUN = 2048,        /* positions without a packet: an interval */
	SPARES = 2,        /* repairs kept beyond what a block lacks */
	PICKS = 64,        /* positions in one PICK */
	POISONED_MOST = 3, /* times that one block may turn out false */
};
#define BLOCK_NONE UINT32_MAX

/* What is said of a block, `flags`. */
enum {
	BLOCK_DUE = 1,      /* to be mended or checked */
	BLOCK_BUSY = 2,     /* its MEND has not settled */
	BLOCK_HASHED = 4,   /* and its MEND checks it */
	BLOCK_GOOD = 8,     /* it was checked */
	BLOCK_POISONED = 16 /* it was false: no repairs, see trainc_trust.c */
};

struct block {
	uint16_t missing; /* packets */
	uint16_t repairs; /* kept */
	uint16_t first;   /* of its slots */
	uint16_t pending; /* repairs, as the server said last */
	uint16_t away;    /* of the missing: in intervals, as counted last */
	uint8_t extra;    /* repairs that it takes beyond what is missing */
	uint8_t poisonings;
	uint8_t flags;
};

enum { COOKIE_OWN, COOKIE_GROUP, COOKIE_ALLOT };

struct trainc {
	struct loadc loadc;
	struct loadc_config config;
	struct trainc_counts counts;
	struct rand rand;
	char why[WHY_MAX];

	struct url url;
	uint32_t file;
	uint32_t era;  /* in the cookies of effects; a new one for each train */
	uint16_t port; /* our own */
	unsigned port_tries;

	/* Boarding. */
	struct endpoint server;
	uint64_t nonce, cookie;
	usec board_at, aboard_at; /* NEVER: nothing to send */
	unsigned boards, aboards; /* sent in a row */
	bool has_ticket;          /* its cookie was not refused */
	bool is_aboard;           /* the server said so */
	bool is_full;             /* the server said so */
	bool is_garbled;          /* its ticket had no manifest */
	bool has_waited;          /* the train was running, see ABOARD_LATE */
	/* Whom it asks first; and another address of the same server. */
	uint32_t toward, also;
	usec server_at; /* it was heard last */
	bool is_seeking;

	/* The train. */
	bool has_head, is_listening, has_room;
	struct manifest head;
	struct endpoint group;
	struct bitmap have; /* by position */
	uint32_t bits;
	struct block *blocks;
	uint32_t n_blocks; /* there is memory for */
	uint32_t good;     /* how many were checked */
	uint8_t *list;     /* of the hashes */
	struct bitmap list_have;
	bool has_list; /* it is whole and right */

	/* Repairs: slot i has numbers[i]; next[i] is another of its block. */
	uint32_t *numbers;
	uint16_t *next;
	uint16_t slots, free; /* how many; the first free one */
	uint32_t busy;        /* the block that is being mended */
	uint32_t n_due, due;  /* how many wait for it; where to look for one */

	/* What was heard, for REPORTs: originals ever; and since the last one,
	 * new ones, and those that were lost between them. */
	uint32_t fresh, lost;
	uint16_t loss;     /* as said last */
	uint32_t expected; /* the position behind the last one that was heard */

	/* Reporting. */
	usec heard_at;
	unsigned asked; /* since then, in vain */
	usec report_at, speak_at;
	unsigned silences; /* in a row */
	uint16_t status_flags;
	uint16_t round; /* asked last */
	bool has_round;
	usec probe_at; /* a PROBE is answered from then on */

	/* Picking. */
	bool is_detached;
	usec pick_at;
	unsigned pick_tries;
	uint32_t pick_left, pick_end; /* of the last PICK: to come; up to */
	uint32_t pick_block;          /* or BLOCK_NONE: of all */
	uint32_t pick_from;           /* and from here */

	/* The block whose leaves are, or are to be, in memory. */
	uint8_t *leaves;
	unsigned leaves_room;
	uint32_t sick; /* or BLOCK_NONE */
	uint16_t n_leaves;
	bool is_sorted;
	usec leaves_at;
	unsigned leaves_tries;
	uint32_t n_poisoned; /* blocks; others than `sick` wait */

	usec bye_at;
};

static inline struct endpoint trainc_us(const struct trainc *c)
{
	return (struct endpoint){.port = c->port};
}

static inline usec trainc_jitter(struct trainc *c, usec within)
{
	return (usec)rand_below(&c->rand, (uint64_t)within + 1);
}

/* first, twice that, ... most */
static inline usec trainc_wait(usec first, unsigned n, usec most)
{
	usec wait = first << (n < 8 ? n : 8);

	return wait < most ? wait : most;
}

static inline bool trainc_is_loading(const struct trainc *c)
{
	return c->loadc.progress.state == LOADC_LOADING;
}

/* ---- trainc.c ----------------------------------------------------------- */

/* It is over; `why` is copied. */
void trainc_fail(struct trainc *c, int rc, const char *why, struct effects *fx);
/* A SEND of ours to the server. */
void trainc_send(struct trainc *c, const struct wr *w, struct effects *fx);
/* Every block has been checked. */
void trainc_complete(struct trainc *c, usec now, struct effects *fx);

/* ---- trainc_board.c ----------------------------------------------------- */

void trainc_board_from(struct trainc *c, usec now);
/* Our server's message, by its address. */
void trainc_heard_from(struct trainc *c, usec now, uint32_t ip);
/* It is another server's, and ours is not silent. */
bool trainc_is_strange(const struct trainc *c, usec now, uint32_t ip);
/* Boards there, a little later than others or earlier. */
void trainc_board_at(struct trainc *c, usec now, uint32_t ip);
/* A STATUS to the group; false: it is not our server's, and means nothing. */
bool trainc_meets(struct trainc *c, usec now, uint32_t ip);
/* Any server may answer, ours is not there any more. */
void trainc_seek(struct trainc *c, struct effects *fx);
void trainc_board(struct trainc *c, usec now, struct effects *fx);
void trainc_aboard(struct trainc *c, usec now, struct effects *fx);
/* There is room and a port: ABOARD is due. */
void trainc_may_ride(struct trainc *c, usec now);
/* DATA came while ABOARD is due. */
void trainc_is_late(struct trainc *c, usec now);
void trainc_on_ticket(struct trainc *c, usec now, const struct dgram *d,
		      struct rd *r, struct effects *fx);
void trainc_on_refuse(struct trainc *c, usec now, const struct train_head *h,
		      struct rd *r, struct effects *fx);

/* ---- trainc_keep.c ------------------------------------------------------ */

/* Nothing is there yet of the file that the head describes. */
void trainc_keep_open(struct trainc *c);
void trainc_on_data(struct trainc *c, usec now, const struct dgram *d,
		    struct rd *r, struct effects *fx);
/* Has it mended or checked if that can be done. */
void trainc_look_at(struct trainc *c, uint32_t b, struct effects *fx);
void trainc_on_mend(struct trainc *c, usec now, uint32_t b, int rc,
		    struct effects *fx);
/* The packet is not there, after all. */
void trainc_forget(struct trainc *c, uint32_t b, uint16_t r);

/* ---- trainc_report.c ---------------------------------------------------- */

void trainc_on_status(struct trainc *c, usec now, const struct train_head *h,
		      struct rd *r, bool is_to_us);
void trainc_on_probe(struct trainc *c, usec now, struct rd *r,
		     struct effects *fx);
void trainc_report(struct trainc *c, struct effects *fx);
/* Nothing is lacking but the list. */
void trainc_report_list(struct trainc *c, struct effects *fx);
void trainc_speak(struct trainc *c, usec now, struct effects *fx);
void trainc_silence_from(struct trainc *c, usec now);
/* Any message of our train. */
static inline void trainc_heard(struct trainc *c, usec now)
{
	c->heard_at = now;
	c->asked = 0;
	if (!c->silences)
		return;
	c->silences = 0;
	trainc_silence_from(c, now);
}
/* Intervals of positions without a packet; with `ends`, also short ones at the
 * beginning and the end.  How many; what is too much joins the last. */
uint16_t trainc_runs(const struct trainc *c, struct train_interval *v,
		     uint16_t most, bool ends);
/* An original came that was lacking. */
void trainc_follow(struct trainc *c, uint32_t position);

/* ---- trainc_trust.c ----------------------------------------------------- */

uint32_t trainc_list_packets(const struct trainc *c);
static inline const uint8_t *trainc_hash_of(const struct trainc *c, uint32_t b)
{
	return c->list + (size_t)b * CRYPT_HASH;
}
void trainc_on_list(struct trainc *c, const struct train_data *p, size_t body,
		    struct effects *fx);
void trainc_poisoned(struct trainc *c, usec now, uint32_t b,
		     struct effects *fx);
/* A block that was poisoned has been checked. */
void trainc_healed(struct trainc *c, usec now, uint32_t b);
/* Whether a packet of a poisoned block is what it should be. */
bool trainc_is_true(const struct trainc *c, uint32_t b, uint16_t r,
		    const struct train_data *p);
void trainc_ask_leaves(struct trainc *c, usec now, struct effects *fx);
void trainc_on_leaves(struct trainc *c, usec now, struct rd *r,
		      struct effects *fx);
void trainc_on_sort(struct trainc *c, usec now, const struct outcome *o,
		    struct effects *fx);

/* ---- trainc_pick.c ------------------------------------------------------ */

/* The server sends us off the train. */
void trainc_detach(struct trainc *c, usec now);
void trainc_pick(struct trainc *c, usec now, struct effects *fx);
/* An original came. */
void trainc_picked(struct trainc *c, usec now, uint32_t b, uint32_t position);

#endif
