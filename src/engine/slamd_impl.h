/*
 * The inside of slamd: trains, and the machines that ride them.
 *
 *	slamd.c        the engine: ports, datagrams, which train
 *	slamd_train.c  one train: departure, pace, sending, its end
 *	slamd_rider.c  riders: boarding, asking them what they lack, leaving
 */
#ifndef MUSTER_ENGINE_SLAMD_IMPL_H
#define MUSTER_ENGINE_SLAMD_IMPL_H

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/rand.h"
#include "base/slots.h"
#include "engine/effects.h"
#include "engine/pace.h"
#include "engine/share.h"
#include "engine/slamd.h"
#include "wire/slam.h"

enum {
	BURST = 32,              /* packets of one FETCH */
	BATCH_SPAN = 256 * 1024, /* bytes of the file that one FETCH covers */
	ASK_BATCH = 16,          /* riders asked at a time */
	ASK_TRIES = 4,
	RIDER_NONE = 0, /* riders are numbered from 1 */
	GREED = 3,      /* files' worth of packets a rider may ask for */
	IPXE_MOST = 4,  /* packets that iPXE asks for at a time */
	AHEAD_MAX = 1024,
};

enum train_phase {
	TRAIN_IDLE,
	TRAIN_HOLDING, /* called for; it waits for more riders */
	TRAIN_SENDING,
	TRAIN_DRAINING, /* all was sent; the receivers' rings empty */
	TRAIN_ASKING,   /* some riders owe an answer */
};

struct rider {
	struct endpoint at;
	/* A ring of one train's riders; or the list of its muted ones or of
	 * the free ones, by `next` alone. */
	uint32_t next, prev;
	uint16_t train; /* index; valid while taken */
	uint8_t tries;  /* asked in vain so often */
	bool is_taken;
	bool is_fast;
	bool owes;          /* asked, has not answered */
	bool is_muted;      /* past its share: neither heard nor asked */
	uint32_t since;     /* the cursor as it boarded */
	uint64_t first_gap; /* of its last answer, to know a repeated one */
	uint8_t same_gap;   /* how often in a row */
	uint32_t ahead;     /* sent at its last request if it is iPXE */
	uint64_t ahead_end; /* up to this packet */
};

struct train {
	struct timer timer;
	enum train_phase phase;
	uint32_t image, version; /* image 0: a free slot */
	uint32_t link;           /* where its riders are */
	uint32_t era;            /* no other run has it */
	uint16_t port;           /* 0: an orphan */
	struct slam_header header;
	uint32_t packets;

	struct bitmap want; /* to send: not yet sent, or asked for */
	struct bitmap once; /* sent at least once in this run */
	uint32_t cursor;    /* sending goes round and round from here */
	uint64_t sent;

	/* What left less than GUARD ago is between mark[0] and the cursor,
	 * going round: a NACK that asks for it has crossed it on the wire. */
	uint32_t mark[2];
	usec mark_at;

	uint32_t batch[BURST];
	uint32_t n_batch;
	bool is_fetching;

	struct pace pace;
	usec slow_gap;   /* a frame for ROMs */
	usec rate_at;    /* when a rider is asked how it fares, in mid-train */
	uint32_t window; /* packets before it were judged already */
	usec behind;     /* how long what is sent is on its way, lately */

	uint32_t riders; /* a ring: its first, RIDER_NONE if empty */
	uint32_t n_riders, n_slow, owing;
	uint32_t next_ask;
	uint32_t muted;  /* a list; they stay until the train stops */
	uint32_t lost;   /* riders given up in this run */
	uint32_t served; /* those that have all they asked for */
	usec leave_by;   /* a held train waits for nobody any more */
	usec not_before; /* after a run in vain: no departure before this */
	usec told_at;    /* of the last progress note */
};

struct slamd {
	struct engine engine;
	const struct site *site;
	struct slamd_stats stats;
	struct rand rand;
	uint64_t hash_seed;

	struct train *trains;
	uint32_t n_trains;
	struct heap heap;
	struct timer **heap_room;

	struct share share; /* what which address had of which era */
	uint32_t eras;
	struct rider *riders; /* [0] is not used */
	uint32_t n_riders;
	struct slots free_riders;
	struct index by_endpoint;

	struct bitmap listening; /* ports */
	uint32_t close_at;       /* the ports before it have been looked at */
	uint32_t listen_at;      /* the images before it have been looked at */
	bool must_listen;        /* not all have */
};

/* slamd_train.c */
/* A NACK came in: a train that stands is held for others, as the settings say,
 * and then leaves. */
void train_call(struct slamd *s, struct train *t, usec now, bool is_new,
		struct effects *fx);
static inline bool train_stands(const struct train *t)
{
	return t->phase == TRAIN_IDLE || t->phase == TRAIN_HOLDING;
}
/* Packets [first, first + n) are asked for; held to what did not just leave. */
void train_request(struct train *t, uint64_t first, uint64_t n);
void train_fetched(struct slamd *s, struct train *t, usec now, int rc,
		   struct effects *fx);
void train_expire(struct slamd *s, struct train *t, usec now,
		  struct effects *fx);
/* It has no port any more: it ends, at once or when it has what it fetches. */
void train_orphan(struct slamd *s, struct train *t);
/* Nobody owes an answer: send what they lack, or ask others. */
void train_answered(struct slamd *s, struct train *t, usec now);
/* A new one, which begins at such a rate. */
void train_pace(const struct slamd *s, struct train *t, uint64_t rate);
/* A rider said in mid-train how it fares. */
void train_judge(struct slamd *s, struct train *t, const struct pace_news *n,
		 struct effects *fx);
/* A rider is known to stand no frame a millisecond. */
void train_be_gentle(struct train *t);
static inline bool train_is_fast(const struct train *t)
{
	return t->n_riders && !t->n_slow;
}

/* slamd_rider.c */
struct rider *rider_find(struct slamd *s, struct endpoint at, uint16_t train);
/* It needs nothing more.  Not for muted ones. */
void rider_served(struct slamd *s, struct train *t, struct rider *r,
		  struct effects *fx);
/* The muted ones, too. */
void riders_leave_all(struct slamd *s, struct train *t);
void rider_nack(struct slamd *s, struct train *t, const struct dgram *d,
		usec now, struct effects *fx);
/* Nobody owes an answer any more. */
void riders_forgive(struct slamd *s, struct train *t);
/* Ask up to `most` riders, the next in the ring, for their status. */
void riders_ask(struct slamd *s, struct train *t, uint32_t most,
		struct effects *fx);
/* Those who still owe an answer are a try further; drop the hopeless. */
void riders_overdue(struct slamd *s, struct train *t, struct effects *fx);

#endif
