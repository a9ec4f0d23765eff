/*
 * How fast this kernel sends to a multicast group, and how much of that our own
 * path has: a file that lies in memory, in datagrams of 1428 bytes.
 *
 *	blast send HOW LINK GROUP PORT SECONDS
 *		sendto     a call for each datagram
 *		sendmmsg   64 a call
 *		segment    64 a call, the kernel cuts them from 4 messages
 *		musterd    as we do: a head that is made for each, a body that
 *			   stays where it is, an outbox
 *	blast receive HOW LINK GROUP PORT     until a signal; HOW: plain, merged
 *
 * Both print datagrams, microseconds, and microseconds of CPU; who receives
 * also how many messages there was no room for.
 */
#include "base/cursor.h"
#include "host/inbox.h"
#include "host/memory.h"
#include "host/outbox.h"
#include "host/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	SEGMENTS = 16,
	SIZE = 1428, /* as a train has them */
	HEAD = 20,
	IMAGE = 47003 /* datagrams of a file of 64 MiB */
};

struct blast {
	struct udp udp;
	uint32_t link;
	struct endpoint to;
	struct sockaddr_in name;
	uint8_t *image;
	unsigned at; /* the next datagram of the file */
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))];
	struct outbox *outbox;
};

static _Noreturn void give_up(const char *what, int rc)
{
	fprintf(stderr, "blast: %s: %s\n", what, strerror(rc ? -rc : errno));
	exit(EXIT_FAILURE);
}

static long micros(const struct timeval *t)
{
	return (long)t->tv_sec * 1000000 + (long)t->tv_usec;
}

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void report(unsigned long n, long start)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	printf("%lu %ld %ld", n, now() - start,
	       micros(&used.ru_utime) + micros(&used.ru_stime));
}

/* ---- sending ------------------------------------------------------------ */

static uint8_t *next(struct blast *b)
{
	uint8_t *at = b->image + (size_t)b->at * SIZE;

	b->at = (b->at + 1) % IMAGE;
	return at;
}

static unsigned by_sendto(struct blast *b)
{
	ssize_t n = sendto(b->udp.fd, next(b), SIZE, 0,
			   (struct sockaddr *)&b->name, sizeof b->name);

	return n == SIZE;
}

static unsigned send_all(struct blast *b, unsigned messages, unsigned each)
{
	int n = sendmmsg(b->udp.fd, b->msg, messages, 0);

	return n < 0 ? 0 : (unsigned)n * each;
}

static unsigned by_sendmmsg(struct blast *b)
{
	for (int i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){next(b), SIZE};
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return send_all(b, BATCH, 1);
}

static unsigned by_segment(struct blast *b)
{
	for (int i = 0; i < BATCH; i++)
		b->iov[i] = (struct iovec){next(b), SIZE};
	for (int i = 0; i < BATCH / SEGMENTS; i++) {
		struct msghdr *m = &b->msg[i].msg_hdr;

		m->msg_iov = &b->iov[i * SEGMENTS];
		m->msg_iovlen = SEGMENTS;
		m->msg_control = b->control;
		m->msg_controllen = sizeof b->control;
	}
	return send_all(b, BATCH / SEGMENTS, SEGMENTS);
}

static unsigned by_outbox(struct blast *b)
{
	struct outgoing m = {.fd = b->udp.fd,
			     .link = b->link,
			     .to = b->to,
			     .ttl = 1,
			     .segment_max = &b->udp.segment_max};

	for (int i = 0; i < BATCH; i++) {
		uint8_t head[HEAD];
		struct wr w = wr_over(head, sizeof head);

		for (unsigned v = 0; v < HEAD / 4; v++)
			wr_u32(&w, b->at);
		m.head = head;
		m.head_len = wr_len(&w);
		m.body[0] = (struct iovec){next(b), SIZE - HEAD};
		outbox_udp(b->outbox, &m);
	}
	return BATCH - (unsigned)outbox_flush(b->outbox);
}

static void lay_out(struct blast *b)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)b->control;
	struct ip_mreqn by = {.imr_ifindex = (int)b->link};
	uint16_t segment = SIZE;

	*c = (struct cmsghdr){.cmsg_level = SOL_UDP,
			      .cmsg_type = UDP_SEGMENT,
			      .cmsg_len = CMSG_LEN(sizeof segment)};
	memcpy(CMSG_DATA(c), &segment, sizeof segment);
	for (int i = 0; i < BATCH; i++) {
		b->msg[i].msg_hdr.msg_name = &b->name;
		b->msg[i].msg_hdr.msg_namelen = sizeof b->name;
	}
	if (setsockopt(b->udp.fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof by))
		give_up("interface", 0);
	b->image = malloc((size_t)IMAGE * SIZE);
	if (!b->image || outbox_open(&b->outbox, &host_memory))
		give_up("memory", -ENOMEM);
	memset(b->image, 0x55, (size_t)IMAGE * SIZE);
}

static int blast(struct blast *b, const char *how, long length)
{
	static const struct {
		const char *name;
		unsigned (*go)(struct blast *);
	} ways[] = {{"sendto", by_sendto},
		    {"sendmmsg", by_sendmmsg},
		    {"segment", by_segment},
		    {"musterd", by_outbox}};
	unsigned (*go)(struct blast *) = NULL;
	unsigned long n = 0;
	struct rusage used;
	long start, before;

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (!strcmp(ways[i].name, how))
			go = ways[i].go;
	if (!go)
		give_up(how, -EINVAL);
	lay_out(b);
	(void)udp_loopback(&b->udp, false);
	getrusage(RUSAGE_SELF, &used);
	before = micros(&used.ru_utime) + micros(&used.ru_stime);
	start = now();
	while (now() < start + length)
		for (int i = 0; i < BATCH; i++)
			n += go(b);
	report(n, start);
	printf(" %ld\n", before);
	return EXIT_SUCCESS;
}

/* ---- receiving ---------------------------------------------------------- */

static volatile sig_atomic_t is_over;

static void stop(int signal)
{
	(void)signal;
	is_over = 1;
}

static int receive(struct blast *b, const char *how)
{
	struct sigaction on_stop = {.sa_handler = stop};
	struct inbox *in;
	unsigned long n = 0;
	long start = 0;
	int rc = inbox_open(&in,
			    strcmp(how, "merged") ? INBOX_ROOM : INBOX_LARGEST,
			    &host_memory);

	if (!rc)
		rc = udp_join(&b->udp, b->to.ip, b->link);
	if (rc)
		give_up(how, rc);
	sigaction(SIGTERM, &on_stop, NULL);
	while (!is_over) {
		struct pollfd p = {.fd = b->udp.fd, .events = POLLIN};
		int got = poll(&p, 1, -1) > 0 ? udp_receive(&b->udp, in) : 0;

		n += got > 0 ? (unsigned long)got : 0;
		start = start ? start : now();
	}
	report(n, start);
	printf(" %u\n", (unsigned)udp_dropped(&b->udp));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static struct blast b;
	bool sends = argc == 7 && !strcmp(argv[1], "send");
	unsigned flags = UDP_BULK;
	uint16_t port;
	int rc;

	if (!sends && (argc != 6 || strcmp(argv[1], "receive"))) {
		fprintf(stderr, "usage: see the head of bench/blast.c\n");
		return 2;
	}
	port = (uint16_t)strtoul(argv[5], NULL, 10);
	b.link = if_nametoindex(argv[3]);
	b.name.sin_family = AF_INET;
	b.name.sin_port = htons(port);
	if (!b.link || !inet_aton(argv[4], &b.name.sin_addr))
		give_up(argv[4], -EINVAL);
	b.to = (struct endpoint){ntohl(b.name.sin_addr.s_addr), port};
	if (!strcmp(argv[2], "merged"))
		flags |= UDP_MERGED;
	rc = udp_open(&b.udp, sends ? 0 : port, 0, flags);
	if (rc)
		give_up("socket", rc);
	return sends ? blast(&b, argv[2], strtol(argv[6], NULL, 10) * 1000000)
		     : receive(&b, argv[2]);
}
