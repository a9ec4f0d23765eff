/*
 * Ethernet frames with ARP or UDP over IPv4 in them.  Checksums are added up
 * from the fields themselves (RFC 1071: addition does not mind the order), so
 * nothing is ever patched into bytes already written.
 */
#include "wire/frame.h"

enum { VERSION_AND_LENGTH = 0x45, PROTOCOL_UDP = 17 };
enum { FRAGMENTED = 0x3fff }; /* more-fragments and the offset */
enum { DATAGRAM_MAX = UINT16_MAX - IP_HEAD - UDP_HEAD };
enum { ARP_OVER_ETHERNET = 1, ARP_MAC = 6, ARP_IP = 4 };

/* The bytes as 16-bit words, the last filled up with 0. */
static uint64_t sum_bytes(struct rd r)
{
	uint64_t sum = 0;

	while (rd_left(&r) >= 4)
		sum += rd_u32(&r);
	if (rd_left(&r) >= 2)
		sum += rd_u16(&r);
	if (rd_left(&r))
		sum += (uint64_t)rd_u8(&r) << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The pseudo-header of RFC 768, with the UDP length. */
static uint64_t sum_pseudo(const struct frame_udp *f, size_t udp_len)
{
	return (uint64_t)f->from.ip + f->to.ip + PROTOCOL_UDP + udp_len;
}

static void ethernet_get(uint8_t dst[6], uint8_t src[6], uint16_t *type,
			 struct rd *r)
{
	rd_copy(r, dst, 6);
	rd_copy(r, src, 6);
	*type = rd_u16(r);
}

static void ethernet_put(const uint8_t dst[6], const uint8_t src[6],
			 uint16_t type, struct wr *w)
{
	wr_bytes(w, dst, 6);
	wr_bytes(w, src, 6);
	wr_u16(w, type);
}

/* The payload of the IP packet to *udp; false if it is not for us to read. */
static bool ip_get(struct frame_udp *f, struct rd *udp, struct rd *r)
{
	struct rd all = *r;
	uint8_t first = rd_u8(r);
	size_t head = (size_t)(first & 0xf) * 4;

	rd_u8(r); /* type of service */

	size_t total = rd_u16(r);

	rd_u16(r); /* identification: fragments are not put together */

	uint16_t fragment = rd_u16(r);

	f->ttl = rd_u8(r);

	uint8_t protocol = rd_u8(r);

	rd_u16(r); /* the checksum, added up with the rest */
	f->from.ip = rd_u32(r);
	f->to.ip = rd_u32(r);
	if (r->bad || first >> 4 != 4 || head < IP_HEAD || total < head)
		return false;
	if (protocol != PROTOCOL_UDP || fragment & FRAGMENTED)
		return false;

	struct rd header = rd_sub(&all, head);

	*udp = rd_sub(&all, total - head);
	return !udp->bad && fold(sum_bytes(header)) == 0xffff;
}

/* A shorter length than IP's is let pass, as every kernel does. */
static bool udp_get(struct frame_udp *f, struct rd udp)
{
	struct rd all = udp;

	f->from.port = rd_u16(&udp);
	f->to.port = rd_u16(&udp);

	size_t len = rd_u16(&udp);
	uint16_t checksum = rd_u16(&udp);

	if (udp.bad || len < UDP_HEAD)
		return false;
	f->len = len - UDP_HEAD;
	f->bytes = rd_take(&udp, f->len);
	if (udp.bad || checksum == 0)
		return !udp.bad;

	uint64_t pseudo = sum_pseudo(f, len);

	return fold(pseudo + sum_bytes(rd_sub(&all, len))) == 0xffff ||
	       checksum == fold(pseudo);
}

bool frame_udp_get(struct frame_udp *f, struct rd *r)
{
	struct rd udp;
	uint16_t type;

	ethernet_get(f->dst, f->src, &type, r);
	return type == ETH_IP && ip_get(f, &udp, r) && udp_get(f, udp);
}

static void ip_put(const struct frame_udp *f, uint16_t total, struct wr *w)
{
	uint64_t sum = (VERSION_AND_LENGTH << 8) + (uint64_t)total +
		       (uint64_t)(f->ttl << 8 | PROTOCOL_UDP) + f->from.ip +
		       f->to.ip;

	wr_u8(w, VERSION_AND_LENGTH);
	wr_u8(w, 0);
	wr_u16(w, total);
	wr_u16(w, 0);
	wr_u16(w, 0);
	wr_u8(w, f->ttl);
	wr_u8(w, PROTOCOL_UDP);
	wr_u16(w, (uint16_t)~fold(sum));
	wr_u32(w, f->from.ip);
	wr_u32(w, f->to.ip);
}

static void udp_put(const struct frame_udp *f, uint16_t len, struct wr *w)
{
	uint64_t sum = sum_pseudo(f, len) + f->from.port + f->to.port + len +
		       sum_bytes(rd_over(f->bytes, f->len));
	uint16_t checksum = (uint16_t)~fold(sum);

	wr_u16(w, f->from.port);
	wr_u16(w, f->to.port);
	wr_u16(w, len);
	wr_u16(w, checksum ? checksum : 0xffff); /* 0 would say: none */
	wr_bytes(w, f->bytes, f->len);
}

void frame_udp_put(const struct frame_udp *f, struct wr *w)
{
	if (f->len > DATAGRAM_MAX) {
		w->bad = true;
		return;
	}
	ethernet_put(f->dst, f->src, ETH_IP, w);
	ip_put(f, (uint16_t)(IP_HEAD + UDP_HEAD + f->len), w);
	udp_put(f, (uint16_t)(UDP_HEAD + f->len), w);
}

bool frame_arp_get(struct frame_arp *f, struct rd *r)
{
	uint16_t type;

	ethernet_get(f->dst, f->src, &type, r);

	uint16_t hardware = rd_u16(r), protocol = rd_u16(r);
	uint8_t hlen = rd_u8(r), plen = rd_u8(r);

	f->op = rd_u16(r);
	rd_copy(r, f->sender_mac, 6);
	f->sender_ip = rd_u32(r);
	rd_copy(r, f->target_mac, 6);
	f->target_ip = rd_u32(r);
	return !r->bad && type == ETH_ARP && hardware == ARP_OVER_ETHERNET &&
	       protocol == ETH_IP && hlen == ARP_MAC && plen == ARP_IP &&
	       (f->op == ARP_REQUEST || f->op == ARP_REPLY);
}

void frame_arp_put(const struct frame_arp *f, struct wr *w)
{
	ethernet_put(f->dst, f->src, ETH_ARP, w);
	wr_u16(w, ARP_OVER_ETHERNET);
	wr_u16(w, ETH_IP);
	wr_u8(w, ARP_MAC);
	wr_u8(w, ARP_IP);
	wr_u16(w, f->op);
	wr_bytes(w, f->sender_mac, 6);
	wr_u32(w, f->sender_ip);
	wr_bytes(w, f->target_mac, 6);
	wr_u32(w, f->target_ip);
}

uint16_t frame_type(const struct rd *r)
{
	struct rd ahead = *r;

	rd_take(&ahead, 12);
	return rd_u16(&ahead);
}

void frame_group_mac(uint32_t group, uint8_t mac[6])
{
	struct wr w = wr_over(mac, 6);

	wr_u16(&w, 0x0100);
	wr_u32(&w, 0x5e000000 | (group & 0x7fffff));
}
