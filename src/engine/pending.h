/*
 * Unknown machines that ask, until somebody lets them in: bootpd writes them
 * down, the administrator looks.  A table of fixed size in memory: the machine
 * that was silent longest makes room, and comes back when it asks again.
 */
#ifndef MUSTER_ENGINE_PENDING_H
#define MUSTER_ENGINE_PENDING_H

#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"
#include "wire/pxe.h"

struct pending;

enum { PENDING_MOST = 1024 };

struct pending_machine {
	struct hwaddr hw;
	struct client client; /* as it said last; its class tells NeXTs, too */
	bool is_dhcp;         /* else it asks by BOOTP */
	uint32_t link;        /* interface index */
	uint32_t relay;       /* 0: none */
	usec first, last;     /* wall clock */
	uint64_t asked;       /* how often */
};

/* 0 or -ENOMEM. */
int pending_open(struct pending **p, const struct alloc *alloc, uint64_t seed);
/* alloc: the one it was opened with.  NULL is allowed. */
void pending_close(struct pending *p, const struct alloc *alloc);
/* It has asked, at m->last; first and asked are kept here.  `p` may be NULL. */
void pending_note(struct pending *p, const struct pending_machine *m);
/* NULL: it has not asked, or long ago.  `p` may be NULL. */
const struct pending_machine *pending_find(const struct pending *p,
					   const struct hwaddr *hw);
/* All of them, in no order: *at from 0; NULL ends.  `p` may be NULL. */
const struct pending_machine *pending_next(const struct pending *p,
					   uint32_t *at);

#endif
