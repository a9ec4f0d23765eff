/*
 * sendmmsg(2) from a list.  Order matters only within one socket, so a flush
 * takes the first entry that is left, gathers all others of its socket, sends
 * them together, and goes on until nothing is left.
 */
#include "host/outbox.h"

#include "host/inet.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <sys/socket.h>

enum { PIECES = 3 };

union address {
	struct sockaddr_in udp;
	struct sockaddr_ll packet;
};

struct control {
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(
						   sizeof(struct in_pktinfo)) +
					   CMSG_SPACE(sizeof(int))];
};

struct entry {
	int fd; /* -1: gone out */
	struct iovec iov[PIECES];
	union address to;
	struct control control;
	struct msghdr msg;
	uint8_t head[OUTBOX_HEAD_MAX];
};

struct outbox {
	struct entry v[OUTBOX_MANY];
	size_t n;
	struct mmsghdr run[OUTBOX_MANY]; /* those of one socket */
	struct entry *of[OUTBOX_MANY];   /* the entry of each */
	struct outbox_counts counts;
};

int outbox_open(struct outbox **o, const struct alloc *alloc)
{
	*o = alloc_get(alloc, 1, sizeof **o);
	return *o ? 0 : -ENOMEM;
}

void outbox_close(struct outbox *o, const struct alloc *alloc)
{
	alloc_put(alloc, o);
}

static struct entry *add(struct outbox *o, const struct outgoing *m)
{
	struct entry *e;

	assert(m->head_len <= OUTBOX_HEAD_MAX);
	if (o->n == OUTBOX_MANY)
		outbox_flush(o);
	e = &o->v[o->n++];
	e->fd = m->fd;
	if (m->head_len)
		memcpy(e->head, m->head, m->head_len);
	e->msg = (struct msghdr){.msg_name = &e->to, .msg_iov = e->iov};
	e->iov[e->msg.msg_iovlen++] = (struct iovec){e->head, m->head_len};
	for (size_t i = 0; i < PIECES - 1; i++)
		if (m->body[i].iov_len)
			e->iov[e->msg.msg_iovlen++] = m->body[i];
	return e;
}

static void add_control(struct entry *e, int type, const void *p, size_t len)
{
	size_t used = e->msg.msg_controllen;
	struct cmsghdr *c = (struct cmsghdr *)(void *)(e->control.room + used);

	*c = (struct cmsghdr){.cmsg_level = IPPROTO_IP,
			      .cmsg_type = type,
			      .cmsg_len = CMSG_LEN(len)};
	memcpy(CMSG_DATA(c), p, len);
	e->msg.msg_control = &e->control;
	e->msg.msg_controllen = used + CMSG_SPACE(len);
}

void outbox_udp(struct outbox *o, const struct outgoing *m)
{
	struct entry *e = add(o, m);
	struct in_pktinfo info = {.ipi_ifindex = (int)m->link,
				  .ipi_spec_dst = inet_ip(m->from)};
	int ttl = m->ttl;

	e->to.udp = inet_sockaddr(m->to);
	e->msg.msg_namelen = sizeof e->to.udp;
	if (m->link || m->from)
		add_control(e, IP_PKTINFO, &info, sizeof info);
	if (ttl)
		add_control(e, IP_TTL, &ttl, sizeof ttl);
}

void outbox_frame(struct outbox *o, const struct outgoing *m)
{
	struct entry *e = add(o, m);

	assert(m->link);
	e->to.packet = (struct sockaddr_ll){.sll_family = AF_PACKET,
					    .sll_ifindex = (int)m->link};
	/* The kernel wants the type again that is in the frame. */
	if (m->head_len >= 14)
		memcpy(&e->to.packet.sll_protocol, e->head + 12, 2);
	e->msg.msg_namelen = sizeof e->to.packet;
}

static unsigned gather(struct outbox *o, size_t first)
{
	int fd = o->v[first].fd;
	unsigned n = 0;

	for (size_t i = first; i < o->n; i++) {
		if (o->v[i].fd != fd)
			continue;
		o->v[i].fd = -1;
		o->of[n] = &o->v[i];
		o->run[n++] = (struct mmsghdr){.msg_hdr = o->v[i].msg};
	}
	return n;
}

static void count_sent(struct outbox *o, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		o->counts.bytes += o->run[i].msg_len;
	o->counts.sent += n;
}

static void count_failure(struct outbox *o, const struct entry *e, int error)
{
	o->counts.failed++;
	o->counts.error = -error;
	o->counts.error_to = (struct endpoint){0, 0};
	if (e->to.udp.sin_family == AF_INET)
		o->counts.error_to = inet_endpoint(&e->to.udp);
}

/* A full queue fails all that follows; any other error only its datagram. */
static void send_run(struct outbox *o, int fd, unsigned n)
{
	for (unsigned at = 0; at < n;) {
		int sent = sendmmsg(fd, o->run + at, n - at, MSG_DONTWAIT);

		o->counts.calls++;
		if (sent > 0) {
			count_sent(o, at, (unsigned)sent);
			at += (unsigned)sent;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			o->counts.dropped += n - at;
			return;
		} else if (errno != EINTR) {
			count_failure(o, o->of[at], errno);
			at++;
		}
	}
}

size_t outbox_flush(struct outbox *o)
{
	uint64_t before = o->counts.dropped + o->counts.failed;

	for (size_t i = 0; i < o->n; i++) {
		int fd = o->v[i].fd;

		if (fd >= 0)
			send_run(o, fd, gather(o, i));
	}
	o->n = 0;
	return (size_t)(o->counts.dropped + o->counts.failed - before);
}

const struct outbox_counts *outbox_counts(const struct outbox *o)
{
	return &o->counts;
}
