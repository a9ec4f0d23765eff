/*
 * The control socket: the HTTP API on a Unix socket, through which the command
 * line and the console ask the daemon's loop.
 */
#ifndef MUSTER_APP_CONTROL_H
#define MUSTER_APP_CONTROL_H

#include "app/config.h"
#include "app/driver.h"
#include "engine/server.h"

struct control;

/*
 * Listen on config->run "/muster.sock" (no socket if run is ""), asking and
 * answering on the loop's own thread.  0 or negative errno, said on standard
 * error.
 */
int control_open(struct control **c, struct loop *loop,
                 const struct config *config, struct site *site,
                 struct server *server, struct driver *driver);
/* NULL is allowed, here and below. */
void control_close(struct control *c);
/* A commit has settled: an edit may have ended. */
void control_settled(struct control *c);

#endif
