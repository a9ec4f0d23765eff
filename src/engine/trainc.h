/*
 * trainc: one file from a train, docs/protocols/train.md, "The rider".  It
 * boards, keeps what it hears, says how much it lacks of each block, and has
 * each block mended and checked.  It sees nothing of the file but its list of
 * hashes: it counts packets, whoever carries out its effects does the sums.
 */
#ifndef MUSTER_ENGINE_TRAINC_H
#define MUSTER_ENGINE_TRAINC_H

#include "engine/loadc.h"

/* Takes all its memory here; it can then load one file after the other.  0 or
 * -ENOMEM. */
int trainc_open(struct loadc **c, const struct loadc_config *config,
		const struct alloc *alloc);

/* Datagrams that were no use, since it was opened. */
struct trainc_counts {
	uint64_t foreign; /* no message, or of another train */
	uint64_t early;   /* DATA before there was room for the file */
	uint64_t unknown; /* DATA of a block or number that there is not */
	uint64_t misfit;  /* DATA of the wrong length */
	uint64_t again;   /* DATA that it had */
	uint64_t spare;   /* repairs of blocks that need no more */
	uint64_t full;    /* repairs that found no slot, or lost it */
	uint64_t false_list, false_leaves, false_packets;
};
const struct trainc_counts *trainc_counts(const struct loadc *c);

#endif
