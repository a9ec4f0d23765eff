/*
 * The protocol of sd_notify(3): lines of NAME=value in one datagram.  A name
 * that begins with @ is in the abstract space.
 */
#include "host/notify.h"

#include "base/text.h"
#include "host/loop.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static usec watchdog_of(const char *timeout, const char *pid)
{
	uint64_t n, who;

	if (!timeout || !number_parse(timeout, strlen(timeout), INT64_MAX, &n))
		return NEVER;
	if (pid && number_parse(pid, strlen(pid), INT32_MAX, &who) &&
	    (pid_t)who != getpid())
		return NEVER;
	return (usec)n;
}

void notify_open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");

	*n = (struct notify){.watchdog = NEVER};
	if (!path || !text_copy(n->path, sizeof n->path, path, strlen(path)))
		return;
	n->watchdog =
		watchdog_of(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
}

static void tell(const struct notify *n, const char *state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(n->path);
	int fd;

	if (!len)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	memcpy(to.sun_path, n->path, len);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	/* Nobody listening is systemd's affair, not ours. */
	(void)sendto(fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
		     (struct sockaddr *)&to,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

void notify_ready(const struct notify *n)
{
	tell(n, "READY=1");
}

void notify_reloading(const struct notify *n)
{
	char line[64];
	struct text t = text_over(line, sizeof line);

	/* Type=notify-reload wants to know since when. */
	text_add(&t, "RELOADING=1\nMONOTONIC_USEC=");
	text_u64(&t, (uint64_t)host_now());
	tell(n, line);
}

void notify_stopping(const struct notify *n)
{
	tell(n, "STOPPING=1");
}

void notify_watchdog(const struct notify *n)
{
	tell(n, "WATCHDOG=1");
}

void notify_status(const struct notify *n, const char *status)
{
	char line[512];
	struct text t = text_over(line, sizeof line);

	text_add(&t, "STATUS=");
	text_bytes(&t, status, strcspn(status, "\n"));
	tell(n, line);
}
