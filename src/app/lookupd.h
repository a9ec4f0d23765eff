/*
 * lookupd as a program: `muster lookupd`, on every machine that has no musterd.
 */
#ifndef MUSTER_APP_LOOKUPD_H
#define MUSTER_APP_LOOKUPD_H

#include <stdbool.h>

#define LOOKUPD_ORDER "/etc/muster/lookup.conf"

struct lookupd_options {
	bool foreground;
	const char *order; /* NULL: LOOKUPD_ORDER; either may be absent */
	const char *run;   /* where socket and pid file are */
	const char *user;  /* to become, if we are root; NULL: muster */
	const char *tag;   /* of the domain that is sought; NULL: network */
	/* Of its server, "ADDRESS" or "ADDRESS/TAG": then nobody is asked by
	 * broadcast.  NULL: they are. */
	const char *server;
	/* On which domains are sought; NULL: on all. */
	const char *interface;
};

/* Runs until a signal; its exit status.  In the background (not `foreground`)
 * it returns, with 0, as soon as it answers. */
int lookupd_run(const struct lookupd_options *o);

#endif
