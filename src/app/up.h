/*
 * muster up, in its parts: what is asked for, the plan that comes of it, and to
 * carry it out.
 */
#ifndef MUSTER_APP_UP_H
#define MUSTER_APP_UP_H

#include "app/etc.h"
#include "base/time.h"
#include "model/netplan.h"

struct up_request {
	const char *command; /* for error messages: up, ifconfig, hostname */
	const char *etc;     /* the folder of hostconfig and iftab */
	/* --interface; none: the machine's */
	const char *names[NETPLAN_INTERFACES];
	unsigned n_names;
	bool sets_name, is_dry, allows_commands;
	usec max_wait, jitter; /* 0: no limit, none */
};

/* The plan, and the files that it was made of, which must live as long. */
struct up_plan {
	struct etc_file hostconfig, iftab;
	struct link *links; /* of the machine; NULL where names were given */
	struct netplan plan;
};

/* Read and plan.  0, or the exit status, said: EXIT_BAD_FILE with file and
 * line, before anything was done.  The plan is to be closed in any case. */
int up_plan_make(struct up_plan **p, const struct up_request *q);
void up_plan_close(struct up_plan *p);

#endif
