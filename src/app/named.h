/*
 * The registry of names as a program: `muster named`, also called nmserver.
 */
#ifndef MUSTER_APP_NAMED_H
#define MUSTER_APP_NAMED_H

#include <stdbool.h>

#define NAMED_RUN    "/run/muster"
#define NAMED_ACCESS "/etc/muster/name.access"
#define NAMED_KEY    "/etc/muster/name.key"

struct named_options {
	bool no_network;   /* not before SIGUSR2 */
	bool never;        /* nor then */
	bool is_secure;    /* other machines are refused */
	bool unrestricted; /* ... and here: none is, whatever the file says */
	bool has_srr;
	bool foreground;
	const char *access; /* NULL: NAMED_ACCESS, which may be absent */
	const char *key;    /* NULL: NAMED_KEY, which may be absent */
	const char *run;    /* where socket and pid file are */
	const char *user;   /* to become, if we are root; NULL: muster */
};

/* Runs until a signal; its exit status.  In the background (not `foreground`)
 * it returns, with 0, as soon as the registry answers. */
int named_run(const struct named_options *o);

/*
 * Tell the registry whose socket is in `run` (NULL: NAMED_RUN) that there is a
 * network.  0; -ENOENT or -ECONNREFUSED: there is none; or another negative
 * errno.
 */
int named_signal(const char *run);

#endif
