/*
 * rtnetlink, request by request.  Each request has a socket of its own, so
 * answers can't be mixed up and nothing has to be numbered.
 */
#include "host/netlink.h"

#include "host/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel fills up to 32 KiB at a time if it may. */
enum { ANSWER = 32 * 1024 };

void netlink_begin(struct netlink *n, uint16_t type, uint16_t flags,
		   const void *fixed, size_t len)
{
	struct nlmsghdr h = {.nlmsg_type = type,
			     .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};

	assert(NLMSG_SPACE(len) <= sizeof n->bytes);
	memset(n, 0, sizeof *n);
	memcpy(n->bytes, &h, sizeof h);
	memcpy(n->bytes + NLMSG_HDRLEN, fixed, len);
	n->len = NLMSG_SPACE(len);
}

void netlink_add(struct netlink *n, uint16_t type, const void *p, size_t len)
{
	struct rtattr a = {.rta_len = (uint16_t)RTA_LENGTH(len),
			   .rta_type = type};

	assert(n->len + RTA_SPACE(len) <= sizeof n->bytes);
	memcpy(n->bytes + n->len, &a, sizeof a);
	memcpy(n->bytes + n->len + RTA_LENGTH(0), p, len);
	n->len += RTA_SPACE(len);
}

int netlink_open(uint32_t groups)
{
	struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int rc;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&at, sizeof at))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

/* Open a socket and send the request; the descriptor, or negative errno. */
static int ask(struct netlink *n)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	uint32_t len = (uint32_t)n->len;
	int fd = netlink_open(0), rc;

	if (fd < 0)
		return fd;
	memcpy(n->bytes + offsetof(struct nlmsghdr, nlmsg_len), &len,
	       sizeof len);
	if (sendto(fd, n->bytes, n->len, 0, (struct sockaddr *)&kernel,
		   sizeof kernel) >= 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int error_of(const struct nlmsghdr *h)
{
	struct nlmsgerr e;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof e.error))
		return -EIO;
	memcpy(&e.error, NLMSG_DATA(h), sizeof e.error);
	return e.error;
}

/* The messages of one datagram.  1: more datagrams follow; 0 or negative errno:
 * that was all. */
static int take(const uint8_t *bytes, size_t len,
		void (*one)(void *arg, const struct nlmsghdr *h), void *arg)
{
	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *h = (const void *)bytes;
		size_t step = NLMSG_ALIGN(h->nlmsg_len);

		if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len > len)
			return -EIO;
		if (h->nlmsg_type == NLMSG_ERROR)
			return error_of(h);
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (one)
			one(arg, h);
		if (step >= len)
			break;
		bytes += step;
		len -= step;
	}
	return 1;
}

static int listen_to(int fd, void (*one)(void *arg, const struct nlmsghdr *h),
		     void *arg)
{
	uint8_t *answer = alloc_get(&host_memory, 1, ANSWER);
	int rc = answer ? 1 : -ENOMEM;

	while (rc == 1) {
		ssize_t n = recv(fd, answer, ANSWER, MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = -errno;
		else if ((size_t)n > ANSWER)
			rc = -EMSGSIZE;
		else
			rc = take(answer, (size_t)n, one, arg);
	}
	alloc_put(&host_memory, answer);
	close(fd);
	return rc;
}

int netlink_do(struct netlink *n)
{
	struct nlmsghdr *h = (void *)n->bytes;
	int fd;

	h->nlmsg_flags |= NLM_F_ACK;
	fd = ask(n);
	return fd < 0 ? fd : listen_to(fd, NULL, NULL);
}

int netlink_dump(struct netlink *n,
		 void (*one)(void *arg, const struct nlmsghdr *h), void *arg)
{
	int fd = ask(n);

	return fd < 0 ? fd : listen_to(fd, one, arg);
}

void netlink_attributes(const struct nlmsghdr *h, size_t len,
			const struct rtattr **v, unsigned most)
{
	const uint8_t *p = (const uint8_t *)h + NLMSG_SPACE(len);
	const uint8_t *end = (const uint8_t *)h + h->nlmsg_len;

	memset(v, 0, (most + 1) * sizeof(struct rtattr *));
	while (p < end && (size_t)(end - p) >= RTA_LENGTH(0)) {
		const struct rtattr *a = (const void *)p;

		if (a->rta_len < RTA_LENGTH(0) ||
		    a->rta_len > (size_t)(end - p))
			return;
		if (a->rta_type <= most)
			v[a->rta_type] = a;
		p += RTA_ALIGN(a->rta_len);
	}
}
