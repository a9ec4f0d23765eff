/*
 * muster up, in its parts: what is asked for, the plan that comes of it, and to
 * carry it out.
 */
#ifndef MUSTER_APP_UP_H
#define MUSTER_APP_UP_H

#include "app/etc.h"
#include "engine/startc.h"
#include "model/netplan.h"

struct up_request {
	const char *command; /* for error messages: up, ifconfig, hostname */
	const char *etc;     /* the folder of hostconfig and iftab */
	/* --interface; none: the machine's */
	const char *names[NETPLAN_INTERFACES];
	unsigned n_names;
	bool sets_name, is_dry, allows_commands;
	usec max_wait, jitter; /* 0: no limit, none */
	enum nextc_schedule schedule;
	const char *result; /* where what was learnt is written */
	const char *routed; /* instead of routed; NULL: the machine's */
};

#define UP_RESULT "/run/muster/network"

/* The plan, and the files that it was made of, which must live as long. */
struct up_plan {
	struct etc_file hostconfig, iftab;
	struct link *links; /* of the machine; NULL where names were given */
	struct netplan plan;
};

/* Read and plan.  0, or the exit status, said: EXIT_BAD_FILE with file and
 * line, before anything was done.  The plan is to be closed in any case. */
int up_plan_make(struct up_plan **p, const struct up_request *q);
/* The same, but what is wrong is written to `why`, of `room` bytes, and not
 * said. */
int up_plan_try(struct up_plan **p, const struct up_request *q, char *why,
		size_t room);
void up_plan_close(struct up_plan *p);

/* ---- the steps ----------------------------------------------------------- */

/* What an interface came to, and which it is. */
struct up_interface {
	struct link link;
	struct startc_result result;
};

/*
 * An interface as ifconfig's words have it, and with a name (NULL: none; "": to
 * be asked for) then the host's.  0, or the exit status, said.  *to is filled
 * as far as it came.
 */
struct up_step {
	const char *interface;
	const struct ifconfig *words;
	const char *name;
	uint32_t router;
	bool takes_router;
};
/* The loopback interface; that it can't be had is for others to say. */
void up_loopback(void);
int up_interface(const struct up_request *q, const struct up_step *step,
		 struct up_interface *to);
/* The host's name, asked for through an interface that is up, or `name`. */
int up_hostname(const struct up_request *q, const char *name,
		struct up_interface *at);

/* ---- what hostconfig wants besides (up_effects.c) ------------------------ */

/* How ROUTER is to be had, before the first interface. */
void up_router(const struct up_request *q, const struct hostconfig *h,
	       struct up_step *step);
/* Once the network is up: the router that somebody named, NIS domain, time,
 * musterd, the registry; each is done, or said to have no effect. */
void up_effects(const struct up_request *q, const struct hostconfig *h,
		struct up_interface *first);
/* Its mask is what somebody said: others may be told it. */
void up_authority(const struct up_request *q, const char *interface);
/* As key=value lines, atomically.  0, or the exit status, said. */
int up_write_result(const struct up_request *q, const struct up_interface *of,
		    bool is_first);
/* An iftab command for an interface.  0, or the exit status, said. */
int up_command(const struct up_request *q, const char *interface,
	       const char *command);

#endif
