/*
 * A simulated boot: one server and n machines on a virtual LAN, from power-on
 * to loaded.  `muster drill` and tests/sim stand on it.
 */
#ifndef MUSTER_SIM_FLEET_H
#define MUSTER_SIM_FLEET_H

#include "model/settings.h"
#include "sim/lan.h"

struct fleet_image {
	const char *name;
	uint64_t size;
};

struct fleet_report;

struct fleet_config {
	uint32_t machines;
	struct fleet_image
		images[8]; /* the first is the kernel, then initrds */
	unsigned n_images;
	struct lan_weather weather;
	usec arrive;      /* machines switch on at random within this time */
	bool uses_tftp;   /* else SLAM */
	bool has_payload; /* real bytes, hashed at the end */
	uint64_t seed;
	usec patience; /* virtual; machines not ready by then have failed */
	struct settings *settings; /* NULL: the defaults, serving everybody */
	/* Progress, for a live table; may be NULL. */
	void (*tick)(void *arg, usec now, const struct fleet_report *r);
	void *arg;
};

enum { FLEET_PHASES = 6 };

struct fleet_report {
	uint32_t machines, booted, failed;
	uint32_t phase[FLEET_PHASES]; /* how many in each boot phase */
	uint64_t image_bytes;         /* of all files together */
	uint64_t packets_needed;      /* datagrams that hold the files once */
	uint64_t packets_sent;        /* data datagrams that were sent */
	double wire_ratio;            /* sent / needed */
	usec lasted;
	uint64_t trace;
	const char *broken; /* an invariant that did not hold, or NULL */
};

/* 0, or a negative errno if it could not even begin. */
int fleet_boot(const struct fleet_config *config, struct fleet_report *r);

#endif
