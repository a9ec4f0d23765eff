/*
 * Addresses to and from text.  Every parser fills locals and stores them only
 * once the last byte of the text is accounted for, so a wrong text changes
 * nothing and junk behind an address is never forgiven.
 */
#include "base/addr.h"

#include "base/text.h"

#include <string.h>

bool hwaddr_is(const struct hwaddr *a, const struct hwaddr *b)
{
	return a->type == b->type && a->len == b->len &&
	       !memcmp(a->b, b->b, sizeof a->b);
}

struct hwaddr hwaddr_ethernet(const uint8_t mac[6])
{
	struct hwaddr hw = {.type = HW_ETHERNET, .len = 6};

	memcpy(hw.b, mac, 6);
	return hw;
}

bool endpoint_is(struct endpoint a, struct endpoint b)
{
	return a.ip == b.ip && a.port == b.port;
}

/* How many bytes come before c; len if there is no c. */
static size_t until(const char *s, size_t len, char c)
{
	const char *at = len ? memchr(s, c, len) : NULL;

	return at ? (size_t)(at - s) : len;
}

bool ip_parse(const char *s, size_t len, uint32_t *to)
{
	uint32_t ip = 0;

	for (int part = 0; part < 4; part++) {
		size_t n = part < 3 ? until(s, len, '.') : len;
		uint64_t byte;

		/* 010 is 8 to inet_aton and 10 to people: refuse it. */
		if ((n > 1 && s[0] == '0') || !number_parse(s, n, 255, &byte))
			return false;
		ip = ip << 8 | (uint32_t)byte;
		if (part == 3)
			break;
		if (n == len)
			return false;
		s += n + 1;
		len -= n + 1;
	}
	*to = ip;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool hwaddr_parse(const char *s, size_t len, struct hwaddr *to)
{
	uint8_t mac[6];
	size_t at = 0;
	char between = 0;

	for (size_t i = 0; i < sizeof mac; i++) {
		if (i == 1 && at < len)
			between = s[at];
		if (i && (at == len || s[at++] != between))
			return false;
		int high = at < len ? hex_digit(s[at++]) : -1;
		int low = at < len ? hex_digit(s[at]) : -1;
		if (high < 0)
			return false;
		mac[i] = (uint8_t)(low < 0 ? high : high << 4 | low);
		at += low >= 0;
	}
	if (at != len || !memchr(":-.", between, 3))
		return false;
	*to = hwaddr_ethernet(mac);
	return true;
}

bool net_parse(const char *s, size_t len, uint32_t *ip, uint32_t *mask)
{
	size_t n = until(s, len, '/');
	uint32_t net, m;
	uint64_t bits;

	if (n == len || !ip_parse(s, n, &net))
		return false;
	s += n + 1;
	len -= n + 1;
	if (len <= 2 && number_parse(s, len, 32, &bits))
		m = bits ? ~(uint32_t)0 << (32 - bits) : 0;
	else if (!ip_parse(s, len, &m) || !ip_is_mask(m))
		return false;
	*ip = net;
	*mask = m;
	return true;
}

unsigned mask_bits(uint32_t mask)
{
	unsigned n = 0;

	for (; mask >> 31; mask <<= 1)
		n++;
	return n;
}
