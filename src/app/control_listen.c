/*
 * Listening on the control socket's name.
 */
#include "app/control_listen.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 64 };

/* A socket that a server left behind goes; one that is listened on stays. */
static int clear(const struct sockaddr_un *at)
{
	struct stat st;
	int fd, rc;

	if (lstat(at->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = connect(fd, (const struct sockaddr *)at, sizeof(*at)) ? -errno : 0;
	close(fd);
	if (rc == -ECONNREFUSED)
		return unlink(at->sun_path) ? -errno : 0;
	return rc && rc != -EAGAIN ? rc : -EADDRINUSE;
}

/* Never wider than it ends up: the mode is the socket's before it has a name,
 * less what the process masks, which chmod gives back. */
static int bind_at(int fd, const struct sockaddr_un *at)
{
	if (fchmod(fd, 0660) ||
	    bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		return -errno;
	if (chmod(at->sun_path, 0660) || listen(fd, BACKLOG)) {
		int rc = -errno;

		unlink(at->sun_path);
		return rc;
	}
	return 0;
}

int control_listen(const struct sockaddr_un *at)
{
	int rc = clear(at), fd;

	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = bind_at(fd, at);
	if (rc)
		close(fd);
	return rc ? rc : fd;
}
