/*
 * Packet sockets and their filters.  A socket is made without a protocol, so
 * nothing can arrive before its filter is in place; binding it starts it.
 *
 * A filter is a list of questions: each goes on if the answer is right and
 * else leaves through the last instruction, which drops.  Jumps are relative
 * and forward only, so the questions are written with the jump to `drop` open,
 * and closed when the length is known.
 */
#include "host/packet.h"

#include "host/inbox_inside.h"
#include "host/inet.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <unistd.h>

/* Jumps to the last instruction and to the one before it, which is the verdict;
 * no filter is as long as that. */
enum { DROP = 255, TAKE = 254, WHOLE = 0x40000 };

/* Where the fields are: behind the link header, whatever its length. */
enum {
	IP_FLAGS = SKF_NET_OFF + 6,
	IP_PROTOCOL = SKF_NET_OFF + 9,
	IP_SOURCE = SKF_NET_OFF + 12,
	/* Behind the IP header, whose length BPF_MSH takes to X. */
	IP_FIRST = SKF_NET_OFF,
	UDP_DST = SKF_NET_OFF + 2,
	ARP_OP = SKF_NET_OFF + 6,
};

enum { MASK_REQUEST = 17 /* the type, RFC 950 */ };

static void add(struct filter *f, struct sock_filter op)
{
	assert(f->n < sizeof f->v / sizeof f->v[0]);
	f->v[f->n++] = op;
}

static void load(struct filter *f, unsigned size, int at)
{
	add(f, (struct sock_filter)BPF_STMT((uint16_t)(BPF_LD | size | BPF_ABS),
					    (uint32_t)at));
}

static void load_meta(struct filter *f, int what)
{
	load(f, BPF_W, SKF_AD_OFF + what);
}

/* Jumps count instructions from the next one. */
static void jump(struct filter *f, unsigned test, uint32_t k, uint8_t yes,
		 uint8_t no)
{
	add(f, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K),
					    k, yes, no));
}

static void finish(struct filter *f, uint32_t verdict, uint32_t otherwise)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
	for (uint16_t i = 0; i < f->n; i++) {
		uint8_t out = (uint8_t)(f->n - i - 1);

		if (BPF_CLASS(f->v[i].code) != BPF_JMP)
			continue;
		if (f->v[i].jt == DROP)
			f->v[i].jt = out;
		if (f->v[i].jf == DROP)
			f->v[i].jf = out;
		if (f->v[i].jt == TAKE)
			f->v[i].jt = (uint8_t)(out - 1);
	}
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise));
}

/* Sent to us: not by us, not to another station's address. */
static void want_for_us(struct filter *f)
{
	load_meta(f, SKF_AD_PKTTYPE);
	jump(f, BPF_JGT, PACKET_MULTICAST, DROP, 0);
}

/* A frame of a VLAN belongs to the VLAN's interface, whose socket gets it, too;
 * number 0 is none, but a priority. */
static void want_untagged(struct filter *f)
{
	load_meta(f, SKF_AD_VLAN_TAG_PRESENT);
	jump(f, BPF_JEQ, 0, 2, 0);
	load_meta(f, SKF_AD_VLAN_TAG);
	jump(f, BPF_JSET, 0xfff, DROP, 0);
}

static void want_type(struct filter *f, uint16_t type)
{
	load_meta(f, SKF_AD_PROTOCOL);
	jump(f, BPF_JEQ, type, 0, DROP);
}

static void take_protocol(struct filter *f, uint8_t protocol)
{
	load(f, BPF_B, IP_PROTOCOL);
	jump(f, BPF_JEQ, protocol, TAKE, 0);
}

/* Whole UDP datagrams: their port is loaded. */
static void want_udp(struct filter *f)
{
	load(f, BPF_B, IP_PROTOCOL);
	jump(f, BPF_JEQ, IPPROTO_UDP, 0, DROP);
	/* More fragments, or not the first: RFC 791 3.1. */
	load(f, BPF_H, IP_FLAGS);
	jump(f, BPF_JSET, 0x3fff, DROP, 0);
	add(f, (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH,
					    (uint32_t)IP_FIRST));
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND,
					    (uint32_t)UDP_DST));
}

static void want_udp_to(struct filter *f, uint16_t port)
{
	want_udp(f);
	jump(f, BPF_JEQ, port, 0, DROP);
}

static void take_masks(struct filter *f)
{
	load(f, BPF_B, IP_PROTOCOL);
	jump(f, BPF_JEQ, IPPROTO_ICMP, 0, 5); /* over the rest of this */
	load(f, BPF_H, IP_FLAGS);
	jump(f, BPF_JSET, 0x3fff, DROP, 0);
	add(f, (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH,
					    (uint32_t)IP_FIRST));
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_IND,
					    (uint32_t)IP_FIRST));
	jump(f, BPF_JEQ, MASK_REQUEST, TAKE, DROP);
}

void filter_server(struct filter *f, const struct filter_wants *w)
{
	f->n = 0;
	want_for_us(f);
	want_untagged(f);
	want_type(f, ETH_P_IP);
	if (w->igmp)
		take_protocol(f, IPPROTO_IGMP);
	if (w->masks)
		take_masks(f);
	want_udp(f);
	for (unsigned i = 0; i + 1 < w->n; i++)
		jump(f, BPF_JEQ, w->ports[i], (uint8_t)(w->n - 1 - i), 0);
	/* No datagram is sent to 65536. */
	jump(f, BPF_JEQ, w->n ? w->ports[w->n - 1] : 1 << 16, 0, DROP);
	load_meta(f, SKF_AD_PKTTYPE);
	jump(f, BPF_JEQ, PACKET_HOST, 0, 2);
	load(f, BPF_W, IP_SOURCE);
	jump(f, BPF_JEQ, 0, 0, DROP);
	finish(f, WHOLE, 0);
}

void filter_bootp_server(struct filter *f, uint16_t port, bool igmp)
{
	filter_server(f, &(struct filter_wants){
				 .ports = {port}, .n = 1, .igmp = igmp});
}

/* The same questions with the verdicts exchanged.  It runs in front of a UDP
 * socket, so most of them have been answered. */
void filter_bootp_server_udp(struct filter *f)
{
	f->n = 0;
	want_for_us(f);
	jump(f, BPF_JEQ, PACKET_HOST, 0, 2);
	load(f, BPF_W, IP_SOURCE);
	jump(f, BPF_JEQ, 0, 0, DROP);
	finish(f, 0, WHOLE);
}

void filter_bootp_client(struct filter *f, uint16_t port, bool arp)
{
	f->n = 0;
	want_for_us(f);
	want_untagged(f);
	if (arp) {
		/* Over want_type (2) and want_udp_to (7). */
		load_meta(f, SKF_AD_PROTOCOL);
		jump(f, BPF_JEQ, ETH_P_ARP, 9, 0);
	}
	want_type(f, ETH_P_IP);
	want_udp_to(f, port);
	finish(f, WHOLE, 0);
}

void filter_start(struct filter *f, uint16_t port)
{
	f->n = 0;
	want_for_us(f);
	want_untagged(f);
	want_type(f, ETH_P_IP);
	take_protocol(f, IPPROTO_ICMP);
	want_udp_to(f, port);
	finish(f, WHOLE, 0);
}

void filter_igmp(struct filter *f)
{
	f->n = 0;
	want_for_us(f);
	want_untagged(f);
	want_type(f, ETH_P_IP);
	load(f, BPF_B, IP_PROTOCOL);
	jump(f, BPF_JEQ, IPPROTO_IGMP, 0, DROP);
	finish(f, WHOLE, 0);
}

void filter_doctor(struct filter *f, uint16_t port, uint16_t other)
{
	f->n = 0;
	want_for_us(f);
	want_untagged(f);
	want_type(f, ETH_P_IP);
	take_protocol(f, IPPROTO_IGMP);
	want_udp(f);
	jump(f, BPF_JEQ, port, TAKE, 0);
	jump(f, BPF_JEQ, other, 0, DROP);
	finish(f, WHOLE, 0);
}

void filter_arp(struct filter *f)
{
	f->n = 0;
	want_for_us(f);
	want_untagged(f);
	want_type(f, ETH_P_ARP);
	finish(f, WHOLE, 0);
}

void filter_arp_replies(struct filter *f)
{
	enum { REPLY = 2 };

	f->n = 0;
	load_meta(f, SKF_AD_PKTTYPE);
	jump(f, BPF_JEQ, PACKET_HOST, 0, DROP);
	want_untagged(f);
	want_type(f, ETH_P_ARP);
	load(f, BPF_H, ARP_OP);
	jump(f, BPF_JEQ, REPLY, 0, DROP);
	finish(f, WHOLE, 0);
}

void filter_rarp(struct filter *f)
{
	f->n = 0;
	want_for_us(f);
	want_untagged(f);
	want_type(f, ETH_P_RARP);
	finish(f, WHOLE, 0);
}

int filter_attach(int fd, const struct filter *f)
{
	struct filter copy = *f;
	struct sock_fprog program = {.len = copy.n, .filter = copy.v};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof program)
		       ? -errno
		       : 0;
}

static uint16_t protocol(enum packet_type type)
{
	switch (type) {
	case PACKET_IP:
		return ETH_P_IP;
	case PACKET_ARP:
		return ETH_P_ARP;
	case PACKET_RARP:
		return ETH_P_RARP;
	case PACKET_ANY:
		return ETH_P_ALL;
	}
	return 0;
}

static int start(const struct packet *p, enum packet_type type,
		 const struct filter *f)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = inet_u16(protocol(type)),
				 .sll_ifindex = (int)p->link};
	int room = 4 << 20, on = 1;
	int rc = filter_attach(p->fd, f);

	if (rc)
		return rc;
	if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
		setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	/* Linux 4.20; without it the filter does the same, later. */
	setsockopt(p->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
	return bind(p->fd, (struct sockaddr *)&at, sizeof at) ? -errno : 0;
}

int packet_open(struct packet *p, uint32_t link, enum packet_type type,
		const struct filter *f)
{
	int rc;

	if (!link)
		return -ENODEV;
	p->link = link;
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return -errno;
	rc = start(p, type, f);
	if (rc)
		packet_close(p);
	return rc;
}

void packet_close(struct packet *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

int packet_all_groups(const struct packet *p, bool on)
{
	struct packet_mreq m = {.mr_ifindex = (int)p->link,
				.mr_type = PACKET_MR_ALLMULTI};

	return setsockopt(p->fd, SOL_PACKET,
			  on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP,
			  &m, sizeof m)
		       ? -errno
		       : 0;
}

int packet_receive(const struct packet *p, struct inbox *in)
{
	int n = inbox_fill(in, p->fd);

	for (int i = 0; i < n; i++) {
		const struct sockaddr_ll *from = &in->from[i].packet;

		inbox_add(in, i)->link = (uint32_t)from->sll_ifindex;
	}
	return n;
}
