/*
 * The inside of nic.
 *
 *	nic.c        the engine, and the queue of questions
 *	nic_call.c   calls: how they look, when they are made again
 *	nic_climb.c  the search for a domain, and the way up from it
 *	nic_ask.c    a question, domain by domain
 *	nic_list.c   all entries of a directory, domain by domain
 */
#ifndef MUSTER_ENGINE_NIC_IMPL_H
#define MUSTER_ENGINE_NIC_IMPL_H

#include "base/heap.h"
#include "base/rand.h"
#include "engine/effects.h"
#include "engine/nic.h"
#include "wire/netinfo.h"
#include "wire/portmap.h"
#include "wire/sunrpc.h"

enum {
	NIC_CALL = 2048,   /* bytes of a call */
	NIC_PROPS = 16384, /* of an entry */
	NIC_PLACES = 32,
};

/* What the call that is under way is for. */
enum nic_step {
	NIC_IDLE,
	NIC_PAUSE, /* before a new search */
	NIC_SEARCH,
	NIC_GETPORT,
	NIC_REGISTER,
	NIC_RPARENT,
	NIC_DIRECTORY,
	NIC_FIND,
	NIC_LOOKUP,
	NIC_FETCH,
	NIC_SUM,
};

/* A domain on the way up, and where it is to be had. */
struct nic_rung {
	uint16_t nibind, port; /* UDP; 0: not known yet */
	uint16_t tcp;
};

/* Where a directory is in the domain on that level. */
struct nic_place {
	usec until; /* 0: free */
	unsigned level;
	uint32_t object;
	char directory[NIC_WORD];
};

/* A list that is fetched. */
struct nic_listing {
	bool is_open;
	char directory[NIC_WORD];
	uint64_t cookie;
	uint64_t asked; /* the ASK's cookie; 0: none is under way */
	unsigned level; /* ... that is asked, or the next */
};

/* What came of it and was not said yet. */
struct nic_listed {
	struct netinfo_list rest;
	uint64_t cookie;
	unsigned level;
};

struct nic_wanted {
	enum nic_what what;
	char directory[NIC_WORD], key[NIC_WORD], value[NIC_WORD];
	uint64_t cookie;
};

struct nic_end {
	uint64_t cookie;
	int rc;
};

struct nic {
	struct engine engine;
	struct nic_config config;
	struct nic_stats stats;
	struct rand rand;
	uint16_t port; /* 0: not started */
	bool is_listening;
	enum nic_state state;
	struct nic_domain domains[NIC_DOMAINS];
	struct nic_rung rungs[NIC_DOMAINS];
	unsigned n; /* of them */
	usec climbed;

	/* The call that is under way. */
	enum nic_step step;
	uint8_t call[NIC_CALL];
	size_t call_len;
	struct endpoint to;
	uint32_t xid, program, procedure;
	unsigned tries; /* of NIC_SEARCH: rounds */
	usec due;

	/* Questions that wait, a ring; the first is being answered if
	 * is_asking. */
	struct nic_wanted wanted[NIC_QUESTIONS];
	unsigned first, n_wanted;
	bool is_asking;
	unsigned level;
	uint32_t directory; /* object */
	bool is_believed;   /* ... and was not asked for */
	struct nic_place places[NIC_PLACES];
	unsigned place; /* the next to be taken */
	struct nic_listing lists[NIC_LISTS];

	/* What nic_answer() has to say. */
	bool has_answer;
	struct nic_answer answer;
	struct nic_listed listed;
	uint8_t props[NIC_PROPS];
	struct nic_end ends[NIC_QUESTIONS + NIC_LISTS];
	unsigned n_ends, end;
};

/* Begin a call; it is sent now, and again until an answer comes. */
struct wr nic_call_begin(struct nic *n, enum nic_step step, struct endpoint to,
			 uint32_t program, uint32_t procedure);
void nic_call_send(struct nic *n, const struct wr *w, usec now,
		   struct effects *fx);
void nic_call_netinfo(struct nic *n, enum nic_step step, uint32_t procedure,
		      const struct netinfo *args, usec now, struct effects *fx);
/* It is due: false, and it is given up, if nobody is asked again. */
bool nic_call_again(struct nic *n, usec now, struct effects *fx);

void nic_search(struct nic *n, usec now, struct effects *fx);
void nic_search_again(struct nic *n, usec now, struct effects *fx);
/* The answer to a call of the search or the climb.  r: its results. */
void nic_climb_heard(struct nic *n, usec now, uint32_t from, struct rd r,
		     struct effects *fx);
/* Nobody answers: on without that domain, or search. */
void nic_climb_failed(struct nic *n, usec now, struct effects *fx);
/* From the nearest domain up once more. */
void nic_climb(struct nic *n, usec now, struct effects *fx);

/* The next question, if there is time for one. */
void nic_go_on(struct nic *n, usec now, struct effects *fx);
void nic_ask_heard(struct nic *n, usec now, const struct rpc_reply *p,
		   struct effects *fx);
/* All questions end with this. */
void nic_ask_end_all(struct nic *n, int rc);
/* One has ended. */
void nic_end(struct nic *n, uint64_t cookie, int rc);
/* An answer: an entry of that domain. */
struct nic_answer nic_say(struct nic *n, uint64_t cookie, unsigned level,
			  struct plist props);
/* A property list of the wire as one of ours; its names have no NUL.  False:
 * it is longer than there is room. */
bool nic_plist(struct nic *n, struct netinfo_list l, struct plist *to);

int nic_list_ask(struct nic *n, usec now, const struct nic_question *q,
		 struct effects *fx);
/* Ask for what nobody asks for yet, if there is a way. */
void nic_list_go_on(struct nic *n, struct effects *fx);
void nic_list_settle(struct nic *n, const struct outcome *o,
		     struct effects *fx);
/* The next entry; false: no more have come. */
bool nic_list_next(struct nic *n, struct nic_answer *to);
void nic_list_end_all(struct nic *n, int rc);

#endif
