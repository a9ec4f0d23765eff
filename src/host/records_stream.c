/*
 * Records over TCP.  Bytes are read into one scratch buffer that all share;
 * only who has sent a part of a record gets a buffer of his own, until the rest
 * is there.  Answers are left to the kernel whole: its buffer holds several of
 * the longest, so one that does not fit was sent to somebody who does not read.
 */
#include "host/records_inside.h"

#include "host/inet.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BACKLOG = 128, SEND_BUFFER = 256 * 1024 };

static int option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) ? -errno : 0;
}

static int set_up(int fd, uint16_t port, uint32_t link)
{
	struct sockaddr_in at = inet_sockaddr((struct endpoint){.port = port});
	int rc = option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	/* Inherited by what is accepted. */
	if (!rc)
		rc = option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
	if (!rc)
		rc = option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!rc && link)
		rc = option(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)link);
	if (!rc && (bind(fd, (struct sockaddr *)&at, sizeof at) ||
		    listen(fd, BACKLOG)))
		rc = -errno;
	return rc;
}

int stream_listen(uint16_t port, uint32_t link)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int rc;

	if (fd < 0)
		return -errno;
	rc = set_up(fd, port, link);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

int stream_accept(const struct listener *l, struct conn *peer)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
	socklen_t from_len = sizeof from, to_len = sizeof to;
	int fd = accept4(l->watch.fd, (struct sockaddr *)&from, &from_len,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -errno;
	peer->from = inet_endpoint(&from);
	if (!getsockname(fd, (struct sockaddr *)&to, &to_len))
		peer->to = inet_endpoint(&to);
	peer->to.port = l->port;
	return fd;
}

/* What is left of the bytes is a part of a record. */
static void keep(struct conn *c, const uint8_t *bytes, size_t len)
{
	const struct records_limits *limits = &c->at->limits;
	bool has_begun = !c->park;

	if (!len) {
		records_unpark(c);
		return;
	}
	if (c->park && bytes == c->park->bytes) { /* more of the same */
		c->park->len = len;
		return;
	}
	if (!c->park)
		c->park = records_park(c->at->all);
	memmove(c->park->bytes, bytes, len);
	c->park->len = len;
	if ((has_begun && !c->has_spoken) || limits->first == NEVER)
		return; /* the time for the first one is running */
	c->due = loop_now(c->at->all->loop) + limits->first;
}

static void cut(struct conn *c, uint8_t *bytes, size_t len)
{
	struct records *r = c->at->all;
	struct record_cut whole;

	for (;;) {
		switch (record_cut(bytes, len, &whole)) {
		case RECORD_BAD:
			r->counts.bad++;
			records_end(c);
			return;
		case RECORD_PARTLY:
			keep(c, bytes, len);
			return;
		case RECORD_WHOLE:
			if (!records_hear(c, whole.bytes, whole.len))
				return;
			bytes += whole.used;
			len -= whole.used;
		}
	}
}

void stream_ready(struct conn *c)
{
	uint8_t *bytes = c->park ? c->park->bytes : c->at->all->scratch;
	size_t has = c->park ? c->park->len : 0;
	ssize_t n = recv(c->watch.fd, bytes + has, RECORD_ROOM - has, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		records_end(c);
	else
		cut(c, bytes, has + (size_t)n);
}

bool stream_send(const struct conn *c, const void *bytes, size_t len,
		 bool is_last)
{
	uint8_t mark[RECORD_MARK];
	struct iovec v[2] = {{mark, sizeof mark},
			     {(void *)(uintptr_t)bytes, len}};
	const struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};

	if (is_last)
		record_mark(mark, len);
	else
		record_mark_part(mark, len);
	return sendmsg(c->watch.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)(len + sizeof mark);
}
