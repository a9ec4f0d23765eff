/*
 * Ethernet frames with ARP or IPv4 in them.  Checksums are added up from the
 * fields themselves, so nothing is ever patched into bytes already written.
 */
#include "wire/frame.h"

#include "wire/checksum.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_ROUTER_ALERT = 148 };
enum { ALERT_LEN = 4 };
static const uint32_t ALERT = 0x94040000;
enum { FRAGMENTED = 0x3fff }; /* more-fragments and the offset */
enum { DATAGRAM_MAX = UINT16_MAX - IP_HEAD - UDP_HEAD };
enum { ARP_OVER_ETHERNET = 1, ARP_MAC = 6, ARP_IP = 4 };

/* The pseudo-header of RFC 768, with the UDP length. */
static uint64_t sum_pseudo(const struct frame_udp *f, size_t udp_len)
{
	return (uint64_t)f->from.ip + f->to.ip + IP_PROTOCOL_UDP + udp_len;
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

/* Whether one of the options is a router alert (RFC 2113). */
static bool has_alert(struct rd options)
{
	while (rd_left(&options)) {
		uint8_t kind = rd_u8(&options);
		uint8_t len;

		if (kind == OPTION_NOP)
			continue;
		len = rd_u8(&options);
		if (kind == OPTION_END || options.bad || len < 2)
			return false;
		if (kind == OPTION_ROUTER_ALERT && len == ALERT_LEN)
			return true;
		rd_take(&options, len - 2u);
	}
	return false;
}

static bool ip_get(struct frame_ip *f, struct rd *r)
{
	struct rd all = *r;
	uint8_t first = rd_u8(r);
	size_t head = (size_t)(first & 0xf) * 4;

	rd_u8(r); /* type of service */

	size_t total = rd_u16(r);

	rd_u16(r); /* identification: fragments are not put together */

	uint16_t fragment = rd_u16(r);

	f->ttl = rd_u8(r);
	f->protocol = rd_u8(r);
	rd_u16(r); /* the checksum, added up with the rest */
	f->from = rd_u32(r);
	f->to = rd_u32(r);
	if (r->bad || first >> 4 != 4 || head < IP_HEAD || total < head ||
	    fragment & FRAGMENTED)
		return false;

	struct rd header = rd_sub(&all, head);

	f->has_alert = has_alert(rd_sub(r, head - IP_HEAD));
	f->len = total - head;
	f->bytes = rd_take(&all, f->len);
	return !all.bad && checksum_fold(checksum_add(header)) == 0xffff;
}

bool frame_ip_get(struct frame_ip *f, struct rd *r)
{
	uint16_t type;

	ethernet_get(f->dst, f->src, &type, r);
	return type == ETH_IP && ip_get(f, r);
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

	return checksum_fold(pseudo + checksum_add(rd_sub(&all, len))) ==
		       0xffff ||
	       checksum == checksum_fold(pseudo);
}

bool frame_udp_get(struct frame_udp *f, struct rd *r)
{
	struct frame_ip ip;

	if (!frame_ip_get(&ip, r) || ip.protocol != IP_PROTOCOL_UDP)
		return false;
	memcpy(f->dst, ip.dst, 6);
	memcpy(f->src, ip.src, 6);
	f->from.ip = ip.from;
	f->to.ip = ip.to;
	f->ttl = ip.ttl;
	return udp_get(f, rd_over(ip.bytes, ip.len));
}

/* The header, for a payload of len bytes. */
static void ip_put(const struct frame_ip *f, size_t len, struct wr *w)
{
	size_t head = f->has_alert ? IP_HEAD + ALERT_LEN : IP_HEAD;
	/* RFC 3376 4: with the precedence of network control. */
	unsigned tos = f->has_alert ? 0xc0 : 0;
	uint16_t first = (uint16_t)(4 << 12 | head / 4 << 8 | tos);
	uint16_t total = (uint16_t)(head + len);
	uint16_t last = (uint16_t)(f->ttl << 8 | f->protocol);
	uint64_t sum = (uint64_t)first + total + last + f->from + f->to;

	if (f->has_alert)
		sum += ALERT;
	wr_u16(w, first);
	wr_u16(w, total);
	wr_u32(w, 0);
	wr_u16(w, last);
	wr_u16(w, (uint16_t)~checksum_fold(sum));
	wr_u32(w, f->from);
	wr_u32(w, f->to);
	if (f->has_alert)
		wr_u32(w, ALERT);
}

void frame_ip_put(const struct frame_ip *f, struct wr *w)
{
	if (f->len > UINT16_MAX - IP_HEAD - ALERT_LEN) {
		w->bad = true;
		return;
	}
	ethernet_put(f->dst, f->src, ETH_IP, w);
	ip_put(f, f->len, w);
	wr_bytes(w, f->bytes, f->len);
}

static void udp_put(const struct frame_udp *f, uint16_t len, struct wr *w)
{
	uint64_t sum = sum_pseudo(f, len) + f->from.port + f->to.port + len +
		       checksum_add(rd_over(f->bytes, f->len));
	uint16_t checksum = (uint16_t)~checksum_fold(sum);

	wr_u16(w, f->from.port);
	wr_u16(w, f->to.port);
	wr_u16(w, len);
	wr_u16(w, checksum ? checksum : 0xffff); /* 0 would say: none */
	wr_bytes(w, f->bytes, f->len);
}

void frame_udp_put(const struct frame_udp *f, struct wr *w)
{
	struct frame_ip ip = {.from = f->from.ip,
			      .to = f->to.ip,
			      .ttl = f->ttl,
			      .protocol = IP_PROTOCOL_UDP};

	if (f->len > DATAGRAM_MAX) {
		w->bad = true;
		return;
	}
	ethernet_put(f->dst, f->src, ETH_IP, w);
	ip_put(&ip, UDP_HEAD + f->len, w);
	udp_put(f, (uint16_t)(UDP_HEAD + f->len), w);
}

/* The two have one layout; type and operation tell them apart. */
static bool arp_get(struct frame_arp *f, uint16_t want, struct rd *r)
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
	return !r->bad && type == want && hardware == ARP_OVER_ETHERNET &&
	       protocol == ETH_IP && hlen == ARP_MAC && plen == ARP_IP;
}

static void arp_put(const struct frame_arp *f, uint16_t type, struct wr *w)
{
	ethernet_put(f->dst, f->src, type, w);
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

bool frame_arp_get(struct frame_arp *f, struct rd *r)
{
	return arp_get(f, ETH_ARP, r) &&
	       (f->op == ARP_REQUEST || f->op == ARP_REPLY);
}

void frame_arp_put(const struct frame_arp *f, struct wr *w)
{
	arp_put(f, ETH_ARP, w);
}

bool frame_rarp_get(struct frame_arp *f, struct rd *r)
{
	return arp_get(f, ETH_RARP, r) &&
	       (f->op == RARP_REQUEST || f->op == RARP_REPLY);
}

void frame_rarp_put(const struct frame_arp *f, struct wr *w)
{
	arp_put(f, ETH_RARP, w);
}

uint16_t frame_type(const struct rd *r)
{
	struct rd ahead = *r;

	rd_take(&ahead, 12);
	return rd_u16(&ahead);
}

uint8_t frame_ip_protocol(const struct rd *r)
{
	struct rd ahead = *r;

	if (frame_type(r) != ETH_IP)
		return 0;
	rd_take(&ahead, ETH_HEAD + 9);
	return rd_u8(&ahead);
}

uint16_t frame_udp_port(const struct rd *r)
{
	struct rd ahead = *r;
	size_t head;

	if (frame_ip_protocol(r) != IP_PROTOCOL_UDP)
		return 0;
	rd_take(&ahead, ETH_HEAD);
	head = (size_t)(rd_u8(&ahead) & 0xf) * 4;
	rd_take(&ahead, head + 1); /* behind the source port */
	return rd_u16(&ahead);
}

void frame_group_mac(uint32_t group, uint8_t mac[6])
{
	struct wr w = wr_over(mac, 6);

	wr_u16(&w, 0x0100);
	wr_u32(&w, 0x5e000000 | (group & 0x7fffff));
}
