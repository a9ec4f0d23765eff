/*
 * A drill: the boot of a fleet, simulated in virtual time or real in network
 * namespaces, and what is shown of it.
 *
 *	cmd_drill.c     the options, and which of the two
 *	drill_outage.c  a power failure, which loads nothing
 *	drill_show.c    the live table, the plain lines, the summary, the JSON
 *	lab.c           the namespaces, the processes
 */
#ifndef MUSTER_APP_DRILL_H
#define MUSTER_APP_DRILL_H

#include "sim/fleet.h"

enum { DRILL_IMAGES = 5, DRILL_TRAINS = 8 };

struct drill_image {
	const char *path;
	char name[128]; /* how it is called in the boot directory */
	uint64_t size;
};

struct drill {
	uint32_t machines;
	double loss; /* percent */
	usec arrive;
	struct drill_image images[DRILL_IMAGES];
	unsigned n_images;
	enum transport via;
	bool is_real, wants_json;
	const char *log; /* what the real ones say; NULL: nowhere */
	uint64_t seed;
	bool owns_images; /* --image was given: they lie anywhere */
	/* A power failure: no images. */
	bool is_outage;
	usec jitter;
	bool has_jitter, has_boot; /* options of the one and the other kind */
};

/* A train as the table shows it. */
struct drill_train {
	char name[128];
	uint64_t sent, packets;
	uint64_t before; /* sent in runs that have ended */
	bool is_done;    /* stands, after a run */
};

struct drill_state {
	struct fleet_report report; /* counts so far */
	struct drill_train trains[DRILL_TRAINS];
	unsigned n_trains;
};

/* The real one.  Fills s->report; 0 or an exit status, after saying why. */
int lab_drill(const struct drill *d, struct drill_state *s);

/* A power failure with the timers of 1995, and with jitter beside them.  An
 * exit status. */
int outage_drill(const struct drill *d);

/* Now and then; it decides itself what to show.  `now` counts from power-on. */
void drill_show(const struct drill *d, const struct drill_state *s, usec now);
/* At the end: clears the table; prints summary or JSON. */
void drill_sum_up(const struct drill *d, const struct drill_state *s);

#endif
