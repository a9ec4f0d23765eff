/*
 * slamc: one file by SLAM.  It boards a train that is running, keeps every
 * packet it hears, and asks only for what it missed.
 */
#ifndef MUSTER_ENGINE_SLAMC_H
#define MUSTER_ENGINE_SLAMC_H

#include "engine/loadc.h"

struct slamc;

/* Takes all its memory here; it can then load one file after the other. */
int slamc_open(struct slamc **c, const struct loadc_config *config,
	       const struct alloc *alloc);
void slamc_close(struct slamc *c, const struct alloc *alloc);
struct engine *slamc_engine(struct slamc *c);
/* Begin with a file, number `file` in its KEEP effects.  url->server is set. */
void slamc_start(struct slamc *c, usec now, const struct url *url,
		 uint32_t file, struct effects *fx);
/* Give up: say goodbye and close its sockets. */
void slamc_stop(struct slamc *c, usec now, struct effects *fx);
struct loadc_progress slamc_progress(const struct slamc *c);
bool slamc_claims(const struct slamc *c, const struct dgram *d);

#endif
