/*
 * Being a guest: where rpcbind has port 111, boot parameters are made known to
 * it, over its local socket, which it has for every user.
 */
#ifndef MUSTER_APP_RPCBIND_H
#define MUSTER_APP_RPCBIND_H

#include <stdbool.h>
#include <stdint.h>

#define RPCBIND_SOCKET "/run/rpcbind.sock"

/* Whether there is one. */
bool rpcbind_is_there(const char *socket);
/* That boot parameters are at this UDP port, whatever was known of them before.
 * It may wait for a second.  0; -ENOENT or -ECONNREFUSED: there is no rpcbind;
 * -EACCES: it refuses; or another negative errno. */
int rpcbind_set(const char *socket, uint16_t port);
/* That they are nowhere.  Only who has set them may say so, or root. */
int rpcbind_unset(const char *socket);

#endif
