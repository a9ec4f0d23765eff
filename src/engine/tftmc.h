/*
 * tftmc: one file by multicast TFTP (RFC 2090) from any server that speaks it;
 * by plain TFTP (tftpc) from one that does not, or if its group can't be had.
 *
 * It takes blocks in any order, is silent as a slave but for the last ACK, and
 * as master asks for what it lacks.  A server that knows x-gaps
 * (docs/protocols/tftm.md) is told all of that at once, also when it has just
 * let us board; any other one block at a time.
 *
 * After three to four silent seconds it asks anew, keeping what it has if it
 * is the same train, or the same version of the file; after a minute of silence
 * it gives up (-ETIMEDOUT), and with config->patience sooner.  A server's
 * refusal becomes -ENOENT, -EACCES or -EIO, a file over size_max -EFBIG.
 */
#ifndef MUSTER_ENGINE_TFTMC_H
#define MUSTER_ENGINE_TFTMC_H

#include "engine/loadc.h"

/* Takes all its memory here; it can then load one file after the other.  0 or
 * -ENOMEM. */
int tftmc_open(struct loadc **c, const struct loadc_config *config,
	       const struct alloc *alloc);

#endif
