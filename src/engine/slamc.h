/*
 * slamc: one file by SLAM.  It boards a train that is running, keeps every
 * packet it hears, and asks only for what it missed.  After a minute of silence
 * it gives up (-ETIMEDOUT), and with config->patience sooner, but not before
 * the first packet: servers may hold a train for half a minute.
 */
#ifndef MUSTER_ENGINE_SLAMC_H
#define MUSTER_ENGINE_SLAMC_H

#include "engine/loadc.h"

/* Takes all its memory here; it can then load one file after the other.  0 or
 * -ENOMEM. */
int slamc_open(struct loadc **c, const struct loadc_config *config,
	       const struct alloc *alloc);

#endif
