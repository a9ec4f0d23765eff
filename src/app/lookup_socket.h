/*
 * lookupd's local socket, RUN/lookup, on which everybody may ask.
 */
#ifndef MUSTER_APP_LOOKUP_SOCKET_H
#define MUSTER_APP_LOOKUP_SOCKET_H

#include "app/driver.h"

struct lookup_socket {
	char path[108]; /* "": it is not ours */
};

/* The driver's engine hears it at LOOKUPD_PORT.  0 or negative errno:
 * -EADDRINUSE if another one listens there, -ENAMETOOLONG. */
int lookup_socket_open(struct lookup_socket *s, struct driver *d,
		       const char *run);
/* Its name goes; the socket itself with the driver. */
void lookup_socket_close(struct lookup_socket *s);

#endif
