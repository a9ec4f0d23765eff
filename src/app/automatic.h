/*
 * Whether this machine was told who it is.
 *
 * A configuration server can't ask itself, and two that ask each other never
 * start: its own address and mask are to be written down.  Where hostconfig(5)
 * or iftab has -AUTOMATIC- for an interface, whatever it has there is only what
 * somebody else said, and this server says nothing of masks there, nor lets
 * machines add themselves (next-startup.md: rc starts servers last).
 */
#ifndef MUSTER_APP_AUTOMATIC_H
#define MUSTER_APP_AUTOMATIC_H

#include "engine/site.h"
#include "host/log.h"

/*
 * Set is_automatic of each of the site's links as the files in the folder `etc`
 * have it; "": nobody looks, and none is.  0, or an exit status, and in `why`,
 * of up to room bytes, what is wrong with them: then none is.
 */
int automatic_look(struct site *site, const char *etc, char *why, size_t room);
/* The same, and it is said in the log. */
void automatic_say(struct site *site, const char *etc, struct log *log,
		   usec now);

#endif
