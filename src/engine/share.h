/*
 * What each address has made a train send, counted for as long as the train
 * runs: whoever has had its share is sent no more with the others.  By address
 * and not by port, or a new port would be a new share.
 *
 * The table has a fixed size; who asked for least makes room, so nobody loses a
 * large account by opening small ones.
 */
#ifndef MUSTER_ENGINE_SHARE_H
#define MUSTER_ENGINE_SHARE_H

#include "base/alloc.h"

#include <stdint.h>

struct account;

struct share {
	struct account *accounts;
};

/* All its memory is taken here.  0 or -ENOMEM. */
int share_open(struct share *s, const struct alloc *alloc);
/* alloc: the one it was opened with.  One that is all zeros is allowed. */
void share_close(struct share *s, const struct alloc *alloc);
/* key: a hash, with a secret seed, of the address and of this run of the train:
 * another run's accounts are others.  0 if there is none. */
uint64_t share_had(const struct share *s, uint64_t key);
void share_add(struct share *s, uint64_t key, uint64_t packets);

#endif
