/*
 * The inside of mtftpd.
 *
 *	mtftpd.c        the engine: ports, requests, which line
 *	mtftpd_line.c   one line: a run from the first request to its end
 *	mtftpd_caller.c  callers: the machines that asked
 */
#ifndef MUSTER_ENGINE_MTFTPD_IMPL_H
#define MUSTER_ENGINE_MTFTPD_IMPL_H

#include "base/hash.h"
#include "base/heap.h"
#include "base/rand.h"
#include "base/slots.h"
#include "engine/effects.h"
#include "engine/mtftpd.h"
#include "engine/note.h"
#include "wire/tftp.h"

enum { CALLER_NONE = 0 }; /* callers are numbered from 1 */

enum line_phase {
	LINE_FREE,
	LINE_HOLDING,  /* called for; it waits for more callers */
	LINE_STARTING, /* DATA 1 is out, twice; nobody has acknowledged it */
	LINE_RUNNING,
	/* All is sent and acknowledged.  A line of any file stays with the one
	 * it had until all its callers are known to have it. */
	LINE_OVER,
};

struct caller {
	struct endpoint at;
	uint32_t next, prev; /* a ring; of the free ones a list, by next */
	uint16_t line;       /* index; valid while taken */
	bool is_taken;
	bool wants_next; /* the file that comes after this one */
	/* It was there before a run that leapt over what it may not have. */
	bool may_lack;
	uint32_t since; /* the first block that it can have heard */
};

struct line {
	struct timer timer;
	enum line_phase phase;
	struct endpoint group, here; /* where to, and from */
	uint32_t link;
	bool is_shared;

	uint32_t image, version; /* image 0: a free slot */
	uint64_t size;
	uint32_t last;                     /* block */
	uint32_t next_image, next_version; /* 0: none is waited for */

	uint32_t block; /* on the wire, or about to be */
	uint32_t high;  /* of this run */
	bool is_sent;   /* it is on the wire */
	bool is_fetching;
	bool has_leapt;      /* this run has not sent all blocks */
	uint32_t generation; /* of its FETCH; others are old */
	uint8_t tries;       /* silences in a row */
	uint8_t lost;        /* openers in a row that never acknowledged */
	usec sent_at, heard_at;
	usec begun; /* the run, or the hold before it */
	usec paid;  /* the next block may leave then */
	usec rtt;   /* smoothed; 0: nothing was answered yet */

	uint32_t opener;  /* caller: the one that acknowledges */
	uint32_t callers; /* a ring: its first, CALLER_NONE if empty */
	uint32_t n_callers, n_next;
	bool is_crowded; /* some had no room among the callers */
	uint64_t sent;
};

struct mtftpd {
	struct engine engine;
	const struct site *site;
	struct mtftpd_stats stats;
	uint64_t hash_seed;

	struct line *lines;
	uint32_t n_lines;
	struct heap heap;
	struct timer **heap_room;

	struct caller *callers; /* [0] is not used */
	uint32_t n_callers;
	struct slots free_callers;
	struct index by_endpoint;
};

/* What is asked for, of which line, by a datagram. */
struct call {
	const struct dgram *d;
	const struct image *image;
	usec now;
};

/* mtftpd.c */
static inline uint16_t line_number(const struct mtftpd *m, const struct line *l)
{
	return (uint16_t)(l - m->lines);
}
void mtftpd_say_error(struct endpoint us, struct endpoint to, uint16_t code,
		      const char *text, struct effects *fx);

/* mtftpd_line.c */
/* Another file is on the line: by TFTP, please. */
void line_refuse(struct mtftpd *m, const struct line *l, struct endpoint to,
		 struct effects *fx);
/* A request for the file that the line has, or one for another. */
void line_request(struct mtftpd *m, struct line *l, const struct call *c,
		  struct effects *fx);
void line_ack(struct mtftpd *m, struct line *l, const struct dgram *d, usec now,
	      struct effects *fx);
void line_fetched(struct mtftpd *m, struct line *l, usec now,
		  const struct outcome *o, struct effects *fx);
void line_expire(struct mtftpd *m, struct line *l, usec now,
		 struct effects *fx);

/* mtftpd_caller.c */
struct caller *caller_find(struct mtftpd *m, const struct line *l,
			   struct endpoint at);
/* Any of the machine's, whatever its port. */
struct caller *caller_of_machine(struct mtftpd *m, const struct line *l,
				 uint32_t ip);
/* NULL, and it is counted, if the table is full. */
struct caller *caller_board(struct mtftpd *m, struct line *l,
			    struct endpoint at, struct effects *fx);
void caller_leave(struct mtftpd *m, struct line *l, struct caller *r);
/* It wants this file, even if it had asked for the next one. */
void caller_stays(struct line *l, struct caller *r);
void callers_leave_all(struct mtftpd *m, struct line *l);
/* The one that came last, to hear the least of this run; NULL: there is none
 * but such as wait for the next file. */
struct caller *caller_latest(struct mtftpd *m, const struct line *l);
/* The same of those that may lack a block of a run that leapt. */
struct caller *caller_lacking(struct mtftpd *m, const struct line *l);
/* A run has sent all there is. */
void callers_are_served(struct mtftpd *m, struct line *l);
/* A run begins: they hear it from its first block. */
void callers_begin(struct mtftpd *m, struct line *l);
/* The file that they waited for has its turn; the others leave. */
void callers_promote(struct mtftpd *m, struct line *l);
/* It will not be: tell them, as many as there is room for. */
void callers_refuse_waiting(struct mtftpd *m, struct line *l,
			    struct effects *fx);

#endif
