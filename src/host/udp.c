/*
 * UDP sockets.  One socket hears every address of the machine; IP_PKTINFO says
 * of each datagram where it was sent to, so replies come from the very address
 * that was asked.
 */
#include "host/udp.h"

#include "host/inbox_inside.h"
#include "host/inet.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <unistd.h>

/* SO_MEMINFO's array, as Linux 4.12 and later fill it. */
enum { MEMINFO_WORDS = SK_MEMINFO_VARS };

static int option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) ? -errno : 0;
}

/* The kernel doubles what it is told, for its own overhead. */
static void buffers(int fd, int in, int out)
{
	if (option(fd, SOL_SOCKET, SO_RCVBUFFORCE, in))
		option(fd, SOL_SOCKET, SO_RCVBUF, in);
	if (option(fd, SOL_SOCKET, SO_SNDBUFFORCE, out))
		option(fd, SOL_SOCKET, SO_SNDBUF, out);
}

static int options(int fd, unsigned flags)
{
	int rc = option(fd, SOL_SOCKET, SO_BROADCAST, 1);

	if (!rc)
		rc = option(fd, IPPROTO_IP, IP_RECVERR, 0);
	/* Or every group that anybody on this machine joined comes here. */
	if (!rc)
		rc = option(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
	if (!rc && flags & UDP_NO_DF)
		rc = option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	if (!rc && flags & UDP_SHARE)
		rc = option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	/* A Linux before 5.0 does without. */
	if (flags & UDP_MERGED)
		(void)option(fd, SOL_UDP, UDP_GRO, 1);
	/* Less than a card's queue holds, so that it is we who wait, and
	 * nothing is lost there: 20 ms at 100 Mbit/s. */
	if (flags & UDP_BULK)
		buffers(fd, 8 << 20, 128 << 10);
	else
		buffers(fd, 4 << 20, 1 << 20);
	return rc;
}

/* A kernel that does not know it would send one long datagram, in fragments. */
static bool can_segment(int fd)
{
	int size;
	socklen_t len = sizeof size;

	return !getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &len);
}

static int bind_port(struct udp *u)
{
	struct sockaddr_in at =
		inet_sockaddr((struct endpoint){u->ip, u->port});
	socklen_t len = sizeof at;

	if (bind(u->fd, (struct sockaddr *)&at, len) ||
	    getsockname(u->fd, (struct sockaddr *)&at, &len))
		return -errno;
	u->port = inet_endpoint(&at).port;
	return 0;
}

static int open_socket(struct udp *u)
{
	int rc;

	u->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (u->fd < 0)
		return -errno;
	rc = options(u->fd, u->flags);
	u->segment_max = u->flags & UDP_BULK && can_segment(u->fd) ? UINT16_MAX
								   : 0;
	if (!rc && u->link)
		rc = option(u->fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)u->link);
	return rc;
}

int udp_open(struct udp *u, uint16_t port, uint32_t link, unsigned flags)
{
	int rc;

	*u = (struct udp){.port = port, .link = link, .flags = flags};
	rc = open_socket(u);
	if (!rc)
		rc = option(u->fd, IPPROTO_IP, IP_PKTINFO, 1);
	if (!rc)
		rc = bind_port(u);
	if (rc)
		udp_close(u);
	return rc;
}

/* Both must be willing to share, but only until the second has its port: nobody
 * else is to come between. */
static int bind_beside(struct udp *p, const struct udp *u)
{
	int rc = option(u->fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (!rc)
		rc = option(p->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!rc)
		rc = bind_port(p);
	(void)option(p->fd, SOL_SOCKET, SO_REUSEADDR, 0);
	if (!(u->flags & UDP_SHARE))
		(void)option(u->fd, SOL_SOCKET, SO_REUSEADDR, 0);
	return rc;
}

int udp_pair(struct udp *p, const struct udp *u, uint32_t ip,
	     struct endpoint peer)
{
	struct sockaddr_in to = inet_sockaddr(peer);
	int rc;

	*p = *u;
	p->ip = ip;
	p->peer = peer;
	rc = open_socket(p);
	if (!rc)
		rc = bind_beside(p, u);
	if (!rc && connect(p->fd, (struct sockaddr *)&to, sizeof to))
		rc = -errno;
	if (rc)
		udp_close(p);
	return rc;
}

void udp_close(struct udp *u)
{
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
}

static int membership(const struct udp *u, int name, uint32_t group,
		      uint32_t link)
{
	struct ip_mreqn m = {.imr_multiaddr = inet_ip(group),
			     .imr_ifindex = (int)link};

	return setsockopt(u->fd, IPPROTO_IP, name, &m, sizeof m) ? -errno : 0;
}

int udp_join(const struct udp *u, uint32_t group, uint32_t link)
{
	int rc = membership(u, IP_ADD_MEMBERSHIP, group, link);

	return rc == -EADDRINUSE ? 0 : rc;
}

int udp_leave(const struct udp *u, uint32_t group, uint32_t link)
{
	return membership(u, IP_DROP_MEMBERSHIP, group, link);
}

int udp_loopback(const struct udp *u, bool on)
{
	return option(u->fd, IPPROTO_IP, IP_MULTICAST_LOOP, on);
}

static void read_pktinfo(struct arrival *a, const struct cmsghdr *c)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof info);
	a->to.ip = host_u32(info.ipi_addr.s_addr);
	a->local = host_u32(info.ipi_spec_dst.s_addr);
	a->link = (uint32_t)info.ipi_ifindex;
}

/* Returns the length of the datagrams in this message, 0 if it is one. */
static size_t read_control(struct arrival *a, struct msghdr *m)
{
	int segment = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			read_pktinfo(a, c);
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
			memcpy(&segment, CMSG_DATA(c), sizeof segment);
	}
	return segment > 0 ? (size_t)segment : 0;
}

/* A pair speaks in turns: as a rule there is one, and one is all that we ask
 * for.  It says from whom, since a stranger's may have come before they were a
 * pair. */
static int receive_one(const struct udp *u, struct inbox *in)
{
	int n = inbox_fill_one(in, u->fd);

	if (n == 1) {
		struct arrival *a = inbox_add(in, 0);

		a->from = inet_endpoint(&in->from[0].udp);
		a->to = (struct endpoint){u->ip, u->port};
		a->local = u->ip;
	}
	return n;
}

int udp_receive(const struct udp *u, struct inbox *in)
{
	int n;

	if (u->peer.port)
		return receive_one(u, in);
	n = inbox_fill(in, u->fd);

	for (int i = 0; i < n; i++) {
		struct arrival *a = inbox_add(in, i);
		size_t segment;

		a->from = inet_endpoint(&in->from[i].udp);
		a->to.port = u->port;
		segment = read_control(a, &in->msg[i].msg_hdr);
		if (segment)
			inbox_cut(in, segment);
	}
	return n < 0 ? n : in->n;
}

uint32_t udp_dropped(const struct udp *u)
{
	uint32_t words[MEMINFO_WORDS] = {0};
	socklen_t len = sizeof words;

	if (getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, words, &len))
		return 0;
	return words[SK_MEMINFO_DROPS];
}
