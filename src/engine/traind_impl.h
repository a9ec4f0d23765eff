/*
 * The inside of traind: runs, which are trains under way, and seats, which are
 * the riders' places in them.
 *
 *	traind.c       the engine: datagrams, which run
 *	traind_board.c boarding, runs for files
 *	traind_seat.c  seats, cookies, what riders say
 *	traind_probe.c how they fare, and how far ahead of them a run may be
 *	traind_hold.c  how long a run waits before it leaves
 *	traind_run.c   one run: asking, its end
 *	traind_send.c  what leaves next, and its pace
 *	traind_pick.c  what one rider gets for itself
 *	traind_drive.c which of several servers sends
 */
#ifndef MUSTER_ENGINE_TRAIND_IMPL_H
#define MUSTER_ENGINE_TRAIND_IMPL_H

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/rand.h"
#include "base/slots.h"
#include "engine/effects.h"
#include "engine/pace.h"
#include "engine/share.h"
#include "engine/traind.h"
#include "wire/train.h"

enum {
	BURST = 64,       /* packets of one batch */
	ROWS = 8,         /* of a section, in one FETCH */
	SLOTS = 16,       /* of a window */
	FEW = 256,        /* riders that may all speak at once, nearly */
	PROBES = 8,       /* before a first window */
	SAMPLES = 15,     /* of loss */
	SAMPLES_MIN = 3,  /* before them nothing is known of the fleet */
	TOGETHER = 16,    /* packets; the kernel carries so many as one */
	SILENT = 3,       /* windows in which nobody reports, and it stands; */
	SILENT_FEW = 7,   /* if all that ride are few and will say goodbye */
	LEAVES_MOST = 80, /* in one message */
	GREED = 3,        /* files' worth that a rider may have sent */
	MARKS = 4,        /* the guard, and how finely it is measured */
	STATUSES = 32,    /* messages of one STATUS */
	WAITING = 256,    /* for manifests */
	ASKED = 1024,     /* that have a ticket; of more it is a guess */
	SEAT_NONE = 0,    /* seats are numbered from 1 */
};

/* FOLLOWING: another server sends it, and we would take it up. */
enum run_phase {
	RUN_STANDING,
	RUN_HOLDING,
	RUN_SENDING,
	RUN_ASKING,
	RUN_FOLLOWING,
};

struct seat {
	struct endpoint at;
	uint32_t next, prev; /* a ring of one run's; or the list of free ones */
	uint16_t run;
	bool is_taken, is_detached;
	bool is_gone; /* said goodbye; its seat is kept in case it was detached
		       */
	uint8_t owes; /* PROBEs that it has not answered */
	uint8_t late; /* REPORTs that were */
	usec heard;
};

enum batch_kind { BATCH_ORIGINALS, BATCH_REPAIRS };

/* What was FETCHed to be sent: originals by position, or whole rows of repairs
 * of one section. */
struct batch {
	enum batch_kind kind;
	uint32_t positions[BURST];
	unsigned n;
	uint32_t section;
	uint32_t block, blocks, number, rows; /* repairs, of which blocks */
	bool is_fetching;
};

/* For one rider alone. */
struct pick {
	uint32_t seat; /* SEAT_NONE: nobody's turn */
	bool is_leaves;
	uint32_t positions[BURST];
	unsigned n;
	uint32_t block; /* leaves */
	uint16_t first;
};

struct run {
	struct timer timer; /* the earlier of these two: */
	usec due;           /* what its phase waits for */
	usec tell_at;       /* the next DRIVES; NEVER: there is none */
	enum run_phase phase;
	bool has_left;           /* since it stood */
	bool has_gone;           /* ever, from whichever server */
	uint32_t image, version; /* image 0: a free slot */
	uint32_t life;           /* of the slot: how many runs it has had */
	uint32_t era;     /* no other run, from standing to standing, has it */
	uint64_t painted; /* when, in the order of runs */
	uint32_t link;    /* where its riders are */
	uint64_t id;
	uint32_t wish; /* what `group` was chosen by: site_group() */
	struct endpoint group;
	struct layout layout;

	struct bitmap want; /* positions to send */
	uint32_t cursor;    /* sending goes round and round from here */
	/* What left less than the guard ago is between mark[0] and the cursor,
	 * going round: a wish for it has crossed it on the wire. */
	uint32_t mark[MARKS];
	usec mark_at;
	bool wants_list;
	uint32_t list_at;   /* its next packet */
	uint16_t *pending;  /* repairs, of each block */
	uint32_t n_pending; /* of all blocks */
	uint32_t number;    /* of the next row of repairs; none comes twice */
	uint32_t section;   /* that is being repaired */
	struct batch batch;
	struct pick pick;
	usec pick_at; /* not before: picks have a share of the rate only */
	struct pace pace;
	uint64_t sent, originals;
	uint64_t rolled; /* originals before it left last */

	uint16_t round;
	unsigned silent; /* windows in a row */
	usec window_end, window_half, said_at;
	bool must_say;   /* REPORTs changed what is pending */
	bool has_probed; /* before the first window */
	uint16_t *lack;  /* the highest of each block in this window */

	usec probe_at, judge_at;
	uint64_t probed_at; /* `sent` then */
	/* How far a rider was, as was last heard; the furthest of all, and when
	 * that was news.  If it is too far ahead the run waits. */
	uint32_t reached, furthest;
	usec moved_at;
	bool is_ahead;
	uint32_t judged;  /* the cursor then */
	uint32_t doubted; /* who had bad news, and another is asked */
	usec behind;      /* how far riders were, lately */
	usec slack;       /* that they need to answer besides */
	uint16_t
		samples[SAMPLES]; /* thousandths lost, by riders drawn by lot */
	unsigned n_samples, next_sample;

	uint32_t seats; /* a ring: its first, SEAT_NONE if empty */
	uint32_t n_seats;
	uint32_t gone; /* a ring of those who said goodbye */
	uint32_t next_probe;
	usec first_at; /* the first that it is held for */
	usec came_at;  /* the last new rider */
	usec gap_most; /* the longest without one, since the first */
	/* Who got a ticket and is not on board yet, by a hash: a bit each, and
	 * two that share one count once. */
	uint64_t asked[ASKED / 64];
	uint32_t n_asked;
	uint32_t awaited; /* that are on their way */
	usec leave_at;    /* a held run, unless more riders come */
	usec leave_by;    /* it waits for nobody any more */
	usec told_at;
	usec not_before; /* the file could not be read */

	/* Several servers.  Riders of a run that was taken up come back, so
	 * many as there were, and nobody else is waited for. */
	bool is_taken;
	uint32_t turn;   /* how often it was taken up */
	usec told_all;   /* the last DRIVES */
	usec listens_to; /* it was asleep: nothing leaves before */
	/* FOLLOWING: who sends it, and what that one said of it. */
	uint32_t driver, had;
	bool has_driven; /* it has left */
};

/* Where a rider is, and which group it is to be told: the same for all that it
 * says, so its messages find the run that it boarded. */
struct place {
	uint32_t link, wish;
};

/* A request from one who has not proved itself. */
struct boarding {
	struct endpoint from;
	struct place at;
	uint64_t nonce;
	uint32_t image;
	bool is_heard_by_all; /* or handed on: no answer but a TICKET */
};

struct traind {
	struct engine engine;
	const struct site *site;
	struct traind_stats stats;
	struct rand rand;
	uint64_t secret;

	struct run *runs;
	uint32_t n_runs;
	uint32_t packets_most, blocks_most; /* that a run has tables for */
	uint64_t n_painted;
	struct heap heap;
	struct timer **heap_room;

	struct seat *seats; /* [0] is not used */
	uint32_t n_seats;
	struct slots free_seats;
	struct index by_endpoint;

	struct share share; /* what who had of which era */
	uint32_t eras;
	struct boarding *waiting; /* until a manifest is made */
	unsigned n_waiting;
};

/* The most that is waited for who is behind. */
static const usec SLACK_MOST = SECONDS(2);

static inline uint32_t run_number(const struct traind *t, const struct run *r)
{
	return (uint32_t)(r - t->runs);
}

/* Cookies of FETCH: what comes back in the life of another run is nobody's. */
enum { FETCH_BATCH, FETCH_PICK, FETCH_MANIFEST, FETCH_KINDS };
static inline uint64_t run_cookie(const struct traind *t, const struct run *r,
				  unsigned kind)
{
	return (uint64_t)r->life << 32 |
	       (run_number(t, r) * FETCH_KINDS + kind);
}

/* traind.c */
/* Where it is sent from. */
static inline struct endpoint traind_us(const struct traind *t)
{
	return (struct endpoint){.port = t->site->settings->train.port};
}

static inline struct place place_of(const struct traind *t,
				    const struct dgram *d)
{
	return (struct place){d->link,
			      site_group(t->site, d->from.ip, d->link, true)};
}
static inline bool run_is_at(const struct run *r, struct place p)
{
	return r->image && r->link == p.link && r->wish == p.wish;
}

/* NULL: there is none. */
struct run *run_by_id(struct traind *t, uint64_t id, struct place p);

/* traind_board.c */
void board_ask(struct traind *t, const struct dgram *d, uint64_t nonce,
	       struct rd *body, struct effects *fx);
/* As another server heard it. */
void board_forwarded(struct traind *t, const struct dgram *d, uint64_t nonce,
		     struct rd *body, struct effects *fx);
/* The run of a train that another server sends; NULL: it has no train here, or
 * not yet, or there is no room. */
struct run *board_other(struct traind *t, uint64_t id,
			const struct train_drives *v, struct place p,
			struct effects *fx);
/* The group that it has if we choose it. */
void run_choose_group(const struct traind *t, struct run *r);
/* An image has its manifest, or cannot have one. */
void board_waiting(struct traind *t, uint32_t image, int rc,
		   struct effects *fx);

/* traind_seat.c */
uint64_t seat_cookie(const struct traind *t, const struct run *r,
		     struct endpoint at);
/* NULL: it has none; it may be gone. */
struct seat *seat_find(struct traind *t, const struct run *r,
		       struct endpoint at);
/* A seat for a rider that proved itself, new if need be; NULL: all are taken.
 */
bool seats_are_taken(const struct traind *t, const struct run *r);
/* It got a ticket, or came. */
void seat_asked(const struct traind *t, struct run *r, struct endpoint at,
		bool is_to_come);
struct seat *seat_take(struct traind *t, struct run *r, struct endpoint at,
		       struct effects *fx);
void seat_leave(struct traind *t, struct run *r, struct seat *s,
		struct effects *fx);
/* It did not say goodbye. */
void seat_lose(struct traind *t, struct run *r, struct seat *s,
	       struct effects *fx);
void seats_leave_all(struct traind *t, struct run *r);
/* All but those that were sent off the train and heard since then: they are
 * still picking.  are_lost: each of them is noted. */
void seats_leave(struct traind *t, struct run *r, usec heard, bool are_lost,
		 struct effects *fx);
void seat_report(struct traind *t, struct run *r, struct seat *s,
		 struct train_report *p, usec now, struct effects *fx);
/* What it wants is to be sent, if it may have so much: it is DETACHed else. */
void seat_want(struct traind *t, struct run *r, struct seat *s,
	       struct train_intervals *v, struct effects *fx);
void seat_want_list(struct traind *t, struct run *r, struct seat *s);

/* traind_probe.c */
/* A message to it alone: a head without anything behind it but a number. */
void seat_probe(struct traind *t, struct run *r, struct seat *s,
		struct effects *fx);
/* Ask the next n riders of the ring how they fare; who has not answered for a
 * minute is forgotten. */
void seats_probe(struct traind *t, struct run *r, unsigned n, usec now,
		 struct effects *fx);
/* Ask one of them if it is time, or if much has left since the last. */
void probe_in_time(struct traind *t, struct run *r, usec now,
		   struct effects *fx);
void probe_answered(struct traind *t, struct run *r, const struct seat *s,
		    const struct train_report *p, usec now, struct effects *fx);
/* A run is so far ahead of its riders that what they have not read yet may be
 * more than they can keep: nothing leaves now, and its timer is set. */
bool probe_waits(struct traind *t, struct run *r, usec now, struct effects *fx);
/* What an ordinary rider loses, in thousandths; 0 while it is not known. */
uint16_t run_typical_loss(const struct run *r);

/* traind_hold.c */
/* Riders came to a run that stands; false: it is to leave at once. */
bool hold_begin(struct traind *t, struct run *r, usec now);
/* Somebody new came; false: it is too far on its way to be waited for. */
bool hold_again(struct traind *t, struct run *r, usec now);
/* When it leaves, as far as is known now. */
void hold_on(struct traind *t, struct run *r, usec now);
/* Who is to come is likely to come soon, and the train stays slow until then.
 */
bool hold_expects_more(const struct traind *t, const struct run *r, usec now);

/* traind_run.c */
/* A rider boarded.  A run that stands is held for others. */
void run_call(struct traind *t, struct run *r, usec now, bool is_new,
	      struct effects *fx);
/* Positions [from, to) are wished for; held to what did not just leave. */
void run_want(struct run *r, const struct train_interval *i);
/* Wishes came in: a window that is open ends, and what stands leaves. */
void run_wanted(struct traind *t, struct run *r, usec now, struct effects *fx);
void run_expire(struct traind *t, struct run *r, usec now, struct effects *fx);
/* A STATUS to the group, or to one rider. */
void run_say(struct traind *t, struct run *r, usec now,
	     const struct endpoint *to, struct effects *fx);
/* REPORTs changed what riders may count on: tell them, soon. */
void run_changed(struct traind *t, struct run *r, usec now);
/* Nothing is left to send: ask, or stand. */
void run_sent_all(struct traind *t, struct run *r, usec now,
		  struct effects *fx);
/* As slow as a train begins. */
void run_pace(const struct traind *t, struct run *r);
void run_stop(struct traind *t, struct run *r, struct effects *fx);
enum train_phase_said run_phase_said(const struct run *r);
static inline bool run_drives(const struct run *r)
{
	return r->phase == RUN_HOLDING || r->phase == RUN_SENDING ||
	       r->phase == RUN_ASKING;
}
static inline unsigned run_doublings(uint32_t n, uint32_t from)
{
	unsigned i = 0;

	for (; n > from; n /= 2)
		i++;
	return i;
}
struct note *run_note(struct traind *t, const struct run *r, unsigned code,
		      struct effects *fx);
/* How often a rider is asked how it fares: while a train is slow its answer is
 * of few packets, and when it is fast and getting faster it is wanted soon. */
static inline usec run_probe(const struct run *r)
{
	if (r->is_ahead)
		return MILLISECONDS(10);
	if (!r->pace.is_starting)
		return MILLISECONDS(50);
	return MILLISECONDS(r->pace.rate < r->pace.most / 8 ? 20 : 10);
}
/* How often the group is told, though nothing happens. */
static inline usec run_says(const struct run *r)
{
	return MILLISECONDS(r->is_taken ? 100 : 250);
}
static inline void run_timer(struct traind *t, struct run *r, usec at)
{
	usec due = usec_max(at, r->listens_to);

	r->due = at;
	heap_set(&t->heap, &r->timer, usec_min(due, r->tell_at));
}

/* traind_drive.c */
/* Whether there are other servers that may send the same trains. */
bool drive_is_shared(const struct traind *t);
/* It is ours to send, or not any more. */
void drive_begin(struct traind *t, struct run *r, usec now);
void drive_end(struct traind *t, struct run *r, struct effects *fx);
/* It was asleep, and does not know yet who sends it by now: nothing leaves. */
bool drive_listens(const struct run *r, usec now);
/* Tell the others, if that is due; false: nothing else is. */
bool drive_expire(struct traind *t, struct run *r, usec now,
		  struct effects *fx);
void drive_hear(struct traind *t, const struct dgram *d,
		const struct train_head *h, struct rd *body, usec now,
		struct effects *fx);
/* Nothing was heard of who sends it. */
void drive_take_up(struct traind *t, struct run *r, usec now,
		   struct effects *fx);
/* When a run that was taken up leaves. */
usec drive_leaves(const struct run *r, usec now);
void drive_forward(struct traind *t, const struct boarding *b,
		   const struct run *r, struct effects *fx);

/* traind_send.c */
void send_begin(struct traind *t, struct run *r, usec now);
void send_more(struct traind *t, struct run *r, usec now, struct effects *fx);
void send_fetched(struct traind *t, struct run *r, usec now, int rc,
		  struct effects *fx);
/* A DATA packet, original or repair, to the group or to one rider. */
struct send *send_data(struct traind *t, struct run *r, uint32_t block,
		       uint32_t number, struct effects *fx);
/* A FETCH of rows [row, row + n) of a section. */
void send_fetch_rows(struct traind *t, struct run *r, uint32_t section,
		     uint32_t row, uint32_t n, unsigned cookie,
		     struct effects *fx);
static inline bool run_has_work(const struct run *r)
{
	return r->want.count || r->n_pending || r->wants_list;
}

/* traind_pick.c */
void pick_ask(struct traind *t, struct run *r, struct seat *s,
	      struct train_intervals *v, usec now, struct effects *fx);
void pick_leaves(struct traind *t, struct run *r, struct seat *s,
		 const struct train_leaves *l, usec now, struct effects *fx);
void pick_fetched(struct traind *t, struct run *r, usec now, int rc,
		  struct effects *fx);

#endif
