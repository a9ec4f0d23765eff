/*
 * The control socket: the API of admin.h as HTTP on a Unix socket, asked by the
 * commands and answered on the loop's own thread.  Who may open the socket (its
 * mode is 0660) may do everything.  Beside it there is lookupd's, on which
 * everybody may ask.
 */
#ifndef MUSTER_APP_CONTROL_H
#define MUSTER_APP_CONTROL_H

#include "app/driver.h"
#include "engine/server.h"

#define CONTROL_SOCKET "muster.sock" /* in the directory of sockets */

struct control;

struct control_options {
	const char *run; /* the directory; "": there is to be no socket */
	struct loop *loop;
	struct site *site;
	struct server *server;
	struct driver *driver;
	struct committer *committer; /* has the store */
	const char *state;           /* its directory */
};

/*
 * Listen on RUN/muster.sock; a socket there on which nobody listens is
 * replaced.  The options' things outlive it.  0, and *c is NULL if there is to
 * be none; or negative errno: -EADDRINUSE if another server listens there,
 * -ENAMETOOLONG.
 */
int control_open(struct control **c, const struct control_options *o);
/* Whoever waits is told that the server stops.  NULL is allowed, here and
 * below. */
void control_close(struct control *c);
/* Commits have settled: an edit may have ended. */
void control_settled(struct control *c);
/* What another server changed is going to be applied: if the directory is just
 * being copied, not before that is done. */
void control_await_copy(struct control *c);
/* Once a second or so: connections that say nothing come to an end. */
void control_idle(struct control *c);

#endif
