/*
 * The daemon: the server engine on the real host with its directory, leases,
 * images and store.  `musterd` and `muster serve` are two front doors to it.
 */
#ifndef MUSTER_APP_DAEMON_H
#define MUSTER_APP_DAEMON_H

#include "app/config.h"
#include "engine/server.h"

struct daemon;

struct daemon_options {
	struct config *config;
	const char *program; /* for error messages */
	/* Read the configuration, at SIGHUP; NULL: there is nothing to read. */
	int (*configure)(void *arg, struct config *c, char *why, size_t room);
	/* Once everything is open and the images are known; may be NULL. */
	void (*ready)(void *arg, const struct site *site);
	void *arg;
};

/* Serve until SIGTERM or SIGINT.  Says what is wrong on standard error; returns
 * an exit status. */
int daemon_run(const struct daemon_options *o);

#endif
