/*
 * Packet sockets, for what Linux keeps from UDP sockets: BOOTP requests from
 * 0.0.0.0 to our own address or to another broadcast address than ours, and
 * replies to a client that has no address yet.  Sending needs no ARP.
 *
 * A server has both, a UDP socket on port 67 and a packet socket on each link.
 * Two filters share out the datagrams between them, so that each arrives
 * exactly once: the packet socket takes those that came as a link-layer
 * broadcast or multicast or from 0.0.0.0, the UDP socket all others.
 */
#ifndef MUSTER_HOST_PACKET_H
#define MUSTER_HOST_PACKET_H

#include "host/inbox.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A classic BPF program (linux/filter.h). */
struct filter {
	uint16_t n;
	struct sock_filter v[40];
};

/* Ethernet frames with an unfragmented UDP datagram to `port`, sent to us (not
 * by us, nor seen only in promiscuous mode), untagged, and either sent as a
 * link-layer broadcast or multicast or from 0.0.0.0; with `igmp`, all IGMP,
 * too. */
void filter_bootp_server(struct filter *f, uint16_t port, bool igmp);
/*
 * All that a server may want: frames as above to any of n ports, which may be
 * none; with `igmp`, all IGMP; with `masks`, ICMP's unfragmented address mask
 * requests, which Linux never answers.
 */
struct filter_wants {
	uint16_t ports[3];
	unsigned n;
	bool igmp, masks;
};
void filter_server(struct filter *f, const struct filter_wants *w);
/* The other half, for the UDP socket on the same port.
 * LIMIT: a request that is broadcast in fragments is lost; nobody sends it. */
void filter_bootp_server_udp(struct filter *f);
/* Unfragmented UDP datagrams to `port`, sent to us, whatever their IP
 * destination is; with `arp`, ARP too. */
void filter_bootp_client(struct filter *f, uint16_t port, bool arp);
/* ICMP, and unfragmented UDP datagrams to `port`, sent to us. */
void filter_start(struct filter *f, uint16_t port);
/* IGMP sent to us. */
void filter_igmp(struct filter *f);
/* IGMP, and unfragmented UDP datagrams to either port, sent to us. */
void filter_doctor(struct filter *f, uint16_t port, uint16_t other);
/* ARP sent to us. */
void filter_arp(struct filter *f);
/* Answers to our own questions, and no others. */
void filter_arp_replies(struct filter *f);
/* RARP sent to us. */
void filter_rarp(struct filter *f);
/* 0 or negative errno.  Datagrams that came before are not filtered: attach it
 * right after udp_open(). */
int filter_attach(int fd, const struct filter *f);

enum packet_type {
	PACKET_IP,  /* IPv4, after the interface's own filters and VLANs */
	PACKET_ARP, /* ARP */
	PACKET_RARP,
	PACKET_ANY, /* all types; costs more, as it sees all our own sending */
};

struct packet {
	int fd;
	uint32_t link;
};

/*
 * A packet socket on one interface (Ethernet or like it) that delivers whole
 * frames as the filter has them, and never our own.  0, -EPERM (it takes
 * CAP_NET_RAW), -ENODEV, or what the kernel says.
 */
int packet_open(struct packet *p, uint32_t link, enum packet_type type,
		const struct filter *f);
void packet_close(struct packet *p);
/* Whether the interface takes in the packets of all groups, as a multicast
 * router's does, not only of those that somebody here has joined.  0 or
 * negative errno. */
int packet_all_groups(const struct packet *p, bool on);
/* As udp_receive(); bytes begin with the Ethernet header. */
int packet_receive(const struct packet *p, struct inbox *in);

#endif
