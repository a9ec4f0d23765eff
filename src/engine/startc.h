/*
 * startc: a machine that starts up on its network as NEXTSTEP's rc.net has it:
 * address (nextc), mask (maskc), broadcast address, host name (whoamic).
 *
 *	ADDR   asks until somebody answers; Control-C or c: NONET
 *	MASK   asks for 63 s, then keeps the mask of the address's class
 *	BCAST  configures the interface
 *	NAME   asks until somebody answers; Control-C or c: UP without
 *	UP, NONET, BROKEN: the end
 *
 * What is explicit is not asked for.  A mask or a name that came with the
 * address is taken, as Rhapsody does; NeXT's own servers send none.
 */
#ifndef MUSTER_ENGINE_STARTC_H
#define MUSTER_ENGINE_STARTC_H

#include "engine/nextc.h"
#include "model/ifconfig.h"

enum startc_state {
	STARTC_IDLE,
	STARTC_ADDR,
	STARTC_SETTING, /* the address is being set, with what mask it has */
	STARTC_MASK,
	STARTC_BCAST,
	STARTC_NAME,
	STARTC_UP,
	STARTC_NONET,
	STARTC_BROKEN, /* the interface could not be configured: result.rc */
};

struct startc_config {
	/* Its ip and mask are what it has already: then no address is asked
	 * for.  It is an Ethernet, unless ifconfig needs no asking. */
	struct link link;
	/* What is to be done to it.  With no address: nothing; it is there for
	 * the name. */
	struct ifconfig ifconfig;
	bool sets_name;
	char name[64];     /* "": ask */
	uint32_t router;   /* a default route by it; 0: none */
	bool takes_router; /* by the one that BOOTP says */
	enum nextc_schedule schedule;
	usec jitter;   /* before the first packet of each state, at random */
	usec max_wait; /* then it goes on with what it has; 0: never */
	uint64_t seed;
};

/* What it came to.  0 and "": not known. */
struct startc_result {
	uint32_t ip, mask, broadcast, router;
	bool is_mask_of_class;     /* nobody said another */
	uint32_t server;           /* of the address */
	uint32_t mask_server;      /* of the mask */
	uint32_t name_server;      /* of the name */
	uint32_t name_router;      /* that it said */
	char name[64], domain[64]; /* domain: of NIS */
	char file[256];            /* boot file */
	int rc;
};

struct startc;

/* 0, -ENOMEM, or -EINVAL: it has to ask, and the link is no Ethernet. */
int startc_open(struct startc **c, const struct startc_config *config,
		const struct alloc *alloc);
void startc_close(struct startc *c, const struct alloc *alloc);
struct engine *startc_engine(struct startc *c);
void startc_start(struct startc *c, usec now, struct effects *fx);

/* A key was pressed: 3 is Control-C.  While a line is asked for only that one
 * counts. */
void startc_key(struct startc *c, usec now, char key, struct effects *fx);
/* A line was typed, without its line break. */
void startc_line(struct startc *c, usec now, const char *s, size_t len,
		 struct effects *fx);
/* Whether lines are wanted, or keys. */
bool startc_is_prompting(const struct startc *c);

enum startc_state startc_state(const struct startc *c);
static inline bool startc_is_over(enum startc_state s)
{
	return s >= STARTC_UP;
}
const struct startc_result *startc_result(const struct startc *c);

#endif
