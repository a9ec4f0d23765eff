#include "app/lookup_socket.h"

#include "app/lookup_client.h"
#include "engine/lookupd.h"
#include "host/records.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Every program of a machine may be one: each asks, and goes. */
static const struct records_limits limits = {.most = 1024,
					     .per_source = 512,
					     .first = SECONDS(10),
					     .idle = SECONDS(60)};

int lookup_socket_open(struct lookup_socket *s, struct driver *d,
		       const char *run)
{
	int fd, rc;

	if (snprintf(s->path, sizeof s->path, "%s/%s", run, LOOKUP_SOCKET) >=
	    (int)sizeof s->path) {
		s->path[0] = '\0';
		return -ENAMETOOLONG;
	}
	fd = records_local(s->path, 0666);
	rc = fd < 0 ? fd : driver_local(d, fd, LOOKUPD_PORT, &limits);
	if (!rc)
		return 0;
	s->path[0] = '\0';
	if (fd >= 0)
		close(fd);
	return rc;
}

void lookup_socket_close(struct lookup_socket *s)
{
	if (s->path[0])
		(void)unlink(s->path);
	s->path[0] = '\0';
}
