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
/*
 * A directory in which `user` (as above) can keep things, made if it is missing
 * below one that is there.  As root it is given to the user if it is new or
 * empty; what somebody else already keeps things in stays theirs.  0 or
 * negative errno; -ESRCH: no such user.
 */
int privs_directory(const char *path, const char *user);
/* Whether the process may open packet sockets / ports below 1024. */
bool privs_raw(void);
bool privs_low_ports(void);

#endif
