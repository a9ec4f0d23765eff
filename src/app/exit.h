/*
 * Exit statuses: 0 done, 1 failed, 2 wrong usage; those that systemd knows by
 * name come from sysexits(3).
 */
#ifndef MUSTER_APP_EXIT_H
#define MUSTER_APP_EXIT_H

#include <errno.h>
#include <stdlib.h>

enum {
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_PARTLY = 4, /* some machines failed */
	EXIT_NO_SERVER = 5,
	EXIT_NO_NETWORK = 3, /* of up and ifconfig */
	EXIT_BAD_FILE = 64,  /* hostconfig or iftab */
	EXIT_NO_PERMISSION = 77,
	EXIT_CONFIG = 78,
};

/* Of a negative errno. */
static inline int exit_status(int rc)
{
	if (!rc)
		return EXIT_SUCCESS;
	return rc == -EPERM || rc == -EACCES ? EXIT_NO_PERMISSION
					     : EXIT_FAILURE;
}

/* Of a load that has failed. */
static inline int exit_status_of_load(int rc)
{
	switch (rc) {
	case -ETIMEDOUT:
		return EXIT_NO_SERVER;
	case -ENOENT:
		return EXIT_NOT_FOUND;
	default:
		return exit_status(rc);
	}
}

#endif
