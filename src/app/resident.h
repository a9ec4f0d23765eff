/*
 * What small daemons have in common: a log, a loop, signals, a folder with a
 * pid file, a user to become, and a parent that waits until they answer, so
 * that a script never races ahead of them.
 */
#ifndef MUSTER_APP_RESIDENT_H
#define MUSTER_APP_RESIDENT_H

#include "app/driver.h"
#include "engine/note.h"
#include "host/log.h"
#include "host/loop.h"
#include "host/notify.h"

struct resident {
	const char *name;       /* the command's, in messages: "named" */
	const char *run, *user; /* the folder; whom to become, NULL: muster */
	/* SIGHUP, SIGUSR1, SIGUSR2; those that end it are its own. */
	void (*on_signal)(void *arg, int signal);
	void *arg;

	struct log *log;
	struct loop *loop;
	struct driver *driver; /* the owner opens and closes it */
	struct notify notify;
	struct watch signals;
	char pid[128];
	bool is_stopping;
};

/* "muster NAME: WHAT: why" on standard error; returns rc. */
int resident_complain(const struct resident *r, const char *what, int rc);
/* In the log: a file that was read again has a mistake. */
void resident_refuse(struct resident *r, const char *why);
/* For driver_config.note, with the resident as its arg. */
void resident_note(void *resident, usec now, const struct note *n);

/* Log, loop and signals.  0 or negative errno, not said. */
int resident_open(struct resident *r);
/*
 * The folder; in it `open(arg)` makes the socket and says what is wrong; then
 * the pid file `pid`.  In a folder of a user who is not root nothing is done as
 * root: he could put links into our way.  0 or negative errno, said.
 */
int resident_settle(struct resident *r, const char *pid,
		    int (*open)(void *arg));
/* Runs until it is told to stop; rc: that of its opening.  Returns 0 or
 * negative errno. */
int resident_serve(struct resident *r, int rc, int tell);
/* All of its own; the driver has been closed. */
void resident_close(struct resident *r);

/* Calls `serve` here, or in the background (background.h).  The exit status. */
int resident_run(const char *name, bool foreground,
		 int (*serve)(void *options, int tell), const void *options);

#endif
