/*
 * The inside of lookupd.
 *
 *	lookupd.c            the engine: what connections ask
 *	lookupd_walk.c       a question's way from agent to agent
 *	lookupd_directory.c  the agent that is the directory of this machine
 *	lookupd_remote.c     the same elsewhere, by NetInfo
 *	lookupd_cache.c      what was answered before
 *	lookupd_tell.c       answers, configuration and statistics
 */
#ifndef MUSTER_ENGINE_LOOKUPD_IMPL_H
#define MUSTER_ENGINE_LOOKUPD_IMPL_H

#include "base/hash.h"
#include "base/heap.h"
#include "engine/effects.h"
#include "engine/lookup_agents.h"
#include "engine/lookupd.h"
#include "engine/nic.h"
#include "engine/note.h"
#include "wire/lookup.h"

/* Where a list of all goes on: the agent's number in the order, the domain's
 * number on the way up, and what was last there. */
struct lookupd_position {
	uint8_t agent;
	uint16_t level;
	uint32_t after;
};

struct lookupd_query {
	uint32_t conn; /* 0: free */
	uint32_t sequence;
	uint32_t round; /* of this slot: an older answer is for nobody here */
	uint8_t op;
	uint8_t silent;  /* bits of agents that did not answer */
	bool is_ready;   /* what it waited for is there: go on with it */
	bool is_checked; /* or need not be: what is cached is believed */
	enum { WAITS_AGENT, WAITS_CHECK, WAITS_LIST } waits;
	enum lookup_agent agent; /* that is asked, whatever the order says by
				  * now */
	bool is_privileged;
	enum lookup_category category;
	char key[LOOKUP_KEY]; /* "": of a list, all */
	char value[LOOKUP_VALUE];
	struct lookupd_position at;
	uint64_t stamp; /* of the directory when it was asked; 0: it was not */
	usec due;       /* the agent that is asked answers until then */
	usec asked;
};

struct cached {
	uint64_t hash;
	uint32_t newer, older; /* slots; 0: none */
	usec until;
	uint64_t stamp;
	uint16_t len;                  /* of the item; 0: nobody has it */
	uint16_t key_len;              /* category, key and value, with NULs */
	uint8_t bytes[LOOKUPD_CACHED]; /* the key, then the item */
};

/* All entries of a category, as items, of a directory elsewhere. */
struct lookupd_list {
	enum lookup_category category;
	enum { LIST_NONE, LIST_FILLING, LIST_WHOLE } state;
	usec at; /* begun */
	uint8_t *bytes;
	size_t len;
};

struct lookupd {
	struct engine engine;
	struct nic *nic;
	const struct lookupd_reach *how;
	struct lookupd_list lists[LOOKUPD_LISTS];
	bool is_checking;
	usec checked;
	uint64_t stamp;     /* of the last check; 0: none yet */
	uint64_t gathering; /* of the one under way */
	struct alloc alloc; /* of the lists, when a nic comes */
	struct lookupd_config config;
	struct lookupd_query *queries;
	struct cached *cache; /* slot 0 is nobody's */
	uint32_t used, newest, oldest;
	uint32_t version; /* of the order that was asked by */
	struct index by_key;
	struct lookup_agents agents;
	struct lookupd_stats stats;
};

/* ---- lookupd_walk.c ------------------------------------------------------ */

/* From agent to agent, until one answers, all have, or one takes its time. */
void lookupd_walk(struct lookupd *l, usec now, struct lookupd_query *q,
		  struct effects *fx);
/* What an agent said to a question that was asked by EFFECT_ASK. */
void lookupd_on_answer(struct lookupd *l, usec now, const struct outcome *o,
		       struct effects *fx);
/* It is an answer: told, and kept. */
void lookupd_tell_one(struct lookupd *l, usec now, struct lookupd_query *q,
		      const struct lookup_item *item, struct effects *fx);
/* That agent failed this question; the next is asked. */
void lookupd_fail(struct lookupd *l, usec now, struct lookupd_query *q,
		  struct effects *fx);
/* The same, but it may be well: others go on to ask it. */
void lookupd_give_up(struct lookupd *l, usec now, struct lookupd_query *q,
		     struct effects *fx);
/* It has no such thing; the next is asked. */
void lookupd_pass(struct lookupd *l, usec now, struct lookupd_query *q,
		  struct effects *fx);
/* The agent did not answer in time. */
void lookupd_on_silence(struct lookupd *l, usec now, struct lookupd_query *q,
			struct effects *fx);

/* ---- lookupd_directory.c ------------------------------------------------- */

enum lookupd_said {
	LOOKUPD_ANSWERED, /* and told */
	LOOKUPD_NONE,     /* it has no such thing, or no more */
	LOOKUPD_LATER,
};

/* Ask it: one item, or the next ones of a list, which are told at once. */
enum lookupd_said lookupd_directory(struct lookupd *l, usec now,
				    struct lookupd_query *q,
				    struct effects *fx);
/* Changes whenever anything in the vertical view does; never 0. */
uint64_t lookupd_stamp(const struct lookupd *l);

/* ---- lookupd_remote.c ---------------------------------------------------- */

enum lookupd_said lookupd_remote(struct lookupd *l, usec now,
				 struct lookupd_query *q, struct effects *fx);
/* Whether it waits until the checksums have been asked for. */
bool lookupd_must_check(struct lookupd *l, usec now, struct lookupd_query *q,
			struct effects *fx);
/* To be called after each call of the nic. */
void lookupd_hear_nic(struct lookupd *l, usec now, struct effects *fx);
void lookupd_close_lists(struct lookupd *l);

/* ---- lookupd_cache.c ----------------------------------------------------- */

int cache_open(struct lookupd *l, const struct alloc *alloc);
void cache_close(struct lookupd *l, const struct alloc *alloc);
void cache_flush(struct lookupd *l);
/* NULL: it is not there, or not to be believed any more. */
const struct cached *cache_find(struct lookupd *l, usec now,
				const struct lookupd_query *q);
/* item NULL: nobody has it. */
void cache_put(struct lookupd *l, usec now, const struct lookupd_query *q,
	       const struct lookup_item *item);
struct rd cached_item(const struct cached *c);

/* ---- lookupd_tell.c ------------------------------------------------------ */

uint64_t lookupd_position_put(const struct lookupd_position *p);
struct lookupd_position lookupd_position_get(uint64_t n);
/* An answer with items in the making. */
struct telling {
	struct wr w;
	uint16_t n;
};
struct telling tell_begin(const struct lookupd_query *q, struct effects *fx);
/* False: it does not fit, and a next record has to bring it. */
bool tell_item(struct telling *t, const struct lookupd_query *q,
	       const struct lookup_item *i);
/* The answer leaves, and the question has ended. */
void tell_end(struct lookupd *l, struct telling *t, struct lookupd_query *q,
	      uint64_t position, struct effects *fx);
/* Without an item. */
void tell_nothing(struct lookupd *l, struct lookupd_query *q,
		  enum lookup_status status, const char *text,
		  struct effects *fx);
void tell_configuration(struct lookupd *l, struct lookupd_query *q,
			struct effects *fx);
void tell_statistics(struct lookupd *l, struct lookupd_query *q,
		     struct effects *fx);

#endif
