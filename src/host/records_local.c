/*
 * Records over local sockets: a message is a record, and the kernel says whose
 * it is.
 */
#include "host/records_inside.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128, AT_ONCE = 16 };

int local_accept(const struct listener *l, struct conn *peer)
{
	struct ucred who;
	socklen_t len = sizeof who;
	/* cppcheck-suppress nullPointer ; accept4(2) takes it */
	int fd = accept4(l->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	peer->uid = who.uid;
	peer->to.port = l->port;
	return fd;
}

/* An empty message can't be told from the end, and is one. */
void local_ready(struct conn *c)
{
	struct records *r = c->at->all;

	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t n =
			recv(c->watch.fd, r->scratch, RECORD_MAX, MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n > RECORD_MAX)
			r->counts.bad++;
		if (n <= 0 || n > RECORD_MAX) {
			records_end(c);
			return;
		}
		if (!records_hear(c, r->scratch, (size_t)n))
			return;
	}
}

bool local_send(const struct conn *c, const void *bytes, size_t len)
{
	return send(c->watch.fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)len;
}

static int address(struct sockaddr_un *at, const char *path)
{
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof at->sun_path)
		return -ENAMETOOLONG;
	memcpy(at->sun_path, path, strlen(path) + 1);
	return 0;
}

static int connect_to(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)at, sizeof *at))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int records_connect(const char *path)
{
	struct sockaddr_un at;
	int rc = address(&at, path);

	return rc ? rc : connect_to(&at);
}

/* A socket whose owner has died refuses connections. */
static int clear(const struct sockaddr_un *at)
{
	int fd = connect_to(at);

	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd == -ENOENT)
		return 0;
	if (fd == -ECONNREFUSED)
		return unlink(at->sun_path) ? -errno : 0;
	return fd == -EPROTOTYPE ? -EADDRINUSE : fd;
}

/* The kernel gives the file the socket's mode less what the process masks,
 * which chmod gives back. */
static int bind_at(int fd, const struct sockaddr_un *at, unsigned mode)
{
	int rc;

	if (fchmod(fd, mode) ||
	    bind(fd, (const struct sockaddr *)at, sizeof *at))
		return -errno;
	if (!chmod(at->sun_path, mode) && !listen(fd, BACKLOG))
		return 0;
	rc = -errno;
	unlink(at->sun_path);
	return rc;
}

int records_local(const char *path, unsigned mode)
{
	struct sockaddr_un at;
	int rc = address(&at, path), fd;

	if (!rc)
		rc = clear(&at);
	if (rc)
		return rc;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = bind_at(fd, &at, mode);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}
