/*
 * nic: a client of NetInfo.  It finds the domain that serves this machine, as a
 * machine's local domain finds its parent, climbs from there to the root, and
 * looks things up on the way: the nearest domain that has the thing answers.
 *
 *	bind      CALLIT of nibindd's BIND to all candidates, rounds of half a
 *	          second, 1 and 2 from the third on, ten seconds of silence
 *	          after the fourth, and on without end; the first answer wins
 *	climb     where a domain is, from nibindd (GETREGISTER), and what is
 *	          above it (RPARENT) until NETROOT; anew after ten minutes
 *	look up   LOOKUPREAD of one after the other, or LOOKUP and READ
 *	list      LISTALL of one after the other, by TCP, as an ASK
 *
 * All but lists is UDP, each call up to five times, a second apart.  It makes
 * its calls long, by their credentials, for servers that measure the answer by
 * the question.  A server that answers nothing ends all questions; then the
 * search begins anew.  A list that does not come ends by itself.
 *
 * Where a directory is in a domain, is believed for 15 s, unless the domain's
 * checksum is another one.
 *
 * LIMIT: an entry of more than some 1,500 bytes is not to be looked up at a
 * server that sends no longer datagrams.
 *
 * LIMIT: a domain's answer to LISTALL has NIC_LIST bytes, or that list fails.
 *
 * Questions are answered one after the other, in the order they were asked; but
 * a list is no part of that order, and nobody waits for one.  Whoever has the
 * nic calls nic_answer() after each call of nic_ask() and of the engine, until
 * it says no more; an outcome's bytes live until then.
 *
 * Effects: LISTEN at one UDP port, SEND and ASK.
 */
#ifndef MUSTER_ENGINE_NIC_H
#define MUSTER_ENGINE_NIC_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "model/plist.h"

enum {
	NIC_CANDIDATES = 32,
	NIC_DOMAINS = 16, /* on the way up; a hierarchy is not deeper */
	NIC_TAG = 64,
	NIC_QUESTIONS = 64, /* that wait; one more is refused */
	NIC_LISTS = 4,      /* ... that are fetched */
	NIC_LIST = 8 << 20, /* bytes of one, of a domain, on the wire */
	NIC_WORD = 256,     /* directory, key and value, each with its NUL */
};

struct nic_config {
	/* By these the domain to bind to knows this machine: its entry there
	 * has the address, and "X/tag" among the values of `serves`. */
	uint32_t ip;
	char tag[NIC_TAG]; /* "local" */
	/* Whom to ask for a parent, by broadcast (an interface's broadcast
	 * address) or directly, and under which tag it is wanted there. */
	uint32_t candidates[NIC_CANDIDATES];
	unsigned n_candidates;
	char wanted[NIC_TAG]; /* "network" */
	/* The candidate is the domain's server: nobody is asked whether it
	 * serves us ("host/tag"). */
	bool is_direct;
	uint16_t port; /* UDP, ours; 0: any */
	uint64_t seed;
};

/* A domain on the way up, the nearest first. */
struct nic_domain {
	uint32_t ip; /* of its server */
	char tag[NIC_TAG];
	uint32_t checksum; /* as of the last NIC_CHECK; 0: unknown */
};

enum nic_state {
	NIC_SEARCHING, /* nobody has answered yet */
	NIC_CLIMBING,
	NIC_BOUND, /* the way to the root is known */
};

enum nic_what {
	/* The first entry in /DIRECTORY whose KEY has VALUE, of the nearest
	 * domain that has one: an answer, or none. */
	NIC_READ,
	/* All entries of /DIRECTORY of all domains, an answer each; then the
	 * end.  KEY and VALUE do not count. */
	NIC_ALL,
	/* The checksum of each domain, an answer each without properties; then
	 * the end. */
	NIC_CHECK,
};

struct nic_question {
	enum nic_what what;
	const char *directory; /* "machines", "users" ...: at the top */
	const char *key, *value;
	uint64_t cookie; /* comes back with each answer */
};

struct nic_answer {
	uint64_t cookie;
	/* 0: there is one.  -ENOENT: there is none, or no more; -EHOSTUNREACH:
	 * no server answers, or one has stopped; -EREMOTEIO: a list did not
	 * come.  The answer of NIC_READ, and all but 0, end the question. */
	int rc;
	struct nic_domain from; /* rc 0 */
	unsigned level;         /* ... 0: the nearest */
	struct plist props;     /* ... good until the next call */
};

struct nic;

struct nic_stats {
	uint64_t questions, answers, unanswered;
	uint64_t calls, binds, rebinds, bad; /* bad: replies */
};

/* All its memory is taken here.  0 or -ENOMEM. */
int nic_open(struct nic **n, const struct nic_config *config,
	     const struct alloc *alloc);
/* NULL is allowed for n. */
void nic_close(struct nic *n, const struct alloc *alloc);
struct engine *nic_engine(struct nic *n);
/* Begin to search. */
void nic_start(struct nic *n, usec now, struct effects *fx);
/* Whether it is for this engine: what comes to its port. */
bool nic_claims(const struct nic *n, const struct dgram *d);

enum nic_state nic_state(const struct nic *n);
/* How many domains are known, the nearest first. */
unsigned nic_domains(const struct nic *n, const struct nic_domain **v);
/* 0 (it is copied, and answered later), -EAGAIN: NIC_QUESTIONS wait, or
 * NIC_LISTS; -EMSGSIZE: a word is too long.  While it searches, questions are
 * refused at once with -EHOSTUNREACH. */
int nic_ask(struct nic *n, usec now, const struct nic_question *q,
	    struct effects *fx);
/* The next answer; false: there is none now. */
bool nic_answer(struct nic *n, struct nic_answer *to);
const struct nic_stats *nic_stats(const struct nic *n);

#endif
