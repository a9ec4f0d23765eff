/*
 * Ethernet II, ARP (RFC 826), RARP (RFC 903), IPv4 (RFC 791) and UDP (RFC 768)
 * framing: enough to hear and speak BOOTP on a packet socket, where the
 * kernel's own stack would drop it.
 */
#ifndef MUSTER_WIRE_FRAME_H
#define MUSTER_WIRE_FRAME_H

#include "base/addr.h"
#include "base/cursor.h"

enum {
	ETH_IP = 0x0800,
	ETH_ARP = 0x0806,
	ETH_RARP = 0x8035,
	ETH_HEAD = 14,
	IP_HEAD = 20,
	UDP_HEAD = 8,
	FRAME_UDP_HEAD = ETH_HEAD + IP_HEAD + UDP_HEAD,
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_IGMP = 2,
	IP_PROTOCOL_UDP = 17,
};

/* An IPv4 datagram of any protocol inside an Ethernet frame. */
struct frame_ip {
	uint8_t dst[6], src[6];
	uint32_t from, to;
	uint8_t ttl, protocol;
	bool has_alert;       /* the option of RFC 2113, as IGMP has it */
	const uint8_t *bytes; /* behind the IP header, inside the frame */
	size_t len;
};

/* False unless the frame is an unfragmented IPv4 datagram whose lengths and
 * header checksum are right.  Bytes after it are Ethernet's padding. */
bool frame_ip_get(struct frame_ip *f, struct rd *r);
/* A whole frame; IP id 0, don't-fragment clear. */
void frame_ip_put(const struct frame_ip *f, struct wr *w);

/* A UDP datagram inside an Ethernet frame. */
struct frame_udp {
	uint8_t dst[6], src[6];
	struct endpoint from, to;
	uint8_t ttl;
	const uint8_t *bytes; /* the UDP payload, inside the frame */
	size_t len;
};

/*
 * False unless the frame is an unfragmented IPv4 UDP datagram whose lengths
 * and checksums are right; a UDP checksum of 0 is none (RFC 768; NeXT ROMs send
 * it).  A checksum of the pseudo-header alone is right, too: that is how Linux
 * shows a packet socket what a local sender left to the network card, as on
 * veth and virtio.  Bytes after the datagram are Ethernet's padding and left
 * out.  IP options are passed over.
 */
bool frame_udp_get(struct frame_udp *f, struct rd *r);
/* A whole frame, checksums filled; IP id 0, don't-fragment clear (old ROMs).
 * It is not padded to Ethernet's 60 bytes: the driver does that. */
void frame_udp_put(const struct frame_udp *f, struct wr *w);

enum { ARP_REQUEST = 1, ARP_REPLY = 2, RARP_REQUEST = 3, RARP_REPLY = 4 };

struct frame_arp {
	uint8_t dst[6], src[6]; /* of the frame */
	uint16_t op;
	uint8_t sender_mac[6], target_mac[6];
	uint32_t sender_ip, target_ip;
};

/* False unless it is a request or a reply, for IPv4 over Ethernet. */
bool frame_arp_get(struct frame_arp *f, struct rd *r);
/* 42 bytes. */
void frame_arp_put(const struct frame_arp *f, struct wr *w);
/* The same for RARP, where the target is who wants to know its address. */
bool frame_rarp_get(struct frame_arp *f, struct rd *r);
void frame_rarp_put(const struct frame_arp *f, struct wr *w);

/* The frame's type field, without consuming anything; 0 if too short. */
uint16_t frame_type(const struct rd *r);
/* The protocol field of an IPv4 frame, without consuming or checking anything
 * else; 0 if it is none. */
uint8_t frame_ip_protocol(const struct rd *r);
/* The same of the port that a UDP datagram in it is sent to. */
uint16_t frame_udp_port(const struct rd *r);

/* The Ethernet address that a multicast group maps to (RFC 1112 6.4). */
void frame_group_mac(uint32_t group, uint8_t mac[6]);

#endif
