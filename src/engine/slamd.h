/*
 * slamd: each file once to the group, for any number of machines.  A train is
 * one file version on its own server port and one link; called by the first
 * request, it waits a moment for others (settings->slam.hold), sends every
 * packet once at a paced rate, then asks its riders, a few at a time, what they
 * lack, and sends the union.
 */
#ifndef MUSTER_ENGINE_SLAMD_H
#define MUSTER_ENGINE_SLAMD_H

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/site.h"

struct slamd;

struct slamd_stats {
	uint64_t nacks, status_requests, originals, repairs, data_bytes;
	uint64_t boarded;
	uint64_t left;    /* with all that they asked for */
	uint64_t lost;    /* silent, or asked for more than their share */
	uint64_t refused; /* no room for a rider or a train */
};

/* One train as a drill or a console shows it. */
struct slamd_train {
	uint32_t image;
	uint64_t packets;   /* of the file */
	uint64_t originals; /* sent so far in this run: 0 .. packets */
	uint64_t sent;      /* originals and repairs of this run */
	uint32_t riders;
	uint64_t rate; /* bytes/s now */
	bool is_running;
};

/* `site` is the caller's and outlives it; settings->slam has 1 to 65535 trains.
 * 0 or -ENOMEM. */
int slamd_open(struct slamd **s, const struct site *site,
	       const struct alloc *alloc, uint64_t seed);
void slamd_close(struct slamd *s, const struct alloc *alloc);
struct engine *slamd_engine(struct slamd *s);
const struct slamd_stats *slamd_stats(const struct slamd *s);
/* All trains that ever left: *at from 0; false ends. */
bool slamd_next_train(const struct slamd *s, uint32_t *at,
		      struct slamd_train *t);
/* Listen on the ports of the catalogue's images; again after it changed. */
void slamd_start(struct slamd *s, usec now, struct effects *fx);
bool slamd_claims(const struct slamd *s, const struct dgram *d);

#endif
