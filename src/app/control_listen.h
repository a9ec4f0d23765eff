/*
 * The control socket's place in the file system.
 */
#ifndef MUSTER_APP_CONTROL_LISTEN_H
#define MUSTER_APP_CONTROL_LISTEN_H

#include <sys/un.h>

/* A socket that listens there, mode 0660; one that a server left behind is
 * replaced.  Its descriptor, or negative errno: -EADDRINUSE if somebody
 * listens, -EEXIST if there is something else. */
int control_listen(const struct sockaddr_un *at);

#endif
