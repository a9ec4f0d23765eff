/*
 * The inside of tftmd: trains, and the machines that ride them.
 *
 *	tftmd.c        the engine: requests, datagrams, which train
 *	tftmd_train.c  one train: departure, whose turn it is, lock step
 *	tftmd_pace.c   what is wanted, sent at a pace that riders can follow
 *	tftmd_rider.c  riders: boarding, calling them, what they say, leaving
 */
#ifndef MUSTER_ENGINE_TFTMD_IMPL_H
#define MUSTER_ENGINE_TFTMD_IMPL_H

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/rand.h"
#include "base/slots.h"
#include "engine/effects.h"
#include "engine/note.h"
#include "engine/pace.h"
#include "engine/share.h"
#include "engine/tftmd.h"
#include "wire/tftp.h"

enum {
	BLOCKS_MAX = 65535,
	BURST = 32,              /* blocks of one FETCH */
	BATCH_SPAN = 256 * 1024, /* bytes of the file that one FETCH covers */
	CALL_BATCH = 16,         /* riders with gaps called at a time */
	GAPS_FAILED = 6,         /* calls in vain until such a rider is lost */
	STEP_SENDS = 4,          /* OACKs of one call to a rider in lock step */
	STEP_FAILED = 3,         /* and such calls in vain */
	STRANGER_SENDS = 3,      /* packets to who never answered (R12) */
	STEP_TRIES = 4,          /* a block for a master that is silent */
	STEP_REPEATS = 16, /* blocks sent again until others have a turn */
	LISTENS_MAX = 8,   /* ports tried for one train */
	GREED = 3,         /* files that an address may ask for */
	RIDER_NONE = 0,    /* riders are numbered from 1 */
};

enum tftm_phase {
	TFTM_FREE,     /* a slot that nobody uses */
	TFTM_OPENING,  /* its port is not open yet */
	TFTM_HOLDING,  /* it waits for more riders */
	TFTM_CALLING,  /* some riders owe an answer: they may be master */
	TFTM_SENDING,  /* what riders with gaps have asked for */
	TFTM_STEPPING, /* in lock step with its master */
	TFTM_DRAINING, /* all was sent; the last ACKs come in */
	TFTM_RESTING,  /* nobody is on board */
	TFTM_BROKEN,   /* its file could not be read: nobody may board */
};

struct rider {
	struct endpoint at;  /* where its last request came from */
	uint32_t next, prev; /* in the order of arrival; or the free ones */
	uint16_t train;
	unsigned has; /* options that it asked for */
	bool has_gaps;
	bool is_proven;     /* it has answered, so it is where it says */
	bool owes;          /* called, has not answered */
	uint8_t unanswered; /* OACKs since it spoke last */
	uint8_t sends;      /* of this call */
	uint8_t failed;     /* calls in a row */
	uint32_t since;     /* the cursor as it boarded */
	usec reminded;      /* that it is not the master */
};

struct tftm_train {
	struct timer timer;
	enum tftm_phase phase;
	uint32_t generation; /* a cookie of an earlier life is none */
	uint32_t era;        /* no other run has it */
	uint32_t image, version, link;
	uint64_t size;
	uint16_t blksize;
	struct endpoint us, group;
	uint32_t wish;   /* what the group was chosen by: site_group() */
	uint32_t number; /* of this version of the file, for x-gaps */
	uint32_t blocks; /* the last of them is the short one */
	uint8_t listens;

	/* Bit i is block i + 1. */
	struct bitmap want; /* to send: asked for by riders with gaps */
	struct bitmap once; /* sent at least once in this run */
	uint32_t cursor;    /* sending goes round and round from here */
	uint64_t sent;
	usec data_at; /* when the group heard a block last */

	/* What left less than GUARD ago is between mark[0] and the cursor,
	 * going round: an ACK that asks for it has crossed it on the wire. */
	uint32_t mark[2];
	usec mark_at;

	uint32_t batch[BURST];
	uint32_t n_batch;
	bool is_fetching;

	struct pace pace;
	usec rate_at;    /* when a rider is asked how it fares, in mid-train */
	uint32_t window; /* blocks before it were judged already */
	usec behind;     /* how long what is sent is on its way, lately */

	uint32_t riders; /* a ring: its first, RIDER_NONE if empty */
	uint32_t n_riders, n_gaps, owing;
	uint32_t next;    /* whose turn is next */
	uint32_t called;  /* in lock step; RIDER_NONE: riders with gaps */
	unsigned vain;    /* calls in a row that nobody answered */
	usec call_at;     /* when who owes an answer is overdue */
	bool is_proven;   /* somebody has answered in this run */
	uint32_t idle;    /* block to break the silence with */
	uint32_t master;  /* in lock step */
	int64_t stepped;  /* the ACK that was served last; -1: none */
	uint8_t tries;    /* of its block */
	unsigned repeats; /* in this turn */
	usec turn_at;     /* when it began */
	usec leave_by;    /* a held train waits for nobody any more */
	usec told_at;     /* of the last progress note */
};

struct tftmd {
	struct engine engine;
	const struct site *site;
	struct tftmd_stats stats;
	struct rand rand;
	uint64_t hash_seed;

	struct tftm_train *trains;
	uint32_t n_trains;
	uint32_t next_group, n_groups;
	struct heap heap;
	struct timer **heap_room;

	struct share share; /* what which address had of which era */
	uint32_t eras;
	struct rider *riders; /* [0] is not used */
	uint32_t n_riders;
	struct slots free_riders;
	struct index by_ip;
	uint16_t *by_port; /* 1 + train */
};

static inline uint16_t tftm_number(const struct tftmd *m,
				   const struct tftm_train *t)
{
	return (uint16_t)(t - m->trains);
}

/* The port is in it, too: to close it if it opens for nobody any more. */
static inline uint64_t tftm_cookie(const struct tftmd *m,
				   const struct tftm_train *t)
{
	return (uint64_t)t->generation << 32 | (uint64_t)t->us.port << 16 |
	       tftm_number(m, t);
}

/* ---- tftmd_train.c ---- */
/* A new train for the key that is filled in: opens its port. */
void tftm_open(struct tftmd *m, struct tftm_train *t, struct effects *fx);
/* The slot is free again; it has no riders. */
void tftm_free(struct tftmd *m, struct tftm_train *t, struct effects *fx);
void tftm_listening(struct tftmd *m, struct tftm_train *t, usec now, int rc,
		    struct effects *fx);
/* A rider has asked, for the first time or again: it is told what it is; and a
 * train that stands is held for others, as the settings say, and then leaves.
 */
void tftm_call(struct tftmd *m, struct tftm_train *t, struct rider *r, usec now,
	       struct effects *fx);
void tftm_fetched(struct tftmd *m, struct tftm_train *t, usec now, int rc,
		  struct effects *fx);
void tftm_expire(struct tftmd *m, struct tftm_train *t, usec now,
		 struct effects *fx);
/* Nobody owes an answer: send what they lack, or call others. */
void tftm_answered(struct tftmd *m, struct tftm_train *t, usec now);
/* Rider r, in lock step, acknowledges block n of those before the last. */
void tftm_step(struct tftmd *m, struct tftm_train *t, struct rider *r,
	       uint32_t n, usec now, struct effects *fx);
/* A rider has left for good, and whose turn it is may have changed. */
void tftm_left(struct tftmd *m, struct tftm_train *t, usec now,
	       struct effects *fx);
struct note *tftm_note(const struct tftmd *m, const struct tftm_train *t,
		       unsigned code, struct effects *fx);
void tftm_wait(struct tftmd *m, struct tftm_train *t, usec until);
static inline bool tftm_stands(const struct tftm_train *t)
{
	return t->phase <= TFTM_HOLDING || t->phase == TFTM_RESTING;
}

/* ---- tftmd_pace.c ---- */
void tftm_pace_reset(const struct tftmd *m, struct tftm_train *t, usec now);
/* Blocks behind `after` are asked for; held to what did not just leave. */
void tftm_pace_request(struct tftm_train *t, struct tftp_gap g);
/* Put the next blocks of what is wanted into the batch; false if there are
 * none. */
bool tftm_pace_fill(struct tftm_train *t);
/* Ask for the bytes of the batch; false if it has none, and is there already:
 * the last block may be empty. */
bool tftm_pace_fetch(struct tftmd *m, struct tftm_train *t, struct effects *fx);
/* Its bytes are there. */
void tftm_pace_send(struct tftmd *m, struct tftm_train *t, usec now,
		    struct effects *fx);
/* Move on behind the batch that was sent: when the next may leave. */
usec tftm_pace_next(struct tftm_train *t, usec now);
/* Whether to ask a rider how it fares. */
bool tftm_pace_asks(struct tftm_train *t, usec now);
/* Begin a round in what is wanted. */
void tftm_pace_begin(struct tftm_train *t, usec now);
/* A rider said in mid-train how it fares. */
void tftm_pace_judge(struct tftmd *m, struct tftm_train *t,
		     const struct pace_news *n, struct effects *fx);

/* ---- tftmd_rider.c ---- */
/* NULL: there is none. */
struct rider *tftm_rider_find(const struct tftmd *m, const struct tftm_train *t,
			      uint32_t ip);
/* NULL if the table is full. */
struct rider *tftm_rider_board(struct tftmd *m, struct tftm_train *t,
			       struct endpoint at, struct effects *fx);
/* What it asked for, in this request. */
void tftm_rider_options(struct tftm_train *t, struct rider *r,
			const struct tftp_options *o);
void tftm_rider_oack(struct tftmd *m, struct tftm_train *t, struct rider *r,
		     bool is_master, struct effects *fx);
/* Whoever never answered may be somebody else (R12). */
static inline bool tftm_rider_is_hopeless(const struct rider *r)
{
	return !r->is_proven && r->unanswered >= STRANGER_SENDS;
}
/* Whoever is there has made this run send the file a few times over: it gets
 * what it lacks by itself, by plain TFTP. */
bool tftm_has_had_enough(const struct tftmd *m, const struct tftm_train *t,
			 uint32_t ip);
/* A datagram from it, to the train's port. */
void tftm_rider_hear(struct tftmd *m, struct tftm_train *t, struct rider *r,
		     const struct dgram *d, usec now, struct effects *fx);
void tftm_rider_lose(struct tftmd *m, struct tftm_train *t, struct rider *r,
		     struct effects *fx);
void tftm_riders_leave_all(struct tftmd *m, struct tftm_train *t);
/* Nobody owes an answer any more. */
void tftm_riders_forgive(struct tftmd *m, struct tftm_train *t);
/* Call up to `most` riders with gaps, the next in the ring. */
void tftm_riders_call(struct tftmd *m, struct tftm_train *t, uint32_t most,
		      struct effects *fx);
/* Those with gaps who still owe an answer are a try further; drop the hopeless.
 */
void tftm_riders_overdue(struct tftmd *m, struct tftm_train *t,
			 struct effects *fx);

#endif
