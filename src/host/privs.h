/*
 * Giving up root.  Capabilities belong to a thread: call it once the sockets
 * are open and before any thread is made.
 */
#ifndef MUSTER_HOST_PRIVS_H
#define MUSTER_HOST_PRIVS_H

#include <stdbool.h>

/*
 * Become `user` (a name or a number; "" or NULL: stay who we are), with no
 * other groups than its own, keeping only CAP_NET_RAW and CAP_NET_BIND_SERVICE,
 * for sockets that are opened later.  No program started from here gains
 * anything (PR_SET_NO_NEW_PRIVS), nobody attaches a debugger, no core is
 * dumped.  Not being root is no error: then only capabilities are given up.
 *
 * 0 or negative errno; *what then says which step failed ("no such user" with
 * -ESRCH, "setresuid"), a constant.
 */
int privs_drop(const char *user, const char **what);
/* As many open descriptors as the hard limit grants. */
void privs_raise_files(void);
/* Whether the process may open packet sockets / ports below 1024. */
bool privs_raw(void);
bool privs_low_ports(void);

#endif
