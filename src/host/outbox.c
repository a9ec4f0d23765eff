/*
 * sendmmsg(2) from a list.  Order matters only within one socket, so a flush
 * takes the first entry that is left, gathers all others of its socket, sends
 * them together, and goes on until nothing is left.
 *
 * Neighbours that differ in nothing but their bytes become one message, which
 * the kernel cuts (UDP_SEGMENT): it goes through routing, queues, bridges and
 * filters once instead of sixteen times.  Whatever the kernel says against such
 * a message, its datagrams are sent again one by one and each has an outcome of
 * its own; if they do leave, it was the cutting, and this socket does without.
 */
#include "host/outbox.h"

#include "host/inet.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

enum { PIECES = 3, HEADS = OUTBOX_MANY * 1024 };

union address {
	struct sockaddr_in udp;
	struct sockaddr_ll packet;
};

struct control {
	_Alignas(struct cmsghdr) char room
		[CMSG_SPACE(sizeof(struct in_pktinfo)) +
		 CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(uint16_t))];
};

struct entry {
	int fd; /* -1: gone out */
	uint8_t ttl;
	bool is_paired;
	bool was_refused; /* the first of a message that was */
	uint32_t link, from;
	size_t len;
	uint16_t *segment_max;
	union address to;
	struct iovec iov[PIECES];
	size_t n_iov;
	struct control control; /* made when it is sent */
};

struct outbox {
	struct entry v[OUTBOX_MANY];
	size_t n;
	/* Close together, so that a train's short heads stay in the fastest
	 * cache. */
	uint8_t heads[HEADS];
	size_t heads_len;
	/* Those of one socket, and the messages that they go as. */
	struct entry *of[OUTBOX_MANY];
	struct mmsghdr run[OUTBOX_MANY];
	struct span {
		unsigned first, n; /* in of[] */
	} span[OUTBOX_MANY];
	struct iovec iov[OUTBOX_MANY * PIECES]; /* of messages of several */
	struct outbox_counts counts;
	int stuck; /* a socket that was waited for in vain; -1: none */
};

int outbox_open(struct outbox **o, const struct alloc *alloc)
{
	*o = alloc_get(alloc, 1, sizeof **o);
	if (!*o)
		return -ENOMEM;
	(*o)->stuck = -1;
	return 0;
}

void outbox_close(struct outbox *o, const struct alloc *alloc)
{
	alloc_put(alloc, o);
}

static struct iovec keep_head(struct outbox *o, const struct outgoing *m)
{
	uint8_t *at = o->heads + o->heads_len;

	if (m->head_len)
		memcpy(at, m->head, m->head_len);
	o->heads_len += m->head_len;
	return (struct iovec){at, m->head_len};
}

static struct entry *add(struct outbox *o, const struct outgoing *m)
{
	struct entry *e;

	assert(m->head_len <= OUTBOX_HEAD_MAX);
	if (o->n == OUTBOX_MANY || HEADS - o->heads_len < m->head_len)
		outbox_flush(o);
	e = &o->v[o->n++];
	e->fd = m->fd;
	e->ttl = m->ttl;
	e->is_paired = m->is_paired;
	e->was_refused = false;
	e->link = m->link;
	e->from = m->from;
	e->segment_max = m->segment_max;
	e->len = m->head_len + m->body[0].iov_len + m->body[1].iov_len;
	e->iov[0] = keep_head(o, m);
	e->n_iov = 1;
	for (size_t i = 0; i < PIECES - 1; i++)
		if (m->body[i].iov_len)
			e->iov[e->n_iov++] = m->body[i];
	return e;
}

void outbox_udp(struct outbox *o, const struct outgoing *m)
{
	add(o, m)->to.udp = inet_sockaddr(m->to);
}

void outbox_frame(struct outbox *o, const struct outgoing *m)
{
	struct entry *e = add(o, m);

	assert(m->link);
	e->to.packet = (struct sockaddr_ll){.sll_family = AF_PACKET,
					    .sll_ifindex = (int)m->link};
	/* The kernel wants the type again that is in the frame. */
	if (m->head_len >= 14)
		memcpy(&e->to.packet.sll_protocol,
		       (const uint8_t *)m->head + 12, 2);
}

static unsigned gather(struct outbox *o, size_t first)
{
	int fd = o->v[first].fd;
	unsigned n = 0;

	for (size_t i = first; i < o->n; i++) {
		if (o->v[i].fd != fd)
			continue;
		o->v[i].fd = -1;
		o->of[n++] = &o->v[i];
	}
	return n;
}

static bool goes_the_same_way(const struct entry *a, const struct entry *b)
{
	return a->to.udp.sin_addr.s_addr == b->to.udp.sin_addr.s_addr &&
	       a->to.udp.sin_port == b->to.udp.sin_port && a->link == b->link &&
	       a->from == b->from && a->ttl == b->ttl;
}

/* How many, from the first on, can be one message: all as long as the first,
 * but the last may be shorter. */
static unsigned alike(struct entry *const *v, unsigned n)
{
	size_t len = v[0]->len, last = len, total = len;
	unsigned k = 1;

	if (!v[0]->segment_max || !len || len > *v[0]->segment_max)
		return 1;
	while (k < n && k < OUTBOX_SEGMENTS && last == len) {
		last = v[k]->len;
		total += last;
		if (!last || last > len || total > OUTBOX_SEGMENTED ||
		    !goes_the_same_way(v[0], v[k]))
			break;
		k++;
	}
	return k;
}

static void add_control(struct msghdr *m, int level, int type, const void *p,
			size_t len)
{
	char *at = (char *)m->msg_control + m->msg_controllen;
	struct cmsghdr *c = (struct cmsghdr *)(void *)at;

	*c = (struct cmsghdr){.cmsg_level = level,
			      .cmsg_type = type,
			      .cmsg_len = CMSG_LEN(len)};
	memcpy(CMSG_DATA(c), p, len);
	m->msg_controllen += CMSG_SPACE(len);
}

static struct msghdr message(struct entry *e)
{
	struct msghdr m = {.msg_iov = e->iov,
			   .msg_iovlen = e->n_iov,
			   .msg_control = &e->control};
	struct in_pktinfo info = {.ipi_ifindex = (int)e->link,
				  .ipi_spec_dst = inet_ip(e->from)};
	int ttl = e->ttl;

	if (e->is_paired)
		return m;
	m.msg_name = &e->to;
	m.msg_namelen = sizeof e->to.packet;
	if (e->to.udp.sin_family != AF_INET)
		return m;
	m.msg_namelen = sizeof e->to.udp;
	if (e->link || e->from)
		add_control(&m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	if (ttl)
		add_control(&m, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
	return m;
}

/* Their pieces one behind the other; `iov` has room for them all. */
static struct msghdr merged(struct entry *const *v, unsigned n,
			    struct iovec *iov)
{
	uint16_t segment = (uint16_t)v[0]->len;
	struct msghdr m = message(v[0]);

	add_control(&m, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
	m.msg_iov = iov;
	m.msg_iovlen = 0;
	for (unsigned i = 0; i < n; i++)
		for (size_t j = 0; j < v[i]->n_iov; j++)
			iov[m.msg_iovlen++] = v[i]->iov[j];
	return m;
}

/* The first n datagrams of of[] as messages; how many they make. */
static unsigned fold(struct outbox *o, unsigned n)
{
	unsigned messages = 0;

	for (unsigned at = 0, k; at < n; at += k, messages++) {
		struct entry *const *v = o->of + at;

		k = alike(v, n - at);
		o->span[messages] = (struct span){at, k};
		o->run[messages].msg_hdr =
			k == 1 ? message(v[0])
			       : merged(v, k, o->iov + (size_t)at * PIECES);
	}
	return messages;
}

/* One message of n as its datagrams again; returns how many more there are. */
static unsigned unfold(struct outbox *o, unsigned at, unsigned n)
{
	struct span s = o->span[at];
	unsigned more = s.n - 1, behind = n - at - 1;

	memmove(o->run + at + s.n, o->run + at + 1, behind * sizeof o->run[0]);
	memmove(o->span + at + s.n, o->span + at + 1,
		behind * sizeof o->span[0]);
	for (unsigned i = 0; i < s.n; i++) {
		o->run[at + i].msg_hdr = message(o->of[s.first + i]);
		o->span[at + i] = (struct span){s.first + i, 1};
	}
	o->of[s.first]->was_refused = true;
	return more;
}

static void count_sent(struct outbox *o, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		const struct entry *e = o->of[o->span[i].first];

		o->counts.bytes += o->run[i].msg_len;
		o->counts.sent += o->span[i].n;
		if (!e->was_refused)
			continue;
		o->counts.refused++;
		*e->segment_max = (uint16_t)(e->len - 1);
	}
	o->counts.messages += n;
}

static void count_failure(struct outbox *o, const struct entry *e, int error)
{
	o->counts.failed++;
	o->counts.error = -error;
	o->counts.error_to = (struct endpoint){0, 0};
	if (e->to.udp.sin_family == AF_INET)
		o->counts.error_to = inet_endpoint(&e->to.udp);
}

static void count_dropped(struct outbox *o, unsigned from, unsigned end)
{
	for (unsigned i = from; i < end; i++)
		o->counts.dropped += o->span[i].n;
}

/* One is told in fewer words; how many went, or -1 and errno. */
static int send_some(int fd, struct mmsghdr *v, unsigned n)
{
	ssize_t len;

	if (n > 1)
		return sendmmsg(fd, v, n, MSG_DONTWAIT);
	len = sendmsg(fd, &v->msg_hdr, MSG_DONTWAIT);
	if (len < 0)
		return -1;
	v->msg_len = (unsigned)len;
	return 1;
}

/* Whether the socket has room again.  One that had none in all that time is not
 * waited for until it takes something. */
static bool await_room(struct outbox *o, int fd, bool *is_patient)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	if (!*is_patient || fd == o->stuck)
		return false;
	*is_patient = false;
	o->counts.waits++;
	if (poll(&p, 1, OUTBOX_PATIENCE) > 0)
		return true;
	o->stuck = fd;
	return false;
}

/* A full queue fails all that follows; any other error only its datagram. */
static void send_run(struct outbox *o, int fd, unsigned n)
{
	const uint16_t *bulk = o->of[0]->segment_max;
	bool is_patient = bulk && *bulk;

	for (unsigned at = 0; at < n;) {
		int sent = send_some(fd, o->run + at, n - at);

		o->counts.calls++;
		if (sent > 0) {
			count_sent(o, at, (unsigned)sent);
			at += (unsigned)sent;
			is_patient = bulk && *bulk;
			if (fd == o->stuck)
				o->stuck = -1;
		} else if (errno == EAGAIN && await_room(o, fd, &is_patient)) {
			continue;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			count_dropped(o, at, n);
			return;
		} else if (errno == EINTR || errno == ECONNREFUSED) {
			continue; /* an earlier one was: it is said once */
		} else if (o->span[at].n > 1) {
			n += unfold(o, at, n);
		} else {
			count_failure(o, o->of[o->span[at].first], errno);
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
			send_run(o, fd, fold(o, gather(o, i)));
	}
	o->n = 0;
	o->heads_len = 0;
	return (size_t)(o->counts.dropped + o->counts.failed - before);
}

const struct outbox_counts *outbox_counts(const struct outbox *o)
{
	return &o->counts;
}
