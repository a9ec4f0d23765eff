/*
 * Being a guest: where rpcbind has port 111, what we serve by RPC is made known
 * to it, over its local socket, which it has for every user.
 */
#ifndef MUSTER_APP_RPCBIND_H
#define MUSTER_APP_RPCBIND_H

#include "wire/rpcb.h"

#define RPCBIND_SOCKET "/run/rpcbind.sock"

/* Whether there is one. */
bool rpcbind_is_there(const char *socket);
/* That a program is at this port, whatever was known of it before.  It may wait
 * for a second.  0; -ENOENT or -ECONNREFUSED: there is no rpcbind; -EACCES: it
 * refuses; or another negative errno. */
int rpcbind_set(const char *socket, const struct rpcb *what);
/* That it is nowhere by that protocol.  Only who has set it may say so, or
 * root. */
int rpcbind_unset(const char *socket, const struct rpcb *what);

#endif
