/*
 * Addresses.  An IPv4 address is a uint32_t whose top byte is written first;
 * the cursors turn it into wire order.  0 means none.
 */
#ifndef MUSTER_BASE_ADDR_H
#define MUSTER_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP4(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define IP_BROADCAST 0xffffffffu

enum { HWADDR_MAX = 16, HW_ETHERNET = 1 };

/* A hardware address as BOOTP carries it: htype, hlen, chaddr. */
struct hwaddr {
	uint8_t type;
	uint8_t len; /* 0..16; bytes past it are zero */
	uint8_t b[HWADDR_MAX];
};

struct endpoint {
	uint32_t ip;
	uint16_t port;
};

struct net {
	uint32_t ip, mask; /* no host bits in ip */
};

/* One of our own network interfaces. */
struct link {
	uint32_t index; /* the kernel's number */
	char name[16];
	struct hwaddr hw;
	uint32_t ip; /* its first address; 0: none yet */
	uint32_t mask;
	uint32_t mtu;
	bool is_up;
	/* What it has was asked for: who serves there is no authority. */
	bool is_automatic;
};

static inline bool ip_is_multicast(uint32_t ip)
{
	return ip >> 28 == 0xe;
}

/* 224.0.0.0/24: whoever snoops floods it nevertheless, RFC 4541 2.1.2. */
static inline bool ip_is_flooded(uint32_t ip)
{
	return ip >> 8 == 0xe00000;
}

/* Network bits must be one run: 255.255.240.0 is a mask, 255.0.255.0 none. */
static inline bool ip_is_mask(uint32_t mask)
{
	return (mask & (~mask >> 1)) == 0;
}

/* The mask of the address's class (RFC 950 2.1): 8, 16 or 24 bits. */
static inline uint32_t ip_class_mask(uint32_t ip)
{
	if (ip >> 31 == 0)
		return IP4(255, 0, 0, 0);
	return ip >> 30 == 2 ? IP4(255, 255, 0, 0) : IP4(255, 255, 255, 0);
}

/* Its network's broadcast address: all bits of the host part. */
static inline uint32_t ip_broadcast(uint32_t ip, uint32_t mask)
{
	return ip | ~mask;
}

/* Whether it may be one machine's in a network with that mask: neither the
 * network's own address nor its broadcast.  RFC 3021: a network of two has
 * none. */
static inline bool ip_is_host(uint32_t ip, uint32_t mask)
{
	uint32_t host = ip & ~mask;

	return ~mask < 2 || (host && host != ~mask);
}

/* The same type, length and bytes. */
bool hwaddr_is(const struct hwaddr *a, const struct hwaddr *b);
/* The 6 bytes, copied, as an Ethernet address. */
struct hwaddr hwaddr_ethernet(const uint8_t mac[6]);
/* The same address and port. */
bool endpoint_is(struct endpoint a, struct endpoint b);

/*
 * Text of up to len bytes, not NUL-terminated, to an address.  False if it is
 * not exactly one, and then *to is not changed.  IP addresses are four decimal
 * numbers without leading zeros.  Hardware addresses are 6 bytes of one or two
 * hex digits with : - or . between them, the same one throughout.
 */
bool ip_parse(const char *s, size_t len, uint32_t *to);
bool hwaddr_parse(const char *s, size_t len, struct hwaddr *to);
/* "10.0.0.0/8" or "10.0.0.0/255.0.0.0"; *ip is as written, host bits and all.
 * False for anything else; then neither *ip nor *mask is changed. */
bool net_parse(const char *s, size_t len, uint32_t *ip, uint32_t *mask);
/* How many one bits a mask begins with. */
unsigned mask_bits(uint32_t mask);

#endif
